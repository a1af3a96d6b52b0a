"""The feed of changes: what is in it, what never is, and what stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest

from ledger.book.feeds import Channel, corrections_feed
from ledger.errors import LedgerError, Misused
from ledger.formats.atom import Feed, write
from ledger.vocabulary import Mistake, Status
from tests.golden.feeds.example import ARABIC, CORRECTIVES, HELD, URL, corrective, night
from tests.newsroom import ONE, SECOND, STORY, Newsroom, at
from tests.shell import Shell


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    made = night(tmp_path)
    yield made
    made.ledger.close()


def titles(feed: Feed, text: str = "") -> list[str]:
    return [entry.title for entry in feed.entries if text in entry.title]


def first_line(feed: Feed) -> str:
    return feed.entries[0].summary.splitlines()[0]


def test_somebody_elses_parser_reads_every_field(room: Newsroom) -> None:
    feed = room.ledger.changes_feed(url=URL)
    read = feedparser.parse(write(feed).encode("utf-8"), sanitize_html=False)
    assert read.bozo is False
    assert (read.feed.id, read.feed.title) == (feed.id, feed.title)
    assert [
        (entry.id, entry.title, entry.summary, entry.link, tuple(tag.term for tag in entry.tags))
        for entry in read.entries
    ] == [(entry.id, entry.title, entry.summary, entry.link, entry.categories) for entry in feed.entries]


def test_a_held_claim_is_nowhere_in_it(room: Newsroom) -> None:
    written = write(room.ledger.changes_feed(url=URL))
    assert HELD not in written and "claim/23.html" not in written


def test_what_happened_while_a_claim_was_held_is_told_by_its_release(room: Newsroom) -> None:
    """AFP reports, hold, AFP denies, Reuters denies, release: one change, by the release; later ones as usual."""
    room.say(HELD, Status.DENIED, "AFP", "23:31")
    room.say(HELD, Status.DENIED, "Reuters", "23:32")
    assert titles(room.ledger.changes_feed(), HELD) == []
    room.ledger.release(HELD)
    feed = room.ledger.changes_feed()
    assert titles(feed, HELD) == [f"denied: {HELD}", f"unverified: {HELD}"]
    assert first_line(feed) == "From unverified to denied."
    assert f"By entry {room.ledger.size - 1}: releases " in feed.entries[0].summary
    room.ledger.hold(HELD)
    room.ledger.release(HELD)
    assert room.ledger.changes_feed() == feed


def test_the_text_of_a_held_claim_is_not_told_where_another_leads_to_it(room: Newsroom) -> None:
    room.say(ARABIC, Status.CORRECTED, "AFP", "23:33", to=HELD)
    written = write(room.ledger.changes_feed())
    assert f"corrected: {ARABIC}" in written
    assert "“[withheld]”" in written and HELD not in written


def test_ids_are_unique_and_stay_when_the_ledger_grows(room: Newsroom) -> None:
    before = room.ledger.changes_feed(url=URL)
    ids = [entry.id for entry in before.entries]
    assert len(set(ids)) == len(ids) == 6
    room.say(SECOND, Status.CONFIRMED, "Interior Ministry", "23:41")
    room.say(ARABIC, Status.DENIED, "Reuters", "23:42")
    after = room.ledger.changes_feed(url=URL)
    assert after.entries[-6:] == before.entries
    assert len({entry.id for entry in after.entries}) == len(after.entries) > 6


def test_a_mistake_that_is_taken_back_leaves_the_claim_unlisted(room: Newsroom) -> None:
    room.ledger.retract(19, Mistake.MISHEARD)
    feed = room.ledger.changes_feed()
    assert feed.entries[0].title == f"no longer listed: {ARABIC}"
    assert feed.entries[0].categories == ("no longer listed", STORY)
    assert feed.entries[0].summary.splitlines() == [
        "From unverified to no longer listed.",
        f"By entry {room.ledger.size - 1}: retracts 19 (AFP: reported: 17 “{ARABIC}”), misheard.",
        "Recorded 2017-04-20 23:40:00 +02:00.",
    ]


def test_a_claim_that_counts_under_another_says_so_once(room: Newsroom) -> None:
    room.ledger.same(ARABIC, SECOND)
    feed = room.ledger.changes_feed()
    assert feed.entries[0].title == f"corrected: {ARABIC}"
    assert feed.entries[0].summary.splitlines()[:2] == [
        "From unverified to corrected.",
        f"Counts under claim 5 “{SECOND}” from here on.",
    ]
    room.ledger.retract(16, Mistake.MISTYPED)
    assert len(titles(room.ledger.changes_feed(), ARABIC)) == 2


def test_the_same_state_with_another_end(room: Newsroom) -> None:
    """Corrected to one claim; that one is corrected to another."""
    room.say(ONE, Status.CORRECTED, "desk", "23:41", to=ARABIC)
    feed = room.ledger.changes_feed()
    again = next(entry for entry in feed.entries if SECOND in entry.title)
    assert again.title == f"corrected: {SECOND}"
    assert again.summary.splitlines()[0] == "Still corrected, and leads elsewhere."
    assert f"Instead: claim 17 “{ARABIC}”" in again.summary


def test_one_story_and_a_limit(room: Newsroom) -> None:
    room.say("Elsewhere it rained", Status.REPORTED, "AFP", "23:35", story="rain")
    every, one = room.ledger.changes_feed(), room.ledger.changes_feed(story=STORY)
    assert [entry.title for entry in one.entries] == titles(every)[1:]
    assert one.entries == every.entries[1:]
    assert (every.id, one.id) == (
        "tag:example.org,2017-04-20:/newsroom:changes",
        "tag:example.org,2017-04-20:/newsroom:changes:story:4",
    )
    assert room.ledger.changes_feed(limit=2).entries == every.entries[:2]
    assert room.ledger.changes_feed(story="rain", limit=1).entries == every.entries[:1]


def test_a_ledger_that_is_new(tmp_path: Path) -> None:
    room = Newsroom.founded(tmp_path, opened="21:00")
    with room.ledger as ledger:
        feed = ledger.changes_feed()
    assert feed.entries == () and feed.updated == at("21:00").at


@pytest.mark.parametrize(
    "url",
    ["", "example.org", "ftp://example.org/", "https://", "https://[::1", "https://example.org/?a=1", "http://a b/"],
)
def test_an_address_that_is_none_is_refused(room: Newsroom, url: str) -> None:
    with pytest.raises(Misused, match="is no address of a website"):
        room.ledger.changes_feed(url=url)


@pytest.mark.parametrize("given", [{"limit": 0}, {"limit": -1}, {"story": "nowhere"}])
def test_what_cannot_be_is_refused(room: Newsroom, given: dict[str, object]) -> None:
    with pytest.raises(LedgerError):
        room.ledger.changes_feed(**given)  # type: ignore[arg-type]


def test_the_newest_correctives_come_first_and_no_more_than_asked() -> None:
    to = Channel("example.org/newsroom", at("21:00").at)
    feed = corrections_feed([*CORRECTIVES, corrective(3, "Old", "Wrong.", at("21:10").at)], to, 2, "corrections.atom")
    assert [entry.id.rpartition(":")[2] for entry in feed.entries] == ["24", "21"]
    assert feed.updated == CORRECTIVES[1].settlement.published


# The command


def test_the_command_writes_the_feed_under_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(tmp_path, monkeypatch).night()
    assert shell.ok("export", "atom", "out/new.atom", "--url", URL).out == "out/new.atom: 1 change\n"
    read = feedparser.parse((tmp_path / "out" / "new.atom").read_bytes())
    assert read.bozo is False
    assert {link.href for link in read.feed.links} == {f"{URL}/new.atom", f"{URL}/"}
    assert shell.ok("export", "atom", "out/new.atom", "--json").json == {"wrote": ["out/new.atom"], "entries": 1}
    before = (tmp_path / "out" / "new.atom").read_bytes()
    shell.ok("export", "atom", "out/new.atom")
    assert (tmp_path / "out" / "new.atom").read_bytes() == before


def test_the_command_refuses_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(tmp_path, monkeypatch).night()
    assert "is no address of a website" in shell.refused(2, "export", "atom", "a.atom", "--url", "nonsense")
    assert not (tmp_path / "a.atom").exists()
    (tmp_path / "folder").mkdir()
    assert "cannot be written" in shell.refused(3, "export", "atom", "folder")
