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

MEANINGS = {
    "claim": "the index of the claim, which is its name",
    "text": "its text as it reads at that moment",
    "story": "the slug of its story",
    "state": "the state that the resolver derives",
    "accepted": "whether it is accepted",
    "held": "whether it is held",
    "computed": "what the rows without the desk's own word give",
    "successor": "the index of the claim at the end of its path, if it is corrected or superseded",
    "successor_text": "the text of that claim",
    "successor_state": "the state of that claim",
    "first_said": "the earliest time at which it was said",
    "first_source": "who said it then",
    "since": "when the state began, by what had been said",
    "because": "why, in one sentence",
    "for": "names that count for it: JSON array",
    "against": "names that count against it: JSON array",
    "dissent": "names on the side that lost: JSON array",
    "evidence": "where to find what it and its statements rest on: JSON array of addresses; for a kept file without "
    "one `sha256:` and the hash",
    "as_said": "the said time that was asked for, if one was",
    "as_known": "the index of the last entry that was asked for, if one was",
    "size": "the number of entries that were read",
    "policy": "the rules in force: name, version, quorum",
}
"""What stands in each column."""


def write_claims(claims: Iterable[ClaimRow], *, delimiter: str = ",", raw: bool = False) -> Iterator[str]:
    """Write ``claims.csv`` as chunks of text. Raises :class:`ledger.errors.Misused` for an unfit delimiter."""
    records = ([show(getattr(claim, name)) for name in _FIELDS] for claim in claims)
    return write(COLUMNS, records, delimiter=delimiter, raw=raw)
