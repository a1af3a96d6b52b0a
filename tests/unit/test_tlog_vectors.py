"""The checks of proofs on the 196 cases of transparency-dev/merkle, and on a set of that form made here.

LEDGER_DATA names the folder that has `merkle/inclusion.jsonl` and `merkle/consistency.jsonl`.
"""

from __future__ import annotations

import base64
import json
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ledger.tlog import check_consistency, check_inclusion, leaf_hash
from tests.unit.test_tlog_tree import Reference, consistent, included, takes

Row = dict[str, Any]

DATA = str(Path(os.environ["LEDGER_DATA"]).resolve()) if os.environ.get("LEDGER_DATA") else None
FILES = ("inclusion", "consistency")
DISAGREES = {
    "consistency/additional/sizes-are-equal-one-and-proof-is-empty": (
        "it takes two equal roots of 12 bytes; here whatever has not the 32 bytes of a SHA-256 hash is no root"
    ),
}

# The trees of the real set, and two more with a full and a begun tile.
INCLUSIONS = ((0, 1), (0, 8), (5, 8), (2, 3), (1, 5), (255, 256), (256, 300))
CONSISTENCIES = ((1, 1), (1, 8), (6, 8), (2, 5), (6, 7), (256, 300), (255, 300))


def held(file: str, row: Row) -> bool:
    """Whether the check of the product takes a case."""
    return takes(check_inclusion if file == "inclusion" else check_consistency, *arguments(file, row))


def arguments(file: str, row: Row) -> tuple[Any, ...]:
    names = ("leafIdx", "treeSize", "leafHash", "root")
    if file == "consistency":
        names = ("size1", "size2", "root1", "root2")
    proof = [base64.b64decode(each) for each in row["proof"] or ()]
    first, second = (base64.b64decode(row[name] or "") for name in names[2:])
    return proof, row[names[0]], row[names[1]], first, second


def differing(file: str, rows: Sequence[Row]) -> set[str]:
    return {f"{file}/{row['case']}" for row in rows if held(file, row) == row["wantErr"]}


real = pytest.mark.skipif(not DATA, reason="LEDGER_DATA names no folder with the real cases")


@real
def test_the_real_cases() -> None:
    different: set[str] = set()
    for file in FILES:
        text = (Path(str(DATA)) / "merkle" / f"{file}.jsonl").read_text(encoding="utf-8")
        rows = [json.loads(line) for line in text.splitlines()]
        assert len({row["case"] for row in rows}) == len(rows) == 98
        different |= differing(file, rows)
        assert Counter(row["wantErr"] for row in rows) == Counter({True: 92, False: 6})
    assert different == set(DISAGREES)


@real
def test_the_set_made_here_has_the_cases_of_the_real_one() -> None:
    """But for those that come once, and are tests of their own in test_tlog_tree.py."""
    for file in FILES:
        text = (Path(str(DATA)) / "merkle" / f"{file}.jsonl").read_text(encoding="utf-8")
        names = (json.loads(line)["case"].partition("/") for line in text.splitlines())
        kinds = {kind.replace("[", "@").replace("]", "") for number, _, kind in names if number.isdecimal()}
        assert kinds <= {row["case"].partition("/")[2] for row in made(file)}


def encoded(hash_: bytes) -> str:
    return base64.b64encode(hash_).decode()


