"""What may be told in public: which parts of the entries are withheld, as everybody who has the leaves can derive.

Withheld are the parts that are marked internal, those that were redacted, and every part of an entry that concerns a
held claim (R8): the claim, its wordings, what was said on it or points to it, the acts on it, publications that name it
and their settlements, what retracts any of those, and their evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from ledger.model import Entry, Hold, Redaction, Release, Retract, Same, references
from ledger.resolver import Acts, Facts
from ledger.vocabulary import Kind, Part, Visibility

_ABOUT = ("retract.target", "evidence.about", "redaction.target", "settlement.publication")
_CLAIMS = frozenset(
    {
        "statement.claim",
        "statement.to",
        "hold.claim",
        "release.claim",
        "authority.claim",
        "vet.claim",
        "same.claim",
        "same.same_as",
        "wording.claim",
        "publication.claims",
        "settlement.claims",
    }
)


class Disclosure:
    """What the public may see as of the prefix of ``acts``."""

    def __init__(self, acts: Acts) -> None:
        self._acts = acts
        self._held: dict[int, bool] = {}

    def withheld(self, entry: Entry) -> Collection[Part]:
        """Return the parts of an entry that are not published."""
        if any(self.holds(claim) for claim in claims_of(entry, self._acts.facts.entry)):
            return entry.parts.keys()
        gone = redactions(self._acts.facts, entry)
        return [part for part, ref in entry.parts.items() if ref.visibility is Visibility.INTERNAL or part in gone]

    def holds(self, claim: int) -> bool:
        """Whether a claim is held, by its own name or as the claim that it counts under (R8)."""
        claim = self._acts.folded(claim)
        if claim not in self._held:
            self._held[claim] = self._acts.held(claim) is not None
        return self._held[claim]


def redactions(facts: Facts, entry: Entry) -> dict[Part, int]:
    """Return the parts of an entry that were redacted, each with the entry that did it."""
    if not entry.parts or not facts.refs("redaction.target", entry.index):
        return {}
    found = {part: facts.refs(f"redaction.{part}", entry.index) for part in entry.parts}
    return {part: by[0] for part, by in found.items() if by}


def claims_of(entry: Entry, entry_at: Callable[[int], Entry]) -> Iterator[int]:
    """Yield the claims that an entry concerns, itself if it is one; those of what it retracts, settles, documents."""
    pending = [entry]
    while pending:
        entry = pending.pop()
        for role, index in references(entry.body):
            if role in _CLAIMS:
                yield index
            elif role in _ABOUT:
                assert index < entry.index, "an entry refers to those before it"
                pending.append(entry_at(index))
        if entry.word == Kind.CLAIM.value:
            yield entry.index


def concerning(facts: Facts, claim: int) -> set[int]:
    """Return every entry that concerns a claim: the converse of :func:`claims_of`."""
    found = {claim}
    found.update(index for role in _CLAIMS for index in facts.refs(role, claim))
    wave = set(found)
    while wave:
        wave = {index for each in wave for role in _ABOUT for index in facts.refs(role, each)} - found
        found |= wave
    return found


def reached(facts: Facts, entries: Iterable[Entry]) -> set[int]:
    """Return every entry whose disclosure these may change: those that they redact, hold, release or fold."""
    entries = list(entries)
    redacted = {entry.body.target for entry in entries if isinstance(entry.body, Redaction)}
    claims: set[int] = set()
    wave = {
        claim
        for entry in entries
        if isinstance(entry.body, Hold | Release | Same | Retract)
        for claim in claims_of(entry, facts.entry)
    }
    while wave:
        claims |= wave
        wave = {each for claim in wave for each in _folded_with(facts, claim)} - claims
    return redacted | {index for claim in claims for index in concerning(facts, claim)}


def _folded_with(facts: Facts, claim: int) -> Iterator[int]:
    """The claims on the other side of every `same`, live or not: what a hold reaches, it reaches through those."""
    for role in ("same.claim", "same.same_as"):
        for index in facts.refs(role, claim):
            body = facts.entry(index).body
            assert isinstance(body, Same)
            yield from (body.claim, body.same_as)
