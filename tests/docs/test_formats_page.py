"""docs/formats.md: every block is exact, and the entries make a ledger that the rules allow."""

import json
import re
from pathlib import Path

from ledger.book import Ledger
from ledger.cli.root import run
from ledger.encoding import decode_content, decode_entry, encode_content, encode_entry, sha256
from ledger.model import BODIES
from ledger.publish import prove
from ledger.resolver import Fold
from ledger.rules import check, check_contents
from ledger.tlog import Checkpoint, Signer, Verifier, leaf_hash, open_checkpoint, root_of
from ledger.vocabulary import Part

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
BLOCK = re.compile(r"^```(leaf|content (\d+) (\w+))\n(.*?)\n```$", re.MULTILINE | re.DOTALL)


def blocks():
    for kind, index, part, body in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        yield kind.split()[0], int(index or -1), part, body.encode("utf-8")


def leaves():
    return [data for kind, _, _, data in blocks() if kind == "leaf"]


def test_every_leaf_encodes_back_to_the_same_bytes():
    for data in leaves():
        assert encode_entry(decode_entry(data)) == data


def test_every_kind_of_entry_has_an_example():
    assert {decode_entry(data).word for data in leaves()} == {kind.value for kind in BODIES}


def test_every_content_has_the_hash_that_its_leaf_says():
    entries = {entry.index: entry for entry in map(decode_entry, leaves())}
    told = {(index, Part(part)): data for kind, index, part, data in blocks() if kind == "content"}
    assert told.keys() == {(entry.index, part) for entry in entries.values() for part in entry.parts}
    for (index, part), data in told.items():
        assert sha256(data) == entries[index].parts[part].sha256
        assert encode_content(decode_content(part, data)) == data


def test_the_examples_are_a_ledger_that_the_rules_allow():
    contents = {}
    for kind, index, part, data in blocks():
        if kind == "content":
            contents.setdefault(index, {})[Part(part)] = decode_content(Part(part), data)
    fold = Fold()
    for position, entry in enumerate(map(decode_entry, leaves())):
        assert entry.index == position
        assert check(entry, fold) == []
        assert check_contents(entry, contents.get(position, {})) == []
        fold.step(entry)


def block(kind):
    found = re.findall(rf"^```{kind}\n(.*?\n)```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(found) == 1, f"one block of kind {kind}"
    return found[0]


def test_the_checkpoint_is_that_of_the_first_two_leaves_and_signed_with_the_key():
    verifier = Verifier.parse(block("vkey").strip())
    assert verifier == Signer("example.org/newsroom", bytes(32)).verifier
    checkpoint = open_checkpoint(block("checkpoint").encode(), [verifier])
    first_two = [leaf_hash(data) for data in leaves()[:2]]
    assert checkpoint == Checkpoint("example.org/newsroom", 2, root_of(first_two))


def test_the_state_of_a_proof_is_what_the_seed_story_gives(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["demo"]) == 0
    with Ledger.open("claims.db") as ledger, ledger.store.reading() as reader:
        document = json.loads(prove(reader, 43))
    assert document["state"] == json.loads(block("proof-state"))
    assert document["format"] in PAGE.read_text(encoding="utf-8")
