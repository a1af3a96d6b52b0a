"""Feeds: made-up files of any length, the same each time, for imports that are long, many or cut short."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from ledger.book import Ledger

STORY_ROWS = 200
Held = tuple[int, str, str | None, Any]
"""A part of an entry as it is held: index, structure, the part and what it says."""
HEADER = ("text", "story", "status", "source", "source_kind", "said", "quote")


def feed_row(number: int) -> tuple[str, ...]:
    """One statement: two stories in 400 rows, some forty claims in each, a few hundred outlets."""
    story = number // STORY_ROWS
    claim = number * 7 % 40
    status = ("reported", "reported", "denied", "unconfirmed")[number % 4]
    outlet = number * 31 % 331
    said = f"2017-04-{1 + story % 28:02} {number % 24:02}:{number % 60:02}"
    text = f"In story {story} the matter {claim} is so"
    return text, f"story-{story}", status, f"Outlet {outlet}", "newspaper", said, f"row {number} says so"


def write_feed(path: Path, rows: int) -> Path:
    """A CSV file of so many rows, none of which refers to another; every hundredth stands there twice."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(feed_row(number - (number % 100 == 99)) for number in range(rows))
    return path


def substance(path: Path) -> list[Held]:
    """All that a ledger holds, entry by entry, but for salts, the hashes over them, and when it was recorded."""
    query = (
        'SELECT e."index", e.leaf, c.part, c.content FROM entries e LEFT JOIN contents c '
        'ON c.log_id = e.log_id AND c."index" = e."index" ORDER BY e."index", c.part'
    )
    with closing(sqlite3.connect(path)) as connection:
        return [
            (index, _structure(leaf), part, None if content is None else json.loads(content)["value"])
            for index, leaf, part, content in connection.execute(query)
        ]


def _structure(leaf: bytes) -> str:
    told = json.loads(leaf)
    told.pop("recorded")
    told["parts"] = {part: ref["visibility"] for part, ref in told.get("parts", {}).items()}
    return json.dumps(told, sort_keys=True)


def board_of(path: Path) -> list[dict[str, Any]]:
    """The whole board, with what each state rests on."""
    with Ledger.open(path, read_only=True) as ledger:
        return [row.as_json() for row in ledger.board()]
