"""Voices and tallies, for all claims at once: what ``ledger.resolver.voice`` joins one by one (R2, R3).

A statement has a row for each claim that it names, the one it is about and the one it points to. The rows of one root
on one claim stand together once they are sorted, and a voice is what is reduced from such a run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ledger.bulk.desk import Desk
from ledger.bulk.leaves import NEVER, STATUSES, Columns, Flags, Ints
from ledger.bulk.resolved import NONE
from ledger.vocabulary import Standing, Status

_FOR, _NEITHER, _AGAINST = 1, 2, 4
"""Signs as bits, so that those of a run can be gathered."""

_BITS = {1: _FOR, 0: _NEITHER, -1: _AGAINST}
_ON_CLAIM = np.array([_BITS[status.sign] for status in STATUSES])
_ON_TO = np.array([_BITS[status.sign_on_to or 0] for status in STATUSES])
_DECLINED = STATUSES.index(Status.UNCONFIRMED)


@dataclass(frozen=True, slots=True)
class Rows:
    """What live statements said by T add to voices. Claims and roots are numbers (see ``desk``)."""

    claim: Ints
    root: Ints
    said: Ints
    sign: Ints
    """A bit."""
    status: Ints
    target: Ints
    """The claim that the row points to; NONE where it does not."""
    carried: Flags


@dataclass(frozen=True, slots=True)
class Voices:
    """One place a claim and root, claims ascending; see :class:`ledger.resolver.Voice`."""

    claim: Ints
    root: Ints
    standing: Ints
    said: Ints
    sign: Ints
    mixed: Flags
    declined: Flags
    carried: Flags
    """Whether a vetted outlet carries the sign that it has."""
    spoke_for: Flags
    of_row: Ints
    """For each row the place of its voice."""
    speaks: Flags
    """For each row whether it is among the latest of its voice."""


@dataclass(frozen=True, slots=True)
class Tallies:
    """One place a claim, by number; see :class:`ledger.resolver.Tally`."""

    authorities_for: Ints
    authorities_against: Ints
    voices_for: Ints
    voices_against: Ints
    carried_for: Ints
    carried_against: Ints
    audible: Ints
    once_for: Ints
    unsettled: Ints


def rows_of(columns: Columns, desk: Desk, until: int | None) -> Rows:
    """The rows of the live statements, of those said by ``until`` (microseconds since 1970) if it is given (R1, R7)."""
    given = columns.statements
    kept = ~np.isin(given.index, desk.dead)
    if until is not None:
        kept &= np.where(given.said == NEVER, given.recorded, given.said) <= until
    claim, to, root = desk.claim(given.claim), desk.claim(given.to), desk.root(given.speaker)
    relayer = desk.source(given.relayer)

    def carried(claims: Ints) -> Flags:
        flags = np.zeros(len(claims), bool)
        flags[given.relayed[desk.carries(claims[given.relayed], relayer)]] = True
        return flags

    pointing = kept & (to != NONE)
    return Rows(
        claim=np.concatenate([claim[kept], to[pointing]]),
        root=np.concatenate([root[kept], root[pointing]]),
        said=np.concatenate([given.said[kept], given.said[pointing]]),
        sign=np.concatenate([_ON_CLAIM[given.status[kept]], _ON_TO[given.status[pointing]]]),
        status=np.concatenate([given.status[kept], given.status[pointing]]),
        target=np.concatenate([to[kept], np.full(np.count_nonzero(pointing), NONE)]),
        carried=np.concatenate([carried(claim)[kept], carried(to)[pointing]]),
    )


def join(rows: Rows, desk: Desk) -> Voices:
    """Join the rows of each root on each claim."""
    order = np.lexsort((rows.root, rows.claim))
    claim, root, said = rows.claim[order], rows.root[order], rows.said[order]
    begins = np.ones(len(order), bool)
    begins[1:] = (claim[1:] != claim[:-1]) | (root[1:] != root[:-1])
    first, run = np.flatnonzero(begins), np.cumsum(begins) - 1
    latest = np.maximum.reduceat(said, first)
    speaks = said == latest[run]
    sign = rows.sign[order]
    signs = np.bitwise_or.reduceat(np.where(speaks, sign, 0), first)
    carried = np.bitwise_or.reduceat(np.where(rows.carried[order], sign, 0), first)
    of_row, in_place = np.empty_like(run), np.empty_like(speaks)
    of_row[order], in_place[order] = run, speaks
    return Voices(
        claim=claim[first],
        root=root[first],
        standing=desk.standing(claim[first], root[first]),
        said=latest,
        sign=np.where(signs == _FOR, 1, np.where(signs == _AGAINST, -1, 0)),
        mixed=(signs & (signs - 1)) != 0,
        declined=np.logical_or.reduceat(speaks & (rows.status[order] == _DECLINED), first),
        carried=((signs == _FOR) | (signs == _AGAINST)) & ((signs & carried) != 0),
        spoke_for=np.logical_or.reduceat(sign == _FOR, first),
        of_row=of_row,
        speaks=in_place,
    )


def tally(voices: Voices, claims: int) -> Tallies:
    """Count the voices of each of so many claims (R3); the desk is audible and counts nowhere else."""

    def count(which: Flags) -> Ints:
        return np.bincount(voices.claim[which], minlength=claims)

    plus, minus = voices.sign > 0, voices.sign < 0
    authority = voices.standing == Standing.AUTHORITY
    counts = authority | (voices.standing == Standing.VETTED)
    carried = (voices.standing == Standing.UNVETTED) & voices.carried
    return Tallies(
        authorities_for=count(authority & plus),
        authorities_against=count(authority & minus),
        voices_for=count(counts & plus),
        voices_against=count(counts & minus),
        carried_for=count(carried & plus),
        carried_against=count(carried & minus),
        audible=count(plus | minus),
        once_for=count(voices.spoke_for),
        unsettled=count(voices.spoke_for & (voices.mixed | voices.declined)),
    )
