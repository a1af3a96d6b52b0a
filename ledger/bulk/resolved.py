"""What the bulk replay gives: one array a question, and in each one place a claim."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.vocabulary import State

if TYPE_CHECKING:
    from numpy import bool_, int8, int64
    from numpy.typing import NDArray

STATES = tuple(State)
"""What the codes of a state stand for; a code is the place in this tuple."""

NONE = -1
"""Stands for no claim, and for no state."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The states of every claim of a prefix. All arrays have one place a claim, in the order of ``claims``.

    The fields are those of :class:`ledger.resolver.Verdict`, for ``folded`` where a claim is folded under another.
    States are codes into ``STATES``, rows are numbers 0 to 8, claims are indexes of entries; NONE where there is none.
    """

    claims: NDArray[int64]
    """The index of every claim, ascending."""
    folded: NDArray[int64]
    """The claim that it counts under; itself mostly."""
    state: NDArray[int8]
    """The state by R6."""
    accepted: NDArray[bool_]
    held: NDArray[bool_]
    """Whether it is kept out of publications (R8)."""
    listed: NDArray[bool_]
    """Whether a board lists it: a live statement by T names it, and it is not folded away (R7)."""
    ruled: NDArray[int8]
    """The state by R4, and the row that decided."""
    row: NDArray[int8]
    computed: NDArray[int8]
    """The state by rows 1 to 8 alone, and that row."""
    computed_row: NDArray[int8]
    first_target: NDArray[int64]
    """The claim that its edge leads to, whether the edge holds or not (R5, R6)."""
    successor: NDArray[int64]
    """The end of the path where the edge holds (R6)."""
    successor_state: NDArray[int8]
    entries: int
    """How many entries were read."""
    decoded: int
    """How many of them were read one by one, being of a rare kind or form."""

    def __len__(self) -> int:
        return len(self.claims)

    def place(self, claim: int) -> int:
        """Return where ``claim`` stands in the arrays. Raises ``KeyError`` if the prefix has no such claim."""
        at = int(self.claims.searchsorted(claim))
        if at == len(self.claims) or self.claims[at] != claim:
            raise KeyError(claim)
        return at

    def state_of(self, claim: int) -> State:
        """Return the state of one claim. Raises ``KeyError`` if the prefix has no such claim."""
        return STATES[int(self.state[self.place(claim)])]

    def counts(self) -> Counter[State]:
        """Return how many of the claims that a board lists are in which state."""
        return Counter(STATES[code] for code in self.state[self.listed].tolist())
