"""What somebody does to their own account: another password, sessions, tokens; and how a form about people is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from starlette.datastructures import FormData

from ledger.book import MadeToken
from ledger.errors import Forbidden, LedgerError, Misused, TooMany
from ledger.text import fold
from ledger.vocabulary import Role
from ledger.web.desk.acts import Fields, Show, text
from ledger.web.desk.frame import NOTHING_FAILED, Failed, Frame, Page, go_to, place
from ledger.web.desk.repeats import Repeats
from ledger.web.identity import WithSession, address_of, cookie_name, settings_of
from ledger.web.limiting import SignInLimits
from ledger.web.problems import status_of

router = APIRouter(include_in_schema=False)

DAYS = 90
"""How long a token is good for, unless another number is given."""

_DONE = {
    "password": "Your password is another one now, and your other sessions are over.",
    "mine": "Your account was changed. This is what you are here now.",
    "sessions": "Your other sessions are over.",
    "token": "The token is made. It was shown once, and is not shown again.",
    "revoked": "The token is taken back: it opens nothing any more.",
}
Did = Annotated[str | None, Query(max_length=20)]


def own(page: Page, _person: WithSession) -> Frame:
    """The page of somebody who asks with a browser: what makes able to sign in is not for a token."""
    return page


Own = Annotated[Frame, Depends(own)]
"""The page of somebody who asks with a browser."""


@router.get("/me")
def me(page: Own, did: Did = None) -> Response:
    """Who one is here, and what one has open."""
    return _show(page, NOTHING_FAILED, 200, told=_DONE.get(did or ""))


@router.post("/me/password")
def change_password(page: Own, form: Fields) -> Response:
    """Choose another password, by the old one, which may be tried as often as at the door."""
    limits: SignInLimits = page.request.app.state.limits
    name, address = page.person.name, address_of(page.request)

    def act() -> str:
        new = typed_twice(form)
        limits.attempt(name, address)
        old = secret(form, "old_password")
        page.desk.people.change_password(name, old, new, address=address, keep=_session(page))
        limits.succeeded(name, address)
        return place("/me", did="password")

    return done(page, form, "password", act, _on_me(page))


@router.post("/me/sessions")
def end_sessions(page: Own, form: Fields) -> Response:
    """End one's other sessions, or all of them."""

    def act() -> str:
        every = text(form, "every") is not None
        page.desk.people.end_sessions(page.person.name, keep=None if every else _session(page))
        return "/sign-in" if every else place("/me", did="sessions")

    answer = done(page, form, "every" if text(form, "every") else "others", act, _on_me(page))
    if answer.headers.get("location") == "/sign-in":
        answer.delete_cookie(
            cookie_name(page.request), path="/", secure=settings_of(page.request).secure, httponly=True
        )
    return answer


@router.post("/me/tokens")
def make_token(page: Own, form: Fields) -> Response:
    """Make a token of one's own. It is shown this once."""

    def act() -> MadeToken:
        days = text(form, "days") or ""
        if not (days.isascii() and days.isdigit() and len(days) < 5):
            raise Misused("days: is no number", next="say for how many days it is good, such as 90")
        return page.desk.people.make_token(page.person.name, text(form, "label") or "", chosen(form), int(days))

    def answer(made: MadeToken | None) -> Response:
        return go_to(place("/me", did="token")) if made is None else _show(page, NOTHING_FAILED, 200, made=made)

    return done(page, form, "token", act, _on_me(page), answer)


@router.post("/me/tokens/{id}/revoke")
def revoke_token(page: Own, form: Fields, id: str) -> Response:
    """Take a token of one's own back."""

    def act() -> str:
        page.desk.people.revoke_token(page.person.name, id)
        return place("/me", did="revoked")

    return done(page, form, f"revoke-{id}", act, _on_me(page))


def done(
    page: Frame,
    form: FormData,
    name: str,
    act: Callable[[], Any],
    show: Show,
    answer: Callable[[Any], Response] | None = None,
) -> Response:
    """Do what a form about people asks for, once for its key, and go where ``act`` says.

    With ``answer``, what ``act`` comes to is a secret, which that shows once, and None where it was shown before.
    Passwords never come back with a form that is refused.
    """
    values = {each: value for each, value in form.multi_items() if isinstance(value, str)}
    kept = {each: value for each, value in values.items() if not is_secret(each)}
    repeats: Repeats = page.request.app.state.repeats
    key = values.get("key", "")
    asked = f"{page.request.url.path} {sorted((n, v) for n, v in values.items() if n != 'key')!r}"
    try:
        if (theirs := page.not_theirs(key)) is not None:
            raise theirs
        one = f"{fold(page.person.name)} {key}"
        came_to = repeats.once(one, asked, act, secret=answer is not None) if key else act()
    except Forbidden:
        raise  # the page may have nothing for them, and not the form
    except LedgerError as error:
        refused = show(Failed(name, error, kept), status_of(error))
        if isinstance(error, TooMany):
            refused.headers["Retry-After"] = str(error.seconds)
        return refused
    return go_to(came_to) if answer is None else answer(came_to)


def is_secret(name: str) -> bool:
    """Whether a field of a form holds a password."""
    return "password" in name


def secret(form: FormData, name: str) -> str:
    """A password as it was typed: a space at its end is part of it."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def typed_twice(form: FormData) -> str:
    """The password that was typed into both fields. Raises :class:`~ledger.errors.Misused`."""
    first, again = secret(form, "password"), secret(form, "password_again")
    if not first:
        raise Misused("password: is missing", next="type it twice")
    if first != again:
        raise Misused("password: the two are not the same", next="type it twice")
    return first


def chosen(form: FormData) -> list[Role]:
    """The roles whose boxes are ticked."""
    return [role for role in Role if text(form, f"role-{role}") is not None]


def _session(page: Frame) -> str | None:
    return page.request.cookies.get(cookie_name(page.request))


def _on_me(page: Frame) -> Show:
    return lambda failed, status: _show(page, failed, status)


def _show(page: Frame, failed: Failed, status: int, **more: Any) -> Response:
    alone = page.person is settings_of(page.request).alone
    tokens = () if alone else page.desk.people.tokens(page.person.name)
    drawn = set() if alone else {"password", "others", "every", "token", *(f"revoke-{each.id}" for each in tokens)}
    if failed.error is not None and failed.form not in drawn:
        raise failed.error
    return page.show(
        "me",
        status,
        here="me",
        roles=[role for role in Role if role in page.person.roles],
        alone=alone,
        tokens=tokens,
        days=DAYS,
        failed=failed,
        **{"told": None, "made": None} | more,
    )
