"""A backup and its way back: what is written, what is refused, and that nothing is left of what was refused."""

from __future__ import annotations

import errno
import gc
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.book import Ledger, restore
from ledger.encoding import canonical
from ledger.errors import LedgerError, Rejected, Unavailable, Unresolvable
from ledger.formats.backup import (
    CHECKPOINTS,
    CONTENTS,
    LEAVES,
    MANIFEST,
    Manifest,
    Meter,
    read_checkpoint,
    read_manifest,
    write_checkpoint,
    write_content,
    write_manifest,
)
from ledger.store import Store, made_beside, occupied
from ledger.tlog import Checkpoint, Edge, Signer, leaf_hash, root_of
from ledger.vocabulary import Mistake, Status
from tests.newsroom import ONE, SECOND, Newsroom
from tests.shell import ROOT, Shell
from tests.stored import as_somebody_else, dump, tamper

FILES = (LEAVES, CONTENTS, CHECKPOINTS, MANIFEST)


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    """A night with quotes, an internal note, two claims, a correction and a retraction; backed up in `saved`."""
    room = Newsroom.founded(tmp_path)
    room.say(
        SECOND, Status.REPORTED, "Reuters", "22:30", quote="Deux policiers\ntués, dit-on", url="https://example.org/1"
    )
    mistake = room.say(SECOND, Status.CONFIRMED, "AFP", "22:40", note="par téléphone", internal=["note"])
    room.ledger.retract(mistake.index, Mistake.MISHEARD)
    room.say(SECOND, Status.CORRECTED, "Interior Ministry", "22:57", to=ONE)
    room.ledger.backup(tmp_path / "saved")
    return room


