"""Appending: one transaction, buffered, visible to its own reads at once.

The rows of an append stand in memory until :meth:`Writer.flush`. There, contents and links go before
their entries and entries in the order of their indexes, as the guards of the database demand. If we
crash before the commit, nothing of the transaction was ever there.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection

from ledger.encoding import encode_content, encode_entry, sha256
from ledger.errors import Rejected
from ledger.model import Content, Entry, Opening, references
from ledger.names import name_of
from ledger.schema import CONTENTS, ENTRIES, LINKS, NAMES
from ledger.store import rows
from ledger.store.erasing import drop_name, named_with, take_away
from ledger.store.reader import NO_LOG, Reader
from ledger.store.registers import name_row
from ledger.store.rows import Columns
from ledger.store.search import Found, Words, rows_of
from ledger.store.tree import TreeWriter, keep_checkpoint
from ledger.tlog import TileNodes
from ledger.vocabulary import Part

_BUFFERED = 2_000
Places = Sequence[tuple[str, int]]
_NOTHING: Mapping[Part, Content] = MappingProxyType({})


def log_id_of(origin: str) -> int:
    """Return the id of the log of that origin: the first 63 bits of its SHA-256."""
    return int.from_bytes(hashlib.sha256(origin.encode()).digest()[:8]) >> 1


def row_of(log_id: int, entry: Entry, leaf: bytes) -> Columns:
    """Return the row of ``entries`` that is made from an entry and its leaf."""
    return {
        "log_id": log_id,
        "index": entry.index,
        "leaf": leaf,
        "kind": entry.word,
        "recorded": entry.recorded,
        "recorder": entry.recorder,
        "key": entry.key,
    }


class Writer(Reader):
    """The whole ledger, and the end of it. Appends are there for its own questions at once."""

    def __init__(self, connection: Connection, log_id: int) -> None:
        super().__init__(connection, log_id)
        self._contents: list[rows.Values] = []
        self._links: list[rows.Values] = []
        self._rows: list[rows.Values] = []
        self._names: list[rows.Values] = []
        self._words = Words(connection)
        self._tree: TreeWriter | None = None
        self._own_refs: dict[tuple[str, int], list[int]] = defaultdict(list)
        self._own_kinds: dict[str, list[int]] = defaultdict(list)
        self._own_names: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._own_skeletons: dict[tuple[str, str], list[int]] = defaultdict(list)

    def append(self, entry: Entry, contents: Mapping[Part, Content] = _NOTHING) -> None:
        """Add the next entry, with a content for each of its parts that was not redacted.

        Raises :class:`Rejected` if its key is taken, ``Malformed`` if it cannot be a leaf. The rules
        of the ledger are not looked at here.
        """
        assert entry.index == self.size, "an entry's index is the size of the ledger before it"
        assert contents.keys() <= entry.parts.keys(), "every content is a part; one that is not here was redacted"
        leaf = encode_entry(entry)
        encoded = {part: encode_content(content) for part, content in contents.items()}
        for part, data in encoded.items():
            assert sha256(data) == entry.parts[part].sha256, "a leaf holds the hash of its contents"
        self._take_key(entry)
        if entry.index == 0:
            assert isinstance(entry.body, Opening), "entry 0 is the opening"
            log_id = log_id_of(entry.body.origin)
            assert self._log in (NO_LOG, log_id), "the opening names the log that it opens"
            self._log = log_id
        places = tuple(references(entry.body))
        self._buffer(entry, leaf, encoded, places)
        self._words.add(rows_of(self._log, entry, contents))
        self._grow(leaf)
        self._note(entry, places)
        self._name(entry, contents)
        self.size += 1
        if len(self._rows) >= _BUFFERED:
            self.flush()

    def flush(self) -> None:
        """Send what is buffered to the database, inside the transaction."""
        self._words.write()
        for table, values in (
            (CONTENTS, self._contents),
            (LINKS, self._links),
            (ENTRIES, self._rows),
            (NAMES, self._names),
        ):
            rows.insert_values(self._connection, table, values)
            values.clear()

    def finish(self) -> None:
        """Send everything, the registers too; the commit is next."""
        with rows.together(self._connection):
            self.flush()
            for register in (self._tree, self._voices, self._tallies):
                if register is not None:
                    register.write()

    def redact(self, by: int, target: int, part: Part) -> None:
        """Take away a part that the redaction ``by`` names. What it leaves on the disk, :meth:`Store.wipe` wipes."""
        self.flush()
        entry = self.entry(target)
        contents = {each: found for (_, each), found in self.contents([target]).items()}
        take_away(self._connection, self._log, by, entry, part)
        if part in (Part.NAME, Part.TEXT):
            drop_name(self._connection, self._log, entry, contents, self._other_names(entry))
        self._found.clear()

    def _other_names(self, entry: Entry) -> set[str]:
        """What else the subject of an entry is found by."""
        found = named_with(entry)
        if found is None:
            return set()
        others = [self.entry(index) for index in {found[0], *self.refs(found[1], found[0])} if index != entry.index]
        contents = self.contents([each.index for each in others])
        names = (name_of(each, {part: contents[i, part] for i, part in contents if i == each.index}) for each in others)
        return {name.folded for name in names if name is not None}

    def keep_checkpoint(self, size: int, note: bytes) -> None:
        """Keep the signed checkpoint of the first ``size`` entries."""
        self.flush()
        keep_checkpoint(self._connection, self._log, size, note)

    def leaf(self, index: int) -> bytes:
        """See :meth:`Reader.leaf`."""
        if self._bound <= index < self.size:
            return encode_entry(self._entries[index])
        return super().leaf(index)

    def refs(self, role: str, index: int) -> Sequence[int]:
        """See :meth:`Reader.refs`. Nothing in the database refers to what this transaction appended."""
        if index >= self._bound:
            return self._own_refs.get((role, index), ())
        return super().refs(role, index)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """See :meth:`Reader.entries`."""
        self.flush()
        return super().entries(start, stop)

    def stored(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes, dict[str, bytes]]]:
        """See :meth:`Reader.stored`."""
        self.flush()
        return super().stored(start, stop)

    def contents(self, indexes: Iterable[int]) -> dict[tuple[int, Part], Content]:
        """See :meth:`Reader.contents`."""
        self.flush()
        return super().contents(indexes)

    def named(self, kind: str, folded: str) -> list[int]:
        """See :meth:`Reader.named`."""
        own = self._own_names.get((kind, folded), ())
        return sorted({*super().named(kind, folded), *own})

    def looking_like(self, kind: str, skeleton: str) -> list[int]:
        """See :meth:`Reader.looking_like`."""
        own = self._own_skeletons.get((kind, skeleton), ())
        return sorted({*super().looking_like(kind, skeleton), *own})

    def names(self, kind: str) -> Iterator[tuple[int, str]]:
        """See :meth:`Reader.names`."""
        self.flush()
        return super().names(kind)

    def search(self, words: str, parts: Collection[Part] = ()) -> Iterator[Found]:
        """See :meth:`Reader.search`."""
        self.flush()
        return super().search(words, parts)

    def size_at(self, moment: datetime) -> int:
        """See :meth:`Reader.size_at`."""
        self.flush()
        return super().size_at(moment)

    def nodes(self) -> TileNodes:
        """See :meth:`Reader.nodes`."""
        self.flush()
        if self._tree is not None:
            self._tree.write()
        return super().nodes()

    def _take_key(self, entry: Entry) -> None:
        if entry.key is None:
            return
        taken = self.by_key(entry.key)
        if taken is not None:
            raise Rejected(
                f"entry {entry.index}: key {entry.key}: is taken by entry {taken}",
                next=f"it is recorded already: see entry {taken}",
            )
        self._keys[entry.key] = entry.index

    def _buffer(self, entry: Entry, leaf: bytes, encoded: Mapping[Part, bytes], places: Places) -> None:
        log, index = self._log, entry.index
        self._contents += [(log, index, part.value, data) for part, data in encoded.items()]
        self._links += [(log, role, ref, index) for role, ref in places]
        self._rows.append(tuple(row_of(log, entry, leaf).values()))

    def _grow(self, leaf: bytes) -> None:
        if self._tree is None:
            self._tree = TreeWriter(self._connection, self._log, self.size)
        self._tree.append(leaf)

    def _note(self, entry: Entry, places: Places) -> None:
        index, word = entry.index, entry.word
        self._entries[index] = entry
        self._own_kinds[word].append(index)
        if word in self._kinds:
            self._kinds[word].append(index)
        for place in places:
            self._own_refs[place].append(index)
            if place[1] < self._bound and place in self._refs:
                self._refs[place].append(index)

    def _load_kind(self, word: str) -> None:
        super()._load_kind(word)
        self._kinds[word] += self._own_kinds.get(word, ())

    def _load_refs(self, places: Collection[tuple[str, int]]) -> None:
        asked = [place for place in places if place[1] < self._bound]
        if asked:
            super()._load_refs(asked)
            for place in asked:
                self._refs[place] += self._own_refs.get(place, ())

    def _name(self, entry: Entry, contents: Mapping[Part, Content]) -> None:
        name = name_of(entry, contents)
        # A wording, or a new record of a source, may say what stands there already.
        if name is None or (name.index != entry.index and name.index in self.named(name.kind, name.folded)):
            return
        self._own_names[name.kind, name.folded].append(name.index)
        self._own_skeletons[name.kind, name.skeleton].append(name.index)
        self._names.append(tuple(name_row(self._log, name).values()))
