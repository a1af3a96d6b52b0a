"""Which rows of a board can be other ones after some more entries; all that are not named are as they were.

A statement, an entry that is about one, a hold, a wording: they bear on the claims that they name and, through
corrections and successions, on every claim that leads there. What bears on sources, stories or the rules may move any.
"""

from __future__ import annotations

from collections.abc import Iterable

from ledger.book.prefix import Prefix
from ledger.book.snapshot import Snapshot
from ledger.book.views import BoardRow
from ledger.model import (
    Body,
    Claim,
    Entry,
    Evidence,
    Hold,
    Publication,
    Recorder,
    Release,
    Retract,
    Settlement,
    Source,
    Statement,
    Story,
    Wording,
)
from ledger.resolver import Acts

_OF_A_CLAIM = (Statement, Hold, Release, Wording)
_OF_NONE = (Recorder, Story, Publication, Settlement)


def moved(reader: Prefix, start: int) -> set[int] | None:
    """The claims whose rows the entries from ``start`` on can move, by the claim they count under; None: any."""
    acts = Acts(reader)
    found: set[int] = set()
    for entry in reader.entries(start):
        named = _named(reader, entry)
        if named is None:
            return None
        found |= {acts.folded(claim) for claim in named}
    return _leading_to(reader, acts, found)


def board_after(snapshot: Snapshot, earlier: Iterable[BoardRow], known: int) -> list[BoardRow]:
    """The whole board of a moment without a said time, by the one of its first ``known`` entries."""
    claims = moved(snapshot.reader, known)
    if claims is None:
        return snapshot.board(None, ())
    rows = [row for row in earlier if row.claim not in claims]
    rows += [snapshot.row(explanation, since) for explanation, since in snapshot.explained_claims(sorted(claims))]
    return sorted(rows, key=lambda row: (row.story, row.claim))


def _named(reader: Prefix, entry: Entry) -> list[int] | None:
    """The claims that an entry is about; None where it may be about any."""
    body = _base(reader, entry.body)
    if isinstance(body, Claim):
        return [entry.index] if body is entry.body else None
    if isinstance(body, _OF_A_CLAIM):
        to = body.to if isinstance(body, Statement) else None
        return [body.claim] if to is None else [body.claim, to]
    if isinstance(body, _OF_NONE):
        return []
    return [] if isinstance(body, Source) and body is entry.body and body.amends is None else None


def _base(reader: Prefix, body: Body) -> Body:
    """What an entry comes down to: that of a retraction, or of a document, is the entry that it is about."""
    while isinstance(body, Retract | Evidence):
        index = body.target if isinstance(body, Retract) else body.about
        body = reader.entry(index).body
        if isinstance(body, Claim):  # a document for a claim: the row shows its address
            return Wording(index, None)
    return body


def _leading_to(reader: Prefix, acts: Acts, claims: Iterable[int]) -> set[int]:
    found = set(claims)
    pending = list(found)
    while pending:
        for each in acts.folded_under(pending.pop()):
            for index in reader.refs("statement.to", each):
                body = reader.entry(index).body
                assert isinstance(body, Statement)
                claim = acts.folded(body.claim)
                if claim not in found:
                    found.add(claim)
                    pending.append(claim)
    return found
