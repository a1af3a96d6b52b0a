"""Starts writers, stops them, kills them, and reads what they told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.shell import ROOT
from tests.soak.writing import Address, Task

PATIENCE = 60.0
"""Seconds after which what should have happened is taken not to happen any more."""

DOUBT = "Lost"
"""The one kind of refusal after which an act may have been written all the same."""


class Stuck(Exception):
    """What had to happen did not; the text says what."""


@dataclass
class Told:
    """What one writer told.

    ``done`` are its acknowledged acts and the entry of each, ``tried`` is how many it began, ``repeated`` how many were
    done when it did them again, not having heard so. Of those that it was refused, ``doubted`` may have been written,
    as it was told; those ``denied`` were not.
    """

    mark: str
    done: dict[int, int] = field(default_factory=dict)
    tried: int = 0
    repeated: int = 0
    denied: set[int] = field(default_factory=set)
    doubted: set[int] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    broke: list[str] = field(default_factory=list)

    def hear(self, line: bytes) -> None:
        word, number, *more = json.loads(line)
        if word == "trying":
            self.tried = max(self.tried, number + 1)
        elif word == "done":
            self.done[number], wrote = more
            self.repeated += not wrote
        elif word == "refused":
            kind, why = more
            self.refused.append(why)
            (self.doubted if kind == DOUBT else self.denied).add(number)
        else:
            assert word == "broke"
            self.broke.append(more[0])

    @property
    def unknown(self) -> int:
        """How many acts it began, and was told neither that they were written nor that they were not."""
        return self.tried - len(self.done.keys() | (self.denied - self.doubted))


@dataclass
class Hand:
    """One writer, from outside."""

    crew: Crew
    path: Path
    pid: int
    what: Told
    keyed: bool
    _read: int = 0
    _code: int | None = None

    def told(self) -> Told:
        """What it has told by now."""
        with self.path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if line.endswith(b"\n"):
                    self._read += len(line)
                    self.what.hear(line)
        return self.what

    def signal(self, which: signal.Signals) -> None:
        if self._code is None:  # else the number may be another's by now
            os.kill(self.pid, which)

    def ended(self) -> int:
        """Wait until it has ended, hear the last of it, and return its code."""
        if self._code is None:
            self._code = int(self.crew.ask(self.pid))
        self.told()
        return self._code


class Crew:
    """The writers of a soak, and the process that forks them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0
        self._hands: list[Hand] = []
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "tests.soak.writing"]
        pipe = subprocess.PIPE
        self._noise, self._heard = folder / "stderr", 0
        with self._noise.open("ab") as noise:
            self._process = subprocess.Popen(
                command, env=env, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=noise, text=True, start_new_session=True
            )

    def ask(self, what: object) -> str:
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps(what), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, f"nobody is there to fork writers: {self.noise()}"
        return answer

    def start(self, address: Address, **how: Any) -> Hand:
        """Start a writer; ``how`` is as in :class:`Task`."""
        self._count += 1
        return self._begin(address, Told(f"w{self._count}"), how)

    def start_again(self, ended: Hand, address: Address, **how: Any) -> Hand:
        """Start a writer that goes on for one that was killed: with what that one never heard of, if acts have keys."""
        told = ended.what
        return self._begin(
            address,
            told,
            how | {"keyed": ended.keyed, "first": max(told.done, default=-1) + 1 if ended.keyed else told.tried},
        )

    def _begin(self, address: Address, told: Told, how: dict[str, Any]) -> Hand:
        path = self.folder / f"{told.mark}.told"
        path.touch()
        heard = path.stat().st_size
        task = Task(address.where, address.log, told.mark, str(path), **how)
        hand = Hand(self, path, int(self.ask(asdict(task))), told, task.keyed, heard)
        self._hands.append(hand)
        return hand

    def start_all(self, address: Address, number: int, **how: Any) -> list[Hand]:
        return [self.start(address, **how) for _ in range(number)]

    def noise(self) -> str:
        """What writers have printed where a person would see it; they should have nothing to say there."""
        said = self._noise.read_text(errors="replace")[self._heard :]
        self._heard += len(said)
        return said

    def kill_all(self) -> None:
        """Kill whoever still writes."""
        kill(self._hands)

    def close(self) -> None:
        """Kill whoever still writes, and the process that forked them."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@contextmanager
def crew_in(folder: Path) -> Iterator[Crew]:
    """A crew for as long as the block lasts."""
    crew = Crew(folder)
    try:
        yield crew
    finally:
        crew.close()


def kill(hands: Sequence[Hand]) -> None:
    """Kill writers with -9, at once."""
    for hand in hands:
        hand.signal(signal.SIGKILL)
    for hand in hands:
        hand.ended()


def stop(hands: Sequence[Hand]) -> None:
    """Let writers finish what they are at."""
    for hand in hands:
        hand.signal(signal.SIGTERM)
    for hand in hands:
        hand.ended()


def wait_until(what: str, holds: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until something holds. Raises :class:`Stuck` after ``patience`` seconds."""
    end = time.monotonic() + patience
    while not holds():
        if time.monotonic() > end:
            raise Stuck(f"{what}: not within {patience:.0f} s")
        time.sleep(0.003)


def more_acts(hands: Sequence[Hand], more: int = 1) -> Callable[[], bool]:
    """Whether each writer has been acknowledged so many acts more than by now, or has broken."""
    wanted = [(hand, len(hand.told().done) + more) for hand in hands]
    return lambda: all(len(hand.told().done) >= least or hand.what.broke for hand, least in wanted)


def wait_for_acts(hands: Sequence[Hand], more: int = 1) -> None:
    """Wait until each writer has been acknowledged so many acts more."""
    wait_until(f"each of {len(hands)} writers writes {more} more", more_acts(hands, more))
