"""Connections to a PostgreSQL server, and how transactions begin on them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from ledger.errors import Misused, Problem, Unavailable
from ledger.store.database import Wait
from ledger.store.place import Place, unavailable

if TYPE_CHECKING:
    import psycopg

OLDEST = 14
"""The oldest major version of PostgreSQL that is served."""

SCHEMA = "claims"
"""The schema that everything of the ledger stands in."""

BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_UNSIGNED = (1 << 64) - 1
_ARRIVING = 10  # seconds until a connection has to stand
_SETTINGS = (
    # The server's own functions and operators are found first, since pg_catalog is not named; a temporary table of the
    # same name would be, were pg_temp not named last.
    f"SET search_path = {SCHEMA}, pg_temp",
    "SET datestyle = 'ISO'",
    "SET quote_all_identifiers = off",
    # Else the driver writes a \\ into bytes twice.
    "SET standard_conforming_strings = on",
    "SET timezone = 'UTC'",
    "SET client_min_messages = warning",
    "SET row_security = on",
    # An answer is given when the disk has it, whatever the server is set to; a stronger setting stays.
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
)


# What they say of a connection that breaks is told by us, in one line; without a handler Python would print it too.
for _name in ("psycopg", "sqlalchemy"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


def begin_writing(log_id: int) -> str:
    """Return what begins a transaction that writes: one writer a log, and each statement sees what the last one left.

    The lock is taken before anything is looked at, so that the next index is the next one. Who listens is told by the
    server after the commit, and of nothing that is rolled back; it is said here so that it costs no answer to wait for.
    """
    locked = f"SELECT pg_catalog.pg_advisory_xact_lock({log_id})"
    return f"BEGIN ISOLATION LEVEL READ COMMITTED; {locked}; NOTIFY {_channel(log_id)}"


@contextmanager
def listening(pool: Engine, log_id: int) -> Iterator[Wait]:
    """Give what waits for transactions that write to a log, of any process, on a connection of its own."""
    raw = pool.raw_connection()
    driver: Any = raw.driver_connection
    raw.detach()
    with closing(raw):
        driver.execute(f"LISTEN {_channel(log_id)}")
        yield lambda seconds: any(True for _ in driver.notifies(timeout=seconds, stop_after=1))


def _channel(log_id: int) -> str:
    return f"claims_{log_id & _UNSIGNED:016x}"


def connect(place: Place, patience: float) -> Engine:
    """Return an engine on the database at ``place``; nothing is opened yet.

    Raises :class:`Unavailable` without the driver, :class:`Misused` for what it does not read.
    """
    try:
        import psycopg
        import psycopg.conninfo
    except ImportError:
        raise Unavailable(
            "ledger: PostgreSQL needs its driver, which is not installed",
            next="pip install 'retraction-ledger[postgres]'",
        ) from None

    try:
        given = psycopg.conninfo.conninfo_to_dict(place.url)
    except psycopg.ProgrammingError as error:
        why = str(error).strip()
        raise Misused(f"ledger: {place}: is no URL: {why}", next="check what stands after the ? in it") from None

    def connection() -> psycopg.Connection[Any]:
        made = psycopg.connect(
            place.url,
            autocommit=True,  # BEGIN comes when we say
            connect_timeout=given.get("connect_timeout", _ARRIVING),
            client_encoding="UTF8",
            fallback_application_name="claims",
        )
        try:
            _accept(place, made)
            settings = (*_SETTINGS, f"SET lock_timeout = {int(patience * 1_000)}")
            made.execute("; ".join(settings).encode(), prepare=False)
        except BaseException:
            made.close()
            raise
        return made

    engine = create_engine(
        "postgresql+psycopg://",
        creator=connection,
        poolclass=QueuePool,
        use_native_hstore=False,
    )
    event.listen(engine, "begin", _begin)
    return engine


def _accept(place: Place, made: psycopg.Connection[Any]) -> None:
    version = made.info.server_version
    if version < OLDEST * 10_000:
        raise unavailable(
            place,
            f"the server is PostgreSQL {version // 10_000}, and {OLDEST} is the oldest that is served",
            "upgrade the server, or use another one",
        )
    encoding = made.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise unavailable(
            place, f"the database is encoded in {encoding}", "make one in UTF8: createdb -E UTF8 -T template0 NAME"
        )


def _begin(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    begin = str(connection.get_execution_options().get("ledger_begin", "BEGIN"))
    try:
        # Two statements in one go cannot be prepared.
        driver.execute(begin.encode(), prepare=False)
    except Exception as error:
        # This is outside of what SQLAlchemy watches: without a word from us it would keep a connection that is broken.
        if driver.closed:
            connection.invalidate(error)
        raise


def flaws(connection: Connection) -> Iterator[Problem]:
    """Yield what the server says of itself that lets what it keeps be changed or lost.

    Settings that go with a role or the database would hold for whoever connects next.
    """
    for whose, why in connection.exec_driver_sql(_WEAKENED).all():
        yield Problem("server", f"{whose}: {why}")


_WEAKENED = f"""
    SELECT coalesce('role ' || r.rolname, 'database'),
        'is set to ' || s.setting || ', which lets guards be passed'
    FROM pg_catalog.pg_db_role_setting AS d
    CROSS JOIN LATERAL unnest(d.setconfig) AS s (setting)
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = d.setrole
    WHERE d.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
        AND s.setting LIKE 'session_replication_role=%%' AND s.setting NOT LIKE '%%=origin'
    UNION ALL
    SELECT source, 'is set to ' || name || '=' || setting || ', which lets guards be passed'
    FROM pg_catalog.pg_settings WHERE name = 'session_replication_role' AND setting <> 'origin'
        AND source NOT IN ('database', 'user', 'database user')
    UNION ALL
    SELECT 'subscription ' || s.subname, 'writes into ' || r.srrelid::regclass::text || ', past its guards'
    FROM pg_catalog.pg_subscription_rel AS r JOIN pg_catalog.pg_subscription AS s ON s.oid = r.srsubid
    JOIN pg_catalog.pg_class AS c ON c.oid = r.srrelid
    WHERE c.relnamespace = '{SCHEMA}'::regnamespace
    ORDER BY 1, 2
"""