@pytest.fixture
def saved(newsroom: Newsroom, tmp_path: Path) -> Path:
    return tmp_path / "saved"


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def there(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def resigned(folder: Path) -> None:
    """Make the manifest anew, as somebody would who changed the files and knows how."""
    measures = []
    for name in (LEAVES, CONTENTS, CHECKPOINTS):
        meter = Meter()
        meter.take((folder / name).read_bytes())
        measures.append(meter.measure)
    before = read_manifest((folder / MANIFEST).read_bytes())
    manifest = Manifest(before.origin, measures[0].lines, measures[0], measures[1], before.evidence, measures[2])
    (folder / MANIFEST).write_bytes(write_manifest(manifest))


def refused(folder: Path, kind: type[LedgerError] = Rejected) -> list[str]:
    """Restore what cannot be restored; return the problems, or the message where there are none."""
    where = folder.parent / "restored.db"
    before = there(folder.parent)
    with pytest.raises(kind) as caught:
        Ledger.restore(folder, where)
    assert there(folder.parent) == before, "nothing is left behind"
    assert caught.value.next
    return [str(problem) for problem in caught.value.problems] or [caught.value.message]


# What is written


def test_a_stranger_reads_it_with_standard_tools(newsroom: Newsroom, saved: Path) -> None:
    """Each leaf has its line, each content its own, whose bytes have the hash that the leaf says."""
    manifest = json.loads((saved / MANIFEST).read_bytes())
    assert (manifest["kind"], manifest["format"]) == ("backup", 1)
    assert manifest["origin"] == newsroom.ledger.origin
    assert manifest["size"] == newsroom.ledger.size == len(lines(saved / LEAVES))
    for name, told in manifest["files"].items():
        data = (saved / name).read_bytes()
        found = {"bytes": len(data), "lines": data.count(b"\n"), "sha256": hashlib.sha256(data).hexdigest()}
        assert found == told
    leaves = [json.loads(line) for line in lines(saved / LEAVES)]
    assert [leaf["index"] for leaf in leaves] == list(range(len(leaves)))
    digests = [
        (leaf["index"], part, ref["sha256"]) for leaf in leaves for part, ref in sorted(leaf.get("parts", {}).items())
    ]
    taken = r's/^{"content":\(.*\),"index":[0-9]*,"part":"[a-z]*"}$/\1/'
    found = []
    for number, line in enumerate(lines(saved / CONTENTS), 1):
        told = json.loads(line)
        script = f"sed -n {number}p {CONTENTS} | sed '{taken}' | tr -d '\\n' | sha256sum"
        shown = subprocess.run(["sh", "-c", script], cwd=saved, capture_output=True, text=True, check=True).stdout
        found.append((told["index"], told["part"], shown.split()[0]))
        assert canonical(told) + b"\n" == line
    assert found == digests


def test_the_page_shows_the_exact_bytes(tmp_path: Path) -> None:
    """The example of the page is the backup of its own first two entries, and its recipe gives the hash of a name."""
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")

    def blocks(label: str) -> list[str]:
        return re.findall(rf"^```{label}\n(.*?\n)```$", page, re.MULTILINE | re.DOTALL)

    (tmp_path / LEAVES).write_text("".join(blocks("leaf")[:2]), encoding="utf-8")
    (tmp_path / CONTENTS).write_text(blocks("content-line")[0], encoding="utf-8")
    (tmp_path / CHECKPOINTS).write_text(blocks("checkpoint-line")[0], encoding="utf-8")
    (tmp_path / MANIFEST).write_text(blocks("manifest")[0], encoding="utf-8")
    manifest = read_manifest((tmp_path / MANIFEST).read_bytes())
    resigned(tmp_path)
    assert read_manifest((tmp_path / MANIFEST).read_bytes()) == manifest
    [recipe] = [block for block in blocks("sh") if CONTENTS in block]
    shown = subprocess.run(["sh", "-c", recipe], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    name = json.loads(blocks("leaf")[1])["parts"]["name"]["sha256"]
    assert manifest.checkpoints is not None
    assert [line.split()[0] for line in shown.splitlines() if not line.startswith("{")] == [
        manifest.checkpoints.sha256,
        manifest.contents.sha256,
        manifest.leaves.sha256,
        name,
    ]
    assert read_checkpoint((tmp_path / CHECKPOINTS).read_bytes()[:-1]) == (2, blocks("checkpoint")[0].encode())
    with Ledger.restore(tmp_path, tmp_path / "restored.db") as restored:
        assert restored.verify().ok


def test_everything_comes_back(newsroom: Newsroom, saved: Path, tmp_path: Path) -> None:
    with Ledger.restore(saved, tmp_path / "restored.db", recorder="Ana") as restored:
        assert restored.verify().ok
        assert restored.board() == newsroom.ledger.board()
        assert restored.why(SECOND) == newsroom.ledger.why(SECOND)
        assert dump(tmp_path / "restored.db") == dump(newsroom.path)
        restored.hold(SECOND)
        assert restored.verify().ok


def test_a_read_only_ledger_is_backed_up(newsroom: Newsroom, saved: Path, tmp_path: Path) -> None:
    with Ledger.open(newsroom.path, read_only=True) as ledger:
        ledger.backup(tmp_path / "other")
    assert [(tmp_path / "other" / name).read_bytes() for name in FILES] == [
        (saved / name).read_bytes() for name in FILES
    ]


def test_who_may_not_read_the_ledger_may_not_read_its_backup(newsroom: Newsroom, tmp_path: Path) -> None:
    newsroom.path.chmod(0o600)
    for path in newsroom.ledger.backup(tmp_path / "private"):
        assert path.stat().st_mode & 0o777 == 0o600


def test_evidence_files_go_with_it(newsroom: Newsroom, saved: Path, tmp_path: Path) -> None:
    """A kept file is in the backup and beside the restored ledger; a changed or a missing one is named."""
    digest = hashlib.sha256(b"a photograph").hexdigest()
    kept = tmp_path / "claims.db.evidence"
    kept.mkdir()
    (kept / digest).write_bytes(b"a photograph")
    (kept / "notes.txt").write_bytes(b"none of ours")
    assert newsroom.ledger.backup(saved)[-1] == saved / "evidence"
    assert there(saved / "evidence") == {digest}
    Ledger.restore(saved, tmp_path / "restored.db").close()
    assert (tmp_path / "restored.db.evidence" / digest).read_bytes() == b"a photograph"
    (tmp_path / "restored.db").unlink()
    (saved / "evidence" / digest).write_bytes(b"a photomontage")
    assert refused(saved) == [
        f"evidence/{digest}: differs from its hash (got {hashlib.sha256(b'a photomontage').hexdigest()})"
    ]
    (saved / "evidence" / digest).unlink()
    assert refused(saved) == ["evidence: some files are missing (expected 1 or more, got 0)"]
    (kept / digest).write_bytes(b"a photomontage")
    with pytest.raises(Rejected, match="damaged"):
        newsroom.ledger.backup(saved)


# Where it is written


def test_a_later_backup_replaces_an_earlier_one(newsroom: Newsroom, saved: Path, tmp_path: Path) -> None:
    before = (saved / LEAVES).read_bytes()
    newsroom.ledger.hold(SECOND)
    (saved / f".{LEAVES}.abc").write_bytes(b"left by a backup that was killed")
    newsroom.ledger.backup(saved)
    assert (saved / LEAVES).read_bytes().startswith(before)
    assert there(saved) == set(FILES)
    with Ledger.restore(saved, tmp_path / "restored.db") as restored:
        assert restored.size == newsroom.ledger.size


def test_an_unfinished_backup_is_finished(newsroom: Newsroom, saved: Path) -> None:
    whole = (saved / MANIFEST).read_bytes()
    (saved / MANIFEST).unlink()
    newsroom.ledger.backup(saved)
    assert (saved / MANIFEST).read_bytes() == whole


def _another_ledger(saved: Path) -> None:
    (saved / MANIFEST).write_bytes((saved / MANIFEST).read_bytes().replace(b"example.org", b"example.com"))


def _more_entries(saved: Path) -> None:
    leaf = json.loads(lines(saved / LEAVES)[-1])
    (saved / LEAVES).write_bytes((saved / LEAVES).read_bytes() + canonical(leaf | {"index": leaf["index"] + 1}) + b"\n")
    resigned(saved)


def _another_history(saved: Path) -> None:
    (saved / LEAVES).write_bytes((saved / LEAVES).read_bytes().replace(b"misheard", b"mistyped"))
    resigned(saved)


def _unfinished_of_another(saved: Path) -> None:
    (saved / MANIFEST).unlink()
    (saved / LEAVES).write_bytes((saved / LEAVES).read_bytes().replace(b"example.org", b"example.com"))


def _contents_alone(saved: Path) -> None:
    (saved / MANIFEST).unlink()
    (saved / LEAVES).unlink()


def _web_app(saved: Path) -> None:
    (saved / MANIFEST).write_bytes(b'{"name":"app"}\n')


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_another_ledger, "holds the backup of another ledger, example.com/newsroom"),
        (_more_entries, "holds a backup with entries that this ledger does not have"),
        (_another_history, "holds a backup with entries that this ledger does not have"),
        (_unfinished_of_another, "holds files that are no backup of this ledger"),
        (_contents_alone, "holds files that are no backup of this ledger"),
        (_web_app, "is no manifest of a backup"),
    ],
)
def test_what_is_not_an_earlier_backup_is_never_replaced(
    newsroom: Newsroom, saved: Path, change: Callable[[Path], None], message: str
) -> None:
    change(saved)
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    with pytest.raises(Rejected, match=message):
        newsroom.ledger.backup(saved)
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before


