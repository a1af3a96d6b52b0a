"""A file goes in whole or not at all, and once: tried on a private copy first, then appended in batches.

The trial asks every rule and finds every problem, and nobody waits for it. The batches are short transactions, so
that the desk can go on recording between them. A kill between two of them loses nothing: the same file, imported again,
skips what is there, because every row that adds an entry bears a key that the file determines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from ledger.book.loading import Loading
from ledger.book.recording import Recording
from ledger.errors import Problem, Rejected, Unavailable
from ledger.formats import claimreview, csv, jsonl, jsonld
from ledger.formats.columns import NAMES
from ledger.formats.mapping import Map, translate
from ledger.formats.ratings import rows_of_reviews
from ledger.formats.review import Flawed, Review
from ledger.formats.rows import Row, limited, rows_of
from ledger.store import Slips, Store, Writer, trial
from ledger.vocabulary import Status

BATCH = 1_000
_LINE = re.compile(r"^line (\d+)")
# The kinds of row that a story belongs to, and the kinds of source.
_STORIED = ("statement", "claim", "hold", "release", "same", "wording", "authority", "vet", "witness", "unnamed")
LIMIT = 100
"""How many problems are told before the rest of a file is left unread."""

Rows = Callable[[], Iterator[Row | Problem]]
Record = Callable[[Writer], Recording]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or with ``dry_run`` would do: rows read, entries written, the size after it."""

    rows: int
    written: int
    size: int
    dry_run: bool

    def as_json(self) -> dict[str, int | bool]:
        """The four fields."""
        return {"rows": self.rows, "written": self.written, "size": self.size, "dry_run": self.dry_run}


