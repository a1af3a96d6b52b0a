"""Answers held against what is known to be so: the naive rules, and the counting.

An answer is +1 (it is so), -1 (it is not so) or 0 (no answer). The resolver answers +1 where the claim is accepted,
-1 where its state is ``denied`` or ``corrected``, and else not: what is disputed, unverified, retracted or superseded
is no answer. The naive rules look at the stances alone, each row of the sheet being one, whoever takes it; they know no
roots, no vetting and no authority.

==================  ==================================================================================================
rule                answers
==================  ==================================================================================================
latest wins         what the latest row says; nothing where that takes no side
latest decisive     what the latest row that takes a side says; nothing where none does
majority            the side that more rows take; nothing where as many take either
any denial wins     no where any row denies, else yes where any row takes the claim's side; else nothing
==================  ==================================================================================================

Later means said later; what nobody dated is older than all that is dated, and of one time the row further down is
later. No answer on a decided claim is counted as wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ledger.resolver import Verdict
from ledger.vocabulary import State

RESOLVER = "the resolver"
_EVER = datetime.min.replace(tzinfo=UTC)
_DENIED = frozenset({State.DENIED, State.CORRECTED})


@dataclass(frozen=True, slots=True)
class Stance:
    """What one row says of a claim: for it (+1), against it (-1) or neither, and when it was said."""

    sign: int
    said: datetime | None = None


def ordered(stances: Iterable[Stance]) -> list[Stance]:
    """The stances, earliest first; ``stances`` are in the order of the file."""
    return sorted(stances, key=lambda stance: (stance.said is not None, stance.said or _EVER))


def latest_wins(stances: Sequence[Stance]) -> int:
    """See the table; ``stances`` are ordered, as for every rule."""
    return stances[-1].sign if stances else 0


def latest_decisive(stances: Sequence[Stance]) -> int:
    """See the table."""
    return latest_wins([stance for stance in stances if stance.sign])


def majority(stances: Sequence[Stance]) -> int:
    """See the table."""
    balance = sum(stance.sign for stance in stances)
    return (balance > 0) - (balance < 0)


def any_denial_wins(stances: Sequence[Stance]) -> int:
    """See the table."""
    signs = {stance.sign for stance in stances} - {0}
    return min(signs, default=0)


RULES: Mapping[str, Callable[[Sequence[Stance]], int]] = {
    "latest wins": latest_wins,
    "latest decisive": latest_decisive,
    "majority": majority,
    "any denial wins": any_denial_wins,
}
"""The naive rules by name, in the order in which they are shown."""


def answer(verdict: Verdict | None) -> int:
    """What the resolver answers on a claim; nothing where nobody ever spoke on it."""
    if verdict is None:
        return 0
    return 1 if verdict.accepted else -1 if verdict.state in _DENIED else 0


@dataclass(frozen=True, slots=True)
class Score:
    """How one rule fared on the decided claims: how often it answered yes and no, and how often that was right."""

    rule: str
    claims: int
    said_true: int
    right_true: int
    said_false: int
    right_false: int

    @property
    def answered(self) -> int:
        """On how many claims it gave an answer."""
        return self.said_true + self.said_false

    @property
    def right(self) -> int:
        """On how many it was right; no answer is none."""
        return self.right_true + self.right_false


def score(rule: str, answers: Mapping[int, int], gold: Mapping[int, bool]) -> Score:
    """Hold the answers, by claim, against how each of the decided claims turned out."""
    true = [claim for claim in gold if answers.get(claim, 0) > 0]
    false = [claim for claim in gold if answers.get(claim, 0) < 0]
    return Score(
        rule=rule,
        claims=len(gold),
        said_true=len(true),
        right_true=sum(gold[claim] for claim in true),
        said_false=len(false),
        right_false=sum(not gold[claim] for claim in false),
    )
