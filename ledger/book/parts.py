"""What people wrote into entries, part by part: what is there, and what was redacted, by which entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.book.lookup import entry_at
from ledger.book.tell import Texts
from ledger.book.views import View
from ledger.disclosure import redactions
from ledger.model import Document
from ledger.resolver import Acts
from ledger.store import Reader
from ledger.vocabulary import Part, Visibility


@dataclass(frozen=True, slots=True)
class PartRow(View):
    """One part of an entry. With ``by``, the entry that redacted it, ``lacking`` is what is shown in its place."""

    part: Part
    internal: bool
    text: str | None = None
    document: Document | None = None
    by: int | None = None
    lacking: str | None = None


def parts_of(reader: Reader, indexes: Iterable[int]) -> dict[int, tuple[PartRow, ...]]:
    """Return the parts of these entries. Raises :class:`~ledger.errors.Rejected` for one that does not exist."""
    entries = [entry_at(reader, index) for index in dict.fromkeys(indexes)]
    texts = Texts(reader, Acts(reader))
    texts.load(entry.index for entry in entries)
    found = {}
    for entry in entries:
        gone = redactions(reader, entry)
        rows = []
        for part in (part for part in Part if part in entry.parts):
            internal = entry.parts[part].visibility is Visibility.INTERNAL
            value = texts.value(entry.index, part)
            if value is None:
                rows.append(PartRow(part, internal, by=gone.get(part), lacking=texts.lacking(entry.index, part)))
            elif isinstance(value, Document):
                rows.append(PartRow(part, internal, document=value))
            else:
                rows.append(PartRow(part, internal, text=value))
        found[entry.index] = tuple(rows)
    return found
