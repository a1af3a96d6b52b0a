"""A whole ledger replayed to the state of every claim: in bulk, and entry by entry, both from the file.

The bulk replay is the extra ``[bulk]``; its peer is the fold that it has to agree with, and whether it does is looked
at once, for every claim, outside the clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.frame import Ground, Row, Timing, Trial, timed
from benchmarks.ledgers import make_ledger
from benchmarks.sampling import sampled
from ledger.bulk import STATES, Resolved, resolve_all
from ledger.resolver import replay, resolve
from ledger.store import Store
from ledger.vocabulary import Kind, State

_ROW = Row(
    name="replay",
    work="every entry replayed, to the state of every claim, in bulk (`[bulk]`)",
    against="the plain fold: `Reader.entries`, `replay`, `resolve` of each claim",
    ours="bulk",
    peer="plain",
    unit="entries",
    target=5,
    closes="leaves read by the driver instead of SQLAlchemy, and parsed without a Python call a leaf",
)
_PARTS = {
    "ledger.store.reader": "leaves: read",
    "ledger.bulk.leaves._Gathered.take": "leaves: match",
    "ledger.bulk.leaves": "leaves: columns",
    "ledger.bulk.desk": "acts of the desk",
    "ledger.bulk.voices": "voices and tallies",
    "ledger.bulk.states": "states",
    "ledger.bulk.engine": "states",
}
"""What is counted as what. A function that is renamed falls to whatever calls it."""

_States = dict[int, tuple[int, State, int | None]]
"""Of each claim the one that it counts under, its state, and its successor."""


@contextmanager
def replaying(ground: Ground) -> Iterator[Trial]:
    """Replay a ledger of the ground's size."""
    path = make_ledger(ground.folder / f"ledger-{ground.entries}.db", ground.entries)
    counts: Counter[str] = Counter()
    with Store.open(path, read_only=True) as store:
        replays = _Replays(store, counts)
        yield Trial(
            {"bulk": replays.in_bulk, "plain": replays.plainly},
            [_ROW],
            lambda: {part: count / counts.total() for part, count in counts.items()},
        )
    assert replays.compared


class _Replays:
    """Both ways to the same states; the first answers of each are compared."""

    def __init__(self, store: Store, counts: Counter[str]) -> None:
        self._store = store
        self._counts = counts
        self._bulk: _States | None = None
        self._plain: _States | None = None
        self.compared = False

    def in_bulk(self) -> Timing:
        with sampled(_PARTS, self._counts), timed() as clock, self._store.reading() as reader:
            resolved = resolve_all(reader)
        self._bulk = self._bulk or _states_of(resolved)
        self._compare()
        return Timing(resolved.entries, clock.seconds)

    def plainly(self) -> Timing:
        with timed() as clock, self._store.reading() as reader:
            fold = replay(reader.entries())
            verdicts = {claim: resolve(fold, claim) for claim in fold.facts.of_kind(Kind.CLAIM.value)}
        self._plain = self._plain or {claim: (v.claim, v.state, v.successor) for claim, v in verdicts.items()}
        self._compare()
        return Timing(reader.size, clock.seconds)

    def _compare(self) -> None:
        if not self.compared and self._bulk is not None and self._plain is not None:
            assert self._bulk == self._plain
            self.compared = True


def _states_of(resolved: Resolved) -> _States:
    successors = [each if each >= 0 else None for each in resolved.successor.tolist()]
    states = [STATES[code] for code in resolved.state.tolist()]
    told = zip(resolved.folded.tolist(), states, successors, strict=True)
    return dict(zip(resolved.claims.tolist(), told, strict=True))
