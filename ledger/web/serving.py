"""Serving a desk until it is told to stop: streams are ended first, then what is being answered is answered."""

from __future__ import annotations

import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from ledger.errors import Misused, Unavailable
from ledger.web.logs import log, log_to_stderr

_GRACE = 10  # seconds for what is being answered
_IDLE = 75  # seconds for which a connection is kept; a proxy that keeps it for a minute must not find it closed
_MOST_HEADER = 32 * 1024


@dataclass(frozen=True, slots=True)
class Listening:
    """Where it listens, and how: ``certificate`` and ``key`` for TLS, ``proxies`` whose word is taken for who calls."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    proxies: tuple[str, ...] = ()


def opened(at: Listening) -> socket.socket:
    """Open the socket, so that what is in the way is told before anything begins. Raises ``Unavailable``."""
    family = socket.AF_INET6 if ":" in at.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((at.host, at.port))
        made.listen(2048)
        made.set_inheritable(True)
    except (OSError, OverflowError) as error:
        made.close()
        why = (getattr(error, "strerror", None) or str(error)).lower()
        step = "choose another with --host, --port"
        raise Unavailable(f"serve: {at.host} port {at.port}: {why}", next=step) from None
    return made


def prepared(app: FastAPI, at: Listening) -> uvicorn.Config:
    """Make ready to serve. Raises ``Misused`` for a certificate that cannot be used."""
    config = uvicorn.Config(
        app,
        ssl_certfile=at.certificate,
        ssl_keyfile=at.key,
        proxy_headers=bool(at.proxies),
        forwarded_allow_ips=list(at.proxies) or None,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
        timeout_keep_alive=_IDLE,
        h11_max_incomplete_event_size=_MOST_HEADER,
        ws="none",
    )
    try:
        config.load()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Misused(f"tls: {why}", next="give a certificate and its key, both in PEM") from None
    return config


def serve(config: uvicorn.Config, made: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM."""
    log_to_stderr()
    host, port = made.getsockname()[:2]
    log("serving", host=host, port=port)
    # Told to stop, uvicorn stops in good order, and then raises the same signal once more.
    before = {each: signal.signal(each, _heard) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        _Server(config).run(sockets=[made])
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    log("stopped")


def _heard(_signal: int, _frame: FrameType | None) -> None:
    """It has been obeyed."""


class _Server(uvicorn.Server):
    """Ends every stream when it is told to stop, else it would wait for those who listen."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        app = self.config.app
        if isinstance(app, FastAPI) and hasattr(app.state, "hub"):
            app.state.hub.end()
        super().handle_exit(sig, frame)
