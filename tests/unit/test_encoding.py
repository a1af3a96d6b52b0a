"""The one byte form of an entry: written one way, and read back only from that way."""

from __future__ import annotations

import dataclasses
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, get_args, get_type_hints

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.encoding import (
    MAX_LEAF,
    Malformed,
    canonical,
    decode_content,
    decode_entry,
    encode_content,
    encode_entry,
    parse,
    reference_to,
    sha256,
)
from ledger.model import BODIES, Body, Content, Document, Entry, PartRef, Policy, Unknown
from ledger.times import Moment
from ledger.vocabulary import Kind, Part, Precision, Visibility, Word

LARGEST = 2**53 - 1
RECORDED = datetime(2017, 4, 20, 20, 57, tzinfo=UTC)

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
ASCII = st.text(st.characters(codec="ascii", exclude_characters="\x00"), max_size=8)
INTEGERS = st.integers(-LARGEST, LARGEST)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ASCII, inner, max_size=4),
    max_leaves=12,
)
HEX64 = st.text("0123456789abcdef", min_size=64, max_size=64)
HEX32 = st.text("0123456789abcdef", min_size=32, max_size=32)
INDEXES = st.integers(0, LARGEST)
MOMENTS = st.builds(Moment, st.datetimes(timezones=st.just(UTC)), st.sampled_from(Precision))


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """What a field of that type may hold."""
    options = get_args(hint)
    if hint == tuple[int, ...]:
        return st.lists(INDEXES, min_size=1, max_size=4).map(tuple)
    if datetime in options:
        return st.none() | st.datetimes(timezones=st.just(UTC))
    if type(None) in options:
        return st.none() | values_of(next(each for each in options if each is not type(None)))
    if hint is int:
        return INDEXES
    if isinstance(hint, type) and issubclass(hint, Word):
        return st.sampled_from(hint)
    return {bool: st.booleans(), str: TEXT, Moment: MOMENTS}[hint]


def bodies_of(kind: Kind) -> st.SearchStrategy[Body]:
    hints = get_type_hints(BODIES[kind])
    fields = {each.name: values_of(hints[each.name]) for each in dataclasses.fields(BODIES[kind])}
    return st.builds(BODIES[kind], **fields)


UNKNOWN = st.builds(
    Unknown,
    ASCII.filter(lambda word: word and word not in set(Kind)),
    st.dictionaries(
        ASCII.filter(lambda name: name not in ("format", "kind", "index", "recorded", "recorder", "parts", "key")),
        VALUES,
        max_size=4,
    ),
)


def entries_with(body: Body) -> st.SearchStrategy[Entry]:
    opening = not isinstance(body, Unknown) and body.kind is Kind.OPENING
    return st.builds(
        Entry,
        index=INDEXES,
        recorded=st.datetimes(timezones=st.just(UTC)),
        recorder=st.none() if opening else INDEXES,
        body=st.just(body),
        parts=st.dictionaries(st.sampled_from(Part), st.builds(PartRef, HEX64, st.sampled_from(Visibility))),
        key=st.none() | HEX32,
    )


# Canonical JSON


@given(VALUES)
def test_the_canonical_form_is_that_of_rfc_8785(value: Any) -> None:
    data = canonical(value)
    assert data == rfc8785.dumps(value)
    assert parse(data) == value


@given(VALUES)
def test_only_the_canonical_form_is_read(value: Any) -> None:
    """A looser spelling of the same value is taken only where it is the canonical one."""
    for loose in (
        json.dumps(value),
        json.dumps(value, ensure_ascii=False),
        json.dumps(value, separators=(",", ":")),
        json.dumps(value, ensure_ascii=False, separators=(",", ":")),
        json.dumps(value, indent=1),
        json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n",
    ):
        data = loose.encode()
        if data == canonical(value):
            assert parse(data) == value
        else:
            with pytest.raises(Malformed):
                parse(data)


