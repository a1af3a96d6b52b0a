"""A sentence of ours with words of others in it, so that none of them turns what stands beside it around.

In a sentence that runs from left to right, a time after an Arabic name would be drawn on the wrong side of it. So each
run of such letters, with what is between them, is isolated.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from unicodedata import bidirectional

from markupsafe import Markup, escape

_RIGHT_TO_LEFT = ("R", "AL")


def isolated(sentence: str) -> Markup:
    """Return the sentence as HTML, with a ``<bdi>`` around each run of letters that go from right to left."""
    marks = [0, *(place for run in _runs(sentence) for place in run), len(sentence)]
    pieces = [escape(sentence[start:end]) for start, end in pairwise(marks)]
    return Markup("").join(Markup("<bdi>{}</bdi>").format(piece) if n % 2 else piece for n, piece in enumerate(pieces))


def _runs(sentence: str) -> Iterator[tuple[int, int]]:
    """From and to which place each run goes; a letter from left to right ends one."""
    start = end = 0
    for place, character in enumerate(sentence):
        kind = bidirectional(character)
        if kind in _RIGHT_TO_LEFT:
            start, end = (start if end else place), place + 1
        elif kind == "L" and end:
            yield start, end
            start = end = 0
    if end:
        yield start, end
