"""What the search finds, and what it stands on: the claim, its text and its state now."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice

from ledger.book.lookup import find_story
from ledger.book.snapshot import Snapshot
from ledger.book.tell import tell
from ledger.book.views import Hit
from ledger.errors import Misused
from ledger.model import Claim, Evidence, Retract, Source
from ledger.resolver import resolve
from ledger.store import Found, Reader
from ledger.vocabulary import Part, Visibility


def search(
    snapshot: Snapshot,
    reader: Reader,
    words: str,
    story: int | str | None,
    within: Collection[Part],
    limit: int | None,
) -> list[Hit]:
    """The parts in which all the words stand, best first; ``reader`` is that of the snapshot."""
    if not any(character.isalnum() for character in words):
        raise Misused(f"search: {words!r}: holds no word", next="give a word, or the beginning of one")
    only = None if story is None else find_story(snapshot.reader, story)
    found = list(islice(_in_story(snapshot, reader.search(words, within), only), limit))
    claims = {claim for each in found if (claim := _claim_of(snapshot, each.index)) is not None}
    snapshot.prepare(claims)
    return [_hit(snapshot, each) for each in found]


def _in_story(snapshot: Snapshot, found: Iterator[Found], story: int | None) -> Iterator[Found]:
    for each in found:
        if story is None or story in _stories_of(snapshot, each.index):
            yield each


def _stories_of(snapshot: Snapshot, index: int) -> set[int | None]:
    """The stories that an entry belongs to; a source to those in which it speaks or relays."""
    reader = snapshot.reader
    base = _base(snapshot, index)
    claims = {_claim_of(snapshot, index)}
    if isinstance(reader.entry(base).body, Source):
        refs = (*reader.refs("statement.speaker", base), *reader.refs("statement.via", base))
        claims |= {_claim_of(snapshot, each) for each in refs}
    bodies = [reader.entry(each).body for each in (base, *claims) if each is not None]
    return {getattr(body, "story", None) for body in bodies}


def _base(snapshot: Snapshot, index: int) -> int:
    """The entry that one is about in the end: a retraction is about what it takes back."""
    while isinstance(body := snapshot.reader.entry(index).body, Retract | Evidence):
        index = body.target if isinstance(body, Retract) else body.about
    return index


def _claim_of(snapshot: Snapshot, index: int) -> int | None:
    """The claim that an entry is on, None if it is on none."""
    base = _base(snapshot, index)
    body = snapshot.reader.entry(base).body
    claim = base if isinstance(body, Claim) else getattr(body, "claim", None)
    return claim if isinstance(claim, int) else None


def _hit(snapshot: Snapshot, found: Found) -> Hit:
    entry = snapshot.reader.entry(found.index)
    claim = _claim_of(snapshot, found.index)
    ref = entry.parts.get(found.part)
    return Hit(
        index=found.index,
        kind=entry.word,
        part=found.part,
        internal=ref is not None and ref.visibility is Visibility.INTERNAL,
        live=snapshot.fold.acts.live(found.index),
        snippet=found.snippet,
        marks=found.marks,
        claim=claim,
        claim_text=None if claim is None else snapshot.texts.claim(claim),
        state=None if claim is None else resolve(snapshot.fold, claim).state,
        summary=tell(entry, snapshot.reader, snapshot.texts),
    )
