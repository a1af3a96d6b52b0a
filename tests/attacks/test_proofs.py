"""Attacks on a proof that was handed on: every field of it changed in turn, and proofs of bad entries, well signed.

A proof is right if its entries are in the log and its state follows from them. So `check` may say yes to less (an entry
less on which nothing depends, a content less, which may be withheld), and to nothing else: what it says of a proof that
was changed has to be part of what it says of the whole.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings

from ledger.book.snapshot import Snapshot
from ledger.errors import Unavailable, Unresolvable
from ledger.publish import check_proof, prove
from ledger.publish.keys import new_key
from ledger.publish.signing import sign
from ledger.store import Store
from ledger.times import zone_named
from ledger.tlog import InclusionProof, Signer, leaf_hash, prove_inclusion, root_of
from tests.ledgers import Book, claims_of
from tests.publications import KEY, ORIGIN, SEED, VKEY, Log, put
from tests.shell import Done, Shell
from tests.stored import night, record
from tests.strategies import books

Proof = dict[str, Any]
NIGHT = night(redacts=False)
CLAIM = 9
STRANGER = Signer("example.org/stranger", bytes([9] * 32))


def proof_of(log: Log, indexes: Iterator[int] | range | list[int], claim: Any = None, state: Any = None) -> Proof:
    """A proof of these entries of any log, made by whoever has the key."""
    hashes, note, entries = [leaf_hash(leaf) for leaf in log.leaves], log.note(), []

    class Nodes:
        def node(self, level: int, index: int) -> bytes:
            return root_of(hashes[index << level : (index + 1) << level])

    for index in indexes:
        path = tuple(prove_inclusion(Nodes(), index, len(hashes)))
        contents = {part: data.decode() for part, data in log.contents.get(index, {}).items()}
        proof = InclusionProof(index, path, note).format()
        entries.append({"leaf": log.leaves[index].decode(), "contents": contents, "proof": proof})
    document: Proof = {"format": "retraction-ledger-proof 1", "entries": entries}
    return document if claim is None else document | {"claim": claim, "state": state}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The proof of a claim of the night: what was said on it, whom it was corrected to, and everybody concerned."""
    folder = tmp_path_factory.mktemp("proof")
    with Store.create(folder / "claims.db") as store:
        record(store, NIGHT)
        sign(store, new_key(folder / "keys", ORIGIN, SEED))
        with store.reading() as reader:
            return prove(reader, CLAIM)


@pytest.fixture
def proof(whole: str) -> Proof:
    return json.loads(whole)


def told(text: str) -> tuple[set[tuple[int, str]], dict[str, Any] | None]:
    """What check says yes to; nothing if it says no, or cannot find out."""
    try:
        found = check_proof(text, [KEY.verifier])
    except Unavailable:
        return set(), None
    if not found.ok:
        return set(), None
    row = found.row
    return set(found.entries), None if row is None else {"state": row.state, "entries": row.entries, "held": row.held}


def findings(proof: Proof) -> list[str]:
    """What check finds; that it finds anything is asserted."""
    found = check_proof(json.dumps(proof), [KEY.verifier])
    assert not found.ok
    assert found.row is None or found.findings
    return [str(each) for each in found.findings]


def at(proof: Proof, index: int) -> Proof:
    """The part of a proof about one entry."""
    return next(each for each in proof["entries"] if json.loads(each["leaf"])["index"] == index)


def test_the_proof_is_right_whatever_its_white_space(whole: str, proof: Proof) -> None:
    entries, row = told(whole)
    assert row is not None and row["state"] == proof["state"]["state"] == "corrected"
    assert [index for index, _ in sorted(entries)] == [json.loads(each["leaf"])["index"] for each in proof["entries"]]
    for text in (json.dumps(proof), json.dumps(proof, indent=8), json.dumps(proof, sort_keys=True), f"\n{whole}  "):
        assert told(text) == (entries, row)


def test_our_own_maker_of_proofs_makes_the_same(proof: Proof) -> None:
    """A test of the tests."""
    indexes = [json.loads(each["leaf"])["index"] for each in proof["entries"]]
    assert proof_of(Log.of(NIGHT), indexes, CLAIM, proof["state"]) == proof


