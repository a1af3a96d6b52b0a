"""Which claims can stand otherwise, or be worded so, after some more entries; all others are as they were.

A statement, an entry that is about one, a hold, a wording: they bear on the claims that they name and, through
corrections and successions, on every claim that leads there. What bears on sources, stories or the rules may move any.
"""

from __future__ import annotations

from collections.abc import Iterable

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
from ledger.resolver.acts import Acts
from ledger.resolver.facts import Facts

_OF_A_CLAIM = (Statement, Hold, Release, Wording)
_OF_NONE = (Recorder, Story, Publication, Settlement)


def moved(facts: Facts, entries: Iterable[Entry]) -> set[int] | None:
    """The claims that some entries of a prefix can have moved, by the claim they count as; None: any."""
    acts = Acts(facts)
    found: set[int] = set()
    for entry in entries:
        named = _named(facts, entry)
        if named is None:
            return None
        found |= {acts.folded(claim) for claim in named}
    return _leading_to(facts, acts, found)


def _named(facts: Facts, entry: Entry) -> list[int] | None:
    """The claims that an entry is about; None where it may be about any."""
    body = subject(facts, entry.body)
    if isinstance(body, Claim):
        return [entry.index] if body is entry.body else None
    if isinstance(body, _OF_A_CLAIM):
        to = body.to if isinstance(body, Statement) else None
        return [body.claim] if to is None else [body.claim, to]
    if isinstance(body, _OF_NONE):
        return []
    return [] if isinstance(body, Source) and body is entry.body and body.amends is None else None


def subject(facts: Facts, body: Body) -> Body:
    """What an entry comes down to: that of a retraction, or of a document, is the entry that it is about."""
    while isinstance(body, Retract | Evidence):
        index = body.target if isinstance(body, Retract) else body.about
        body = facts.entry(index).body
        if isinstance(body, Claim):  # a document for a claim: the row shows its address
            return Wording(index, None)
    return body


def _leading_to(facts: Facts, acts: Acts, claims: Iterable[int]) -> set[int]:
    found = set(claims)
    pending = list(found)
    while pending:
        for each in acts.folded_under(pending.pop()):
            for index in facts.refs("statement.to", each):
                body = facts.entry(index).body
                assert isinstance(body, Statement)
                claim = acts.folded(body.claim)
                if claim not in found:
                    found.add(claim)
                    pending.append(claim)
    return found
