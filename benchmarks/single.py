"""Appends one at a time, each durable before the next begins, against the bare driver.

The driver gets the very statements by which the store inserts, with their rows, as they were taken down in a run of it;
each append in a transaction of its own, with the same indexes and without any guard. It reads nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy import event

from benchmarks.databases import Database, Spot, Sqlite
from benchmarks.frame import Ground, Row, Timing, Trial, timed
from benchmarks.ledgers import Made, append_all, made_entries
from benchmarks.postgres import postgres
from ledger.book import Ledger
from ledger.store import Store
from ledger.vocabulary import Status

_BEFORE, _APPENDS, _FEW = 10_000, 300, 20
Inserts = list[tuple[str, Any]]
"""The statements of one append, each with its rows (SQLite) or its columns (PostgreSQL)."""


@contextmanager
def single(ground: Ground) -> Iterator[Trial]:
    """Append to a ledger of some thousand entries, in SQLite and in PostgreSQL."""
    with postgres() as server:
        trials = [_on(name, each, ground) for name, each in (("sqlite", Sqlite(ground.folder)), ("postgres", server))]
        contestants = {name: run for trial in trials for name, run in trial.contestants.items()}
        yield Trial(contestants, [row for trial in trials for row in trial.rows])


def _on(name: str, database: Database, ground: Ground) -> Trial:
    before, appends = min(ground.entries, _BEFORE), _FEW if ground.small else _APPENDS
    made = list(islice(made_entries(before + appends), before, None))
    base = database.made(before)
    inserts = taken_down(database, base, made)
    return Trial(
        {
            f"{name}: store": lambda: _append(database, base, made),
            f"{name}: driver": lambda: _insert(database, base, inserts),
            f"{name}: facade": lambda: _record(database, base, appends),
        },
        _rows(name, database.title),
    )


def _rows(name: str, title: str) -> list[Row]:
    against = "the driver's bare INSERT and commit of the same bytes and indexes"
    return [
        Row(
            name=f"single-{name}",
            work=f"one durable append, {title}",
            against=against,
            ours=f"{name}: store",
            peer=f"{name}: driver",
            unit="appends",
            target=0.3,
            closes=_CLOSER,
            further=f"for 0.6, {_CLOSER}",
        ),
        Row(
            name=f"single-facade-{name}",
            work=f"one statement by `Ledger.record` (names, rules, the new state explained), {title}",
            against=against,
            ours=f"{name}: facade",
            peer=f"{name}: driver",
            unit="appends",
        ),
    ]


_CLOSER = (
    "a writer that stays between transactions and asks again only whether somebody else has appended: each append"
    " now reads the end of the ledger, the edge of the tree, two registers and the acts on its claim and sources"
    " again, which is a dozen questions through SQLAlchemy before the first row is written"
)


def taken_down(database: Database, base: Spot, made: list[Made]) -> list[Inserts]:
    """Return what the store inserts for each of these appends."""
    taken: list[Inserts] = []
    with database.copied(base) as place, Store.open(place) as store:

        def take(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
            if statement.startswith("INSERT"):
                taken[-1].append((statement, values))

        event.listen(store.pool, "before_cursor_execute", take)
        for each in made:
            taken.append([])
            with store.writing() as writer:
                append_all(writer, [each])
    return taken


def _append(database: Database, base: Spot, made: list[Made]) -> Timing:
    with database.copied(base) as place, Store.open(place) as store, timed() as clock:
        for each in made:
            with store.writing() as writer:
                append_all(writer, [each])
    return Timing(len(made), clock.seconds)


def _insert(database: Database, base: Spot, appends: list[Inserts]) -> Timing:
    with database.copied(base) as place, database.driver(place) as driver:
        database.unguard(driver)
        with timed() as clock:
            for inserts in appends:
                driver.execute(database.begin)
                for statement, values in inserts:
                    if isinstance(values, list):
                        driver.executemany(statement, values)
                    else:
                        driver.execute(statement, values)
                driver.execute("COMMIT")
    return Timing(len(appends), clock.seconds)


def _record(database: Database, base: Spot, appends: int) -> Timing:
    with database.copied(base) as place, Ledger.open(place, recorder="Ana") as ledger:
        statements = [_statement(ledger, number) for number in range(appends)]
        with timed() as clock:
            for record in statements:
                record()
    return Timing(appends, clock.seconds)


def _statement(ledger: Ledger, number: int) -> Callable[[], object]:
    text, by = f"In story 0 the matter {number * 7 % 40} is so", f"Outlet {number * 31 % 331}"
    quote = f"statement {number} says so"
    return lambda: ledger.record(text, Status.REPORTED, by=by, said=None, story="story-0", quote=quote)
