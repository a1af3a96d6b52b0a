"""Names at a glance, for a shell that completes a word: no resolving, and none of the libraries of the store.

Importing those alone takes longer than a person waits for a word. Whatever goes wrong, nothing is found.
"""

from __future__ import annotations

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
    FROM entries JOIN contents USING (log_id, "index")
    WHERE kind = ? AND part = ? ORDER BY log_id, "index" DESC LIMIT ?
"""


def names(where: str, kind: str) -> list[tuple[int, str]]:
    """Return the index and the name (of a claim: the text) of the newest stories, sources or claims, newest first."""
    path = Path(where.removeprefix("sqlite:///"))
    try:
        return list(_read(path, kind))
    except (sqlite3.Error, OSError, ValueError, LookupError, TypeError):
        return []


def _read(path: Path, kind: str) -> Iterator[tuple[int, str]]:
    address = f"{path.resolve().as_uri()}?{_mode(path)}"
    with closing(sqlite3.connect(address, uri=True, timeout=0.2, isolation_level=None)) as connection:
        connection.execute("PRAGMA query_only = ON")
        for index, content in connection.execute(_NAMES, (kind, _PARTS[kind], _NEWEST)):
            yield index, str(json.loads(content)["value"])


def _mode(path: Path) -> str:
    """How to open it so that nothing is left beside it: whoever may write also tidies up."""
    if os.access(path, os.W_OK) and os.access(path.resolve().parent, os.W_OK):
        return "mode=rw"
    return "mode=ro" if path.with_name(path.name + "-shm").exists() else "mode=ro&immutable=1"
