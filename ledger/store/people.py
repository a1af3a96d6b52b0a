"""The people of a desk, their sessions and tokens, and the list of accesses, in the database beside the ledger.

What is secret comes in as a hash and stays one. Nothing here is an entry, and no leaf changes with it. A person is
found by their name folded, so that no two names are told apart by case alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, Table, and_, bindparam, delete, func, select

from ledger.schema import ACCESSES, PEOPLE, SESSIONS, TOKENS
from ledger.store import failures, rows
from ledger.store.failures import told
from ledger.store.store import Store
from ledger.text import fold
from ledger.vocabulary import Access, Role


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody at the desk, as kept: ``password`` is a hash."""

    name: str
    password: str
    roles: frozenset[Role]
    disabled: bool
    made: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in, by the hash of what its cookie says."""

    sha256: str
    person: str
    made: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A token for the interface, by its hash; of its person's roles it has those in ``scopes`` alone."""

    sha256: str
    person: str
    label: str
    scopes: frozenset[Role]
    made: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class AccessLine:
    """One line of the list: what happened to ``person``, by whom; None: from the command line, or by nobody known."""

    number: int
    at: datetime
    kind: Access
    person: str
    actor: str | None
    address: str | None
    detail: str


_SESSION = (
    select(SESSIONS.c.sha256, SESSIONS.c.person, SESSIONS.c.made.label("begun"), SESSIONS.c.expires, PEOPLE)
    .join(PEOPLE, and_(PEOPLE.c.log_id == SESSIONS.c.log_id, PEOPLE.c.folded == SESSIONS.c.person))
    .where(
        SESSIONS.c.log_id == bindparam("log"),
        SESSIONS.c.sha256 == bindparam("sha256"),
        SESSIONS.c.expires > bindparam("now", type_=SESSIONS.c.expires.type),
        PEOPLE.c.disabled.is_(False),
    )
)


@contextmanager
def people_of(store: Store, *, writing: bool = False) -> Iterator[Register]:
    """Give the people of a log in one transaction. Raises :class:`~ledger.errors.Unavailable` as the store does."""
    if writing and store.read_only:
        raise failures.read_only(store.place)
    with told(store.place), store.transaction(writing=writing) as connection:
        yield Register(connection, store.log_on(connection))


