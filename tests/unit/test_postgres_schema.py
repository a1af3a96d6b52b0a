"""The schema on a server: what the migrations make, that it is legal for sharding by log, and how it is upgraded."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.dialects import postgresql as dialects

from ledger.cli.demo import ORIGIN as ORIGIN_OF_DEMO
from ledger.errors import Outdated, Unavailable
from ledger.store import Store, migrating
from ledger.store.migrating import HEAD
from ledger.store.postgres import schema, server
from ledger.tables import Row
from tests import servers
from tests.served import ORIGIN, OTHER, ask, at, dump, of_log, raw, run, told
from tests.servers import Server
from tests.shell import Shell
from tests.stored import GROWING, PEOPLE, SEARCHED, TABLES, night, record, root

NIGHT = night()
OLDER = night(claims=240, redacts=False)
KEPT = Path(schema.__file__).with_name("catalog.json")
Made = Callable[[], str]


@pytest.fixture(scope="module", params=["installed", "embedded"])
def made(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database that a server of each version has, with the schema."""
    own = servers.own(of=servers.named(request.param))
    try:
        url = own.fresh_database()
        Store.migrate(url)
        yield url
    finally:
        own.stop()


@pytest.fixture(scope="module")
def lived_in(migrated_database: Made) -> str:
    """A database with a log in it, which no test changes."""
    url = migrated_database()
    with Store.create(at(url)) as store:
        record(store, NIGHT)
    return url


def catalog(url: str) -> dict[tuple[str, str], str]:
    with Store.open(at(url), read_only=True) as store, store.transaction() as connection:
        return dict(store.database.catalog(connection))


# What there is.


