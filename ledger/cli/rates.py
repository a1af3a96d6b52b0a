"""Records of sources and their rates, in lines: counts first, then what so few or so many can tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ledger.book import Rate, RecordRow
from ledger.cli.screen import block, counted, painted, plain

NO_INTERVALS = "without intervals: pip install 'retraction-ledger[statistics]' adds them"
_INDENT = "    "


def told(rate: Rate) -> str:
    """A rate as ``1 of 5 (4 to 62 %)``; without a trial or an interval, the counts alone.

    One of one is no hundred percent of anything, so the share itself is not shown.
    """
    counts = f"{rate.count} of {rate.of}"
    if rate.low is None or rate.high is None:
        return counts
    return f"{counts} ({100 * rate.low:.0f} to {100 * rate.high:.0f} %)"


def record_lines(row: RecordRow) -> Iterator[str]:
    """One source or body: a heading, then what it said, how that fared, what it passed on, and our mistakes."""
    for line in block("", _heading(row), indent=8):
        yield painted(line, "bold")
    for text in _sentences(row):
        yield from block(_INDENT, text, indent=8)


def _heading(row: RecordRow) -> str:
    name = f"{row.name} ({row.kind})"
    if row.whole:
        return plain(f"{name} with {', '.join(row.members)}")
    through = [f"through {row.relayer}"] if row.relayer else []
    within = [f"in {row.story}"] if row.story else []
    body = [f"speaks for {row.body}"] if row.body else []
    return plain(", ".join([name, *through, *within, *body]))


def _sentences(row: RecordRow) -> Iterator[str]:
    undated = f", {row.undated} of them undated" if row.undated else ""
    yield f"{counted(row.statements, 'statement')}{undated}, on {counted(row.claims, 'claim')}"
    if row.denied.of:
        yield f"said to be so, later denied by an authority: {told(row.denied)}"
    if row.overruled.of:
        yield f"said not to be so, later confirmed by an authority: {told(row.overruled)}"
    if row.corrected.of:
        wait = "" if row.wait is None else f", median {_span(row.wait)}"
        yield f"corrected by itself: {told(row.corrected)}{wait}"
        yield f"withdrawn: {told(row.withdrawn)}"
    if row.relayed:
        yield f"passed on the word of others on {counted(row.relayed, 'claim')}"
    if row.relayed_denied.of:
        yield f"passed on as so, later denied by an authority: {told(row.relayed_denied)}"
        yield f"passed on as so, later pulled: {told(row.relayed_pulled)}"
    if row.mistakes:
        each = ", ".join(f"{count} {why}" for why, count in row.mistakes.items())
        yield f"our own mistakes, in none of these counts: {each}"


def _span(seconds: int) -> str:
    """A span of time in its largest fitting unit and the next."""
    span = timedelta(seconds=seconds)
    hours, minutes = divmod(span.seconds // 60, 60)
    if span.days:
        return f"{counted(span.days, 'day')} {hours} h"
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min" if minutes else f"{span.seconds} s"
