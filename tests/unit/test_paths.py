"""R5 and R6 in small stories: where a correction leads, and where it leads nowhere."""

from __future__ import annotations

import pytest

from ledger.resolver import Verdict, replay, resolve
from ledger.vocabulary import State, Status
from tests.ledgers import DESK, Book


class Scene:
    """Claims in a row and a ministry with authority over their story; each word is said a minute after the last."""

    def __init__(self, claims: int) -> None:
        self.book = Book()
        self.story = self.book.story()
        self.ministry = self.authority()
        self.claims = [self.book.claim(self.story) for _ in range(claims)]
        self.minute = 13 * 60

    def authority(self) -> int:
        source = self.book.source("official")
        self.book.grant(source, story=self.story)
        return source

    def say(self, claim: int, status: str, to: int | None = None, by: int | None = None) -> None:
        self.minute += 1
        target = None if to is None else self.claims[to]
        speaker = self.ministry if by is None else by
        self.book.say(self.claims[claim], status, speaker, said=self.minute, to=target)

    def found(self, claim: int) -> Verdict:
        return resolve(replay(self.book.entries), self.claims[claim])

    def states(self) -> list[str]:
        return [self.found(number).state.value for number in range(len(self.claims))]

    def path(self, claim: int) -> list[int]:
        return [self.claims.index(each) for each in self.found(claim).path]

    def deny_all(self) -> None:
        """The desk denies every claim, later than all that was said."""
        for claim in self.claims:
            self.book.say(claim, "denied", DESK, said=15 * 60)


def test_a_chain_of_superseded() -> None:
    """Five counts, each superseded by the next: all lead to the last, and each names its first step."""
    scene = Scene(5)
    for number in range(4):
        scene.say(number, "superseded", number + 1)
    assert scene.states() == ["superseded"] * 4 + ["confirmed"]
    for number in range(4):
        assert scene.path(number) == list(range(number + 1, 5))
        found = scene.found(number)
        assert (found.first_target, found.successor) == (scene.claims[number + 1], scene.claims[4])
        assert (found.successor_state, found.accepted) == (State.CONFIRMED, False)


def test_a_chain_of_corrections() -> None:
    """Each correction is corrected in turn by another authority, and denied itself: the end is what stands."""
    scene = Scene(3)
    scene.say(0, "corrected", 1)
    scene.say(1, "corrected", 2)
    assert scene.states() == ["corrected", "corrected", "confirmed"]
    assert scene.path(0) == [1, 2]


@pytest.mark.parametrize("length", [2, 3, 4])
def test_a_circle_of_superseded(length: int) -> None:
    """Different authorities supersede in a circle: every edge of it falls, and each claim is its own end."""
    scene = Scene(length)
    for number in range(length):
        scene.say(number, "superseded", (number + 1) % length, by=scene.authority())
    assert scene.states() == ["confirmed"] * length
    for number in range(length):
        edge = scene.found(number).edge
        assert (edge.status, edge.holds) == (Status.SUPERSEDED, False)
        assert edge.reason
        assert scene.found(number).successor is None


@pytest.mark.parametrize("length", [2, 3, 4])
def test_a_circle_of_corrections(length: int) -> None:
    """Agencies correct each claim to the next, in a circle, and the desk denies them all: none of the edges holds."""
    scene = Scene(length)
    for number in range(length):
        scene.say(number, "corrected", (number + 1) % length, by=scene.book.source("agency"))
    scene.deny_all()
    assert scene.states() == ["denied"] * length
    for number in range(length):
        found = scene.found(number)
        assert (found.edge.status, found.edge.holds) == (Status.CORRECTED, False)
        assert found.edge.to == scene.claims[(number + 1) % length]
        assert found.edge.reason
        assert (found.path, found.successor) == ((), None)


def test_a_claim_that_leads_into_a_circle_of_corrections() -> None:
    """What is corrected to a claim on such a circle is denied and is its own end."""
    scene = Scene(3)
    for number, to in ((0, 1), (1, 2), (2, 1)):
        scene.say(number, "corrected", to, by=scene.book.source("agency"))
    scene.deny_all()
    assert scene.states() == ["denied"] * 3
    assert not scene.found(0).edge.holds
    assert scene.path(0) == []


def test_a_mixed_circle() -> None:
    """Eleven is superseded by twelve, and twelve is corrected to eleven: the superseded edge falls alone."""
    scene = Scene(3)
    scene.say(0, "superseded", 1, by=scene.authority())
    scene.say(1, "superseded", 2, by=scene.book.source("agency"))
    scene.say(2, "corrected", 1)
    edge = scene.found(1).edge
    assert (edge.status, edge.to, edge.holds) == (Status.SUPERSEDED, scene.claims[2], False)
    assert scene.states() == ["superseded", "confirmed", "corrected"]
    assert (scene.path(0), scene.path(2)) == ([1], [1])


def test_a_corrected_end_that_is_denied() -> None:
    """What a correction points to is denied by the desk: the claim stays denied, and the edge is shown beside it."""
    scene = Scene(2)
    scene.say(0, "corrected", 1)
    scene.book.say(scene.claims[1], "denied", DESK, said=15 * 60)
    found = scene.found(0)
    assert (found.state, found.successor, found.path) == (State.DENIED, None, ())
    assert (found.edge.to, found.edge.holds) == (scene.claims[1], False)
    assert found.edge.reason


