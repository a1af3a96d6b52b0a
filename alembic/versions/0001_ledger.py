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
        skeleton TEXT NOT NULL{names_key}
    ){rowless}
    """,
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

SQLITE_NAMES = ("CREATE INDEX names_skeleton ON names (log_id, kind, skeleton)",)

# A name may be longer than a key of a B-tree can be in PostgreSQL.
POSTGRES_NAMES = (
    'CREATE INDEX names_index ON names (log_id, kind, "index")',
    "CREATE INDEX names_folded ON names USING hash (folded)",
    "CREATE INDEX names_skeleton ON names USING hash (skeleton)",
)

# UPDATE and DELETE triggers alone are passed by INSERT OR REPLACE, whose deletions fire none by
# default; so every insert is held to what a REPLACE would need: a row that exists already.
SQLITE_GUARDS = (
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


# In PostgreSQL a guard sees all rows of its statement at once. It runs after them, so that a unique key that is taken
# has already refused them; ON CONFLICT DO UPDATE and MERGE are an UPDATE to it. What comes before an entry is written
# under the lock of its log, else the entry could be committed meanwhile. The driver wants a % twice.
POSTGRES_GUARDS = (
    """
    CREATE FUNCTION claims.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        RAISE EXCEPTION 'ledger: %%: only ever grow, so nothing in them is %%', TG_TABLE_NAME, TG_ARGV[0];
    END $$
    """,
    """
    CREATE FUNCTION claims.entries_insert() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM fresh GROUP BY log_id
            HAVING max("index") - min("index") + 1 <> count(*)
                OR min("index") <> 0 AND NOT EXISTS (
                    SELECT FROM claims.entries AS e WHERE e.log_id = fresh.log_id AND e."index" = min(fresh."index") - 1
                )
        ) THEN
            RAISE EXCEPTION 'ledger: entries: the index has to be the next one of its log';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION claims.before_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF current_setting('transaction_isolation') <> 'read committed' THEN
            RAISE EXCEPTION 'ledger: %%: are written where the last entry is seen, in READ COMMITTED', TG_TABLE_NAME;
        END IF;
        PERFORM pg_advisory_xact_lock(log_id) FROM (SELECT DISTINCT log_id FROM fresh ORDER BY log_id) AS logs;
        IF EXISTS (
            SELECT FROM fresh GROUP BY log_id
            HAVING min("index") < (
                SELECT coalesce(max(e."index") + 1, 0) FROM claims.entries AS e WHERE e.log_id = fresh.log_id
            )
        ) THEN
            RAISE EXCEPTION 'ledger: %%: come before their entry, never after it', TG_TABLE_NAME;
        END IF;
        RETURN NULL;
    END $$
    """,
    *(
        f"""
    CREATE TRIGGER {table}_insert AFTER INSERT ON claims.{table} REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION claims.{function}()
    """
        for table, function in (("entries", "entries_insert"), ("links", "before_entry"), ("contents", "before_entry"))
    ),
    *(
        f"""
    CREATE TRIGGER {table}_{event.lower()} BEFORE {event} ON claims.{table}
        FOR EACH STATEMENT EXECUTE FUNCTION claims.refuse('{passive}')
    """
        for table in ("entries", "links", "contents")
        for event, passive in (("UPDATE", "changed"), ("DELETE", "deleted"), ("TRUNCATE", "deleted"))
    ),
    # Also where a session says that it replicates (session_replication_role).
    *(
        f"ALTER TABLE claims.{table} ENABLE ALWAYS TRIGGER {table}_{event}"
        for table in ("entries", "links", "contents")
        for event in ("insert", "update", "delete", "truncate")
    ),
)

# A desk sees and writes the logs whose roles it is in: claims_log_ and the id of the log, 16 hex digits. The owner of
# the tables is not held to that.
POSTGRES_LOGS = (
    """
    CREATE FUNCTION claims.own_logs() RETURNS bigint[] LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT coalesce(array_agg(('x' || right(rolname, 16))::bit(64)::bigint), '{}')
        FROM pg_catalog.pg_roles
        WHERE rolname ~ '^claims_log_[0-9a-f]{16}$' AND pg_has_role(current_user, oid, 'USAGE')
    $$
    """,
    *(
        statement
        for table in ("entries", "links", "contents", "names", "voices", "tallies")
        for statement in (
            f"ALTER TABLE claims.{table} ENABLE ROW LEVEL SECURITY",
            f"CREATE POLICY own_log ON claims.{table} USING (log_id = ANY ((SELECT claims.own_logs())::bigint[]))",
        )
    ),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        words = {
            "bytes": "BLOB",
            "time": "TEXT",
            "rowless": " WITHOUT ROWID",
            "names_key": ',\n        PRIMARY KEY (log_id, kind, folded, "index")',
        }
        made = [*(table.format(**words) for table in (*TABLES, *SQLITE_NAMES)), *SQLITE_GUARDS]
    else:
        words = {"bytes": "BYTEA", "time": "TIMESTAMPTZ", "rowless": "", "names_key": ""}
        # The order of texts is that of their bytes, whatever the server's language.
        tables = [table.format(**words).replace("TEXT", 'TEXT COLLATE "C"') for table in TABLES]
        made = [*tables, *POSTGRES_NAMES, *POSTGRES_GUARDS, *POSTGRES_LOGS]
    for statement in made:
        op.get_bind().exec_driver_sql(_flush_left(statement))
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def downgrade() -> None:
    raise NotImplementedError("a ledger is never taken back to an older schema")


def _flush_left(statement: str) -> str:
    """The text as SQLite will keep it in its catalog."""
    return "\n".join(line.removeprefix("    ") for line in statement.strip("\n ").splitlines())
