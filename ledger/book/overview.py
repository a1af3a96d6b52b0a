"""What a whole desk looks at all the time, kept in memory and carried on from one size of the ledger to the next.

An :class:`Overview` is of the whole ledger at one size: each row of the board, why somebody has to look at a claim, the
stories, what is owed to readers. The next one is made from it and the entries that came since: only what is about the
claims that those can move is made anew. What is new to somebody who looked last at some time is put together from what
all have in common: what each stretch of entries did, and the course of each claim that one of them concerns.

Nothing in it goes by a person or by the hour. It holds words, so one that is followed by a redaction is not carried on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from ledger.book.publications import as_of, debt_rows, in_order, live_publications, owing_to
from ledger.book.published import DebtRow
from ledger.book.since import Course, Stretch, concerned, courses, stretch_between, stretch_of, told_since
from ledger.book.snapshot import Snapshot
from ledger.book.todo import Need, needs_of, todo_rows
from ledger.book.views import BoardRow, Since, StoryRow, TodoRow
from ledger.debts import Heard, Readers, heard
from ledger.model import Claim, Entry, Publication, Redaction, Settlement, Story
from ledger.resolver import moved, subject

MOST_STRETCHES = 1_000
"""Over how many appends is looked back; whoever looked before those is answered from the ledger, once."""

_MOST_LEADS = 1_000
_ANY = datetime.max.replace(tzinfo=UTC)  # how long something has been owed is told when it is asked for

Past = Callable[[int], AbstractContextManager[Snapshot]]
"""Gives the ledger as of its first so many entries, to be read."""


@dataclass(frozen=True)
class Listed:
    """A claim that the board lists: its row, and why somebody has to look at it, now or later."""

    row: BoardRow
    needs: tuple[Need, ...]


@dataclass(frozen=True, eq=False)
class Overview:
    """The whole ledger at ``size`` entries.

    ``claims`` are those listed, by index. ``readers`` is what those of each live publication know, ``owed`` what they
    are owed, by publication and claim. ``stretches`` follow one another up to ``size``. What was asked is kept too: the
    courses of claims, and by where they begin the stretches from where somebody looked to the first of those.
    """

    size: int
    claims: Mapping[int, Listed]
    stories: tuple[StoryRow, ...]
    readers: Readers
    owed: Mapping[tuple[int, int], DebtRow]
    stretches: tuple[Stretch, ...] = ()
    _courses: dict[int, Course] = field(default_factory=dict)
    _leads: dict[int, Stretch] = field(default_factory=dict)

    @cached_property
    def rows(self) -> list[BoardRow]:
        """Every row, in the order of the board."""
        return sorted((each.row for each in self.claims.values()), key=lambda row: (row.story, row.claim))

    def todo(self, now: datetime, older_than: timedelta) -> list[TodoRow]:
        """The claims that need somebody by now, as :func:`ledger.book.todo.todo` gives them."""
        return todo_rows(((each.row, each.needs) for each in self.claims.values()), now, older_than)

    def debts(self, now: datetime) -> list[DebtRow]:
        """What is owed to readers, as :meth:`ledger.book.Ledger.debts` gives it."""
        return in_order(as_of(row, now) for row in self.owed.values())

    def owed_to(self) -> Readers:
        """What the readers know to whom something is owed, of the claims on which it is."""
        found: dict[int, dict[int, Heard]] = {}
        for publication, claim in self.owed:
            found.setdefault(publication, {})[claim] = self.readers[publication][claim]
        return found

    def since(self, known: int, past: Past) -> Since:
        """What is new after the first ``known`` entries; ``past`` is read for what nobody has asked for yet."""
        stretches = self._since(known, past)
        self._learn({claim for each in stretches for claim in each.spoken}, past)
        named, claims = concerned(stretches, lambda claim: self._courses[claim].home)
        self._learn(claims, past)
        found = {claim: self._courses[claim] for claim in claims}
        return told_since(stretches, named, found, self._because, size=known, now=self.size)

    def _since(self, known: int, past: Past) -> list[Stretch]:
        following = [each for each in self.stretches if each.start >= known]
        begin = following[0].start if following else self.size
        if known == begin:
            return following
        lead = self._leads.get(known)
        if lead is None or lead.stop != begin:
            with past(known) as before, past(begin) as then:
                lead = stretch_between(before, then)
            if len(self._leads) >= _MOST_LEADS:
                self._leads.clear()
            self._leads[known] = lead
        return [lead, *following]

    def _learn(self, claims: Iterable[int], past: Past) -> None:
        lacking = [claim for claim in claims if claim not in self._courses]
        if lacking:
            with past(self.size) as now:
                self._courses.update(courses(now, lacking))

    def _because(self, claim: int) -> str | None:
        return self.claims[claim].row.because if claim in self.claims else None

    def carried_on(self, snapshot: Snapshot) -> Overview:
        """The one of a longer prefix, made from this one and the entries that came since."""
        entries = list(snapshot.reader.entries(self.size))
        if not entries:
            return self
        if any(isinstance(entry.body, Redaction) for entry in entries):
            return overview_of(snapshot)
        may = moved(snapshot.reader, entries)
        if may is None:
            return self._made_anew(snapshot, entries)
        claims = {claim: each for claim, each in self.claims.items() if claim not in may}
        claims |= _with(self.claims, snapshot, sorted(may))
        under = {each for claim in may for each in snapshot.fold.acts.folded_under(claim)}
        kept = {claim: each for claim, each in self._courses.items() if claim not in under}
        owed = {place: row for place, row in self.owed.items() if place[1] not in under}
        if self._tells(snapshot, entries):
            readers: Readers = heard(snapshot.reader, live_publications(snapshot))
            owed = _owed(snapshot, readers)
        else:
            readers = self.readers
            owed |= _owed(snapshot, _of(readers, under))
        opened = any(isinstance(entry.body, Claim | Story) for entry in entries)
        return Overview(
            snapshot.reader.size,
            claims,
            stories_of(snapshot) if opened else self.stories,
            readers,
            owed,
            (*self.stretches[-MOST_STRETCHES:], stretch_of(snapshot, self.size, entries, may)),
            kept,
            dict(self._leads),
        )

    def _made_anew(self, snapshot: Snapshot, entries: Sequence[Entry]) -> Overview:
        """The one of a longer prefix, where the entries since can have moved any claim."""
        claims = _with(self.claims, snapshot, snapshot.claims(None))
        then, now = _standing(self.claims), _standing(claims)
        changed = {claim for claim in then.keys() | now.keys() if then.get(claim) != now.get(claim)}
        told = self._tells(snapshot, entries)
        readers = heard(snapshot.reader, live_publications(snapshot)) if told else self.readers
        return Overview(
            snapshot.reader.size,
            claims,
            stories_of(snapshot),
            readers,
            _owed(snapshot, readers),
            (*self.stretches[-MOST_STRETCHES:], stretch_of(snapshot, self.size, entries, changed)),
            {},
            dict(self._leads),
        )

    def _tells(self, snapshot: Snapshot, entries: Iterable[Entry]) -> bool:
        """Whether readers may know otherwise by these entries."""
        return any(isinstance(subject(snapshot.reader, entry.body), Publication | Settlement) for entry in entries)


def overview_of(snapshot: Snapshot) -> Overview:
    """Make one from the ledger."""
    claims = _with({}, snapshot, snapshot.claims(None))
    readers = heard(snapshot.reader, live_publications(snapshot))
    owed = _owed(snapshot, readers)
    return Overview(snapshot.reader.size, claims, stories_of(snapshot), readers, owed, _looking_back(snapshot))


def _of(readers: Readers, claims: Container[int]) -> dict[int, dict[int, Heard]]:
    """What is known of some claims."""
    return {index: {claim: each[claim] for claim in each if claim in claims} for index, each in readers.items()}


def _owed(snapshot: Snapshot, readers: Readers) -> dict[tuple[int, int], DebtRow]:
    return {(row.publication, row.claim): row for row in debt_rows(snapshot, owing_to(snapshot, readers), _ANY)}


def _looking_back(snapshot: Snapshot) -> tuple[Stretch, ...]:
    """The last entries, a stretch each, back to one that can have moved any claim."""
    found: list[Stretch] = []
    for entry in reversed(list(snapshot.reader.entries(max(snapshot.reader.size - MOST_STRETCHES, 0)))):
        may = moved(snapshot.reader, [entry])
        if may is None:
            break
        found.append(stretch_of(snapshot, entry.index, [entry], may))
    return tuple(reversed(found))


def stories_of(snapshot: Snapshot) -> tuple[StoryRow, ...]:
    """Every story, with the number of its claims."""
    reader, texts = snapshot.reader, snapshot.texts
    stories = reader.of_kind("story")
    reader.load(stories, [("claim.story", index) for index in stories])
    texts.load(stories)
    return tuple(StoryRow(index, texts.name(index), len(reader.refs("claim.story", index))) for index in stories)


def _with(known: Mapping[int, Listed], snapshot: Snapshot, claims: Collection[int]) -> dict[int, Listed]:
    """Those of some claims that are listed; what is as it was known stays the same object."""
    found = {}
    for explanation, since in snapshot.explained_claims(claims):
        made = Listed(snapshot.row(explanation, since), needs_of(snapshot, explanation, since))
        claim = made.row.claim
        found[claim] = known[claim] if known.get(claim) == made else made
    return found


def _standing(claims: Mapping[int, Listed]) -> dict[int, object]:
    return {
        claim: (each.row.state, each.row.held, each.row.successor, each.row.successor_state)
        for claim, each in claims.items()
    }