def test_the_catalog_that_is_kept_is_what_the_migrations_make(made: str) -> None:
    found = catalog(made)
    if os.environ.get("LEDGER_GOLDEN") == "1":
        kinds = sorted({kind for kind, _ in found})
        by_kind = {kind: {name: found[kind, name] for each, name in sorted(found) if each == kind} for kind in kinds}
        KEPT.write_text(json.dumps(by_kind, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        schema.made_catalog.cache_clear()
    assert found == schema.made_catalog()


def test_the_growing_tables_are_guarded_always() -> None:
    guards = {name: text for (kind, name), text in schema.made_catalog().items() if kind == "trigger"}
    ours = {name: text for name, text in guards.items() if text.startswith("claims.")}
    events = ("insert", "update", "delete", "truncate")
    assert ours.keys() == {f"{table}.{table}_{event}" for table in GROWING for event in events}
    assert [name for name, text in ours.items() if not text.endswith("always")] == []


def test_every_table_shows_a_desk_its_own_log_alone() -> None:
    made_of = schema.made_catalog()
    for table in (*TABLES, *SEARCHED, *PEOPLE):
        assert made_of["table", table] == "ordinary, logged, rows by policy"
        assert made_of["policy", f"{table}.own_log"].startswith("for *, permissive, (log_id = ANY ")
    assert {name for kind, name in made_of if kind == "table"} == {*TABLES, *SEARCHED, *PEOPLE, "alembic_version"}


def test_every_function_keeps_to_the_servers_own() -> None:
    bodies = {name: text for (kind, name), text in schema.made_catalog().items() if kind == "function"}
    assert len(bodies) == 8
    for name, text in bodies.items():
        assert "as its caller, search_path=pg_catalog, pg_temp, " in text, name


def test_the_tables_are_those_of_sqlmodel(lived_in: str) -> None:
    dialect = dialects.dialect()
    words = {"BYTEA": "bytea", "TIMESTAMP WITH TIME ZONE": "timestamp with time zone"}
    expected = {}
    for table in Row.metadata.tables.values():
        for column in table.c:
            compiled = column.type.compile(dialect)
            expected[f"{table.name}.{column.name}"] = (words.get(compiled, compiled.lower()), column.nullable)
    asked = """
        SELECT table_name || '.' || column_name, data_type, is_nullable = 'YES' FROM information_schema.columns
        WHERE table_schema = 'claims' AND table_name NOT IN ('alembic_version', 'words')
    """
    assert {name: (kind, nullable) for name, kind, nullable in ask(lived_in, asked)} == expected
    made_of = schema.made_catalog()
    for table in Row.metadata.tables.values():
        if table.name != "names":  # its key may be too long for a B-tree there
            columns = " ".join(table.primary_key.columns.keys())
            assert made_of["constraint", f"{table.name}.{table.name}_pkey"] == f"primary key, {columns}"


# Sharding by log: whatever ties rows together has log_id in it.

NOT_SHARDED = {
    "tables without log_id": """
        SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'claims'::regnamespace AND c.relkind IN ('r', 'p')
            AND c.relname <> 'alembic_version' AND NOT EXISTS (
                SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'log_id' AND a.attnotnull
                    AND a.atttypid = 'bigint'::regtype
            )
    """,
    "unique indexes without log_id": """
        SELECT x.indexrelid::regclass::text FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indrelid
        WHERE c.relnamespace = 'claims'::regnamespace AND c.relname <> 'alembic_version'
            AND (x.indisunique OR x.indisexclusion) AND NOT EXISTS (
                SELECT FROM pg_attribute AS a
                WHERE a.attrelid = c.oid AND a.attname = 'log_id' AND a.attnum = ANY (x.indkey[0:x.indnkeyatts - 1])
            )
    """,
    "primary keys that do not begin with log_id": """
        SELECT c.conname FROM pg_constraint AS c JOIN pg_attribute AS a
            ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.connamespace = 'claims'::regnamespace AND c.contype = 'p'
            AND a.attname NOT IN ('log_id', 'version_num')
    """,
    "foreign keys that lead out of their log": """
        SELECT c.conname FROM pg_constraint AS c WHERE c.connamespace = 'claims'::regnamespace AND c.contype = 'f'
            AND NOT EXISTS (
                SELECT FROM unnest(c.conkey, c.confkey) AS k (own, other)
                JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.own AND a.attname = 'log_id'
                JOIN pg_attribute AS b ON b.attrelid = c.confrelid AND b.attnum = k.other AND b.attname = 'log_id'
            )
    """,
    "sequences": """
        SELECT relname FROM pg_class WHERE relnamespace = 'claims'::regnamespace AND relkind = 'S'
    """,
    "columns that number themselves": """
        SELECT a.attrelid::regclass::text FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'claims'::regnamespace AND a.attnum > 0 AND (a.attidentity <> '' OR a.atthasdef)
    """,
    "views": """
        SELECT relname FROM pg_class WHERE relnamespace = 'claims'::regnamespace AND relkind IN ('v', 'm')
    """,
    "rows of all logs in one unit": """
        SELECT conname FROM pg_constraint WHERE connamespace = 'claims'::regnamespace
            AND contype NOT IN ('p', 'u', 'f', 'n')
    """,
}
BREAKING = {
    "tables without log_id": "CREATE TABLE claims.totals (entries bigint)",
    "unique indexes without log_id": 'CREATE UNIQUE INDEX once ON claims.entries ("key") INCLUDE (log_id)',
    "primary keys that do not begin with log_id": "ALTER TABLE claims.names ADD PRIMARY KEY (kind, folded)",
    "foreign keys that lead out of their log": (
        'CREATE UNIQUE INDEX once ON claims.entries ("index");'
        'ALTER TABLE claims.links ADD FOREIGN KEY (ref) REFERENCES claims.entries ("index")'
    ),
    "sequences": "CREATE SEQUENCE claims.next_index",
    "columns that number themselves": "ALTER TABLE claims.names ADD COLUMN id bigserial",
    "views": "CREATE VIEW claims.totals AS SELECT count(*) FROM claims.entries",
    "rows of all logs in one unit": "ALTER TABLE claims.entries ADD CHECK (log_id <> 7)",
}


@pytest.mark.parametrize("flaw", NOT_SHARDED)
def test_the_schema_may_be_sharded_by_log(made: str, flaw: str) -> None:
    assert ask(made, NOT_SHARDED[flaw]) == []


@pytest.mark.parametrize("flaw", BREAKING)
def test_what_may_not_be_sharded_is_seen(migrated_database: Made, flaw: str) -> None:
    url = migrated_database()
    run(url, *BREAKING[flaw].split(";"))
    assert ask(url, NOT_SHARDED[flaw]) != []


def crossing(body: str) -> list[str]:
    """The tables that a function reads without holding them to the log of the rows that it was called for."""
    plain = re.sub(r"\s+", " ", body)
    if "recursive" in plain.lower():
        return ["WITH RECURSIVE"]
    found = []
    for table, alias in re.findall(r"(?:FROM|JOIN) claims\.(\w+)(?: AS (\w+))?", plain):
        if not re.search(rf"\b{alias or table}\.log_id = (?:fresh|gone|l)\.log_id", plain) and alias != "l":
            found.append(table)
        if alias == "l" and not re.search(r"\bl\.log_id = (?:fresh|gone)\.log_id", plain):
            found.append(table)
    if re.search(r"FROM fresh GROUP BY (?!log_id)", plain):
        found.append("fresh")
    return found


def test_no_function_reads_another_log(made: str) -> None:
    bodies = ask(made, "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'claims'::regnamespace")
    assert len(bodies) == 8
    assert {name: crossing(body) for name, body in bodies if crossing(body)} == {}
    assert sum("claims.entries" in body for _, body in bodies) == 5


@pytest.mark.parametrize(
    "body",
    [
        "SELECT max(index) FROM claims.entries",
        "SELECT FROM fresh GROUP BY index HAVING min(index) < 4",
        "SELECT FROM gone WHERE EXISTS (SELECT FROM claims.links AS l WHERE l.ref = gone.index)",
        "WITH RECURSIVE up AS (SELECT 1) SELECT FROM up",
    ],
)
def test_a_function_that_does_is_seen(body: str) -> None:
    assert crossing(body) != []


# The same entries, the same bytes.


def test_the_same_entries_have_the_same_root_on_both(lived_in: str, tmp_path: Path) -> None:
    found = []
    with Store.create(tmp_path / "claims.db") as file:
        record(file, NIGHT)
        for store in (file, Store.open(at(lived_in))):
            with store, store.reading() as reader:
                found.append((list(reader.stored()), reader.root(), reader.size))
    assert found[0] == found[1]
    assert found[0][1] == root(NIGHT)
    assert told(lived_in) == []


def test_the_seed_story_has_the_same_board_on_both(
    migrated_database: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = migrated_database().replace("claims@", "claims:a-secret@")
    boards, csv = [], []
    for name, where in (("file", "claims.db"), ("server", url)):
        (tmp_path / name).mkdir()
        shell = Shell(tmp_path / name, monkeypatch)
        shown = shell.ok("demo", "--ledger", where)
        assert "a-secret" not in shown.out + shown.err
        log = ("--log", ORIGIN_OF_DEMO) if name == "server" else ()
        boards.append(shell.ok("board", "--all", "--json", "--ledger", where, *log).json)
        csv.append((tmp_path / name / "csv" / "entries.csv").read_bytes().count(b"\n"))
        assert shell("verify", "--ledger", where, *log).code == 0
    assert [{name: row[name] for name in row if "recorded" not in name} for row in boards[0]] == [
        {name: row[name] for name in row if "recorded" not in name} for row in boards[1]
    ]
    assert len(boards[0]) > 10
    assert csv[0] == csv[1]


def test_what_the_servers_own_tools_copy_is_the_same_ledger(postgresql: Server, lived_in: str) -> None:
    made_of = [
        each.bin for each in servers.programs() if (each.bin / "pg_dump").exists() and (each.bin / "psql").exists()
    ]
    if not made_of:
        servers.give_up(servers.NoServer("there is no pg_dump"), os.environ)
    dumped = subprocess.run([made_of[0] / "pg_dump", lived_in], capture_output=True, text=True, check=False)
    if "server version mismatch" in dumped.stderr:
        pytest.skip("postgresql: not run: pg_dump is older than the server")
    url = postgresql.fresh_database()
    restoring = [made_of[0] / "psql", "-q", "-v", "ON_ERROR_STOP=1", url]
    subprocess.run(restoring, input=dumped.stdout, capture_output=True, text=True, check=True)
    assert told(url) == []
    assert dump(url) == dump(lived_in)
    assert catalog(url) == schema.made_catalog()


# Upgrades.


def made_to(postgresql: Server, revision: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database as the version of that revision left it."""
    url = postgresql.fresh_database()
    engine = server.connect(at(url), 5.0)
    with monkeypatch.context() as patch:
        patch.setattr(migrating, "HEAD", revision)
        with engine.begin() as connection:
            schema.prepare(connection)
            migrating.migrate(connection, at(url))
    engine.dispose()
    return url


def copied(url: str, source: str, *tables: str) -> None:
    """Copy the rows of one database into another, past no guard."""
    with raw(source) as theirs, raw(url) as ours, ours.transaction():
        for table in tables:
            found = theirs.execute(f"SELECT * FROM claims.{table} ORDER BY 1, 2".encode())
            assert found.description is not None
            places = ", ".join(["%s"] * len(found.description))
            ours.cursor().executemany(f"INSERT INTO claims.{table} VALUES ({places})".encode(), found.fetchall())


@pytest.mark.parametrize("revision", ["0001", "0002", "0003", "0004"])
def test_an_older_schema_is_refused_until_its_owner_upgrades_it(
    postgresql: Server, monkeypatch: pytest.MonkeyPatch, revision: str
) -> None:
    current = postgresql.fresh_database()
    for origin in (ORIGIN, OTHER):
        with Store.create(at(current, origin)) as store:
            record(store, of_log(OLDER, origin))
    url = made_to(postgresql, revision, monkeypatch)
    copied(url, current, "contents", "links", "entries", "names", "voices", "tallies")
    before = ask(url, "SELECT count(*) FROM claims.entries")
    for read_only in (False, True):
        with pytest.raises(Outdated, match=f"has the older schema {revision}$") as caught:
            Store.open(at(url), read_only=read_only)
        assert caught.value.next.startswith("upgrade it as its owner, with a backup at hand: `claims migrate --ledger ")
    with pytest.raises(Outdated, match="older schema"):
        Store.create(at(url, "example.org/third"))
    assert ask(url, "SELECT version_num FROM claims.alembic_version") == [(revision,)]
    assert Store.migrate(url) == (revision, HEAD)
    assert ask(url, "SELECT count(*) FROM claims.entries") == before
    for origin in (ORIGIN, OTHER):
        assert told(url, log=origin) == []
        with Store.open(at(url, origin)) as store, store.reading() as reader:
            assert reader.root() == root(of_log(OLDER, origin))
            assert next(reader.search("number"), None) is not None
    assert Store.migrate(url) == (HEAD, HEAD)


def test_an_upgrade_that_fails_leaves_the_older_schema(postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    url = made_to(postgresql, "0002", monkeypatch)
    run(url, "CREATE TABLE claims.checkpoints (in_the_way text)")
    there = "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'claims'::regnamespace ORDER BY 1"
    before = ask(url, there)
    with pytest.raises(Unavailable, match='relation "checkpoints" already exists'):
        Store.migrate(url)
    assert ask(url, there) == before
    assert ask(url, "SELECT version_num FROM claims.alembic_version") == [("0002",)]


@pytest.mark.parametrize("begun", [None, "0002"])
def test_of_many_migrations_at_once_each_finds_it_done_or_does_it(
    postgresql: Server, monkeypatch: pytest.MonkeyPatch, begun: str | None
) -> None:
    url = postgresql.fresh_database() if begun is None else made_to(postgresql, begun, monkeypatch)
    with ThreadPoolExecutor(4) as workers:
        done = [each.result() for each in [workers.submit(Store.migrate, url) for _ in range(4)]]
    assert {after for _, after in done} == {HEAD}
    assert {before for before, _ in done} <= {begun, HEAD}
    assert catalog(url) == schema.made_catalog()


def test_many_logs_are_begun_at_once_where_there_was_no_schema(postgresql: Server) -> None:
    url = postgresql.fresh_database()
    origins = [f"desk-{number}.example/log" for number in range(4)]

    def begin(origin: str) -> None:
        with Store.create(at(url, origin)) as store:
            record(store, of_log(NIGHT[:6], origin))

    with ThreadPoolExecutor(4) as workers:
        for each in [workers.submit(begin, origin) for origin in origins]:
            each.result()
    assert [told(url, log=origin) for origin in origins] == [[]] * 4


@pytest.mark.parametrize("act", [Store.open, Store.create, Store.migrate])
@pytest.mark.parametrize(
    ("change", "why", "step"),
    [
        ("UPDATE claims.alembic_version SET version_num = '0099'", "has schema 0099, which is newer", "newer version"),
        ("DELETE FROM claims.alembic_version", "does not say which schema it has", "go back to a copy"),
        ("INSERT INTO claims.alembic_version VALUES ('0001')", "does not say which schema it has", "go back to a copy"),
    ],
    ids=["newer", "none", "two"],
)
def test_a_schema_of_another_time_is_refused(
    migrated_database: Made, act: Callable[..., object], change: str, why: str, step: str
) -> None:
    url = migrated_database()
    with Store.create(at(url)) as store:
        record(store, NIGHT[:6])
    run(url, change)
    before = dump(url)
    with pytest.raises(Unavailable, match=why) as caught:
        act(at(url))
    assert step in caught.value.next
    assert dump(url) == before
