"""The seed story: it reads without a problem, loses no sentence of the report, and resolves as it should."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ledger.errors import Problem
from ledger.formats.rows import Row, read_rows
from ledger.resolver import replay, resolve
from ledger.text import flaws, fold, slug_flaws
from ledger.vocabulary import Kind, Part, State, Status
from tests.ledgers import DESK, Book

SEEDS = Path(__file__).parents[2] / "seeds"
STORY = "champs-elysees-2017-04-20"
SECOND = "A second police officer was killed"
FIRST = "One police officer was killed"
SHOT = (
    "An attacker got out of a car at a red light on the Champs-Élysées and fired at police with an AK-47 assault rifle"
)
DEAD = "The attacker was shot dead"
WOUNDED = "Another police officer was wounded"
RESPONSIBLE = "Islamic State is responsible for the attack"
SEARCH = "The attacker's home is being searched"
KNOWN = "The attacker was known to the security services"
WARRANT = "An arrest warrant is out for a second suspect"
BELGIUM = "The second suspect came from Belgium on 20 April 2017"
INCIDENT = "There was a second shooting that evening"
INQUIRY = "The counter-terror office has a preliminary investigation under way"
ROBBERY = "The attack was an armed robbery gone wrong"
AIM = "The attacker aimed at police posted near the Franklin D. Roosevelt metro station"
INES = "Shots were heard, a man lay on the ground and police cleared the area"
TERROR = "The shooting was an act of terrorism"
CABINET = "A security cabinet meets on the morning of 21 April 2017"
CANCEL = "François Fillon asks that campaigning be called off"
OUTING = "François Fillon will not make the outing that he had planned for 21 April 2017"
DEBATE = "The eleven presidential candidates were debating on live television as the attack happened"
SUNDAY = "The first round of the presidential election is on Sunday 23 April 2017"
FRIDAY = "The campaign for the first round was to end on Friday 21 April 2017"
ALERT = "France was under a heightened alert because of the attacks of the past few years"
LOUVRE = "Soldiers on guard were attacked at the Louvre in February 2017"
ORLY = "Soldiers on guard were attacked at Orly airport in March 2017"

SENTENCES = {
    1: ("an officer and a gunman dead", [FIRST, DEAD]),
    2: ("who claims the attack, and where", [RESPONSIBLE, SHOT]),
    3: ("how it began", [SHOT]),
    4: ("an officer and the gunman, again", [FIRST, DEAD]),
    5: ("a wounded officer", [WOUNDED]),
    6: ("no second death", [SECOND]),
    7: ("the search, the record", [SEARCH, KNOWN]),
    8: ("the second suspect", [WARRANT, BELGIUM]),
    9: ("no second incident", [INCIDENT]),
    10: ("the inquiry, the robbery", [INQUIRY, ROBBERY]),
    11: ("the police on the target", [AIM]),
    12: ("the witness", [INES]),
    13: ("the president's word and plan", [TERROR, CABINET]),
    14: ("days before the vote", [SUNDAY]),
    15: ("the debate", [DEBATE]),
    16: ("the candidate's call", [CANCEL]),
    17: ("the candidate's outing", [OUTING]),
    18: ("the vote, the end of the campaign", [SUNDAY, FRIDAY]),
    19: ("the alert", [ALERT]),
    20: ("the earlier attacks", [LOUVRE, ORLY]),
}
CONFIRMED_BY_DESK = {SHOT, FIRST, DEAD, WOUNDED, SEARCH, DEBATE, SUNDAY, FRIDAY, ALERT, LOUVRE, ORLY}
UNVERIFIED = {RESPONSIBLE, KNOWN, WARRANT, BELGIUM, ROBBERY, INES, TERROR, CANCEL, OUTING}
FINAL = {
    **dict.fromkeys(CONFIRMED_BY_DESK, (State.CONFIRMED, 0)),
    **dict.fromkeys(UNVERIFIED, (State.UNVERIFIED, 7)),
    **dict.fromkeys((INQUIRY, AIM, CABINET), (State.CONFIRMED, 2)),
    INCIDENT: (State.DENIED, 3),
    SECOND: (State.CORRECTED, 0),
}


def rows() -> list[Row]:
    with (SEEDS / f"{STORY}.csv").open(encoding="utf-8", errors="surrogateescape", newline="") as lines:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        found = list(read_rows(lines, zone=ZoneInfo("Europe/Paris"), now=now))
    assert [str(each) for each in found if isinstance(each, Problem)] == []
    return found


class Loaded:
    """The seed as entries: names to indexes, sources and claims made where they first stand."""

    def __init__(self, rows: list[Row]) -> None:
        self.book = Book(opened="18:00")
        self.story = 0
        self.sources: dict[tuple[str, int | None], int] = {("desk", None): DESK}
        self.claims: dict[str, int] = {}
        for row in rows:
            self.take(row)

    def take(self, row: Row) -> None:
        if row.kind is Kind.STORY:
            self.story = self.book.story()
        elif row.kind is Kind.SOURCE:
            self.source(row.source, row.source_kind, group=row.group)
        elif row.kind is Kind.AUTHORITY and row.text is None:
            self.book.grant(self.source(row.source), story=self.story)
        elif row.kind is Kind.AUTHORITY:
            self.book.grant(self.source(row.source), claim=self.claims[row.text])
        else:
            self.state(row)

    def state(self, row: Row) -> None:
        via = [self.source(name) for name in row.via]
        speaker = self.source(row.source, row.source_kind, relayer=via[0] if via else None)
        if row.text not in self.claims:
            self.claims[row.text] = self.book.claim(self.story)
        to = None if row.to_text is None else self.claims[row.to_text]
        self.book.say(self.claims[row.text], row.status, speaker, via, row.said.at, to)

    def source(self, name, kind=None, group=None, relayer=None) -> int:
        apart = kind is not None and kind.told_apart_by_relayer
        identity = (name, relayer if apart else None)
        if identity not in self.sources:
            body = None if group is None else self.source(group)
            here = self.story if apart else None
            self.sources[identity] = self.book.source(kind, body, relayer if apart else None, here)
        return self.sources[identity]

    def states(self, said=None, size=None) -> dict[str, State]:
        fold = replay(self.book.entries[:size], said=said)
        known = {text: claim for text, claim in self.claims.items() if size is None or claim < size}
        return {text: resolve(fold, claim).state for text, claim in known.items()}


def test_every_claim_ends_as_it_should():
    loaded = Loaded(rows())
    fold = replay(loaded.book.entries)
    found = {text: resolve(fold, claim) for text, claim in loaded.claims.items()}
    assert {text: (verdict.state, verdict.row) for text, verdict in found.items()} == FINAL
    assert found[SECOND].successor == loaded.claims[FIRST]
    assert found[SECOND].successor_state is State.CONFIRMED
    assert found[SECOND].computed is State.DENIED


@pytest.mark.parametrize(
    ("clock", "state"), [("22:40", State.UNVERIFIED), ("23:00", State.DENIED), ("23:10", State.CORRECTED)]
)
def test_the_second_officer_as_said(clock, state):
    said = datetime.fromisoformat(f"2017-04-20T{clock}:00+02:00").astimezone(UTC)
    assert Loaded(rows()).states(said)[SECOND] is state


def test_the_last_act_grants_the_president_his_own_meeting():
    loaded = Loaded(rows())
    assert loaded.states(size=len(loaded.book.entries) - 1)[CABINET] is State.UNVERIFIED
    assert loaded.states()[CABINET] is State.CONFIRMED
    assert loaded.states()[TERROR] is State.UNVERIFIED


def test_no_sentence_of_the_report_is_lost():
    told = {row.text for row in rows() if row.kind is Kind.STATEMENT}
    assert list(SENTENCES) == list(range(1, 21))
    assert {text for _, claims in SENTENCES.values() for text in claims} == told == FINAL.keys()


def test_claims_and_names_may_be_stored_and_differ():
    found = rows()
    for row in found:
        assert row.text is None or flaws(Part.TEXT, row.text) == []
        assert row.note is None or flaws(Part.NOTE, row.note) == []
        for name in (row.source, row.group, *row.via):
            assert name is None or flaws(Part.NAME, name) == []
    assert slug_flaws(STORY) == []
    assert {row.story for row in found} == {STORY, None}
    texts = {row.text for row in found if row.text}
    assert len({fold(text) for text in texts}) == len(texts)


def test_every_statement_has_its_time_with_offset_and_says_how_well_it_is_known():
    statements = [row for row in rows() if row.kind is Kind.STATEMENT]
    known = [row for row in statements if row.note == "clock time known from public coverage"]
    assert [(row.source, row.said.at.strftime("%H:%M")) for row in known] == [("Pierre-Henry Brandet", "20:57")]
    assert {row.note for row in statements if row not in known} == {"clock time approximate"}
    text = (SEEDS / f"{STORY}.csv").read_text(encoding="utf-8")
    assert text.count("+02:00") == len(statements)


def test_the_rows_stand_in_the_order_in_which_they_were_taken_down():
    said = [row.said.at for row in rows() if row.kind is Kind.STATEMENT]
    assert said == sorted(said)


def test_sources_are_told_before_they_are_needed():
    known = {"desk"}
    for row in rows():
        if row.source_kind is not None:
            known.add(row.source)
        assert {row.source, row.group, *row.via} - {None} <= known
        assert row.status is not Status.CORRECTED or row.to_text is not None
