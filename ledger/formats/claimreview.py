"""ClaimReview (schema.org) as JSON-LD: what a newsroom says of claims, for search engines and for other newsrooms.

``read`` gives back what ``write`` was given; it takes much besides, since every publisher writes it in another way, and
each thing that it cannot take is a problem with its place. What a rating means in the words of the ledger is for
:mod:`ledger.formats.ratings`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from ledger.errors import Problem
from ledger.formats import jsonld
from ledger.formats.markup import marked
from ledger.formats.review import Flawed, Item, Rating, Review, Who
from ledger.formats.review_nodes import Reading, kind_of
from ledger.text import shown
from ledger.times import Moment
from ledger.vocabulary import Precision

CONTEXT = "https://schema.org"
TYPE = "ClaimReview"
MARK = "claimReviewed"
"""The member that only a review has."""


def write(reviews: Iterable[Review], *, zone: ZoneInfo) -> Iterator[str]:
    """Write a document as chunks of text: a single review as itself, others as a ``@graph``.

    Times are written in ``zone``, as exactly as they are known; an hour alone as its first minute. The document may
    stand inside a ``<script>`` as it is.
    """
    rest = iter(reviews)
    first = list(islice(rest, 2))
    if len(first) == 1:
        yield _shown({"@context": CONTEXT, **_review(first[0], zone)}) + "\n"
        return
    yield f'{{\n  "@context": "{CONTEXT}",\n  "@graph": ['
    for number, review in enumerate(chain(first, rest)):
        yield ("," if number else "") + ("\n" + _shown(_review(review, zone))).replace("\n", "\n    ")
    yield ("\n  ]" if first else "]") + "\n}\n"


def _shown(node: dict[str, Any]) -> str:
    text = json.dumps(node, ensure_ascii=False, allow_nan=False, indent=2)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _node(kind: str, **members: Any) -> dict[str, Any]:
    """A node with the members that are told; ``id`` is its name."""
    name = {"@id": members.pop("id")} if members.get("id") is not None else {}
    return {"@type": kind, **name, **{key: value for key, value in members.items() if value not in (None, [])}}


def _review(review: Review, zone: ZoneInfo) -> dict[str, Any]:
    return _node(
        TYPE,
        id=review.id,
        url=review.url,
        claimReviewed=marked(review.claim),
        author=_who(review.author),
        datePublished=_date(review.published, zone),
        inLanguage=None if review.language is None else marked(review.language),
        reviewRating=_rating(review.rating),
        itemReviewed=_item(review.item, zone),
    )


def _rating(rating: Rating | None) -> dict[str, Any] | None:
    if rating is None:
        return None
    return _node(
        "Rating",
        alternateName=None if rating.words is None else marked(rating.words),
        ratingValue=_number(rating.value),
        bestRating=_number(rating.best),
        worstRating=_number(rating.worst),
    )


def _item(item: Item, zone: ZoneInfo) -> dict[str, Any]:
    works = [_node("CreativeWork", url=address) for address in item.appearance]
    first = None if item.first_appearance is None else _node("CreativeWork", url=item.first_appearance)
    correction = None if item.correction is None else _node("CorrectionComment", text=marked(item.correction))
    return _node(
        "Claim",
        id=item.id,
        author=_who(item.author),
        datePublished=_date(item.published, zone),
        firstAppearance=first,
        appearance=works[0] if len(works) == 1 else works,
        correction=correction,
    )


def _who(who: Who | None) -> dict[str, Any] | None:
    return None if who is None else _node(who.type, name=marked(who.name), url=who.url)


def _number(value: float | None) -> int | float | None:
    return int(value) if value is not None and value == int(value) else value


def _date(moment: Moment | None, zone: ZoneInfo) -> str | None:
    if moment is None:
        return None
    local = moment.at.astimezone(zone)
    if moment.precision is Precision.DAY:
        return local.date().isoformat()
    exact = moment.precision is Precision.SECOND
    return local.isoformat() if exact else local.isoformat(timespec="minutes")


def read(text: str, *, zone: ZoneInfo) -> list[Review | Problem]:
    """Read every review of a document, and each problem in its place; dates without an offset are read in ``zone``.

    The same review again is left out; another one under the same ``@id`` is a problem.
    """
    found: list[Review | Problem] = []
    for each in read_whole(text, zone=zone):
        found += each.problems if isinstance(each, Flawed) else [each]
    return found


def read_whole(text: str, *, zone: ZoneInfo) -> list[Review | Flawed | Problem]:
    """As :func:`read`, with what could be read of the reviews that have problems, so that more of them can be found."""
    document = jsonld.parse(text, TYPE, MARK)
    if isinstance(document, list):
        return [*document]
    found: list[Review | Flawed | Problem] = []
    known: dict[str | None, tuple[Review, bool]] = {}
    for node in document.found:
        if not isinstance(node.value, jsonld.Members):
            found.append(Problem(node.place or "/", "is no object", f"a {TYPE}", kind_of(node.value)))
            continue
        reading = Reading(node, document, zone)
        review = _read(reading)
        problems = [*_mistyped(node), *reading.problems]
        this, name = (review, bool(problems)), _named(review)
        before, partly = this if name is None else known.setdefault(name, this)
        partly = partly or bool(problems)
        if _differ(before, review, partly=partly):
            problems.append(_taken(before, review))
        if problems:
            found.append(Flawed(review, tuple(problems)))
        elif before is review or partly:
            found.append(review)
    return found


def _mistyped(node: jsonld.Value) -> Iterator[Problem]:
    """A node that is meant to be a review, and does not say so."""
    if TYPE not in node.types:
        told = ", ".join(shown(each) for each in node.types)
        yield Problem(f"{node.place}/@type", "is another" if told else "is missing", TYPE, told or None)


def _differ(one: Review, other: Review, *, partly: bool) -> bool:
    """Whether they say different things; of what could be read in part, as far as both tell."""
    if not partly:
        return one != other
    told = attrgetter("claim", "url", "author", "rating", "published", "language")
    return any(a != b for a, b in zip(told(one), told(other), strict=True) if a and b)


def _taken(before: Review, review: Review) -> Problem:
    name, told = ("@id", review.id) if review.id else ("url", review.url)
    why = f"stands in the review at {before.place or '/'} too, which says something else"
    return Problem(f"{review.place}/{name}", why, "one of its own", told)


def _named(review: Review) -> str | None:
    """What no other review of a document is known by."""
    if review.id is not None:
        return review.id
    return f"{review.url} {review.claim}" if review.url is not None and review.claim else None


def _read(reading: Reading) -> Review:
    claim = reading.text(MARK)
    if claim is None:
        reading.lacks(MARK, "the text of the claim")
    item = reading.part("itemReviewed")
    return Review(
        claim=claim or "",
        id=reading.name,
        url=reading.address("url"),
        author=reading.who("author") or reading.who("publisher"),
        rating=reading.rating("reviewRating"),
        published=reading.date("datePublished"),
        language=reading.label("inLanguage"),
        item=Item() if item is None else _read_item(item),
        place=reading.place,
    )


def _read_item(item: Reading) -> Item:
    return Item(
        id=item.name,
        author=item.who("author", several=True),
        appearance=tuple(item.addresses("appearance")),
        first_appearance=item.address("firstAppearance"),
        published=item.date("datePublished"),
        correction=item.label("correction"),
    )


__all__ = ["CONTEXT", "TYPE", "Item", "Rating", "Review", "Who", "read", "read_whole", "write"]