class Register:
    """The people of one log, inside one transaction."""

    def __init__(self, connection: Connection, log_id: int) -> None:
        self._connection = connection
        self._log_id = log_id

    def account(self, name: str) -> Account | None:
        """Return the account of that name, whatever its case."""
        found = self._rows(PEOPLE, PEOPLE.c.folded == fold(name))
        return _account(found[0]) if found else None

    def accounts(self) -> list[Account]:
        """Return every account, by name."""
        return [_account(row) for row in self._rows(PEOPLE)]

    def keep(self, account: Account) -> None:
        """Put an account in, or replace the one of that name."""
        row = {
            "log_id": self._log_id,
            "folded": fold(account.name),
            "name": account.name,
            "password": account.password,
            "roles": _written(account.roles),
            "disabled": account.disabled,
            "made": account.made,
        }
        rows.upsert(self._connection, PEOPLE, [row])

    def session(self, sha256: str, now: datetime) -> tuple[Session, Account] | None:
        """Return a session that is not over, with its person; None too if the account was closed."""
        row = self._connection.execute(_SESSION, {"log": self._log_id, "sha256": sha256, "now": now}).first()
        return None if row is None else (Session(row.sha256, row.person, row.begun, row.expires), _account(row))

    def begin(self, session: Session) -> None:
        """Put a session in, and take away those that are over by now."""
        place = SESSIONS.c.log_id == self._log_id
        self._connection.execute(delete(SESSIONS).where(place, SESSIONS.c.expires <= session.made))
        row = {
            "log_id": self._log_id,
            "sha256": session.sha256,
            "person": session.person,
            "made": session.made,
            "expires": session.expires,
        }
        rows.insert(self._connection, SESSIONS, [row])

    def end(self, sha256: str) -> None:
        """Take one session away."""
        rows.delete(self._connection, SESSIONS, [{"log_id": self._log_id, "sha256": sha256}])

    def end_all(self, name: str, *, but: str | None = None) -> None:
        """Take every session of a person away, but that of a hash."""
        place = [SESSIONS.c.log_id == self._log_id, SESSIONS.c.person == fold(name)]
        if but is not None:
            place.append(SESSIONS.c.sha256 != but)
        self._connection.execute(delete(SESSIONS).where(*place))

    def token(self, sha256: str, now: datetime) -> tuple[Token, Account] | None:
        """Return a token that is not over, with its person; None too if the account was closed."""
        found = self._rows(TOKENS, TOKENS.c.sha256 == sha256, TOKENS.c.expires > now)
        account = self.account(found[0].person) if found else None
        return None if account is None or account.disabled else (_token(found[0]), account)

    def tokens(self, name: str | None = None) -> list[Token]:
        """Return every token, or those of one person; the oldest first."""
        given = () if name is None else (TOKENS.c.person == fold(name),)
        return sorted((_token(row) for row in self._rows(TOKENS, *given)), key=lambda token: (token.made, token.label))

    def keep_token(self, token: Token) -> None:
        """Put a token in."""
        row = {
            "log_id": self._log_id,
            "sha256": token.sha256,
            "person": token.person,
            "label": token.label,
            "scopes": _written(token.scopes),
            "made": token.made,
            "expires": token.expires,
        }
        rows.insert(self._connection, TOKENS, [row])

    def drop_tokens(self, tokens: Sequence[Token]) -> None:
        """Take tokens away."""
        rows.delete(self._connection, TOKENS, [{"log_id": self._log_id, "sha256": each.sha256} for each in tokens])

    def note(
        self,
        at: datetime,
        kind: Access,
        person: str,
        *,
        actor: str | None = None,
        address: str | None = None,
        detail: str = "",
    ) -> None:
        """Add a line to the list of accesses."""
        last = select(func.max(ACCESSES.c.number)).where(ACCESSES.c.log_id == self._log_id)
        number = self._connection.execute(last).scalar()
        row = {
            "log_id": self._log_id,
            "number": 0 if number is None else number + 1,
            "at": at,
            "kind": kind.value,
            "person": person,
            "actor": actor,
            "address": address,
            "detail": detail,
        }
        rows.insert(self._connection, ACCESSES, [row])

    def accesses(self, before: int | None, limit: int) -> list[AccessLine]:
        """Return the newest lines of the list, or those before a number; the newest first."""
        asked = select(ACCESSES).where(ACCESSES.c.log_id == self._log_id).order_by(ACCESSES.c.number.desc())
        if before is not None:
            asked = asked.where(ACCESSES.c.number < before)
        return [
            AccessLine(row.number, row.at, Access(row.kind), row.person, row.actor, row.address, row.detail)
            for row in self._connection.execute(asked.limit(limit))
        ]

    def _rows(self, table: Table, *given: object) -> Sequence[Row[tuple[object, ...]]]:
        asked = select(table).where(table.c.log_id == self._log_id, *given)  # type: ignore[arg-type]
        return self._connection.execute(asked.order_by(*table.primary_key.columns)).all()


def _account(row: Row[tuple[object, ...]]) -> Account:
    return Account(row.name, row.password, _read(row.roles), bool(row.disabled), row.made)


def _token(row: Row[tuple[object, ...]]) -> Token:
    return Token(row.sha256, row.person, row.label, _read(row.scopes), row.made, row.expires)


def _written(roles: frozenset[Role]) -> str:
    return " ".join(role for role in Role if role in roles)


def _read(roles: str) -> frozenset[Role]:
    return frozenset(Role(each) for each in roles.split())
