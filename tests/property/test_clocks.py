"""R7 and the engines beside the pure fold: timelines on the said clock, boards, and a claim's neighbourhood."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ledger.model import Statement
from ledger.resolver import (
    Clock,
    Memory,
    Verdict,
    board,
    explain,
    listed,
    neighbourhood,
    replay,
    resolve,
    said_timelines,
    timeline,
)
from tests.comparison import shown
from tests.ledgers import Book, claims_of, moments, of_kind, without
from tests.oracle import Reading, grounded
from tests.strategies import books


@given(books())
def test_said_timeline_is_the_board_of_each_moment(book: Book) -> None:
    """The last change by T gives what resolving as of T gives; each is caused by statements of that time."""
    entries = book.entries
    times = sorted({entries[i].said_or_recorded for i in of_kind(entries, Statement)})
    for claim in claims_of(entries):
        changes = timeline(entries, claim, clock=Clock.SAID)
        assert {change.at for change in changes} <= set(times)
        assert len({change.at for change in changes}) == len(changes)
        for moment in times:
            fold = replay(entries, said=moment)
            past = [change for change in changes if change.at <= moment]
            verdict = resolve(fold, claim)
            if not listed(fold, verdict.claim):
                assert not past or past[-1].verdict is None
                continue
            assert shown(past[-1].verdict) == shown(verdict)
        for earlier, change in zip([None, *changes], changes, strict=False):
            state = earlier.verdict.state if earlier and earlier.verdict else None
            assert change.before == state
            for index in (change.index, *change.others):
                assert entries[index].said_or_recorded == change.at


@given(books())
def test_a_change_names_the_entry_that_caused_it(book: Book) -> None:
    """Of several statements of one time, taken as they were recorded, it is the one that brought the state."""
    entries = book.entries
    for claim in claims_of(entries):
        for change in timeline(entries, claim, clock=Clock.SAID):
            tied = [index for index in of_kind(entries, Statement) if entries[index].said_or_recorded == change.at]
            later = {index for index in tied if index > change.index}
            assert {change.index, *change.others} <= set(tied)
            assert _shown_without(book, later, claim, change.at) == shown(change.verdict)
            assert _shown_without(book, later | {change.index}, claim, change.at) != shown(change.verdict)


def _shown_without(book: Book, gone: set[int], claim: int, said: datetime) -> tuple | None:
    fold = replay(without(book.entries, gone), said=said)
    verdict = resolve(fold, claim)
    return shown(verdict) if listed(fold, verdict.claim) else None


@given(books())
def test_many_timelines_at_once_are_those_of_each_claim(book: Book) -> None:
    """Asked for together, the changes of each claim are those that it has alone.

    Only the entries that were said at the same time may be more, since those of the other claims are seen too.
    """
    together = said_timelines(Memory(book.entries), claims_of(book.entries))
    assert sorted(together) == Reading(book.entries).claims
    for claim, changes in together.items():
        alone = timeline(book.entries, claim, clock=Clock.SAID)
        assert [replace(change, others=()) for change in changes] == [replace(change, others=()) for change in alone]
        for change, single in zip(changes, alone, strict=True):
            assert set(single.others) <= set(change.others)


@given(books(), st.integers(0, 50))
def test_a_timeline_stops_at_the_moment_asked_for(book: Book, number: int) -> None:
    """On the said clock T grows up to ``said``; on the known clock T stays there while the prefix grows."""
    times = moments(book.entries) or [book.now]
    until = times[number % len(times)]
    for claim in claims_of(book.entries):
        every = timeline(book.entries, claim, clock=Clock.SAID)
        some = timeline(book.entries, claim, clock=Clock.SAID, said=until)
        assert some == [change for change in every if change.at <= until]
        known = timeline(book.entries, claim, clock=Clock.KNOWN, said=until)
        assert all(change.at == book.entries[change.index].recorded for change in known)
        last = known[-1].verdict if known else None
        assert shown(last) == shown(_listed_verdict(book, claim, until))


def _listed_verdict(book: Book, claim: int, said: datetime) -> Verdict | None:
    fold = replay(book.entries, said=said)
    verdict = resolve(fold, claim)
    return verdict if listed(fold, verdict.claim) else None


@given(books())
def test_a_board_lists_the_claims_with_a_statement_by_then(book: Book) -> None:
    """A board as of T lists the claims with a statement by then; those folded away are left out.

    A statement that the desk has retracted is as if never said, and ``to`` names a claim too.
    """
    entries = book.entries
    for said in (None, *moments(entries)):
        reading, fold = Reading(entries, said), replay(entries, said=said)
        assert board(fold) == [claim for claim in reading.claims if reading.in_force(claim)]
        stories = {entries[claim].body.story for claim in claims_of(entries)}
        by_story = [claim for story in stories for claim in board(fold, story)]
        assert sorted(by_story) == board(fold)
        for story in stories:
            assert all(entries[claim].body.story == story for claim in board(fold, story))


@given(books())
def test_a_neighbourhood_says_all_of_a_claim(book: Book) -> None:
    """What has a say on a claim, resolved alone, gives the claim the same verdict and explanation."""
    facts = Memory(book.entries)
    for claim in claims_of(book.entries):
        near = set(neighbourhood(facts, [claim]))
        some = [entry for entry in book.entries if entry.index in near]
        for said in (None, *moments(book.entries, 2)):
            whole, part = replay(book.entries, said=said), replay(some, said=said)
            assert resolve(part, claim) == resolve(whole, claim)
            assert explain(part, claim) == explain(whole, claim)


@given(books())
def test_a_hold_is_beside_the_state_and_on_no_clock(book: Book) -> None:
    """R8: held claims stay held as of any past T, and nothing else changes with it."""
    entries = list(book.entries)
    claim = claims_of(entries)[0]
    hold = book.hold(claim)
    assert hold in grounded(book.entries)
    for said in (None, *moments(entries), book.now - timedelta(days=1)):
        before, after = (resolve(replay(e, said=said), claim) for e in (entries, book.entries))
        assert after.held
        assert (after.state, after.accepted, after.row) == (before.state, before.accepted, before.row)
        assert (after.path, after.edge, after.computed) == (before.path, before.edge, before.computed)
