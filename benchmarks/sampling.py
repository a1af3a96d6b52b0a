"""Where a piece of work spends its time, by samples: no call is slowed down, however often it is made."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

_EVERY = 0.002  # seconds of the processor
REST = "the rest"


@contextmanager
def sampled(parts: Mapping[str, str], counts: Counter[str]) -> Iterator[None]:
    """Count in which part of the work the block is, every two milliseconds that it computes.

    ``parts`` maps functions to parts, each as ``module.qualified_name`` or a whole ``module``. The innermost one that
    is known counts, a function before its module. It has to be the main thread.
    """

    def take(_signal: int, frame: FrameType | None) -> None:
        counts[_part_of(frame, parts)] += 1

    before = signal.signal(signal.SIGPROF, take)
    signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def shares_of(work: Callable[[], object], parts: Mapping[str, str]) -> dict[str, float]:
    """Return which share of the time of ``work`` each part takes."""
    counts: Counter[str] = Counter()
    with sampled(parts, counts):
        work()
    whole = counts.total() or 1
    return {part: count / whole for part, count in counts.items()}


def _part_of(frame: FrameType | None, parts: Mapping[str, str]) -> str:
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        part = parts.get(f"{module}.{frame.f_code.co_qualname}") or parts.get(module)
        if part is not None:
            return part
        frame = frame.f_back
    return REST
