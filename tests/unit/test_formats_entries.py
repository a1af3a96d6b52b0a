"""Entries as rows: every kind writes and reads back, and nothing that is not public goes out."""

import csv as stdlib
import io
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ledger.errors import Unresolvable
from ledger.formats.entries import row_from
from ledger.formats.rows import Row, read_rows, write_rows
from ledger.model import (
    BODIES,
    Authority,
    Claim,
    Evidence,
    Group,
    Hold,
    Opening,
    Policy,
    Publication,
    Recorder,
    Redaction,
    Release,
    Retract,
    Same,
    Settlement,
    Source,
    Statement,
    Story,
    Unknown,
    Vet,
    Wording,
)
from ledger.vocabulary import Kind, Part
from tests.golden.csv.example import LINES, contents, entries

KNOWN = contents()


def rows():
    found = entries()
    return [row_from(entry, found.__getitem__, lambda *part: KNOWN.get(part)) for entry in found]


BODY_OF = {
    Kind.OPENING: lambda row: Opening(row.origin, row.zone),
    Kind.RECORDER: lambda _: Recorder(),
    Kind.STORY: lambda _: Story(),
    Kind.SOURCE: lambda row: Source(
        row.source_kind, row.group_index, (*row.via_index, None)[0], row.story_index, row.target
    ),
    Kind.CLAIM: lambda row: Claim(row.story_index),
    Kind.STATEMENT: lambda row: Statement(
        row.claim, row.status, (row.source_index, *row.via_index), row.said, row.to, row.why
    ),
    Kind.RETRACT: lambda row: Retract(row.target, row.mistake),
    Kind.HOLD: lambda row: Hold(row.claim),
    Kind.RELEASE: lambda row: Release(row.claim),
    Kind.AUTHORITY: lambda row: Authority(row.source_index, row.claim, None if row.claim else row.story_index),
    Kind.VET: lambda row: Vet(row.source_index, row.vetted, row.claim),
    Kind.GROUP: lambda row: Group(row.source_index, row.group_index),
    Kind.POLICY: lambda row: Policy(row.policy.split()[0], int(row.policy.split()[1]), row.quorum),
    Kind.SAME: lambda row: Same(row.claim, row.to),
    Kind.WORDING: lambda row: Wording(row.claim, row.lang),
    Kind.EVIDENCE: lambda row: Evidence(row.target),
    Kind.REDACTION: lambda row: Redaction(row.target, row.part),
    Kind.PUBLICATION: lambda row: Publication(
        row.size, row.policy_index, row.published, row.as_said, row.story_index, row.claims, row.held, row.sha256
    ),
    Kind.SETTLEMENT: lambda row: Settlement(row.target, row.size, row.claims, row.published),
}
# The body of an entry again, from the structure that its row tells.


def test_the_example_has_every_kind():
    assert {type(body) for body, _ in LINES} == set(BODIES.values())


@pytest.mark.parametrize(("delimiter", "raw"), [(",", False), (";", False), ("tab", True)])
def test_every_row_reads_back_as_it_was(delimiter, raw):
    text = "".join(write_rows(rows(), delimiter=delimiter, raw=raw))
    lines = io.StringIO(text, newline="")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert list(read_rows(lines, zone=ZoneInfo("Asia/Kathmandu"), now=now, raw=raw)) == rows()


def test_every_row_tells_the_whole_structure_of_its_entry():
    for entry, row in zip(entries(), rows(), strict=True):
        assert BODY_OF[row.kind](row) == entry.body
        assert (row.index, row.recorded, row.key) == (entry.index, entry.recorded, entry.key)


def test_words_stand_beside_indexes():
    found = rows()
    correction = next(row for row in found if row.to is not None and row.kind is Kind.STATEMENT)
    assert (correction.claim, correction.text, correction.story) == (10, "=A second officer was killed", "paris")
    assert (correction.to, correction.to_text) == (11, 'One officer, "and only one", was killed')
    assert (found[14].source, found[14].via) == ("a police source", ("Reuters",))
    assert (found[8].via, found[8].story) == (("Reuters",), "paris")
    assert (found[9].source, found[9].target) == ("Reuters", 7)
    assert (found[34].target, found[34].part, found[34].note) == (20, Part.QUOTE, "Tribunal de Paris, 12 May 2017")


def test_what_is_internal_or_redacted_stays_in():
    found = rows()
    assert (found[20].quote, found[20].note) == (None, None)
    assert (found[16].source, found[17].source, found[17].source_index) == (None, None, 16)
    text = "".join(write_rows(found))
    assert "our own affair" not in text
    assert "onlooker" not in text


def test_no_cell_runs():
    text = "".join(write_rows(rows())).removeprefix("\ufeff")
    cells = [cell for row in stdlib.reader(io.StringIO(text, newline="")) for cell in row]
    assert any(cell.startswith("'") for cell in cells)
    assert not [cell for cell in cells if cell.lstrip()[:1] in tuple("=+-@＝＋－＠") or cell[:1] in tuple("\t\r\n")]


def test_an_unknown_kind_is_not_passed_off_as_another():
    entry = replace(entries()[5], body=Unknown("seal", {}))
    with pytest.raises(Unresolvable, match="entry 5: is of kind seal"):
        row_from(entry, entries().__getitem__, lambda *part: KNOWN.get(part))


def test_rows_are_values():
    assert rows() == rows()
    assert Row(line=3) == Row(line=4)
