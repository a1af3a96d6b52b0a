"""What the public is told of any ledger: what a plain reading of every prefix gives, and nothing that is withheld."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book import changes
from ledger.book.changes import Told, newest
from ledger.book.feeds import changes_feed, channel
from ledger.book.snapshot import Snapshot
from ledger.disclosure import Disclosure
from ledger.formats.atom import write
from ledger.model import Content, Entry, Redaction
from ledger.publish.derived import Derived
from ledger.resolver import Fold, Memory, known_verdicts, listed, replay, resolve
from ledger.vocabulary import Part, Visibility
from tests.ledgers import Book, claims_of
from tests.stored import dressed
from tests.strategies import books

ALL = 10_000
numbers = st.integers(0, 10**6)


def snapshot(entries: list[Entry], contents: Mapping[int, Mapping[Part, Content]] | None = None) -> Snapshot:
    return Snapshot(Derived(Memory(entries), contents or {}, len(entries)), None, ZoneInfo("UTC"))


def read_plainly(entries: list[Entry]) -> list[Told]:
    """Every claim resolved after every entry, all entries in one fold."""
    last: dict[int, tuple[object, ...]] = {}
    homes: dict[int, int] = {}
    told: list[Told] = []
    fold = Fold()
    for entry in entries:
        fold.step(entry)
        for claim in claims_of(entries[: entry.index + 1]):
            home = fold.acts.folded(claim)
            verdict = resolve(fold, claim) if listed(fold, home) else None
            before = last.get(claim, (None,) * 3)
            joins = verdict is not None and home != homes.get(claim, claim)
            homes[claim] = claim if verdict is None else home
            if verdict is not None and verdict.held:
                continue
            if verdict is not None and home != claim and not (joins and before[0] is not None):
                continue
            now = (None,) * 3 if verdict is None else (verdict.state, verdict.successor, verdict.successor_state)
            if now != before:
                told.append(Told(claim, entry.index, entry.recorded, before[0], verdict))  # type: ignore[arg-type]
                last[claim] = now
    held = [claim for claim in claims_of(entries) if fold.acts.held(fold.acts.folded(claim)) is not None]
    return [each for each in sorted(told, key=lambda t: (-t.index, -t.claim)) if each.claim not in held]


def key(told: Told) -> tuple[object, ...]:
    verdict = told.verdict
    end = None if verdict is None else (verdict.claim, verdict.successor, verdict.successor_state)
    return (told.claim, told.index, told.at, told.before, told.state, end)


@given(books(), st.integers(1, 12), st.sampled_from([1, 2, 50]), st.integers(1, 8))
def test_the_newest_changes_are_those_of_a_plain_reading(book: Book, limit: int, at_once: int, window: int) -> None:
    """However many claims are read at once, and wherever the replaying begins and ends."""
    expected = [key(told) for told in read_plainly(book.entries)]
    found = snapshot(book.entries)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changes, "_RESOLVED_AT_FIRST", window)
        patch.setattr(changes, "_READ_AT_ONCE", at_once)
        assert [key(told) for told in newest(found, None, ALL)] == expected
        assert [key(told) for told in newest(found, None, limit)] == expected[:limit]


@given(books(), numbers)
def test_a_change_stays_what_it_was(book: Book, number: int) -> None:
    """Whatever is recorded later, but for the claims that are held at one of the two moments."""
    size = 4 + number % (len(book.entries) - 3)
    folds = [replay(book.entries[:size]), replay(book.entries)]
    held = {
        claim
        for fold in folds
        for claim in claims_of(book.entries[:size])
        if fold.acts.held(fold.acts.folded(claim)) is not None
    }
    past = [key(told) for told in newest(snapshot(book.entries[:size]), None, ALL)]
    whole = [key(told) for told in newest(snapshot(book.entries), None, ALL) if told.index < size]
    assert [each for each in past if each[0] not in held] == [each for each in whole if each[0] not in held]


@given(books(), st.lists(numbers, max_size=6))
def test_nothing_withheld_is_in_a_feed(book: Book, hidden: list[int]) -> None:
    """Of parts marked internal, redacted ones, and all that concerns a held claim."""
    entries, contents = [], {}
    inside = {number % len(book.entries) for number in hidden}
    for entry in book.entries:
        entry, parts = dressed(entry)
        if entry.index in inside:
            kept = {part: replace(ref, visibility=Visibility.INTERNAL) for part, ref in entry.parts.items()}
            entry = replace(entry, parts=kept)
        entries.append(entry)
        contents[entry.index] = dict(parts)
    before = {(index, part): content.value for index, parts in contents.items() for part, content in parts.items()}
    for entry in entries:
        if isinstance(entry.body, Redaction):
            contents[entry.body.target].pop(entry.body.part, None)
    moment = snapshot(entries, contents)
    text = write(changes_feed(moment, channel(moment, "https://example.org/log"), None, 1_000, "changes.atom"))
    disclosure = Disclosure(moment.fold.acts)
    withheld = {(entry.index, part) for entry in entries for part in disclosure.withheld(entry)}
    for place in withheld:
        assert not re.search(rf"\b{re.escape(str(before[place]))}(?!\d)", text), place
    assert text.count("<entry>") == len(newest(moment, None, 1_000))


def test_only_the_claims_of_the_newest_entries_are_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 500 claims, each reported in its turn, the last ten."""
    book = Book()
    agency, story = book.source("agency"), book.story()
    for _ in range(500):
        book.say(book.claim(story), "reported", agency)
    replayed: list[int] = []

    def counting(entries: list[Entry], claims: list[int], **more: object) -> object:
        replayed.extend(claims)
        return known_verdicts(entries, claims, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(changes, "known_verdicts", counting)
    found = newest(snapshot(book.entries), None, 10)
    assert [told.claim for told in found] == claims_of(book.entries)[:-11:-1]
    assert len(replayed) <= 11


def test_a_long_path_is_replayed_from_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 200 claims, each superseded by the next, the last word changes where all of them lead."""
    book = Book()
    agency, story = book.source("agency"), book.story()
    claims = [book.claim(story) for _ in range(200)]
    book.say(claims[0], "reported", agency)
    for claim, following in pairwise(claims):
        book.say(claim, "superseded", agency, to=following)
    looked_at: list[int] = []

    def counting(entries: list[Entry], claims: list[int], **more: object) -> object:
        for entry, verdicts in known_verdicts(entries, claims, **more):  # type: ignore[arg-type]
            looked_at.append(len(verdicts))
            yield entry, verdicts

    monkeypatch.setattr(changes, "known_verdicts", counting)
    assert len(newest(snapshot(book.entries), None, 100)) == 100
    assert sum(looked_at) < 10 * len(claims)
