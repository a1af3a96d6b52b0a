"""What went out and what is owed for it, on the page of corrections and in the feeds beside the pages."""

from __future__ import annotations

from pathlib import Path

import feedparser
import pytest
from frictionless import Package

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
