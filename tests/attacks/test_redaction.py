"""What is redacted under an order is nowhere any more, and everything that was proven before still holds."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.book import Ledger
from tests.publications import Desk, files
from tests.shell import STORY, Shell
from tests.stored import tamper

ROOT = Path(__file__).resolve().parents[2]
ORDER = "Tribunal de Paris, 12 May 2026"
NAME = "Jean-Baptiste Quillfeather"
QUOTE = "the quagmire witness told us so"
NOTE = "ring the quillfeather family"
PAPER = b"a passport of one Quillfeather"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A statement by somebody named, with a quote, a note and a kept file; all of it published and proven."""
    monkeypatch.setenv("CLAIMS_KEYS", str(tmp_path / "keys"))
    desk = Desk(Shell(tmp_path, monkeypatch).night(), tmp_path / "keys")
    shell = desk.shell
    shell.ok("key", "new")
    (tmp_path / "paper.txt").write_bytes(PAPER)
    said = ("--by", NAME, "--by-kind", "person", "--said", "2017-04-20 23:00", "--quote", QUOTE, "--note", NOTE)
    shell.ok("report", "One more was hurt", *said, "--story", STORY, "--evidence", "paper.txt")
    shell.ok("publish", "pub")
    shell.ok("prove", "One more was hurt", "--out", "before.proof")
    return desk


def statement(desk: Desk) -> int:
    return desk.shell.size() - 1


def source(desk: Desk) -> int:
    listed = desk.shell.ok("source", "list", "--json").json
    return next(row["index"] for row in listed if row["name"] == NAME)


