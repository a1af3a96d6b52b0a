"""Each attack on a log in PostgreSQL that the database refuses, by whomever: nothing is changed by any of them.

Every attack is tried as the superuser, as one who says that they replicate, as the owner of the tables, as each role
of a desk, and as somebody with no right at all. What an owner can still do, `test_postgres_owners.py` holds to be seen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import psycopg
import pytest

from ledger.store import Store, check, log_id_of
from ledger.store.postgres import schema
from tests.ledgers import redacted
from tests.served import GRANTED, ORIGIN, ask, at, dump, login, raw, role_of, roles_forgotten, rows, run, told
from tests.servers import Server
from tests.stored import GROWING, KEY, SEARCHED, TABLES, append, employed, night, record, signed

NIGHT = night(claims=240)
SIZE = len(NIGHT)
[(REDACTED, _)] = redacted(NIGHT)
SIGNED = 260
LOG = log_id_of(ORIGIN)
GUARDS = sorted(
    name.partition(".")[2]
    for (kind, name), text in schema.made_catalog().items()
    if kind == "trigger" and text.startswith("claims.")
)
Made = Callable[[], str]


def entry(index: str = "0", key: str = "'new'") -> str:
    """The values of a row of entries, made from entry 5."""
    return f'SELECT log_id, {index}, leaf, kind, recorded, recorder, {key} FROM claims.entries WHERE "index" = 5'


def tile(level: str = "0", number: str = "1", hashes: str = "decode(repeat('00', 8192), 'hex')") -> str:
    """The values of a row of tiles; of the tile of level 0 after the only full one."""
    return f"SELECT log_id, {level}, {number}, {hashes} FROM claims.entries LIMIT 1"


def checkpoint(size: str = str(SIZE), sha256: str = "'new'") -> str:
    """The values of a row of checkpoints, made from the one that there is."""
    return f"SELECT log_id, {size}, {sha256}, note FROM claims.checkpoints LIMIT 1"


def access(number: str) -> str:
    """The values of a row of accesses, made from one that there is."""
    return f"SELECT log_id, {number}, at, kind, person, actor, address, 'forged' FROM claims.accesses LIMIT 1"


CHANGED = "only ever grow, so nothing in them is changed"
DELETED = "only ever grow, so nothing in them is deleted"
UNREDACTED = "only a redaction takes them away"
NEXT = "the index has to be the next one"
LATE = "come before their entry"
NEXT_TILE = "the number has to be the next one of its level"
NEXT_ACCESS = "the number has to be the next one of its log"
NARROW = "a full tile has 256 hashes"
EARLY = "nothing is hashed of entries that are not there"
UNSIGNED = "nothing is signed of entries that are not there"
UNIQUE = "duplicate key value violates unique constraint"
EMPTY = "violates not-null constraint"
RANGE = "out of range"
GUARDING = {CHANGED, DELETED, UNREDACTED, NEXT, LATE, NEXT_TILE, NEXT_ACCESS, NARROW, EARLY, UNSIGNED}
"""What the guards say; the rest is said by the database itself."""
REFERRED = "cannot truncate a table referenced in a foreign key"
NOTHING = r"'\x00'"
OLD_KEY = '(SELECT "key" FROM claims.entries WHERE "key" IS NOT NULL LIMIT 1)'
MERGED = 'MERGE INTO claims.entries AS e USING claims.entries AS o ON e."index" = 5 AND o."index" = 5'

# What is tried, by the right that it needs: the table it goes for, the statement, and what refuses it.
INSERTING = {
    "entries: upsert": (
        f"INSERT INTO claims.entries {entry('5')} ON CONFLICT (log_id, \"index\") DO UPDATE SET leaf = '\\x00'",
        CHANGED,
    ),
    "entries: a duplicate": (f"INSERT INTO claims.entries {entry(str(SIZE - 1))}", UNIQUE),
    "entries: with a taken key": (f"INSERT INTO claims.entries {entry(str(SIZE), OLD_KEY)}", UNIQUE),
    "entries: a gap": (f"INSERT INTO claims.entries {entry(str(SIZE + 1))}", NEXT),
    "entries: a gap between two at once": (
        f"INSERT INTO claims.entries {entry(str(SIZE), 'NULL')} UNION ALL {entry(str(SIZE + 2), 'NULL')}",
        NEXT,
    ),
    "entries: two of one index at once": (
        f"INSERT INTO claims.entries {entry(str(SIZE), 'NULL')} UNION ALL {entry(str(SIZE), 'NULL')}",
        UNIQUE,
    ),
    "entries: a negative index": (f"INSERT INTO claims.entries {entry('-1')}", NEXT),
    "entries: the lowest and the highest index": (
        f"INSERT INTO claims.entries {entry(str(-(2**63)), 'NULL')} UNION ALL {entry(str(2**63 - 1), 'NULL')}",
        RANGE,
    ),
    "entries: no index": (f"INSERT INTO claims.entries {entry('NULL')}", EMPTY),
    "entries: overriding": (
        f'INSERT INTO claims.entries (log_id, "index", leaf, kind, recorded, recorder, "key") '
        f"OVERRIDING SYSTEM VALUE {entry('7', 'NULL')}",
        UNIQUE,
    ),
    "links: late": (f"INSERT INTO claims.links VALUES ({LOG}, 'retract.target', 9, 12)", LATE),
    "links: negative": (f"INSERT INTO claims.links VALUES ({LOG}, 'retract.target', 9, -1)", LATE),
    "links: no index": (f"INSERT INTO claims.links VALUES ({LOG}, 'retract.target', 9, NULL)", EMPTY),
    "links: late beside early": (
        f"INSERT INTO claims.links VALUES ({LOG}, 'hold.claim', 9, {SIZE}), ({LOG}, 'hold.claim', 9, {SIZE - 1})",
        LATE,
    ),
    "links: without an entry to come": (
        f"INSERT INTO claims.links VALUES ({LOG}, 'hold.claim', 9, {SIZE})",
        'violates foreign key constraint "links_entry"',
    ),
    "links: upsert": (
        "INSERT INTO claims.links SELECT * FROM claims.links LIMIT 1 "
        'ON CONFLICT (log_id, role, ref, "index") DO UPDATE SET ref = 3',
        CHANGED,
    ),
    "contents: late": (f"INSERT INTO claims.contents VALUES ({LOG}, 0, 'note', '\\x00')", LATE),
    "contents: of the last entry": (f"INSERT INTO claims.contents VALUES ({LOG}, {SIZE - 1}, 'name', '\\x00')", LATE),
    "contents: what was redacted, once more": (
        f"INSERT INTO claims.contents VALUES ({LOG}, {REDACTED}, 'note', '\\x00')",
        LATE,
    ),
    "contents: negative": (f"INSERT INTO claims.contents VALUES ({LOG}, -1, 'note', '\\x00')", LATE),
    "contents: without an entry to come": (
        f"INSERT INTO claims.contents VALUES ({LOG}, {SIZE}, 'note', '\\x00')",
        'violates foreign key constraint "contents_entry"',
    ),
    "contents: upsert": (
        "INSERT INTO claims.contents SELECT * FROM claims.contents LIMIT 1 "
        "ON CONFLICT (log_id, \"index\", part) DO UPDATE SET content = '\\x00'",
        CHANGED,
    ),
    "tiles: the first once more": (f"INSERT INTO claims.tiles {tile(number='0')}", UNIQUE),
    "tiles: a gap": (f"INSERT INTO claims.tiles {tile(number='2')}", NEXT_TILE),
    "tiles: a negative number": (f"INSERT INTO claims.tiles {tile(number='-1')}", NEXT_TILE),
    "tiles: no number": (f"INSERT INTO claims.tiles {tile(number='NULL')}", EMPTY),
    "tiles: too short": (f"INSERT INTO claims.tiles {tile(hashes=NOTHING)}", NARROW),
    "tiles: no hashes": (f"INSERT INTO claims.tiles {tile(hashes='NULL')}", EMPTY),
    "tiles: ahead of the entries": (f"INSERT INTO claims.tiles {tile()}", EARLY),
    "tiles: ahead of the tiles below": (f"INSERT INTO claims.tiles {tile('1', '0')}", EARLY),
    "tiles: of a level that no tree has": (f"INSERT INTO claims.tiles {tile('7', '0')}", EARLY),
    "tiles: of a negative level": (f"INSERT INTO claims.tiles {tile('-1', '0')}", EARLY),
    "tiles: upsert": (
        f"INSERT INTO claims.tiles {tile(number='0')} ON CONFLICT (log_id, level, number) DO UPDATE SET level = 1",
        CHANGED,
    ),
    "checkpoints: the same": (f"INSERT INTO claims.checkpoints {checkpoint('size', 'sha256')}", UNIQUE),
    "checkpoints: ahead of the entries": (f"INSERT INTO claims.checkpoints {checkpoint(str(SIZE + 1))}", UNSIGNED),
    "checkpoints: of nothing": (f"INSERT INTO claims.checkpoints {checkpoint('0')}", UNSIGNED),
    "checkpoints: of less than nothing": (f"INSERT INTO claims.checkpoints {checkpoint('-1')}", UNSIGNED),
    "checkpoints: of no size": (f"INSERT INTO claims.checkpoints {checkpoint('NULL')}", EMPTY),
    "accesses: a duplicate": (f"INSERT INTO claims.accesses {access('1')}", UNIQUE),
    "accesses: a gap": (f"INSERT INTO claims.accesses {access('3')}", NEXT_ACCESS),
    "accesses: a negative number": (f"INSERT INTO claims.accesses {access('-1')}", NEXT_ACCESS),
    "accesses: upsert": (
        f"INSERT INTO claims.accesses {access('1')} ON CONFLICT (log_id, number) DO UPDATE SET kind = 'added'",
        CHANGED,
    ),
}
UPDATING = {
    "entries: update leaf": ("UPDATE claims.entries SET leaf = '\\x00' WHERE \"index\" = 5", CHANGED),
    "entries: update of no row": ("UPDATE claims.entries SET leaf = '\\x00' WHERE false", CHANGED),
    "entries: update only": ("UPDATE ONLY claims.entries SET kind = 'hold'", CHANGED),
    "entries: update log": ("UPDATE claims.entries SET log_id = log_id + 1", CHANGED),
    "entries: update from": ("UPDATE claims.entries SET kind = o.kind FROM claims.entries AS o", CHANGED),
    "entries: update in a WITH": (
        "WITH gone AS (UPDATE claims.entries SET kind = 'hold' RETURNING 1) SELECT 1",
        CHANGED,
    ),
    "links: update": ('UPDATE claims.links SET ref = ref + 1 WHERE "index" = 12', CHANGED),
    "contents: update": ("UPDATE claims.contents SET content = '\\x00' WHERE \"index\" = 1", CHANGED),
    "contents: update part": ("UPDATE claims.contents SET part = 'note' WHERE part = 'quote'", CHANGED),
    "tiles: update": ("UPDATE claims.tiles SET hashes = '\\x00'", CHANGED),
    "checkpoints: update": ("UPDATE claims.checkpoints SET size = size - 1", CHANGED),
    "accesses: update": ("UPDATE claims.accesses SET person = 'Bo'", CHANGED),
}
DELETING = {
    "entries: delete last": (f'DELETE FROM claims.entries WHERE "index" = {SIZE - 1}', DELETED),
    "entries: delete all": ("DELETE FROM claims.entries", DELETED),
    "links: delete": ("DELETE FROM claims.links WHERE role = 'retract.target'", DELETED),
    "tiles: delete": ("DELETE FROM claims.tiles", DELETED),
    "checkpoints: delete": ("DELETE FROM claims.checkpoints", DELETED),
    "accesses: delete": ("DELETE FROM claims.accesses", DELETED),
}
REDACTING = {
    "contents: delete": ('DELETE FROM claims.contents WHERE "index" = 1', UNREDACTED),
    "contents: delete all": ("DELETE FROM claims.contents", UNREDACTED),
    "contents: delete another part of what was redacted": (
        f'DELETE FROM claims.contents WHERE "index" = {REDACTED}',
        UNREDACTED,
    ),
    "contents: delete using": ("DELETE FROM claims.contents USING claims.entries", UNREDACTED),
}
OWNING = {
    "entries: truncate": ("TRUNCATE claims.entries", REFERRED),
    "entries: truncate cascade": ("TRUNCATE claims.entries CASCADE", DELETED),
    "links: truncate": ("TRUNCATE claims.links", DELETED),
    "contents: truncate": ("TRUNCATE claims.contents", DELETED),
    "contents: truncate only": ("TRUNCATE ONLY claims.contents RESTART IDENTITY", DELETED),
    "tiles: truncate": ("TRUNCATE claims.tiles", DELETED),
    "checkpoints: truncate": ("TRUNCATE claims.checkpoints", DELETED),
    "accesses: truncate": ("TRUNCATE claims.accesses", DELETED),
}
MERGING = {  # from PostgreSQL 15 on
    "entries: merge": (f"{MERGED} WHEN MATCHED THEN UPDATE SET leaf = '\\x00'", CHANGED),
    "entries: merge away": (f"{MERGED} WHEN MATCHED THEN DELETE", DELETED),
}
ATTACKS = INSERTING | UPDATING | DELETING | REDACTING | OWNING | MERGING
ATTACKERS = ("superuser", "replicating", "owner", "redactor", "writer", "reader", "host", "nobody")
APPENDING = {name for name in INSERTING if "upsert" not in name and not name.startswith("accesses: ")}
MAY = {
    "superuser": ATTACKS.keys(),
    "replicating": ATTACKS.keys(),
    "owner": ATTACKS.keys(),
    "redactor": APPENDING | REDACTING.keys(),
    "writer": APPENDING,
    "reader": set(),
    "host": {name for name in INSERTING if "upsert" not in name and name.startswith("accesses: ")},
    "nobody": set(),
}
"""What the rights of each let through to the guards."""


@pytest.fixture(scope="module")
def roles(postgresql: Server) -> Iterator[None]:
    with roles_forgotten(postgresql, ORIGIN):
        yield


@pytest.fixture(scope="module")
def url(roles: None, postgresql: Server, migrated_database: Made) -> str:
    """A log that all attacks of this file go for: none changes it."""
    url = migrated_database()
    with Store.create(at(url)) as store:
        record(store, NIGHT)
        with store.writing() as writer:
            writer.keep_checkpoint(SIGNED, signed(NIGHT, SIGNED))
        employed(store)
        store.make_roles()
        assert check(store, [KEY.verifier]) == []
    return url


@pytest.fixture(scope="module")
def attackers(url: str, postgresql: Server) -> dict[str, str]:
    """The address of the database for each, with their own name in it."""
    desk = role_of(ORIGIN)
    found = {each.removeprefix("claims_"): login(postgresql, url, each, desk) for each in GRANTED}
    return found | {"superuser": url, "replicating": url, "nobody": login(postgresql, url)}


@pytest.mark.parametrize("attacker", ATTACKERS)
def test_the_database_refuses(url: str, attackers: dict[str, str], attacker: str) -> None:
    before = dump(url)
    settings = ["session_replication_role = replica"] if attacker == "replicating" else []
    passed = {}
    with raw(attackers[attacker], *settings) as connection:
        merges = connection.info.server_version >= 150_000
        for attack, (sql, why) in ATTACKS.items():
            if (attack in MERGING and not merges) or ("foreign key con" in why and attacker == "replicating"):
                continue  # who replicates is held to no foreign key: test_postgres_owners.py
            try:
                connection.execute(sql.encode())
                passed[attack] = "done"
            except psycopg.Error as error:
                if not refused(error, why if attack in MAY[attacker] else None):
                    passed[attack] = str(error)
    assert passed == {}
    assert dump(url) == before


def refused(error: psycopg.Error, why: str | None) -> bool:
    """Whether it was refused for that reason, the guards' own where it is one of theirs; None: for want of rights."""
    if why is None:
        return isinstance(error, psycopg.errors.InsufficientPrivilege)
    return why in str(error) and str(error).startswith("ledger: ") == (why in GUARDING)


