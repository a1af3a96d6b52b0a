"""The bulk replay says of every claim what the plain fold says: on ledgers of every kind, now and as of past moments.

That is the end of property 15, "step by step equals all at once equals every bulk engine". Below it the patterns: what
they take, the decoder takes and reads in the same way.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.bulk import NONE, STATES, resolve_all
from ledger.bulk.desk import Desk
from ledger.bulk.leaves import NEVER, read_columns
from ledger.bulk.patterns import CLAIM, RETRACT, STATEMENT, texts_of
from ledger.bulk.voices import Tallies, join, rows_of, tally
from ledger.encoding import Malformed, decode_entry, encode_entry
from ledger.model import Claim, Entry, PartRef, Retract, Source, Statement
from ledger.resolver import Tally, listed, replay, resolve
from ledger.times import Moment
from ledger.vocabulary import Mistake, Part, Precision, Reason, State, Status, Visibility
from tests.ledgers import Book, claims_of, moments, of_kind
from tests.stored import dressed
from tests.strategies import THROW, Throw, World, books, fixed_books, throws, weighted

Told = dict[int, tuple[object, ...]]


class Kept:
    """The leaves of these entries, a few at once."""

    def __init__(self, entries: Sequence[Entry], at_once: int = 7) -> None:
        self.all = [encode_entry(dressed(entry)[0]) for entry in entries]
        self.size = len(self.all)
        self.at_once = at_once

    def leaves(self, start: int, stop: int) -> Iterator[list[bytes]]:
        for first in range(start, stop, self.at_once):
            yield self.all[first : min(first + self.at_once, stop)]


def plainly(entries: Sequence[Entry], said: datetime | None = None) -> Told:
    fold = replay(entries, said=said)
    told: Told = {}
    for claim in claims_of(entries):
        v = resolve(fold, claim)
        outcome = (v.claim, v.state, v.accepted, v.held, listed(fold, claim))
        told[claim] = (*outcome, v.ruled, v.row, v.computed, v.computed_row, v.first_target, v.successor)
        told[claim] += (v.successor_state,)
    return told


def in_bulk(entries: Sequence[Entry], said: datetime | None = None) -> Told:
    found = resolve_all(Kept(entries), said=said)
    states = [None if code == NONE else STATES[code] for code in range(NONE, len(STATES))]
    columns = (
        found.folded.tolist(),
        [states[code + 1] for code in found.state.tolist()],
        found.accepted.tolist(),
        found.held.tolist(),
        found.listed.tolist(),
        [states[code + 1] for code in found.ruled.tolist()],
        found.row.tolist(),
        [states[code + 1] for code in found.computed.tolist()],
        found.computed_row.tolist(),
        [None if claim == NONE else claim for claim in found.first_target.tolist()],
        [None if claim == NONE else claim for claim in found.successor.tolist()],
        [states[code + 1] for code in found.successor_state.tolist()],
    )
    return dict(zip(found.claims.tolist(), zip(*columns, strict=True), strict=True))


def agree(entries: Sequence[Entry]) -> None:
    for said in (None, *moments(entries)):
        registers_agree(entries, said)
        assert in_bulk(entries, said) == plainly(entries, said)


def registers_agree(entries: Sequence[Entry], said: datetime | None = None) -> None:
    """Hold every voice and every tally against the registers of the fold, which say more than the states do."""
    fold = replay(entries, said=said)
    columns = read_columns(Kept(entries))
    desk = Desk(columns)
    voices = join(rows_of(columns, desk, None if said is None else microseconds(said)), desk)
    claims, sources = claims_of(entries), of_kind(entries, Source)
    keys = zip(voices.claim.tolist(), voices.root.tolist(), strict=True)
    told = zip(
        [None if said == NEVER else said for said in voices.said.tolist()],
        *(each.tolist() for each in (voices.standing, voices.sign, voices.mixed, voices.declined)),
        *(each.tolist() for each in (voices.carried, voices.spoke_for)),
        strict=True,
    )
    assert {(claims[claim], sources[root]): each for (claim, root), each in zip(keys, told, strict=True)} == {
        (claim, root): (
            None if v.said is None else microseconds(v.said),
            *(fold.acts.standing(root, claim), v.sign, v.mixed, v.declined),
            *(v.sign in v.carried, v.spoke_for),
        )
        for (claim, root), v in fold.voices.items()
    }
    tallies = tally(voices, len(claims))
    counted = zip(*(getattr(tallies, each.name).tolist() for each in fields(Tallies)), strict=True)
    assert list(counted) == [fold.tallies.get(claim, Tally()).counts()[:-1] for claim in claims]


def microseconds(moment: datetime) -> int:
    """Since 1970."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


