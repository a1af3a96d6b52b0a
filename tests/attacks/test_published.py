"""Attacks on a published folder by somebody who has no key: each does its damage, and the audit names it.

The folder is that of :func:`tests.stored.night`: 267 entries in two bundles, so that there is a full tile and a partial
one, and a level above them. What is left in order in each attack is told by how far it goes: the bundle alone, the
tiles of its hashes too, or every tile, so that nothing but the signed checkpoint is left against it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.encoding import encode_content
from ledger.model import Content
from ledger.tlog import Checkpoint, Signer
from tests.publications import KEY, ORIGIN, Auditor, Log, files, flip, long_log, published_night, put
from tests.shell import Shell
from tests.stored import night

SIZE = 267
STATEMENT = 251
TILES = ("tile/0/000", "tile/0/001.p/11", "tile/1/000.p/1")
BUNDLES = ("tile/entries/000", "tile/entries/001.p/11")
CONTENTS = ("contents/000.jsonl", "contents/001.jsonl")
CHECKPOINTS = ("checkpoints/267", "checkpoints/sizes")
ROOT = "checkpoint: has another root than the published entries make"
OTHER_HASH = "has another hash than the bytes of the entries make"
STRANGER = Signer("example.org/stranger", bytes([1] * 32))
IMPOSTOR = Signer(ORIGIN, bytes([1] * 32))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    published_night(folder)[0].close()
    return folder / "pub"


@pytest.fixture
def pub(original: Path, tmp_path: Path) -> Path:
    return shutil.copytree(original, tmp_path / "pub")


@pytest.fixture
def auditor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Auditor:
    return Auditor(Shell(tmp_path, monkeypatch))


def test_the_folder_is_right_and_an_outsider_could_have_written_it(pub: Path, auditor: Auditor, tmp_path: Path) -> None:
    """A test of the tests: what they take apart and put together again is byte for byte what was published."""
    assert auditor.passes().out.splitlines()[-1].startswith("verified: 267 leaves, 3 tiles and 259 contents")
    assert set(files(pub)) == {"checkpoint", *CHECKPOINTS, *TILES, *BUNDLES, *CONTENTS}
    assert files(Log.read(pub).write(tmp_path / "again")) == files(pub)


# Entries


def edit(log: Log) -> None:
    log.change(STATEMENT, status="confirmed")


def delete(log: Log) -> None:
    del log.leaves[STATEMENT]


def insert(log: Log) -> None:
    log.leaves.insert(STATEMENT, log.leaves[STATEMENT])


def swap(log: Log) -> None:
    log.leaves[250], log.leaves[STATEMENT] = log.leaves[STATEMENT], log.leaves[250]


def reorder(log: Log) -> None:
    log.leaves[250:254] = [log.leaves[i] for i in (251, 252, 253, 250)]


def renumber(log: Log) -> None:
    """Swap two, and let each say that it stands where it does now."""
    swap(log)
    log.change(250, index=250)
    log.change(STATEMENT, index=STATEMENT)


def truncate(log: Log) -> None:
    del log.leaves[SIZE - 3 :]


def extend(log: Log) -> None:
    """An entry more than was signed."""
    log.leaves.append(log.leaves[-1])


ELSEWHERE = "entry {0}: leaf: is that of another entry (got the leaf of entry {1})"
CUT = "entries 256 to 266: tile/entries/001.p/11: the bundle has {0} entries instead of 11"
ENTRIES = {
    edit: f"entry {STATEMENT}: tile/0/000: {OTHER_HASH}",
    delete: ELSEWHERE.format(STATEMENT, STATEMENT + 1),
    insert: ELSEWHERE.format(STATEMENT + 1, STATEMENT),
    swap: ELSEWHERE.format(250, STATEMENT),
    reorder: ELSEWHERE.format(253, 250),
    renumber: f"entry 250: tile/0/000: {OTHER_HASH}",
    truncate: CUT.format(8),
    extend: CUT.format(12),
}
attacks = pytest.mark.parametrize("attack", ENTRIES, ids=lambda attack: attack.__name__)


@attacks
def test_a_bundle_that_was_rewritten(pub: Path, auditor: Auditor, attack: Callable[[Log], None]) -> None:
    log = Log.read(pub)
    attack(log)
    log.write_bundles(pub, SIZE)
    assert ENTRIES[attack] in auditor.finds()


@pytest.mark.parametrize("levels", [(0,), (0, 1)], ids=["its tile", "all tiles"])
@attacks
def test_a_bundle_that_was_rewritten_with_its_tiles(
    pub: Path, auditor: Auditor, attack: Callable[[Log], None], levels: tuple[int, ...]
) -> None:
    log = Log.read(pub)
    attack(log)
    log.write_bundles(pub, SIZE)
    log.write_tiles(pub, levels)
    found = auditor.finds()
    if attack in (edit, renumber):  # the entries are in order in themselves: the hashes above them are what is left
        assert (f"entries 0 to 255: tile/1/000.p/1: {OTHER_HASH}" in found) == (levels == (0,))
        assert found[-1].startswith(ROOT)
    else:
        assert ENTRIES[attack] in found


@pytest.mark.parametrize("file", TILES + BUNDLES + CONTENTS)
def test_a_file_that_was_cut_off(pub: Path, auditor: Auditor, file: str) -> None:
    """The end of the last line of contents is not missed: nothing was in it."""
    data = (pub / file).read_bytes()
    for length in (0, len(data) // 2, len(data) - 1 - file.startswith("contents/")):
        (pub / file).write_bytes(data[:length])
        assert any(file in line for line in auditor.finds())


def test_a_tail_that_was_cut_off_down_to_an_older_checkpoint(pub: Path, auditor: Auditor, tmp_path: Path) -> None:
    """Yesterday's copy is a whole publication: only who remembers a newer checkpoint can tell."""
    shutil.copy(pub / "checkpoint", tmp_path / "newer")
    log = Log.read(pub)
    truncate(log)
    shutil.rmtree(pub)
    log.write(pub)
    auditor.passes()
    assert auditor.finds("--since", "newer") == [
        "the old checkpoint: is of more entries than are published: the end was cut off, or this is an older copy "
        "(expected 267 entries or more, got 264)"
    ]


