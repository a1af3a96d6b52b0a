"""The small forms: one act each, once for the key of its form, answered with a page that shows what was recorded.

What is refused is shown where the form stands, on the page that it was sent from, with all that was typed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from ledger.book import Ledger, Receipt, UnknownSource
from ledger.book.once import Repeated, earlier, key_of
from ledger.errors import LedgerError, Misused, Problem, Rejected, Unclear
from ledger.text import shown
from ledger.vocabulary import Kind, Mistake, Reason
from ledger.web.desk.claim import show_claim
from ledger.web.desk.frame import Failed, Frame, Page, go_to, new_key, place
from ledger.web.desk.record import receipt_at, upload
from ledger.web.given import MOST
from ledger.web.problems import status_of

router = APIRouter(include_in_schema=False)

At = Annotated[int, Path(ge=0, le=MOST)]


async def fields(request: Request, page: Page) -> AsyncIterator[FormData]:  # noqa: ARG001 - for who is signed in
    """Read the fields of a small form."""
    async with request.form(max_files=1, max_part_size=1 << 20) as form:
        yield form


Fields = Annotated[FormData, Depends(fields)]


async def fields_and_file(request: Request, page: Page) -> AsyncIterator[FormData]:
    """Read the fields of a form that brings a document, which may be large: for who may add it alone."""
    page.desk.require("add_evidence")
    async with request.form(max_files=1, max_part_size=1 << 20) as form:
        yield form


Show = Callable[[Failed, int], Response]
"""Shows the page that a form stands on, with what was refused there."""


def text(form: FormData, name: str) -> str | None:
    """What was typed into a field; None for nothing."""
    value = form.get(name)
    return (value.replace("\r\n", "\n").strip() or None) if isinstance(value, str) else None


def do(
    page: Frame,
    form: FormData,
    name: str,
    kind: Kind,
    act: Callable[[Ledger], Receipt],
    show: Show,
    to: Callable[[Receipt], str] = receipt_at,
) -> Response:
    """Do an act, once for the key of its form; ``name`` is that of the form on the page that ``show`` shows."""
    values = {each: value for each, value in form.multi_items() if isinstance(value, str)}
    if (theirs := page.not_theirs(values.get("key", ""))) is not None:
        return _shown(show, Failed(name, theirs, values), status_of(theirs))
    asked = f"POST {page.request.url.path} {sorted((n, v) for n, v in values.items() if n != 'key')!r}"
    once = page.desk.once(key_of(page.person.name, values.get("key") or new_key(page.person.name), asked))
    try:
        receipt = act(once)
    except Repeated as again:
        receipt = earlier(page.desk, again.index, kind)
    except LedgerError as error:
        return _shown(show, Failed(name, _on_a_page(error), values), status_of(error))
    back = values.get("back", "")
    if back in ("/sources", "/publications", "/log"):
        return go_to(place(back, did=receipt.index))
    return go_to(to(receipt))


@router.post("/entries/{index}/retract")
def retract(page: Page, form: Fields, index: At) -> Response:
    """Take back an entry as the desk's own mistake; of a retraction, bring the entry back."""

    def act(desk: Ledger) -> Receipt:
        return desk.retract(index, _word(Mistake, text(form, "why"), "why"), note=text(form, "note"))

    return do(page, form, f"retract-{index}", Kind.RETRACT, act, _on_claim(page, form))


@router.post("/entries/{index}/withdraw")
def withdraw(page: Page, form: Fields, index: At) -> Response:
    """Record that a source no longer stands by a statement."""

    def act(desk: Ledger) -> Receipt:
        if (taken_back := text(form, "said")) is None:
            raise Misused("when they took it back: is missing", next="give the time, such as 22:57, or now")
        said, why = desk.read_time(taken_back), text(form, "why")
        return desk.take_back(index, said=said, why=None if why is None else _word(Reason, why, "why"))

    return do(page, form, f"withdraw-{index}", Kind.STATEMENT, act, _on_claim(page, form))