DESK_ACTS = weighted(statement=5, retract=3, grant=2, vetting=3, group=2, amend=1, same=2, hold=1, release=1, policy=1)


def desk_book(data: Sequence[bytes]) -> Book:
    """A ledger in which the desk acts more than anybody speaks, on the same few claims and sources."""
    world = World()
    book = world.book
    world.stories = [book.story(), book.story()]
    world.bodies = [book.source("agency"), book.source("official")]
    world.members = [book.source("spokesperson", group=world.bodies[1]), book.source("account")]
    world.speakers = [*world.bodies, *world.members, 2]
    world.outlets = [*world.bodies, world.members[1]]
    world.claims = [book.claim(story) for story in world.stories * 2]
    for each in data:
        throw = Throw(each)
        world.tick(throw)
        world.act(throw, DESK_ACTS)
    return book


def flood(seed: int, statements: int) -> Book:
    """Statements and nothing else but a few retractions: dozens of sources on a dozen claims, told again by outlets."""
    dice = random.Random(seed)
    world = World(quorum=dice.randint(1, 3))
    book = world.book
    world.stories = [book.story()]
    kinds = weighted(agency=3, newspaper=3, account=6, person=2, official=1)
    world.speakers = [book.source(dice.choice(kinds)) for _ in range(40)]
    world.outlets = world.speakers[:20]
    world.claims = [book.claim(world.stories[0]) for _ in range(12)]
    for _ in range(statements):
        throw = Throw(dice.randbytes(THROW))
        world.tick(throw)
        world.act(throw, ["statement"] * 15 + ["retract"])
    return book


@given(books())
def test_it_says_what_the_fold_says(book: Book) -> None:
    agree(book.entries)


@given(throws(8, 40).map(desk_book))
def test_a_desk_that_acts_much(book: Book) -> None:
    agree(book.entries)


