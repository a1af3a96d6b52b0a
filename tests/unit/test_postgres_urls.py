"""The address of a log on a server, and what answers there: told in one line, with the next step, and no password."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.errors import Contended, LedgerError, Lost, Misused, Unavailable
from ledger.store import Store, locate
from tests.impostors import Answer, listening, of_version, refusing, saying, silent
from tests.refusals import AGAIN, ASKED, HOST, NAME, PASSWORD, PORT, SECRET, USER, refusal, through_the_shell
from tests.served import ORIGIN
from tests.shell import Shell


@pytest.fixture(autouse=True)
def _no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGPASSWORD", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE", "CLAIMS_LOG", "CLAIMS_FILES"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch)


# The address itself: nobody is asked.


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ana:{SECRET}/x@desk.example/claims",
        f"postgresql://ana:{SECRET}?x@desk.example/claims",
        f"postgresql://ana:{SECRET}#x@desk.example/claims",
        f"postgresql://ana:{SECRET}@x@desk.example/claims",
        f"postgresql://ana:{SECRET}%@desk.example/claims",
        f"postgresql://ana:{SECRET}%zz@desk.example/claims",
        f"postgresql://ana:{SECRET}%00@desk.example/claims",
        f"postgresql://ana:12/{SECRET}@desk.example/claims",
        f"postgresql://ana:12?{SECRET}@desk.example/claims",
        f"postgresql://ana:12?a={SECRET}@desk.example/claims",
        f"postgresql://ana:12#{SECRET}@desk.example/claims",
        f"postgresql://ana:{SECRET}@desk.example:port/claims",
        f"postgresql://ana:{SECRET}@desk.example:0/claims",
        f"postgresql://ana:{SECRET}@desk.example:99999/claims",
        f"postgresql://ana:{SECRET}@[::1/claims",
        f"postgresql://desk.example/claims?password={SECRET}&more",
        f"postgresql://desk.example/claims?password=a&{SECRET}",
        f"postgresql://desk.example/claims?password={SECRET}&x%zz=1",
        f"postgres://ana:{SECRET}@desk.example",
        f"postgresql+psycopg://ana:{SECRET}@desk.example/",
        f"postgresql://?password={SECRET}",
    ],
)
def test_an_address_that_is_none(url: str, shell: Shell) -> None:
    told = refusal(lambda: locate(url), Misused)
    assert "is no URL" in told or "names no database" in told
    assert refusal(lambda: Store.open(url), Misused) == told
    assert through_the_shell(shell, 2, "board", "--ledger", url)[0] == f"claims: {told.splitlines()[0]}"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("?colour=red", 'invalid URI query parameter: "colour"'),
        ("?user=ana&user%20name=ana", 'invalid URI query parameter: "user name"'),
    ],
)
def test_an_option_that_the_driver_does_not_know(more: str, why: str, shell: Shell) -> None:
    url = f"postgresql://ana:{SECRET}@127.0.0.1:1/claims{more}"
    shown = url.replace(f":{SECRET}", "")
    assert refusal(lambda: Store.open(url), Misused) == (
        f"ledger: {shown}: is no URL: {why}\ncheck what stands after the ? in it"
    )
    through_the_shell(shell, 2, "board", "--ledger", url)


@pytest.mark.parametrize("scheme", ["mysql", "http", "postgresql+asyncpg", "sqlite3"])
def test_another_kind_of_database(scheme: str, shell: Shell) -> None:
    lines = through_the_shell(shell, 2, "board", "--ledger", f"{scheme}://ana:{SECRET}@desk.example/claims")
    assert lines[0] == f"claims: ledger: {scheme}: is neither SQLite nor PostgreSQL"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql://ana:{SECRET}@desk.example/claims", "postgresql://ana@desk.example/claims"),
        (f"postgres://ana:{SECRET}@[::1]:5432/claims", "postgresql://ana@[::1]:5432/claims"),
        (f"postgresql://a:{SECRET}@one:1,two:2/claims?target_session_attrs=primary", None),
        (f"postgresql:///claims?host=/run/x&password={SECRET}", "postgresql:///claims?host=/run/x&password=…"),
        (f"postgresql:///claims?password={SECRET}&host=/run/x", "postgresql:///claims?password=…&host=/run/x"),
        (f"postgresql:///claims?sslpassword={SECRET}&user=a@b", "postgresql:///claims?sslpassword=…&user=a@b"),
        (f"postgresql://%2Frun%2Fx/claims?passfile={SECRET}", "postgresql://%2Frun%2Fx/claims?passfile=…"),
        (f"postgresql://ana:{SECRET}%40%2F%3F%23%25@desk.example/claims", "postgresql://ana@desk.example/claims"),
        (f"postgresql://:{SECRET}@desk.example/claims", "postgresql://@desk.example/claims"),
        (
            f"postgresql://a:{SECRET}@h:5432/claims?application_name=a@b",
            "postgresql://a@h:5432/claims?application_name=a@b",
        ),
    ],
)
def test_a_password_is_no_part_of_the_place(url: str, shown: str | None) -> None:
    place = locate(url)
    for text in (str(place), repr(place), place.command("board")):
        assert SECRET not in text
    assert str(place) == (shown or "postgresql://a@one:1,two:2/claims?target_session_attrs=primary")


# What answers, and how.


@pytest.mark.parametrize(
    ("server", "why", "step", "kind"),
    [
        (
            of_version("13.22"),
            "the server is PostgreSQL 13, and 14 is the oldest that is served",
            "upgrade the server",
            Unavailable,
        ),
        (
            of_version("9.6.24"),
            "the server is PostgreSQL 9, and 14 is the oldest that is served",
            "upgrade the server",
            Unavailable,
        ),
        (of_version("16.1", "LATIN1"), "the database is encoded in LATIN1", "createdb -E UTF8", Unavailable),
        (saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "cannot be reached: ", ASKED, Lost),
        (saying(b""), "the server broke off", AGAIN, Lost),
        (silent, "cannot be reached: ", ASKED, Lost),
        (
            refusing("28P01", 'password authentication failed for user "role database"'),
            "password",
            PASSWORD,
            Unavailable,
        ),
        (refusing("3D000", 'database "password" does not exist'), "does not exist", NAME, Unavailable),
        (refusing("28000", 'role "database" does not exist'), "does not exist", USER, Unavailable),
        (
            refusing("28000", 'no pg_hba.conf entry for host "10.0.0.1", user "a", database "b", no encryption'),
            "no pg_hba.conf entry",
            "let this machine in: a line in the server's pg_hba.conf",
            Unavailable,
        ),
        (refusing("53300", "sorry, too many clients already"), "too many", AGAIN, Contended),
        (refusing("53300", 'too many connections for role "a"'), "too many", AGAIN, Contended),
        (refusing("53300", 'too many connections for database "b"'), "too many", AGAIN, Contended),
        (
            refusing("53300", "remaining connection slots are reserved for roles with the SUPERUSER attribute"),
            "remaining connection slots",
            AGAIN,
            Contended,
        ),
        (refusing("57P03", "the database system is starting up"), "starting up", AGAIN, Contended),
        (refusing("57P03", "the database system is shutting down"), "shutting down", AGAIN, Contended),
        (refusing("57P03", "the database system is in recovery mode"), "recovery", AGAIN, Contended),
        (refusing("57P03", "the database system is not yet accepting connections"), "not yet", AGAIN, Contended),
        (
            refusing("55000", 'database "b" is not currently accepting connections'),
            "not currently",
            "ask who looks after",
            Unavailable,
        ),
        (refusing("42501", 'permission denied for database "b"'), "permission denied", "GRANT CONNECT", Unavailable),
        (
            refusing("28000", 'role "a" is not permitted to log in'),
            "not permitted",
            "a role that may log in",
            Unavailable,
        ),
    ],
)
def test_a_server_that_does_not_serve(
    server: Answer, why: str, step: str, kind: type[LedgerError], shell: Shell
) -> None:
    """The servers are impostors: they say what a real one would, and no more."""
    with listening(server) as port:
        url = f"postgresql://ana:{SECRET}@127.0.0.1:{port}/claims?connect_timeout=2"
        told = refusal(lambda: Store.open(url), kind)
        assert told.startswith(f"ledger: postgresql://ana@127.0.0.1:{port}/claims?connect_timeout=2: ")
        assert why in told.splitlines()[0]
        assert step in told.splitlines()[1]
        if server is not silent:
            assert refusal(lambda: Store.create(url, log=ORIGIN), kind).splitlines()[0] == told.splitlines()[0]
            assert refusal(lambda: Store.migrate(url), kind) == told
            through_the_shell(shell, 3, "board", "--ledger", url)


def test_the_oldest_server_that_is_served_is_not_refused_for_its_age() -> None:
    with listening(of_version("14.0")) as port:
        told = refusal(lambda: Store.open(f"postgresql://ana@127.0.0.1:{port}/claims?connect_timeout=2"), Lost)
    assert "oldest" not in told


def test_where_nobody_listens(shell: Shell) -> None:
    url = f"postgresql://ana:{SECRET}@127.0.0.1:1/claims"
    told = refusal(lambda: Store.open(url), Contended)
    assert told.endswith(f"\n{PORT}")
    assert through_the_shell(shell, 3, "verify", "--ledger", url)[1] == f"next: {PORT}"


def test_a_host_that_is_not_there(shell: Shell) -> None:
    url = f"postgresql://ana:{SECRET}@desk.invalid/claims"
    assert refusal(lambda: Store.open(url)).endswith(f"\n{HOST}")
    through_the_shell(shell, 3, "todo", "--ledger", url)


def test_a_socket_that_is_not_there(tmp_path: Path, shell: Shell) -> None:
    url = f"postgresql:///claims?host={tmp_path}&password={SECRET}"
    told = refusal(lambda: Store.open(url))
    assert "No such file" in told
    assert told.endswith("\ncheck the folder of the socket in the URL, and that the server runs and listens there")
    through_the_shell(shell, 3, "board", "--ledger", url)
