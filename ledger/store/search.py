"""The words of claims, sources, quotes and notes, and how they are found: SQLite's full text index, FTS5.

The table ``words`` is a register: it follows from the contents, is written in the transaction of its
entry, and ``audit`` derives it again. It holds its own copy of each text, one row a part, under a rowid
made from index and part, so that a redaction can take one row away::

    DELETE FROM words WHERE rowid = rowid_of(index, part)
    INSERT INTO words(words) VALUES ('optimize')

A build of SQLite without FTS5 keeps everything but the words. It leaves a mark in ``user_version``, one
more than the index from which they are missing, and the next write by a build that has it fills them in.
Another database has its own full text search behind :func:`find`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.exc import DBAPIError

from ledger.encoding import Malformed, decode_content
from ledger.errors import Unavailable
from ledger.model import Content, Entry
from ledger.store.registers import CONTENTS, ENTRIES, Columns
from ledger.vocabulary import Kind, Part

TABLES = ("words", "words_config", "words_content", "words_data", "words_docsize", "words_idx")
"""The table and those that FTS5 keeps behind it."""

MAKE = """\
CREATE VIRTUAL TABLE words USING fts5(
    log_id UNINDEXED,
    "index" UNINDEXED,
    part UNINDEXED,
    value,
    tokenize = 'unicode61 remove_diacritics 2'
)"""

ORDER = (Part.TEXT, Part.NAME, Part.QUOTE, Part.NOTE)
"""The parts that may be searched, by their rowids within an entry."""

_STEP = 8  # rowids an entry; more than it has parts
_OF_ANYTHING = (Part.QUOTE, Part.NOTE)
_OF_SOME = {(Kind.CLAIM.value, Part.TEXT), (Kind.WORDING.value, Part.TEXT), (Kind.SOURCE.value, Part.NAME)}
_OPENS, _CLOSES = "\x02", "\x03"  # no text that is recorded can hold either
_IN_SNIPPET = 24  # words
_AT_ONCE = 1_000

_INSERT = text(
    'INSERT INTO words (rowid, log_id, "index", part, value) VALUES (:rowid, :log_id, :index, :part, :value)'
)
_FIND = text(
    f"SELECT \"index\", part, snippet(words, 3, char(2), char(3), '…', {_IN_SNIPPET}) FROM words "
    'WHERE words MATCH :query AND log_id = :log AND "index" < :bound AND part IN :parts ORDER BY rank'
).bindparams(bindparam("parts", expanding=True))
_ROWS = text(
    'SELECT rowid, log_id, "index", part, value FROM words WHERE rowid > :after AND rowid <= :upto ORDER BY rowid'
)
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


def rowid_of(index: int, part: Part) -> int:
    """Return the rowid of a part in ``words``."""
    return index * _STEP + ORDER.index(part)


def rows_of(log_id: int, entry: Entry, contents: Mapping[Part, Content]) -> list[Columns]:
    """Return the rows of ``words`` that follow from an entry with these contents."""
    kind = entry.word
    return [
        _row(log_id, entry.index, part, str(content.value))
        for part, content in contents.items()
        if _searched(kind, part)
    ]


def _searched(kind: str, part: Part) -> bool:
    return part in _OF_ANYTHING or (kind, part) in _OF_SOME


def _row(log_id: int, index: int, part: Part, value: str) -> Columns:
    return {"rowid": rowid_of(index, part), "log_id": log_id, "index": index, "part": part.value, "value": value}


def served(connection: Connection) -> bool:
    """Whether this build of SQLite has full text search."""
    known: dict[str, bool] = connection.info  # of the driver's connection
    if "fts5" not in known:
        try:
            connection.exec_driver_sql("SELECT fts5_source_id()")
            known["fts5"] = True
        except DBAPIError:
            known["fts5"] = False
    return known["fts5"]


def behind(connection: Connection) -> int | None:
    """Return the index from which the words are missing, None if they are all there."""
    mark = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    return mark - 1 if mark > 0 else None


def catch_up(connection: Connection) -> bool:
    """Put in the words that are missing; False where this build of SQLite cannot."""
    start = behind(connection)
    if not served(connection):
        return False
    if start is not None:
        if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'words'").first():
            connection.exec_driver_sql(MAKE)
        connection.exec_driver_sql("DELETE FROM words WHERE rowid >= ?", (start * _STEP,))
        unread = connection.execute(_UNREAD, {"start": start}, execution_options={"yield_per": _AT_ONCE})
        for rows in unread.partitions():
            _insert(connection, list(_readable(rows)))
        connection.exec_driver_sql("PRAGMA user_version = 0")
    return True


def _readable(rows: Iterable[Any]) -> Iterator[Columns]:
    for log_id, index, kind, word, data in rows:
        try:
            part = Part(word)
            if _searched(kind, part):
                yield _row(log_id, index, part, str(decode_content(part, data).value))
        except (Malformed, ValueError, TypeError):
            continue  # `audit` names what is damaged


def _insert(connection: Connection, rows: list[Columns]) -> None:
    if rows:
        connection.execute(_INSERT, rows)


class Words:
    """The words that an append adds, held back until they are written together."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pending: list[Columns] = []

    def add(self, rows: list[Columns]) -> None:
        """Take the rows of one more entry."""
        self._pending += rows

    def write(self) -> None:
        """Write them. Has to come before the contents that they follow from, which would be caught up with twice."""
        rows, self._pending = self._pending, []
        if not rows:
            return
        if catch_up(self._connection):
            _insert(self._connection, rows)
        elif behind(self._connection) is None:
            self._connection.exec_driver_sql(f"PRAGMA user_version = {int(rows[0]['index']) + 1}")


