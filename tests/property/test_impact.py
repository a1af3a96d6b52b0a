"""What is supposed is what would really follow, and a published file is known again: on random ledgers, in files."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.book import AsOf, DebtRow, Impact, Ledger
from ledger.errors import Rejected
from ledger.formats.claims import COLUMNS
from ledger.model import Entry, Recorder, Source, Statement
from ledger.resolver import Acts, Memory
from ledger.store import Store
from ledger.times import Moment
from ledger.vocabulary import Likeness, Mistake, Status
from tests.ledgers import Book, of_kind
from tests.property.test_backup import allowed
from tests.property.test_debts import published_books
from tests.stored import dump, record

FEWER = settings(max_examples=max(15, settings().max_examples // 20), deadline=None)
numbers = st.integers(0, 10**6)
Row = tuple[Any, ...]


@contextmanager
def kept(entries: list[Entry], now: datetime) -> Iterator[tuple[Ledger, Path]]:
    """The ledger in a file of a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "claims.db"
        with Store.create(path) as store:
            record(store, entries)
        with opened(path, entries, now) as ledger:
            yield ledger, path


def opened(path: Path, entries: list[Entry], now: datetime) -> Ledger:
    named = of_kind(entries, Recorder)[0]
    return Ledger.open(path, recorder=f"recorder-{named}", clock=lambda: now)


@contextmanager
def copied(path: Path, entries: list[Entry], now: datetime) -> Iterator[Ledger]:
    with tempfile.TemporaryDirectory() as name:
        shutil.copy(path, Path(name) / "claims.db")
        with opened(Path(name) / "claims.db", entries, now) as ledger:
            yield ledger


def board(ledger: Ledger) -> dict[int, Row]:
    return {row.claim: (row.state, row.successor, row.successor_state) for row in ledger.board()}


def _owed(row: DebtRow) -> Row:
    successor = (row.told_successor, row.successor, row.successor_state)
    return row.told, row.state, *successor, row.held, tuple(due.reason for due in row.dues)


def debts(ledger: Ledger) -> dict[tuple[int, int], Row]:
    return {(row.publication, row.claim): _owed(row) for row in ledger.debts()}


def holds(found: Impact, before: Ledger, after: Ledger) -> None:
    """What was supposed is the difference between two ledgers: of the boards, and of what is owed."""
    then, now = board(before), board(after)
    differing = {claim for claim in {*then, *now} if then.get(claim) != now.get(claim)}
    assert {each.claim: (each.before, each.after, each.successor) for each in found.claims} == {
        claim: (then.get(claim, (None,))[0], now.get(claim, (None,))[0], now.get(claim, (None, None))[1])
        for claim in differing
    }
    owed, would = debts(before), debts(after)
    supposed = {(each.publication, each.claim): each for each in found.owed}
    for key, row in supposed.items():
        assert would[key] == _owed(row)
    more = {key for key, row in would.items() if key not in owed or owed[key] != row}
    assert {key for key in more if key not in owed or set(would[key][-1]) - set(owed[key][-1])} <= set(supposed) <= more


@FEWER
@given(published_books(), numbers)
def test_if_an_entry_fell(book: Book, number: int) -> None:
    """Every entry is asked for, a few are really retracted in a copy; nothing is written for the asking."""
    entries = allowed(book)
    now = entries[-1].recorded
    with kept(entries, now) as (ledger, path):
        bytes_before = dump(path)
        found = {}
        for entry in entries:
            if not (isinstance(entry.body, Source) and entry.body.amends is None):
                with suppress(Rejected):
                    found[entry.index] = ledger.impact(entry.index)
        assert dump(path) == bytes_before
        chosen = sorted(found)[number % 3 :: 3] if found else []
        for index in chosen[:3]:
            with copied(path, entries, now) as copy:
                copy.retract(index, Mistake.OTHER)
                holds(found[index], ledger, copy)
        for index in set(range(len(entries))) - set(found) - set(of_kind(entries, Source)):
            with pytest.raises(Rejected):
                ledger.retract(index, Mistake.OTHER)


