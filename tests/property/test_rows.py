"""The nine rows of R4 over all counts from 0 to 3, each one built as a real ledger.

The table is written out here once more from the text, apart from ``tests/oracle.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import pytest

from ledger.model import Entry, Moment, Statement
from ledger.resolver import Fold, replay, resolve
from ledger.vocabulary import State, Status
from tests.ledgers import DESK, Book, at

FOR, AGAINST = Status.REPORTED, Status.DENIED
MOST = 3


@dataclass(frozen=True)
class Counts:
    """How many roots of each standing are for and against."""

    authorities: tuple[int, int] = (0, 0)
    vetted: tuple[int, int] = (0, 0)
    carried: tuple[int, int] = (0, 0)
    unheard: tuple[int, int] = (0, 0)
    quorum: int = 2


def table(counts: Counts) -> tuple[State, int, bool]:
    """Rows 1 to 8 as the page has them: state, row, accepted."""
    (a_for, a_against), q = counts.authorities, counts.quorum
    p = a_for + counts.vetted[0]
    n = a_against + counts.vetted[1]
    pc, nc = counts.carried
    someone = p + n + pc + nc + sum(counts.unheard) > 0
    if a_for >= 1 and a_against >= 1:
        return State.DISPUTED, 1, False
    if a_for >= 1:
        return (State.DISPUTED, 2, False) if n >= q else (State.CONFIRMED, 2, True)
    if a_against >= 1:
        return (State.DISPUTED if p >= q else State.DENIED), 3, False
    both_sides = p > 0 and n > 0
    for_unsettled = 0 < p < q and nc > 0
    against_unsettled = 0 < n < q and pc > 0
    if both_sides or for_unsettled or against_unsettled:
        return State.DISPUTED, 4, False
    if p >= q:
        return State.CORROBORATED, 5, True
    if n > 0:
        return State.DENIED, 6, False
    if someone:
        return State.UNVERIFIED, 7, False
    return State.UNVERIFIED, 8, False


class Cast:
    """One ledger with three sources of each standing for each side, all said at noon, and one claim.

    Each statement is made once and shared by all the ledgers below.
    """

    def __init__(self, quorum: int) -> None:
        book = Book(quorum)
        story = book.story()
        self.claim = book.claim(story)
        outlet = book.source("broadcaster")
        kinds = {"authorities": "official", "vetted": "agency", "carried": "account"}
        kinds["unheard"] = "person"
        self.voices: dict[str, list[list[Entry]]] = {}
        self.book = book
        made = {
            (name, side): [book.source(kind) for _ in range(MOST)]
            for name, kind in kinds.items()
            for side in (FOR, AGAINST)
        }
        for (name, _), sources in made.items():
            for source in sources:
                if name == "authorities":
                    book.grant(source, story=story)
        self.opened = list(book.entries)
        for (name, side), sources in made.items():
            via = outlet if name == "carried" else ()
            said = [book.say(self.claim, side, source, via, "12:00") for source in sources]
            self.voices.setdefault(name, []).append([book.entries[index] for index in said])

    def fold(self, counts: Counts, *more: Entry) -> Fold:
        """A ledger with so many voices of each kind."""
        said = [
            entry
            for name, sides in self.voices.items()
            for many, entries in zip(getattr(counts, name), sides, strict=True)
            for entry in entries[:many]
        ]
        return replay([*self.opened, *sorted([*said, *more], key=lambda entry: entry.index)])


def every_count(quorum: int, most: int) -> Iterator[Counts]:
    """All counts up to ``most``; unvetted voices that nobody carries are added where the others are few."""
    for numbers in product(range(most + 1), repeat=6):
        pairs = [(numbers[i], numbers[i + 1]) for i in range(0, 6, 2)]
        for unheard in product(range(2 if max(numbers) < 2 else 1), repeat=2):
            yield Counts(*pairs, unheard=unheard, quorum=quorum)


@pytest.mark.parametrize(("quorum", "most"), [(2, MOST), (3, MOST), (1, 2)])
def test_rows_1_to_8(quorum: int, most: int) -> None:
    """Every number of authorities, other vetted originals and carried voices on both sides, and silent others."""
    cast = Cast(quorum)
    for counts in every_count(quorum, most):
        verdict = resolve(cast.fold(counts), cast.claim)
        assert (verdict.state, verdict.row, verdict.accepted) == table(counts), counts
        assert (verdict.computed, verdict.computed_row) == (verdict.state, verdict.row)


DESK_SAID = "12:00"
WHEN = {"earlier": "11:50", "same": DESK_SAID, "later": "12:10", "undated": None}


def moved(entries: list[Entry], said: str | None) -> list[Entry]:
    """The same statements, said at another time."""
    moment = Moment(at(said)) if said else None
    return [replace(entry, body=replace(entry.body, said=moment)) for entry in entries]


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("side", [FOR, AGAINST])
@pytest.mark.parametrize("desk_said", [DESK_SAID, None], ids=["desk-dated", "desk-undated"])
def test_row_0(when: str, side: Status, desk_said: str | None) -> None:
    """The desk's own word decides over all counts, until an authority's later-dated word is the opposite.

    What rows 1 to 8 give stays visible. A dated word is later than an undated one, as in R2.
    """
    cast = Cast(2)
    cast.voices["authorities"] = [moved(each, WHEN[when]) for each in cast.voices["authorities"]]
    word = Statement(cast.claim, side, (DESK,), Moment(at(desk_said)) if desk_said else None)
    desk = Entry(len(cast.book.entries), at("12:30"), 1, word)
    later = WHEN[when] is not None and (desk_said is None or WHEN[when] > desk_said)
    sides = list(product(range(3), repeat=2))
    for authorities, vetted, carried in product(sides, sides, product(range(2), repeat=2)):
        counts = Counts(authorities, vetted, carried)
        verdict = resolve(cast.fold(counts, desk), cast.claim)
        opposite = authorities[1] if side is FOR else authorities[0]
        if opposite and later:
            expected = State.DISPUTED, 0, False
        elif side is FOR:
            expected = State.CONFIRMED, 0, True
        else:
            expected = State.DENIED, 0, False
        assert (verdict.state, verdict.row, verdict.accepted) == expected, counts
        computed, row, _ = table(replace(counts, unheard=(1, 0)))
        assert (verdict.computed, verdict.computed_row) == (computed, row), counts


def test_row_0_ends_when_the_desk_speaks_again() -> None:
    """The ministry contradicts the desk later: disputed; the desk speaks once more: its word again."""
    cast = Cast(2)
    claim, book = cast.claim, Book()
    book.entries = list(cast.opened)
    ministry = cast.voices["authorities"][0][0].body.speaker
    book.say(claim, "reported", DESK, said="12:00")
    book.say(claim, "denied", ministry, said="13:00")
    assert resolve(replay(book.entries), claim).state is State.DISPUTED
    book.say(claim, "denied", DESK, said="13:30")
    assert resolve(replay(book.entries), claim).state is State.DENIED
    book.say(claim, "confirmed", DESK, said="13:40")
    assert resolve(replay(book.entries), claim).state is State.CONFIRMED


@pytest.mark.parametrize("status", ["unconfirmed", "withdrawn"])
def test_row_0_needs_a_sign(status: str) -> None:
    """A desk that declines to confirm, or takes its word back, decides nothing."""
    cast = Cast(2)
    word = Statement(cast.claim, Status(status), (DESK,), Moment(at("12:00")))
    desk = Entry(len(cast.book.entries), at("12:30"), 1, word)
    for counts in every_count(2, 1):
        verdict = resolve(cast.fold(counts, desk), cast.claim)
        assert (verdict.state, verdict.row, verdict.accepted) == table(counts)


ONCE = {
    # what each root that spoke for it says now: said later than its report, or at the same time
    "withdrawn": ("withdrawn", "12:10"),
    "unconfirmed": ("unconfirmed", "12:10"),
    "mixed": ("withdrawn", "12:00"),
}


@pytest.mark.parametrize("kind", ["account", "agency", "official", "desk"])
@pytest.mark.parametrize("now", list(product(ONCE, repeat=2)) + [(name,) for name in ONCE])
def test_row_8(now: tuple[str, ...], kind: str) -> None:
    """Retracted where a root once spoke for it and none of those roots is mixed or unconfirmed."""
    book = Book()
    claim = book.claim(book.story())
    for number, name in enumerate(now):
        source = DESK if kind == "desk" and not number else book.source("agency")
        if kind not in ("desk", "agency"):
            source = book.source(kind)
        book.say(claim, "reported", source, said="12:00")
        status, said = ONCE[name]
        book.say(claim, status, source, said=said)
    verdict = resolve(replay(book.entries), claim)
    gone = set(now) == {"withdrawn"}
    assert (verdict.state, verdict.row) == (State.RETRACTED if gone else State.UNVERIFIED, 8)
    assert not verdict.accepted


def test_row_8_asks_only_the_roots_that_spoke_for_it() -> None:
    """One root withdraws its report; another only ever declined: retracted all the same."""
    book = Book()
    claim = book.claim(book.story())
    agency, ministry, paper = (book.source(kind) for kind in ("agency", "official", "newspaper"))
    book.say(claim, "unconfirmed", ministry, said="12:00")
    assert resolve(replay(book.entries), claim).state is State.UNVERIFIED
    book.say(claim, "denied", paper, said="12:01")
    book.say(claim, "withdrawn", paper, said="12:02")
    assert resolve(replay(book.entries), claim).state is State.UNVERIFIED
    report = book.say(claim, "reported", agency, said="12:05")
    book.say(claim, "withdrawn", agency, said="12:10")
    assert resolve(replay(book.entries), claim).state is State.RETRACTED
    book.retract(report)
    assert resolve(replay(book.entries), claim).state is State.UNVERIFIED
