"""The tree and its checkpoints: whoever takes the guards down and changes them, or the history under them, is named.

Each ledger ends near the end of a tile; what somebody forges is as consistent as they could make it without the key.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection

from ledger.encoding import reference_to, sha256
from ledger.errors import Outdated, Problem, Unavailable
from ledger.model import Entry, Redaction
from ledger.resolver import Fold
from ledger.store import Store, check, migrating
from ledger.store.sqlite.engine import catalog, migrated_catalog
from ledger.store.tree import TreeWriter, catch_up, read_tile
from ledger.store.tree_audit import TreeAudit
from ledger.tlog import EMPTY_ROOT, Checkpoint, Signer, Tile, leaf_hash, root_of
from ledger.vocabulary import Part
from tests.ledgers import Book, renumber, reordered
from tests.stored import KEY, dressed, dump, night, raw, record, root, signed, take_back, tamper

SIZES = (255, 256, 257, 513)
NIGHTS = {size: night(claims=size - 28) for size in SIZES}
STRANGER = Signer("example.org/desk", b"stranger" * 4)
SIGNED = (1, 200, 255)
UNJUDGED = "registers: cannot be derived again, since not every entry can be read and keeps the rules"


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Ledgers of all sizes; each has signed checkpoints, the last of all its entries."""
    made = {}
    for size, entries in NIGHTS.items():
        assert len(entries) == size
        made[size] = tmp_path_factory.mktemp("tree") / "claims.db"
        with Store.create(made[size]) as store:
            record(store, entries)
            with store.writing() as writer:
                for each in sorted({*SIGNED, size}):
                    writer.keep_checkpoint(each, signed(entries, each))
    return made


Copy = Callable[[int], Path]


@pytest.fixture
def ledger(originals: dict[int, Path], tmp_path: Path) -> Copy:
    """Gives a copy of the ledger of a size."""
    return lambda size: Path(shutil.copy(originals[size], tmp_path))


def told(path: Path) -> list[str]:
    with Store.open(path, read_only=True) as store:
        return [str(problem) for problem in check(store, [KEY.verifier])]


def flip(table: str, at: int, where: str, column: str = "hashes") -> str:
    """Change one byte of a value."""
    before, after = f"substr({column}, 1, {at})", f"substr({column}, {at + 2})"
    changed = f"CASE substr({column}, {at + 1}, 1) WHEN x'00' THEN x'01' ELSE x'00' END"
    return f"UPDATE {table} SET {column} = CAST({before} || {changed} || {after} AS BLOB) WHERE {where}"


