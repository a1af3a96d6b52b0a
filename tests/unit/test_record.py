"""Each test's docstring is the ledger, and its assertions what the record of a source says of it."""

from __future__ import annotations

from datetime import timedelta

from ledger.model import Entry, Retract
from ledger.record import Record, Subject, records
from ledger.resolver import replay
from ledger.vocabulary import Mistake
from tests.ledgers import DESK, Book, at


def counted(entries: list[Entry], said: str | None = None) -> dict[Subject, Record]:
    fold = replay(entries, said=None if said is None else at(said))
    return records(fold, [c for c in fold.facts.of_kind("claim") if fold.acts.folded(c) == c])


def alone(book: Book, source: int, said: str | None = None) -> Record:
    return counted(book.entries, said).get(Subject(source, whole=False), Record())


def whole(book: Book, source: int) -> Record:
    return counted(book.entries).get(Subject(source, whole=True), Record())


class Night:
    """A story with a ministry that has authority over it, an agency, a broadcaster, and two claims."""

    def __init__(self) -> None:
        self.book = Book()
        self.story = self.book.story()
        self.ministry = self.book.source("official")
        self.agency = self.book.source("agency")
        self.outlet = self.book.source("broadcaster")
        self.killed, self.shut = self.book.claim(self.story), self.book.claim(self.story)
        self.granted = self.book.grant(self.ministry, story=self.story)


def test_an_authority_denies_later() -> None:
    """The agency says so at 22:30 and again at 22:40; the ministry denies at 22:57."""
    night = Night()
    night.book.say(night.killed, "reported", night.agency, said="22:30")
    night.book.say(night.killed, "reported", night.agency, said="22:40")
    night.book.say(night.killed, "denied", night.ministry, said="22:57")
    record = alone(night.book, night.agency)
    assert (record.statements, record.claims, record.said_so, record.denied) == (2, 1, 1, 1)
    assert (record.corrected, record.withdrawn, record.waits) == (0, 0, ())
    assert alone(night.book, night.agency, said="22:50").denied == 0
    assert (alone(night.book, night.ministry).said_not, alone(night.book, night.ministry).overruled) == (1, 0)


def test_who_repeats_what_was_denied_is_not_denied_later() -> None:
    """The ministry denies at 22:57, and the agency says so at 22:57 on one claim and at 23:10 on another."""
    night = Night()
    for claim, said in ((night.killed, "22:57"), (night.shut, "23:10")):
        night.book.say(claim, "denied", night.ministry, said="22:57")
        night.book.say(claim, "reported", night.agency, said=said)
    assert (alone(night.book, night.agency).said_so, alone(night.book, night.agency).denied) == (2, 0)


def test_no_authority_no_denial() -> None:
    """The broadcaster denies what the agency says, and so does the ministry once its grant is retracted."""
    night = Night()
    night.book.say(night.killed, "reported", night.agency, said="22:30")
    night.book.say(night.killed, "denied", night.outlet, said="22:40")
    assert alone(night.book, night.agency).denied == 0
    night.book.say(night.killed, "denied", night.ministry, said="22:57")
    assert alone(night.book, night.agency).denied == 1
    night.book.retract(night.granted)
    assert alone(night.book, night.agency).denied == 0


def test_an_authority_that_took_its_denial_back_denies_nothing() -> None:
    """The ministry denies at 22:57 and confirms at 23:30."""
    night = Night()
    night.book.say(night.killed, "reported", night.agency, said="22:30")
    night.book.say(night.killed, "denied", night.ministry, said="22:57")
    night.book.say(night.killed, "confirmed", night.ministry, said="23:30")
    assert alone(night.book, night.agency).denied == 0
    ministry = alone(night.book, night.ministry)
    assert (ministry.took_side, ministry.corrected, ministry.waits) == (1, 1, (timedelta(minutes=33),))


def test_a_denial_that_an_authority_overrules() -> None:
    """The agency denies at 22:30, the ministry confirms at 23:00."""
    night = Night()
    night.book.say(night.killed, "denied", night.agency, said="22:30")
    night.book.say(night.killed, "confirmed", night.ministry, said="23:00")
    record = alone(night.book, night.agency)
    assert (record.said_so, record.denied, record.said_not, record.overruled) == (0, 0, 1, 1)


