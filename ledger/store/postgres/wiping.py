"""Overwriting what redactions have deleted, as far as a database can: its tables are written anew.

The server's write-ahead log, its replicas and its base backups keep what they have for as long as they are kept;
`docs/operations.md` says how that is ended.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Engine

from ledger.store.postgres.server import SCHEMA

IN_USE = "another program reads the database, and still sees it"
NOT_OWNER = "the tables are written anew by their owner: `claims erase` as the owner"

_TABLES = ("contents", "names", "words")
_OWNER = f"SELECT pg_has_role(current_user, nspowner, 'USAGE') FROM pg_namespace WHERE nspname = '{SCHEMA}'"
_LOCKED = "55P03"
# "… dead row versions cannot be removed yet", in whatever language the server speaks.
_LEFT = re.compile(r"\d+")


def wipe(pool: Engine) -> str:
    """Write the tables anew; return why that has to wait, the empty text if it is done."""
    raw = pool.raw_connection()
    try:
        driver: Any = raw.driver_connection
        if not driver.execute(_OWNER).fetchone()[0]:
            return NOT_OWNER
        return _wipe(driver)
    finally:
        raw.close()


def _wipe(driver: Any) -> str:
    left: list[int] = []

    def note(said: Any) -> None:
        found = _LEFT.search(said.message_detail or "")
        if found is not None:
            left.append(int(found[0]))

    driver.add_notice_handler(note)
    try:
        driver.execute("SET client_min_messages = info")
        pending = driver.execute(f"SELECT log_id, index FROM {SCHEMA}.erasures").fetchall()
        for table in _TABLES:
            driver.execute(f"VACUUM (FULL, VERBOSE) {SCHEMA}.{table}")
        if any(left):
            return IN_USE
        for place in pending:
            driver.execute(f"DELETE FROM {SCHEMA}.erasures WHERE log_id = %s AND index = %s", place)
    except Exception as error:
        if getattr(error, "sqlstate", None) != _LOCKED:
            raise
        return IN_USE
    finally:
        driver.remove_notice_handler(note)
        driver.execute("SET client_min_messages = warning")
    return ""
