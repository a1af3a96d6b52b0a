"""The schema on a server: whose database it is, and what there is in it, down to the bodies of the guards.

What is compared is taken from the system catalogs in words of our own, since the way in which a server writes a
definition down differs between versions.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from sqlalchemy import Connection

from ledger.store.migrating import Found
from ledger.store.postgres.server import SCHEMA

MARK = "retraction-ledger"
"""The comment on the schema, which tells it from one that another program made under the same name."""

_SCHEMA_LOCK = -1  # no log has it
_MARKED = f"SELECT obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace WHERE nspname = '{SCHEMA}'"
_TABLES = """
    SELECT n.nspname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')
    LIMIT 1
"""
_OWNER = f"""
    SELECT quote_ident(r.rolname) FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner
    WHERE n.nspname = '{SCHEMA}' AND r.rolname <> current_user
"""


def recognise(connection: Connection) -> Found:
    """Tell a ledger from a database with no table in it and from that of another program."""
    marks = connection.exec_driver_sql(_MARKED).scalars().all()
    if marks == [MARK]:
        there = connection.exec_driver_sql(f"SELECT to_regclass('{SCHEMA}.alembic_version')").scalar()
        return Found.LEDGER if there is not None else Found.FOREIGN
    if marks or connection.exec_driver_sql(_TABLES).first() is not None:
        return Found.FOREIGN
    return Found.VACANT


def lock(connection: Connection) -> None:
    """Let one migration at a time go on."""
    connection.exec_driver_sql(f"SELECT pg_catalog.pg_advisory_xact_lock({_SCHEMA_LOCK})")


def prepare(connection: Connection) -> None:
    """Make the schema, or become its owner, for the transaction of a migration."""
    if not connection.exec_driver_sql(_MARKED).all():
        connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
        connection.exec_driver_sql(f"COMMENT ON SCHEMA {SCHEMA} IS '{MARK}'")
    owner = connection.exec_driver_sql(_OWNER).scalar()
    if owner is not None:
        connection.exec_driver_sql(f"SET LOCAL ROLE {owner}".replace("%", "%%"))


def catalog(connection: Connection) -> dict[tuple[str, str], str]:
    """Return what the schema consists of: a text for each thing, by its kind and name."""
    rows = connection.exec_driver_sql(_CATALOG.replace("%", "%%"))
    return {(kind, name): text for kind, name, text in rows}


@cache
def made_catalog() -> dict[tuple[str, str], str]:
    """Return the catalog as the migrations make it: kept in a file, which a test holds against them."""
    kept = json.loads(files(__package__).joinpath("catalog.json").read_text(encoding="utf-8"))
    return {(kind, name): text for kind, named in kept.items() for name, text in named.items()}


_CATALOG = f"""
WITH ours AS (
    SELECT c.* FROM pg_catalog.pg_class AS c
    WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = '{SCHEMA}')
)
SELECT CASE relkind WHEN 'r' THEN 'table' ELSE 'relation' END AS kind, relname::text AS name, concat_ws(', ',
    CASE relkind WHEN 'r' THEN 'ordinary' ELSE 'of kind ' || relkind::text END,
    CASE relpersistence WHEN 'p' THEN 'logged' ELSE 'not logged' END,
    CASE WHEN relrowsecurity THEN 'rows by policy' ELSE 'rows for all' END,
    CASE WHEN relforcerowsecurity THEN 'for its owner too' END,
    'inherited by ' || (
        SELECT string_agg(inhrelid::regclass::text, ' ' ORDER BY inhrelid::regclass::text)
        FROM pg_catalog.pg_inherits WHERE inhparent = ours.oid
    ),
    'inherits from ' || (
        SELECT string_agg(inhparent::regclass::text, ' ' ORDER BY inhparent::regclass::text)
        FROM pg_catalog.pg_inherits WHERE inhrelid = ours.oid
    )
) AS shape
FROM ours WHERE relkind NOT IN ('i', 'I', 't')
UNION ALL
SELECT 'column', ours.relname || '.' || a.attname, concat_ws(', ',
    format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN 'not null' END,
    'collation ' || (SELECT collname FROM pg_catalog.pg_collation WHERE oid = a.attcollation),
    'by default ' || (SELECT pg_get_expr(adbin, adrelid) FROM pg_catalog.pg_attrdef
        WHERE adrelid = a.attrelid AND adnum = a.attnum),
    'generated ' || nullif(a.attgenerated::text, ''),
    'identity ' || nullif(a.attidentity::text, '')
)
FROM ours JOIN pg_catalog.pg_attribute AS a ON a.attrelid = ours.oid
WHERE ours.relkind NOT IN ('i', 'I', 't') AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'constraint', ours.relname || '.' || c.conname, concat_ws(', ',
    CASE c.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key'
        ELSE 'of type ' || c.contype::text END,
    (SELECT string_agg(a.attname, ' ' ORDER BY k.at) FROM unnest(c.conkey) WITH ORDINALITY AS k (number, at)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.number),
    'to ' || nullif(c.confrelid, 0)::regclass::text,
    (SELECT string_agg(a.attname, ' ' ORDER BY k.at) FROM unnest(c.confkey) WITH ORDINALITY AS k (number, at)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.number),
    CASE WHEN c.condeferrable THEN 'deferrable' END,
    CASE WHEN c.condeferred THEN 'deferred' END,
    CASE WHEN NOT c.convalidated THEN 'not validated' END
)
FROM ours JOIN pg_catalog.pg_constraint AS c ON c.conrelid = ours.oid WHERE c.contype NOT IN ('n', 't')
UNION ALL
SELECT 'index', i.relname::text, concat_ws(', ',
    'on ' || ours.relname, am.amname::text,
    (SELECT string_agg(pg_get_indexdef(x.indexrelid, n, true), ' ' ORDER BY n)
        FROM generate_series(1, x.indnatts) AS n),
    CASE WHEN x.indisunique THEN 'unique' END,
    CASE WHEN to_jsonb(x) ->> 'indnullsnotdistinct' = 'true' THEN 'nulls alike' END,
    'where ' || pg_get_expr(x.indpred, x.indrelid),
    CASE WHEN NOT (x.indisvalid AND x.indisready AND x.indislive) THEN 'not valid' END
)
FROM ours JOIN pg_catalog.pg_index AS x ON x.indrelid = ours.oid
JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid JOIN pg_catalog.pg_am AS am ON am.oid = i.relam
WHERE ours.relkind NOT IN ('t')
UNION ALL
SELECT 'trigger', ours.relname || '.' || CASE WHEN t.tgisinternal
        THEN p.proname || ' of ' || (SELECT conname FROM pg_catalog.pg_constraint WHERE oid = t.tgconstraint)
        ELSE t.tgname END, concat_ws(', ',
    p.pronamespace::regnamespace::text || '.' || p.proname,
    'type ' || t.tgtype,
    'arguments ' || nullif(encode(t.tgargs, 'escape'), ''),
    'new rows ' || t.tgnewtable, 'old rows ' || t.tgoldtable,
    'of columns ' || nullif(t.tgattr::text, ''),
    CASE WHEN t.tgqual IS NOT NULL THEN 'with a condition' END,
    CASE t.tgenabled WHEN 'A' THEN 'always' WHEN 'O' THEN 'enabled' WHEN 'D' THEN 'disabled' ELSE 'for replicas' END
)
FROM ours JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = ours.oid JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
UNION ALL
SELECT 'function', p.oid::regprocedure::text, concat_ws(', ',
    l.lanname::text, 'returns ' || format_type(p.prorettype, NULL), 'volatile ' || p.provolatile::text,
    CASE WHEN p.prosecdef THEN 'as its owner' ELSE 'as its caller' END,
    array_to_string(p.proconfig, ' '), p.prosrc
)
FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE p.pronamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = '{SCHEMA}')
UNION ALL
SELECT 'rule', ours.relname || '.' || r.rulename, pg_get_ruledef(r.oid)
FROM ours JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = ours.oid WHERE ours.relkind <> 'v'
UNION ALL
SELECT 'policy', ours.relname || '.' || p.polname, concat_ws(', ',
    'for ' || p.polcmd::text, CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END,
    CASE WHEN p.polroles <> '{{0}}' THEN 'for some roles' END,
    pg_get_expr(p.polqual, p.polrelid), 'check ' || pg_get_expr(p.polwithcheck, p.polrelid)
)
FROM ours JOIN pg_catalog.pg_policy AS p ON p.polrelid = ours.oid
UNION ALL
SELECT o.type, o.identity, 'whatever it is'
FROM pg_catalog.pg_depend AS d CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) AS o
WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass
    AND d.refobjid = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = '{SCHEMA}')
    AND d.classid NOT IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass)
    AND o.type NOT IN ('default acl', 'publication namespace', 'statistics object')
"""
