"""A desk that really listens: an app on uvicorn in a thread, or `claims serve` in a process; and who listens to it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI

from ledger.web.serving import Listening, _Server, opened

PATIENCE = 30.0


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve an app; give its address."""
    made = opened(Listening("127.0.0.1", 0))
    server = _Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5))
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    thread = threading.Thread(target=lambda: server.run(sockets=[made]), daemon=True)
    thread.start()
    until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{made.getsockname()[1]}"
    finally:
        server.handle_exit(15, None)
        thread.join(PATIENCE)
        assert not thread.is_alive(), "it did not stop"


def until(true: Any) -> None:
    """Wait until it is true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never was"
        time.sleep(0.01)


@dataclass(frozen=True)
class Event:
    """One event of a stream."""

    kind: str
    id: str
    data: Any


class Listener:
    """Somebody who listens, in a thread; ``events`` are what they have heard."""

    def __init__(self, address: str, headers: dict[str, str], **params: Any) -> None:
        self.events: list[Event] = []
        self.status = 0
        self.ended = threading.Event()
        self._client = httpx2.Client(base_url=address, headers=headers, timeout=PATIENCE)
        self._params = params
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        try:
            with self._client.stream("GET", "/api/v1/stream", params=self._params) as answer:
                self.status = answer.status_code
                fields: dict[str, str] = {}
                for line in answer.iter_lines():
                    name, _, value = line.partition(": ")
                    if line:
                        fields[name] = value
                    elif "event" in fields:
                        data = json.loads(fields["data"]) if fields["event"] != "end" else fields["data"]
                        self.events.append(Event(fields["event"], fields.get("id", ""), data))
                        fields = {}
        except httpx2.HTTPError:
            pass
        finally:
            self.ended.set()

    def heard(self, count: int) -> list[Event]:
        """Wait for so many events."""
        until(lambda: len(self.events) >= count or self.ended.is_set())
        return self.events[:count]

    def close(self) -> None:
        """Hang up."""
        self._client.close()
