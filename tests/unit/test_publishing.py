"""What went out by the clock: the told story of a night, and pieces that are recorded after they went out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.book import AsOf
from ledger.errors import Misused, Rejected
from ledger.vocabulary import Debt, Likeness, Mistake, State, Status
from tests.newsroom import ONE, SECOND, STORY, Newsroom, at
from tests.stored import dump

LIVE, FEED = "https://example.org/live", "https://example.org/claims.csv"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    """At 22:35 Reuters' police source, entry 8, is taken down: claim 5 is unverified."""
    room = Newsroom.founded(tmp_path, "22:00")
    room.clock.set("22:35")
    assert room.say(SECOND, Status.REPORTED, "a police source", "22:30", via=["Reuters"]).index == 8
    yield room
    room.ledger.close()


def test_the_told_story(room: Newsroom, tmp_path: Path) -> None:
    """Out at 22:40, denied at 22:57, looked at at 23:10: owed for 13 minutes, by the denial; settled at 23:12."""
    ledger = room.ledger
    room.clock.set("22:40")
    page = ledger.add_publication(LIVE, claims=[SECOND], title="What we know so far").index
    [file, _], receipt = ledger.publish_csv(tmp_path / "out", FEED, story=STORY)
    bytes_of_the_file = file.read_bytes()
    assert ledger.debts() == []
    room.clock.set("22:57")
    denial = room.say(SECOND, Status.DENIED, "desk", "22:57").index
    room.clock.set("23:10")
    rows = ledger.debts()
    assert [(row.publication, row.reason, row.by, row.seconds) for row in rows] == [
        (page, Debt.WRONG, denial, 13 * 60),
        (receipt.index, Debt.WRONG, denial, 13 * 60),
    ]
    for row in rows:
        assert (row.told, row.told_at, row.state) == (State.UNVERIFIED, at("22:40").at, State.DENIED)
        assert (row.since, row.owed_since) == (at("22:57").at, at("22:57").at)
    room.clock.set("23:12")
    for piece in (page, receipt.index):
        ledger.settle(piece, url="https://example.org/corrections/1")
    assert ledger.debts() == []
    told = ledger.correctives()
    assert [each.settlement.publication for each in told] == [receipt.index, page]
    assert [[row.by for row in each.rows] for each in told] == [[denial], [denial]]
    assert all(each.text.startswith("CORRECTION: ") for each in told)
    assert file.read_bytes() == bytes_of_the_file
    found = ledger.recheck(file)
    assert (found.likeness, found.publications, found.size) == (Likeness.EXACT, (receipt.index,), page + 1)
    assert ledger.verify().findings == ()


def test_a_piece_that_is_recorded_later_rests_on_what_there_was(room: Newsroom) -> None:
    """Out at 22:40, recorded at 23:30, denied in between: it is owed since the denial, and told the claim as it was."""
    room.clock.set("22:57")
    denial = room.say(SECOND, Status.DENIED, "desk", "22:57").index
    room.clock.set("23:30")
    page = room.ledger.add_publication(LIVE, claims=[SECOND], published=at("22:40")).index
    [row] = room.ledger.debts()
    assert (row.publication, row.told, row.by) == (page, State.UNVERIFIED, denial)
    assert (row.told_at, row.owed_since, row.seconds) == (at("22:40").at, at("22:57").at, 33 * 60)
    [piece] = room.ledger.publications()
    assert (piece.size, piece.published, piece.recorded) == (denial, at("22:40").at, at("23:30").at)


def test_a_claim_of_later_cannot_have_been_told(room: Newsroom) -> None:
    room.clock.set("23:00")
    room.say(ONE, Status.REPORTED, "AFP", "22:50")
    before = dump(room.path)
    with pytest.raises(Rejected) as refused:
        room.ledger.add_publication(LIVE, claims=[ONE], published=at("22:40"))
    assert {each.where for each in refused.value.problems} == {"claims"}
    with pytest.raises(Misused, match="nothing was recorded by then"):
        room.ledger.add_publication(LIVE, claims=[SECOND], published=at("21:00"))
    assert dump(room.path) == before


def test_of_a_story_recorded_later_only_what_was_there_is_told(room: Newsroom) -> None:
    room.clock.set("23:00")
    room.say(ONE, Status.REPORTED, "AFP", "22:50")
    room.ledger.add_publication("the 22:40 bulletin", story=STORY, published=at("22:40"))
    assert [row.told for row in room.ledger.publications()] == [1]
    room.say(ONE, Status.DENIED, "desk", "23:00")
    assert room.ledger.debts() == []


def test_a_piece_as_of_what_was_known(room: Newsroom) -> None:
    """Written at 22:40 on eight entries, out after the denial was there: owed since it went out."""
    size = room.ledger.size
    room.clock.set("22:57")
    room.say(SECOND, Status.DENIED, "desk", "22:57")
    room.clock.set("23:00")
    room.ledger.add_publication(LIVE, claims=[SECOND], as_of=AsOf(size, None))
    room.clock.set("23:05")
    [row] = room.ledger.debts()
    assert (row.owed_since, row.seconds) == (at("23:00").at, 5 * 60)


def test_a_new_recorder_is_not_what_it_rests_on(room: Newsroom) -> None:
    """Zoë's own entry comes first in the same act; the piece rests on what was there before her."""
    size = room.ledger.size
    with room.reopened("Zoë") as ledger:
        page = ledger.add_publication(LIVE, claims=[SECOND]).index
        assert (page, ledger.publications()[0].size) == (size + 1, size)
        assert ledger.debts() == []
        assert ledger.verify().findings == ()


def test_a_corrective_of_before_the_next_change_settles_no_more_than_it_told(room: Newsroom) -> None:
    """Denied at 22:57, corrective at 23:00, restored at 23:10; the corrective is recorded at 23:20, with its time."""
    page = room.ledger.add_publication(LIVE, claims=[SECOND]).index
    room.clock.set("22:57")
    denial = room.say(SECOND, Status.DENIED, "desk", "22:57").index
    room.clock.set("23:10")
    restored = room.ledger.retract(denial, Mistake.MISHEARD).index
    room.clock.set("23:20")
    assert room.ledger.debts() == [], "what it told holds again"
    settled = room.ledger.settle(page, url="https://example.org/corrections/1", published=at("23:00")).index
    [row] = room.ledger.debts()
    assert (row.told_by, row.told, row.told_at) == (settled, State.DENIED, at("23:00").at)
    assert (row.state, row.by, row.owed_since) == (State.UNVERIFIED, restored, at("23:10").at)


def test_a_short_debt_lasts_less_than_nothing_nowhere(room: Newsroom) -> None:
    """The clock of this machine stands before that of the last entry: it is owed for no time, not for less."""
    room.ledger.add_publication(LIVE, claims=[SECOND])
    room.say(SECOND, Status.DENIED, "desk", "22:35")
    room.clock.now -= timedelta(hours=1)
    assert [row.seconds for row in room.ledger.debts()] == [0]
