"""Files that are no table, or a broken one: each is refused by name, or is handled, and nothing is written."""

from __future__ import annotations

import gzip
import io
import os
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ledger.book import importing
from ledger.book.importing import read_file
from ledger.errors import Problem, Unavailable
from ledger.formats.csv import MAX_LINE
from tests.shell import Shell
from tests.stored import as_somebody_else

HEAD = "text,story,status,source,source_kind,said\n"
ROW = "One died,paris,reported,AFP,agency,2017-04-20 22:30\n"
Line = str | bytes


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch).init()


def zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return held.getvalue()


REFUSED: dict[str, tuple[Line, str]] = {
    "latin-1": (
        (HEAD + ROW + "Été,paris,reported,AFP,agency,\n").encode("latin-1"),
        "bad.csv:3: is not UTF-8 (byte C9 at character 1) (expected UTF-8)",
    ),
    "windows-1252 after many lines": (
        (HEAD + ROW * 300 + "a caf\xe9 shut,paris,reported,AFP,agency,\n").encode("cp1252"),
        "bad.csv:302: is not UTF-8 (byte E9 at character 6) (expected UTF-8)",
    ),
    "half a character at the end": (
        (HEAD + ROW + "Été").encode()[:-1],
        "bad.csv:3: is not UTF-8 (byte C3 at character 3) (expected UTF-8)",
    ),
    "utf-16": ((HEAD + ROW).encode("utf-16"), "bad.csv:1: is UTF-16 (expected UTF-8)"),
    "utf-16 big": (b"\xfe\xff" + (HEAD + ROW).encode("utf-16-be"), "bad.csv:1: is UTF-16 (expected UTF-8)"),
    "utf-16 without a mark": (
        (HEAD + ROW).encode("utf-16-le"),
        "bad.csv:1: holds U+0000: a file of another kind, or UTF-16 (expected a text file in UTF-8)",
    ),
    "a surrogate": (
        (HEAD + ROW).encode() + b"\xed\xa0\x80,paris,reported,AFP,agency,\n",
        "bad.csv:3: is not UTF-8 (byte ED at character 1) (expected UTF-8)",
    ),
    "zip": (zipped(), "bad.csv:1: the file is a zip archive, as .xlsx and .ods are (expected a sheet saved as CSV)"),
    "gzip": (
        gzip.compress((HEAD + ROW).encode(), mtime=0),
        "bad.csv:1: is not UTF-8 (byte 8B at character 2) (expected UTF-8)",
    ),
    "an old spreadsheet": (
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512),
        "bad.csv:1: is not UTF-8 (byte D0 at character 1) (expected UTF-8)",
    ),
    "a page of the web": (
        "<!DOCTYPE html>\n<html><body>Sign in</body></html>\n",
        "bad.csv:1: <!doctype_html>: is no column of this format (expected one of index, kind,",
    ),
    "empty": ("", "bad.csv:1: the file is empty (expected a row of column names)"),
    "blank lines": ("\n \r\n\n", "bad.csv:1: the file is empty (expected a row of column names)"),
    "a mark alone": ("\ufeff", "bad.csv:1: the file is empty (expected a row of column names)"),
    "a header alone": (HEAD, "bad.csv:1: the file has a header and no rows (expected at least one row)"),
    "a header without an end": (HEAD.strip(), "bad.csv:1: the file has a header and no rows (expected at least one"),
    "a header twice": (
        HEAD.replace("story", "text") + ROW,
        "bad.csv:1: text: is the name of more than one column (expected each name once)",
    ),
    "a header twice, in other letters": (
        HEAD.replace("story", "Text ") + ROW,
        "bad.csv:1: text: is the name of more than one column (expected each name once)",
    ),
    "a mistyped header": (
        HEAD.replace("status", "statsu") + ROW,
        "bad.csv:1: statsu: is no column of this format; did you mean status? (expected one of",
    ),
    "another delimiter": (
        (HEAD + ROW).replace(",", "^"),
        "bad.csv:1: text^story^status^source^source_kind^said: is no column of this format",
    ),
    "a cell without a column": (
        HEAD.strip() + ",\n" + ROW.strip() + ",more\n",
        "bad.csv:2: column 7 has no name in the header (got 'more')",
    ),
    "a short row": (
        HEAD + ROW + "One died,paris\n",
        "bad.csv:3: the row has another length than the header (expected 6 cells, as in the header, got 2)",
    ),
    "a long row": (
        HEAD + ROW.strip() + ",more\n" + ROW,
        "bad.csv:2: the row has another length than the header (expected 6 cells, as in the header, got 7)",
    ),
    "a short row after one of three lines": (
        HEAD + '"One\n\ndied",paris,reported,AFP,agency,\nno more\n',
        "bad.csv:5: the row has another length than the header (expected 6 cells, as in the header, got 1)",
    ),
    "a quote never closed": (
        HEAD + '"One died,paris,reported,AFP,agency,\n' + ROW * 3,
        "bad.csv:5: a quoted cell is never closed; what follows cannot be read",
    ),
    "a quote inside": (
        HEAD + '"One "is" dead",paris,reported,AFP,agency,\n',
        "bad.csv:2: a quote stands inside a quoted cell; write it twice; what follows cannot be read",
    ),
    "U+0000": (
        HEAD + "One\0died,paris,reported,AFP,agency,\n",
        "bad.csv:2: holds U+0000: a file of another kind, or UTF-16 (expected a text file in UTF-8)",
    ),
    "a cell of 200,000 characters": (
        HEAD + '"' + "x" * 200_000 + '",paris,reported,AFP,agency,\n',
        "bad.csv:2: a cell has more than 131,072 characters; what follows cannot be read",
    ),
    "a line of more than a million": (
        HEAD + "x" * (MAX_LINE + 1),
        "bad.csv:2: the line has more than 1,000,000 characters (expected one row a line)",
    ),
    "a row of lines without end": (
        HEAD + '"' + 'x","x\n' * 400_000,
        "the row has more than 1,000,000 characters (expected one row a line)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("more", [(), ("--dry-run",)], ids=["for real", "dry run"])
def test_a_bad_file_is_refused_by_name(shell: Shell, name: str, more: tuple[str, ...]) -> None:
    content, told = REFUSED[name]
    Path("bad.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    said = shell.refused(1, "import", "bad.csv", *more)
    assert said.startswith("claims: nothing was imported")
    assert told in said.replace("\n", " "), said
    assert said.endswith("next: mend the file and import it again\n")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_sheet_as_programs_save_it_is_taken(shell: Shell, delimiter: str, mark: str, end: str) -> None:
    text = mark + (HEAD + "\n" + ROW + ",,,,,\n").replace(",", delimiter).replace("\n", end)
    Path("night.csv").write_bytes(text.encode())
    assert shell.ok("import", "night.csv", "--json").json == {"rows": 1, "written": 4, "size": 8, "dry_run": False}


def test_a_cell_may_have_several_lines(shell: Shell) -> None:
    row = 'One died,paris,reported,AFP,agency,22:30,"one\r\n""two"", said he"\r\n'
    Path("night.csv").write_bytes((HEAD.replace("said", "said,quote").replace("\n", "\r\n") + row).encode())
    shell.ok("import", "night.csv")
    assert shell.ok("why", "One died", "--json").json["statements"][0]["quote"] == 'one\n"two", said he'


def test_a_row_without_a_line_end_and_a_last_blank_column_are_taken(shell: Shell) -> None:
    Path("night.csv").write_text(HEAD.strip() + ",\n" + ROW.strip() + ",", encoding="utf-8")
    assert shell.ok("import", "night.csv", "--json").json["rows"] == 1


def test_what_is_no_file_cannot_be_read(shell: Shell) -> None:
    Path("folder.csv").mkdir()
    os.mkfifo("pipe.csv")
    twice = "is no file on a disk, and an import reads it twice"
    for name, why in (
        ("folder.csv", "is a directory"),
        ("missing.csv", "no such file or directory"),
        ("missing/night.csv", "no such file or directory"),
        ("/dev/null", twice),
        ("/dev/zero", twice),
        ("pipe.csv", twice),
    ):
        said = shell.refused(3, "import", name)
        assert said.startswith(f"claims: {name}: cannot be read: {why}\nnext: "), said


def test_a_map_that_cannot_be_read_is_named(shell: Shell) -> None:
    Path("night.csv").write_text(HEAD + ROW, encoding="utf-8")
    Path("latin.toml").write_bytes('[columns]\ntext = "Été"'.encode("latin-1"))
    assert "latin.toml: cannot be read: is not UTF-8" in shell.refused(3, "import", "night.csv", "--map", "latin.toml")
    assert "none.toml: cannot be read: no such file" in shell.refused(3, "import", "night.csv", "--map", "none.toml")


def test_a_file_that_one_may_not_read(shell: Shell) -> None:
    path = Path("night.csv")
    path.write_text(HEAD + ROW, encoding="utf-8")
    path.chmod(0)
    before = shell.bytes()
    with (
        as_somebody_else(),
        pytest.raises(Unavailable, match="cannot be read: permission denied"),
        importing.lines_of(path, lambda _: None),
    ):
        pass
    assert shell.bytes() == before


HUNDRED_MB = 100_000_000


def pieces(character: str) -> Callable[[int], str]:
    """What `readline` gives of a file of 100 MB in one line, without there being one."""
    left = HUNDRED_MB

    def readline(limit: int) -> str:
        nonlocal left
        line = character * min(limit, left)
        left -= len(line)
        return line

    return readline


def problems_of(name: str, lines: Iterator[str]) -> tuple[list[str], int]:
    """What is wrong with the file, and how much memory it took to say so."""
    zone, now = ZoneInfo("UTC"), datetime(2017, 4, 21, tzinfo=UTC)
    tracemalloc.start()
    try:
        found = read_file(lines, name, chart=None, story=None, zone=zone, now=now, raw=False)
        told = [str(each) for each in found if isinstance(each, Problem)]
        return told, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["night.csv", "night.jsonl"])
def test_a_line_of_100_mb_is_refused_after_its_first_million(name: str) -> None:
    read = 0

    def note(characters: int) -> None:
        nonlocal read
        read += characters

    told, peak = problems_of(name, importing._pieces(pieces("x"), note))
    assert told == ["line 1: the line has more than 1,000,000 characters (expected one row a line)"]
    assert read <= MAX_LINE + 1
    assert peak < 20_000_000


def test_a_row_of_100_mb_in_short_lines_is_refused_too() -> None:
    def lines() -> Iterator[str]:
        yield HEAD
        yield '"x\n'
        yield from iter(lambda: 'x","x\n', "")

    told, peak = problems_of("night.csv", lines())
    assert len(told) == 1
    assert "the row has more than 1,000,000 characters" in told[0]
    assert peak < 100_000_000


def test_a_real_line_of_100_mb(shell: Shell) -> None:
    """On disk, through the command."""
    with Path("long.csv").open("wb") as file:
        file.write(HEAD.encode())
        for _ in range(100):
            file.write(b"x" * 1_000_000)
    said = shell.refused(1, "import", "long.csv")
    assert "long.csv:2: the line has more than 1,000,000 characters" in said
