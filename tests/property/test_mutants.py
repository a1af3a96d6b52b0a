"""The tests can fail: every mutant that ``tests/mutants.txt`` lists is told from the rules by fixed ledgers.

Each breaks one rule (the carried voices dropped, the grants dropped, older words not overtaken, cycles kept, …). A
mutant that survives is a rule that no test holds.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from ledger import resolver
from ledger.model import Entry
from tests.comparison import expected, given
from tests.ledgers import moments
from tests.mutants import Mutant, build, forget, listed
from tests.oracle import answers
from tests.strategies import fixed_books

SEED, MANY = 2017, 600
LEDGERS = list(fixed_books(SEED, MANY))
MUTANTS = listed()


@cache
def right(number: int) -> list[tuple[list[Entry], datetime | None, dict[int, dict[str, object]]]]:
    """What the rules say of one of the fixed ledgers: now, and as of two moments."""
    entries = LEDGERS[number].entries
    return [
        (entries, said, {claim: expected(answer) for claim, answer in answers(entries, said).items()})
        for said in (None, *moments(entries, 2)[1:])
    ]


def killer(candidate: ModuleType, many: int = MANY) -> int | None:
    """The number of the first fixed ledger on which a resolver and the rules differ."""
    return next((number for number in range(many) if differs(candidate, number)), None)


def differs(candidate: ModuleType, number: int) -> bool:
    """Whether a resolver says something else than the rules, or notices itself that it contradicts itself."""
    for entries, said, answer in right(number):
        try:
            fold = candidate.replay(entries, said=said)
            found = {claim: given(candidate, fold, claim) for claim in answer}
        except AssertionError:
            return True
        if found != answer:
            return True
    return False


def test_the_real_one_survives() -> None:
    assert killer(resolver, 100) is None


def test_every_mutant_is_told_in_words_once() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names) > 50


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_mutant_is_killed(mutant: Mutant, tmp_path: Path) -> None:
    name = f"mutant_{MUTANTS.index(mutant)}"
    try:
        candidate = build(mutant, tmp_path, name)
        assert candidate.resolve is not resolver.resolve
        assert killer(candidate) is not None, f"survives: {mutant.name}"
    finally:
        forget(name)
