"""Who works at the desk, as values: people, sessions, tokens, and what was done with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ledger.book.views import View
from ledger.vocabulary import Access, Role


@dataclass(frozen=True, slots=True)
class Person(View):
    """Somebody at the desk; their name is the recorder of what they record."""

    name: str
    roles: frozenset[Role]
    disabled: bool
    made: datetime


@dataclass(frozen=True, slots=True)
class SignedIn(View):
    """A session that began. ``secret`` is what the cookie says; it is kept nowhere, only its hash is."""

    person: Person
    secret: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class TokenRow(View):
    """A token for the interface: whose, what for, which of the person's roles it has, until when.

    ``id`` is the beginning of its hash, which tells it from the person's others and opens nothing.
    """

    id: str
    person: str
    label: str
    scopes: frozenset[Role]
    made: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class MadeToken(View):
    """A new token. ``secret`` is the token itself, which is shown this once."""

    token: TokenRow
    secret: str


@dataclass(frozen=True, slots=True)
class AccessRow(View):
    """One line of who signed in, who was refused, and what was done to accounts.

    ``actor`` is who did it, None for the command line or where nobody is known; ``address`` is where a sign-in came
    from.
    """

    number: int
    at: datetime
    kind: Access
    person: str
    actor: str | None
    address: str | None
    detail: str
