"""The dialect: what is written opens in a spreadsheet and runs nowhere; what is read is right or told."""

import csv as stdlib
import io

import pytest

from ledger.errors import Misused, Problem
from ledger.formats.claims import COLUMNS, write_claims
from ledger.formats.csv import MAX_LINE, Record, delimiter_named, guard, read, unguard, write
from tests.golden.csv.example import CLAIMS

KNOWN = ("kind", "text", "to_text", "source")


def lines(text):
    return io.StringIO(text, newline="")


def records(text, **options):
    return list(read(lines(text), columns=KNOWN, **options))


def problems(text, **options):
    return [str(each) for each in records(text, **options) if isinstance(each, Problem)]


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r",
        "\n=1",
        "'",
        "'=1",
        "''",
        "  =1",
        "\u00a0@x",
        "＝1",
        "＋",
        "－",
        "＠",
        "\u3000＝1",
    ],
)
def test_what_a_spreadsheet_would_run_is_guarded(cell):
    assert guard(cell) == "'" + cell
    assert unguard(guard(cell)) == cell


@pytest.mark.parametrize("cell", ["", "a=1", "1-1", "(=1)", " a", '["=1"]', "12", "’tis", "–1"])
def test_what_it_would_not_is_left(cell):
    assert guard(cell) == cell


def test_an_apostrophe_that_no_guard_would_put_stays():
    """A person types 'tis into a file by hand."""
    assert unguard("'tis") == "'tis"
    assert unguard("''tis") == "'tis"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_standard_reader_agrees_cell_by_cell(delimiter):
    table = [["a,b", 'say "so"', "two\nlines"], ["x;y", "t\tab", ""], ["", "p|q", "é 𝄞"]]
    text = "".join(write(["one", "two", "three"], table, delimiter=delimiter))
    assert text.startswith("\ufeff") and text.endswith("\r\n")
    read_back = list(stdlib.reader(lines(text.removeprefix("\ufeff")), delimiter=delimiter, strict=True))
    assert read_back == [["one", "two", "three"], *table]


def test_only_what_needs_quotes_has_them():
    assert (
        "".join(write(["a", "b"], [["1", 'x"y'], ["p,q", "r\ns"]], raw=True)) == 'a,b\r\n1,"x""y"\r\n"p,q","r\ns"\r\n'
    )


def test_raw_has_neither_mark_nor_guard():
    assert "".join(write(["a"], [["=1"], ["'x"]], raw=True)) == "a\r\n=1\r\n'x\r\n"
    assert "".join(write(["a"], [["=1"], ["'x"]])) == "\ufeffa\r\n'=1\r\n''x\r\n"


def test_a_big_table_is_written_in_chunks():
    taken = []

    def table():
        for number in range(10_000):
            taken.append(number)
            yield ["x" * 100]

    chunks = write(["a"], table())
    first = next(chunks)
    assert len(first) < 70_000
    assert len(taken) < 1_000
    assert len(first + "".join(chunks)) == 1 + 3 + 10_000 * 102


def test_an_unfit_delimiter_is_refused_at_once():
    with pytest.raises(Misused, match="delimiter: '\\^': cannot stand between cells") as caught:
        write(["a"], [], delimiter="^")
    assert caught.value.next == "give comma (,) or semicolon (;) or tab or pipe (|)"
    assert delimiter_named("Tab") == delimiter_named("\t") == "\t"


def test_no_cell_of_claims_csv_runs():
    text = "".join(write_claims(CLAIMS))
    for row in stdlib.reader(lines(text.removeprefix("\ufeff"))):
        assert len(row) == len(COLUMNS)
        assert not [cell for cell in row if cell.lstrip()[:1] in tuple("=+-@＝＋－＠") or cell[:1] in tuple("\t\r\n")]


