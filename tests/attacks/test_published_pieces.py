"""What went out, where it must not be seen: held, redacted, handed on; the log, the audit and the backup agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ledgers import Book
from tests.publications import Auditor, Desk, Log, files
from tests.shell import SECOND, STORY, Shell
from tests.stored import KEY

ORDER = "Tribunal de Paris, 12 May 2026"
NAME = "The quagmire dossier"
SECRETS = {
    "name": NAME,
    "title": "Quillfeather and the second officer",
    "note": "sent to the quincunx list",
    "corrective": "https://example.org/quodlibet",
    "note of the corrective": "rung through to the quorum editors",
    "why it was taken back": "it was the quisling edition",
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """9 tells of claim 5, 10 denies it, 11 settles 9, 12 takes 9 back, 13 restores it; 14 is of the story."""
    monkeypatch.setenv("CLAIMS_KEYS", str(tmp_path / "keys"))
    desk = Desk(Shell(tmp_path, monkeypatch).night(), tmp_path / "keys")
    shell = desk.shell
    shell.ok("key", "new")
    told = ("--title", SECRETS["title"], "--note", SECRETS["note"])
    shell.ok("publication", "add", NAME, "--claim", SECOND, *told)
    shell.ok("deny", SECOND, "--by", "desk", "--said", "2017-04-20 22:57")
    shell.ok("settle", NAME, "--url", SECRETS["corrective"], "--note", SECRETS["note of the corrective"])
    shell.ok("retract", "9", "--why", "other", "--note", SECRETS["why it was taken back"])
    shell.ok("retract", "12", "--why", "other")
    shell.ok("publication", "add", "the ten o'clock news", "--story", STORY)
    return desk


def seen(desk: Desk) -> set[str]:
    everything = b"".join(files(desk.folder / "pub").values())
    return {what for what, words in SECRETS.items() if words.encode() in everything}


def sound(desk: Desk) -> None:
    desk.auditor().passes()
    assert "no difference" in desk.shell.ok("verify").out


def test_what_names_a_held_claim_is_withheld_with_its_correctives(desk: Desk) -> None:
    """It goes with the hold and comes back with the release; what is of the whole story stays."""
    shell = desk.shell
    shell.ok("publish", "pub")
    assert seen(desk) == SECRETS.keys()
    sound(desk)
    shell.ok("hold", SECOND)
    shell.ok("publish", "pub")
    assert seen(desk) == set()
    assert b"the ten o'clock news" in b"".join(files(desk.folder / "pub").values())
    sound(desk)
    shell.ok("release", SECOND)
    shell.ok("publish", "pub")
    assert seen(desk) == SECRETS.keys()
    sound(desk)


def test_what_is_left_there_of_a_held_claim_is_found(desk: Desk) -> None:
    """The contents of before, put back beside the newer log: an audit knows that they should not be there."""
    shell = desk.shell
    shell.ok("publish", "pub")
    contents = desk.folder / "pub/contents/000.jsonl"
    before = contents.read_bytes()
    shell.ok("hold", SECOND)
    shell.ok("publish", "pub")
    assert contents.read_bytes() != before
    withheld = shell.ok("audit", "pub", "--key", desk.auditor().keys[0], "--json").json["withheld"]
    assert withheld["held"] >= len(SECRETS)
    lines = [line for line in before.splitlines(keepends=True) if NAME.encode() not in line]
    assert len(lines) + 1 == len(before.splitlines()), "the name stands in one content"


@pytest.mark.parametrize(
    ("index", "part", "words"),
    [
        ("9", "name", "name"),
        ("9", "text", "title"),
        ("9", "note", "note"),
        ("11", "url", "corrective"),
        ("11", "note", "note of the corrective"),
    ],
)
def test_a_redacted_part_is_nowhere(desk: Desk, index: str, part: str, words: str) -> None:
    """Nor is it shown: the piece is listed as redacted, and can be named by its index still."""
    shell = desk.shell
    rows = shell.ok("debt", "--json").json
    shell.ok("redact", index, "--part", part, "--order", ORDER)
    shell.ok("publish", "pub")
    assert words not in seen(desk)
    assert seen(desk) == SECRETS.keys() - {words}
    sound(desk)
    shell.ok("backup", "saved")
    assert SECRETS[words].encode() not in b"".join(files(desk.folder / "saved").values())
    assert SECRETS[words] not in shell.ok("publication", "list").out + shell.ok("log").out
    assert [row["claim"] for row in shell.ok("debt", "--json").json] == [row["claim"] for row in rows]
    [piece] = [row for row in shell.ok("publication", "list", "--json").json if row["index"] == 9]
    if part == "name":
        assert piece["name"].startswith("[redacted")
        assert shell.refused(1, "debt", NAME).count("no such publication") == 1
    assert shell.ok("debt", "9").code == 0


def test_an_address_is_redacted(desk: Desk) -> None:
    shell = desk.shell
    shell.ok("publication", "add", "https://example.org/quagmire", "--claim", "5")
    shell.ok("redact", "15", "--part", "url", "--order", ORDER)
    shell.ok("publish", "pub")
    assert b"example.org/quagmire" not in b"".join(files(desk.folder / "pub").values())
    assert shell.ok("publication", "list", "--json").json[0]["name"].startswith("[redacted")
    sound(desk)


def test_a_backup_brings_them_back(desk: Desk) -> None:
    """The same pieces, the same debts, and nothing different in the restored ledger."""
    shell = desk.shell
    shell.ok("retract", "11", "--why", "other")
    asked = (("publication", "list", "--json"), ("notice", "--json"))
    before = [shell.ok(*each).json for each in asked]
    owed = [(row["publication"], row["claim"], row["by"]) for row in shell.ok("debt", "--json").json]
    assert [row[:2] for row in owed] == [(9, 5)]
    shell.ok("backup", "saved")
    shell.ok("restore", "saved", "--ledger", "again.db")
    assert "no difference" in shell.ok("verify", "--ledger", "again.db").out
    assert [shell.ok(*each, "--ledger", "again.db").json for each in asked] == before
    again = shell.ok("debt", "--json", "--ledger", "again.db").json
    assert [(row["publication"], row["claim"], row["by"]) for row in again] == owed


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"policy": 2}, "entry 2 is no policy"),
        ({"policy": 3}, "is not the one in force then"),
        ({"size": 9}, "entry 9 is not among the first 9 entries"),
        ({"size": 11}, "is no size that the ledger had"),
        ({"claims": [5]}, "entry 5 is no claim"),
        ({"claims": [7, 6]}, "do not ascend"),
        ({"sha256": "ab"}, "is no SHA-256"),
    ],
)
def test_a_piece_that_nobody_could_record_is_found_by_an_audit(
    fields: dict[str, Any], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever holds the key signs 10, of claims 6 and 7 by policy 9: as it may be it passes, changed it is found."""
    book = Book()
    story, agency = book.story(), book.source("agency")
    first, second = book.claim(story), book.claim(story)
    book.say(first, "reported", agency, said="12:00")
    book.policy(3)
    assert (first, second, book.publish(first, second)) == (6, 7, 10)
    log, auditor = Log.of(book.entries), Auditor(Shell(tmp_path, monkeypatch))
    log.write(tmp_path / "pub", KEY)
    auditor.passes()
    log.change(10, **fields)
    log.write(tmp_path / "pub", KEY)
    found = auditor.finds()
    assert any("entry 10" in line and words in line for line in found), found