@pytest.mark.parametrize("size", SIZES)
def test_a_ledger_that_ends_near_the_end_of_a_tile_is_whole(ledger: Copy, size: int) -> None:
    path = ledger(size)
    assert told(path) == []
    rows = dump(path)
    assert [(level, number) for _, level, number, _ in rows["tiles"]] == [(0, n) for n in range(size // 256)]
    widths = [(level, len(hashes) // 32) for _, level, hashes in rows["edges"]]
    assert widths == [each for each in ((0, size % 256), (1, size // 256)) if each[1]]


# Tiles and edges.

OF_0 = "level = 0 AND number ="
ATTACKS = {
    "a byte of a full tile": (
        257,
        [flip("tiles", 5 * 32 + 7, f"{OF_0} 0")],
        ["entry 5: tile/0/000: has another hash than its leaf"],
    ),
    "a byte of the second tile": (
        513,
        [flip("tiles", 44 * 32, f"{OF_0} 1")],
        ["entry 300: tile/0/001: has another hash than its leaf"],
    ),
    "two bytes side by side": (
        257,
        [flip("tiles", 5 * 32, f"{OF_0} 0"), flip("tiles", 6 * 32, f"{OF_0} 0")],
        ["entries 5 to 6: tile/0/000: has other hashes than their leaves"],
    ),
    "two bytes apart": (
        257,
        [flip("tiles", 5 * 32, f"{OF_0} 0"), flip("tiles", 7 * 32, f"{OF_0} 0")],
        [f"entry {n}: tile/0/000: has another hash than its leaf" for n in (5, 7)],
    ),
    "two bytes, on either side of a border": (
        513,
        [flip("tiles", 255 * 32, f"{OF_0} 0"), flip("tiles", 0, f"{OF_0} 1")],
        ["entries 255 to 256: tile/0/000 to tile/0/001: have other hashes than their leaves"],
    ),
    "a byte of an edge": (
        255,
        [flip("edges", 9 * 32, "level = 0")],
        ["entry 9: tile/0/000.p/255: has another hash than its leaf"],
    ),
    "a byte of the edge above": (
        513,
        [flip("edges", 32, "level = 1")],
        ["entries 256 to 511: tile/1/000.p/2: has another hash than their leaves"],
    ),
    "a byte in a tile, and one above it": (
        513,
        [flip("tiles", 0, f"{OF_0} 1"), flip("edges", 32, "level = 1")],
        [
            "entry 256: tile/0/001: has another hash than its leaf",
            "entries 256 to 511: tile/1/000.p/2: has another hash than their leaves",
        ],
    ),
    "no tile": (513, [f"DELETE FROM tiles WHERE {OF_0} 0"], ["entries 0 to 255: tile/0/000: is missing"]),
    "no last tile": (513, [f"DELETE FROM tiles WHERE {OF_0} 1"], ["entries 256 to 511: tile/0/001: is missing"]),
    "no edge": (255, ["DELETE FROM edges"], ["entries 0 to 254: tile/0/000.p/255: is missing"]),
    "an edge of one": (513, ["DELETE FROM edges WHERE level = 0"], ["entry 512: tile/0/002.p/1: is missing"]),
    "no edge above": (257, ["DELETE FROM edges WHERE level = 1"], ["entries 0 to 255: tile/1/000.p/1: is missing"]),
    "no tree at all": (
        257,
        ["DELETE FROM tiles", "DELETE FROM edges"],
        [
            "entries 0 to 255: tile/0/000: is missing",
            "entry 256: tile/0/001.p/1: is missing",
            "entries 0 to 255: tile/1/000.p/1: is missing",
        ],
    ),
    "an edge too short": (
        255,
        ["UPDATE edges SET hashes = substr(hashes, 1, 8128)"],
        ["entry 254: tile/0/000.p/254: lacks its hash"],
    ),
    "an edge far too short": (
        255,
        ["UPDATE edges SET hashes = substr(hashes, 1, 320)"],
        ["entries 10 to 254: tile/0/000.p/10: lacks their hashes"],
    ),
    "an edge above too short": (
        513,
        ["UPDATE edges SET hashes = substr(hashes, 1, 32) WHERE level = 1"],
        ["entries 256 to 511: tile/1/000.p/1: lacks their hash"],
    ),
    "half a hash": (
        255,
        ["UPDATE edges SET hashes = substr(hashes, 1, 8144)"],
        ["entry 254: tile/0/000.p/255: has another hash than its leaf"],
    ),
    "an edge too long": (
        255,
        ["UPDATE edges SET hashes = CAST(hashes || zeroblob(32) AS BLOB)"],
        ["entry 255: tile/0/000: has its hash, but the ledger ends before"],
    ),
    "a full tile too many": (
        255,
        ["INSERT INTO tiles SELECT log_id, 0, 0, CAST(hashes || zeroblob(32) AS BLOB) FROM edges"],
        ["entries 255 to 510: tile/0/000 to tile/0/001.p/255: have their hashes, but the ledger ends before"],
    ),
    "a tile of nothing": (
        257,
        ["INSERT INTO tiles SELECT log_id, 0, 9, hashes FROM tiles"],
        ["entries 2304 to 2559: tile/0/009: has their hashes, but the ledger ends before"],
    ),
    "a tile of a level that has none": (
        257,
        ["INSERT INTO tiles SELECT log_id, 2, 0, hashes FROM tiles"],
        ["entries 257 to 16777215: tile/2/000: has their hashes, but the ledger ends before"],
    ),
    "an edge of a level that has none": (
        255,
        ["INSERT INTO edges SELECT log_id, 1, x'00' FROM edges"],
        ["entry 255: tile/1/000.p/1: has its hash, but the ledger ends before"],
    ),
    "tiles and edges at no place": (
        257,
        [
            "INSERT INTO tiles SELECT log_id, 0, -1, hashes FROM tiles",
            "INSERT INTO tiles SELECT log_id, 'low', 0, hashes FROM tiles WHERE number = 0",
            "INSERT INTO tiles SELECT log_id, 0, 'next', hashes FROM tiles WHERE number = 0 AND level = 0",
            "INSERT INTO edges SELECT log_id, 99, hashes FROM edges WHERE level = 0",
        ],
        [
            "tile/0/-1: is the place of no tile",
            "tile/0/next: is the place of no tile",
            "tile/low/0: is the place of no tile",
            "edge of level 99: is the place of no tile",
        ],
    ),
    "a tile that is text": (
        257,
        ["UPDATE tiles SET hashes = hex(zeroblob(4096))"],
        ["entries 0 to 255: tile/0/000: is not bytes"],
    ),
    "an edge that is a number": (
        257,
        ["UPDATE edges SET hashes = 5 WHERE level = 0"],
        ["entry 256: tile/0/001.p/1: is not bytes"],
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_tree_that_is_not_that_of_the_leaves(ledger: Copy, attack: str) -> None:
    size, statements, expected = ATTACKS[attack]
    path = ledger(size)
    tamper(path, *statements)
    assert told(path) == expected


def a_tall_tree(connection: Connection) -> list[str]:
    """A tree of 65,537 leaves, with a full tile at level 1; what `TreeAudit` says of it."""
    problems: list[Problem] = []
    audit = TreeAudit(connection, 1, [], problems.append)
    for index in range(65_537):
        audit.take(index, b"%d" % index)
    audit.finish()
    return [str(problem) for problem in problems]


def test_a_full_tile_of_level_1(tmp_path: Path) -> None:
    path = tmp_path / "claims.db"
    with Store.create(path) as store:
        with raw(path) as connection:
            connection.execute("DROP TRIGGER tiles_insert")
        with store.transaction(writing=True) as connection:
            tree = TreeWriter(connection, 1, 0)
            for index in range(65_537):
                tree.append(b"%d" % index)
            tree.write()
        with store.transaction() as connection:
            assert a_tall_tree(connection) == []
    whole = path.read_bytes()
    other = "has another hash than"
    for statements, expected in (
        ([flip("tiles", 64, "level = 1")], [f"entries 512 to 767: tile/1/000: {other} their leaves"]),
        ([flip("edges", 31, "level = 2")], [f"entries 0 to 65535: tile/2/000.p/1: {other} their leaves"]),
        (["DELETE FROM tiles WHERE level = 1"], ["entries 0 to 65535: tile/1/000: is missing"]),
        (
            [flip("tiles", 64, "level = 1"), flip("tiles", 0, "level = 0 AND number = 2")],
            [
                f"entry 512: tile/0/002: {other} its leaf",
                f"entries 512 to 767: tile/1/000: {other} their leaves",
            ],
        ),
    ):
        tamper(path, *statements)
        with Store.open(path) as store, store.transaction() as connection:
            assert a_tall_tree(connection) == expected
        path.write_bytes(whole)


# A history that was rewritten: a ledger that is whole in itself, but for the old tree and its checkpoints.


def forged(path: Path, entries: Sequence[Entry], texts: dict[int, str] | None = None, *, tree: bool = True) -> Path:
    """Another history, recorded as it should be, with the tree (or not even that) and the checkpoints of this one."""
    other = path.with_name("forged.db")
    with Store.create(other) as store:
        with store.writing() as writer:
            fold = Fold(writer, voices=writer.voices, tallies=writer.tallies)
            for entry in entries:
                given, contents = dressed(entry)
                if entry.index in (texts or {}):
                    contents = {Part.TEXT: replace(contents[Part.TEXT], value=(texts or {})[entry.index])}
                    given = replace(given, parts={Part.TEXT: reference_to(contents[Part.TEXT])})
                writer.append(given, contents)
                fold.step(given)
                if isinstance(entry.body, Redaction):
                    writer.redact(entry.index, entry.body.target, entry.body.part)
        assert store.wipe() == ""
    assert told(other) == [], "the forger knows what they do"
    tables = ("tiles", "edges", "checkpoints") if tree else ("checkpoints",)
    with raw(other, "foreign_keys = OFF") as connection:
        connection.execute("ATTACH ? AS original", (str(path),))
        guards = connection.execute("SELECT name, sql FROM main.sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER main.{name}")
        for table in tables:
            connection.execute(f"DELETE FROM main.{table}")
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM original.{table}")
        for _, sql in guards:
            connection.execute(sql)
    return other


def unlike(entries: Sequence[Entry], original: Sequence[Entry], *sizes: int) -> list[str]:
    """What is told of checkpoints that the forger could not sign anew."""
    return [
        f"checkpoint of size {size}: is of another history than these entries make "
        f"(expected {root(entries[:size]).hex()}, got {root(original[:size]).hex()})"
        for size in sizes
    ]


def test_an_entry_that_was_edited(ledger: Copy) -> None:
    """Entry 100 has another text; its hash, columns, names and words fit."""
    found = told(forged(ledger(257), NIGHTS[257], {100: "Nobody was killed."}))
    assert [each.split(" (")[0] for each in found] == [
        "checkpoint of size 200: is of another history than these entries make",
        "checkpoint of size 255: is of another history than these entries make",
        "checkpoint of size 257: is of another history than these entries make",
        "entry 100: tile/0/000: has another hash than its leaf",
    ]


def test_an_entry_that_was_edited_with_the_tree(ledger: Copy) -> None:
    """Who makes the tree anew too is left with the checkpoints, and has no key for those."""
    found = told(forged(ledger(257), NIGHTS[257], {220: "Nobody was killed."}, tree=False))
    assert [each.split(" (")[0] for each in found] == [
        f"checkpoint of size {size}: is of another history than these entries make" for size in (255, 257)
    ]


def test_an_entry_that_was_deleted(ledger: Copy) -> None:
    """The last of the claims, and all that follow are moved up."""
    gone = 9 + 230 - 1
    entries = [renumber(each, lambda n: n - (n > gone)) for each in NIGHTS[257] if each.index != gone]
    assert told(forged(ledger(257), entries)) == [
        *unlike(entries, NIGHTS[257], 255),
        f"entries {gone} to 255: tile/0/000: has other hashes than their leaves",
        "entry 256: tile/0/001.p/1: has its hash, but the ledger ends before",
        "checkpoint of size 257: is of more entries than the ledger has, 256: it was cut off, or is an older copy",
    ]


def test_an_entry_that_was_inserted(ledger: Copy) -> None:
    """One more claim, and all that follow are moved down."""
    new = 9 + 230
    entries = [renumber(each, lambda n: n + (n >= new)) for each in NIGHTS[257]]
    entries.insert(new, replace(entries[new - 1], index=new))
    assert told(forged(ledger(257), entries)) == [
        *unlike(entries, NIGHTS[257], 255, 257),
        f"entries {new} to 256: tile/0/000 to tile/0/001.p/1: have other hashes than their leaves",
        "entry 257: tile/0/001.p/1: lacks its hash",
    ]


def test_entries_that_were_swapped(ledger: Copy) -> None:
    """Who was vetted and who was not, in the other order."""
    vet, unvet = (entry.index for entry in NIGHTS[257] if entry.word == "vet")
    order = list(range(257))
    order[vet], order[unvet] = unvet, vet
    entries = reordered(NIGHTS[257], order)
    assert told(forged(ledger(257), entries)) == [
        *unlike(entries, NIGHTS[257], 255, 257),
        f"entries {vet} to {unvet}: tile/0/000: has other hashes than their leaves",
    ]


def test_entries_in_another_order(ledger: Copy) -> None:
    """An act that came first comes last."""
    vet = next(entry.index for entry in NIGHTS[513] if entry.word == "vet")
    order = [*range(vet), *range(vet + 1, 513), vet]
    entries = reordered(NIGHTS[513], order)
    assert told(forged(ledger(513), entries)) == [
        *unlike(entries, NIGHTS[513], 513),
        f"entries {vet} to 512: tile/0/001 to tile/0/002.p/1: have other hashes than their leaves",
    ]


@pytest.mark.parametrize(
    ("size", "cut", "expected"),
    [
        (255, 254, ["entry 254: tile/0/000.p/255: has its hash, but the ledger ends before"]),
        (256, 255, ["entry 255: tile/0/000: has its hash, but the ledger ends before"]),
        (257, 256, ["entry 256: tile/0/001.p/1: has its hash, but the ledger ends before"]),
        (
            513,
            255,
            ["entries 255 to 512: tile/0/000 to tile/0/002.p/1: have their hashes, but the ledger ends before"],
        ),
    ],
)
def test_a_tail_that_was_cut_off(ledger: Copy, size: int, cut: int, expected: list[str]) -> None:
    """All tables are as if the last entries had never been; but the tree and the checkpoints have seen them."""
    path = ledger(size)
    found = told(forged(path, NIGHTS[size][:cut]))
    signed_later = sorted({each for each in (*SIGNED, size) if each > cut})
    why = f"is of more entries than the ledger has, {cut}: it was cut off, or is an older copy"
    assert found == [*expected, *(f"checkpoint of size {each}: {why}" for each in signed_later)]
    path.with_name("forged.db").unlink()
    found = told(forged(path, NIGHTS[size][:cut], tree=False))
    assert found == [f"checkpoint of size {each}: {why}" for each in signed_later], "and even the tree"


def test_entries_that_the_tree_has_never_seen(ledger: Copy) -> None:
    """Somebody writes past the program: rows are added, the tree stays."""
    path = ledger(256)
    book = Book()
    book.entries, book.now = list(NIGHTS[256]), NIGHTS[256][-1].recorded
    book.hold(9)
    book.release(9)
    assert told(forged(path, book.entries)) == ["entries 256 to 257: tile/0/001.p/2: is missing"]


def test_a_row_that_is_gone_is_told_without_those_behind_it(ledger: Copy) -> None:
    """Entry 100 is gone, and nothing was done to hide it; 157 entries behind it are what they were."""
    path = ledger(257)
    tamper(path, *(f'DELETE FROM {table} WHERE "index" = 100' for table in ("entries", "links", "contents")))
    assert told(path) == [
        "entry 101: index: is not the next one (expected 100, got 101)",
        "entry 100: words of text: follow from no entry",
        "entry 100: name claim 'claim number 100': follows from no entry",
        UNJUDGED,
    ]


def test_what_builds_on_an_entry_that_is_gone_is_not_blamed(ledger: Copy) -> None:
    """The agency is gone: who is relayed by it, and all that was said through it, cannot be judged."""
    path = ledger(257)
    tamper(path, 'DELETE FROM entries WHERE "index" = 5')
    found = told(path)
    assert "entry 6: index: is not the next one (expected 5, got 6)" in found
    assert f"{UNJUDGED}; 12 entries that build on others could not be judged" in found
    assert not any("does not exist" in each or "tile" in each for each in found), found


# Checkpoints.


def note_of(path: Path, size: int) -> bytes:
    return next(row[3] for row in dump(path)["checkpoints"] if row[1] == size)


def put(note: bytes, size: int = 200) -> tuple[str, tuple[object, ...]]:
    """Another note in the place of one; its hash fits."""
    return f"UPDATE checkpoints SET note = ?, sha256 = ? WHERE size = {size}", (note, sha256(note))


OVER = "the signature by example.org/desk (bcdf111f) is not over this text"


def _other_root(note: bytes) -> bytes:
    lines = note.split(b"\n")
    return b"\n".join([*lines[:2], b"A" * 43 + b"=", *lines[3:]])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda note: note.replace(b"\n200\n", b"\n201\n"), OVER),
        (_other_root, OVER),
        (lambda note: note.replace(b"desk\n200", b"else\n200"), "is of another log (got example.org/else)"),
        (lambda note: note[:-5] + b"AAA=\n", OVER),
        (lambda note: note[: note.rindex(b"desk ")] + b"desk A" + note[note.rindex(b"desk ") + 6 :], "no key that is"),
        (lambda note: note[: note.index(b"\n\n") + 2], "the note does not end in an empty line and signatures"),
        (lambda _: b"", "the note does not end in an empty line and signatures"),
        (lambda _: b"\xff", "the note is not UTF-8"),
        (lambda _: signed(NIGHTS[257], 200, STRANGER), "no key that is asked for has signed it"),
    ],
    ids=["size", "root", "origin", "signature", "key", "unsigned", "empty", "bytes", "stranger"],
)
def test_a_checkpoint_that_was_changed(ledger: Copy, change: Callable[[bytes], bytes], why: str) -> None:
    path = ledger(257)
    note = note_of(path, 200)
    assert change(note) != note
    tamper(path, put(change(note)))
    [found] = told(path)
    assert found.startswith(f"checkpoint of size 200: {why}")


def test_a_checkpoint_of_another_history_that_is_signed_well(ledger: Copy) -> None:
    """Who has the key can sign two histories, and the ledger is not the one of this checkpoint."""
    path = ledger(257)
    other = Checkpoint("example.org/desk", 200, leaf_hash(b"another")).sign(KEY)
    with Store.open(path) as store, store.writing() as writer:
        writer.keep_checkpoint(200, other)
    expected, got = root(NIGHTS[257][:200]).hex(), leaf_hash(b"another").hex()
    assert told(path) == [
        f"checkpoint of size 200: is of another history than these entries make (expected {expected}, got {got})"
    ]


def test_without_a_key_a_checkpoint_is_held_to_its_root_alone(ledger: Copy) -> None:
    path = ledger(257)
    tamper(path, put(signed(NIGHTS[257], 200, STRANGER)))
    with Store.open(path) as store:
        assert check(store) == []
        assert [each.where for each in check(store, [KEY.verifier])] == ["checkpoint of size 200"]
        assert check(store, [KEY.verifier, STRANGER.verifier]) == []


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE checkpoints SET size = 201 WHERE size = 200",
            ["checkpoint of size 201: column size: differs from its note (expected 200, got 201)"],
        ),
        (
            "UPDATE checkpoints SET size = 'all' WHERE size = 200",
            ["checkpoint of size all: column size: differs from its note (expected 200, got all)"],
        ),
        (
            "UPDATE checkpoints SET size = 0 WHERE size = 200",
            ["checkpoint of size 0: column size: differs from its note (expected 200, got 0)"],
        ),
        (
            "UPDATE checkpoints SET note = CAST(note AS TEXT) WHERE size = 200",
            ["checkpoint of size 200: column note: is not bytes"],
        ),
    ],
)
def test_a_column_of_a_checkpoint(ledger: Copy, statement: str, expected: list[str]) -> None:
    path = ledger(257)
    tamper(path, statement)
    assert told(path) == expected


def test_the_hash_of_a_checkpoint(ledger: Copy) -> None:
    path = ledger(257)
    tamper(path, "UPDATE checkpoints SET sha256 = 'x' WHERE size = 200")
    assert told(path) == [
        f"checkpoint of size 200: column sha256: is not that of the note (expected {sha256(note_of(path, 200))}, got x)"
    ]


def test_rows_of_another_log(ledger: Copy) -> None:
    path = ledger(257)
    tamper(
        path,
        "INSERT INTO tiles SELECT 7, level, number, hashes FROM tiles",
        "INSERT INTO edges SELECT 7, level, hashes FROM edges",
        "INSERT INTO checkpoints SELECT 7, size, sha256, note FROM checkpoints",
    )
    assert told(path) == [
        f"file: table {table}: has rows of another log (got 7)" for table in ("tiles", "edges", "checkpoints")
    ]


# The schema.


@pytest.mark.parametrize("guard", sorted(name for kind, name in migrated_catalog() if kind == "trigger"))
def test_every_guard_is_missed_and_known(ledger: Copy, guard: str) -> None:
    path = ledger(255)
    table = guard.split("_")[0]
    with raw(path) as connection:
        connection.execute(f"DROP TRIGGER {guard}")
    assert told(path) == [f"schema: trigger {guard}: is missing"]
    with raw(path) as connection:
        connection.execute(f"CREATE TRIGGER {guard} BEFORE UPDATE ON {table} BEGIN SELECT 1; END")
    assert [each.split(" (")[0] for each in told(path)] == [
        f"schema: trigger {guard}: differs from what the migrations make"
    ]


def test_a_trigger_that_is_none_of_ours(ledger: Copy) -> None:
    path = ledger(255)
    with raw(path) as connection:
        connection.execute("CREATE TRIGGER mine AFTER INSERT ON entries BEGIN DELETE FROM edges; END")
    assert told(path) == ["schema: trigger mine: is none of the ledger's own"]


@pytest.mark.parametrize("table", ["entries", "tiles", "checkpoints"])
def test_a_table_that_was_swapped_by_its_name(ledger: Copy, table: str) -> None:
    """The old one goes by another name with its guards; in its place is a look-alike with the same rows, unguarded."""
    path = ledger(257)
    with raw(path, "foreign_keys = OFF", "legacy_alter_table = ON") as connection:
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        connection.execute(f"ALTER TABLE {table} RENAME TO old")
        connection.execute(sql)
        connection.execute(f"INSERT INTO {table} SELECT * FROM old")
    found = told(path)
    assert "schema: table old: is none of the ledger's own" in found
    for event in ("delete", "insert", "update"):
        start = f"schema: trigger {table}_{event}: differs from what the migrations make"
        assert any(each.startswith(start) for each in found)


@pytest.mark.parametrize("table", ["tiles", "edges", "checkpoints"])
def test_a_table_that_is_gone_hides_nothing_else(ledger: Copy, table: str) -> None:
    path = ledger(257)
    tamper(path, "UPDATE names SET skeleton = 'x' WHERE kind = 'story'")
    with raw(path) as connection:
        connection.execute(f"DROP TABLE {table}")
    found = told(path)
    assert f"schema: table {table}: is missing" in found
    assert f"file: tree: cannot be read: no such table: {table}" in found
    assert "entry 4: name story 'story 4': column skeleton: differs from its leaf (expected story 4, got x)" in found


def test_a_damaged_page_of_tiles_hides_nothing_else(ledger: Copy) -> None:
    path = ledger(513)
    tamper(path, "UPDATE names SET skeleton = 'x' WHERE kind = 'story'")
    with raw(path) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'tiles'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    data = path.read_bytes()
    path.write_bytes(data[: (page - 1) * size] + b"\xff" * size + data[page * size :])
    found = told(path)
    assert "file: tree: cannot be read: database disk image is malformed" in found
    assert any(each.startswith("entry 4: name story 'story 4': column skeleton") for each in found)


# An older ledger.


def aged(path: Path) -> Path:
    """The ledger as the version before made it."""
    take_back(path)
    with raw(path) as connection:
        for table in ("tiles", "edges", "checkpoints"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("UPDATE alembic_version SET version_num = '0002'")
    return path


@pytest.mark.parametrize("size", SIZES)
def test_an_older_ledger_gets_its_tree(ledger: Copy, size: int) -> None:
    path = aged(ledger(size))
    with Store.open(path) as store:
        assert check(store, [KEY.verifier]) == []
        with store.reading() as reader:
            assert reader.root() == root(NIGHTS[size])
            assert list(reader.checkpoints()) == []
        book = Book()
        book.entries, book.now = list(NIGHTS[size]), NIGHTS[size][-1].recorded
        book.hold(9)
        record(store, book.entries)
        assert check(store) == []
        with store.reading() as reader:
            assert reader.root() == root(book.entries)


def test_an_older_ledger_is_what_the_version_before_made(ledger: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(ledger(255)) as store:
        aged(store.place.path)
        with store.transaction() as connection:
            there = catalog(connection)
    monkeypatch.setattr(migrating, "HEAD", "0002")
    assert there == migrated_catalog.__wrapped__()


def test_an_older_ledger_without_entries(tmp_path: Path) -> None:
    Store.create(tmp_path / "claims.db").close()
    with Store.open(aged(tmp_path / "claims.db")) as store:
        assert check(store) == []
        with store.reading() as reader:
            assert reader.root() == EMPTY_ROOT
        record(store, NIGHTS[257])
        assert check(store) == []


def test_an_older_ledger_is_not_upgraded_by_looking(ledger: Copy) -> None:
    path = aged(ledger(255))
    with pytest.raises(Outdated, match="has the older schema 0002 and is read-only"):
        Store.open(path, read_only=True)


def test_an_older_ledger_that_is_damaged_is_upgraded_and_told(ledger: Copy) -> None:
    path = aged(ledger(255))
    tamper(path, 'UPDATE entries SET leaf = CAST(leaf AS TEXT) WHERE "index" = 5')
    Store.open(path).close()
    assert told(path)[0].startswith("entry 5: leaf: ")


def test_a_tree_that_is_begun_is_let_be(ledger: Copy) -> None:
    """Catching up is for a ledger without a tree; a damaged one stays what it is, for `check` to name."""
    path = ledger(257)
    tamper(path, flip("tiles", 0, f"{OF_0} 0"))
    before = dump(path)
    with Store.open(path) as store, store.transaction(writing=True) as connection:
        catch_up(connection)
    assert dump(path) == before


# What a damaged tree is not used for.


def test_no_tile_is_taken_for_another(ledger: Copy) -> None:
    """The tile of the prefix is gone; the edge, which is wide enough, is of other entries."""
    path = ledger(513)
    tamper(path, f"DELETE FROM tiles WHERE {OF_0} 1", f"DELETE FROM tiles WHERE {OF_0} 0")
    with Store.open(path) as store, store.transaction() as connection:
        read = partial(read_tile, connection, store.log_on(connection))
        assert read(Tile(0, 2, 1)) == leaf_hash(dump(path)["entries"][512][2])
        for tile in (Tile(0, 0, 1), Tile(0, 1, 1), Tile(0, 3, 1), Tile(0, 2, 2), Tile(1, 1, 1), Tile(2, 0, 1)):
            with pytest.raises(Unavailable, match=f"tree: {tile.path} is missing"):
                read(tile)


def test_nothing_is_appended_to_an_edge_of_another_size(ledger: Copy) -> None:
    path = ledger(257)
    tamper(path, "UPDATE edges SET hashes = CAST(hashes || hashes AS BLOB) WHERE level = 0")
    book = Book()
    book.entries, book.now = list(NIGHTS[257]), NIGHTS[257][-1].recorded
    book.hold(9)
    with Store.open(path) as store:
        with pytest.raises(Unavailable, match="tree: its edge is damaged: these are not the partial tiles") as caught:
            record(store, book.entries)
        assert "claims verify" in caught.value.next
        with store.reading() as reader:
            assert reader.size == 257


def test_the_root_is_that_of_the_leaves() -> None:
    """The tests' own measure is not the tree that they test."""
    leaves = [b"a", b"b", b"c"]
    first = leaf_hash(b"a") + leaf_hash(b"b")
    assert root_of([leaf_hash(each) for each in leaves]).hex() == sha256(
        b"\x01" + bytes.fromhex(sha256(b"\x01" + first)) + leaf_hash(b"c")
    )
