"""Who may do what on a server: readers, writers, redactors and owners, and the desks of two logs in one database.

Everybody here is a user of their own, in roles that `claims init --roles` made; nobody but `url` is a superuser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from ledger.book import Ledger
from ledger.errors import Contended, LedgerError, Misused, Unavailable
from ledger.store import Store, check, log_id_of
from ledger.store.migrating import HEAD
from ledger.store.postgres.wiping import NOT_OWNER
from ledger.tlog import Checkpoint, Signer
from ledger.vocabulary import Access, Role
from tests import servers
from tests.ledgers import redacted
from tests.served import (
    GRANTED,
    ORIGIN,
    OTHER,
    ask,
    at,
    dump,
    login,
    of_log,
    raw,
    role_of,
    roles_forgotten,
    rows,
    run,
    told,
)
from tests.servers import OwnServer, Server, database_in
from tests.shell import SECOND, STORY, Shell
from tests.stored import KEY, PEOPLE, SEARCHED, TABLES, employed, night, record, root, signed

NIGHT = night(claims=240)
BEGUN = len(NIGHT) - 1
"""The log without its last entry, a redaction."""
OURS, THEIRS = log_id_of(ORIGIN), log_id_of(OTHER)
THIRD = "example.org/third"
EVERY = (*TABLES, *SEARCHED)
REGISTERS = ("voices", "tallies", "edges")
Made = Callable[[], str]


@dataclass(frozen=True)
class Desks:
    """A database with two logs, by the superuser and by users of the first desk; `other` writes at the second."""

    url: str
    reader: str
    writer: str
    redactor: str
    owner: str
    other: str


@pytest.fixture(scope="module")
def original(postgresql: Server, migrated_database: Made) -> Iterator[str]:
    with roles_forgotten(postgresql, ORIGIN, OTHER, THIRD):
        url = migrated_database()
        for origin in (ORIGIN, OTHER):
            entries = of_log(NIGHT, origin)[:BEGUN]
            with Store.create(at(url, origin)) as store:
                record(store, entries)
                store.make_roles()
                employed(store)
                with store.writing() as writer:
                    note = Checkpoint(origin, BEGUN, root(entries)).sign(Signer(origin, bytes(32)))
                    writer.keep_checkpoint(BEGUN, note)
        run(url, f"INSERT INTO claims.erasures VALUES ({OURS}, 9), ({THEIRS}, 9)", "ANALYZE")
        yield url


@pytest.fixture
def desks(original: str, postgresql: Server) -> Iterator[Desks]:
    url = postgresql.fresh_database(template=database_in(original))
    run(url, "DELETE FROM claims.erasures")
    ours = role_of(ORIGIN)
    names = {each: login(postgresql, url, f"claims_{each}", ours) for each in ("reader", "writer", "redactor", "owner")}
    yield Desks(url, **names, other=login(postgresql, url, "claims_writer", role_of(OTHER)))
    postgresql.drop(url)


@pytest.fixture(scope="module")
def shared(original: str, postgresql: Server) -> Desks:
    """The same, where nothing is ever changed."""
    ours = role_of(ORIGIN)
    names = {
        each: login(postgresql, original, f"claims_{each}", ours) for each in ("reader", "writer", "redactor", "owner")
    }
    return Desks(original, **names, other=login(postgresql, original, "claims_writer", role_of(OTHER)))


def refusal(act: Callable[[], object]) -> str:
    """The one line that the act is refused with, and the next step."""
    with pytest.raises(LedgerError) as caught:
        act()
    assert "\n" not in caught.value.message
    assert caught.value.next
    assert caught.value.exit_code == 3
    return f"{caught.value.message}\n{caught.value.next}"


# Through the product.


@pytest.mark.parametrize("who", ["reader", "writer", "redactor", "owner"])
def test_whoever_may_read_reads_and_verifies_their_own_log(shared: Desks, who: str) -> None:
    with Store.open(at(getattr(shared, who)), read_only=True) as store:
        with store.reading() as reader:
            assert reader.size == BEGUN
            assert next(reader.search("number"), None) is not None
            assert dict(reader.voices)
        assert [str(each) for each in check(store, [KEY.verifier])] == [
            "entry 9: redacted, erasure pending: the bytes may still be on the disk"
        ]


def test_a_reader_writes_nothing(desks: Desks) -> None:
    before = dump(desks.url)
    with Store.open(at(desks.reader)) as store:
        assert "you may not do that there (permission denied for table" in refusal(lambda: record(store, NIGHT))
    assert dump(desks.url) == before


def test_a_writer_records_and_redacts_nothing(desks: Desks) -> None:
    with Store.open(at(desks.writer)) as store:
        record(store, [*NIGHT[:BEGUN], *of_log(night(claims=243, redacts=False), ORIGIN)[BEGUN:]])
        with store.writing() as writer:
            writer.keep_checkpoint(BEGUN, signed(NIGHT, BEGUN, KEY))
        assert check(store, [KEY.verifier]) == []


def test_a_redaction_by_a_writer_is_refused_as_a_whole(desks: Desks) -> None:
    before = dump(desks.url)
    with Store.open(at(desks.writer)) as store:
        told_so = refusal(lambda: record(store, NIGHT))
    assert "you may not do that there (permission denied for table contents)" in told_so
    assert "claims init --roles" in told_so
    assert dump(desks.url) == before


def test_a_redactor_redacts_and_the_owner_wipes(desks: Desks) -> None:
    with Store.open(at(desks.redactor)) as store:
        record(store, NIGHT)
        assert store.wipe() == NOT_OWNER
        [pending] = check(store, [KEY.verifier])
        assert str(pending).startswith(f"entry {BEGUN}: redacted, erasure pending")
    [(index, part)] = redacted(NIGHT)
    assert ask(
        desks.url, f'SELECT part FROM claims.contents WHERE log_id = {OURS} AND "index" = {index} ORDER BY part'
    ) == [(each,) for each in ("note", "quote") if each != part.value]
    with Store.open(at(desks.owner)) as store:
        assert store.wipe() == ""
        assert check(store, [KEY.verifier]) == []
    assert told(desks.url, log=OTHER) == told(desks.other, log=OTHER)


def test_a_desk_that_may_write_begins_its_log_where_the_schema_is(desks: Desks, postgresql: Server) -> None:
    with Store.create(at(desks.url, THIRD)) as store:
        store.make_roles()
    third = login(postgresql, desks.url, "claims_writer", role_of(THIRD))
    with Store.create(at(third, THIRD)) as store:
        record(store, of_log(NIGHT, THIRD)[:9])
    assert told(third, log=THIRD) == []
    assert told(desks.url, log=ORIGIN) == []


def test_a_desk_begins_no_log_of_another(desks: Desks) -> None:
    before = dump(desks.url)
    with Store.create(at(desks.writer, THIRD)) as store:
        told_so = refusal(lambda: record(store, of_log(NIGHT, THIRD)[:9]))
    assert "you may not do that there (new row violates row-level security policy" in told_so
    assert dump(desks.url) == before


def test_the_log_of_another_desk_is_not_there_and_is_not_named(shared: Desks) -> None:
    with Store.open(at(shared.writer, OTHER)) as store:
        told_so = refusal(store.require_log)
    assert f"there is no log {OTHER} here; there are: {ORIGIN}\n" in told_so
    with Store.open(at(shared.writer, None)) as store, store.reading() as reader:
        assert reader.log_id == OURS
    with Store.open(at(shared.other, None)) as store, store.reading() as reader:
        assert reader.log_id == THEIRS
    with pytest.raises(Misused, match="has more than one log: "):
        Store.open(at(shared.owner, None))


@pytest.mark.parametrize(
    ("roles", "why"),
    [
        ((), "you may not do that there (permission denied for schema claims)"),
        ((role_of(ORIGIN),), "you may not do that there (permission denied for schema claims)"),
        (("claims_writer",), "there is no log example.org/desk here; there are: none that you may see"),
        (("claims_reader", role_of(OTHER)), f"there is no log {ORIGIN} here; there are: {OTHER}"),
    ],
)
def test_who_lacks_a_role_is_told_so(shared: Desks, postgresql: Server, roles: tuple[str, ...], why: str) -> None:
    url = login(postgresql, shared.url, *roles)

    def look() -> None:
        with Store.open(at(url)) as store:
            store.require_log()

    assert why in refusal(look)


def test_who_does_not_inherit_has_no_rights(shared: Desks, postgresql: Server) -> None:
    url = login(postgresql, shared.url, "claims_writer", role_of(ORIGIN), options="LOGIN NOINHERIT")
    assert "permission denied for schema claims" in refusal(lambda: Store.open(at(url)))


def test_a_migration_that_is_done_asks_for_no_right_and_another_is_the_owners(desks: Desks) -> None:
    assert Store.migrate(desks.writer) == (HEAD, HEAD)
    run(desks.url, "UPDATE claims.alembic_version SET version_num = '0003'")
    before = dump(desks.url)
    for who in (desks.reader, desks.writer, desks.redactor):
        assert "you may not do that there (permission denied to set role" in refusal(lambda who=who: Store.migrate(who))
    assert dump(desks.url) == before
    run(
        desks.url,
        "DROP TABLE claims.erasures, claims.people, claims.sessions, claims.tokens, claims.accesses",
        "DROP FUNCTION claims.accesses_insert()",
        "DROP TRIGGER contents_delete ON claims.contents",
        "DROP FUNCTION claims.contents_delete()",
        "CREATE TRIGGER contents_delete BEFORE DELETE ON claims.contents FOR EACH STATEMENT "
        "EXECUTE FUNCTION claims.refuse('deleted')",
    )
    assert Store.migrate(desks.owner) == ("0003", HEAD)
    assert told(desks.url) == []
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'claims'"
    assert ask(desks.url, owners) == [("claims_owner",)]


# By hand: what a desk can see and do of another's log.


@pytest.mark.parametrize("who", ["reader", "writer", "redactor"])
@pytest.mark.parametrize("table", EVERY)
def test_no_row_of_another_log_is_seen(shared: Desks, table: str, who: str) -> None:
    assert ask(shared.url, f"SELECT count(*) > 0 FROM claims.{table} WHERE log_id = {THEIRS}") == [(True,)]
    with raw(getattr(shared, who)) as connection:
        assert {row[0] for row in rows(connection, table)} == {OURS}
        with connection.cursor().copy(f"COPY claims.{table} TO STDOUT".encode()) as copy:
            assert {row[0] for row in copy.rows()} == {str(OURS)}
        assert connection.execute(f"TABLE claims.{table} LIMIT 0".encode()).fetchall() == []
        hinted = "SELECT count(*) FROM pg_stats WHERE schemaname = 'claims' AND tablename = %s"
        assert connection.execute(hinted, [table]).fetchone() == (0,)


def test_no_function_of_ones_own_is_shown_the_rows_of_another(shared: Desks) -> None:
    seen: list[str] = []
    with raw(shared.writer) as connection:
        connection.add_notice_handler(lambda notice: seen.append(str(notice.message_primary)))
        connection.execute(
            "CREATE FUNCTION pg_temp.shown(bigint, bytea) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS "
            "$$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$"
        )
        connection.execute("SELECT count(*) FROM claims.contents WHERE pg_temp.shown(log_id, content)")
    assert set(seen) == {str(OURS)}


TO_THEM = {
    table: f"INSERT INTO claims.{table} SELECT (jsonb_populate_record(t, '{{\"log_id\": {THEIRS}}}')).* "
    f"FROM claims.{table} AS t"
    for table in (*EVERY, *PEOPLE)
}


@pytest.mark.parametrize("who", ["writer", "redactor"])
@pytest.mark.parametrize("table", EVERY)
def test_no_row_is_put_into_another_log(shared: Desks, table: str, who: str) -> None:
    before = dump(shared.url)
    why = "violates row-level security policy"
    if (table, who) == ("erasures", "writer"):
        why = "permission denied for table erasures"
    with raw(getattr(shared, who)) as connection:
        for more in ("", " ON CONFLICT DO NOTHING"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match=why):
                connection.execute((TO_THEM[table] + more).encode())
        if table in REGISTERS:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match=why):
                connection.execute(f"UPDATE claims.{table} SET log_id = {THEIRS}".encode())
    assert dump(shared.url) == before


@pytest.mark.parametrize("table", PEOPLE)
def test_who_works_at_a_desk_is_seen_by_its_host_alone(shared: Desks, postgresql: Server, table: str) -> None:
    assert ask(shared.url, f"SELECT count(DISTINCT log_id) FROM claims.{table}") == [(2,)]
    for who in (shared.reader, shared.writer, shared.redactor, shared.other):
        with raw(who) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            rows(connection, table)
    host = login(postgresql, shared.url, "claims_host", role_of(ORIGIN))
    before = dump(shared.url)
    with raw(host) as connection:
        assert {row[0] for row in rows(connection, table)} == {OURS}
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            rows(connection, "entries")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="violates row-level security policy"):
            connection.execute(TO_THEM[table].encode())
        if table != "accesses":
            assert connection.execute(f"DELETE FROM claims.{table} WHERE log_id = {THEIRS}".encode()).rowcount == 0
    assert dump(shared.url) == before


def test_a_web_desk_has_the_rights_of_a_redactor_and_a_host(desks: Desks, postgresql: Server) -> None:
    url = login(postgresql, desks.url, "claims_redactor", "claims_host", role_of(ORIGIN))
    with Ledger.open(at(url), recorder="Ana") as ledger:
        ledger.people.add_person("Bo", "correct horse battery", [Role.FACT_CHECKER])
        person = ledger.people.sign_in("bo", "correct horse battery").person
        assert person.name == "Bo"
        assert [each.kind for each in ledger.people.accesses(limit=2)] == [Access.SIGNED_IN, Access.ADDED]
    with Ledger.open(at(desks.writer), recorder="Ana") as ledger:
        assert "permission denied for table people" in refusal(lambda: ledger.people.sign_in("bo", "x"))


@pytest.mark.parametrize("who", ["writer", "redactor"])
def test_no_row_of_another_log_is_changed_or_deleted(desks: Desks, who: str) -> None:
    run(desks.url, f"INSERT INTO claims.erasures VALUES ({THEIRS}, 9)")
    before = dump(desks.url)
    may_delete = {"writer": set(REGISTERS), "redactor": {*REGISTERS, "contents", "names", "words", "erasures"}}[who]
    with raw(getattr(desks, who)) as connection:
        for table in EVERY:
            for verb, allowed in (
                (f"DELETE FROM claims.{table} WHERE log_id = {THEIRS}", table in may_delete),
                (f"UPDATE claims.{table} SET log_id = log_id WHERE log_id = {THEIRS}", table in REGISTERS),
                (f"SELECT * FROM claims.{table} WHERE log_id = {THEIRS} FOR UPDATE", table in REGISTERS),
                (f"TRUNCATE claims.{table}", False),
                (f"ALTER TABLE claims.{table} DISABLE ROW LEVEL SECURITY", False),
                (f"LOCK TABLE claims.{table} IN SHARE MODE", table in may_delete),
            ):
                with connection.transaction(force_rollback=True):
                    if allowed:
                        assert connection.execute(verb.encode()).rowcount in (0, -1)
                        continue
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(verb.encode())
    assert dump(desks.url) == before


@pytest.mark.parametrize("who", ["reader", "writer", "redactor"])
@pytest.mark.parametrize(
    "attempt",
    [
        "SET ROLE claims_owner",
        f"SET ROLE {role_of(OTHER)}",
        "SET SESSION AUTHORIZATION claims_owner",
        f"GRANT {role_of(OTHER)} TO CURRENT_USER",
        "SET session_replication_role = replica",
        "SET row_security = off; SELECT * FROM claims.entries",
        "CREATE TABLE claims.mine (note text)",
        "CREATE OR REPLACE FUNCTION claims.own_logs() RETURNS bigint[] LANGUAGE sql AS 'SELECT NULL::bigint[]'",
        f"CREATE ROLE {role_of(OTHER)}0",
        "CREATE TRIGGER mine BEFORE INSERT ON claims.entries EXECUTE FUNCTION claims.refuse('mine')",
        "INSERT INTO claims.alembic_version VALUES ('9999')",
        "DELETE FROM claims.alembic_version",
    ],
)
def test_nobody_becomes_somebody_else(shared: Desks, attempt: str, who: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(getattr(shared, who), *attempt.split("; "))


@pytest.mark.parametrize("role", ["claims_writer", role_of(ORIGIN)])
def test_half_of_ones_roles_is_no_way_round_the_other_half(shared: Desks, role: str) -> None:
    with raw(shared.writer) as connection:
        connection.execute(f"SET ROLE {role}".encode())
        try:
            assert rows(connection, "entries") == []
        except psycopg.errors.InsufficientPrivilege:
            assert role == role_of(ORIGIN)


@pytest.mark.parametrize(
    "hold",
    [f"SELECT pg_advisory_xact_lock({THEIRS})", "LOCK TABLE claims.edges IN ACCESS EXCLUSIVE MODE"],
    ids=["the lock of their log", "a table of all"],
)
def test_who_keeps_another_desk_waiting_is_told_of_and_breaks_nothing(desks: Desks, hold: str) -> None:
    """What the server cannot refuse: any lock may be held. The other desk is told after its patience, and goes on."""
    theirs = of_log(NIGHT, OTHER)
    more = [*theirs[:BEGUN], *of_log(night(claims=243, redacts=False), OTHER)[BEGUN : BEGUN + 2]]
    with Store.open(at(desks.other, OTHER), patience=0.2) as store:
        with raw(desks.writer) as connection, connection.transaction():
            connection.execute(hold.encode())
            with pytest.raises(Contended, match="is locked"):
                record(store, more)
        record(store, more)
        assert check(store) == []


# Making the roles.


def test_roles_are_made_twice_and_stay(desks: Desks) -> None:
    with Store.open(at(desks.url)) as store:
        assert store.make_roles() == (*GRANTED, role_of(ORIGIN))
    with Store.open(at(desks.owner, OTHER)) as store:
        assert store.make_roles() == (*GRANTED, role_of(OTHER))
    assert told(desks.reader) == []


@pytest.mark.parametrize("who", ["reader", "writer", "redactor"])
def test_roles_are_not_made_by_who_may_not(desks: Desks, who: str) -> None:
    before = ask(desks.url, "SELECT rolname FROM pg_roles ORDER BY 1")
    with Store.open(at(getattr(desks, who))) as store:
        assert "you may not do that there" in refusal(store.make_roles)
    assert ask(desks.url, "SELECT rolname FROM pg_roles ORDER BY 1") == before


def test_a_file_has_no_roles(tmp_path: Path) -> None:
    with Store.create(tmp_path / "claims.db") as store:
        record(store, NIGHT[:9])
        with pytest.raises(Misused, match="is a file, and who may do what is up to its folder"):
            store.make_roles()


def test_roles_of_many_logs_are_made_at_once(desks: Desks) -> None:
    origins = [f"desk-{number}.example/log" for number in range(4)]

    def make(origin: str) -> tuple[str, ...]:
        with Store.create(at(desks.url, origin)) as store:
            return store.make_roles()

    try:
        with ThreadPoolExecutor(4) as workers:
            made = [each.result() for each in [workers.submit(make, origin) for origin in origins]]
        assert made == [(*GRANTED, role_of(origin)) for origin in origins]
    finally:
        run(desks.url, *(f"DROP ROLE IF EXISTS {role_of(origin)}" for origin in origins))


@pytest.fixture(scope="module", params=["installed", "embedded"])
def bare(request: pytest.FixtureRequest) -> Iterator[OwnServer]:
    """A server that no ledger was ever on."""
    own = servers.own(of=servers.named(request.param))
    yield own
    own.stop()


def test_names_of_whatever_letters(bare: OwnServer) -> None:
    role, name = 'o\'wner 100%s "x"', "the desk's 100%s {x} ä"
    quoted = [name.replace('"', '""') for name in (role, name)]
    with raw(bare.superuser_url) as connection:
        connection.execute(f'CREATE ROLE "{quoted[0]}" LOGIN CREATEROLE'.encode())
        made = f'CREATE DATABASE "{quoted[1]}" OWNER "{quoted[0]}" TEMPLATE template0 ENCODING \'UTF8\''
        connection.execute(made.encode())
    url = bare.url(quote(name), user=role)
    with roles_forgotten(bare, ORIGIN), Store.create(at(url)) as store:
        record(store, NIGHT[:9])
        run(
            bare.url(quote(name)),
            "UPDATE claims.alembic_version SET version_num = '0003'",
            "DROP TABLE claims.erasures",
        )
        with pytest.raises(
            Unavailable, match="contents_delete"
        ):  # it is there already, so the owner got as far as that
            Store.migrate(bare.url(quote(name)))
        assert ask(url, "SELECT version_num FROM claims.alembic_version") == [("0003",)]
        run(url, "CREATE TABLE claims.erasures (log_id bigint, index bigint)")
        assert store.make_roles() == (*GRANTED, role_of(ORIGIN))


def test_a_schema_is_made_by_who_may(bare: OwnServer) -> None:
    url = bare.fresh_database()
    stranger = bare.url(database_in(url), user=bare.make_role())
    for act in (lambda: Store.create(at(stranger)), lambda: Store.migrate(stranger)):
        assert "you may not do that there (permission denied for database" in refusal(act)
    assert ask(url, "SELECT count(*) FROM pg_namespace WHERE nspname = 'claims'") == [(0,)]


def test_roles_are_made_by_the_owner_of_a_database_who_is_no_superuser(
    bare: OwnServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a hosted server gives one: CREATEROLE, and a database of one's own."""
    admin = bare.make_role(options="LOGIN CREATEROLE")
    url = bare.fresh_database()
    run(url, f"ALTER DATABASE {database_in(url)} OWNER TO {admin}")
    mine = bare.url(database_in(url), user=admin)
    shell = Shell(tmp_path, monkeypatch)
    where = ("--ledger", mine, "--log", ORIGIN)
    made = shell.ok("init", "--roles", "--zone", "Europe/Paris", *where)
    assert made.out.splitlines()[-1] == f"roles: {', '.join((*GRANTED, role_of(ORIGIN)))}"
    assert f"GRANT claims_writer, {role_of(ORIGIN)} TO SOMEBODY" in made.err
    assert shell.ok("init", "--roles", "--json", *where).json["roles"] == [*GRANTED, role_of(ORIGIN)]
    by = ("--by", "Reuters", "--by-kind", "agency", "--said", "2017-04-20 22:30", "--story", STORY)
    shell.ok("report", SECOND, *by, *where)
    writer = bare.make_role()
    run(mine, f"GRANT claims_writer, {role_of(ORIGIN)} TO {writer}")
    at_desk = ("--ledger", bare.url(database_in(url), user=writer), "--log", ORIGIN)
    shell.ok("deny", SECOND, *by, *at_desk)
    assert len(shell.ok("board", "--all", "--json", *at_desk).json) == 1
    assert shell.ok("verify", *at_desk).out.rstrip().endswith("no difference")
    refused = shell("init", "--roles", *at_desk)
    assert refused.code == 3
    assert "you may not do that there" in refused.err
    shell.ok("migrate", "--ledger", mine)
    stranger = ("--ledger", bare.url(database_in(url), user=bare.make_role()), "--log", ORIGIN)
    for command in (("board",), ("verify",), ("report", SECOND, *by), ("migrate",)):
        done = shell(*command, *(stranger[:2] if command == ("migrate",) else stranger))
        assert done.code == 3
        assert done.err.splitlines()[0].startswith("claims: ledger: postgresql://")
        assert "you may not do that there (permission denied for schema claims)" in done.err
    with pytest.raises(Unavailable, match="you may not do that there"):
        Store.create(at(stranger[1], "example.org/new"))
