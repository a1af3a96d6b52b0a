"""A file of lines that nobody vouches for: numbered, measured, and never more than one of them in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ledger.errors import Problem
from ledger.formats.backup import MAX_LINE, Meter


class Lines:
    """The lines of a file, without their ends; ``say`` is told what is wrong with one, and that one is left out."""

    def __init__(self, path: Path, say: Callable[[Problem], None]) -> None:
        self.path = path
        self.meter = Meter()
        self.number = 0
        self._say = say

    def __iter__(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while line := self.meter.take(file.readline(MAX_LINE)):
                self.number += 1
                if line.endswith(b"\n"):
                    yield line[:-1]
                elif len(line) < MAX_LINE:
                    self.say("is cut off: the line has no end")
                else:
                    self.say(f"has more than {MAX_LINE:,} bytes")
                    while line and not line.endswith(b"\n"):
                        line = self.meter.take(file.readline(MAX_LINE))

    def say(self, why: str, expected: str | None = None, got: str | None = None) -> None:
        """Tell a problem of the line that was read last."""
        self._say(Problem(f"{self.path.name}:{self.number}", why, expected, got))
