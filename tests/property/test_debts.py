"""What is owed, on random ledgers: as a plain comparison of every prefix says, read from the rules alone.

The states are those of ``tests/oracle.py``; what was told and what holds now are compared prefix by prefix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from itertools import chain, count, takewhile
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.debts import Owing, claims_told, debts, tellings
from ledger.model import Entry, Evidence, Publication, Redaction, Retract, Settlement, Statement, Wording
from ledger.resolver import Acts, Memory, neighbourhood
from ledger.vocabulary import Debt, State
from tests.ledgers import Book, claims_of, of_kind
from tests.oracle import Reading
from tests.stored import dressed
from tests.strategies import THROW, Throw, World, throws, weighted, whole_book

Standing = tuple[State | None, int | None, State | None]
Dues = dict[Debt, tuple[int, datetime]]
NOT_SO = {State.DENIED, State.CORRECTED}

ACTS = weighted(statement=8, retract=4, publication=3, settlement=2, hold=2, release=2, wording=3, same=1)
ACTS += weighted(grant=1, vetting=1, policy=1, redaction=1, group=1, claim=1)


def published_book(given: list[bytes]) -> Book:
    """Two claims or three of one story, a cast of five, and much that goes out and is taken back."""
    world = World()
    book = world.book
    story = book.story()
    agency, paper, ministry = book.source("agency"), book.source("newspaper"), book.source("official")
    world.stories = [story]
    world.speakers = [agency, paper, ministry, book.source("unnamed", relayer=agency, story=story), 2]
    world.outlets, world.bodies, world.members = [agency, paper], [agency], [paper, ministry]
    world.claims = [book.claim(story) for _ in range(3)]
    book.say(world.claims[0], "reported", agency, said="12:00")
    book.publish(out="12:00")
    for data in given:
        throw = Throw(data)
        world.tick(throw)
        world.act(throw, ACTS)
    return book


def published_books() -> st.SearchStrategy[Book]:
    return st.one_of(throws(1, 24).map(published_book), throws(8, 30).map(whole_book))


def redactions(entries: Iterable[Entry], target: int, part: str) -> list[int]:
    found = [e for e in entries if isinstance(e.body, Redaction)]
    return [e.index for e in found if e.body.target == target and e.body.part == part]


def texts(entries: list[Entry]) -> Callable[[int], str | None]:
    """Every third claim or wording says the same, so that wordings come back."""
    return lambda index: None if redactions(entries, index, "text") else f"Wording {index % 3}."


def owed(entries: list[Entry]) -> list[Owing]:
    facts = Memory(entries)
    return debts(facts, of_kind(entries, Publication), texts(entries))


class Plain:
    """The rule of debts, read from the words of issue and docstring: prefix by prefix, with nothing kept."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.text = texts(entries)
        self.reading = cache(lambda size, said=None: Reading(entries[:size], said))

    def live(self, index: int) -> bool:
        return index in self.reading(len(self.entries)).live

    def standing(self, claim: int, size: int, said: datetime | None = None) -> Standing:
        reading = self.reading(size, said)
        if claim >= size or not self.listed(reading.folded(claim), size, said):
            return None, None, None
        answer = reading.answer(claim)
        return answer.state, answer.path[-1] if answer.path else None, answer.successor_state

    def accepted(self, claim: int, size: int, said: datetime | None = None) -> bool:
        return self.standing(claim, size, said)[0] is not None and self.reading(size, said).answer(claim).accepted

    def listed(self, claim: int, size: int, said: datetime | None = None) -> bool:
        reading = self.reading(size, said)
        return reading.folded(claim) == claim and bool(reading.in_force(claim))

    def held(self, claim: int, size: int) -> bool:
        reading = self.reading(size)
        return claim < size and reading.held(reading.folded(claim))

    def worded(self, claim: int, size: int) -> int:
        live = self.reading(size).live
        found = [e.index for e in self.entries[:size] if isinstance(e.body, Wording) and e.body.claim == claim]
        return max((each for each in found if each in live), default=claim)

    def told_of(self, body: Publication) -> list[int]:
        every = claims_of(self.entries[: body.size])
        if body.claims:
            return list(body.claims)
        return [
            claim
            for claim in every
            if self.listed(claim, body.size, body.as_said)
            and body.story in (None, self.entries[claim].body.story)
            and (body.held or not self.held(claim, body.size))
        ]

    def tellings(self, index: int) -> dict[int, tuple[int, datetime | None, datetime]]:
        """For each claim: the size, the said time and the moment of the newest telling."""
        entry = self.entries[index]
        found = {claim: (entry.body.size, entry.body.as_said, out(entry)) for claim in self.told_of(entry.body)}
        for each in self.entries:
            if isinstance(each.body, Settlement) and each.body.publication == index and self.live(each.index):
                found |= {c: (each.body.size, None, out(each)) for c in (each.body.claims or found) if c in found}
        return found

    def begun(self, holds: Callable[[int], bool]) -> int:
        """The entry after whose prefix something first held without a break until now."""
        sizes = takewhile(holds, count(len(self.entries), -1))
        return min(chain(takewhile(lambda size: size > 0, sizes), [len(self.entries)])) - 1

    def dues(self, claim: int, size: int, said: datetime | None, went: datetime) -> Dues:
        found: Dues = {}
        whole = len(self.entries)

        def due(by: int, left: int) -> tuple[int, datetime]:
            return by, max(went, self.entries[left].recorded)

        told, now = self.standing(claim, size, said), self.standing(claim, whole)
        if told != now:
            fell = self.accepted(claim, size, said) and not self.accepted(claim, whole)
            wrong = fell and now[0] is not State.SUPERSEDED
            wrong |= (told[0] in NOT_SO) != (now[0] in NOT_SO) and (now[0] in NOT_SO or self.accepted(claim, whole))
            by = self.begun(lambda n: n > claim and self.standing(claim, n) == now)
            left = self.begun(lambda n: self.standing(claim, n) != told)
            found[Debt.WRONG if wrong else Debt.CHANGED] = due(by, left)
        if self.held(claim, whole) and not self.held(claim, size):
            by = self.begun(lambda n: self.held(claim, n))
            found[Debt.HELD] = due(by, by)
        by = self.redacted(claim, size)
        if by is not None:
            found[Debt.REDACTED] = due(by, by)
        before, after = self.worded(claim, size), self.worded(claim, whole)
        gone = redactions(self.entries, before, "text")
        if not gone and not self.reads_as(after, before):
            by = self.begun(lambda n: n > claim and self.reads_as(self.worded(claim, n), after))
            left = self.begun(lambda n: n > claim and not self.reads_as(self.worded(claim, n), before))
            found[Debt.REWORDED] = due(by, left)
        return found

    def reads_as(self, one: int, other: int) -> bool:
        return one == other or (self.text(one) == self.text(other) and self.text(one) is not None)

    def redacted(self, claim: int, size: int) -> int | None:
        """The first redaction since of words that stood there: of the claim, its statements, or who says them."""
        reading, told = self.reading(size), set()
        for each in claims_of(self.entries[:size]):
            if reading.folded(each) == reading.folded(claim):
                told.add(each)
        for entry in self.entries[:size]:
            body = entry.body
            if isinstance(body, Wording) and body.claim in told:
                told.add(entry.index)
            if isinstance(body, Statement) and {body.claim, body.to} & told & set(claims_of(self.entries)):
                whole = self.reading(len(self.entries))
                told |= {entry.index, *body.chain, whole.body_of(body.speaker)}
        concerned = told - set(of_kind(self.entries, type(self.entries[2].body)))
        told |= {e.index for e in self.entries[:size] if isinstance(e.body, Evidence) and e.body.about in concerned}
        since = [e for e in self.entries[size:] if isinstance(e.body, Redaction) and e.body.target in told]
        return since[0].index if since else None


