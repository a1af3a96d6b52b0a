"""Ledgers for the tests: a :class:`Book` to write one down in words, and small tools to change one.

The resolver sees structure only, so the entries here carry no contents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.model import (
    Authority,
    Body,
    Claim,
    Entry,
    Evidence,
    Group,
    Hold,
    Opening,
    Policy,
    Publication,
    Recorder,
    Redaction,
    Release,
    Retract,
    Same,
    Settlement,
    Source,
    Statement,
    Story,
    Vet,
    Wording,
    references,
)
from ledger.resolver import Acts, Memory
from ledger.times import FUTURE_SLACK, Moment
from ledger.vocabulary import Mistake, Part, SourceKind, Status

DAY = datetime(2017, 4, 20, tzinfo=UTC)
DESK = 2
UNRETRACTABLE = (Opening, Source, Claim, Story, Recorder, Redaction)


def at(clock: str | int | datetime) -> datetime:
    """A moment of the day: ``22:57``, or minutes since midnight."""
    if isinstance(clock, datetime):
        return clock
    if isinstance(clock, int):
        return DAY + timedelta(minutes=clock)
    hours, minutes = clock.split(":")
    return DAY + timedelta(hours=int(hours), minutes=int(minutes))


class Book:
    """A ledger under construction; every method appends one entry and answers its index.

    An entry is recorded when the last one was, or when its statement was said if that is later.
    """

    def __init__(self, quorum: int = 2, opened: str | int = "12:00") -> None:
        self.entries: list[Entry] = []
        self.now = at(opened)
        self.add(Opening("example.org/desk", "UTC"))
        self.add(Recorder())
        self.add(Source(SourceKind.DESK))
        self.policy(quorum)

    def __repr__(self) -> str:
        return "\n".join(["", *(line(entry) for entry in self.entries[4:])])

    def add(self, body: Body) -> int:
        index = len(self.entries)
        recorder = None if index == 0 else 1
        self.entries.append(Entry(index, self.now, recorder, body))
        return index

    def wait(self, until: str | int) -> None:
        """What follows is recorded at that time or later."""
        self.now = max(self.now, at(until))

    def policy(self, quorum: int) -> int:
        return self.add(Policy(quorum=quorum))

    def story(self) -> int:
        return self.add(Story())

    def source(
        self,
        kind: str,
        group: int | None = None,
        relayer: int | None = None,
        story: int | None = None,
    ) -> int:
        return self.add(Source(SourceKind(kind), group, relayer, story))

    def amend(self, source: int, kind: str) -> int:
        """A new record of what kind of speaker a source is."""
        return self.add(Source(SourceKind(kind), amends=source))

    def claim(self, story: int) -> int:
        return self.add(Claim(story))

    def say(
        self,
        claim: int,
        status: str,
        by: int,
        via: int | Iterable[int] = (),
        said: str | int | datetime | None = None,
        to: int | None = None,
    ) -> int:
        """A statement; ``said`` of None means that nobody knows when."""
        relayers = (via,) if isinstance(via, int) else tuple(via)
        moment = None if said is None else Moment(at(said))
        if moment is not None:
            self.now = max(self.now, moment.at)
        return self.add(Statement(claim, Status(status), (by, *relayers), moment, to))

    def retract(self, target: int) -> int:
        return self.add(Retract(target, Mistake.OTHER))

    def hold(self, claim: int) -> int:
        return self.add(Hold(claim))

    def release(self, claim: int) -> int:
        return self.add(Release(claim))

    def grant(self, source: int, *, claim: int | None = None, story: int | None = None) -> int:
        return self.add(Authority(source, claim, story))

    def vet(self, source: int, claim: int | None = None) -> int:
        return self.add(Vet(source, True, claim))

    def unvet(self, source: int, claim: int | None = None) -> int:
        return self.add(Vet(source, False, claim))

    def group(self, source: int, body: int | None) -> int:
        return self.add(Group(source, body))

    def same(self, claim: int, same_as: int) -> int:
        return self.add(Same(claim, same_as))

    def wording(self, claim: int) -> int:
        return self.add(Wording(claim))

    def evidence(self, about: int) -> int:
        return self.add(Evidence(about))

    def redact(self, target: int, part: str) -> int:
        return self.add(Redaction(target, Part(part)))

    def publish(
        self, *claims: int, size: int | None = None, out: str | int | datetime | None = None, **more: Any
    ) -> int:
        """A publication of these claims, or with none of a ``story`` or of all; it rests on all, unless told."""
        size = len(self.entries) if size is None else size
        policy = Acts(Memory(self.entries[:size])).policy_entry()
        assert policy is not None, "a publication rests on a policy"
        published = None if out is None else Moment(at(out))
        return self.add(Publication(size, policy, published, claims=tuple(sorted(claims)), **more))

    def settle(self, publication: int, *claims: int, size: int | None = None, out: str | int | None = None) -> int:
        """A corrective to a publication, for all of it or for some claims; it rests on all, unless told."""
        size = len(self.entries) if size is None else size
        published = None if out is None else Moment(at(out))
        return self.add(Settlement(publication, size, tuple(sorted(claims)), published))


def line(entry: Entry) -> str:
    """One entry in a line, for the report of a failing example."""
    body = entry.body
    parts = []
    for each in fields(body):
        value = getattr(body, each.name)
        if isinstance(value, Moment):
            value = value.at.strftime("%H:%M")
        if value not in (None, ()) and each.name != "why":
            parts.append(f"{each.name}={value}")
    return f"  {entry.index} [{entry.recorded:%H:%M}] {entry.word} {' '.join(parts)}"


def of_kind(entries: Iterable[Entry], kind: type) -> list[int]:
    """The indexes of the entries of one kind."""
    return [entry.index for entry in entries if isinstance(entry.body, kind)]


def claims_of(entries: Iterable[Entry]) -> list[int]:
    return of_kind(entries, Claim)


def moments(entries: Iterable[Entry], most: int = 3) -> list[datetime]:
    """A few of the times at which something was said, spread over the ledger, and one before all of them."""
    times = sorted({e.said_or_recorded for e in entries if isinstance(e.body, Statement)})
    if not times:
        return []
    chosen = {times[i * (len(times) - 1) // max(1, most - 1)] for i in range(most)}
    return [times[0] - timedelta(minutes=1), *sorted(chosen)]


def renumber(entry: Entry, name: Callable[[int], int]) -> Entry:
    """The same entry with every index in it, its own too, replaced by another. A size is none, and stays."""
    body = entry.body
    changed = {}
    for role, _ in references(body):
        field = role.split(".")[1]
        if field in ("from", "speaker", "via"):
            changed["chain"] = tuple(name(source) for source in body.chain)
            continue
        if isinstance(body, Redaction) and field != "target":
            continue  # the role of its part, for the target once more
        if field == "claims":
            changed["claims"] = tuple(sorted(map(name, body.claims)))
            continue
        changed[field] = name(getattr(body, field))
    return replace(entry, index=name(entry.index), body=replace(body, **changed))


def reordered(entries: list[Entry], order: list[int]) -> list[Entry]:
    """The entries in another order, renumbered; each line keeps the time at which it was recorded."""
    place = {old: new for new, old in enumerate(order)}
    return [
        replace(renumber(entries[old], place.__getitem__), recorded=entries[new].recorded)
        for new, old in enumerate(order)
    ]


def without(entries: list[Entry], gone: set[int]) -> list[Entry]:
    """The entries less some, and less everything that refers to those; the others keep their indexes."""
    gone = set(gone)
    kept = []
    for entry in entries:
        if entry.index in gone or gone & {index for _, index in references(entry.body)}:
            gone.add(entry.index)
        else:
            kept.append(entry)
    return kept


def redacted(entries: Iterable[Entry]) -> set[tuple[int, Part]]:
    """The parts that these entries take away, each with the index of its own entry."""
    return {(entry.body.target, entry.body.part) for entry in entries if isinstance(entry.body, Redaction)}


def shifted(entries: Iterable[Entry], by: timedelta) -> list[Entry]:
    """The same ledger, with every time in it moved."""
    moved = []
    for entry in entries:
        body = entry.body
        if isinstance(body, Statement) and body.said is not None:
            body = replace(body, said=Moment(body.said.at + by, body.said.precision))
        if isinstance(body, Publication | Settlement) and body.published is not None:
            body = replace(body, published=Moment(body.published.at + by, body.published.precision))
        if isinstance(body, Publication) and body.as_said is not None:
            body = replace(body, as_said=body.as_said + by)
        moved.append(replace(entry, recorded=entry.recorded + by, body=body))
    return moved


def faults(entries: list[Entry]) -> Iterator[str]:
    """What the refusal rules of R0 and R1 would say to this ledger."""
    for entry in entries:
        body = entry.body
        if entry.index and any(index >= entry.index for _, index in references(body)):
            yield f"{entry.index}: names a later entry"
        if isinstance(body, Statement):
            if body.to == body.claim or body.status.points != (body.to is not None):
                yield f"{entry.index}: points wrongly"
            if body.status is Status.WITHDRAWN and body.said is None:
                yield f"{entry.index}: an undated withdrawal"
            if body.said is not None and body.said.at > entry.recorded + FUTURE_SLACK:
                yield f"{entry.index}: said in the future"
        if isinstance(body, Publication | Settlement) and not 1 <= body.size <= entry.index:
            yield f"{entry.index}: rests on what is not there"
        if isinstance(body, Settlement) and body.size <= body.publication:
            yield f"{entry.index}: settles what had not gone out"
        if isinstance(body, Retract):
            target = entries[body.target].body
            amendment = isinstance(target, Source) and target.amends is not None
            if isinstance(target, UNRETRACTABLE) and not amendment:
                yield f"{entry.index}: retracts what cannot be retracted"
        grouped = _grouped(entry)
        if grouped is not None and entries[grouped].body.source_kind.told_apart_by_relayer:
            yield f"{entry.index}: takes no group"


def _grouped(entry: Entry) -> int | None:
    """The source that an entry puts into a group."""
    body = entry.body
    if isinstance(body, Group) and body.body is not None:
        return body.source
    if isinstance(body, Source) and body.group is not None:
        return entry.index
    return None
