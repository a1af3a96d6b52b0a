"""The registers of the resolver: one :class:`Voice` per claim and root, one :class:`Tally` per claim.

A voice is the join of what each live statement of the root adds to it. The join is associative, commutative and
idempotent, so the order of recording cannot matter and a duplicate changes nothing (properties 1 and 2); a new
statement is joined on, and only what takes a statement away (a retraction, a regrouping) joins the rest anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import add, sub

from ledger.vocabulary import Standing, Status

Pointer = tuple[Status, int]
"""``corrected`` or ``superseded``, and the claim it points to."""


@dataclass(frozen=True, slots=True)
class Voice:
    """The word of one root on one claim (R2).

    ``said`` is the time of the statements that speak, None if those are undated (which ranks below every date).
    ``signs`` are theirs, ``declined`` whether one of them is ``unconfirmed``, ``pointers`` where the ``corrected`` and
    ``superseded`` among them point. ``carried`` holds the signs that a live statement brings through a vetted relayer
    (R3); ``spoke_for`` is whether any live statement, overtaken or not, was for the claim (row 8).
    """

    said: datetime | None
    signs: frozenset[int]
    declined: bool = False
    pointers: frozenset[Pointer] = frozenset()
    carried: frozenset[int] = frozenset()
    spoke_for: bool = False

    def join(self, other: Voice) -> Voice:
        """Return the voice of a root that said both."""
        if self.said == other.said:
            latest_said, latest = self.said, [self, other]
        elif other.said is None or (self.said is not None and self.said > other.said):
            latest_said, latest = self.said, [self]
        else:
            latest_said, latest = other.said, [other]
        return Voice(
            said=latest_said,
            signs=frozenset().union(*(voice.signs for voice in latest)),
            declined=any(voice.declined for voice in latest),
            pointers=frozenset().union(*(voice.pointers for voice in latest)),
            carried=self.carried | other.carried,
            spoke_for=self.spoke_for or other.spoke_for,
        )

    @property
    def mixed(self) -> bool:
        """Whether the statements that speak differ in sign."""
        return len(self.signs) > 1

    @property
    def sign(self) -> int:
        """+1 for the claim, -1 against it, 0 neither (or mixed)."""
        return 0 if self.mixed else next(iter(self.signs))


def join_all(voices: Iterable[Voice]) -> Voice | None:
    """Join any number of voices; None if there are none."""
    joined: Voice | None = None
    for voice in voices:
        joined = voice if joined is None else joined.join(voice)
    return joined


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of R3 and R4 for one claim: how many roots are on which side, with what standing.

    ``voices_for`` and ``voices_against`` are p and n (standing 1 or 2), ``carried_for`` and ``carried_against`` are pc
    and nc, ``authorities_for`` and ``authorities_against`` are A+ and A-. ``audible`` counts the roots whose voice is
    for or against at all, the desk included; ``once_for`` those that ever spoke for it, ``unsettled`` those of them
    whose voice is now mixed or declines (row 8). ``pointing`` counts roots with a voice that points elsewhere.
    """

    authorities_for: int = 0
    authorities_against: int = 0
    voices_for: int = 0
    voices_against: int = 0
    carried_for: int = 0
    carried_against: int = 0
    audible: int = 0
    once_for: int = 0
    unsettled: int = 0
    pointing: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*map(add, self.counts(), other.counts()))

    def __sub__(self, other: Tally) -> Tally:
        return Tally(*map(sub, self.counts(), other.counts()))

    def counts(self) -> tuple[int, ...]:
        """The ten numbers, in the order of the fields."""
        return (
            self.authorities_for,
            self.authorities_against,
            self.voices_for,
            self.voices_against,
            self.carried_for,
            self.carried_against,
            self.audible,
            self.once_for,
            self.unsettled,
            self.pointing,
        )


NO_TALLY = Tally()
"""What a claim has on which nobody spoke."""


def contribution(voice: Voice | None, standing: Standing) -> Tally:
    """Return what one root adds to the tally of a claim (R3). Without a voice, nothing."""
    if voice is None:
        return NO_TALLY
    carried = standing is Standing.UNVETTED and voice.sign in voice.carried
    unsettled = voice.spoke_for and (voice.mixed or voice.declined)
    return _contribution(voice.sign, standing, carried, voice.spoke_for, unsettled, bool(voice.pointers))


@cache
def _contribution(
    sign: int, standing: Standing, carried: bool, spoke_for: bool, unsettled: bool, pointing: bool
) -> Tally:
    """As :func:`contribution`: there are few different ones, so the same is never made twice."""
    plus, minus = sign > 0, sign < 0
    authority = standing is Standing.AUTHORITY
    counts = standing in (Standing.VETTED, Standing.AUTHORITY)
    return Tally(
        authorities_for=authority and plus,
        authorities_against=authority and minus,
        voices_for=counts and plus,
        voices_against=counts and minus,
        carried_for=carried and plus,
        carried_against=carried and minus,
        audible=plus or minus,
        once_for=spoke_for,
        unsettled=unsettled,
        pointing=pointing,
    )
