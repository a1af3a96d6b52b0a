"""Logs of bad entries that the real key signed: whoever holds it, and the folder, builds one with nothing out of place.

Every hash, tile and signature is right here; what finds each is that the audit reads every leaf and every content, and
holds each entry to the rules as if it were appended again. None of it may keep the audit from coming to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGALRM, alarm, signal
from typing import Any

import pytest

from ledger.encoding import MAX_LEAF, canonical, encode_content, sha256
from ledger.model import (
    Authority,
    Body,
    Claim,
    Content,
    Entry,
    Evidence,
    Group,
    Hold,
    Opening,
    Policy,
    Release,
    Retract,
    Same,
    Source,
    Statement,
    Story,
    Vet,
    Wording,
)
from ledger.tlog import Invalid, encode_bundle
from ledger.vocabulary import Mistake, SourceKind, Status
from tests.ledgers import DESK
from tests.publications import Auditor, Log, flip, put
from tests.shell import Shell
from tests.stored import night

NIGHT = night()
NEXT = len(NIGHT)
AGENCY, MINISTRY, SPEAKER, POLICE = 5, 6, 7, 8
CLAIM, SECOND, THIRD = 9, 10, 11
STATEMENT = 14
LAST = NEXT - 1
SECONDS = 20


@pytest.fixture
def auditor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Auditor:
    return Auditor(Shell(tmp_path, monkeypatch))


@contextmanager
def in_time() -> Iterator[None]:
    """Fail where something hangs."""

    def give_up(*_: Any) -> None:
        raise AssertionError(f"it hung for {SECONDS} seconds")

    before = signal(SIGALRM, give_up)
    alarm(SECONDS)
    try:
        yield
    finally:
        alarm(0)
        signal(SIGALRM, before)


def published(auditor: Auditor, change: Callable[[Log], object]) -> Log:
    """The night with one thing wrong in it, well signed."""
    log = Log.of(NIGHT)
    change(log)
    log.write(auditor.shell.folder / "pub")
    return log


def test_the_night_itself_is_right(auditor: Auditor) -> None:
    published(auditor, lambda log: None)
    assert "every entry keeps the rules" in auditor.passes().out


# Leaves

LEAF = b'"index":%d' % STATEMENT
BYTES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a space": (lambda leaf: leaf.replace(b",", b", ", 1), "is not in canonical form (RFC 8785)"),
    "other order": (lambda leaf: b'{"zone":1,' + leaf[1:], "is not in canonical form (RFC 8785)"),
    "an escape": (lambda leaf: leaf.replace(b"denied", b"\\u0064enied"), "is not in canonical form (RFC 8785)"),
    "a newline": (lambda leaf: leaf + b"\n", "is not in canonical form (RFC 8785)"),
    "a duplicate key": (lambda leaf: leaf.replace(LEAF, LEAF + b"," + LEAF), "has a duplicate key: index"),
    "a duplicate key below": (
        lambda leaf: leaf.replace(b'"visibility":"public"', b'"visibility":"public","visibility":"internal"', 1),
        "has a duplicate key: visibility",
    ),
    "a fraction": (lambda leaf: leaf.replace(LEAF, LEAF + b".0"), "has a number that is not whole"),
    "a huge number": (lambda leaf: leaf.replace(LEAF, b'"index":9007199254740992'), "has an integer of 2^53 or more"),
    "a list": (lambda leaf: b"[]", "is not a JSON object"),
    "nothing": (lambda leaf: b"", "is not JSON"),
    "no text": (lambda leaf: b"\xff\xfe", "is not UTF-8"),
    "half of it": (lambda leaf: leaf[: len(leaf) // 2], "is not JSON"),
    "all the nesting there is": (lambda leaf: b"[" * MAX_LEAF, "is nested too deeply"),
    "another format": (lambda leaf: leaf.replace(b'"format":1', b'"format":2'), "is of format 2; this version reads"),
    "another field": (
        lambda leaf: leaf.replace(LEAF, LEAF + b',"indez":1'),
        "has a field that no statement has: indez",
    ),
    "a null": (lambda leaf: leaf.replace(b'"recorder":1', b'"recorder":null'), "has a recorder that is not a whole"),
    "no recorder": (lambda leaf: leaf.replace(b',"recorder":1', b""), "has no recorder"),
    "a status of its own": (lambda leaf: leaf.replace(b'"denied"', b'"doubted"'), "has an unknown status: 'doubted'"),
    "a local time": (lambda leaf: leaf.replace(b".000000Z", b"+02:00", 1), "has a recorded that is not a time in UTC"),
    "a long leaf": (lambda leaf: leaf.replace(b'"denied"', b'"%b"' % (b"x" * 60_000)), "has an unknown status"),
}


@pytest.mark.parametrize("damage", BYTES)
def test_a_leaf_that_is_none(auditor: Auditor, damage: str) -> None:
    change, why = BYTES[damage]
    log = Log.of(NIGHT)
    before = log.leaves[STATEMENT]
    log.leaves[STATEMENT] = change(before)
    assert log.leaves[STATEMENT] != before
    log.write(auditor.shell.folder / "pub")
    with in_time():
        found = auditor.finds()
    assert len(found) == 1
    assert found[0].startswith(f"entry {STATEMENT}: leaf: {why}")


def test_a_leaf_that_is_too_long_fits_in_no_bundle(auditor: Auditor) -> None:
    """Its hash may stand in the tree; its bytes can be published in no way, and the others do not shift for it."""
    log = published(auditor, lambda log: None)
    log.leaves[LAST] = b'{"x":"' + b"x" * (MAX_LEAF - 7) + b'"}'
    assert len(log.leaves[LAST]) == MAX_LEAF + 1
    with pytest.raises(Invalid, match="a bundle takes at most 65,535"):
        log.write_bundles(auditor.shell.folder / "pub")
    log.write_tiles(auditor.shell.folder / "pub")
    put(auditor.shell.folder / "pub" / "checkpoint", log.note())
    wrapped = encode_bundle(log.leaves[:LAST]) + bytes(2) + log.leaves[LAST]
    for bundle in (encode_bundle(log.leaves[:LAST]) + b"\xff\xff" + log.leaves[LAST], wrapped):
        put(auditor.shell.folder / "pub" / f"tile/entries/000.p/{NEXT}", bundle)
        with in_time():
            found = auditor.finds()
        assert found[0].startswith(f"entries 0 to {LAST}: tile/entries/000.p/{NEXT}: the bundle ")


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"index": 15}, f"entry {STATEMENT}: leaf: is that of another entry (got the leaf of entry 15)"),
        ({"index": 2**53 - 1}, f"entry {STATEMENT}: leaf: is that of another entry (got the leaf of entry 900719925"),
        ({"recorded": "2017-04-20T11:59:59.999999Z"}, f"entry {STATEMENT}: recorded: is before that of the entry bef"),
        ({"said": "2017-04-21T00:00:00.000000Z"}, f"entry {STATEMENT}: said: lies in the future"),
        ({"recorder": 2}, f"entry {STATEMENT}: recorder: is no recorder of this ledger (got 2)"),
        ({"recorder": STATEMENT}, f"entry {STATEMENT}: recorder: is no recorder of this ledger (got {STATEMENT})"),
        ({"recorder": LAST}, f"entry {STATEMENT}: recorder: is no recorder of this ledger (got {LAST})"),
        ({"chain": [POLICE]}, f"entry {STATEMENT}: via: source {POLICE} is told apart by who relays it first"),
        ({"chain": [SPEAKER, AGENCY, AGENCY]}, f"entry {STATEMENT}: via: source {AGENCY} stands twice in the chain"),
        ({"claim": 4}, f"entry {STATEMENT}: claim: entry 4 is no claim (got a story)"),
    ],
    ids=str,
)
def test_an_entry_that_says_what_it_may_not(auditor: Auditor, fields: dict[str, Any], found: str) -> None:
    published(auditor, lambda log: log.change(STATEMENT, **fields))
    with in_time():
        assert auditor.finds()[0].startswith(found)


# Rules

BODIES: dict[str, tuple[Body, str]] = {
    "a second opening": (Opening("example.org/more", "UTC"), "leaf: is an opening with a recorder"),
    "a second desk": (Source(SourceKind.DESK), "kind: the desk is made when the ledger is opened"),
    "retracts itself": (Retract(NEXT, Mistake.OTHER), f"target: entry {NEXT} does not exist yet"),
    "retracts a later one": (Retract(NEXT + 1, Mistake.OTHER), f"target: entry {NEXT + 1} does not exist yet"),
    "retracts what is retracted": (Retract(18, Mistake.OTHER), "target: entry 18 is retracted already, by entry 19"),
    "retracts a claim": (Retract(CLAIM, Mistake.OTHER), "target: entry 9 is a claim, which cannot be retracted"),
    "is the same as itself": (Same(CLAIM, CLAIM), "same: a claim is the same as itself already"),
    "makes a circle": (Same(SECOND, THIRD), "same: claim 11 counts under claim 10 already"),
    "holds itself": (Hold(NEXT), f"claim: entry {NEXT} does not exist yet"),
    "holds nothing": (Hold(2**53 - 1), "claim: entry 9007199254740991 does not exist yet"),
    "releases a source": (Release(AGENCY), "claim: entry 5 is no claim (got a source)"),
    "is evidence for itself": (Evidence(NEXT), f"about: entry {NEXT} does not exist yet"),
    "corrects to nothing": (Statement(CLAIM, Status.CORRECTED, (DESK,)), "to: corrected needs the claim"),
    "corrects to itself": (Statement(CLAIM, Status.CORRECTED, (DESK,), to=CLAIM), "to: claim 9 cannot be corrected to"),
    "withdraws undated": (Statement(CLAIM, Status.WITHDRAWN, (AGENCY,)), "said: a withdrawal needs its time"),
    "a claim in no story": (Claim(CLAIM), "story: entry 9 is no story (got a claim)"),
    "speaks for itself": (Group(AGENCY, AGENCY), "body: a source cannot speak for itself as a body"),
    "speaks for a witness": (Group(AGENCY, POLICE), "group: source 8 is of a kind that nobody speaks for"),
    "vets the desk": (Vet(DESK, False), "source: the desk is not vetted"),
    "authority over nothing": (Authority(MINISTRY), "scope: authority is over one story or over one claim"),
    "a policy of its own": (Policy(name="majority"), "policy: is not known to this version"),
    "a quorum of none": (Policy(quorum=0), "quorum: must be 1 or more"),
    "a wording in no language": (Wording(CLAIM, "not a tag"), "lang: is no language tag"),
}


@pytest.mark.parametrize("rule", BODIES)
def test_an_entry_that_breaks_a_rule(auditor: Auditor, rule: str) -> None:
    body, why = BODIES[rule]
    published(auditor, lambda log: log.add(Entry(NEXT, NIGHT[-1].recorded, 1, body)))
    with in_time():
        (found,) = auditor.finds()
    assert found.startswith(f"entry {NEXT}: {why}")


def test_two_entries_that_retract_each_other(auditor: Auditor) -> None:
    def add(log: Log) -> None:
        for target in (NEXT + 1, NEXT):
            log.add(Entry(len(log.leaves), NIGHT[-1].recorded, 1, Retract(target, Mistake.OTHER)))

    published(auditor, add)
    with in_time():
        done = auditor()
    assert done.code == 1
    assert f"entry {NEXT}: target: entry {NEXT + 1} does not exist yet" in done.out
    assert "unchecked: entries: 1 of them build on one of these" in done.out


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"origin": "example.org/more"}, "checkpoint: has another origin than entry 0"),
        ({"origin": "two words"}, "entry 0: origin: must be 1 to 200 characters"),
        ({"zone": "Nowhere/None"}, "entry 0: zone: is no time zone"),
    ],
    ids=str,
)
def test_an_opening_that_is_none(auditor: Auditor, fields: dict[str, Any], found: str) -> None:
    published(auditor, lambda log: log.change(0, **fields))
    assert auditor.finds()[0].startswith(found)


def test_a_log_that_is_signed_without_entries(auditor: Auditor) -> None:
    published(auditor, lambda log: log.leaves.clear())
    assert auditor.finds() == ["checkpoint: is of a ledger without entries, which is never signed"]


def test_a_log_without_its_opening(auditor: Auditor) -> None:
    published(auditor, lambda log: log.leaves.pop(0))
    assert "entry 0: leaf: is that of another entry (got the leaf of entry 1)" in auditor.finds()


# Contents


def with_content(log: Log, part: str, data: bytes, index: int = NEXT) -> None:
    """Let an entry have this content, hash and all."""
    log.contents.setdefault(index, {})[part] = data
    log.change(index, parts={part: {"sha256": sha256(data), "visibility": "public"}})


def text(value: str) -> bytes:
    return encode_content(Content("1" * 64, value))


@pytest.mark.parametrize(
    ("body", "part", "data", "why"),
    [
        (Claim(4), "text", text("Claim number 9."), "claim: is here already, as entry 9"),
        (Story(), "name", text("Not A Slug"), "story: is no slug"),
        (Source(SourceKind.AGENCY), "name", text("source-5"), "source: is here already, as entry 5"),
        (Claim(4), "text", text("\u202eeurt si ti"), "text: holds a character that reorders text (U+202E)"),
        (Claim(4), "text", text(""), "text: is empty"),
        (Claim(4), "text", b'{"salt":"1","value":"x"}', "content text: has a salt that is not 64 lower-case hex"),
        (Claim(4), "text", b'{"value":"x"}', "content text: is not an object of salt and value"),
        (Claim(4), "text", b'{"salt":"%b","value":7}' % (b"1" * 64), "content text: has a value that is not text"),
        (Claim(4), "name", text("A claim"), "text: is missing; every claim has one"),
        (Statement(CLAIM, Status.REPORTED, (AGENCY,)), "url", text("javascript:alert(1)"), "url: is no web address"),
        (Evidence(STATEMENT), "evidence", canonical({"salt": "1" * 64, "value": {}}), "evidence: has neither an addre"),
    ],
)
def test_a_content_that_no_ledger_takes(auditor: Auditor, body: Body, part: str, data: bytes, why: str) -> None:
    def add(log: Log) -> None:
        log.add(Entry(NEXT, NIGHT[-1].recorded, 1, body))
        log.contents[NEXT] = {}
        with_content(log, part, data)

    published(auditor, add)
    assert auditor.finds()[0].startswith(f"entry {NEXT}: {why}")


# What nobody can know


def test_an_entry_of_an_unknown_kind_is_no_finding_and_no_yes(auditor: Auditor) -> None:
    """A newer version may have written it: what comes before it was checked, what follows was not."""
    published(auditor, lambda log: log.change(STATEMENT, kind="prophecy"))
    done = auditor()
    assert done.code == 3
    assert f"unchecked: entry {STATEMENT}: kind prophecy: is not known to this version" in done.out
    assert "unchecked: entries: 16 of them build on one of these, and were not held to the rules" in done.out
    assert "every entry keeps the rules" not in done.out
    assert "next: install a newer version" in done.err


def test_a_log_of_unknown_kinds_is_told_in_a_hundred_lines(auditor: Auditor) -> None:
    def change(log: Log) -> None:
        for index in range(NEXT, NEXT + 200):
            log.leaves.append(log.leaves[LAST])
            log.change(index, kind="prophecy", index=index)

    published(auditor, change)
    done = auditor()
    assert done.code == 3
    assert done.out.count("unchecked: ") < 110
    assert "unchecked: entries: 200 are of kinds that this version does not know; the first are named above" in done.out


def test_a_time_in_the_far_future_and_a_name_that_looks_like_another_are_not_found(auditor: Auditor) -> None:
    """An audit has no clock to hold the desk's against, and which characters look alike is not for ever the same."""

    def add(log: Log) -> None:
        log.change(LAST, recorded="9999-12-31T23:59:59.999999Z")
        log.add(Entry(NEXT, NIGHT[-1].recorded, 1, Source(SourceKind.AGENCY)))
        log.change(NEXT, recorded="9999-12-31T23:59:59.999999Z")
        with_content(log, "name", text("s\u043eurce-5"))

    published(auditor, add)
    auditor.passes()


def test_a_tile_two_levels_up(auditor: Auditor) -> None:
    """At 65,537 entries, where one hash stands for 65,536 of them."""
    log = Log.of(NIGHT)
    for index in range(NEXT, 65_537):
        log.leaves.append(log.leaves[LAST - 1].replace(b'"index":29', b'"index":%d' % index))
    pub = log.write(auditor.shell.folder / "pub")
    flip(pub / "tile/2/000.p/1", 31)
    flip(pub / "tile/1/000", 255 * 32)
    assert auditor.finds() == [
        "entries 65280 to 65535: tile/1/000: has another hash than the bytes of the entries make",
        "entries 0 to 65535: tile/2/000.p/1: has another hash than the bytes of the entries make",
    ]
