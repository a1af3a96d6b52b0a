"""What changed while somebody was away: between a prefix and the whole ledger, as this desk recorded it.

A :class:`Stretch` is what some entries did: who recorded them, and which claims they name or moved. A :class:`Course`
is how the state of one claim went, entry by entry. What is new to somebody follows from the stretches since they looked
and the courses of the claims in them. Neither is about a person, so a desk keeps them for all (``overview``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.book.snapshot import Snapshot
from ledger.book.views import Changed, Recorded, Since
from ledger.model import Claim, Entry, Same, Statement
from ledger.resolver import (
    Change,
    Clock,
    Verdict,
    listed,
    moved,
    neighbourhood,
    resolve,
    state_of,
    subject,
    timeline,
)

BecauseOf = Callable[[int], str | None]
"""Gives the sentence of a claim by its index, None if the board does not list it."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The entries from ``start`` up to and without ``stop``.

    ``spoken`` are the claims on which a statement was recorded, ``joined`` those of which somebody said that they are
    the same as another, ``opened`` the new ones. ``moved`` holds at least every earlier claim whose state is another at
    the end. ``recorders`` says how many entries each took down, by index and name.
    """

    start: int
    stop: int
    spoken: frozenset[int]
    joined: frozenset[int]
    opened: frozenset[int]
    moved: frozenset[int]
    recorders: Mapping[tuple[int, str], int]


@dataclass(frozen=True, slots=True)
class Course:
    """How the state of a claim went on the known clock; ``home`` is the claim that it counts as."""

    claim: int
    home: int
    text: str
    story: str
    changes: tuple[Change, ...]

    def since(self, size: int) -> tuple[Change, ...]:
        """The changes after the first ``size`` entries."""
        return tuple(change for change in self.changes if change.index >= size)

    def differs(self, size: int) -> bool:
        """Whether it stands otherwise now than after the first ``size`` entries."""
        before = [change.verdict for change in self.changes if change.index < size]
        return _key(before[-1] if before else None) != _key(self.changes[-1].verdict if self.changes else None)


def since(before: Snapshot | None, now: Snapshot, story: int | str | None, at: datetime | None) -> Since:
    """Compare a prefix (None: nothing yet) with the whole; ``at`` is the moment that was asked for."""
    size = 0 if before is None else before.reader.size
    among = None if story is None else set(now.claims(story))
    stretches = [stretch_between(before, now, among)]
    named, claims = concerned(stretches, now.fold.acts.folded)
    found = courses(now, claims if among is None else claims & among)

    def because(claim: int) -> str | None:
        return now.explained_row(claim).because if listed(now.fold, claim) else None

    return told_since(stretches, named, found, because, size=size, now=now.reader.size, at=at)


def concerned(stretches: Iterable[Stretch], home: Callable[[int], int]) -> tuple[set[int], set[int]]:
    """The claims that entries name, and those that they concern at all; a statement names what its claim counts as."""
    stretches = list(stretches)
    named = {home(claim) for each in stretches for claim in each.spoken}
    named |= {claim for each in stretches for claim in each.joined}
    return named, named.union(*(each.opened | each.moved for each in stretches))


def told_since(
    stretches: Iterable[Stretch],
    named: Collection[int],
    found: Mapping[int, Course],
    because: BecauseOf,
    *,
    size: int,
    now: int,
    at: datetime | None = None,
) -> Since:
    """Say what is new after the first ``size`` entries, by all stretches since then and the courses of their claims.

    A claim is new, or it stands otherwise than it did, or it is ``named`` and stood otherwise for a while.
    """
    rows = [
        _changed(course, size, because)
        for claim, course in sorted(found.items())
        if claim >= size or (course.since(size) and (claim in named or course.differs(size)))
    ]
    recorders: Counter[tuple[int, str]] = Counter()
    for each in stretches:
        recorders.update(each.recorders)
    return Since(
        size=size,
        now=now,
        at=at,
        changed=tuple(row for row in rows if row.states[0] is not None),
        new=tuple(row for row in rows if row.states[0] is None),
        entries=now - size,
        recorders=tuple(Recorded(name, count) for (_, name), count in recorders.most_common()),
    )


def stretch_between(before: Snapshot | None, now: Snapshot, among: Container[int] | None = None) -> Stretch:
    """What the entries between a prefix (None: nothing yet) and a longer one did, to some claims or to all."""
    start = 0 if before is None else before.reader.size
    entries = list(now.reader.entries(start))
    return stretch_of(now, start, entries, () if before is None else _otherwise(before, now, entries, among))


def stretch_of(now: Snapshot, start: int, entries: Sequence[Entry], claims: Iterable[int]) -> Stretch:
    """What entries from ``start`` on did, where ``claims`` are those that they may have moved."""
    bodies = [(entry.index, subject(now.reader, entry.body)) for entry in entries]
    recorders = Counter(entry.recorder for entry in entries if entry.recorder is not None)
    now.texts.load(recorders)
    return Stretch(
        start=start,
        stop=start + len(entries),
        spoken=frozenset(entry.body.claim for entry in entries if isinstance(entry.body, Statement)),
        joined=frozenset(body.claim for _, body in bodies if isinstance(body, Same)),
        opened=frozenset(entry.index for entry in entries if isinstance(entry.body, Claim)),
        moved=frozenset(claim for claim in claims if claim < start),
        recorders={(index, now.texts.name(index)): count for index, count in recorders.items()},
    )


def _otherwise(
    before: Snapshot, now: Snapshot, entries: Iterable[Entry], among: Container[int] | None
) -> Iterator[int]:
    """The claims of a prefix that stand otherwise in a longer one."""
    may = moved(now.reader, entries)
    claims = [
        claim
        for claim in before.reader.of_kind("claim")
        if (may is None or claim in may) and (among is None or claim in among)
    ]
    before.prepare(claims)
    now.prepare(claims)
    return (claim for claim in claims if _shown(before, claim) != _shown(now, claim))


def _shown(snapshot: Snapshot, claim: int) -> object:
    return _key(resolve(snapshot.fold, claim)) if listed(snapshot.fold, claim) else None


def _key(verdict: Verdict | None) -> object:
    return None if verdict is None else (verdict.state, verdict.held, verdict.successor, verdict.successor_state)


def courses(now: Snapshot, claims: Collection[int]) -> dict[int, Course]:
    """The courses of some claims."""
    now.prepare(claims)
    return {claim: _course(now, claim) for claim in claims}


def _course(now: Snapshot, claim: int) -> Course:
    entries = (now.reader.entry(index) for index in neighbourhood(now.reader, [claim]))
    return Course(
        claim=claim,
        home=now.fold.acts.folded(claim),
        text=now.texts.claim(claim),
        story=now.texts.name(now.fold.acts.story(claim)),
        changes=tuple(timeline(entries, claim, clock=Clock.KNOWN)),
    )


def _changed(course: Course, size: int, because: BecauseOf) -> Changed:
    """How one claim went from its state in the prefix to the one now."""
    changes = course.since(size)
    verdict = changes[-1].verdict if changes else None
    return Changed(
        claim=course.claim,
        text=course.text,
        story=course.story,
        states=(changes[0].before, *(state_of(change.verdict) for change in changes)) if changes else (None,),
        held=verdict is not None and verdict.held,
        successor=None if verdict is None else verdict.successor,
        because=because(course.home) or "no longer listed",
        entries=tuple(change.index for change in changes),
    )
