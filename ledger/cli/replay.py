"""The history: each change of state in order, on the screen or in a file that is whole or not there at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger.cli.board import when
from ledger.cli.frame import Settings
from ledger.cli.questions import settled
from ledger.cli.screen import block, painted, put, put_json_list, say
from ledger.errors import Unavailable

if TYPE_CHECKING:
    from ledger.book import HistoryLine, Ledger


def show_history(settings: Settings, ledger: Ledger, call: dict[str, Any], clock: str, out: str | None = None) -> None:
    """Show the history that ``call`` asks for, or write it to the file ``out``."""
    from ledger.book import Clock

    def ask(**asked: Any) -> list[HistoryLine]:
        return list(ledger.history(**asked))

    lines = settled(settings, ask, call | {"clock": Clock(clock)})
    if out is None:
        _write(settings, ledger, lines)
        return
    with _whole_file(Path(out)):
        _write(settings, ledger, lines)
    say(f"wrote {out}: {len(lines)} changes of state")


def _write(settings: Settings, ledger: Ledger, lines: Iterable[HistoryLine]) -> None:
    if settings.json:
        put_json_list(line.as_json() for line in lines)
        return
    claim, any_yet = None, False
    for line in lines:
        if line.claim != claim:
            claim = line.claim
            for shown in block(f"claim {claim}  ", line.text):
                put(painted(shown, "bold"))
        for shown in _change(ledger, line):
            put(shown)
        any_yet = True
    if not any_yet:
        say("nothing was said yet")


def _change(ledger: Ledger, line: HistoryLine) -> Iterator[str]:
    state = line.state.value if line.state else "not listed"
    before = f" (was {line.before})" if line.before and line.before is not line.state else ""
    to = "" if line.successor is None else f" → {line.successor}"
    head = f"  {when(ledger, line.at)}  "
    yield f"{head}{painted(state, state)}{to}{before}{', HELD' if line.held else ''}"
    more = f" (and {', '.join(str(index) for index in line.others)})" if line.others else ""
    for shown in block(" " * len(head), f"[{line.index}] {line.because}{more}"):
        yield painted(shown, "dim")


@contextmanager
def _whole_file(path: Path) -> Iterator[None]:
    """Send stdout into a file beside ``path`` that takes its place at the end, or vanishes."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("x", encoding="utf-8", newline="\n") as file, redirect_stdout(file):
            yield
            sys.stdout.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Unavailable(f"{path}: {why}", next="name a file in a folder that exists and may be written to") from None
    finally:
        with suppress(OSError):
            beside.unlink()
