"""Taking a part away for good: out of its table, the names and the words; then out of the file and its log.

Deleting overwrites with zeros, but pages that were split or merged before may keep older copies, and the
write-ahead log keeps the pages of before. So the file is written anew afterwards (VACUUM) and the log is
emptied, which needs that nobody else has it open. Until then the redaction stands in ``erasures``: if we
crash at any point, or somebody stays, `claims verify` tells of it, and `claims erase` does it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, text

from ledger.errors import Unavailable
from ledger.model import Claim, Content, Entry, Source, Wording
from ledger.names import name_of
from ledger.store import search
from ledger.store.failures import told
from ledger.store.registers import CONTENTS, ERASURES, NAMES
from ledger.vocabulary import Part

if TYPE_CHECKING:
    from ledger.store.file import Store

IN_USE = "another program has the ledger open"

_WORD = text("DELETE FROM words WHERE rowid = :rowid")
_MERGE = text("INSERT INTO words (words) VALUES ('optimize')")


def take_away(connection: Connection, log_id: int, by: int, entry: Entry, part: Part) -> None:
    """Delete a part of ``entry`` and what the search has of it; the redaction ``by`` is written already.

    Raises :class:`Unavailable` where this build of SQLite cannot take it out of a search that another one wrote.
    """
    place = (CONTENTS.c.log_id == log_id, CONTENTS.c.index == entry.index, CONTENTS.c.part == part.value)
    connection.execute(delete(CONTENTS).where(*place))
    if part in search.ORDER:
        _take_words_away(connection, entry.index, part)
    connection.execute(insert(ERASURES), [{"log_id": log_id, "index": by}])


def _take_words_away(connection: Connection, index: int, part: Part) -> None:
    if search.served(connection):
        connection.execute(_WORD, {"rowid": search.rowid_of(index, part)})
        connection.execute(_MERGE)
        return
    start = search.behind(connection)
    if start is None or index < start:
        raise Unavailable(
            "redaction: the search has these words, and this Python's SQLite has no full text search (FTS5)",
            next="redact it with another build of Python, such as that of python.org; nothing was changed",
        )


def drop_name(
    connection: Connection, log_id: int, entry: Entry, contents: Mapping[Part, Content], others: Iterable[str]
) -> None:
    """Delete the name that an entry with these contents gave, unless one of ``others`` still gives it."""
    name = name_of(entry, contents)
    if name is None or name.folded in others:
        return
    place = (NAMES.c.log_id == log_id, NAMES.c.kind == name.kind, NAMES.c.folded == name.folded)
    connection.execute(delete(NAMES).where(*place, NAMES.c.index == name.index))


def named_with(entry: Entry) -> tuple[int, str] | None:
    """Return the subject whose names this entry's is among, and the role of the other entries that name it."""
    match entry.body:
        case Wording(claim=claim):
            return claim, "wording.claim"
        case Claim():
            return entry.index, "wording.claim"
        case Source(amends=amended):
            return entry.index if amended is None else amended, "source.amends"
    return None


def pending(connection: Connection) -> list[int]:
    """Return the redactions whose bytes may still be on the disk."""
    return list(connection.execute(select(ERASURES.c.index).order_by(ERASURES.c.index)).scalars())


def wipe(store: Store) -> str:
    """Write the file anew and empty its log; return why that could not be done yet, the empty text if it is."""
    with told(store.path):
        with store.transaction() as connection:
            if not pending(connection):
                return ""
        # Other connections of this process would be readers too.
        store.pool.dispose()
        raw = store.pool.raw_connection()
        try:
            assert raw.driver_connection is not None
            return _wipe(raw.driver_connection)
        finally:
            raw.close()


def _wipe(database: Any) -> str:
    try:
        database.execute("VACUUM")
        if database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            return IN_USE
        database.execute("DELETE FROM erasures")
    except sqlite3.OperationalError as error:
        code = error.sqlite_errorcode & 0xFF
        if code == sqlite3.SQLITE_FULL:
            return "there is no room to write the file anew"
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return IN_USE
        raise
    return ""
