"""Who may do what: one table, asked by the façade itself, so that no page and no route can forget to ask.

``ledger.acting_as(person)`` gives a façade whose recorder is that person, and whose acts raise
:class:`~ledger.errors.Forbidden` unless one of the person's roles is in the table. A class whose acts are in the table
is decorated with :func:`guarded`; an act that is not in the table may be done by nobody. Reading is everybody's. A
façade that acts as nobody, as that of the command line, which has the file itself, is not restricted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from functools import wraps
from types import MappingProxyType
from typing import Any, Self, TypeVar

from ledger.book.accounts import Person
from ledger.errors import Forbidden
from ledger.vocabulary import Role

C = TypeVar("C", bound=type)

_RECORDING = frozenset({Role.FACT_CHECKER, Role.EDITOR})
_DECIDING = frozenset({Role.EDITOR})
_PUBLISHING = frozenset({Role.PUBLISHER})
_ANSWERING = frozenset({Role.PUBLISHER, Role.EDITOR})
_LOOKING_AFTER = frozenset({Role.ADMIN})
EVERYBODY = frozenset(Role)

WHO_MAY: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        # What sources say, and our own mistakes in taking it down.
        "record": _RECORDING,
        "say": _RECORDING,
        "foresee": _RECORDING,
        "take_back": _RECORDING,
        "keep_evidence": _RECORDING,
        "add_evidence": _RECORDING,
        "add_source": _RECORDING,
        "wording": _RECORDING,
        "retract": _RECORDING,
        "move": _RECORDING,
        # What the desk decides.
        "hold": _DECIDING,
        "release": _DECIDING,
        "same": _DECIDING,
        "grant": _DECIDING,
        "revoke": _DECIDING,
        "vet": _DECIDING,
        "group": _DECIDING,
        "amend_source": _DECIDING,
        "set_policy": _DECIDING,
        "redact": _DECIDING,
        "erase": _DECIDING,
        "load": _DECIDING,
        "import_file": _DECIDING,
        # What is asked for inside an act: the desk's own word, which overrides what is computed, and taking back an
        # entry by which the desk decided something.
        "speak_for_desk": _DECIDING,
        "retract_decision": _DECIDING,
        # What others are shown.
        "publish": _PUBLISHING,
        "add_publication": _ANSWERING,
        "publish_csv": _ANSWERING,
        "settle": _ANSWERING,
        "checkpoint": _PUBLISHING,
        # What leaves the desk whole, and who works there.
        "backup": frozenset({Role.AUDITOR, Role.ADMIN}),
        "make_roles": _LOOKING_AFTER,
        "add_person": _LOOKING_AFTER,
        "set_roles": _LOOKING_AFTER,
        "disable": _LOOKING_AFTER,
        "enable": _LOOKING_AFTER,
        "accesses": frozenset({Role.AUDITOR, Role.ADMIN}),
        "everybody": frozenset({Role.AUDITOR, Role.ADMIN}),
        # One's own; for somebody else it takes an admin.
        "look_after_others": _LOOKING_AFTER,
        "set_password": EVERYBODY,
        "change_password": EVERYBODY,
        "end_sessions": EVERYBODY,
        "make_token": EVERYBODY,
        "tokens": EVERYBODY,
        "revoke_token": EVERYBODY,
    }
)
"""The roles of which one is needed, by the name of the act."""

WITHIN = frozenset({"speak_for_desk", "retract_decision", "look_after_others", "publish", "checkpoint"})
"""The acts that are no methods of the façade: what is asked inside others, and what `ledger.publish` does."""


class Acting:
    """What may act as a person; as nobody, it may do everything."""

    _person: Person | None = None
    _act: str | None = None
    _once: str | None = None

    def acting_as(self, person: Person) -> Self:
        """The same, on the same connections, in the name of a person and held to their roles.

        It is for one call, and not closed: a thread that acts asks for its own.
        """
        # As nobody it would be held to nothing, so nobody becomes that by a slip.
        if not isinstance(person, Person):
            raise TypeError(f"acting as {type(person).__name__}: only a person can be acted as")
        acting = copy(self)
        acting._person, acting._act = person, None
        return acting

    def once(self, key: str) -> Self:
        """The same, for one act that is done once however often it is asked for (`ledger.book.once`)."""
        acting = copy(self)
        acting._once = key
        return acting

    @property
    def person(self) -> Person | None:
        """As whom it acts."""
        return self._person

    def may(self, act: str) -> bool:
        """Whether it may do an act of the table."""
        return self._person is None or bool(self._person.roles & WHO_MAY.get(act, frozenset()))

    def require(self, act: str) -> None:
        """Raise :class:`~ledger.errors.Forbidden` where it may not do an act of the table."""
        if self._person is None or self.may(act):
            return
        needed = " or ".join(role for role in Role if role in WHO_MAY.get(act, frozenset())) or "that nobody has"
        has = ", ".join(role for role in Role if role in self._person.roles) or "no role"
        what = act.replace("_", " ")
        raise Forbidden(
            f"{what}: {self._person.name}: may not do that, as {has}; it takes the role {needed}",
            next="ask somebody who has the role, or an admin for it",
        )

    def _require_an_act(self) -> None:
        """Raise where something is being recorded outside of every act of the table."""
        if self._person is not None and self._act is None:
            self.require("")

    @contextmanager
    def _doing(self, act: str) -> Iterator[None]:
        outermost = self._person is not None and self._act is None
        if outermost:
            self.require(act)
            self._act = act
        try:
            yield
        finally:
            if outermost:
                self._act = None


def guarded(cls: C) -> C:
    """Let each method of a class that is in the table ask first."""
    for name in WHO_MAY.keys() & vars(cls).keys():
        setattr(cls, name, _asking(name, vars(cls)[name]))
    return cls


def _asking(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def asked(self: Any, *args: Any, **kwargs: Any) -> Any:
        with self._doing(name):
            return method(self, *args, **kwargs)

    return asked