@FEWER
@given(published_books(), numbers)
def test_if_a_source_took_back_all_it_said(book: Book, number: int) -> None:
    """Its live words and those of who speaks for it; of an outlet those that only it has, too."""
    entries = allowed(book)
    sources = [each for each in of_kind(entries, Source) if entries[each].body.amends is None]
    source = sources[number % len(sources)]
    acts = Acts(Memory(entries))
    speakers = {each for each in sources if source in (each, acts.root(each), entries[each].body.relayer)}
    said = [e.body for e in entries if isinstance(e.body, Statement) and acts.live(e.index)]
    words = {
        (claim, body.chain): None
        for body in said
        for claim in (body.claim, body.to)
        if body.speaker in speakers and claim is not None
    }
    now = max([entries[-1].recorded, *(body.said.at for body in said if body.said)])
    with kept(entries, now) as (ledger, path):
        found = ledger.impact(source)
        assert found.supposed == len(words)
        assert ledger.size == len(entries)
        later = Moment(now + datetime.resolution)
        with copied(path, entries, later.at) as copy:
            for claim, chain in words:
                copy.record(claim, Status.WITHDRAWN, by=chain[0], via=chain[1:], said=later)
            holds(found, ledger, copy)


FORMS = st.sampled_from([(",", False), (";", False), ("\t", True), (",", True)])


@FEWER
@given(published_books(), numbers, FORMS, st.booleans(), st.booleans(), st.booleans(), st.data())
def test_a_published_file_is_known_again(
    book: Book, number: int, form: tuple[str, bool], held: bool, later: bool, as_said: bool, data: st.DataObject
) -> None:
    """Whatever it was asked for, and whatever was recorded since; and with one cell changed, it is told from it."""
    entries = allowed(book)
    size = 5 + number % (len(entries) - 4)
    stories = [None, *(e.index for e in entries[:size] if e.word == "story")]
    said = entries[size - 1].recorded if as_said else None
    story = stories[number % len(stories)]
    with kept(entries[: size if later else None], entries[-1].recorded) as (ledger, path):
        asked = AsOf(None if later else size, said)
        delimiter, raw = form
        claims, _ = ledger.export_csv(
            path.parent / "out", story=story, as_of=asked, held=held, delimiter=delimiter, raw=raw
        )
        if later:
            with Store.open(path) as store:
                record(store, entries)
        text = claims.read_bytes().decode()
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))
        if len(rows) == 1:
            with pytest.raises(Rejected, match="has no rows"):
                ledger.recheck(claims)
            return
        gone = any(e.word == "redaction" for e in entries[size:])
        found = ledger.recheck(claims)
        assert found.likeness is Likeness.EXACT or (later and gone and found.likeness is Likeness.REDACTED)
        assert (found.size, found.as_said) == (size, said)
        at = data.draw(st.integers(1, len(rows) - 1)), data.draw(st.integers(0, len(COLUMNS) - 1))
        changed(ledger, claims, rows, at, form, gone=gone and later)


def changed(
    ledger: Ledger, path: Path, rows: list[list[str]], at: tuple[int, int], form: tuple[str, bool], *, gone: bool
) -> None:
    """With another cell at one place the file is told from the ledger's, with its line; or says no moment at all.

    Of a cell whose words are gone nobody can tell.
    """
    line, column = at
    delimiter, raw = form
    rows[line][column] = rows[line][column] + "9"
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    path.write_text(("" if raw else "\ufeff") + text.getvalue(), encoding="utf-8", newline="")
    if COLUMNS[column] in ("size", "as_said", "as_known"):
        # Another moment than in the other rows, or none; of a single row it may be one that gives other rows.
        with suppress(Rejected):
            assert ledger.recheck(path).likeness is not Likeness.EXACT
        return
    found = ledger.recheck(path)
    if gone and found.likeness is Likeness.REDACTED:
        assert COLUMNS[column] in (
            "text",
            "story",
            "successor_text",
            "because",
            "first_source",
            "for",
            "against",
            "dissent",
        )
        return
    assert (found.likeness, found.line) == (Likeness.DIFFERENT, line + 1), (COLUMNS[column], found)
    assert found.column in (COLUMNS[column], "claim")
