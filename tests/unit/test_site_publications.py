"""What went out and what is owed for it, on the page of corrections and in the feeds beside the pages."""

from __future__ import annotations

from pathlib import Path

import feedparser
import pytest
from frictionless import Package

from ledger.vocabulary import Debt
from tests.publications import files
from tests.shell import SECOND, Shell
from tests.sites import Page

URL = "https://gazette.example/claims/"
MENDED = "https://gazette.example/corrections/1"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The claim went out; then two agencies denied it."""
    monkeypatch.setenv("CLAIMS_KEYS", str(tmp_path / "keys"))
    shell = Shell(tmp_path, monkeypatch).night()
    shell.ok("key", "new")
    shell.ok("publication", "add", "front page", "--claim", "5")
    for minute, agency in enumerate(("AFP", "dpa")):
        shell.ok("deny", "5", "--by", agency, "--by-kind", "agency", "--said", f"2017-04-20 22:5{minute}")
    shell.ok("publish", "pub", "--site", "--url", URL, "--licence", "CC-BY-4.0")
    return shell


def words(desk: Shell) -> str:
    return " ".join(Page(desk.folder / "pub" / "corrections.html").text.split())


def test_what_is_owed_stands_there_until_it_is_settled(desk: Shell) -> None:
    told = words(desk)
    assert "No corrective was recorded." in told
    assert f"front page {SECOND}told as unverified" in told
    desk.ok("settle", "front page", "--url", MENDED)
    desk.ok("publish", "pub")
    told = words(desk)
    assert "still have to correct" not in told
    assert f"front page {SECOND}told as unverified" in told
    assert MENDED in list(Page(desk.folder / "pub" / "corrections.html").links)


def test_it_says_why_something_is_owed_where_the_state_is_the_same(desk: Shell) -> None:
    """The piece is owed another state, then other words for the claim, and then that they are gone."""
    desk.ok("settle", "front page", "--url", MENDED)
    desk.ok("wording", "5", "A second officer was killed")
    worded = desk.size() - 1
    desk.ok("publish", "pub")
    owed = words(desk).partition("still have to correct")[2]
    assert f"{SECOND}told as denied reworded: {Debt.REWORDED.definition}" in owed
    assert "now worded A second officer was killed" in owed
    desk.ok("settle", "front page", "--note", "on air")
    desk.ok("redact", str(worded), "--part", "text", "--order", "Tribunal de Paris")
    desk.ok("publish", "pub")
    mended, _, owed = words(desk).partition("still have to correct")
    assert f"told as denied redacted: {Debt.REDACTED.definition}" in owed
    assert "now worded" not in owed
    assert mended.index("told as denied reworded") < mended.index("told as unverified wrong"), "the newest first"


def test_an_address_that_was_redacted_is_none(desk: Shell) -> None:
    """Neither that of the corrective nor that of the piece is told or led to, in the page or in the feed."""
    desk.ok("publication", "add", "https://gazette.example/live", "--claim", "5")
    out = desk.size() - 1
    desk.ok("confirm", "5", "--by", "desk")
    for piece in ("front page", str(out)):
        desk.ok("settle", piece, "--url", MENDED)
        desk.ok("redact", str(desk.size() - 1), "--part", "url", "--order", "Tribunal de Paris")
    desk.ok("redact", str(out), "--part", "url", "--order", "Tribunal de Paris")
    desk.ok("publish", "pub")
    page = Page(desk.folder / "pub" / "corrections.html")
    assert "[redacted: Tribunal de Paris]" in page.text, "the piece has no other name"
    assert not [each for each in page.of("span") if each.get("class") == "address"]
    assert not [link for link in page.links if "redacted" in link or link == MENDED]
    feed = feedparser.parse((desk.folder / "pub" / "feed" / "corrections.atom").read_bytes())
    assert [entry.get("links", []) for entry in feed.entries] == [[], []]
    assert [row["url"] for row in desk.ok("publication", "list", "--json").json] == [None, None]


def test_the_feeds_and_the_tables_are_taken_by_others(desk: Shell) -> None:
    desk.ok("settle", "front page", "--url", MENDED)
    desk.ok("publish", "pub")
    pub = desk.folder / "pub"
    for name in ("changes", "corrections"):
        feed = feedparser.parse((pub / "feed" / f"{name}.atom").read_bytes())
        assert not feed.bozo
        assert feed.entries
    changes = feedparser.parse((pub / "feed" / "changes.atom").read_bytes())
    for entry in changes.entries:
        assert (pub / entry.link.removeprefix(URL)).is_file(), "a feed leads to the pages"
    assert Package(str(pub / "csv" / "datapackage.json")).validate().valid
    linked = {each["href"] for each in Page(pub / "index.html").of("link")}
    assert {"feed/changes.atom", "feed/corrections.atom"} <= linked


def test_a_held_claim_goes_from_the_feeds_too(desk: Shell) -> None:
    desk.ok("hold", "5")
    desk.ok("publish", "pub")
    assert not any(SECOND.encode() in data for data in files(desk.folder / "pub").values())