OTHER_WORDS = "CAST(replace(CAST(content AS TEXT), 'officer', 'soldier') AS BLOB)"


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (f"UPDATE contents SET content = {OTHER_WORDS} WHERE part = 'text'", "content text: differs from its hash"),
        ("DELETE FROM contents WHERE part = 'quote'", "entry 7: content quote: is missing"),
        ("UPDATE entries SET leaf = CAST(leaf || ' ' AS BLOB) WHERE kind = 'retract'", "entry 10: leaf: is not in"),
        ("UPDATE contents SET part = 'evidence' WHERE part = 'url'", "entry 7: content evidence: is not in its leaf"),
    ],
)
def test_a_damaged_ledger_does_not_replace_a_good_backup(
    newsroom: Newsroom, saved: Path, statement: str, problem: str
) -> None:
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    newsroom.ledger.close()
    tamper(newsroom.path, statement)
    with newsroom.reopened() as ledger, pytest.raises(Rejected) as caught:
        ledger.backup(saved)
    assert problem in " ".join(map(str, caught.value.problems))
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before


def test_a_folder_that_cannot_be_written(newsroom: Newsroom, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match="cannot be written"):
        newsroom.ledger.backup(tmp_path / "file")
    with tempfile.TemporaryDirectory() as name:
        locked = Path(name)
        locked.chmod(0o555)
        newsroom.ledger.close()
        copied = Path(shutil.copy(newsroom.path, locked))
        with as_somebody_else(), Ledger.open(copied, read_only=True) as ledger:
            for folder in (locked, locked / "new"):
                with pytest.raises(Unavailable, match="cannot be written: permission denied"):
                    ledger.backup(folder)
        assert there(locked) == {"claims.db"}
        locked.chmod(0o755)


