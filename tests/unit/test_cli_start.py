"""How fast `claims` starts, and the options that work before and after every command."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import pytest

from tests.shell import ROOT, SECOND, STORY, Shell

RUNS = 9


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch)


def seconds(*args: str) -> float:
    start = time.perf_counter()
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, *args], env=env, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def test_help_takes_less_than_twice_the_import_of_click() -> None:
    both = (("-m", "ledger", "--help"), ("-c", "import click"))
    for args in both:  # the compiled files are written once
        seconds(*args)
    times = [[seconds(*args) for args in both] for _ in range(RUNS)]
    ours, clicks = (median(column) for column in zip(*times, strict=True))
    print(f"claims --help: {ours / clicks:.2f} times import click")
    assert ours < 2 * clicks


def test_help_imports_nothing_heavy() -> None:
    heavy = "{'sqlmodel', 'sqlalchemy', 'alembic', 'pydantic', 'rapidfuzz', 'zoneinfo', 'sqlite3', 'ledger.book'}"
    code = f"import sys; from ledger.cli.root import run; run(['--help']); sys.exit(str({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == "set()\n"


def test_the_options_work_before_and_after_and_the_later_wins(shell: Shell) -> None:
    shell.ok("--ledger", "a.db", "--recorder", "Ben", "init")
    shell.ok("init", "--ledger", "b.db")
    shell.ok("--ledger", "b.db", "report", SECOND, "--by", "desk", "--story", STORY, "--ledger", "a.db")
    assert len(shell.ok("board", "--json", "--ledger", "a.db").json) == 1
    assert shell.ok("--json", "--ledger", "b.db", "board").json == []
    recorders = {line["recorder"] for line in shell.ok("--ledger", "a.db", "log", "--json").json}
    assert {"Ben", "Ana"} <= recorders


def test_the_options_work_inside_a_group(shell: Shell) -> None:
    shell.ok("init", "--ledger", "a.db")
    shell.ok("source", "--ledger", "a.db", "add", "AFP", "--kind", "agency", "--recorder", "Ben")
    assert len(shell.ok("source", "--json", "list", "--ledger", "a.db").json) == 2
    assert shell.ok("export", "csv", "out", "--ledger", "a.db", "--json").json["wrote"]


def test_the_environment_is_asked_where_no_option_is_given(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAIMS_LEDGER", "c.db")
    monkeypatch.setenv("CLAIMS_RECORDER", "Cleo")
    shell.ok("init")
    assert (shell.folder / "c.db").exists()
    assert "recorded by Cleo" in shell.ok("log").out
    monkeypatch.setenv("CLAIMS_LEDGER", "")
    shell.ok("init")
    assert (shell.folder / "claims.db").exists()


def test_the_user_of_the_system_records_in_the_end(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLAIMS_RECORDER")
    monkeypatch.setattr("getpass.getuser", lambda: "dora")
    shell.ok("init")
    assert "recorder dora" in shell.ok("log").out


def test_a_new_ledger_says_what_was_chosen(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    made = shell.ok("init", "--ledger", "a.db", "--json").json
    assert (made["zone"], made["size"]) == ("Asia/Tokyo", 4)
    assert "start again with --origin" in shell.ok("init", "--ledger", "b.db").err
    done = shell.ok("init", "--ledger", "c.db", "--origin", "example.org/desk", "--zone", "UTC")
    assert done.out == "new ledger c.db: origin example.org/desk, zone UTC\n"


def test_the_version(shell: Shell) -> None:
    assert shell.ok("--version").out.startswith("claims 0.")
    assert shell.process("--version").stdout == shell.ok("--version").out
