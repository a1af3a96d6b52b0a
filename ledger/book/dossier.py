"""All that there is on one claim, from one snapshot: no part of it can be of another moment than the rest."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.book.evidence import documents
from ledger.book.foresee import entries_about
from ledger.book.log import lines
from ledger.book.snapshot import Snapshot
from ledger.book.views import BoardRow, DocumentRow, HistoryLine, LogLine, View, Why
from ledger.resolver import Clock
from ledger.store import Place, Reader


@dataclass(frozen=True, slots=True)
class Dossier(View):
    """A claim, whole: ``claim`` is the one that was asked for, which may count as that of ``why``.

    ``changes`` are on the said clock, ``known`` as this desk recorded them; ``entries`` are those that concern it;
    ``path`` are the rows of the claims that it leads to, itself first, where it leads anywhere. ``signed`` is the size
    of the newest checkpoint, None where nothing is signed.
    """

    claim: int
    story: int
    why: Why
    changes: tuple[HistoryLine, ...]
    known: tuple[HistoryLine, ...]
    entries: tuple[LogLine, ...]
    path: tuple[BoardRow, ...]
    documents: tuple[DocumentRow, ...]
    signed: int | None


def dossier_of(snapshot: Snapshot, reader: Reader, place: Place, given: int | str) -> Dossier:
    """Collect it; ``reader`` is that of the snapshot. Raises :class:`~ledger.errors.Rejected` for no claim."""
    why = snapshot.why(given)
    home = why.row.claim
    claim = home if why.folded_from is None else why.folded_from
    signed = reader.last_checkpoint()
    steps = why.path if len(why.path) > 1 else ()
    return Dossier(
        claim=claim,
        story=snapshot.fold.acts.story(home),
        why=why,
        changes=tuple(snapshot.changes([home])),
        known=tuple(snapshot.changes([home], Clock.KNOWN)),
        entries=tuple(lines(reader, snapshot.texts, entries_about(reader, claim))),
        path=tuple(snapshot.explained_row(each) for each in steps),
        documents=tuple(documents(reader, place, claim)),
        signed=None if signed is None else signed[0],
    )
