"""README.md names every command, and no command or option that does not exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ledger.cli.root import claims

HERE = click.Context(claims)
README = Path(__file__).resolve().parents[2] / "README.md"


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(HERE):
            yield from commands(command.get_command(HERE, name) or command, (*path, name))
    else:
        yield path


def text() -> str:
    """The README, a command that goes on in the next line joined to one."""
    return re.sub(r"\\\n\s*", " ", README.read_text(encoding="utf-8"))


def typed() -> Iterator[str]:
    """Every command line that starts a line of its own, with or without a prompt."""
    for line in text().splitlines():
        found = re.match(r"\s*(?:\$ )?(claims .*)", line)
        if found:
            yield found[1]


def named() -> set[str]:
    """The commands that the page names; `claims source add|list` names two."""
    found = set()
    for first, rest in re.findall(r"\bclaims ([a-z]+)(?: ([a-z]+(?:\\?\|[a-z]+)*))?", text()):
        found |= {first} | {f"{first} {word}" for word in re.split(r"\\?\|", rest)}
    return found


@pytest.mark.parametrize("path", list(commands(claims)), ids=" ".join)
def test_every_command_is_named(path: tuple[str, ...]) -> None:
    assert " ".join(path) in named(), f"README.md does not name claims {' '.join(path)}"


def test_every_command_line_exists() -> None:
    lines = list(typed())
    assert lines, "README.md shows no command"
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        command: click.Command = claims
        while isinstance(command, click.Group):
            words = [word for word in words if word != "--json"]
            assert words, line
            if words[0].startswith("-"):
                break
            found = command.get_command(HERE, words.pop(0))
            assert found is not None, line
            command = found
        known = {name for param in command.params for name in param.opts} | {"--help"}
        given = words[: words.index("--")] if "--" in words else words
        assert {word for word in given if word.startswith("--")} <= known, line