# Every field


def mutations(value: Any) -> Iterator[Any]:
    """Other values in place of one."""
    yield from (None, True, [], {}, "", -1, "garbage", 2**53 - 1, [value], {"value": value})
    if isinstance(value, bool):
        yield from (not value, int(value))
    elif isinstance(value, int):
        yield from (value + 1, value - 1, -value, str(value), float(value), value + 2**32)
    elif isinstance(value, str):
        dice = random.Random(value)
        places = [0, len(value) // 2, len(value) - 1, *(dice.randrange(len(value)) for _ in range(4))] if value else []
        yield from (value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :] for place in places)
        yield from (value[:place] + value[place + 1 :] for place in places)
        yield from (value + " ", value + "\n", " " + value, value + value, value[: len(value) // 2], value.upper())
    elif isinstance(value, list):
        yield from (value[1:], value[:-1], value[::-1], value + value[-1:], [*value, None])
    elif isinstance(value, dict):
        yield from ({k: v for k, v in value.items() if k != name} for name in value)
        yield value | {"more": 1}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where there is a value in a document, by the keys that lead to it."""
    yield path
    if isinstance(value, dict | list):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(member, (*path, key))


def replaced(proof: Proof, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = deepcopy(proof)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


def test_every_field_of_a_proof_changed_in_turn(whole: str, proof: Proof) -> None:
    """Two of the entries stand for all in the parts that all have. What is taken is less: an entry, a content."""
    entries, row = told(whole)
    tried, taken = 0, set[tuple[Any, ...]]()
    for path in places(proof):
        if len(path) > 1 and path[0] == "entries" and path[1] not in (3, 14):
            continue
        original = proof
        for key in path:
            original = original[key]
        for value in mutations(original):
            if value == original and type(value) is type(original):
                continue
            tried += 1
            found, state = told(json.dumps(replaced(proof, path, value)))
            assert all(line in entries or "[withheld]" in line[1] for line in found), (path, value)
            assert state in (None, row), (path, value)
            if found:
                taken.add(path)
    assert tried > 500
    assert taken == {("entries",), ("entries", 14, "contents")}


def test_every_byte_of_the_file_changed_in_turn(whole: str) -> None:
    """A few hundred of them; what is no JSON any more is no proof, and nothing makes check fail."""
    entries, row = told(whole)
    dice = random.Random(4)
    for place in dice.sample(range(len(whole)), 250):
        changed = whole[:place] + chr(ord(whole[place]) ^ (1 << dice.randrange(7))) + whole[place + 1 :]
        found, state = told(changed)
        assert found in (set(), entries) and state in (None, row), place
        for cut in (whole[:place], whole[place:], whole[:place] + whole[place + 1 :]):
            found, state = told(cut)
            assert found in (set(), entries) and state in (None, row), place


# What a person would try


def lines_of(entry: Proof, change: Callable[[list[str]], None]) -> None:
    """Change the lines of an inclusion proof."""
    lines = entry["proof"].split("\n")
    change(lines)
    entry["proof"] = "\n".join(lines)


@pytest.mark.parametrize("index", [30, 31, 2**53, 10**18])
def test_an_index_at_or_past_the_size(proof: Proof, index: int) -> None:
    lines_of(at(proof, 14), lambda lines: lines.__setitem__(1, f"index {index}"))
    (found,) = findings(proof)
    assert found == f"{where(proof, 14)}: index {index} is not in a tree of size 30"


def where(proof: Proof, index: int) -> str:
    return f"entries[{proof['entries'].index(at(proof, index))}]"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda lines: lines.__setitem__(1, "index 15"), "the proof leads to another root"),
        (lambda lines: lines.__setitem__(1, "index 014"), "the proof does not say its index"),
        (lambda lines: lines.__delitem__(2), "the proof is too short"),
        (lambda lines: lines.insert(2, lines[2]), "the proof is too long"),
        (lambda lines: lines.__setitem__(slice(2, 4), lines[3:1:-1]), "the proof leads to another root"),
        (lambda lines: lines.__setitem__(2, base64.b64encode(bytes(31)).decode()), "the proof has a hash that has not"),
        (lambda lines: lines.__setitem__(2, lines[2][:-2] + "=="), "a hash of the proof is not in canonical base64"),
        (lambda lines: lines.__setitem__(slice(2, 3), ["A" * 43 + "="] * 64), "the proof has more than 63 hashes"),
        (lambda lines: lines.__setitem__(0, "c2sp.org/tlog-proof@v2"), "the proof does not begin with c2sp.org/tlog-p"),
        (lambda lines: lines.__setitem__(-5, "31"), "the signature by example.org/desk (bcdf111f) is not over this te"),
        (lambda lines: lines.__setitem__(-4, "A" * 43 + "="), "the signature by example.org/desk (bcdf111f) is not ov"),
        (lambda lines: lines.__setitem__(-6, "example.org/x"), "the signature by example.org/desk (bcdf111f) is not o"),
    ],
)
def test_an_inclusion_proof_that_was_changed(proof: Proof, change: Callable[[list[str]], None], why: str) -> None:
    place = where(proof, 14)
    lines_of(at(proof, 14), change)
    (found,) = findings(proof)
    assert found.startswith(f"{place}: {why}")


def test_a_checkpoint_by_strangers_or_of_another_log(proof: Proof) -> None:
    for signer, why in (
        (STRANGER, "no key that is asked for has signed it; it is signed by example.org/stranger"),
        (Signer(ORIGIN, bytes([1] * 32)), "no key that is asked for has signed it; it is signed by example.org/desk"),
    ):
        other = deepcopy(proof)
        note = Log.of(NIGHT).note(signer)
        at(other, 14)["proof"] = at(other, 14)["proof"].partition("\n\n")[0] + "\n\n" + note.decode()
        assert findings(other)[0].startswith(f"{where(proof, 14)}: {why}")


def test_two_entries_proven_under_two_checkpoints(proof: Proof) -> None:
    """Both right, both of this key: one picture of the log is put together out of two."""
    older = proof_of(Log.of(NIGHT[:20]), [14])["entries"][0]
    place = where(proof, 14)
    proof["entries"][proof["entries"].index(at(proof, 14))] = older
    assert f"{place}: is proven under another checkpoint than the one before it" in findings(proof)


def test_entries_of_two_logs(proof: Proof) -> None:
    other = proof_of(Log.of([*NIGHT[:14], *night(4, redacts=False)[14:]]), [15])["entries"][0]
    place = where(proof, 15)
    proof["entries"][proof["entries"].index(at(proof, 15))] = other
    assert any(line.startswith(place) for line in findings(proof))


def test_swapped_leaves_contents_and_proofs(proof: Proof) -> None:
    for name, why in (
        ("leaf", "the proof leads to another root"),
        ("proof", "the proof leads to another root"),
        ("contents", "content text: differs from its hash"),
    ):
        swapped = deepcopy(proof)
        one, two = at(swapped, 9), at(swapped, 10)
        one[name], two[name] = two[name], one[name]
        found = findings(swapped)
        assert len(found) == 2
        assert all(why in line for line in found)


def test_a_content_with_another_salt_or_of_a_part_that_there_is_not(proof: Proof) -> None:
    contents = at(proof, CLAIM)["contents"]
    contents["text"] = contents["text"].replace('"salt":"0', '"salt":"1')
    contents["note"] = contents["text"]
    found = findings(proof)
    assert found[0].startswith("entry 9: content text: differs from its hash (expected ")
    assert found[1] == "entry 9: content note: is not in its leaf"


@pytest.mark.parametrize("claim", [10, 11, 4, 0, 29, 30, -1, 10**30, "9", 9.0, True, None, [9]])
def test_the_state_of_another_claim(proof: Proof, claim: Any) -> None:
    assert told(json.dumps(proof | {"claim": claim})) == (set(), None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "confirmed"),
        ("accepted", True),
        ("accepted", 0),
        ("held", True),
        ("held", 0),
        ("successor", 11),
        ("successor", 10.0),
        ("successor", None),
        ("since", None),
        ("since", "2017-04-20T23:10:00.000001Z"),
        ("entries", [13, 14]),
        ("entries", []),
        ("claim", 10),
        ("more", 1),
    ],
)
def test_a_state_that_does_not_follow(proof: Proof, name: str, value: Any) -> None:
    proof["state"][name] = value
    assert told(json.dumps(proof)) == (set(), None)
    if not isinstance(value, float):
        assert findings(proof)[0].startswith("state: is not the one that these entries give (expected {")


def test_an_entry_that_the_state_depends_on_is_left_out(whole: str, proof: Proof) -> None:
    """Each in turn: without it either something is missing, another state follows, or the same does as before."""
    needed = []
    for entry in list(proof["entries"]):
        less = proof | {"entries": [each for each in proof["entries"] if each is not entry]}
        found, state = told(json.dumps(less))
        assert state in (None, told(whole)[1])
        if not found:
            needed.append(json.loads(entry["leaf"])["index"])
            assert findings(less)[-1].startswith(("entries: some that these build on", "state: is not the one that"))
    assert {0, CLAIM, 10, 14, 15} <= set(needed)


def test_what_is_left_out_with_the_state_made_to_fit_is_what_only_an_audit_shows(proof: Proof) -> None:
    """By design: the desk's correction is left out, and what follows from the rest is shown as the state."""
    proof["entries"] = [each for each in proof["entries"] if each is not at(proof, 15)]
    expected = findings(proof)[0].split("(expected ")[1].split(", got {")[0]
    proof["state"] = json.loads(expected)
    found = check_proof(json.dumps(proof), [KEY.verifier])
    assert found.ok and found.row is not None and found.row.state == "disputed"


def test_entries_twice_or_in_another_order(proof: Proof) -> None:
    entries = proof["entries"]
    twice = proof | {"entries": [*entries[:5], entries[4], *entries[5:]]}
    assert findings(twice) == [
        f"entries[5]: entry {json.loads(entries[4]['leaf'])['index']}: stands twice, or after one that it comes before"
    ]
    backwards = findings(proof | {"entries": entries[::-1]})
    assert len(backwards) == len(entries) - 1


# Bad entries, well proven

BAD: dict[str, tuple[int, dict[str, Any]]] = {
    "a statement on a story": (14, {"claim": 4}),
    "a statement by a story": (14, {"chain": [4]}),
    "a statement by a claim": (14, {"chain": [9, 10]}),
    "a statement on itself": (14, {"claim": 14}),
    "a group of a claim": (25, {"source": 9}),
    "an amended claim": (24, {"amends": 9}),
    "a vetted story": (22, {"source": 4}),
    "a held source": (20, {"claim": 5}),
    "the same as a source": (26, {"same_as": 5}),
    "authority of a claim": (12, {"source": 9}),
    "a claim in a source": (9, {"story": 5}),
    "a wording of a story": (27, {"claim": 4}),
    "a retracted claim": (18, {"target": 9}),
    "retracts itself": (18, {"target": 18}),
    "retracts a later one": (18, {"target": 19}),
    "the same as a later one": (26, {"same_as": 29}),
    "evidence for evidence": (28, {"about": 28}),
    "no time zone": (0, {"zone": "Nowhere/None"}),
    "a path for a zone": (0, {"zone": "../../etc/passwd"}),
    "another origin": (0, {"origin": "example.org/more"}),
    "a desk that is none": (2, {"source_kind": "agency"}),
    "corrects to nothing": (15, {"to": None}),
    "no recorder": (14, {"recorder": 5}),
}


@pytest.mark.parametrize("damage", BAD)
def test_a_proof_of_bad_entries_comes_to_an_answer(proof: Proof, damage: str) -> None:
    """A proof holds no entry to the rules, that is for the audit; but none of it makes check fail or hang."""
    index, fields = BAD[damage]
    log = Log.of(NIGHT)
    log.change(index, **fields)
    for claim in (CLAIM, 10, 4):
        bad = proof_of(log, range(len(NIGHT)), claim, proof["state"])
        found, state = told(json.dumps(bad))
        assert state is None or state["state"] == "corrected"
        if not found:
            assert findings(bad) != []


def test_a_leaf_that_says_another_index_than_its_place() -> None:
    log = Log.of(NIGHT)
    log.change(13, index=12)
    (found,) = findings(proof_of(log, [13]))
    assert found == "entries[0]: index: the leaf is of another entry than the proof (expected 13, got 12)"


def test_a_proof_with_an_entry_of_an_unknown_kind_is_neither_right_nor_wrong(proof: Proof) -> None:
    log = Log.of(NIGHT)
    log.change(14, kind="prophecy")
    with pytest.raises(Unresolvable, match="entry 14: kind 'prophecy' is not known to this version"):
        check_proof(json.dumps(proof_of(log, range(len(NIGHT)), CLAIM, proof["state"])), [KEY.verifier])


# On the command line


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], Done]:
    shell = Shell(tmp_path, monkeypatch)

    def run(data: bytes) -> Done:
        put(tmp_path / "p", data)
        done = shell("check", "p", "--key", VKEY)
        assert "Traceback" not in done.out + done.err and "unexpected" not in done.err
        return done

    return run