def test_a_body_is_no_authority_over_itself() -> None:
    """A spokesman of the ministry says so, the ministry denies: its correction, and no denial by another."""
    night = Night()
    spokesman = night.book.source("spokesperson", group=night.ministry)
    night.book.say(night.killed, "confirmed", spokesman, said="22:30")
    night.book.say(night.killed, "denied", night.ministry, said="22:57")
    record = alone(night.book, spokesman)
    assert (record.denied, record.corrected, record.waits) == (0, 1, (timedelta(minutes=27),))
    assert whole(night.book, night.ministry).corrected == 1
    assert alone(night.book, night.ministry).corrected == 0
    night.book.group(spokesman, None)
    record = alone(night.book, spokesman)
    assert (record.denied, record.corrected) == (1, 0)


def test_a_correction_is_for_what_it_points_to() -> None:
    """The agency says one claim at 22:30 and corrects it to the other at 23:00."""
    night = Night()
    night.book.say(night.killed, "reported", night.agency, said="22:30")
    night.book.say(night.killed, "corrected", night.agency, said="23:00", to=night.shut)
    record = alone(night.book, night.agency)
    assert (record.statements, record.claims, record.said_so, record.said_not) == (2, 2, 2, 1)
    assert (record.took_side, record.corrected, record.waits) == (2, 1, (timedelta(minutes=30),))


def test_news_is_no_mistake() -> None:
    """The agency says ten, then that eleven supersedes it."""
    night = Night()
    night.book.say(night.killed, "reported", night.agency, said="22:30")
    night.book.say(night.killed, "superseded", night.agency, said="23:00", to=night.shut)
    assert alone(night.book, night.agency).corrected == 0


def test_it_takes_its_word_back() -> None:
    """The agency says so at 22:30, declines to confirm at 22:40, withdraws at 22:50."""
    night = Night()
    night.book.say(night.killed, "reported", night.agency, said="22:30")
    night.book.say(night.killed, "unconfirmed", night.agency, said="22:40")
    assert alone(night.book, night.agency).withdrawn == 0
    night.book.say(night.killed, "withdrawn", night.agency, said="22:50")
    record = alone(night.book, night.agency)
    assert (record.statements, record.took_side, record.withdrawn, record.corrected) == (3, 1, 1, 0)
    assert alone(night.book, night.agency, said="22:45").withdrawn == 0


def test_the_median_of_its_corrections() -> None:
    """Three claims that the agency denies 10, 40 and 20 minutes after it said them."""
    night = Night()
    for minutes in (10, 40, 20):
        claim = night.book.claim(night.story)
        night.book.say(claim, "reported", night.agency, said=1200)
        night.book.say(claim, "denied", night.agency, said=1200 + minutes)
    record = alone(night.book, night.agency)
    assert (record.corrected, record.took_side, record.median_wait) == (3, 3, timedelta(minutes=20))
    assert Record().median_wait is None


def test_what_nobody_dated_is_counted_and_not_compared() -> None:
    """The agency says so, undated, and the ministry denies; on the other claim the denial is undated."""
    night = Night()
    night.book.say(night.killed, "reported", night.agency)
    night.book.say(night.killed, "denied", night.ministry, said="22:57")
    night.book.say(night.shut, "reported", night.agency, said="22:30")
    night.book.say(night.shut, "denied", night.ministry)
    record = alone(night.book, night.agency)
    assert (record.statements, record.undated, record.claims) == (2, 1, 2)
    assert (record.said_so, record.took_side, record.denied) == (1, 1, 0)


