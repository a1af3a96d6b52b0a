"""The page that takes a statement: it asks before it opens a claim or a source, and shows what would follow."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from ledger.book import AlreadySaid, Foreseen, Ledger, Receipt, UnknownSource, Word
from ledger.book.once import KeyTaken, Repeated, earlier, key_of
from ledger.errors import Forbidden, LedgerError
from ledger.model import Document
from ledger.vocabulary import Kind, Reason, Status
from ledger.web.desk.frame import Frame, Page, go_to, new_key, place
from ledger.web.desk.typed import KINDS, MOST_RELAYERS, Ask, Typed, Understood, understand
from ledger.web.given import MOST, suffix_of
from ledger.web.problems import status_of

router = APIRouter(include_in_schema=False)

KEYS = {
    Status.REPORTED: "r",
    Status.CONFIRMED: "c",
    Status.DENIED: "d",
    Status.CORRECTED: "x",
    Status.SUPERSEDED: "s",
    Status.UNCONFIRMED: "u",
    Status.WITHDRAWN: "w",
}
"""The key that chooses each status while the field has the focus."""

_KEPT = re.compile(r"([0-9a-f]{64}) (\d{1,15}) ([\w.+-]+/[\w.+-]+)")
_NOT_TYPED = ("do", "key", "again")


@router.get("/record")
def record_page(
    page: Page, claim: Annotated[int | None, Query(ge=0, le=MOST)] = None, status: Status | None = None
) -> Response:
    """Show the form, filled with the claim that somebody comes from."""
    values = {"status": "" if status is None else status.value}
    if claim is not None:
        row = page.desk.why(claim).row
        values |= {"claim": row.text, "story": row.story}
        if page.desk.meant_claim(row.text, row.story).index != row.claim:
            values["claim"] = str(row.claim)
    elif stories := page.desk.stories():
        values["story"] = max(stories, key=lambda story: story.index).name
    return _form(page, Typed(values), Understood())


async def typed_by(request: Request, page: Page) -> Typed:
    """Read the form of whoever may record; a file that comes with it is kept first."""
    page.desk.require("record")
    async with request.form(max_files=1, max_part_size=1 << 20) as form:
        return await to_thread.run_sync(_typed, page.desk, form)


Form = Annotated[Typed, Depends(typed_by)]


@router.post("/record")
def record(page: Page, typed: Form) -> Response:
    """Record the statement, or show what would follow, or what is to be mended or answered first."""
    if typed("do") == "save" and (theirs := page.not_theirs(typed("key"))) is not None:
        return _form(page, typed, understand(page.desk, typed), failed=theirs, fresh=True, status=status_of(theirs))
    found = understand(page.desk, typed)
    if "evidence" in typed.values:
        found.wrong("file", typed("evidence"))
        found.word = None
    if typed("do") != "save":
        found.of_what_is_there(typed)
    if found.word is None or typed("do") != "save":
        return _form(page, typed, found, foreseen=_foreseen(page, found))
    try:
        receipt = _say(page, typed, found.word)
    except AlreadySaid as error:
        return _form(page, typed, found, foreseen=_foreseen(page, found), already=error.already, status=409)
    except KeyTaken as error:
        return _form(page, typed, found, taken=error.index, fresh=True, status=409)
    except UnknownSource as error:
        found.asks[error.role if error.role != "via" else "via1"] = Ask(error.candidates, kind=True)
        return _form(page, typed, found, status=409)
    except LedgerError as error:
        return _form(page, typed, found, failed=error, status=status_of(error))
    return go_to(receipt_at(receipt))


def receipt_at(receipt: Receipt) -> str:
    """The page that shows what was recorded, and offers to undo it."""
    first = min(receipt.wrote, default=receipt.index)
    path = "/log" if receipt.claim is None else f"/claims/{receipt.claim}"
    return place(path, did=receipt.index, wrote=f"{first}-{max(receipt.wrote, default=receipt.index)}")


def _say(page: Frame, typed: Typed, word: Word) -> Receipt:
    asked = repr(sorted((name, value) for name, value in typed.values.items() if name not in _NOT_TYPED))
    once = page.desk.once(key_of(page.person.name, typed("key") or new_key(page.person.name), f"POST /record {asked}"))
    try:
        return once.say(word, again=bool(typed("again")))
    except Repeated as again:
        return earlier(page.desk, again.index, Kind.STATEMENT)


def _foreseen(page: Frame, found: Understood) -> Foreseen | None:
    if found.word is None:
        return None
    try:
        return page.desk.foresee(found.word)
    except UnknownSource as error:
        found.asks[error.role if error.role != "via" else "via1"] = Ask(error.candidates, kind=True)
    except LedgerError as error:
        where = "by" if isinstance(error, Forbidden) else "form"
        for told in error.problems or (error.message,):
            found.wrong(where, str(told))
    return None


def _form(
    page: Frame, typed: Typed, found: Understood, *, fresh: bool = False, status: int | None = None, **more: Any
) -> Response:
    usual = 422 if found.problems and typed("do") == "save" else 200
    told = {"foreseen": None, "already": None, "taken": None, "failed": None} | more
    return page.show(
        "record",
        status or usual,
        here="record",
        typed=typed,
        found=found,
        form_key=new_key(page.person.name) if fresh or not typed("key") else typed("key"),
        keys=KEYS,
        kinds=KINDS,
        reasons=list(Reason),
        longer=len(typed.chain) < MOST_RELAYERS,
        sources=page.remember("sources", make=page.desk.sources),
        stories=page.desk.stories(),
        **told,
    )


def _typed(desk: Ledger, form: FormData) -> Typed:
    values = {name: value.replace("\r\n", "\n") for name, value in form.multi_items() if isinstance(value, str)}
    if values.pop("enter", None):  # which presses the first button of a form
        values["do"] = "save"
    file = form.get("file")
    try:
        document = _document(desk, file if isinstance(file, UploadFile) and file.filename else None, values)
    except LedgerError as error:
        return Typed(values | {"evidence": f"{error.message}; {error.next}"})
    return Typed(values, document)


def _document(desk: Ledger, file: UploadFile | None, values: dict[str, str]) -> Document | None:
    """The file that came, or came before and was kept, with the address that was given for it."""
    address = values.get("evidence_url", "").strip()
    link = desk.keep_evidence(address if "://" in address else f"https://{address}") if address else None
    if file is not None:
        kept, name = upload(desk, file)
        values["kept"] = f"{kept.sha256} {kept.size} {kept.media_type}"
        values["kept_name"] = name
    elif (found := _KEPT.fullmatch(values.get("kept", ""))) and (path := desk.place.kept_files() / found[1]).is_file():
        kept = Document(sha256=found[1], size=path.stat().st_size, media_type=found[3])
    else:
        values.pop("kept", None)
        return link
    return kept if link is None else replace(kept, url=link.url)


def upload(desk: Ledger, file: UploadFile) -> tuple[Document, str]:
    """Keep a file that was sent; return what describes it, and what it was called."""
    with tempfile.TemporaryDirectory(prefix="claims-upload-") as folder:
        path = Path(folder) / f"file{suffix_of(file.filename)}"
        with path.open("wb") as target:
            while piece := file.file.read(1 << 20):
                target.write(piece)
        return desk.keep_evidence(path), (file.filename or "")[:200]