@settings(max_examples=max(5, settings().max_examples // 6))
@given(st.integers(0, 10**6), st.integers(0, 400))
def test_a_flood_of_statements(seed: int, statements: int) -> None:
    agree(flood(seed, statements).entries)


@given(books(), st.integers(0, 10**6))
def test_every_prefix(book: Book, number: int) -> None:
    """A retraction, a grouping or a claim may be the last entry that there is."""
    size = number % (len(book.entries) + 1)
    assert in_bulk(book.entries[:size]) == plainly(book.entries[:size])


def test_these_ledgers_reach_everything() -> None:
    """Every state, every row, edges that hold and that fall, claims that are folded away, held or off the board."""
    seen: Counter[object] = Counter()
    dice = random.Random(2017)
    desks = (desk_book([dice.randbytes(THROW) for _ in range(40)]) for _ in range(40))
    for book in (*fixed_books(2017, 120), *desks, *(flood(seed, 150) for seed in range(6))):
        registers_agree(book.entries)
        told = in_bulk(book.entries)
        assert told == plainly(book.entries)
        for claim, (home, state, _, held, shown, _, row, _, computed_row, first, end, _) in told.items():
            seen.update([state, ("row", row), ("computed", computed_row), ("held", held), ("listed", shown)])
            seen.update(
                [("folded", home != claim), ("edge", first is not None, end is not None), ("far", first != end)]
            )
    assert set(State) <= seen.keys()
    assert all(seen["row", row] for row in range(9)) and all(seen["computed", row] for row in range(1, 9))
    for word in ("held", "listed", "folded", "far"):
        assert seen[word, True] and seen[word, False]
    assert seen["edge", True, True] and seen["edge", True, False] and not seen["edge", False, True]


INDEXES = st.one_of(st.integers(0, 12), st.integers(0, 2**53 - 1))
TIMES = st.datetimes(timezones=st.just(UTC))
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
PARTS = st.dictionaries(
    st.sampled_from(list(Part)), st.builds(PartRef, DIGESTS, st.sampled_from(list(Visibility))), max_size=4
)
STATEMENTS = st.builds(
    Statement,
    claim=INDEXES,
    status=st.sampled_from(list(Status)),
    chain=st.lists(INDEXES, min_size=1, max_size=5).map(tuple),
    said=st.none() | st.builds(Moment, TIMES, st.sampled_from(list(Precision))),
    to=st.none() | INDEXES,
    why=st.none() | st.sampled_from(list(Reason)),
)
BODIES = st.one_of(STATEMENTS, st.builds(Claim, INDEXES), st.builds(Retract, INDEXES, st.sampled_from(list(Mistake))))
KEYS = st.none() | st.binary(min_size=16, max_size=16).map(bytes.hex)
ENTRIES = st.builds(Entry, INDEXES, TIMES, INDEXES, BODIES, PARTS, KEYS)
PATTERNS = {Statement: STATEMENT, Claim: CLAIM, Retract: RETRACT}


def short(entry: Entry) -> bool:
    """Whether no index of it has 16 digits, which no ledger will ever have."""
    body = entry.body
    named = (*body.chain, body.claim, body.to or 0) if isinstance(body, Statement) else ()
    named += (body.story,) if isinstance(body, Claim) else ()
    named += (body.target,) if isinstance(body, Retract) else ()
    return max(entry.index, entry.recorder, *named) < 10**15


def columns(texts: Sequence[bytes]) -> list[bytes]:
    """What is read of a leaf, without the precision of a statement."""
    return [text for place, text in enumerate(texts) if (len(texts), place) != (9, 4)]


@given(ENTRIES)
def test_patterns_take_what_is_written(entry: Entry) -> None:
    """Every leaf of the three kinds, with every field that it may have, and read as the decoder reads it."""
    leaf = encode_entry(entry)
    taken = {kind: pattern.fullmatch(leaf) for kind, pattern in PATTERNS.items()}
    assert [kind for kind, found in taken.items() if found] == [type(entry.body)] * short(entry)
    if found := taken[type(entry.body)]:
        assert columns(found.groups(b"")) == columns(texts_of(decode_entry(leaf)))


@settings(max_examples=settings().max_examples * 5)
@given(
    ENTRIES, st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(b'0149af{},:"-TZ \n') | st.none()), max_size=3)
)
@example(Entry(7, datetime(2016, 2, 29, tzinfo=UTC), 1, Claim(4)), [(82, ord("7"))])
def test_patterns_take_nothing_else(entry: Entry, changes: list[tuple[int, int | None]]) -> None:
    """A leaf with bytes replaced or taken out is taken only if the decoder takes it too, days of the month aside."""
    leaf = bytearray(encode_entry(entry))
    for place, byte in changes:
        at = place % len(leaf)
        leaf[at : at + 1] = b"" if byte is None else bytes([byte])
    data = bytes(leaf)
    for kind, pattern in PATTERNS.items():
        if found := pattern.fullmatch(data):
            again = decoded(data)
            if again is None:
                assert any(day in data for day in (b"-29T", b"-30T", b"-31T"))
            else:
                assert isinstance(again.body, kind)
                assert columns(found.groups(b"")) == columns(texts_of(again))


def decoded(data: bytes) -> Entry | None:
    """The entry, None if a time in it is none; nothing else may be wrong with it."""
    try:
        return decode_entry(data)
    except Malformed as error:
        if "is not a time" in str(error):
            return None
        raise


@pytest.mark.parametrize("later", [timedelta(0), timedelta(microseconds=1)])
def test_as_of_the_microsecond(later: timedelta) -> None:
    """What was said at T counts as of T; a statement that nobody dated was said when it was recorded."""
    book = Book()
    claim, agency, paper = book.claim(book.story()), book.source("agency"), book.source("newspaper")
    book.say(claim, "reported", agency, said="12:10")
    book.say(claim, "reported", paper)
    said = book.now - timedelta(microseconds=1) + later
    assert in_bulk(book.entries, said) == plainly(book.entries, said)
    assert resolve_all(Kept(book.entries), said=said).state_of(claim) is (
        State.CORROBORATED if later else State.UNVERIFIED
    )
