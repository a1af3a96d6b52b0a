"""A test of the test: the proxy carries what it is given, and cuts when it is told to."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.soak.cutting import Cut, Proxy

COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"


class Ear:
    """A server that answers each message with `done`, and remembers what it was sent."""

    def __init__(self) -> None:
        self.heard = b""
        self.ended = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with self._listening.accept()[0] as connection:
            try:
                while data := connection.recv(1000):
                    self.heard += data
                    connection.sendall(b"done")
            except ConnectionError:
                pass
        self._listening.close()
        self.ended.set()


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear()
    yield ear
    assert ear.ended.wait(10)


@pytest.fixture
def proxy(ear: Ear) -> Iterator[Proxy]:
    proxy = Proxy(ear.port, random.Random(1))
    yield proxy
    proxy.close()


def answer(client: socket.socket, message: bytes) -> bytes:
    client.sendall(message)
    try:
        return client.recv(1000)
    except ConnectionError:
        return b""


def test_what_is_not_armed_carries_everything(ear: Ear, proxy: Proxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        assert [answer(client, b"BEGIN"), answer(client, COMMIT)] == [b"done", b"done"]
    assert ear.ended.wait(10)
    assert ear.heard == b"BEGIN" + COMMIT
    assert proxy.cuts == 0


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER])
def test_around_a_commit_the_client_hears_nothing_either_way(ear: Ear, proxy: Proxy, cut: Cut) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        proxy.arm(cut)
        assert [answer(client, b"BEGIN"), answer(client, COMMIT)] == [b"done", b""]
    assert ear.ended.wait(10)
    assert ear.heard == (b"BEGIN" if cut is Cut.BEFORE else b"BEGIN" + COMMIT)
    assert proxy.cuts == 1


def test_amid_a_message_the_server_gets_half_of_it(ear: Ear, proxy: Proxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        proxy.arm(Cut.AMID)
        answers = []
        while not proxy.cuts:
            answers.append(answer(client, b"01234567"))
    assert ear.ended.wait(10)
    assert answers == [b"done"] * (len(answers) - 1) + [b""]
    assert ear.heard == b"01234567" * (len(answers) - 1) + b"0123"


def test_a_proxy_that_shuts_is_not_to_be_reached_until_it_opens_again(ear: Ear, proxy: Proxy) -> None:
    port = proxy.port
    with socket.create_connection(("127.0.0.1", port)) as client:
        proxy.arm(Cut.AFTER, shuts=True)
        assert answer(client, COMMIT) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    assert ear.ended.wait(10)
    assert ear.heard == COMMIT
    proxy.open()
    assert proxy.port == port
    socket.create_connection(("127.0.0.1", port)).close()


def test_a_server_that_is_gone_ends_the_connection(proxy: Proxy, ear: Ear) -> None:
    with socket.create_connection(("127.0.0.1", ear.port)):
        pass
    assert ear.ended.wait(10)
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        assert answer(client, b"BEGIN") == b""
