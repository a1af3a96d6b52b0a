"""The page of a claim: its state and why, who said what through whom, every entry on both clocks, the proof."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from ledger.book import Clock, LogLine, Why
from ledger.errors import Rejected
from ledger.pages import draw
from ledger.publish import prove
from ledger.vocabulary import Bucket, Mistake, Reason
from ledger.web.desk.frame import NOTHING_FAILED, Failed, Frame, Page
from ledger.web.given import MOST

router = APIRouter(include_in_schema=False)

At = Annotated[int, Path(ge=0, le=MOST)]
Did = Annotated[int | None, Query(ge=0, le=MOST)]
Wrote = Annotated[str | None, Query(pattern=r"^\d{1,15}-\d{1,15}$")]
_ORDER = [Bucket.COUNTED, Bucket.UNVETTED, Bucket.NEUTRAL, Bucket.OVERTAKEN, Bucket.RETRACTED, Bucket.OUTSIDE]
_MOST_WROTE = 12


@router.get("/claims/{claim}")
def claim_page(page: Page, claim: At, did: Did = None, wrote: Wrote = None) -> Response:
    """All that the state of a claim rests on; ``did`` is the entry that was just recorded."""
    return show_claim(page, claim, done=receipt(page, did, wrote))


@router.get("/claims/{claim}/proof")
def proof(page: Page, claim: At) -> Response:
    """The proof of a claim's state under the newest checkpoint, to keep and to hand on."""
    with page.desk.store.reading() as reader:
        kept = reader.last_checkpoint()
    if kept is None:
        raise Rejected(
            "proof: nothing is signed yet", next="whoever keeps the key signs the ledger with `claims checkpoint`"
        )
    with page.desk.store.reading(kept[0]) as reader:
        text = prove(reader, claim)
    headers = {"Content-Disposition": f'attachment; filename="{claim}.proof.json"'}
    return Response(text, media_type="application/json", headers=headers)


def show_claim(
    page: Frame, claim: int, *, done: list[LogLine] | None = None, failed: Failed = NOTHING_FAILED, status: int = 200
) -> Response:
    """Show the page, with what was just recorded, or with a form that was refused."""
    why = page.desk.why(claim)
    if why.row.claim != claim and why.folded_from is None:
        claim = why.row.claim
    changes = list(page.desk.history(why.row.claim))
    entries = page.desk.entries_about(claim)
    with page.desk.store.reading() as reader:
        signed = reader.last_checkpoint()
    return page.show(
        "claim",
        status,
        here="claim",
        claim=claim,
        why=why,
        story=_story(page, why),
        statements=sorted(why.statements, key=lambda line: (_ORDER.index(line.bucket), -line.standing, line.recorded)),
        changes=changes,
        drawing=draw(changes, page.desk.zone),
        known=list(page.desk.history(claim, clock=Clock.KNOWN)),
        entries=entries,
        recorders={line.index: line.recorder for line in entries},
        wordy=wordy(page, entries),
        path=_path(page, why),
        documents=page.desk.documents(claim),
        signed=None if signed is None else signed[0],
        mistakes=list(Mistake),
        reasons=list(Reason),
        done=done or [],
        failed=failed,
    )


def receipt(page: Frame, did: int | None, wrote: str | None = None) -> list[LogLine]:
    """What was just recorded, the main entry first; nothing where an address was made up."""
    if did is None:
        return []
    first, last = (int(each) for each in wrote.split("-")) if wrote else (did, did)
    if not first <= did <= last:
        first = last = did
    others = [index for index in range(max(first, last - _MOST_WROTE), last + 1) if index != did]
    return page.desk.lines([did]) + page.desk.lines(others)


def wordy(page: Frame, entries: list[LogLine]) -> set[int]:
    """The entries that still hold something to redact, for who may."""
    if not page.desk.may("redact"):
        return set()
    parts = page.desk.parts(line.index for line in entries)
    return {index for index, rows in parts.items() if any(row.by is None for row in rows)}


def _story(page: Frame, why: Why) -> int | None:
    return next((each.index for each in page.desk.stories() if each.name == why.row.story), None)


def _path(page: Frame, why: Why) -> list[dict[str, Any]]:
    if len(why.path) < 2:
        return []
    rows = {row.claim: row for row in page.desk.rows(why.path)}
    return [{"claim": each, "text": rows[each].text if each in rows else f"claim {each}"} for each in why.path]
