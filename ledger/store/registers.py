"""The registers: what the resolver keeps per claim, and what things are found by.

All of it follows from the entries and their contents; it is written in the transaction of the entry
that changes it, and ``audit`` derives it again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import fields
from functools import cache
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar, cast

from sqlalchemy import Connection, Select, Table, bindparam, select

from ledger.encoding import canonical
from ledger.errors import Unavailable
from ledger.names import Name
from ledger.resolver.voice import Pointer, Tally, Voice
from ledger.schema import TALLIES, VOICES
from ledger.store import rows
from ledger.store.failures import VERIFY
from ledger.store.rows import Columns
from ledger.vocabulary import Status

Key = TypeVar("Key")
Value = TypeVar("Value")
Item = TypeVar("Item")

CHUNK = 500
"""How many values one IN list holds at most."""

_SIGNS = {1: "+", 0: "0", -1: "-"}
_COUNTS = tuple(each.name for each in fields(Tally))


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Cut ``items`` into lists of at most CHUNK."""
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def name_row(log_id: int, name: Name) -> Columns:
    """Return the row of ``names`` for a name."""
    return {
        "log_id": log_id,
        "kind": name.kind,
        "folded": name.folded,
        "index": name.index,
        "skeleton": name.skeleton,
    }


class Codec(Protocol[Key, Value]):
    """How one register is laid out in its table. A row is found by the claim and perhaps the root."""

    table: Table

    def encode(self, key: Key, value: Value) -> Columns:
        """Return the columns of a row, the log aside."""

    def decode(self, row: Mapping[str, Any]) -> tuple[Key, Value]:
        """Read a row. Raises ``ValueError`` or ``KeyError`` if it is none that ``encode`` gave."""

    def columns_of(self, key: Key) -> Columns:
        """Return the columns that ``key`` stands in."""

    def claim_of(self, key: Key) -> int:
        """Return the claim that ``key`` is about."""


class VoiceCodec:
    """One row a claim and root."""

    table = VOICES

    def encode(self, key: tuple[int, int], value: Voice) -> Columns:
        """See :meth:`Codec.encode`."""
        return {
            "claim": key[0],
            "root": key[1],
            "said": value.said,
            "signs": _write_signs(value.signs),
            "declined": value.declined,
            "pointers": _write_pointers(value.pointers) if value.pointers else "[]",
            "carried": _write_signs(value.carried),
            "spoke_for": value.spoke_for,
        }

    def decode(self, row: Mapping[str, Any]) -> tuple[tuple[int, int], Voice]:
        """See :meth:`Codec.decode`."""
        return (row["claim"], row["root"]), Voice(
            said=row["said"],
            signs=_read_signs(row["signs"]),
            declined=row["declined"],
            pointers=_read_pointers(row["pointers"]),
            carried=_read_signs(row["carried"]),
            spoke_for=row["spoke_for"],
        )

    def columns_of(self, key: tuple[int, int]) -> Columns:
        """See :meth:`Codec.columns_of`."""
        return {"claim": key[0], "root": key[1]}

    def claim_of(self, key: tuple[int, int]) -> int:
        """See :meth:`Codec.claim_of`."""
        return key[0]


class TallyCodec:
    """One row a claim."""

    table = TALLIES

    def encode(self, key: int, value: Tally) -> Columns:
        """See :meth:`Codec.encode`."""
        counts = zip(_COUNTS, map(int, value.counts()), strict=True)
        return self.columns_of(key) | dict(counts)

    def decode(self, row: Mapping[str, Any]) -> tuple[int, Tally]:
        """See :meth:`Codec.decode`."""
        return row["claim"], Tally(*(row[name] for name in _COUNTS))

    def columns_of(self, key: int) -> Columns:
        """See :meth:`Codec.columns_of`."""
        return {"claim": key}

    def claim_of(self, key: int) -> int:
        """See :meth:`Codec.claim_of`."""
        return key


