"""The correctives that went out, told again from the ledger: what each mended, in the words of the notice.

What a corrective mended is what was owed by the entries that it rests on, and those are a prefix like any other. The
words are of today: what is withheld by now is withheld in an old corrective too.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.book.notice import notice
from ledger.book.prefix import Earlier
from ledger.book.publications import debt_rows, owing_on, settlement_rows
from ledger.book.published import Corrective, SettlementRow
from ledger.book.snapshot import Snapshot
from ledger.model import Opening
from ledger.times import show_minute
from ledger.vocabulary import Part


def correctives(snapshot: Snapshot) -> list[Corrective]:
    """Every live corrective to a live publication, the newest first."""
    return [each for row in settlement_rows(snapshot) if (each := _corrective(snapshot, row)) is not None]


def _corrective(snapshot: Snapshot, row: SettlementRow) -> Corrective | None:
    """One corrective; None where nothing of it may be told, or the desk has taken back what it mended."""
    before = Snapshot(Earlier(snapshot.reader, row.index), None, snapshot.zone)
    owing = owing_on(before, [row.publication], size=row.size)
    acts = snapshot.fold.acts
    shown = [each for each in owing if not row.claims or each.claim in row.claims]
    shown = [each for each in shown if acts.held(acts.folded(each.claim)) is None]
    then = Snapshot(Earlier(snapshot.reader, row.size), None, snapshot.zone)
    rows = debt_rows(then, shown, row.published, before.texts)
    if not rows:
        return None
    opening = snapshot.reader.entry(0).body
    assert isinstance(opening, Opening)
    drafted = notice(row.publication, rows, opening.origin, row.size, lambda at: show_minute(at, snapshot.zone))
    return Corrective(
        settlement=row,
        publication_url=snapshot.texts.shown(row.publication, Part.URL),
        publication_title=snapshot.texts.shown(row.publication, Part.TEXT),
        rows=tuple(rows),
        text="\n".join(_lines(drafted.text, row)),
    )


def _lines(text: str, row: SettlementRow) -> Iterator[str]:
    yield text
    if row.note is not None:
        yield ""
        yield row.note
