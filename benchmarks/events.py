"""The peer `eventsourcing`: the same leaves and contents as events, saved by an application with a SQLite recorder.

An event says what the entry says: it belongs to the claim that a statement is about, else to an aggregate of its own.
Its state is written by the library's own transcoder; tree, links, registers and search are not among its work.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, DomainEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder

from benchmarks.databases import Sqlite
from benchmarks.frame import Timing, timed
from benchmarks.ledgers import Made
from ledger.encoding import encode_content, encode_entry
from ledger.model import Statement

_BATCHES = (10, 100, 1_000, 10_000)
_TRIED = 10_000  # events, to find the best batch with


class Recorded(DomainEvent):
    """An entry with its contents, as an event."""

    entry: dict[str, Any]
    contents: dict[str, Any]


class Subject(Aggregate):
    """What entries are about, as an aggregate with a method: the way in which events are made as a rule."""

    class Opened(Aggregate.Created):
        """The entry that opened it."""

        entry: dict[str, Any]
        contents: dict[str, Any]

    class Stated(Aggregate.Event):
        """One more entry about it."""

        entry: dict[str, Any]
        contents: dict[str, Any]


Told = tuple[int, dict[str, Any], dict[str, Any]]
"""The subject of an entry, its leaf and its contents, as values of JSON."""


def told_of(made: Iterable[Made]) -> list[Told]:
    """Return what the events have to say."""
    return [
        (
            entry.body.claim if isinstance(entry.body, Statement) else entry.index,
            json.loads(encode_entry(entry)),
            {part.value: json.loads(encode_content(content)) for part, content in contents.items()},
        )
        for entry, contents in made
    ]


def events_of(told: Iterable[Told]) -> list[Recorded]:
    """Make the events, each with its version within its aggregate."""
    versions: Counter[int] = Counter()
    now = Recorded.create_timestamp()
    events = []
    for subject, entry, contents in told:
        versions[subject] += 1
        place = {"originator_id": UUID(int=subject), "originator_version": versions[subject], "timestamp": now}
        said: dict[str, Any] = {**place, "entry": entry, "contents": contents}
        events.append(Recorded(**said))
    return events


def best_batch(folder: Path, events: Sequence[Recorded]) -> int:
    """Return how many events a save takes that is the fastest; all at once if that is."""
    some = events[:_TRIED]
    tried = {batch: save(folder, some, batch).value for batch in (*_BATCHES, len(events)) if batch <= len(events)}
    return max(tried, key=lambda batch: tried[batch])


def save(folder: Path, events: Sequence[Recorded], batch: int) -> Timing:
    """Save events that are made already."""
    with _application(folder) as application, timed() as clock:
        for start in range(0, len(events), batch):
            application.save(*events[start : start + batch])
    return Timing(len(events), clock.seconds)


def trigger_and_save(folder: Path, told: Sequence[Told], batch: int) -> Timing:
    """Have aggregates make the events, and save them."""
    subjects: dict[int, Subject] = {}
    with _application(folder) as application, timed() as clock:
        rest = iter(told)
        while some := list(islice(rest, batch)):
            application.save(*{id(each): each for each in (_trigger(subjects, *said) for said in some)}.values())
    return Timing(len(told), clock.seconds)


def _trigger(subjects: dict[int, Subject], subject: int, entry: dict[str, Any], contents: dict[str, Any]) -> Subject:
    known = subjects.get(subject)
    if known is None:
        known = subjects[subject] = Subject._create(  # the library's own constructor
            Subject.Opened, id=UUID(int=subject), entry=entry, contents=contents
        )
    else:
        known.trigger_event(Subject.Stated, entry=entry, contents=contents)
    return known


@contextmanager
def _application(folder: Path) -> Iterator[Application[UUID]]:
    with Sqlite(folder).place() as path:
        settings = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)}
        with closing(Application[UUID](env=settings)) as application:
            assert isinstance(application.recorder, SQLiteApplicationRecorder)
            with application.recorder.datastore.transaction(commit=False) as cursor:
                cursor.execute("PRAGMA synchronous")
                assert cursor.fetchone()[0] == 2, "as durable as the ledger: synchronous = FULL"
            yield application
