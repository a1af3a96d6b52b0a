"""A published ``claims.csv``, recomputed from the ledger as of the moment that it names, and compared.

The file says itself on how many entries it rests, and which moment was asked for. Which stories it was of, and whether
with held claims, an entry that published it says; without one, what is in the file leaves two or four ways, and each is
tried. A text that was redacted since cannot be recomputed: around it everything has to be the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import product, zip_longest
from pathlib import Path
from zoneinfo import ZoneInfo

from ledger.book.export import claim_rows
from ledger.book.public import Public
from ledger.book.published import Rechecked
from ledger.book.snapshot import Snapshot
from ledger.encoding import sha256
from ledger.errors import Problem, Rejected, Unavailable
from ledger.formats import csv
from ledger.formats.claims import COLUMNS, write_claims
from ledger.model import Publication, Redaction
from ledger.store import Reader
from ledger.text import fold, shown
from ledger.times import parse_utc
from ledger.vocabulary import Likeness, Part

Reading = Callable[[int], AbstractContextManager[Reader]]
_REDACTED = re.compile(r"\[(?:missing|withheld|redacted(?:: [^\]]*)?)\]")
_FILES = (Part.URL, Part.EVIDENCE)
_NEXT = "give a claims.csv as `claims export csv` wrote it"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an export was asked for."""

    size: int
    said: datetime | None
    known: int | None
    story: int | None
    held: bool


@dataclass(frozen=True, slots=True)
class _File:
    """A file as read: its rows by line, and how it was written."""

    path: Path
    digest: str
    rows: list[csv.Record]
    delimiter: str
    raw: bool


def recheck(path: Path, reader: Reader, reading: Reading, zone: ZoneInfo) -> Rechecked:
    """Recompute the file; ``reader`` is of the whole ledger, ``reading`` gives one of an earlier size.

    Raises :class:`~ledger.errors.Rejected` for what is no such file, :class:`~ledger.errors.Unavailable` for one that
    cannot be read.
    """
    file = _read(path)
    publications = {
        index: body
        for index in reader.of_kind("publication")
        if isinstance(body := reader.entry(index).body, Publication) and body.sha256 == file.digest
    }
    best: Rechecked | None = None
    for asked in _ways(file, reader, publications.values()):
        with reading(asked.size) as then:
            found = _compared(
                file,
                Snapshot(then if asked.held else Public(then), asked.said, zone),
                asked,
                reader,
                tuple(publications),
            )
        if best is None or _closeness(found) > _closeness(best):
            best = found
        if best.likeness is Likeness.EXACT:
            break
    assert best is not None, "there is a way to try at least"
    return best


def _closeness(found: Rechecked) -> tuple[int, int]:
    order = list(Likeness)
    return -order.index(found.likeness), found.line or 0


def _read(path: Path) -> _File:
    try:
        data = path.read_bytes()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Unavailable(f"check: {path}: cannot be read: {why}", next="check the path") from None
    text = data.decode("utf-8", errors="surrogateescape")
    raw = not text.startswith(csv.MARK)
    rows, problems = [], []
    for each in csv.read(text.splitlines(keepends=True), columns=COLUMNS, raw=raw):
        if isinstance(each, Problem):
            problems.append(each)
        else:
            rows.append(each)
    empty = bool(problems) and not rows and "no rows" in problems[0].why
    if problems and not empty:
        raise Rejected(f"check: {path}: is no claims.csv of a ledger", problems=problems[:20], next=_NEXT)
    header = text.partition("\n")[0]
    delimiter = max(csv.DELIMITERS.values(), key=header.count)
    return _File(path, sha256(data), rows, delimiter, raw)


def _ways(file: _File, reader: Reader, publications: Iterable[Publication]) -> list[_Asked]:
    """What the export may have been asked for, the likeliest first."""
    told = [_Asked(each.size, each.as_said, _known(file), each.story, each.held) for each in publications]
    if told:
        return told
    if not file.rows:
        why = f"check: {file.path}: has no rows, and no entry says that it was published"
        raise Rejected(why, next="what a file rests on stands in its rows; " + _NEXT)
    size, said, known = _moment(file, reader)
    names = {row.cells.get("story") for row in file.rows}
    stories: list[int | None] = [None]
    if len(names) == 1 and (name := next(iter(names))) is not None:
        stories = [*reader.named("story", fold(name)), None]
    held = [True] if any(row.cells.get("held") == "true" for row in file.rows) else [False, True]
    return [_Asked(size, said, known, *way) for way in product(stories, held)]


def _known(file: _File) -> int | None:
    cell = file.rows[0].cells.get("as_known") if file.rows else None
    return int(cell) if cell is not None and cell.isascii() and cell.isdigit() else None