def query_of(words: str) -> str:
    """Return what FTS5 is asked for the words that a person typed; empty if there is no word among them.

    All of them have to stand in one text. Each is quoted, so that nothing in it is an operator; the
    last one may go on.
    """
    typed = words.encode("utf-8", "replace").decode().replace("\0", " ").split()
    quoted = ['"' + word.replace('"', '""') + '"' for word in typed if re.search(r"[^\W_]", word)]
    return " ".join(quoted) + "*" if quoted else ""


def find(connection: Connection, log_id: int, words: str, parts: Collection[Part], bound: int) -> Iterator[Found]:
    """Yield the parts of entries below ``bound`` in which all the words stand, best first.

    Case and accents make no difference. Raises :class:`Unavailable` where there is no full text search.
    """
    query = query_of(words)
    if not query:
        return
    if not served(connection):
        raise Unavailable(
            "search: this Python's SQLite has no full text search (FTS5)",
            next="run it with another build of Python, such as that of python.org; all else works without",
        )
    start = behind(connection)
    if start is not None:
        raise Unavailable(
            f"search: what was recorded from entry {start} on is not in it, since that program's SQLite had no FTS5",
            next="record anything with this one, and it is put in",
        )
    given = {"query": query, "log": log_id, "bound": bound, "parts": [part.value for part in parts or ORDER]}
    for index, part, shown in connection.execute(_FIND, given, execution_options={"yield_per": 100}):
        yield Found(index, Part(part), *_unmarked(shown))


def _unmarked(shown: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Take the marks out of a snippet, and say where they were."""
    snippet, marks = "", []
    for piece in re.split(f"({_OPENS}[^{_CLOSES}]*{_CLOSES})", " ".join(shown.split())):
        word = piece.strip(_OPENS + _CLOSES)
        if piece != word:
            marks.append((len(snippet), len(snippet) + len(word)))
        snippet += word
    return snippet, tuple(marks)


def stored(connection: Connection, after: int | None, upto: int | None) -> Iterator[tuple[int, Columns]]:
    """Yield the rows of the entries after one and up to another as they are kept, by rowid; None is no end."""
    given = {
        "after": -(2**63) if after is None else (after + 1) * _STEP - 1,
        "upto": 2**63 - 1 if upto is None else (upto + 1) * _STEP - 1,
    }
    for rowid, log_id, index, part, value in connection.execute(_ROWS, given):
        yield rowid, {"log_id": log_id, "index": index, "part": part, "value": value}


def index_fault(connection: Connection) -> str | None:
    """Say what is wrong between the words and the index over them; None if nothing is, or if it cannot be told.

    FTS5 takes the question for a write, so a ledger that cannot be written to is not asked.
    """
    only = connection.exec_driver_sql("PRAGMA query_only").scalar_one()
    connection.exec_driver_sql("PRAGMA query_only = OFF")
    try:
        connection.exec_driver_sql("INSERT INTO words(words) VALUES ('integrity-check')")
    except DBAPIError as error:
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        return "is not the index of its words" if code == sqlite3.SQLITE_CORRUPT else None
    finally:
        connection.exec_driver_sql(f"PRAGMA query_only = {only}")
    return None
