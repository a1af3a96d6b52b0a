"""What each answer carries: the voices that count, those that dissent, and one sentence that names them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hypothesis import given

from ledger.resolver import explain, replay, sentence
from ledger.vocabulary import Bucket, State
from tests.ledgers import Book, claims_of, moments
from tests.oracle import Answer, answers
from tests.strategies import books

FOR = (State.CONFIRMED, State.CORROBORATED, State.SUPERSEDED)
AGAINST = (State.DENIED, State.CORRECTED)
PARIS = ZoneInfo("Europe/Paris")


def outcome(answer: Answer) -> int:
    """+1 where the state says that it is or was so, -1 where it says that it is not, 0 where it leaves it open."""
    return (answer.state in FOR) - (answer.state in AGAINST)


@given(books())
def test_dissent_is_named_even_where_it_loses(book: Book) -> None:
    """Every voice opposed to the outcome is among the dissent, counted or not."""
    for said in (None, *moments(book.entries)):
        fold = replay(book.entries, said=said)
        for claim, answer in answers(book.entries, said).items():
            against = -outcome(answer)
            found = {view.root for view in explain(fold, claim).dissent}
            assert found == {root for root, voice in answer.voices.items() if against and voice.sign == against}


@given(books())
def test_what_counted_is_what_the_buckets_say(book: Book) -> None:
    """The entries that counted, and the voices of either side that they speak for."""
    fold = replay(book.entries)
    for claim, answer in answers(book.entries).items():
        explanation = explain(fold, claim)
        counted = [index for index, bucket in answer.buckets.items() if bucket is Bucket.COUNTED]
        assert sorted(explanation.entries) == counted
        spoken = [i for sign in (1, -1) for view in explanation.counted(sign) for i in view.speaking]
        assert sorted(spoken) == counted
        for sign in (1, -1):
            assert all(answer.voices[view.root].sign == sign for view in explanation.counted(sign))


@given(books())
def test_the_sentence_names_every_voice_that_has_a_say(book: Book) -> None:
    """One sentence, with the state, whoever decided and whoever dissents, and where a correction leads."""
    for said in (None, *moments(book.entries, 2)):
        fold = replay(book.entries, said=said)
        for claim, answer in answers(book.entries, said).items():
            explanation = explain(fold, claim)
            told = sentence(fold, explanation, "<{}>".format, "[{}]".format, PARIS)
            assert told.startswith(answer.state.value)
            assert "\n" not in told
            if answer.successor is not None:
                assert f"[{answer.successor}]" in told
            side = outcome(answer)
            for root, voice in answer.voices.items():
                decides = explanation.counted(side) if side else explanation.voices
                if voice.sign and (voice.sign != side or root in {view.root for view in decides}):
                    assert f"<{root}>" in told


def test_no_claim_is_left_without_a_sentence() -> None:
    """A claim on which nobody has spoken has one as well."""
    book = Book()
    book.claim(book.story())
    fold = replay(book.entries)
    for claim in claims_of(book.entries):
        told = sentence(fold, explain(fold, claim), str, str, PARIS)
        assert told.startswith("unverified: ")
