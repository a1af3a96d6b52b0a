"""How much a rate of few trials can tell: Wilson's interval, from the extra ``[statistics]``."""

from __future__ import annotations

from importlib.util import find_spec

from ledger.book.views import Rate

CONFIDENCE = 0.95
"""How often such an interval holds the true rate, were the trials independent."""


def can_tell() -> bool:
    """Whether the extra ``[statistics]`` is installed."""
    return find_spec("scipy") is not None


def rate(count: int, of: int) -> Rate:
    """A rate with its interval, where that can be told."""
    if not of or not can_tell():
        return Rate(count, of, None, None)
    from scipy.stats import binomtest

    interval = binomtest(count, of).proportion_ci(confidence_level=CONFIDENCE, method="wilson")
    return Rate(count, of, round(float(interval.low), 4), round(float(interval.high), 4))
