"""The ledger: entries, links and contents that only grow, and the registers made from them.

Revision ID: 0001
Revises:
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPLICATION_ID = 0x434C4D53  # "CLMS", so that another program's database is told from a ledger

TABLES = (
    """
    CREATE TABLE entries (
        log_id BIGINT NOT NULL,
        "index" BIGINT NOT NULL,
        leaf {bytes} NOT NULL,
        kind TEXT NOT NULL,
        recorded {time} NOT NULL,
        recorder BIGINT,
        "key" TEXT,
        PRIMARY KEY (log_id, "index"),
        CONSTRAINT entries_key UNIQUE (log_id, "key")
    ){rowless}
    """,
    'CREATE INDEX entries_kind ON entries (log_id, kind, "index")',
    "CREATE INDEX entries_recorded ON entries (log_id, recorded)",
    """
    CREATE TABLE links (
        log_id BIGINT NOT NULL,
        role TEXT NOT NULL,
        ref BIGINT NOT NULL,
        "index" BIGINT NOT NULL,
        PRIMARY KEY (log_id, role, ref, "index"),
        CONSTRAINT links_entry
            FOREIGN KEY (log_id, "index") REFERENCES entries (log_id, "index") DEFERRABLE INITIALLY DEFERRED
    ){rowless}
    """,
    # The deferred foreign key looks its rows up by index whenever an entry is inserted.
    'CREATE INDEX links_index ON links (log_id, "index")',
    """
    CREATE TABLE contents (
        log_id BIGINT NOT NULL,
        "index" BIGINT NOT NULL,
        part TEXT NOT NULL,
        content {bytes} NOT NULL,
        PRIMARY KEY (log_id, "index", part),
        CONSTRAINT contents_entry
            FOREIGN KEY (log_id, "index") REFERENCES entries (log_id, "index") DEFERRABLE INITIALLY DEFERRED
    ){rowless}
    """,
    """
    CREATE TABLE names (
        log_id BIGINT NOT NULL,
        kind TEXT NOT NULL,
        folded TEXT NOT NULL,
        "index" BIGINT NOT NULL,
        skeleton TEXT NOT NULL,
        PRIMARY KEY (log_id, kind, folded, "index")
    ){rowless}
    """,
    "CREATE INDEX names_skeleton ON names (log_id, kind, skeleton)",
    """
    CREATE TABLE voices (
        log_id BIGINT NOT NULL,
        claim BIGINT NOT NULL,
        root BIGINT NOT NULL,
        said {time},
        signs TEXT NOT NULL,
        declined BOOLEAN NOT NULL,
        pointers TEXT NOT NULL,
        carried TEXT NOT NULL,
        spoke_for BOOLEAN NOT NULL,
        PRIMARY KEY (log_id, claim, root)
    ){rowless}
    """,
    """
    CREATE TABLE tallies (
        log_id BIGINT NOT NULL,
        claim BIGINT NOT NULL,
        authorities_for INTEGER NOT NULL,
        authorities_against INTEGER NOT NULL,
        voices_for INTEGER NOT NULL,
        voices_against INTEGER NOT NULL,
        carried_for INTEGER NOT NULL,
        carried_against INTEGER NOT NULL,
        audible INTEGER NOT NULL,
        once_for INTEGER NOT NULL,
        unsettled INTEGER NOT NULL,
        pointing INTEGER NOT NULL,
        PRIMARY KEY (log_id, claim)
    ){rowless}
    """,
)

# UPDATE and DELETE triggers alone are passed by INSERT OR REPLACE, whose deletions fire none by
# default; so every insert is held to what a REPLACE would need: a row that exists already.
GUARDS = (
    """
    CREATE TRIGGER entries_insert BEFORE INSERT ON entries
    BEGIN
        SELECT RAISE(ABORT, 'ledger: entries: the index has to be the next one of its log')
        WHERE NEW."index" IS NOT (
            SELECT coalesce(max("index") + 1, 0) FROM entries WHERE log_id = NEW.log_id
        );
        SELECT RAISE(ABORT, 'ledger: entries: the key is taken')
        WHERE EXISTS (SELECT 1 FROM entries WHERE log_id = NEW.log_id AND "key" = NEW."key");
    END
    """,
    """
    CREATE TRIGGER links_insert BEFORE INSERT ON links
    BEGIN
        SELECT RAISE(ABORT, 'ledger: links: come before their entry, never after it')
        WHERE NOT coalesce(NEW."index" >= (
            SELECT coalesce(max("index") + 1, 0) FROM entries WHERE log_id = NEW.log_id
        ), 0);
        SELECT RAISE(ABORT, 'ledger: links: exists already')
        WHERE EXISTS (
            SELECT 1 FROM links
            WHERE log_id = NEW.log_id AND role = NEW.role AND ref = NEW.ref
                AND "index" = NEW."index"
        );
    END
    """,
    """
    CREATE TRIGGER contents_insert BEFORE INSERT ON contents
    BEGIN
        SELECT RAISE(ABORT, 'ledger: contents: come before their entry, never after it')
        WHERE NOT coalesce(NEW."index" >= (
            SELECT coalesce(max("index") + 1, 0) FROM entries WHERE log_id = NEW.log_id
        ), 0);
        SELECT RAISE(ABORT, 'ledger: contents: exists already')
        WHERE EXISTS (
            SELECT 1 FROM contents
            WHERE log_id = NEW.log_id AND "index" = NEW."index" AND part = NEW.part
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
        for table in ("entries", "links", "contents")
        for event, passive in (("UPDATE", "is changed"), ("DELETE", "is deleted"))
    ),
)


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    if dialect != "sqlite":
        raise NotImplementedError(f"no guards are written for {dialect} yet")
    words = {"bytes": "BLOB", "time": "TEXT", "rowless": " WITHOUT ROWID"}
    for statement in (*TABLES, *GUARDS):
        op.execute(_flush_left(statement.format(**words)))
    op.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def downgrade() -> None:
    raise NotImplementedError("a ledger is never taken back to an older schema")


def _flush_left(statement: str) -> str:
    """The text as SQLite will keep it in its catalog."""
    return "\n".join(line.removeprefix("    ") for line in statement.strip("\n ").splitlines())
