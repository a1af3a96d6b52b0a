"""Past moments: the board over either clock under a slider, and states over time as a picture with a table beside it.

A moment has one address, which can be sent to somebody: the time that had been said by, or the last entry known. The
slider counts the moments at which something changed; its places are turned into that address.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import APIRouter, Query
from fastapi.responses import Response

from ledger.book import AsOf, BoardRow, Clock, HistoryLine, StoryRow
from ledger.errors import LedgerError
from ledger.pages import draw
from ledger.web.desk.board import counted
from ledger.web.desk.frame import Frame, Page, go_to, place
from ledger.web.given import MOST

router = APIRouter(include_in_schema=False)

PER_PAGE = 50
"""How many claims a picture has."""

Story = Annotated[int | None, Query(ge=0, le=MOST)]
Given = Annotated[str | None, Query(max_length=100)]


@router.get("/timeline")
def timeline(page: Page, story: Story = None, part: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Response:
    """The states of a story's claims over time."""
    stories = page.desk.stories()
    chosen = _chosen(stories, story)
    lines = [] if chosen is None else _history(page, chosen.index)
    claims = sorted({line.claim for line in lines})
    shown = set(claims[(part - 1) * PER_PAGE : part * PER_PAGE])
    changes = [line for line in lines if line.claim in shown]
    return page.show(
        "timeline",
        here="timeline",
        stories=stories,
        story=chosen,
        changes=changes,
        drawing=draw(changes, page.desk.zone),
        part=part,
        parts_of=-(-len(claims) // PER_PAGE),
    )


@router.get("/replay")
def replay(
    page: Page,
    story: Story = None,
    clock: Clock = Clock.SAID,
    at: Given = None,
    step: Annotated[int | None, Query(ge=0, le=MOST)] = None,
) -> Response:
    """The board as it was; ``at`` is a time that was said by, or the last entry known."""
    stories = page.desk.stories()
    chosen = _chosen(stories, story)
    moments = _moments(page, chosen, clock)
    if step is not None and moments:
        return go_to(_address(chosen, clock, moments[min(step, len(moments) - 1)]))
    failed, now, as_of = None, len(moments) - 1, AsOf()
    if at is not None and moments:
        try:
            as_of = page.desk.as_of(known=at) if clock is Clock.KNOWN else page.desk.as_of(said=at)
            now = _place(moments, as_of)
        except LedgerError as error:
            failed = error
    lines = _lines(page, chosen, as_of)
    rows = _rows(page, chosen, as_of)
    return page.show(
        "replay",
        200 if failed is None else 422,
        here="replay",
        stories=stories,
        story=chosen,
        clock=clock,
        steps=len(moments),
        step=now,
        moment=moments[now] if moments and now >= 0 else None,
        told=_told(page, clock, moments, now),
        earlier=_address(chosen, clock, moments[now - 1]) if now > 0 else None,
        later=_address(chosen, clock, moments[now + 1]) if 0 <= now < len(moments) - 1 else None,
        as_of=as_of,
        at=at,
        failed=failed,
        rows=rows,
        counts=counted(rows),
        changes=lines,
        drawing=draw(lines, page.desk.zone),
    )


Moments = Sequence[datetime] | Sequence[int]


def _moments(page: Frame, story: StoryRow | None, clock: Clock) -> Moments:
    """The moments at which something changed: times, or the indexes of entries."""
    if story is None:
        return []
    if clock is Clock.SAID:
        return sorted({line.at for line in _history(page, story.index)})
    first = story.index
    return list(range(first, page.size))


def _place(moments: Moments, as_of: AsOf) -> int:
    """The last moment that is not later."""
    asked = as_of.said if as_of.said is not None else (as_of.known or 1) - 1
    return bisect_right(cast(list[Any], moments), asked) - 1


def _told(page: Frame, clock: Clock, moments: Moments, now: int) -> str | None:
    """What happened at the moment, in words."""
    if not moments or now < 0:
        return None
    moment = moments[now]
    if isinstance(moment, int):
        line = page.desk.lines([moment])[0]
        return f"{line.recorder or 'nobody'} recorded: {line.summary}"
    assert clock is Clock.SAID
    return None


def _address(story: StoryRow | None, clock: Clock, moment: datetime | int) -> str:
    at = str(moment) if isinstance(moment, int) else moment.isoformat().replace("+00:00", "Z")
    return place("/replay", story=None if story is None else story.index, clock=clock.value, at=at)


def _history(page: Frame, story: int) -> list[HistoryLine]:
    lines: list[HistoryLine] = page.remember(
        "history", story, make=lambda: list(page.desk.history(story=story, as_of=AsOf(page.size)))
    )
    return lines


def _lines(page: Frame, story: StoryRow | None, as_of: AsOf) -> list[HistoryLine]:
    if story is None or (as_of.known is not None and as_of.known <= story.index):
        return []
    claims: list[int] = []
    kept = []
    for line in page.desk.history(story=story.index, as_of=as_of):
        if line.claim not in claims and len(claims) == PER_PAGE:
            continue
        if line.claim not in claims:
            claims.append(line.claim)
        kept.append(line)
    return kept


def _rows(page: Frame, story: StoryRow | None, as_of: AsOf) -> list[BoardRow]:
    if story is None or (as_of.known is not None and as_of.known <= story.index):
        return []
    return page.desk.board(story=story.index, as_of=as_of)


def _chosen(stories: Sequence[StoryRow], story: int | None) -> StoryRow | None:
    """The story that was asked for, else the one with the newest claims."""
    asked = next((each for each in stories if each.index == story), None)
    return asked or (max(stories, key=lambda each: each.index) if stories else None)
