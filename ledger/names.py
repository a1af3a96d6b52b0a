"""What recorders, stories, sources and claims are found by, and which of it is taken already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.errors import Problem
from ledger.model import Claim, Content, Entry, Known, Recorder, Source, Story, Unknown, Wording
from ledger.resolver import Facts
from ledger.text import key, look, shown
from ledger.vocabulary import Kind, Part


@dataclass(frozen=True, slots=True)
class Name:
    """The kind and the index of what is found, and what it is found by (:mod:`ledger.text`)."""

    kind: str
    index: int
    folded: str
    skeleton: str


def name_of(entry: Entry, contents: Mapping[Part, Content]) -> Name | None:
    """Return what an entry with these contents is found by; None if it has no name or wording."""
    body = entry.body
    match body:
        case Recorder() | Story():
            kind, index, part = body.kind, entry.index, Part.NAME
        case Source(amends=amended):
            kind, index = Kind.SOURCE, entry.index if amended is None else amended
            part = Part.NAME
        case Claim():
            kind, index, part = Kind.CLAIM, entry.index, Part.TEXT
        case Wording(claim=claim):
            kind, index, part = Kind.CLAIM, claim, Part.TEXT
        case _:
            return None
    content = contents.get(part)
    if content is None or not isinstance(content.value, str):
        return None
    return Name(kind.value, index, key(content.value), look(content.value))


class Names(Protocol):
    """Which names are taken, by kind of entry (``recorder``, ``story``, ``source``, ``claim``)."""

    def named(self, kind: str, folded: str) -> Sequence[int]:
        """The entries whose name or wording has these words (:func:`ledger.text.fold`)."""

    def looking_like(self, kind: str, skeleton: str) -> Sequence[int]:
        """The entries whose name looks like this (:func:`ledger.text.skeleton`)."""


class NamesInMemory:
    """The names of a history that is read from its beginning.

    Nothing looks like anything here: which characters look alike changes with Unicode's tables, and no history that was
    right when it was written becomes wrong by them.
    """

    def __init__(self) -> None:
        self._folded: defaultdict[tuple[str, str], dict[int, None]] = defaultdict(dict)

    def add(self, name: Name | None) -> None:
        """Take one more name; None is no name."""
        if name is not None:
            self._folded[name.kind, name.folded][name.index] = None

    def all(self, kind: str) -> Iterator[tuple[int, str]]:
        """Yield the index and the folded words of everything of a kind."""
        return ((index, folded) for (each, folded), found in self._folded.items() if each == kind for index in found)

    def named(self, kind: str, folded: str) -> Sequence[int]:
        """See :meth:`Names.named`."""
        return list(self._folded.get((kind, folded), ()))

    def looking_like(self, kind: str, skeleton: str) -> Sequence[int]:  # noqa: ARG002 - the protocol asks for it
        """Return nothing; see the class."""
        return ()


def check_names(entry: Entry, contents: Mapping[Part, Content], facts: Facts, names: Names) -> list[Problem]:
    """Say which name or wording is taken already, or looks like one that is."""
    if isinstance(entry.body, Unknown):
        return []
    part = Part.TEXT if isinstance(entry.body, Claim) else Part.NAME
    content = contents.get(part)
    if content is None or not isinstance(content.value, str):
        return []
    kind, value = entry.body.kind.value, content.value
    for index in names.named(kind, key(value)):
        if _clash(entry.body, facts.entry(index).body):
            return [Problem(kind, f"is here already, as entry {index}", got=shown(value))]
    if isinstance(entry.body, Source):
        for index in names.looking_like(kind, look(value)):
            if index not in names.named(kind, key(value)):
                why = f"looks like source {index}, but is spelt with other characters"
                return [Problem(kind, why, f"the index {index}, or a name that looks different", shown(value))]
    return []


def _clash(new: Known, old: Known | Unknown) -> bool:
    if isinstance(new, Claim) and isinstance(old, Claim):
        return new.story == old.story
    if isinstance(new, Source) and isinstance(old, Source):
        apart = new.source_kind.told_apart_by_relayer
        if apart != old.source_kind.told_apart_by_relayer:
            return False
        return not apart or (new.relayer, new.story) == (old.relayer, old.story)
    return type(new) is type(old)