@pytest.mark.parametrize("guard", GUARDS)
def test_every_guard_is_needed(url: str, guard: str) -> None:
    """Without it at least one of the attacks on its table succeeds, so each attack above can fail."""
    table = guard.split("_")[0]
    passed = []
    with raw(url) as connection, connection.transaction(force_rollback=True):
        connection.execute(f"ALTER TABLE claims.{table} DISABLE TRIGGER {guard}".encode())
        if guard == "entries_truncate":  # the foreign keys keep it from being truncated too
            for other in ("links", "contents"):
                connection.execute(f"ALTER TABLE claims.{other} DROP CONSTRAINT {other}_entry".encode())
        for attack, (sql, _) in ATTACKS.items():
            if attack.startswith(f"{table}: ") and attack not in MERGING:
                try:
                    with connection.transaction(force_rollback=True):
                        connection.execute(sql.encode())
                        passed.append(attack)
                except psycopg.Error:
                    pass
    assert passed != []


def test_there_is_a_guard_for_every_way_into_every_table() -> None:
    events = ("delete", "insert", "truncate", "update")
    assert [f"{table}_{event}" for table in GROWING for event in events] == GUARDS


# By other ways in.


@pytest.mark.parametrize("attacker", ["superuser", "owner", "writer", "redactor"])
@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("entries", f"{LOG}\t3\t\\\\x00\thold\t2020-01-01Z\t1\t\\N\n"),
        ("entries", f"{LOG}\t{SIZE + 1}\t\\\\x00\thold\t2020-01-01Z\t1\t\\N\n"),
        ("links", f"{LOG}\thold.claim\t9\t4\n"),
        ("contents", f"{LOG}\t0\tnote\t\\\\x00\n"),
    ],
)
def test_copy_is_an_insert(url: str, attackers: dict[str, str], table: str, row: str, attacker: str) -> None:
    before = dump(url)
    why = r"^ledger: |duplicate key|not supported with row-level security"
    copying = f"COPY claims.{table} FROM STDIN".encode()
    with (
        raw(attackers[attacker]) as connection,
        pytest.raises(psycopg.Error, match=why),
        connection.cursor().copy(copying) as copy,
    ):
        copy.write(row)
    assert dump(url) == before


