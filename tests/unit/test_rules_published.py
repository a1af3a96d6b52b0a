"""What may be appended of publications and settlements: each refusal with its place and its reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ledger.errors import Problem
from ledger.model import Publication, Retract, Settlement
from ledger.times import Moment
from ledger.vocabulary import Mistake, Part
from tests.ledgers import Book, at
from tests.unit.test_rules import problems

NOON = Moment(at("12:00"))
SIZE = 14


@pytest.fixture
def book() -> Book:
    """4 story, 5 agency, 6 to 8 claims, 9 a report; 10 goes out of 6 and 7, 11 of the story, 12 is retracted by 13."""
    made = Book()
    story = made.story()
    agency = made.source("agency")
    first, second, _ = (made.claim(story) for _ in range(3))
    made.say(first, "reported", agency, said="11:00")
    assert made.publish(first, second) == 10
    assert made.publish(story=story) == 11
    assert made.retract(made.publish()) == SIZE - 1
    return made


def published(**given: Any) -> Publication:
    return Publication(**({"size": SIZE, "policy": 3} | given))


def settles(**given: Any) -> Settlement:
    return Settlement(**({"publication": 10, "size": SIZE} | given))


def refusals(book: Book, body: Publication | Settlement, *parts: Part) -> list[tuple[str, str]]:
    """Where something is wrong, and why."""
    called = (Part.NAME,) if isinstance(body, Publication) else (Part.URL,)
    return [(each.where, each.why) for each in problems(book, body, parts or called)]


GOOD = [
    published(),
    published(size=1 + 3),
    published(story=4),
    published(claims=(6,)),
    published(claims=(6, 7, 8), held=True, as_said=NOON.at, sha256="ab" * 32),
    published(published=NOON),
    published(published=Moment(at("12:02"))),
    published(size=9, claims=(6, 8)),
    settles(),
    settles(publication=11, size=12),
    settles(claims=(6, 7)),
    settles(publication=11, claims=(8,)),
    settles(published=Moment(at("12:02"))),
]


@pytest.mark.parametrize("body", GOOD, ids=str)
def test_what_may_be_appended(book: Book, body: Publication | Settlement) -> None:
    assert refusals(book, body) == []


def test_what_it_is_called(book: Book) -> None:
    """One of name and address is enough; a title or a note alone is none."""
    for part in (Part.NAME, Part.URL):
        assert refusals(book, published(), part) == []
    assert refusals(book, published(), Part.NAME, Part.URL, Part.TEXT, Part.NOTE) == []
    for parts in ((Part.TEXT,), (Part.NOTE, Part.TEXT)):
        assert refusals(book, published(), *parts) == [("publication", "has neither a name nor an address")]
    assert [where for where, _ in refusals(book, published(), Part.NAME, Part.QUOTE)] == ["quote"]


def test_where_a_corrective_went_out(book: Book) -> None:
    for part in (Part.URL, Part.NOTE):
        assert refusals(book, settles(), part) == []
    [bare] = problems(book, settles(), ())
    assert (bare.where, bare.why) == ("settlement", "has neither an address nor a note that says where it went out")
    assert [where for where, _ in refusals(book, settles(), Part.URL, Part.NAME)] == ["name"]


WRONG: list[tuple[Publication | Settlement, str, str]] = [
    (
        published(story=4, claims=(6,)),
        "story",
        "is told beside claims; a publication is of a story or of claims, not both",
    ),
    (published(sha256="AB" * 32), "sha256", "is no SHA-256"),
    (published(sha256="ab" * 31), "sha256", "is no SHA-256"),
    (published(sha256=""), "sha256", "is no SHA-256"),
    (published(held=1), "held", "must be true or false"),
    (published(held=None), "held", "must be true or false"),
    (published(claims=(7, 6)), "claims", "do not ascend, or stand twice"),
    (published(claims=(6, 6)), "claims", "do not ascend, or stand twice"),
    (published(published=Moment(at("12:02") + timedelta(microseconds=1))), "published", "lies in the future"),
    (published(size=0), "size", "is no size that the ledger had"),
    (published(size=-1), "size", "is no size that the ledger had"),
    (published(size=SIZE + 1), "size", "is no size that the ledger had"),
    (published(size=True), "size", "is no size that the ledger had"),
    (published(size=float(SIZE)), "size", "is no size that the ledger had"),
    (published(size=8, claims=(6, 8)), "claims", "entry 8 is not among the first 8 entries, which it rests on"),
    (published(size=4, story=4), "story", "entry 4 is not among the first 4 entries, which it rests on"),
    (published(size=3), "policy", "entry 3 is not among the first 3 entries, which it rests on"),
    (published(policy=2), "policy", "entry 2 is no policy"),
    (published(story=6), "story", "entry 6 is no story"),
    (published(claims=(4,)), "claims", "entry 4 is no claim"),
    (published(claims=(99,)), "claims", f"entry 99 does not exist yet; the ledger has entries 0 to {SIZE - 1}"),
    (published(claims=(-1,)), "claims", f"entry -1 does not exist yet; the ledger has entries 0 to {SIZE - 1}"),
    (settles(publication=9), "publication", "entry 9 is no publication"),
    (
        settles(publication=SIZE),
        "publication",
        f"entry {SIZE} does not exist yet; the ledger has entries 0 to {SIZE - 1}",
    ),
    (settles(publication=12), "publication", "entry 12 is retracted: it never went out"),
    (settles(size=10), "size", "rests on no more than the publication 10 itself"),
    (settles(size=SIZE + 1), "size", "is no size that the ledger had"),
    (settles(claims=(8,)), "claims", "claim 8 is not in publication 10"),
    (settles(claims=(7, 6)), "claims", "do not ascend, or stand twice"),
    (settles(claims=(5,)), "claims", "entry 5 is no claim"),
    (settles(published=Moment(at("12:03"))), "published", "lies in the future"),
]


@pytest.mark.parametrize(("body", "where", "why"), WRONG, ids=lambda each: str(each)[:60])
def test_what_is_refused_and_why(book: Book, body: Publication | Settlement, where: str, why: str) -> None:
    assert refusals(book, body) == [(where, why)]


def test_everything_wrong_is_told_at_once(book: Book) -> None:
    body = published(story=4, claims=(7, 6), sha256="x", held=2, size=5, published=Moment(at("13:00")))
    told = [where for where, _ in refusals(book, body, Part.TEXT)]
    assert told == ["publication", "story", "sha256", "held", "claims", "published", "claims", "claims"]
    settled = settles(publication=12, claims=(7, 6, 8), size=7, published=Moment(at("13:00")))
    told = [where for where, _ in refusals(book, settled)]
    assert told == ["claims", "published", "publication", "claims", "claims"]


def test_the_policy_is_the_one_in_force_at_its_size(book: Book) -> None:
    """Entry 14 asks for three originals; what rests on 14 entries rests on the first policy still."""
    newer = book.policy(3)
    assert refusals(book, published(size=SIZE)) == []
    assert refusals(book, published(size=SIZE + 1, policy=newer)) == []
    [wrong] = problems(book, published(size=SIZE + 1), {Part.NAME})
    assert wrong == Problem("policy", "is not the one in force then", expected=str(newer), got="3")
    book.retract(newer)
    assert refusals(book, published(size=SIZE + 2)) == []


def test_a_publication_and_a_settlement_are_taken_back_and_restored(book: Book) -> None:
    """A settlement of what was retracted is refused; once it is restored it may be settled again."""
    assert problems(book, Retract(10, Mistake.OTHER)) == []
    gone = book.retract(10)
    assert refusals(book, settles(size=SIZE + 1)) == [("publication", "entry 10 is retracted: it never went out")]
    book.retract(gone)
    settled = book.settle(10)
    assert problems(book, Retract(settled, Mistake.OTHER)) == []
    [twice] = problems(book, Retract(12, Mistake.OTHER))
    assert twice.where == "target"


def test_at_most_a_thousand_claims_are_named(book: Book) -> None:
    more = [book.claim(4) for _ in range(1_001)]
    assert refusals(book, published(size=len(book.entries), claims=tuple(more[:1_000]))) == []
    [wrong] = problems(book, published(size=len(book.entries), claims=tuple(more)), {Part.NAME})
    assert wrong == Problem("claims", "are 1,001; at most 1,000 are named", expected="a story, or all")
