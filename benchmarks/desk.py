"""The board of the desk on the web under the hands of a newsroom, against a route that asks one SQL query for it.

Both are a process of their own on a copy of one ledger on PostgreSQL, with 50 people who look and 5 who record. Before
the people come it is made sure that both answer with the same bytes. Those who look last looked at different times, so
that what is new is another thing to each.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from benchmarks.conventional import keep_board
from benchmarks.crowd import LOOKING, RECORDING, Subjects, browser, looks, slowest_of
from benchmarks.frame import Cost, Ground, Row, Trial
from benchmarks.ledgers import OUTLETS
from benchmarks.postgres import Postgres, postgres
from benchmarks.serving import Served, served
from ledger.book import Ledger
from ledger.store import Place
from ledger.vocabulary import Role
from ledger.web.identity import COOKIE

_ENTRIES, _FEW = 1_550, 578  # five stories of 40 claims; one
_SECONDS, _SHORT = 30.0, 3.0
_TRIES = 5
PASSWORD = "correct horse battery"


@contextmanager
def desk(ground: Ground) -> Iterator[Trial]:
    """Serve the board of 200 claims to a newsroom."""
    seconds = _SHORT if ground.small else _SECONDS
    with postgres() as database:
        base = database.made(_FEW if ground.small else _ENTRIES)
        people, subjects = _peopled(base)
        yield Trial(
            {
                "desk": lambda: _night("desk", database, base, people, subjects, seconds),
                "conventional": lambda: _night("conventional", database, base, people, subjects, seconds),
            },
            [_row(len(subjects.claims), database.title)],
        )


def _row(claims: int, title: str) -> Row:
    return Row(
        name="desk-board",
        work=(
            f"95th percentile of the board page, {claims} claims, {LOOKING} people looking every 2 s and {RECORDING}"
            f" recording every 5 s, {title}"
        ),
        against=(
            "that of a FastAPI route which asks one SQL query for the same rows, kept ready in a table, signs nobody"
            " in, and fills the same template to the same bytes"
        ),
        ours="desk",
        peer="conventional",
        unit="seconds",
        target=3,
        closes=("the lists beside the board drawn once for all who look, as its rows are"),
        costs=True,
    )


def _peopled(base: Place) -> tuple[list[str], Subjects]:
    """Give the people of the newsroom accounts and sessions; return what their cookies say, and what is spoken of."""
    with Ledger.open(base) as ledger:
        secrets = []
        for number in range(LOOKING + RECORDING):
            # The first by name is the one whose page the peer shows.
            name = f"Person {number:02}"
            ledger.people.add_person(name, PASSWORD, [Role.FACT_CHECKER])
            secrets.append(ledger.people.sign_in(name, PASSWORD).secret)
        rows = ledger.board()
        keep_board(base, rows)
        return secrets, Subjects([row.claim for row in rows], OUTLETS)


def _night(app: str, database: Postgres, base: Place, people: list[str], subjects: Subjects, seconds: float) -> Cost:
    with database.copied(base) as place, served("desk", place) as ours:
        mark, size = _mark(ours, people[0])

        def cookies(number: int) -> dict[str, str]:
            return {COOKIE: people[number], mark: str(size - 1 - number)}

        with served("conventional", place) as peer:
            _compare(ours, peer, cookies(0))
            at = {"desk": ours, "conventional": peer}[app]
            return Cost(slowest_of(looks(lambda number: browser(at.address, cookies(number)), subjects, seconds)))


def _mark(ours: Served, secret: str) -> tuple[str, int]:
    """The name of the cookie that says up to where somebody has looked, and the size of the ledger."""
    answer = httpx2.get(ours.address, cookies={COOKIE: secret})
    ((name, last),) = answer.cookies.items()
    return name, int(last) + 1


def _compare(ours: Served, peer: Served, cookies: dict[str, str]) -> None:
    """Make sure that both answer with the same bytes; the minute may pass in between."""
    for _ in range(_TRIES):
        pages = [httpx2.get(each.address, cookies=cookies) for each in (ours, peer)]
        assert all(page.status_code == 200 for page in pages), [page.status_code for page in pages]
        if pages[0].content == pages[1].content:
            return
    raise AssertionError("the two answer with different pages")
