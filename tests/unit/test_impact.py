"""What would follow if something fell: stories in which a guess would be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.book import Impact
from ledger.errors import Rejected
from ledger.vocabulary import SourceKind, Status
from tests.newsroom import ONE, SECOND, STORY, Newsroom


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    room = Newsroom.founded(tmp_path, "22:00")
    yield room
    room.ledger.close()


def states(found: Impact) -> dict[int, tuple[str, str]]:
    return {each.claim: (str(each.before), str(each.after)) for each in found.claims}


def test_what_was_said_this_very_minute_is_taken_back_too(room: Newsroom) -> None:
    """AFP speaks at 22:30 and is asked about at 22:30: two words of the same time would be a mixed voice."""
    room.clock.set("22:30")
    claim = room.say(SECOND, Status.REPORTED, "AFP", "22:30").claim
    assert claim is not None
    assert states(room.ledger.impact("AFP")) == {claim: ("unverified", "retracted")}


def test_what_was_said_a_minute_ahead_of_our_clock_is_taken_back_too(room: Newsroom) -> None:
    room.clock.set("22:30")
    claim = room.say(SECOND, Status.REPORTED, "AFP", "22:31").claim
    assert claim is not None
    assert states(room.ledger.impact("AFP")) == {claim: ("unverified", "retracted")}


def test_a_body_takes_back_what_is_said_for_it_and_an_outlet_what_only_it_has(room: Newsroom) -> None:
    """The spokesman for his ministry; Reuters for its police source; AFP's own word on the same stands."""
    room.clock.set("23:00")
    ledger = room.ledger
    ledger.add_source("Interior Ministry", SourceKind.OFFICIAL)
    spoken = room.say(ONE, Status.CONFIRMED, "Pierre-Henry Brandet", "22:10", by_group="Interior Ministry").claim
    relayed = room.say(SECOND, Status.REPORTED, "a police source", "22:20", via=["Reuters"]).claim
    room.say(SECOND, Status.REPORTED, "a police source", "22:20", via=["AFP", "Reuters"])
    room.say(ONE, Status.REPORTED, "AFP", "22:30")
    assert spoken is not None
    assert relayed is not None
    assert states(ledger.impact("Interior Ministry")) == {spoken: ("corroborated", "unverified")}
    found = ledger.impact("Reuters")
    assert (found.supposed, states(found)) == (1, {}), "the police source of AFP says it still"
    assert states(ledger.impact("AFP")) == {spoken: ("corroborated", "unverified")}


def test_a_new_record_of_a_source_may_fall(room: Newsroom) -> None:
    """A person turns out to be a spokesperson, who is vetted; were that wrong, the claim would be less."""
    room.clock.set("23:00")
    room.say(ONE, Status.CONFIRMED, "AFP", "22:10")
    claim = room.say(ONE, Status.CONFIRMED, "François Hollande", "22:20").claim
    amended = room.ledger.amend_source("François Hollande", SourceKind.SPOKESPERSON).index
    assert claim is not None
    assert states(room.ledger.impact(amended)) == {claim: ("corroborated", "unverified")}
    with pytest.raises(Rejected):
        room.ledger.impact(claim)


def test_a_claim_that_a_fold_had_taken_off_the_board(room: Newsroom) -> None:
    """Were the fold a mistake, both would be on the board, each with its own state."""
    room.clock.set("23:00")
    first = room.say(ONE, Status.REPORTED, "AFP", "22:10").claim
    second = room.say(SECOND, Status.REPORTED, "Reuters", "22:20").claim
    assert first is not None
    assert second is not None
    fold = room.ledger.same(first, second).index
    assert states(room.ledger.impact(fold)) == {
        first: ("None", "unverified"),
        second: ("corroborated", "unverified"),
    }


def test_a_piece_or_its_corrective_may_fall(room: Newsroom) -> None:
    """Without the corrective the denial is owed again; without the piece nothing is."""
    room.clock.set("23:00")
    claim = room.say(ONE, Status.REPORTED, "AFP", "22:10", story=STORY).claim
    assert claim is not None
    out = room.ledger.add_publication("the live page", claims=[claim]).index
    room.say(claim, Status.DENIED, "desk", "22:30")
    settled = room.ledger.settle(out, note="on air").index
    assert [(row.publication, row.claim) for row in room.ledger.impact(settled).owed] == [(out, claim)]
    assert room.ledger.impact(out).owed == ()