GAP = f"INSERT INTO claims.entries {entry(str(SIZE + 1))}"
LATE_NOTE = f"INSERT INTO claims.contents VALUES ({LOG}, 0, 'note', '\\x00')"
IN_THE_WAY = [
    "CREATE TEMP TABLE entries AS SELECT * FROM claims.entries",
    "INSERT INTO pg_temp.entries SELECT log_id, 1000, leaf, kind, recorded, recorder, NULL FROM claims.entries LIMIT 1",
    f"CREATE TEMP TABLE fresh AS SELECT {LOG}::bigint AS log_id, {SIZE}::bigint AS index",
    "CREATE TEMP TABLE gone AS SELECT * FROM claims.contents WHERE false",
    "CREATE TEMP TABLE links AS SELECT * FROM claims.links",
    "INSERT INTO pg_temp.links SELECT log_id, 'redaction.' || part, index, 5 FROM claims.contents",
    "CREATE TEMP TABLE pg_roles AS SELECT 'claims_log_0000000000000000'::name AS rolname, 10::oid AS oid",
]
DELETE_NOTE = 'DELETE FROM claims.contents WHERE "index" = 1'


@pytest.mark.parametrize("path", ["pg_temp, claims, pg_catalog", "pg_temp, pg_catalog", "claims, pg_temp"])
@pytest.mark.parametrize("attacker", ["superuser", "owner", "redactor"])
def test_temporary_tables_in_the_way_mislead_no_guard(
    url: str, attackers: dict[str, str], attacker: str, path: str
) -> None:
    before = dump(url)
    with raw(attackers[attacker]) as connection:
        for statement in IN_THE_WAY:
            connection.execute(statement.encode())
        connection.execute(f"SET search_path = {path}".encode())
        for attack, why in ((GAP, NEXT), (LATE_NOTE, LATE), (DELETE_NOTE, UNREDACTED)):
            with pytest.raises(psycopg.errors.RaiseException, match=why):
                connection.execute(attack.encode())
    assert dump(url) == before


