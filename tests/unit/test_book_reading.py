"""The façade answers: board, why, history, diff, log and lists, now and as of either clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.book import AsOf, Clock, HistoryLine
from ledger.errors import LedgerError, Misused, Rejected, Unclear
from ledger.model import Document
from ledger.vocabulary import Bucket, Mistake, Part, Precision, SourceKind, Standing, State, Status
from tests.newsroom import ONE, SECOND, STORY, Newsroom, at
from tests.stored import tamper


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    """The night, recorded as it went: each word a while after it was said.

    4 story, 5 claim, 6 Reuters, 7 police source, 8 its word; 9 to 13 the ministry's denial; 14 to 16 the desk's.
    """
    made = Newsroom.founded(tmp_path, opened="21:00")
    made.clock.set("23:00")
    made.say(SECOND, Status.REPORTED, "a police source", "22:30", via=["Reuters"])
    made.clock.set("23:10")
    made.ledger.add_source("Interior Ministry", SourceKind.OFFICIAL)
    made.ledger.grant("Interior Ministry", story=STORY)
    made.say(SECOND, Status.DENIED, "Pierre-Henry Brandet", "22:57", via=["BFM"], by_group="Interior Ministry")
    made.clock.set("23:20")
    made.say(ONE, Status.REPORTED, "desk", "21:20")
    made.say(SECOND, Status.CORRECTED, "desk", "23:10", to=ONE)
    assert made.ledger.size == 17
    yield made
    made.ledger.close()


def states(room: Newsroom, as_of: AsOf) -> dict[int, str]:
    return {row.claim: str(row.state) for row in room.ledger.board(as_of=as_of)}


# As of


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("21:19", {}),
        ("21:20", {14: "confirmed"}),
        ("22:29", {14: "confirmed"}),
        ("22:40", {5: "unverified", 14: "confirmed"}),
        ("22:57", {5: "denied", 14: "confirmed"}),
        ("23:00", {5: "denied", 14: "confirmed"}),
        ("23:10", {5: "corrected", 14: "confirmed"}),
    ],
)
def test_the_board_as_said(room: Newsroom, said: str, expected: dict[int, str]) -> None:
    assert states(room, room.ledger.as_of(said=f"2017-04-20 {said}")) == expected


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ("2017-04-20 23:00", {5: "unverified"}),
        ("2017-04-20 23:09", {5: "unverified"}),
        ("2017-04-20 23:10", {5: "denied"}),
        ("2017-04-20 23:20", {5: "corrected", 14: "confirmed"}),
        ("2017-04-20", {5: "corrected", 14: "confirmed"}),
        ("now", {5: "corrected", 14: "confirmed"}),
        ("8", {5: "unverified"}),
        ("7", {}),
        ("0", {}),
        ("13", {5: "denied"}),
        ("15", {5: "denied", 14: "confirmed"}),
    ],
)
def test_the_board_as_known(room: Newsroom, known: str, expected: dict[int, str]) -> None:
    assert states(room, room.ledger.as_of(known=known)) == expected


def test_the_board_as_of_both_clocks(room: Newsroom) -> None:
    """By 23:10 we had the denial of 22:57; of what had been said by 22:40 we then knew the report alone."""
    ledger = room.ledger
    assert states(room, ledger.as_of(known="2017-04-20 23:10", said="2017-04-20 22:40")) == {5: "unverified"}
    assert states(room, ledger.as_of(known="2017-04-20 23:10", said="2017-04-20 23:15")) == {5: "denied"}
    assert states(room, ledger.as_of(known="7", said="2017-04-20 23:15")) == {}


def test_a_desk_s_retraction_reaches_back_on_the_said_clock_only(room: Newsroom) -> None:
    ledger = room.ledger
    room.clock.set("23:40")
    ledger.retract(13, Mistake.MISTYPED)
    assert states(room, ledger.as_of(said="2017-04-20 23:00"))[5] == "unverified"
    assert states(room, ledger.as_of(known="2017-04-20 23:10"))[5] == "denied"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2017-04-20", datetime(2017, 4, 20, 21, 59, 59, 999_999, tzinfo=UTC)),
        ("2017-03-26", datetime(2017, 3, 26, 21, 59, 59, 999_999, tzinfo=UTC)),  # a day of 23 hours
        ("2017-10-29", datetime(2017, 10, 29, 22, 59, 59, 999_999, tzinfo=UTC)),  # and of 25
        ("2017-04-20 22:57", datetime(2017, 4, 20, 20, 57, tzinfo=UTC)),
        ("9999-12-31", datetime(9999, 12, 31, 22, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_a_date_means_the_end_of_that_day(room: Newsroom, given: str, expected: datetime) -> None:
    assert room.ledger.as_of(said=given) == AsOf(None, expected)


@pytest.mark.parametrize("known", ["17", "999", "2017-04-20 20:00", "1999-01-01"])
def test_what_the_ledger_never_knew(room: Newsroom, known: str) -> None:
    with pytest.raises(Misused, match="the ledger knew nothing then") as caught:
        room.ledger.as_of(known=known)
    assert "give an index from 0 to 16" in caught.value.next


def test_a_moment_that_cannot_be_read(room: Newsroom) -> None:
    for given in ({"said": "yesterday"}, {"known": "-1"}, {"said": ""}):
        with pytest.raises(Misused, match="cannot be read"):
            room.ledger.as_of(**given)


def test_later_entries_change_no_past_known(room: Newsroom) -> None:
    before = [room.ledger.board(as_of=AsOf(known=size)) for size in range(18)]
    room.say(SECOND, Status.CONFIRMED, "AFP", "21:00")
    room.ledger.wording(5, "A 2nd officer")
    room.ledger.hold(14)
    room.ledger.retract(8, Mistake.OTHER)
    assert [room.ledger.board(as_of=AsOf(known=size)) for size in range(18)] == before


# Board and why


def test_a_row_of_the_board(room: Newsroom) -> None:
    row, desk = room.ledger.board()
    assert row == room.ledger.why(5).row
    assert row.as_json() == {
        "claim": 5,
        "text": SECOND,
        "story": STORY,
        "state": "corrected",
        "accepted": False,
        "held": False,
        "computed": "denied",
        "row": 0,
        "successor": 14,
        "successor_text": ONE,
        "successor_state": "confirmed",
        "first_said": "2017-04-20T20:30:00.000000Z",
        "first_source": "a police source",
        "since": "2017-04-20T21:10:00.000000Z",
        "because": f"corrected to 14 “{ONE}” (confirmed): desk, 23:10, and Interior Ministry (authority), through BFM, "
        "22:57; against: a police source (unvetted), carried by Reuters",
        "for": ["a police source"],
        "against": ["desk", "Interior Ministry"],
        "dissent": ["a police source"],
        "entries": [8, 13, 16],
        "evidence": [],
    }
    assert json.loads(json.dumps(row.as_json())) == row.as_json()
    assert (desk.claim, desk.state, desk.accepted, desk.row) == (14, State.CONFIRMED, True, 0)
    assert desk.computed is State.UNVERIFIED, "without the desk's own word nothing stands"


def test_the_board_of_a_story_and_of_some_states(room: Newsroom) -> None:
    room.say("It was so", Status.REPORTED, "AFP", "23:15", story="a-story")
    board = room.ledger.board
    assert [(row.story, row.claim) for row in board()] == [("a-story", 18), (STORY, 5), (STORY, 14)]
    assert [row.claim for row in board(story=STORY)] == [5, 14]
    assert [row.claim for row in board(story="17")] == [18]
    assert [row.claim for row in board(states=[State.CORRECTED, State.DENIED])] == [5]
    assert [row.claim for row in board(story="a-story", states=[State.DENIED])] == []
    with pytest.raises(Unclear, match="no such story"):
        board(story="nowhere")
    with pytest.raises(Rejected, match="is no story"):
        board(story=5)


def test_a_claim_that_nobody_speaks_on_is_not_on_the_board(room: Newsroom) -> None:
    receipt = room.say("It was so", Status.REPORTED, "AFP", "23:15")
    room.ledger.retract(receipt.index, Mistake.WRONG_CLAIM)
    assert receipt.claim not in {row.claim for row in room.ledger.board()}
    why = room.ledger.why("It was so")
    assert [line.bucket for line in why.statements] == [Bucket.RETRACTED]
    assert why.row.first_said is None


def test_each_statement_stands_in_one_bucket(room: Newsroom) -> None:
    """One of each: later than T, retracted, overtaken, neutral, unvetted, counted."""
    room.say(5, Status.REPORTED, "François Hollande", "22:20")
    room.say(5, Status.UNCONFIRMED, "Paris police", "22:21")
    room.say(5, Status.REPORTED, "AFP", "22:22")
    room.say(5, Status.DENIED, "AFP", "22:50")
    mistake = room.say(5, Status.DENIED, "Le Monde", "22:23")
    room.ledger.retract(mistake.index, Mistake.DUPLICATE)
    why = room.ledger.why(5, as_of=room.ledger.as_of(said="2017-04-20 23:00"))
    by_source = {(line.source, str(line.status)): line for line in why.statements}
    assert {name: str(line.bucket) for name, line in by_source.items()} == {
        ("a police source", "reported"): "counted",
        ("Pierre-Henry Brandet", "denied"): "counted",
        ("desk", "corrected"): "outside",
        ("François Hollande", "reported"): "unvetted",
        ("Paris police", "unconfirmed"): "neutral",
        ("AFP", "reported"): "overtaken",
        ("AFP", "denied"): "counted",
        ("Le Monde", "denied"): "retracted",
    }
    brandet = by_source["Pierre-Henry Brandet", "denied"]
    assert (brandet.standing, brandet.root, brandet.via) == (Standing.AUTHORITY, "Interior Ministry", ("BFM",))
    assert brandet.recorded == at("23:10").at
    assert by_source["desk", "corrected"].to == 14
    assert why.row.state is State.DENIED


def test_why_shows_where_a_correction_leads(room: Newsroom) -> None:
    why = room.ledger.why(5)
    assert why.edge is not None
    assert (why.edge.status, why.edge.to, why.edge.to_text, why.edge.holds) == (Status.CORRECTED, 14, ONE, True)
    assert (why.path, why.first_target, why.targets) == ((14,), 14, ())
    room.say(14, Status.DENIED, "desk", "23:15")
    fallen = room.ledger.why(5)
    assert fallen.edge is not None
    assert (fallen.edge.holds, fallen.row.successor, fallen.row.state) == (False, None, State.DENIED)
    assert "what it leads to is denied" in fallen.edge.reason
    json.dumps(fallen.as_json())


def test_public_evidence_is_listed_and_internal_is_not(room: Newsroom) -> None:
    room.say(5, Status.DENIED, "AFP", "23:12", url="https://example.org/a", internal=[Part.NOTE], note="x")
    room.say(5, Status.DENIED, "BFM", "23:12", url="https://example.org/b", internal=[Part.URL])
    room.say(5, Status.DENIED, "Le Monde", "23:12", evidence=Document(url="https://example.org/c"))
    room.say(5, Status.DENIED, "Paris police", "23:12", url="https://example.org/a")
    assert room.ledger.why(5).row.evidence == ("https://example.org/a", "https://example.org/c")


@pytest.mark.parametrize("given", ["Nothing like it at all", "…", ""])
def test_why_of_what_there_is_not(room: Newsroom, given: str) -> None:
    with pytest.raises(Rejected, match="no such claim"):
        room.ledger.why(given)


def test_why_of_a_claim_that_was_not_known_then(room: Newsroom) -> None:
    for given in (14, "14", ONE):
        with pytest.raises(LedgerError):
            room.ledger.why(given, as_of=AsOf(known=13))


# History


def shape(lines: Iterator[HistoryLine]) -> list[tuple[int, str, int, str | None, str | None]]:
    return [
        (line.claim, f"{line.at + timedelta(hours=2):%H:%M}", line.index, line.before and str(line.before),
         line.state and str(line.state))
        for line in lines
    ]  # fmt: skip


def test_history_on_the_said_clock(room: Newsroom) -> None:
    assert shape(room.ledger.history(SECOND)) == [
        (5, "22:30", 8, None, "unverified"),
        (5, "22:57", 13, "unverified", "denied"),
        (5, "23:10", 16, "denied", "corrected"),
    ]
    told = [line.because for line in room.ledger.history(5)]
    assert told[:2] == [
        "a police source, via Reuters: reported",
        "Pierre-Henry Brandet, via BFM: denied",
    ]
    assert told[2].startswith("desk: corrected")
    assert f"to 14 “{ONE}”" in told[2]


def test_history_on_the_known_clock(room: Newsroom) -> None:
    room.clock.set("23:40")
    room.ledger.retract(13, Mistake.MISTYPED)
    room.ledger.retract(16, Mistake.MISTYPED)
    assert shape(room.ledger.history(5, clock=Clock.KNOWN)) == [
        (5, "23:00", 8, None, "unverified"),
        (5, "23:10", 13, "unverified", "denied"),
        (5, "23:20", 16, "denied", "corrected"),
        (5, "23:40", 18, "corrected", "unverified"),
    ]
    assert shape(room.ledger.history(5)) == [(5, "22:30", 8, None, "unverified")]


def test_history_of_a_story_and_of_all(room: Newsroom) -> None:
    room.say("It was so", Status.REPORTED, "AFP", "22:40", story="a-story")
    assert [line[0] for line in shape(room.ledger.history(story=STORY))] == [14, 5, 5, 5]
    assert [line[0] for line in shape(room.ledger.history())] == [14, 5, 18, 5, 5]
    times = [line.at for line in room.ledger.history()]
    assert times == sorted(times)


def test_history_as_of(room: Newsroom) -> None:
    ledger = room.ledger
    assert len(shape(ledger.history(5, as_of=ledger.as_of(said="2017-04-20 23:00")))) == 2
    assert len(shape(ledger.history(5, as_of=AsOf(known=13)))) == 1
    assert len(shape(ledger.history(5, as_of=AsOf(known=14), clock=Clock.KNOWN))) == 2


def test_the_last_line_of_a_history_is_the_board(room: Newsroom) -> None:
    room.say(14, Status.SUPERSEDED, "AFP", "23:12", to="Two officers were killed", new=True)
    room.say("Two officers were killed", Status.WITHDRAWN, "AFP", "23:14")
    for clock in Clock:
        for row in room.ledger.board():
            last = list(room.ledger.history(row.claim, clock=clock))[-1]
            assert (last.state, last.successor, last.held) == (row.state, row.successor, row.held)
    for row in room.ledger.board():
        assert row.since == list(room.ledger.history(row.claim))[-1].at


# Differences, log, lists


def test_what_differs_between_two_moments(room: Newsroom) -> None:
    ledger = room.ledger
    found = ledger.diff(ledger.as_of(said="2017-04-20 22:40"), AsOf())
    assert [(each.claim, each.before, each.after) for each in found] == [(5, State.UNVERIFIED, State.CORRECTED)]
    found = ledger.diff(AsOf(known=13), AsOf(known=14))
    assert [(each.before, each.after) for each in found] == [(State.UNVERIFIED, State.DENIED)]
    found = ledger.diff(AsOf(), AsOf(known=4))
    assert [(each.claim, each.after, each.because) for each in found] == [
        (5, None, "no longer listed"),
        (14, None, "no longer listed"),
    ]
    assert ledger.diff(AsOf(), AsOf()) == []
    assert [each.claim for each in ledger.diff(AsOf(known=4), AsOf(), story=STORY)] == [5, 14]


def test_the_log_tells_every_entry(room: Newsroom) -> None:
    ledger = room.ledger
    ledger.hold(5)
    ledger.release(5)
    ledger.vet(7, True, claim=5)
    ledger.group("Pierre-Henry Brandet", None)
    ledger.wording(5, "Un deuxième policier a été tué", lang="fr")
    ledger.retract(17, Mistake.MISTYPED)
    lines = list(ledger.log())
    assert [line.index for line in lines] == list(range(ledger.size))
    assert [line.live for line in lines] == [index != 17 for index in range(ledger.size)]
    claim = f"5 “{SECOND}”"
    assert [line.summary for line in lines[9:]] == [
        "source Interior Ministry (official)",
        f"authority for Interior Ministry over story {STORY}",
        "source BFM (broadcaster)",
        "source Pierre-Henry Brandet (spokesperson, speaks for Interior Ministry)",
        f"Pierre-Henry Brandet, via BFM: denied: {claim}",
        f"claim in {STORY}: {ONE}",
        f"desk: reported: 14 “{ONE}”",
        f"desk: corrected: {claim}, to 14 “{ONE}”",
        f"holds {claim}",
        f"releases {claim}",
        f"vets a police source on {claim}",
        "Pierre-Henry Brandet speaks for itself",
        f"words {claim} (fr): Un deuxième policier a été tué",
        f"retracts 17 (holds {claim}), mistyped",
    ]
    assert [line.index for line in ledger.log(3, 6)] == [3, 4, 5]


def test_sources_stories_and_grants(room: Newsroom) -> None:
    ledger = room.ledger
    room.say("It was so", Status.REPORTED, "Inès", "22:40", via=["BFM"], story="a-story")
    ledger.amend_source("BFM", SourceKind.ACCOUNT)
    assert [(row.name, str(row.kind), row.group, row.vetted, row.relayer, row.story) for row in ledger.sources()] == [
        ("desk", "desk", None, False, None, None),
        ("Reuters", "agency", None, True, None, None),
        ("a police source", "unnamed", None, False, "Reuters", STORY),
        ("Interior Ministry", "official", None, True, None, None),
        ("BFM", "account", None, False, None, None),
        ("Pierre-Henry Brandet", "spokesperson", "Interior Ministry", True, None, None),
        ("Inès", "witness", None, False, "BFM", "a-story"),
    ]
    assert [(row.name, row.claims) for row in ledger.stories()] == [(STORY, 2), ("a-story", 1)]
    assert [(row.source, row.root, row.scope) for row in ledger.authorities()] == [
        ("Interior Ministry", "Interior Ministry", f"story {STORY}")
    ]
    with pytest.raises(Unclear):
        ledger.authorities(story="nowhere")
    with pytest.raises(Rejected):
        ledger.authorities(claim="Nothing like it at all")


def test_verify_names_each_difference(room: Newsroom) -> None:
    assert room.ledger.verify().ok
    assert room.ledger.verify().size == 17
    tamper(
        room.path,
        "UPDATE tallies SET voices_against = voices_against + 1 WHERE claim = 5",
        "UPDATE entries SET kind = 'hold' WHERE \"index\" = 8",
    )
    found = room.ledger.verify()
    assert not found.ok
    assert {each.where for each in found.findings} >= {"entry 5", "entry 8"}


def test_times_are_shown_in_the_desk_s_zone(room: Newsroom) -> None:
    assert room.ledger.show_time(at("22:57").at) == "2017-04-20 22:57:00 +02:00"
    assert room.ledger.show_time(at("22:57").at, Precision.DAY) == "2017-04-20"
