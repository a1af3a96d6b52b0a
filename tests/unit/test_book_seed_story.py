"""The night of the first ledger, word by word through the façade, with the state that every claim ends in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.book import AsOf
from ledger.vocabulary import SourceKind, Status
from tests.newsroom import STORY, Newsroom

SECOND = "A second officer was killed"
ONE = "One police officer was killed"
INCIDENT = "A second shooting incident took place"
CABINET = "A security cabinet meets on 21 April in the morning"
UNNAMED, OFFICIAL = SourceKind.UNNAMED, SourceKind.OFFICIAL
KINDS = {
    "a police source": UNNAMED,
    "a source": UNNAMED,
    "a Reuters source": UNNAMED,
    "a passer-by": UNNAMED,
    "a caller": UNNAMED,
    "Pierre-Henry Brandet": SourceKind.SPOKESPERSON,
    "Johanna Primevert": SourceKind.SPOKESPERSON,
    "Interior Ministry": OFFICIAL,
    "Paris police": OFFICIAL,
    "Paris prosecutor": OFFICIAL,
    "Islamic State": SourceKind.PARTY,
    "Reuters": SourceKind.AGENCY,
    "BFM": SourceKind.BROADCASTER,
    "Ines": SourceKind.WITNESS,
    "Francois Hollande": SourceKind.PERSON,
    "Francois Fillon": SourceKind.PERSON,
}
GROUPS = {"Pierre-Henry Brandet": "Interior Ministry", "Johanna Primevert": "Paris police"}

# claim, said, chain, status, final state (None: another row of the same claim says it)
ROWS: list[tuple[str, str, str, str, str | None]] = [
    ("Police were shot at on the Champs-Elysees with an assault rifle", "21:20", "desk", "reported", "confirmed"),
    (ONE, "21:20", "desk", "reported", "confirmed"),
    ("The attacker was shot dead", "21:20", "desk", "reported", "confirmed"),
    ("Another officer was wounded", "21:25", "desk", "reported", "confirmed"),
    (SECOND, "22:30", "a police source via Reuters", "reported", None),
    (SECOND, "22:57", "Pierre-Henry Brandet via BFM", "denied", None),
    (SECOND, "23:10", "desk", "corrected", "corrected"),
    ("Islamic State is responsible for the attack", "23:30", "Islamic State", "reported", "unverified"),
    ("Police are searching the attacker's home", "23:00", "desk", "reported", "confirmed"),
    ("The attacker was known to security services", "22:50", "a source via desk", "reported", "unverified"),
    ("An arrest warrant is out for a second suspect", "23:40", "Reuters", "reported", "unverified"),
    ("The suspect came from Belgium that day", "23:40", "a Reuters source via Reuters", "reported", "unverified"),
    (INCIDENT, "22:40", "a caller", "reported", None),
    (INCIDENT, "23:00", "Interior Ministry", "denied", "denied"),
    ("A preliminary investigation is open", "22:45", "Paris prosecutor", "confirmed", "confirmed"),
    ("The attack was an armed robbery gone wrong", "21:45", "a passer-by", "reported", "unverified"),
    ("He aimed at police near Franklin Roosevelt station", "21:50", "Johanna Primevert", "confirmed", "confirmed"),
    ("Shots were heard, a body seen, the area evacuated", "21:55", "Ines via BFM", "reported", "unverified"),
    ("The shooting was terrorist-related", "23:50", "Francois Hollande", "reported", "unverified"),
    (CABINET, "23:50", "Francois Hollande", "confirmed", "confirmed"),
    ("Fillon has called for the campaign to be cancelled", "23:20", "Francois Fillon", "reported", "unverified"),
    ("Fillon has dropped his outing of 21 April", "23:20", "Francois Fillon", "reported", "unverified"),
    ("All eleven candidates were in a televised debate", "21:20", "desk", "reported", "confirmed"),
    ("The first round of the election is on 23 April", "21:20", "desk", "reported", "confirmed"),
    ("Campaigning was to be wrapped up on 21 April", "21:20", "desk", "reported", "confirmed"),
    ("France is on high alert after several attacks", "21:20", "desk", "reported", "confirmed"),
    ("Soldiers were attacked at the Louvre in February 2017", "21:20", "desk", "reported", "confirmed"),
    ("Soldiers were attacked at Orly airport in March 2017", "21:20", "desk", "reported", "confirmed"),
]
FINAL = {claim: state for claim, *_, state in ROWS if state is not None}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """Everything recorded shortly before midnight, the grants early on, Hollande's over the cabinet last."""
    made = Newsroom.founded(tmp_path_factory.mktemp("night"), opened="23:55")
    ledger = made.ledger
    for body in ("Interior Ministry", "Paris police", "Paris prosecutor"):
        ledger.add_source(body, OFFICIAL)
    for claim, said, chain, status, _ in ROWS:
        by, _, via = chain.partition(" via ")
        known = {row.name for row in ledger.sources()}
        made.say(
            claim,
            Status(status),
            by,
            said,
            via=[via] if via else [],
            via_kinds=[KINDS[via]] if via and via not in known else [],
            by_kind=KINDS.get(by),
            by_group=GROUPS.get(by),
            to=ONE if status == "corrected" else None,
        )
        if not ledger.authorities():
            for body in ("Interior Ministry", "Paris police", "Paris prosecutor"):
                ledger.grant(body, story=STORY)
    assert made.state(CABINET) == "unverified", "nobody has granted him authority yet"
    assert ledger.grant("Francois Hollande", claim=CABINET).state == "confirmed"
    yield made
    ledger.close()


