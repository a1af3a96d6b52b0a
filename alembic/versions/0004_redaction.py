"""Contents may go under an order, and only so; and what is to be wiped from the disk is written down until it is.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE erasures (
        log_id BIGINT NOT NULL,
        "index" BIGINT NOT NULL,
        PRIMARY KEY (log_id, "index")
    ){rowless}
    """,
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


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    if dialect != "sqlite":
        raise NotImplementedError(f"no guards are written for {dialect} yet")
    for statement in STATEMENTS:
        op.execute(_flush_left(statement.format(rowless=" WITHOUT ROWID")))


def downgrade() -> None:
    raise NotImplementedError("a ledger is never taken back to an older schema")


def _flush_left(statement: str) -> str:
    """The text as SQLite will keep it in its catalog."""
    return "\n".join(line.removeprefix("    ") for line in statement.strip("\n ").splitlines())
