"""What changes, brought to every page that is open: the rows of the board that are new, and who recorded what.

A page says up to where it knows; whoever comes back is told what came meanwhile. The rows are filled once for all who
listen. Where very much came at once, a page is told to load itself again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from ledger.book import BoardRow, Ledger, Overview, Since
from ledger.web.desk.frame import drawn_by
from ledger.web.desk.remembered import Remembered
from ledger.web.identity import ledger_of
from ledger.web.newest import Newest
from ledger.web.stream import follow, last_known

router = APIRouter(include_in_schema=False)

MOST_ROWS = 60
MOST_LINES = 5
_MOST_TOLD = 300


@router.get("/live", response_class=EventSourceResponse)
async def live(request: Request, last: Annotated[int, Depends(last_known)]) -> AsyncIterator[ServerSentEvent]:
    """What changes from the last index that a page knows on."""

    async def told(known: int) -> tuple[int, Any]:
        since = await request.app.state.hub.since(known)
        return since.now, await to_thread.run_sync(_told, request, known, since)

    async for event in follow(request, last, told):
        yield event


def _told(request: Request, known: int, since: Since) -> Any:
    remembered: Remembered = request.app.state.remembered
    return remembered.get(("live", known, since.now), lambda: _made(request, ledger_of(request), known, since))


def _made(request: Request, ledger: Ledger, known: int, since: Since) -> dict[str, Any]:
    newest: Newest = request.app.state.newest
    overview = newest.overview(since.now)
    claims = ledger.touched(known + 1) | {each.claim for each in (*since.changed, *since.new)}
    lines = ledger.lines(range(max(known + 1, since.now - MOST_LINES), since.now))
    told: dict[str, Any] = {
        "size": since.now,
        "claims": sorted(claims)[:MOST_ROWS],
        "whole": len(claims) > MOST_ROWS,
        "lines": [{"recorder": each.recorder, "summary": _short(each.summary), "index": each.index} for each in lines],
        "rows": [],
    }
    if not told["whole"]:
        stories = {each.name: each.index for each in overview.stories}
        told["rows"] = [
            {
                "claim": row.claim,
                "story": stories[row.story],
                "state": row.state.value,
                "html": drawn_by(request).row(row),
            }
            for row in _rows(ledger, overview, claims)
        ]
    return told


def _rows(ledger: Ledger, overview: Overview, claims: set[int]) -> Iterable[BoardRow]:
    """The rows of some claims; of one that counts as another, the row of that."""
    found = {claim: overview.claims[claim].row for claim in claims & overview.claims.keys()}
    if claims - found.keys():
        found |= {row.claim: row for row in ledger.rows(claims - found.keys()) if row.claim not in found}
    return [found[claim] for claim in sorted(found)]


def _short(text: str) -> str:
    return text if len(text) <= _MOST_TOLD else text[: _MOST_TOLD - 1] + "…"
