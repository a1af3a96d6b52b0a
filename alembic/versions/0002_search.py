"""The words of claims, sources, quotes and notes, in a full text index.

Making the table is all that is done here. In SQLite the mark in user_version says that the words are missing from
entry 0 on, and whoever migrates a ledger fills them in (`ledger.store.search`), in the same transaction.

Revision ID: 0002
Revises: 0001
"""

from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WORDS = """\
CREATE VIRTUAL TABLE words USING fts5(
    log_id UNINDEXED,
    "index" UNINDEXED,
    part UNINDEXED,
    value,
    tokenize = 'unicode61 remove_diacritics 2'
)"""


# The words are cut and folded by `ledger.store.postgres.words`, the same on every server.
POSTGRES = (
    """
    CREATE TABLE words (
        log_id BIGINT NOT NULL,
        "index" BIGINT NOT NULL,
        part TEXT COLLATE "C" NOT NULL,
        value TEXT COLLATE "C" NOT NULL,
        tokens TSVECTOR NOT NULL,
        PRIMARY KEY (log_id, "index", part)
    )
    """,
    "CREATE INDEX words_tokens ON words USING gin (tokens)",
    "ALTER TABLE claims.words ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY own_log ON claims.words USING (log_id = ANY ((SELECT claims.own_logs())::bigint[]))",
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        for statement in POSTGRES:
            connection.exec_driver_sql(statement)
        return
    try:
        connection.exec_driver_sql("SELECT fts5_source_id()")
        connection.exec_driver_sql(WORDS)
    except DBAPIError as error:
        if "fts5_source_id" not in str(error.orig):
            raise
    connection.exec_driver_sql("PRAGMA user_version = 1")


def downgrade() -> None:
    raise NotImplementedError("a ledger is never taken back to an older schema")
