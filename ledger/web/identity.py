"""Who asks: the session in a cookie, or a token; and the façade that acts as them.

A route that needs somebody takes ``Desk``, the façade as that person. A route that is everybody's takes none of these.
"""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from starlette.datastructures import Headers

from ledger.book import Ledger, Person
from ledger.errors import Forbidden, NotSignedIn
from ledger.web.settings import Settings

COOKIE, SECURE_COOKIE = "claims", "__Host-claims"
"""The name of the cookie; with the prefix a browser takes it by HTTPS and from this host alone."""

_BEARER = HTTPBearer(auto_error=False, description="A token made with `claims user token`.", scheme_name="token")
_SESSION = APIKeyCookie(name=COOKIE, auto_error=False, description="A session of the desk.", scheme_name="session")


def settings_of(request: Request) -> Settings:
    """How this desk is served."""
    return cast(Settings, request.app.state.settings)


def ledger_of(request: Request) -> Ledger:
    """The ledger, acting as nobody: for signing in, and for what is everybody's."""
    return cast(Ledger, request.app.state.ledger)


def cookie_name(request: Request) -> str:
    """What the cookie is called here."""
    return SECURE_COOKIE if settings_of(request).secure else COOKIE


def address_of(request: Request) -> str:
    """Where a request comes from, as the server says; behind a proxy it has it from there."""
    return request.client.host if request.client is not None else "unknown"


def bearer_of(headers: Headers) -> str | None:
    """The token of a program. What else stands in ``Authorization`` is between a browser and a proxy before us."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    return secret if scheme.lower() == "bearer" and secret else None


def whoever(
    request: Request,
    _token: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],  # so that both are declared
    _session: Annotated[str | None, Depends(_SESSION)],
) -> Person:
    """Who asks. Raises :class:`~ledger.errors.NotSignedIn` where nobody is signed in."""
    person = who_asks(request)
    request.state.person = person.name
    return person


def who_asks(request: Request) -> Person:
    """Who asks, found out anew. Raises :class:`~ledger.errors.NotSignedIn` where nobody is signed in."""
    people, alone = ledger_of(request).people, settings_of(request).alone
    token = bearer_of(request.headers)
    if token is not None:
        return people.bearer(token)
    secret = request.cookies.get(cookie_name(request))
    if secret is not None:
        try:
            return people.signed_in(secret)
        except NotSignedIn:
            if alone is None:
                raise
    if alone is None or (not settings_of(request).demo and people.anybody()):
        raise NotSignedIn("nobody is signed in", next="sign in, or send a token made with `claims user token`")
    return alone


Who = Annotated[Person, Depends(whoever)]
"""Who asks."""


def with_session(request: Request, person: Who) -> Person:
    """Who asks with a browser: a token makes no other, which would outlive it."""
    if bearer_of(request.headers) is not None:
        raise Forbidden("tokens: are looked after by their person, not by a token", next="sign in with a browser")
    return person


WithSession = Annotated[Person, Depends(with_session)]
"""Who asks with a browser."""


def acting(request: Request, person: Who) -> Ledger:
    """The ledger as whoever asks, for this request alone."""
    return ledger_of(request).acting_as(person)


Desk = Annotated[Ledger, Depends(acting)]
"""The façade as whoever asks; what they may not do raises ``Forbidden``."""
