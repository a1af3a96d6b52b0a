"""The peer of the board: a FastAPI route that asks one SQL query and fills the desk's own template with what it finds.

Its table has the rows of the board ready, a row a claim, as a program keeps them that writes over what it knew. It
signs nobody in. What stands beside the rows (to do, debts, what is new) is made once, when it starts. A statement is
one transaction: it is kept, and the row of its claim is written over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from itertools import groupby
from typing import Annotated, Any

from fastapi import FastAPI, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Row, create_engine, text

from ledger.book import BoardRow, Ledger, Person
from ledger.pages import engine
from ledger.store import Place
from ledger.times import show_time
from ledger.vocabulary import Precision, State
from ledger.web.desk.board import MOST_ROWS
from ledger.web.desk.frame import LINKS, NOTHING_FAILED, new_key, searched

_MADE = """
    CREATE SCHEMA peer;
    CREATE TABLE peer.board (
        claim bigint PRIMARY KEY, story text NOT NULL, text text NOT NULL, state text NOT NULL, held boolean NOT NULL,
        successor bigint, successor_text text, since timestamptz, because text NOT NULL
    );
    CREATE TABLE peer.statements (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, claim bigint NOT NULL REFERENCES peer.board,
        status text NOT NULL, source bigint NOT NULL, quote text NOT NULL, at timestamptz NOT NULL DEFAULT now()
    )
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the template shows of a claim."""

    claim: int
    story: str
    text: str
    state: State
    held: bool
    successor: int | None
    successor_text: str | None
    since: datetime | None
    because: str


_NAMES = ", ".join(each.name for each in fields(Shown))
_BOARD = text(f"SELECT {_NAMES} FROM peer.board ORDER BY max(claim) OVER (PARTITION BY story) DESC, claim")
_SAID = text("INSERT INTO peer.statements (claim, status, source, quote) VALUES (:claim, :status, :by, :quote)")
_STANDS = text("UPDATE peer.board SET since = now(), because = :because WHERE claim = :claim")
_ROW = text(f"INSERT INTO peer.board ({_NAMES}) VALUES ({', '.join(f':{each.name}' for each in fields(Shown))})")


def keep_board(place: Place, rows: Iterable[BoardRow]) -> None:
    """Make the tables of the peer, and put the rows of the board into them."""
    pool = create_engine(_address(place))
    with pool.begin() as connection:
        for statement in _MADE.split(";"):
            connection.execute(text(statement))
        for row in rows:
            values = {each.name: getattr(row, each.name) for each in fields(Shown)}
            connection.execute(_ROW, values | {"state": row.state.value})
    pool.dispose()


def make_conventional(place: Place) -> FastAPI:
    """Return the app of the peer, for the first of the people at the desk."""
    app, pool = FastAPI(docs_url=None, redoc_url=None), create_engine(_address(place), pool_size=10)
    with Ledger.open(place, read_only=True) as ledger:
        templates, zone = engine(ledger.zone), ledger.zone
        templates.filters["searched"] = searched
        beside = _beside(ledger, ledger.people.everybody()[0])
    indexes = {each.name: each.index for each in beside["stories"]}

    @app.get("/")
    def board() -> HTMLResponse:
        with pool.connect() as connection:
            rows = [_shown(row) for row in connection.execute(_BOARD)]
        counts = Counter(row.state for row in rows)
        filled = templates.get_template("desk/board.html").render(
            beside,
            counts=[(state, counts[state]) for state in State if counts[state]],
            listed=len(rows),
            found=len(rows),
            most=MOST_ROWS,
            groups=[(name, list(some)) for name, some in groupby(rows, key=lambda row: row.story)],
            indexes=indexes,
            now=show_time(datetime.now(UTC).replace(second=0, microsecond=0), zone, Precision.MINUTE),
        )
        return HTMLResponse(filled)

    @app.post("/record")
    def record(
        claim: Annotated[int, Form()],
        status: Annotated[str, Form()],
        by: Annotated[int, Form()],
        quote: Annotated[str, Form()],
    ) -> Response:
        with pool.begin() as connection:
            connection.execute(_SAID, {"claim": claim, "status": status, "by": by, "quote": quote})
            connection.execute(_STANDS, {"claim": claim, "because": f"{status} by {by}: {quote}"})
        return RedirectResponse("/", 303)

    return app


def _shown(row: Row[Any]) -> Shown:
    values = row._asdict()
    since = values["since"] and values["since"].astimezone(UTC)
    return Shown(**values | {"state": State(values["state"]), "since": since})


def _beside(ledger: Ledger, person: Person) -> dict[str, Any]:
    """What the page shows beside the rows, as the desk does for somebody who has seen everything."""
    acting, todo = ledger.acting_as(person), ledger.todo()
    return {
        "links": LINKS,
        "me": person,
        "may": acting.may,
        "size": ledger.size,
        "origin": ledger.origin,
        "zone": ledger.zone.key,
        "key": new_key,
        "failed": NOTHING_FAILED,
        "signed_in": True,
        "here": "board",
        "stories": ledger.stories(),
        "story": None,
        "states": [],
        "q": "",
        "since": ledger.since(ledger.size - 1),
        "todo": [(concern, list(rows)) for concern, rows in groupby(todo, key=lambda row: row.concern)],
        "urgent": len(todo),
        "debts": ledger.debts(),
    }


def _address(place: Place) -> str:
    assert place.url is not None, "it is on a server"
    return place.url.replace("postgresql://", "postgresql+psycopg://", 1)
