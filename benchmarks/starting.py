"""A cold start: the board of a small ledger in a new process, against a new process that only imports SQLModel."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median

from benchmarks.databases import Sqlite
from benchmarks.frame import Cost, Ground, Row, Trial, timed
from benchmarks.ledgers import make_ledger

_ENTRIES, _STARTS = 1_000, 7
_IMPORT = "import sqlmodel"


@contextmanager
def starting(ground: Ground) -> Iterator[Trial]:
    """Start on a ledger of a story or two, so that the files are in the cache of the system."""
    starts = 1 if ground.small else _STARTS
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLAIMS_")}
    with Sqlite(ground.folder).copied(make_ledger(ground.folder / f"ledger-{_ENTRIES}.db", _ENTRIES)) as place:
        board = [sys.executable, "-m", "ledger", "board", "--ledger", str(place), "--story", "story-0"]
        yield Trial(
            {
                "board": lambda: _start(board, environment, starts),
                "sqlmodel": lambda: _start([sys.executable, "-c", _IMPORT], environment, starts),
                "python": lambda: _start([sys.executable, "-c", ""], environment, starts),
            },
            _ROWS,
        )


def _start(command: Sequence[str], environment: Mapping[str, str], starts: int) -> Cost:
    """Take the median of a few starts."""
    seconds = []
    for _ in range(starts):
        with timed() as clock:
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
        seconds.append(clock.seconds)
    return Cost(median(seconds))


_ROWS = (
    Row(
        name="start",
        work="`claims board` on a small ledger, from a cold start",
        against=f'`python -c "{_IMPORT}"`',
        ours="board",
        peer="sqlmodel",
        unit="seconds",
        target=1.6,
        closes="tables described to the readers without SQLModel, which is the better part of what a start imports",
        costs=True,
    ),
    Row(
        name="start-python",
        work="`claims board` on a small ledger, from a cold start",
        against='`python -c ""`',
        ours="board",
        peer="python",
        unit="seconds",
        costs=True,
    ),
)
