"""Ledgers in files: the entries of a :class:`tests.ledgers.Book`, dressed with contents and recorded in a store.

What a raw connection sees (`dump`, `tamper`) stands here too: it is how an attacker meets the file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event

from ledger.encoding import encode_entry, reference_to
from ledger.model import (
    Claim,
    Content,
    Document,
    Entry,
    Publication,
    Redaction,
    Settlement,
    Source,
    Statement,
    Unknown,
    Wording,
    parts_of,
)
from ledger.resolver import Fold
from ledger.store import Store, Writer
from ledger.store.people import Account, Session, Token, people_of
from ledger.tlog import Checkpoint, Signer, leaf_hash, root_of
from ledger.vocabulary import Access, Part, Role
from tests.ledgers import Book

Contents = Mapping[Part, Content]
GROWING = ("accesses", "checkpoints", "contents", "entries", "links", "tiles")
TABLES = ("entries", "links", "contents", "names", "voices", "tallies", "tiles", "edges", "checkpoints", "erasures")
SEARCHED = ("words",)
PEOPLE = ("accesses", "people", "sessions", "tokens")
"""The tables that are no part of the ledger."""
NOBODY = 65534
KEY = Signer("example.org/desk", bytes(32))
"""The key of the log that :func:`night` tells of."""


def night(claims: int = 3, *, redacts: bool = True) -> list[Entry]:
    """A ledger with every kind of entry and every kind of reference; the redaction is the last."""
    book = Book()
    story = book.story()
    agency, ministry = book.source("agency"), book.source("official")
    speaker = book.source("spokesperson", group=ministry)
    police = book.source("unnamed", relayer=agency, story=story)
    opened = [book.claim(story) for _ in range(max(claims, 3))]
    first, second, third = opened[:3]
    book.grant(ministry, story=story)
    mistake = book.say(first, "reported", police, via=agency, said="22:30")
    denial = book.say(first, "denied", speaker, via=(agency, ministry), said="22:57")
    book.say(first, "corrected", 2, said="23:10", to=second)
    book.say(second, "reported", agency)
    book.say(second, "superseded", agency, said="23:20", to=third)
    book.retract(book.retract(mistake))
    book.hold(third)
    book.release(third)
    book.vet(police, first)
    book.unvet(agency)
    book.amend(police, "witness")
    book.group(speaker, None)
    book.same(third, second)
    book.wording(first)
    book.evidence(mistake)
    book.policy(3)
    if redacts:
        book.redact(denial, "note")
    return book.entries


def dressed(entry: Entry, *, keyed: bool = True) -> tuple[Entry, Contents]:
    """The entry with a content for every part that its kind must have, and for some that it may have."""
    assert not isinstance(entry.body, Unknown)
    must, may = parts_of(entry.body.kind)
    parts = set(must)
    if isinstance(entry.body, Source) and entry.body.amends is None:
        parts.add(Part.NAME)
    if isinstance(entry.body, Statement):
        parts |= {Part.QUOTE, Part.NOTE} & may
    if isinstance(entry.body, Publication):
        parts |= {Part.NAME, Part.TEXT}
    if isinstance(entry.body, Settlement):
        parts |= {Part.URL, Part.NOTE}
    contents = {part: Content(f"{entry.index:064x}", words(entry, part)) for part in sorted(parts)}
    refs = {part: reference_to(content) for part, content in contents.items()}
    key = f"{entry.index:032x}" if keyed and isinstance(entry.body, Statement) else None
    return replace(entry, parts=refs, key=key), contents


def words(entry: Entry, part: Part) -> Any:
    """What the part of that entry says; no two entries say the same."""
    if part is Part.EVIDENCE:
        return Document(url=f"https://example.org/{entry.index}")
    if part is Part.URL:
        return f"https://example.org/{entry.word}/{entry.index}"
    if isinstance(entry.body, Claim | Wording):
        return f"Claim number {entry.index}."
    return f"{entry.word}-{entry.index}"


def append(writer: Writer, entries: Iterable[Entry]) -> None:
    """Append the entries of a whole ledger from the writer's own size on, and keep the registers.

    What they redact goes, but for its bytes in the file: those :meth:`Store.wipe` wipes.
    """
    fold = Fold(writer, voices=writer.voices, tallies=writer.tallies)
    for entry in entries:
        if entry.index >= writer.size:
            entry, contents = dressed(entry)
            writer.append(entry, contents)
            fold.step(entry)
            if isinstance(entry.body, Redaction):
                writer.redact(entry.index, entry.body.target, entry.body.part)


def root(entries: Sequence[Entry]) -> bytes:
    """The root of the tree over these entries, from their leaves alone."""
    return root_of([leaf_hash(encode_entry(dressed(entry)[0])) for entry in entries])


def signed(entries: Sequence[Entry], size: int, *signers: Signer) -> bytes:
    """The note of a checkpoint of the first ``size`` entries."""
    return Checkpoint(KEY.verifier.name, size, root(entries[:size])).sign(*(signers or (KEY,)))


def record(store: Store, entries: Iterable[Entry]) -> None:
    """Append the entries that the store has not got yet, in one transaction, and wipe what they redact."""
    with store.writing() as writer:
        append(writer, entries)
    store.wipe()


def employed(store: Store) -> None:
    """Put somebody at the desk: an account, a session, a token, and two lines of accesses."""
    at = datetime(2017, 4, 20, 20, tzinfo=UTC)
    with people_of(store, writing=True) as register:
        register.keep(Account("Ana", "no hash", frozenset({Role.EDITOR}), disabled=False, made=at))
        register.begin(Session("5" * 64, "ana", at, at + timedelta(days=9_999)))
        register.keep_token(Token("7" * 64, "ana", "wire", frozenset(), at, at + timedelta(days=9_999)))
        register.note(at, Access.ADDED, "Ana")
        register.note(at, Access.SIGNED_IN, "Ana", actor="Ana", address="192.0.2.7")


@contextmanager
def raw(path: Path, *pragmas: str) -> Iterator[sqlite3.Connection]:
    """A connection of one's own to the file, with whatever settings one likes."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0.05)) as connection:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
        yield connection


def dump(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with raw(path) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in (*TABLES, *SEARCHED, *PEOPLE)
        }


def tamper(path: Path, *statements: str | tuple[str, tuple[Any, ...]]) -> None:
    """Change the file as somebody would who takes the guards away first and puts them back afterwards."""
    with raw(path, "foreign_keys = OFF") as connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            sql, values = statement if isinstance(statement, tuple) else (statement, ())
            assert connection.execute(sql, values).rowcount != 0, f"{sql}: touches nothing"
        for _, sql in guards:
            connection.execute(sql)


def take_back(path: Path) -> None:
    """Take the schema back to 0003, as the version before redactions left it."""
    why = "ledger: contents: only ever grow, so nothing in them is deleted"
    with raw(path) as connection:
        for table in ("erasures", *PEOPLE):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("DROP TRIGGER contents_delete")
        body = f"    SELECT RAISE(ABORT, '{why}');"
        connection.execute(f"CREATE TRIGGER contents_delete BEFORE DELETE ON contents\nBEGIN\n{body}\nEND")
        connection.execute("UPDATE alembic_version SET version_num = '0003'")


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """What the store asks its database for inside the block."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(store.pool, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(store.pool, "before_cursor_execute", note)


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Without the rights of root, to whom every file is writable; as oneself for everybody else."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
