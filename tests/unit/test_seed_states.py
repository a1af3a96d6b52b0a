"""The claims of the first story, as the resolver sees them: final states, and one claim through the night."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo

import pytest

from ledger.resolver import Clock, Verdict, board, explain, replay, resolve, sentence, timeline
from ledger.vocabulary import State
from tests.ledgers import DESK, Book, at

DESK_LINES = {
    "a shot at police from a car": "21:20",
    "one officer was killed": "21:20",
    "the attacker was shot dead": "21:20",
    "another officer was wounded": "21:25",
    "police search the attacker's home": "23:00",
    "eleven candidates in a debate": "21:20",
    "first round on 23 April": "21:20",
    "campaigning ends on 21 April": "21:20",
    "France on high alert": "21:20",
    "soldiers attacked at the Louvre": "21:20",
    "soldiers attacked at Orly": "21:20",
}
FINAL = dict.fromkeys(DESK_LINES, "confirmed") | {
    "a second officer was killed": "corrected",
    "Islamic State is responsible": "unverified",
    "known to security services": "unverified",
    "a warrant for a second suspect": "unverified",
    "he came from Belgium": "unverified",
    "a second shooting": "denied",
    "a preliminary investigation": "confirmed",
    "a robbery gone wrong": "unverified",
    "near Franklin Roosevelt": "confirmed",
    "shots heard, a body seen": "unverified",
    "terrorist-related": "unverified",
    "a security cabinet meets": "unverified",
    "Fillon wants the campaign cancelled": "unverified",
    "Fillon dropped his outing": "unverified",
}
SECOND = "a second officer was killed"


class Night:
    """The story of 20 April 2017, in the order in which it was said."""

    def __init__(self) -> None:
        self.book = book = Book(opened="21:00")
        story = book.story()
        self.claims = {name: book.claim(story) for name in FINAL}
        kinds = {
            "ministry": "official",
            "police": "official",
            "prosecutor": "official",
            "reuters": "agency",
            "bfm": "broadcaster",
            "islamic state": "party",
            "hollande": "person",
            "fillon": "person",
        }
        self.sources = {name: book.source(kind) for name, kind in kinds.items()} | {"desk": DESK}
        for body in ("ministry", "police", "prosecutor"):
            book.grant(self.sources[body], story=story)
        for name, body in {"brandet": "ministry", "primevert": "police"}.items():
            self.sources[name] = book.source("spokesperson", group=self.sources[body])
        bfm, reuters = self.sources["bfm"], self.sources["reuters"]
        self.sources["ines"] = book.source("witness", relayer=bfm, story=story)
        for name, relayer in {
            "police source": reuters,
            "security source": DESK,
            "belgium source": reuters,
            "shooting source": None,
            "robbery source": None,
        }.items():
            self.sources[name] = book.source("unnamed", relayer=relayer, story=story)
        self._tell()

    def _tell(self) -> None:
        for name, said in DESK_LINES.items():
            self.say(name, "reported", "desk", said)
        self.say("a robbery gone wrong", "reported", "robbery source", "21:45")
        self.say("near Franklin Roosevelt", "confirmed", "primevert", "21:50")
        self.say("shots heard, a body seen", "reported", "ines", "21:55", via="bfm")
        self.say(SECOND, "reported", "police source", "22:30", via="reuters")
        self.say("a second shooting", "reported", "shooting source", "22:40")
        self.say("a preliminary investigation", "confirmed", "prosecutor", "22:45")
        self.say("known to security services", "reported", "security source", "22:50", via="desk")
        self.say(SECOND, "denied", "brandet", "22:57", via="bfm")
        self.say("a second shooting", "denied", "ministry", "23:00")
        one = self.claims["one officer was killed"]
        self.say(SECOND, "corrected", "desk", "23:10", to=one)
        self.say("Fillon wants the campaign cancelled", "reported", "fillon", "23:20")
        self.say("Fillon dropped his outing", "reported", "fillon", "23:20")
        self.say("Islamic State is responsible", "reported", "islamic state", "23:30")
        self.say("a warrant for a second suspect", "reported", "reuters", "23:40")
        self.say("he came from Belgium", "reported", "belgium source", "23:40", via="reuters")
        self.say("terrorist-related", "reported", "hollande", "23:50")
        self.say("a security cabinet meets", "confirmed", "hollande", "23:50")

    def say(self, claim: str, status: str, by: str, said: str, via: str | None = None, to: int | None = None) -> None:
        relayers = (self.sources[via],) if via else ()
        self.book.say(self.claims[claim], status, self.sources[by], relayers, said, to)

    def verdict(self, claim: str, said: str | None = None) -> Verdict:
        fold = replay(self.book.entries, said=at(said) if said else None)
        return resolve(fold, self.claims[claim])


@cache
def night() -> Night:
    """One night for all the tests that only read it."""
    return Night()


@pytest.mark.parametrize("claim", FINAL)
def test_final_state(claim: str) -> None:
    """Every claim of the story ends as the table says; only the desk's and the authorities' are accepted."""
    found = night().verdict(claim)
    assert found.state.value == FINAL[claim]
    assert found.accepted is (FINAL[claim] == "confirmed")
    assert (found.row == 0) is (claim in DESK_LINES or claim == SECOND)


def test_a_second_officer_through_the_night() -> None:
    """At 22:40 unverified, at 23:00 denied, from 23:10 on corrected, with its successor confirmed."""
    states = [night().verdict(SECOND, said).state.value for said in ("22:40", "23:00", "23:10")]
    assert states == ["unverified", "denied", "corrected"]
    denied, final = night().verdict(SECOND, "23:00"), night().verdict(SECOND)
    assert (denied.row, denied.successor) == (3, None)
    assert (final.state, final.accepted) == (State.CORRECTED, False)
    assert (final.ruled, final.computed, final.computed_row) == (State.DENIED, State.DENIED, 3)
    one = night().claims["one officer was killed"]
    assert (final.successor, final.first_target, final.path) == (one, one, (one,))
    assert final.successor_state is State.CONFIRMED


def test_the_second_officer_in_one_sentence() -> None:
    """Denied by the ministry through BFM at 22:57; the police source that loses is named as well."""
    names = {index: name for name, index in night().sources.items()}
    fold = replay(night().book.entries, said=at("23:00"))
    explanation = explain(fold, night().claims[SECOND])
    told = sentence(fold, explanation, names.__getitem__, str, ZoneInfo("UTC"))
    decided, against = told.split("; against: ")
    assert decided == "denied: ministry (authority), through bfm, 22:57"
    assert all(word in against for word in ("police source", "unvetted", "reuters"))
    assert [names[view.root] for view in explanation.dissent] == ["police source"]


def test_the_history_of_the_second_officer() -> None:
    """Each change of its state names the statement that caused it and when it was said."""
    entries, claim = night().book.entries, night().claims[SECOND]
    changes = timeline(entries, claim, clock=Clock.SAID)
    told = [(f"{change.at:%H:%M}", change.before, change.verdict.state.value) for change in changes]
    assert told == [
        ("22:30", None, "unverified"),
        ("22:57", State.UNVERIFIED, "denied"),
        ("23:10", State.DENIED, "corrected"),
    ]
    assert [entries[change.index].body.claim for change in changes] == [claim] * 3


def test_the_board_grows() -> None:
    """As of 21:30 the board lists what the desk's first copy said; at midnight all of it."""
    claims = night().claims
    early = board(replay(night().book.entries, said=at("21:30")))
    assert early == [claims[name] for name, said in DESK_LINES.items() if said < "21:30"]
    assert board(replay(night().book.entries)) == list(claims.values())


def test_the_second_shooting() -> None:
    """Unverified when an unnamed source says it, denied when the ministry does."""
    assert night().verdict("a second shooting", "22:50").state is State.UNVERIFIED
    assert night().verdict("a second shooting", "23:00").state is State.DENIED


def test_a_president_granted_one_claim() -> None:
    """Hollande's word on the cabinet is unverified until the desk grants him authority over this one claim."""
    told = Night()
    assert told.verdict("a security cabinet meets").state is State.UNVERIFIED
    cabinet = told.claims["a security cabinet meets"]
    grant = told.book.grant(told.sources["hollande"], claim=cabinet)
    assert told.verdict("a security cabinet meets").state is State.CONFIRMED
    assert told.verdict("terrorist-related").state is State.UNVERIFIED
    told.book.retract(grant)
    assert told.verdict("a security cabinet meets").state is State.UNVERIFIED
