"""How a measurement is run: contestants side by side, three rounds in turn, the median of each, and their ratio.

A measurement is a function from a :class:`Ground` to a context with a :class:`Trial`; what it prepares is outside the
clock, since each run times itself. Machines differ and neighbours disturb, so only ratios of one trial say anything.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

ROUNDS = 3
"""How often each contestant runs, unless somebody asks for another number."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How much was done in how many seconds."""

    done: int
    seconds: float

    @property
    def value(self) -> float:
        """How much a second."""
        return self.done / self.seconds

    def __str__(self) -> str:
        return f"{self.done:,} in {self.seconds:.2f} s"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a contestant takes, in the unit of its row: seconds, MiB."""

    value: float

    def __str__(self) -> str:
        return f"takes {self.value:.4g}"


Figure = Timing | Cost


@dataclass(frozen=True, slots=True)
class Row:
    """Two contestants of a trial, by their names, and the ratio of their rates that is to be reached.

    A row of ``costs`` compares what each side takes, of which less is better: the target is then the most that the
    ratio may be. Without a ``target`` the ratio is for information. ``closes`` says what would close a miss,
    ``further`` what it would take to go beyond the target.
    """

    name: str
    work: str
    against: str
    ours: str
    peer: str
    unit: str
    target: float | None = None
    closes: str = ""
    further: str = ""
    costs: bool = False

    @property
    def measure(self) -> str:
        """What the figures count: things a second, or seconds or MiB alone."""
        return self.unit if self.costs else f"{self.unit} a second"


@dataclass(frozen=True, slots=True)
class Trial:
    """Contestants by name, what is told of them, and what else was found out while measuring.

    ``shares`` is asked once, after the rounds: which part of the work takes which part of the time. ``rounds`` is the
    most that are of use, for what is long and hardly varies.
    """

    contestants: Mapping[str, Callable[[], Figure]]
    rows: Sequence[Row]
    shares: Callable[[], Mapping[str, float]] = field(default=dict)
    rounds: int | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """Where ledgers are made and kept, and of how many entries; ``small`` only tries whether all of it runs."""

    folder: Path
    entries: int
    small: bool = False


Measurement = Callable[[Ground], AbstractContextManager[Trial]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a row: the median figures, and their ratio in each round."""

    row: Row
    ours: float
    peer: float
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """How many times the figure of the peer ours is."""
        return self.ours / self.peer

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None without one."""
        target = self.row.target
        if target is None:
            return None
        return self.ratio <= target if self.row.costs else self.ratio >= target


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a measurement."""

    name: str
    entries: int
    rounds: int
    outcomes: tuple[Outcome, ...]
    shares: Mapping[str, float]


def measure(name: str, measurement: Measurement, ground: Ground, rounds: int, tell: Callable[[str], None]) -> Result:
    """Run one measurement; ``tell`` hears how far it is."""
    tell(f"{name}: preparing")
    with measurement(ground) as trial:
        rounds = rounds if trial.rounds is None else min(rounds, trial.rounds)
        figures: dict[str, list[Figure]] = {each: [] for each in trial.contestants}
        for number in range(rounds):
            for contestant, run in _turn(trial.contestants, number):
                with _swept():
                    figure = run()
                figures[contestant].append(figure)
                tell(f"{name}: round {number + 1}: {contestant}: {figure}")
        outcomes = tuple(_outcome(row, figures) for row in trial.rows)
        return Result(name, ground.entries, rounds, outcomes, trial.shares())


@contextmanager
def _swept() -> Iterator[None]:
    """Let the collector look through what a contestant makes, and not each time through all that was prepared."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _turn(contestants: Mapping[str, Callable[[], Figure]], number: int) -> Iterator[tuple[str, Callable[[], Figure]]]:
    """Every contestant once; another one begins each round, so that none is always the one after the same."""
    order = list(contestants.items())
    at = number % len(order)
    yield from (*order[at:], *order[:at])


def _outcome(row: Row, figures: Mapping[str, Sequence[Figure]]) -> Outcome:
    ours, peer = ([each.value for each in figures[name]] for name in (row.ours, row.peer))
    return Outcome(row, median(ours), median(peer), tuple(a / b for a, b in zip(ours, peer, strict=True)))


class Clock:
    """Seconds since :func:`timed` began; they stand still from its end on."""

    seconds = 0.0


@contextmanager
def timed() -> Iterator[Clock]:
    """Time a block."""
    clock = Clock()
    begun = perf_counter()
    yield clock
    clock.seconds = perf_counter() - begun
