"""What a shift must look at: each concern, since when, in which order; and nothing where nothing needs anybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.book import Ledger, TodoRow
from ledger.vocabulary import Concern, SourceKind, State, Status
from tests.newsroom import ONE, SECOND, STORY, Newsroom, at

MINISTRY = "Interior Ministry"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Newsroom]:
    desk = Newsroom.founded(tmp_path, opened="2017-04-20 23:45")
    desk.ledger.add_source(MINISTRY, SourceKind.OFFICIAL)
    yield desk
    desk.ledger.close()


def rows(ledger: Ledger, **given: object) -> dict[str, TodoRow]:
    return {row.text: row for row in ledger.todo(**given)}  # type: ignore[arg-type]


def concerns(desk: Newsroom, text: str) -> list[Concern]:
    row = rows(desk.ledger).get(text)
    return [] if row is None else [row.concern, *row.also]


def test_nothing_needs_anybody_in_a_quiet_ledger(desk: Newsroom) -> None:
    """The desk saw one killed; Reuters says so too."""
    desk.say(ONE, Status.REPORTED, "desk", "21:20")
    desk.say(ONE, Status.REPORTED, "Reuters", "21:30")
    assert desk.ledger.todo() == []


def test_a_disputed_claim_since_it_is(desk: Newsroom) -> None:
    """Reuters says a second was killed at 22:30, AFP denies it at 22:40."""
    desk.say(SECOND, Status.REPORTED, "Reuters", "22:30")
    desk.say(SECOND, Status.DENIED, "AFP", "22:40")
    row = rows(desk.ledger)[SECOND]
    assert (row.concern, row.since, row.state, row.also) == (Concern.DISPUTED, at("22:40").at, State.DISPUTED, ())


def test_an_unverified_claim_once_it_is_older_than_the_threshold(desk: Newsroom) -> None:
    """A police source through Reuters at 21:45; it is 23:45, and then a minute later."""
    desk.say(SECOND, Status.REPORTED, "a police source", "21:45", via=["Reuters"])
    assert concerns(desk, SECOND) == []
    desk.clock.wait(1)
    assert concerns(desk, SECOND) == [Concern.UNVERIFIED]
    assert rows(desk.ledger)[SECOND].since == at("21:45").at
    assert rows(desk.ledger, older_than=timedelta(hours=3)) == {}


def test_the_threshold_counts_by_what_was_said_and_not_by_when_it_was_recorded(desk: Newsroom) -> None:
    """Said in the afternoon, recorded just now."""
    desk.say(SECOND, Status.REPORTED, "a police source", "15:00", via=["Reuters"])
    assert concerns(desk, SECOND) == [Concern.UNVERIFIED]


def test_a_held_claim_since_it_was_held(desk: Newsroom) -> None:
    """One killed, by the desk's word; held at 23:50, released at 23:55."""
    desk.say(ONE, Status.REPORTED, "desk", "21:20")
    desk.clock.set("23:50")
    desk.ledger.hold(ONE)
    row = rows(desk.ledger)[ONE]
    assert (row.concern, row.since, row.state) == (Concern.HELD, at("23:50").at, State.CONFIRMED)
    desk.clock.set("23:55")
    desk.ledger.release(ONE)
    assert desk.ledger.todo() == []


def test_the_desk_contradicted_by_a_later_word_of_an_authority(desk: Newsroom) -> None:
    """The desk says one thing at 21:20, the ministry the opposite at 23:00; an earlier word of it does not matter."""
    desk.say(ONE, Status.REPORTED, "desk", "21:20")
    desk.ledger.grant(MINISTRY, story=STORY)
    desk.say(ONE, Status.DENIED, MINISTRY, "21:00")
    assert concerns(desk, ONE) == []
    desk.say(ONE, Status.DENIED, MINISTRY, "23:00")
    row = rows(desk.ledger)[ONE]
    assert (row.concern, row.since) == (Concern.CONTRADICTED, at("23:00").at)
    desk.say(ONE, Status.DENIED, "desk", "23:10")
    assert concerns(desk, ONE) == []


def test_disputed_although_an_authority_spoke(desk: Newsroom) -> None:
    """The ministry denies, and two independent agencies stand by it."""
    desk.say(SECOND, Status.REPORTED, "Reuters", "22:30")
    desk.say(SECOND, Status.REPORTED, "AFP", "22:31")
    desk.ledger.grant(MINISTRY, story=STORY)
    desk.say(SECOND, Status.DENIED, MINISTRY, "23:00")
    row = rows(desk.ledger)[SECOND]
    assert (row.concern, row.since, row.state) == (Concern.UNSETTLED, at("23:00").at, State.DISPUTED)


def test_a_correction_of_an_authority_that_leads_nowhere(desk: Newsroom) -> None:
    """The ministry corrects to a claim that the desk denies."""
    desk.say(SECOND, Status.REPORTED, "Reuters", "22:30")
    desk.ledger.grant(MINISTRY, story=STORY)
    desk.say(SECOND, Status.CORRECTED, MINISTRY, "23:00", to=ONE)
    assert concerns(desk, SECOND) == []
    desk.say(ONE, Status.DENIED, "desk", "23:10")
    assert concerns(desk, SECOND) == [Concern.UNSETTLED]
    assert rows(desk.ledger)[SECOND].state is State.DENIED


def test_corrections_to_several_claims_without_an_authority(desk: Newsroom) -> None:
    """Reuters and AFP deny it, and each names another claim as the right one."""
    desk.say(SECOND, Status.REPORTED, "a police source", "23:30", via=["Le Monde"])
    desk.say(SECOND, Status.CORRECTED, "Reuters", "23:31", to=ONE)
    assert Concern.ASTRAY not in concerns(desk, SECOND)
    desk.say(SECOND, Status.CORRECTED, "AFP", "23:32", to="Three were killed", new=True)
    assert concerns(desk, SECOND) == [Concern.ASTRAY]


def test_the_most_urgent_come_first_and_of_one_urgency_the_oldest(desk: Newsroom) -> None:
    desk.say("Old rumour", Status.REPORTED, "a police source", "20:00", via=["Reuters"])
    desk.say("Older rumour", Status.REPORTED, "a police source", "19:00", via=["Reuters"], new=True)
    desk.ledger.hold("Old rumour")
    desk.say(SECOND, Status.REPORTED, "Reuters", "22:30")
    desk.say(SECOND, Status.DENIED, "AFP", "22:40")
    desk.say(ONE, Status.REPORTED, "desk", "21:20")
    desk.ledger.grant(MINISTRY, claim=ONE)
    desk.say(ONE, Status.DENIED, MINISTRY, "23:00")
    found = desk.ledger.todo()
    assert [(row.text, row.concern, row.also) for row in found] == [
        (ONE, Concern.CONTRADICTED, ()),
        (SECOND, Concern.DISPUTED, ()),
        ("Older rumour", Concern.UNVERIFIED, ()),
        ("Old rumour", Concern.UNVERIFIED, (Concern.HELD,)),
    ]
    assert [row.text for row in desk.ledger.todo(story=STORY)] == [row.text for row in found]
    desk.say("Elsewhere", Status.REPORTED, "a police source", "12:00", via=["Reuters"], story="another-story")
    assert [row.text for row in desk.ledger.todo(story="another-story")] == ["Elsewhere"]
