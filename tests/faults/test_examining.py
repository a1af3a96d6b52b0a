"""A test of the test: whatever a fault could do to a ledger, the examination after it would see."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.book import Ledger
from ledger.vocabulary import SourceKind, Status
from tests.soak.crew import Crew, Stuck, Told, kill, stop, wait_for_acts, wait_until
from tests.soak.examining import held_at, losses
from tests.soak.places import Files
from tests.soak.writing import GROUP, STORY, Address, claim_of, quote_of, say, source_of
from tests.stored import tamper

MARK = "w1"
ACTS = GROUP + 2
AGENCY = SourceKind.AGENCY


@pytest.fixture
def address(tmp_path: Path) -> Address:
    return Files(tmp_path).new_ledger()


@pytest.fixture
def told(address: Address) -> Told:
    """What a writer was told that did its acts in peace."""
    with address.open(recorder=f"Recorder {MARK}") as ledger:
        done = {number: say(ledger, MARK, number).index for number in range(ACTS)}
    return Told(MARK, done, ACTS)


def only(address: Address, told: Told) -> str:
    """The one loss there is."""
    found = losses(address, [told])
    assert len(found) == 1, found
    return found[0]


def opened(address: Address) -> Ledger:
    return address.open(recorder="Ana")


def test_what_was_written_in_peace_is_all_there(address: Address, told: Told) -> None:
    assert losses(address, [told]) == []
    with opened(address) as ledger:
        assert held_at(address).size == ledger.size


def test_an_act_in_doubt_may_be_there_or_not(address: Address, told: Told) -> None:
    told.tried += 1
    assert losses(address, [told]) == []
    with address.open(recorder=f"Recorder {MARK}") as ledger:
        say(ledger, MARK, ACTS)
    assert losses(address, [told]) == []
    assert told.unknown == 1


def test_a_lost_act_is_seen(address: Address, told: Told) -> None:
    told.done[ACTS] = 99
    told.tried += 1
    assert only(address, told) == f"'{quote_of(MARK, ACTS)}' was acknowledged as entry 99, and is in none"


def test_an_act_in_another_place_is_seen(address: Address, told: Told) -> None:
    told.done[1] += 1
    assert f"and is in [{told.done[1] - 1}]" in only(address, told)


def test_an_act_that_nobody_did_is_seen(address: Address, told: Told) -> None:
    del told.done[ACTS - 1]
    told.tried -= 1
    assert only(address, told).startswith(f"nobody wrote '{quote_of(MARK, ACTS - 1)}'")


def test_a_doubled_act_is_seen(address: Address, told: Told) -> None:
    with opened(address) as ledger:
        ledger.record(claim_of(MARK, 0), Status.DENIED, by=source_of(MARK, 0), said=None, quote=quote_of(MARK, 0))
    assert "is doubled" in only(address, told)


def test_an_act_that_was_refused_and_is_there_is_seen(address: Address, told: Told) -> None:
    told.hear(b'["refused", 6, "Unavailable", "the disk is full, so nothing was written"]\n')
    assert losses(address, [told]) == []
    del told.done[6]
    assert "was not written, as its writer was told" in only(address, told)
    told.hear(b'["refused", 6, "Lost", "the server broke off"]\n')
    assert losses(address, [told]) == []


def test_a_torn_act_is_seen(address: Address, told: Told) -> None:
    """A claim and a source of which there is no statement, and statements of a claim that is another's."""
    torn, other = Told("w2", {}, 1), Told("w3", {}, 1)
    with address.open(recorder="Recorder w2") as ledger:
        at = ledger.record(
            claim_of("w2", 0), Status.DENIED, by=source_of("w2", 0), by_kind=AGENCY, story=STORY, said=None, new=True
        )
        ledger.record(at.claim or 0, Status.DENIED, by=source_of("w2", 0), said=None, quote=quote_of("w3", 0))
    found = losses(address, [told, torn, other])
    lone = [f"{text!r} is there without a statement" for text in (claim_of("w2", 0), source_of("w2", 0), "Recorder w2")]
    missing = [f"{text!r} is missing" for text in (claim_of("w3", 0), source_of("w3", 0), "Recorder w3")]
    quoteless = [f"entry {at.index} has lost its quote", f"nobody wrote 'nothing in {at.index}', entry [{at.index}]"]
    assert sorted(found) == sorted([*lone, *missing, *quoteless])


def test_damage_is_seen(address: Address, told: Told) -> None:
    tamper(Path(address.where), "DELETE FROM voices")
    found = losses(address, [told])
    assert found
    assert all(each.startswith("check: ") for each in found)


def test_what_a_writer_met_that_is_no_answer_is_a_loss(address: Address, told: Told) -> None:
    told.hear(b'["broke", 1, "AttributeError: no"]\n')
    assert only(address, told) == f"{MARK} met AttributeError: no"


def test_a_writer_tells_what_became_of_its_acts(address: Address, crew: Crew) -> None:
    first, second = crew.start_all(address, 2)
    wait_for_acts([first, second], 3)
    kill([first])
    heir = crew.start_again(first, address)
    wait_for_acts([heir])
    stop([heir, second])
    assert [first.ended(), heir.ended(), second.ended()] == [-9, 0, 0]
    assert heir.what is first.what
    assert heir.what.unknown == second.what.unknown == 0
    assert losses(address, [heir.what, second.what]) == []


def test_a_writer_that_meets_something_else_than_an_answer_breaks(crew: Crew, tmp_path: Path) -> None:
    """That there is no ledger is an answer, and it asks again; that an address is none is not."""
    refused, broken = crew.start(Address(str(tmp_path / "none.db"))), crew.start(Address("mysql://nowhere/at-all"))
    wait_until("it is refused", lambda: bool(refused.told().refused))
    kill([refused])
    assert broken.ended() == 1
    assert broken.what.broke[0].startswith("ledger.errors.Misused: ")


def test_what_does_not_come_is_not_waited_for_for_ever() -> None:
    with pytest.raises(Stuck, match="the moon: not within 0 s"):
        wait_until("the moon", lambda: False, 0.01)
