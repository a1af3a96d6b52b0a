"""From counts to a state: the rows of R4, then the edges and paths of R5 and R6."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ledger.resolver.acts import DESK
from ledger.resolver.fold import Fold
from ledger.resolver.voice import Tally, Voice
from ledger.vocabulary import Standing, State, Status

_ACCEPTED = frozenset({State.CONFIRMED, State.CORROBORATED})
_OPEN = frozenset({State.DISPUTED, State.UNVERIFIED})


@dataclass(frozen=True, slots=True)
class Ruling:
    """What R4 says of one claim: the row that decided, and what rows 1 to 8 say without the desk."""

    state: State
    row: int
    computed: State
    computed_row: int

    @property
    def accepted(self) -> bool:
        """Whether the state is an accepted one; a disputed or denied claim never is."""
        return self.state in _ACCEPTED


@dataclass(frozen=True, slots=True)
class Edge:
    """Where a claim's ``corrected`` or ``superseded`` statements lead, and whether that holds (R5, R6)."""

    status: Status
    to: int
    holds: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of one claim, and what it rests on.

    ``ruled`` is R4's state, ``state`` that of R6. ``successor`` is the end of the path where the edge holds, and
    ``path`` the claims on the way to it, the end included; ``first_target`` is where the edge leads at once.
    ``targets`` lists several different targets, which make no edge.
    """

    claim: int
    state: State
    accepted: bool
    held: bool
    row: int
    ruled: State
    computed: State
    computed_row: int
    edge: Edge | None = None
    successor: int | None = None
    successor_state: State | None = None
    first_target: int | None = None
    path: tuple[int, ...] = ()
    targets: tuple[int, ...] = ()


def rule(tally: Tally, quorum: int) -> tuple[State, int]:
    """Rows 1 to 8 of R4: the state, and the first row that matches."""
    p, n, q = tally.voices_for, tally.voices_against, quorum
    if tally.authorities_for and tally.authorities_against:
        return State.DISPUTED, 1
    if tally.authorities_for:
        return (State.DISPUTED if n >= q else State.CONFIRMED), 2
    if tally.authorities_against:
        return (State.DISPUTED if p >= q else State.DENIED), 3
    if (p and n) or (0 < p < q and tally.carried_against) or (0 < n < q and tally.carried_for):
        return State.DISPUTED, 4
    if p >= q:
        return State.CORROBORATED, 5
    if n:
        return State.DENIED, 6
    if tally.audible:
        return State.UNVERIFIED, 7
    if tally.once_for and not tally.unsettled:
        return State.RETRACTED, 8
    return State.UNVERIFIED, 8


def ruling(fold: Fold, claim: int) -> Ruling:
    """R4 for a claim that is not folded away, the desk's own word (row 0) first."""
    computed, computed_row = rule(fold.tallies.get(claim, Tally()), fold.acts.policy().quorum)
    desk = fold.voices.get((claim, DESK))
    if desk is None or desk.sign == 0:
        return Ruling(computed, computed_row, computed, computed_row)
    state = State.CONFIRMED if desk.sign > 0 else State.DENIED
    if any(_speaks_later(voice, desk) for voice in _authorities(fold, claim)):
        state = State.DISPUTED
    return Ruling(state, 0, computed, computed_row)


def _authorities(fold: Fold, claim: int) -> Iterator[Voice]:
    roots = {fold.acts.root(grant.source) for _, grant in fold.acts.grants(claim)}
    for root in roots:
        voice = fold.voices.get((claim, root))
        if voice is not None and fold.acts.standing(root, claim) is Standing.AUTHORITY:
            yield voice


def _speaks_later(authority: Voice, desk: Voice) -> bool:
    """Whether an authority's later-dated word is opposite; an undated word of the desk is older than any date."""
    return authority.sign == -desk.sign and _later(authority.said, desk.said)


def _later(moment: datetime | None, than: datetime | None) -> bool:
    return moment is not None and (than is None or moment > than)


