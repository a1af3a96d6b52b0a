"""Taking a part away for good: out of its table, the names and the words; then out of what the database keeps of them.

Deleting leaves older copies: in pages that were split or merged before, in rows that somebody still sees, in the
write-ahead log. So the database wipes afterwards (:meth:`ledger.store.database.Database.wipe`), which needs that nobody
else reads it. Until then the redaction stands in ``erasures``: if we crash at any point, or somebody stays,
`claims verify` tells of it, and `claims erase` does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, select

from ledger.model import Claim, Content, Entry, Source, Wording
from ledger.names import name_of
from ledger.schema import CONTENTS, ERASURES, NAMES
from ledger.store import rows, search
from ledger.vocabulary import Part

PENDING = "redacted, erasure pending"
"""What `verify` says of a redaction whose bytes may still be somewhere; it is no damage."""


def take_away(connection: Connection, log_id: int, by: int, entry: Entry, part: Part) -> None:
    """Delete a part of ``entry`` and what the search has of it; the redaction ``by`` is written already.

    Raises :class:`~ledger.errors.Unavailable` where the search cannot forget it.
    """
    place = (CONTENTS.c.log_id == log_id, CONTENTS.c.index == entry.index, CONTENTS.c.part == part.value)
    connection.execute(delete(CONTENTS).where(*place))
    if part in search.ORDER:
        search.index_of(connection).remove(connection, log_id, entry.index, part)
    rows.insert(connection, ERASURES, [{"log_id": log_id, "index": by}])


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


def pending(connection: Connection, log_id: int) -> list[int]:
    """Return the redactions of a log whose bytes may still be on the disk."""
    found = select(ERASURES.c.index).where(ERASURES.c.log_id == log_id).order_by(ERASURES.c.index)
    return list(connection.execute(found).scalars())
