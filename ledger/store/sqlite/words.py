"""Full text search in SQLite: FTS5.

A row stands under a rowid made from index and part::

    DELETE FROM words WHERE rowid = place_of(index, part)
    INSERT INTO words(words) VALUES ('optimize')

A build of SQLite without FTS5 keeps everything but the words. It leaves a mark in ``user_version``, one
more than the index from which they are missing, and the next write by a build that has it fills them in.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.exc import DBAPIError

from ledger.errors import Unavailable
from ledger.store.rows import Columns
from ledger.store.search import ORDER, STEP, Found, place_of, unread
from ledger.vocabulary import Part

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

_OPENS, _CLOSES = "\x02", "\x03"  # no text that is recorded can hold either
_IN_SNIPPET = 24  # words

_INSERT = 'INSERT INTO words (rowid, log_id, "index", part, value) VALUES (?, ?, ?, ?, ?)'
_FIND = text(
    f"SELECT \"index\", part, snippet(words, 3, char(2), char(3), '…', {_IN_SNIPPET}) FROM words "
    'WHERE words MATCH :query AND log_id = :log AND "index" < :bound AND part IN :parts ORDER BY rank'
).bindparams(bindparam("parts", expanding=True))
_ROWS = text(
    'SELECT rowid, log_id, "index", part, value FROM words WHERE rowid > :after AND rowid <= :upto ORDER BY rowid'
)
_REMOVE = text("DELETE FROM words WHERE rowid = :rowid")
_MERGE = text("INSERT INTO words (words) VALUES ('optimize')")


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
        connection.exec_driver_sql("DELETE FROM words WHERE rowid >= ?", (start * STEP,))
        for rows in unread(connection, start):
            _insert(connection, rows)
        connection.exec_driver_sql("PRAGMA user_version = 0")
    return True


def add(connection: Connection, rows: Sequence[Columns]) -> None:
    """See :meth:`ledger.store.search.Index.add`. A build without FTS5 leaves the mark instead."""
    if catch_up(connection):
        _insert(connection, rows)
    elif behind(connection) is None:
        connection.exec_driver_sql(f"PRAGMA user_version = {int(rows[0]['index']) + 1}")


def _insert(connection: Connection, rows: Sequence[Columns]) -> None:
    if rows:
        connection.exec_driver_sql(
            _INSERT,
            [
                (place_of(row["index"], row["part"]), row["log_id"], row["index"], row["part"], row["value"])
                for row in rows
            ],
        )


def remove(connection: Connection, log_id: int, index: int, part: Part) -> None:  # noqa: ARG001 - a file has one log
    """Take the words of a part away, and out of what FTS5 remembers of them.

    Raises :class:`Unavailable` where this build of SQLite cannot take them out of a search that another one wrote.
    """
    if served(connection):
        connection.execute(_REMOVE, {"rowid": place_of(index, part)})
        connection.execute(_MERGE)
        return
    start = behind(connection)
    if start is None or index < start:
        raise Unavailable(
            "redaction: the search has these words, and this Python's SQLite has no full text search (FTS5)",
            next="redact it with another build of Python, such as that of python.org; nothing was changed",
        )


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


def stored(
    connection: Connection,
    log_id: int,
    after: int | None,
    upto: int | None,
) -> Iterator[tuple[int, Columns]]:
    """Yield the rows of the entries after one and up to another as they are kept, by rowid; None is no end."""
    given = {
        "after": -(2**63) if after is None else (after + 1) * STEP - 1,
        "upto": 2**63 - 1 if upto is None else (upto + 1) * STEP - 1,
    }
    for rowid, log_id, index, part, value in connection.execute(_ROWS, given):
        yield rowid, {"log_id": log_id, "index": index, "part": part, "value": value}


def as_stored(row: Columns) -> Columns:
    """See :meth:`ledger.store.search.Index.as_stored`: nothing is added."""
    return row


def fault(connection: Connection) -> str | None:
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
