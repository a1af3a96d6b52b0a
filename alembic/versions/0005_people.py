"""Who works at the desk: people, their sessions and tokens, and a list of accesses that only grows.

None of it is part of the ledger: no leaf changes with it, and a backup has none of it.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE people (
        log_id BIGINT NOT NULL,
        folded TEXT NOT NULL,
        name TEXT NOT NULL,
        password TEXT NOT NULL,
        roles TEXT NOT NULL,
        disabled BOOLEAN NOT NULL,
        made {time} NOT NULL,
        PRIMARY KEY (log_id, folded)
    ){rowless}
    """,
    """
    CREATE TABLE sessions (
        log_id BIGINT NOT NULL,
        sha256 TEXT NOT NULL,
        person TEXT NOT NULL,
        made {time} NOT NULL,
        expires {time} NOT NULL,
        PRIMARY KEY (log_id, sha256)
    ){rowless}
    """,
    "CREATE INDEX sessions_person ON sessions (log_id, person)",
    """
    CREATE TABLE tokens (
        log_id BIGINT NOT NULL,
        sha256 TEXT NOT NULL,
        person TEXT NOT NULL,
        label TEXT NOT NULL,
        scopes TEXT NOT NULL,
        made {time} NOT NULL,
        expires {time} NOT NULL,
        PRIMARY KEY (log_id, sha256)
    ){rowless}
    """,
    "CREATE INDEX tokens_person ON tokens (log_id, person)",
    """
    CREATE TABLE accesses (
        log_id BIGINT NOT NULL,
        number BIGINT NOT NULL,
        at {time} NOT NULL,
        kind TEXT NOT NULL,
        person TEXT NOT NULL,
        actor TEXT,
        address TEXT,
        detail TEXT NOT NULL,
        PRIMARY KEY (log_id, number)
    ){rowless}
    """,
)

SQLITE_GUARDS = (
    """
    CREATE TRIGGER accesses_insert BEFORE INSERT ON accesses
    BEGIN
        SELECT RAISE(ABORT, 'ledger: accesses: the number has to be the next one of its log')
        WHERE NEW.number IS NOT (
            SELECT coalesce(max(number) + 1, 0) FROM accesses WHERE log_id = NEW.log_id
        );
    END
    """,
    *(
        f"""
    CREATE TRIGGER accesses_{event.lower()} BEFORE {event} ON accesses
    BEGIN
        SELECT RAISE(ABORT, 'ledger: accesses: only ever grow, so nothing in them {passive}');
    END
    """
        for event, passive in (("UPDATE", "is changed"), ("DELETE", "is deleted"))
    ),
)

POSTGRES_GUARDS = (
    """
    CREATE FUNCTION claims.accesses_insert() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM fresh GROUP BY log_id
            HAVING max(number) - min(number) + 1 <> count(*)
                OR min(number) <> 0 AND NOT EXISTS (
                    SELECT FROM claims.accesses AS a WHERE a.log_id = fresh.log_id AND a.number = min(fresh.number) - 1
                )
        ) THEN
            RAISE EXCEPTION 'ledger: accesses: the number has to be the next one of its log';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER accesses_insert AFTER INSERT ON claims.accesses REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION claims.accesses_insert()
    """,
    *(
        f"""
    CREATE TRIGGER accesses_{event.lower()} BEFORE {event} ON claims.accesses
        FOR EACH STATEMENT EXECUTE FUNCTION claims.refuse('{passive}')
    """
        for event, passive in (("UPDATE", "changed"), ("DELETE", "deleted"), ("TRUNCATE", "deleted"))
    ),
    *(
        f"ALTER TABLE claims.accesses ENABLE ALWAYS TRIGGER accesses_{event}"
        for event in ("insert", "update", "delete", "truncate")
    ),
    *(
        statement
        for table in ("people", "sessions", "tokens", "accesses")
        for statement in (
            f"ALTER TABLE claims.{table} ENABLE ROW LEVEL SECURITY",
            f"CREATE POLICY own_log ON claims.{table} USING (log_id = ANY ((SELECT claims.own_logs())::bigint[]))",
        )
    ),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        words = {"time": "TEXT", "rowless": " WITHOUT ROWID"}
        made = [*(table.format(**words) for table in TABLES), *SQLITE_GUARDS]
    else:
        words = {"time": "TIMESTAMPTZ", "rowless": ""}
        made = [*(table.format(**words).replace(" TEXT", ' TEXT COLLATE "C"') for table in TABLES), *POSTGRES_GUARDS]
    for statement in made:
        op.get_bind().exec_driver_sql(_flush_left(statement))


def downgrade() -> None:
    raise NotImplementedError("a ledger is never taken back to an older schema")


def _flush_left(statement: str) -> str:
    """The text as SQLite will keep it in its catalog."""
    return "\n".join(line.removeprefix("    ") for line in statement.strip("\n ").splitlines())
