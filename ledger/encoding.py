"""The one byte form of an entry and of a content: what is stored, hashed and published.

RFC 8785 (JSON Canonicalization Scheme), narrowed: ASCII keys, no floats, integers below 2^53, no U+0000, no lone
surrogates, no duplicate keys, optional fields left out rather than null. Under those limits the sorted, compact output
of the standard library is the canonical form (compared with PyPI's ``rfc8785`` in the tests), so :func:`decode_entry`
can insist on it: bytes that do not encode back to themselves are refused.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from functools import cache
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any, get_type_hints

from ledger.model import BODIES, Body, Content, Document, Entry, Known, PartRef, Unknown
from ledger.times import Moment, format_utc, parse_utc
from ledger.vocabulary import Kind, Part, Precision, Visibility, Word

FORMAT = 1
MAX_LEAF = 65_535
"""A leaf's most bytes: what the two-byte length of an entry bundle can say."""

MAX_DEPTH = 64
"""How many objects and lists may stand in one another; each Python has a limit of its own, and a form must not."""

_MAX_INTEGER = 2**53 - 1
_SURROGATE = re.compile("[\ud800-\udfff]")
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
_SIXTEEN_DIGITS = re.compile(rb"\d{16}")
_HEX32 = re.compile(r"[0-9a-f]{32}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_HEADER = frozenset({"format", "kind", "index", "recorded", "recorder", "parts", "key"})
_REFERENCE = frozenset({"sha256", "visibility"})


class Malformed(ValueError):
    """Bytes that are no leaf or no content of this format; the message says which rule they break."""


def sha256(data: bytes) -> str:
    """Return the SHA-256 of ``data`` in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def canonical(value: Any) -> bytes:
    """Write a JSON value in canonical form. Raises :class:`Malformed` for a value outside the narrowed form."""
    _check_value(value)
    return _dump(value)


def _dump(value: Any) -> bytes:
    return _utf8(_ENCODER.encode(value))


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise Malformed("has a text with a lone surrogate") from None


def _written(value: Any) -> str:
    """As :func:`canonical`, as text, and faster for what fields hold: texts, words, whole numbers, lists of them."""
    kind = type(value)
    if kind is str:
        _check_text(value)
        return encode_basestring(value)
    if kind is int and -_MAX_INTEGER <= value <= _MAX_INTEGER:
        return str(value)
    if isinstance(value, Word):
        return f'"{value}"'
    if kind is tuple:
        return f"[{','.join([_written(each) for each in value])}]"
    return canonical(value).decode()


def _object(members: Mapping[str, str]) -> str:
    """Write an object of members whose names are ours, and whose values are written already."""
    template, in_order = _template(tuple(members))
    return template % in_order(members)


@cache
def _template(names: tuple[str, ...]) -> tuple[str, Callable[[Mapping[str, str]], tuple[str, ...] | str]]:
    """An object with places for its members, and what puts them in the order of their names."""
    ordered = sorted(names)
    return "{" + ",".join([f'"{name}":%s' for name in ordered]) + "}", itemgetter(*ordered)


def parse(data: bytes) -> Any:
    """Read a JSON value and insist that ``data`` is its canonical form. Raises :class:`Malformed`."""
    if _is_plain(data):
        # What has a duplicate key, or goes on after its end, is not written as it was read: the long way says why.
        with suppress(ValueError, RecursionError):
            value, _ = _PLAIN.raw_decode(data.decode("ascii"))
            if _dump(value) == data:
                return value
    return _parse_closely(data)


def _parse_closely(data: bytes) -> Any:
    try:
        value = _UNIQUE.decode(data.decode("utf-8"))
        written = canonical(value)
    except UnicodeDecodeError:
        raise Malformed("is not UTF-8") from None
    except Malformed:
        raise
    except RecursionError:
        raise Malformed("is nested too deeply") from None
    except ValueError:  # json.JSONDecodeError, and what int() refuses to read
        raise Malformed("is not JSON") from None
    if written != data:
        raise Malformed("is not in canonical form (RFC 8785)")
    return value


def _is_plain(data: bytes) -> bool:
    """Whether ASCII bytes are an object with no escape, number or nesting that could break a limit: most leaves are."""
    shallow = data.count(b"[") + data.count(b"{") <= MAX_DEPTH
    return (
        shallow and data.startswith(b"{") and data.isascii() and b"\\" not in data and not _SIXTEEN_DIGITS.search(data)
    )


def _refuse_float(text: str) -> Any:
    raise Malformed(f"has a number that is not whole: {text}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        raise Malformed(f"has a duplicate key: {next(n for n in names if names.count(n) > 1)}")
    return members


_PLAIN = json.JSONDecoder(parse_float=_refuse_float, parse_constant=_refuse_float)
_UNIQUE = json.JSONDecoder(parse_float=_refuse_float, parse_constant=_refuse_float, object_pairs_hook=_unique)


def encode_entry(entry: Entry) -> bytes:
    """Write the leaf of ``entry``. Raises :class:`Malformed` if it cannot be a leaf, being too long for example."""
    members = {
        "format": str(FORMAT),
        "index": _written(entry.index),
        "kind": _written(entry.word),
        "recorded": f'"{format_utc(entry.recorded)}"',
    }
    if entry.recorder is not None:
        members["recorder"] = _written(entry.recorder)
    if entry.key is not None:
        members["key"] = _written(entry.key)
    if entry.parts:
        members["parts"] = _object(
            {
                part: f'{{"sha256":{_written(ref.sha256)},"visibility":"{ref.visibility}"}}'
                for part, ref in entry.parts.items()
            }
        )
    if isinstance(entry.body, Unknown):
        data = canonical(_PLAIN.decode(_object(members)) | dict(entry.body.fields))
    else:
        data = _utf8(_object(members | _body_members(entry.body)))
    if len(data) > MAX_LEAF:
        raise Malformed(f"has {len(data):,} bytes; a leaf has at most {MAX_LEAF:,}")
    return data


def decode_entry(data: bytes) -> Entry:
    """Read a leaf. Raises :class:`Malformed` unless ``data`` is exactly what :func:`encode_entry` writes."""
    if len(data) > MAX_LEAF:
        raise Malformed(f"has {len(data):,} bytes; a leaf has at most {MAX_LEAF:,}")
    leaf = parse(data)
    if not isinstance(leaf, dict):
        raise Malformed("is not a JSON object")
    if leaf.get("format") != FORMAT or isinstance(leaf["format"], bool):
        raise Malformed(f"is of format {leaf.get('format')!r}; this version reads format {FORMAT}")
    word = leaf.get("kind")
    if not isinstance(word, str) or not word:
        raise Malformed("has no kind")
    recorder = _index(leaf["recorder"], "recorder") if "recorder" in leaf else None
    if (recorder is None) != (word == Kind.OPENING.value):
        raise Malformed("has no recorder" if recorder is None else "is an opening with a recorder")
    return Entry(
        index=_index(leaf.get("index"), "index"),
        recorded=_time(leaf.get("recorded"), "recorded"),
        recorder=recorder,
        body=_decode_body(word, {name: leaf[name] for name in leaf if name not in _HEADER}),
        parts=_decode_parts(leaf),
        key=_matching(_HEX32, leaf["key"], "key", "32 lower-case hex digits") if "key" in leaf else None,
    )


def encode_content(content: Content) -> bytes:
    """Write the canonical bytes of a part, ``{salt, value}``: what its hash in the leaf is taken over."""
    if not _HEX64.fullmatch(content.salt):
        raise Malformed("has a salt that is not 64 lower-case hex digits")
    value: Any = content.value
    if isinstance(value, Document):
        given = {each.name: getattr(value, each.name) for each in fields(Document)}
        value = {name: told for name, told in given.items() if told is not None}
    return _utf8(f'{{"salt":"{content.salt}","value":{_written(value)}}}')


def decode_content(part: Part, data: bytes) -> Content:
    """Read the canonical bytes of a part. Raises :class:`Malformed`."""
    whole = parse(data)
    if not isinstance(whole, dict) or set(whole) != {"salt", "value"}:
        raise Malformed("is not an object of salt and value")
    salt = _matching(_HEX64, whole["salt"], "salt", "64 lower-case hex digits")
    value = whole["value"]
    if part is Part.EVIDENCE:
        return Content(salt, _decode_document(value))
    if not isinstance(value, str):
        raise Malformed("has a value that is not text")
    return Content(salt, value)


def reference_to(content: Content, visibility: Visibility = Visibility.PUBLIC) -> PartRef:
    """Return what a leaf says of ``content``."""
    return PartRef(sha256(encode_content(content)), visibility)


def _body_members(body: Known) -> dict[str, str]:
    members: dict[str, str] = {}
    for name, _ in _decoders(body.kind):
        value = getattr(body, name)
        if isinstance(value, Moment):
            members[name] = f'"{format_utc(value.at)}"'
            members["precision"] = f'"{value.precision}"'
        elif isinstance(value, datetime):
            members[name] = f'"{format_utc(value)}"'
        elif value is not None and value != ():
            members[name] = _written(value)
    return members


def _decode_body(word: str, given: dict[str, Any]) -> Body:
    body = _BODIES.get(word)
    if body is None:
        return Unknown(word, given)
    values = {name: decode(name, given) for name, decode in _decoders(body.kind) if name in given}
    if given:
        raise Malformed(f"has a field that no {word} has: {min(given)}")
    try:
        return body(**values)
    except TypeError:
        missing = [f.name for f in fields(body) if f.name not in values]
        raise Malformed(f"lacks a field: {', '.join(missing)}") from None


_BODIES = {kind.value: body for kind, body in BODIES.items()}
_Decoder = Callable[[str, dict[str, Any]], Any]
"""Takes the field of that name out of what is given, and reads it."""


@cache
def _decoders(kind: Kind) -> list[tuple[str, _Decoder]]:
    """How each field of a body is read, by its type."""
    body = BODIES[kind]
    hints = get_type_hints(body)
    return [(each.name, _decoder(hints[each.name])) for each in fields(body)]


def _decoder(hint: Any) -> _Decoder:
    if hint == tuple[int, ...]:
        return _decode_indexes
    options = getattr(hint, "__args__", (hint,))
    for kind, decoder in _READ:
        if kind in options:
            return decoder
    word = next(each for each in options if issubclass(each, Word))
    return lambda name, given: _word(word, given.pop(name), name)


def _decode_time(name: str, given: dict[str, Any]) -> Any:
    return _time(given.pop(name), name)


def _decode_index(name: str, given: dict[str, Any]) -> int:
    return _index(given.pop(name), name)


def _decode_indexes(name: str, given: dict[str, Any]) -> tuple[int, ...]:
    value = given.pop(name)
    if not isinstance(value, list) or not value:
        raise Malformed(f"has a {name} that is not a list of indexes")
    return tuple([_index(each, name) for each in value])


def _decode_moment(name: str, given: dict[str, Any]) -> Moment:
    precision = _word(Precision, given.pop("precision", None), "precision")
    return Moment(_time(given.pop(name), name), precision)


def _decode_flag(name: str, given: dict[str, Any]) -> bool:
    value = given.pop(name)
    if not isinstance(value, bool):
        raise Malformed(f"has a {name} that is neither true nor false")
    return value


def _decode_text(name: str, given: dict[str, Any]) -> str:
    value = given.pop(name)
    if not isinstance(value, str):
        raise Malformed(f"has a {name} that is not text")
    return value


_READ: tuple[tuple[type, _Decoder], ...] = (
    (Moment, _decode_moment),
    (datetime, _decode_time),
    (bool, _decode_flag),
    (int, _decode_index),
    (str, _decode_text),
)


def _decode_parts(leaf: dict[str, Any]) -> dict[Part, PartRef]:
    if "parts" not in leaf:
        return {}
    given = leaf["parts"]
    if not isinstance(given, dict) or not given:
        raise Malformed("has parts that are not a filled object")
    parts = {}
    for name, ref in given.items():
        if not isinstance(ref, dict) or ref.keys() != _REFERENCE:
            raise Malformed(f"has a part {name} that is not an object of sha256 and visibility")
        digest = _matching(_HEX64, ref["sha256"], "sha256", "64 lower-case hex digits")
        parts[_word(Part, name, "part")] = PartRef(digest, _word(Visibility, ref["visibility"], "visibility"))
    return parts


def _decode_document(value: Any) -> Document:
    if not isinstance(value, dict):
        raise Malformed("has evidence that is not an object")
    for name in value:
        if name not in {each.name for each in fields(Document)}:
            raise Malformed(f"has evidence with an unknown field: {name}")
        if name == "size":
            _index(value[name], name)
        elif not isinstance(value[name], str):
            raise Malformed(f"has evidence whose {name} is not text")
    if "sha256" in value:
        _matching(_HEX64, value["sha256"], "sha256", "64 lower-case hex digits")
    return Document(**value)


def _index(value: Any, name: str) -> int:
    if type(value) is not int or value < 0:
        raise Malformed(f"has a {name} that is not a whole number from 0")
    return value


def _time(value: Any, name: str) -> Any:
    try:
        return parse_utc(value)
    except (ValueError, TypeError):
        raise Malformed(f"has a {name} that is not a time in UTC with microseconds: {value!r}") from None


def _word(kind: type[Word], value: Any, name: str) -> Any:
    # The values are texts, so the members can be looked up by them; the class takes three times as long.
    member = _members(kind).get(value) if isinstance(value, str) else None
    if member is None:
        raise Malformed(f"has an unknown {name}: {value!r} (known: {', '.join(_members(kind))})")
    return member


@cache
def _members(kind: type[Word]) -> dict[str, Word]:
    return {member.value: member for member in kind}


def _matching(pattern: re.Pattern[str], value: Any, name: str, expected: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Malformed(f"has a {name} that is not {expected}")
    return value


def _check_value(value: Any, depth: int = 0) -> None:
    if depth >= MAX_DEPTH and isinstance(value, Mapping | list):
        raise Malformed("is nested too deeply")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise Malformed("has an integer of 2^53 or more")
    elif isinstance(value, float):
        raise Malformed("has a number that is not whole")
    elif isinstance(value, Mapping):
        for name, member in value.items():
            if not isinstance(name, str) or not name.isascii():
                raise Malformed("has a key that is not ASCII")
            _check_text(name)
            _check_value(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _check_value(member, depth + 1)
    else:
        raise Malformed(f"has a value that JSON does not know: {type(value).__name__}")


def _check_text(value: str) -> None:
    if "\x00" in value:
        raise Malformed("has a text with U+0000")
    if not value.isascii() and _SURROGATE.search(value):
        raise Malformed("has a text with a lone surrogate")


__all__ = [
    "FORMAT",
    "MAX_LEAF",
    "Malformed",
    "canonical",
    "decode_content",
    "decode_entry",
    "encode_content",
    "encode_entry",
    "parse",
    "reference_to",
    "sha256",
]