def test_the_command_says_yes_and_no(checked: Callable[[bytes], Done], whole: str, proof: Proof) -> None:
    done = checked(whole.encode())
    assert done.code == 0
    assert "9 Claim number 27.: corrected" in done.out
    assert done.err == "these entries are in the log; only an audit shows that there are no others\n"
    proof["state"]["state"] = "confirmed"
    done = checked(json.dumps(proof).encode())
    assert done.code == 1
    assert done.out.startswith("state: is not the one that these entries give")
    assert done.err.splitlines() == [
        "claims: p: not verified: 1 finding",
        "next: keep the file, and ask who gave it to you for another",
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b'"retraction-ledger-proof 1"',
        b"\xff\xfe\x00",
        b"SQLite format 3\x00",
        b"[" * 100_000,
        b'{"format":' + b"9" * 5_000 + b"}",
        b'{"format":"retraction-ledger-proof 1"}',
        b'{"format":"retraction-ledger-proof 1","entries":[]}',
        b'{"format":"retraction-ledger-proof 1","entries":{}}',
        b'{"format":"retraction-ledger-proof 1","entries":[1],"more":1}',
        b'{"format":"retraction-ledger-proof 1","format":"retraction-ledger-proof 1","entries":[1]}',
        b'{"format":"retraction-ledger-proof 1","entries":[1],"state":' + b'{"a":' * 980 + b"1" + b"}" * 981,
        b'{"format":"retraction-ledger-proof 1","entries":[1],"claim":NaN}',
        b'{"format":"retraction-ledger-proof 1","entries":["\\ud800"]}',
        b'{"format":"retraction-ledger-proof 2","entries":[1]}',
    ],
)
def test_what_is_no_proof(checked: Callable[[bytes], Done], data: bytes) -> None:
    done = checked(data)
    assert done.code == 3
    assert done.out == ""
    first, second = done.err.splitlines()
    assert first.startswith("claims: check: ") and second.startswith("next: ")
    assert len(first) < 200