def _moment(file: _File, reader: Reader) -> tuple[int, datetime | None, int | None]:
    """The size and the moment that every row names."""
    first = file.rows[0].cells
    problems = []
    for row in file.rows:
        for column in ("size", "as_said", "as_known"):
            if row.cells.get(column) != first.get(column):
                why = f"names another moment than line {file.rows[0].line}"
                got = shown(row.cells.get(column, ""))
                problems.append(Problem(f"line {row.line}: {column}", why, shown(first.get(column, "")), got))
    where = f"line {file.rows[0].line}"
    size, known = first.get("size", ""), first.get("as_known")
    if not (size.isascii() and size.isdigit() and len(size) < 16 and 1 <= int(size) <= reader.size):
        expected = f"1 to {reader.size}, the size of this ledger"
        problems.append(Problem(f"{where}: size", "is no size that this ledger had", expected, shown(size)))
    last = str(int(size) - 1) if size.isascii() and size.isdigit() and len(size) < 16 else None
    if known is not None and known != last:
        problems.append(Problem(f"{where}: as_known", "is not the last entry of its size", last, shown(known)))
    said = None
    try:
        said = parse_utc(first["as_said"]) if "as_said" in first else None
    except ValueError:
        problems.append(
            Problem(f"{where}: as_said", "is no time", "2017-04-20T20:40:00.000000Z", shown(first["as_said"]))
        )
    if problems:
        raise Rejected(f"check: {file.path}: does not say what it rests on", problems=problems[:20], next=_NEXT)
    return int(size), said, None if known is None else int(known)


def _compared(file: _File, then: Snapshot, asked: _Asked, whole: Reader, publications: tuple[int, ...]) -> Rechecked:
    rows = claim_rows(then, asked.story, asked.known, held=asked.held)
    text = "".join(write_claims(rows, delimiter=file.delimiter, raw=file.raw))
    found = Rechecked(
        file=str(file.path),
        sha256=file.digest,
        likeness=Likeness.EXACT,
        size=asked.size,
        as_said=asked.said,
        story=None if asked.story is None else then.texts.name(asked.story),
        publications=publications,
    )
    if sha256(text.encode()) == file.digest:
        return found
    ours = list(_records(text, file.raw))
    redacted = 0
    for theirs, own in zip_longest(file.rows, ours):
        if theirs is None or own is None:
            line = theirs.line if theirs is not None else len(file.rows) + 2
            what = "the ledger gives no such row" if own is None else "the file lacks a row"
            claim = (theirs or own).cells.get("claim")
            return _differing(
                found, line, "claim", None if own is None else claim, None if own is not None else claim, what
            )
        for column in COLUMNS:
            expected, got = own.cells.get(column, ""), theirs.cells.get(column, "")
            if expected == got:
                continue
            if not _may_be_redacted(column, expected, got, own, whole, then):
                return _differing(found, theirs.line, column, expected, got, "differs")
            redacted += 1
    likeness = Likeness.REDACTED if redacted else Likeness.REWRITTEN
    return found.but(likeness=likeness, redacted=redacted)


def _records(text: str, raw: bool) -> Iterator[csv.Record]:
    for each in csv.read(text.splitlines(keepends=True), columns=COLUMNS, raw=raw):
        if isinstance(each, csv.Record):
            yield each


def _differing(found: Rechecked, line: int, column: str, expected: str | None, got: str | None, why: str) -> Rechecked:
    return found.but(likeness=Likeness.DIFFERENT, line=line, column=column, expected=expected, got=got, why=why)


def _may_be_redacted(column: str, ours: str, theirs: str, row: csv.Record, whole: Reader, then: Snapshot) -> bool:
    """Whether a cell differs in nothing but what was redacted since."""
    if column == "evidence":
        return _lost_addresses(ours, theirs, int(row.cells["claim"]), whole, then)
    pieces = _REDACTED.split(ours)
    if len(pieces) == 1:
        return False
    return re.fullmatch(".*".join(map(re.escape, pieces)), theirs, re.DOTALL) is not None


def _lost_addresses(ours: str, theirs: str, claim: int, whole: Reader, then: Snapshot) -> bool:
    """Whether a list of addresses lacks no more than were redacted since on that claim."""
    try:
        left, there = json.loads(ours or "[]"), json.loads(theirs or "[]")
    except ValueError:
        return False
    if not isinstance(there, list) or [each for each in there if each in left] != left:
        return False
    about = {*then.fold.acts.folded_under(claim), *then.fold.statements(claim)}
    about |= {index for each in about for index in then.reader.refs("evidence.about", each)}
    gone = [index for each in about for index in _redactions_since(whole, each, then.reader.size)]
    return len(there) - len(left) <= len(gone)


def _redactions_since(whole: Reader, index: int, size: int) -> Sequence[int]:
    found = []
    for by in whole.refs("redaction.target", index):
        body = whole.entry(by).body
        if by >= size and isinstance(body, Redaction) and body.part in _FILES:
            found.append(by)
    return found
