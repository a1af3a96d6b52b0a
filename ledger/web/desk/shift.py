"""All that a shift must look at. The board shows the beginning of it."""

from __future__ import annotations

from itertools import groupby

from fastapi import APIRouter
from fastapi.responses import Response

from ledger.web.desk.frame import Page

router = APIRouter(include_in_schema=False)


@router.get("/todo")
def todo(page: Page) -> Response:
    """What a shift must look at, the most urgent first, and since when."""
    rows = page.desk.todo()
    return page.show(
        "todo",
        here="todo",
        todo=[(concern, list(some)) for concern, some in groupby(rows, key=lambda row: row.concern)],
    )
