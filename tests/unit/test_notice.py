"""The corrective, drafted: each docstring is what happened after it went out, the assertions what readers are told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.vocabulary import Mistake, Part, Status
from tests.newsroom import ONE, SECOND, Newsroom

URL = "https://example.org/live"
CLAIM, OUT = 5, 7
TOLD = f"On 2017-04-20 22:40 +02:00 we reported as confirmed: “{SECOND}”."


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    """At 22:10 the desk confirms claim 5, at 22:40 the live page, entry 7, tells of it; it is 22:57 now."""
    room = Newsroom.founded(tmp_path, "22:00")
    room.clock.set("22:40")
    assert room.say(SECOND, Status.CONFIRMED, "desk", "22:10").claim == CLAIM
    assert room.ledger.add_publication(URL, claims=[CLAIM], title="What we know").index == OUT
    room.clock.set("22:57")
    yield room
    room.ledger.close()


def told(room: Newsroom) -> list[str]:
    """The lines of the one corrective, blank ones apart."""
    [found] = room.ledger.notices()
    assert (found.publication, found.name, found.claims, found.size) == (OUT, URL, (CLAIM,), room.ledger.size)
    first, *lines, last = [line for line in found.text.split("\n") if line]
    assert first.partition(": ")[2] == f"“What we know”, {URL}"
    assert last == f"This rests on the first {found.size} entries of the ledger example.org/newsroom."
    return [first.partition(": ")[0], *lines]


def test_it_is_denied(room: Newsroom) -> None:
    """The desk denies it at 22:57."""
    by = room.say(CLAIM, Status.DENIED, "desk", "22:57").index
    assert told(room) == [
        "CORRECTION",
        TOLD,
        "That was wrong. It is denied.",
        f"Recorded on 2017-04-20 22:57 +02:00, as entry {by}. On the word of: desk, 22:57.",
    ]


def test_it_was_our_own_mistake(room: Newsroom) -> None:
    """The only entry on it is retracted: nobody is quoted for that."""
    by = room.ledger.retract(6, Mistake.MISTYPED).index
    assert told(room) == [
        "CORRECTION",
        TOLD,
        "Nobody says it: we recorded it by mistake.",
        f"Recorded on 2017-04-20 22:57 +02:00, as entry {by}.",
    ]


def test_it_is_corrected_to_another(room: Newsroom) -> None:
    room.say(CLAIM, Status.CORRECTED, "desk", "22:57", to=ONE)
    assert told(room)[2] == f"That was wrong. What is right: “{ONE}” (confirmed)."


def test_it_was_so_when_it_was_said(room: Newsroom) -> None:
    room.say(CLAIM, Status.SUPERSEDED, "desk", "22:57", to=ONE)
    kind, _, what, _ = told(room)
    assert kind == "UPDATE"
    assert what == f"It was so when it was said, and is so no longer. What is so now: “{ONE}” (confirmed)."


def test_what_is_held_is_not_said_again(room: Newsroom) -> None:
    """Held at 22:57, denied at 23:10: it is withheld since 22:57, and nothing of it is repeated."""
    room.ledger.hold(CLAIM)
    room.clock.set("23:10")
    room.say(CLAIM, Status.DENIED, "desk", "23:10")
    _, line = told(room)
    assert (
        line == f"A statement in this piece (claim {CLAIM}) is withheld by this newsroom since 2017-04-20 22:57 +02:00."
    )
    assert SECOND not in room.ledger.notices()[0].text


def test_what_went_out_held_is_not_said_again_either(room: Newsroom) -> None:
    """It was told with the hold on it; nobody is told since when."""
    room.ledger.hold(CLAIM)
    room.ledger.retract(OUT, Mistake.OTHER)
    room.ledger.add_publication("the inner circle", claims=[CLAIM])
    room.say(CLAIM, Status.DENIED, "desk", "22:57")
    [found] = room.ledger.notices()
    assert f"A statement in this piece (claim {CLAIM}) is withheld by this newsroom." in found.text
    assert SECOND not in found.text


def test_words_were_removed_and_then_the_state_changed(room: Newsroom) -> None:
    """Redacted at 22:57, doubted at 23:10: the entry that is named for the state is that of the doubt."""
    room.ledger.redact(CLAIM, "Tribunal de Paris")
    room.clock.set("23:10")
    by = room.say(CLAIM, Status.SUPERSEDED, "desk", "23:10", to=ONE).index
    kind, removed, what, _, recorded = told(room)
    assert kind == "UPDATE"
    assert removed == f"Words about claim {CLAIM} were removed from our record under an order: they are to go."
    assert what.startswith("On 2017-04-20 22:40 +02:00 we reported as confirmed: “[redacted")
    assert recorded.startswith(f"Recorded on 2017-04-20 23:10 +02:00, as entry {by}. ")


def test_it_is_worded_anew(room: Newsroom) -> None:
    room.ledger.wording(CLAIM, "A second officer was killed")
    assert told(room) == ["UPDATE", f"We wrote: “{SECOND}”. It should read: “A second officer was killed”."]


def test_what_the_last_corrective_told_is_what_is_wrong_now(room: Newsroom) -> None:
    """Denied, settled at 22:57, and confirmed again at 23:10: its readers were told last that it is denied."""
    room.say(CLAIM, Status.DENIED, "desk", "22:57")
    room.ledger.settle(OUT, note="on air")
    assert room.ledger.notices() == []
    room.clock.set("23:10")
    room.say(CLAIM, Status.CONFIRMED, "desk", "23:05")
    assert told(room)[1:3] == [
        f"On 2017-04-20 22:57 +02:00 we reported as denied: “{SECOND}”.",
        "That was wrong. It is confirmed.",
    ]


def test_a_piece_whose_address_is_gone_is_named_by_its_title(room: Newsroom) -> None:
    room.ledger.redact(OUT, "Tribunal de Paris", parts=[Part.URL])
    room.say(CLAIM, Status.DENIED, "desk", "22:57")
    [found] = room.ledger.notices()
    assert found.text.startswith("CORRECTION: “What we know”, [redacted")
    assert URL not in found.text
