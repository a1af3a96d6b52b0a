"""The interface's routes that record. What somebody may not do, the façade refuses.

With an ``Idempotency-Key`` an act is done once: the same request again is answered with the entry that is there (and
``wrote`` is empty), another request under that key is refused.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path as FilePath
from pathlib import PurePath
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel

from ledger.book import Ledger, Receipt, Redacted
from ledger.book.once import Repeated, earlier, key_of
from ledger.vocabulary import Kind
from ledger.web import given
from ledger.web.answers import RECORDING, model_of, refusals, shown
from ledger.web.given import MOST, Given
from ledger.web.identity import Desk

router = APIRouter(prefix="/api/v1", tags=["record"], responses=RECORDING)

At = Annotated[int, Path(ge=0, le=MOST)]
Act = Callable[[Ledger], Receipt | Redacted]


class DocumentModel(BaseModel):
    """A file that the desk keeps."""

    sha256: str
    size: int
    media_type: str | None


class Once:
    """Does an act, and answers for it; once for its key where the request has one."""

    def __init__(
        self,
        request: Request,
        desk: Desk,
        idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
    ) -> None:
        self._desk = desk
        self._route = f"{request.method} {request.url.path}"
        self._key = idempotency_key

    def __call__(self, kind: Kind, body: Given, act: Act) -> Response:
        """Do it; ``kind`` is that of its main entry."""
        if self._key is None or self._desk.person is None:
            return shown(act(self._desk))
        asked = f"{self._route} {body.model_dump_json()}"
        try:
            return shown(act(self._desk.once(key_of(self._desk.person.name, self._key, asked))))
        except Repeated as again:
            return shown(earlier(self._desk, again.index, kind))


Doing = Annotated[Once, Depends(Once)]
RECEIPT: dict[str, Any] = {"response_model": model_of(Receipt)}


@router.post("/statements", **RECEIPT)
def record(desk: Desk, do: Doing, body: given.StatementGiven) -> Response:
    """Record what a source did to a claim, with the story, the claims and the sources that are new."""
    asked = body.asked(desk)
    return do(Kind.STATEMENT, body, lambda ledger: ledger.record(**asked))


@router.post("/evidence", response_model=DocumentModel, status_code=201, responses=refusals(413))
def keep_evidence(desk: Desk, file: UploadFile) -> Response:
    """Keep a file, so that a statement or another entry can name it as its ``evidence``."""
    desk.require("keep_evidence")
    with TemporaryDirectory(prefix="claims-upload-") as folder:
        # Of its name only the end is taken, which says what kind of file it is.
        suffix = PurePath(file.filename or "").suffix
        path = FilePath(folder) / f"file{suffix if suffix[1:].isalnum() and len(suffix) < 12 else ''}"
        with path.open("wb") as kept:
            shutil.copyfileobj(file.file, kept)
        document = desk.keep_evidence(path)
    told = {"sha256": document.sha256, "size": document.size, "media_type": document.media_type}
    return shown(told, status=201)


@router.post("/statements/{index}/withdrawal", **RECEIPT)
def take_back(desk: Desk, do: Doing, index: At, body: given.WithdrawalGiven) -> Response:
    """Record that a source no longer stands by a statement."""
    said, parts = desk.read_time(body.said), body.parts(desk)
    return do(Kind.STATEMENT, body, lambda ledger: ledger.take_back(index, said=said, why=body.why, **parts))


@router.post("/statements/{index}/move", **RECEIPT)
def move(do: Doing, index: At, body: given.MoveGiven) -> Response:
    """Move a statement that was recorded on the wrong claim."""
    return do(Kind.STATEMENT, body, lambda ledger: ledger.move(index, to=body.to, note=body.note, new=body.new))


@router.post("/entries/{index}/retraction", **RECEIPT)
def retract(do: Doing, index: At, body: given.RetractionGiven) -> Response:
    """Take back an entry as the desk's own mistake."""
    return do(Kind.RETRACT, body, lambda ledger: ledger.retract(index, body.why, note=body.note))


