"""``claims.csv``: one row a claim, as a publisher shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime

from ledger.formats.cells import show
from ledger.formats.csv import write
from ledger.model import Policy
from ledger.vocabulary import State


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One claim as of one moment. The fields are the columns, in their order; ``for_`` is the column ``for``.

    ``claim`` and ``successor`` are indexes; ``for_``, ``against`` and ``dissent`` names; ``evidence`` addresses. Texts
    are None where they are withheld. ``as_said`` and ``as_known`` are what was asked for, None if nothing was; ``size``
    is how many entries were read.
    """

    claim: int
    text: str | None
    story: str | None
    state: State
    accepted: bool
    held: bool
    computed: State
    successor: int | None
    successor_text: str | None
    successor_state: State | None
    first_said: datetime | None
    first_source: str | None
    since: datetime | None
    because: str
    for_: tuple[str, ...]
    against: tuple[str, ...]
    dissent: tuple[str, ...]
    evidence: tuple[str, ...]
    as_said: datetime | None
    as_known: int | None
    size: int
    policy: Policy


_FIELDS = tuple(each.name for each in fields(ClaimRow))
COLUMNS = tuple(name.rstrip("_") for name in _FIELDS)
"""The columns of ``claims.csv``, in order."""


def write_claims(claims: Iterable[ClaimRow], *, delimiter: str = ",", raw: bool = False) -> Iterator[str]:
    """Write ``claims.csv`` as chunks of text. Raises :class:`ledger.errors.Misused` for an unfit delimiter."""
    records = ([show(getattr(claim, name)) for name in _FIELDS] for claim in claims)
    return write(COLUMNS, records, delimiter=delimiter, raw=raw)