def test_the_columns_of_claims_csv_are_fixed():
    assert " ".join(COLUMNS) == (
        "claim text story state accepted held computed successor successor_text successor_state first_said "
        "first_source since because for against dissent evidence as_said as_known size policy"
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiter_line_end_and_mark_are_seen(delimiter, end, mark):
    text = mark + f'text{delimiter}source{end}\'=a{delimiter}"b{delimiter}c"{end}'
    assert records(text) == [Record(2, {"text": "=a", "source": f"b{delimiter}c"})]


def test_headers_may_be_written_as_a_person_would():
    assert records('Kind;"To text"\nclaim;x\n') == [Record(2, {"kind": "claim", "to_text": "x"})]


def test_lines_are_counted_in_the_file():
    """Blank lines, a cell of three lines, then two rows."""
    found = records('\n\ntext,source\n"a\nb\nc",d\n\n,\ne,f\n')
    assert [each.line for each in found] == [4, 9]
    assert found[0].cells["text"] == "a\nb\nc"


def test_spare_empty_cells_and_columns_are_no_matter():
    assert records("text,source,,\na,b\n") == [
        Problem("line 2", "the row has another length than the header", "4 cells, as in the header", "2")
    ]
    assert records("text,source,,\na,b,, ,,\n") == [Record(2, {"text": "a", "source": "b"})]


def test_raw_is_read_as_it_stands():
    assert records("text\n'=a\n", raw=True) == [Record(2, {"text": "'=a"})]


KNOWN_SAID = "expected one of kind, text, to_text, source"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["line 1: the file is empty (expected a row of column names)"]),
        ("\n\r\n  \n", ["line 1: the file is empty (expected a row of column names)"]),
        ("\ufeff", ["line 1: the file is empty (expected a row of column names)"]),
        ("text,source\n", ["line 1: the file has a header and no rows (expected at least one row)"]),
        ("text,source\n,\n\n", ["line 3: the file has a header and no rows (expected at least one row)"]),
        (",,\na,b,c\n", ["line 1: the header names no column (expected some of kind, text, to_text, source)"]),
        (
            "soruce,text,colour\na,b,c\n",
            [
                f"line 1: soruce: is no column of this format; did you mean source? ({KNOWN_SAID})",
                f"line 1: colour: is no column of this format ({KNOWN_SAID})",
            ],
        ),
        (
            "text,source,text\na,b,c\n",
            ["line 1: text: is the name of more than one column (expected each name once)"],
        ),
        (
            "text,source\na\nb,c,d\n",
            [
                "line 2: the row has another length than the header (expected 2 cells, as in the header, got 1)",
                "line 3: the row has another length than the header (expected 2 cells, as in the header, got 3)",
            ],
        ),
        ("text,,source\na,b,c\n", ["line 2: column 2 has no name in the header (got 'b')"]),
        (
            'text,source\n"a,b\nc,d\n',
            ["line 3: a quoted cell is never closed; what follows cannot be read"],
        ),
        (
            'text,source\n"a"b,c\n',
            ["line 2: a quote stands inside a quoted cell; write it twice; what follows cannot be read"],
        ),
        (
            f"text\n{'a' * 131_073}\n",
            ["line 2: a cell has more than 131,072 characters; what follows cannot be read"],
        ),
        (
            f"text\n{'a' * (MAX_LINE + 1)}\n",
            ["line 2: the line has more than 1,000,000 characters (expected one row a line)"],
        ),
        (
            b"text\ncaf\xe9\n".decode("utf-8", "surrogateescape"),
            ["line 2: is not UTF-8 (byte E9 at character 4) (expected UTF-8)"],
        ),
        (
            "text\na\n".encode("utf-16").decode("utf-8", "surrogateescape"),
            ["line 1: is UTF-16 (expected UTF-8)"],
        ),
        (
            "text\na\n".encode("utf-16-le").decode("utf-8", "surrogateescape"),
            ["line 1: holds U+0000: a file of another kind, or UTF-16 (expected a text file in UTF-8)"],
        ),
        (
            "PK\x03\x04\x14\x00",
            ["line 1: the file is a zip archive, as .xlsx and .ods are (expected a sheet saved as CSV)"],
        ),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_a_bad_file_is_told(text, told):
    assert problems(text) == told


def test_a_carriage_return_inside_a_line_is_told():
    """Lines that were not split where the file ends them."""
    found = [str(each) for each in read(["text,source\n", "a\rb,c\n"], columns=KNOWN)]
    assert found == ["line 2: a carriage return stands in a cell without quotes; what follows cannot be read"]
