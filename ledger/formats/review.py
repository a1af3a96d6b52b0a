"""A review of a claim as a value, whichever way it is written down."""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger.errors import Problem
from ledger.times import Moment


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who speaks. ``type`` is the schema.org type: an Organization, a Person, or a kind of these."""

    name: str
    url: str | None = None
    type: str = "Organization"


@dataclass(frozen=True, slots=True)
class Rating:
    """An assessment in words, in numbers, or both. Without ``best`` and ``worst`` they are 5 and 1 to schema.org."""

    words: str | None = None
    value: float | None = None
    best: float | None = None
    worst: float | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """The claim that is reviewed: who said it, where and when. ``correction`` is the text of what is so instead."""

    id: str | None = None
    author: Who | None = None
    appearance: tuple[str, ...] = ()
    first_appearance: str | None = None
    published: Moment | None = None
    correction: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """One review. ``place`` is where in a document it was read."""

    claim: str
    id: str | None = None
    url: str | None = None
    author: Who | None = None
    rating: Rating | None = None
    published: Moment | None = None
    language: str | None = None
    item: Item = Item()
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Flawed:
    """A review that cannot be taken: what of it could be read, and all that is wrong with it as it was read.

    Its ``claim`` is empty if the text of the claim is what is wrong.
    """

    review: Review
    problems: tuple[Problem, ...]
