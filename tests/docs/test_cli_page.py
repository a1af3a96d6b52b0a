"""docs/cli.md says what `--help` says, of every command and in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ledger.cli.root import claims
from tests.cli_page import PAGE, page
from tests.shell import Shell

HERE = click.Context(claims)
SHOWN = PAGE.read_text(encoding="utf-8")


def paths(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name in command.list_commands(HERE):
            yield from paths(command.get_command(HERE, name) or command, (*path, name))


COMMANDS = list(paths(claims))


def test_the_page_is_the_one_that_would_be_made() -> None:
    assert page() == SHOWN, "run `make docs`"


def test_every_command_has_its_place_in_the_order_of_the_help() -> None:
    assert re.findall(r"^### claims (.*)$", SHOWN, re.MULTILINE) == [" ".join(path) for path in COMMANDS if path]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_page_says_what_help_says(path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Shell(tmp_path, monkeypatch).ok(*path, "--help").out
    heading = f"### claims {' '.join(path)}\n\n" if path else "edit it.\n\n"
    assert f"{heading}```text\n{shown}```\n" in SHOWN, "run `make docs`"
