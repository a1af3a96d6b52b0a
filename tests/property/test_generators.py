"""The random ledgers are such as the ledger takes, and together they reach all that the rules can say."""

from __future__ import annotations

from collections import Counter

from hypothesis import given

from ledger.vocabulary import Bucket, Kind, State, Status
from tests.ledgers import Book, faults, moments
from tests.oracle import answers
from tests.strategies import books, fixed_books

# What a row of R4 can say.
RULINGS = {
    (0, State.CONFIRMED),
    (0, State.DENIED),
    (0, State.DISPUTED),
    (1, State.DISPUTED),
    (2, State.CONFIRMED),
    (2, State.DISPUTED),
    (3, State.DENIED),
    (3, State.DISPUTED),
    (4, State.DISPUTED),
    (5, State.CORROBORATED),
    (6, State.DENIED),
    (7, State.UNVERIFIED),
    (8, State.UNVERIFIED),
    (8, State.RETRACTED),
}


@given(books())
def test_they_pass_the_refusal_rules(book: Book) -> None:
    assert list(faults(book.entries)) == []


def test_they_reach_everything() -> None:
    """Every kind of entry, row, state and bucket, edges that hold and that do not, long paths, mixed voices."""
    seen: Counter[object] = Counter()
    for book in fixed_books(1, 900):
        seen.update(entry.word for entry in book.entries)
        for said in (None, *moments(book.entries, 2)[1:]):
            for answer in answers(book.entries, said).values():
                seen[answer.ruled.row, answer.ruled.state] += 1
                seen[answer.state] += 1
                seen.update(answer.buckets.values())
                seen["long path"] += len(answer.path) > 2
                seen[answer.edge and answer.edge[0], len(answer.path)] += 1
                seen["several targets"] += bool(answer.targets)
                seen["held"] += answer.held
                seen["mixed"] += any(voice.mixed for voice in answer.voices.values())
                seen["carried"] += any(voice.carriers for voice in answer.voices.values())
                if answer.edge:
                    seen[answer.edge[0], answer.edge[2]] += 1
    wanted = {kind.value for kind in Kind} | RULINGS | set(State) | set(Bucket)
    wanted |= {(status, holds) for status in (Status.CORRECTED, Status.SUPERSEDED) for holds in (True, False)}
    wanted |= {"long path", "several targets", "held", "mixed", "carried"}
    assert {each: seen[each] for each in wanted if seen[each] < 5} == {}
