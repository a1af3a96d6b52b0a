"""Entries as lines of the log, in plain words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ledger.book.prefix import Prefix
from ledger.book.tell import Texts, tell
from ledger.book.views import LogLine
from ledger.model import Entry
from ledger.resolver import Acts


def lines(reader: Prefix, texts: Texts, indexes: Collection[int]) -> Iterator[LogLine]:
    """Some entries, by index, read with few queries."""
    reader.load(indexes, [("retract.target", index) for index in indexes])
    texts.load(indexes)
    return told(reader, texts, (reader.entry(index) for index in indexes))


def told(reader: Prefix, texts: Texts, entries: Iterable[Entry]) -> Iterator[LogLine]:
    """Entries as they come."""
    acts = Acts(reader)
    for entry in entries:
        yield LogLine(
            index=entry.index,
            kind=entry.word,
            recorded=entry.recorded,
            recorder=None if entry.recorder is None else texts.name(entry.recorder),
            summary=tell(entry, reader, texts),
            live=acts.live(entry.index),
        )
