"""An audit over http, of servers that are right, broken, or up to something: in words each time, and in time."""

from __future__ import annotations

import gzip
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.publications import VKEY, Auditor, Log, flip
from tests.shell import Shell
from tests.stored import night

NIGHT = night(240, redacts=False)
Answer = Callable[["Handler"], bool]
"""What a server does with a request; whether it has answered it."""


class Handler(SimpleHTTPRequestHandler):
    """Serves the folder, unless the test has another answer; counts what it is asked for."""

    protocol_version = "HTTP/1.1"
    asked: Counter[str]
    answer: Answer | None

    def __init__(self, *args: Any, asked: Counter[str], answer: Answer | None, **more: Any) -> None:
        self.asked, self.answer = asked, answer
        super().__init__(*args, **more)

    def do_GET(self) -> None:
        self.asked[self.path.lstrip("/")] += 1
        if self.answer is None or not self.answer(self):
            super().do_GET()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def give(self, status: int, body: bytes = b"", **headers: str) -> bool:
        """Answer in full."""
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        return True

    def hang_up(self) -> bool:
        """Close the connection in the middle of it."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
        return True


@contextmanager
def serving(folder: Path, answer: Answer | None = None) -> Iterator[tuple[str, Counter[str]]]:
    """A server on a port of its own: its address, and what it was asked for."""
    asked: Counter[str] = Counter()
    handler = partial(Handler, asked=asked, answer=answer, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def auditor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Auditor:
    Log.of(NIGHT).write(tmp_path / "pub")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return Auditor(Shell(tmp_path, monkeypatch))


def path_is(path: str, act: Answer) -> Answer:
    """Do that for one file, and serve all others."""
    return lambda handler: handler.path == f"/{path}" and act(handler)


def cannot(auditor: Auditor, answer: Answer) -> tuple[str, Counter[str]]:
    """Audit a server that answers like that; nothing can be found out. Return why, in one line."""
    with serving(auditor.shell.folder / "pub", answer) as (address, asked):
        auditor.where = address
        words = auditor.cannot().replace(address, "ADDRESS")
    assert len(words.splitlines()) == 2
    return words.splitlines()[0], asked


def test_over_http_an_audit_says_the_same_as_of_the_folder(auditor: Auditor) -> None:
    here = auditor.shell.ok("audit", "pub", "--key", VKEY, "--json").json
    with serving(auditor.shell.folder / "pub") as (address, asked):
        for where in (address, f"{address}/"):
            assert auditor.shell.ok("audit", where, "--key", VKEY, "--json").json == here
            auditor.where = where
            auditor.passes("--since", "pub/checkpoint")
    assert {"tile/0/001.p/11", "tile/entries/000", "contents/001.jsonl", "checkpoint"} <= set(asked)
    assert not any("//" in path for path in asked)


def test_over_http_the_findings_are_the_same(auditor: Auditor) -> None:
    flip(auditor.shell.folder / "pub" / "tile/0/000", 32)
    (auditor.shell.folder / "pub" / "contents/001.jsonl").unlink()
    (auditor.shell.folder / "pub" / "tile/1/000.p/1").unlink()
    here = auditor.finds()
    assert len(here) == 3
    with serving(auditor.shell.folder / "pub") as (address, _):
        auditor.where = address
        assert auditor.finds() == here


@pytest.mark.parametrize("status", [404, 410])
def test_a_file_that_is_gone_is_missing(auditor: Auditor, status: int) -> None:
    gone = path_is("tile/0/000", lambda handler: handler.give(status, b"gone"))
    with serving(auditor.shell.folder / "pub", gone) as (address, _):
        auditor.where = address
        assert auditor.finds() == ["entries 0 to 255: tile/0/000: is missing"]


def test_nothing_is_published_there(auditor: Auditor) -> None:
    why, _ = cannot(auditor, lambda handler: handler.give(404))
    assert why == "claims: audit: there is no checkpoint, so nothing is published here"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_in_trouble_is_asked_again_and_then_it_is_said(auditor: Auditor, status: int) -> None:
    why, asked = cannot(auditor, path_is("tile/entries/000", lambda handler: handler.give(status)))
    assert why == f"claims: ADDRESS/tile/entries/000: the server answers {status}"
    assert asked["tile/entries/000"] == 4


@pytest.mark.parametrize("status", [401, 403, 418, 501])
def test_a_server_that_will_not_is_not_asked_again(auditor: Auditor, status: int) -> None:
    """It is not taken for a missing file: who may not look cannot say that it is not there."""
    why, asked = cannot(auditor, path_is("tile/entries/000", lambda handler: handler.give(status)))
    assert why == f"claims: ADDRESS/tile/entries/000: the server answers {status}"
    assert asked["tile/entries/000"] == 1


def test_a_server_that_recovers_is_right(auditor: Auditor) -> None:
    def twice(handler: Handler) -> bool:
        if handler.asked[handler.path.lstrip("/")] == 1:
            return handler.hang_up()
        return handler.asked[handler.path.lstrip("/")] == 2 and handler.give(503)

    with serving(auditor.shell.folder / "pub", path_is("tile/entries/000", twice)) as (address, asked):
        auditor.where = address
        auditor.passes()
    assert asked["tile/entries/000"] == 3


def test_a_server_that_hangs_up(auditor: Auditor) -> None:
    why, asked = cannot(auditor, path_is("tile/0/000", Handler.hang_up))
    assert why.startswith("claims: ADDRESS/tile/0/000: cannot be fetched: ")
    assert asked["tile/0/000"] == 4


def test_a_server_that_stops_half_way(auditor: Auditor) -> None:
    """Less came than was announced: that is no shorter file, and no finding."""

    def half(handler: Handler) -> bool:
        handler.give(200, bytes(100), Content_Length="8192")
        return handler.hang_up()

    why, _ = cannot(auditor, path_is("tile/0/000", half))
    assert why.startswith("claims: ADDRESS/tile/0/000: cannot be fetched: ")


def test_a_server_that_leads_in_circles(auditor: Auditor) -> None:
    why, asked = cannot(auditor, path_is("tile/0/000", lambda handler: handler.give(302, Location="/tile/0/000")))
    assert why.startswith("claims: ADDRESS/tile/0/000: cannot be fetched: too many redirects")
    assert asked["tile/0/000"] < 10


def test_a_server_that_leads_elsewhere_on_the_web_is_followed_and_nowhere_else(auditor: Auditor) -> None:
    """A file of the machine that audits is not read in place of one that is published."""
    with serving(auditor.shell.folder / "pub") as (other, _):
        away = lambda handler: handler.give(302, Location=f"{other}{handler.path}")  # noqa: E731
        with serving(auditor.shell.folder / "nowhere", away) as (address, _):
            auditor.where = address
            auditor.passes()
    target = f"file://{auditor.shell.folder}/pub/tile/0/000"
    why, _ = cannot(auditor, path_is("tile/0/000", lambda handler: handler.give(302, Location=target)))
    assert why.startswith("claims: ADDRESS/tile/0/000: cannot be fetched: ")


@pytest.mark.parametrize(
    ("path", "most", "named"),
    [
        ("tile/0/000", 8_192, "entries 0 to 255"),
        ("tile/entries/000", 256 * 65_537, "entries 0 to 255"),
        ("contents/001.jsonl", 64 << 20, "entries 256 to 266"),
    ],
)
def test_more_than_a_file_may_have_is_not_read_to_its_end(auditor: Auditor, path: str, most: int, named: str) -> None:
    """The server would send for ever."""
    sent = 0

    def endless(handler: Handler) -> bool:
        nonlocal sent
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        while sent < 40 * most:
            handler.wfile.write(bytes(1 << 16))
            sent += 1 << 16
        return True

    with serving(auditor.shell.folder / "pub", path_is(path, endless)) as (address, _):
        auditor.where = address
        assert f"{named}: {path}: has more than {most:,} bytes" in auditor.finds()
    assert sent < 2 * most + (64 << 20)


def test_a_checkpoint_without_end(auditor: Auditor) -> None:
    long = path_is("checkpoint", lambda handler: handler.give(200, b"x" * (2 << 20)))
    with serving(auditor.shell.folder / "pub", long) as (address, _):
        auditor.where = address
        assert auditor.finds() == ["checkpoint: has more than 1,048,576 bytes"]


def test_what_is_packed_small_and_unpacks_without_end_is_not_unpacked_to_its_end(auditor: Auditor) -> None:
    bomb = gzip.compress(bytes(64 << 20), 9)
    packed = path_is("tile/0/000", lambda handler: handler.give(200, bomb, Content_Encoding="gzip"))
    with serving(auditor.shell.folder / "pub", packed) as (address, _):
        auditor.where = address
        assert "entries 0 to 255: tile/0/000: has more than 8,192 bytes" in auditor.finds()


def test_what_is_packed_is_unpacked(auditor: Auditor) -> None:
    data = (auditor.shell.folder / "pub" / "tile/0/000").read_bytes()
    packed = path_is("tile/0/000", lambda handler: handler.give(200, gzip.compress(data), Content_Encoding="gzip"))
    with serving(auditor.shell.folder / "pub", packed) as (address, _):
        auditor.where = address
        auditor.passes()
    why, _ = cannot(auditor, path_is("tile/0/000", lambda h: h.give(200, b"not packed", Content_Encoding="gzip")))
    assert why.startswith("claims: ADDRESS/tile/0/000: cannot be fetched: ")


def test_a_page_in_place_of_a_file_is_a_finding(auditor: Auditor) -> None:
    """As a server gives it that has a friendly page for everything that is not there."""
    page = b"<html><body>Welcome to our web site!</body></html>"
    with serving(auditor.shell.folder / "pub", lambda handler: handler.give(200, page)) as (address, _):
        auditor.where = address
        (found,) = auditor.finds()
    assert found == "checkpoint: the note does not end in an empty line and signatures"


@pytest.mark.parametrize("second", [Log.of(NIGHT[:260]).note(), b"", b"x" * (2 << 20)], ids=["older", "none", "long"])
def test_a_checkpoint_that_changes_while_it_is_read_hides_nothing(auditor: Auditor, second: bytes) -> None:
    """A server that shows another signed checkpoint each time may have contents missing: that is not a yes."""
    pub = auditor.shell.folder / "pub"
    (pub / "contents/001.jsonl").unlink()
    notes = [(pub / "checkpoint").read_bytes(), second]
    flicker = path_is("checkpoint", lambda handler: handler.give(200, notes[handler.asked["checkpoint"] - 1]))
    with serving(pub, flicker) as (address, _):
        auditor.where = address
        done = auditor()
    assert done.code == 3
    assert "unchecked: contents: " in done.out


@pytest.mark.parametrize(
    ("where", "code", "why"),
    [
        ("http://127.0.0.1:1", 3, "cannot be fetched: "),
        ("http://", 3, "cannot be fetched: "),
        ("http://[", 3, "cannot be fetched: "),
        ("http://127.0.0.1:99999", 3, "cannot be fetched: "),
        ("ftp://example.org", 2, "only folders, http and https are read"),
        ("file:///etc", 2, "only folders, http and https are read"),
        ("nowhere", 3, "there is no such folder"),
    ],
)
def test_an_address_where_nothing_is(auditor: Auditor, where: str, code: int, why: str) -> None:
    auditor.where = where
    done = auditor()
    assert done.code == code
    assert done.err.startswith(f"claims: {where.rstrip('/')}") and why in done.err
    assert len(done.err.splitlines()) == 2
