"""What is around the pages: help, the files they are drawn with, and what a refusal looks like to a person."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from typing import cast

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Scope

from ledger.errors import LedgerError, Misused, NotSignedIn, Rejected
from ledger.times import show_time
from ledger.vocabulary import Access, Bucket, Concern, Debt, Kind, Mistake, Role, SourceKind, Standing, State, Status
from ledger.web.desk.frame import Page, fill
from ledger.web.identity import ledger_of
from ledger.web.problems import Unexpected, refused, status_of

router = APIRouter(include_in_schema=False)

_FILES = {
    "style.css": "text/css; charset=utf-8",
    "desk.css": "text/css; charset=utf-8",
    "desk.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
FIVE = (
    "Nothing is deleted: an entry counts unless the desk has retracted it as its own mistake, and retracting that "
    "retraction brings it back.",
    "A statement is credited to whoever first said it, and each original speaker has one voice per claim, the latest.",
    "A claim is accepted if a body with authority over the matter says so, or if two independent vetted originals do "
    "and no vetted original denies it; it is denied if the authority denies it, or if a vetted original does and none "
    "stands by it.",
    "Authorities that disagree, two independent vetted originals against an authority, or vetted voices on both sides "
    "make it disputed; an unvetted voice that a vetted outlet carries can unsettle one vetted voice, not two, and "
    "never establishes anything.",
    "A correction is followed to its end, and any past moment can be asked for, by what had been said or by what we "
    "had recorded.",
)
"""The rules for a reporter, word by word as in `docs/resolver.md`."""


@router.get("/help")
def help_page(page: Page) -> Response:
    """How a state comes about, the words, the keys."""
    words = [
        ("What a source did", list(Status)),
        ("Who speaks", list(SourceKind)),
        ("What became of a statement", list(Bucket)),
        ("Why a shift has to look", list(Concern)),
        ("What is owed to readers", list(Debt)),
        ("Why we take back an entry", list(Mistake)),
        ("What an entry is", list(Kind)),
        ("What a person at the desk is there for", list(Role)),
        ("What is kept of people and their accounts", list(Access)),
    ]
    return page.show("help", here="help", five=FIVE, states=list(State), words=words, standings=list(Standing))


@router.get("/static/{name}")
def static(name: str) -> Response:
    """A file of the pages: everybody's, also on the page to sign in."""
    if name not in _FILES:
        raise HTTPException(404)
    data = files("ledger.pages").joinpath("static", name).read_bytes()
    return Response(data, media_type=_FILES[name], headers={"Cache-Control": "public, max-age=60"})


@router.get("/favicon.ico")
def icon() -> Response:
    """The mark of the desk."""
    return static("icon.svg")


def show_refusals(app: FastAPI) -> None:
    """Answer a browser that asked for a page with a page, where the interface answers with problem details."""
    before = dict(app.exception_handlers)

    @app.exception_handler(LedgerError)
    def _ledger_error(request: Request, error: LedgerError) -> Response:
        if not _wants_page(request) or isinstance(error, NotSignedIn):
            return cast(Response, before[LedgerError](request, error))
        status = status_of(error)
        missing = request.method in ("GET", "HEAD") and type(error) is Rejected
        return _page(request, error, 404 if missing else status)

    @app.exception_handler(RequestValidationError)
    def _unreadable(request: Request, error: RequestValidationError) -> Response:
        if not _wants_page(request):
            return cast(Response, before[RequestValidationError](request, error))
        where = ", ".join(str(found["loc"][-1]) for found in error.errors())
        return _page(request, Misused(f"address: {where}: cannot be read", next="go to the board"), 422)

    @app.exception_handler(ClientDisconnect)
    def _gone(request: Request, error: ClientDisconnect) -> Response:  # noqa: ARG001 - starlette gives it
        return Response(status_code=400)  # whoever asked went away while they did, and no one reads this

    @app.exception_handler(HTTPException)
    def _http_error(request: Request, error: HTTPException) -> Response:
        if not _wants_page(request):
            return cast(Response, before[HTTPException](request, error))
        if isinstance(error.__cause__, LedgerError):
            return _page(request, error.__cause__, error.status_code)
        missing = error.status_code in (404, 405)
        why = "there is no such page" if missing else "what was sent cannot be read"
        told = Rejected(f"{str(error.detail).lower()}: {why}", next="go to the board" if missing else "go back")
        return _page(request, told, error.status_code)


def refuse(scope: Scope, error: LedgerError) -> Response:
    """Answer where no route does: a browser that asked for a page with a page, and a program with problem details."""
    request = Request(scope)
    if not _wants_page(request):
        return refused(error)
    if not isinstance(error, Unexpected):
        return _page(request, error, status_of(error))
    try:
        return _page(request, _failed(request), status_of(error))
    except Exception:  # noqa: BLE001 - what failed may be what fills a page
        return refused(error)


def _failed(request: Request) -> LedgerError:
    """What somebody at the desk does where the program fails: no details, which would tell them nothing."""
    at = show_time(datetime.now(UTC), ledger_of(request).zone)
    step = "load the page again"
    if request.method not in ("GET", "HEAD"):
        step = "go back and send it again: however often it is sent, it is recorded once"
    return LedgerError(
        "the program failed; it is no mistake of yours",
        next=f"{step}. If it fails again, tell who looks after the desk that it was at {at}",
    )


def _page(request: Request, error: LedgerError, status: int) -> Response:
    try:
        return HTMLResponse(fill(request, "refused", error=error, status=status), status)
    except LedgerError:  # the database is away, and with it what fills a page
        return refused(error)


def _wants_page(request: Request) -> bool:
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")