def flipped(hash_: bytes, bit: int) -> bytes:
    return bytes([*hash_[: bit // 8], hash_[bit // 8] ^ 1 << bit % 8, *hash_[bit // 8 + 1 :]])


def made(file: str) -> list[Row]:
    """The cases of a file, in the form of the real ones, as JSON has them."""
    chance = random.Random(20)
    reference = Reference(lambda index: b"leaf %d" % index)
    rows: list[Row] = []
    for number, (place, size) in enumerate(INCLUSIONS if file == "inclusion" else CONSISTENCIES):
        rows += (
            {"case": f"{number}/{kind}", **row, "wantErr": kind != "happy-path"}
            for kind, row in (inclusions if file == "inclusion" else consistencies)(reference, place, size, chance)
        )
    return [json.loads(json.dumps(row)) for row in rows]


def proofs(proof: Sequence[bytes], chance: random.Random, **known: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Wrong proofs, each with what is wrong about it."""
    for name, each in {"garbage": b"", "random": chance.randbytes(32), **known}.items():
        yield f"preceding-{name}", [each, *proof]
        yield f"trailing-{name}", [*proof, each]
    for at, hash_ in enumerate(proof):
        for bit in (3, 4, chance.randrange(256)):
            yield f"modified-proof@{at}-bit-@{bit}", [*proof[:at], flipped(hash_, bit), *proof[at + 1 :]]
    if proof:
        yield "truncated-proof", list(proof[:-1])
        yield "removed-component", [*proof[:1], *proof[2:]] if len(proof) > 1 else []
        yield "inserted-component", [*proof[:1], chance.randbytes(32), *proof[1:]]
        yield "empty-proof", []
        yield "preceding-proof-@0", [proof[0], *proof]


def inclusions(reference: Reference, index: int, size: int, chance: random.Random) -> Iterator[tuple[str, Row]]:
    leaf, root, proof = leaf_hash(reference.entry(index)), reference.root(size), reference.inclusion(index, size)
    right: Row = {"leafIdx": index, "treeSize": size, "leafHash": encoded(leaf), "root": encoded(root)}
    right["proof"] = [encoded(each) for each in proof] or None
    yield "happy-path", right
    changes: dict[str, Row] = {
        "leafIdx-sub-@1": {"leafIdx": (index - 1) % 2**64},
        "leafIdx-plus-@1": {"leafIdx": index + 1},
        "leafIdx-XOR-@2": {"leafIdx": index ^ 2},
        "treeSize-mul-@2": {"treeSize": size * 2},
        "treeSize-div-@2": {"treeSize": size // 2},
        "wrong-leaf": {"leafHash": encoded(b"WrongLeaf")},
        "random-leaf": {"leafHash": encoded(chance.randbytes(32))},
        "empty-root": {"root": encoded(reference.root(0))},
        "random-root": {"root": encoded(chance.randbytes(32))},
    }
    if root != leaf:
        changes["swapped-roots"] = {"leafHash": encoded(root), "root": encoded(leaf)}
    yield from ((kind, right | change) for kind, change in changes.items())
    for kind, wrong in proofs(proof, chance, root=root):
        yield kind, right | {"proof": [encoded(each) for each in wrong]}


def consistencies(reference: Reference, old: int, size: int, chance: random.Random) -> Iterator[tuple[str, Row]]:
    first, second, proof = reference.root(old), reference.root(size), reference.consistency(old, size)
    right: Row = {"size1": old, "size2": size, "root1": encoded(first), "root2": encoded(second)}
    right["proof"] = [encoded(each) for each in proof] or None
    yield "happy-path", right
    changes: dict[str, Row] = {
        "size1-plus-@1": {"size1": old + 1},
        "size1-sub-@1": {"size1": old - 1},
        "size1-XOR-@2": {"size1": old ^ 2},
        "size2-mul-@2": {"size2": size * 2},
        "size2-div-@2": {"size2": size // 2},
        "wrong-root1": {"root1": encoded(b"WrongRoot")},
        "wrong-root2": {"root2": encoded(b"WrongRoot")},
        "random-root1": {"root1": encoded(chance.randbytes(32))},
        "random-root2": {"root2": encoded(chance.randbytes(32))},
    }
    if first != second:
        changes["swapped-roots"] = {"root1": encoded(second), "root2": encoded(first)}
    yield from ((kind, right | change) for kind, change in changes.items())
    for kind, wrong in proofs(proof, chance, root1=first, root2=second):
        yield kind, right | {"proof": [encoded(each) for each in wrong]}


@pytest.mark.parametrize(("file", "trees"), [("inclusion", INCLUSIONS), ("consistency", CONSISTENCIES)])
def test_the_cases_made_here(file: str, trees: Sequence[tuple[int, int]]) -> None:
    rows = made(file)
    assert differing(file, rows) == set()
    assert sum(not row["wantErr"] for row in rows) == len(trees)
    assert len(rows) > 150


@pytest.mark.parametrize("file", FILES)
def test_the_reference_agrees_on_the_cases_made_here(file: str) -> None:
    """What they want is what the definition of the tree wants, and not only what made them says."""
    by_definition = included if file == "inclusion" else consistent
    for row in made(file):
        assert by_definition(*arguments(file, row)) == (not row["wantErr"]), row["case"]
