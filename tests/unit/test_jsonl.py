"""JSON Lines: one object a line, with the names of the columns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.errors import Problem
from ledger.formats.csv import MAX_LINE, Record
from ledger.formats.jsonl import read

COLUMNS = ("text", "status", "via", "quorum", "vetted", "evidence", "key")


def told(*lines: str, foreign: bool = False) -> list[Any]:
    """The cells of each record, each problem as its message."""
    found = read([f"{line}\n" for line in lines], columns=COLUMNS, foreign=foreign)
    return [str(each) if isinstance(each, Problem) else each.cells for each in found]


def test_values_become_cells_as_a_sheet_would_have_them() -> None:
    row = {"text": "a\n“b”", "quorum": 3, "vetted": True, "via": ["BFM", None, "AFP"], "status": None, "key": " "}
    assert told(json.dumps(row)) == [{"text": "a\n“b”", "quorum": "3", "vetted": "true", "via": '["BFM", null, "AFP"]'}]
    assert told('{"evidence": {"url": "https://x.org", "size": 4}}') == [
        {"evidence": '{"url": "https://x.org", "size": 4}'}
    ]


def test_a_cell_is_not_unguarded() -> None:
    """No spreadsheet touched it, so a leading sign is a sign."""
    assert told('{"text": "\'=1"}') == [{"text": "'=1"}]


def test_lines_are_numbered_and_blank_ones_passed_over() -> None:
    lines = ["\ufeff\n", "\n", '{"Text": "x"}\r\n', " \n", "{}"]
    found = list(read(lines, columns=COLUMNS))
    assert found == [Record(3, {"text": "x"}), Record(5, {})]


def test_other_names_are_told_unless_a_map_chose() -> None:
    line = '{"text": "x", "headline": "y"}'
    assert told(line) == [f"line 1: headline: is no column of this format (expected one of {', '.join(COLUMNS)})"]
    assert told(line, foreign=True) == [{"text": "x"}]


NO_OBJECT = 'line 1: is not a JSON object (expected an object, as in {"text": "…"})'
NO_JSON = "line 1: is not JSON (expected one JSON object a line)"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("text,status", NO_JSON),
        ('{"text": "x"', NO_JSON),
        ("{'text': 'x'}", NO_JSON),
        ('{"text": "x"} {"text": "y"}', NO_JSON),
        ('{"quorum": NaN}', NO_JSON),
        ('{"quorum": -Infinity}', NO_JSON),
        ('{"quorum": ' + "1" * 5000 + "}", NO_JSON),
        ('{"text": "a\tb"}', NO_JSON),
        ('{"text": ' + "[" * 100_000 + "]" * 100_000 + "}", NO_JSON),
        ("[]", NO_OBJECT),
        ('["text"]', NO_OBJECT),
        ('[{"text": "x"}]', NO_OBJECT),
        ('"text"', NO_OBJECT),
        ("3", NO_OBJECT),
        ("null", NO_OBJECT),
        ('{"text": "x", "Text": "y"}', "line 1: text: stands twice in the object"),
        ('{"text": "a\\ud83d b"}', "line 1: text: holds a lone surrogate (U+D83D), which is no text"),
        ('{"key": "\\udc00"}', "line 1: key: holds a lone surrogate (U+DC00), which is no text"),
        ('{"text": "\udcc9t\udcc9"}', "line 1: is not UTF-8 (byte C9 at character 11) (expected UTF-8)"),
        ('{"text": "\0"}', "line 1: holds U+0000: a file of another kind, or UTF-16 (expected a text file in UTF-8)"),
        ("PK\x03\x04", "line 1: the file is a zip archive, as .xlsx and .ods are (expected a sheet saved as CSV)"),
        ("\udcff\udcfe{", "line 1: is UTF-16 (expected UTF-8)"),
    ],
    ids=range(22),
)
def test_what_is_no_row_is_told(line: str, why: str) -> None:
    assert told(line) == [why]


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert told('{"text": "\\ud83d\\ude00"}') == [{"text": "😀"}]


@pytest.mark.parametrize("depth", [300, 700, 900, 960, 990, 1_000])
def test_a_value_in_a_value_in_a_value_is_read_or_told(depth: int) -> None:
    found = told('{"text": ' + "[" * depth + "]" * depth + "}")
    assert found in ([{"text": "[" * depth + "]" * depth}], [NO_JSON], ["line 1: text: is nested too deeply"])


def test_a_bad_line_does_not_end_the_reading_but_one_that_is_no_text_does() -> None:
    assert told("x", '{"text": "y"}', "\udcff", '{"text": "z"}') == [
        NO_JSON,
        {"text": "y"},
        "line 3: is not UTF-8 (byte FF at character 1) (expected UTF-8)",
    ]
    assert told("x" * (MAX_LINE + 1)) == [
        "line 1: the line has more than 1,000,000 characters (expected one row a line)"
    ]


def test_a_long_file_is_no_long_line() -> None:
    assert len(told(*[json.dumps({"text": "x" * 1_000})] * 2_000)) == 2_000


@pytest.mark.parametrize("lines", [[], ["", "  "], ["\ufeff"]])
def test_an_empty_file_is_told(lines: list[str]) -> None:
    assert told(*lines) == ["line 1: the file is empty (expected one JSON object a line)"]
