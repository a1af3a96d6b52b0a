"""What is read of a prefix as the public may see it: nothing that is withheld, and all else."""

from __future__ import annotations

from hypothesis import given

from ledger.book.public import Public
from ledger.disclosure import Disclosure
from ledger.model import Content, Entry
from ledger.names import name_of
from ledger.resolver import replay
from ledger.text import fold, skeleton
from ledger.vocabulary import Part
from tests.public import Contents, prefix_of, secretive

KINDS = ("recorder", "story", "source", "claim")


def shown(history: tuple[list[Entry], Contents]) -> dict[tuple[int, Part], Content]:
    """Every part that nothing withholds, by the rules themselves."""
    entries, contents = history
    disclosure = Disclosure(replay(entries).acts)
    return {
        (entry.index, part): content
        for entry in entries
        for part, content in contents[entry.index].items()
        if part not in disclosure.withheld(entry)
    }


@given(secretive())
def test_every_part_is_there_unless_it_is_withheld(history: tuple[list[Entry], Contents]) -> None:
    entries, contents = history
    public, expected = Public(prefix_of(*history)), shown(history)
    assert public.contents(range(len(entries))) == expected
    for index, parts in contents.items():
        for part in parts:
            assert public.content(index, part) == expected.get((index, part))


@given(secretive())
def test_nothing_is_found_by_a_name_that_is_withheld(history: tuple[list[Entry], Contents]) -> None:
    entries, contents = history
    public, expected = Public(prefix_of(*history)), shown(history)
    found = {(kind, *pair) for kind in KINDS for pair in public.names(kind)}
    named = set()
    for entry in entries:
        own = {part: content for part, content in contents[entry.index].items() if (entry.index, part) in expected}
        name = name_of(entry, own)
        named |= set() if name is None else {(name.kind, name.index, name.folded)}
    assert found == named
    for kind in KINDS:
        for words in (content.value for parts in contents.values() for content in parts.values()):
            if isinstance(words, str):
                assert set(public.named(kind, fold(words))) == {i for k, i, w in named if (k, w) == (kind, fold(words))}
                assert public.looking_like(kind, skeleton(words)) == []  # in memory nothing looks like anything
