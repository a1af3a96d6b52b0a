"""Five hundred browsers that listen to one process of the desk: each is told of an append, and how long that takes.

They listen to what the pages listen to. The ledger is appended to by another process than theirs, as by a colleague
on another server; the time runs from before that append, which is a statement with all that goes with it, to the
moment at which the last of them has it. Who listens reads bytes and no more, since it shares the machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from time import perf_counter

from benchmarks.desk import PASSWORD
from benchmarks.frame import Cost, Ground, Row, Trial
from benchmarks.ledgers import OUTLETS
from benchmarks.postgres import Postgres, postgres
from benchmarks.serving import Served, served
from ledger.book import Ledger
from ledger.store import Place
from ledger.vocabulary import Role, Status
from ledger.web.identity import COOKIE

_ENTRIES, _FEW = 1_550, 578
_LISTENERS, _SOME = 500, 20
_APPENDS = 5
_PATIENCE = 60.0


@contextmanager
def listeners(ground: Ground) -> Iterator[Trial]:
    """Let 500 listen, and one."""
    many = _SOME if ground.small else _LISTENERS
    with postgres() as database:
        base = database.made(_FEW if ground.small else _ENTRIES)
        with Ledger.open(base) as ledger:
            ledger.people.add_person("Person", PASSWORD, [Role.FACT_CHECKER])
            secret = ledger.people.sign_in("Person", PASSWORD).secret
            claims = [row.claim for row in ledger.board()]

        def contestant(listening: int, figure: Callable[[Sequence[float], float], float]) -> Callable[[], Cost]:
            return lambda: Cost(figure(*_told(database, base, secret, claims, listening)))

        yield Trial(
            {
                "many told": contestant(many, lambda took, _: median(took)),
                "one told": contestant(1, lambda took, _: median(took)),
                "memory of many": contestant(many, lambda _, memory: memory),
                "memory of one": contestant(1, lambda _, memory: memory),
            },
            _rows(many, database.title),
        )


def _rows(many: int, title: str) -> list[Row]:
    listening = f"{many} live listeners on one process, {title}"
    return [
        Row(
            name="listeners",
            work=f"from an append by another process to the last of {listening}",
            against="to one listener alone",
            ours="many told",
            peer="one told",
            unit="seconds",
            costs=True,
        ),
        Row(
            name="listeners-memory",
            work=f"memory of the process, {listening}, after they were told {_APPENDS} times",
            against="with one listener",
            ours="memory of many",
            peer="memory of one",
            unit="MiB",
            costs=True,
        ),
    ]


def _told(
    database: Postgres, base: Place, secret: str, claims: Sequence[int], listening: int
) -> tuple[list[float], float]:
    """How long it took each time to tell the last one, and what the process has in memory then."""
    with database.copied(base) as place, served("desk", place) as desk, Ledger.open(place, recorder="Ana") as ledger:

        def append(number: int) -> None:
            claim, by = claims[number % len(claims)], OUTLETS[number]
            ledger.record(claim, Status.REPORTED, by=by, said=None, quote=f"statement {number} says so")

        return asyncio.run(_listened(desk, secret, listening, ledger.size, append))


async def _listened(
    desk: Served, secret: str, listening: int, size: int, append: Callable[[int], None]
) -> tuple[list[float], float]:
    streams = await asyncio.gather(*(_Stream.opened(desk, secret, size) for _ in range(listening)))
    took = []
    for number in range(_APPENDS):
        heard = asyncio.gather(*(each.heard(b"change") for each in streams))
        begun = perf_counter()
        await asyncio.to_thread(append, number)
        took.append(max(await asyncio.wait_for(heard, _PATIENCE)) - begun)
    memory = await asyncio.to_thread(desk.memory)
    for each in streams:
        each.close()
    return took, memory


class _Stream:
    """Somebody who listens."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def opened(cls, desk: Served, secret: str, size: int) -> _Stream:
        """Listen from a size of the ledger on; it has begun when this returns."""
        made = cls(*await asyncio.open_connection("127.0.0.1", desk.port, limit=1 << 20))
        asked = (
            f"GET /live?after={size - 1} HTTP/1.1\r\nHost: 127.0.0.1:{desk.port}\r\nCookie: {COOKIE}={secret}\r\n\r\n"
        )
        made._writer.write(asked.encode())
        status = await made._reader.readline()
        assert status.startswith(b"HTTP/1.1 200"), f"a listener was answered with {status!r}"
        await asyncio.wait_for(made.heard(b"size"), _PATIENCE)
        return made

    async def heard(self, event: bytes) -> float:
        """Wait for an event of that kind, and for the end of it; return when that was."""
        while line := await self._reader.readline():
            if line.strip() == b"event: " + event:
                break
        while line.strip():
            line = await self._reader.readline()
        assert not self._reader.at_eof(), "a listener was hung up on"
        return perf_counter()

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
