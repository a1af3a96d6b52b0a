"""CSV as spreadsheets open it: RFC 4180 with CRLF, UTF-8 with a byte-order mark, no cell that runs as a formula.

The mark is what makes a spreadsheet read UTF-8. A cell that it would run as a formula gets a ``'`` in front
(:func:`guard`), which a reader takes off again (:func:`unguard`). ``raw`` leaves out both, for machines.

The standard library's ``csv`` does the quoting; this module shadows it for nobody, since imports are absolute.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from ledger.errors import Misused, Problem

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
"""What may stand between two cells, by name."""

MARK = "\ufeff"
"""The byte-order mark: as UTF-8 the bytes EF BB BF."""

MAX_LINE = 1_000_000
"""The most characters of one line of a file, and of all the lines of one row. A caller need never read more than one
more than that at a time.
"""

_CHUNK = 65_536
# Some spreadsheets skip spaces before a formula, and some take the full-width signs for the plain ones.
_RUNS = re.compile(r"['\t\r\n]|\s*[=+\-@＝＋－＠]")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_QUOTING = {
    "unexpected end": "a quoted cell is never closed",
    "field limit": f"a cell has more than {csv.field_size_limit():,} characters",
    "new-line character": "a carriage return stands in a cell without quotes",
    "expected after": "a quote stands inside a quoted cell; write it twice",
}


class Record(NamedTuple):
    """One row as read: the line that it starts on, and the cells that are not blank, by column.

    What stands on no line of its own, as in JSON-LD, has a ``place``.
    """

    line: int
    cells: dict[str, str]
    place: str = ""

    @property
    def where(self) -> str:
        """Where it was read, as problems name it."""
        return self.place or f"line {self.line}"


def guard(cell: str) -> str:
    """Put a ``'`` before what a spreadsheet would run as a formula, and before a leading ``'`` itself.

    That is a cell that starts with tab, CR or LF, or whose first character after any spaces is one of ``= + - @`` or
    a full-width one of them. No cell that this returns does, and :func:`unguard` undoes it exactly.
    """
    return "'" + cell if _RUNS.match(cell) else cell


def unguard(cell: str) -> str:
    """Take off the ``'`` that :func:`guard` put there. Leaves a ``'`` that no guard would have put."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell, 1) else cell


def delimiter_named(text: str) -> str:
    """Find a delimiter by its name or as itself. Raises :class:`Misused` for any but the four of ``DELIMITERS``."""
    found = DELIMITERS.get(text.strip().casefold(), text)
    if found in DELIMITERS.values():
        return found
    names = " or ".join(f"{name} ({sign})" if sign != "\t" else name for name, sign in DELIMITERS.items())
    raise Misused(f"delimiter: {text!r}: cannot stand between cells", next=f"give {names}")


def write(
    header: Sequence[str], records: Iterable[Sequence[str]], *, delimiter: str = ",", raw: bool = False
) -> Iterator[str]:
    """Write a table as chunks of text, to be encoded as UTF-8 as they are; memory does not grow with ``records``.

    Raises :class:`Misused` at once for a delimiter that cannot be.
    """
    return _chunks(header, records, delimiter_named(delimiter), raw)


def _chunks(header: Sequence[str], records: Iterable[Sequence[str]], delimiter: str, raw: bool) -> Iterator[str]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    buffer.write("" if raw else MARK)
    writer.writerow(header)
    for record in records:
        writer.writerow(record if raw else [guard(cell) for cell in record])
        if buffer.tell() >= _CHUNK:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def read(
    lines: Iterable[str], *, columns: Collection[str], raw: bool = False, foreign: bool = False
) -> Iterator[Record | Problem]:
    """Read a table whose header names some of ``columns``, in any order.

    A ``foreign`` table must name them all, and may have others, which are passed over.

    ``lines`` keep their line ends. Read a file as UTF-8 with ``newline=""`` and ``errors="surrogateescape"``, so that
    bytes of another encoding are told by line. The delimiter is seen from the header. Blank rows are passed over. What
    is wrong with the header or with the quoting ends the reading; a row of the wrong length is told and passed over.
    """
    source = _Lines(lines)
    try:
        first = source.first()
        if first is None:
            yield Problem("line 1", "the file is empty", expected="a row of column names")
            return
        yield from _table(source, first, columns, raw, foreign)
    except _Unreadable as found:
        yield found.problem
    except csv.Error as error:
        why = next((plain for sign, plain in _QUOTING.items() if sign in str(error)), str(error))
        yield Problem(f"line {source.number}", f"{why}; what follows cannot be read")


def text_lines(lines: Iterable[str]) -> Iterator[tuple[int, str | Problem]]:
    """Number the lines of a text, without the mark; what is no text is the last, as a problem."""
    source = _Lines(lines)
    try:
        for line in source:
            source.begin()
            yield source.number, line
    except _Unreadable as found:
        yield source.number, found.problem