OPERATORS = [
    "CREATE SCHEMA evil",
    "CREATE FUNCTION evil.never(bigint, bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false'",
    "CREATE FUNCTION evil.always(bigint, bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'",
    "CREATE FUNCTION evil.same(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'",
    "CREATE OPERATOR evil.<> (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = evil.never)",
    "CREATE OPERATOR evil.< (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = evil.never)",
    "CREATE OPERATOR evil.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = evil.always)",
    "CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.same)",
    "CREATE FUNCTION evil.coalesce(bigint, integer) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'",
    "CREATE FUNCTION evil.pg_has_role(name, oid, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
]


@pytest.mark.parametrize("attacker", ["superuser", "owner", "redactor"])
def test_operators_in_the_way_mislead_no_guard(url: str, attackers: dict[str, str], attacker: str) -> None:
    before = dump(url)
    run(url, *OPERATORS, "GRANT USAGE ON SCHEMA evil TO PUBLIC")
    try:
        with raw(attackers[attacker], "search_path = evil, pg_catalog") as connection:
            for attack, why in ((GAP, NEXT), (LATE_NOTE, LATE), (DELETE_NOTE, UNREDACTED)):
                with pytest.raises(psycopg.errors.RaiseException, match=why):
                    connection.execute(attack.encode())
        assert told(url) == []
    finally:
        run(url, "DROP SCHEMA evil CASCADE")
    assert dump(url) == before


