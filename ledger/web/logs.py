"""One line of JSON on stderr for each request: its route, never path or query, since they hold words of claims."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

from starlette.types import Scope

LOG = logging.getLogger("ledger.web")


class _Lines(logging.Formatter):
    """Writes a record as JSON, its own fields beside the time, the level and what happened."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"at": at, "level": record.levelname.lower(), "event": record.getMessage()}
        return json.dumps(line | getattr(record, "told", {}))


def log_to_stderr() -> None:
    """Write the lines to stderr; of the server below us, what is worth a warning."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    for name, level in (("ledger.web", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)


def log(event: str, **told: Any) -> None:
    """Write one line."""
    LOG.info(event, extra={"told": {name: value for name, value in told.items() if value is not None}})


def log_failure(scope: Scope, error: Exception) -> None:
    """Write where the program failed: the places in its code, and not what the error says, which may quote a claim."""
    places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    told = {"route": route_of(scope), "error": type(error).__name__, "places": places[-8:]}
    LOG.error("failure", extra={"told": told})


def route_of(scope: Scope) -> str:
    """The route of a request as it is declared, with its parameters' names instead of what was given."""
    return str(getattr(scope.get("route"), "path_format", None) or getattr(scope.get("route"), "path", None) or "none")
