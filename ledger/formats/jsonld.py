"""JSON-LD as it is found: an object is in a list, a list is an object, and things are named elsewhere by ``@id``.

A document is read as JSON, and no context is ever fetched: names are those of schema.org, with or without its address
in front. A place is a JSON pointer (RFC 6901), such as ``/@graph/3/reviewRating``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ledger.errors import Problem
from ledger.text import shown

MAX_SIZE = 5 * 1024 * 1024
"""The most characters of a document."""

_PREFIX = re.compile(r"(?:https?://schema\.org/|schema:)(?=[A-Za-z])")
_ALIASES = {"id": "@id", "type": "@type", "graph": "@graph"}
_MAX_DIGITS = 1_000
_NOT_UTF8 = re.compile("[\udc80-\udcff]")


class Members(dict[str, Any]):
    """The members of an object; ``twice`` are the names that stood there more than once."""

    twice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """A value and its place."""

    place: str
    value: Any

    def member(self, name: str) -> list[Value]:
        """The values of a member; none if this is no object, or has none of that name."""
        if not isinstance(self.value, Members) or name not in self.value:
            return []
        return list(_each(Value(f"{self.place}/{_step(name)}", self.value[name])))

    @property
    def types(self) -> tuple[str, ...]:
        """The types of a node, without the address of schema.org."""
        if not isinstance(self.value, Members) or "@type" not in self.value:
            return ()
        return tuple(local(each.value) for each in self.member("@type") if isinstance(each.value, str))

    @property
    def id(self) -> str | None:
        """What a node is named by."""
        found = self.value.get("@id") if isinstance(self.value, Members) else None
        return found if isinstance(found, str) and found else None

    @property
    def refers(self) -> bool:
        """Whether a node only names another."""
        return self.id is not None and self.value.keys() <= {"@id", "@type", "@context"}


class Document:
    """A document with its nodes by name, and those of one type in their order, wherever they are but in one another.

    Among these are the nodes that seem to be meant: of that type but for its capitals, or with the member that is its
    ``mark``. So is whatever else than an object stands at the top or in a ``@graph``.
    """

    def __init__(self, tree: Any, wanted: str, mark: str) -> None:
        self._named: dict[str, Value] = {}
        found = []
        for node, inside in _nodes(tree, wanted):
            if node.id is not None and not node.refers:
                self._named.setdefault(node.id, node)
            if not inside and (not isinstance(node.value, Members) or _meant(node, wanted, mark)):
                found.append(node)
        self.found = [node for node in found if self.follow(node) is node]

    def follow(self, value: Value) -> Value:
        """The node that a reference names; anything else is itself."""
        return self._named.get(value.id, value) if value.id is not None and value.refers else value


def joined(pieces: Iterable[str]) -> str | Problem:
    """Put a file together, read as UTF-8 with ``surrogateescape``; no more of it is read than its size allows."""
    held, size = [], 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size > MAX_SIZE:
            return Problem("the file", f"has more than {MAX_SIZE:,} characters", "a file for each part of the reviews")
    text = "".join(held)
    if text.startswith(("\udcff\udcfe", "\udcfe\udcff")) or "\x00" in text[:4]:
        return Problem("the file", "is UTF-16 or UTF-32", "UTF-8")
    if foreign := _NOT_UTF8.search(text):
        line = text.count("\n", 0, foreign.start()) + 1
        return Problem(f"line {line}", f"is not UTF-8 (byte {ord(foreign[0]) - 0xDC00:02X})", "UTF-8")
    return text


def parse(text: str, wanted: str, mark: str) -> Document | list[Problem]:
    """Read a document for its nodes of one type, as in :class:`Document`, or say why it is none."""
    tree = _tree(text)
    if isinstance(tree, Problem):
        return [tree]
    return _no_numbers(tree) or Document(tree, wanted, mark)


def _tree(text: str) -> Any:
    """The JSON of a text, with a :class:`_NoNumber` in the place of each number that is none; or a problem."""
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_SIZE:
        return Problem("the file", f"has more than {MAX_SIZE:,} characters", "a file for each part of the reviews")
    if not text.strip():
        return Problem("line 1", "the file is empty", "JSON-LD")
    try:
        return json.loads(text, object_pairs_hook=_members, parse_constant=_NoNumber, parse_int=_whole)
    except RecursionError:
        return Problem("the file", "is nested too deeply", "JSON-LD")
    except json.JSONDecodeError as error:
        return Problem(f"line {error.lineno}", f"is not JSON (at character {error.colno})", "JSON-LD")


def local(name: str) -> str:
    """A name without the address of schema.org."""
    return _PREFIX.sub("", name, count=1) if _PREFIX.match(name) else name


def _members(pairs: list[tuple[str, Any]]) -> Members:
    found = Members()
    twice = []
    for name, value in pairs:
        own = local(name)
        own = _ALIASES.get(own, own)
        if own in found:
            twice.append(own)
        found[own] = value
    found.twice = tuple(dict.fromkeys(twice))
    return found


@dataclass(frozen=True, slots=True)
class _NoNumber:
    """What stands where a number should: NaN, an infinity, or more digits than anybody reads."""

    told: str


def _whole(digits: str) -> int | _NoNumber:
    return int(digits) if len(digits) <= _MAX_DIGITS else _NoNumber(digits)


def _no_numbers(tree: Any) -> list[Problem]:
    """Every number that is none, in the order of the document."""
    found, stack = [], [("", tree)]
    while stack:
        place, value = stack.pop()
        if isinstance(value, _NoNumber):
            many = value.told[-1:].isdigit()
            why = f"is a number of {len(value.told):,} digits" if many else "is no number of JSON"
            found.append(Problem(place or "/", why, "a number as in 5", shown(value.told)))
        stack += reversed([(f"{place}/{_step(name)}", each) for name, each in _inside(value)])
    return found


def _inside(value: Any) -> Iterable[tuple[str | int, Any]]:
    """What an object or a list holds, with the name or the number of each."""
    if isinstance(value, Members):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _step(name: str | int) -> str:
    return str(name) if isinstance(name, int) else name.replace("~", "~0").replace("/", "~1")


def _each(given: Value) -> Iterator[Value]:
    """One value, or each of a list, a ``@list`` or a ``@set``; without ``@value`` around it; ``null`` is none."""
    stack = [given]
    while stack:
        at = stack.pop()
        if isinstance(at.value, list):
            stack += reversed([Value(f"{at.place}/{number}", each) for number, each in enumerate(at.value)])
            continue
        holder = next((n for n in ("@list", "@set", "@value") if isinstance(at.value, Members) and n in at.value), None)
        if holder is not None:
            stack.append(Value(f"{at.place}/{holder}", at.value[holder]))
        elif at.value is not None:
            yield at


def _meant(node: Value, wanted: str, mark: str) -> bool:
    return wanted.casefold() in (each.strip().casefold() for each in node.types) or bool(node.member(mark))


def _nodes(tree: Any, wanted: str) -> Iterator[tuple[Value, bool]]:
    """Every object of a document in its order, with whether it is inside one of the wanted type.

    So is anything else that stands where an object is due: at the top, in a ``@graph``, and in a list there.
    """
    stack = [("", tree, False, True)]
    while stack:
        place, value, inside, due = stack.pop()
        node = isinstance(value, Members)
        if node or (due and not isinstance(value, list)):
            at = Value(place, value)
            yield at, inside
            inside = inside or wanted in at.types
        graph = () if inside else ("@graph", "@list", "@set") if due else ("@graph",)
        further = [
            (f"{place}/{_step(name)}", each, inside, name in graph if node else due) for name, each in _inside(value)
        ]
        stack += reversed([each for each in further if each[3] or (each[1] and isinstance(each[1], dict | list))])
