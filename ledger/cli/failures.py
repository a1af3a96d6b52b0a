"""How a refusal is told: `claims: what: where: why`, what to do next, and the exit code. Never a traceback."""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import suppress

import click

from ledger import __version__
from ledger.cli.screen import plain, say
from ledger.errors import LedgerError, Misused, Unavailable, Unclear

INTERRUPTED = 130
PIPE_CLOSED = 141
_LONGEST = 600


def tell_failure(error: BaseException, *, as_json: bool) -> int:
    """Say on stderr what went wrong and return the exit code."""
    if isinstance(error, BrokenPipeError):
        _abandon_stdout()
        return PIPE_CLOSED
    if isinstance(error, KeyboardInterrupt | click.Abort | EOFError):
        say("claims: interrupted")
        return INTERRUPTED
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        say(error.format_message())
        return Misused.exit_code
    if os.environ.get("CLAIMS_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    refusal = _as_refusal(error)
    if as_json:
        say(json.dumps(refusal.as_json(), indent=2))
    else:
        _tell(refusal)
    return refusal.exit_code


def _tell(refusal: LedgerError) -> None:
    alone = f": {refusal.problems[0]}" if len(refusal.problems) == 1 else ""
    say(_line(f"claims: {refusal.message}{alone}"))
    for problem in refusal.problems[1 if alone else 0 :]:
        say(_line(f"  {problem}"))
    if isinstance(refusal, Unclear):
        for candidate in refusal.candidates:
            say(_line(f"  {candidate.index:>5}  {candidate.text}"))
    if refusal.next:
        say(_line(f"next: {refusal.next}"))


def _line(text: str) -> str:
    """One line that a terminal can be given: nothing in it is obeyed, and nobody has to scroll past it."""
    shown = plain(text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST // 2]} … {shown[-_LONGEST // 4 :]}"


def _as_refusal(error: BaseException) -> LedgerError:
    if isinstance(error, LedgerError):
        return error
    if isinstance(error, click.ClickException):
        return _misused(error)
    if isinstance(error, OSError):
        _abandon_stdout()
        what = error.filename if error.filename is not None else "output"
        why = (error.strerror or str(error)).lower()
        return Unavailable(f"{what}: {why}", next="look after the file, folder or disk that is named, and try again")
    return Unavailable(
        f"unexpected: {type(error).__name__}: {' '.join(str(error).split())}",
        next="this is a fault of the program: run it again with CLAIMS_DEBUG=1 and report what it prints, "
        f"with the version ({__version__})",
    )


def _misused(error: click.ClickException) -> Misused:
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx is not None else "claims"
    where = path.removeprefix("claims").strip()
    message = _lowered(error.format_message())
    if isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter):
        hint = error.param.get_error_hint(ctx) if error.param is not None and ctx is not None else "value"
        message = f"{str(hint).replace(chr(39), '')}: {_lowered(error.message)}"
    step = f"`{path} --help` shows how"
    if isinstance(error, click.NoSuchOption):
        step = f"a text that starts with - goes after --, as in `{path} … -- '{error.option_name}…'`; {step}"
    return Misused(f"{where}: {message}" if where else message, next=step)


def _lowered(message: str) -> str:
    text = re.sub(r"'(--?[\w-]+)'", r"\1", " ".join(message.split())).rstrip(".")
    return text[:1].lower() + text[1:]


def _abandon_stdout() -> None:
    """Nobody reads it any more: let what is still to be flushed go nowhere, instead of failing again at the exit."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
