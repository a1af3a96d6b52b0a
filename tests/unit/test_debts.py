"""What is owed to readers: each docstring is the story, the assertions what it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ledger.debts import Owing, claims_told, debts, told
from ledger.model import Wording
from ledger.resolver import First, Memory
from ledger.vocabulary import Debt, State
from tests.ledgers import DESK, Book, at
from tests.stored import dressed


class Desk:
    """A story with one claim, two agencies and a ministry with authority over it; and a second claim."""

    def __init__(self) -> None:
        self.book = Book(opened="20:00")
        self.story = self.book.story()
        self.afp, self.reuters = self.book.source("agency"), self.book.source("agency")
        self.ministry = self.book.source("official")
        self.book.grant(self.ministry, story=self.story)
        self.claim, self.other = self.book.claim(self.story), self.book.claim(self.story)
        self.texts: dict[int, str] = {}

    def confirmed(self, said: str = "22:00") -> int:
        return self.book.say(self.claim, "confirmed", self.ministry, said=said)

    def denied(self, said: str, by: int | None = None) -> int:
        return self.book.say(self.claim, "denied", self.ministry if by is None else by, said=said)

    @property
    def facts(self) -> Memory:
        return Memory(dressed(entry)[0] for entry in self.book.entries)

    def owing(self, *publications: int) -> list[Owing]:
        facts = self.facts
        chosen = publications or facts.of_kind("publication")
        return debts(facts, chosen, lambda index: self.texts.get(index, f"Text {index}"))

    def one(self, *publications: int) -> Owing:
        [found] = self.owing(*publications)
        return found

    def due(self) -> tuple[Debt, int, datetime, datetime]:
        """The one thing that is owed: why, by which entry, since when that holds, since when it is owed."""
        [due] = self.one().dues
        return due.reason, due.by, due.since, due.owed

    def reasons(self) -> Mapping[int, list[Debt]]:
        return {each.claim: [due.reason for due in each.dues] for each in self.owing()}


# What was told


def test_what_was_told_is_what_held_at_its_size() -> None:
    """Confirmed at 22:00, out at 22:40, denied at 22:57: it told of a confirmed claim, and does so for ever."""
    desk = Desk()
    desk.confirmed()
    out = desk.book.publish(desk.claim, out="22:40")
    desk.denied("22:57")
    owing = desk.one()
    assert (owing.publication, owing.claim) == (out, desk.claim)
    assert (owing.told.state, owing.told.accepted) == (State.CONFIRMED, True)
    assert (owing.now.state, owing.now.accepted) == (State.DENIED, False)
    assert (owing.telling.index, owing.telling.size, owing.telling.at) == (out, out, at("22:40"))


def test_what_was_told_as_of_what_had_been_said() -> None:
    """AFP denies at 22:30, AFP had reported at 22:00; a page as of 22:10 told of an unverified claim: wrong at once."""
    desk = Desk()
    desk.book.say(desk.claim, "reported", desk.afp, said="22:00")
    by = desk.denied("22:30", desk.afp)
    desk.book.wait("23:00")
    desk.book.publish(desk.claim, as_said=at("22:10"))
    assert desk.one().told.state is State.UNVERIFIED
    assert desk.due() == (Debt.WRONG, by, at("22:30"), at("23:00"))


def test_what_was_wrong_as_it_went_out_is_owed_from_then_on() -> None:
    """As of 22:10 unverified, denied by AFP since 22:30, out at 23:00, confirmed at 23:30: owed since 23:00."""
    desk = Desk()
    desk.book.say(desk.claim, "reported", desk.afp, said="22:00")
    desk.denied("22:30", desk.afp)
    desk.book.wait("23:00")
    desk.book.publish(desk.claim, as_said=at("22:10"))
    by = desk.confirmed("23:30")
    assert desk.due() == (Debt.CHANGED, by, at("23:30"), at("23:00"))


def test_of_a_story_it_told_what_the_board_listed_then() -> None:
    """The second claim has no statement yet, the third is opened later: neither was told of, nor are they owed."""
    desk = Desk()
    desk.confirmed()
    indexes = desk.book.publish(story=desk.story), desk.book.publish()
    desk.book.say(desk.other, "denied", desk.ministry, said="22:20")
    later = desk.book.claim(desk.story)
    desk.book.say(later, "denied", desk.ministry, said="22:30")
    for index in indexes:
        assert claims_told(desk.facts, desk.book.entries[index].body) == [desk.claim]
    assert desk.owing() == []


def test_of_a_story_it_told_nothing_of_another() -> None:
    desk = Desk()
    elsewhere = desk.book.claim(desk.book.story())
    desk.confirmed()
    desk.book.say(elsewhere, "reported", desk.afp, said="22:00")
    desk.book.publish(story=desk.story)
    desk.book.say(elsewhere, "denied", desk.afp, said="22:10")
    assert desk.owing() == []


def test_a_held_claim_went_out_only_where_it_was_asked_for() -> None:
    """Held at 22:00; told with --held, not told without, told where it was named; denied later."""
    desk = Desk()
    desk.confirmed()
    desk.book.hold(desk.claim)
    without, including = desk.book.publish(story=desk.story), desk.book.publish(story=desk.story, held=True)
    named = desk.book.publish(desk.claim)
    by = desk.denied("22:57")
    assert [each.publication for each in desk.owing()] == [including, named]
    assert [[due.reason for due in each.dues] for each in desk.owing()] == [[Debt.WRONG], [Debt.WRONG]]
    assert {due.by for each in desk.owing() for due in each.dues} == {by}
    assert desk.owing(without) == []


# The reasons


def test_wrong_what_was_accepted_is_not_any_more() -> None:
    """Confirmed by the ministry, which takes its word back."""
    desk = Desk()
    desk.confirmed()
    desk.book.publish(desk.claim)
    by = desk.book.say(desk.claim, "withdrawn", desk.ministry, said="23:00")
    assert desk.one().now.state is State.RETRACTED
    assert desk.due() == (Debt.WRONG, by, at("23:00"), at("23:00"))


def test_wrong_what_was_out_as_unverified_is_denied() -> None:
    desk = Desk()
    desk.book.say(desk.claim, "reported", desk.afp, said="22:00")
    desk.book.publish(desk.claim)
    by = desk.denied("23:00")
    assert desk.due() == (Debt.WRONG, by, at("23:00"), at("23:00"))


def test_wrong_what_was_out_as_denied_is_confirmed() -> None:
    desk = Desk()
    desk.denied("22:00")
    desk.book.publish(desk.claim)
    by = desk.confirmed("23:00")
    assert desk.due() == (Debt.WRONG, by, at("23:00"), at("23:00"))


def test_wrong_what_was_accepted_is_corrected() -> None:
    """Ten dead, confirmed; the ministry corrects it to eleven."""
    desk = Desk()
    desk.confirmed()
    desk.book.publish(desk.claim)
    by = desk.book.say(desk.claim, "corrected", desk.ministry, said="23:00", to=desk.other)
    assert (desk.one().now.state, desk.one().now.successor) == (State.CORRECTED, desk.other)
    assert desk.due()[:2] == (Debt.WRONG, by)


def test_changed_what_was_superseded_was_so_when_it_was_said() -> None:
    desk = Desk()
    desk.confirmed()
    desk.book.publish(desk.claim)
    by = desk.book.say(desk.claim, "superseded", desk.ministry, said="23:00", to=desk.other)
    assert desk.due() == (Debt.CHANGED, by, at("23:00"), at("23:00"))


def test_changed_where_only_the_end_of_the_path_is_another() -> None:
    """Superseded by the other; which is superseded in its turn, so that readers know of the wrong successor."""
    desk = Desk()
    desk.confirmed()
    desk.book.say(desk.claim, "superseded", desk.ministry, said="22:10", to=desk.other)
    desk.book.publish(desk.claim)
    third = desk.book.claim(desk.story)
    by = desk.book.say(desk.other, "superseded", desk.ministry, said="23:00", to=third)
    assert (desk.one().told.successor, desk.one().now.successor) == (desk.other, third)
    assert desk.due()[:2] == (Debt.CHANGED, by)


def test_changed_what_was_unverified_is_confirmed() -> None:
    desk = Desk()
    desk.book.say(desk.claim, "reported", desk.afp, said="22:00")
    desk.book.publish(desk.claim)
    by = desk.confirmed("23:00")
    assert desk.due()[:2] == (Debt.CHANGED, by)


def test_wrong_where_every_statement_was_our_own_mistake() -> None:
    """The only statement is retracted: nobody says it, and the board does not list it."""
    desk = Desk()
    said = desk.confirmed()
    desk.book.publish(desk.claim)
    desk.book.wait("23:00")
    by = desk.book.retract(said)
    assert (desk.one().now.state, desk.one().now.accepted) == (None, False)
    assert desk.due() == (Debt.WRONG, by, at("23:00"), at("23:00"))
    desk.book.retract(by)
    assert desk.owing() == []


def test_held_since_the_first_hold_of_those_that_last() -> None:
    """Held at 23:00, once more at 23:10, released at 23:20, and the release taken back at 23:30."""
    desk = Desk()
    desk.confirmed()
    desk.book.publish(desk.claim)
    desk.book.wait("23:00")
    first = desk.book.hold(desk.claim)
    desk.book.wait("23:10")
    desk.book.hold(desk.claim)
    assert desk.due() == (Debt.HELD, first, at("23:00"), at("23:00"))
    desk.book.wait("23:20")
    released = desk.book.release(desk.claim)
    assert desk.owing() == []
    desk.book.wait("23:30")
    again = desk.book.retract(released)
    assert desk.due() == (Debt.HELD, again, at("23:30"), at("23:30"))


def test_held_by_a_fold_under_a_claim_that_is_held() -> None:
    """The other claim is held at 21:00 already; at 23:00 the desk finds that both are one."""
    desk = Desk()
    desk.book.say(desk.other, "confirmed", desk.ministry, said="20:30")
    desk.book.hold(desk.other)
    desk.confirmed()
    desk.book.publish(desk.claim)
    desk.book.wait("23:00")
    by = desk.book.same(desk.claim, desk.other)
    assert desk.due() == (Debt.HELD, by, at("23:00"), at("23:00"))


def test_redacted_words_that_are_out_there() -> None:
    """The quote, the wording, the name of who said it; not what was said after it went out."""
    desk = Desk()
    said = desk.confirmed()
    desk.book.publish(desk.claim)
    after = desk.book.say(desk.claim, "confirmed", desk.afp, said="22:50")
    desk.book.redact(after, "quote")
    assert desk.owing() == []
    desk.book.wait("23:00")
    by = desk.book.redact(said, "quote")
    desk.book.wait("23:10")
    desk.book.redact(desk.claim, "text")
    desk.book.redact(desk.ministry, "name")
    assert desk.due() == (Debt.REDACTED, by, at("23:00"), at("23:00"))


def test_redacted_is_owed_once_until_it_is_settled() -> None:
    desk = Desk()
    desk.confirmed()
    out = desk.book.publish(desk.claim)
    desk.book.redact(desk.ministry, "name")
    assert desk.reasons() == {desk.claim: [Debt.REDACTED]}
    desk.book.settle(out)
    assert desk.owing() == []


def test_reworded_back_and_forth() -> None:
    """Reworded at 22:10, back to the first words at 22:20, reworded again at 22:30, and that taken back at 22:40."""
    desk = Desk()
    desk.confirmed()
    desk.book.publish(desk.claim)
    desk.book.wait("22:10")
    by = desk.book.wording(desk.claim)
    assert desk.due() == (Debt.REWORDED, by, at("22:10"), at("22:10"))
    desk.book.wait("22:20")
    back = desk.book.wording(desk.claim)
    desk.texts[back] = f"Text {desk.claim}"
    assert desk.owing() == []
    desk.book.wait("22:30")
    again = desk.book.wording(desk.claim)
    desk.book.wait("22:35")
    third = desk.book.wording(desk.claim)
    assert desk.due() == (Debt.REWORDED, third, at("22:35"), at("22:30"))
    desk.book.wait("22:40")
    taken_back = desk.book.retract(third)
    assert desk.due() == (Debt.REWORDED, taken_back, at("22:40"), at("22:30"))
    desk.book.retract(again)
    assert desk.owing() == []


def test_reworded_by_a_retraction_that_was_taken_back() -> None:
    """A wording of 21:00 was retracted; what went out had the first words; at 23:00 it comes back."""
    desk = Desk()
    retraction = desk.book.retract(desk.book.wording(desk.claim))
    desk.confirmed()
    desk.book.publish(desk.claim)
    desk.book.wait("23:00")
    by = desk.book.retract(retraction)
    assert desk.due() == (Debt.REWORDED, by, at("23:00"), at("23:00"))


def test_a_translation_is_no_other_wording() -> None:
    desk = Desk()
    desk.confirmed()
    desk.book.publish(desk.claim)
    desk.book.add(Wording(desk.claim, "fr"))
    assert desk.owing() == []


def test_the_most_urgent_comes_first() -> None:
    desk = Desk()
    desk.confirmed()
    desk.book.publish(desk.claim)
    desk.book.wording(desk.claim)
    desk.book.redact(desk.ministry, "name")
    desk.book.hold(desk.claim)
    desk.denied("23:00")
    assert desk.reasons() == {desk.claim: [Debt.WRONG, Debt.HELD, Debt.REDACTED, Debt.REWORDED]}


# By which entry, since when


def test_a_state_that_goes_away_and_comes_back() -> None:
    """Confirmed, out at 22:40; denied at 23:00; confirmed at 23:10: nothing is owed; denied at 23:20: since then."""
    desk = Desk()
    desk.confirmed()
    desk.book.publish(desk.claim, out="22:40")
    desk.denied("23:00")
    desk.confirmed("23:10")
    assert desk.owing() == []
    by = desk.denied("23:20")
    assert desk.due() == (Debt.WRONG, by, at("23:20"), at("23:20"))


def test_a_state_that_goes_further() -> None:
    """Unverified, out at 22:40; disputed at 23:00; denied at 23:10: by that, and owed since the dispute."""
    desk = Desk()
    desk.book.say(desk.claim, "reported", desk.afp, said="22:00")
    desk.book.publish(desk.claim)
    desk.denied("23:00", desk.reuters)
    assert desk.one().now.state is State.DISPUTED
    by = desk.denied("23:10")
    desk.denied("23:20", desk.afp)
    assert desk.due() == (Debt.WRONG, by, at("23:10"), at("23:00"))


def test_a_late_record_is_owed_since_it_was_recorded() -> None:
    """Said at 21:00, taken down at 23:00: nobody here could know before."""
    desk = Desk()
    desk.book.say(desk.claim, "reported", desk.afp, said="20:30")
    desk.book.publish(desk.claim, out="22:40")
    desk.book.wait("23:00")
    by = desk.denied("21:00")
    assert desk.due() == (Debt.WRONG, by, at("23:00"), at("23:00"))


def test_what_went_out_after_it_had_changed_is_owed_since_it_went_out() -> None:
    """It rests on the entries of 22:00, was denied at 22:10, and went out at 22:40 all the same."""
    desk = Desk()
    desk.confirmed()
    size = len(desk.book.entries)
    by = desk.denied("22:10")
    desk.book.wait("23:00")
    desk.book.publish(desk.claim, size=size, out="22:40")
    assert desk.due() == (Debt.WRONG, by, at("22:10"), at("22:40"))


def test_by_acts_of_the_desk_alone() -> None:
    """A late grant, taken back and restored, then a fold: each is named as what made it so."""
    desk = Desk()
    book = desk.book
    police = book.source("person")
    book.say(desk.claim, "confirmed", police, said="22:00")
    book.publish(desk.claim)
    book.wait("23:00")
    grant = book.grant(police, claim=desk.claim)
    assert desk.due() == (Debt.CHANGED, grant, at("23:00"), at("23:00"))
    taken_back = book.retract(grant)
    assert desk.owing() == []
    book.retract(taken_back)
    book.say(desk.other, "denied", desk.ministry, said="23:10")
    book.wait("23:20")
    fold = book.same(desk.claim, desk.other)
    assert (desk.one().claim, desk.one().now.state) == (desk.claim, State.DISPUTED)
    assert desk.due() == (Debt.CHANGED, fold, at("23:20"), at("23:00"))


def test_by_a_policy() -> None:
    """Two originals corroborate; the desk asks for three; and takes that back."""
    desk = Desk()
    desk.book.say(desk.claim, "reported", desk.afp, said="22:00")
    desk.book.say(desk.claim, "reported", desk.reuters, said="22:10")
    desk.book.publish(desk.claim)
    desk.book.wait("23:00")
    by = desk.book.policy(3)
    assert desk.one().told.state is State.CORROBORATED
    assert desk.due() == (Debt.WRONG, by, at("23:00"), at("23:00"))
    desk.book.retract(by)
    assert desk.owing() == []


def test_a_claim_that_is_folded_stands_as_the_one_it_folds_under() -> None:
    """Both confirmed, then one: what was told of the first still holds. The second is denied: both are owed."""
    desk = Desk()
    desk.confirmed()
    desk.book.say(desk.other, "confirmed", desk.ministry, said="22:10")
    desk.book.publish(desk.claim, desk.other)
    desk.book.same(desk.claim, desk.other)
    assert desk.owing() == []
    by = desk.book.say(desk.other, "denied", desk.ministry, said="23:00")
    assert [(each.claim, [(due.reason, due.by) for due in each.dues]) for each in desk.owing()] == [
        (desk.claim, [(Debt.WRONG, by)]),
        (desk.other, [(Debt.WRONG, by)]),
    ]


def test_of_a_thousand_claims_each_is_owed() -> None:
    """One grant is taken back, and all that rested on it falls at once."""
    desk = Desk()
    grant = next(e.index for e in desk.book.entries if e.word == "authority")
    claims = [desk.book.claim(desk.story) for _ in range(1_000)]
    for claim in claims:
        desk.book.say(claim, "confirmed", desk.ministry, said="21:00")
    desk.book.publish(*claims)
    by = desk.book.retract(grant)
    assert [each.claim for each in desk.owing()] == claims
    assert {(due.reason, due.by) for each in desk.owing() for due in each.dues} == {(Debt.WRONG, by)}


def test_what_is_to_be_told_now_needs_no_publication() -> None:
    """The same function says it of any prefix, and of a claim that nobody named yet."""
    desk = Desk()
    by = desk.book.say(desk.claim, "reported", DESK, said="22:00")
    found = told(desk.facts, [desk.claim, desk.other])
    assert (found[desk.claim].state, found[desk.other].state) == (State.CONFIRMED, None)
    assert told(First(desk.facts, by), [desk.claim])[desk.claim].state is None
