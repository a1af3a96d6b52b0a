"""States over time as lanes, one a claim, on one scale: places in percent, so that a picture fits every screen.

The scale is that of the clock, but for pauses: one much longer than usual is drawn short, and a break shows it. So an
evening is not squeezed flat by a correction a month later. What held last goes on to the right edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median_low
from zoneinfo import ZoneInfo

from ledger.book import HistoryLine
from ledger.times import show_time
from ledger.vocabulary import Precision, State

_PAUSE = 6
"""A gap of more than so many usual ones is drawn as long as so many."""
_LAST = 14.0
"""How much of the width is after the last change."""
_APART = 20.0
"""How far two ticks are from each other at least; a date fits between them on a phone."""
_MARKED = 5.0
"""From which width on a span has room for its mark."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment on the axis; ``day`` is empty where it is that of the tick before."""

    x: str
    day: str
    clock: str


@dataclass(frozen=True, slots=True)
class Span:
    """A state for a time."""

    x: str
    width: str
    state: State
    told: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """One claim; ``told`` says in words what the spans show."""

    claim: int
    text: str
    spans: tuple[Span, ...]
    told: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """All lanes, the axis above them, the pauses drawn short, and the states that occur, in the order of the words."""

    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    breaks: tuple[str, ...]
    states: tuple[State, ...]


def draw(lines: Iterable[HistoryLine], zone: ZoneInfo) -> Drawing:
    """Draw the changes of claims by what was said, given in the order of time."""
    by_claim: dict[int, list[HistoryLine]] = {}
    for line in lines:
        by_claim.setdefault(line.claim, []).append(line)
    scale = _Scale(sorted({line.at for changes in by_claim.values() for line in changes}), zone)
    lanes = tuple(_lane(changes, scale) for changes in by_claim.values())
    seen = {span.state for lane in lanes for span in lane.spans}
    return Drawing(lanes, tuple(scale.ticks()), scale.breaks, tuple(state for state in State if state in seen))


class _Scale:
    """Where each moment of a change is, in percent of the width."""

    def __init__(self, moments: Sequence[datetime], zone: ZoneInfo) -> None:
        self.zone = zone
        # The last gap is none, so that there is one for each moment.
        gaps = [(after - before).total_seconds() for before, after in pairwise([*moments, *moments[-1:]])]
        longest = _PAUSE * median_low(gaps[:-1] or [0.0])
        drawn = [min(gap, longest) for gap in gaps]
        width = (100.0 - _LAST) / (sum(drawn) or 1.0)
        self.at: dict[datetime, float] = {}
        x, breaks = 0.0, []
        for moment, gap, shown in zip(moments, gaps, drawn, strict=True):
            self.at[moment] = x
            if gap > shown:
                breaks.append(_percent(x + shown * width / 2))
            x += shown * width
        self.breaks = tuple(breaks)

    def ticks(self) -> Iterable[Tick]:
        """The first moment, and those after it that are far enough from the tick before."""
        last, day = -_APART, ""
        for moment, x in self.at.items():
            if x - last >= _APART:
                local = moment.astimezone(self.zone)
                today = local.date().isoformat()
                yield Tick(_percent(x), "" if today == day else today, f"{local:%H:%M}")
                last, day = x, today

    def shown(self, moment: datetime) -> str:
        """A moment in full."""
        return show_time(moment.replace(second=0, microsecond=0), self.zone, Precision.MINUTE)


def _lane(changes: Sequence[HistoryLine], scale: _Scale) -> Lane:
    ends = [scale.at[line.at] for line in changes[1:]] + [100.0]
    spans = []
    for line, end in zip(changes, ends, strict=True):
        start = scale.at[line.at]
        if line.state is not None:
            told = f"{line.state} from {scale.shown(line.at)}"
            spans.append(Span(_percent(start), _percent(end - start), line.state, told, end - start >= _MARKED))
    told = "; ".join(span.told for span in spans) or "nobody’s word stands"
    return Lane(changes[0].claim, changes[0].text, tuple(spans), told)


def _percent(x: float) -> str:
    return f"{x:.2f}"
