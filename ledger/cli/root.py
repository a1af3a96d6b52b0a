"""The command `claims`: the list of its commands, and the one place where a run ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from ledger import __version__
from ledger.cli import board, demo, desk, keeping, recording, sources, why
from ledger.cli.failures import soften_streams, tell_failure
from ledger.cli.frame import Acts, Settings

HEADINGS: dict[str, tuple[click.Command, ...]] = {
    "Record what was said": (
        recording.report,
        recording.deny,
        recording.confirm,
        recording.decline,
        recording.correct,
        recording.supersede,
        recording.withdraw,
    ),
    "See where it stands": (board.board, why.why, why.history, board.diff, board.stories, board.log),
    "Mend our own mistakes": (desk.retract, desk.move),
    "Decide at the desk": (
        desk.hold,
        desk.release,
        desk.same,
        desk.wording,
        sources.source,
        sources.authority,
        sources.policy,
    ),
    "Make, hand on, check": (keeping.init, demo.demo, keeping.export, keeping.verify),
}


@click.group(cls=Acts, headings=HEADINGS)
@click.version_option(__version__, message="claims %(version)s")
def claims() -> None:
    """Keep a ledger of who claimed what, and see what stands now and why.

    Nothing is deleted: what turns out wrong is denied, corrected or
    retracted, and any past moment can be asked for.

    \b
    claims init
    claims report "A second police officer was killed" --by Reuters \\
        --by-kind agency --said 22:30 --story champs-elysees-2017-04-20
    claims board
    claims why "second officer"

    Digits are always an index. A text that starts with - goes after --.
    """


for _commands in HEADINGS.values():
    for _command in _commands:
        claims.add_command(_command)


def run(argv: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 done, 1 no, 2 wrong usage, 3 could not find out, 130 interrupted."""
    soften_streams()
    if "_CLAIMS_COMPLETE" in os.environ:
        claims.main(list(argv), prog_name="claims")
    settings = Settings()
    try:
        code = _invoke(list(argv), settings)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001 - whatever went wrong, a person is told in words
        return tell_failure(error, as_json=settings.json or _asks_for_json(argv))
    return code


def _invoke(argv: list[str], settings: Settings) -> int:
    try:
        with claims.make_context("claims", argv, obj=settings) as ctx:
            claims.invoke(ctx)
    except click.exceptions.Exit as end:
        return end.exit_code
    return 0


def _asks_for_json(argv: Sequence[str]) -> bool:
    """Whether a call that could not be read to its end meant to be answered in JSON."""
    options = list(argv)
    return "--json" in (options[: options.index("--")] if "--" in options else options)
