"""Every claim of a ledger resolved at once, with numpy: the extra ``[bulk]``.

It reads the leaves and gives for every claim what ``replay`` and ``resolve`` of :mod:`ledger.resolver` give, which stay
the reference. The acts of the desk are few and are asked of the resolver's own ``Acts``; statements are many and are
columns of numbers. There is no claim that it leaves to the plain way. Rules R0 to R8 stand in ``docs/resolver.md``.

==============  ===========================================================================
module          decides
==============  ===========================================================================
``resolved``    what comes out: one array a question, one place a claim
``leaves``      bytes into columns; what is damaged is refused as the plain path refuses it
``desk``        what the acts say, for whole columns: roots, standing, carriage (R1 to R3)
``voices``      one voice a claim and root, one tally a claim (R2, R3)
``states``      rows, edges and paths (R4 to R6)
``engine``      the way from one to the next
==============  ===========================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from ledger.bulk.resolved import NONE, STATES, Resolved
from ledger.errors import Unavailable

__all__ = ["NONE", "STATES", "Leaves", "Resolved", "resolve_all"]


class Leaves(Protocol):
    """A prefix of a ledger as its bytes; a :class:`ledger.store.Reader` is one."""

    size: int
    """How many entries there are."""

    def leaves(self, start: int, stop: int) -> Iterator[Sequence[bytes]]:
        """Yield the leaves from ``start`` up to and without ``stop`` in their order, some thousand at once."""


def resolve_all(reader: Leaves, *, said: datetime | None = None) -> Resolved:
    """Resolve every claim of the prefix that ``reader`` reads; ``said`` is T of R7, None for now.

    It takes about 300 bytes of memory an entry. Raises :class:`Unresolvable` where an entry is of an unknown kind,
    :class:`Unavailable` where one is damaged, missing or names what is not there, and where numpy is not installed.
    """
    try:
        from ledger.bulk.engine import resolve
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        raise Unavailable("bulk: numpy is not installed", next="pip install 'retraction-ledger[bulk]'") from error
    return resolve(reader, said)