def out(entry: Entry) -> datetime:
    return entry.recorded if entry.body.published is None else entry.body.published.at


def dressed_book(book: Book) -> list[Entry]:
    return [dressed(entry)[0] for entry in book.entries]


def as_told(owing: Iterable[Owing], entries: list[Entry]) -> dict[tuple[int, int], Dues]:
    found = {}
    for each in owing:
        assert [due.reason for due in each.dues] == sorted((due.reason for due in each.dues), key=list(Debt).index)
        assert all(due.since == entries[due.by].recorded for due in each.dues)
        found[each.publication, each.claim] = {due.reason: (due.by, due.owed) for due in each.dues}
    return found


def plainly(entries: list[Entry]) -> dict[tuple[int, int], Dues]:
    plain = Plain(entries)
    found = {}
    for index in of_kind(entries, Publication):
        if plain.live(index):
            for claim, telling in plain.tellings(index).items():
                if dues := plain.dues(claim, *telling):
                    found[index, claim] = dues
    return found


@given(published_books())
def test_what_is_owed_is_what_a_plain_comparison_says(book: Book) -> None:
    """Which claims of which publications, for which reasons, by which entry, since when."""
    entries = dressed_book(book)
    assert as_told(owed(entries), entries) == plainly(entries)


@given(published_books(), st.booleans())
def test_what_goes_out_now_owes_nothing_now(book: Book, held: bool) -> None:
    assume(Acts(Memory(book.entries)).policy_entry() is not None)
    claims = claims_of(book.entries)
    indexes = [book.publish(held=held), book.publish(*claims)]
    facts = Memory(dressed_book(book))
    assert claims_told(facts, book.entries[indexes[1]].body) == claims
    assert debts(facts, indexes, texts(book.entries)) == []


@given(published_books())
def test_a_corrective_on_all_there_is_settles_all(book: Book) -> None:
    for index in of_kind(book.entries, Publication):
        if Acts(Memory(book.entries)).live(index):
            book.settle(index)
    assert owed(dressed_book(book)) == []


@given(published_books())
def test_what_concerns_no_told_claim_changes_no_debt(book: Book) -> None:
    """Entry by entry: one that has no say on any claim that was told leaves every debt as it is."""
    entries = dressed_book(book)
    before: list[Owing] = []
    for size in range(4, len(entries) + 1):
        facts = Memory(entries[:size])
        found = owed(entries[:size])
        told = {claim for index in of_kind(entries[:size], Publication) for claim in tellings(facts, index)}
        body = entries[size - 1].body
        concerns = isinstance(body, Redaction | Settlement | Publication | Retract)
        if not concerns and size - 1 not in neighbourhood(facts, told):
            assert found == before
        before = found


def test_the_ledgers_reach_every_reason() -> None:
    """So that the comparison above compares something: each reason alone and beside others, settled and not."""
    import random

    source, seen = random.Random(3), set[Any]()
    for _ in range(150):
        book = published_book([source.randbytes(THROW) for _ in range(20)])
        for dues in as_told(owed(dressed_book(book)), book.entries).values():
            seen |= {*dues, len(dues)}
        seen |= {
            (type(e.body), bool(e.body.claims)) for e in book.entries if isinstance(e.body, Publication | Settlement)
        }
    wanted = {*Debt, 1, 2, 3} | {(kind, some) for kind in (Publication, Settlement) for some in (True, False)}
    assert wanted <= seen
