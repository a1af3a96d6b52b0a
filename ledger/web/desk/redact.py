"""Removing a part of an entry for good, under an order: chosen first, then looked at once more, then gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from starlette.datastructures import FormData

from ledger.book import Ledger, PartRow, Receipt
from ledger.errors import LedgerError, Misused, Rejected
from ledger.text import flaws
from ledger.vocabulary import Kind, Part
from ledger.web.desk.acts import At, Fields, do, text
from ledger.web.desk.frame import NOTHING_FAILED, Failed, Frame, Page, place
from ledger.web.given import MOST
from ledger.web.problems import status_of

router = APIRouter(include_in_schema=False)

_FORM = "redact"
From = Annotated[int | None, Query(ge=0, le=MOST)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody is about to remove: these parts, under this order."""

    rows: tuple[PartRow, ...]
    order: str


@router.get("/entries/{index}/redact")
def choose(page: Page, index: At, claim: From = None, did: From = None) -> Response:
    """What people wrote into an entry, to choose from; after a redaction, what is shown in its place."""
    return _show(page, index, claim, did=did)


@router.post("/entries/{index}/redact")
def redact(page: Page, form: Fields, index: At) -> Response:
    """Show once more what will be gone, and on a second word remove it."""
    claim = _claim(form)
    step = text(form, "step")
    values = {each: value for each, value in form.multi_items() if isinstance(value, str)}
    if step == "change":
        return _show(page, index, claim, failed=Failed(_FORM, None, values))
    try:
        page.desk.require("redact")
        asked = _asked(page, form, index)
        if step != "remove":
            _refuse_what_is_gone(index, asked)
    except LedgerError as error:
        return _show(page, index, claim, failed=Failed(_FORM, error, values), status=status_of(error))
    if step != "remove":
        return _show(page, index, claim, asked=asked, failed=Failed(_FORM, None, values))

    def act(desk: Ledger) -> Receipt:
        done = desk.redact(index, asked.order, parts=[row.part for row in asked.rows])
        return Receipt(done.wrote[0], None, None, done.wrote)

    def show(failed: Failed, status: int) -> Response:
        return _show(page, index, claim, failed=failed, status=status)

    def to(receipt: Receipt) -> str:
        return place(f"/entries/{index}/redact", claim=claim, did=receipt.index)

    return do(page, form, _FORM, Kind.REDACTION, act, show, to)


def _asked(page: Frame, form: FormData, index: int) -> Asked:
    """What the form asks for. Raises :class:`~ledger.errors.Misused` for what it lacks."""
    rows = page.desk.parts([index])[index]
    chosen = tuple(row for row in rows if text(form, f"part-{row.part}") is not None)
    if not chosen:
        raise Misused("part: none is chosen", next="say what is to be removed")
    order = text(form, "order")
    if order is None:
        raise Misused("order: is empty", next="say who demands it, such as: Tribunal de Paris, 12 May 2026")
    if wrong := flaws(Part.NOTE, order):
        raise Misused(f"order: {', '.join(wrong)}", next="mend this and try again")
    return Asked(chosen, order)


def _refuse_what_is_gone(index: int, asked: Asked) -> None:
    """Of a double click the second finds its own redaction, so this is for who only looks."""
    for row in asked.rows:
        if row.by is not None:
            why = f"part: the {row.part} of entry {index} is redacted already, by entry {row.by}"
            raise Rejected(why, next="look at what is left")


def _claim(form: FormData) -> int | None:
    given = text(form, "claim") or ""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None


def _show(
    page: Frame,
    index: int,
    claim: int | None,
    *,
    asked: Asked | None = None,
    did: int | None = None,
    failed: Failed = NOTHING_FAILED,
    status: int = 200,
) -> Response:
    page.desk.require("redact")
    rows = page.desk.parts([index])[index]
    [line] = page.desk.lines([index])
    done = did is not None and any(row.by == did for row in rows)
    return page.show(
        "redact",
        status,
        here="redact",
        line=line,
        rows=rows,
        left=[row for row in rows if row.by is None],
        claim=claim,
        asked=asked,
        removed=done,
        erasing=page.desk.erasing() if done else [],
        failed=failed,
        parts_of={part: part.definition for part in Part},
    )
