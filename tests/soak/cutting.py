"""A proxy in front of a PostgreSQL server that cuts connections where it hurts: around a COMMIT."""

from __future__ import annotations

import random
import select
import socket
import struct
import threading
from contextlib import suppress
from enum import Enum

_SIZE = 65536
_COMMIT = b"COMMIT\0"  # and not READ COMMITTED


class Cut(Enum):
    """When a connection is cut. The client cannot tell BEFORE from AFTER, and that is the point."""

    BEFORE = "before a COMMIT reaches the server"
    AFTER = "after the server has committed, before it is heard"
    AMID = "in the middle of a message of a transaction"


class Proxy:
    """Carries bytes to and fro; once armed, it cuts the next connection that gives an occasion, and goes on."""

    def __init__(self, port: int, dice: random.Random) -> None:
        self._to = port
        self._dice = dice
        self._lock = threading.Lock()
        self._armed: list[Cut] = []
        self._countdown = 0
        self.cuts = 0
        self._shuts = False
        self.port = 0
        self.open()

    def arm(self, cut: Cut, *, shuts: bool = False) -> None:
        """Cut one connection more, and take no new one from then on if it ``shuts``."""
        with self._lock:
            self._armed.append(cut)
            self._shuts = shuts
            self._countdown = self._dice.randrange(1, 30)

    def open(self) -> None:
        """Take connections, on the same port as before."""
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def close(self) -> None:
        """Take no more connections; those that there are end with their client."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client = listening.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self._to)) as server:
            ends = (client, server)
            for each in ends:
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while self._carry(client, server):
                pass
            if self._dice.random() < 0.5:
                for each in ends:  # with a reset, not with a farewell
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _carry(self, client: socket.socket, server: socket.socket) -> bool:
        """Carry what there is; False if the connection is at its end, or is cut."""
        for end in select.select((client, server), (), ())[0]:
            data = end.recv(_SIZE)
            if not data:
                return False
            cut = self._occasion(data) if end is client else None
            if cut is Cut.BEFORE:
                return False
            if cut is Cut.AMID:
                server.sendall(data[: len(data) // 2])
                return False
            (server if end is client else client).sendall(data)
            if cut is Cut.AFTER:
                server.recv(_SIZE)
                return False
        return True

    def _occasion(self, data: bytes) -> Cut | None:
        with self._lock:
            if not self._armed:
                return None
            if self._armed[0] is Cut.AMID:
                self._countdown -= 1
                given = self._countdown <= 0
            else:
                given = _COMMIT in data
            if not given:
                return None
            self.cuts += 1
            if self._shuts:
                self.close()
            return self._armed.pop(0)
