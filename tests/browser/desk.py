"""A desk that is served, which can be stopped and started again at the same address, and people who look at it."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from ledger.book import Ledger
from ledger.store import Place
from ledger.vocabulary import Role
from ledger.web.app import make_app
from ledger.web.settings import Settings

PASSWORD = secrets.token_urlsafe(12)
PEOPLE = {
    "Ana": [Role.FACT_CHECKER],
    "Ben": [Role.FACT_CHECKER],
    "Emil": [Role.EDITOR],
    "Aude": [Role.AUDITOR],
    "Pia": [Role.PUBLISHER, Role.EDITOR],
    "Adam": [Role.ADMIN],
}
PHONE, LAPTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


class Desk:
    """A ledger, served."""

    def __init__(self, where: Place | Path) -> None:
        self.where = where
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.ledger: Ledger
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.ledger = Ledger.open(self.where, recorder="Otto")
        app = make_app(self.ledger, Settings())
        config = uvicorn.Config(app, host="127.0.0.1", port=self.port, log_config=None, timeout_graceful_shutdown=3)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._app = app
        self._thread.start()
        for _ in range(200):
            if self._server.started:
                return
            time.sleep(0.05)
        raise AssertionError("the desk does not start")

    def stop(self) -> None:
        assert self._server is not None
        assert self._thread is not None
        self._app.state.hub.end()
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive(), "the desk does not stop"

    def add_people(self) -> None:
        for name, roles in PEOPLE.items():
            self.ledger.people.add_person(name, PASSWORD, roles)


@dataclass
class Visits:
    """Browsers of people, watched: what a console says, and every request that leaves the desk."""

    browser: Browser
    desk: Desk
    complaints: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    forgiven: tuple[str, ...] = ()
    _open: list[BrowserContext] = field(default_factory=list)

    def page(self, **options: Any) -> Page:
        """A page in a browser of its own, of nobody."""
        context = self.browser.new_context(viewport=options.pop("viewport", LAPTOP), **options)
        context.set_default_timeout(10_000)
        self._open.append(context)
        page = context.new_page()
        self.watch(page)
        return page

    def watch(self, page: Page) -> None:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("request", self._asked)

    def of(self, name: str, **options: Any) -> Page:
        """A page of somebody who is signed in, at the board."""
        page = self.page(**options)
        page.goto(f"{self.desk.address}/sign-in")
        sign_in(page, name)
        page.wait_for_url(f"{self.desk.address}/")
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(each in message.text for each in self.forgiven):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "about") and parts.netloc != f"127.0.0.1:{self.desk.port}":
            self.strays.append(request.url)

    def close(self) -> None:
        for context in self._open:
            context.close()


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.fill("#name", name)
    page.fill("#password", password)
    page.press("#password", "Enter")


@contextmanager
def served(where: Place | Path) -> Iterator[Desk]:
    desk = Desk(where)
    desk.start()
    try:
        yield desk
    finally:
        desk.stop()