@router.post("/entries/{index}/redaction", response_model=model_of(Redacted) | model_of(Receipt))
def redact(do: Doing, index: At, body: given.RedactionGiven) -> Response:
    """Remove parts of an entry for good, under an order."""
    return do(Kind.REDACTION, body, lambda ledger: ledger.redact(index, body.order, parts=body.parts))


@router.post("/entries/{index}/evidence", **RECEIPT)
def add_evidence(desk: Desk, do: Doing, index: At, body: given.EvidenceGiven) -> Response:
    """Add a document to an entry."""
    document = body.evidence.document(desk)
    return do(
        Kind.EVIDENCE,
        body,
        lambda ledger: ledger.add_evidence(index, document, note=body.note, internal=body.internal),
    )


@router.post("/claims/{claim}/hold", **RECEIPT)
def hold(do: Doing, claim: At, body: given.Noted) -> Response:
    """Keep a claim out of publications."""
    return do(Kind.HOLD, body, lambda ledger: ledger.hold(claim, note=body.note))


@router.post("/claims/{claim}/release", **RECEIPT)
def release(do: Doing, claim: At, body: given.Noted) -> Response:
    """Let a held claim into publications again."""
    return do(Kind.RELEASE, body, lambda ledger: ledger.release(claim, note=body.note))


@router.post("/claims/{claim}/same", **RECEIPT)
def same(do: Doing, claim: At, body: given.SameGiven) -> Response:
    """Say that two claims are one."""
    return do(Kind.SAME, body, lambda ledger: ledger.same(claim, body.same_as, note=body.note))


@router.post("/claims/{claim}/wordings", **RECEIPT)
def wording(do: Doing, claim: At, body: given.WordingGiven) -> Response:
    """Give a claim a new text, or a translation."""
    return do(Kind.WORDING, body, lambda ledger: ledger.wording(claim, body.text, lang=body.lang, note=body.note))


@router.post("/sources", **RECEIPT)
def add_source(do: Doing, body: given.SourceGiven) -> Response:
    """Record a source."""
    asked = body.model_dump()
    return do(Kind.SOURCE, body, lambda ledger: ledger.add_source(**asked))


@router.post("/sources/{source}/kind", **RECEIPT)
def amend_source(do: Doing, source: At, body: given.KindGiven) -> Response:
    """Give a source a new record of its kind."""
    return do(Kind.SOURCE, body, lambda ledger: ledger.amend_source(source, body.kind, note=body.note))


@router.post("/sources/{source}/vetting", **RECEIPT)
def vet(do: Doing, source: At, body: given.VettingGiven) -> Response:
    """Vet or unvet a source, in general or on one claim."""
    return do(Kind.VET, body, lambda ledger: ledger.vet(source, body.vetted, claim=body.claim, note=body.note))


@router.post("/sources/{source}/group", **RECEIPT)
def group(do: Doing, source: At, body: given.GroupGiven) -> Response:
    """Say which body a source speaks for."""
    return do(Kind.GROUP, body, lambda ledger: ledger.group(source, body.body, note=body.note))


@router.post("/authorities", **RECEIPT)
def grant(do: Doing, body: given.AuthorityGiven) -> Response:
    """Grant a source authority over one story or one claim."""
    asked = body.model_dump()
    return do(Kind.AUTHORITY, body, lambda ledger: ledger.grant(**asked))


@router.post("/authorities/revocation", **RECEIPT)
def revoke(do: Doing, body: given.AuthorityGiven) -> Response:
    """Take back every live grant of a source over one story or one claim."""
    asked = body.model_dump()
    return do(Kind.RETRACT, body, lambda ledger: ledger.revoke(**asked))


@router.post("/policy", **RECEIPT)
def set_policy(do: Doing, body: given.PolicyGiven) -> Response:
    """Say how many independent vetted originals establish a claim."""
    return do(Kind.POLICY, body, lambda ledger: ledger.set_policy(body.quorum, note=body.note))
