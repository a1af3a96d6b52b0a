"""`claims evidence` and `--evidence`: what is kept, what is said, what is refused."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from tests.shell import SECOND, Shell

PHOTO = b"a photograph"
HASH = hashlib.sha256(PHOTO).hexdigest()
URL = "https://example.org/decree.pdf"
AFP = ("--by", "AFP", "--by-kind", "agency", "--said", "2017-04-20 22:57")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    (tmp_path / "photo.jpg").write_bytes(PHOTO)
    return Shell(tmp_path, monkeypatch).night()


def kept(shell: Shell) -> set[str]:
    folder = shell.folder / "claims.db.evidence"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_a_file_is_added_to_a_statement(shell: Shell) -> None:
    done = shell.ok("evidence", "add", "8", "photo.jpg", "--note", "by our reporter")
    assert done.out.splitlines()[0] == "9 recorded: evidence for 8 (a police source, via Reuters: reported: 5 “A second"
    assert "claim 5 is now unverified" in done.out
    assert f"sha256:{HASH}" in done.err
    assert "undo: claims retract 9 --why mistyped" in done.err
    assert kept(shell) == {HASH}
    assert shell.board()[SECOND]["evidence"] == [f"sha256:{HASH}"]
    assert f"evidence sha256:{HASH}" in shell.ok("why", "5").out


def test_an_address_is_added_with_its_archived_copy(shell: Shell) -> None:
    done = shell.ok("evidence", "add", "5", URL, "--archived", "https://archive.example.org/1", "--json")
    assert done.json["claim"] == 5
    assert done.json["remarks"] == [f"evidence {URL} (an address, not fetched)"]
    assert kept(shell) == set()
    assert shell.board()[SECOND]["evidence"] == [URL]


def test_what_is_internal_stays_inside(shell: Shell) -> None:
    shell.ok("evidence", "add", "8", "photo.jpg", "--internal", "--note", "from inside")
    assert shell.board()[SECOND]["evidence"] == []
    shell.ok("export", "csv", "out")
    published = "".join(path.read_text(encoding="utf-8") for path in (shell.folder / "out").iterdir())
    assert HASH not in published
    assert "from inside" not in published


@pytest.mark.parametrize("command", ["report", "deny", "confirm", "decline"])
def test_a_recording_command_keeps_a_file(shell: Shell, command: str) -> None:
    done = shell.ok(command, "5", *AFP, "--evidence", "photo.jpg", "--archived", URL)
    assert f"sha256:{HASH}" in done.err
    assert kept(shell) == {HASH}
    assert shell.board()[SECOND]["evidence"] == [URL]


@pytest.mark.parametrize("command", ["correct", "supersede"])
def test_a_command_that_leads_on_keeps_a_file(shell: Shell, command: str) -> None:
    shell.ok(command, "5", "--to", "One police officer was killed", *AFP, "--evidence", "photo.jpg")
    assert kept(shell) == {HASH}


def test_a_withdrawal_takes_a_document_either_way(shell: Shell) -> None:
    by = ("--by", "a police source", "--via", "Reuters", "--said", "2017-04-20 23:00")
    shell.ok("withdraw", "5", *by, "--evidence", "photo.jpg")
    said = ("--said", "2017-04-20 23:05")
    index = shell.ok("withdraw", "8", *said, "--evidence", URL, "--archived", URL, "--json").json["index"]
    assert shell.board()[SECOND]["evidence"] == [f"sha256:{HASH}", URL]
    assert shell.ok("evidence", "list", str(index), "--json").json[0]["archived_url"] == URL


def test_the_list(shell: Shell) -> None:
    assert shell.ok("evidence", "list").err == "no documents\n"
    shell.ok("evidence", "add", "8", "photo.jpg")
    shell.ok("evidence", "add", "3", URL, "--internal")
    shell.ok("evidence", "add", "5", "https://example.org/mistake")
    shell.ok("retract", "11", "--why", "mistyped")
    rows = shell.ok("evidence", "list", "--json").json
    assert [(row["index"], row["about"], row["kept"], row["internal"], row["live"]) for row in rows] == [
        (9, 8, True, False, True),
        (10, 3, None, True, True),
        (11, 5, None, False, False),
    ]
    assert [row["index"] for row in shell.ok("evidence", "list", "5", "--json").json] == [9, 11]
    (shell.folder / "claims.db.evidence" / HASH).unlink()
    lines = shell.ok("evidence", "list").out
    for words in ("LOST", "internal", "retracted", "image/jpeg", URL, "12"):
        assert words in lines
    assert "does not exist" in shell.refused(1, "evidence", "list", "99")
    assert "is no index" in shell.refused(2, "evidence", "list", "photo.jpg")


@pytest.mark.parametrize("command", [("evidence", "add", "8"), ("deny", "5", *AFP, "--evidence")])
@pytest.mark.parametrize(
    ("given", "code", "line"),
    [
        ("nowhere.jpg", 3, "claims: evidence: nowhere.jpg: no such file, and no web address"),
        ("example.org/a", 3, "claims: evidence: example.org/a: no such file, and no web address"),
        ("https:// a", 1, "claims: nothing was recorded: evidence url: is no web address"),
        ("folder", 2, "claims: evidence: folder: is a folder"),
        ("/dev/zero", 2, "claims: evidence: /dev/zero: is no ordinary file"),
        ("fifo", 2, "claims: evidence: fifo: is no ordinary file"),
        ("empty", 1, "claims: evidence: empty: is empty, and shows nothing"),
    ],
)
def test_what_is_no_document_is_refused_in_one_line(
    shell: Shell, command: tuple[str, ...], given: str, code: int, line: str
) -> None:
    Path("folder").mkdir()
    os.mkfifo("fifo")
    Path("empty").write_bytes(b"")
    first, second = shell.refused(code, *command, given).splitlines()
    assert first.startswith(line)
    assert second.startswith("next: ")
    assert kept(shell) == set()


def test_an_archived_copy_of_nothing(shell: Shell) -> None:
    assert "add --evidence" in shell.refused(2, "deny", "5", *AFP, "--archived", URL)
    assert "add --evidence" in shell.refused(2, "withdraw", "8", "--archived", URL)


def test_a_time_that_cannot_be_read_is_told_before_anything_is_kept(shell: Shell) -> None:
    shell.refused(2, "deny", "5", "--by", "Reuters", "--said", "tonight", "--evidence", "photo.jpg")
    assert kept(shell) == set()


def test_a_refused_act_leaves_a_file_that_verify_names(shell: Shell) -> None:
    shell.refused(1, "evidence", "add", "99", "photo.jpg")
    done = shell.ok("verify")
    assert f"warning: claims.db.evidence/{HASH}: no entry names it" in done.err
    shell.ok("evidence", "add", "8", "photo.jpg")
    assert shell.ok("verify").err == ""


def test_verify_tells_lost_from_changed(shell: Shell) -> None:
    shell.ok("evidence", "add", "8", "photo.jpg")
    file = shell.folder / "claims.db.evidence" / HASH
    file.unlink()
    done = shell.ok("verify")
    assert f"warning: entry 9: evidence: the file {HASH} is not in claims.db.evidence: lost" in done.err
    file.write_bytes(b"a photomontage")
    done = shell("verify", "--json")
    assert (done.code, done.json["ok"], done.json["warnings"]) == (1, False, [])
    assert done.json["findings"][0]["where"] == "entry 9"
