"""Who works at the desk: accounts, their roles, and the list of what was done to them and of who signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from starlette.datastructures import FormData

from ledger.book import Ledger, Person
from ledger.book.passwords import new_password
from ledger.text import fold
from ledger.vocabulary import Role
from ledger.web.desk.acts import Fields, Show, text
from ledger.web.desk.frame import NOTHING_FAILED, Failed, Frame, go_to, place
from ledger.web.desk.mine import Own, chosen, done, typed_twice
from ledger.web.given import MOST

router = APIRouter(include_in_schema=False)

PER_PAGE = 100
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A password that was made up for somebody, to be shown once."""

    name: str
    password: str


@router.get("/people")
def people(page: Own, did: Annotated[str | None, Query(max_length=2_000)] = None) -> Response:
    """Everybody who has an account; ``did`` is whose was just made or changed."""
    return _show(page, NOTHING_FAILED, 200, did=did)


@router.get("/people/accesses")
def accesses(page: Own, before: Annotated[int | None, Query(ge=0, le=MOST)] = None) -> Response:
    """Who signed in, who was refused, and what was done to accounts; the newest first."""
    lines = page.desk.people.accesses(before=before, limit=PER_PAGE)
    return page.show("accesses", here="people", lines=lines, before=before, per_page=PER_PAGE)


@router.post("/people")
def add_person(page: Own, form: Fields) -> Response:
    """Give somebody an account."""
    name = text(form, "name") or ""

    def act(password: str) -> Person:
        return page.desk.people.add_person(name, password, chosen(form))

    return _with_password(page, form, "add", act)


@router.post("/people/password")
def set_password(page: Own, form: Fields) -> Response:
    """Give somebody another password, and end every session of theirs."""

    def act(password: str) -> Person:
        page.desk.people.require("look_after_others")
        return page.desk.people.set_password(_whose(form), password)

    return _with_password(page, form, f"password-{ident(_whose(form))}", act)


@router.post("/people/roles")
def set_roles(page: Own, form: Fields) -> Response:
    """Give somebody these roles, and no others."""
    return _do(page, form, "roles", lambda desk: desk.people.set_roles(_whose(form), chosen(form)))


@router.post("/people/close")
def close(page: Own, form: Fields) -> Response:
    """Close an account: its sessions and tokens are gone, its entries stay as they are."""
    return _do(page, form, "close", lambda desk: desk.people.disable(_whose(form)))


@router.post("/people/open")
def open_again(page: Own, form: Fields) -> Response:
    """Open an account that was closed; sessions and tokens do not come back."""
    return _do(page, form, "open", lambda desk: desk.people.enable(_whose(form)))


@router.post("/people/sessions")
def end_sessions(page: Own, form: Fields) -> Response:
    """End every session of somebody, wherever it is."""

    def act(desk: Ledger) -> None:
        desk.people.require("look_after_others")
        desk.people.end_sessions(_whose(form))

    return _do(page, form, "sessions", act)


def ident(name: str) -> str:
    """What tells the forms of one person from those of the others: a name may hold what an id may not."""
    return sha256(fold(name).encode("utf-8", "replace")).hexdigest()[:12]


def _whose(form: FormData) -> str:
    return text(form, "name") or ""


def _do(page: Frame, form: FormData, name: str, act: Callable[[Ledger], Any]) -> Response:
    whose = _whose(form)

    def work() -> str:
        act(page.desk)
        mine = fold(whose) == fold(page.person.name)
        return place("/me", did="mine") if mine else place("/people", did=whose)

    return done(page, form, f"{name}-{ident(whose)}", work, _on_people(page))


def _with_password(page: Frame, form: FormData, name: str, act: Callable[[str], Person]) -> Response:
    """Do what takes a password: one that was typed twice, or one that is made up and shown once."""
    if text(form, "make_up") is None:

        def typed() -> str:
            return place("/people", did=act(typed_twice(form)).name)

        return done(page, form, name, typed, _on_people(page))

    def made_up() -> MadeUp:
        password = new_password()
        return MadeUp(act(password).name, password)

    def answer(made: MadeUp | None) -> Response:
        if made is None:
            return go_to(place("/people", did=_whose(form)))
        return _show(page, NOTHING_FAILED, 200, did=made.name, made=made)

    return done(page, form, name, made_up, _on_people(page), answer)


def _forms(person: Person, me: Person) -> set[str]:
    """The forms about somebody that are on the page; a refusal of another has a page of its own."""
    others = {"password", "sessions"} if person.name != me.name else set()
    return {
        f"{each}-{ident(person.name)}" for each in ("roles", *({"open"} if person.disabled else {"close"} | others))
    }


def _on_people(page: Frame) -> Show:
    return lambda failed, status: _show(page, failed, status)


def _show(page: Frame, failed: Failed, status: int, *, did: str | None = None, made: MadeUp | None = None) -> Response:
    everybody = page.desk.people.everybody()
    drawn = {"add"} | {form for each in everybody for form in _forms(each, page.person)}
    if failed.error is not None and failed.form not in drawn:
        raise failed.error
    return page.show(
        "people",
        status,
        here="people",
        people=everybody,
        roles=list(Role),
        ident=ident,
        did=next((each for each in everybody if did is not None and fold(each.name) == fold(did)), None),
        made=made,
        lines=page.desk.people.accesses(limit=_SHOWN),
        failed=failed,
    )
