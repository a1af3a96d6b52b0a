"""docs/cli.md, made from the help of the commands: `make docs`, or `python -m tests.cli_page`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from ledger.cli.root import SECTIONS, claims

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
HEAD = """\
# The command line

Every command with its options, as `claims COMMAND --help` shows it. This page is made by `make docs`; do not edit it.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, _block(())]
    for heading, names in SECTIONS.items():
        parts.append(f"## {heading}\n")
        parts += [f"### claims {' '.join(path)}\n\n{_block(path)}" for name in names for path in _paths((name,))]
    return "\n".join(parts)


def _paths(path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """A command, and those inside it."""
    yield path
    here = click.Context(claims)
    command: click.Command | None = claims
    for name in path:
        assert isinstance(command, click.Group)
        command = command.get_command(here, name)
    if isinstance(command, click.Group):
        for name in command.list_commands(here):
            yield from _paths((*path, name))


def _block(path: tuple[str, ...]) -> str:
    shown = CliRunner(env={"COLUMNS": "80"}).invoke(claims, [*path, "--help"], prog_name="claims")
    assert shown.exit_code == 0, shown.output
    return f"```text\n{shown.stdout}```\n"


if __name__ == "__main__":
    os.environ["COLUMNS"] = "80"
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.name}")