# Bytes


@pytest.mark.parametrize(
    ("file", "at", "named"),
    [
        ("tile/0/000", 0, "entry 0"),
        ("tile/0/000", STATEMENT * 32 + 5, f"entry {STATEMENT}"),
        ("tile/0/000", -1, "entry 255"),
        ("tile/0/001.p/11", 0, "entry 256"),
        ("tile/0/001.p/11", -1, "entry 266"),
        ("tile/1/000.p/1", 0, "entries 0 to 255"),
        ("tile/1/000.p/1", -1, "entries 0 to 255"),
    ],
)
def test_a_byte_in_a_tile(pub: Path, auditor: Auditor, file: str, at: int, named: str) -> None:
    for bit in (0, 7):
        flip(pub / file, at, bit)
        assert auditor.finds() == [f"{named}: {file}: {OTHER_HASH}"]
        flip(pub / file, at, bit)
    auditor.passes()


def test_a_byte_in_each_leaf_of_a_bundle(pub: Path, auditor: Auditor) -> None:
    """Whatever else is wrong with the leaf now, the tile names it."""
    data = (pub / BUNDLES[1]).read_bytes()
    at = 0
    for index in range(256, SIZE):
        length = int.from_bytes(data[at : at + 2])
        flip(pub / BUNDLES[1], at + 2 + length // 2, bit=1)
        assert f"entry {index}: {TILES[1]}: {OTHER_HASH}" in auditor.finds()
        (pub / BUNDLES[1]).write_bytes(data)
        at += 2 + length


@pytest.mark.parametrize("at", [0, 1])
def test_a_byte_in_a_length_of_a_bundle(pub: Path, auditor: Auditor, at: int) -> None:
    flip(pub / BUNDLES[1], at)
    found = auditor.finds()
    assert found[0].startswith("entries 256 to 266: tile/entries/001.p/11: the bundle ")


def test_a_byte_in_a_tile_and_in_its_bundle(pub: Path, auditor: Auditor) -> None:
    """The same entry in both: it is named, and the root does not forgive it."""
    flip(pub / BUNDLES[0], (pub / BUNDLES[0]).read_bytes().index(b'"index":251,') + 9, bit=1)
    flip(pub / TILES[0], STATEMENT * 32)
    found = auditor.finds()
    assert f"entry {STATEMENT}: {TILES[0]}: {OTHER_HASH}" in found
    assert found[-1].startswith(ROOT)


def test_a_byte_in_each_line_of_the_contents(auditor: Auditor, tmp_path: Path) -> None:
    """In the value, in the salt, in the index and in the part: entry and part are named, or the line."""
    log = Log.of(night(redacts=False))
    path = log.write(tmp_path / "pub") / CONTENTS[0]
    lines = list(log.lines(0))
    places = {b'"value":': "content ", b'"salt":"': "content ", b'"index":': "content ", b'"part":"': "content "}
    for number, line in enumerate(lines):
        for mark in places:
            at = line.index(mark) + len(mark) + 1
            changed = line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :]
            path.write_bytes(b"".join([*lines[:number], changed, *lines[number + 1 :]]))
            index = line.split(b'"index":')[1].split(b",")[0].decode()
            assert any(each.startswith((f"entry {index}: content ", "contents/000.jsonl ")) for each in auditor.finds())


