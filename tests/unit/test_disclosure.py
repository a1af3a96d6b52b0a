"""What is not told in public, from the leaves alone: what is marked internal, and all that concerns a held claim."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest

from ledger.disclosure import Disclosure, claims_of, concerning, reached
from ledger.model import Entry, Evidence, PartRef, Retract
from ledger.resolver import replay
from ledger.vocabulary import Mistake, Part, Visibility
from tests.ledgers import Book
from tests.stored import dressed, night

PUBLIC, INTERNAL = Visibility.PUBLIC, Visibility.INTERNAL


def desk() -> tuple[Book, int, int, int]:
    """A book with an agency and two claims of one story."""
    book = Book()
    story = book.story()
    return book, book.source("agency"), book.claim(story), book.claim(story)


def silent(book: Book) -> set[int]:
    """The entries that say nothing at all in public."""
    entries = [dressed(entry)[0] for entry in book.entries]
    disclosure = Disclosure(replay(entries).acts)
    return {each.index for each in entries if each.parts and {*disclosure.withheld(each)} == each.parts.keys()}


def claims(book: Book, index: int) -> set[int]:
    return set(claims_of(book.entries[index], book.entries.__getitem__))


# Which claims an entry concerns


def test_the_claims_of_every_kind_of_entry() -> None:
    book, agency, first, second = desk()
    story = 4
    assert claims(book, first) == {first}
    assert claims(book, book.say(first, "denied", agency)) == {first}
    assert claims(book, book.say(first, "corrected", agency, to=second)) == {first, second}
    assert claims(book, book.hold(first)) == claims(book, book.release(first)) == {first}
    assert claims(book, book.grant(agency, claim=second)) == {second}
    assert claims(book, book.vet(agency, first)) == {first}
    assert claims(book, book.same(first, second)) == {first, second}
    assert claims(book, book.wording(second)) == {second}
    for index in (0, 1, 2, 3, story, agency, book.grant(agency, story=story), book.vet(agency), book.policy(3)):
        assert claims(book, index) == set()


def test_a_retraction_concerns_what_it_retracts() -> None:
    """However long the chain, and whatever stands at its end."""
    book, agency, first, second = desk()
    end = book.say(first, "corrected", agency, to=second)
    for _ in range(5):
        end = book.retract(end)
        assert claims(book, end) == {first, second}
    assert claims(book, book.retract(book.policy(3))) == set()


def test_evidence_concerns_what_it_is_about() -> None:
    """A claim, a statement, a retraction; and the retraction of evidence."""
    book, agency, first, second = desk()
    said = book.say(second, "denied", agency)
    assert claims(book, book.evidence(first)) == {first}
    assert claims(book, book.evidence(said)) == {second}
    assert claims(book, book.retract(book.evidence(book.retract(said)))) == {second}
    assert claims(book, book.evidence(agency)) == set()


@pytest.mark.parametrize("body", [Retract(9, Mistake.OTHER), Evidence(9), Retract(10, Mistake.OTHER), Evidence(12)])
def test_what_refers_to_itself_or_ahead_is_never_followed(body: Retract | Evidence) -> None:
    """The rules take none; whoever skips the rules gets an error and no endless walk."""
    book, *_ = desk()
    entry = Entry(9, book.now, 1, body)
    with pytest.raises(AssertionError, match="an entry refers to those before it"):
        list(claims_of(entry, lambda index: replace(entry, index=index)))


# What is withheld


def test_without_a_hold_only_the_internal_is_withheld() -> None:
    parts = {part: PartRef("0" * 64, visibility) for part, visibility in ((Part.QUOTE, PUBLIC), (Part.NOTE, INTERNAL))}
    book, agency, first, _ = desk()
    said = book.say(first, "denied", agency)
    book.entries[said] = entry = replace(book.entries[said], parts=parts)
    disclosure = Disclosure(replay(book.entries).acts)
    assert list(disclosure.withheld(entry)) == [Part.NOTE]
    assert list(disclosure.withheld(book.entries[agency])) == []
    book.hold(first)
    assert {*Disclosure(replay(book.entries).acts).withheld(entry)} == {Part.QUOTE, Part.NOTE}


def test_nothing_of_the_night_is_withheld_once_all_is_released() -> None:
    """It holds a claim and releases it, and nothing in it is internal."""
    entries = [dressed(entry)[0] for entry in night()]
    hold, release = (next(each.index for each in entries if each.word == word) for word in ("hold", "release"))

    def withheld(size: int) -> dict[int, Collection[Part]]:
        disclosure = Disclosure(replay(entries[:size]).acts)
        return {each.index: each.parts.keys() for each in entries[:size] if each.parts and disclosure.withheld(each)}

    assert withheld(hold) == {}
    assert withheld(hold + 1) != {}
    assert withheld(release + 1) == {}


def test_a_held_claim_takes_everything_about_it_along() -> None:
    """Before the hold and after it; what is about another claim is told."""
    book, agency, first, second = desk()
    said = book.say(first, "reported", agency)
    corrected = book.say(second, "corrected", agency, to=first)
    other = book.say(second, "denied", agency)
    book.hold(first)
    worded, shown = book.wording(first), book.evidence(said)
    proof = book.evidence(book.retract(corrected))
    assert silent(book) == {first, said, corrected, worded, shown, proof}
    assert other not in silent(book)
    book.release(first)
    assert silent(book) == set()


def test_a_hold_that_is_retracted_holds_nothing() -> None:
    book, _, first, _ = desk()
    hold = book.hold(first)
    assert silent(book) == {first}
    undone = book.retract(hold)
    assert silent(book) == set()
    book.retract(undone)
    assert silent(book) == {first}
    book.retract(book.release(first))
    assert silent(book) == {first}, "the release was a mistake"


def test_a_held_claim_that_is_folded_under_another_holds_both() -> None:
    """They are one claim, and what is said on either is about it; apart again, the other is told again."""
    book, agency, first, second = desk()
    book.hold(second)
    on_first = book.say(first, "denied", agency)
    assert silent(book) == {second}
    same = book.same(second, first)
    assert silent(book) == {first, second, on_first}
    book.retract(same)
    assert silent(book) == {second}


def test_a_claim_that_is_folded_under_a_held_one_is_held() -> None:
    book, agency, first, second = desk()
    said = book.say(second, "denied", agency)
    book.hold(first)
    book.same(second, first)
    assert silent(book) == {first, second, said}
    book.release(second)
    assert silent(book) == set(), "one release is enough, whichever of them it names"


# What a new act changes


def test_concerning_is_the_converse_of_claims_of() -> None:
    book, agency, first, second = desk()
    said = book.say(first, "corrected", agency, to=second)
    book.evidence(book.retract(book.retract(said)))
    book.hold(second)
    book.same(second, first)
    for entries in (book.entries, night()):
        facts = replay(entries).facts
        for claim in (each.index for each in entries if each.word == "claim"):
            expected = {each.index for each in entries if claim in set(claims_of(each, entries.__getitem__))}
            assert concerning(facts, claim) == expected


def test_reached_is_all_that_a_new_act_may_show_or_hide() -> None:
    """At every step of a long story: whatever changes its disclosure is among what was reached."""
    book, agency, first, second = desk()
    third = book.claim(4)
    book.say(first, "reported", agency)
    book.say(third, "corrected", agency, to=second)
    book.evidence(book.wording(second))
    hold = book.hold(second)
    same = book.same(second, first)
    other = book.same(third, second)
    undone = book.retract(hold)
    book.retract(undone)
    book.retract(same)
    book.release(third)
    book.retract(other)
    entries = [dressed(entry)[0] for entry in book.entries]
    for size in range(hold, len(entries) + 1):
        before, after = (Disclosure(replay(entries[:end]).acts) for end in (size - 1, size))
        changed = {each.index for each in entries[: size - 1] if {*before.withheld(each)} != {*after.withheld(each)}}
        assert changed <= reached(replay(entries[:size]).facts, entries[size - 1 : size])


def test_nothing_is_reached_by_what_holds_nothing() -> None:
    book, agency, first, _ = desk()
    book.say(first, "reported", agency)
    book.vet(agency, first)
    book.wording(first)
    assert reached(replay(book.entries).facts, book.entries[9:]) == set()