def test_a_superseded_end_that_is_denied() -> None:
    """An accepted claim stays accepted where what should follow it is denied."""
    scene = Scene(2)
    scene.say(0, "superseded", 1)
    scene.say(1, "denied")
    found = scene.found(0)
    assert (found.state, found.accepted, found.edge.holds) == (State.CONFIRMED, True, False)


def test_a_superseded_end_that_is_withdrawn() -> None:
    """What should follow was withdrawn: nobody stands by it, and the first claim is its own end."""
    scene = Scene(2)
    scene.say(0, "superseded", 1)
    scene.say(1, "withdrawn")
    assert scene.states() == ["confirmed", "retracted"]
    assert not scene.found(0).edge.holds


def test_an_end_that_is_open() -> None:
    """An open end is taken from a claim that is not accepted, never from one that is."""
    scene = Scene(3)
    paper, other = scene.book.source("newspaper"), scene.book.source("newspaper")
    scene.say(0, "superseded", 1, by=paper)  # one vetted voice: unverified, and so is its end
    assert scene.states()[:2] == ["superseded", "unverified"]
    assert scene.found(0).successor_state is State.UNVERIFIED
    scene.say(0, "reported", by=other)  # two of them: corroborated, which an open end does not replace
    assert scene.states()[:2] == ["corroborated", "unverified"]
    assert not scene.found(0).edge.holds
    scene.say(1, "reported", by=other)
    assert scene.states()[:2] == ["superseded", "corroborated"]
    scene.say(1, "denied", by=scene.authority())
    assert scene.states()[:2] == ["corroborated", "disputed"]


def test_a_correction_to_what_is_disputed() -> None:
    """A claim that is not so leads to its correction even while that is disputed."""
    scene = Scene(2)
    scene.say(0, "corrected", 1)
    scene.say(1, "denied", by=scene.authority())
    assert scene.states() == ["corrected", "disputed"]
    assert scene.found(0).successor_state is State.DISPUTED


def test_a_middle_that_holds_not() -> None:
    """Where the middle of a path is its own end, that is where the path before it ends."""
    scene = Scene(3)
    scene.say(0, "superseded", 1)
    scene.say(1, "superseded", 2)
    scene.say(2, "denied")
    assert scene.states() == ["superseded", "confirmed", "denied"]
    assert (scene.path(0), scene.path(1)) == ([1], [])


def test_several_targets() -> None:
    """Two authorities correct to different claims: no edge, and both targets are listed."""
    scene = Scene(3)
    scene.say(0, "corrected", 1)
    scene.say(0, "corrected", 2, by=scene.authority())
    found = scene.found(0)
    assert (found.state, found.edge, found.successor) == (State.DENIED, None, None)
    assert found.targets == (scene.claims[1], scene.claims[2])


def test_two_targets_that_are_the_same() -> None:
    """The two claims turn out to be one: a single target, and the edge holds."""
    scene = Scene(3)
    scene.say(0, "corrected", 1)
    scene.say(0, "corrected", 2, by=scene.authority())
    scene.book.same(scene.claims[1], scene.claims[2])
    assert scene.found(0).path == (scene.claims[2],)
    assert scene.found(0).targets == ()
    assert scene.found(1).claim == scene.claims[2]


def test_the_highest_standing_points() -> None:
    """A newspaper and the ministry correct to different claims: the ministry's is followed, then the desk's."""
    scene = Scene(4)
    scene.say(0, "corrected", 1, by=scene.book.source("newspaper"))
    scene.say(0, "corrected", 2)
    assert (scene.states()[0], scene.path(0)) == ("corrected", [2])
    scene.say(0, "corrected", 3, by=DESK)
    assert (scene.states()[0], scene.path(0)) == ("corrected", [3])


def test_an_unvetted_correction_points_nowhere() -> None:
    """An account's correction, even carried, makes no edge from a claim that others deny."""
    scene = Scene(2)
    account, outlet = scene.book.source("account"), scene.book.source("agency")
    scene.book.say(scene.claims[0], "corrected", account, outlet, said=13 * 60, to=scene.claims[1])
    scene.say(0, "denied")
    assert (scene.states()[0], scene.found(0).edge, scene.found(0).targets) == ("denied", None, ())


def test_a_superseded_word_on_a_denied_claim_points_nowhere() -> None:
    """A newspaper says that it was so and what came next, the authority that it was never so."""
    scene = Scene(2)
    scene.say(0, "superseded", 1, by=scene.book.source("newspaper"))
    scene.say(0, "denied")
    assert (scene.states()[0], scene.found(0).edge) == ("denied", None)


def test_a_correction_from_a_disputed_claim_points_nowhere() -> None:
    """Authorities disagree; the correction of one of them is not followed."""
    scene = Scene(2)
    scene.say(0, "corrected", 1)
    scene.say(0, "reported", by=scene.authority())
    assert (scene.states()[0], scene.found(0).edge) == ("disputed", None)


def test_a_mixed_voice_points_nowhere() -> None:
    """A correction and a report of one root at one time cancel each other."""
    scene = Scene(2)
    scene.say(0, "denied", by=scene.authority())
    scene.book.say(scene.claims[0], "corrected", scene.ministry, said=15 * 60, to=scene.claims[1])
    assert scene.states()[0] == "corrected"
    scene.book.say(scene.claims[0], "reported", scene.ministry, said=15 * 60)
    assert (scene.states()[0], scene.found(0).edge) == ("denied", None)