@pytest.mark.parametrize("file", TILES + BUNDLES)
def test_a_file_of_the_log_that_is_missing(pub: Path, auditor: Auditor, file: str) -> None:
    (pub / file).unlink()
    span = "entries 256 to 266" if "001" in file else "entries 0 to 255"
    assert auditor.finds() == [f"{span}: {file}: is missing"]
    (pub / file).mkdir()
    assert auditor.finds() == [f"{span}: {file}: is missing"]


def test_contents_that_are_missing(pub: Path, auditor: Auditor) -> None:
    (pub / CONTENTS[1]).unlink()
    assert auditor.finds() == [
        "entries 256 to 266: contents/001.jsonl: is missing, and nothing in the log withholds what belongs there "
        "(expected 2 contents)"
    ]


def test_a_bundle_and_its_tile_that_are_missing(pub: Path, auditor: Auditor, tmp_path: Path) -> None:
    """Then the tree cannot be grown past them, and an old checkpoint not be met: that is said, not passed over."""
    shutil.copy(pub / "checkpoint", tmp_path / "old")
    for file in (BUNDLES[1], TILES[1]):
        (pub / file).unlink()
    done = auditor("--since", "old")
    assert f"entries 256 to 266: {BUNDLES[1]}: is missing" in done.out
    assert f"entries 256 to 266: {TILES[1]}: is missing" in done.out
    assert "unchecked: the old checkpoint: could not be met: the tree was lost before its size" in done.out
    assert done.code == 1


def test_a_checkpoint_that_is_missing(pub: Path, auditor: Auditor) -> None:
    (pub / "checkpoint").unlink()
    assert "there is no checkpoint, so nothing is published here" in auditor.cannot()


# Contents


def content(value: str, salt: str = "1" * 64) -> bytes:
    return encode_content(Content(salt, value))


def test_a_content_that_is_in_no_leaf(pub: Path, auditor: Auditor) -> None:
    log = Log.read(pub)
    log.contents[STATEMENT]["url"] = content("https://example.org")
    log.contents[3] = {"note": content("a word on the policy")}
    log.contents[4]["horoscope"] = content("good luck")
    log.write_contents(pub)
    assert auditor.finds() == [
        "entry 3: content note: is not in its leaf",
        "entry 4: content horoscope: is not in its leaf",
        f"entry {STATEMENT}: content url: is not in its leaf",
    ]


def test_a_content_with_another_salt_or_another_s(pub: Path, auditor: Auditor) -> None:
    """The same words under another salt are another content, and so are the words of another entry."""
    log = Log.read(pub)
    log.contents[STATEMENT]["note"] = content(f"statement-{STATEMENT}")
    log.contents[9], log.contents[10] = log.contents[10], log.contents[9]
    log.write_contents(pub)
    found = auditor.finds()
    assert [line.split(" (")[0] for line in found] == [
        f"entry {index}: content {part}: differs from its hash"
        for index, part in ((9, "text"), (10, "text"), (STATEMENT, "note"))
    ]
    got = hashlib.sha256(content(f"statement-{STATEMENT}")).hexdigest()
    assert f"got {got})" in found[-1]


