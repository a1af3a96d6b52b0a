"""What is shown of a ledger is read from a prefix of it, be that in a database or in published files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from ledger.model import Content, Entry
from ledger.names import Names
from ledger.resolver import Facts, First
from ledger.vocabulary import Part


class Prefix(Facts, Names, Protocol):
    """The first ``size`` entries with their contents; ``absent`` is shown in the place of a text that is not here."""

    size: int
    absent: str

    def entries(self, start: int = 0, stop: int | None = None) -> Iterable[Entry]:
        """Yield the entries from ``start`` up to and without ``stop``."""

    def renewed(self) -> Prefix:
        """Return the same prefix with nothing in memory that was only read from elsewhere."""

    def words(self) -> Iterable[str]:
        """Return the kinds of entry that there are, known or not."""

    def names(self, kind: str) -> Iterable[tuple[int, str]]:
        """Yield the index and the folded words of everything of a kind; each wording of a claim once."""

    def contents(self, indexes: Iterable[int]) -> Mapping[tuple[int, Part], Content]:
        """Return every part of these entries that is here, by index and part."""

    def content(self, index: int, part: Part) -> Content | None:
        """Return one part of an entry; None if it has none, or none any more."""


class Earlier(First):
    """The first ``size`` entries of another prefix, with the texts that it has of them."""

    def __init__(self, prefix: Prefix, size: int) -> None:
        super().__init__(prefix, size)
        self._prefix = prefix
        self.absent = prefix.absent

    def entries(self, start: int = 0, stop: int | None = None) -> Iterable[Entry]:
        """See :meth:`Prefix.entries`."""
        return self._prefix.entries(start, self.size if stop is None else min(stop, self.size))

    def renewed(self) -> Earlier:
        """See :meth:`Prefix.renewed`."""
        return Earlier(self._prefix.renewed(), self.size)

    def words(self) -> Iterable[str]:
        """See :meth:`Prefix.words`."""
        return [word for word in self._prefix.words() if self.of_kind(word)]

    def names(self, kind: str) -> Iterable[tuple[int, str]]:
        """See :meth:`Prefix.names`; a later wording of a claim may be among them."""
        return ((index, folded) for index, folded in self._prefix.names(kind) if index < self.size)

    def named(self, kind: str, folded: str) -> Sequence[int]:
        """See :meth:`ledger.names.Names.named`; it may be by a later wording."""
        return [index for index in self._prefix.named(kind, folded) if index < self.size]

    def looking_like(self, kind: str, skeleton: str) -> Sequence[int]:
        """See :meth:`ledger.names.Names.looking_like`."""
        return [index for index in self._prefix.looking_like(kind, skeleton) if index < self.size]

    def contents(self, indexes: Iterable[int]) -> Mapping[tuple[int, Part], Content]:
        """See :meth:`Prefix.contents`."""
        return self._prefix.contents([index for index in indexes if index < self.size])

    def content(self, index: int, part: Part) -> Content | None:
        """See :meth:`Prefix.content`."""
        return self._prefix.content(index, part) if index < self.size else None
