"""The naive rules and the counting, on stances and answers that a person can check by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ledger.resolver import replay, resolve
from ledger.scoring import RULES, Score, Stance, answer, ordered, score
from tests.ledgers import Book


def at(minute: int) -> datetime:
    return datetime(2017, 4, 20, 22, minute, tzinfo=UTC)


FOR, AGAINST, NEITHER = Stance(1), Stance(-1), Stance(0)
CASES = {
    "nothing": ([], (0, 0, 0, 0)),
    "for": ([FOR], (1, 1, 1, 1)),
    "against": ([AGAINST], (-1, -1, -1, -1)),
    "neither": ([NEITHER], (0, 0, 0, 0)),
    "then neither": ([FOR, NEITHER], (0, 1, 1, 1)),
    "one each": ([AGAINST, FOR], (1, 1, 0, -1)),
    "outvoted": ([AGAINST, FOR, FOR, NEITHER], (0, 1, 1, -1)),
    "turned": ([FOR, FOR, AGAINST], (-1, -1, 1, -1)),
    # What nobody dated is older than what is dated, wherever it stands.
    "undated last": ([Stance(1, at(1)), AGAINST], (1, 1, 0, -1)),
    "dated backwards": ([Stance(1, at(9)), Stance(-1, at(1))], (1, 1, 0, -1)),
    "of one minute": ([Stance(1, at(1)), Stance(-1, at(1))], (-1, -1, 0, -1)),
}


@pytest.mark.parametrize("case", CASES)
def test_the_naive_rules(case: str) -> None:
    stances, expected = CASES[case]
    assert tuple(rule(ordered(stances)) for rule in RULES.values()) == expected


def test_no_answer_is_neither_right_nor_precise() -> None:
    gold = {1: True, 2: True, 3: False, 4: False, 5: False}
    found = score("some", {1: 1, 2: -1, 3: 1, 4: -1, 9: 1}, gold)
    assert found == Score("some", claims=5, said_true=2, right_true=1, said_false=2, right_false=1)
    assert (found.answered, found.right) == (4, 2)


def test_what_the_resolver_answers() -> None:
    """Two agencies say one claim, one denies a second, both sides are taken on a third, a fourth is superseded."""
    book = Book()
    story = book.story()
    first, second = book.source("agency"), book.source("agency")
    claims = [book.claim(story) for _ in range(6)]
    book.say(claims[0], "reported", first, said="22:00")
    book.say(claims[0], "reported", second, said="22:01")
    book.say(claims[1], "denied", first, said="22:02")
    book.say(claims[2], "reported", first, said="22:03")
    book.say(claims[2], "denied", second, said="22:04")
    book.say(claims[3], "superseded", first, said="22:05", to=claims[0])
    book.say(claims[4], "corrected", first, said="22:06", to=claims[0])
    fold = replay(book.entries)
    assert [answer(resolve(fold, claim)) for claim in claims] == [1, -1, 0, 0, -1, 0]
    assert [resolve(fold, claim).state.value for claim in claims[3:5]] == ["superseded", "corrected"]
    assert answer(None) == 0
