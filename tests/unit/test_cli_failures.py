"""Whatever a person can do wrong is told in words, with the right exit code, no traceback, and nothing written."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ledger.cli import frame
from tests.shell import ROOT, SECOND, STORY, Shell

BY = ("--by", "desk", "--story", STORY)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch).night()


def assert_short(words: str) -> None:
    """One line that says what is wrong, and one that says what to do."""
    lines = words.splitlines()
    assert len(lines) == 2, words
    assert lines[1].startswith("next: ")
    assert max(map(len, lines)) < 700
    assert words.replace("\n", "").isprintable(), words


@pytest.mark.parametrize(
    ("code", "args", "told"),
    [
        (1, ("report", "", *BY), "is empty"),
        (1, ("report", "   ", *BY), "is empty"),
        (1, ("report", "x" * 10_001, *BY), "has 10,001 characters"),
        (1, ("report", "a bell \x07 rang", *BY), "a control character (U+0007)"),
        (1, ("report", "a nothing \x00 here", *BY), "a control character (U+0000)"),
        (1, ("report", "half a pair \ud800", *BY), "a lone surrogate (U+D800)"),
        (1, ("report", "one \u202enine\u202c two", *BY), "reorders text (U+202E)"),
        (1, ("source", "add", "Rеuters", "--kind", "agency"), "looks like source 6"),
        (1, ("source", "add", "Reuters", "--kind", "agency"), "Reuters"),
        (1, ("source", "add", "12", "--kind", "agency"), "always means an index"),
        (1, ("report", "5", "--by", "desk", "--said", "2999-01-01 10:00"), "future"),
        (2, ("report", "5", "--by", "desk", "--said", "yesterday"), "cannot be read"),
        (2, ("report", "5", "--by", "desk", "--said", "25:61"), "there is no such time"),
        (2, ("report", "5", "--by", "desk", "--said", "2017-03-26 02:30"), "never happened in Europe/Paris"),
        (2, ("report", "5", "--by", "desk", "--said", "2017-10-29 02:30"), "happened twice in Europe/Paris"),
        (2, ("claim-it", "5"), "no such command"),
        (2, ("board", "--state", "asserted"), "'asserted' is not one of"),
        (2, ("source", "add", "X", "--kind", "desk"), "'desk' is not one of"),
        (2, ("report", "5"), "missing option --by"),
        (2, ("report", "--by", "desk"), "missing argument"),
        (2, ("report", "5", "5", "--by", "desk"), "unexpected extra argument"),
        (1, ("correct", "5", "--to", "5", "--by", "desk"), "cannot be corrected to itself"),
        (1, ("correct", "5", "--to", SECOND, "--by", "desk"), "cannot be corrected to itself"),
        (1, ("withdraw", "5", "--by", "Reuters", "--said", "unknown"), "withdraw"),
        (1, ("withdraw", "8", "--said", "unknown"), "withdraw"),
        (1, ("withdraw", "nothing like it", "--by", "Reuters"), "no such claim"),
        (2, ("withdraw", SECOND), "add --by SOURCE"),
        (2, ("withdraw", "8", "--via", "Reuters"), "keeps its own chain"),
        (1, ("retract", "0", "--why", "other"), "0"),
        (1, ("retract", "5", "--why", "other"), "claim"),
        (1, ("retract", "99", "--why", "other"), "99"),
        (2, ("retract", "8"), "missing option --why"),
        (2, ("retract", "eight", "--why", "other"), "is no index"),
        (2, ("why", "9" * 5000), "no index is that large"),
        (1, ("why", "999999999"), "does not exist"),
        (1, ("why", "6"), "is a source, not a claim"),
        (1, ("why", "nothing like it"), "no such claim"),
        (1, ("report", "5", "--by", "4"), "is a story, not a source"),
        (1, ("report", "5", "--by", "desk", "--url", "javascript:alert(1)"), "no web address"),
        (1, ("report", "5", "--by", "desk", "--key", "xyz"), "key"),
        (1, ("report", "New words", "--by", "desk", "--story", "No Slug"), "slug"),
        (2, ("report", "New words", "--by", "desk"), "add --story"),
        (1, ("wording", "5", "x", "--lang", "not a tag"), "lang"),
        (2, ("board", "--as-known", "10000"), "10000"),
        (2, ("board", "--as-said", "noon"), "cannot be read"),
        (2, ("board", "--ledger", ""), "is empty"),
        (1, ("board", "--story", "nowhere"), "no such story"),
        (1, ("init",), "already"),
        (2, ("init", "--ledger", "new.db", "--zone", "Paris"), "no such zone"),
        (3, ("board", "--ledger", "missing.db"), "claims init"),
        (3, ("board", "--ledger", "no/such/folder/claims.db"), "no/such/folder"),
        (3, ("init", "--ledger", "no/such/folder/claims.db"), "no/such/folder"),
        (3, ("board", "--ledger", "."), "."),
    ],
    ids=lambda value: None if isinstance(value, int) else str(value)[:60],
)
def test_bad_input(shell: Shell, code: int, args: tuple[str, ...], told: str) -> None:
    words = shell.refused(code, *args)
    assert told in words
    assert_short(words)


def test_several_problems_are_told_at_once(shell: Shell) -> None:
    words = shell.refused(1, "report", "5", "--by", "desk", "--url", "here", "--note", "", "--quote", "\x1b[31m")
    for told in ("url", "note", "quote"):
        assert f"\n  {told}: " in words
    assert "\x1b" not in words


def test_a_circle_of_corrections_is_taken_and_ends(shell: Shell) -> None:
    """AFP corrects 5 to another claim; DPA, with authority, corrects that one to 5; AFP takes no part in the end."""
    shell.ok("correct", "5", "--to", "Nobody was killed", "--by", "AFP", "--by-kind", "agency", "--said", "21:00")
    back = ("correct", "Nobody was killed", "--to", "5", "--by", "DPA", "--by-kind", "agency", "--said", "21:01")
    shell.ok(*back)
    for index in ("5", "10"):
        assert "disputed" in shell.ok("why", index).out.lower()
    shell.ok("authority", "grant", "DPA", "--story", STORY)
    rows = shell.board()
    assert (rows["Nobody was killed"]["state"], rows["Nobody was killed"]["successor"]) == ("corrected", 5)
    assert rows[SECOND]["successor"] is None


@pytest.mark.parametrize("bytes", [b"", b"not a ledger\n" * 400])
def test_a_file_that_is_no_ledger(shell: Shell, bytes: bytes) -> None:
    (shell.folder / "other.db").write_bytes(bytes)
    for command in (("board",), ("report", "5", "--by", "desk")):
        assert_short(shell.refused(3, *command, "--ledger", "other.db"))
    assert (shell.folder / "other.db").read_bytes() == bytes


def test_a_database_that_is_no_ledger(shell: Shell) -> None:
    with closing(sqlite3.connect("other.db")) as other:
        other.execute("CREATE TABLE t (x)")
    assert_short(shell.refused(3, "board", "--ledger", "other.db"))


def test_a_newer_ledger(shell: Shell) -> None:
    with closing(sqlite3.connect("claims.db")) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
    assert_short(shell.refused(3, "board"))


def test_a_locked_ledger(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from ledger.store import Store

    monkeypatch.setitem(Store.open.__func__.__kwdefaults__, "patience", 0.05)  # type: ignore[attr-defined]
    with closing(sqlite3.connect("claims.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        words = shell.refused(3, "report", "5", "--by", "desk")
        shell.ok("board")
    assert "locked" in words
    assert_short(words)


def test_a_read_only_ledger_can_be_read(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, right, **more: not right & os.W_OK and real(path, right, **more))
    words = shell.refused(3, "report", "5", "--by", "desk")
    assert "read-only" in words
    assert_short(words)
    shell.ok("board")


def test_a_disk_that_takes_no_more(shell: Shell) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    before = shell.ok("log", "--json").json
    done = shell.process("report", "5", "--by", "desk", "--quote", "long " * 1900, preexec_fn=limited)
    assert done.returncode == 3, done
    assert_short(done.stderr)
    assert shell.ok("log", "--json").json == before
    shell.ok("verify")


def test_a_ledger_that_was_tampered_with(shell: Shell) -> None:
    with closing(sqlite3.connect("claims.db")) as thief:
        for (name,) in thief.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            thief.execute(f'DROP TRIGGER "{name}"')
        thief.execute("UPDATE entries SET kind = 'hold' WHERE \"index\" = 8")
        thief.commit()
    done = shell("verify")
    assert done.code == 1
    assert "entry 8" in done.out
    assert shell("verify", "--json").json["ok"] is False


def test_errors_for_a_script(shell: Shell) -> None:
    for code, args in (
        (1, ("why", "nothing like it")),
        (2, ("report", "5")),
        (2, ("report", "--nonsense")),
        (3, ("board", "--ledger", "missing.db")),
    ):
        done = shell("--json", *args)
        assert (done.code, done.out) == (code, "")
        told = json.loads(done.err)
        assert {"error", "problems", "next"} <= told.keys()
        assert told["error"]


def test_json_is_meant_even_where_the_rest_cannot_be_read(shell: Shell) -> None:
    assert json.loads(shell("report", "--nonsense", "--json").err)["error"].startswith("report: no such option")
    assert shell("report", "--nonsense", "--", "--json").err.startswith("claims: ")


def test_without_a_command_there_is_help(shell: Shell) -> None:
    for args in ((), ("source",)):
        done = shell(*args)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("Usage: claims")


def test_an_interruption_is_130(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(settings: frame.Settings) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ledger.cli.board.reading", interrupted)
    done = shell("board")
    assert (done.code, done.err) == (130, "claims: interrupted\n")


def test_a_fault_of_the_program_is_one_line_and_a_traceback_on_demand(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(settings: frame.Settings) -> None:
        raise ZeroDivisionError("by\nzero")

    monkeypatch.setattr("ledger.cli.board.reading", broken)
    words = shell.refused(3, "board")
    assert "unexpected: ZeroDivisionError: by zero" in words
    assert_short(words)
    monkeypatch.setenv("CLAIMS_DEBUG", "1")
    assert "Traceback" in shell("board").err


def test_nobody_to_record_for(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise OSError("no name")

    monkeypatch.delenv("CLAIMS_RECORDER")
    monkeypatch.setattr("getpass.getuser", nobody)
    assert "--recorder" in shell.refused(2, "report", "5", "--by", "desk")
    shell.ok("board")


def test_bytes_that_are_no_letters(shell: Shell) -> None:
    done = subprocess.run(
        [os.fsencode(sys.executable), b"-m", b"ledger", b"report", b"caf\xe9 \xff", b"--by", b"desk"],
        cwd=shell.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CLAIMS_STORY": STORY},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert b"a lone surrogate" in done.stderr
