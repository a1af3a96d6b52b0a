"""What `claims verify` asks of the store: everything again from the leaf bytes, and compared.

The leaves are what the ledger says. Every other column, row, name, register, trigger and index
follows from them or from the migrations, so each is derived again and every difference is named:
nothing here stops at the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, Select, Table, select, type_coerce
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import NullType

from ledger.errors import LedgerError, Problem
from ledger.examination import Examination
from ledger.model import Content, Entry, Opening, references
from ledger.names import name_of
from ledger.schema import CHECKPOINTS, CONTENTS, EDGES, ENTRIES, ERASURES, LINKS, NAMES, TALLIES, TILES, VOICES
from ledger.store import search
from ledger.store.database import Database
from ledger.store.erasing import PENDING, pending
from ledger.store.failures import told
from ledger.store.reader import STREAMED
from ledger.store.registers import TallyCodec, VoiceCodec, name_row
from ledger.store.rows import Columns
from ledger.store.store import Store
from ledger.store.tree_audit import TreeAudit
from ledger.store.writer import log_id_of, row_of
from ledger.tlog import Verifier
from ledger.vocabulary import Part

Key = tuple[Any, ...]
Kept = Mapping[Any, Any]
"""A row as the database keeps it, by the names of its columns."""
Rows = Mapping[Key, Kept]

_LEDGER = (ENTRIES, LINKS, CONTENTS, NAMES, VOICES, TALLIES, TILES, EDGES, CHECKPOINTS, ERASURES)


def check(store: Store, verifiers: Sequence[Verifier] = ()) -> list[Problem]:
    """Hold the whole file against its own leaves, the rules and its checkpoints; return every difference.

    Where ``verifiers`` has keys in the name of the log, one of them has to have signed each checkpoint. Each problem
    names its entry. Raises :class:`Unavailable` where the file cannot be read at all.
    """
    with told(store.place), store.transaction() as connection:
        return _Audit(store.database, connection, store.log_on(connection), verifiers).run()


class _Audit:
    """One pass over one snapshot. Values are compared as the database keeps them."""

    def __init__(self, database: Database, connection: Connection, log_id: int, verifiers: Sequence[Verifier]) -> None:
        self.database = database
        self.connection = connection
        self.log_id = log_id
        self.problems: list[Problem] = []
        self.size = 0  # the index that the next row has to have
        self.history = Examination(self.problems.append)
        self.verifiers = verifiers
        self.tree: TreeAudit | None = None  # None where it cannot be read
        self.names: dict[Key, Columns] = {}
        self._columns: dict[str, list[tuple[str, Callable[[Any], Any] | None]]] = {}
        self.words: dict[int, Columns] = {}  # what the last entries say, by rowid
        self.worded: int | None = None  # up to which entry that was compared
        self.index = search.index_of(connection)
        self.searched = self.index.served(connection) and self.index.behind(connection) is None

    def run(self) -> list[Problem]:
        for title, section in (
            ("pages", self._check_file),
            ("schema", self._check_schema),
            ("tree", self._begin_tree),
            ("leaves", self._check_leaves),
            ("tree", self._finish_tree),
            ("names", self._check_names),
            ("registers", self._check_registers),
            ("other logs", self._check_other_logs),
            ("search", self._check_search),
        ):
            try:
                # What failed leaves a transaction of PostgreSQL of no use, but for what is inside a savepoint.
                with self.connection.begin_nested() if self.database.shared else nullcontext():
                    section()
            except DBAPIError as error:
                self._say(f"file: {title}", f"cannot be read: {error.orig}")
            except LedgerError as error:
                self._say(f"file: {title}", f"cannot be read: {error.message}")
        return self.problems

    def _say(self, where: str, why: str, expected: Any = None, got: Any = None) -> None:
        self.problems.append(Problem(where, why, _shown(expected), _shown(got)))

    # The file and its schema.

    def _check_file(self) -> None:
        for flaw in self.database.flaws(self.connection):
            self._say(flaw.where, flaw.why, flaw.expected, flaw.got)

    def _check_schema(self) -> None:
        made, there = self.database.made_catalog(), self.database.catalog(self.connection)
        for kind, name in sorted(made.keys() | there.keys()):
            if name in self.index.TABLES and not self.searched:
                continue
            where = f"schema: {kind} {name}"
            expected, got = made.get((kind, name)), there.get((kind, name))
            if got is None:
                self._say(where, "is missing")
            elif expected is None:
                self._say(where, "is none of the ledger's own")
            elif got != expected:
                self._say(where, "differs from what the migrations make", expected, got)

    # The leaves, and what follows from each.

    def _check_leaves(self) -> None:
        """Take a thousand entries at a time, with their links and contents."""
        last: Any = -1
        statement = self._raw(ENTRIES).order_by(ENTRIES.c.index)
        streamed = self.connection.execute(statement, execution_options=STREAMED)
        for rows in streamed.mappings().partitions():
            upto = rows[-1]["index"]
            contents = self._contents_between({row["index"] for row in rows}, last, upto)
            entries = {row["index"]: self._check_row(row, contents.get(row["index"], {})) for row in rows}
            self._check_links(entries, last, upto)
            self._check_words(upto)
            last = upto
        self._check_words(None)
        self._check_absent()
        for table, label, name in ((LINKS, "link", "role"), (CONTENTS, "content", "part")):
            for row in self._kept(table, table.c.index > last):
                why = f"{label} {row[name]}: stands without its entry"
                self._say(f"entry {row['index']}", why)

    def _check_row(self, row: Kept, contents: Mapping[str, object]) -> Entry | None:
        """Check one row of ``entries``; return its entry, None if the leaf cannot be read."""
        where = f"entry {row['index']}"
        if row["index"] != self.size:
            self._say(where, "index: is not the next one", self.size, row["index"])
        self.size = row["index"] + 1 if isinstance(row["index"], int) else self.size + 1
        self._grow_tree(row)
        entry, found = self.history.take(row["index"], row["leaf"], contents)
        if entry is None:
            return None
        if isinstance(row["index"], int):
            entry = replace(entry, index=row["index"])  # if the leaf says another one, the history has told it
        self._compare_columns(where, "", ENTRIES, row_of(self.log_id, entry, row["leaf"]), row)
        if isinstance(entry.body, Opening) and log_id_of(entry.body.origin) != self.log_id:
            expected = log_id_of(entry.body.origin)
            self._say(where, "column log_id: differs from its origin", expected, self.log_id)
        self._expect_name(entry, found)
        for words in search.rows_of(self.log_id, entry, found):
            self.words[search.place_of(entry.index, Part(words["part"]))] = self.index.as_stored(words)
        return entry

    def _begin_tree(self) -> None:
        self.tree = TreeAudit(self.connection, self.log_id, self.verifiers, self.problems.append)

    def _grow_tree(self, row: Kept) -> None:
        if self.tree is not None:
            try:
                self.tree.take(row["index"], row["leaf"])
            except DBAPIError as error:
                self.tree = None
                self._say("file: tree", f"cannot be read: {error.orig}")

    def _finish_tree(self) -> None:
        if self.tree is not None:
            self.tree.finish()

    def _check_absent(self) -> None:
        absent, redacted = set(self.history.absent), self.history.redacted
        for index, part in self.history.absent:
            if (index, part) not in redacted and (index, part) not in self.history.maybe_redacted:
                self._say(f"entry {index}", f"content {part}: is missing")
        for (index, part), by in redacted.items():
            if (index, part) not in absent:
                self._say(f"entry {index}", f"content {part}: is there, though entry {by} redacts it")
        for by in pending(self.connection, self.log_id):
            self._say(f"entry {by}", f"{PENDING}: the bytes may still be on the disk")

    def _check_links(self, entries: Mapping[Any, Entry | None], after: Any, upto: Any) -> None:
        there: dict[Any, set[tuple[str, Any]]] = {index: set() for index in entries}
        for row in self._between(LINKS, after, upto):
            there.setdefault(row["index"], set()).add((row["role"], row["ref"]))
        for index, got in there.items():
            entry = entries.get(index)
            if index in entries and entry is None:
                continue  # nothing follows from a leaf that cannot be read
            expected = set(references(entry.body)) if entry else set()
            for role, ref in sorted(expected - got):
                self._say(f"entry {index}", f"link {role} to {ref}: is missing")
            for role, ref in sorted(got - expected, key=str):
                self._say(f"entry {index}", f"link {role} to {ref}: is not in its leaf")

    def _contents_between(self, indexes: set[Any], after: Any, upto: Any) -> dict[Any, dict[str, object]]:
        found: dict[Any, dict[str, object]] = {}
        for row in self._between(CONTENTS, after, upto):
            if row["index"] in indexes:
                found.setdefault(row["index"], {})[row["part"]] = row["content"]
            else:
                self._say(f"entry {row['index']}", f"content {row['part']}: is not in its leaf")
        return found

    # The registers.

    def _check_words(self, upto: Any) -> None:
        """Compare the words of the entries up to one; None: of all that are left."""
        if not self.searched or not isinstance(upto, int | None):
            return
        kept = self.index.stored(self.connection, self.log_id, self.worded, upto)
        got = {rowid: row for rowid, row in kept if self._is_ours(row)}
        expected, self.words, self.worded = self.words, {}, upto
        for rowid in sorted(expected.keys() | got.keys()):
            should, does = expected.get(rowid), got.get(rowid)
            row = should or does
            assert row is not None
            where, label = f"entry {row['index']}", f"words of {row['part']}"
            if does is None:
                self._say(where, f"{label}: are missing")
            elif should is None:
                self._say(where, f"{label}: follow from no entry")
            else:
                for name in (name for name in should if should[name] != does[name]):
                    self._say(where, f"{label}: column {name}: differs from its leaf", should[name], does[name])

    def _is_ours(self, row: Columns) -> bool:
        if row["log_id"] != self.log_id:
            self._say("file", "table words: has rows of another log", got=row["log_id"])
        return bool(row["log_id"] == self.log_id)

    def _check_search(self) -> None:
        if self.searched:
            fault = self.index.fault(self.connection)
            if fault is not None:
                self._say("file", f"table words: {fault}")
        elif self.index.served(self.connection):
            start = self.index.behind(self.connection)
            self._say("search", f"lacks what was recorded from entry {start} on", "opening it to record puts it in")

    def _expect_name(self, entry: Entry, contents: Mapping[Part, Content]) -> None:
        name = name_of(entry, contents)
        if name is not None:
            self.names[name.kind, name.folded, name.index] = name_row(self.log_id, name)

    def _check_names(self) -> None:
        got = self._rows(NAMES)
        self._compare(NAMES, self.names, got, lambda key: (key[2], f"name {key[0]} {key[1]!r}"))

    def _check_registers(self) -> None:
        for entry in self.history.unknown:
            self._say(f"entry {entry.index}", f"kind {entry.word}: is not known to this version")
        if not self.history.whole:
            if not self.history.unknown:
                self._say("registers", f"cannot be derived again, since {self._why_not()}")
            return
        fold, log = self.history.fold, {"log_id": self.log_id}
        voices = {k: log | VoiceCodec().encode(k, v) for k, v in fold.voices.items()}
        tallies = {(k,): log | TallyCodec().encode(k, v) for k, v in fold.tallies.items()}
        self._compare(VOICES, voices, self._rows(VOICES), lambda key: (key[0], f"voice of source {key[1]}"))
        self._compare(TALLIES, tallies, self._rows(TALLIES), lambda key: (key[0], "tally"))

    def _why_not(self) -> str:
        unjudged = self.history.unjudged
        more = "" if not unjudged else "; 1 entry that builds on others could not be judged"
        if unjudged > 1:
            more = f"; {unjudged} entries that build on others could not be judged"
        return f"not every entry can be read and keeps the rules{more}"

    def _check_other_logs(self) -> None:
        for table in () if self.database.shared else _LEDGER:
            other = select(table.c.log_id).where(table.c.log_id != self.log_id).distinct()
            for log_id in self.connection.execute(other).scalars():
                self._say("file", f"table {table.name}: has rows of another log", got=log_id)

    # Rows as they are kept, and how they are compared.

    def _raw(self, table: Table, *where: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        columns = [type_coerce(column, NullType()).label(column.name) for column in table.c]
        return select(*columns).where(table.c.log_id == self.log_id, *where)

    def _kept(self, table: Table, *where: ColumnElement[bool]) -> Iterable[Kept]:
        return self.connection.execute(self._raw(table, *where)).mappings()

    def _between(self, table: Table, after: Any, upto: Any) -> Iterable[Kept]:
        return self._kept(table, table.c.index > after, table.c.index <= upto)

    def _rows(self, table: Table) -> Rows:
        keys = [c.name for c in table.primary_key.columns if c.name != "log_id"]
        return {tuple(row[name] for name in keys): row for row in self._kept(table)}

    def _compare(
        self,
        table: Table,
        expected: Rows,
        got: Rows,
        name: Callable[[Key], tuple[int, str]],
    ) -> None:
        for key in sorted(expected.keys() | got.keys(), key=str):
            index, label = name(key)
            where = f"entry {index}"
            if key not in got:
                self._say(where, f"{label}: is missing")
            elif key not in expected:
                self._say(where, f"{label}: follows from no entry")
            else:
                self._compare_columns(where, f"{label}: ", table, expected[key], got[key])

    def _compare_columns(self, where: str, label: str, table: Table, expected: Kept, got: Kept) -> None:
        for name, as_kept in self._columns_of(table):
            should, does = expected[name], got[name]
            if as_kept is not None:
                should = as_kept(should)
            if should != does:
                self._say(where, f"{label}column {name}: differs from its leaf", should, does)

    def _columns_of(self, table: Table) -> list[tuple[str, Callable[[Any], Any] | None]]:
        """The columns of a table, each with what makes of a value the one that the database keeps."""
        if table.name not in self._columns:
            dialect = self.connection.dialect
            kinds = [(each.name, each.type, each.type.dialect_impl(dialect)) for each in table.c]
            self._columns[table.name] = [
                (name, None if isinstance(kind, LargeBinary) else kept.bind_processor(dialect))
                for name, kind, kept in kinds
            ]
        return self._columns[table.name]


def _shown(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return f"{len(value):,} bytes" if isinstance(value, bytes) else str(value)
