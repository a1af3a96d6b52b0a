"""The tables, as SQLModel classes; nothing else (the migrations import this module).

``entries``, ``links``, ``contents`` and ``checkpoints`` are the ledger and only ever grow; so do
``tiles``, which follow from the entries. ``edges``, ``names``, ``voices`` and ``tallies`` are registers,
which can be derived again. ``people``, ``sessions``, ``tokens`` and ``accesses`` are who works at the
desk, and no part of the ledger; of these ``accesses`` only ever grows. Every key begins with ``log_id``,
the first 63 bits of the SHA-256 of the log's origin. The rows are storage: they validate nothing and
never serve as values of the domain. What the database itself enforces (triggers) stands in the
migrations, which these classes have to equal column by column.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, LargeBinary, MetaData, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from ledger.schema import UtcTime

_ROWLESS = {"sqlite_with_rowid": False}


class Row(SQLModel):
    """What all tables share: metadata apart from any other SQLModel classes of the process."""

    metadata = MetaData()


class EntryRow(Row, table=True):
    """One line of the ledger: ``leaf`` is its exact bytes, every other column is made from them."""

    __tablename__ = "entries"
    __table_args__ = (
        UniqueConstraint("log_id", "key", name="entries_key"),
        Index("entries_kind", "log_id", "kind", "index"),
        Index("entries_recorded", "log_id", "recorded"),
        _ROWLESS,
    )

    log_id: int = Field(primary_key=True, sa_type=BigInteger)
    index: int = Field(primary_key=True, sa_type=BigInteger)
    leaf: bytes = Field(sa_type=LargeBinary)
    kind: str = Field(sa_type=Text)
    recorded: datetime = Field(sa_type=UtcTime)
    recorder: int | None = Field(default=None, sa_type=BigInteger)
    key: str | None = Field(default=None, sa_type=Text)


class LinkRow(Row, table=True):
    """One reference: entry ``index`` refers to entry ``ref`` in a role of ``model.references``."""

    __tablename__ = "links"
    __table_args__ = (
        ForeignKeyConstraint(
            ["log_id", "index"],
            ["entries.log_id", "entries.index"],
            name="links_entry",
            deferrable=True,
            initially="DEFERRED",
        ),
        Index("links_index", "log_id", "index"),
        _ROWLESS,
    )

    log_id: int = Field(primary_key=True, sa_type=BigInteger)
    role: str = Field(primary_key=True, sa_type=Text)
    ref: int = Field(primary_key=True, sa_type=BigInteger)
    index: int = Field(primary_key=True, sa_type=BigInteger)


class ContentRow(Row, table=True):
    """The canonical bytes of one part of an entry; the leaf holds their hash."""

    __tablename__ = "contents"
    __table_args__ = (
        ForeignKeyConstraint(
            ["log_id", "index"],
            ["entries.log_id", "entries.index"],
            name="contents_entry",
            deferrable=True,
            initially="DEFERRED",
        ),
        _ROWLESS,
    )

    log_id: int = Field(primary_key=True, sa_type=BigInteger)
    index: int = Field(primary_key=True, sa_type=BigInteger)
    part: str = Field(primary_key=True, sa_type=Text)
    content: bytes = Field(sa_type=LargeBinary)


class NameRow(Row, table=True):
    """Register: what a recorder, story, source or claim is found by.

    The text of a wording stands under the index of its claim.
    """

    __tablename__ = "names"
    __table_args__ = (Index("names_skeleton", "log_id", "kind", "skeleton"), _ROWLESS)

    log_id: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str = Field(primary_key=True, sa_type=Text)
    folded: str = Field(primary_key=True, sa_type=Text)
    index: int = Field(primary_key=True, sa_type=BigInteger)
    skeleton: str = Field(sa_type=Text)


class VoiceRow(Row, table=True):
    """Register: the ``Voice`` of one root on one claim.

    ``signs`` and ``carried`` are texts of the characters ``+``, ``0``, ``-`` in that order;
    ``pointers`` is a JSON array of ``[status, claim]`` pairs, sorted.
    """

    __tablename__ = "voices"
    __table_args__ = (_ROWLESS,)

    log_id: int = Field(primary_key=True, sa_type=BigInteger)
    claim: int = Field(primary_key=True, sa_type=BigInteger)
    root: int = Field(primary_key=True, sa_type=BigInteger)
    said: datetime | None = Field(default=None, sa_type=UtcTime)
    signs: str = Field(sa_type=Text)
    declined: bool
    pointers: str = Field(sa_type=Text)
    carried: str = Field(sa_type=Text)
    spoke_for: bool


class TallyRow(Row, table=True):
    """Register: the ``Tally`` of one claim, its ten counts."""

    __tablename__ = "tallies"
    __table_args__ = (_ROWLESS,)

    log_id: int = Field(primary_key=True, sa_type=BigInteger)
    claim: int = Field(primary_key=True, sa_type=BigInteger)
    authorities_for: int
    authorities_against: int
    voices_for: int
    voices_against: int
    carried_for: int
    carried_against: int
    audible: int
    once_for: int
    unsettled: int
    pointing: int


class TileRow(Row, table=True):
    """A full tile of the Merkle tree over the leaves: its 256 hashes of 32 bytes side by side."""

    __tablename__ = "tiles"
    __table_args__ = (_ROWLESS,)

    log_id: int = Field(primary_key=True, sa_type=BigInteger)
    level: int = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    hashes: bytes = Field(sa_type=LargeBinary)


class EdgeRow(Row, table=True):
    """Register: the partial tile of a level, as wide as the tree is now; no row where it is empty."""

    __tablename__ = "edges"
    __table_args__ = (_ROWLESS,)

    log_id: int = Field(primary_key=True, sa_type=BigInteger)
    level: int = Field(primary_key=True)
    hashes: bytes = Field(sa_type=LargeBinary)


class CheckpointRow(Row, table=True):
    """A signed checkpoint as it is: the bytes of the note, whose SHA-256 (hex) tells those of one size apart."""

    __tablename__ = "checkpoints"
    __table_args__ = (_ROWLESS,)

    log_id: int = Field(primary_key=True, sa_type=BigInteger)
    size: int = Field(primary_key=True, sa_type=BigInteger)
    sha256: str = Field(primary_key=True, sa_type=Text)
    note: bytes = Field(sa_type=LargeBinary)


class ErasureRow(Row, table=True):
    """A redaction whose bytes may still be somewhere in the file or in its write-ahead log; gone when they are."""

    __tablename__ = "erasures"
    __table_args__ = (_ROWLESS,)

    log_id: int = Field(primary_key=True, sa_type=BigInteger)
    index: int = Field(primary_key=True, sa_type=BigInteger)


class PersonRow(Row, table=True):
    """Somebody at the desk: the name that their entries bear, the hash of their password, their roles in one text."""

    __tablename__ = "people"
    __table_args__ = (_ROWLESS,)

    log_id: int = Field(primary_key=True, sa_type=BigInteger)
    folded: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    password: str = Field(sa_type=Text)
    roles: str = Field(sa_type=Text)
    disabled: bool
    made: datetime = Field(sa_type=UtcTime)


class SessionRow(Row, table=True):
    """A browser that is signed in, by the SHA-256 (hex) of what its cookie says; gone once it is revoked."""

    __tablename__ = "sessions"
    __table_args__ = (Index("sessions_person", "log_id", "person"), _ROWLESS)

    log_id: int = Field(primary_key=True, sa_type=BigInteger)
    sha256: str = Field(primary_key=True, sa_type=Text)
    person: str = Field(sa_type=Text)
    made: datetime = Field(sa_type=UtcTime)
    expires: datetime = Field(sa_type=UtcTime)


class TokenRow(Row, table=True):
    """A token for the interface, by its SHA-256 (hex), with the roles it has of its person's; gone once revoked."""

    __tablename__ = "tokens"
    __table_args__ = (Index("tokens_person", "log_id", "person"), _ROWLESS)

    log_id: int = Field(primary_key=True, sa_type=BigInteger)
    sha256: str = Field(primary_key=True, sa_type=Text)
    person: str = Field(sa_type=Text)
    label: str = Field(sa_type=Text)
    scopes: str = Field(sa_type=Text)
    made: datetime = Field(sa_type=UtcTime)
    expires: datetime = Field(sa_type=UtcTime)


class AccessRow(Row, table=True):
    """One line of who signed in, who was refused, and what was done to accounts; numbered from 0."""

    __tablename__ = "accesses"
    __table_args__ = (_ROWLESS,)

    log_id: int = Field(primary_key=True, sa_type=BigInteger)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    at: datetime = Field(sa_type=UtcTime)
    kind: str = Field(sa_type=Text)
    person: str = Field(sa_type=Text)
    actor: str | None = Field(default=None, sa_type=Text)
    address: str | None = Field(default=None, sa_type=Text)
    detail: str = Field(sa_type=Text)
