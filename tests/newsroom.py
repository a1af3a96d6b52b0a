"""A ledger in a file, with a clock that the test sets, counted salts, and sources whose kinds are known by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ledger.book import Ledger, Receipt
from ledger.times import Moment
from ledger.vocabulary import Precision, SourceKind, Status

PARIS = ZoneInfo("Europe/Paris")
STORY = "champs-elysees-2017-04-20"
SECOND = "A second police officer was killed"
ONE = "One police officer was killed"
KINDS = {
    "AFP": SourceKind.AGENCY,
    "Reuters": SourceKind.AGENCY,
    "BFM": SourceKind.BROADCASTER,
    "Le Monde": SourceKind.NEWSPAPER,
    "Interior Ministry": SourceKind.OFFICIAL,
    "Paris police": SourceKind.OFFICIAL,
    "Pierre-Henry Brandet": SourceKind.SPOKESPERSON,
    "François Hollande": SourceKind.PERSON,
    "a police source": SourceKind.UNNAMED,
    "Inès": SourceKind.WITNESS,
}
"""Who is who, so that a test can let anybody speak without more ado."""


def at(clock: str, precision: Precision = Precision.MINUTE) -> Moment:
    """A time of that evening in Paris; with a day before it, of that day."""
    day, _, time = clock.rpartition(" ")
    local = datetime.fromisoformat(f"{day or '2017-04-20'} {time}").replace(tzinfo=PARIS)
    return Moment(local.astimezone(UTC), precision)


@dataclass
class Clock:
    """Stands still until it is set."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def set(self, clock: str) -> None:
        self.now = at(clock).at

    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)


def counted() -> Callable[[], str]:
    """Salts 0, 1, 2, …"""
    numbers = count()
    return lambda: f"{next(numbers):064x}"


@dataclass
class Newsroom:
    """A ledger, its file and its clock."""

    path: Path
    clock: Clock
    ledger: Ledger

    @classmethod
    def founded(cls, folder: Path, opened: str = "23:45") -> Newsroom:
        path, clock = folder / "claims.db", Clock(at(opened).at)
        ledger = Ledger.create(
            path, origin="example.org/newsroom", zone="Europe/Paris", recorder="Ana", clock=clock, salt=counted()
        )
        return cls(path, clock, ledger)

    def reopened(self, recorder: str | None = "Ana") -> Ledger:
        """The same file, opened once more."""
        return Ledger.open(self.path, recorder=recorder, clock=self.clock)

    def say(
        self,
        claim: int | str,
        status: Status,
        by: int | str,
        said: str | None = None,
        *,
        via: Sequence[int | str] = (),
        **more: Any,
    ) -> Receipt:
        """Record a statement; new sources are of the kind that ``KINDS`` says."""
        known = {row.name for row in self.ledger.sources()}
        kinds = [KINDS[name] for name in via if isinstance(name, str) and name not in known]
        given: dict[str, Any] = {"story": STORY, "via_kinds": kinds}
        if isinstance(by, str) and by in KINDS:
            given["by_kind"] = KINDS[by]
        said_at = None if said is None else at(said)
        return self.ledger.record(claim, status, by=by, via=via, said=said_at, **(given | more))

    def state(self, claim: int | str) -> str:
        return str(self.ledger.why(claim).row.state)

    def buckets(self, claim: int | str) -> dict[int, str]:
        return {line.index: str(line.bucket) for line in self.ledger.why(claim).statements}
