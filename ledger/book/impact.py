"""What would follow if a source took back all it said, or if an entry fell: the resolver on the changed set, exactly.

Nothing is written. The entries that would say so are supposed after the last one, and everything is derived again:
``withdrawn`` by each chain on each claim that the source speaks on, or a retraction by the desk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

from ledger.book.lookup import as_index, entry_at, find_source
from ledger.book.prefix import Prefix
from ledger.book.publications import debt_rows, live_publications, owing_on
from ledger.book.published import Fallen, Impact
from ledger.book.snapshot import Snapshot
from ledger.book.tell import tell
from ledger.debts import Told, told
from ledger.errors import Rejected
from ledger.model import Body, Content, Entry, Policy, Retract, Source, Statement
from ledger.resolver import Fold, Memory, explain, sentence
from ledger.resolver.acts import base_of
from ledger.rules import check
from ledger.times import Moment
from ledger.vocabulary import Kind, Mistake, Part, Status

_RECORDER = 1


class Supposed:
    """A prefix with entries after it that are not written anywhere."""

    def __init__(self, prefix: Prefix, entries: Sequence[Entry]) -> None:
        self._prefix = prefix
        self._more = Memory(entries)
        self._from = prefix.size
        self.size = prefix.size + len(entries)
        self.absent = prefix.absent

    def entry(self, index: int) -> Entry:
        """See :meth:`ledger.resolver.Facts.entry`."""
        return self._prefix.entry(index) if index < self._from else self._more.entry(index)

    def refs(self, role: str, index: int) -> Sequence[int]:
        """See :meth:`ledger.resolver.Facts.refs`."""
        return [*self._prefix.refs(role, index), *self._more.refs(role, index)]

    def of_kind(self, word: str) -> Sequence[int]:
        """See :meth:`ledger.resolver.Facts.of_kind`."""
        return [*self._prefix.of_kind(word), *self._more.of_kind(word)]

    def load(self, indexes: Iterable[int], refs: Iterable[tuple[str, int]]) -> None:
        """See :meth:`ledger.resolver.Facts.load`."""
        self._prefix.load([index for index in indexes if index < self._from], refs)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterable[Entry]:
        """See :meth:`ledger.book.prefix.Prefix.entries`."""
        last = self.size if stop is None else stop
        more = (self._more.entry(index) for index in range(max(start, self._from), last))
        return chain(self._prefix.entries(start, min(last, self._from)), more)

    def renewed(self) -> Supposed:
        """See :meth:`ledger.book.prefix.Prefix.renewed`."""
        return Supposed(self._prefix.renewed(), list(self._more.all()))

    def words(self) -> Iterable[str]:
        """See :meth:`ledger.book.prefix.Prefix.words`."""
        return {*self._prefix.words(), *self._more.words()}

    def names(self, kind: str) -> Iterable[tuple[int, str]]:
        """See :meth:`ledger.book.prefix.Prefix.names`."""
        return self._prefix.names(kind)

    def named(self, kind: str, folded: str) -> Sequence[int]:
        """See :meth:`ledger.names.Names.named`."""
        return self._prefix.named(kind, folded)

    def looking_like(self, kind: str, skeleton: str) -> Sequence[int]:
        """See :meth:`ledger.names.Names.looking_like`."""
        return self._prefix.looking_like(kind, skeleton)

    def contents(self, indexes: Iterable[int]) -> Mapping[tuple[int, Part], Content]:
        """See :meth:`ledger.book.prefix.Prefix.contents`."""
        return self._prefix.contents([index for index in indexes if index < self._from])

    def content(self, index: int, part: Part) -> Content | None:
        """See :meth:`ledger.book.prefix.Prefix.content`."""
        return self._prefix.content(index, part) if index < self._from else None


def impact(snapshot: Snapshot, given: int | str, now: datetime) -> Impact:
    """Say what would follow if a source (by name or index) took its word back, or if the entry of an index fell.

    Raises :class:`~ledger.errors.Rejected` for an entry that cannot be retracted, and for what is neither.
    """
    reader = snapshot.reader
    index = as_index(given)
    if index is not None and not _speaks(entry_at(reader, index).body):
        what = f"entry {index} fell ({tell(reader.entry(index), reader, snapshot.texts)})"
        bodies: list[Body] = [Retract(index, Mistake.OTHER)]
    else:
        source = find_source(reader, given)
        what = f"{snapshot.texts.name(source)} took back all it said"
        bodies = list(_withdrawals(snapshot, source, now))
    size = reader.size
    entries = [Entry(size + n, now, _RECORDER, body) for n, body in enumerate(bodies)]
    if index is not None and isinstance(bodies[0] if bodies else None, Retract):
        problems = check(entries[0], Fold(reader, voices={}, tallies={}))
        if problems:
            raise Rejected(f"impact: entry {index}: cannot fall", problems=problems, next="`claims log` shows it")
    supposed = Snapshot(Supposed(reader, entries), None, snapshot.zone)
    return _compared(snapshot, supposed, entries, what, now)


def _speaks(body: Body) -> bool:
    """Whether an entry made a source; one that gives it a new kind is an act, and may fall."""
    return isinstance(body, Source) and body.amends is None


def _withdrawals(snapshot: Snapshot, source: int, now: datetime) -> Iterator[Statement]:
    """What the source would have to say: one withdrawal for each chain of its words and each claim they name."""
    reader, acts = snapshot.reader, snapshot.fold.acts
    # A body takes back what those said who speak for it, an outlet what only it has from an unnamed source (R1).
    speakers = {*acts.members(source), source, *reader.refs("source.relayer", source)}
    named: dict[tuple[int, tuple[int, ...]], None] = {}
    last = now
    for speaker in sorted(speakers):
        for index in reader.refs("statement.speaker", speaker):
            if acts.live(index):
                body = snapshot.fold.statement(index)
                last = last if body.said is None else max(last, body.said.at)
                for claim in (body.claim, body.to):
                    if claim is not None:
                        named[claim, body.chain] = None
    # What is said at the same time speaks too, so it takes a later word to take all of it back (R2).
    said = Moment(last + datetime.resolution)
    for claim, links in named:
        yield Statement(claim, Status.WITHDRAWN, links, said)


def _compared(before: Snapshot, after: Snapshot, entries: Sequence[Entry], what: str, now: datetime) -> Impact:
    claims = sorted(_reached(before, after, entries))
    then, supposed = _listed(before, claims), _listed(after, claims)
    changed = [claim for claim in claims if then[claim].standing != supposed[claim].standing]
    after.prepare(changed)
    published = live_publications(before)
    owed = {(each.publication, each.claim): each for each in owing_on(before, published)}
    still = live_publications(after)
    newly = []
    for each in owing_on(after, still):
        known = owed.get((each.publication, each.claim))
        reasons = {due.reason for due in known.dues} if known else set()
        if known is None or {due.reason for due in each.dues} - reasons or each.claim in changed:
            newly.append(each)
    return Impact(
        what=what,
        supposed=len(entries),
        claims=tuple(_fallen(after, then[claim], supposed[claim]) for claim in changed),
        owed=tuple(debt_rows(after, newly, now)),
    )


def _listed(snapshot: Snapshot, claims: Iterable[int]) -> dict[int, Told]:
    """What a board would tell of these claims: nothing of one that is folded under another."""
    found = told(snapshot.reader, claims)
    away = {claim for claim in found if snapshot.fold.acts.folded(claim) != claim}
    gone: dict[str, Any] = {"state": None, "accepted": False, "successor": None, "successor_state": None}
    return found | {claim: replace(found[claim], **gone) for claim in away}


def _reached(before: Snapshot, after: Snapshot, entries: Sequence[Entry]) -> set[int]:
    """Every claim whose state these entries may change: those that they touch, and all whose path leads there."""
    fold = Fold(after.reader, voices={}, tallies={})
    touched: set[int] = set()
    for entry in entries:
        touched |= fold.step(entry)
        base = base_of(after.reader, entry).body
        if isinstance(base, Policy):
            touched |= set(before.reader.of_kind(Kind.CLAIM.value))
    pending = list(touched)
    while pending:
        for each in after.fold.acts.folded_under(pending.pop()):
            for index in after.reader.refs("statement.to", each):
                claim = after.fold.acts.folded(after.fold.statement(index).claim)
                if claim not in touched:
                    touched.add(claim)
                    pending.append(claim)
    return touched


def _fallen(after: Snapshot, then: Told, supposed: Told) -> Fallen:
    texts = after.texts
    because = ""
    if supposed.state is not None:
        because = sentence(after.fold, explain(after.fold, then.claim), texts.name, texts.claim, after.zone)
    return Fallen(
        claim=then.claim,
        text=texts.claim(then.claim),
        story=texts.name(after.fold.acts.story(then.claim)),
        before=then.state,
        after=supposed.state,
        successor=supposed.successor,
        because=because,
    )
