"""Whether it lives (``/healthz``), whether it can answer (``/readyz``), and figures for Prometheus (``/metrics``).

The first two are everybody's and say one word. Figures are for who is signed in, or has a token: they tell how busy a
newsroom is.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.errors import LedgerError
from ledger.web.identity import Desk, ledger_of
from ledger.web.logs import log, route_of

router = APIRouter(include_in_schema=False)
_QUIET = frozenset({"/healthz", "/readyz"})


class Figures:
    """What is counted, of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("claims_requests", "Requests that were answered.", labels, registry=self.registry)
        self._seconds = Histogram(
            "claims_request_seconds", "Until an answer began.", ("route",), registry=self.registry
        )
        self._refused = Counter("claims_sign_ins_refused", "Attempts to sign in that failed.", registry=self.registry)
        self.listeners = Gauge("claims_listeners", "Streams that are open.", registry=self.registry)
        self.size = Gauge("claims_entries", "Entries in the ledger, as last seen.", registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def refused(self) -> None:
        """Count an attempt to sign in that failed."""
        self._refused.inc()


class Watched:
    """Counts and logs each request; it stands before everything else."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it through, and write down how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = perf_counter(), 500
        state: dict[str, Any] = scope.setdefault("state", {})

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                took, route = perf_counter() - begun, route_of(scope)
                self._figures.answered(_method(scope), route, status, took)
                if route not in _QUIET:
                    self._log(scope, state, status, took)
            await send(message)

        await self._app(scope, receive, seen)

    def _log(self, scope: Scope, state: dict[str, Any], status: int, took: float) -> None:
        log(
            "request",
            method=_method(scope),
            route=route_of(scope),
            status=status,
            ms=round(took * 1_000, 1),
            person=state.get("person"),
            error=state.get("error"),
            address=scope["client"][0] if scope.get("client") else None,
        )


def _method(scope: Scope) -> str:
    """The method, if it is one that is known: it becomes a label, and anybody may send any word."""
    given = str(scope["method"])
    return given if given in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH") else "other"


@router.get("/healthz")
def healthz() -> PlainTextResponse:
    """Say that the process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def readyz(request: Request) -> PlainTextResponse:
    """Say whether the ledger can be read."""
    try:
        request.app.state.figures.size.set(ledger_of(request).size)
    except LedgerError:
        return PlainTextResponse("the ledger cannot be read\n", 503)
    return PlainTextResponse("ready\n")


@router.get("/metrics")
def metrics(request: Request, desk: Desk) -> Response:
    """Give the figures."""
    figures: Figures = request.app.state.figures
    figures.size.set(desk.size)
    return Response(generate_latest(figures.registry), media_type=CONTENT_TYPE_LATEST)
