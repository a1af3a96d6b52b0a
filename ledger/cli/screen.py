"""What is shown: lines that fit the screen, tables, colour on a terminal alone, JSON.

Data goes to stdout, talk to stderr.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

NARROWEST, USUAL, WIDEST = 40, 80, 100
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
_COLOURS = {
    "confirmed": "32",
    "corroborated": "32",
    "denied": "31",
    "retracted": "31",
    "disputed": "33",
    "corrected": "36",
    "superseded": "36",
}


_MANY = {"entry": "entries", "leaf": "leaves"}


def width() -> int:
    """How many columns there are to write in."""
    return min(max(shutil.get_terminal_size((USUAL, 24)).columns, NARROWEST), WIDEST)


def put(text: str = "") -> None:
    """Write a line of data."""
    print(text)


def say(text: str = "") -> None:
    """Write a line of talk: progress, questions, what to do next."""
    if sys.stdout is not None:
        sys.stdout.flush()
    print(text, file=sys.stderr)


def put_json(document: Any) -> None:
    """Write one JSON document. Letters stay letters where the output can carry them."""
    print(json.dumps(document, indent=2, ensure_ascii=not _is_utf8(sys.stdout)))


def put_json_list(items: Iterable[Any]) -> None:
    """Write a JSON list item by item, so that a long one needs no memory."""
    ascii_only = not _is_utf8(sys.stdout)
    before = "["
    for item in items:
        text = json.dumps(item, indent=2, ensure_ascii=ascii_only).replace("\n", "\n  ")
        print(f"{before}\n  {text}", end="")
        before = ","
    print("[]" if before == "[" else "\n]")


def _is_utf8(stream: IO[str] | None) -> bool:
    encoding = getattr(stream, "encoding", None) or "ascii"
    return encoding.lower().replace("-", "").replace("_", "") == "utf8"


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a person looks at (or types into) a stream."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False


def in_colour(stream: IO[str] | None) -> bool:
    """Whether colour may be written: on a terminal that knows it, unless NO_COLOR is set."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def painted(text: str, word: str) -> str:
    """Colour ``text`` as the state called ``word``; ``bold`` and ``dim`` are words as well."""
    code = {"bold": "1", "dim": "2"}.get(word) or _COLOURS.get(word)
    return f"\x1b[{code}m{text}\x1b[0m" if code and in_colour(sys.stdout) else text


def plain(text: str) -> str:
    """Escape what a terminal would obey or a reader could not see."""
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in _HIDDEN and c not in _JOINERS else c
        for c in text
    )


def counted(count: int, what: str) -> str:
    """Say how many of something there are."""
    return f"{count} {what if count == 1 else _MANY.get(what, what + 's')}"


def cells(text: str) -> int:
    """How many columns a text takes on a terminal."""
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def wrapped(text: str, columns: int, *, taken: int = 0) -> list[str]:
    """Break a text into lines of at most ``columns``, of which the first has lost ``taken``.

    An address is never broken, so that it can be copied.
    """
    lines = [""]
    for word in filter(None, re.split(r"[ \t\r\n]+", text)):
        for piece in _pieces(plain(word), columns):
            joined = f"{lines[-1]} {piece}" if lines[-1] else piece
            room = columns - taken if len(lines) == 1 else columns
            if cells(joined) > room and (lines[-1] or (len(lines) == 1 and taken)):
                lines.append(piece)
            else:
                lines[-1] = joined
    return lines


def _pieces(word: str, columns: int) -> Iterator[str]:
    if word.startswith(("http://", "https://")):
        yield word
        return
    piece, taken = "", 0
    for character in word:
        wide = cells(character)
        if piece and taken + wide > columns:
            yield piece
            piece, taken = "", 0
        piece, taken = piece + character, taken + wide
    yield piece


def block(first: str, text: str, *, indent: int | None = None) -> list[str]:
    """Lines of a text behind a heading ``first``; further lines are indented under the text."""
    hang = cells(first) if indent is None else indent
    lines = wrapped(text, max(width() - hang, 20), taken=max(cells(first) - hang, 0))
    return [f"{first}{lines[0]}".rstrip(), *(" " * hang + line for line in lines[1:])]


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Lines of a table: columns as wide as they need to be, the widest give way, long cells go on below."""
    shown = [[plain(str(cell)) if cell is not None else "" for cell in row] for row in rows]
    widths = _widths(heads, shown)
    right = [bool(shown) and all(row[n].isdigit() for row in shown) for n in range(len(heads))]
    lines = [painted(_line(heads, widths, right), "dim")]
    for row in shown:
        columns = [wrapped(cell, wide) for cell, wide in zip(row, widths, strict=True)]
        for n in range(max(map(len, columns))):
            lines.append(_line([column[n] if n < len(column) else "" for column in columns], widths, right))
    return lines


def _widths(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    widths = [max(map(cells, [head, *(row[n] for row in rows)])) for n, head in enumerate(heads)]
    while sum(widths) + 2 * (len(widths) - 1) > width():
        widest = widths.index(max(widths))
        if widths[widest] <= 12:
            break
        widths[widest] -= 1
    return widths


def _line(cells_of_line: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = []
    for text, wide, to_the_right in zip(cells_of_line, widths, right, strict=True):
        gap = " " * max(wide - cells(text), 0)
        padded.append(gap + text if to_the_right else text + gap)
    return "  ".join(padded).rstrip()
