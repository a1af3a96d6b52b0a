"""What holds for the record of every source over every ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ledger.model import Entry, Statement
from ledger.record import Record, Subject, records
from ledger.resolver import Fold, replay
from ledger.vocabulary import Standing
from tests.ledgers import Book, claims_of, moments, of_kind
from tests.strategies import books, whole_books

NOTHING = Record()


def homes(fold: Fold, claims: list[int]) -> list[int]:
    return [claim for claim in claims if fold.acts.folded(claim) == claim]


def counted(entries: list[Entry]) -> dict[Subject, Record]:
    fold = replay(entries)
    return records(fold, homes(fold, claims_of(entries)))


@given(books())
def test_a_count_never_exceeds_its_trials(book: Book) -> None:
    for said in [None, *moments(book.entries)]:
        fold = replay(book.entries, said=said)
        for record in records(fold, homes(fold, claims_of(book.entries))).values():
            assert record.denied <= record.said_so <= record.took_side
            assert record.overruled <= record.said_not <= record.took_side
            assert max(record.corrected, record.withdrawn) <= record.took_side <= record.claims
            # A statement names two claims at most.
            assert record.claims <= 2 * record.statements and record.undated <= record.statements
            assert max(record.relayed_denied, record.relayed_pulled) <= record.relayed_so <= record.relayed
            assert len(record.waits) == record.corrected and all(wait.total_seconds() > 0 for wait in record.waits)


@given(books(), st.integers(0, 50))
def test_what_others_say_on_other_claims_changes_no_record(book: Book, number: int) -> None:
    before = counted(book.entries)
    speaker = book.source("agency")
    claim = book.claim(book.story())
    book.grant(speaker, claim=claim)
    book.say(claim, ("denied", "reported")[number % 2], speaker, said=20 * 60)
    after = counted(book.entries)
    assert {subject: record for subject, record in after.items() if subject.source != speaker} == before


@given(books(), st.integers(0, 50))
def test_a_retraction_moves_a_statement_to_the_desks_mistakes(book: Book, number: int) -> None:
    fold = replay(book.entries)
    live = [index for index in of_kind(book.entries, Statement) if fold.acts.live(index)]
    if not live:
        return
    target = live[number % len(live)]
    speaker = fold.statement(target).speaker
    mine = {Subject(speaker, whole=False), Subject(fold.acts.root(speaker), whole=True)}
    before = counted(book.entries)
    book.retract(target)
    after = counted(book.entries)
    for subject in before.keys() | after.keys():
        old, new = before.get(subject, NOTHING), after.get(subject, NOTHING)
        moved = int(subject in mine)
        assert old.statements - new.statements == moved
        assert len(new.mistakes) - len(old.mistakes) == moved


@given(books(), st.integers(0, 50))
def test_to_repeat_oneself_is_no_new_trial(book: Book, number: int) -> None:
    fold = replay(book.entries)
    live = [index for index in of_kind(book.entries, Statement) if fold.acts.live(index)]
    if not live:
        return
    again = fold.statement(live[number % len(live)])
    before = counted(book.entries)
    book.add(again)
    after = counted(book.entries)
    assert before.keys() == after.keys()
    for subject, record in after.items():
        old = before[subject]
        assert replace(record, statements=old.statements, undated=old.undated) == old


@given(whole_books())
def test_the_pieces_add_up(book: Book) -> None:
    fold = replay(book.entries)
    claims = homes(fold, claims_of(book.entries))
    parts: dict[Subject, Record] = {}
    for claim in reversed(claims):
        for subject, record in records(fold, [claim]).items():
            parts[subject] = record + parts.get(subject, NOTHING)
    assert parts == records(fold, claims)


@given(whole_books())
def test_a_body_is_all_who_speak_for_it(book: Book) -> None:
    fold = replay(book.entries)
    found = counted(book.entries)
    for subject, record in found.items():
        if not subject.whole:
            continue
        members = [found.get(Subject(m, whole=False), NOTHING) for m in fold.acts.members(subject.source)]
        assert record.statements == sum(each.statements for each in members)
        assert Counter(record.mistakes) == sum((Counter(each.mistakes) for each in members), Counter())
        for name in ("claims", "said_so", "denied", "said_not", "overruled", "took_side", "corrected", "withdrawn"):
            counts = [getattr(each, name) for each in members]
            assert max(counts, default=0) <= getattr(record, name) <= sum(counts), name


@given(books())
def test_only_an_authority_makes_a_denial(book: Book) -> None:
    """Counted again, claim by claim, from the statements alone."""
    fold = replay(book.entries)
    claims = homes(fold, claims_of(book.entries))
    expected: Counter[int] = Counter()
    for claim in claims:
        first: dict[int, object] = {}
        for entry in map(fold.facts.entry, fold.statements(claim)):
            body = entry.body
            assert isinstance(body, Statement)
            if fold.acts.live(entry.index) and body.said and fold.lift(entry, claim).signs == {1}:
                first[body.speaker] = min(first.get(body.speaker, body.said.at), body.said.at)
        for speaker, said in first.items():
            expected[speaker] += any(
                home == claim
                and root != fold.acts.root(speaker)
                and fold.acts.standing(root, claim) is Standing.AUTHORITY
                and voice.sign == -1
                and voice.said is not None
                and voice.said > said
                for (home, root), voice in fold.voices.items()
            )
    found = records(fold, claims)
    assert {s.source: r.denied for s, r in found.items() if not s.whole and r.denied} == +expected
