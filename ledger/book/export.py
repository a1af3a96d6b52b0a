"""The files for publication."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypedDict

from ledger.book.files import write_file
from ledger.book.lookup import find_story, opening_of
from ledger.book.snapshot import Snapshot
from ledger.book.views import BoardRow
from ledger.errors import Misused
from ledger.formats.claims import ClaimRow, write_claims
from ledger.formats.csv import delimiter_named
from ledger.formats.datapackage import FILE, Package, check_licence, claims_table, entries_table, write
from ledger.formats.entries import row_from
from ledger.formats.rows import Row, write_rows
from ledger.model import Entry, Policy, Retract, Statement, references
from ledger.resolver import neighbourhood

_AT_ONCE = 1_000
"""How many entries are in memory at once."""


@dataclass(frozen=True, slots=True)
class Form:
    """How files are written: what stands between cells, whether for machines, with the claims that are held.

    ``package`` is whether a ``datapackage.json`` describes them, and ``licence`` the one that it names.
    """

    delimiter: str = ","
    raw: bool = False
    held: bool = False
    package: bool = False
    licence: str | None = None

    def __post_init__(self) -> None:
        if self.licence is not None:
            if not self.package:
                raise Misused("licence: is told in a datapackage.json alone", next="add --datapackage")
            check_licence(self.licence)


def export_csv(
    snapshot: Snapshot,
    folder: Path,
    root: Callable[[], bytes],
    *,
    story: int | str | None,
    known: int | None,
    form: Form,
) -> list[Path]:
    """Write ``claims.csv`` and ``entries.csv``, and what describes them last; return their paths.

    ``root`` gives the root hash of the prefix, ``known`` is the index that was asked for.
    """
    how: _How = {"delimiter": delimiter_named(form.delimiter), "raw": form.raw}
    paths = [folder / "claims.csv", folder / "entries.csv"]
    claims = claim_rows(snapshot, story, known, held=form.held)
    tables = (
        claims_table(paths[0].name, *write_file(paths[0], write_claims(claims, **how))),
        entries_table(paths[1].name, *write_file(paths[1], write_rows(_entry_rows(snapshot, story), **how))),
    )
    if not form.package:
        return paths
    package = Package(
        tables=tables,
        origin=opening_of(snapshot.reader).origin,
        size=snapshot.reader.size,
        root=root(),
        held=form.held,
        story=None if story is None else find_story(snapshot.reader, story),
        as_said=snapshot.as_of.said,
        licence=form.licence,
        created=snapshot.reader.entry(snapshot.reader.size - 1).recorded,
        **how,
    )
    write_file(folder / FILE, [write(package)])
    return [*paths, folder / FILE]


class _How(TypedDict):
    delimiter: str
    raw: bool


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
