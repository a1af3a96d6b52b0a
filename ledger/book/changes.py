"""What the public is told of how states changed, the newest change first, on the clock of this desk's record.

A change stays what it was whatever is recorded later. A claim that is held has none. What happened while it was held is
told by its release, as one change from the state that was told last. A claim that counts under another is told to do so
where that changes its state, and has no changes of its own until it stands alone again.

Only the claims that the newest entries have a say on are replayed: no claim changed after the newest entry of its
neighbourhood, so claims are taken in the order of that entry until no older one can matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from itertools import chain, islice

from ledger.book.prefix import Prefix
from ledger.book.snapshot import Snapshot
from ledger.model import Entry, Same
from ledger.resolver import Acts, Verdict, base_of, known_verdicts, neighbourhood, state_of
from ledger.vocabulary import Kind, State

_READ_AT_ONCE = 1_000
_REPLAYED_AT_ONCE = 50


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
    bounds = _bounds(snapshot, story)
    ranked = iter(sorted(bounds, key=lambda claim: (bounds[claim], claim), reverse=True))
    found: list[Told] = []
    while some := list(islice(ranked, _REPLAYED_AT_ONCE)):
        if len(found) == limit and found[-1].index > bounds[some[0]]:
            break
        part = snapshot.reader.renewed()
        neighbourhood(part, some)
        more = (told for claim in some for told in _told(part, claim, snapshot.as_of.said))
        found = nlargest(limit, chain(found, more), key=lambda told: (told.index, told.claim))
    return found


def _bounds(snapshot: Snapshot, story: int | str | None) -> dict[int, int]:
    """For each claim that is not held, an index beyond which none of its changes is."""
    claims = iter(snapshot.claims(story))
    found: dict[int, int] = {}
    while some := list(islice(claims, _READ_AT_ONCE)):
        part = snapshot.reader.renewed()
        neighbourhood(part, some)
        acts = Acts(part)
        found |= _newest_entries(part, [each for each in some if acts.held(acts.folded(each)) is None])
    return found


def _newest_entries(reader: Prefix, claims: Iterable[int]) -> dict[int, int]:
    """The newest entry of each claim's neighbourhood, or a newer one.

    What one claim leads to has a neighbourhood inside its own, so a long path is walked once and not once a claim.
    """
    found: dict[int, int] = {}
    wanted = set(claims)
    for claim in sorted(wanted):
        if claim not in found:
            near = neighbourhood(reader, [claim])
            for index in near:
                if index in wanted and reader.entry(index).word == Kind.CLAIM.value:
                    found.setdefault(index, near[-1])
    return found


def _told(reader: Prefix, claim: int, said: datetime | None) -> Iterator[Told]:
    """What the public is told of one claim, the oldest change first."""
    entries = (reader.entry(index) for index in neighbourhood(reader, [claim]))
    last: tuple[State | None, int | None, State | None] = (None, None, None)
    for entry, verdict in known_verdicts(entries, claim, said=said):
        if verdict is not None and verdict.held:
            continue
        if verdict is not None and verdict.claim != claim and not _folds(reader, entry, last[0]):
            continue
        now = (None, None, None) if verdict is None else (verdict.state, verdict.successor, verdict.successor_state)
        if now != last:
            yield Told(claim, entry.index, entry.recorded, last[0], verdict)
            last = now


def _folds(reader: Prefix, entry: Entry, told: State | None) -> bool:
    """Whether this entry is why a claim that was told of before counts under another now."""
    return told is not None and isinstance(base_of(reader, entry).body, Same)
