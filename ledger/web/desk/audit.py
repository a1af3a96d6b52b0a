"""What shows that nobody rewrote it: the log, its size and root, what was signed and by whom; and all of it to take."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from fastapi.responses import Response, StreamingResponse

from ledger.errors import Rejected
from ledger.tlog import Invalid, parse_note
from ledger.tlog.checkpoint import parse_checkpoint
from ledger.web.desk.acts import Fields
from ledger.web.desk.claim import Did, Wrote, receipt, wordy
from ledger.web.desk.frame import NOTHING_FAILED, Failed, Frame, Page, place
from ledger.web.desk.mine import done
from ledger.web.given import MOST

router = APIRouter(include_in_schema=False)

PER_PAGE = 100
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Point:
    """A checkpoint as it stands: how many entries, which root, who signed; ``fits`` says whether the root is ours."""

    size: int
    root: str
    signers: tuple[str, ...]
    fits: bool


@router.get("/audit")
def audit(page: Page, verify: bool = False, wiped: bool = False) -> Response:
    """The log, and what was signed; with ``verify`` everything is derived again and compared."""
    return _show(page, verify=verify, wiped=wiped)


@router.post("/audit/erasure")
def erase(page: Page, form: Fields) -> Response:
    """Wipe what redactions took away, where that had to wait."""

    def act() -> str:
        pending = page.desk.erase()
        if pending:
            raise Rejected(f"erasure: is pending still: {pending}", next="see to that, and do it again")
        return place("/audit", wiped="true")

    return done(page, form, "erase", act, lambda failed, status: _show(page, failed, status))


def _show(
    page: Frame, failed: Failed = NOTHING_FAILED, status: int = 200, *, verify: bool = False, wiped: bool = False
) -> Response:
    with page.desk.store.reading() as reader:
        root, nodes = reader.root().hex(), reader.nodes()
        points = [_point(size, note, nodes) for size, note in reader.newest_checkpoints(_SHOWN)]
        last = reader.entry(reader.size - 1).recorded
    verification = page.desk.verify() if verify else None
    return page.show(
        "audit",
        status,
        here="audit",
        root=root,
        last=last,
        points=points,
        verification=verification,
        verified=datetime.now(UTC) if verify else None,
        newest=list(page.desk.log(max(0, page.size - _SHOWN))),
        erasing=page.desk.erasing(),
        wiped=wiped,
        failed=failed,
    )


@router.get("/log")
def log(
    page: Page,
    start: Annotated[int | None, Query(ge=0, le=MOST)] = None,
    did: Did = None,
    wrote: Wrote = None,
) -> Response:
    """The entries, the newest page first unless another is asked for."""
    first = max(0, page.size - PER_PAGE) if start is None else min(start, page.size - 1)
    entries = list(page.desk.log(first, min(first + PER_PAGE, page.size)))
    return page.show(
        "log",
        here="audit",
        entries=entries,
        wordy=wordy(page, entries),
        first=first,
        earlier=None if first == 0 else max(0, first - PER_PAGE),
        later=None if first + PER_PAGE >= page.size else first + PER_PAGE,
        done=receipt(page, did, wrote),
    )


@router.get("/log/entries.ndjson")
def leaves(page: Page) -> Response:
    """The bytes that are hashed, one leaf a line: no texts, their hashes alone."""

    def lines() -> Iterator[bytes]:
        with page.desk.store.reading(page.size) as reader:
            for some in reader.leaves():
                yield b"".join(leaf + b"\n" for leaf in some)

    return StreamingResponse(lines(), media_type="application/x-ndjson", headers=_kept_as("entries.ndjson"))


@router.get("/log/checkpoints/{size}")
def checkpoint(page: Page, size: Annotated[int, InPath(ge=1, le=MOST)]) -> Response:
    """One signed checkpoint, to the byte."""
    found = None
    if size <= page.size:
        with page.desk.store.reading(size) as reader:
            found = reader.last_checkpoint()
    if found is None or found[0] != size:
        raise Rejected(f"checkpoint: of size {size}: there is none", next="the page Audit lists them")
    return Response(found[1], media_type="text/plain; charset=utf-8", headers=_kept_as(f"checkpoint-{size}"))


@router.get("/csv/{name}")
def table(page: Page, name: Annotated[str, InPath(pattern=r"^(claims|entries)\.csv$")]) -> Response:
    """One of the tables as `claims export csv` writes them: what is internal or held stays out."""
    with tempfile.TemporaryDirectory(prefix="claims-csv-") as folder:
        written = {path.name: path for path in map(Path, page.desk.export_csv(folder))}
        data = written[name].read_bytes()
    return Response(data, media_type="text/csv; charset=utf-8", headers=_kept_as(name))


def _kept_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _point(size: int, note: bytes, nodes: object) -> Point:
    from ledger.tlog import tree_root

    try:
        read = parse_note(note)
        told = parse_checkpoint(read.text)
    except Invalid:
        return Point(size, "cannot be read", (), fits=False)
    signers = tuple(dict.fromkeys(each.name for each in read.signatures))
    fits = tree_root(nodes, size) == told.root  # type: ignore[arg-type]
    return Point(told.size, told.root.hex(), signers, fits)