@pytest.mark.parametrize("failing", range(1, 9))
def test_a_disk_that_is_full_leaves_no_half_of_a_backup(
    newsroom: Newsroom, saved: Path, failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever file the disk fails at, the folder holds whole files, and a manifest only if it is theirs."""
    newsroom.ledger.hold(SECOND)
    synced, count = os.fsync, iter(range(1, 100))

    def sync(handle: int) -> None:
        if next(count) == failing:
            raise OSError(errno.ENOSPC, "No space left on device")
        synced(handle)

    monkeypatch.setattr(os, "fsync", sync)
    with pytest.raises(Unavailable, match="no space left on device"):
        newsroom.ledger.backup(saved)
    monkeypatch.undo()
    assert there(saved) in ({*FILES}, {LEAVES, CONTENTS, CHECKPOINTS})
    if MANIFEST in there(saved):
        Ledger.restore(saved, saved.parent / "meanwhile.db").close()
    newsroom.ledger.backup(saved)
    Ledger.restore(saved, saved.parent / "restored.db").close()


def test_two_at_once_in_one_folder(newsroom: Newsroom, saved: Path) -> None:
    with occupied(saved, "is being written"), pytest.raises(Unavailable, match="another backup is being written here"):
        newsroom.ledger.backup(saved)


# What is refused on the way in


def _flip(name: str, number: int, old: bytes, new: bytes) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        found = lines(folder / name)
        assert old in found[number - 1]
        found[number - 1] = found[number - 1].replace(old, new)
        (folder / name).write_bytes(b"".join(found))

    return change


def _order(name: str, order: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).write_bytes(b"".join(order(lines(folder / name))))

    return change


def _cut(name: str, size: int) -> Callable[[Path], None]:
    return lambda folder: os.truncate(folder / name, size)


def _gone(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


LEAF, CONTENT, FIGURES = "leaves.jsonl:", "contents.jsonl:", "not as the manifest says (expected "
HASH = f"leaves.jsonl: sha256: {FIGURES}"
NO_NAME = "leaves.jsonl:2: its content name is not in its place in contents.jsonl"
DAMAGE = {
    "a leaf says something else": (_flip(LEAVES, 4, b'"quorum":2', b'"quorum":3'), [HASH]),
    "against a rule": (_flip(LEAVES, 4, b'"quorum":2', b'"quorum":0'), [f"{LEAF}4: quorum: must be 1 or more", HASH]),
    "a flipped byte": (
        _flip(LEAVES, 4, b"quorum", b"quorul"),
        [f"{LEAF}4: has a field that no policy has: quorul", HASH],
    ),
    "not canonical": (
        _flip(LEAVES, 4, b'"kind":', b'"kind": '),
        [f"{LEAF}4: is not in canonical form (RFC 8785)", f"{LEAF} bytes: {FIGURES}"],
    ),
    "recorded goes back": (
        _flip(LEAVES, 4, b"T21:45:00", b"T21:44:00"),
        [f"{LEAF}4: recorded: is before that of the entry before it (expected 2017-04-20T21:45:00.000000Z or", HASH],
    ),
    "no such recorder": (
        _flip(LEAVES, 6, b'"recorder":1', b'"recorder":9'),
        [f"{LEAF}6: recorder: is no recorder of this ledger", HASH],
    ),
    "another origin": (
        _flip(LEAVES, 1, b"example.org", b"example.com"),
        [HASH, "manifest.json: origin: is not that of the opening"],
    ),
    "no opening": (
        _order(LEAVES, lambda found: found[1:]),
        [
            f"{LEAF}1: index: is not the next one (expected 0, got 1)",
            f"{LEAF} lines: {FIGURES}14, got 13)",
        ],
    ),
    "a content says something else": (
        _flip(CONTENTS, 1, b'"Ana"', b'"Eva"'),
        [f"{CONTENT}1: content name of entry 1: differs from its hash", f"{CONTENT} sha256: {FIGURES}"],
    ),
    "a content of another part": (
        _flip(CONTENTS, 1, b'"part":"name"', b'"part":"note"'),
        [f"{CONTENT}1: content note of entry 1: is not in its leaf", NO_NAME, f"{CONTENT} sha256: {FIGURES}"],
    ),
    "a content of half an entry": (
        _flip(CONTENTS, 1, b'"index":1', b'"index":1.5'),
        [f"{CONTENT}1: has a number that is not whole: 1.5", NO_NAME, f"{CONTENT} bytes: {FIGURES}"],
    ),
    "a content of no entry": (
        _flip(CONTENTS, 1, b'"index":1', b'"index":-1'),
        [f"{CONTENT}1: has an index that is no number from 0", NO_NAME, f"{CONTENT} bytes: {FIGURES}"],
    ),
    "other fields": (
        _flip(CONTENTS, 1, b'"content"', b'"contant"'),
        [f"{CONTENT}1: is not an object of content, index and part", NO_NAME, f"{CONTENT} sha256: {FIGURES}"],
    ),
    "a missing leaf": (
        _order(LEAVES, lambda found: found[:4] + found[5:]),
        [
            f"{LEAF}5: index: is not the next one (expected 4, got 5)",
            f"{CONTENT}3: content name of entry 4: its leaf is not in its place in leaves.jsonl",
            f"{LEAF} lines: {FIGURES}14, got 13)",
        ],
    ),
    "swapped leaves": (
        _order(LEAVES, lambda found: [*found[:3], found[10], *found[4:10], found[3], *found[11:]]),
        [
            f"{LEAF}4: index: is not the next one (expected 3, got 10)",
            *(
                f"{CONTENT}{n}: content {part}"
                for n, part in enumerate(["name", "text", "name", "quote", "url", "name", "note"], 3)
            ),
            f"{LEAF}5: index: is not the next one (expected 11, got 4)",
            f"{LEAF}5: its content name is not in its place",
            f"{LEAF}6: its content text is not in its place",
            f"{LEAF}7: its content name is not in its place",
            f"{LEAF}8: its content quote is not in its place",
            f"{LEAF}8: its content url is not in its place",
            f"{LEAF}9: its content name is not in its place",
            f"{LEAF}10: its content note is not in its place",
            f"{LEAF}11: index: is not the next one (expected 10, got 3)",
            f"{LEAF}12: index: is not the next one (expected 4, got 11)",
            HASH,
        ],
    ),
    "a leaf twice": (
        _order(LEAVES, lambda found: [*found, found[-1]]),
        [f"{LEAF}15: index: is not the next one (expected 14, got 13)", f"{LEAF} lines: {FIGURES}14, got 15)"],
    ),
    "the last leaf missing": (_order(LEAVES, lambda found: found[:-1]), [f"{LEAF} lines: {FIGURES}14, got 13)"]),
    "no leaf at all": (
        _order(LEAVES, lambda _: []),
        [
            f"{CONTENT}1: content name of entry 1: leaves.jsonl ends before its leaf",
            f"{LEAF} lines: {FIGURES}14, got 0)",
        ],
    ),
    "a missing content": (
        _order(CONTENTS, lambda found: found[1:]),
        [NO_NAME, f"{CONTENT} lines: {FIGURES}11, got 10)"],
    ),
    "a content twice": (
        _order(CONTENTS, lambda found: [*found, found[-1]]),
        [f"{CONTENT}12: content text of entry 12: stands twice", f"{CONTENT} lines: {FIGURES}11, got 12)"],
    ),
    "swapped contents": (
        _order(CONTENTS, lambda found: [found[1], found[0], *found[2:]]),
        [NO_NAME, f"{CONTENT}2: content name of entry 1: its leaf is not in its place", f"{CONTENT} sha256: {FIGURES}"],
    ),
    "leaves cut off": (
        _cut(LEAVES, 3000),
        [f"{LEAF}14: is cut off: the line has no end", f"{LEAF} lines: {FIGURES}14, got 13)"],
    ),
    "contents cut off": (
        _cut(CONTENTS, 300),
        [
            f"{CONTENT}3: is cut off: the line has no end",
            f"{LEAF}5: contents.jsonl ends before its content name",
            f"{CONTENT} lines: {FIGURES}11, got 2)",
        ],
    ),
    "a manifest cut off": (_cut(MANIFEST, 30), ["manifest.json: is cut off: its line has no end"]),
    "no leaves": (_gone(LEAVES), ["leaves.jsonl: is missing"]),
    "no contents": (_gone(CONTENTS), ["contents.jsonl: is missing"]),
    "another size": (
        _flip(MANIFEST, 1, b'"size":14', b'"size":15'),
        ["manifest.json: size: is not the number of leaves (got 15)"],
    ),
    "another count": (
        _flip(MANIFEST, 1, b'"lines":14', b'"lines":15'),
        [f"{LEAF} lines: {FIGURES}15, got 14)", "manifest.json: size: is not the number of leaves (got 14)"],
    ),
    "no hash": (
        _flip(MANIFEST, 1, b'"sha256":"', b'"sha256":"x'),
        ["manifest.json: has a sha256 that is not 64 lower-case hex digits"],
    ),
    "less than nothing": (
        _flip(MANIFEST, 1, b'"evidence":0', b'"evidence":-1'),
        ["manifest.json: has evidence that is not a whole number from 0"],
    ),
    "a manifest of other fields": (
        _flip(MANIFEST, 1, b'"size"', b'"sizf"'),
        ["manifest.json: has other fields than a manifest of a backup"],
    ),
    "a long line": (
        _flip(LEAVES, 5, b"{", b"{" + b" " * 3_000_000),
        [
            f"{LEAF}5: has more than 1,048,576 bytes",
            f"{LEAF}6: index: is not the next one (expected 4, got 5)",
            f"{CONTENT}3: content name of entry 4: its leaf is not in its place",
            f"{LEAF} bytes: {FIGURES}",
        ],
    ),
    "a deep line": (_flip(LEAVES, 5, b"{", b"[" * 9000 + b"{"), [f"{LEAF}5: is nested too deeply", f"{LEAF} bytes:"]),
    "no text at all": (_flip(LEAVES, 5, b"{", b"\xff{"), [f"{LEAF}5: is not UTF-8", f"{LEAF} bytes:"]),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_each_damage_is_named_and_nothing_else(saved: Path, damage: str) -> None:
    change, expected = DAMAGE[damage]
    change(saved)
    found = refused(saved)
    assert len(found) == len(expected), found
    for problem, start in zip(found, expected, strict=True):
        assert problem.startswith(start)


def _replaced(old: bytes, new: bytes) -> Callable[[Path], None]:
    """Change a leaf, and make the manifest fit."""

    def change(folder: Path) -> None:
        data = (folder / LEAVES).read_bytes()
        assert old in data
        (folder / LEAVES).write_bytes(data.replace(old, new))
        resigned(folder)

    return change


def test_whoever_makes_the_manifest_fit_is_held_to_the_rules(saved: Path) -> None:
    """A statement on what is no claim, and a text that no recorder could have written."""
    whole = {path.name: path.read_bytes() for path in saved.iterdir()}
    _replaced(b'"claim":5', b'"claim":6')(saved)
    assert refused(saved)[0].startswith("leaves.jsonl:8: claim: entry 6 is no claim")
    for name, data in whole.items():
        (saved / name).write_bytes(data)
    line = json.loads(lines(saved / CONTENTS)[0])
    line["content"]["value"] = "Ana\u202e"
    before = hashlib.sha256(canonical(json.loads(lines(saved / CONTENTS)[0])["content"])).hexdigest()
    after = hashlib.sha256(canonical(line["content"])).hexdigest()
    (saved / CONTENTS).write_bytes(b"".join([canonical(line) + b"\n", *lines(saved / CONTENTS)[1:]]))
    _replaced(before.encode(), after.encode())(saved)
    [problem] = refused(saved)
    assert problem.startswith("leaves.jsonl:2: recorder: holds a character that reorders text (U+202E)")


def test_a_key_that_is_taken(saved: Path) -> None:
    """The first statement and the retraction of the second bear the same key."""
    found = lines(saved / LEAVES)
    for number in (7, 10):
        leaf = json.loads(found[number]) | {"key": "0" * 32}
        found[number] = canonical(leaf) + b"\n"
    (saved / LEAVES).write_bytes(b"".join(found))
    resigned(saved)
    assert refused(saved) == [f"leaves.jsonl:11: key: is taken by entry 7 (got {'0' * 32})"]


def test_a_kind_of_a_newer_version_is_refused_by_name(saved: Path) -> None:
    """What follows from it cannot be derived, so a ledger that verifies cannot be made; the files stay readable."""
    last = json.loads(lines(saved / LEAVES)[-1])
    newer = {name: last[name] for name in ("format", "recorded", "recorder")} | {
        "index": 14,
        "kind": "wager",
        "of": 7,
    }
    (saved / LEAVES).write_bytes((saved / LEAVES).read_bytes() + canonical(newer) + b"\n")
    resigned(saved)
    assert refused(saved, Unresolvable) == ["leaves.jsonl:15: kind: is not known to this version (got wager)"]


def test_a_hundred_problems_are_enough(saved: Path) -> None:
    (saved / LEAVES).write_bytes(b"?\n" * 1000)
    with pytest.raises(Rejected, match="these are the first 100 problems") as caught:
        Ledger.restore(saved, saved.parent / "restored.db")
    assert len(caught.value.problems) == 100


def _newer_format(saved: Path) -> None:
    (saved / MANIFEST).write_bytes((saved / MANIFEST).read_bytes().replace(b'"format":1', b'"format":2'))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_gone(MANIFEST), "holds an unfinished backup: it has no manifest.json"),
        (lambda saved: [path.unlink() for path in saved.iterdir()], "holds no backup"),
        (_web_app, "holds no backup: manifest.json is no manifest of a backup"),
        (_newer_format, "manifest.json: is of format 2; this version reads format 1"),
        (lambda saved: saved.rename(saved.parent / "elsewhere"), "saved: cannot be read: no such file or directory"),
    ],
)
def test_what_is_no_finished_backup(saved: Path, change: Callable[[Path], None], message: str) -> None:
    change(saved)
    [told] = refused(saved, Unavailable)
    assert message in told


# Where it is restored to


def test_a_ledger_with_entries_is_never_touched(newsroom: Newsroom, saved: Path) -> None:
    newsroom.ledger.close()
    before = newsroom.path.read_bytes()
    with pytest.raises(Rejected, match="there is a ledger here already, with 14 entries"):
        Ledger.restore(saved, newsroom.path)
    assert newsroom.path.read_bytes() == before


def test_a_ledger_without_entries_is_taken(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "zero.db").touch()
    Store.create(tmp_path / "begun.db").close()
    for name in ("zero.db", "begun.db"):
        with Ledger.restore(saved, tmp_path / name) as restored:
            assert restored.verify().ok
            assert restored.size == 14


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
def test_what_is_left_of_a_lost_ledger_is_not_played_into_the_new_one(saved: Path, tmp_path: Path, end: str) -> None:
    (tmp_path / f"restored.db{end}").write_bytes(b"left")
    assert f"restored.db{end} is here" in refused(saved, Unavailable)[0]


def test_another_file_is_never_touched(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "restored.db").write_bytes(b"a letter")
    assert "is no database" in refused(saved, Unavailable)[0]
    assert (tmp_path / "restored.db").read_bytes() == b"a letter"


def test_a_ledger_that_is_made_meanwhile_is_not_overwritten(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, finish = tmp_path / "restored.db", restore._Checking.finish

    def finish_late(checking: restore._Checking) -> None:
        finish(checking)
        Newsroom.founded(tmp_path / "other").ledger.close()
        os.link(tmp_path / "other" / "claims.db", where)

    (tmp_path / "other").mkdir()
    monkeypatch.setattr(restore._Checking, "finish", finish_late)
    with pytest.raises(Rejected, match="there is a ledger here already"):
        Ledger.restore(saved, where)
    assert ".restored.db.restoring" not in there(tmp_path)


def test_a_place_that_cannot_be_written(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="missing does not exist"):
        Ledger.restore(saved, tmp_path / "missing" / "restored.db")


def test_a_disk_that_is_full_leaves_nothing_of_a_restore(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(Path, "rename", full)
    assert refused(saved, Unavailable)[0].endswith("restored.db: no space left on device")


def test_two_at_once_in_one_place(saved: Path, tmp_path: Path) -> None:
    with made_beside(tmp_path / "restored.db"), pytest.raises(Unavailable, match="another program is restoring"):
        Ledger.restore(saved, tmp_path / "restored.db")
    assert "restored.db" in there(tmp_path)


SLOWLY = """
import sys
from ledger.book import Ledger, restore
take = restore._Checking._take
def slowly(*given):
    take(*given)
    if given[0].leaves.number == 7:
        print("half", flush=True)
        sys.stdin.read()
restore.BATCH = 3
restore._Checking._take = slowly
Ledger.restore(sys.argv[1], sys.argv[2])
"""


def test_a_kill_in_the_middle_leaves_no_ledger(saved: Path, tmp_path: Path) -> None:
    """Killed after two of its transactions: the place is empty, and the next restore tidies up and goes through."""
    where = tmp_path / "restored.db"
    command = [sys.executable, "-c", SLOWLY, str(saved), str(where)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not where.exists()
    assert ".restored.db.restoring" in there(tmp_path)
    with Ledger.restore(saved, where) as restored:
        assert restored.verify().ok
    assert {name for name in there(tmp_path) if "restor" in name} == {"restored.db"}


# Checkpoints


KEYS = [Signer("example.org/newsroom", seed * 32) for seed in (b"a", b"b")]


def checkpoint(saved: Path, size: int, key: Signer = KEYS[0]) -> bytes:
    """The note of a checkpoint of the first entries of a backup."""
    hashes = [leaf_hash(line[:-1]) for line in lines(saved / LEAVES)]
    return Checkpoint(key.verifier.name, size, root_of(hashes[:size])).sign(key)


@pytest.fixture
def signed(newsroom: Newsroom, saved: Path) -> Path:
    """The backup of the same night with four checkpoints, two of them of one size."""
    newsroom.ledger.close()
    with Store.open(newsroom.path) as store, store.writing() as writer:
        for size, key in ((3, KEYS[0]), (9, KEYS[0]), (9, KEYS[1]), (14, KEYS[1])):
            writer.keep_checkpoint(size, checkpoint(saved, size, key))
    newsroom.ledger = newsroom.reopened()
    newsroom.ledger.backup(saved)
    return saved


def test_checkpoints_come_back_as_they_were(newsroom: Newsroom, signed: Path, tmp_path: Path) -> None:
    """By size, then by hash; restored in small transactions, and backed up again to the same bytes."""
    told = [read_checkpoint(line[:-1]) for line in lines(signed / CHECKPOINTS)]
    assert [size for size, _ in told] == [3, 9, 9, 14]
    nine = {checkpoint(signed, 9, key) for key in KEYS}
    assert [note for size, note in told if size == 9] == sorted(nine, key=lambda note: hashlib.sha256(note).digest())
    with Ledger.restore(signed, tmp_path / "restored.db") as restored:
        assert restored.verify().ok
        restored.backup(tmp_path / "again")
    assert dump(tmp_path / "restored.db") == dump(newsroom.path)
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (signed / name).read_bytes()


def test_a_backup_of_the_version_before_is_taken_as_it_is(saved: Path, signed: Path, tmp_path: Path) -> None:
    """Its manifest names two files; what else is there is none of it, and a later backup has three."""
    manifest = read_manifest((signed / MANIFEST).read_bytes())
    older = Manifest(manifest.origin, manifest.size, manifest.leaves, manifest.contents)
    (saved / MANIFEST).write_bytes(write_manifest(older))
    assert json.loads((saved / MANIFEST).read_bytes())["files"].keys() == {LEAVES, CONTENTS}
    with Ledger.restore(saved, tmp_path / "besides.db") as restored:
        assert (restored.size, dump(tmp_path / "besides.db")["checkpoints"]) == (14, [])
    (saved / CHECKPOINTS).unlink()
    with Ledger.restore(saved, tmp_path / "restored.db") as restored:
        assert restored.verify().ok
        restored.backup(saved)
    assert there(saved) == set(FILES)
    assert (saved / CHECKPOINTS).read_bytes() == b""


NINE = f"{CHECKPOINTS}:2: checkpoint of size 9: "
CHANGED = f"{CHECKPOINTS}: sha256: {FIGURES}"


def _other(**fields: object) -> Callable[[Path], None]:
    """Another checkpoint in the place of the second, of the same form and signed well."""

    def change(folder: Path) -> None:
        before = {"origin": "example.org/newsroom", "size": 9, "root": leaf_hash(b"another")}
        signer = Signer(str(fields.get("origin", before["origin"])), b"a" * 32)
        note = Checkpoint(**{**before, **fields}).sign(signer)
        found = lines(folder / CHECKPOINTS)
        found[1] = write_checkpoint(9, note) + b"\n"
        (folder / CHECKPOINTS).write_bytes(b"".join(found))
        resigned(folder)

    return change


FORGED = {
    "of another root": (_other(), [f"{NINE}is of another history than these entries make (expected "]),
    "of another size": (_other(size=8), [f"{NINE}size: differs from its note (expected 8, got 9)"]),
    "of another log": (
        _other(origin="example.org/else"),
        [f"{NINE}is of another log (expected example.org/newsroom, got example.org/else)"],
    ),
    "a byte": (
        _flip(CHECKPOINTS, 2, b"newsroom\\n9", b"newsroom\\n8"),
        [f"{NINE}size: differs from its note (expected 8, got 9)", CHANGED],
    ),
    "a leaf of another history": (
        _flip(LEAVES, 4, b'"quorum":2', b'"quorum":3'),
        [
            f"{CHECKPOINTS}:2: checkpoint of size 9: is of another history",
            f"{CHECKPOINTS}:3: checkpoint of size 9: is of another history",
            HASH,
        ],
    ),
    "of more entries": (
        _order(LEAVES, lambda found: found[:-1]),
        [f"{CHECKPOINTS}:4: checkpoint of size 14: leaves.jsonl ends before", f"{LEAF} lines: {FIGURES}14, got 13)"],
    ),
    "no note": (
        _flip(CHECKPOINTS, 2, b"\\n\\n", b"\\n"),
        [f"{NINE}the note does not end in an empty line and signatures", f"{CHECKPOINTS}: bytes: {FIGURES}"],
    ),
    "other fields": (
        _flip(CHECKPOINTS, 2, b'"note"', b'"mote"'),
        [f"{CHECKPOINTS}:2: is not an object of note and size", CHANGED],
    ),
    "no size": (
        _flip(CHECKPOINTS, 2, b'"size":9', b'"size":0'),
        [f"{CHECKPOINTS}:2: has a size that is no number from 1", CHANGED],
    ),
    "not canonical": (
        _flip(CHECKPOINTS, 2, b'"size":9', b'"size": 9'),
        [f"{CHECKPOINTS}:2: is not in canonical form", f"{CHECKPOINTS}: bytes: {FIGURES}"],
    ),
    "in another order": (
        _order(CHECKPOINTS, lambda found: [found[1], found[0], *found[2:]]),
        [f"{CHECKPOINTS}:2: checkpoint of size 3: stands twice, or after one", CHANGED],
    ),
    "one twice": (
        _order(CHECKPOINTS, lambda found: [*found, found[-1]]),
        [f"{CHECKPOINTS}:5: checkpoint of size 14: stands twice", f"{CHECKPOINTS}: lines: {FIGURES}4, got 5)"],
    ),
    "one missing": (
        _order(CHECKPOINTS, lambda found: found[:-1]),
        [f"{CHECKPOINTS}: lines: {FIGURES}4, got 3)"],
    ),
    "cut off": (_cut(CHECKPOINTS, 30), [f"{CHECKPOINTS}:1: is cut off", f"{CHECKPOINTS}: lines: {FIGURES}4, got 0)"]),
    "no checkpoints": (_gone(CHECKPOINTS), [f"{CHECKPOINTS}: is missing"]),
    "another name": (
        _flip(MANIFEST, 1, b"checkpoints.jsonl", b"checkpoints.txt"),
        ["manifest.json: has files that are not leaves.jsonl, contents.jsonl and checkpoints.jsonl"],
    ),
}


@pytest.mark.parametrize("damage", FORGED)
def test_a_checkpoint_that_is_not_of_these_entries_is_refused(signed: Path, damage: str) -> None:
    change, expected = FORGED[damage]
    change(signed)
    found = refused(signed)
    assert len(found) == len(expected), found
    for problem, start in zip(found, expected, strict=True):
        assert problem.startswith(start)


def test_beside_a_damaged_leaf_no_checkpoint_is_blamed(signed: Path) -> None:
    _flip(LEAVES, 4, b"quorum", b"quorul")(signed)
    assert [each.split(":")[0] for each in refused(signed)] == [LEAVES, LEAVES]


MORE = "is of more entries than the ledger has, 13: it was cut off, or is an older copy"


@pytest.mark.parametrize(
    ("statements", "problem"),
    [
        (
            ['DELETE FROM links WHERE "index" = 13', 'DELETE FROM entries WHERE "index" = 13'],
            f"checkpoint of size 14: {MORE}",
        ),
        (
            ["UPDATE checkpoints SET note = CAST(replace(note, x'0a390a', x'0a380a') AS BLOB) WHERE size = 9"],
            "checkpoint of size 9: size: differs from its note (expected 8, got 9)",
        ),
        (
            ["UPDATE checkpoints SET note = x'ff' WHERE size = 3"],
            "checkpoint of size 3: the note is not UTF-8",
        ),
        (
            ["UPDATE checkpoints SET note = CAST('x' || hex(zeroblob(600000)) AS BLOB) WHERE size = 3"],
            "checkpoint of size 3: the note has 1,200,001 bytes, more than a backup takes",
        ),
    ],
)
def test_a_damaged_checkpoint_does_not_replace_a_good_backup(
    newsroom: Newsroom, signed: Path, statements: list[str], problem: str
) -> None:
    before = {path.name: path.read_bytes() for path in signed.iterdir()}
    newsroom.ledger.close()
    tamper(newsroom.path, *statements)
    shutil.copytree(signed, signed.parent / "elsewhere", ignore=lambda *_: [*FILES])
    with newsroom.reopened() as ledger:
        with pytest.raises(Rejected) as caught:
            ledger.backup(signed.parent / "elsewhere")
        assert problem in map(str, caught.value.problems)
        with pytest.raises(Rejected):
            ledger.backup(signed)
    assert {path.name: path.read_bytes() for path in signed.iterdir()} == before


def test_a_checkpoint_that_is_no_note_at_all_is_refused(newsroom: Newsroom, signed: Path) -> None:
    newsroom.ledger.close()
    tamper(newsroom.path, "UPDATE checkpoints SET note = CAST(note AS TEXT) WHERE size = 3")
    with newsroom.reopened() as ledger, pytest.raises(Unavailable, match="checkpoints: that of size 3 is damaged"):
        ledger.backup(signed)


# Constant memory


def long_backup(folder: Path, many: int) -> None:
    """A backup written by hand: forty sources, fifty claims, statements on them, some with a quote; and checkpoints."""
    folder.mkdir()
    meters = {LEAVES: Meter(), CONTENTS: Meter(), CHECKPOINTS: Meter()}
    key, tree = Signer("example.org/long", bytes(32)), Edge()
    with (
        (folder / LEAVES).open("wb") as leaves,
        (folder / CONTENTS).open("wb") as contents,
        (folder / CHECKPOINTS).open("wb") as checkpoints,
    ):
        for index in range(many):
            kind, fields, text = _long_entry(index)
            leaf = {"format": 1, "index": index, "kind": kind, "recorded": "2017-04-20T23:00:00.000000Z"} | fields
            if index:
                leaf["recorder"] = 1
            if text:
                content = canonical({"salt": f"{index:064x}", "value": text[1]})
                digest = hashlib.sha256(content).hexdigest()
                leaf["parts"] = {text[0]: {"sha256": digest, "visibility": "public"}}
                contents.write(meters[CONTENTS].take(write_content(index, text[0], content) + b"\n"))
            leaves.write(meters[LEAVES].take(canonical(leaf) + b"\n"))
            tree.append(leaf_hash(canonical(leaf)))
            if tree.size % 50 == 0:
                note = Checkpoint("example.org/long", tree.size, tree.root()).sign(key)
                checkpoints.write(meters[CHECKPOINTS].take(write_checkpoint(tree.size, note) + b"\n"))
    measures = [meter.measure for meter in meters.values()]
    manifest = Manifest("example.org/long", many, *measures[:2], checkpoints=measures[2])
    (folder / MANIFEST).write_bytes(write_manifest(manifest))


def _long_entry(index: int) -> tuple[str, dict[str, object], tuple[str, str] | None]:
    opening: list[tuple[str, dict[str, object], tuple[str, str] | None]] = [
        ("opening", {"origin": "example.org/long", "zone": "UTC"}, None),
        ("recorder", {}, ("name", "Ana")),
        ("source", {"source_kind": "desk"}, ("name", "desk")),
        ("policy", {"name": "live-roots", "quorum": 2, "version": 1}, None),
        ("story", {}, ("name", "long")),
    ]
    if index < 5:
        return opening[index]
    if index < 45:
        return "source", {"source_kind": "person"}, ("name", f"source {index}")
    if index < 95:
        return "claim", {"story": 4}, ("text", f"Claim {index}")
    said = {"said": "2017-04-20T22:00:00.000000Z", "precision": "minute", "status": "reported"}
    quote = ("quote", f"quote {index} " * 20) if index % 4 == 0 else None
    return "statement", {"claim": 45 + index % 50, "chain": [5 + index % 40]} | said, quote


def peak(act: Callable[[], object]) -> int:
    """The most memory that something takes."""
    gc.collect()
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_memory_of_a_restore_does_not_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times the entries, in small batches, so that the test is quick."""
    monkeypatch.setattr(restore, "BATCH", 100)
    found = []
    for many in (100, 400, 1_600):  # the first for what is loaded and compiled once
        long_backup(tmp_path / f"long{many}", many)
        found.append(peak(lambda many=many: Ledger.restore(tmp_path / f"long{many}", tmp_path / f"{many}.db").close()))
    assert found[2] <= 1.5 * found[1]


def test_the_memory_of_a_backup_does_not_grow(tmp_path: Path) -> None:
    found = []
    for many in (2_000, 4_000):
        long_backup(tmp_path / f"long{many}", many)
        with Ledger.restore(tmp_path / f"long{many}", tmp_path / f"{many}.db") as ledger:
            found.append(peak(lambda ledger=ledger, many=many: ledger.backup(tmp_path / f"again{many}")))
            for name in FILES:
                assert (tmp_path / f"again{many}" / name).read_bytes() == (tmp_path / f"long{many}" / name).read_bytes()
    assert found[1] <= 1.5 * found[0]


# On the command line


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch).night()