def test_another_key_opens_nothing(whole: str) -> None:
    found = check_proof(whole, [STRANGER.verifier])
    assert len(found.findings) == len(json.loads(whole)["entries"])
    assert "no key that is asked for has signed it; it is signed by example.org/desk (bcdf111f)" in str(
        found.findings[0]
    )


# Property


def whole_board(book: Book, folder: Path) -> None:
    """Prove every claim of a ledger, and hold each proof against its board."""
    with Store.create(folder / "claims.db") as store:
        record(store, book.entries)
        sign(store, new_key(folder / "keys", ORIGIN, SEED))
        with store.reading() as reader:
            snapshot = Snapshot(reader, None, zone_named("UTC"))
            for claim in claims_of(book.entries):
                expected = snapshot.explained_row(claim)
                found = check_proof(prove(reader, claim), [KEY.verifier])
                assert found.ok, [str(each) for each in found.findings]
                assert found.row is not None
                for name in ("claim", "state", "accepted", "held", "successor", "since", "entries", "for_"):
                    assert getattr(found.row, name) == getattr(expected, name), (claim, name)


@settings(max_examples=max(5, settings().max_examples // 4))
@given(book=books())
def test_the_state_from_a_proof_is_the_state_of_the_board(book: Book) -> None:
    with TemporaryDirectory() as folder:
        whole_board(book, Path(folder))
