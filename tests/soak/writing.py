"""The processes that write: each records act after act through the façade, and tells what became of it.

`python -m tests.soak.writing` reads a task a line and forks for it, so that a writer is there at once. A writer tells,
by a line in a file: ``trying`` before an act; ``done`` only after the façade has returned; ``refused`` when it raised
:class:`Unavailable`, and of which kind; ``broke`` when it raised anything else, which is a fault of the product. What
it told is in the file even if it is killed at that moment, since the kernel has it.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import event

from ledger.book import Ledger, Receipt
from ledger.errors import Unavailable
from ledger.vocabulary import SourceKind, Status

GROUP = 5
"""So many statements are made of a claim; the first is recorded together with the claim and a source."""
STUBBORN = 3
"""After so many refusals in a row a full disk is taken for full."""
STORY = "a-night"


@dataclass(frozen=True)
class Address:
    """Where a ledger is: a path, or the URL of a database and the origin of a log in it."""

    where: str
    log: str | None = None

    def open(self, **more: Any) -> Ledger:
        """Open the ledger that is there."""
        return Ledger.open(self.where, **more) if self.log is None else Ledger.open(self.where, log=self.log, **more)


@dataclass(frozen=True)
class Task:
    """What a writer does. Its ``mark`` is in every text of it; it tells what became of each act in ``told``.

    It begins with the act number ``first``, and stops at SIGTERM or after ``acts``. What was refused it does again with
    the same key if its acts are ``keyed``; if not, it goes on to the next. It tells what is done up to ``late`` seconds
    late. ``room`` is how many bytes a file of it may have, and ``pages`` how many more a database may get, until it has
    been refused for that; ``clock`` is the most minutes that its clock goes back or forth by.
    """

    where: str
    log: str | None
    mark: str
    told: str
    keyed: bool = True
    first: int = 0
    acts: int | None = None
    late: float = 0.0
    room: int | None = None
    pages: int | None = None
    clock: float = 0.0


def quote_of(mark: str, number: int) -> str:
    return f"{mark} says {number}"


def claim_of(mark: str, number: int) -> str:
    return f"By {mark} the matter {number // GROUP} is so"


def source_of(mark: str, number: int) -> str:
    return f"Outlet {number // GROUP} of {mark}"


def key_of(mark: str, number: int) -> str:
    return sha256(quote_of(mark, number).encode()).hexdigest()[:32]


def say(ledger: Ledger, mark: str, number: int, *, keyed: bool = True) -> Receipt:
    """The act of that number: one transaction, of one entry or of several."""
    return ledger.record(
        claim_of(mark, number),
        Status.REPORTED if number % 3 else Status.DENIED,
        by=source_of(mark, number),
        by_kind=SourceKind.NEWSPAPER,
        story=STORY,
        said=None,
        quote=quote_of(mark, number),
        new=True,
        key=key_of(mark, number) if keyed else None,
    )


def false_clock(most: float, dice: random.Random) -> Callable[[], datetime]:
    """A clock that is wrong by another time whenever it is asked, as often behind as before; true if ``most`` is 0."""
    return lambda: datetime.now(UTC) + timedelta(minutes=dice.uniform(-most, most))


@dataclass
class Writer:
    """One process that writes."""

    task: Task
    stopped: bool = False
    ledger: Ledger | None = None
    refusals: int = 0
    dice: random.Random = field(init=False)
    file: int = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.task.mark)
        self.file = os.open(self.task.told, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def tell(self, word: str, number: int, *more: object) -> None:
        line = json.dumps([word, number, *more]).encode() + b"\n"
        assert os.write(self.file, line) == len(line), "what is not told whole is not told"

    def run(self) -> None:
        """Do one act after the other."""
        signal.signal(signal.SIGTERM, self._stop)
        self._limit()
        for number in self._numbers():
            self.tell("trying", number)
            while not self._done(number):
                time.sleep(0.01)
                if not self.task.keyed or (self.stopped and self.refusals > STUBBORN):
                    break
        if self.ledger is not None:
            self.ledger.close()

    def _numbers(self) -> Iterator[int]:
        number = self.task.first
        while not self.stopped and number != self.task.acts:
            yield number
            number += 1

    def _done(self, number: int) -> bool:
        try:
            receipt = say(self._opened(), self.task.mark, number, keyed=self.task.keyed)
        except Unavailable as error:
            self.refusals += 1
            self.tell("refused", number, type(error).__name__, str(error))
            self._after_refusal()
            return False
        except Exception as error:
            self.tell("broke", number, _whence(error))
            raise
        self.refusals = 0
        time.sleep(self.dice.uniform(0, self.task.late))
        self.tell("done", number, receipt.index, len(receipt.wrote))
        return True

    def _opened(self) -> Ledger:
        if self.ledger is None:
            address = Address(self.task.where, self.task.log)
            clock = false_clock(self.task.clock, self.dice)
            self.ledger = address.open(recorder=f"Recorder {self.task.mark}", clock=clock)
            if self.task.pages is not None:
                _allow(self.ledger, self.task.pages)
        return self.ledger

    def _after_refusal(self) -> None:
        if self.refusals == STUBBORN:
            self._lift()
        # The same object has to serve again; whoever opens the ledger anew after that has to be served, too.
        if self.ledger is not None and self.refusals % 10 == 9:
            self.ledger.close()
            self.ledger = None

    def _limit(self) -> None:
        if self.task.room is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.task.room, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

    def _lift(self) -> None:
        if self.task.room is not None:
            most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        if self.task.pages is not None and self.ledger is not None:
            _allow(self.ledger, 1 << 20)

    def _stop(self, *_: object) -> None:
        self.stopped = True


def _whence(error: Exception) -> str:
    """What was raised, and where our own code was when it was."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if f"{os.sep}ledger{os.sep}" in frame.filename]
    at = f" in {Path(ours[-1].filename).name}, line {ours[-1].lineno}, {ours[-1].name}" if ours else ""
    return f"{type(error).__module__}.{type(error).__qualname__}: {' '.join(str(error).split())}{at}"


def _allow(ledger: Ledger, pages: int) -> None:
    """Let the database of a ledger grow by so many pages at most."""

    def limit(connection: Any) -> None:
        if not most:
            most.append(connection.exec_driver_sql("PRAGMA page_count").scalar_one() + pages)
        connection.exec_driver_sql(f"PRAGMA max_page_count = {most[0]}")

    most: list[int] = []
    event.listen(ledger.store.pool, "begin", limit)


def main() -> None:
    """Fork for each task on the standard input; ``wait`` and a number tells how that one ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us stops us
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    children: set[int] = set()
    for line in sys.stdin:
        told = json.loads(line)
        if isinstance(told, int):
            children.discard(told)
            print(os.waitstatus_to_exitcode(os.waitpid(told, 0)[1]), flush=True)
            continue
        child = os.fork()
        if not child:
            _write(Task(**told))
        children.add(child)
        print(child, flush=True)
    for child in children:
        os.kill(child, signal.SIGKILL)


def _write(task: Task) -> None:
    code = 1
    try:
        Writer(task).run()
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
