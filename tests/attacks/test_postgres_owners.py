"""What the owner of the tables, or of the server, can do in spite of every guard: `check` names it.

Each attack is done in one transaction, on a log of its own. Those of the owner are done by a member of `claims_owner`
who is no superuser.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from ledger.encoding import encode_entry
from ledger.errors import LedgerError
from ledger.store import Store, log_id_of
from tests import servers
from tests.served import ORIGIN, SIGNED, ask, at, login, raw, role_of, run, told
from tests.servers import Server, database_in
from tests.stored import KEY, dressed, night, record, signed

NIGHT = night(claims=240)
SIZE = len(NIGHT)
LOG = log_id_of(ORIGIN)
STATEMENT = next(entry.index for entry in NIGHT if entry.word == "statement")
CLAIM = next(entry.index for entry in NIGHT if entry.word == "claim")
Made = Callable[[], str]

UNGUARDED = "ALTER TABLE claims.{0} DISABLE TRIGGER USER"
GUARDED = "ALTER TABLE claims.{0} ENABLE ALWAYS TRIGGER {0}_{1}"


def behind_its_guards(table: str, *statements: str) -> tuple[str, ...]:
    """Statements that the guards of a table do not see, since they are off for that long."""
    back = [GUARDED.format(table, event) for event in ("insert", "update", "delete", "truncate")]
    return (UNGUARDED.format(table), *statements, "SET CONSTRAINTS ALL IMMEDIATE", *back)


FORGED = encode_entry(dressed(NIGHT[STATEMENT])[0]).replace(b'"reported"', b'"declined"')
assert encode_entry(dressed(NIGHT[STATEMENT])[0]) != FORGED
ANY = "'\\x7b7d'"
HIDDEN = 'CREATE POLICY hidden ON claims.entries AS RESTRICTIVE FOR SELECT USING ("index" <> 5)'

# What is done to the rows, and what is said of them afterwards.
ROWS: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "a leaf is none": (
        behind_its_guards("entries", f'UPDATE claims.entries SET leaf = {ANY} WHERE "index" = 5'),
        ["entry 5: leaf: is of format None", "entry 5: tile/0/000: has another hash than its leaf"],
    ),
    "a leaf says something else": (
        behind_its_guards(
            "entries", f"UPDATE claims.entries SET leaf = '\\x{FORGED.hex()}' WHERE \"index\" = {STATEMENT}"
        ),
        [f"entry {STATEMENT}: tile/0/000: has another hash than its leaf"],
    ),
    "a column differs from its leaf": (
        behind_its_guards("entries", "UPDATE claims.entries SET recorded = recorded + '1 s' WHERE \"index\" = 5"),
        ["entry 5: column recorded: differs from its leaf"],
    ),
    "a key is taken away": (
        behind_its_guards("entries", f'UPDATE claims.entries SET "key" = NULL WHERE "index" = {STATEMENT}'),
        [f"entry {STATEMENT}: column key: differs from its leaf"],
    ),
    "the type of the leaf is changed on the way": (
        (
            "ALTER TABLE claims.entries ALTER COLUMN leaf TYPE bytea "
            f'USING CASE "index" WHEN 5 THEN {ANY} ELSE leaf END',
        ),
        ["entry 5: leaf: is of format None", "entry 5: tile/0/000: has another hash than its leaf"],
    ),
    "a content is changed on the way": (
        ("ALTER TABLE claims.contents ALTER COLUMN content TYPE bytea USING set_byte(content, 12, 120)",),
        ["entry 1: content name: "],
    ),
    "the end is cut off": (
        (
            *(UNGUARDED.format(table) for table in ("entries", "links", "contents")),
            *(f'DELETE FROM claims.{each} WHERE "index" >= 250' for each in ("links", "contents", "names", "words")),
            'DELETE FROM claims.entries WHERE "index" >= 250',
        ),
        [
            f"checkpoint of size {SIGNED}: is of more entries than the ledger has, 250: it was cut off",
            "schema: trigger",
        ],
    ),
    "an entry is missing in the middle": (
        (
            *(UNGUARDED.format(table) for table in ("entries", "links", "contents")),
            *(f'DELETE FROM claims.{each} WHERE "index" = {STATEMENT}' for each in ("links", "contents", "entries")),
        ),
        [f"entry {STATEMENT + 1}: index: is not the next one"],
    ),
    "a link is missing": (
        behind_its_guards(
            "links", f"DELETE FROM claims.links WHERE \"index\" = {STATEMENT} AND role = 'statement.claim'"
        ),
        [f"entry {STATEMENT}: link statement.claim to {CLAIM}: is missing"],
    ),
    "a link is in no leaf": (
        behind_its_guards("links", f"INSERT INTO claims.links VALUES ({LOG}, 'hold.claim', 9, 4)"),
        ["entry 4: link hold.claim to 9: is not in its leaf"],
    ),
    "a content is missing": (
        behind_its_guards("contents", 'DELETE FROM claims.contents WHERE "index" = 1'),
        ["entry 1: content name: is missing"],
    ),
    "a content is in no leaf": (
        behind_its_guards("contents", f"INSERT INTO claims.contents VALUES ({LOG}, 0, 'note', {ANY})"),
        ["entry 0: content note: is not in its leaf"],
    ),
    "a tile is another": (
        behind_its_guards(
            "tiles", "UPDATE claims.tiles SET hashes = set_byte(hashes, 32 * 5, 1 + get_byte(hashes, 161))"
        ),
        ["entry 5: tile/0/000: has another hash than its leaf"],
    ),
    "a checkpoint is another": (
        behind_its_guards("checkpoints", "UPDATE claims.checkpoints SET size = size - 1"),
        [f"checkpoint of size {SIGNED - 1}: column size: differs from its note"],
    ),
    "an edge is missing": (("DELETE FROM claims.edges WHERE level = 0",), [": tile/0/001.p/"]),
    "a voice is louder": (("UPDATE claims.voices SET signs = '-'",), ["column signs: differs from its leaf"]),
    "a tally is missing": (
        (f"DELETE FROM claims.tallies WHERE claim = {CLAIM}",),
        [f"entry {CLAIM}: tally: is missing"],
    ),
    "a name is another's": (
        ('UPDATE claims.names SET "index" = "index" + 1 WHERE kind = \'story\'',),
        ["entry 4: name story 'story 4': is missing", "entry 5: name story 'story 4': follows from no entry"],
    ),
    "words are others": (
        ("UPDATE claims.words SET tokens = 'other:1' WHERE \"index\" = 5",),
        ["entry 5: words of name: column tokens: differs from its leaf"],
    ),
    "an erasure is of nothing": ((f"INSERT INTO claims.erasures VALUES ({LOG}, 5)",), ["entry 5: redacted, erasure"]),
    "rows stand in an inherited table": (
        (
            "CREATE TABLE claims.more () INHERITS (claims.entries)",
            "INSERT INTO claims.more SELECT log_id, 1000, leaf, kind, recorded, recorder, NULL "
            'FROM ONLY claims.entries WHERE "index" = 5',
        ),
        [
            "schema: table entries: differs from what the migrations make",
            "schema: table more: is none of the ledger's own",
            "entry 1000: index: is not the next one",
        ],
    ),
    "rows are changed from above, where no guard of theirs is asked": (
        (
            'CREATE TABLE claims.above (log_id bigint NOT NULL, kind text COLLATE "C" NOT NULL)',
            "ALTER TABLE claims.entries INHERIT claims.above",
            "UPDATE claims.above SET kind = 'hold' WHERE kind = 'opening'",
            "ALTER TABLE claims.entries NO INHERIT claims.above",
            "DROP TABLE claims.above",
        ),
        ["entry 0: column kind: differs from its leaf (expected opening, got hold)"],
    ),
    "another table stands in the place of the entries": (
        (
            "CREATE TABLE claims.others (LIKE claims.entries INCLUDING ALL)",
            'INSERT INTO claims.others SELECT * FROM claims.entries WHERE "index" < 8',
            "ALTER TABLE claims.entries RENAME TO hidden",
            "ALTER TABLE claims.others RENAME TO entries",
        ),
        [
            "schema: trigger entries.entries_update: is missing",
            "schema: policy entries.own_log: is missing",
            "schema: table hidden: is none of the ledger's own",
            f"checkpoint of size {SIGNED}: is of more entries than the ledger has, 8",
        ],
    ),
    "a view stands in the place of the entries": (
        (
            "ALTER TABLE claims.entries RENAME TO hidden",
            'CREATE VIEW claims.entries AS SELECT * FROM claims.hidden WHERE "index" < 8',
        ),
        ["schema: relation entries: is none of the ledger's own", "schema: table entries: is missing"],
    ),
}


@pytest.mark.parametrize("attack", ROWS)
def test_what_an_owner_does_to_the_rows_is_named(url: str, owner: str, attack: str) -> None:
    statements, expected = ROWS[attack]
    run(owner, *statements)
    found = told(url, [KEY.verifier])
    for each in expected:
        assert any(each in problem for problem in found), (each, found)


def test_a_reader_of_the_log_is_told_the_same(url: str, owner: str, postgresql: Server) -> None:
    reader = login(postgresql, url, "claims_reader", role_of(ORIGIN))
    assert told(reader, [KEY.verifier]) == []
    run(owner, *ROWS["a leaf is none"][0], HIDDEN.replace("<> 5", "<> 9"))
    found = told(reader)
    assert "schema: policy entries.hidden: is none of the ledger's own" in found
    assert any(problem.startswith("entry 5: leaf: is of format None") for problem in found)
    assert any(problem.startswith("entry 10: index: is not the next one") for problem in found)


def test_a_history_that_was_rewritten_as_a_whole_is_not_the_one_that_was_signed(
    url: str, migrated_database: Made
) -> None:
    """Every row follows from the forged leaves: only the checkpoint tells."""
    forged = night(claims=241)
    made = migrated_database()
    with Store.create(at(made)) as store:
        record(store, forged)
        with store.writing() as writer:
            writer.keep_checkpoint(SIZE, signed(forged, SIZE))
    with raw(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for table in ("entries", "links", "contents", "tiles"):
            connection.execute(UNGUARDED.format(table).encode())
        for table in ("entries", "links", "contents", "tiles", "names", "words", "voices", "tallies", "edges"):
            connection.execute(f"DELETE FROM claims.{table}".encode())
            with raw(made) as source:
                found = source.execute(f"SELECT * FROM claims.{table}".encode()).fetchall()
                columns = ", ".join(["%s"] * len(found[0]))
            connection.cursor().executemany(f"INSERT INTO claims.{table} VALUES ({columns})".encode(), found)
        for table in ("entries", "links", "contents", "tiles"):
            for statement in behind_its_guards(table)[1:]:
                connection.execute(statement.encode())
    assert told(url) == told(url, [KEY.verifier])
    [problem] = told(url)
    assert problem.startswith(f"checkpoint of size {SIGNED}: is of another history than these entries make")


# What the server lets pass.


@pytest.mark.parametrize(
    ("change", "whose"),
    [
        ("ALTER DATABASE {database} SET session_replication_role = replica", "database"),
        ("ALTER ROLE {role} SET session_replication_role = replica", "role {role}"),
        ("ALTER ROLE {role} IN DATABASE {database} SET session_replication_role = local", "role {role}"),
    ],
)
def test_a_setting_that_puts_guards_to_sleep_is_named(url: str, postgresql: Server, change: str, whose: str) -> None:
    names = {"database": database_in(url), "role": postgresql.make_role()}
    run(url, change.format(**names))
    [problem] = told(url)
    postgresql.drop_role(names["role"])
    assert problem.startswith(f"server: {whose.format(**names)}: is set to session_replication_role=")
    assert problem.endswith("which lets guards be passed")


def test_a_session_that_replicates_itself_is_named(url: str) -> None:
    [problem] = told(f"{url}?options=-csession_replication_role%3Dreplica")
    assert problem == "server: client: is set to session_replication_role=replica, which lets guards be passed"


def test_who_replicates_is_held_to_no_foreign_key_and_that_is_seen(url: str) -> None:
    run(
        url,
        f"INSERT INTO claims.contents VALUES ({LOG}, {SIZE}, 'note', '\\x00')",
        f"INSERT INTO claims.links VALUES ({LOG}, 'hold.claim', 9, {SIZE})",
        settings=["session_replication_role = replica"],
    )
    assert sorted(told(url)) == [
        f"entry {SIZE}: content note: stands without its entry",
        f"entry {SIZE}: link hold.claim: stands without its entry",
    ]


def test_what_a_subscription_writes_passes_the_guards_and_is_named() -> None:
    """What comes from another server asks no trigger that stands for a whole statement."""
    server = servers.own(settings=["wal_level=logical"])
    try:
        here, there = server.fresh_database(), server.fresh_database()
        with Store.create(at(here)) as store:
            record(store, NIGHT[:8])
        run(there, "CREATE SCHEMA claims", "CREATE TABLE claims.entries (log_id bigint, index bigint, kind text)")
        run(there, "ALTER TABLE claims.entries ADD PRIMARY KEY (log_id, index)")
        run(there, f"INSERT INTO claims.entries VALUES ({LOG}, 5, 'source')", "CREATE PUBLICATION p FOR ALL TABLES")
        ask(there, "SELECT pg_create_logical_replication_slot('s', 'pgoutput')")
        assert told(here) == []
        with raw(here) as connection:
            opened = f"CONNECTION '{there}' PUBLICATION p WITH (create_slot = false, slot_name = s, copy_data = false)"
            connection.execute(f"CREATE SUBSCRIPTION desk {opened}".encode())
            assert "server: subscription desk: writes into entries, past its guards" in told(here)
            run(there, "UPDATE claims.entries SET kind = 'hold'")
            _until(lambda: ask(here, 'SELECT kind FROM claims.entries WHERE "index" = 5') == [("hold",)])
            assert "entry 5: column kind: differs from its leaf (expected source, got hold)" in told(here)
            connection.execute("DROP SUBSCRIPTION desk")
        assert [problem for problem in told(here) if problem.startswith("server: ")] == []
    finally:
        server.stop()


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("COMMENT ON SCHEMA claims IS NULL", "is another program's database"),
        ("DROP TABLE claims.alembic_version", "is another program's database"),
        ("ALTER SCHEMA claims RENAME TO hidden", "is another program's database"),
    ],
)
def test_a_schema_in_ruins_is_told_of_in_one_line(url: str, owner: str, change: str, why: str) -> None:
    run(url if "SCHEMA" in change else owner, change)
    with pytest.raises(LedgerError, match=why) as caught:
        told(url)
    assert "\n" not in caught.value.message
    assert caught.value.next


@pytest.mark.parametrize(
    "table", ["voices", "words", "tiles", "edges", "checkpoints", "erasures", "names", "links", "entries"]
)
def test_a_table_that_is_gone_is_named_and_the_rest_is_checked(url: str, owner: str, table: str) -> None:
    run(owner, f"DROP TABLE claims.{table} CASCADE", "UPDATE claims.tallies SET audible = 77")
    found = told(url)
    assert f"schema: table {table}: is missing" in found
    assert any("cannot be read: relation" in problem for problem in found)
    if table not in ("entries", "links", "erasures", "voices"):
        assert any("tally: column audible: differs from its leaf" in problem for problem in found)
