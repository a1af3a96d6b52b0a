"""The tables as the store asks and fills them: names, columns and types, by SQLAlchemy alone.

Importing SQLModel takes longer than most commands take, so what only reads and appends does without it.
:mod:`ledger.tables` has the same tables as SQLModel classes, with their indexes and constraints, for the migrations;
a test holds the two against each other, column by column.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.types import TypeEngine

from ledger.times import format_utc, parse_utc

_Type = type[TypeEngine[Any]]


class UtcTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC. A naive one is refused with ``ValueError``.

    On SQLite a text of fixed width (the form of a leaf), so that the order of texts is the order of
    moments; elsewhere a timestamp with time zone.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, else a timestamp with time zone."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(TIMESTAMP(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Write a moment as the database keeps it."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        moment = value.astimezone(UTC)
        return format_utc(moment) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read a moment back. Raises ``ValueError`` for what this type never wrote."""
        if value is None:
            return None
        return parse_utc(value) if dialect.name == "sqlite" else value.astimezone(UTC)


def _key(name: str, kind: _Type = BigInteger) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _column(name: str, kind: _Type, *, nullable: bool = False) -> Column[Any]:
    return Column(name, kind, nullable=nullable)


METADATA = MetaData()

ENTRIES = Table(
    "entries",
    METADATA,
    _key("log_id"),
    _key("index"),
    _column("leaf", LargeBinary),
    _column("kind", Text),
    _column("recorded", UtcTime),
    _column("recorder", BigInteger, nullable=True),
    _column("key", Text, nullable=True),
)
LINKS = Table("links", METADATA, _key("log_id"), _key("role", Text), _key("ref"), _key("index"))
CONTENTS = Table(
    "contents", METADATA, _key("log_id"), _key("index"), _key("part", Text), _column("content", LargeBinary)
)
NAMES = Table(
    "names",
    METADATA,
    _key("log_id"),
    _key("kind", Text),
    _key("folded", Text),
    _key("index"),
    _column("skeleton", Text),
)
VOICES = Table(
    "voices",
    METADATA,
    _key("log_id"),
    _key("claim"),
    _key("root"),
    _column("said", UtcTime, nullable=True),
    _column("signs", Text),
    _column("declined", Boolean),
    _column("pointers", Text),
    _column("carried", Text),
    _column("spoke_for", Boolean),
)
TALLIES = Table(
    "tallies",
    METADATA,
    _key("log_id"),
    _key("claim"),
    _column("authorities_for", Integer),
    _column("authorities_against", Integer),
    _column("voices_for", Integer),
    _column("voices_against", Integer),
    _column("carried_for", Integer),
    _column("carried_against", Integer),
    _column("audible", Integer),
    _column("once_for", Integer),
    _column("unsettled", Integer),
    _column("pointing", Integer),
)
TILES = Table("tiles", METADATA, _key("log_id"), _key("level", Integer), _key("number"), _column("hashes", LargeBinary))
EDGES = Table("edges", METADATA, _key("log_id"), _key("level", Integer), _column("hashes", LargeBinary))
CHECKPOINTS = Table(
    "checkpoints", METADATA, _key("log_id"), _key("size"), _key("sha256", Text), _column("note", LargeBinary)
)
ERASURES = Table("erasures", METADATA, _key("log_id"), _key("index"))

PEOPLE = Table(
    "people",
    METADATA,
    _key("log_id"),
    _key("folded", Text),
    _column("name", Text),
    _column("password", Text),
    _column("roles", Text),
    _column("disabled", Boolean),
    _column("made", UtcTime),
)
SESSIONS = Table(
    "sessions",
    METADATA,
    _key("log_id"),
    _key("sha256", Text),
    _column("person", Text),
    _column("made", UtcTime),
    _column("expires", UtcTime),
)
TOKENS = Table(
    "tokens",
    METADATA,
    _key("log_id"),
    _key("sha256", Text),
    _column("person", Text),
    _column("label", Text),
    _column("scopes", Text),
    _column("made", UtcTime),
    _column("expires", UtcTime),
)
ACCESSES = Table(
    "accesses",
    METADATA,
    _key("log_id"),
    _key("number"),
    _column("at", UtcTime),
    _column("kind", Text),
    _column("person", Text),
    _column("actor", Text, nullable=True),
    _column("address", Text, nullable=True),
    _column("detail", Text),
)
