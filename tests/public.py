"""Histories of which some is not for the public: parts that are internal or redacted, and claims that are held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from ledger.encoding import reference_to
from ledger.model import Content, Document, Entry, Hold, Redaction, Release, Source, Unknown, parts_of
from ledger.publish.derived import Derived
from ledger.resolver import Memory
from ledger.vocabulary import Part, Visibility
from tests.ledgers import Book
from tests.strategies import whole_books

Contents = Mapping[int, Mapping[Part, Content]]


def words(index: int, part: Part) -> str:
    """What that part says; none is within another one."""
    return f"q{index:05d}{part.value}z"


def told(entry: Entry, internal: Iterable[Part] = ()) -> tuple[Entry, dict[Part, Content]]:
    """The entry with every part that it may have, of which some are internal."""
    assert not isinstance(entry.body, Unknown)
    must, may = parts_of(entry.body.kind)
    parts = {*must, *may} - ({Part.NAME} if isinstance(entry.body, Source) and entry.body.amends is not None else set())
    contents = {part: Content(f"{entry.index:064x}", _value(entry.index, part)) for part in sorted(parts)}
    hidden = set(internal)
    refs = {
        part: replace(reference_to(content), visibility=Visibility.INTERNAL if part in hidden else Visibility.PUBLIC)
        for part, content in contents.items()
    }
    return replace(entry, parts=refs), contents


def _value(index: int, part: Part) -> str | Document:
    if part is Part.EVIDENCE:
        return Document(url=f"https://example.org/{words(index, part)}")
    return f"https://example.org/{words(index, part)}" if part is Part.URL else words(index, part)


@st.composite
def secretive(draw: st.DrawFn) -> tuple[list[Entry], Contents]:
    """A random ledger in which some parts are internal, some claims held, some parts redacted."""
    book = draw(whole_books())
    chance = draw(st.randoms(use_true_random=False))
    _hold(book, chance)
    entries: list[Entry] = []
    contents: dict[int, dict[Part, Content]] = {}
    for entry in book.entries:
        assert not isinstance(entry.body, Unknown)
        must, may = parts_of(entry.body.kind)
        entry, found = told(entry, [part for part in sorted(must | may) if chance.random() < 0.25])
        entries.append(entry)
        contents[entry.index] = dict(found)
    for entry in entries:
        if isinstance(entry.body, Redaction):
            contents[entry.body.target].pop(entry.body.part, None)
    return entries, contents


def _hold(book: Book, chance: Random) -> None:
    claims = [entry.index for entry in book.entries if entry.word == "claim"]
    held = {entry.body.claim for entry in book.entries if isinstance(entry.body, Hold | Release)}
    for claim in claims:
        if claim not in held and chance.random() < 0.3:
            book.hold(claim)


def prefix_of(entries: list[Entry], contents: Contents) -> Derived:
    """The whole history as what is public or not is read from."""
    return Derived(Memory(entries), contents, len(entries))
