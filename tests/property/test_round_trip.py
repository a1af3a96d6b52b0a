"""Any ledger, exported as CSV and imported into an empty one, says the same of every claim.

Indexes, salts and recorded times are the new ledger's own; whatever is said to a reader is the old one's.
"""

from __future__ import annotations

import random
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.book import Clock, Ledger
from ledger.encoding import reference_to
from ledger.errors import LedgerError
from ledger.model import Content, Entry, Statement
from ledger.resolver import Fold
from ledger.store import Store
from ledger.vocabulary import Mistake, Part, SourceKind, Status
from tests.ledgers import DESK, Book
from tests.newsroom import KINDS, Newsroom
from tests.property.test_backup import allowed
from tests.stored import dressed
from tests.strategies import books

FORMS = st.sampled_from([(delimiter, raw) for delimiter in (",", ";", "\t") for raw in (False, True)])
Told = dict[str, Any]


def new(path: Path, zone: str = "UTC") -> Ledger:
    return Ledger.create(path, origin="example.org/other", zone=zone, recorder="Zoë")


def keep(path: Path, entries: list[Entry], *, keyed: bool) -> None:
    """Put entries into a new file as a desk would have recorded them."""
    with Store.create(path) as store, store.writing() as writer:
        fold = Fold(writer, voices=writer.voices, tallies=writer.tallies)
        for entry in entries:
            entry, contents = dressed(entry, keyed=keyed)
            if entry.index == DESK:
                contents = {Part.NAME: Content("0" * 64, "desk")}
                entry = replace(entry, parts={Part.NAME: reference_to(contents[Part.NAME])})
            writer.append(entry, contents)
            fold.step(entry)


def told(ledger: Ledger) -> list[Told]:
    """What the board says, without indexes."""
    return [
        {
            "text": row.text,
            "story": row.story,
            "state": row.state,
            "accepted": row.accepted,
            "held": row.held,
            "computed": row.computed,
            "successor": (row.successor_text, row.successor_state),
            # What nobody dated counts as said when it was recorded, and that is another time here.
            "times": (row.first_said, row.first_source, row.since) if dated(ledger) else None,
            "sides": (row.for_, row.against, row.dissent),
        }
        for row in ledger.board()
    ]


def timeline(ledger: Ledger) -> list[tuple[Any, ...]]:
    """The changes of state by what had been said, where somebody knows when it was."""
    return [
        (row.text, line.at, line.state)
        for row in ledger.board()
        for line in ledger.history(row.claim, clock=Clock.SAID)
    ]


def dated(ledger: Ledger) -> bool:
    """Whether somebody knows of every statement when it was said."""
    with ledger._store.reading() as reader:
        return all(e.body.said is not None for e in reader.entries() if isinstance(e.body, Statement))


def through_csv(ledger: Ledger, folder: Path, form: tuple[str, bool]) -> Ledger:
    """Export, import into an empty ledger, and again: that adds nothing."""
    delimiter, raw = form
    _, entries = ledger.export_csv(folder / "out", held=True, delimiter=delimiter, raw=raw)
    other = new(folder / "other.db")
    tried = other.import_file(entries, raw=raw, dry_run=True)
    assert other.size == 4
    done = other.import_file(entries, raw=raw)
    assert (done.rows, done.written, done.size) == (tried.rows, tried.written, tried.size)
    assert other.import_file(entries, raw=raw).written == 0
    return other


