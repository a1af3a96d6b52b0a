"""Witnesses for the tests: real servers on ports of their own, right ones in this process or as `claims witness serve`,
and wrong ones that answer whatever a test says.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import urllib3

from ledger.publish import folder_of, load_key, sign
from ledger.publish.witnessing import FOLDER, LOGS, application, witnessing
from ledger.store import Store
from ledger.tlog import Checkpoint, Signer, Verifier, format_note, parse_note, prove_consistency, read_checkpoint
from ledger.tlog.note import Note
from ledger.tlog.witness import Request
from tests.publications import ORIGIN, Desk, put
from tests.shell import ROOT

SEED = bytes([3] * 32)
App = Callable[[dict[str, Any], Any], Iterable[bytes]]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Whoever asked has hung up."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving_app(app: App) -> Iterator[str]:
    """Serve a WSGI application; yield its address."""
    with make_server("127.0.0.1", 0, app, server_class=_Server, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Witness:
    """A witness that somebody runs: where it is, its key, its folder, and a line for each request."""

    name: str
    keys: Path
    url: str
    verifier: Verifier
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """The folder of what it remembers of our log."""
        return folder_of(self.keys / FOLDER / LOGS, ORIGIN)

    @property
    def remembered(self) -> Checkpoint:
        return read_checkpoint((self.log / "checkpoint").read_bytes())

    @property
    def forks(self) -> list[str]:
        """The evidence that it keeps."""
        return [path.read_text(encoding="utf-8") for path in sorted(self.log.glob("forks/*.txt"))]

    @property
    def signer(self) -> Signer:
        return Signer.parse((self.keys / FOLDER / "secret").read_text(encoding="ascii").strip())

    @property
    def statuses(self) -> list[int]:
        """How it answered each request."""
        return [int(line.rsplit(" ", 1)[1]) for line in self.asked]


@contextmanager
def witness(keys: Path, name: str, *logs: Verifier) -> Iterator[Witness]:
    """Run a witness in this process."""
    said: list[str] = []
    asked: list[str] = []
    seed = bytes([len(name)]) + name.encode().ljust(31, b"\0")[:31]
    with (
        witnessing(keys, f"{name}.example", seed, logs, said.append) as (found, verifier),
        serving_app(application(found, asked.append)) as url,
    ):
        yield Witness(name, keys, url, verifier, said, asked)


@dataclass
class Process:
    """`claims witness serve` as a process of its own."""

    process: subprocess.Popen[str]
    url: str
    verifier: Verifier

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> str:
        """End it, and return what else it said."""
        self.process.terminate()
        return self.process.communicate(timeout=20)[1]


RUN = """
import os, signal, sys
at = int(sys.argv[1])
def counted(act):
    def acting(*args, **more):
        global at
        at -= 1
        if not at:
            os.kill(os.getpid(), signal.SIGKILL)
        return act(*args, **more)
    return acting
def armed():
    for name in ("fsync", "replace"):
        setattr(os, name, counted(getattr(os, name)))
import ledger.publish.witnessing as w
from ledger.cli.root import run
add = w.Witness.add_checkpoint
def add_checkpoint(self, data):
    armed()
    found = add(self, data)
    os.fsync(0) if at == 1 else None
    return found
if at:
    w.Witness.add_checkpoint = add_checkpoint
sys.exit(run(sys.argv[2:]))
"""


@contextmanager
def process(keys: Path, log: Verifier, *more: str, kill_at: int = 0) -> Iterator[Process]:
    """Run `claims witness serve`; with ``kill_at`` it dies at that change to the disk after it was asked."""
    args = ["witness", "serve", "--keys", str(keys), "--key", str(log), "--port", "0", *more]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", RUN, str(kill_at), *args]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr is not None
            told = running.stderr.readline() + running.stderr.readline()
            found = re.search(r"witness (\S+)\nlistening on (\S+) for", told)
            assert found is not None, told + running.stderr.read()
            yield Process(running, found[2], Verifier.parse(found[1]))
        finally:
            running.kill()


def post(url: str, body: bytes, path: str = "/add-checkpoint", method: str = "POST") -> tuple[int, str, str]:
    """Ask a witness once: the status, the type and the body of the answer."""
    answer = urllib3.request(method, url + path, body=body, retries=False, timeout=20)
    return answer.status, answer.headers.get("Content-Type", ""), answer.data.decode()


def cosigned(note: bytes, times: dict[Signer, int]) -> bytes:
    """A note, cosigned by witnesses at times of our choice."""
    parsed = parse_note(note)
    lines = [signer.cosign(parsed.text, time) for signer, time in times.items()]
    return format_note(Note(parsed.text, (*parsed.signatures, *lines)))


# What a desk does with them


def add(desk: Desk, found: Witness | Process, name: str = "") -> None:
    name = found.name if isinstance(found, Witness) else name
    desk.shell.ok("witness", "add", name, found.url, str(found.verifier))


def policy(desk: Desk, name: str = "policy") -> str:
    put(desk.folder / name, desk.shell.ok("witness", "list").out.encode())
    return name


def audited(desk: Desk, *more: str, where: str = "pub") -> tuple[int, str]:
    done = desk.shell("audit", where, "--no-board", *more)
    assert "Traceback" not in done.out + done.err and "unexpected" not in done.err
    return done.code, done.out


def request(desk: Desk, old: int = 0) -> bytes:
    """What the desk would ask a witness now."""
    with Store.open(desk.folder / "claims.db") as store:
        signed = sign(store, load_key(desk.keys, ORIGIN))
        with store.reading() as reader:
            proof = prove_consistency(reader.nodes(), old, reader.size)
    return Request(old, tuple(proof), signed.note).format()
