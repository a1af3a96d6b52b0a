"""CSV, for whatever a cell may hold."""

import csv as stdlib
import io
import string
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
from hypothesis import example, given

from ledger.formats.columns import NAMES, NEEDS, USES
from ledger.formats.csv import DELIMITERS, Record, guard, read, unguard, write
from ledger.formats.rows import Row, read_rows, write_rows
from ledger.model import Document
from ledger.times import Moment
from ledger.vocabulary import Kind, Mistake, Part, Precision, Reason, SourceKind, Status

STARTS = "=+-@＝＋－＠'\t\r\n"
SIGNS = st.sampled_from(STARTS + "\u00a0 ;,|\"'a")
TEXT = st.text(st.one_of(SIGNS, st.characters(codec="utf-8", exclude_characters="\x00")))
delimiters = st.sampled_from([*DELIMITERS.values()])


@given(TEXT)
@example("'=1")
@example(" '")
def test_a_guard_is_undone_exactly(cell):
    assert unguard(guard(cell)) == cell


@given(TEXT)
def test_no_guarded_cell_starts_as_a_formula(cell):
    guarded = guard(cell)
    assert guarded.lstrip()[:1] not in tuple("=+-@＝＋－＠")
    assert guarded[:1] not in tuple("\t\r\n")


@given(TEXT)
def test_a_leading_apostrophe_is_always_one_that_was_added(cell):
    assert guard(cell).startswith("'") == (guard(cell) != cell)


@given(TEXT)
def test_a_cell_that_no_guard_wrote_is_guarded_and_undone_too(cell):
    """Unguarding takes off at most one sign, and only what a guard would put there again."""
    assert unguard(cell) in (cell, cell[1:])
    assert unguard(cell) == cell or guard(unguard(cell)) == cell


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2)), delimiters, st.booleans())
def test_the_standard_reader_reads_what_is_written(table, delimiter, raw):
    text = "".join(write(["a", "b"], table, delimiter=delimiter, raw=raw)).removeprefix("\ufeff")
    found = list(stdlib.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    assert [[cell if raw else unguard(cell) for cell in row] for row in found[1:]] == table


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=1), delimiters, st.booleans())
@example([["", "0"], ["", "\n"]], ",", False)
def test_what_is_written_reads_back_but_for_blank_cells(table, delimiter, raw):
    text = "".join(write(["a", "b"], table, delimiter=delimiter, raw=raw))
    found = list(read(io.StringIO(text, newline=""), columns=("a", "b"), raw=raw))
    filled = [{name: cell for name, cell in zip("ab", row, strict=True) if cell.strip()} for row in table]
    if any(filled):
        assert [each.cells for each in found if isinstance(each, Record)] == [cells for cells in filled if cells]


LINE = st.text(st.one_of(SIGNS, st.characters(codec="utf-8", categories=("L", "N", "P", "S"))), min_size=1).map(
    lambda text: "x" + text.replace("\r", "").replace("\n", "")
)
LONG = st.text(st.one_of(SIGNS, st.characters(codec="utf-8", categories=("L", "P"))), min_size=1).map(
    lambda text: text.replace("\r", "") + "."
)
INDEX = st.integers(0, 2**53 - 1)
TIME = st.integers(-(10**15), 4 * 10**15).map(
    lambda micros: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)
DIGEST = st.text(string.digits + "abcdef", min_size=64, max_size=64)
maybe = st.none
VALUES = {
    "source_kind": st.sampled_from(SourceKind),
    "status": st.sampled_from([status for status in Status if not status.points]),
    "recorded": TIME,
    "said": st.builds(Moment, TIME, st.sampled_from(Precision)),
    "why": st.sampled_from(Reason),
    "mistake": st.sampled_from(Mistake),
    "part": st.sampled_from(Part),
    "vetted": st.booleans(),
    "held": st.booleans(),
    "published": st.builds(Moment, TIME, st.sampled_from(Precision)),
    "as_said": TIME,
    "claims": st.lists(INDEX, min_size=1, max_size=3).map(tuple),
    "size": INDEX,
    "policy_index": INDEX,
    "via": st.lists(LINE, min_size=1, max_size=1).map(tuple),
    "via_kind": st.lists(maybe() | st.sampled_from(SourceKind), min_size=1, max_size=1).map(tuple),
    "via_index": st.lists(INDEX, min_size=1, max_size=1).map(tuple),
    "evidence": st.builds(Document, LINE, maybe() | LINE, maybe() | DIGEST, maybe() | INDEX, maybe() | LINE),
    "quote": LONG,
    "note": LONG,
    **dict.fromkeys(("claim", "to", "target", "quorum", "story_index", "source_index", "group_index"), INDEX),
}


@st.composite
def rows(draw):
    """A row of any kind: all that it needs, and some of what it may have. Without an index, and pointing nowhere."""
    kind = draw(st.sampled_from(Kind))
    needed = {draw(st.sampled_from(choice)) for choice in NEEDS[kind]}
    used = [name for name in NAMES if name in USES[kind] - {"index", "kind", "precision"}]
    chosen = needed | draw(st.sets(st.sampled_from(used)))
    if kind is Kind.STATEMENT:
        chosen -= {"to", "to_text"}
    if "via_kind" in chosen:
        chosen.add("via")
    named = {"mistake" if name == "why" and kind is Kind.RETRACT else name for name in chosen}
    return Row(kind=kind, **{name: draw(VALUES.get(name, LINE)) for name in sorted(named)})


@given(st.lists(rows(), min_size=1, max_size=5), delimiters, st.booleans())
def test_a_row_of_any_kind_reads_back_as_it_was(written, delimiter, raw):
    text = "".join(write_rows(written, delimiter=delimiter, raw=raw))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert list(read_rows(io.StringIO(text, newline=""), zone=ZoneInfo("UTC"), now=now, raw=raw)) == written


@given(st.text(), st.booleans())
def test_whatever_is_read_ends_in_rows_and_problems(text, header):
    """Nothing else is raised, whatever the file holds."""
    given_text = ("text,source,status\n" if header else "") + text
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for each in read_rows(io.StringIO(given_text, newline=""), zone=ZoneInfo("UTC"), now=now):
        assert str(each)


def test_the_generator_knows_every_field():
    told = {each.name for each in fields(Row)} - {"line", "place", "mistake", "told", "usual_kind"}
    assert told == set(NAMES) - {"precision"}
