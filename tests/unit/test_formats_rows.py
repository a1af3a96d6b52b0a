"""Rows: what a person writes with few columns, what an export writes with all, and what is wrong with either."""

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ledger.errors import Problem
from ledger.formats.columns import COLUMNS, NAMES, NEEDS, OWN_WORDS, USES
from ledger.formats.rows import Row, read_rows, write_rows
from ledger.model import Document
from ledger.times import Moment
from ledger.vocabulary import Kind, Mistake, Precision, Reason, SourceKind, Status

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2017, 4, 20, 22, 0, tzinfo=UTC)


def read(text, **options):
    return list(read_rows(io.StringIO(text, newline=""), zone=PARIS, now=NOW, **options))


def one(header, cells):
    (row,) = read(f"{header}\n{cells}\n")
    return row


def told(header, cells):
    return [str(each) for each in read(f"{header}\n{cells}\n") if isinstance(each, Problem)]


def at(hour, minute, second=0):
    return datetime(2017, 4, 20, hour, minute, second, tzinfo=UTC)


def test_few_columns_make_a_statement():
    assert one("text,source,status", "A man was killed,BFM,Reported") == Row(
        text="A man was killed", source="BFM", status=Status.REPORTED
    )


def test_a_row_knows_its_line():
    rows = read("text,source,status\n\nx,BFM,denied\ny,BFM,denied\n")
    assert [row.line for row in rows] == [3, 4]


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2017-04-20T22:57+02:00", Moment(at(20, 57), Precision.MINUTE)),
        ("2017-04-20 22:57:31", Moment(at(20, 57, 31), Precision.SECOND)),
        ("22h57", Moment(at(20, 57), Precision.MINUTE)),
        ("2017-04-20", Moment(datetime(2017, 4, 19, 22, tzinfo=UTC), Precision.DAY)),
        ("2017-04-20T20:57:00.000000Z", Moment(at(20, 57), Precision.SECOND)),
        (" Unknown ", None),
        ("", None),
    ],
)
def test_times_are_read_as_a_person_writes_them(said, moment):
    assert one("text,source,status,said", f"x,BFM,denied,{said}").said == moment


def test_a_precision_that_is_told_holds():
    row = one("text,source,status,said,precision", "x,BFM,denied,2017-04-20T20:00:00.000000Z,hour")
    assert row.said == Moment(at(20, 0), Precision.HOUR)


@pytest.mark.parametrize(
    ("cell", "via"),
    [
        ("BFM", ("BFM",)),
        ('"[""BFM"", ""Reuters""]"', ("BFM", "Reuters")),
        ('"BFM, Paris"', ("BFM, Paris",)),
        ("[]", ()),
    ],
)
def test_one_relayer_needs_no_array(cell, via):
    assert one("text,source,status,via", f"x,y,denied,{cell}").via == via


def test_new_sources_in_a_chain_have_their_kinds_beside_them():
    row = one("text,source,source_kind,status,via,via_kind", 'x,y,witness,denied,"[""A"",""B""]","[null,""agency""]"')
    assert (row.source_kind, row.via_kind) == (SourceKind.WITNESS, (None, SourceKind.AGENCY))


def test_a_withheld_name_has_its_index():
    row = one("claim,source_index,status,via,via_index", '3,4,denied,"[null,""B""]","[5,6]"')
    assert (row.via, row.via_index, row.source, row.source_index) == ((None, "B"), (5, 6), None, 4)


def test_evidence_may_be_a_bare_address():
    assert one("kind,target,evidence", "evidence,3,https://example.org/a").evidence == Document("https://example.org/a")


def test_the_column_why_is_read_by_kind():
    assert one("kind,target,why", "retract,3,misheard").mistake is Mistake.MISHEARD
    assert one("text,source,status,to_text,why", "x,BFM,corrected,y,hoax").why is Reason.HOAX


def test_line_ends_in_long_texts_become_plain():
    assert one("text,source,status,quote", 'x,BFM,denied,"a\r\nb\rc"').quote == "a\nb\nc"


