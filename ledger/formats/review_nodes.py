"""The members of a node as others write them: one value out of strings, objects, lists and references.

A :class:`Reading` collects each problem with its place, and goes on, so that all of them are told at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ledger.errors import Problem
from ledger.formats.cells import Unfit
from ledger.formats.dates import EXPECTED, read_date
from ledger.formats.jsonld import Document, Members, Value
from ledger.formats.markup import plain
from ledger.formats.review import Rating, Who
from ledger.text import shown
from ledger.times import Moment

MAX_TEXT = 10_000
"""The most characters of a text, before its tags are taken out."""

_T = TypeVar("_T")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,15})?")
_LARGEST = 2.0**53
_BODIES = ("Organization", "NewsMediaOrganization", "GovernmentOrganization", "Person")
_LABELS = ("name", "text", "alternateName")


class Reading:
    """One node of a document. What it has no more than one of is read as one value; two different ones are told."""

    def __init__(self, node: Value, document: Document, zone: ZoneInfo, problems: list[Problem] | None = None) -> None:
        self.node = node
        self.place = node.place
        self.problems: list[Problem] = [] if problems is None else problems
        self._document = document
        self._zone = zone
        if isinstance(node.value, Members):
            for name in node.value.twice:
                self._tell(f"{self.place}/{name}", "stands twice in the object", "each name once")

    @property
    def name(self) -> str | None:
        """What the node is named by outside of its document."""
        found = self.node.id
        if found is not None and _SURROGATE.search(found):
            self._tell(f"{self.place}/@id", "holds a lone surrogate, which is no text")
            return None
        return None if found is None or found.startswith("_:") else found

    def lacks(self, name: str, expected: str) -> None:
        """Tell that a member is missing, if nothing else is wrong with it."""
        where = f"{self.place}/{name}"
        if not any(each.where.startswith(where) for each in self.problems):
            self._tell(where, "is missing", expected)

    def text(self, name: str) -> str | None:
        """A plain text."""
        return self._one(name, [self._plain(each) for each in self.node.member(name)])

    def label(self, name: str) -> str | None:
        """A plain text, or that of an object."""
        return self._one(name, [self._label(each) for each in self.node.member(name)])

    def address(self, name: str) -> str | None:
        """An address, or that of an object."""
        return self._one(name, list(self.addresses(name)))

    def addresses(self, name: str) -> Iterator[str]:
        """All of them, each once."""
        found = [self._address(each) for each in self.node.member(name)]
        yield from dict.fromkeys(each for each in found if each is not None)

    def date(self, name: str) -> Moment | None:
        """A moment."""
        return self._one(name, [self._date(each) for each in self.node.member(name)])

    def part(self, name: str) -> Reading | None:
        """A node that is part of this one; a text there tells nothing that we read."""
        given = [self._document.follow(each) for each in self.node.member(name)]
        nodes = [each for each in given if isinstance(each.value, Members)]
        if len(nodes) > 1:
            self._tell(f"{self.place}/{name}", f"has {len(nodes)} objects", "one")
        return Reading(nodes[0], self._document, self._zone, self.problems) if nodes else None

    def who(self, name: str, *, several: bool = False) -> Who | None:
        """Somebody. Of several the only body; of several speakers the first."""
        found = [who for each in self.node.member(name) if (who := self._who(each)) is not None]
        found = list(dict.fromkeys(found))
        bodies = [who for who in found if who.type != "Person"]
        chosen = bodies if len(bodies) == 1 else found
        if len(chosen) > 1 and not several:
            names = ", ".join(shown(who.name) for who in chosen[:3])
            self._tell(f"{self.place}/{name}", f"names {len(chosen)} of them", "one", names)
        return chosen[0] if chosen else None

    def rating(self, name: str) -> Rating | None:
        """A rating; a bare text is its words, a bare number its value."""
        given = [self._document.follow(each) for each in self.node.member(name)]
        if len(given) > 1:
            self._tell(f"{self.place}/{name}", f"has {len(given)} ratings", "one")
        if not given or len(given) > 1:
            return None
        rating = Reading(given[0], self._document, self._zone, self.problems)
        if not isinstance(given[0].value, Members):
            words, value = rating._words_or_number(given[0])
            return None if words is None and value is None else Rating(words, value)
        told = rating.text("alternateName") or rating.text("name")
        values = [rating._words_or_number(each) for each in rating.node.member("ratingValue")]
        words = rating._one("ratingValue", [each for each, _ in values])
        value = rating._one("ratingValue", [each for _, each in values])
        found = Rating(told or words, value, rating._limit("bestRating"), rating._limit("worstRating"))
        return None if found == Rating() else found

    def _limit(self, name: str) -> float | None:
        return self._one(name, [self._number(each) for each in self.node.member(name)])

    def _one(self, name: str, found: Iterable[_T | None]) -> _T | None:
        kept = list(dict.fromkeys(each for each in found if each is not None and each != ""))
        if len(kept) > 1:
            self._tell(f"{self.place}/{name}", f"has {len(kept)} different values", "one")
        return kept[0] if kept else None

    def _tell(self, where: str, why: str, expected: str | None = None, got: str | None = None) -> None:
        problem = Problem(where or "/", why, expected, got)
        # A node that several others name is read for each of them.
        if problem not in self.problems:
            self.problems.append(problem)

    def _plain(self, given: Value) -> str | None:
        text = self._raw(given)
        return None if text is None else plain(text)

    def _raw(self, given: Value) -> str | None:
        if not isinstance(given.value, str):
            self._tell(given.place, "is no text", "a text in quotes", kind_of(given.value))
        elif found := _SURROGATE.search(given.value):
            self._tell(given.place, f"holds a lone surrogate (U+{ord(found[0]):04X}), which is no text")
        elif len(given.value) > MAX_TEXT:
            self._tell(given.place, f"has {len(given.value):,} characters; at most {MAX_TEXT:,} are read")
        else:
            return given.value.strip()
        return None

    def _label(self, given: Value) -> str | None:
        node = self._document.follow(given)
        if not isinstance(node.value, Members):
            return self._plain(node)
        inner = Reading(node, self._document, self._zone, self.problems)
        return next((text for name in _LABELS if (text := inner.text(name)) is not None), None)

    def _address(self, given: Value) -> str | None:
        node = self._document.follow(given)
        if not isinstance(node.value, Members):
            # An & in an address begins no entity.
            return self._raw(node) or None
        inner = Reading(node, self._document, self._zone, self.problems)
        own = inner._one("url", [inner._raw(each) for each in node.member("url")])
        return own or inner.name

    def _who(self, given: Value) -> Who | None:
        node = self._document.follow(given)
        if not isinstance(node.value, Members):
            name = self._plain(node)
            return Who(name) if name else None
        inner = Reading(node, self._document, self._zone, self.problems)
        name = inner.text("name")
        kind = next((each for each in node.types if each in _BODIES), _BODIES[0])
        return Who(name, inner.address("url"), kind) if name else None

    def _date(self, given: Value) -> Moment | None:
        if isinstance(given.value, int | float) and not isinstance(given.value, bool):
            self._tell(given.place, "is a bare number, and nobody can tell what it counts", EXPECTED, str(given.value))
            return None
        text = self._plain(given)
        if not text:
            return None
        try:
            return read_date(text, self._zone)
        except Unfit as error:
            self._tell(given.place, error.why, error.expected, shown(text))
            return None

    def _words_or_number(self, given: Value) -> tuple[str | None, float | None]:
        if isinstance(given.value, str):
            text = self._plain(given) or ""
            if not _NUMBER.fullmatch(text):
                return text or None, None
        return None, self._number(given)

    def _number(self, given: Value) -> float | None:
        value = given.value
        if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
            return float(value.strip().replace(",", "."))
        if isinstance(value, str) and not value.strip():
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            if math.isfinite(value) and abs(value) < _LARGEST:
                return float(value)
            self._tell(given.place, "is too large a number")
            return None
        self._tell(given.place, "is no number", "as in 5", shown(value) if isinstance(value, str) else kind_of(value))
        return None


def kind_of(value: Any) -> str:
    """What a value of JSON is, in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case _:
            return "an object" if isinstance(value, dict) else "a text"
