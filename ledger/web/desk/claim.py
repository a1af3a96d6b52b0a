"""The page of a claim: its state and why, who said what through whom, every entry on both clocks, the proof."""

from __future__ import annotations

from collections.abc import Iterable
from mimetypes import guess_extension
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse, Response

from ledger.book import LogLine
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


@router.get("/evidence/{index}")
def evidence(page: Page, index: At) -> Response:
    """The file that an entry names, to keep. It is never shown on a page of ours: it may be anything."""
    rows = [row for row in page.desk.documents(index) if row.index == index and row.sha256 is not None and row.kept]
    if not rows:
        raise Rejected(f"evidence: of entry {index}: no file is kept", next="the page of a claim lists what there is")
    sha256, kind = rows[0].sha256 or "", rows[0].media_type or ""
    name = f"evidence-{index}{guess_extension(kind) or ''}"
    return FileResponse(page.desk.place.kept_files() / sha256, media_type="application/octet-stream", filename=name)


def show_claim(
    page: Frame, claim: int, *, done: list[LogLine] | None = None, failed: Failed = NOTHING_FAILED, status: int = 200
) -> Response:
    """Show the page, with what was just recorded, or with a form that was refused."""
    found = page.desk.dossier(claim)
    return page.show(
        "claim",
        status,
        here="claim",
        claim=found.claim,
        why=found.why,
        story=found.story,
        statements=sorted(
            found.why.statements, key=lambda line: (_ORDER.index(line.bucket), -line.standing, line.recorded)
        ),
        changes=found.changes,
        drawing=draw(found.changes, page.desk.zone),
        known=found.known,
        entries=found.entries,
        recorders={line.index: line.recorder for line in found.entries},
        said={line.index: line.said for line in found.why.statements},
        wordy=wordy(page, found.entries),
        path=found.path,
        documents=found.documents,
        signed=found.signed,
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
    return page.desk.lines([did, *others])


def wordy(page: Frame, entries: Iterable[LogLine]) -> set[int]:
    """The entries that still hold something to redact, for who may."""
    if not page.desk.may("redact"):
        return set()
    parts = page.desk.parts(line.index for line in entries)
    return {index for index, rows in parts.items() if any(row.by is None for row in rows)}