def test_what_is_carried_is_not_the_outlets_own_word() -> None:
    """The broadcaster passes on an unnamed source at 22:30, the ministry denies, the broadcaster pulls the story."""
    night = Night()
    police = night.book.source("unnamed", relayer=night.outlet, story=night.story)
    night.book.say(night.killed, "reported", police, via=night.outlet, said="22:30")
    night.book.say(night.killed, "denied", night.ministry, said="22:57")
    record = alone(night.book, night.outlet)
    assert (record.statements, record.claims, record.said_so, record.denied) == (0, 0, 0, 0)
    assert (record.relayed, record.relayed_so, record.relayed_denied, record.relayed_pulled) == (1, 1, 1, 0)
    assert (alone(night.book, police).said_so, alone(night.book, police).denied) == (1, 1)
    night.book.say(night.killed, "withdrawn", police, via=night.outlet, said="23:10")
    assert alone(night.book, night.outlet).relayed_pulled == 1
    assert alone(night.book, police).withdrawn == 1


def test_who_passes_on_the_authority_itself() -> None:
    """The ministry says so through the broadcaster, then denies it: that is the ministry's correction."""
    night = Night()
    night.book.say(night.killed, "confirmed", night.ministry, via=night.outlet, said="22:30")
    night.book.say(night.killed, "denied", night.ministry, via=night.outlet, said="23:00")
    record = alone(night.book, night.outlet)
    assert (record.relayed, record.relayed_so, record.relayed_denied) == (1, 1, 0)
    assert alone(night.book, night.ministry).corrected == 1


def test_to_be_passed_on_by_its_own_body_is_no_relay() -> None:
    """A spokesman of the ministry, through the ministry."""
    night = Night()
    spokesman = night.book.source("spokesperson", group=night.ministry)
    night.book.say(night.killed, "confirmed", spokesman, via=night.ministry, said="22:30")
    assert (alone(night.book, night.ministry).relayed, whole(night.book, night.ministry).relayed) == (0, 0)
    assert whole(night.book, night.ministry).statements == 1


def test_two_claims_that_are_one_are_one_trial() -> None:
    """The agency says both claims; the ministry denies one; then the desk says that they are the same."""
    night = Night()
    night.book.say(night.killed, "reported", night.agency, said="22:30")
    night.book.say(night.shut, "reported", night.agency, said="22:31")
    night.book.say(night.shut, "denied", night.ministry, said="22:57")
    record = alone(night.book, night.agency)
    assert (record.claims, record.said_so, record.denied) == (2, 2, 1)
    same = night.book.same(night.killed, night.shut)
    record = alone(night.book, night.agency)
    assert (record.statements, record.claims, record.said_so, record.denied) == (2, 1, 1, 1)
    night.book.retract(same)
    assert alone(night.book, night.agency).claims == 2


def test_our_mistakes_are_not_theirs() -> None:
    """Two entries of the agency are retracted, as mistyped and as a duplicate; the first retraction is retracted."""
    night = Night()
    first = night.book.say(night.killed, "reported", night.agency, said="22:30")
    second = night.book.say(night.shut, "reported", night.agency, said="22:31")
    night.book.say(night.killed, "denied", night.ministry, said="22:57")
    undone = night.book.add(Retract(first, Mistake.MISTYPED))
    night.book.add(Retract(second, Mistake.DUPLICATE))
    record = alone(night.book, night.agency)
    assert (record.statements, record.claims, record.denied) == (0, 0, 0)
    assert record.mistakes == (Mistake.MISTYPED, Mistake.DUPLICATE)
    night.book.retract(undone)
    record = alone(night.book, night.agency)
    assert (record.statements, record.denied, record.mistakes) == (1, 1, (Mistake.DUPLICATE,))
    assert alone(night.book, night.agency, said="22:00").mistakes == ()


def test_the_desks_own_word_is_no_authority() -> None:
    """The desk denies what the agency says."""
    night = Night()
    night.book.say(night.killed, "reported", night.agency, said="22:30")
    night.book.say(night.killed, "denied", DESK, said="22:57")
    assert alone(night.book, night.agency).denied == 0
    assert alone(night.book, DESK).said_not == 1


def test_one_that_turns_twice_is_counted_once_by_its_first_turn() -> None:
    """The agency denies at 20:00, says so at 20:10, denies again at 20:50."""
    night = Night()
    for status, said in (("denied", "20:00"), ("reported", "20:10"), ("denied", "20:50")):
        night.book.say(night.killed, status, night.agency, said=said)
    record = alone(night.book, night.agency)
    assert (record.corrected, record.waits) == (1, (timedelta(minutes=10),))