def test_what_is_in_the_way_of_the_product_misleads_it_no_more(url: str, attackers: dict[str, str]) -> None:
    """Somebody has set a path for everybody at the desk, and made tables in it; and the session has temporary ones."""
    name = attackers["reader"].partition("://")[2].partition("@")[0]
    tables = [f"CREATE TABLE evil.{table} (LIKE claims.{table})" for table in (*TABLES, *SEARCHED, "alembic_version")]
    granted = ["GRANT USAGE ON SCHEMA evil TO PUBLIC", "GRANT SELECT ON ALL TABLES IN SCHEMA evil TO PUBLIC"]
    run(url, "CREATE SCHEMA evil", *tables, *granted, f"ALTER ROLE {name} SET search_path = evil, claims, pg_catalog")
    try:
        with Store.open(at(attackers["reader"]), read_only=True) as store:
            with store.pool.connect() as connection:
                driver = connection.connection.driver_connection
                assert driver is not None
                for table in TABLES:
                    driver.execute(f"CREATE TEMP TABLE {table} (LIKE claims.{table})")
            with store.reading() as reader:
                assert (reader.size, reader.entry(5).index) == (SIZE, 5)
            assert check(store) == []
    finally:
        run(url, "DROP SCHEMA evil CASCADE", f"ALTER ROLE {name} RESET search_path")


