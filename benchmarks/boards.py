"""The board of one story: in a large ledger against a small one, and of a past moment against the current one.

Both ledgers end with the same story. What is there besides must not matter, and a past moment is derived from the
entries as the current one is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.frame import Ground, Row, Timing, Trial, timed
from benchmarks.ledgers import OPENED, PACE, extend_ledger, made_from, make_ledger, story_of
from ledger.book import AsOf, Ledger

_CLAIMS, _STATEMENTS = 1_000, 5
_SMALL_LEDGER, _BOARDS = 10_000, 3
_STORY = "the-story"
_NOW = AsOf()


@contextmanager
def boards(ground: Ground) -> Iterator[Trial]:
    """Show the board of a story of 1,000 claims, with five statements each."""
    claims = ground.entries // 20 if ground.small else _CLAIMS
    large, small = ground.entries, max(min(_SMALL_LEDGER, ground.entries), claims * (_STATEMENTS + 1) + 1_000)
    with (
        Ledger.open(_made(ground, large, claims), read_only=True) as in_large,
        Ledger.open(_made(ground, small, claims), read_only=True) as in_small,
    ):
        yield Trial(
            {
                "large": lambda: _show(in_large, claims, _NOW),
                "small": lambda: _show(in_small, claims, _NOW),
                "past": lambda: _show(in_large, claims, AsOf(large - 1, OPENED + (large - 1) * PACE)),
            },
            _rows(claims, large, small),
        )


def _made(ground: Ground, entries: int, claims: int) -> Path:
    """Make a ledger of so many entries, of which the last are the story."""
    before = entries - claims * (_STATEMENTS + 1) - 1
    base = make_ledger(ground.folder / f"ledger-{before}.db", before)
    more = made_from(before, story_of(before, _STORY, claims, _STATEMENTS))
    return extend_ledger(ground.folder / f"board-{entries}-{claims}.db", base, more)


def _show(ledger: Ledger, claims: int, as_of: AsOf) -> Timing:
    with timed() as clock:
        shown = [len(ledger.board(story=_STORY, as_of=as_of)) for _ in range(_BOARDS)]
    assert shown == [claims] * _BOARDS, "every claim is on the board"
    return Timing(_BOARDS, clock.seconds)


def _rows(claims: int, large: int, small: int) -> list[Row]:
    work = f"board of a story of {claims:,} claims in a ledger of {large:,} entries"
    return [
        Row(
            name="board",
            work=work,
            against=f"the same in a ledger of {small:,}",
            ours="large",
            peer="small",
            unit="boards",
            target=0.7,
            closes="a query that is asked once a board, and whose plan goes through more than the story",
        ),
        Row(
            name="board-past",
            work=f"{work}, as of a past moment by both clocks",
            against="the current board",
            ours="past",
            peer="large",
            unit="boards",
            target=0.3,
            closes="registers of a past moment, kept between boards",
        ),
    ]