class Register(MutableMapping[Key, Value], Generic[Key, Value]):
    """A register as a mapping: read when asked for, written by :meth:`write` alone.

    The table has no row of a claim from the index ``bound`` on: the writer has only just opened it.

    Iterating over it, or asking its length, reads the whole table.
    """

    def __init__(self, connection: Connection, log: Callable[[], int], codec: Codec[Key, Value], bound: int) -> None:
        self._connection = connection
        self._log = log
        self._codec = codec
        self._bound = bound
        self._known: dict[Key, Value | None] = {}  # None: there is none
        self._changed: set[Key] = set()
        self._whole: set[int] = set()  # claims of which every row is known
        self._all, self._one, self._claims = _questions(codec.table)

    def __getitem__(self, key: Key) -> Value:
        if key not in self._known:
            self._read(key)
        value = self._known[key]
        if value is None:
            raise KeyError(key)
        return value

    def get(self, key: Key, default: Any = None) -> Any:
        """As every mapping has it; without an exception for what is not there, which is asked for most."""
        if key not in self._known:
            self._read(key)
        value = self._known[key]
        return default if value is None else value

    def __setitem__(self, key: Key, value: Value) -> None:
        self._known[key] = value
        self._changed.add(key)

    def __delitem__(self, key: Key) -> None:
        _ = self[key]
        self._known[key] = None
        self._changed.add(key)

    def __iter__(self) -> Iterator[Key]:
        self._take(self._connection.execute(self._all, {"log": self._log()}).mappings())
        return iter([key for key, value in self._known.items() if value is not None])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def load(self, claims: Iterable[int]) -> None:
        """Read every row of these claims with few queries."""
        wanted = [claim for claim in dict.fromkeys(claims) if claim not in self._whole]
        for chunk in chunks(wanted):
            given = {"log": self._log(), "claims": chunk}
            self._take(self._connection.execute(self._claims, given).mappings())
            self._whole.update(chunk)

    def write(self) -> None:
        """Write what changed since the last time. The rows of a changed key are replaced."""
        log = {"log_id": self._log()}
        kept = {key: self._known[key] for key in self._changed}
        gone = [log | self._codec.columns_of(key) for key, value in kept.items() if value is None]
        rows.delete(self._connection, self._codec.table, gone)
        new = [log | self._codec.encode(key, value) for key, value in kept.items() if value is not None]
        rows.upsert(self._connection, self._codec.table, new)
        self._changed.clear()

    def _read(self, key: Key) -> None:
        claim = self._codec.claim_of(key)
        if claim < self._bound and claim not in self._whole:
            found = self._connection.execute(self._one, {"log": self._log()} | self._codec.columns_of(key))
            self._take(found.mappings())
        self._known.setdefault(key, None)

    def _take(self, found: Iterable[Any]) -> None:
        try:
            for row in found:
                key, value = self._codec.decode(cast(Mapping[str, Any], row))
                if key not in self._known:
                    self._known[key] = value
        except (ValueError, KeyError, TypeError) as error:
            raise Unavailable(f"register {self._codec.table.name}: cannot be read: {error}", next=VERIFY) from error


@cache
def _questions(table: Table) -> tuple[Select[Any], Select[Any], Select[Any]]:
    """Return the statements that ask for every row of a log, the row of one key, and the rows of some claims."""
    keys = [column for column in table.primary_key.columns if column.name != "log_id"]
    of_log = select(table).where(table.c.log_id == bindparam("log"))
    one = of_log.where(*(key == bindparam(key.name) for key in keys))
    return of_log, one, of_log.where(table.c.claim.in_(bindparam("claims", expanding=True)))


@cache
def _write_signs(signs: frozenset[int]) -> str:
    return "".join(_SIGNS[sign] for sign in sorted(signs, reverse=True))


def _read_signs(text: str) -> frozenset[int]:
    return frozenset({"+": 1, "0": 0, "-": -1}[character] for character in text)


def _write_pointers(pointers: Iterable[Pointer]) -> str:
    return canonical(sorted([status.value, claim] for status, claim in pointers)).decode()


def _read_pointers(text: str) -> frozenset[Pointer]:
    return frozenset((Status(word), claim) for word, claim in json.loads(text))
