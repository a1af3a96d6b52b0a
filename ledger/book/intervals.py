"""How much a rate of few trials can tell: Wilson's interval, from the extra ``[statistics]``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from ledger.book.views import Rate

CONFIDENCE = 0.95
"""How often such an interval holds the true rate, were the trials independent."""


@cache
def _test() -> Callable[[int, int], Any] | None:
    """The library's test of a rate, None where it is not installed; it is slow to import."""
    try:
        from scipy.stats import binomtest
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] != "scipy":
            raise
        return None
    found: Callable[[int, int], Any] = binomtest
    return found


def can_tell() -> bool:
    """Whether the extra ``[statistics]`` is installed."""
    return _test() is not None


def rate(count: int, of: int) -> Rate:
    """A rate with its interval, where that can be told."""
    test = _test()
    if not of or test is None:
        return Rate(count, of, None, None)
    interval = test(count, of).proportion_ci(confidence_level=CONFIDENCE, method="wilson")
    return Rate(count, of, round(float(interval.low), 4), round(float(interval.high), 4))
