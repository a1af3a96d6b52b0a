"""Something that listens on a port and speaks as much of PostgreSQL's protocol as a client needs to be turned away."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

ENCRYPTION = (80877103, 80877104)
"""What a client asks for before it says who it is: TLS or GSSAPI."""
Answer = Callable[[socket.socket], None]


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def greet(connection: socket.socket) -> None:
    """Hear a client out to its startup message; encryption is declined."""
    while True:
        size, code = struct.unpack("!ii", connection.recv(8, socket.MSG_WAITALL))
        if code not in ENCRYPTION:
            connection.recv(size - 8, socket.MSG_WAITALL)
            return
        connection.sendall(b"N")


def of_version(version: str, encoding: str = "UTF8") -> Answer:
    """A server of that version that lets everybody in, and leaves at the first question."""

    def answer(connection: socket.socket) -> None:
        greet(connection)
        told = {"server_version": version, "server_encoding": encoding, "client_encoding": "UTF8"}
        settings = [message(b"S", f"{name}\0{value}\0".encode()) for name, value in told.items()]
        connection.sendall(
            message(b"R", struct.pack("!i", 0)) + b"".join(settings) + message(b"K", bytes(8)) + message(b"Z", b"I")
        )
        connection.recv(1024)

    return answer


def refusing(code: str, why: str) -> Answer:
    """A server that lets nobody in."""

    def answer(connection: socket.socket) -> None:
        greet(connection)
        fields = ("SFATAL", "VFATAL", f"C{code}", f"M{why}")
        connection.sendall(message(b"E", b"".join(field.encode() + b"\0" for field in fields) + b"\0"))

    return answer


def saying(data: bytes) -> Answer:
    """Something that is no PostgreSQL at all."""

    def answer(connection: socket.socket) -> None:
        connection.recv(8)
        connection.sendall(data)

    return answer


def silent(connection: socket.socket) -> None:
    """Takes a call and says nothing."""
    while connection.recv(1024):
        pass


@contextmanager
def listening(answer: Answer) -> Iterator[int]:
    """Give the port on which every call is answered so."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection = server.accept()[0]
                    threading.Thread(target=take, args=(connection,), daemon=True).start()

        def take(connection: socket.socket) -> None:
            with connection, suppress(OSError, struct.error):
                answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield int(server.getsockname()[1])
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
