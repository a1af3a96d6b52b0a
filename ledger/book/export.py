"""The files for publication."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ledger.book.files import write_file
from ledger.book.snapshot import Snapshot
from ledger.book.views import BoardRow
from ledger.formats.claims import ClaimRow, write_claims
from ledger.formats.csv import delimiter_named
from ledger.formats.entries import row_from
from ledger.formats.rows import Row, write_rows
from ledger.model import Entry, Policy, Retract, Statement
from ledger.resolver import neighbourhood


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
    policy = snapshot.fold.acts.policy()
    claims = (
        _claim_row(row, snapshot, asked_known, policy) for row in snapshot.board(story, ()) if held or not row.held
    )
    write_file(paths[0], write_claims(claims, delimiter=delimiter, raw=raw))
    write_file(paths[1], write_rows(_entry_rows(snapshot, story), delimiter=delimiter, raw=raw))
    return paths


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
    reader, texts = snapshot.reader, snapshot.texts
    for entry in _entries(snapshot, story):
        if _outside(snapshot, entry):
            continue
        yield row_from(entry, reader.entry, texts.content)


def _entries(snapshot: Snapshot, story: int | str | None) -> Iterator[Entry]:
    reader = snapshot.reader
    if story is None:
        yield from reader.entries()
        return
    claims = snapshot.claims(story)
    chosen = set(neighbourhood(reader, claims))
    chosen |= {index for about in list(chosen) for index in reader.refs("evidence.about", about)}
    for index in sorted(chosen):
        yield reader.entry(index)


def _outside(snapshot: Snapshot, entry: Entry) -> bool:
    while isinstance(entry.body, Retract):
        entry = snapshot.reader.entry(entry.body.target)
    return isinstance(entry.body, Statement) and not snapshot.fold.admits(entry)