@given(st.binary(max_size=30) | TEXT.map(str.encode))
def test_whatever_is_read_is_canonical(data: bytes) -> None:
    try:
        value = parse(data)
    except Malformed:
        return
    assert canonical(value) == data


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (1.0, "not whole"),
        ([0.5], "not whole"),
        (float("nan"), "not whole"),
        (2**53, "2^53"),
        (-(2**53), "2^53"),
        ({"a": {"b": [2**53]}}, "2^53"),
        ("a\x00b", "U+0000"),
        ({"a\x00": 1}, "U+0000"),
        ("\ud800", "lone surrogate"),
        (["\udfff"], "lone surrogate"),
        ({"é": 1}, "key that is not ASCII"),
        ({1: 1}, "key that is not ASCII"),
        ((1, 2), "tuple"),
        (b"x", "bytes"),
    ],
)
def test_values_outside_the_narrowed_form(value: Any, why: str) -> None:
    with pytest.raises(Malformed) as caught:
        canonical(value)
    assert why in str(caught.value)


@pytest.mark.parametrize("value", [LARGEST, -LARGEST, 0, "\x7f", "\u2028", "😀", "", [], {}, None, True])
def test_the_edges_of_the_narrowed_form(value: Any) -> None:
    assert parse(canonical(value)) == value
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"a":1,"a":1}', "duplicate key: a"),
        (b'{"a":1,"b":{"c":1,"c":2}}', "duplicate key: c"),
        (b'{"a":1,"\\u0061":1}', "duplicate key: a"),
        (b"1.0", "not whole: 1.0"),
        (b"1e3", "not whole: 1e3"),
        (b"NaN", "not whole: NaN"),
        (b"-Infinity", "not whole: -Infinity"),
        (b"9007199254740992", "2^53"),
        (b'{"a":-9007199254740992}', "2^53"),
        (b"[12345678901234567890]", "2^53"),
        (b"1" * 5_000, "is not JSON"),
        (b"[" * 65 + b"]" * 65, "nested too deeply"),
        (b"[" * 5_000 + b"]" * 5_000, "nested too deeply"),
        (b'{"a":' * 700 + b'"\xc3\xa9"' + b"}" * 700, None),
        (b"[" * 30_000 + b"]" * 30_000, "nested too deeply"),
        (b"-0", "canonical"),
        (b"01", "is not JSON"),
        (b'"\\u0000"', "U+0000"),
        (b'{"a\\u0000":1}', "U+0000"),
        (b'"\\ud800"', "lone surrogate"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b'"\xff"', "not UTF-8"),
        (b'{"\xc3\xa9":1}', "not ASCII"),
        (b'{"\\u00e9":1}', "not ASCII"),
        (b'{"a": 1}', "canonical"),
        (b' {"a":1}', "canonical"),
        (b'{"a":1}\n', "canonical"),
        (b'{"b":1,"a":1}', "canonical"),
        (b'"\\u00e9"', "canonical"),
        (b'"\\/"', "canonical"),
        (b'"\\u000A"', "canonical"),
        (b'"\\u001F"', "canonical"),
        (b'"\\ud83d\\ude00"', "canonical"),
        (b"\xef\xbb\xbf{}", "is not JSON"),
        (b"", "is not JSON"),
        (b"{}{}", "is not JSON"),
        (b"{'a':1}", "is not JSON"),
        (b'"\t"', "is not JSON"),
    ],
)
def test_bytes_that_are_refused(data: bytes, why: str | None) -> None:
    """None: refused or read, as the depth that Python allows has it; but never another exception."""
    if why is None:
        with suppress(Malformed):
            assert canonical(parse(data)) == data
    else:
        with pytest.raises(Malformed) as caught:
            parse(data)
        assert why in str(caught.value)


# Leaves


