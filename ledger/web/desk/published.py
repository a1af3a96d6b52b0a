"""What went out to the public, what is owed to its readers now, and the corrective that settles it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from ledger.book import Ledger, Receipt
from ledger.errors import Misused
from ledger.vocabulary import Debt, Kind
from ledger.web.desk.acts import At, Fields, do, text
from ledger.web.desk.claim import Did, receipt
from ledger.web.desk.frame import NOTHING_FAILED, Failed, Frame, Page
from ledger.web.newest import Newest

router = APIRouter(include_in_schema=False)


@router.get("/publications")
def publications(page: Page, did: Did = None) -> Response:
    """What went out, and what is owed for it."""
    return _show(page, NOTHING_FAILED, 200, did)


@router.post("/publications")
def add_publication(page: Page, form: Fields) -> Response:
    """Record that something went out."""

    def act(desk: Ledger) -> Receipt:
        published = text(form, "published")
        return desk.add_publication(
            text(form, "name") or "",
            story=text(form, "story"),
            claims=(text(form, "claims") or "").replace(",", " ").split(),
            published=None if published is None else desk.read_time(published),
            title=text(form, "title"),
            note=text(form, "note"),
        )

    return _do(page, form, "publication", Kind.PUBLICATION, act)


@router.post("/publications/{index}/settle")
def settle(page: Page, form: Fields, index: At) -> Response:
    """Record that the corrective to a publication went out: the one that was shown, not what came since."""

    def act(desk: Ledger) -> Receipt:
        url, note = text(form, "url"), text(form, "note")
        if url is None and note is None:
            raise Misused("where it went out: is missing", next="give its address, or say where it was told")
        return desk.settle(index, url=url, note=note, as_of=desk.as_of(known=text(form, "known")))

    return _do(page, form, f"settle-{index}", Kind.SETTLEMENT, act)


def _do(page: Frame, form: Any, name: str, kind: Kind, act: Any) -> Response:
    return do(page, form, name, kind, act, lambda failed, status: _show(page, failed, status))


def _show(page: Frame, failed: Failed, status: int, did: int | None = None) -> Response:
    newest: Newest = page.request.app.state.newest
    overview = newest.overview(page.size)
    return page.show(
        "publications",
        status,
        here="publications",
        publications=page.desk.publications_of(overview),
        debts=page.desk.debts_of(overview),
        notices=page.desk.notices_of(overview),
        settlements=page.desk.settlements(),
        stories=overview.stories,
        reasons=list(Debt),
        done=receipt(page, did),
        failed=failed,
    )