@contextmanager
def lines_of(path: Path, progress: Progress) -> Iterator[Iterator[str]]:
    """Open a text file for the readers of ``ledger.formats``; ``progress`` hears how many bytes were read.

    No line is read further than a reader needs to refuse it. Raises :class:`~ledger.errors.Unavailable`.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            why = "is no file on a disk, and an import reads it twice"
            raise Unavailable(f"{path}: cannot be read: {why}", next="save it as a file and import that")
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            yield _pieces(file.readline, progress)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Unavailable(f"{path}: cannot be read: {why}", next="check the path of the file") from None


def _pieces(readline: Callable[[int], str], progress: Progress) -> Iterator[str]:
    while line := readline(csv.MAX_LINE + 1):
        progress(len(line))
        yield line


def read_file(
    lines: Iterable[str],
    name: str,
    *,
    chart: Map | None,
    story: str | None,
    zone: ZoneInfo,
    now: datetime,
    raw: bool,
    aside: Aside | None = None,
) -> Iterator[Row | Problem]:
    """Read the rows of a file, through a map if there is one; ``story`` stands where a row has none.

    What kind of file it is follows from its suffix.
    """
    # One more than are told, so that "more than" is true.
    limit = LIMIT + 1
    if of_reviews(name):
        reviews = _reviews(lines, zone)
        return limited(rows_of_reviews(reviews, chart=chart, story=story, zone=zone, now=now), limit)
    records = records_of(lines, name, chart=chart, story=story, zone=zone, raw=raw, aside=aside)
    return rows_of(records, zone=zone, now=now, limit=limit)


class Aside:
    """A column of a file that goes into no entry: its cells by line.

    With ``overlooked`` the rows that the map passes over are rows as well, that take no side.
    """

    def __init__(self, column: str, *, overlooked: bool = False) -> None:
        self.column = csv.column_name(column)
        self.passed = {"status": Status.UNCONFIRMED.value} if overlooked else None
        self.cells: dict[int, str] = {}

    def take(self, records: Iterable[csv.Record | Problem], kept: Collection[str]) -> Iterator[csv.Record | Problem]:
        """Note the cell of each record, and leave it out unless its column is ``kept`` for the entries too."""
        for record in records:
            if isinstance(record, csv.Record):
                self.cells[record.line] = record.cells.get(self.column, "")
                if self.column not in kept:
                    record.cells.pop(self.column, None)
            elif record.where.endswith(f": {self.column}") and self.column not in kept and not self.cells:
                record = replace(record, why="is asked for, and is no column of the file")
            yield record


def records_of(
    lines: Iterable[str],
    name: str,
    *,
    chart: Map | None,
    story: str | None,
    zone: ZoneInfo,
    raw: bool,
    aside: Aside | None = None,
) -> Iterator[csv.Record | Problem]:
    """As :func:`read_file`, each row as its cells, without the one that is laid ``aside``."""
    ours = NAMES if chart is None else chart.theirs
    columns = ours if aside is None else tuple(dict.fromkeys((*ours, aside.column)))
    if _suffix(name) in (".jsonl", ".ndjson"):
        records = jsonl.read(lines, columns=columns, foreign=chart is not None)
    else:
        records = csv.read(lines, columns=columns, raw=raw or chart is not None, foreign=chart is not None)
    if aside is not None:
        records = aside.take(records, ours)
    if chart is not None:
        records = translate(records, chart, zone, None if aside is None else aside.passed)
    return records if story is None else _in_story(records, story)


def of_reviews(name: str) -> bool:
    """Whether a file of that name holds ClaimReviews, so that a map of it names no columns."""
    return _suffix(name) in (".jsonld", ".json")


def _suffix(name: str) -> str:
    return Path(name).suffix.casefold()


def _reviews(lines: Iterable[str], zone: ZoneInfo) -> list[Review | Flawed | Problem]:
    text = jsonld.joined(lines)
    if isinstance(text, Problem):
        return [text]
    return claimreview.read_whole(text, zone=zone) or [Problem("the file", "holds no ClaimReview", "at least one")]


def _in_story(records: Iterable[csv.Record | Problem], story: str) -> Iterator[csv.Record | Problem]:
    """Give the story to the rows that need one and name none."""
    for record in records:
        if isinstance(record, csv.Record):
            cells = record.cells
            kind = cells.get("kind", "statement").strip().casefold()
            apart = cells.get("source_kind", "").strip().casefold() if kind == "source" else kind
            general = kind == "vet" and not {"text", "claim"} & cells.keys()
            if apart in _STORIED and not general and not {"story", "story_index"} & cells.keys():
                record = csv.Record(record.line, cells | {"story": story})
        yield record


def import_rows(store: Store, name: str, rows: Rows, record: Record, *, dry_run: bool) -> Imported:
    """Append the rows of a file that can be read twice.

    Raises :class:`~ledger.errors.Rejected` with all problems, as ``name:line: column: why``.
    """
    with trial(store) as copy:
        tried = _append(copy, name, rows(), record, strict=False)
    return replace(tried, dry_run=True) if dry_run else _append(store, name, rows(), record, strict=True)


def _append(store: Store, name: str, rows: Iterator[Row | Problem], record: Record, *, strict: bool) -> Imported:
    problems: list[Problem] = []
    read, written, size = 0, 0, 0
    with Slips() as slips:
        while batch := list(islice(rows, BATCH)):
            with store.writing() as writer:
                loading = Loading(record(writer), slips)
                taken = loading.take_all(batch)
                problems += loading.problems
                # Only what somebody else did since the trial, to the ledger or to the file, can come between here.
                if problems and strict:
                    raise _stopped(name, problems, read)
                read, written, size = read + taken, written + len(loading.act.wrote), writer.size
            if len(problems) >= LIMIT:
                break
    if problems:
        raise Rejected(
            "nothing was imported", problems=told_of(name, problems), next="mend the file and import it again"
        )
    return Imported(read, written, size, dry_run=False)


def _stopped(name: str, problems: list[Problem], done: int) -> Rejected:
    return Rejected(
        f"the ledger or the file was changed meanwhile; the first {done} rows are imported, the others are not",
        problems=told_of(name, problems),
        next="mend the file and import it again: what is there already adds nothing",
    )


def told_of(name: str, problems: list[Problem]) -> list[Problem]:
    """The first of the problems of a file, each with its name; and that there are more."""
    shown = [replace(each, where=_in_file(name, each.where)) for each in problems[:LIMIT]]
    if len(problems) > LIMIT:
        shown.append(Problem("the file", f"has more than {LIMIT} problems; these are the first"))
    return shown


def _in_file(name: str, where: str) -> str:
    """A place with the name of the file: the whole of it, a line, or a JSON pointer."""
    if where == "the file":
        return name
    return f"{name}: {where}" if where.startswith("/") else _LINE.sub(f"{name}:\\1", where)
