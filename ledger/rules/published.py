"""What may be appended of publications and settlements: they are called something, and what they rest on was there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ledger.errors import Problem
from ledger.model import Entry, Publication, Settlement
from ledger.resolver import Acts, First, Fold
from ledger.text import shown
from ledger.times import FUTURE_SLACK, format_utc
from ledger.vocabulary import Part

MOST_CLAIMS = 1_000
"""The most claims that a publication or a settlement names; one of more names a story, or all."""

_HASH = re.compile(r"[0-9a-f]{64}")


def check_publication(entry: Entry, before: Fold) -> Iterator[Problem]:
    """Say what keeps a publication from being appended."""
    body = entry.body
    assert isinstance(body, Publication)
    if Part.NAME not in entry.parts and Part.URL not in entry.parts:
        yield Problem("publication", "has neither a name nor an address", expected="one of the two, or both")
    if body.story is not None and body.claims:
        yield Problem("story", "is told beside claims; a publication is of a story or of claims, not both")
    if body.sha256 is not None and not _HASH.fullmatch(body.sha256):
        expected = "64 lower-case hex digits"
        yield Problem("sha256", "is no SHA-256", expected=expected, got=shown(body.sha256))
    held: object = body.held
    if not isinstance(held, bool):  # 1 would be written, and could not be read again
        yield Problem("held", "must be true or false", got=str(held))
    yield from _check_published(entry, body)
    rested_on = [("policy", body.policy), *(("claims", each) for each in body.claims)]
    rested_on += [] if body.story is None else [("story", body.story)]
    yield from _check_rested_on(entry, body.size, rested_on)
    if 0 < body.size <= entry.index:
        in_force = Acts(First(before.facts, body.size)).policy_entry()
        if in_force is not None and in_force != body.policy:
            yield Problem("policy", "is not the one in force then", expected=str(in_force), got=str(body.policy))


def check_settlement(entry: Entry, before: Fold) -> Iterator[Problem]:
    """Say what keeps a settlement from being appended."""
    body = entry.body
    assert isinstance(body, Settlement)
    if Part.URL not in entry.parts and Part.NOTE not in entry.parts:
        yield Problem("settlement", "has neither an address nor a note that says where it went out")
    yield from _check_published(entry, body)
    publication = before.facts.entry(body.publication).body
    assert isinstance(publication, Publication)
    if not before.acts.live(body.publication):
        yield Problem("publication", f"entry {body.publication} is retracted: it never went out")
    elif body.size <= publication.size:
        why = f"rests on no more than the publication {body.publication} itself"
        yield Problem("size", why, expected=f"at least {publication.size + 1}", got=str(body.size))
    foreign = [each for each in body.claims if publication.claims and each not in publication.claims]
    for claim in foreign:
        yield Problem("claims", f"claim {claim} is not in publication {body.publication}")
    yield from _check_rested_on(entry, body.size, [("claims", each) for each in body.claims])


def _check_published(entry: Entry, body: Publication | Settlement) -> Iterator[Problem]:
    if len(body.claims) > MOST_CLAIMS:
        yield Problem(
            "claims", f"are {len(body.claims):,}; at most {MOST_CLAIMS:,} are named", expected="a story, or all"
        )
    if list(body.claims) != sorted(set(body.claims)):
        yield Problem("claims", "do not ascend, or stand twice")
    if body.published is not None and body.published.at > entry.recorded + FUTURE_SLACK:
        yield Problem(
            "published",
            "lies in the future",
            expected=f"at most two minutes after {format_utc(entry.recorded)}",
            got=format_utc(body.published.at),
        )


def _check_rested_on(entry: Entry, size: int, named: Iterable[tuple[str, int]]) -> Iterator[Problem]:
    if type(size) is not int or not 1 <= size <= entry.index:
        yield Problem("size", "is no size that the ledger had", expected=f"1 to {entry.index}", got=str(size))
        return
    for field, index in named:
        if index >= size:
            yield Problem(field, f"entry {index} is not among the first {size} entries, which it rests on")
