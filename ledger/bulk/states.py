"""From tallies to states, for all claims at once: the rows of R4, then the edges and paths of R5 and R6.

What ``ledger.resolver.verdict`` decides claim by claim. Edges are few and each path is its own, so those are followed
one by one; the end of an edge is found once, whoever comes by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ledger.bulk.desk import Desk
from ledger.bulk.leaves import Flags, Ints
from ledger.bulk.resolved import NONE, STATES
from ledger.bulk.voices import Rows, Tallies, Voices
from ledger.vocabulary import Standing, State

Codes = NDArray[np.int8]
CODES = {state: np.int8(code) for code, state in enumerate(STATES)}
ACCEPTED = [CODES[State.CONFIRMED], CODES[State.CORROBORATED]]
OPEN = [CODES[State.DISPUTED], CODES[State.UNVERIFIED]]


@dataclass(frozen=True, slots=True)
class Rulings:
    """What R4 says of each claim, by number; see :class:`ledger.resolver.Ruling`."""

    state: Codes
    row: Codes
    computed: Codes
    computed_row: Codes


@dataclass(frozen=True, slots=True)
class Edges:
    """Where each claim's edge leads, and the end of its path if the edge holds; NONE where there is none (R5, R6)."""

    to: Ints
    end: Ints


def rule(tallies: Tallies, voices: Voices, desk: Desk) -> Rulings:
    """R4 for every claim, the desk's own word (row 0) first."""
    computed, computed_row = _compute(tallies, desk.quorum)
    state, row = computed.copy(), computed_row.copy()
    own = np.flatnonzero((voices.root == desk.desk) & (voices.sign != 0))
    claims = voices.claim[own]
    state[claims] = np.where(voices.sign[own] > 0, CODES[State.CONFIRMED], CODES[State.DENIED])
    state[claims[_contradicted(voices, own, len(state))]] = CODES[State.DISPUTED]
    row[claims] = 0
    return Rulings(state, row, computed, computed_row)


def _compute(tallies: Tallies, quorum: int) -> tuple[Codes, Codes]:
    """Rows 1 to 8 of R4: for each claim the state, and the first row that matches."""
    p, n, pc, nc = tallies.voices_for, tallies.voices_against, tallies.carried_for, tallies.carried_against
    for_it, against = tallies.authorities_for > 0, tallies.authorities_against > 0
    unsettled = (p > 0) & (p < quorum) & (nc > 0) | (n > 0) & (n < quorum) & (pc > 0)
    rows = (
        (for_it & against, 1, State.DISPUTED),
        (for_it & (n >= quorum), 2, State.DISPUTED),
        (for_it, 2, State.CONFIRMED),
        (against & (p >= quorum), 3, State.DISPUTED),
        (against, 3, State.DENIED),
        ((p > 0) & (n > 0) | unsettled, 4, State.DISPUTED),
        (p >= quorum, 5, State.CORROBORATED),
        (n > 0, 6, State.DENIED),
        (tallies.audible > 0, 7, State.UNVERIFIED),
        ((tallies.once_for > 0) & (tallies.unsettled == 0), 8, State.RETRACTED),
    )
    matches = [match for match, _, _ in rows]
    state = np.select(matches, [CODES[state] for _, _, state in rows], CODES[State.UNVERIFIED])
    return state, np.select(matches, [np.int8(row) for _, row, _ in rows], np.int8(8))


def _contradicted(voices: Voices, own: Ints, claims: int) -> Flags:
    """For each voice of the desk whether an authority's later-dated word on the claim is opposite."""
    voice_of_desk = np.full(claims, NONE)
    voice_of_desk[voices.claim[own]] = np.arange(len(own))
    found = np.zeros(len(own), bool)
    place = voice_of_desk[voices.claim]
    against = np.flatnonzero((place != NONE) & (voices.standing == Standing.AUTHORITY))
    desk = own[place[against]]
    later = (voices.sign[against] == -voices.sign[desk]) & (voices.said[against] > voices.said[desk])
    found[place[against[later]]] = True
    return found


def find_edges(rows: Rows, voices: Voices, rulings: Rulings) -> Edges:
    """R5 and R6: the pointing statements that speak, of the roots of the highest standing; then the paths.

    What speaks in a voice that is not mixed has its sign: a denied claim is left by ``corrected``, others by
    ``superseded`` alone.
    """
    denied = rulings.state == CODES[State.DENIED]
    voice = voices.of_row
    sign = np.where(denied[rows.claim], -1, 1)
    points = (rows.target != NONE) & (rows.target != rows.claim) & voices.speaks
    points &= (voices.sign[voice] == sign) & (voices.standing[voice] > Standing.UNVETTED)
    claim, target, standing = rows.claim[points], rows.target[points], voices.standing[voice[points]]
    highest = np.zeros(len(denied), np.int64)
    np.maximum.at(highest, claim, standing)
    first = standing == highest[claim]
    pairs = np.unique(np.stack([claim[first], target[first]]), axis=1)
    single = np.bincount(pairs[0], minlength=len(denied)) == 1
    to = np.full(len(denied), NONE)
    to[pairs[0]] = pairs[1]
    to[~single] = NONE
    return Edges(to, _ends(to, denied, rulings))


def _ends(to: Ints, denied: Flags, rulings: Rulings) -> Ints:
    """For each claim the end of its path, NONE where it has no edge or one that does not hold (R6)."""
    edges = dict(zip(np.flatnonzero(to != NONE).tolist(), to[to != NONE].tolist(), strict=True))
    accepted = np.isin(rulings.state, ACCEPTED)
    is_open = np.isin(rulings.state, OPEN)
    for circle in _circles(edges):
        superseded = [claim for claim in circle if not denied[claim]]
        for claim in superseded or circle:
            del edges[claim]
    ends: dict[int, int] = {}
    for claim in edges:
        path = []
        while claim in edges and claim not in ends:
            path.append(claim)
            claim = edges[claim]
        end = ends.get(claim, claim)
        for claim in reversed(path):
            if not accepted[end] and (accepted[claim] or not is_open[end]):
                end = claim
            ends[claim] = end
    found = np.full(len(to), NONE)
    for claim, end in ends.items():
        if end != claim:
            found[claim] = end
    return found


def _circles(edges: Mapping[int, int]) -> list[list[int]]:
    """Each circle of edges, as its claims."""
    seen: dict[int, int] = {}
    circles = []
    for start in edges:
        claim, path = start, list[int]()
        while claim in edges and claim not in seen:
            seen[claim] = start
            path.append(claim)
            claim = edges[claim]
        if seen.get(claim) == start and path:
            circles.append(path[path.index(claim) :])
    return circles
