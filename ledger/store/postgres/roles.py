"""The roles of a database, so that nobody has more rights than their work needs (`docs/operations.md`).

None of them can log in: who does is put into them. Two are needed to work on a log: what one may do, and on which log.
A web desk has three: the redactor's, the host's and the log's.

================== ===============================================================================================
role               may
================== ===============================================================================================
claims_owner       change the schema, and write tables anew after a redaction; nobody works as it from day to day
claims_reader      read
claims_writer      read, append, keep the registers
claims_redactor    what a writer may, and take contents away, which a guard lets pass behind a redaction alone
claims_host        keep the people of a web desk, their sessions and tokens, which nobody else sees
claims_log_<id>    see and touch the log of that id
================== ===============================================================================================
"""

from __future__ import annotations

from sqlalchemy import Connection

from ledger.store.postgres import schema
from ledger.store.postgres.server import SCHEMA

OWNER, READER, WRITER, REDACTOR = "claims_owner", "claims_reader", "claims_writer", "claims_redactor"
HOST = "claims_host"
_GROWING = "entries, links, contents, tiles, checkpoints"
_KEPT = "voices, tallies, edges"
_FOUND = "names, words"
_PEOPLE = "people, sessions, tokens"
_RIGHTS = (
    f"GRANT USAGE ON SCHEMA {SCHEMA} TO {READER}, {WRITER}, {REDACTOR}, {HOST}",
    f"GRANT SELECT ON {_GROWING}, {_KEPT}, {_FOUND}, erasures, alembic_version TO {READER}, {WRITER}, {REDACTOR}",
    f"GRANT INSERT ON {_GROWING}, {_KEPT}, {_FOUND} TO {WRITER}, {REDACTOR}",
    f"GRANT UPDATE, DELETE ON {_KEPT} TO {WRITER}, {REDACTOR}",
    f"GRANT DELETE ON contents, {_FOUND} TO {REDACTOR}",
    f"GRANT INSERT, DELETE ON erasures TO {REDACTOR}",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON {_PEOPLE} TO {HOST}",
    f"GRANT SELECT, INSERT ON accesses TO {HOST}",
)
# The schema first, since who is to own a table has to have the right to make one there.
_OURS = f"""
    SELECT statement FROM (
        SELECT 1 AS turn, 'ALTER SCHEMA {SCHEMA} OWNER TO {OWNER}' AS statement
        UNION ALL
        SELECT 2, format('ALTER TABLE %%I.%%I OWNER TO {OWNER}', '{SCHEMA}', relname) FROM pg_catalog.pg_class
        WHERE relnamespace = '{SCHEMA}'::regnamespace AND relkind = 'r'
        UNION ALL
        SELECT 3, format('ALTER FUNCTION %%s OWNER TO {OWNER}', oid::regprocedure) FROM pg_catalog.pg_proc
        WHERE pronamespace = '{SCHEMA}'::regnamespace
    ) AS ours ORDER BY turn
"""
_STANDS_FOR_OWNER = f"SELECT pg_has_role(current_user, '{OWNER}', 'USAGE')"
_CREATING = f"SELECT format('GRANT CREATE ON DATABASE %%I TO {OWNER}', current_database())"


def role_of(log_id: int) -> str:
    """Return the role whose members see and touch a log."""
    return f"claims_log_{log_id:016x}"


def make_roles(connection: Connection, log_id: int) -> tuple[str, ...]:
    """Make the roles that are not there yet, give them their rights and the owner the schema; return their names.

    Roles belong to the whole server, rights to this database. What is there already stays.
    """
    schema.lock(connection)
    names = (OWNER, READER, WRITER, REDACTOR, HOST, role_of(log_id))
    there = set(connection.exec_driver_sql("SELECT rolname FROM pg_catalog.pg_roles").scalars())
    for name in names:
        if name not in there:
            connection.exec_driver_sql(f"CREATE ROLE {name} NOLOGIN")
    if not connection.exec_driver_sql(_STANDS_FOR_OWNER).scalar():
        connection.exec_driver_sql(f"GRANT {OWNER} TO CURRENT_USER")
    creating, ours = (connection.exec_driver_sql(asked).scalars().all() for asked in (_CREATING, _OURS))
    for statement in (*creating, *ours):
        connection.exec_driver_sql(statement.replace("%", "%%"))
    for statement in _RIGHTS:
        connection.exec_driver_sql(statement)
    return names
