"""The interface's routes about who works at the desk: accounts, for an admin; sessions and tokens, for their person.

Whatever makes somebody able to sign in is asked for with a browser: a token that could would outlive itself.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from ledger.book import AccessRow, MadeToken, Person, TokenRow
from ledger.web import given
from ledger.web.answers import RECORDING, model_of, shown
from ledger.web.given import MOST
from ledger.web.identity import Desk, WithSession
from ledger.web.reading import Limit

router = APIRouter(prefix="/api/v1", tags=["people"], responses=RECORDING)

Name = Annotated[str, Path(min_length=1, max_length=2_000, description="Whose account, whatever the case.")]
_PERSON = model_of(Person)


@router.get("/people", response_model=list[_PERSON])  # type: ignore[valid-type]
def people(desk: Desk) -> Response:
    """Who has an account."""
    return shown(desk.people.everybody())


@router.post("/people", response_model=_PERSON, status_code=201)
def add_person(desk: Desk, _person: WithSession, body: given.PersonGiven) -> Response:
    """Give somebody an account."""
    return shown(desk.people.add_person(body.name, body.password.get_secret_value(), body.roles), status=201)


@router.post("/people/{name:path}/roles", response_model=_PERSON)
def set_roles(desk: Desk, _person: WithSession, name: Name, body: given.RolesGiven) -> Response:
    """Give somebody these roles, and no others. What they have open has them at once."""
    return shown(desk.people.set_roles(name, body.roles))


@router.post("/people/{name:path}/password", response_model=_PERSON)
def set_password(desk: Desk, _person: WithSession, name: Name, body: given.PasswordGiven) -> Response:
    """Give somebody another password, and end every session of theirs."""
    # One's own is the façade's to allow; a browser that was left open is not enough for it.
    desk.people.require("look_after_others")
    return shown(desk.people.set_password(name, body.password.get_secret_value()))


@router.post("/people/{name:path}/disable", response_model=_PERSON)
def disable(desk: Desk, _person: WithSession, name: Name) -> Response:
    """Close an account: its sessions and tokens are gone, its entries stay as they are."""
    return shown(desk.people.disable(name))


@router.post("/people/{name:path}/enable", response_model=_PERSON)
def enable(desk: Desk, _person: WithSession, name: Name) -> Response:
    """Open an account that was closed; sessions and tokens do not come back."""
    return shown(desk.people.enable(name))


@router.delete("/people/{name:path}/sessions", status_code=204)
def end_sessions(desk: Desk, _person: WithSession, name: Name) -> Response:
    """End every session of somebody, wherever it is: one's own, or for an admin anybody's."""
    desk.people.end_sessions(name)
    return Response(status_code=204)


@router.get("/accesses", response_model=list[model_of(AccessRow)])  # type: ignore[misc]
def accesses(
    desk: Desk,
    before: Annotated[
        int | None, Query(ge=0, le=MOST, description="The cursor: the number of a line, not told.")
    ] = None,
    limit: Limit = 100,
) -> Response:
    """Who signed in, who was refused, and what was done to accounts; the newest first.

    The cursor is the ``number`` of the last line that is known: what is older is told.
    """
    return shown(desk.people.accesses(before=before, limit=limit))


@router.get("/me/tokens", response_model=list[model_of(TokenRow)])  # type: ignore[misc]
def tokens(desk: Desk, person: WithSession) -> Response:
    """The tokens that one has."""
    return shown(desk.people.tokens(person.name))


@router.post("/me/tokens", response_model=model_of(MadeToken), status_code=201)
def make_token(desk: Desk, person: WithSession, body: given.TokenGiven) -> Response:
    """Make a token of one's own. It is shown this once."""
    return shown(desk.people.make_token(person.name, body.label, body.scopes, body.days), status=201)


@router.delete("/me/tokens/{id}", status_code=204)
def revoke_token(desk: Desk, person: WithSession, id: Annotated[str, Path(max_length=100)]) -> Response:
    """Take a token of one's own back."""
    desk.people.revoke_token(person.name, id)
    return Response(status_code=204)