def targets(fold: Fold, claim: int, ruled: State) -> tuple[Status, tuple[int, ...]]:
    """Where the pointing statements that speak lead: those of the roots of the highest standing, 1 at least (R5)."""
    status = Status.CORRECTED if ruled is State.DENIED else Status.SUPERSEDED
    if not fold.tallies.get(claim, Tally()).pointing:
        return status, ()
    found: dict[Standing, set[int]] = {}
    for root in _pointing_roots(fold, claim):
        voice = fold.voices.get((claim, root))
        if voice is None or voice.sign != status.sign:
            continue
        to = {fold.acts.folded(target) for word, target in voice.pointers if word is status} - {claim}
        if to:
            found.setdefault(fold.acts.standing(root, claim), set()).update(to)
    found.pop(Standing.UNVETTED, None)
    return status, tuple(sorted(found[max(found)])) if found else ()


def _pointing_roots(fold: Fold, claim: int) -> set[int]:
    return {
        fold.acts.root(statement.speaker)
        for each in fold.acts.folded_under(claim)
        for index in fold.facts.refs("statement.from", each)
        for statement in [fold.statement(index)]
    }


def resolve(fold: Fold, claim: int) -> Verdict:
    """Give the state of a claim: R4, then its path (R5, R6), then whether it is held (R8).

    A claim that is folded away answers with the claim that it is folded under.
    """
    claim = fold.acts.folded(claim)
    steps, rulings = _walk(fold, claim)
    own = rulings[claim]
    _, several = targets(fold, claim, own.state)
    base = Verdict(
        claim=claim,
        state=own.state,
        accepted=own.accepted,
        held=fold.acts.held(claim) is not None,
        row=own.row,
        ruled=own.state,
        computed=own.computed,
        computed_row=own.computed_row,
        targets=several if len(several) > 1 else (),
    )
    if not steps:
        return base
    return _follow(base, steps, rulings)


@dataclass(frozen=True, slots=True)
class _Step:
    claim: int
    status: Status
    to: int
    fallen: str = ""


def _walk(fold: Fold, claim: int) -> tuple[list[_Step], dict[int, Ruling]]:
    """Follow edges from ``claim`` until there is none; an edge that falls on a cycle is the last one taken."""
    rulings = {claim: ruling(fold, claim)}
    steps: list[_Step] = []
    while (to := _edge(fold, claim, rulings[claim].state)) is not None:
        status, target = to
        steps.append(_Step(claim, status, target))
        if target in rulings:
            return _break_cycle(steps), rulings
        rulings[target] = ruling(fold, target)
        claim = target
    return steps, rulings


def _edge(fold: Fold, claim: int, ruled: State) -> tuple[Status, int] | None:
    status, found = targets(fold, claim, ruled)
    return (status, found[0]) if len(found) == 1 else None


def _break_cycle(steps: list[_Step]) -> list[_Step]:
    """On a cycle the superseded edges fall; if it is corrected ones alone, none of them holds (R6)."""
    start = next(i for i, step in enumerate(steps) if step.claim == steps[-1].to)
    cycle = range(start, len(steps))
    falling = [i for i in cycle if steps[i].status is Status.SUPERSEDED] or list(cycle)
    first = falling[0]
    last = steps[first]
    reason = f"the {last.status} statements lead round in a circle"
    return [*steps[:first], _Step(last.claim, last.status, last.to, reason)]


def _follow(base: Verdict, steps: list[_Step], rulings: dict[int, Ruling]) -> Verdict:
    """Work back from the end: an edge holds if its end is accepted, or open where its start is not accepted."""
    end = steps[-1].to
    path: tuple[int, ...] = ()
    edge = None
    for step in reversed(steps):
        reason = step.fallen or _refusal(rulings[step.claim], rulings[end])
        edge = Edge(step.status, step.to, not reason, reason)
        if reason:
            end, path = step.claim, ()
        else:
            path = (step.to, *path)
    assert edge is not None
    followed = State.CORRECTED if edge.status is Status.CORRECTED else State.SUPERSEDED
    return Verdict(
        claim=base.claim,
        state=followed if edge.holds else base.state,
        accepted=base.accepted and not edge.holds,
        held=base.held,
        row=base.row,
        ruled=base.ruled,
        computed=base.computed,
        computed_row=base.computed_row,
        edge=edge,
        successor=end if edge.holds else None,
        successor_state=rulings[end].state if edge.holds else None,
        first_target=edge.to,
        path=path,
        targets=base.targets,
    )


def _refusal(start: Ruling, end: Ruling) -> str:
    if end.accepted or (end.state in _OPEN and not start.accepted):
        return ""
    if end.state in _OPEN:
        return f"the claim is accepted, and what it leads to is only {end.state}"
    return f"what it leads to is {end.state}"