def test_backup_and_restore_typed(shell: Shell) -> None:
    done = shell.ok("backup", "saved")
    assert done.out.splitlines() == [f"saved/{name}" for name in FILES]
    assert "9 entries of example.org/desk" in done.err
    done = shell.ok("restore", "saved", "--ledger", "restored.db")
    assert (done.out, done.err) == ("restored restored.db: 9 entries, origin example.org/desk\n", "")
    assert shell.ok("verify", "--ledger", "restored.db").out.endswith("no difference\n")


def test_backup_and_restore_for_a_script(shell: Shell) -> None:
    found = shell.ok("backup", "saved", "--json")
    assert (found.json, found.err) == ({"wrote": [f"saved/{n}" for n in FILES], "origin": "example.org/desk"}, "")
    found = shell.ok("restore", "saved", "--ledger", "restored.db", "--json")
    assert found.json == {"ledger": "restored.db", "origin": "example.org/desk", "size": 9}
    (shell.folder / "saved" / CONTENTS).write_bytes(b"")
    done = shell("restore", "saved", "--ledger", "other.db", "--json")
    told = json.loads(done.err)
    assert (done.code, done.out) == (1, "")
    assert told["problems"][0] == {"where": "leaves.jsonl:2", "why": "contents.jsonl ends before its content name"}


def test_what_is_refused_on_the_command_line(shell: Shell) -> None:
    shell.ok("backup", "saved")
    assert "there is a ledger here already" in shell.refused(1, "restore", "saved")
    assert "missing argument" in shell.refused(2, "restore")
    assert "missing argument" in shell.refused(2, "backup")
    assert "cannot be read" in shell.refused(3, "restore", "nowhere", "--ledger", "restored.db")
    (shell.folder / "saved" / MANIFEST).unlink()
    assert "unfinished" in shell.refused(3, "restore", "saved", "--ledger", "restored.db")
    assert "there is no ledger here" in shell.refused(3, "backup", "saved", "--ledger", "missing.db")
    (shell.folder / "saved" / LEAVES).write_bytes(b"somebody's own\n")
    assert "holds files that are no backup of this ledger" in shell.refused(1, "backup", "saved")
    assert not (shell.folder / "restored.db").exists()
