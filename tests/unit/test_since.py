"""What changed while somebody was away, as this desk recorded it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.book import Changed
from ledger.errors import Misused
from ledger.vocabulary import Mistake, State, Status
from tests.newsroom import ONE, SECOND, STORY, Newsroom

MINISTRY = "Interior Ministry"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Newsroom]:
    """At 22:35 the desk has a rumour and a fact; it is then 22:40."""
    desk = Newsroom.founded(tmp_path, opened="22:35")
    desk.say(SECOND, Status.REPORTED, "Reuters", "22:30")
    desk.say(ONE, Status.REPORTED, "desk", "21:20")
    desk.clock.set("22:40")
    yield desk
    desk.ledger.close()


def told(rows: tuple[Changed, ...]) -> list[tuple[str, tuple[str | None, ...], tuple[int, ...]]]:
    return [(row.text, row.states, row.entries) for row in rows]


def test_nothing_since_the_last_entry(desk: Newsroom) -> None:
    found = desk.ledger.since(desk.ledger.size - 1)
    assert (found.changed, found.new, found.entries, found.recorders) == ((), (), 0, ())


def test_a_state_that_changed_with_the_entry_that_did_it(desk: Newsroom) -> None:
    """AFP denies what Reuters reported: unverified, then disputed."""
    last = desk.ledger.size - 1
    denial = desk.say(SECOND, Status.DENIED, "AFP", "22:39").index
    found = desk.ledger.since(last)
    assert told(found.changed) == [(SECOND, (State.UNVERIFIED, State.DISPUTED), (denial,))]
    assert found.changed[0].because == desk.ledger.why(SECOND).row.because
    assert (found.new, found.size, found.now) == ((), last + 1, desk.ledger.size)


def test_a_time_is_one_of_the_known_clock(desk: Newsroom) -> None:
    """Recorded at 22:41 what was said at 22:00: new to whoever left at 22:40."""
    desk.clock.set("22:41")
    desk.say(SECOND, Status.DENIED, "AFP", "22:00")
    assert [row.text for row in desk.ledger.since("2017-04-20 22:40").changed] == [SECOND]
    assert desk.ledger.since("2017-04-20 22:41").changed == ()


def test_new_claims_and_who_recorded_how_much(desk: Newsroom) -> None:
    last = desk.ledger.size - 1
    with desk.reopened("Ben") as ben:
        receipt = ben.record("A third one", Status.REPORTED, by="Reuters", said=None, story=STORY, new=True)
    desk.ledger.hold(ONE)
    found = desk.ledger.since(last)
    assert told(found.new) == [("A third one", (None, State.UNVERIFIED), (receipt.index,))]
    assert [(row.text, row.held) for row in found.changed] == [(ONE, True)]
    assert [(each.recorder, each.entries) for each in found.recorders] == [("Ben", 3), ("Ana", 1)]
    assert found.entries == 4


def test_there_and_back_is_a_change(desk: Newsroom) -> None:
    """AFP denies, and the desk takes that back as mistyped."""
    last = desk.ledger.size - 1
    denial = desk.say(SECOND, Status.DENIED, "AFP", "22:39").index
    back = desk.ledger.retract(denial, Mistake.MISTYPED).index
    (row,) = desk.ledger.since(last).changed
    assert row.states == (State.UNVERIFIED, State.DISPUTED, State.UNVERIFIED)
    assert row.entries == (denial, back)


def test_an_act_that_changes_states_without_a_statement(desk: Newsroom) -> None:
    """Reuters is given authority over the story: what it reported is confirmed."""
    last = desk.ledger.size - 1
    grant = desk.ledger.grant("Reuters", story=STORY).index
    assert told(desk.ledger.since(last).changed) == [(SECOND, (State.UNVERIFIED, State.CONFIRMED), (grant,))]


def test_a_claim_that_leaves_the_board(desk: Newsroom) -> None:
    statement = desk.ledger.why(SECOND).statements[0].index
    last = desk.ledger.size - 1
    desk.ledger.retract(statement, Mistake.MISTYPED)
    (row,) = desk.ledger.since(last).changed
    assert (row.states, row.because) == ((State.UNVERIFIED, None), "no longer listed")


def test_only_a_story(desk: Newsroom) -> None:
    last = desk.ledger.size - 1
    desk.say("Elsewhere", Status.REPORTED, "Reuters", "22:39", story="another-story")
    desk.say(SECOND, Status.DENIED, "AFP", "22:39")
    assert [row.text for row in desk.ledger.since(last, story=STORY).changed] == [SECOND]
    found = desk.ledger.since(last, story="another-story")
    assert ([row.text for row in found.new], found.changed) == (["Elsewhere"], ())


def test_since_before_the_ledger_was_opened_all_is_new(desk: Newsroom) -> None:
    found = desk.ledger.since("2017-04-20")
    assert {row.text for row in found.new} == {ONE, SECOND}
    assert (found.size, found.entries) == (0, desk.ledger.size)


@pytest.mark.parametrize("moment", ["999", 999, -1])
def test_an_entry_that_is_not_there(desk: Newsroom, moment: str | int) -> None:
    with pytest.raises(Misused, match="there is no such entry"):
        desk.ledger.since(moment)