def test_every_claim_of_the_night_ends_where_the_table_says(room: Newsroom) -> None:
    board = {row.text: row for row in room.ledger.board(story=STORY)}
    assert {text: str(row.state) for text, row in board.items()} == FINAL
    assert len(board) == 25
    second = board[SECOND]
    assert (second.successor_text, second.successor_state) == (ONE, "confirmed")
    accepted = {text for text, row in board.items() if row.accepted}
    assert accepted == {text for text, state in FINAL.items() if state == "confirmed"}
    assert not any(row.held for row in board.values())
    desk = {claim for claim, _, chain, status, _ in ROWS if chain == "desk" and status == "reported"}
    assert {text for text, row in board.items() if row.row == 0} == desk | {SECOND}
    assert all(board[text].because.startswith("confirmed by the desk: desk, ") for text in desk)
    assert room.ledger.verify().ok


@pytest.mark.parametrize(
    ("said", "state"),
    [("22:29", None), ("22:40", "unverified"), ("22:56", "unverified"), ("23:00", "denied"), ("23:10", "corrected")],
)
def test_the_three_boards_of_the_night(room: Newsroom, said: str, state: str | None) -> None:
    as_of = room.ledger.as_of(said=f"2017-04-20 {said}")
    board = {row.text: str(row.state) for row in room.ledger.board(as_of=as_of)}
    assert board.get(SECOND) == state
    assert set(board) == {claim for claim, at, *_ in ROWS if at <= said}


def test_the_replay_of_the_second_officer(room: Newsroom) -> None:
    told = [(str(line.state), line.because) for line in room.ledger.history(SECOND)]
    assert [state for state, _ in told] == ["unverified", "denied", "corrected"]
    assert told[0][1] == "a police source, via Reuters: reported"
    assert told[1][1] == "Pierre-Henry Brandet, via BFM: denied"


def test_the_grant_over_the_cabinet_reaches_nothing_else(room: Newsroom) -> None:
    """Asked for what was known one entry earlier, the cabinet was unverified; no other claim differs."""
    found = room.ledger.diff(AsOf(known=room.ledger.size - 1), AsOf())
    assert [(each.text, str(each.before), str(each.after)) for each in found] == [(CABINET, "unverified", "confirmed")]
