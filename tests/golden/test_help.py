"""The help of every command, word by word; `make golden` rewrites it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ledger.cli.root import COMMANDS as COMMANDS_BY_NAME
from ledger.cli.root import claims
from tests.shell import Shell

HERE = click.Context(claims)
GOLDEN = Path(__file__).parent / "help"


def paths(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name in command.list_commands(HERE):
            yield from paths(inside(command, name), (*path, name))


def inside(command: click.Command, name: str) -> click.Command:
    found = command.get_command(HERE, name) if isinstance(command, click.Group) else None
    assert found is not None
    return found


COMMANDS = list(paths(claims))


def file_of(path: tuple[str, ...]) -> Path:
    return GOLDEN / f"{'-'.join(('claims', *path))}.txt"


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help(path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Shell(tmp_path, monkeypatch).ok(*path, "--help").out
    assert [line for line in shown.splitlines() if len(line) > 80] == []
    if os.environ.get("LEDGER_GOLDEN") == "1":
        GOLDEN.mkdir(exist_ok=True)
        file_of(path).write_text(shown, encoding="utf-8")
    assert file_of(path).read_text(encoding="utf-8") == shown


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_shows_an_example(path: tuple[str, ...]) -> None:
    command: click.Command = claims
    for name in path:
        command = inside(command, name)
    if path and isinstance(command, click.Group):
        return
    assert f"claims {' '.join(path)}".strip() in (command.help or "")


@pytest.mark.parametrize("name", COMMANDS_BY_NAME)
def test_the_list_says_what_the_command_says(name: str) -> None:
    assert COMMANDS_BY_NAME[name][1] == inside(claims, name).get_short_help_str(200)


def test_no_file_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {file_of(path).name for path in COMMANDS}
