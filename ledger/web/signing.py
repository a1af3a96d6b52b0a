"""Signing in and out; and when a session ends while somebody types, nothing of what they typed is lost.

A form that is sent without a session is answered with the page to sign in, which carries the form's fields. Signed in
again, its sender is shown them with one button that sends them where they were going. The fields go from page to page
and are kept nowhere; a password does not go along. A page engineer raises nothing special for it: a route under no
``/api`` that takes ``Desk`` answers so by itself.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from ledger.book.people import SESSION
from ledger.errors import LedgerError, Misused, NotSignedIn, TooMany
from ledger.web.desk.frame import fill, place
from ledger.web.desk.mine import is_secret
from ledger.web.identity import address_of, cookie_name, ledger_of, settings_of
from ledger.web.limiting import SignInLimits
from ledger.web.problems import refused, status_of

MOST_KEPT = 256 * 1024
"""How much of a form is carried, in bytes as it was sent."""

Fields = list[tuple[str, str]]

router = APIRouter(include_in_schema=False)


def page(request: Request, template: str, /, status: int = 200, **given: Any) -> HTMLResponse:
    """Show a page for whoever it is."""
    return HTMLResponse(fill(request, template, **given), status)


@router.get("/sign-in")
def sign_in_page(request: Request, to: str = "/") -> Response:
    """Show the page to sign in; ``to`` is where to go then."""
    return page(
        request, "sign_in", to=_own(to), kept="", error=None, name="", empty=not ledger_of(request).people.anybody()
    )


@router.post("/sign-in")
def sign_in(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    to: Annotated[str, Form()] = "/",
    kept: Annotated[str, Form()] = "",
) -> Response:
    """Let somebody in, and send them where they were going, with what they had typed."""
    limits: SignInLimits = request.app.state.limits
    address, to = address_of(request), _own(to)
    try:
        limits.attempt(name, address)
        done = ledger_of(request).people.sign_in(name, password, address=address, most=limits.most)
    except (NotSignedIn, TooMany) as error:
        request.app.state.figures.refused()
        answer = page(request, "sign_in", status_of(error), to=to, kept=kept, error=error, name=name, empty=False)
        if isinstance(error, TooMany):
            answer.headers["Retry-After"] = str(error.seconds)
        return answer
    limits.succeeded(name, address)
    if (before := request.cookies.get(cookie_name(request))) is not None:
        ledger_of(request).people.sign_out(before)  # nothing could end it once its cookie is replaced
    fields = _unpacked(kept)
    response: Response = RedirectResponse(to, HTTPStatus.SEE_OTHER)
    if fields:
        response = page(request, "again", to=to, fields=fields, name=done.person.name)
    response.set_cookie(
        cookie_name(request),
        done.secret,
        max_age=int(SESSION.total_seconds()),
        path="/",
        secure=settings_of(request).secure,
        httponly=True,
        samesite="lax",
    )
    return response


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    """End the session of this browser."""
    secret = request.cookies.get(cookie_name(request))
    if secret is not None:
        ledger_of(request).people.sign_out(secret)
    response = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    response.delete_cookie(cookie_name(request), path="/", secure=settings_of(request).secure, httponly=True)
    return response


def keep_what_was_typed(app: FastAPI) -> None:
    """Answer a page that needs somebody with the page to sign in, and carry the form that was sent to it."""

    @app.exception_handler(NotSignedIn)
    async def _sign_in_first(request: Request, error: NotSignedIn) -> Response:
        request.state.error = "not-signed-in"
        if request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
            return refused(error)
        to = _own(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
        if request.method in ("GET", "HEAD"):
            # Not by the name that the request calls us by: that is whatever was sent.
            return RedirectResponse(place("/sign-in", to=to), HTTPStatus.SEE_OTHER)
        kept, left = await _packed(request)
        why: LedgerError = error if left is None else left
        return page(request, "sign_in", 401, to=to, kept=kept, error=why, name="", empty=False)


async def _packed(request: Request) -> tuple[str, LedgerError | None]:
    """The fields of a form that was sent, in one text; and what could not be carried, if something could not."""
    lost = Misused("what was sent is too long to be kept", next="go back, and sign in in another tab first")
    if int(request.headers.get("content-length") or 0) > MOST_KEPT:
        return "", lost
    request = Request(request.scope, _at_most(MOST_KEPT, request.receive))
    try:
        fields, files = await _fields(request)
    except HTTPException:  # it is more than it said, or broken
        return "", lost
    typed = [(name, value) for name, value in fields if not is_secret(name)]
    if files:
        lost = Misused("the session is over; what was typed is kept, a file is not", next="add the file again")
    elif len(typed) < len(fields):
        lost = Misused("the session is over; what was typed is kept, a password is not", next="type the password again")
    return json.dumps(typed), lost if files or len(typed) < len(fields) else None


def _at_most(most: int, receive: Receive) -> Receive:
    """What nobody sends, no more of it than is carried: they may be anybody, and the desk takes large files."""
    taken = 0

    async def measured() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return message

    return measured


async def _fields(request: Request) -> tuple[Fields, bool]:
    fields: Fields = []
    files = False
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form() as form:
            for name, value in form.multi_items():
                if isinstance(value, str):
                    fields.append((name, value))
                elif value.filename:
                    files = True
    else:
        fields = parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
    return fields, files


def _unpacked(kept: str) -> Fields:
    try:
        found = json.loads(kept) if kept else []
    except (ValueError, RecursionError):
        return []
    pairs = found if isinstance(found, list) else []
    return [
        (each[0], each[1]) for each in pairs if isinstance(each, list) and [type(one) for one in each] == [str, str]
    ]


def _own(to: str) -> str:
    """A place on this desk: whatever leads elsewhere leads to its first page."""
    try:
        parts = urlsplit(to.replace("\\", "/"))
    except ValueError:
        return "/"
    plain = to.isprintable() and to.isascii()
    if not plain or parts.scheme or parts.netloc or not to.startswith("/") or to.startswith(("//", "/\\")):
        return "/"
    return to
