"""What every page has: who is there, where the other pages are, and the templates it shares with the static site."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment
from markupsafe import Markup

from ledger.book import BoardRow, Ledger, Person
from ledger.errors import LedgerError, Rejected
from ledger.pages import engine
from ledger.text import fold
from ledger.times import show_time
from ledger.vocabulary import Precision
from ledger.web.desk.remembered import Remembered
from ledger.web.identity import Desk, Who, ledger_of


class DeskLinks:
    """Where the pages of the desk are."""

    style = "/static/style.css"
    home = "/"

    def story(self, index: int) -> str:
        """The board of a story."""
        return place("/", story=index)

    def claim(self, index: int) -> str:
        """The page of a claim."""
        return f"/claims/{index}"

    def to(self, path: str, **asked: Any) -> str:
        """A page with what is asked of it."""
        return place(path, **asked)


def place(path: str, **asked: Any) -> str:
    """Write an address; what is None or empty is left out."""
    given = {name: value for name, value in asked.items() if value not in (None, "", ())}
    return path + (f"?{urlencode(given, doseq=True)}" if given else "")


LINKS = DeskLinks()


@dataclass(frozen=True, slots=True)
class Failed:
    """A form that was refused: which, why, and what was typed into it."""

    form: str = ""
    error: LedgerError | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    def why(self, form: str) -> LedgerError | None:
        """Why a form was refused; None if it was another."""
        return self.error if form == self.form else None

    def value(self, form: str, name: str, usual: str = "") -> str:
        """What stands in a field of a form."""
        return self.values.get(name, usual) if form == self.form else usual


NOTHING_FAILED = Failed()


@dataclass(frozen=True, slots=True)
class Frame:
    """One page for one person, at a minute: the façade as them, and the size of the ledger before all else was read."""

    request: Request
    desk: Ledger
    person: Person
    size: int
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(second=0, microsecond=0))

    def show(self, template: str, status: int = 200, **given: Any) -> HTMLResponse:
        """Fill a template of the desk's."""
        told = {
            "me": self.person,
            "may": self.desk.may,
            "size": self.size,
            "origin": self.desk.origin,
            "zone": self.desk.zone.key,
            "now": show_time(self.now, self.desk.zone, Precision.MINUTE),
            "key": partial(new_key, self.person.name),
            "failed": NOTHING_FAILED,
            "signed_in": self.request.app.state.settings.alone is not self.person,
        }
        return HTMLResponse(fill(self.request, template, **(told | given)), status)

    def not_theirs(self, key: str) -> LedgerError | None:
        """Why a form with that key is not recorded: it was shown to somebody else, who may have filled it in.

        In one browser one person signs in after another, and pages stay open. Sent once more, from the page that says
        so, it is recorded as whoever is signed in.
        """
        begin, point, _ = key.partition(".")
        if not point or key == _key(begin, self.person.name):
            return None
        return Rejected(
            f"form: it was opened by somebody else, and {self.person.name} is signed in now",
            next=f"look through it; sent again, it is recorded as {self.person.name}",
        )

    def remember(self, *what: Any, make: Any) -> Any:
        """What follows from the ledger of this size alone; made once for all who ask."""
        remembered: Remembered = self.request.app.state.remembered
        return remembered.get((self.size, *what), make)


def frame(request: Request, desk: Desk, person: Who) -> Frame:
    """The page of whoever asks. Its size is read first, so that what is told live begins where the page ends."""
    return Frame(request, desk, person, desk.size)


Page = Annotated[Frame, Depends(frame)]
"""The page that a route fills."""


def new_key(name: str) -> str:
    """What makes a form one act of a person, however often it is sent."""
    return _key(secrets.token_hex(8), name)


def _key(begin: str, name: str) -> str:
    return f"{begin}.{sha256(f'{begin} {fold(name)}'.encode('utf-8', 'replace')).hexdigest()[:16]}"


def go_to(where: str) -> Response:
    """Answer a form with a page to go to."""
    return RedirectResponse(where, HTTPStatus.SEE_OTHER)


def fill(request: Request, template: str, **given: Any) -> str:
    """Fill a template, for whoever it is."""
    return pages_of(request).get_template(f"desk/{template}.html").render(links=LINKS, **given)


def pages_of(request: Request) -> Environment:
    """The templates, with times in the desk's zone; one environment for the app."""
    state = request.app.state
    if state.pages is None:
        made = engine(ledger_of(request).zone)
        made.filters["searched"] = searched
        state.drawn, state.pages = Drawn(made), made
    pages: Environment = state.pages
    return pages


def drawn_by(request: Request) -> Drawn:
    """What draws the rows of the newest board."""
    pages_of(request)
    drawn: Drawn = request.app.state.drawn
    return drawn


class Drawn:
    """Rows of the newest board as they are drawn, each drawn once: an overview keeps a row that did not change."""

    def __init__(self, pages: Environment) -> None:
        self._template = pages.get_template("desk/row.html")
        self._kept: dict[int, tuple[BoardRow, str]] = {}

    def __call__(self, rows: Iterable[BoardRow]) -> Markup:
        """Draw these, one a line."""
        return Markup("".join([self.row(row) for row in rows]))

    def row(self, row: BoardRow) -> str:
        """Draw one, unless this very row was drawn."""
        kept = self._kept.get(row.claim)
        if kept is None or kept[0] is not row:
            text = self._template.render(links=LINKS, row=row).strip() + "\n"
            kept = self._kept[row.claim] = row, text
        return kept[1]


def searched(row: BoardRow) -> str:
    """The words of a row in which a search looks, here and in the script."""
    return fold(f"{row.text} {row.because} {row.state} {row.claim}")
