"""The files for publication."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from ledger.book.files import write_file
from ledger.book.snapshot import Snapshot
from ledger.book.views import BoardRow
from ledger.formats.claims import ClaimRow, write_claims
from ledger.formats.csv import delimiter_named
from ledger.formats.entries import row_from
from ledger.formats.rows import Row, write_rows
from ledger.model import Entry, Policy, Retract, Statement, references
from ledger.resolver import neighbourhood

_AT_ONCE = 1_000
"""How many entries are in memory at once."""


def export_csv(
    snapshot: Snapshot,
    folder: Path,
    *,
    story: int | str | None,
    asked_known: int | None,
    held: bool,
    delimiter: str,
    raw: bool,
) -> list[Path]:
    """Write ``claims.csv`` and ``entries.csv``; return their paths."""
    delimiter = delimiter_named(delimiter)
    paths = [folder / "claims.csv", folder / "entries.csv"]
    claims = claim_rows(snapshot, story, asked_known, held=held)
    write_file(paths[0], write_claims(claims, delimiter=delimiter, raw=raw))
    write_file(paths[1], write_rows(_entry_rows(snapshot, story), delimiter=delimiter, raw=raw))
    return paths


def claim_rows(
    snapshot: Snapshot, story: int | str | None, asked_known: int | None, *, held: bool
) -> Iterator[ClaimRow]:
    """The rows of ``claims.csv``; held claims only if ``held``."""
    policy = snapshot.fold.acts.policy()
    rows = (row for row in snapshot.rows_by_story(story) if held or not row.held)
    return (_claim_row(row, snapshot, asked_known, policy) for row in rows)


def _claim_row(row: BoardRow, snapshot: Snapshot, asked_known: int | None, policy: Policy) -> ClaimRow:
    return ClaimRow(
        claim=row.claim,
        text=row.text,
        story=row.story,
        state=row.state,
        accepted=row.accepted,
        held=row.held,
        computed=row.computed,
        successor=row.successor,
        successor_text=row.successor_text,
        successor_state=row.successor_state,
        first_said=row.first_said,
        first_source=row.first_source,
        since=row.since,
        because=row.because,
        for_=row.for_,
        against=row.against,
        dissent=row.dissent,
        evidence=row.evidence,
        as_said=snapshot.as_of.said,
        as_known=asked_known,
        size=snapshot.reader.size,
        policy=policy,
    )


def _entry_rows(snapshot: Snapshot, story: int | str | None) -> Iterator[Row]:
    """The entries of the moment: without statements said later, and without retractions of those."""
    indexes = iter(_indexes(snapshot, story))
    while some := list(islice(indexes, _AT_ONCE)):
        part = snapshot.renewed()
        part.reader.load(some, ())
        entries = [part.reader.entry(index) for index in some]
        named = {index for entry in entries for index in _named(entry)}
        part.reader.load(named, ())
        part.texts.load({*named, *some})
        for entry in entries:
            if not _outside(part, entry):
                yield row_from(entry, part.reader.entry, part.texts.content)


def _named(entry: Entry) -> Iterator[int]:
    """The entries whose words stand in the row of this one."""
    if entry.recorder is not None:
        yield entry.recorder
    yield from (index for _, index in references(entry.body))


def _indexes(snapshot: Snapshot, story: int | str | None) -> Iterable[int]:
    if story is None:
        return range(snapshot.reader.size)
    reader = snapshot.renewed().reader
    chosen = set(neighbourhood(reader, snapshot.claims(story)))
    return sorted(chosen | {index for about in chosen for index in reader.refs("evidence.about", about)})


def _outside(snapshot: Snapshot, entry: Entry) -> bool:
    while isinstance(entry.body, Retract):
        entry = snapshot.reader.entry(entry.body.target)
    return isinstance(entry.body, Statement) and not snapshot.fold.admits(entry)
