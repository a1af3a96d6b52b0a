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

GUARDS = (
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


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    if dialect != "sqlite":
        raise NotImplementedError(f"no guards are written for {dialect} yet")
    words = {"bytes": "BLOB", "rowless": " WITHOUT ROWID"}
    for statement in (*TABLES, *GUARDS):
        op.execute(_flush_left(statement.format(**words)))


def downgrade() -> None:
    raise NotImplementedError("a ledger is never taken back to an older schema")


def _flush_left(statement: str) -> str:
    """The text as SQLite will keep it in its catalog."""
    return "\n".join(line.removeprefix("    ") for line in statement.strip("\n ").splitlines())
