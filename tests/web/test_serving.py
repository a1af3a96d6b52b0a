"""`claims serve`: where it listens, what it refuses, and that it stops."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from ledger.vocabulary import Role
from tests.shell import ROOT, Shell

PATIENCE = 40.0


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch).night()


@contextmanager
def running(
    shell: Shell, *words: str, environ: dict[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `claims serve`; give the process and the address that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ledger", "serve", "--port", "0", *words],
        cwd=shell.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **(environ or {})},
        stdout=subprocess.PIPE,
        stderr=(shell.folder / "log").open("w"),
        text=True,
    )
    assert process.stdout is not None
    try:
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        assert ready, "it said nothing"
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def asked(address: str, path: str, **more: object) -> httpx2.Response:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return httpx2.get(f"{address}{path}", **more)  # type: ignore[arg-type]
        except httpx2.ConnectError:
            assert time.monotonic() < end
            time.sleep(0.05)


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_who_is_alone_and_stops_when_it_is_told(shell: Shell, sent: signal.Signals) -> None:
    with running(shell) as (process, address):
        assert address.startswith("http://127.0.0.1:")
        assert asked(address, "/readyz").text == "ready\n"
        assert asked(address, "/api/v1/me").json()["name"] == "Ana"
        told = httpx2.post(f"{address}/api/v1/claims/5/hold", json={})
        assert told.status_code == 200, told.text
        with httpx2.stream("GET", f"{address}/api/v1/stream", timeout=PATIENCE) as answer:
            assert next(answer.iter_lines()) == "event: size"
            process.send_signal(sent)
            process.wait(PATIENCE)
        assert process.returncode == 0
    written = (shell.folder / "log").read_text()
    assert "nobody has an account: whoever opens it on this machine is Ana, with every role" in written
    assert written.rstrip().endswith('"event": "stopped"}')
    assert "Traceback" not in written
    assert shell.board()["A second police officer was killed"]["held"] is True


def test_a_connection_that_nobody_uses_is_kept_and_keeps_nobody_from_stopping(shell: Shell) -> None:
    """A proxy, and a browser that records every few seconds, use theirs again and again."""
    kept = httpx2.Limits(keepalive_expiry=60)
    with running(shell) as (process, address), httpx2.Client(base_url=address, limits=kept) as browser:
        asked(address, "/healthz")
        ports = []
        for wait in (0.0, 6.0):  # a server that has heard nothing else closes one after five seconds
            time.sleep(wait)
            with browser.stream("GET", "/healthz") as answer:
                ports.append(answer.extensions["network_stream"].get_extra_info("client_addr"))
                answer.read()
        assert ports[0] == ports[1]
        begun = time.monotonic()
        process.terminate()
        process.wait(PATIENCE)
        assert time.monotonic() - begun < 9


def test_a_demonstration_is_thrown_away(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    before = shell.bytes()
    with running(shell, "--demo", environ={"TMPDIR": str(folder)}) as (process, address):
        assert asked(address, "/api/v1/board").status_code == 401
        assert process.stdout is not None
        cast = [
            re.fullmatch(r"sign in as (\w+) with (\S+) \(([a-z-]+): .*\)\n", process.stdout.readline()) for _ in Role
        ]
        assert [told and told[3] for told in cast] == list(Role)
        for told in cast:
            assert told is not None
            with httpx2.Client(base_url=address, headers={"Sec-Fetch-Site": "same-origin"}) as page:
                page.post("/sign-in", data={"name": told[1], "password": told[2]})
                assert page.get("/api/v1/me").json()["roles"] == [told[3]]
                assert len(page.get("/api/v1/board").json()["rows"]) > 5
        assert list(folder.glob("claims-demo-*"))
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
    assert list(folder.iterdir()) == []
    assert shell.bytes() == before


def test_with_accounts_one_signs_in(shell: Shell) -> None:
    shell.ok("user", "add", "Lena", "--role", "editor", "--password-file", "-", input="correct horse battery\n")
    with running(shell) as (_, address):
        assert asked(address, "/api/v1/board").status_code == 401
        with httpx2.Client(base_url=address, headers={"Sec-Fetch-Site": "same-origin"}) as page:
            given = {"name": "Lena", "password": "correct horse battery"}
            assert page.post("/sign-in", data=given).status_code == 303
            assert page.get("/api/v1/me").json()["name"] == "Lena"
    assert shell.ok("user", "accesses", "--json").json[0]["address"] == "127.0.0.1"


def test_behind_a_proxy_the_address_is_the_one_that_it_names(shell: Shell) -> None:
    shell.ok("user", "add", "Lena", "--role", "editor", "--password-file", "-", input="correct horse battery\n")
    with running(shell, "--behind-proxy", "127.0.0.1") as (_, address):
        asked(address, "/healthz")
        forwarded = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "Host": "desk.example.org"}
        headers = forwarded | {"Origin": "https://desk.example.org"}
        done = httpx2.post(f"{address}/sign-in", data={"name": "Lena", "password": "x"}, headers=headers)
        assert done.status_code == 401
        done = httpx2.post(
            f"{address}/sign-in", data={"name": "Lena", "password": "correct horse battery"}, headers=headers
        )
        assert "Secure" in done.headers["set-cookie"]
    assert {line["address"] for line in shell.ok("user", "accesses", "--json").json[:2]} == {"192.0.2.7"}


def test_by_tls(shell: Shell) -> None:
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(made, cwd=shell.folder, check=True, capture_output=True)
    with running(shell, "--tls-cert", "cert.pem", "--tls-key", "key.pem") as (_, address):
        assert address.startswith("https://127.0.0.1:")
        done = asked(address, "/healthz", verify=str(shell.folder / "cert.pem"))
        assert "strict-transport-security" in done.headers


@pytest.mark.parametrize(
    ("code", "words", "why"),
    [
        (2, ("--host", "0.0.0.0"), "claims: serve: 0.0.0.0: others could reach it, and nobody has an account"),
        (2, ("--host", "::"), "claims: serve: ::: others could reach it, and nobody has an account"),
        (2, ("--host", "0.0.0.0", "--demo"), "claims: serve: 0.0.0.0: a demonstration stays on this machine"),
        (2, ("--tls-cert", "cert.pem"), "claims: serve: --tls-cert and --tls-key go together"),
        (2, ("--tls-cert", "none", "--tls-key", "none"), "claims: tls: no such file or directory"),
        (2, ("--tls-cert", "bad.pem", "--tls-key", "bad.pem"), "claims: tls: "),
        (2, ("--port", "99999"), "claims: serve: --port"),
        (2, ("--behind-proxy", "everywhere"), "claims: serve: --behind-proxy: everywhere: is no address"),
        (2, ("--behind-proxy", "127.0.0.1"), "claims: serve: 127.0.0.1: others could reach it, and nobody has"),
        (2, ("--behind-proxy", "10.0.0.0/8", "--demo"), "claims: serve: 127.0.0.1: a demonstration stays on this"),
        (3, ("--port", "TAKEN"), "claims: serve: 127.0.0.1 port "),
        (3, ("--ledger", "none.db"), "claims: ledger: none.db: there is no ledger here"),
    ],
)
def test_what_is_not_safe_or_cannot_be_is_refused(shell: Shell, code: int, words: tuple[str, ...], why: str) -> None:
    import socket

    (shell.folder / "bad.pem").write_text("no key")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        given = [str(taken.getsockname()[1]) if each == "TAKEN" else each for each in words]
        told = shell.refused(code, "serve", *given)
    assert told.startswith(why), told
    assert "\nnext: " in told


def test_another_address_needs_tls_or_a_proxy_as_well(shell: Shell) -> None:
    shell.ok("user", "add", "Lena", "--role", "editor", "--password-file", "-", input="correct horse battery\n")
    told = shell.refused(2, "serve", "--host", "0.0.0.0")
    assert told.startswith("claims: serve: 0.0.0.0: others could reach it, and read passwords on the way")
    assert "--behind-proxy" in told
