"""Whatever keeps a log on a server from being read or written is told in one line, with the next step."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg
import pytest

from ledger.errors import Contended, LedgerError, Lost, Outdated, Unavailable
from ledger.store import Store, check
from tests import servers
from tests.refusals import AGAIN, NAME, PASSWORD, PORT, RIGHTS, SECRET, USER, refusal, secretly, through_the_shell
from tests.served import ORIGIN, ask, at, dump, login, raw, roles_forgotten, run
from tests.servers import OwnServer, Server, database_in
from tests.shell import SECOND, STORY, Shell
from tests.stored import append, night, record

NIGHT = night()
BEGUN = 14
CLAIM = next(entry.index for entry in NIGHT if entry.word == "claim")
Made = Callable[[], str]


@pytest.fixture(autouse=True)
def _no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGPASSWORD", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE", "CLAIMS_LOG", "CLAIMS_FILES"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def original(postgresql: Server, migrated_database: Made) -> str:
    url = migrated_database()
    with Store.create(at(url)) as store:
        record(store, NIGHT[:BEGUN])
    return url


@pytest.fixture
def url(original: str, postgresql: Server) -> str:
    return postgresql.fresh_database(template=database_in(original))


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch)


# A real server, and what is wrong with the user or the database.


def test_a_database_that_is_not_there(postgresql: Server, shell: Shell) -> None:
    url = secretly(postgresql.url("no_such_desk"))
    told = refusal(lambda: Store.open(url))
    assert 'database "no_such_desk" does not exist' in told
    assert told.endswith(f"\n{NAME}")
    through_the_shell(shell, 3, "init", "--origin", ORIGIN, "--ledger", url)


def test_a_user_who_is_not_there(url: str, postgresql: Server, shell: Shell) -> None:
    stranger = secretly(postgresql.url(database_in(url), user="nobody at all"))
    told = refusal(lambda: Store.open(stranger))
    assert 'role "nobody at all" does not exist' in told
    assert told.endswith(f"\n{USER}")
    through_the_shell(shell, 3, "board", "--ledger", stranger)


@pytest.mark.parametrize(
    ("change", "why", "step", "kind"),
    [
        ("ALTER ROLE {role} NOLOGIN", "is not permitted to log in", "a role that may log in", Unavailable),
        (
            "REVOKE CONNECT ON DATABASE {database} FROM PUBLIC",
            "permission denied for database",
            "GRANT CONNECT",
            Unavailable,
        ),
        ("ALTER DATABASE {database} CONNECTION LIMIT 0", "too many connections for database", AGAIN, Contended),
        ("ALTER ROLE {role} CONNECTION LIMIT 0", "too many connections for role", AGAIN, Contended),
        ("SELECT 1", "you may not do that there (permission denied for schema claims)", RIGHTS, Unavailable),
        (
            "GRANT USAGE ON SCHEMA claims TO {role}",
            "you may not do that there (permission denied for table",
            RIGHTS,
            Unavailable,
        ),
    ],
)
def test_a_user_who_is_not_let_in(
    url: str, postgresql: Server, shell: Shell, change: str, why: str, step: str, kind: type[LedgerError]
) -> None:
    user = login(postgresql, url)
    names = {"database": database_in(url), "role": user.partition("://")[2].partition("@")[0]}
    run(url, change.format(**names))
    before = dump(url)
    told = refusal(lambda: Store.open(at(secretly(user))), kind)
    assert why in told
    assert step in told
    through_the_shell(shell, 3, "board", "--ledger", secretly(user), "--log", ORIGIN)
    assert dump(url) == before


@pytest.fixture(scope="module")
def guarded() -> Iterator[tuple[OwnServer, str]]:
    """A server of our own that asks everybody but its superuser for a password."""
    with ExitStack() as stack:
        try:
            own = servers.own()
        except servers.NoServer as why:
            servers.give_up(why, os.environ)
        stack.callback(own.stop)
        user = own.make_role(password=SECRET)
        database = database_in(own.fresh_database())
        run(own.superuser_url, f"GRANT CREATE ON DATABASE {database} TO {user}")
        lines = ["host all claims all trust", f"host {database} {user} all scram-sha-256"]
        (own.data / "pg_hba.conf").write_text("\n".join(lines) + "\n")
        run(own.superuser_url, "SELECT pg_reload_conf()")
        yield own, own.url(database, user=user)


def test_a_password(guarded: tuple[OwnServer, str], shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    own, url = guarded
    user = url.partition("://")[2].partition("@")[0]
    _until(lambda: "no password" in _connecting(url))
    for wrong in (url.replace("@", ":wr0ng@"), f"{url}?password=wr0ng"):
        told = refusal(lambda wrong=wrong: Store.open(wrong))
        assert f'password authentication failed for user "{user}"' in told
        assert told.endswith(f"\n{PASSWORD}")
        assert "wr0ng" not in told
        assert "wr0ng" not in "".join(through_the_shell(shell, 3, "board", "--ledger", wrong))
    assert "no password supplied" in refusal(lambda: Store.open(url))
    for right in (own.url(database_in(url), user=user, password=SECRET), f"{url}?password=s3cret-P%C3%A4ssword"):
        done = shell("init", "--origin", ORIGIN, "--ledger", right)
        assert SECRET not in done.out + done.err
        assert done.code in (0, 1)
        shown = shell.ok("verify", "--ledger", right)
        assert SECRET not in shown.out + shown.err
    monkeypatch.setenv("PGPASSWORD", SECRET)
    assert Store.migrate(url)[0] is not None
    elsewhere = own.url("postgres", user=user)
    assert refusal(lambda: Store.open(elsewhere)).endswith("a line in the server's pg_hba.conf")


def _connecting(url: str) -> str:
    try:
        psycopg.connect(url).close()
    except psycopg.Error as error:
        return str(error)
    return ""


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_of_another_encoding(postgresql: Server, shell: Shell, encoding: str) -> None:
    url = postgresql.fresh_database()
    postgresql.drop(url)
    name = database_in(url)
    run_alone(postgresql, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")
    try:
        told = refusal(lambda: Store.create(url, log=ORIGIN))
        assert f": the database is encoded in {encoding}\nmake one in UTF8: createdb -E UTF8" in told
        through_the_shell(shell, 3, "init", "--origin", ORIGIN, "--ledger", url)
        assert ask(url, "SELECT nspname FROM pg_namespace WHERE nspname = 'claims'") == []
    finally:
        postgresql.drop(url)


def run_alone(server: Server, statement: str) -> None:
    with raw(server.superuser_url) as connection:
        connection.execute(statement.encode())


@pytest.fixture
def roles(postgresql: Server) -> Iterator[None]:
    with roles_forgotten(postgresql, ORIGIN):
        yield


@pytest.mark.usefixtures("roles")
def test_no_command_shows_a_password(migrated_database: Made, shell: Shell) -> None:
    """Where all goes well; what goes wrong is held to the same by every test here."""
    url, origin = secretly(migrated_database()), ("--origin", "example.org/desk")
    by = ("--by", "Reuters", "--by-kind", "agency", "--said", "2017-04-20 22:30", "--story", STORY)
    for command in (
        ("init", *origin, "--roles"),
        ("report", SECOND, *by),
        ("board", "--all"),
        ("why", SECOND),
        ("log",),
        ("todo",),
        ("search", "officer"),
        ("source", "list"),
        ("key", "new", "--keys", "keys"),
        ("checkpoint", "--keys", "keys"),
        ("publish", "public", "--keys", "keys"),
        ("verify", "--keys", "keys"),
        ("export", "csv", "csv"),
        ("backup", "copy"),
        ("erase",),
        ("migrate",),
    ):
        for more in ((), ("--json",)):
            done = shell(*command, *more, "--ledger", url)
            assert done.code in (0, 1), (command, done)
            assert SECRET not in done.out + done.err, command
    again = secretly(migrated_database())
    done = shell("restore", "copy", "--ledger", again)
    assert (done.code, SECRET in done.out + done.err) == (0, False), done
    written = [path for folder in ("keys", "public", "csv", "copy") for path in (shell.folder / folder).rglob("*")]
    assert [path for path in written if path.is_file() and SECRET.encode() in path.read_bytes()] == []
    assert len(written) > 8


# What is in the database.

THERE = "SELECT nspname, relname FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace ORDER BY 1, 2"
FOREIGN = [
    "CREATE TABLE public.users (name text)",
    "CREATE SCHEMA shop; CREATE TABLE shop.orders (number bigint)",
    "CREATE VIEW public.nothing AS SELECT 1",
    "CREATE MATERIALIZED VIEW public.nothing AS SELECT 1",
    "CREATE TABLE public.parts (n int) PARTITION BY LIST (n)",
    "CREATE SCHEMA claims",
    "CREATE SCHEMA claims; CREATE TABLE claims.alembic_version (version_num text)",
    "CREATE SCHEMA claims; COMMENT ON SCHEMA claims IS 'insurance'",
]


@pytest.mark.parametrize("statements", FOREIGN)
def test_the_database_of_another_program(postgresql: Server, shell: Shell, statements: str) -> None:
    url = postgresql.fresh_database()
    run(url, *statements.split("; "))
    before = ask(url, THERE)
    step = "check its name; a ledger wants a database of its own: createdb NAME"
    assert refusal(lambda: Store.open(url)) == f"ledger: {url}: is another program's database\n{step}"
    assert refusal(lambda: Store.migrate(url)) == f"ledger: {url}: is another program's database\n{step}"
    told = refusal(lambda: Store.create(url, log=ORIGIN))
    assert told == f"ledger: {url}: is another program's database\n{step}"
    through_the_shell(shell, 3, "board", "--ledger", url)
    through_the_shell(shell, 3, "migrate", "--ledger", url)
    through_the_shell(shell, 3, "init", "--origin", ORIGIN, "--ledger", url)
    assert ask(url, THERE) == before


def test_an_empty_database(postgresql: Server, shell: Shell) -> None:
    url = postgresql.fresh_database()
    before = ask(url, THERE)
    told = refusal(lambda: Store.open(secretly(url)))
    assert told == f"ledger: {url}: there is no ledger here\nmake one with `claims init --ledger {url}`"
    through_the_shell(shell, 3, "board", "--ledger", url)
    assert ask(url, THERE) == before


def test_a_schema_without_a_log(migrated_database: Made, shell: Shell) -> None:
    url = migrated_database()
    lines = through_the_shell(shell, 3, "board", "--ledger", url)
    assert lines == [
        f"claims: ledger: {url}: there is no log here; there are: none that you may see",
        f"next: ask the owner of the database for the role of your log, or make it with `claims init --ledger {url}`",
    ]
    lines = through_the_shell(shell, 3, "board", "--ledger", url, "--log", ORIGIN)
    assert lines[1].endswith(f"role of your log, or make it with `claims init --ledger {url} --log {ORIGIN}`")


def test_a_schema_of_another_version(url: str, shell: Shell) -> None:
    for version, line in (
        ("0099", "has schema 0099, which is newer than this version's 0005"),
        ("0002", "has the older schema 0002"),
    ):
        run(url, f"UPDATE claims.alembic_version SET version_num = '{version}'")
        before = dump(url)
        for command in (("board",), ("verify",), ("hold", "5"), ("init", "--origin", "example.org/new")):
            assert through_the_shell(shell, 3, *command, "--ledger", url)[0] == f"claims: ledger: {url}: {line}"
        assert dump(url) == before
    with pytest.raises(Outdated):
        Store.open(url)


def test_without_the_driver(url: str, monkeypatch: pytest.MonkeyPatch, shell: Shell) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    lines = through_the_shell(shell, 3, "board", "--ledger", secretly(url))
    assert lines[0] == "claims: ledger: PostgreSQL needs its driver, which is not installed"
    assert lines[1] == "next: pip install 'retraction-ledger[postgres]'"


# Settings of somebody else's.


@pytest.mark.parametrize(
    "setting",
    [
        "datestyle = 'German'",
        "datestyle = 'SQL, DMY'",
        "timezone = 'Asia/Kathmandu'",
        "bytea_output = 'escape'",
        "quote_all_identifiers = on",
        "standard_conforming_strings = off",
        "default_transaction_isolation = 'serializable'",
        "default_transaction_deferrable = on",
        "search_path = 'nowhere'",
        "row_security = off",
        "client_encoding = 'LATIN1'",
        "synchronous_commit = off",
        "client_min_messages = debug5",
        "plpgsql.variable_conflict = 'use_variable'",
        "check_function_bodies = off",
        "lock_timeout = 1",
    ],
)
def test_settings_of_the_database_change_nothing(url: str, setting: str) -> None:
    run_here = f"ALTER DATABASE {database_in(url)} SET {setting}"
    run(url, run_here)
    with Store.open(at(url)) as store:
        record(store, NIGHT)
        assert check(store) == []
        with store.reading() as reader:
            assert reader.entry(5).recorded.tzinfo is not None
            assert (reader.size, next(reader.search("source-5"), None) is None) == (len(NIGHT), False)
        with store.transaction(writing=True) as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
            assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"


@pytest.mark.parametrize(
    ("setting", "why", "kind"),
    [
        (
            "default_transaction_read_only = on",
            "the server takes no writes: it is a standby, or set to read only",
            Unavailable,
        ),
        ("statement_timeout = 1", "the server gave it up: its time was over", Unavailable),
    ],
)
def test_settings_that_forbid_it(url: str, shell: Shell, setting: str, why: str, kind: type[LedgerError]) -> None:
    before = dump(url)
    run(url, f"ALTER DATABASE {database_in(url)} SET {setting}")

    def write() -> None:
        with Store.open(at(url)) as store:
            record(store, NIGHT)

    assert why in refusal(write, kind)
    lines = through_the_shell(shell, 3, "hold", str(CLAIM), "--ledger", url)
    assert why in lines[0]
    with raw(url, "statement_timeout = 0", "default_transaction_read_only = off") as connection:
        connection.execute(f"ALTER DATABASE {database_in(url)} RESET ALL".encode())
    assert dump(url) == before


def test_who_thinks_for_too_long_is_told_that_nothing_was_written(url: str) -> None:
    run(url, f"ALTER DATABASE {database_in(url)} SET idle_in_transaction_session_timeout = 100")
    before = dump(url)

    def write() -> None:
        with Store.open(at(url)) as store, store.writing() as writer:
            append(writer, NIGHT)
            time.sleep(0.5)

    assert "the server broke off" in refusal(write, Lost)
    assert dump(url) == before


def test_a_session_that_is_ended_meanwhile(url: str) -> None:
    before = dump(url)
    with Store.open(at(url)) as store:

        def write() -> None:
            with store.writing() as writer:
                append(writer, NIGHT)
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s"
                with raw(url) as connection:
                    connection.execute(others, [database_in(url), connection.info.backend_pid])

        assert "the server broke off" in refusal(write, Lost)
        assert dump(url) == before
        record(store, NIGHT)
        assert check(store) == []


def test_a_server_that_goes_and_comes_back(shell: Shell) -> None:
    with ExitStack() as stack:
        own = servers.own()
        stack.callback(own.stop)
        url = own.fresh_database()
        with Store.create(at(url)) as store:
            record(store, NIGHT[:BEGUN])

            def write() -> None:
                with store.writing() as writer:
                    append(writer, NIGHT)
                    own.kill()

            assert "the server broke off" in refusal(write, Lost)
            assert refusal(lambda: record(store, NIGHT), Contended).endswith(f"\n{PORT}")
            through_the_shell(shell, 3, "board", "--ledger", url)
            own.restart()
            record(store, NIGHT)
            assert check(store) == []


class Standby(OwnServer):
    """A server that follows another which never speaks; it may be read."""

    def _answers(self) -> bool:
        with suppress(FileNotFoundError, IndexError):
            state = (self.data / "postmaster.pid").read_text().splitlines()[7].strip()
            return state == "standby" or super()._answers()
        return False


def test_a_standby_is_read_and_not_written_to(shell: Shell) -> None:
    with ExitStack() as stack:
        own = Standby(servers.programs()[0])
        stack.callback(own.stop)
        own.start()
        url = own.fresh_database()
        with Store.create(at(url)) as store:
            record(store, NIGHT)
        (own.data / "standby.signal").touch(mode=0o644)
        own.restart()
        with Store.open(at(url)) as store:
            assert check(store) == []
            told = refusal(lambda: record(store, [*NIGHT, *night(claims=9)[len(NIGHT) :]]))
        assert "the server takes no writes: it is a standby, or set to read only" in told
        assert told.endswith("\ngive the URL of the primary")
        shell.ok("verify", "--ledger", url)
        through_the_shell(shell, 3, "hold", str(CLAIM), "--ledger", url)
        for command in (("init", "--origin", "example.org/new"), ("init", "--origin", ORIGIN, "--roles")):
            through_the_shell(shell, 3, *command, "--ledger", url)
        assert ask(url, "SELECT count(*) FROM claims.entries") == [(len(NIGHT),)]


class AtASocket(OwnServer):
    """A server that listens in its own folder too."""

    def _begin(self, command, **more):  # type: ignore[no-untyped-def]
        here = [f"{each}{self.folder}" if each == "unix_socket_directories=" else each for each in command]
        return super()._begin(here, **more)


def test_a_server_at_a_socket(shell: Shell) -> None:
    with ExitStack() as stack:
        own = AtASocket(servers.programs()[0])
        stack.callback(own.stop)
        own.start()
        name = database_in(own.fresh_database())
        folder = str(own.folder)
        for place in (
            f"postgresql:///{name}?host={folder}&port={own.port}&user=claims",
            f"postgresql://claims@{folder.replace('/', '%2F')}:{own.port}/{name}",
            f"postgresql://claims:{SECRET}@/{name}?host={folder}&port={own.port}&application_name=night%20desk",
        ):
            made = shell("init", "--origin", ORIGIN, "--zone", "UTC", "--ledger", place)
            assert made.code in (0, 1), made
            assert "no difference" in shell.ok("verify", "--ledger", place).out
            shown = shell.ok("log", "--ledger", place)
            assert SECRET not in shown.out + shown.err
