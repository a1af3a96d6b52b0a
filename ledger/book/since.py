"""What changed while somebody was away: between a prefix and the whole ledger, as this desk recorded it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from ledger.book.lookup import find_story
from ledger.book.moved import moved
from ledger.book.snapshot import Snapshot
from ledger.book.views import Changed, Recorded, Since
from ledger.model import Claim, Entry, Statement
from ledger.resolver import Clock, Verdict, listed, neighbourhood, resolve, state_of, timeline


def since(before: Snapshot | None, now: Snapshot, story: int | str | None, at: datetime | None) -> Since:
    """Compare a prefix (None: nothing yet) with the whole; ``at`` is the moment that was asked for."""
    size = 0 if before is None else before.reader.size
    entries = list(now.reader.entries(size))
    claims = now.claims(None if story is None else find_story(now.reader, story))
    rows = [_changed(now, claim, size) for claim in sorted(_candidates(before, now, claims, entries))]
    found = [row for row in rows if row is not None]
    return Since(
        size=size,
        now=now.reader.size,
        at=at,
        changed=tuple(row for row in found if row.states[0] is not None),
        new=tuple(row for row in found if row.states[0] is None),
        entries=len(entries),
        recorders=_recorders(now, entries),
    )


def _candidates(before: Snapshot | None, now: Snapshot, claims: list[int], entries: Iterable[Entry]) -> set[int]:
    """The claims whose verdict differs, those that a new statement names, and the new ones."""
    may = None if before is None else moved(now.reader, before.reader.size)
    named = {now.fold.acts.folded(entry.body.claim) for entry in entries if isinstance(entry.body, Statement)}
    earlier = [] if before is None else [claim for claim in claims if claim < before.reader.size]
    earlier = [claim for claim in earlier if may is None or claim in may]
    now.prepare(claims if before is None else earlier)
    found = (named | {claim for claim in claims if before is None or claim >= before.reader.size}) & set(claims)
    if before is not None:
        before.prepare(earlier)
        found |= {claim for claim in earlier if _shown(before, claim) != _shown(now, claim)}
    return found


def _shown(snapshot: Snapshot, claim: int) -> object:
    return _key(resolve(snapshot.fold, claim)) if listed(snapshot.fold, claim) else None


def _key(verdict: Verdict) -> object:
    return verdict.state, verdict.held, verdict.successor, verdict.successor_state


def _changed(now: Snapshot, claim: int, size: int) -> Changed | None:
    """How one claim went from its state in the prefix to the one now; None if nothing came of it."""
    entries = (now.reader.entry(index) for index in neighbourhood(now.reader, [claim]))
    changes = [change for change in timeline(entries, claim, clock=Clock.KNOWN) if change.index >= size]
    if not changes and claim < size:
        return None
    home = now.fold.acts.folded(claim)
    row = now.explained_row(home) if listed(now.fold, home) else None
    verdict = changes[-1].verdict if changes else None
    return Changed(
        claim=claim,
        text=now.texts.claim(claim),
        story=now.texts.name(_story_of(now, claim)),
        states=(changes[0].before, *(state_of(change.verdict) for change in changes)) if changes else (None,),
        held=verdict is not None and verdict.held,
        successor=None if verdict is None else verdict.successor,
        because="no longer listed" if row is None else row.because,
        entries=tuple(change.index for change in changes),
    )


def _story_of(snapshot: Snapshot, claim: int) -> int:
    body = snapshot.reader.entry(claim).body
    assert isinstance(body, Claim)
    return body.story


def _recorders(now: Snapshot, entries: Iterable[Entry]) -> tuple[Recorded, ...]:
    """Who recorded how much, whoever recorded most first."""
    counts = Counter(entry.recorder for entry in entries if entry.recorder is not None)
    return tuple(Recorded(now.texts.name(index), count) for index, count in counts.most_common())