# What others commit meanwhile.


def test_a_content_does_not_slip_in_beside_the_commit_of_its_entry(migrated_database: Made) -> None:
    """It is sent before the entry can be seen, and would be committed after it."""
    url = migrated_database()
    with Store.create(at(url)) as store:
        record(store, NIGHT[:6])
        outcome: list[str] = []

        def slip_in() -> None:
            with raw(url) as connection:
                try:
                    connection.execute(f"INSERT INTO claims.contents VALUES ({LOG}, 6, 'note', '\\x00')".encode())
                    outcome.append("passed")
                except psycopg.Error as error:
                    outcome.append(str(error))

        with store.writing() as writer:
            append(writer, NIGHT[:7])
            writer.finish()
            attacker = threading.Thread(target=slip_in)
            attacker.start()
            attacker.join(0.3)
            assert outcome == []
        attacker.join(10)
    assert len(outcome) == 1
    assert f"ledger: contents: {LATE}" in outcome[0]
    assert told(url) == []


@pytest.mark.parametrize("isolation", ["REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize(
    "attack",
    [
        f"INSERT INTO claims.contents VALUES ({LOG}, 6, 'note', '\\x00')",
        f"INSERT INTO claims.links VALUES ({LOG}, 'hold.claim', 5, 6)",
    ],
)
def test_who_looks_away_may_not_write_what_belongs_to_entries(
    migrated_database: Made, attack: str, isolation: str
) -> None:
    """In an older snapshot the entry is not there yet, and the foreign key is content."""
    url = migrated_database()
    with Store.create(at(url)) as store:
        record(store, NIGHT[:6])
        with raw(url) as connection:
            connection.execute(f"BEGIN ISOLATION LEVEL {isolation}".encode())
            connection.execute("SELECT count(*) FROM claims.entries")
            record(store, NIGHT[:7])
            with pytest.raises(psycopg.errors.RaiseException, match="are written where the last entry is seen"):
                connection.execute(attack.encode())
            connection.execute("ROLLBACK")
        assert check(store) == []


# What goes, goes behind its redaction.


def link(role: str, ref: int) -> str:
    """Make the next entry refer to another."""
    return f"INSERT INTO claims.links VALUES ({LOG}, '{role}', {ref}, {SIZE})"


def the_next(kind: str) -> str:
    """Append an entry of that kind, made from entry 5."""
    columns = f"log_id, {SIZE}, leaf, '{kind}', recorded, recorder, NULL"
    return f'INSERT INTO claims.entries SELECT {columns} FROM claims.entries WHERE "index" = 5'


@pytest.mark.parametrize("attacker", ["superuser", "replicating", "owner", "redactor"])
@pytest.mark.parametrize(
    ("first", "goes"),
    [
        ([link("redaction.quote", REDACTED), the_next("redaction")], True),
        ([link("redaction.quote", REDACTED)], False),
        ([the_next("redaction")], False),
        ([link("redaction.quote", REDACTED), the_next("hold")], False),
        ([link("redaction.target", REDACTED), the_next("redaction")], False),
        ([link("redaction.note", REDACTED), the_next("redaction")], False),
        ([link("redaction.quote", REDACTED - 1), the_next("redaction")], False),
    ],
    ids=["redacted", "no entry", "no link", "another kind", "no part", "another part", "another entry"],
)
def test_a_content_goes_behind_its_redaction_alone(
    url: str, attackers: dict[str, str], first: list[str], goes: bool, attacker: str
) -> None:
    settings = ["session_replication_role = replica"] if attacker == "replicating" else []
    before = dump(url)
    take = f"DELETE FROM claims.contents WHERE \"index\" = {REDACTED} AND part = 'quote'"
    with raw(attackers[attacker], *settings) as connection, connection.transaction(force_rollback=True):
        for statement in first:
            connection.execute(statement.encode())
        if goes:
            assert connection.execute(take.encode()).rowcount == 1
            assert len(rows(connection, "contents")) == len(before["contents"]) - 1
        else:
            with pytest.raises(psycopg.errors.RaiseException, match=f"^ledger: contents: {UNREDACTED}"):
                connection.execute(take.encode())
    assert dump(url) == before


def test_after_all_of_it_the_log_is_as_it_was(url: str) -> None:
    assert told(url, [KEY.verifier]) == []
    assert ask(url, "SELECT count(*) FROM claims.entries") == [(SIZE,)]
