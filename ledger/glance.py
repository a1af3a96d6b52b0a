"""Names at a glance, for a shell that completes a word: no resolving, and none of the libraries of the store.

Importing those alone takes longer than a person waits for a word. Whatever goes wrong, nothing is found.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

_NEWEST = 5_000
_PARTS = {"story": "name", "source": "name", "claim": "text"}
_NAMES = """
    SELECT contents."index", contents.content
    FROM {0}entries AS entries JOIN {0}contents AS contents USING (log_id, "index")
    WHERE kind = {1} AND part = {1} AND log_id = coalesce({1}, log_id) ORDER BY log_id, "index" DESC LIMIT {1}
"""
_SECONDS = 1  # that a person waits for a server; the driver knows no less than two in some versions


def names(where: str, kind: str, log: str | None = None) -> list[tuple[int, str]]:
    """Return the index and the name (of a claim: the text) of the newest stories, sources or claims, newest first.

    ``log`` is the origin of the log on a server that has many.
    """
    read = _read_server if where.startswith(("postgres:", "postgresql:", "postgresql+psycopg:")) else _read
    try:
        return list(read(where, kind, log))
    except Exception:  # noqa: BLE001 - a completion is never worth a word of complaint
        return []


def _read_server(where: str, kind: str, log: str | None) -> Iterator[tuple[int, str]]:
    import psycopg

    address = "postgresql:" + where.partition(":")[2]
    log_id = None if log is None else int.from_bytes(hashlib.sha256(log.encode()).digest()[:8]) >> 1
    with psycopg.connect(address, connect_timeout=_SECONDS, autocommit=True) as connection:
        connection.execute(f"SET statement_timeout = {_SECONDS * 1_000}")
        found = connection.execute(_NAMES.format("claims.", "%s").encode(), (kind, _PARTS[kind], log_id, _NEWEST))
        for index, content in found:
            yield index, str(json.loads(content)["value"])


def _read(where: str, kind: str, _log: str | None) -> Iterator[tuple[int, str]]:
    path = Path(where.removeprefix("sqlite:///"))
    address = f"{path.resolve().as_uri()}?{_mode(path)}"
    with closing(sqlite3.connect(address, uri=True, timeout=0.2, isolation_level=None)) as connection:
        connection.execute("PRAGMA query_only = ON")
        for index, content in connection.execute(_NAMES.format("", "?"), (kind, _PARTS[kind], None, _NEWEST)):
            yield index, str(json.loads(content)["value"])


def _mode(path: Path) -> str:
    """How to open it so that nothing is left beside it: whoever may write also tidies up."""
    if os.access(path, os.W_OK) and os.access(path.resolve().parent, os.W_OK):
        return "mode=rw"
    return "mode=ro" if path.with_name(path.name + "-shm").exists() else "mode=ro&immutable=1"
