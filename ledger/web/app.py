"""What is put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.responses import Response

from ledger import __version__
from ledger.book import Ledger
from ledger.web import accounts, health, publishing, reading, recording, signing, stream
from ledger.web.answers import Unchanged
from ledger.web.desk import (
    acts,
    around,
    audit,
    board,
    claim,
    live,
    mine,
    moments,
    people,
    published,
    record,
    redact,
    shift,
    sources,
)
from ledger.web.desk.remembered import Remembered
from ledger.web.desk.repeats import Repeats
from ledger.web.health import Figures, Watched
from ledger.web.limiting import SignInLimits
from ledger.web.newest import Newest
from ledger.web.problems import Failures, tell_problems
from ledger.web.security import Security
from ledger.web.settings import Settings
from ledger.web.stream import Hub

THREADS = 7
"""How many requests are worked on at once: a request has two of the fifteen connections at most."""


PAGES = (board, shift, live, record, claim, acts, redact, moments, sources, published, audit, mine, people, around)


def make_app(ledger: Ledger, settings: Settings) -> FastAPI:
    """Return the desk of a ledger that is open; it closes it when it ends."""
    app = FastAPI(
        title="claims",
        version=__version__,
        description="A ledger of claims for newsrooms: who said what, and what stands now and why.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # they would load scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    app.state.ledger, app.state.settings = ledger, settings
    app.state.figures, app.state.limits = Figures(), SignInLimits(settings.attempts)
    app.state.pages, app.state.newest = None, Newest(ledger)
    app.state.remembered, app.state.repeats = Remembered(), Repeats()
    tell_problems(app)
    around.show_refusals(app)
    signing.keep_what_was_typed(app)
    app.add_exception_handler(Unchanged, _unchanged)
    app.state.mark = sha256(ledger.origin.encode()).hexdigest()[:12]
    for part in (health, signing, reading, recording, publishing, accounts, stream, *PAGES):
        app.include_router(part.router)
    app.add_middleware(Failures, refuse=around.refuse)
    app.add_middleware(Security, settings=settings, refuse=around.refuse)
    app.add_middleware(Watched, figures=app.state.figures)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    app.state.hub = Hub(app.state.ledger, app.state.newest, app.state.figures)
    app.state.hub.start()
    try:
        yield
    finally:
        await app.state.hub.join()
        app.state.ledger.close()


def _unchanged(request: Request, error: Exception) -> Response:  # noqa: ARG001 - starlette gives it
    assert isinstance(error, Unchanged)
    return Response(status_code=304, headers={"ETag": error.tag, "Cache-Control": "private, no-cache"})
