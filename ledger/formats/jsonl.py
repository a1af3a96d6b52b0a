"""JSON Lines: one object a line, with the names of the columns of ``entries.csv``."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NoReturn

from ledger.errors import Problem
from ledger.formats.csv import Record, column_name, text_lines

_SURROGATE = re.compile("[\ud800-\udfff]")


def read(lines: Iterable[str], *, columns: Collection[str], foreign: bool = False) -> Iterator[Record | Problem]:
    """Read one object a line; blank lines are passed over.

    A value is a text, a number, ``true`` or ``false``, or what the column takes as JSON; ``null`` and "" tell nothing.
    Other names than ``columns`` are told, and passed over if the file is ``foreign``. ``lines`` are as for
    :func:`ledger.formats.csv.read`.
    """
    rows = 0
    for number, line in text_lines(lines):
        if isinstance(line, Problem):
            yield line
            return
        if not line.strip():
            continue
        rows += 1
        yield _record(number, line, columns, foreign)
    if not rows:
        yield Problem("line 1", "the file is empty", expected="one JSON object a line")


def _record(number: int, line: str, columns: Collection[str], foreign: bool) -> Record | Problem:
    where = f"line {number}"
    try:
        told = json.loads(line, object_pairs_hook=list, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return Problem(where, "is not JSON", expected="one JSON object a line")
    if not isinstance(told, list) or (told and not isinstance(told[0], tuple)) or line.lstrip()[0] != "{":
        return Problem(where, "is not a JSON object", expected='an object, as in {"text": "…"}')
    cells: dict[str, str] = {}
    for name, value in told:
        column = column_name(name)
        if column in cells:
            return Problem(f"{where}: {column}", "stands twice in the object")
        if column not in columns:
            if foreign:
                continue
            return Problem(f"{where}: {column}", "is no column of this format", expected=f"one of {', '.join(columns)}")
        try:
            cell = _cell(value)
        except RecursionError:
            return Problem(f"{where}: {column}", "is nested too deeply")
        if found := _SURROGATE.search(cell):
            return Problem(f"{where}: {column}", f"holds a lone surrogate (U+{ord(found[0]):04X}), which is no text")
        if cell.strip():
            cells[column] = cell
    return Record(number, cells)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Objects inside a value were read as lists of pairs, so that a name that stands twice could be seen."""
    if isinstance(value, list) and value and all(isinstance(each, tuple) for each in value):
        return {name: _plain(member) for name, member in value}
    return [_plain(member) for member in value] if isinstance(value, list) else value