def test_a_content_that_stands_twice_or_in_the_wrong_file(pub: Path, auditor: Auditor) -> None:
    log = Log.read(pub)
    line = next(log.lines(1))
    with (pub / CONTENTS[1]).open("ab") as file:
        file.write(line)
    with (pub / CONTENTS[0]).open("ab") as file:
        file.write(line)
    assert auditor.finds() == [
        "entry 264: content text: stands in contents/000.jsonl, where it does not belong",
        "entry 264: content text: stands twice in contents/001.jsonl",
    ]


def test_a_content_that_is_in_the_wrong_file_alone_is_missing_where_it_belongs(pub: Path, auditor: Auditor) -> None:
    log = Log.read(pub)
    put(pub / CONTENTS[0], b"".join([*log.lines(0), next(log.lines(1))]))
    put(pub / CONTENTS[1], b"".join(list(log.lines(1))[1:]))
    assert auditor.finds() == [
        "entry 264: content text: stands in contents/000.jsonl, where it does not belong",
        "entry 264: content text: is missing from contents/001.jsonl, and nothing in the log withholds it",
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"[]", "is not an object of content, index and part"),
        (b'{"content":{},"index":-1,"part":"note"}', "has an index that is no number from 0"),
        (b'{"content": {},"index":1,"part":"note"}', "is not in canonical form"),
        (b'{"content":{},"index":1,"index":1,"part":"note"}', "has a duplicate key: index"),
        (b"\xff", "is not UTF-8"),
        (b"[" * 5_000, "is nested too deeply"),
        (b'"' + b"x" * 1_048_576 + b'"', "has more than 1,048,576 bytes"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_a_line_that_is_no_content(pub: Path, auditor: Auditor, line: bytes, why: str) -> None:
    with (pub / CONTENTS[1]).open("ab") as file:
        file.write(line + b"\n")
    (found,) = auditor.finds()
    assert found.startswith(f"contents/001.jsonl line 3: {why}")


def test_a_content_that_comes_after_the_checkpoint_does_not_count(pub: Path, auditor: Auditor) -> None:
    """As a publication that is under way leaves it; nothing was signed of that entry."""
    with (pub / CONTENTS[1]).open("ab") as file:
        file.write(b'{"content":%b,"index":267,"part":"text"}\n' % content("not yet"))
    auditor.passes()


@pytest.mark.parametrize(("file", "most"), [(TILES[0], 256 * 32), (BUNDLES[0], 256 * 65_537), (CONTENTS[0], 64 << 20)])
def test_a_file_that_is_longer_than_any_may_be(pub: Path, auditor: Auditor, file: str, most: int) -> None:
    with (pub / file).open("ab") as grown:
        grown.truncate(most + 1)
    assert any(line.endswith(f"5: {file}: has more than {most:,} bytes") for line in auditor.finds())


# The checkpoint


def lines_changed(pub: Path, line: int, change: Callable[[str], str]) -> None:
    lines = (pub / "checkpoint").read_text(encoding="utf-8").split("\n")
    lines[line] = change(lines[line])
    (pub / "checkpoint").write_text("\n".join(lines), encoding="utf-8")


NOT_OVER = "checkpoint: the signature by example.org/desk (bcdf111f) is not over this text"
NOBODY = (
    "checkpoint: no key that is asked for has signed it; it is signed by {0} (expected example.org/desk (bcdf111f))"
)


@pytest.mark.parametrize(
    ("line", "change", "found"),
    [
        (0, lambda _: "example.org/other", NOT_OVER),
        (1, lambda _: "266", NOT_OVER),
        (1, lambda _: "9999999999", NOT_OVER),
        (1, lambda _: "0267", "checkpoint: the checkpoint has a size that is none: '0267'"),
        (1, lambda _: "-1", "checkpoint: the checkpoint has a size that is none: '-1'"),
        (2, lambda root: "A" + root[1:], NOT_OVER),
        (2, lambda root: root[:-4], "checkpoint: the checkpoint has a root of 30 bytes instead of 32"),
        (2, lambda root: root[:-2] + root[-2].swapcase() + "=", "checkpoint: the root of the checkpoint is not in can"),
        (4, lambda line: line.replace("desk", "else"), NOBODY.format("example.org/else (bcdf111f)")),
        (4, lambda line: line.replace(" vN8R", " vN8S"), NOBODY.format("example.org/desk (bcdf121f)")),
        (4, lambda line: line[:-20] + line[-20:].swapcase(), NOT_OVER),
        (4, lambda line: line[:-4], NOT_OVER),
        (4, lambda line: line.replace("— ", "- "), "checkpoint: '- example.org/desk"),
        (4, lambda _: "", "checkpoint: the note does not end in an empty line and signatures"),
    ],
)
def test_a_checkpoint_that_was_changed(
    pub: Path, auditor: Auditor, line: int, change: Callable[[str], str], found: str
) -> None:
    before = (pub / "checkpoint").read_bytes()
    lines_changed(pub, line, change)
    assert (pub / "checkpoint").read_bytes() != before
    (line_found,) = auditor.finds()
    assert line_found.startswith(found)


@pytest.mark.parametrize(
    ("signers", "names"),
    [
        ((STRANGER,), "example.org/stranger (c72af3a6)"),
        ((STRANGER, STRANGER), "example.org/stranger (c72af3a6), example.org/stranger (c72af3a6)"),
        ((IMPOSTOR,), "example.org/desk (b9bfc695)"),
    ],
)
def test_a_note_that_only_strangers_signed(
    pub: Path, auditor: Auditor, signers: tuple[Signer, ...], names: str
) -> None:
    """One of them in the very name of the log."""
    put(pub / "checkpoint", Log.read(pub).note(*signers))
    assert auditor.finds() == [NOBODY.format(names)]


def test_a_note_that_strangers_signed_too_is_right(pub: Path, auditor: Auditor) -> None:
    put(pub / "checkpoint", Log.read(pub).note(STRANGER, KEY, IMPOSTOR))
    assert auditor.passes().out.count("signed by ") == 1


def test_a_checkpoint_of_another_log_by_this_key_and_of_this_log_by_another(pub: Path, auditor: Auditor) -> None:
    log = Log.read(pub)
    put(pub / "checkpoint", log.note(origin="example.org/other"))
    assert auditor.finds() == [
        "checkpoint: the checkpoint of example.org/other is signed in the name of example.org/desk"
    ]
    put(pub / "checkpoint", log.note(STRANGER))
    auditor.keys = (str(STRANGER.verifier),)
    assert auditor.finds() == [
        "checkpoint: the checkpoint of example.org/desk is signed in the name of example.org/stranger"
    ]


def test_a_signed_size_that_nobody_could_read_to_its_end(pub: Path, auditor: Auditor) -> None:
    """Whoever has the key may sign any size: the audit ends all the same, and says that it looked no further."""
    put(pub / "checkpoint", Checkpoint(ORIGIN, 2**62, bytes(32)).sign(KEY))
    done = auditor()
    assert done.code == 1
    assert "entries 512 to 767: tile/entries/002: is missing" in done.out
    assert "100 findings, and no more were looked for" in done.err


# Sizes


@pytest.mark.parametrize("size", [1, 2, 3, 5, 255, 256, 257, 511, 513, 767])
def test_a_forged_tile_at_every_size_that_has_a_shape_of_its_own(auditor: Auditor, tmp_path: Path, size: int) -> None:
    """At sizes with many one-bits forged tiles once slipped past a well-known verifier."""
    log = long_log(size)
    pub = log.write(tmp_path / "pub")
    auditor.passes()
    for tile, hashes in log.tiles():
        for at in {0, len(hashes) - 1}:
            flip(pub / tile.path, at)
            (found,) = auditor.finds()
            assert f": {tile.path}: {OTHER_HASH}" in found
            flip(pub / tile.path, at)
    forged = long_log(size)
    forged.change(size - 1, recorded="2017-04-20T12:00:01.000000Z")
    forged.write_tiles(pub)
    forged.write_bundles(pub)
    (found,) = auditor.finds()
    assert found.startswith(ROOT)


def test_a_checkpoint_that_is_longer_than_any_may_be(pub: Path, auditor: Auditor) -> None:
    put(pub / "checkpoint", bytes((1 << 20) + 1))
    assert auditor.finds() == ["checkpoint: has more than 1,048,576 bytes"]
