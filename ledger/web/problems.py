"""Every refusal as problem details (RFC 9457): what a person reads, and what a program goes by.

``error`` is the kind of refusal; ``problems``, ``next`` and ``candidates`` are those of the command line's ``--json``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.book import UnknownSource
from ledger.errors import (
    Contended,
    Forbidden,
    LedgerError,
    Misused,
    NotSignedIn,
    Problem,
    Rejected,
    TooMany,
    Unavailable,
    Unclear,
)
from ledger.web.logs import log_failure

MEDIA_TYPE = "application/problem+json"
_STATUS: dict[type[LedgerError], int] = {
    NotSignedIn: 401,
    Forbidden: 403,
    Misused: 422,
    Rejected: 409,
    Unavailable: 503,
}
_READING = ("GET", "HEAD")


class TooLarge(LedgerError):
    """More was sent than is taken."""

    exit_code = 2

    def __init__(self, most: int) -> None:
        super().__init__(f"request: is larger than {most:,} bytes", next="send less at once")


class Unexpected(LedgerError):
    """The program failed; ``kind`` is the name of the failure."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"unexpected: {kind}", next="this is a fault of the program: its log says where")


class CandidateModel(BaseModel):
    """Something that a wording may have meant."""

    index: int
    text: str


class ProblemModel(BaseModel):
    """One thing wrong with what was given."""

    where: str
    why: str
    expected: str | None = None
    got: str | None = None


class ProblemDetails(BaseModel):
    """Why a request was refused."""

    type: str
    title: str
    status: int
    detail: str
    error: str
    next: str
    problems: list[ProblemModel]
    candidates: list[CandidateModel] = []


class Answer(JSONResponse):
    """JSON in ASCII: a text may hold what UTF-8 cannot."""

    def render(self, content: Any) -> bytes:
        """Write it down."""
        return json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")


def refused(error: LedgerError, *, reading: bool = False) -> Response:
    """Answer with a refusal; ``reading``: what was asked for and is not there is not found."""
    status = status_of(error)
    if reading and status == 409:
        status = 404
    told = error.as_json()
    details = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": told.pop("error"),
        "error": _kind(error),
        **told,
    }
    if isinstance(error, UnknownSource):
        details["candidates"] = [{"index": each.index, "text": each.text} for each in error.candidates]
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="claims"'
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.seconds)
    if isinstance(error, Contended):
        headers["Retry-After"] = "1"
    return Answer(details, status, headers, MEDIA_TYPE)


def status_of(error: LedgerError) -> int:
    """The status that a refusal is answered with."""
    if isinstance(error, TooMany | TooLarge):
        return 429 if isinstance(error, TooMany) else 413
    return next((_STATUS[each] for each in type(error).__mro__ if each in _STATUS), 500)


def _kind(error: LedgerError) -> str:
    name = type(error).__name__
    return "".join(f"-{each.lower()}" if each.isupper() else each for each in name).lstrip("-")


def _unread(error: RequestValidationError) -> LedgerError:
    problems = [
        Problem(".".join(str(each) for each in found["loc"]), str(found["msg"]).lower()) for found in error.errors()
    ]
    return Misused("request: cannot be read", problems=problems, next="/api/v1/openapi.json says what it takes")


def tell_problems(app: FastAPI) -> None:
    """Answer every refusal and every failure of the app as problem details."""

    @app.exception_handler(LedgerError)
    def _ledger_error(request: Request, error: LedgerError) -> Response:
        request.state.error = _kind(error)
        several = isinstance(error, Unclear) and bool(error.candidates)
        return refused(error, reading=request.method in _READING and not several)

    @app.exception_handler(RequestValidationError)
    def _unreadable(request: Request, error: RequestValidationError) -> Response:
        request.state.error = "misused"
        return refused(_unread(error))

    @app.exception_handler(HTTPException)
    def _http_error(request: Request, error: HTTPException) -> Response:  # noqa: ARG001 - starlette gives it
        if isinstance(error.__cause__, LedgerError):
            return refused(error.__cause__)
        if error.status_code == HTTPStatus.BAD_REQUEST:  # what reads a body says so of one that is broken
            return refused(Misused("request: cannot be read", next="/api/v1/openapi.json says what it takes"))
        phrase = HTTPStatus(error.status_code).phrase
        details = {
            "type": "about:blank",
            "title": phrase,
            "status": error.status_code,
            "detail": str(error.detail or phrase).lower(),
            "error": phrase.lower().replace(" ", "-"),
            "problems": [],
            "next": "/api/v1/openapi.json says what there is",
        }
        return Answer(details, error.status_code, error.headers, MEDIA_TYPE)


Refusal = Callable[[Scope, LedgerError], Response]
"""Answers whoever sent the request with why it is refused, where no route does."""


class Failures:
    """Answers for what nobody expected, with what it was and not with what it said, which may quote a claim."""

    def __init__(self, app: ASGIApp, refuse: Refusal) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it through; where the program fails, say so."""
        begun = False

        async def seen(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, seen)
        except Exception as error:
            if scope["type"] != "http":
                raise
            log_failure(scope, error)
            if begun:
                raise ConnectionAbortedError("the answer broke off") from None
            await self._refuse(scope, Unexpected(type(error).__name__))(scope, receive, send)
