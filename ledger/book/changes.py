"""What the public is told of how states changed, the newest change first, on the clock of this desk's record.

A change stays what it was whatever is recorded later. A claim that is held has none. What happened while it was held is
told by its release, as one change from the state that was told last. A claim that counts under another is told to do so
where that changes its state, and has no changes of its own until it stands alone again.

A ledger is not replayed as a whole. Claims that lead to one another make a family; no claim of it changed after the
newest entry of the family, so families are taken in the order of that entry until no older one can matter. In each the
last entries are looked at, and more of them until there are changes enough.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from itertools import islice

from ledger.book.snapshot import Snapshot
from ledger.model import Entry
from ledger.resolver import Acts, Verdict, known_verdicts, neighbourhood, state_of
from ledger.vocabulary import State

_READ_AT_ONCE = 1_000
_RESOLVED_AT_FIRST = 1_024
"""How many verdicts are looked at before it is asked whether older ones are needed."""

_Key = tuple[State | None, int | None, State | None]
_NOTHING: _Key = (None, None, None)


@dataclass(frozen=True, slots=True)
class Told:
    """The state of a claim changed at ``at`` by the entry ``index``.

    ``before`` is the state that was told last, None where the claim is new. ``verdict`` is None where it is no longer
    listed; it is that of another claim where this one counts under that from here on.
    """

    claim: int
    index: int
    at: datetime
    before: State | None
    verdict: Verdict | None

    @property
    def state(self) -> State | None:
        """The state from then on, None where the claim is no longer listed."""
        return state_of(self.verdict)


def newest(snapshot: Snapshot, story: int | str | None, limit: int) -> list[Told]:
    """Return the last ``limit`` changes of a story's claims or of all, the newest first."""
    found: list[Told] = []
    for last, claims in sorted(_families(snapshot, story), reverse=True):
        if len(found) == limit and found[-1].index > last:
            break
        found += _told_of(snapshot, claims, limit)
        found = nlargest(limit, found, key=lambda told: (told.index, told.claim))
    return found


def _families(snapshot: Snapshot, story: int | str | None) -> Iterator[tuple[int, list[int]]]:
    """The claims that are not held, by what they lead to, each family after the newest entry that has a say on it."""
    wanted = snapshot.claims(story)
    claims, left = iter(wanted), set(wanted)
    while some := list(islice(claims, _READ_AT_ONCE)):
        part = snapshot.reader.renewed()
        neighbourhood(part, some)
        acts = Acts(part)
        for claim in some:
            if claim in left:
                near = neighbourhood(part, [claim])
                family = sorted(left.intersection(near))
                left.difference_update(family)
                yield near[-1], [each for each in family if acts.held(acts.folded(each)) is None]


def _told_of(snapshot: Snapshot, claims: Collection[int], limit: int) -> list[Told]:
    """The last ``limit`` changes of these claims or more, in no order."""
    reader = snapshot.reader.renewed()
    entries = [reader.entry(index) for index in neighbourhood(reader, claims)]
    window = max(1, _RESOLVED_AT_FIRST // max(1, len(claims)))
    while True:
        since = entries[-window].index if window < len(entries) else 0
        told = list(_replayed(entries, claims, snapshot.as_of.said, since))
        if not since or len(told) >= limit:
            return told
        window *= 4


def _replayed(entries: Sequence[Entry], claims: Collection[int], said: datetime | None, since: int) -> Iterator[Told]:
    """What the public is told by the entries from the index ``since`` on, the oldest change first."""
    last: dict[int, _Key] = {}
    homes: dict[int, int] = {}
    for entry, verdicts in known_verdicts(entries, claims, said=said, since=since):
        for claim, verdict in verdicts.items():
            home = claim if verdict is None else verdict.claim
            joins = home != homes.get(claim, claim)
            homes[claim] = home
            public = verdict is None or not verdict.held
            alone = home == claim
            if entry.index < since:
                if public and alone:
                    last[claim] = _key(verdict)
                continue
            if not public or not (alone or joins):
                continue
            if claim not in last:
                last[claim] = _NOTHING if claim >= since else _last_told(entries, claim, said, entry.index)
            before, now = last[claim], _key(verdict)
            if now == before or (not alone and before == _NOTHING):
                continue
            yield Told(claim, entry.index, entry.recorded, before[0], verdict)
            last[claim] = now


def _last_told(entries: Sequence[Entry], claim: int, said: datetime | None, before: int) -> _Key:
    """What was told last of a claim that was held, or counted under another, for a while."""
    earlier = [entry for entry in entries if entry.index < before]
    told = list(_replayed(earlier, [claim], said, 0))
    return _key(told[-1].verdict) if told else _NOTHING


def _key(verdict: Verdict | None) -> _Key:
    return _NOTHING if verdict is None else (verdict.state, verdict.successor, verdict.successor_state)
