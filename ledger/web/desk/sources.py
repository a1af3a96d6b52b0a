"""Who speaks: the sources, for which body, with what standing, and who has authority over what."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from ledger.book import Ledger, Receipt
from ledger.book.intervals import can_tell
from ledger.errors import Misused
from ledger.vocabulary import Kind, SourceKind
from ledger.web.desk.acts import At, Fields, do, text
from ledger.web.desk.claim import Did, receipt
from ledger.web.desk.frame import NOTHING_FAILED, Failed, Frame, Page
from ledger.web.desk.typed import KINDS

router = APIRouter(include_in_schema=False)


@router.get("/sources")
def sources(page: Page, did: Did = None) -> Response:
    """Every source, and what it weighs."""
    return _show(page, NOTHING_FAILED, 200, did)


@router.get("/sources/{source}")
def source(page: Page, source: At) -> Response:
    """What became of what a source said, and what would follow if it took all of it back."""
    rows = page.desk.source_record(source)
    row = next(each for each in page.desk.sources() if each.index == source)
    return page.show(
        "source", here="sources", source=row, records=rows, impact=page.desk.impact(source), can_tell=can_tell()
    )


@router.post("/sources")
def add_source(page: Page, form: Fields) -> Response:
    """Record a source."""

    def act(desk: Ledger) -> Receipt:
        kind = text(form, "kind")
        if kind not in KINDS:
            raise Misused("kind: is missing", next="choose what kind of speaker it is")
        given = {name: text(form, name) for name in ("group", "via", "story")}
        return desk.add_source(text(form, "name") or "", SourceKind(kind), **given, note=text(form, "note"))

    return _do(page, form, "add", Kind.SOURCE, act)


@router.post("/sources/authority")
def grant(page: Page, form: Fields) -> Response:
    """Give a source authority over a story or a claim."""

    def act(desk: Ledger) -> Receipt:
        story, claim = text(form, "story"), text(form, "claim")
        if (story is None) is (claim is None):
            raise Misused("over what: is not clear", next="give a story or a claim, and leave the other empty")
        return desk.grant(text(form, "source") or "", story=story, claim=claim, note=text(form, "note"))

    return _do(page, form, "grant", Kind.AUTHORITY, act)


@router.post("/sources/{source}/vet")
def vet(page: Page, form: Fields, source: At) -> Response:
    """Vet or unvet a source in general."""

    def act(desk: Ledger) -> Receipt:
        return desk.vet(source, text(form, "vetted") == "yes", note=text(form, "note"))

    return _do(page, form, f"vet-{source}", Kind.VET, act)


@router.post("/sources/{source}/group")
def group(page: Page, form: Fields, source: At) -> Response:
    """Say which body a source speaks for."""

    def act(desk: Ledger) -> Receipt:
        return desk.group(source, text(form, "body"), note=text(form, "note"))

    return _do(page, form, f"group-{source}", Kind.GROUP, act)


def _do(page: Frame, form: Any, name: str, kind: Kind, act: Any) -> Response:
    return do(page, form, name, kind, act, lambda failed, status: _show(page, failed, status))


def _show(page: Frame, failed: Failed, status: int, did: int | None = None) -> Response:
    rows = page.desk.sources()
    grants = page.desk.authorities()
    return page.show(
        "sources",
        status,
        here="sources",
        sources=rows,
        grants=grants,
        roots={grant.root for grant in grants},
        stories=page.desk.stories(),
        kinds=KINDS,
        desk_kind=SourceKind.DESK,
        done=receipt(page, did),
        failed=failed,
    )
