"""The words of claims, sources, quotes and notes, and how they are found, whatever database is under it.

The table ``words`` is a register: it follows from the contents, is written in the transaction of its entry, and
``audit`` derives it again. It holds its own copy of each text, one row a part, so that a redaction can take one row
away. How a database finds words in it is its own: FTS5 in SQLite, a ``tsvector`` in PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam

from ledger.encoding import Malformed, decode_content
from ledger.model import Content, Entry
from ledger.schema import CONTENTS, ENTRIES
from ledger.store.rows import Columns
from ledger.vocabulary import Kind, Part

ORDER = (Part.TEXT, Part.NAME, Part.QUOTE, Part.NOTE)
"""The parts that may be searched, in the order of their places within an entry."""

STEP = 8
"""Places an entry: more than it has parts."""

AT_ONCE = 1_000
_PLACES = {part.value: place for place, part in enumerate(ORDER)}
_OF_ANYTHING = (Part.QUOTE, Part.NOTE)
_OF_SOME = {(Kind.CLAIM.value, Part.TEXT), (Kind.WORDING.value, Part.TEXT), (Kind.SOURCE.value, Part.NAME)}
_UNREAD = (
    CONTENTS.join(ENTRIES, (CONTENTS.c.log_id == ENTRIES.c.log_id) & (CONTENTS.c.index == ENTRIES.c.index))
    .select()
    .with_only_columns(CONTENTS.c.log_id, CONTENTS.c.index, ENTRIES.c.kind, CONTENTS.c.part, CONTENTS.c.content)
    .where(CONTENTS.c.index >= bindparam("start"))
    .order_by(CONTENTS.c.log_id, CONTENTS.c.index)
)


@dataclass(frozen=True, slots=True)
class Found:
    """A part in which the words stand: a snippet of it, and where in the snippet they begin and end."""

    index: int
    part: Part
    snippet: str
    marks: tuple[tuple[int, int], ...]


class Index(Protocol):
    """What finds words in one kind of database; a module of it is one."""

    @property
    def TABLES(self) -> Collection[str]:  # noqa: N802 - a constant of the module
        """The table of words and those that stand behind it."""

    def served(self, connection: Connection) -> bool:
        """Whether this database can be searched."""

    def behind(self, connection: Connection) -> int | None:
        """Return the index from which the words are missing, None if they are all there."""

    def catch_up(self, connection: Connection) -> bool:
        """Put in the words that are missing; False where it cannot be searched."""

    def add(self, connection: Connection, rows: Sequence[Columns]) -> None:
        """Write rows. Has to come before the contents that they follow from, which could be caught up with twice."""

    def remove(self, connection: Connection, log_id: int, index: int, part: Part) -> None:
        """Take the words of a part away."""

    def find(
        self, connection: Connection, log_id: int, words: str, parts: Collection[Part], bound: int
    ) -> Iterator[Found]:
        """Yield the parts of entries below ``bound`` in which all the words stand, best first."""

    def stored(
        self, connection: Connection, log_id: int, after: int | None, upto: int | None
    ) -> Iterator[tuple[int, Columns]]:
        """Yield rows of the entries after one and up to another as they are kept, by place; None is no end."""

    def as_stored(self, row: Columns) -> Columns:
        """Return a row as ``stored`` gives it."""

    def fault(self, connection: Connection) -> str | None:
        """Say what is wrong between the words and the index over them; None if nothing is."""


def index_of(connection: Connection) -> Index:
    """Return what finds words in the database of a connection."""
    if connection.dialect.name == "sqlite":
        from ledger.store.sqlite import words as of_sqlite

        return of_sqlite
    from ledger.store.postgres import words as of_postgres

    return of_postgres


def find(connection: Connection, log_id: int, words: str, parts: Collection[Part], bound: int) -> Iterator[Found]:
    """Yield the parts of entries below ``bound`` in which all the words stand, best first.

    Case and accents make no difference. Raises ``Unavailable`` where there is no full text search.
    """
    return index_of(connection).find(connection, log_id, words, parts, bound)


def place_of(index: int, part: str) -> int:
    """Return the place of a part among all words."""
    return index * STEP + _PLACES[part]


def rows_of(log_id: int, entry: Entry, contents: Mapping[Part, Content]) -> list[Columns]:
    """Return the rows of ``words`` that follow from an entry with these contents."""
    kind = entry.word
    return [
        _row(log_id, entry.index, part, str(content.value))
        for part, content in contents.items()
        if _searched(kind, part)
    ]


def unread(connection: Connection, start: int, log_id: int | None = None) -> Iterator[list[Columns]]:
    """Yield the rows that follow from all contents from an entry on, or from those of one log, some at once.

    What is damaged is left out.
    """
    wanted = _UNREAD if log_id is None else _UNREAD.where(CONTENTS.c.log_id == log_id)
    found = connection.execute(wanted, {"start": start}, execution_options={"yield_per": AT_ONCE})
    for rows in found.partitions():
        yield list(_readable(rows))


def _searched(kind: str, part: Part) -> bool:
    return part in _OF_ANYTHING or (kind, part) in _OF_SOME


def _row(log_id: int, index: int, part: Part, value: str) -> Columns:
    return {"log_id": log_id, "index": index, "part": part.value, "value": value}


def _readable(rows: Iterable[Any]) -> Iterator[Columns]:
    for log_id, index, kind, word, data in rows:
        try:
            part = Part(word)
            if _searched(kind, part):
                yield _row(log_id, index, part, str(decode_content(part, data).value))
        except (Malformed, ValueError, TypeError):
            continue  # `audit` names what is damaged


class Words:
    """The words that an append adds, held back until they are written together."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pending: list[Columns] = []

    def add(self, rows: list[Columns]) -> None:
        """Take the rows of one more entry."""
        self._pending += rows

    def write(self) -> None:
        """Write them; see :meth:`Index.add` for when."""
        rows, self._pending = self._pending, []
        if rows:
            index_of(self._connection).add(self._connection, rows)
