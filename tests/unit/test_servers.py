"""The servers of the tests start, are killed, come back, and leave nothing; where there is none, that shows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests import servers
from tests.servers import ADDRESS, NoServer, OwnServer, Server
from tests.shell import ROOT

FORGOTTEN = """
import sys, time
from tests import servers
server = servers.own()
print(server.process.pid, server.folder, flush=True)
time.sleep(60)
"""


def asked(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
    return None if row is None else row[0]


@pytest.fixture(scope="module", params=["installed", "embedded"])
def own(request: pytest.FixtureRequest) -> Iterator[OwnServer]:
    server = servers.own(of=servers.named(request.param))
    yield server
    server.stop()
    assert not server.folder.exists()


def test_a_new_database_answers_in_utf8(own: OwnServer) -> None:
    url = own.fresh_database()
    assert str(asked(url, "SELECT version()")).startswith(f"PostgreSQL {own.version() // 10000}.")
    assert asked(url, "SHOW server_encoding") == "UTF8"
    assert asked(url, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == 0
    own.drop(url)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_a_database_is_made_after_another_and_apart_from_it(own: OwnServer) -> None:
    first = own.fresh_database()
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE kept (word text)")
    second = own.fresh_database(template=servers.database_in(first))
    with psycopg.connect(second) as connection:
        connection.execute("INSERT INTO kept VALUES ('second')")
    assert [asked(url, "SELECT count(*) FROM kept") for url in (first, second)] == [0, 1]


def test_a_database_that_sorts_as_a_language_does(own: OwnServer) -> None:
    languages = asked(own.superuser_url, "SELECT count(*) FROM pg_collation WHERE collname = 'en-x-icu'")
    if not languages:
        with pytest.raises(NoServer, match="ICU is not supported"):
            own.fresh_database(collation="en-US")
        return
    url = own.fresh_database(collation="en-US")
    assert asked(url, "SELECT 'a' < 'B' AND NOT 'a' < 'B' COLLATE \"C\"") is True


def test_a_role_connects_with_what_stands_in_its_address(own: OwnServer) -> None:
    url, role = own.fresh_database(), own.make_role(password="a secret: 'x/y@z'")
    address = own.url(servers.database_in(url), user=role, password="a secret: 'x/y@z'")
    assert asked(address, "SELECT current_user") == role
    with psycopg.connect(address) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE ROLE another")
    own.drop(url)
    own.drop_role(role)


def test_a_killed_server_comes_back_with_what_was_committed(own: OwnServer) -> None:
    url = own.fresh_database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
    with psycopg.connect(url) as connection:
        assert own.process is not None
        pid = own.process.pid
        own.kill()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    own.restart()
    assert own.process is not None
    assert own.process.pid != pid
    assert asked(url, "SELECT count(*) FROM kept") == 0
    own.restart()
    assert asked(url, "SELECT count(*) FROM kept") == 0


@pytest.mark.parametrize("durable", [True, False])
def test_a_durable_server_waits_for_the_disk(durable: bool) -> None:
    server = servers.own(durable=durable, settings=["max_connections=7"])
    try:
        told = [
            asked(server.superuser_url, f"SHOW {each}") for each in ("fsync", "full_page_writes", "max_connections")
        ]
    finally:
        server.stop()
    assert told == [*(["on"] * 2 if durable else ["off"] * 2), "7"]


def test_nothing_is_left_of_a_server_whose_owner_is_killed() -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", FORGOTTEN], env=env, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid, folder = owner.stdout.readline().split()
        assert Path(folder).is_dir()
        owner.send_signal(signal.SIGKILL)
    end = time.monotonic() + 20
    while Path(folder).exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not Path(folder).exists()
    with suppress(OSError):
        assert ") Z " in Path(f"/proc/{pid}/stat").read_text()


def test_a_server_that_somebody_else_runs_is_left_as_it_was(postgresql: Server) -> None:
    before = asked(postgresql.superuser_url, "SELECT array_agg(datname ORDER BY datname) FROM pg_database")
    with servers.running(environ={ADDRESS: postgresql.superuser_url}) as server:
        assert type(server) is Server
        url, role = server.fresh_database(), server.make_role()
        assert asked(server.url(servers.database_in(url), user=role), "SELECT 1") == 1
    assert asked(postgresql.superuser_url, "SELECT array_agg(datname ORDER BY datname) FROM pg_database") == before
    assert asked(postgresql.superuser_url, f"SELECT count(*) FROM pg_roles WHERE rolname = '{role}'") == 0


def test_the_server_that_is_named_and_does_not_answer_is_not_replaced_by_another() -> None:
    environ = {ADDRESS: "postgresql://claims@127.0.0.1:1/postgres"}
    with pytest.raises(NoServer, match=f"the server in {ADDRESS} does not answer"), servers.running(environ=environ):
        pass


def test_a_user_who_is_no_superuser_is_refused(postgresql: Server) -> None:
    address = postgresql.url("postgres", user=postgresql.make_role())
    with pytest.raises(NoServer, match="no superuser"):
        servers.serving(address)


@pytest.mark.parametrize("flaw", ["broken", "missing interpreter"])
def test_programs_that_do_not_work_are_told_of(flaw: str) -> None:
    shell = "/bin/sh" if flaw == "broken" else "/nowhere/sh"
    with tempfile.TemporaryDirectory(dir=servers.open_to_all()) as name:
        folder = Path(name)
        folder.chmod(0o755)
        for program in ("initdb", "postgres"):
            (folder / program).write_text(f"#!{shell}\necho it is broken\nexit 1\n")
            (folder / program).chmod(0o755)
        found = servers.Programs.at(folder)
        assert found is not None
        with pytest.raises(NoServer, match=r"initdb (failed: it is broken|cannot be run: No such file)"):
            servers.own(of=found)


def test_without_a_server_every_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "programs", list)
    with pytest.raises(NoServer, match=f"^{ADDRESS} names none, and there are no server's programs"):
        servers.own()


def test_without_a_server_a_test_is_skipped_but_fails_under_ci() -> None:
    with pytest.raises(pytest.skip.Exception, match=r"^postgresql: not run: none here$"):
        servers.give_up(NoServer("none here"), {})
    with pytest.raises(pytest.fail.Exception, match=r"^postgresql: not run: none here$"):
        servers.give_up(NoServer("none here"), {"CI": "true"})
