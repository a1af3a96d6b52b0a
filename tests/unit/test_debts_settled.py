"""What a corrective settles, and what it does not: each docstring is the story, the assertions what it comes to."""

from __future__ import annotations

from ledger.debts import tellings
from ledger.vocabulary import Debt, State
from tests.ledgers import at
from tests.unit.test_debts import Desk


def test_a_settlement_for_all_and_what_changes_after_it() -> None:
    """Denied at 23:00, settled at 23:10; confirmed at 23:20: owed again, to those who were told that it is denied."""
    desk = Desk()
    desk.confirmed()
    out = desk.book.publish(desk.claim)
    desk.denied("23:00")
    desk.book.wait("23:10")
    settled = desk.book.settle(out)
    assert desk.owing() == []
    by = desk.confirmed("23:20")
    owing = desk.one()
    assert (owing.telling.index, owing.telling.at, owing.told.state) == (settled, at("23:10"), State.DENIED)
    assert desk.due() == (Debt.WRONG, by, at("23:20"), at("23:20"))


def test_a_settlement_for_some_claims() -> None:
    desk = Desk()
    desk.confirmed()
    desk.book.say(desk.other, "confirmed", desk.ministry, said="22:10")
    out = desk.book.publish(desk.claim, desk.other)
    desk.denied("23:00")
    desk.book.say(desk.other, "denied", desk.ministry, said="23:00")
    settled = desk.book.settle(out, desk.other)
    assert {claim: telling.index for claim, telling in tellings(desk.facts, out).items()} == {
        desk.claim: out,
        desk.other: settled,
    }
    assert [each.claim for each in desk.owing()] == [desk.claim]
    desk.book.settle(out)
    assert desk.owing() == []


def test_a_settlement_that_was_our_mistake_settles_nothing() -> None:
    desk = Desk()
    desk.confirmed()
    out = desk.book.publish(desk.claim)
    by = desk.denied("23:00")
    settled = desk.book.settle(out)
    retracted = desk.book.retract(settled)
    assert desk.due()[:2] == (Debt.WRONG, by)
    assert desk.one().telling.index == out
    desk.book.retract(retracted)
    assert desk.owing() == []


def test_a_settlement_as_of_what_was_known_tells_that_and_no_more() -> None:
    """Denied at 23:00, disputed at 23:10, settled at 23:20 with a text that was written at 23:05."""
    desk = Desk()
    desk.confirmed()
    out = desk.book.publish(desk.claim)
    desk.denied("23:00")
    size = len(desk.book.entries)
    rival = desk.book.source("official")
    desk.book.grant(rival, story=desk.story)
    by = desk.book.say(desk.claim, "confirmed", rival, said="23:10")
    desk.book.settle(out, size=size)
    assert (desk.one().told.state, desk.one().now.state) == (State.DENIED, State.DISPUTED)
    assert desk.due()[:2] == (Debt.CHANGED, by)


def test_a_settlement_reaches_its_own_publication_alone() -> None:
    desk = Desk()
    desk.confirmed()
    first, second = desk.book.publish(desk.claim), desk.book.publish(desk.claim)
    desk.denied("23:00")
    desk.book.settle(first)
    assert [each.publication for each in desk.owing()] == [second]


def test_a_retracted_publication_owes_nothing_and_a_restored_one_does() -> None:
    desk = Desk()
    desk.confirmed()
    out = desk.book.publish(desk.claim)
    by = desk.denied("23:00")
    retracted = desk.book.retract(out)
    assert desk.owing() == []
    desk.book.retract(retracted)
    assert desk.due()[:2] == (Debt.WRONG, by)