STATUSES = "reported, confirmed, denied, corrected, superseded, unconfirmed, withdrawn"
CELLS = [
    ("kind,text", "statment,x", "kind: is not in the list (expected " + ", ".join(Kind) + ", got 'statment')"),
    ("text,source,status", "x,BFM,maybe", f"status: is not in the list (expected {STATUSES}, got 'maybe')"),
    ("source,status", "BFM,denied", "text: is missing; a row of kind statement needs it (expected text or claim)"),
    ("text,source", "x,BFM", "status: is missing; a row of kind statement needs it"),
    (
        "text,status",
        "x,denied",
        "source: is missing; a row of kind statement needs it (expected source or source_index)",
    ),
    (
        "text,source,status",
        "x,BFM,corrected",
        "to_text: is missing; corrected needs the claim that takes its place (expected to_text or to)",
    ),
    ("text,source,status,to", "x,BFM,denied,4", "to: does not go with denied (expected an empty cell, got '4')"),
    (
        "text,source,status,said",
        "x,BFM,denied,tonight",
        "said: cannot be read (expected 22:57, 2017-04-20, 2017-04-20 22:57 or 2017-04-20T22:57:00+02:00, "
        "got 'tonight')",
    ),
    (
        "text,source,status,said",
        "x,BFM,denied,2017-03-26 02:30",
        "said: never happened in Europe/Paris, where the clocks changed "
        "(expected 2017-03-26T03:30+02:00 or 2017-03-26T01:30+01:00, got '2017-03-26 02:30')",
    ),
    (
        "text,source,status,precision",
        "x,BFM,denied,hour",
        "precision: is told of no time (expected said, or an empty cell, got 'hour')",
    ),
    (
        "text,source,status,said,precision",
        "x,BFM,denied,unknown,hour",
        "precision: is told of no time (expected said, or an empty cell, got 'hour')",
    ),
    (
        "claim,source,status",
        "the second officer,BFM,denied",
        "claim: is no whole number (expected digits alone, got 'the second officer')",
    ),
    ("claim,source,status", "-1,BFM,denied", "claim: is no whole number (expected digits alone, got '-1')"),
    (
        "claim,source,status",
        "9007199254740992,BFM,denied",
        "claim: is no whole number (expected digits alone, got '9007199254740992')",
    ),
    (
        "text,source,status",
        "x,14,denied",
        "source: is a bare number, and a bare number always means an index "
        "(expected a name; indexes have a column of their own, got '14')",
    ),
    (
        "text,source,status,vetted",
        "x,BFM,denied,true",
        "vetted: does not belong to a row of kind statement (expected an empty cell, got 'true')",
    ),
    ("kind,source,vetted", "vet,BFM,yes", "vetted: is neither true nor false (expected true or false, got 'yes')"),
    (
        "text,source,status,via",
        'x,y,denied,"[BFM]"',
        """via: is no JSON (expected as in ["BFM"] or {"url": "https://…"}; quotes are doubled in a CSV cell, """
        "got '[BFM]')",
    ),
    (
        "text,source,status,via",
        'x,y,denied,"[[1]]"',
        """via: is no list of names or numbers (expected a JSON array, as in ["BFM", "Reuters"], got '[[1]]')""",
    ),
    (
        "text,source,status,via",
        'x,y,denied,"[null]"',
        "via: leaves out a name (expected a name in every place, or via_index, got '[null]')",
    ),
    (
        "text,source,status,via,via_index",
        'x,y,denied,A,"[1,2]"',
        "via_index: has another length than via (expected 1 in the order of via, got '[1,2]')",
    ),
    (
        "text,source,status,via_index",
        'x,y,denied,"[1,null]"',
        "via_index: leaves out an index (expected an index in every place, got '[1,null]')",
    ),
    (
        "text,source,status,via_kind",
        "x,y,denied,agency",
        "via_kind: has another length than via (expected 0 in the order of via, got 'agency')",
    ),
    (
        "kind,source,source_kind,via",
        'source,x,witness,"[""A"",""B""]"',
        """via: a source is told apart by its first relayer alone (expected one name, got '["A","B"]')""",
    ),
    (
        "kind,target,evidence",
        'evidence,3,"{""url"":""https://a.org"",""hash"":""x""}"',
        "evidence: has an unknown member 'hash' (expected url, archived_url, sha256, size, media_type, "
        """got '{"url":"https://a.org","hash":"x"}')""",
    ),
    (
        "kind,target,evidence",
        'evidence,3,"{""size"":-1}"',
        """evidence: has a size that is no whole number (got '{"size":-1}')""",
    ),
    ("kind,target,evidence", 'evidence,3,"{""url"":1}"', """evidence: has a url that is no text (got '{"url":1}')"""),
    (
        "kind,target,evidence",
        'evidence,3,"{""sha256"":""AB""}"',
        """evidence: has a sha256 that is not 64 lower-case hex digits (got '{"sha256":"AB"}')""",
    ),
    (
        "kind,target,evidence",
        'evidence,3,"{""url"":""a"",""url"":""b""}"',
        'evidence: is no JSON (expected as in ["BFM"] or {"url": "https://…"}; quotes are doubled in a CSV cell, '
        """got '{"url":"a","url":"b"}')""",
    ),
    ("kind,target,why", "retract,3,hoax", "why: is not in the list (expected " + ", ".join(Mistake) + ", got 'hoax')"),
    (
        "index,kind,target,why",
        "3,retract,3,other",
        "target: names no row above this one (expected less than 3, the index of this row, got '3')",
    ),
    (
        "index,claim,source_index,status,via_index",
        '7,3,4,denied,"[5,9]"',
        "via_index: names no row above this one (expected less than 7, the index of this row, got '[5,9]')",
    ),
    (
        "text,source,status",
        "x,BFM,re\x07ported",
        f"status: is not in the list (expected {STATUSES}, got 're\\x07ported')",
    ),
]


