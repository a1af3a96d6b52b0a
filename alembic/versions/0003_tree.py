"""The Merkle tree over the leaves, as tiles, and the checkpoints that were signed of it.

The tables are all that is made here; whoever migrates a ledger that has entries puts their tiles in
(`ledger.store.tree`), in the same transaction.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE tiles (
        log_id BIGINT NOT NULL,
        level INTEGER NOT NULL,
        number BIGINT NOT NULL,
        hashes {bytes} NOT NULL,
        PRIMARY KEY (log_id, level, number)
    ){rowless}
    """,
    """
    CREATE TABLE edges (
        log_id BIGINT NOT NULL,
        level INTEGER NOT NULL,
        hashes {bytes} NOT NULL,
        PRIMARY KEY (log_id, level)
    ){rowless}
    """,
    """
    CREATE TABLE checkpoints (
        log_id BIGINT NOT NULL,
        size BIGINT NOT NULL,
        sha256 TEXT NOT NULL,
        note {bytes} NOT NULL,
        PRIMARY KEY (log_id, size, sha256)
    ){rowless}
    """,
)

SQLITE_GUARDS = (
    """
    CREATE TRIGGER tiles_insert BEFORE INSERT ON tiles
    BEGIN
        SELECT RAISE(ABORT, 'ledger: tiles: the number has to be the next one of its level')
        WHERE NEW.number IS NOT (
            SELECT coalesce(max(number) + 1, 0) FROM tiles
            WHERE log_id = NEW.log_id AND level = NEW.level
        );
        SELECT RAISE(ABORT, 'ledger: tiles: a full tile has 256 hashes')
        WHERE typeof(NEW.hashes) IS NOT 'blob' OR length(NEW.hashes) IS NOT 8192;
        SELECT RAISE(ABORT, 'ledger: tiles: nothing is hashed of entries that are not there')
        WHERE NOT coalesce(NEW.level BETWEEN 0 AND 6 AND (NEW.number + 1) << (8 * (NEW.level + 1)) <= (
            SELECT coalesce(max("index") + 1, 0) FROM entries WHERE log_id = NEW.log_id
        ), 0);
    END
    """,
    """
    CREATE TRIGGER checkpoints_insert BEFORE INSERT ON checkpoints
    BEGIN
        SELECT RAISE(ABORT, 'ledger: checkpoints: nothing is signed of entries that are not there')
        WHERE NOT coalesce(NEW.size BETWEEN 1 AND (
            SELECT coalesce(max("index") + 1, 0) FROM entries WHERE log_id = NEW.log_id
        ), 0);
        SELECT RAISE(ABORT, 'ledger: checkpoints: exists already')
        WHERE EXISTS (
            SELECT 1 FROM checkpoints
            WHERE log_id = NEW.log_id AND size = NEW.size AND sha256 = NEW.sha256
        );
    END
    """,
    *(
        f"""
    CREATE TRIGGER {table}_{event.lower()} BEFORE {event} ON {table}
    BEGIN
        SELECT RAISE(ABORT, 'ledger: {table}: only ever grow, so nothing in them {passive}');
    END
    """
        for table in ("tiles", "checkpoints")
        for event, passive in (("UPDATE", "is changed"), ("DELETE", "is deleted"))
    ),
)


POSTGRES_GUARDS = (
    """
    CREATE FUNCTION claims.tiles_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM fresh GROUP BY log_id, level
            HAVING max(number) - min(number) + 1 <> count(*)
                OR min(number) <> 0 AND NOT EXISTS (
                    SELECT FROM claims.tiles AS t
                    WHERE t.log_id = fresh.log_id AND t.level = fresh.level AND t.number = min(fresh.number) - 1
                )
        ) THEN
            RAISE EXCEPTION 'ledger: tiles: the number has to be the next one of its level';
        END IF;
        IF EXISTS (SELECT FROM fresh WHERE length(hashes) <> 8192) THEN
            RAISE EXCEPTION 'ledger: tiles: a full tile has 256 hashes';
        END IF;
        IF EXISTS (
            SELECT FROM fresh GROUP BY log_id, level
            HAVING level NOT BETWEEN 0 AND 6 OR (max(number) + 1)::numeric * 256::numeric ^ (level + 1) > (
                SELECT coalesce(max(e."index") + 1, 0) FROM claims.entries AS e WHERE e.log_id = fresh.log_id
            )
        ) THEN
            RAISE EXCEPTION 'ledger: tiles: nothing is hashed of entries that are not there';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION claims.checkpoints_insert() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM fresh GROUP BY log_id
            HAVING min(size) < 1 OR max(size) > (
                SELECT coalesce(max(e."index") + 1, 0) FROM claims.entries AS e WHERE e.log_id = fresh.log_id
            )
        ) THEN
            RAISE EXCEPTION 'ledger: checkpoints: nothing is signed of entries that are not there';
        END IF;
        RETURN NULL;
    END $$
    """,
    *(
        f"""
    CREATE TRIGGER {table}_insert AFTER INSERT ON claims.{table} REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION claims.{table}_insert()
    """
        for table in ("tiles", "checkpoints")
    ),
    *(
        f"""
    CREATE TRIGGER {table}_{event.lower()} BEFORE {event} ON claims.{table}
        FOR EACH STATEMENT EXECUTE FUNCTION claims.refuse('{passive}')
    """
        for table in ("tiles", "checkpoints")
        for event, passive in (("UPDATE", "changed"), ("DELETE", "deleted"), ("TRUNCATE", "deleted"))
    ),
    *(
        f"ALTER TABLE claims.{table} ENABLE ALWAYS TRIGGER {table}_{event}"
        for table in ("tiles", "checkpoints")
        for event in ("insert", "update", "delete", "truncate")
    ),
    *(
        statement
        for table in ("tiles", "edges", "checkpoints")
        for statement in (
            f"ALTER TABLE claims.{table} ENABLE ROW LEVEL SECURITY",
            f"CREATE POLICY own_log ON claims.{table} USING (log_id = ANY ((SELECT claims.own_logs())::bigint[]))",
        )
    ),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        words = {"bytes": "BLOB", "rowless": " WITHOUT ROWID"}
        made = [*(table.format(**words) for table in TABLES), *SQLITE_GUARDS]
    else:
        words = {"bytes": "BYTEA", "rowless": ""}
        made = [*(table.format(**words).replace("TEXT", 'TEXT COLLATE "C"') for table in TABLES), *POSTGRES_GUARDS]
    for statement in made:
        op.get_bind().exec_driver_sql(_flush_left(statement))


def downgrade() -> None:
    raise NotImplementedError("a ledger is never taken back to an older schema")


def _flush_left(statement: str) -> str:
    """The text as SQLite will keep it in its catalog."""
    return "\n".join(line.removeprefix("    ") for line in statement.strip("\n ").splitlines())
