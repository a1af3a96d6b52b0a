"""An append to a claim on which much was said, against one to a claim on which nothing was: nothing is folded again.

Both are of one ledger, each append durable before the next begins. The façade tells the new state of the claim with its
reasons after each, which does read what was said on it; its row is for information.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.databases import Database, Sqlite
from benchmarks.frame import Ground, Row, Timing, Trial, timed
from benchmarks.ledgers import OUTLETS, append_all, extend_ledger, made_from, make_ledger, story_of
from ledger.book import Ledger
from ledger.model import Body, Statement
from ledger.store import Store
from ledger.vocabulary import Status

_BEFORE, _STATEMENTS, _APPENDS, _FEW = 10_000, 10_000, 500, 3


@contextmanager
def claims(ground: Ground) -> Iterator[Trial]:
    """Append to a ledger with one claim of 10,000 statements, and with claims of none."""
    before, statements = min(ground.entries, _BEFORE), ground.entries // 10 if ground.small else _STATEMENTS
    appends = _FEW if ground.small else _APPENDS
    database = Sqlite(ground.folder)
    base = make_ledger(ground.folder / f"ledger-{before}.db", before)
    crowded, crowd = before + 1, story_of(before, "crowd", 1, statements)
    fresh = range(before + 1 + 1 + statements + 1, before + 1 + 1 + statements + 1 + appends)
    bodies: list[tuple[Body, str]] = [*crowd, *story_of(fresh.start - 1, "fresh", appends, 0)]
    made = extend_ledger(ground.folder / f"claims-{before}-{statements}.db", base, made_from(before, bodies))
    yield Trial(
        {
            "crowded": lambda: _append(database, made, [crowded] * appends),
            "fresh": lambda: _append(database, made, fresh),
            "crowded, facade": lambda: _record(database, made, [crowded] * _FEW),
            "fresh, facade": lambda: _record(database, made, fresh),
        },
        [
            _row("claim", statements, "", 0.8),
            _row("claim-facade", statements, " by `Ledger.record`, which explains the new state after each"),
        ],
    )


def _row(name: str, statements: int, how: str, target: float | None = None) -> Row:
    facade = ", facade" if how else ""
    return Row(
        name=name,
        work=f"append to a claim with {statements:,} statements{how}",
        against="the same to a fresh claim",
        ours=f"crowded{facade}",
        peer=f"fresh{facade}",
        unit="appends",
        target=target,
        closes="registers of a claim read root by root, which is what an append asks for",
    )


def _append(database: Database, made: Path, claims: Sequence[int]) -> Timing:
    with database.copied(made) as place, Store.open(place) as store:
        with store.reading() as reader:
            size = reader.size
        entries = list(made_from(size, ((_statement(*each), "says so") for each in enumerate(claims))))
        with timed() as clock:
            for each in entries:
                with store.writing() as writer:
                    append_all(writer, [each])
    return Timing(len(claims), clock.seconds)


def _statement(number: int, claim: int) -> Statement:
    return Statement(claim, Status.REPORTED, (OUTLETS[number % len(OUTLETS)],))


def _record(database: Database, made: Path, claims: Sequence[int]) -> Timing:
    def recording(ledger: Ledger, claim: int) -> Callable[[], object]:
        return lambda: ledger.record(claim, Status.REPORTED, by=OUTLETS[claim % len(OUTLETS)], said=None, quote="so")

    with database.copied(made) as place, Ledger.open(place, recorder="Ana") as ledger, timed() as clock:
        for claim in claims:
            recording(ledger, claim)()
    return Timing(len(claims), clock.seconds)