@settings(max_examples=max(20, settings().max_examples // 3))
@given(books(), FORMS, st.booleans())
def test_a_ledger_comes_back_from_its_csv(book: Book, form: tuple[str, bool], keyed: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keep(folder / "claims.db", allowed(book), keyed=keyed)
        with (
            Ledger.open(folder / "claims.db", recorder="Ana") as ledger,
            through_csv(ledger, folder, form) as other,
        ):
            assert other.verify().findings == ()
            assert told(other) == told(ledger)
            if dated(ledger):
                assert timeline(other) == timeline(ledger)


WORDS = ("=1+1", "'tis so", "a; b", "a, b", 'so "they" say', "One\ttab", "Ça, là", "@onlooker", "it — is", "+33 rang")


class Night:
    """Acts of a desk through the façade, thrown by a seed: odd words, internal notes, mended mistakes."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.dice = random.Random(seed)
        self.room = Newsroom.founded(folder)
        self.room.clock.set("23:40")
        self.made: list[int] = []

    def run(self, acts: int) -> Ledger:
        for number in range(acts):
            self._say(number)
            self._mend()
        return self.room.ledger

    def _say(self, number: int) -> None:
        dice = self.dice
        status = dice.choice([status for status in Status if status is not Status.WITHDRAWN])
        by = dice.choice([*KINDS, "desk"])
        via = [] if by == "desk" else [each for each in ("AFP", "BFM") if each != by and dice.random() < 0.4]
        words = dice.choice(WORDS).replace("\t", " ")
        said = None if dice.random() < 0.2 else f"22:{dice.randrange(60):02}"
        more: Told = {"to": f"{dice.choice(WORDS[:4])} instead"} if status.points else {}
        receipt = self.room.say(
            f"{words} claim {number % 4}",
            status,
            by,
            said,
            via=via,
            new=True,
            story=("paris", "lyon")[number % 2],
            quote=f"{dice.choice(WORDS)}\n{dice.choice(WORDS)}",
            note=dice.choice(WORDS) + " note",
            url="https://example.org/1",
            internal=[part for part in (Part.QUOTE, Part.NOTE, Part.URL) if dice.random() < 0.5],
            **more,
        )
        self.made.append(receipt.index)

    def _mend(self) -> None:
        ledger, dice = self.room.ledger, self.dice
        index = dice.choice(self.made)
        acts = (
            lambda: ledger.retract(index, Mistake.OTHER, note=dice.choice(WORDS)),
            lambda: ledger.retract(ledger.size - 1, Mistake.MISTYPED),
            lambda: ledger.retract(3, Mistake.OTHER),
            lambda: ledger.hold(index),
            lambda: ledger.release(index),
            lambda: ledger.set_policy(dice.randrange(1, 4)),
            lambda: ledger.vet("a police source", True),
            lambda: ledger.vet("BFM", False, claim=index),
            lambda: ledger.grant("Interior Ministry", claim=index),
            lambda: ledger.grant("Paris police", story="paris"),
            lambda: ledger.group("BFM", dice.choice(["AFP", None])),
            lambda: ledger.amend_source("AFP", dice.choice([SourceKind.NEWSPAPER, SourceKind.AGENCY])),
            lambda: ledger.same(index, dice.choice(self.made)),
            lambda: ledger.wording(index, f"{dice.choice(WORDS[:3])}, put otherwise {ledger.size}"),
        )
        for act in dice.sample(acts, 2):
            # What the rules refuse at this point of the night is not done.
            with suppress(LedgerError):
                act()


@pytest.mark.parametrize("seed", range(6))
def test_a_night_at_the_desk_comes_back(seed: int, tmp_path: Path) -> None:
    """With words that a spreadsheet would run, several lines, and parts that the export withholds."""
    ledger = Night(tmp_path, seed).run(14)
    form = ((",", False), (";", True), ("\t", False))[seed % 3]
    with through_csv(ledger, tmp_path, form) as other:
        assert told(other) == told(ledger)
        assert [(line.kind, line.live) for line in other.log()][4:] == [
            (line.kind, line.live) for line in ledger.log()
        ][4:]
        assert other.verify().findings == ()
    ledger.close()


def test_what_is_withheld_stays_withheld(tmp_path: Path) -> None:
    room = Newsroom.founded(tmp_path)
    room.say(
        "One", Status.REPORTED, "AFP", "22:30", quote="the secret words", note="by telephone", internal=[Part.QUOTE]
    )
    with through_csv(room.ledger, tmp_path, (",", False)) as other:
        assert other.size == room.ledger.size
        line = other.why("One").statements[0]
        assert (line.quote, line.note) == (None, "by telephone")
    assert b"secret" not in (tmp_path / "other.db").read_bytes()
    room.ledger.close()
