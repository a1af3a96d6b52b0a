"""A newer version wrote a kind of entry that this one does not know: kept, shown, and never resolved past."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.book import Ledger
from ledger.errors import Unresolvable
from ledger.model import Entry, Unknown
from ledger.vocabulary import Status
from tests.shell import SECOND, STORY


@pytest.fixture
def newer(tmp_path: Path) -> Ledger:
    """A ledger with one claim, and after it an entry of tomorrow."""
    ledger = Ledger.create(tmp_path / "claims.db", origin="example.org/desk", zone="UTC", recorder="Ana")
    ledger.record(SECOND, Status.REPORTED, by="desk", said=ledger.read_time("now"), story=STORY)
    with ledger._store.writing() as writer:
        last = writer.entry(writer.size - 1)
        writer.append(Entry(writer.size, last.recorded, last.recorder, Unknown("embargo", {"until": 9})))
    return ledger


def test_it_is_shown(newer: Ledger) -> None:
    assert [line.summary for line in newer.log()][-1] == (
        "an entry of kind 'embargo', which this version does not know"
    )


def test_nothing_is_resolved_past_it(newer: Ledger) -> None:
    for ask in (newer.board, lambda: newer.why(SECOND), lambda: list(newer.history(SECOND))):
        with pytest.raises(Unresolvable, match="entry 7: kind 'embargo' is not known"):
            ask()


def test_nothing_is_recorded_after_it(newer: Ledger) -> None:
    with pytest.raises(Unresolvable):
        newer.hold(SECOND)
    assert newer.size == 8


def test_what_was_before_it_still_answers(newer: Ledger) -> None:
    assert [row.text for row in newer.board(as_of=newer.as_of(known="6"))] == [SECOND]
