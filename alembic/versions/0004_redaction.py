"""Contents may go under an order, and only so; and what is to be wiped from the disk is written down until it is.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ERASURES = """
    CREATE TABLE erasures (
        log_id BIGINT NOT NULL,
        "index" BIGINT NOT NULL,
        PRIMARY KEY (log_id, "index")
    ){rowless}
    """

SQLITE = (
    "DROP TRIGGER contents_delete",
    # The redaction has to be an entry already, so that nothing goes without its order.
    """
    CREATE TRIGGER contents_delete BEFORE DELETE ON contents
    BEGIN
        SELECT RAISE(ABORT, 'ledger: contents: only a redaction takes them away')
        WHERE NOT EXISTS (
            SELECT 1 FROM links JOIN entries
                ON entries.log_id = links.log_id AND entries."index" = links."index"
            WHERE links.log_id = OLD.log_id AND links.role = 'redaction.' || OLD.part
                AND links.ref = OLD."index" AND entries.kind = 'redaction'
        );
    END
    """,
)


POSTGRES = (
    "DROP TRIGGER contents_delete ON claims.contents",
    """
    CREATE FUNCTION claims.contents_delete() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM gone
            WHERE NOT EXISTS (
                SELECT FROM claims.links AS l JOIN claims.entries AS e ON e.log_id = l.log_id AND e."index" = l."index"
                WHERE l.log_id = gone.log_id AND l.role = 'redaction.' || gone.part
                    AND l.ref = gone."index" AND e.kind = 'redaction'
            )
        ) THEN
            RAISE EXCEPTION 'ledger: contents: only a redaction takes them away';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER contents_delete AFTER DELETE ON claims.contents REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION claims.contents_delete()
    """,
    "ALTER TABLE claims.contents ENABLE ALWAYS TRIGGER contents_delete",
    "ALTER TABLE claims.erasures ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY own_log ON claims.erasures USING (log_id = ANY ((SELECT claims.own_logs())::bigint[]))",
)


def upgrade() -> None:
    of_sqlite = op.get_bind().dialect.name == "sqlite"
    table = ERASURES.format(rowless=" WITHOUT ROWID" if of_sqlite else "")
    for statement in (table, *(SQLITE if of_sqlite else POSTGRES)):
        op.get_bind().exec_driver_sql(_flush_left(statement))


def downgrade() -> None:
    raise NotImplementedError("a ledger is never taken back to an older schema")


def _flush_left(statement: str) -> str:
    """The text as SQLite will keep it in its catalog."""
    return "\n".join(line.removeprefix("    ") for line in statement.strip("\n ").splitlines())
