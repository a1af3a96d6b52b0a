"""The board: where every claim stands, what changed since somebody looked, what a shift must look at, what is owed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from ledger.book import BoardRow
from ledger.errors import Unavailable
from ledger.text import fold
from ledger.vocabulary import State
from ledger.web.desk.frame import Frame, Page, drawn_by, go_to, searched
from ledger.web.given import MOST
from ledger.web.newest import Newest

router = APIRouter(include_in_schema=False)

_A_YEAR = 31_536_000
MOST_ROWS = 500
"""How many claims of a board a page shows at once; the filter finds the others."""

Story = Annotated[int | None, Query(ge=0, le=MOST)]
Words = Annotated[str, Query(max_length=500)]


@router.get("/")
def board(
    page: Page, story: Story = None, state: Annotated[list[State] | None, Query()] = None, q: Words = ""
) -> Response:
    """Where every claim stands."""
    newest: Newest = page.request.app.state.newest
    overview = newest.overview(page.size)
    page = replace(page, size=overview.size)
    stories = overview.stories
    named = next((each.name for each in stories if each.index == story), None)
    in_story = [row for row in overview.rows if named is None or row.story == named]
    words = fold(q).split()
    chosen = [row for row in in_story if (not state or row.state in state) and has(row, words)]
    seen = _seen(page)
    # What has waited for long follows from the hour too, to the minute.
    todo = page.remember("todo", page.now, make=lambda: page.desk.todo_of(overview))
    response = page.show(
        "board",
        here="board",
        stories=stories,
        story=story if named else None,
        states=state or [],
        q=q,
        counts=counted(in_story),
        listed=len(overview.rows),
        found=len(chosen),
        most=MOST_ROWS,
        drawn=drawn_by(page.request),
        groups=grouped(chosen),
        indexes={each.name: each.index for each in stories},
        since=newest.since(overview, seen),
        todo=[(concern, list(rows)) for concern, rows in groupby(todo, key=lambda row: row.concern)],
        urgent=len(todo),
        debts=page.remember("debts", make=lambda: page.desk.debts_of(overview)),
    )
    if page.request.cookies.get(_cookie(page)) is None:
        _keep(response, page, seen)
    return response


@router.post("/seen")
def seen(page: Page, size: Annotated[int, Form(ge=1, le=MOST)]) -> Response:
    """Remember in this browser up to where somebody has looked."""
    response = go_to("/")
    _keep(response, page, min(size, page.size) - 1)
    return response


@router.get("/search")
def search(page: Page, q: Words = "") -> Response:
    """Every place in which words stand, the internal ones too."""
    hits, failed = [], None
    if q.strip():
        try:
            hits = page.desk.search(q, limit=50)
        except Unavailable as error:
            failed = error
    return page.show("search", here="board", q=q, hits=hits, failed=failed)


def grouped(rows: Iterable[BoardRow]) -> list[tuple[str, list[BoardRow]]]:
    """Rows by story, first the story in which a claim came up last; of too many rows those of the newest claims."""
    newest = sorted(rows, key=lambda row: row.claim, reverse=True)[:MOST_ROWS]
    found: dict[str, list[BoardRow]] = {}
    for row in newest:
        found.setdefault(row.story, []).append(row)
    return [(name, some[::-1]) for name, some in found.items()]


def counted(rows: Iterable[BoardRow]) -> list[tuple[State, int]]:
    """How many claims are in each state that occurs."""
    counts = Counter(row.state for row in rows)
    return [(state, counts[state]) for state in State if counts[state]]


def has(row: BoardRow, words: Sequence[str]) -> bool:
    """Whether all words of a search, folded, stand in a row, as beginnings of words or inside them."""
    if not words:
        return True
    text = searched(row)
    return all(word in text for word in words)


def _cookie(page: Frame) -> str:
    return f"claims-seen-{page.request.app.state.mark}"


def _seen(page: Frame) -> int:
    given = page.request.cookies.get(_cookie(page), "")
    known = int(given) if given.isascii() and given.isdigit() and len(given) < 16 else page.size - 1
    return min(known, page.size - 1)


def _keep(response: Any, page: Frame, last: int) -> None:
    secure = page.request.app.state.settings.secure
    response.set_cookie(
        _cookie(page), str(last), max_age=_A_YEAR, path="/", secure=secure, httponly=True, samesite="lax"
    )
