"""``entries.csv`` and the import format: one row an entry, the same columns both ways (``columns``).

A row written by hand needs few of them: ``kind`` is ``statement`` unless it says otherwise, and things are named by
their words. A row of an export has the indexes beside the words; an index always means a row above in the same file,
and where no row has it, the words stand for it. On reading, ``index`` only gives a row its number in the file, and
``recorded``, ``recorder``, ``origin`` and ``zone`` change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from ledger.errors import Problem
from ledger.formats import cells, csv
from ledger.formats.columns import NAMES, NEEDS, OWN_WORDS, USES
from ledger.model import Document
from ledger.text import shown
from ledger.times import Moment
from ledger.vocabulary import Kind, Mistake, Part, Precision, Reason, SourceKind, Status


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as a row; what it does not tell is None. ``ledger.formats.columns`` says which kinds use which field.

    The fields are the columns, but for two: ``said`` carries its precision, and the column ``why`` is ``why`` in a
    statement and ``mistake`` in a retraction. A None inside ``via`` or ``via_kind`` is not told there: the name is
    withheld and ``via_index`` stands for it, or the kind is known already. ``usual_kind`` is that of the source where
    it is new and nobody tells another. ``told`` are the cells of the file, as they were read.
    """

    kind: Kind = Kind.STATEMENT
    index: int | None = None
    recorded: datetime | None = None
    recorder: str | None = None
    story: str | None = None
    claim: int | None = None
    text: str | None = None
    status: Status | None = None
    to: int | None = None
    to_text: str | None = None
    source: str | None = None
    source_kind: SourceKind | None = None
    group: str | None = None
    via: tuple[str | None, ...] = ()
    via_kind: tuple[SourceKind | None, ...] = ()
    said: Moment | None = None
    why: Reason | None = None
    mistake: Mistake | None = None
    target: int | None = None
    vetted: bool | None = None
    quorum: int | None = None
    policy: str | None = None
    wording: str | None = None
    lang: str | None = None
    quote: str | None = None
    note: str | None = None
    url: str | None = None
    evidence: Document | None = None
    key: str | None = None
    story_index: int | None = None
    source_index: int | None = None
    group_index: int | None = None
    via_index: tuple[int, ...] = ()
    origin: str | None = None
    zone: str | None = None
    part: Part | None = None
    publication: str | None = None
    title: str | None = None
    published: Moment | None = None
    size: int | None = None
    as_said: datetime | None = None
    claims: tuple[int, ...] = ()
    held: bool | None = None
    sha256: str | None = None
    policy_index: int | None = None
    usual_kind: SourceKind | None = None
    line: int = field(default=0, compare=False)
    place: str = field(default="", compare=False)
    told: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def where(self) -> str:
        """Where it was read, as problems name it."""
        return self.place or f"line {self.line}"


_Reader = Callable[[str], Any]
_READERS: dict[str, _Reader] = {
    "story": cells.read_name,
    "text": cells.read_name,
    "to_text": cells.read_name,
    "source": cells.read_name,
    "group": cells.read_name,
    "via": partial(cells.read_list, cells.read_name),
    "via_kind": partial(cells.read_list, partial(cells.read_word, SourceKind)),
    "via_index": partial(cells.read_list, cells.read_number),
    "status": partial(cells.read_word, Status),
    "source_kind": partial(cells.read_word, SourceKind),
    "precision": partial(cells.read_word, Precision),
    "part": partial(cells.read_word, Part),
    "vetted": cells.read_flag,
    "held": cells.read_flag,
    "claims": partial(cells.read_list, cells.read_number),
    "evidence": cells.read_document,
    "quote": cells.read_text,
    "note": cells.read_text,
}
_INDEXES = (
    *("claim", "to", "target", "story_index", "source_index", "group_index", "via_index"),
    *("claims", "policy_index"),
)
_READERS |= {name: cells.read_number for name in ("index", "quorum", "size", *_INDEXES) if name not in _READERS}


def write_rows(rows: Iterable[Row], *, delimiter: str = ",", raw: bool = False) -> Iterator[str]:
    """Write ``entries.csv`` as chunks of text. Raises :class:`ledger.errors.Misused` for an unfit delimiter."""
    return csv.write(NAMES, map(cells_of, rows), delimiter=delimiter, raw=raw)


def cells_of(row: Row) -> list[str]:
    """The cells of a row, in the order of the columns; an empty list is an empty cell."""
    apart = {
        "precision": told.precision if (told := row.said or row.published) else None,
        "why": row.why or row.mistake,
    }
    values = (apart[name] if name in apart else getattr(row, name) for name in NAMES)
    return ["" if value == () else cells.show(value) for value in values]


def read_rows(
    lines: Iterable[str], *, zone: ZoneInfo, now: datetime, limit: int = 100, raw: bool = False
) -> Iterator[Row | Problem]:
    """Read rows, and each problem in its place; after ``limit`` problems it says so and stops.

    A time without offset is read in ``zone``, a bare clock time as its latest occurrence before ``now``. ``lines`` are
    as for :func:`ledger.formats.csv.read`. ``raw`` says that no ``'`` was put before formulas. Memory does not grow
    with the file.
    """
    records = csv.read(lines, columns=NAMES, raw=raw)
    return rows_of(records, zone=zone, now=now, limit=limit)


def rows_of(
    records: Iterable[csv.Record | Problem], *, zone: ZoneInfo, now: datetime, limit: int = 100
) -> Iterator[Row | Problem]:
    """As :func:`read_rows`, from records that were read in another way."""
    return limited(_ascending(records, zone, now), limit)


