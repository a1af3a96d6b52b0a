"""Who works at the desk: accounts, sign-in, sessions, tokens for the interface, and the list of what was done to them.

A session is what a browser has: 32 random bytes in a cookie, kept as their SHA-256. A token is what a program has,
``claims_`` and 32 random bytes, kept in the same way; it acts as its person with those of their roles that it was
given, and with none it only reads. Both end at their time, or when they are taken back, or with the account.

Every change of an account and every sign-in, refused or not, adds a line to the list of accesses in the same
transaction; the database lets nobody change or delete one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from ledger.book.accounts import AccessRow, MadeToken, Person, SignedIn, TokenRow
from ledger.book.attempts import Most, refuse_too_many
from ledger.book.passwords import check_password, hash_password, password_problems
from ledger.book.roles import Acting, guarded
from ledger.errors import Misused, NotSignedIn, Problem, Rejected
from ledger.store import Store
from ledger.store.people import Account, Register, Session, Token, people_of
from ledger.text import flaws, fold, shown
from ledger.vocabulary import Access, Part, Role

SESSION = timedelta(hours=12)
"""How long somebody stays signed in: a shift."""

LONGEST_TOKEN = timedelta(days=366)
PREFIX = "claims_"
_MOST_NOTED = 100
_LIST = "`claims user list` shows who there is"
_SIGN_IN = "sign in"


@guarded
class People(Acting):
    """The people of one desk. Acting as a person, it is held to their roles."""

    def __init__(self, store: Store, clock: Callable[[], datetime], person: Person | None = None) -> None:
        self._store = store
        self._clock = clock
        self._person = person

    # Accounts

    def everybody(self) -> tuple[Person, ...]:
        """Everybody who has an account, by name."""
        with people_of(self._store) as register:
            return tuple(_person(account) for account in register.accounts())

    def anybody(self) -> bool:
        """Whether anybody could sign in."""
        with people_of(self._store) as register:
            return any(not account.disabled for account in register.accounts())

    def add_person(self, name: str, password: str, roles: Collection[Role]) -> Person:
        """Give somebody an account. Raises :class:`~ledger.errors.Rejected` with all that is wrong with it."""
        name = name.strip()
        problems = [Problem("name", flaw, got=shown(name)) for flaw in flaws(Part.NAME, name)]
        problems += [Problem("role", "is missing", "at least one")] if not roles else []
        problems += password_problems(password, name)
        if problems:
            raise Rejected("nobody was added", problems=problems, next="mend this and try again")
        account = Account(name, hash_password(password), frozenset(roles), disabled=False, made=self._clock())
        with people_of(self._store, writing=True) as register:
            if (there := register.account(name)) is not None:
                raise Rejected(f"name: {shown(name)}: {there.name} has an account already", next=_LIST)
            register.keep(account)
            if self._person is not None and not _admins(register):
                why = "nobody was added: the first account has to be an admin's, who adds the others"
                raise Rejected(why, next="give this one the role admin too")
            self._note(register, Access.ADDED, account, _listed(account.roles))
        return _person(account)

    def set_roles(self, name: str, roles: Collection[Role]) -> Person:
        """Give somebody these roles, and no others. What they have open has them at once."""
        if not roles:
            raise Misused("role: is missing", next="give at least one; an account is closed with disable")
        with people_of(self._store, writing=True) as register:
            account = replace(_known(register, name), roles=frozenset(roles))
            register.keep(account)
            self._refuse_no_admin(register)
            self._note(register, Access.ROLES_SET, account, _listed(account.roles))
        return _person(account)

    def set_password(self, name: str, password: str) -> Person:
        """Give somebody another password, and end every session of theirs."""
        self._refuse_others(name)
        if problems := password_problems(password, name):
            raise Rejected("the password stays as it was", problems=problems, next="choose another one")
        kept = hash_password(password)
        with people_of(self._store, writing=True) as register:
            account = replace(_known(register, name), password=kept)
            register.keep(account)
            register.end_all(name)
            self._note(register, Access.PASSWORD_SET, account)
        return _person(account)

    def change_password(
        self, name: str, old: str, new: str, *, address: str | None = None, keep: str | None = None
    ) -> Person:
        """Give somebody who knows their password another one, and end their sessions but that of the secret ``keep``.

        A browser that was left open is not enough for it. What was refused is in the list, as at the door.
        """
        self._refuse_others(name)
        problems = password_problems(new, name)
        with people_of(self._store) as register:
            known = _known(register, name)
        if not problems and not check_password(old, known.password):
            problems = [Problem("old password", "is not right")]
            with people_of(self._store, writing=True) as register:
                self._note(register, Access.REFUSED, known, "another password", address)
        if problems:
            raise Rejected("the password stays as it was", problems=problems, next="mend this and try again")
        kept = hash_password(new)
        with people_of(self._store, writing=True) as register:
            account = _known(register, name)
            if (account.password, account.disabled) != (known.password, False):
                raise Rejected("the password stays as it was: it was changed meanwhile", next=_SIGN_IN)
            account = replace(account, password=kept)
            register.keep(account)
            register.end_all(name, but=None if keep is None else _hash(keep))
            self._note(register, Access.PASSWORD_SET, account, address=address)
        return _person(account)

    def disable(self, name: str) -> Person:
        """Close an account: its sessions and tokens are gone, its entries stay as they are."""
        with people_of(self._store, writing=True) as register:
            account = replace(_known(register, name), disabled=True)
            register.keep(account)
            register.end_all(name)
            register.drop_tokens(register.tokens(name))
            self._refuse_no_admin(register)
            self._note(register, Access.DISABLED, account)
        return _person(account)

    def enable(self, name: str) -> Person:
        """Open an account that was closed; sessions and tokens do not come back."""
        with people_of(self._store, writing=True) as register:
            account = replace(_known(register, name), disabled=False)
            register.keep(account)
            self._note(register, Access.ENABLED, account)
        return _person(account)

    def accesses(self, *, before: int | None = None, limit: int = 100) -> tuple[AccessRow, ...]:
        """The list of accesses from its end, or from before a number; the newest first."""
        with people_of(self._store) as register:
            found = register.accesses(before, limit)
        return tuple(
            AccessRow(each.number, each.at, each.kind, each.person, each.actor, each.address, each.detail)
            for each in found
        )

    # Sessions

    def sign_in(self, name: str, password: str, *, address: str | None = None, most: Most | None = None) -> SignedIn:
        """Let somebody in. Raises :class:`~ledger.errors.NotSignedIn`, the same whatever was wrong.

        With ``most`` it raises :class:`~ledger.errors.TooMany` too, whether the password was right or not.
        """
        with people_of(self._store) as register:
            account = register.account(name)
        open_ = account is not None and not account.disabled
        right = check_password(password, account.password if account is not None and open_ else None)
        now, secret = self._clock(), secrets.token_urlsafe(32)
        with people_of(self._store, writing=True) as register:
            if most is not None:
                refuse_too_many(register, name, _noted(name), address, now, most)
            again = register.account(name) if right else None
            if (
                account is not None
                and again is not None
                and (again.password, again.disabled) == (account.password, False)
            ):
                session = Session(_hash(secret), fold(again.name), now, now + SESSION)
                register.begin(session)
                register.note(now, Access.SIGNED_IN, again.name, actor=again.name, address=address)
                return SignedIn(_person(again), secret, session.expires)
            register.note(now, Access.REFUSED, _noted(name), address=address)
        raise NotSignedIn("sign in: the name or the password is not right", next="try again; an admin can set another")

    def signed_in(self, secret: str) -> Person:
        """Who has the session of that cookie. Raises :class:`~ledger.errors.NotSignedIn` if it is over."""
        with people_of(self._store) as register:
            found = register.session(_hash(secret), self._clock())
        if found is None:
            raise NotSignedIn("session: is over", next=_SIGN_IN)
        return _person(found[1])

    def sign_out(self, secret: str) -> None:
        """End a session; nothing happens if it is over."""
        with people_of(self._store, writing=True) as register:
            found = register.session(_hash(secret), self._clock())
            register.end(_hash(secret))
            if found is not None:
                register.note(self._clock(), Access.SIGNED_OUT, found[1].name, actor=found[1].name)

    def end_sessions(self, name: str, *, keep: str | None = None) -> None:
        """End every session of somebody, wherever it is, but that of the secret ``keep``."""
        self._refuse_others(name)
        with people_of(self._store, writing=True) as register:
            account = _known(register, name)
            register.end_all(name, but=None if keep is None else _hash(keep))
            self._note(register, Access.SIGNED_OUT, account, "everywhere" if keep is None else "everywhere else")

    # Tokens

    def make_token(self, name: str, label: str, scopes: Collection[Role], days: int) -> MadeToken:
        """Give somebody a token for the interface, with these of their roles; with none it reads alone.

        Whoever makes it gives away no role that they have not themselves.
        """
        self._refuse_others(name)
        problems = [Problem("label", flaw) for flaw in flaws(Part.NAME, label)]
        if not 1 <= days <= LONGEST_TOKEN.days:
            problems.append(Problem("days", "cannot be", f"1 to {LONGEST_TOKEN.days}", str(days)))
        now, secret = self._clock(), PREFIX + secrets.token_urlsafe(32)
        with people_of(self._store, writing=True) as register:
            account = _known(register, name)
            may = account.roles if self._person is None else account.roles & self._person.roles
            lacking = _listed(frozenset(scopes) - may)
            if lacking:
                problems.append(Problem("scope", f"{account.name} has not the role", _listed(may), lacking))
            if account.disabled:
                problems.append(Problem("name", "the account is closed", got=account.name))
            if problems:
                raise Rejected("no token was made", problems=problems, next="mend this and try again")
            token = Token(_hash(secret), fold(account.name), label, frozenset(scopes), now, now + timedelta(days=days))
            register.keep_token(token)
            self._note(register, Access.TOKEN_MADE, account, f"{_id(token)}: {_listed(token.scopes) or 'reads'}")
        return MadeToken(_token_row(token, account.name), secret)

    def tokens(self, name: str) -> tuple[TokenRow, ...]:
        """The tokens that somebody has, the oldest first."""
        self._refuse_others(name)
        with people_of(self._store) as register:
            account = _known(register, name)
            return tuple(_token_row(token, account.name) for token in register.tokens(name))

    def revoke_token(self, name: str, id: str) -> None:
        """Take a token back, by the ``id`` that it is listed with."""
        self._refuse_others(name)
        with people_of(self._store, writing=True) as register:
            account = _known(register, name)
            found = [token for token in register.tokens(name) if _id(token) == id]
            if not found:
                raise Rejected(f"token: {shown(id)}: {account.name} has none of that id", next="list them first")
            register.drop_tokens(found)
            self._note(register, Access.TOKEN_REVOKED, account, id)

    def bearer(self, secret: str) -> Person:
        """Who a token acts as, with the roles that it has. Raises :class:`~ledger.errors.NotSignedIn`."""
        with people_of(self._store) as register:
            found = register.token(_hash(secret), self._clock())
        if found is None:
            raise NotSignedIn(
                "token: is over, was taken back, or never was", next="make another with claims user token"
            )
        token, account = found
        return replace(_person(account), roles=account.roles & token.scopes)

    def _refuse_others(self, name: str) -> None:
        if self._person is not None and fold(self._person.name) != fold(name):
            self.require("look_after_others")

    def _refuse_no_admin(self, register: Register) -> None:
        """Whoever has the file can mend it; on the web nobody could any more."""
        if self._person is not None and not _admins(register):
            raise Rejected("admin: the last one has to stay", next="make somebody else an admin first")

    def _note(
        self, register: Register, kind: Access, account: Account, detail: str = "", address: str | None = None
    ) -> None:
        actor = None if self._person is None else self._person.name
        register.note(self._clock(), kind, account.name, actor=actor, address=address, detail=detail)


def _known(register: Register, name: str) -> Account:
    account = register.account(name)
    if account is None:
        raise Rejected(f"name: {shown(name)}: nobody has an account of that name", next=_LIST)
    return account


def _admins(register: Register) -> list[Account]:
    return [each for each in register.accounts() if Role.ADMIN in each.roles and not each.disabled]


def _person(account: Account) -> Person:
    return Person(account.name, account.roles, account.disabled, account.made)


def _token_row(token: Token, name: str) -> TokenRow:
    return TokenRow(_id(token), name, token.label, token.scopes, token.made, token.expires)


def _id(token: Token) -> str:
    return token.sha256[:12]


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _listed(roles: frozenset[Role]) -> str:
    return ", ".join(role for role in Role if role in roles)


def _noted(name: str) -> str:
    """A name that somebody typed, as the list may keep it; it may be anything, a password too."""
    kept = "".join(character if character.isprintable() else "?" for character in name[:_MOST_NOTED])
    return kept.encode("utf-8", "replace").decode()