class _Unreadable(Exception):
    def __init__(self, number: int, why: str, expected: str | None = None) -> None:
        super().__init__(why)
        self.problem = Problem(f"line {number}", why, expected)


class _Lines:
    """The lines of a file, counted, without the mark. Stops at what is no text."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._held = 0
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        self._held += len(line)
        if self._held > MAX_LINE:
            what = "line" if len(line) > MAX_LINE else "row"
            raise _Unreadable(self.number, f"the {what} has more than {MAX_LINE:,} characters", "one row a line")
        if self.number == 1:
            if line.startswith(("\udcff\udcfe", "\udcfe\udcff")):
                raise _Unreadable(1, "is UTF-16", "UTF-8")
            line = line.removeprefix(MARK)
            if line.startswith("PK\x03\x04"):
                raise _Unreadable(1, "the file is a zip archive, as .xlsx and .ods are", "a sheet saved as CSV")
        if foreign := _NOT_UTF8.search(line):
            byte = f"byte {ord(foreign[0]) - 0xDC00:02X}"
            raise _Unreadable(self.number, f"is not UTF-8 ({byte} at character {foreign.start() + 1})", "UTF-8")
        if "\x00" in line:
            raise _Unreadable(self.number, "holds U+0000: a file of another kind, or UTF-16", "a text file in UTF-8")
        return line

    def first(self) -> str | None:
        """The first line that is not blank."""
        for line in self:
            if line.strip():
                return line
            self.begin()
        return None

    def begin(self) -> None:
        """The lines from here on are of another row."""
        self._held = 0


def _table(
    source: _Lines, first: str, columns: Collection[str], raw: bool, foreign: bool
) -> Iterator[Record | Problem]:
    delimiter = _delimiter(first, columns)
    line = source.number
    header = [column_name(name) for name in next(_cells([first], delimiter))]
    if foreign:
        header = [name if name in columns else "" for name in header]
    problems = list(_check_header(header, line, columns, foreign))
    if problems:
        yield from problems
        return
    rows = 0
    source.begin()
    for cells in _cells(source, delimiter):
        source.begin()
        start, line = line + 1, source.number
        if not raw:
            cells = [unguard(cell) for cell in cells]
        if not any(cell.strip() for cell in cells):
            continue
        rows += 1
        yield _record(start, header, cells, foreign)
    if not rows:
        yield Problem(f"line {line}", "the file has a header and no rows", expected="at least one row")


def _cells(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    # Strict: else a quote that is never closed would swallow the rest of the file without a word.
    return csv.reader(lines, delimiter=delimiter, strict=True)


def _delimiter(header: str, columns: Collection[str]) -> str:
    def fits(delimiter: str) -> tuple[int, int]:
        names = [column_name(name) for name in header.split(delimiter)]
        return len(set(names) & set(columns)), len(names)

    return max(DELIMITERS.values(), key=fits)


def column_name(name: str) -> str:
    """A column's name as it is compared: no case, and spaces and hyphens as underscores."""
    return re.sub(r"[\s-]+", "_", name.strip().strip('"').strip().casefold())


def _check_header(header: list[str], line: int, columns: Collection[str], foreign: bool) -> Iterator[Problem]:
    known = ", ".join(columns)
    if foreign:
        for name in columns:
            if name not in header:
                yield Problem(f"line {line}: {name}", "is a column of the map, and not of the file")
        if not columns:
            return
    if not any(header):
        yield Problem(f"line {line}", "the header names no column", expected=f"some of {known}")
    for name in dict.fromkeys(name for name in header if name):
        if name not in columns:
            near = difflib.get_close_matches(name, columns, 1)
            why = "is no column of this format" + (f"; did you mean {near[0]}?" if near else "")
            yield Problem(f"line {line}: {name}", why, expected=f"one of {known}")
        elif header.count(name) > 1:
            yield Problem(f"line {line}: {name}", "is the name of more than one column", expected="each name once")


def _record(line: int, header: list[str], cells: list[str], foreign: bool) -> Record | Problem:
    spare = cells[len(header) :]
    if len(cells) < len(header) or any(cell.strip() for cell in spare):
        expected = f"{len(header)} cells, as in the header"
        return Problem(f"line {line}", "the row has another length than the header", expected, str(len(cells)))
    filled = {}
    for position, (name, cell) in enumerate(zip(header, cells, strict=False), start=1):
        if not cell.strip() or (foreign and not name):
            continue
        if not name:
            return Problem(f"line {line}", f"column {position} has no name in the header", got=repr(cell[:60]))
        filled[name] = cell
    return Record(line, filled)
