"""All that a shift must look at. The board shows the beginning of it."""

from __future__ import annotations

from itertools import groupby

from fastapi import APIRouter
from fastapi.responses import Response

from ledger.web.desk.frame import Page
from ledger.web.newest import Newest

router = APIRouter(include_in_schema=False)


@router.get("/todo")
def todo(page: Page) -> Response:
    """What a shift must look at, the most urgent first, and since when."""
    newest: Newest = page.request.app.state.newest
    rows = page.desk.todo_of(newest.overview(page.size))
    return page.show(
        "todo",
        here="todo",
        todo=[(concern, list(some)) for concern, some in groupby(rows, key=lambda row: row.concern)],
    )
