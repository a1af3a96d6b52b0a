"""docs/records.md: its commands run, and every line that a record shows is explained there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ledger.book.intervals import rate
from ledger.cli.rates import told
from tests.shell import ROOT, Shell

PAGE = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The seed story."""
    shell = Shell(tmp_path, monkeypatch)
    shell.ok("demo")
    return shell


def test_the_commands_of_the_page_work(shell: Shell) -> None:
    commands = re.findall(r"^\$ claims (.*)$", PAGE, re.MULTILINE)
    assert len(commands) >= 3
    for command in commands:
        assert shell.ok(*shlex.split(command)).out


def test_every_line_of_a_record_is_explained(shell: Shell) -> None:
    police = ("--by", "Paris police", "--said")
    wrong = shell.ok(
        "report", "Ten died", *police, "2017-04-20 23:00", "--story", "champs-elysees-2017-04-20", "--json"
    )
    shell.ok("retract", str(wrong.json["index"]), "--why", "mistyped")
    lines = [line.strip() for line in shell.ok("source", "record").out.splitlines() if re.match(r" {4}\S", line)]
    labels = {re.split(r": \d| on \d|, in none", line)[0] for line in lines if not line[0].isdigit()}
    explained = PAGE.split("| --- | --- | --- |")[1]
    assert {"withdrawn", "passed on the word of others", "our own mistakes"} <= labels
    for label in labels:
        assert label in explained, label


def test_the_example_of_an_interval_is_right() -> None:
    assert f"`{told(rate(1, 4))}`" in PAGE
