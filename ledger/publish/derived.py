"""What entries from elsewhere say: a prefix in memory, out of published files or out of a proof."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ledger.model import Content, Entry
from ledger.names import NamesInMemory, name_of
from ledger.resolver import Memory
from ledger.vocabulary import Part


class Derived:
    """A prefix of ``size`` entries in memory; of a proof only some are there. What is withheld shows as such."""

    absent = "[withheld]"

    def __init__(self, entries: Memory, contents: Mapping[int, Mapping[Part, Content]], size: int) -> None:
        self.size = size
        self._entries = entries
        self._contents = contents
        self._names = NamesInMemory()
        for index, parts in contents.items():
            self._names.add(name_of(entries.entry(index), parts))

    def entry(self, index: int) -> Entry:
        """See :meth:`ledger.resolver.Facts.entry`."""
        return self._entries.entry(index)

    def refs(self, role: str, index: int) -> Sequence[int]:
        """See :meth:`ledger.resolver.Facts.refs`."""
        return self._entries.refs(role, index)

    def of_kind(self, word: str) -> Sequence[int]:
        """See :meth:`ledger.resolver.Facts.of_kind`."""
        return self._entries.of_kind(word)

    def load(self, indexes: Iterable[int], refs: Iterable[tuple[str, int]]) -> None:
        """See :meth:`ledger.resolver.Facts.load`."""

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """See :meth:`ledger.book.prefix.Prefix.entries`."""
        return (each for each in self._entries.all() if start <= each.index < (self.size if stop is None else stop))

    def renewed(self) -> Derived:
        """See :meth:`ledger.book.prefix.Prefix.renewed`: all of it is in memory."""
        return self

    def words(self) -> list[str]:
        """See :meth:`ledger.book.prefix.Prefix.words`."""
        return self._entries.words()

    def names(self, kind: str) -> Iterator[tuple[int, str]]:
        """See :meth:`ledger.book.prefix.Prefix.names`."""
        return self._names.all(kind)

    def named(self, kind: str, folded: str) -> Sequence[int]:
        """See :meth:`ledger.names.Names.named`."""
        return self._names.named(kind, folded)

    def looking_like(self, kind: str, skeleton: str) -> Sequence[int]:
        """See :meth:`ledger.names.Names.looking_like`."""
        return self._names.looking_like(kind, skeleton)

    def contents(self, indexes: Iterable[int]) -> dict[tuple[int, Part], Content]:
        """See :meth:`ledger.book.prefix.Prefix.contents`."""
        return {(index, part): content for index in indexes for part, content in self._contents.get(index, {}).items()}

    def content(self, index: int, part: Part) -> Content | None:
        """See :meth:`ledger.book.prefix.Prefix.content`."""
        return self._contents.get(index, {}).get(part)