@pytest.mark.parametrize(("header", "cells", "problem"), CELLS, ids=[each[2][:40] for each in CELLS])
def test_a_bad_cell_is_told_in_its_place(header, cells, problem):
    assert told(header, cells) == [f"line 2: {problem}"]


def test_a_long_cell_is_cut_in_the_message():
    (problem,) = told("text,source,status", f"x,BFM,{'a' * 99}")
    assert problem.endswith(f"got '{'a' * 57}…')")


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_columns():
    assert [problem.split(": (")[0].split(" (")[0] for problem in told("vetted,said,status,text", "x,y,z,")] == [
        "line 2: text: is missing; a row of kind statement needs it",
        "line 2: status: is not in the list",
        "line 2: source: is missing; a row of kind statement needs it",
        "line 2: said: cannot be read",
        "line 2: vetted: does not belong to a row of kind statement",
    ]


def test_good_rows_come_through_beside_bad_ones():
    found = read("text,source,status\na,BFM,denied\nb,BFM,\nc,BFM,denied\n")
    assert [each.text if isinstance(each, Row) else each.where for each in found] == ["a", "line 3: status", "c"]


def test_indexes_ascend():
    found = read("index,kind,story\n4,story,a\n4,story,b\n3,story,c\n6,story,d\n,story,e\n")
    assert [str(each) if isinstance(each, Problem) else each.story for each in found] == [
        "a",
        "line 3: index: does not ascend (expected more than 4, the index of a row above, got 4)",
        "line 4: index: does not ascend (expected more than 4, the index of a row above, got 3)",
        "d",
        "e",
    ]


def test_the_limit_is_said():
    found = read("text,source,status\n" + "a,BFM,\n" * 10, limit=3)
    assert [each.where for each in found] == ["line 2: status", "line 3: status", "line 4: status", "the file"]
    assert str(found[-1]) == "the file: has 3 problems so far; what follows was not looked at"


def test_an_export_may_withhold_the_own_words_of_a_row():
    """Internal or redacted: the row keeps its index, and others name it by that."""
    for kind, column in OWN_WORDS.items():
        needed = {"source_kind": "agency", "story_index": "1", "claim": "1", "target": "1"}
        needed |= {"size": "5", "policy_index": "3", "held": "false"}
        filled = {name: cell for name, cell in needed.items() if name in USES[kind]}
        if kind is Kind.SOURCE:
            del filled["target"], filled["story_index"]
        header, cells = ",".join(["index", "kind", *filled]), ",".join(["9", kind, *filled.values()])
        assert told(header, cells) == []
        assert f": {column}: is missing" in told(header.replace("index,", "note,", 1), cells.replace("9", "", 1))[0]


def test_an_empty_name_elsewhere_is_still_missing():
    assert told("index,status,text", "9,denied,x") == [
        "line 2: source: is missing; a row of kind statement needs it (expected source or source_index)"
    ]


def test_the_columns_are_fixed():
    assert " ".join(NAMES) == (
        "index kind recorded recorder story claim text status to to_text source source_kind group via via_kind said "
        "precision why target vetted quorum policy wording lang quote note url evidence key story_index source_index "
        "group_index via_index origin zone part publication title published size as_said claims held sha256 "
        "policy_index"
    )


def test_what_a_kind_needs_it_may_also_use():
    assert NEEDS.keys() == set(Kind)
    for kind, choices in NEEDS.items():
        assert {name for choice in choices for name in choice} <= USES[kind]
    assert all(column.kinds for column in COLUMNS)


def test_reading_does_not_run_ahead():
    """A row is given as soon as it is read: memory does not grow with the file."""
    taken = []

    def lines():
        yield "text,source,status\n"
        for number in range(1_000):
            taken.append(number)
            yield f"claim {number},BFM,denied\n"

    rows = read_rows(lines(), zone=PARIS, now=NOW)
    assert next(rows).text == "claim 0"
    assert len(taken) == 1


def test_an_empty_row_writes_empty_cells():
    assert "".join(write_rows([Row()], raw=True)).splitlines()[1] == ",statement" + "," * (len(NAMES) - 2)
