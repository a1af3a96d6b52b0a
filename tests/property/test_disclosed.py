"""What may be told in public, on random ledgers in which something went out: held by every step."""

from __future__ import annotations

from hypothesis import given

from ledger.disclosure import Disclosure, claims_of, concerning, reached
from ledger.model import Publication, Settlement
from ledger.resolver import replay
from tests.ledgers import Book, of_kind
from tests.ledgers import claims_of as all_claims
from tests.property.test_debts import dressed_book, published_books


@given(published_books())
def test_what_concerns_a_claim_is_the_converse_of_the_claims_of_an_entry(book: Book) -> None:
    entries = book.entries
    facts = replay(entries).facts
    for claim in all_claims(entries):
        expected = {each.index for each in entries if claim in set(claims_of(each, entries.__getitem__))}
        assert concerning(facts, claim) == expected


@given(published_books())
def test_whatever_changes_its_disclosure_is_reached(book: Book) -> None:
    """At every step: a hold takes away the publications that name the claim, and their correctives."""
    entries = dressed_book(book)
    before = Disclosure(replay(entries[:4]).acts)
    for size in range(5, len(entries) + 1):
        after = Disclosure(replay(entries[:size]).acts)
        changed = {each.index for each in entries[: size - 1] if {*before.withheld(each)} != {*after.withheld(each)}}
        assert changed <= reached(replay(entries[:size]).facts, entries[size - 1 : size])
        before = after


@given(published_books())
def test_nothing_is_told_of_what_names_a_held_claim(book: Book) -> None:
    entries = dressed_book(book)
    acts = replay(entries).acts
    disclosure = Disclosure(acts)
    for index in of_kind(entries, Publication) + of_kind(entries, Settlement):
        entry = entries[index]
        body = entry.body
        named = {*body.claims} | {*(entries[body.publication].body.claims if isinstance(body, Settlement) else ())}
        if any(acts.held(acts.folded(claim)) is not None for claim in named):
            assert {*disclosure.withheld(entry)} == entry.parts.keys()