def holding(folder: Path, words: bytes) -> list[str]:
    """The files below a folder that hold these words, in any case."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and words.lower() in path.read_bytes().lower():
            found.append(str(path.relative_to(folder)))
    return found


def states(desk: Desk) -> list[tuple[int, str]]:
    return [(row["claim"], row["state"]) for row in desk.shell.ok("board", "--json", "--all").json]


def test_a_name_is_nowhere_and_everything_else_stands(desk: Desk, tmp_path: Path) -> None:
    shell, before = desk.shell, states(desk)
    assert "claims.db" in holding(tmp_path, b"Quillfeather")
    index = source(desk)
    shell.ok("redact", str(index), "--part", "name", "--order", ORDER)
    shell.ok("redact", str(statement_of(desk)), "--order", ORDER)
    shell.ok("publish", "pub")
    shell.ok("export", "csv", "csv")
    shell.ok("backup", "saved")
    left = [path for path in holding(tmp_path, b"Quillfeather") if path not in ("before.proof", "paper.txt")]
    assert left == [], "the proof and the paper are other people's"
    assert holding(tmp_path, b"quagmire") == ["before.proof"]
    assert states(desk) == before
    assert shell.ok("verify").out.endswith("no difference\n")
    for words in ("Quillfeather", "quagmire"):
        assert "nothing found" in shell.ok("search", words).err
    assert f"[redacted: {ORDER}]" in shell.ok("why", "One more was hurt").out
    assert f"[redacted: {ORDER}]" in shell.ok("source", "list").out


def statement_of(desk: Desk) -> int:
    """The statement by the one who is named."""
    lines = desk.shell.ok("why", "One more was hurt", "--json").json["statements"]
    return int(lines[0]["index"])


def test_every_proof_made_before_still_checks_and_the_audit_tells_the_order(desk: Desk) -> None:
    shell, key = desk.shell, desk.auditor().keys[0]
    index = source(desk)
    shell.ok("redact", str(index), "--order", ORDER)
    assert shell.ok("check", "before.proof", "--key", key).out
    shell.ok("publish", "pub")
    done = shell.ok("audit", "pub", "--key", key)
    assert f"redacted: the name of entry {index}, by entry {shell.size() - 1}: {ORDER}" in done.out
    shell.ok("prove", "One more was hurt", "--out", "after.proof")
    assert f"[redacted: {ORDER}]" in shell.ok("check", "after.proof", "--key", key).out


def test_a_file_that_another_entry_names_stays(desk: Desk, tmp_path: Path) -> None:
    shell, kept = desk.shell, tmp_path / "claims.db.evidence"
    first = statement_of(desk)
    shell.ok("evidence", "add", str(first), "paper.txt")
    shell.ok("redact", str(first), "--part", "evidence", "--order", ORDER)
    assert [path.read_bytes() for path in kept.iterdir()] == [PAPER]
    shell.ok("redact", str(shell.size() - 2), "--part", "evidence", "--order", ORDER)
    assert list(kept.iterdir()) == []
    assert shell.ok("verify").out.endswith("no difference\n")


def test_what_cannot_be_redacted(desk: Desk) -> None:
    shell, size = desk.shell, desk.shell.size()
    for words, code, why in (
        (("0",), 1, "entry 0: has no part"),
        (("99999",), 1, "entry 99999: does not exist"),
        (("5", "--part", "quote"), 1, "entry 5 has no quote"),
        (("5", "--part", "picture"), 2, "picture"),
    ):
        done = shell("redact", *words, "--order", ORDER)
        assert (done.code, why in done.err) == (code, True), done.err
        assert "Traceback" not in done.err
    assert shell("redact", "5", "--order", " ").code == 2
    assert shell.size() == size
    shell.ok("redact", "5", "--order", ORDER)
    again = shell("redact", "5", "--order", ORDER)
    assert (again.code, "has no part any more" in again.err) == (1, True)
    back = shell("retract", str(shell.size() - 1), "--why", "mistyped")
    assert (back.code, "cannot be retracted; what it removed is gone for good" in back.err) == (1, True)


@pytest.fixture
def reader(desk: Desk, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody who has the ledger open and reads."""
    with closing(sqlite3.connect(tmp_path / "claims.db", isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM entries").fetchone()
        yield connection


def test_a_reader_keeps_the_bytes_and_everybody_is_told_until_they_are_gone(
    desk: Desk, reader: sqlite3.Connection, tmp_path: Path
) -> None:
    shell = desk.shell
    done = shell("redact", str(source(desk)), "--order", ORDER)
    assert (done.code, "redacted, erasure pending" in done.err) == (3, True)
    told = shell("verify")
    assert (told.code, "redacted, erasure pending" in told.out) == (1, True)
    assert shell("erase").code == 3
    reader.execute("COMMIT")
    reader.close()
    assert shell.ok("erase").out == "nothing that was redacted is left in the ledger\n"
    assert shell.ok("verify").out.endswith("no difference\n")
    assert [path for path in holding(tmp_path, NAME.encode()) if path.startswith("claims.db")] == []


# Damage


def test_a_content_that_is_missing_without_a_redaction_is_named(desk: Desk, tmp_path: Path) -> None:
    index = source(desk)
    tamper(tmp_path / "claims.db", f"DELETE FROM contents WHERE \"index\" = {index} AND part = 'name'")
    told = desk.shell("verify")
    assert (told.code, f"entry {index}: content name: is missing" in told.out) == (1, True)


def test_a_content_that_is_put_back_in_spite_of_a_redaction_is_named(desk: Desk, tmp_path: Path) -> None:
    shell, index = desk.shell, source(desk)
    with closing(sqlite3.connect(tmp_path / "claims.db")) as connection:
        rows = connection.execute(
            'SELECT log_id, "index", part, content FROM contents WHERE "index" = ?', [index]
        ).fetchall()
    shell.ok("redact", str(index), "--order", ORDER)
    tamper(tmp_path / "claims.db", *(("INSERT INTO contents VALUES (?, ?, ?, ?)", row) for row in rows))
    told = shell("verify")
    by = shell.size() - 1
    assert f"entry {index}: content name: is there, though entry {by} redacts it" in told.out
    assert told.code == 1


def test_a_publication_that_shows_it_in_spite_of_a_redaction_is_named(desk: Desk) -> None:
    shell, index = desk.shell, source(desk)
    before = files(desk.folder / "pub")
    shell.ok("redact", str(index), "--order", ORDER)
    shell.ok("publish", "pub")
    (path,) = (desk.folder / "pub" / "contents").iterdir()
    line = next(each for each in before["contents/000.jsonl"].splitlines() if NAME.encode() in each)
    path.write_bytes(path.read_bytes() + line + b"\n")
    by = shell.size() - 1
    assert f"entry {index}: content name: is there, though entry {by} redacts it" in "\n".join(desk.auditor().finds())


def test_a_backup_that_brings_it_back_is_refused(desk: Desk, tmp_path: Path) -> None:
    shell, index = desk.shell, source(desk)
    shell.ok("backup", "old")
    shell.ok("redact", str(index), "--order", ORDER)
    shell.ok("backup", "new")
    with Ledger.restore(tmp_path / "new", tmp_path / "again.db") as restored:
        assert restored.verify().findings == ()
        assert restored.size == shell.size()
    new, old = tmp_path / "new" / "contents.jsonl", tmp_path / "old" / "contents.jsonl"
    line = next(each for each in old.read_bytes().splitlines() if NAME.encode() in each)
    lines = [*new.read_bytes().splitlines(), line]
    new.write_bytes(b"".join(each + b"\n" for each in sorted(lines, key=_place)))
    done = shell("restore", "new", "--ledger", "third.db")
    assert (done.code, f"content name of entry {index}: is there, though an entry redacts it" in done.err) == (1, True)


def _place(line: bytes) -> tuple[int, str]:
    found = json.loads(line)
    return found["index"], found["part"]


def test_the_database_deletes_nothing_that_is_not_redacted(desk: Desk, tmp_path: Path) -> None:
    """The guard asks for the redaction of that very part."""
    shell, index = desk.shell, statement_of(desk)
    shell.ok("redact", str(index), "--part", "quote", "--order", ORDER)
    with closing(sqlite3.connect(tmp_path / "claims.db")) as connection:
        for part in ("note", "evidence"):
            with pytest.raises(sqlite3.IntegrityError, match="only a redaction takes them away"):
                connection.execute('DELETE FROM contents WHERE "index" = ? AND part = ?', [index, part])


def test_the_order_itself_can_be_redacted(desk: Desk) -> None:
    """Somebody wrote the name into the order."""
    shell, index = desk.shell, source(desk)
    shell.ok("redact", str(index), "--order", f"a letter by {NAME}")
    shell.ok("redact", str(shell.size() - 1), "--order", ORDER)
    assert holding(desk.folder, NAME.encode()) == ["before.proof", *_published(desk)]
    shell.ok("publish", "pub")
    assert holding(desk.folder, NAME.encode()) == ["before.proof"]
    assert re.search(r"\[redacted\]", shell.ok("source", "list").out)
    assert shell.ok("verify").out.endswith("no difference\n")


def _published(desk: Desk) -> list[str]:
    return [f"pub/{path}" for path, data in files(desk.folder / "pub").items() if NAME.encode() in data]


def test_a_crash_before_the_bytes_are_wiped_is_told_and_mended(desk: Desk, tmp_path: Path) -> None:
    """The process ends right after the commit: the redaction stands, and its bytes may still be somewhere."""
    script = (
        "import os, sys; from ledger.book import Ledger; from ledger.store import Store\n"
        "Store.wipe = lambda store: os.kill(os.getpid(), 9)\n"
        "with Ledger.open('claims.db', recorder='Ana') as ledger: ledger.redact(int(sys.argv[1]), sys.argv[2])\n"
    )
    shell, index = desk.shell, source(desk)
    words = [sys.executable, "-c", script, str(index), ORDER]
    done = subprocess.run(words, check=False, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert done.returncode == -9
    told = shell("verify")
    assert (told.code, "redacted, erasure pending" in told.out) == (1, True)
    assert f"[redacted: {ORDER}]" in shell.ok("source", "list").out
    shell.ok("erase")
    assert shell.ok("verify").out.endswith("no difference\n")
    assert [path for path in holding(tmp_path, NAME.encode()) if path.startswith("claims.db")] == []


def test_a_file_that_cannot_be_deleted_keeps_the_redaction_from_being_written(desk: Desk, tmp_path: Path) -> None:
    """Else nothing would name it any more, and it would stay."""
    shell, size, (kept,) = desk.shell, desk.shell.size(), list((tmp_path / "claims.db.evidence").iterdir())
    kept.unlink()
    kept.mkdir()
    done = shell("redact", str(statement_of(desk)), "--order", ORDER)
    assert (done.code, "cannot be deleted" in done.err, "nothing was redacted" in done.err) == (3, True, True)
    assert shell.size() == size
    assert holding(tmp_path, QUOTE.encode()) != []
    kept.rmdir()
    kept.write_bytes(PAPER)
    shell.ok("redact", str(statement_of(desk)), "--order", ORDER)
    assert not kept.exists()
