"""One cell of a row: from text to a value, and back.

Each reader raises :class:`Unfit` for a text that it cannot read. What is free text is taken as it stands; everything
else may have spaces around it and words in any case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ledger.errors import Misused
from ledger.model import Document, Policy
from ledger.times import Moment, format_utc, read_time
from ledger.vocabulary import Word

_W = TypeVar("_W", bound=Word)
_T = TypeVar("_T")
_DOCUMENT = tuple(each.name for each in fields(Document))
_LARGEST = 2**53 - 1


class Unfit(ValueError):
    """A cell that cannot be read: why, and what was expected instead."""

    def __init__(self, why: str, expected: str | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.expected = expected


def read_text(text: str) -> str:
    """Free text, with every kind of line end as a plain one."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_name(text: str) -> str:
    """A name, or the text of a claim. A bare number always means an index, and has a column of its own."""
    if text.strip().isdigit():
        raise Unfit(
            "is a bare number, and a bare number always means an index", "a name; indexes have a column of their own"
        )
    return text


def read_number(text: str) -> int:
    """A whole number from 0, in ASCII digits."""
    digits = text.strip()
    if not re.fullmatch(r"[0-9]{1,16}", digits) or int(digits) > _LARGEST:
        raise Unfit("is no whole number", "digits alone")
    return int(digits)


def read_word(kind: type[_W], text: str) -> _W:
    """A word of the vocabulary."""
    try:
        return kind(text.strip().casefold())
    except ValueError:
        raise Unfit("is not in the list", ", ".join(kind)) from None


def read_flag(text: str) -> bool:
    """``true`` or ``false``."""
    flag = {"true": True, "false": False}.get(text.strip().casefold())
    if flag is None:
        raise Unfit("is neither true nor false", "true or false")
    return flag


def read_moment(text: str, zone: ZoneInfo, now: datetime) -> Moment | None:
    """A time as :func:`ledger.times.read_time` takes it; ``unknown`` is None."""
    if text.strip().casefold() == "unknown":
        return None
    try:
        return read_time(text, zone, now)
    except Misused as error:
        why = error.message.rpartition(": ")[2]
        raise Unfit(why, re.sub(r"^(expected|write) ", "", error.next)) from None


def read_document(text: str) -> Document:
    """A JSON object of url, archived_url, sha256, size and media_type, some of them; or a bare web address."""
    if not text.lstrip().startswith("{"):
        return Document(url=text.strip())
    value = _json(text)
    unknown = sorted(set(value) - set(_DOCUMENT))
    if unknown:
        raise Unfit(f"has an unknown member {unknown[0]!r}", ", ".join(_DOCUMENT))
    for name, member in value.items():
        if name == "size":
            if type(member) is not int or not 0 <= member <= _LARGEST:
                raise Unfit("has a size that is no whole number")
        elif not isinstance(member, str):
            raise Unfit(f"has a {name} that is no text")
    if not re.fullmatch(r"[0-9a-f]{64}", value.get("sha256", "0" * 64)):
        raise Unfit("has a sha256 that is not 64 lower-case hex digits")
    return Document(**value)


def read_list(one: Callable[[str], _T], text: str) -> tuple[_T | None, ...]:
    """A JSON array whose members ``one`` reads, or one bare member. ``null`` is None: not told."""
    if not text.lstrip().startswith("["):
        return (one(text),)
    return tuple(None if member is None else one(_member(member)) for member in _json(text))


def _member(value: Any) -> str:
    if isinstance(value, str) or type(value) is int:
        return str(value)
    raise Unfit("is no list of names or numbers", 'a JSON array, as in ["BFM", "Reuters"]')


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise Unfit("is no JSON", 'as in ["BFM"] or {"url": "https://…"}; quotes are doubled in a CSV cell') from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def show(value: Any) -> str:
    """Write a value as a cell: nothing for None, lists and documents as JSON, times in UTC as in a leaf."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return format_utc(value)
        case Moment():
            return format_utc(value.at)
        case Policy():
            return f"{value.name} {value.version}, quorum {value.quorum}"
        case Document():
            told = {name: getattr(value, name) for name in _DOCUMENT if getattr(value, name) is not None}
            return json.dumps(told, ensure_ascii=False)
        case tuple() | list():
            return json.dumps(list(value), ensure_ascii=False)
        case _:
            return str(value)
