"""How a published folder keeps its site: what goes, what stays, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.publications import files
from tests.shell import SECOND, STORY, Shell
from tests.sites import Page


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A ledger of one statement, published with a site in ``pub``."""
    monkeypatch.setenv("CLAIMS_KEYS", str(tmp_path / "keys"))
    shell = Shell(tmp_path, monkeypatch).night()
    shell.ok("key", "new")
    shell.ok("publish", "pub", "--site", "--title", "The Gazette")
    return shell


def mentions(folder: Path, words: str) -> set[str]:
    return {name for name, data in files(folder / "pub").items() if words.encode() in data}


def test_what_has_not_changed_is_not_written_again(desk: Shell) -> None:
    def written() -> dict[Path, tuple[int, int]]:
        found = [path for path in (desk.folder / "pub").rglob("*") if path.is_file() and path.name != "checkpoint"]
        return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}

    before = written()
    assert "it was up to date" in desk.ok("publish", "pub", "--site").err
    assert written() == before
    (desk.folder / "pub" / "claim" / "5.html").unlink()
    assert "1 file written" in desk.ok("publish", "pub").err
    assert written().keys() == before.keys()


def test_a_folder_that_has_a_site_keeps_it_up_to_date(desk: Shell) -> None:
    """Title and all; pages that nobody renews would be of an older size."""
    desk.ok("deny", "5", "--by", "AFP", "--by-kind", "agency", "--said", "2017-04-20 23:00")
    desk.ok("publish", "pub")
    page = Page(desk.folder / "pub" / "claim" / "5.html")
    assert "The Gazette" in page.text
    assert "AFP" in page.text
    desk.ok("publish", "pub", "--licence", "https://licence.example/by")
    page = Page(desk.folder / "pub" / "index.html")
    assert "The Gazette" in page.text
    assert "https://licence.example/by" in list(page.links)


def test_a_claim_that_is_held_is_nowhere_and_comes_back(desk: Shell) -> None:
    """Its page, its proof, its row and its words, though nobody asked for the site."""
    before = files(desk.folder / "pub")
    assert {"claim/5.html", "claim/5.proof.json", "story/4.html", "csv/claims.csv"} <= mentions(desk.folder, SECOND)
    desk.ok("hold", "5")
    desk.ok("publish", "pub")
    assert mentions(desk.folder, SECOND) == set()
    after = files(desk.folder / "pub")
    assert before.keys() - after.keys() >= {"claim/5.html", "claim/5.proof.json", "story/4.html"}
    assert not (desk.folder / "pub" / "claim").exists()
    desk.ok("release", "5")
    desk.ok("publish", "pub")
    assert {"claim/5.html", "claim/5.proof.json"} <= mentions(desk.folder, SECOND)


def test_a_held_claim_that_another_leads_to_is_not_told_of(desk: Shell) -> None:
    desk.ok("correct", "5", "--to", "Nobody was killed", "--by", "AFP", "--by-kind", "agency", "--said", "now")
    right = next(row["claim"] for row in desk.ok("board", "--json").json if row["text"] == "Nobody was killed")
    desk.ok("publish", "pub")
    assert "claim/5.html" in mentions(desk.folder, "Nobody was killed")
    desk.ok("hold", str(right))
    desk.ok("publish", "pub")
    assert mentions(desk.folder, "Nobody was killed") == set()
    page = Page(desk.folder / "pub" / "claim" / "5.html")
    assert "[withheld]" in page.text
    assert not any(f"claim/{right}" in link or link == f"{right}.html" for link in page.links)


def test_a_site_is_taken_away_and_nothing_else(desk: Shell) -> None:
    ours = desk.folder / "pub"
    (ours / "claim" / "notes.txt").write_text("somebody's own")
    desk.ok("publish", "pub", "--no-site")
    assert {path.name for path in ours.iterdir()} == {"checkpoint", "checkpoints", "contents", "tile", "claim"}
    assert [path.name for path in (ours / "claim").iterdir()] == ["notes.txt"]
    assert "holds what is no published ledger: claim" in desk.refused(1, "publish", "pub")


def test_a_page_of_somebody_s_own_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAIMS_KEYS", str(tmp_path / "keys"))
    shell = Shell(tmp_path, monkeypatch).night()
    shell.ok("key", "new")
    (tmp_path / "pub").mkdir()
    (tmp_path / "pub" / "index.html").write_text("my page")
    assert "holds what is no published ledger: index.html" in shell.refused(1, "publish", "pub", "--site")
    assert files(tmp_path / "pub") == {"index.html": b"my page"}


@pytest.mark.parametrize(
    ("options", "code", "why"),
    [
        (("--site", "--title", ""), 2, "title: is empty"),
        (("--site", "--title", "a\u202eb"), 2, "title: holds a character that reorders text"),
        (("--site", "--url", "gazette.example"), 2, "url: is no web address (expected https://…"),
        (("--site", "--url", "javascript:alert(1)"), 2, "url: is no web address"),
        (("--no-site", "--title", "x"), 2, "--title: says something of the site that --no-site takes away"),
    ],
)
def test_what_cannot_be_shown_is_refused_and_nothing_written(
    desk: Shell, options: tuple[str, ...], code: int, why: str
) -> None:
    before = files(desk.folder / "pub")
    assert why in desk.refused(code, "publish", "pub", *options)
    assert files(desk.folder / "pub") == before


def test_settings_of_a_site_that_is_not_there(desk: Shell) -> None:
    assert "--title: other has no site" in desk.refused(2, "publish", "other", "--title", "x")


@pytest.mark.parametrize("told", ["", "{", "[]", '{"format": "?"}', '{"title": 1}', "[" * 9_999])
def test_settings_that_somebody_spoilt_are_refused_until_they_are_said_anew(desk: Shell, told: str) -> None:
    (desk.folder / "pub" / "site.json").write_text(told)
    assert "site.json: is not what a publication wrote" in desk.refused(1, "publish", "pub")
    desk.ok("publish", "pub", "--site", "--title", "Anew")
    assert json.loads((desk.folder / "pub" / "site.json").read_text())["title"] == "Anew"


def test_the_log_beside_the_site_verifies(desk: Shell) -> None:
    verifier = desk.ok("key", "show").out.strip()
    done = desk.ok("audit", "pub", "--key", verifier)
    assert "verified: " in done.out
    assert SECOND in done.out
    assert STORY in done.out