def test_it_takes_its_denial_back() -> None:
    """The agency denies at 22:30 and withdraws at 22:50."""
    night = Night()
    night.book.say(night.killed, "denied", night.agency, said="22:30")
    night.book.say(night.killed, "withdrawn", night.agency, said="22:50")
    assert (alone(night.book, night.agency).withdrawn, alone(night.book, night.agency).took_side) == (1, 1)


def test_who_turns_and_then_withdraws_is_counted_in_both() -> None:
    """The agency says so at 22:30, denies it at 22:40, withdraws at 22:50."""
    night = Night()
    night.book.say(night.killed, "reported", night.agency, said="22:30")
    night.book.say(night.killed, "denied", night.agency, said="22:40")
    night.book.say(night.killed, "withdrawn", night.agency, said="22:50")
    record = alone(night.book, night.agency)
    assert (record.took_side, record.corrected, record.withdrawn) == (1, 1, 1)


def test_a_correction_onto_what_is_the_same_takes_no_side() -> None:
    """The agency corrects one claim to another, and the desk says that the two are one."""
    night = Night()
    night.book.say(night.killed, "corrected", night.agency, said="22:30", to=night.shut)
    night.book.same(night.killed, night.shut)
    record = alone(night.book, night.agency)
    assert (record.statements, record.claims, record.took_side) == (1, 1, 0)


def test_our_mistake_is_what_the_newest_standing_retraction_says() -> None:
    """Retracted as mistyped, then also as misheard; then the first retraction alone, then the other, is retracted."""
    night = Night()
    said = night.book.say(night.killed, "reported", night.agency, said="22:30")
    first = night.book.add(Retract(said, Mistake.MISTYPED))
    second = night.book.add(Retract(said, Mistake.MISHEARD))
    assert alone(night.book, night.agency).mistakes == (Mistake.MISHEARD,)
    undone = night.book.retract(second)
    assert alone(night.book, night.agency).mistakes == (Mistake.MISTYPED,)
    night.book.retract(undone)
    night.book.retract(first)
    assert alone(night.book, night.agency).mistakes == (Mistake.MISHEARD,)


def test_a_relayer_that_denies_what_it_passed_on_is_no_other_authority() -> None:
    """The ministry, through a department of its own, passes on an unnamed source, and denies it itself."""
    night = Night()
    office = night.book.source("official", group=night.ministry)
    witness = night.book.source("witness", relayer=office, story=night.story)
    night.book.say(night.killed, "reported", witness, via=office, said="22:30")
    night.book.say(night.killed, "denied", night.ministry, said="22:57")
    assert alone(night.book, office).relayed_denied == whole(night.book, night.ministry).relayed_denied == 0
    assert alone(night.book, witness).denied == 1


def test_each_word_that_was_passed_on_is_held_against_its_own_body() -> None:
    """The broadcaster passes on the ministry itself, and an unnamed source; the ministry then denies both."""
    night = Night()
    for number in range(8):
        claim = night.book.claim(night.story)
        police = night.book.source("unnamed", relayer=night.outlet, story=night.story)
        for by in (police, night.ministry) if number % 2 else (night.ministry, police):
            night.book.say(claim, "reported", by, via=night.outlet, said="22:30")
        night.book.say(claim, "denied", night.ministry, said="22:57")
    record = alone(night.book, night.outlet)
    assert (record.relayed, record.relayed_so, record.relayed_denied) == (8, 8, 8)


def test_each_relayer_of_a_chain_passed_it_on() -> None:
    """An unnamed source, through the agency, through the broadcaster."""
    night = Night()
    police = night.book.source("unnamed", relayer=night.agency, story=night.story)
    night.book.say(night.killed, "reported", police, via=(night.agency, night.outlet), said="22:30")
    assert [alone(night.book, each).relayed for each in (night.agency, night.outlet, police)] == [1, 1, 0]
