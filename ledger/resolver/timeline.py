"""How a state came about: each change of it, on either clock, with the entry that caused it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import groupby

from ledger.model import Entry, Hold, Policy, Release, Statement
from ledger.resolver.acts import base_of
from ledger.resolver.facts import Facts, Memory
from ledger.resolver.fold import Fold
from ledger.resolver.verdict import Verdict, resolve
from ledger.vocabulary import State


class Clock(Enum):
    """The two clocks of R7."""

    KNOWN = "known"
    SAID = "said"


@dataclass(frozen=True, slots=True)
class Change:
    """A claim's state changed at ``at`` by the entry ``index``, and by ``others`` of the same moment.

    On the known clock ``at`` is when that entry was recorded, on the said clock its effective time. ``before`` is the
    state until then, None where the claim first comes up; ``verdict`` is None where it is gone from the board again.
    """

    index: int
    others: tuple[int, ...]
    at: datetime
    before: State | None
    verdict: Verdict | None


def listed(fold: Fold, claim: int) -> bool:
    """Whether a board lists the claim: a live statement by T names it, and it is not folded away (R7)."""
    return fold.acts.folded(claim) == claim and any(
        fold.acts.live(index) and fold.admits(fold.facts.entry(index)) for index in fold.statements(claim)
    )


def timeline(entries: Iterable[Entry], claim: int, *, clock: Clock, said: datetime | None = None) -> list[Change]:
    """Give each change of one claim's state over a prefix.

    On the known clock the prefix grows entry by entry, with T fixed at ``said``; on the said clock the prefix is whole
    and T grows up to ``said``.
    """
    if clock is Clock.SAID:
        facts = Memory(entries)
        found = said_timelines(facts, [claim], said=said)
        return found[Fold(facts).acts.folded(claim)]
    return list(_known_timeline(entries, claim, said))


def _known_timeline(entries: Iterable[Entry], claim: int, said: datetime | None) -> Iterator[Change]:
    previous: Verdict | None = None
    for entry, verdicts in known_verdicts(entries, [claim], said=said):
        verdict = verdicts.get(claim)
        if _key(verdict) != _key(previous):
            yield Change(entry.index, (), entry.recorded, state_of(previous), verdict)
            previous = verdict


def known_verdicts(
    entries: Iterable[Entry], claims: Collection[int], *, said: datetime | None = None, since: int = 0
) -> Iterator[tuple[Entry, dict[int, Verdict | None]]]:
    """Yield each entry that may move one of these claims, with the verdicts on them after it.

    A verdict is None where a board does not list the claim. Of the entries before the index ``since`` only the last one
    is yielded.
    """
    fold = Fold(said=said)
    last: Entry | None = None
    for entry in entries:
        if last is not None and last.index < since <= entry.index:
            yield last, _verdicts(fold, claims, last.index)
        last = entry
        if (fold.step(entry) or _may_move(fold, entry)) and entry.index >= since:
            yield entry, _verdicts(fold, claims, entry.index)


def _may_move(fold: Fold, entry: Entry) -> bool:
    """Whether an entry that touches no register may still change a verdict."""
    return isinstance(base_of(fold.facts, entry).body, Hold | Release | Policy)


def _verdicts(fold: Fold, claims: Iterable[int], index: int) -> dict[int, Verdict | None]:
    homes = {claim: fold.acts.folded(claim) for claim in claims if claim <= index}
    found = {home: resolve(fold, home) if listed(fold, home) else None for home in set(homes.values())}
    return {claim: found[home] for claim, home in homes.items()}


def said_timelines(facts: Facts, claims: Iterable[int], *, said: datetime | None = None) -> dict[int, list[Change]]:
    """Give each claim's changes on the said clock, by claim as folded; the acts are those of the whole prefix."""
    fold = Fold(facts)
    wanted = {fold.acts.folded(claim) for claim in claims}
    upstream, statements = _component(fold, wanted)
    changes: dict[int, list[Change]] = {claim: [] for claim in wanted}
    latest: dict[int, Verdict] = {}
    for at, group in groupby(statements, key=lambda entry: entry.said_or_recorded):
        if said is not None and at > said:
            break
        moment = _Moment(fold, upstream, latest)
        for entry in group:
            moment.take(entry, wanted)
        for claim, change in moment.changes(at):
            changes[claim].append(change)
        latest |= moment.verdicts
    return changes


class _Moment:
    """The statements of one time. They count together; the last one that moved a claim is what caused its change."""

    def __init__(self, fold: Fold, upstream: Mapping[int, set[int]], before: Mapping[int, Verdict]) -> None:
        self.fold = fold
        self.upstream = upstream
        self.before = before
        self.verdicts: dict[int, Verdict] = {}
        self._cause: dict[int, int] = {}
        self._naming: defaultdict[int, list[int]] = defaultdict(list)

    def take(self, entry: Entry, wanted: set[int]) -> None:
        """Join one statement on, and see what it moves."""
        named = self.fold.join(entry)
        for claim in named:
            self._naming[claim].append(entry.index)
        for claim in _upwards(named, self.upstream) & wanted:
            previous = self.verdicts.get(claim) or self.before.get(claim)
            # A claim comes up once a statement names it; until then what it leads to is not its affair.
            if previous is None and claim not in named:
                continue
            self.verdicts[claim] = resolve(self.fold, claim)
            if _key(self.verdicts[claim]) != _key(previous):
                self._cause[claim] = entry.index

    def changes(self, at: datetime) -> Iterator[tuple[int, Change]]:
        """What is different after this time, by claim."""
        for claim, verdict in self.verdicts.items():
            previous = self.before.get(claim)
            if _key(verdict) != _key(previous):
                cause = self._cause[claim]
                others = tuple(index for index in self._naming[claim] if index != cause)
                yield claim, Change(cause, others, at, state_of(previous), verdict)


def _upwards(claims: Iterable[int], upstream: Mapping[int, set[int]]) -> set[int]:
    """These claims and all whose path may run through one of them."""
    pending, found = list(claims), set[int]()
    while pending:
        claim = pending.pop()
        if claim not in found:
            found.add(claim)
            pending += upstream.get(claim, ())
    return found


def state_of(verdict: Verdict | None) -> State | None:
    """The state of a verdict, None without one."""
    return None if verdict is None else verdict.state


def _component(fold: Fold, wanted: set[int]) -> tuple[dict[int, set[int]], list[Entry]]:
    """Everything that the wanted claims' paths may run through.

    Returns, for each claim, the claims that point to it, and all live statements in the order of the said clock.
    """
    upstream: defaultdict[int, set[int]] = defaultdict(set)
    statements: dict[int, Entry] = {}
    pending, seen = list(wanted), set(wanted)
    while pending:
        claim = pending.pop()
        for index in fold.statements(claim):
            if not fold.acts.live(index):
                continue
            entry = statements[index] = fold.facts.entry(index)
            body = entry.body
            if isinstance(body, Statement) and body.to is not None:
                start, end = fold.acts.folded(body.claim), fold.acts.folded(body.to)
                upstream[end].add(start)
                if end not in seen:
                    seen.add(end)
                    pending.append(end)
    ordered = sorted(statements.values(), key=lambda entry: (entry.said_or_recorded, entry.index))
    return upstream, ordered


def _key(verdict: Verdict | None) -> object:
    if verdict is None:
        return None
    return (verdict.state, verdict.held, verdict.successor, verdict.successor_state)
