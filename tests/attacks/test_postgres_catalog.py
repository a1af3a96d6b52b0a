"""What the owner of the tables, or of the server, can do to the schema in spite of every guard: `check` names it.

Each attack is done in a transaction, `check` looks at what it has come to there, and it is undone. Those of the owner
are done by a member of `claims_owner` who is no superuser. What is done to the rows: `test_postgres_owners.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext, suppress

import psycopg
import pytest

from ledger.store import Store, check
from tests.served import ORIGIN, at, login, raw, role_of, run, told
from tests.servers import Server
from tests.stored import KEY

NOTHING = "BEGIN RETURN NULL; END"
SWALLOW = f"CREATE FUNCTION public.swallow() RETURNS trigger LANGUAGE plpgsql AS '{NOTHING}'"
DIFFERS = "differs from what the migrations make"
FOREIGN = "is none of the ledger's own"
MISSING = "is missing"

# What is done to the schema, and the problem that names it.
SCHEMA: dict[str, tuple[str, str]] = {
    "a guard is off": (
        "ALTER TABLE claims.entries DISABLE TRIGGER entries_update",
        f"trigger entries.entries_update: {DIFFERS}",
    ),
    "a guard is not for replicas": (
        "ALTER TABLE claims.links ENABLE TRIGGER links_delete",
        f"trigger links.links_delete: {DIFFERS}",
    ),
    "a guard is for replicas": (
        "ALTER TABLE claims.tiles ENABLE REPLICA TRIGGER tiles_delete",
        f"trigger tiles.tiles_delete: {DIFFERS}",
    ),
    "a guard is gone": (
        "DROP TRIGGER contents_delete ON claims.contents",
        f"trigger contents.contents_delete: {MISSING}",
    ),
    "a guard has another name": (
        "ALTER TRIGGER entries_update ON claims.entries RENAME TO a_guard",
        f"trigger entries.a_guard: {FOREIGN}",
    ),
    "a guard looks at some columns": (
        "CREATE OR REPLACE TRIGGER entries_update BEFORE UPDATE OF kind ON claims.entries FOR EACH STATEMENT "
        "EXECUTE FUNCTION claims.refuse('changed') ;; ALTER TABLE claims.entries ENABLE ALWAYS TRIGGER entries_update",
        f"trigger entries.entries_update: {DIFFERS}",
    ),
    "a guard has a condition": (
        "CREATE OR REPLACE TRIGGER entries_delete BEFORE DELETE ON claims.entries FOR EACH STATEMENT WHEN (false) "
        "EXECUTE FUNCTION claims.refuse('deleted') ;; ALTER TABLE claims.entries ENABLE ALWAYS TRIGGER entries_delete",
        f"trigger entries.entries_delete: {DIFFERS}",
    ),
    "a guard asks another function": (
        f"{SWALLOW} ;; CREATE OR REPLACE TRIGGER entries_delete BEFORE DELETE ON claims.entries FOR EACH STATEMENT "
        "EXECUTE FUNCTION public.swallow() ;; ALTER TABLE claims.entries ENABLE ALWAYS TRIGGER entries_delete",
        f"trigger entries.entries_delete: {DIFFERS}",
    ),
    "a guard says nothing": (
        f"CREATE OR REPLACE FUNCTION claims.refuse() RETURNS trigger LANGUAGE plpgsql "
        f"SET search_path = pg_catalog, pg_temp AS '{NOTHING}'",
        f"function refuse(): {DIFFERS}",
    ),
    "a guard has the rights of its owner": (
        "ALTER FUNCTION claims.contents_delete() SECURITY DEFINER",
        f"function contents_delete(): {DIFFERS}",
    ),
    "a guard is led astray": (
        "ALTER FUNCTION claims.entries_insert() SET search_path = public, claims",
        f"function entries_insert(): {DIFFERS}",
    ),
    "a guard has no path": (
        "ALTER FUNCTION claims.entries_insert() RESET search_path",
        f"function entries_insert(): {DIFFERS}",
    ),
    "every log is one's own": (
        "CREATE OR REPLACE FUNCTION claims.own_logs() RETURNS bigint[] LANGUAGE sql STABLE "
        "SET search_path = pg_catalog, pg_temp AS 'SELECT array_agg(DISTINCT log_id) FROM claims.entries'",
        f"function own_logs(): {DIFFERS}",
    ),
    "a function of the same name": (
        "CREATE FUNCTION claims.own_logs(text) RETURNS bigint[] LANGUAGE sql AS 'SELECT NULL::bigint[]'",
        f"function own_logs(text): {FOREIGN}",
    ),
    "a trigger more": (
        f"{SWALLOW} ;; CREATE TRIGGER quietly BEFORE INSERT ON claims.contents "
        "FOR EACH ROW EXECUTE FUNCTION public.swallow()",
        f"trigger contents.quietly: {FOREIGN}",
    ),
    "a rule": (
        "CREATE RULE quietly AS ON INSERT TO claims.entries DO INSTEAD NOTHING",
        f"rule entries.quietly: {FOREIGN}",
    ),
    "a rule for what is found": (
        "CREATE RULE quietly AS ON DELETE TO claims.erasures DO INSTEAD NOTHING",
        f"rule erasures.quietly: {FOREIGN}",
    ),
    "every desk sees every log": (
        "ALTER TABLE claims.contents DISABLE ROW LEVEL SECURITY",
        f"table contents: {DIFFERS}",
    ),
    "the owner sees less too": ("ALTER TABLE claims.entries FORCE ROW LEVEL SECURITY", f"table entries: {DIFFERS}"),
    "a policy lets everybody see": (
        "ALTER POLICY own_log ON claims.names USING (true)",
        f"policy names.own_log: {DIFFERS}",
    ),
    "a policy lets everybody write": (
        "ALTER POLICY own_log ON claims.entries WITH CHECK (true)",
        f"policy entries.own_log: {DIFFERS}",
    ),
    "a policy is for some": (
        "ALTER POLICY own_log ON claims.links TO claims_reader",
        f"policy links.own_log: {DIFFERS}",
    ),
    "a policy hides rows": (
        'CREATE POLICY hidden ON claims.entries AS RESTRICTIVE FOR SELECT USING ("index" <> 5)',
        f"policy entries.hidden: {FOREIGN}",
    ),
    "a table is lost in a crash": ("ALTER TABLE claims.voices SET UNLOGGED", f"table voices: {DIFFERS}"),
    "a table inherits": (
        "CREATE TABLE public.above (log_id bigint NOT NULL) ;; ALTER TABLE claims.entries INHERIT public.above",
        f"table entries: {DIFFERS}",
    ),
    "a column of another type": (
        "ALTER TABLE claims.tallies ALTER COLUMN audible TYPE bigint",
        f"column tallies.audible: {DIFFERS}",
    ),
    "a column of a type in the way": (
        "CREATE DOMAIN claims.bytea AS pg_catalog.bytea ;; "
        "ALTER TABLE claims.entries ALTER COLUMN leaf TYPE claims.bytea",
        f"column entries.leaf: {DIFFERS}",
    ),
    "a column of another order": (
        'ALTER TABLE claims.entries ALTER COLUMN kind TYPE text COLLATE "POSIX"',
        f"column entries.kind: {DIFFERS}",
    ),
    "a column that may be empty": (
        "ALTER TABLE claims.entries ALTER COLUMN leaf DROP NOT NULL",
        f"column entries.leaf: {DIFFERS}",
    ),
    "a column that fills itself": (
        "ALTER TABLE claims.entries ALTER COLUMN kind SET DEFAULT 'hold'",
        f"column entries.kind: {DIFFERS}",
    ),
    "a column more": ("ALTER TABLE claims.entries ADD COLUMN note text", f"column entries.note: {FOREIGN}"),
    "a column of the version": (
        "ALTER TABLE claims.alembic_version ADD COLUMN note text",
        f"column alembic_version.note: {FOREIGN}",
    ),
    "no foreign key": (
        "ALTER TABLE claims.links DROP CONSTRAINT links_entry",
        f"constraint links.links_entry: {MISSING}",
    ),
    "a foreign key that is not looked at": (
        "ALTER TABLE claims.links DROP CONSTRAINT links_entry ;; ALTER TABLE claims.links ADD CONSTRAINT links_entry "
        'FOREIGN KEY (log_id, "index") REFERENCES claims.entries (log_id, "index") '
        "DEFERRABLE INITIALLY DEFERRED NOT VALID",
        f"constraint links.links_entry: {DIFFERS}",
    ),
    "a foreign key that deletes": (
        "ALTER TABLE claims.links DROP CONSTRAINT links_entry ;; ALTER TABLE claims.links ADD CONSTRAINT links_entry "
        'FOREIGN KEY (log_id, "index") REFERENCES claims.entries (log_id, "index") ON DELETE CASCADE '
        "DEFERRABLE INITIALLY DEFERRED",
        "trigger entries.RI_FKey_cascade_del of links_entry: is none",
    ),
    "no unique key": (
        "ALTER TABLE claims.entries DROP CONSTRAINT entries_key",
        f"constraint entries.entries_key: {MISSING}",
    ),
    "no primary key": ("ALTER TABLE claims.tiles DROP CONSTRAINT tiles_pkey", f"index tiles_pkey: {MISSING}"),
    "a check": (
        'ALTER TABLE claims.entries ADD CONSTRAINT short CHECK ("index" < 1000)',
        f"constraint entries.short: {FOREIGN}",
    ),
    "no index": ("DROP INDEX claims.entries_recorded", f"index entries_recorded: {MISSING}"),
    "an index of a part": (
        "DROP INDEX claims.entries_kind ;; "
        'CREATE INDEX entries_kind ON claims.entries (log_id, kind, "index") WHERE "index" < 9',
        f"index entries_kind: {DIFFERS}",
    ),
    "a unique index more": ("CREATE UNIQUE INDEX once ON claims.entries (leaf)", f"index once: {FOREIGN}"),
    "a sequence": ("CREATE SEQUENCE claims.next_index", f"relation next_index: {FOREIGN}"),
    "a view": ("CREATE VIEW claims.all_logs AS SELECT * FROM claims.entries", f"relation all_logs: {FOREIGN}"),
    "a table that goes by the name of the version": (
        "CREATE TABLE claims.alembic_version_2 (note text)",
        f"table alembic_version_2: {FOREIGN}",
    ),
    "an operator in the way": (
        "CREATE FUNCTION public.never(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT false' ;; "
        "CREATE OPERATOR claims.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = public.never)",
        f"operator claims.=(bigint,bigint): {FOREIGN}",
    ),
    "a type": ("CREATE TYPE claims.kind AS ENUM ('hold')", f"type claims.kind: {FOREIGN}"),
}
BY_SUPERUSER: dict[str, tuple[str, str]] = {
    "an index is given up": (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'claims.entries_kind'::regclass",
        f"index entries_kind: {DIFFERS}",
    ),
    "the foreign keys are off": (
        "ALTER TABLE claims.links DISABLE TRIGGER ALL",
        f"trigger links.RI_FKey_check_ins of links_entry: {DIFFERS}",
    ),
}


class Undone(Exception):
    """Takes back what a transaction did."""


def told_after(store: Store, monkeypatch: pytest.MonkeyPatch, *statements: str) -> list[str]:
    """What `check` says once these statements were run, in the transaction that they are run in."""
    found: list[str] = []
    with suppress(Undone), store.transaction(writing=True) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        with monkeypatch.context() as patch:
            patch.setattr(store, "transaction", lambda: nullcontext(connection))
            found += [str(problem) for problem in check(store)]
        raise Undone
    return found


@pytest.fixture(scope="module")
def attackers(original: str, postgresql: Server) -> Iterator[dict[str, Store]]:
    run(original, "GRANT CREATE ON SCHEMA public TO claims_owner")
    owner = login(postgresql, original, "claims_owner", role_of(ORIGIN))
    with Store.open(at(owner)) as as_owner, Store.open(at(original)) as as_superuser:
        yield {"owner": as_owner, "superuser": as_superuser}


@pytest.mark.parametrize("attack", SCHEMA)
def test_what_an_owner_does_to_the_schema_is_named(
    attackers: dict[str, Store], monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    statements, expected = SCHEMA[attack]
    found = told_after(attackers["owner"], monkeypatch, *statements.split(" ;; "))
    assert any(problem.startswith(f"schema: {expected}") for problem in found), found


@pytest.mark.parametrize("attack", BY_SUPERUSER)
def test_what_a_superuser_does_to_the_schema_is_named(
    attackers: dict[str, Store], monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    statements, expected = BY_SUPERUSER[attack]
    found = told_after(attackers["superuser"], monkeypatch, *statements.split(" ;; "))
    assert any(problem.startswith(f"schema: {expected}") for problem in found), found


def test_nobody_but_the_owner_does_any_of_it(original: str, postgresql: Server) -> None:
    for role in ("claims_redactor", "claims_writer", "claims_reader"):
        desk = login(postgresql, original, role, role_of(ORIGIN))
        passed = []
        with raw(desk) as connection:
            for attack, (statements, _) in SCHEMA.items():
                try:
                    with connection.transaction(force_rollback=True):
                        for statement in statements.split(" ;; "):
                            if "public." not in statement:
                                connection.execute(statement.encode())
                                passed.append(attack)
                except psycopg.errors.InsufficientPrivilege:
                    continue
        assert passed == []
    assert told(original, [KEY.verifier]) == []
