"""What is shown of a ledger is read from a prefix of it, be that in a database or in published files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from ledger.model import Content, Entry
from ledger.names import Names
from ledger.resolver import Facts
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