# Each kind has examples of its own, so that none is drawn too rarely.
EACH = settings(max_examples=max(8, settings().max_examples // 5))


@pytest.mark.parametrize("kind", Kind)
@EACH
@given(data=st.data())
def test_every_kind_of_entry_round_trips(kind: Kind, data: st.DataObject) -> None:
    entry = data.draw(bodies_of(kind).flatmap(entries_with))
    leaf = encode_entry(entry)
    assert decode_entry(leaf) == entry
    assert encode_entry(decode_entry(leaf)) == leaf == rfc8785.dumps(json.loads(leaf))
    assert None not in json.loads(leaf).values()


@given(UNKNOWN.flatmap(entries_with))
def test_an_unknown_kind_is_kept_to_the_byte(entry: Entry) -> None:
    leaf = encode_entry(entry)
    again = decode_entry(leaf)
    assert again == entry
    assert isinstance(again.body, Unknown)
    assert encode_entry(again) == leaf


LEAF = {
    "chain": [8, 7],
    "claim": 11,
    "format": 1,
    "index": 12,
    "key": "0f" * 16,
    "kind": "statement",
    "parts": {"note": {"sha256": "ab" * 32, "visibility": "internal"}},
    "precision": "minute",
    "recorded": "2017-04-20T20:43:00.000000Z",
    "recorder": 1,
    "said": "2017-04-20T20:30:00.000000Z",
    "status": "corrected",
    "to": 10,
    "why": "miscounted",
}
GONE = object()


def leaf_with(changes: dict[str, Any]) -> bytes:
    changed = LEAF | changes
    return rfc8785.dumps({name: value for name, value in changed.items() if value is not GONE})


def test_the_leaf_that_the_refusals_start_from_is_good() -> None:
    assert encode_entry(decode_entry(leaf_with({}))) == leaf_with({})
    bare = leaf_with(dict.fromkeys(("key", "parts", "precision", "said", "to", "why"), GONE))
    assert encode_entry(decode_entry(bare)) == bare


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": 2}, "is of format 2; this version reads format 1"),
        ({"format": True}, "is of format True"),
        ({"format": "1"}, "is of format '1'"),
        ({"format": GONE}, "is of format None"),
        ({"kind": GONE}, "has no kind"),
        ({"kind": ""}, "has no kind"),
        ({"kind": 7}, "has no kind"),
        ({"index": GONE}, "has a index that is not a whole number"),
        ({"index": True}, "has a index that is not a whole number"),
        ({"index": -1}, "has a index that is not a whole number"),
        ({"index": "12"}, "has a index that is not a whole number"),
        ({"recorder": GONE}, "has no recorder"),
        ({"recorder": None}, "has a recorder that is not a whole number"),
        ({"recorder": False}, "has a recorder that is not a whole number"),
        ({"recorded": GONE}, "has a recorded that is not a time"),
        ({"recorded": "2017-04-20T20:43:00Z"}, "has a recorded that is not a time"),
        ({"recorded": "2017-04-20T20:43:00.000000+00:00"}, "has a recorded that is not a time"),
        ({"recorded": "2017-04-20T24:00:00.000000Z"}, "has a recorded that is not a time"),
        ({"recorded": 1492720980}, "has a recorded that is not a time"),
        ({"said": None}, "has a said that is not a time"),
        ({"said": "2017-04-20"}, "has a said that is not a time"),
        ({"said": GONE}, "has a field that no statement has: precision"),
        ({"precision": GONE}, "has an unknown precision: None"),
        ({"precision": "year"}, "has an unknown precision: 'year'"),
        ({"claim": GONE}, "lacks a field: claim"),
        ({"claim": GONE, "status": GONE}, "lacks a field: claim, status"),
        ({"claim": None}, "has a claim that is not a whole number"),
        ({"claim": True}, "has a claim that is not a whole number"),
        ({"claim": [11]}, "has a claim that is not a whole number"),
        ({"chain": []}, "has a chain that is not a list of indexes"),
        ({"chain": 8}, "has a chain that is not a list of indexes"),
        ({"chain": [8, "7"]}, "has a chain that is not a whole number"),
        ({"chain": [8, True]}, "has a chain that is not a whole number"),
        ({"chain": [8, None]}, "has a chain that is not a whole number"),
        ({"to": None}, "has a to that is not a whole number"),
        ({"status": "true"}, "has an unknown status: 'true' (known: reported,"),
        ({"status": None}, "has an unknown status: None"),
        ({"status": ["denied"]}, "has an unknown status"),
        ({"why": None}, "has an unknown why: None"),
        ({"why": "because"}, "has an unknown why: 'because'"),
        ({"key": None}, "has a key that is not 32 lower-case hex digits"),
        ({"key": "0F" * 16}, "has a key that is not 32 lower-case hex digits"),
        ({"key": "0f" * 17}, "has a key that is not 32 lower-case hex digits"),
        ({"parts": None}, "has parts that are not a filled object"),
        ({"parts": {}}, "has parts that are not a filled object"),
        ({"parts": {"note": "ab" * 32}}, "has a part note that is not an object of sha256 and visibility"),
        ({"parts": {"note": {"sha256": "ab" * 32}}}, "has a part note that is not an object"),
        (
            {"parts": {"note": {"sha256": "ab" * 32, "visibility": "public", "salt": ""}}},
            "has a part note that is not an object",
        ),
        ({"parts": {"note": {"sha256": "AB" * 32, "visibility": "public"}}}, "has a sha256 that is not 64"),
        ({"parts": {"note": {"sha256": "ab" * 31, "visibility": "public"}}}, "has a sha256 that is not 64"),
        ({"parts": {"note": {"sha256": "ab" * 32, "visibility": "secret"}}}, "has an unknown visibility: 'secret'"),
        ({"parts": {"photo": {"sha256": "ab" * 32, "visibility": "public"}}}, "has an unknown part: 'photo'"),
        ({"note": "free text"}, "has a field that no statement has: note"),
        ({"target": 3}, "has a field that no statement has: target"),
        ({"quote": None}, "has a field that no statement has: quote"),
        ({"pad": "x" * MAX_LEAF}, f"a leaf has at most {MAX_LEAF:,}"),
    ],
)
def test_a_leaf_that_is_not_what_would_be_written(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(Malformed) as caught:
        decode_entry(leaf_with(changes))
    assert why in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"[]", b"1", b'"x"', b"null", leaf_with({}) + b"\n", leaf_with({}).replace(b":", b": ", 1)]
)
def test_what_is_no_leaf_at_all(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode_entry(data)


def test_only_the_opening_has_no_recorder() -> None:
    opening = (
        b'{"format":1,"index":0,"kind":"opening","origin":"a","recorded":"2017-04-20T20:31:00.000000Z","zone":"UTC"}'
    )
    assert encode_entry(decode_entry(opening)) == opening
    with pytest.raises(Malformed, match="is an opening with a recorder"):
        decode_entry(opening.replace(b',"zone"', b',"recorder":1,"zone"'))


@pytest.mark.parametrize(
    ("leaf", "why"),
    [
        ({"kind": "vet", "source": 3, "vetted": 1}, "neither true nor false"),
        ({"kind": "vet", "source": 3, "vetted": None}, "neither true nor false"),
        ({"kind": "policy", "name": "x", "version": 1, "quorum": True}, "has a quorum that is not a whole number"),
        ({"kind": "policy", "name": 7, "version": 1, "quorum": 2}, "has a name that is not text"),
        ({"kind": "wording", "claim": 3, "lang": None}, "has a lang that is not text"),
        ({"kind": "source", "source_kind": "rumour"}, "has an unknown source_kind: 'rumour'"),
        ({"kind": "group", "source": 3, "body": None}, "has a body that is not a whole number"),
    ],
)
def test_fields_of_other_kinds(leaf: dict[str, Any], why: str) -> None:
    header = {"format": 1, "index": 12, "recorded": "2017-04-20T20:43:00.000000Z", "recorder": 1}
    with pytest.raises(Malformed) as caught:
        decode_entry(rfc8785.dumps(header | leaf))
    assert why in str(caught.value)


def test_the_longest_leaf() -> None:
    def padded(length: int) -> Entry:
        return Entry(5, RECORDED, 1, Unknown("novel", {"pad": "x" * length}))

    room = MAX_LEAF - len(encode_entry(padded(0)))
    leaf = encode_entry(padded(room))
    assert len(leaf) == MAX_LEAF
    assert decode_entry(leaf) == padded(room)
    with pytest.raises(Malformed, match="has 65,536 bytes"):
        encode_entry(padded(room + 1))


def test_a_number_that_cannot_be_written() -> None:
    with pytest.raises(Malformed, match=r"2\^53"):
        encode_entry(Entry(5, RECORDED, 1, Policy(quorum=2**53)))


# Contents


@given(HEX64, TEXT, st.sampled_from([each for each in Part if each is not Part.EVIDENCE]))
def test_texts_round_trip(salt: str, value: str, part: Part) -> None:
    content = Content(salt, value)
    data = encode_content(content)
    assert decode_content(part, data) == content
    assert data == rfc8785.dumps({"salt": salt, "value": value})
    assert reference_to(content) == PartRef(sha256(data), Visibility.PUBLIC)


DOCUMENTS = st.builds(
    Document,
    url=st.none() | TEXT,
    archived_url=st.none() | TEXT,
    sha256=st.none() | HEX64,
    size=st.none() | INDEXES,
    media_type=st.none() | TEXT,
)


@given(HEX64, DOCUMENTS)
def test_evidence_round_trips(salt: str, document: Document) -> None:
    content = Content(salt, document)
    assert decode_content(Part.EVIDENCE, encode_content(content)) == content


def test_a_salt_changes_the_hash() -> None:
    one, other = (reference_to(Content(salt * 64, "AFP")) for salt in "01")
    assert one.sha256 != other.sha256


@pytest.mark.parametrize("salt", ["", "0" * 63, "0" * 65, "A" * 64, "g" * 64])
def test_a_salt_is_64_hex_digits(salt: str) -> None:
    with pytest.raises(Malformed, match="salt"):
        encode_content(Content(salt, "AFP"))
    with pytest.raises(Malformed, match="salt"):
        decode_content(Part.NAME, canonical({"salt": salt, "value": "AFP"}))


@pytest.mark.parametrize(
    ("part", "whole", "why"),
    [
        (Part.NAME, [], "is not an object of salt and value"),
        (Part.NAME, {"salt": "0" * 64}, "is not an object of salt and value"),
        (Part.NAME, {"salt": "0" * 64, "value": "x", "more": 1}, "is not an object of salt and value"),
        (Part.NAME, {"salt": 0, "value": "x"}, "salt"),
        (Part.NAME, {"salt": "0" * 64, "value": 7}, "value that is not text"),
        (Part.NAME, {"salt": "0" * 64, "value": None}, "value that is not text"),
        (Part.NAME, {"salt": "0" * 64, "value": {}}, "value that is not text"),
        (Part.EVIDENCE, {"salt": "0" * 64, "value": "x"}, "evidence that is not an object"),
        (Part.EVIDENCE, {"salt": "0" * 64, "value": {"title": "x"}}, "unknown field: title"),
        (Part.EVIDENCE, {"salt": "0" * 64, "value": {"url": None}}, "url is not text"),
        (Part.EVIDENCE, {"salt": "0" * 64, "value": {"size": True}}, "size"),
        (Part.EVIDENCE, {"salt": "0" * 64, "value": {"size": -1}}, "size"),
        (Part.EVIDENCE, {"salt": "0" * 64, "value": {"sha256": "AB" * 32}}, "sha256"),
    ],
)
def test_a_content_that_is_not_what_would_be_written(part: Part, whole: Any, why: str) -> None:
    with pytest.raises(Malformed) as caught:
        decode_content(part, canonical(whole))
    assert why in str(caught.value)


def test_what_is_nested_as_deeply_as_may_be_is_read() -> None:
    """The limit is the form's own, the same on every Python."""
    data = b"[" * 64 + b"1" + b"]" * 64
    assert canonical(parse(data)) == data