@router.post("/entries/{index}/evidence")
def evidence(page: Page, form: Annotated[FormData, Depends(fields_and_file)], index: At) -> Response:
    """Add a file or an address to an entry."""

    def act(desk: Ledger) -> Receipt:
        file, address = form.get("file"), text(form, "url")
        if isinstance(file, UploadFile) and file.filename:
            document, _ = upload(desk, file)
        elif address is not None:
            document = desk.keep_evidence(address if "://" in address else f"https://{address}")
        else:
            raise Misused("evidence: nothing was given", next="choose a file, or give an address")
        return desk.add_evidence(index, document, note=text(form, "note"), internal=text(form, "internal") is not None)

    return do(page, form, f"evidence-{index}", Kind.EVIDENCE, act, _on_claim(page, form))


@router.post("/claims/{claim}/hold")
def hold(page: Page, form: Fields, claim: At) -> Response:
    """Keep a claim out of publications."""
    return _of_claim(page, form, claim, "hold", Kind.HOLD, lambda desk: desk.hold(claim, note=text(form, "note")))


@router.post("/claims/{claim}/release")
def release(page: Page, form: Fields, claim: At) -> Response:
    """Let a held claim into publications again."""
    return _of_claim(
        page, form, claim, "release", Kind.RELEASE, lambda desk: desk.release(claim, note=text(form, "note"))
    )


@router.post("/claims/{claim}/same")
def same(page: Page, form: Fields, claim: At) -> Response:
    """Say that this claim is the same as another."""
    return _of_claim(
        page,
        form,
        claim,
        "same",
        Kind.SAME,
        lambda desk: desk.same(claim, text(form, "same_as") or "", note=text(form, "note")),
    )


@router.post("/claims/{claim}/wording")
def wording(page: Page, form: Fields, claim: At) -> Response:
    """Give a claim a new text, or a translation."""
    return _of_claim(
        page,
        form,
        claim,
        "wording",
        Kind.WORDING,
        lambda desk: desk.wording(claim, text(form, "text") or "", lang=text(form, "lang"), note=text(form, "note")),
    )


def _of_claim(
    page: Frame, form: FormData, claim: int, name: str, kind: Kind, act: Callable[[Ledger], Receipt]
) -> Response:
    return do(page, form, name, kind, act, lambda failed, status: show_claim(page, claim, failed=failed, status=status))


def _on_claim(page: Frame, form: FormData) -> Show:
    """The page of the claim that a form stood on, which the form says; else a refusal has a page of its own."""

    def show(failed: Failed, status: int) -> Response:
        claim = text(form, "claim")
        if claim is None or not (claim.isascii() and claim.isdigit()) or len(claim) > 15:
            assert failed.error is not None
            raise failed.error
        return show_claim(page, int(claim), failed=failed, status=status)

    return show


def _shown(show: Show, failed: Failed, status: int) -> Response:
    """The page with what was refused; one of its own where the form is gone, as when another has done the same."""
    answer = show(failed, status)
    if b" data-wrong>" not in bytes(answer.body):
        assert failed.error is not None
        raise failed.error
    return answer


def _on_a_page(error: LedgerError) -> LedgerError:
    """The same refusal where its next step is an option of the command line, in words of these pages."""
    if isinstance(error, UnknownSource):
        near = [Problem(str(each.index), each.text) for each in error.candidates]
        return Misused(f"{shown(error.name)}: no such source yet", next="add it on the page Sources", problems=near)
    if isinstance(error, Unclear):
        near = [Problem(str(each.index), each.text[:300]) for each in error.candidates]
        step = "give the index of the one you mean" if near else error.next
        return Rejected(error.message, next=step, problems=near)
    return error


def _word(words: Any, given: str | None, where: str) -> Any:
    try:
        return words(given)
    except ValueError:
        raise Misused(f"{where}: is missing", next="choose one") from None
