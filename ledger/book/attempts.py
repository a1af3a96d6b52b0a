"""How often somebody may be refused before they have to wait, by the list of accesses: whichever process refused them.

Asked in the transaction that lets somebody in, under its lock, so that of many who try at once no more come through.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from ledger.errors import TooMany
from ledger.store.people import AccessLine, Register
from ledger.text import fold
from ledger.vocabulary import Access

WITHIN = timedelta(minutes=15)
_AT_ONCE, _MOST_READ = 100, 2_000


@dataclass(frozen=True, slots=True)
class Most:
    """How many may be refused within a quarter of an hour: of a name at an address, at an address, of a name."""

    pair: int
    address: int
    name: int


def refuse_too_many(register: Register, name: str, noted: str, address: str | None, now: datetime, most: Most) -> None:
    """Raise :class:`~ledger.errors.TooMany` where a name or an address was refused too often; it is ``noted`` so.

    Whoever gets in begins anew where they did.
    """
    pair: list[datetime] = []
    at_address: list[datetime] = []
    of_name: list[datetime] = []
    began = False
    for line in islice(_lately(register, now), _MOST_READ):
        here, theirs = line.address == address, fold(line.person) in (fold(name), fold(noted))
        began = began or (line.kind is Access.SIGNED_IN and here and theirs)
        if line.kind is not Access.REFUSED:
            continue
        for counts, found in ((here, at_address), (theirs, of_name), (here and theirs and not began, pair)):
            if counts:
                found.append(line.at)
    for found, allowed in ((pair, most.pair), (at_address, most.address), (of_name, most.name)):
        if len(found) >= allowed:
            raise TooMany(
                "sign in: too many attempts", max(1, int((found[allowed - 1] + WITHIN - now).total_seconds()))
            )


def _lately(register: Register, now: datetime) -> Iterator[AccessLine]:
    """The lines of the last quarter of an hour, the newest first: no more of the list is read."""
    before = None
    while some := register.accesses(before, _AT_ONCE):
        for line in some:
            if line.at <= now - WITHIN:
                return
            yield line
        before = some[-1].number