def limited(rows: Iterable[Row | Problem], limit: int) -> Iterator[Row | Problem]:
    """Rows and problems up to the problem of that number, and that there may be more."""
    found = 0
    for each in rows:
        yield each
        found += isinstance(each, Problem)
        if found == limit:
            yield Problem("the file", f"has {limit} problems so far; what follows was not looked at")
            return


def _ascending(records: Iterable[csv.Record | Problem], zone: ZoneInfo, now: datetime) -> Iterator[Row | Problem]:
    last = -1
    for record in records:
        read = [record] if isinstance(record, Problem) else row_of(record, zone, now)
        if isinstance(read, list):
            yield from read
            continue
        if read.index is not None and read.index <= last:
            expected = f"more than {last}, the index of a row above"
            yield Problem(f"{read.where}: index", "does not ascend", expected, str(read.index))
            continue
        last = last if read.index is None else read.index
        yield read


def row_of(record: csv.Record, zone: ZoneInfo, now: datetime) -> Row | list[Problem]:
    """Read the filled cells of one row, or say all that is wrong with them."""
    given = record.cells
    try:
        kind = cells.read_word(Kind, given.get("kind", Kind.STATEMENT))
    except cells.Unfit as error:
        return [Problem(f"{record.where}: kind", error.why, error.expected, shown(given["kind"]))]
    readers = _READERS | {
        "said": partial(cells.read_moment, zone=zone, now=now),
        "published": partial(cells.read_moment, zone=zone, now=now),
        "as_said": partial(cells.read_moment, zone=zone, now=now),
        "recorded": partial(cells.read_moment, zone=zone, now=now),
        "why": partial(cells.read_word, Mistake if kind is Kind.RETRACT else Reason),
    }
    values: dict[str, Any] = {}
    gaps: list[_Gap] = []
    for name in given.keys() - {"kind"}:
        try:
            if name not in USES[kind]:
                raise cells.Unfit(f"does not belong to a row of kind {kind}", "an empty cell")
            values[name] = readers.get(name, str)(given[name])
        except cells.Unfit as error:
            gaps.append((name, error.why, error.expected))
    gaps += [*_missing(kind, given), *_unpaired(kind, given, values), *_unplaced(values)]
    if not gaps:
        return _made(kind, record, values)
    gaps.sort(key=lambda gap: NAMES.index(gap[0]))
    return [
        Problem(f"{record.where}: {name}", why, expected, shown(given[name]) if name in given else None)
        for name, why, expected in gaps
    ]


def _made(kind: Kind, record: csv.Record, values: dict[str, Any]) -> Row:
    precision: Precision | None = values.pop("precision", None)
    if precision is not None:
        told = _time_column(kind)
        values[told] = Moment(values[told].at, precision)
    if values.get("as_said") is not None:
        values["as_said"] = values["as_said"].at
    if values.get("recorded") is not None:
        values["recorded"] = values["recorded"].at
    if kind is Kind.RETRACT:
        values["mistake"] = values.pop("why")
    return Row(kind=kind, line=record.line, place=record.place, told=record.cells, **values)


def _time_column(kind: Kind) -> str:
    """The column whose time the precision is of."""
    return "published" if kind in (Kind.PUBLICATION, Kind.SETTLEMENT) else "said"


_Gap = tuple[str, str, str | None]
# The column, why it is wrong, what was expected.


def _missing(kind: Kind, given: dict[str, str]) -> Iterator[_Gap]:
    for choice in NEEDS[kind]:
        withheld = "index" in given and choice[0] == OWN_WORDS.get(kind)
        if not withheld and not any(name in given for name in choice):
            yield choice[0], f"is missing; a row of kind {kind} needs it", " or ".join(choice) if choice[1:] else None


def _unpaired(kind: Kind, given: dict[str, str], values: dict[str, Any]) -> Iterator[_Gap]:
    """What does not go together in a row."""
    status: Status | None = values.get("status")
    pointer = next((name for name in ("to_text", "to") if name in given), None)
    if status is not None and status.points and pointer is None:
        yield "to_text", f"is missing; {status} needs the claim that takes its place", "to_text or to"
    if status is not None and not status.points and pointer is not None:
        yield pointer, f"does not go with {status}", "an empty cell"
    clock = _time_column(kind)
    timeless = clock not in given or (clock in values and values[clock] is None)
    if "precision" in values and timeless:
        yield "precision", "is told of no time", f"{clock}, or an empty cell"
    via: tuple[str | None, ...] = values.get("via", ())
    indexes: tuple[int | None, ...] = values.get("via_index", ())
    if None in via and not indexes:
        yield "via", "leaves out a name", "a name in every place, or via_index"
    if None in indexes:
        yield "via_index", "leaves out an index", "an index in every place"
    for name in ("via_kind", "via_index"):
        told = len(values.get(name, ()))
        if told and told != len(via) and (via or name == "via_kind"):
            yield name, "has another length than via", f"{len(via)} in the order of via"
    if kind is Kind.SOURCE and max(len(via), len(indexes)) > 1:
        yield "via", "a source is told apart by its first relayer alone", "one name"


def _unplaced(values: dict[str, Any]) -> Iterator[_Gap]:
    """Indexes that name no row above, in a row that has an index of its own."""
    index: int | None = values.get("index")
    if index is None:
        return
    for name in _INDEXES:
        told = values.get(name)
        if any(each is not None and each >= index for each in (told if isinstance(told, tuple) else (told,))):
            yield name, "names no row above this one", f"less than {index}, the index of this row"


__all__ = ["Row", "cells_of", "limited", "read_rows", "row_of", "rows_of", "write_rows"]
