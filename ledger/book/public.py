"""A prefix as the public may see it: every part that is withheld (:mod:`ledger.disclosure`) is not there.

What is rendered from it cannot leak what stays with the desk, whoever wrote the template. Leaves are public as they
are: structure, times, states and indexes stand, and so does every answer of the resolver.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from ledger.book.prefix import Prefix
from ledger.disclosure import Disclosure, claims_of
from ledger.model import Content, Entry
from ledger.names import Name, name_of
from ledger.resolver import Acts
from ledger.vocabulary import Kind, Part

_AT_ONCE = 1_000
"""How many entries are in memory at once where all of a kind are read."""
_FURTHER = {Kind.CLAIM.value: "wording.claim", Kind.SOURCE.value: "source.amends"}
"""In which role the entries stand that give a thing of this kind another name."""


class Public:
    """What is public of the prefix ``reader``; ``absent`` is shown in the place of what is withheld."""

    absent = "[withheld]"

    def __init__(self, reader: Prefix) -> None:
        self.size = reader.size
        self._reader = reader
        self._disclosure = Disclosure(Acts(reader))

    def withheld(self, index: int) -> Collection[Part]:
        """Return the parts of an entry that are not public."""
        return self._disclosure.withheld(self._reader.entry(index))

    def kept_back(self, claim: int) -> bool:
        """Whether a claim is held, itself or the one that it counts under, and so is not told of at all."""
        return self._disclosure.holds(claim)

    def entry(self, index: int) -> Entry:
        """See :meth:`ledger.resolver.Facts.entry`."""
        return self._reader.entry(index)

    def refs(self, role: str, index: int) -> Sequence[int]:
        """See :meth:`ledger.resolver.Facts.refs`."""
        return self._reader.refs(role, index)

    def of_kind(self, word: str) -> Sequence[int]:
        """See :meth:`ledger.resolver.Facts.of_kind`."""
        return self._reader.of_kind(word)

    def load(self, indexes: Iterable[int], refs: Iterable[tuple[str, int]]) -> None:
        """See :meth:`ledger.resolver.Facts.load`."""
        self._reader.load(indexes, refs)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterable[Entry]:
        """See :meth:`ledger.book.prefix.Prefix.entries`."""
        return self._reader.entries(start, stop)

    def renewed(self) -> Public:
        """See :meth:`ledger.book.prefix.Prefix.renewed`."""
        return Public(self._reader.renewed())

    def words(self) -> Iterable[str]:
        """See :meth:`ledger.book.prefix.Prefix.words`."""
        return self._reader.words()

    def contents(self, indexes: Iterable[int]) -> dict[tuple[int, Part], Content]:
        """See :meth:`ledger.book.prefix.Prefix.contents`: those that are public."""
        wanted = list(indexes)
        self._load(wanted)
        found = self._reader.contents(wanted)
        withheld = {index: self.withheld(index) for index in {index for index, _ in found}}
        return {(index, part): content for (index, part), content in found.items() if part not in withheld[index]}

    def content(self, index: int, part: Part) -> Content | None:
        """See :meth:`ledger.book.prefix.Prefix.content`: None too if it is withheld."""
        return None if part in self.withheld(index) else self._reader.content(index, part)

    def names(self, kind: str) -> Iterator[tuple[int, str]]:
        """See :meth:`ledger.book.prefix.Prefix.names`."""
        indexes = iter(self.of_kind(kind))
        while some := list(islice(indexes, _AT_ONCE)):
            yield from dict.fromkeys((name.index, name.folded) for name in self._named(kind, some))

    def named(self, kind: str, folded: str) -> Sequence[int]:
        """See :meth:`ledger.names.Names.named`: by a name that is public."""
        found = self._named(kind, self._reader.named(kind, folded))
        return list(dict.fromkeys(name.index for name in found if name.folded == folded))

    def looking_like(self, kind: str, skeleton: str) -> Sequence[int]:
        """See :meth:`ledger.names.Names.looking_like`: by a name that is public."""
        found = self._named(kind, self._reader.looking_like(kind, skeleton))
        return list(dict.fromkeys(name.index for name in found if name.skeleton == skeleton))

    def _load(self, indexes: Collection[int]) -> None:
        """Read what decides whether these are withheld with few queries."""
        self._reader.load(indexes, [("redaction.target", index) for index in indexes])
        claims = {claim for index in indexes for claim in claims_of(self.entry(index), self.entry)}
        roles = ("hold.claim", "release.claim", "same.claim")
        self._reader.load((), [(role, claim) for role in roles for claim in sorted(claims)])

    def _named(self, kind: str, indexes: Sequence[int]) -> Iterator[Name]:
        """Every public name of each of these."""
        role = _FURTHER.get(kind)
        for index in indexes:
            bearing = [index] if role is None else [index, *self.refs(role, index)]
            contents = self.contents(bearing)
            for each in bearing:
                own = {part: content for (at, part), content in contents.items() if at == each}
                name = name_of(self.entry(each), own)
                if name is not None:
                    yield name
