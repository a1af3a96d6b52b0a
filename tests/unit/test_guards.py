"""Each attack on the file of a ledger, by somebody with a connection of their own: refused by the file itself.

An attacker's connection has what settings it likes, so every attack is tried with foreign keys and recursive triggers
on and off. Dropping the guards is possible to whoever may write the file; `test_check.py` holds that it is seen.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from ledger.store import Store, check
from ledger.store.sqlite.engine import migrated_catalog
from tests.ledgers import redacted
from tests.stored import GROWING, KEY, PEOPLE, SEARCHED, TABLES, dump, employed, night, raw, record, signed

SETTINGS = [
    ("foreign_keys = OFF", "recursive_triggers = OFF"),
    ("foreign_keys = ON", "recursive_triggers = ON"),
    ("foreign_keys = OFF", "recursive_triggers = OFF", "ignore_check_constraints = ON", "defer_foreign_keys = ON"),
]
NIGHT = night(claims=240)
SIZE = len(NIGHT)
[(REDACTED, _)] = redacted(NIGHT)
SIGNED = 260
GUARDS = sorted(name for kind, name in migrated_catalog() if kind == "trigger")


def entry(index: str = "0", key: str = "'new'") -> str:
    """The values of a row of entries, made from entry 5."""
    return f'SELECT log_id, {index}, leaf, kind, recorded, recorder, {key} FROM entries WHERE "index" = 5'


def tile(level: str = "0", number: str = "1", hashes: str = "zeroblob(8192)") -> str:
    """The values of a row of tiles; of the tile of level 0 after the only full one."""
    return f"SELECT log_id, {level}, {number}, {hashes} FROM entries LIMIT 1"


def checkpoint(size: str = str(SIZE), sha256: str = "'new'") -> str:
    """The values of a row of checkpoints, made from the one that there is."""
    return f"SELECT log_id, {size}, {sha256}, note FROM checkpoints LIMIT 1"


def access(number: str) -> str:
    """The values of a row of accesses, made from one that there is."""
    return f"SELECT log_id, {number}, at, kind, person, actor, address, 'forged' FROM accesses LIMIT 1"


CHANGED = "only ever grow, so nothing in them is changed"
DELETED = "only ever grow, so nothing in them is deleted"
UNREDACTED = "only a redaction takes them away"
NEXT = "the index has to be the next one"
TAKEN = "the key is taken"
LATE = "come before their entry"
NEXT_TILE = "the number has to be the next one of its level"
NEXT_ACCESS = "the number has to be the next one of its log"
NARROW = "a full tile has 256 hashes"
EARLY = "nothing is hashed of entries that are not there"
UNSIGNED = "nothing is signed of entries that are not there"
OLD_KEY = "(SELECT key FROM entries WHERE key IS NOT NULL LIMIT 1)"

ATTACKS = {
    "entries: update leaf": ("UPDATE entries SET leaf = x'00' WHERE \"index\" = 5", CHANGED),
    "entries: update index": (f'UPDATE entries SET "index" = {SIZE + 5} WHERE "index" = 5', CHANGED),
    "entries: update log": ("UPDATE entries SET log_id = log_id + 1", CHANGED),
    "entries: update or replace": (f'UPDATE OR REPLACE entries SET key = {OLD_KEY} WHERE "index" = 5', CHANGED),
    "entries: update or ignore": ("UPDATE OR IGNORE entries SET kind = 'hold'", CHANGED),
    "entries: update from": ('UPDATE entries SET kind = o.kind FROM entries o WHERE o."index" = 3', CHANGED),
    "entries: upsert": (
        f"INSERT INTO entries {entry('5')} ON CONFLICT DO UPDATE SET leaf = x'00'",
        NEXT,
    ),
    "entries: delete last": (f'DELETE FROM entries WHERE "index" = {SIZE - 1}', DELETED),
    "entries: delete all": ("DELETE FROM entries", DELETED),
    "entries: insert or replace": (f"INSERT OR REPLACE INTO entries {entry('5')}", NEXT),
    "entries: replace": (f"REPLACE INTO entries {entry('5', 'key')}", NEXT),
    "entries: insert or ignore": (f"INSERT OR IGNORE INTO entries {entry('5')}", NEXT),
    "entries: replace through the key": (f"REPLACE INTO entries {entry(str(SIZE), OLD_KEY)}", TAKEN),
    "entries: insert with a taken key": (f"INSERT INTO entries {entry(str(SIZE), OLD_KEY)}", TAKEN),
    "entries: a gap": (f"INSERT INTO entries {entry(str(SIZE + 1))}", NEXT),
    "entries: a duplicate": (f"INSERT INTO entries {entry(str(SIZE - 1))}", NEXT),
    "entries: a negative index": (f"INSERT INTO entries {entry('-1')}", NEXT),
    "entries: an index that is a word": (f"INSERT INTO entries {entry(repr('next'))}", NEXT),
    "entries: an index that is a fraction": (f"INSERT INTO entries {entry(f'{SIZE}.5')}", NEXT),
    "entries: no index": (f"INSERT INTO entries {entry('NULL')}", NEXT),
    "entries: two at once": (
        f"INSERT INTO entries {entry(str(SIZE), 'NULL')} UNION ALL {entry(str(SIZE), 'NULL')}",
        NEXT,
    ),
    "links: update": ('UPDATE links SET ref = ref + 1 WHERE "index" = 12', CHANGED),
    "links: update or replace": ("UPDATE OR REPLACE links SET role = 'statement.to'", CHANGED),
    "links: delete": ("DELETE FROM links WHERE role = 'retract.target'", DELETED),
    "links: delete all": ("DELETE FROM links", DELETED),
    "links: late": ("INSERT INTO links SELECT log_id, 'retract.target', 9, 12 FROM entries LIMIT 1", LATE),
    "links: replace": ("REPLACE INTO links SELECT * FROM links LIMIT 1", LATE),
    "links: insert or ignore": ("INSERT OR IGNORE INTO links SELECT * FROM links", LATE),
    "links: negative": ("INSERT INTO links SELECT log_id, 'retract.target', 9, -1 FROM entries LIMIT 1", LATE),
    "links: no index": ("INSERT INTO links SELECT log_id, 'retract.target', 9, NULL FROM entries LIMIT 1", LATE),
    "links: of the next entry, twice": (
        f"INSERT OR REPLACE INTO links SELECT log_id, 'hold.claim', 9, {SIZE} FROM entries LIMIT 2",
        "links: exists already",
    ),
    "contents: update": ("UPDATE contents SET content = x'00' WHERE \"index\" = 1", CHANGED),
    "contents: update part": ("UPDATE contents SET part = 'note' WHERE part = 'quote'", CHANGED),
    "contents: update or replace": ("UPDATE OR REPLACE contents SET part = 'quote'", CHANGED),
    "contents: delete": ('DELETE FROM contents WHERE "index" = 1', UNREDACTED),
    "contents: delete all": ("DELETE FROM contents", UNREDACTED),
    "contents: delete another part of what was redacted": (
        f'DELETE FROM contents WHERE "index" = {REDACTED}',
        UNREDACTED,
    ),
    "contents: delete the order": (f'DELETE FROM contents WHERE "index" = {SIZE - 1}', UNREDACTED),
    "contents: late": ("INSERT INTO contents SELECT log_id, 0, 'note', x'00' FROM entries LIMIT 1", LATE),
    "contents: replace": ("REPLACE INTO contents SELECT * FROM contents LIMIT 1", LATE),
    "contents: insert or ignore": ("INSERT OR IGNORE INTO contents SELECT * FROM contents", LATE),
    "contents: negative": ("INSERT INTO contents SELECT log_id, -1, 'note', x'00' FROM entries LIMIT 1", LATE),
    "contents: of the next entry, twice": (
        f"REPLACE INTO contents SELECT log_id, {SIZE}, 'note', leaf FROM entries LIMIT 2",
        "contents: exists already",
    ),
    "tiles: update": ("UPDATE tiles SET hashes = zeroblob(8192)", CHANGED),
    "tiles: update number": ("UPDATE tiles SET number = number + 1", CHANGED),
    "tiles: update or replace": ("UPDATE OR REPLACE tiles SET level = 1", CHANGED),
    "tiles: delete": ("DELETE FROM tiles WHERE number = 0", DELETED),
    "tiles: replace": (f"REPLACE INTO tiles {tile(number='0')}", NEXT_TILE),
    "tiles: insert or ignore": (f"INSERT OR IGNORE INTO tiles {tile(number='0')}", NEXT_TILE),
    "tiles: a gap": (f"INSERT INTO tiles {tile(number='2')}", NEXT_TILE),
    "tiles: a negative number": (f"INSERT INTO tiles {tile(number='-1')}", NEXT_TILE),
    "tiles: a number that is a word": (f"INSERT INTO tiles {tile(number=repr('next'))}", NEXT_TILE),
    "tiles: no number": (f"INSERT INTO tiles {tile(number='NULL')}", NEXT_TILE),
    "tiles: too short": (f"INSERT INTO tiles {tile(hashes='zeroblob(8191)')}", NARROW),
    "tiles: too long": (f"INSERT INTO tiles {tile(hashes='zeroblob(8193)')}", NARROW),
    "tiles: a text": (f"INSERT INTO tiles {tile(hashes='hex(zeroblob(4096))')}", NARROW),
    "tiles: no hashes": (f"INSERT INTO tiles {tile(hashes='NULL')}", NARROW),
    "tiles: ahead of the entries": (f"INSERT INTO tiles {tile()}", EARLY),
    "tiles: ahead of the tiles below": (f"INSERT INTO tiles {tile('1', '0')}", EARLY),
    "tiles: of a level that no tree has": (f"INSERT INTO tiles {tile('7', '0')}", EARLY),
    "tiles: of a negative level": (f"INSERT INTO tiles {tile('-1', '0')}", EARLY),
    "tiles: of a level that is a word": (f"INSERT INTO tiles {tile(repr('low'), '0')}", EARLY),
    "tiles: of another log": ("INSERT INTO tiles VALUES (7, 0, 0, zeroblob(8192))", EARLY),
    "checkpoints: update": ("UPDATE checkpoints SET note = x'00'", CHANGED),
    "checkpoints: update size": ("UPDATE checkpoints SET size = size - 1", CHANGED),
    "checkpoints: update or replace": ("UPDATE OR REPLACE checkpoints SET sha256 = 'new'", CHANGED),
    "checkpoints: delete": (f"DELETE FROM checkpoints WHERE size = {SIGNED}", DELETED),
    "checkpoints: replace": (f"REPLACE INTO checkpoints {checkpoint('size', 'sha256')}", "exists already"),
    "checkpoints: insert or ignore": (f"INSERT OR IGNORE INTO checkpoints {checkpoint('size', 'sha256')}", "exists"),
    "checkpoints: ahead of the entries": (f"INSERT INTO checkpoints {checkpoint(str(SIZE + 1))}", UNSIGNED),
    "checkpoints: of nothing": (f"INSERT INTO checkpoints {checkpoint('0')}", UNSIGNED),
    "checkpoints: of less than nothing": (f"INSERT INTO checkpoints {checkpoint('-1')}", UNSIGNED),
    "checkpoints: of a size that is a word": (f"INSERT INTO checkpoints {checkpoint(repr('all'))}", UNSIGNED),
    "checkpoints: of no size": (f"INSERT INTO checkpoints {checkpoint('NULL')}", UNSIGNED),
    "accesses: update": ("UPDATE accesses SET person = 'Bo'", CHANGED),
    "accesses: update or replace": ("UPDATE OR REPLACE accesses SET number = 0", CHANGED),
    "accesses: delete last": ("DELETE FROM accesses WHERE number = 1", DELETED),
    "accesses: delete all": ("DELETE FROM accesses", DELETED),
    "accesses: replace": (f"REPLACE INTO accesses {access('0')}", NEXT_ACCESS),
    "accesses: insert or ignore": (f"INSERT OR IGNORE INTO accesses {access('1')}", NEXT_ACCESS),
    "accesses: a gap": (f"INSERT INTO accesses {access('3')}", NEXT_ACCESS),
    "accesses: a negative number": (f"INSERT INTO accesses {access('-1')}", NEXT_ACCESS),
    "accesses: no number": (f"INSERT INTO accesses {access('NULL')}", NEXT_ACCESS),
    "checkpoints: of another log": ("INSERT INTO checkpoints SELECT 7, size, sha256, note FROM checkpoints", UNSIGNED),
}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("guards") / "claims.db"
    with Store.create(path) as store:
        record(store, NIGHT)
        with store.writing() as writer:
            writer.keep_checkpoint(SIGNED, signed(NIGHT, SIGNED))
        employed(store)
        assert check(store, [KEY.verifier]) == []
    return path


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(original, tmp_path))


@pytest.mark.parametrize("settings", SETTINGS, ids=["off", "on", "odd"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_the_file_refuses(path: Path, attack: str, settings: tuple[str, ...]) -> None:
    sql, why = ATTACKS[attack]
    before = dump(path)
    with raw(path, *settings) as connection, pytest.raises(sqlite3.IntegrityError, match=f"^ledger: .*{why}"):
        connection.execute(sql)
    assert dump(path) == before
    with Store.open(path) as store:
        assert check(store) == []


@pytest.mark.parametrize("settings", SETTINGS, ids=["off", "on", "odd"])
def test_an_attack_inside_a_transaction_takes_nothing_with_it(path: Path, settings: tuple[str, ...]) -> None:
    before = dump(path)
    with raw(path, *settings) as connection:
        connection.execute("BEGIN")
        for attack in ATTACKS.values():
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(attack[0])
        connection.execute("COMMIT")
    assert dump(path) == before


@pytest.mark.parametrize(
    ("table", "column"),
    [("entries", "leaf"), ("contents", "content"), ("links", "role"), ("tiles", "hashes"), ("checkpoints", "note")],
)
@pytest.mark.parametrize("readonly", [False, True])
def test_no_value_is_opened_for_writing_in_place(path: Path, table: str, column: str, readonly: bool) -> None:
    with raw(path) as connection, pytest.raises(sqlite3.OperationalError, match="without rowid"):
        connection.blobopen(table, column, 1, readonly=readonly)


@pytest.mark.parametrize("guard", GUARDS)
def test_every_guard_is_needed(path: Path, guard: str) -> None:
    """Without it at least one of the attacks on its table succeeds, so each attack above can fail."""
    table = guard.split("_")[0]
    passed = []
    with raw(path) as connection:
        connection.execute(f"DROP TRIGGER {guard}")
        for attack, (sql, _) in ATTACKS.items():
            if attack.startswith(f"{table}: "):
                connection.execute("BEGIN")
                try:
                    connection.execute(sql)
                    passed.append(attack)
                except sqlite3.IntegrityError:
                    pass
                connection.execute("ROLLBACK")
    assert passed != []


def test_there_is_a_guard_for_every_way_into_every_table() -> None:
    assert [f"{table}_{event}" for table in GROWING for event in ("delete", "insert", "update")] == GUARDS


def test_registers_may_be_changed(path: Path) -> None:
    for table in {*TABLES, *SEARCHED, *PEOPLE} - set(GROWING):
        with raw(path) as connection:
            connection.execute(f"UPDATE {table} SET log_id = log_id + 1")
            connection.execute(f"DELETE FROM {table}")
        assert dump(path)[table] == []


def link(role: str, ref: int) -> str:
    """Make the next entry refer to another."""
    return f"INSERT INTO links SELECT log_id, '{role}', {ref}, {SIZE} FROM entries LIMIT 1"


def the_next(kind: str) -> str:
    """Append an entry of that kind, made from entry 5."""
    columns = f"log_id, {SIZE}, leaf, '{kind}', recorded, recorder, NULL"
    return f'INSERT INTO entries SELECT {columns} FROM entries WHERE "index" = 5'


TAKE = f"DELETE FROM contents WHERE \"index\" = {REDACTED} AND part = 'quote'"
LINK = link("redaction.quote", REDACTED)


@pytest.mark.parametrize("settings", SETTINGS, ids=["off", "on", "odd"])
@pytest.mark.parametrize(
    ("first", "gone"),
    [
        ([LINK, the_next("redaction")], True),
        ([LINK], False),
        ([the_next("redaction")], False),
        ([LINK, the_next("hold")], False),
        ([link("redaction.target", REDACTED), the_next("redaction")], False),
        ([link("redaction.note", REDACTED), the_next("redaction")], False),
        ([link("redaction.quote", REDACTED - 1), the_next("redaction")], False),
    ],
    ids=["redacted", "no entry", "no link", "another kind", "no part", "another part", "another entry"],
)
def test_a_content_goes_behind_its_redaction_alone(
    path: Path, settings: tuple[str, ...], first: list[str], gone: bool
) -> None:
    before = dump(path)["contents"]
    with raw(path, *settings) as connection:
        connection.execute("BEGIN")
        for statement in first:
            connection.execute(statement)
        if gone:
            assert connection.execute(TAKE).rowcount == 1
        else:
            with pytest.raises(sqlite3.IntegrityError, match=f"^ledger: contents: {UNREDACTED}"):
                connection.execute(TAKE)
        after = connection.execute("SELECT * FROM contents").fetchall()
    left = [row for row in before if row[1:3] != (REDACTED, "quote")]
    assert after == (left if gone else before)
    assert len(left) == len(before) - 1


def test_contents_without_their_entry_are_not_committed(path: Path) -> None:
    with raw(path, "foreign_keys = ON") as connection:
        connection.execute("BEGIN")
        connection.execute(f"INSERT INTO contents SELECT log_id, {SIZE}, 'note', leaf FROM entries LIMIT 1")
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            connection.execute("COMMIT")
