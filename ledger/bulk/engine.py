"""From leaves to states: each step once, for all claims."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from ledger.bulk.desk import Desk
from ledger.bulk.leaves import Columns, Flags, Ints, read_columns
from ledger.bulk.resolved import NONE, Resolved
from ledger.bulk.states import ACCEPTED, CODES, Codes, Edges, Rulings, find_edges, rule
from ledger.bulk.voices import Rows, join, rows_of, tally
from ledger.vocabulary import State

if TYPE_CHECKING:
    from ledger.bulk import Leaves

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def resolve(reader: Leaves, said: datetime | None) -> Resolved:
    """See :func:`ledger.bulk.resolve_all`."""
    columns = read_columns(reader)
    desk = Desk(columns)
    rows = rows_of(columns, desk, None if said is None else (said - _EPOCH) // timedelta(microseconds=1))
    voices = join(rows, desk)
    rulings = rule(tally(voices, len(columns.claims)), voices, desk)
    edges = find_edges(rows, voices, rulings)
    return _resolved(columns, desk, rows, rulings, edges)


def _resolved(columns: Columns, desk: Desk, rows: Rows, rulings: Rulings, edges: Edges) -> Resolved:
    """Give each claim what the one says that it counts under."""
    home, claims = desk.folded, columns.claims
    ruled, end = rulings.state[home], edges.end[home]
    holds = end != NONE
    followed = np.where(ruled == CODES[State.DENIED], CODES[State.CORRECTED], CODES[State.SUPERSEDED])
    return Resolved(
        claims=claims,
        folded=claims[home],
        state=np.where(holds, followed, ruled),
        accepted=np.isin(ruled, ACCEPTED) & ~holds,
        held=desk.held[home],
        listed=_named(rows, len(home)),
        ruled=ruled,
        row=rulings.row[home],
        computed=rulings.computed[home],
        computed_row=rulings.computed_row[home],
        first_target=_indexes(claims, edges.to[home]),
        successor=_indexes(claims, end),
        successor_state=_state_at(rulings.state, end),
        entries=columns.size,
        decoded=columns.decoded,
    )


def _named(rows: Rows, claims: int) -> Flags:
    """Whether a live statement by T names each claim; what names one that is folded away names another."""
    named = np.zeros(claims, bool)
    named[rows.claim] = True
    return named


def _indexes(claims: Ints, numbers: Ints) -> Ints:
    """The indexes of claims by their numbers; NONE stays."""
    found = np.full(len(numbers), NONE)
    found[numbers != NONE] = claims[numbers[numbers != NONE]]
    return found


def _state_at(states: Codes, numbers: Ints) -> Codes:
    """The states of claims by their numbers; NONE stays."""
    found = np.full(len(numbers), NONE, np.int8)
    found[numbers != NONE] = states[numbers[numbers != NONE]]
    return found
