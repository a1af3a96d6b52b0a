"""An app in a process of its own, on uvicorn at 127.0.0.1: the desk, or what it is measured against.

``python -m benchmarks.serving desk|conventional URL`` says at which port it listens, and serves until it is told
to stop. The desk is served as ``claims serve`` does it, its log of requests too, which goes nowhere here.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.ledgers import ORIGIN
from ledger.store import Place, locate

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Served:
    """Where an app listens, and the number of its process."""

    port: int
    process: int

    @property
    def address(self) -> str:
        """Its address, as a browser has it."""
        return f"http://127.0.0.1:{self.port}"

    def memory(self) -> float:
        """How much of the machine's memory it has now, in MiB."""
        told = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.process)], stdout=subprocess.PIPE, text=True, check=True
        )
        return int(told.stdout) / 1024


@contextmanager
def served(app: str, place: Place) -> Iterator[Served]:
    """Serve an app on a ledger until the end of the block."""
    assert place.url is not None, "it is on a server"
    command = [sys.executable, "-m", "benchmarks.serving", app, place.url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        port = process.stdout.readline()
        assert port, f"{app} did not begin"
        yield Served(int(port), process.pid)
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def main(app: str, url: str) -> None:
    """Serve."""
    from benchmarks.conventional import make_conventional
    from ledger.book import Ledger
    from ledger.web.app import make_app
    from ledger.web.serving import Listening, opened, prepared, serve
    from ledger.web.settings import Settings

    at = Listening("127.0.0.1", 0)
    place = locate(url, log=ORIGIN)
    made = make_app(Ledger.open(place), Settings()) if app == "desk" else make_conventional(place)
    listening = opened(at)
    print(listening.getsockname()[1], flush=True)
    serve(prepared(made, at), listening)


if __name__ == "__main__":
    main(*sys.argv[1:])
