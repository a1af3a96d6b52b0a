"""Reading a prefix of the ledger: one snapshot, memoised, in few queries.

A :class:`Reader` answers for the entries below its ``size`` and for nothing beyond. It holds what it
has read until it is dropped, since an entry never changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, MutableMapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import Connection, bindparam, select

from ledger.encoding import Malformed, decode_content, decode_entry
from ledger.errors import Misused, Unavailable
from ledger.model import Content, Document, Entry
from ledger.resolver import neighbourhood
from ledger.resolver.voice import Tally, Voice
from ledger.schema import CONTENTS, ENTRIES, LINKS, NAMES
from ledger.store.failures import VERIFY
from ledger.store.registers import Register, TallyCodec, VoiceCodec, chunks
from ledger.store.search import Found, find
from ledger.store.tree import checkpoints, newest_checkpoints, read_tile
from ledger.tlog import TileNodes, tree_root
from ledger.vocabulary import Kind, Part

NO_LOG = -1
"""Stands for the log of a ledger that has no opening yet; no log has it, since they have 63 bits."""

AT_ONCE = 1_000
"""How many rows are in memory at once where a whole table is read."""

STREAMED = {"yield_per": AT_ONCE}
"""Execution options of a statement whose rows are not to be in memory all at once."""

_E, _L, _C, _N = ENTRIES.c, LINKS.c, CONTENTS.c, NAMES.c
_LEAVES = select(_E.index, _E.leaf).where(_E.log_id == bindparam("log"))
_LEAF = select(_E.leaf).where(_E.log_id == bindparam("log"), _E.index == bindparam("index"))
_SOME_LEAVES = _LEAVES.where(_E.index.in_(bindparam("indexes", expanding=True)))
_NEXT_LEAVES = (
    _LEAVES.where(_E.index >= bindparam("start"), _E.index < bindparam("stop")).order_by(_E.index).limit(AT_ONCE)
)
_LAST = select(_E.index).where(_E.log_id == bindparam("log")).order_by(_E.index.desc()).limit(1)
_LAST_BY = (
    select(_E.index)
    .where(_E.log_id == bindparam("log"), _E.recorded <= bindparam("moment", type_=_E.recorded.type))
    .order_by(_E.recorded.desc(), _E.index.desc())
    .limit(1)
)
_KEYED = select(_E.index).where(_E.log_id == bindparam("log"), _E.key == bindparam("key"))
_SOME_KEYED = select(_E.key, _E.index).where(
    _E.log_id == bindparam("log"), _E.key.in_(bindparam("keys", expanding=True))
)
_NEXT_KIND = (
    select(_E.kind)
    .where(_E.log_id == bindparam("log"), _E.kind > bindparam("after"), _E.index < bindparam("bound"))
    .order_by(_E.kind)
    .limit(1)
)
_OF_KIND = (
    select(_E.index)
    .where(_E.log_id == bindparam("log"), _E.kind == bindparam("kind"), _E.index < bindparam("bound"))
    .order_by(_E.index)
)
_REFS = (
    select(_L.role, _L.ref, _L.index)
    .where(
        _L.log_id == bindparam("log"),
        _L.role.in_(bindparam("roles", expanding=True)),
        _L.ref.in_(bindparam("refs", expanding=True)),
        # The sum keeps a planner without statistics from walking all links by their index.
        _L.index + 0 < bindparam("bound"),
    )
    .order_by(_L.role, _L.ref, _L.index)
)
_SOME_CONTENTS = select(_C.index, _C.part, _C.content).where(
    _C.log_id == bindparam("log"), _C.index.in_(bindparam("indexes", expanding=True))
)
_NEXT_CONTENTS = select(_C.index, _C.part, _C.content).where(
    _C.log_id == bindparam("log"), _C.index >= bindparam("start"), _C.index < bindparam("stop")
)
_DOCUMENTS = (
    select(_C.index, _C.part, _C.content)
    .where(_C.log_id == bindparam("log"), _C.part == Part.EVIDENCE.value, _C.index < bindparam("bound"))
    .order_by(_C.index)
)
_OF_NAMES = select(_N.index, _N.folded).where(
    _N.log_id == bindparam("log"), _N.kind == bindparam("kind"), _N.index < bindparam("bound")
)
_NAMED = _OF_NAMES.where(_N.folded == bindparam("words")).order_by(_N.index)
_LOOKING = _OF_NAMES.where(_N.skeleton == bindparam("words")).order_by(_N.index)


class Reader:
    """One consistent snapshot of the first ``size`` entries. The facts of the resolver.

    ``size`` counts entries, ``absent`` stands for a text that is missing. ``entry`` and ``leaf`` raise
    ``KeyError`` for an index beyond; every other question just finds nothing there.
    """

    absent = "[missing]"

    def __init__(self, connection: Connection, log_id: int, size: int | None = None) -> None:
        """Read the first ``size`` entries of the log, all that there are with None.

        Raises :class:`Misused` if there are fewer.
        """
        self._connection = connection
        self._log = log_id
        last = connection.execute(_LAST, {"log": log_id}).scalar()
        if not isinstance(last, int | None):
            raise Unavailable(f"entries: an index is no number: {last!r}", next=VERIFY)
        whole = 0 if last is None else last + 1
        if size is not None and not 0 <= size <= whole:
            raise Misused(f"size: {size}: the ledger has {whole} entries", next=f"ask for 0 to {whole}")
        self.size = whole if size is None else size
        self._whole = self.size == whole
        # The database is asked for what is below this index; a writer knows what is beyond.
        self._bound = self.size
        self._entries: dict[int, Entry] = {}
        self._refs: dict[tuple[str, int], list[int]] = {}
        self._kinds: dict[str, list[int]] = {}
        self._keys: dict[str, int | None] = {}
        self._found: dict[tuple[bool, str, str], list[int]] = {}
        self._voices: Register[tuple[int, int], Voice] | None = None
        self._tallies: Register[int, Tally] | None = None

    def renewed(self) -> Reader:
        """Return a reader of the same prefix that remembers nothing yet."""
        return Reader(self._connection, self._log, self.size)

    @property
    def log_id(self) -> int:
        """The first 63 bits of the SHA-256 of the origin. The ledger has to have an opening."""
        assert self._log != NO_LOG, "a ledger has a log from its opening on"
        return self._log

    @property
    def voices(self) -> MutableMapping[tuple[int, int], Voice]:
        """The voices by claim and root, of the whole ledger. A reader's own changes stay in memory."""
        return self._register_of_voices()

    @property
    def tallies(self) -> MutableMapping[int, Tally]:
        """The tallies by claim, of the whole ledger. A reader's own changes stay in memory."""
        return self._register_of_tallies()

    def entry(self, index: int) -> Entry:
        """Return an entry. Raises ``KeyError`` beyond the prefix, ``Unavailable`` if it is damaged."""
        if index not in self._entries:
            self._entries[index] = _decoded(index, self.leaf(index))
        return self._entries[index]

    def leaf(self, index: int) -> bytes:
        """Return the exact bytes of an entry. Raises ``KeyError`` beyond the prefix."""
        leaf = None
        if 0 <= index < self._bound:
            given = {"log": self._log, "index": index}
            leaf = self._connection.execute(_LEAF, given).scalar()
        if leaf is None:
            raise KeyError(index)
        return bytes(leaf)

    def leaves(self, start: int = 0, stop: int | None = None) -> Iterator[list[bytes]]:
        """Yield the leaves from ``start`` up to and without ``stop``, lists of up to a thousand, in their order.

        None of it is held to its format. Raises ``Unavailable`` for what is not even bytes.
        """
        end = self.size if stop is None else min(stop, self.size)
        start = max(start, 0)
        while start < end:
            given = {"log": self._log, "start": start, "stop": end}
            rows = self._connection.execute(_NEXT_LEAVES, given).all()
            if not rows:
                return
            try:
                yield [bytes(leaf) for _, leaf in rows]
            except TypeError as error:
                raise Unavailable(f"entries: {start} or one after it is damaged: {error}", next=VERIFY) from error
            start = rows[-1][0] + 1

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Yield the entries from ``start`` up to and without ``stop``, a thousand in memory at once."""
        end = self.size if stop is None else min(stop, self.size)
        start = max(start, 0)
        while start < end:
            given = {"log": self._log, "start": start, "stop": end}
            rows = self._connection.execute(_NEXT_LEAVES, given).all()
            for index, leaf in rows:
                yield self._entries.get(index) or _decoded(index, leaf)
            if not rows:
                return
            start = rows[-1][0] + 1

    def stored(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes, dict[str, bytes]]]:
        """Yield entries as they are kept: index, leaf, contents by part; a thousand in memory at once.

        None of it is held to its format. Raises ``Unavailable`` for what is not even bytes.
        """
        end = self.size if stop is None else min(stop, self.size)
        while start < end:
            try:
                rows, contents = self._next_stored(start, end)
            except TypeError as error:
                raise Unavailable(f"entries: {start} or one after it is damaged: {error}", next=VERIFY) from error
            for index, leaf in rows:
                yield index, leaf, contents.get(index, {})
            start = rows[-1][0] + 1 if rows else end

    def _next_stored(self, start: int, stop: int) -> tuple[Sequence[Any], dict[int, dict[str, bytes]]]:
        given = {"log": self._log, "start": start, "stop": stop}
        rows = self._connection.execute(_NEXT_LEAVES, given).all()
        contents: dict[int, dict[str, bytes]] = {}
        if rows:
            given["stop"] = rows[-1][0] + 1
            for index, part, content in self._connection.execute(_NEXT_CONTENTS, given):
                contents.setdefault(index, {})[part] = bytes(content)
        return rows, contents

    def refs(self, role: str, index: int) -> Sequence[int]:
        """Return the indexes of the entries that refer to ``index`` in that role, ascending."""
        known = self._refs.get((role, index))
        if known is None:
            self._load_refs([(role, index)])
            known = self._refs[role, index]
        return known

    def of_kind(self, word: str) -> Sequence[int]:
        """Return the indexes of the entries of that kind, ascending."""
        if word not in self._kinds:
            self._load_kind(word)
        return self._kinds[word]

    def words(self) -> list[str]:
        """Return the kinds of entry that there are, known or not, each found with one look into the index."""
        found: list[str] = []
        while True:
            given = {"log": self._log, "after": found[-1] if found else "", "bound": self._bound}
            following = self._connection.execute(_NEXT_KIND, given).scalar()
            if following is None:
                return found
            found.append(following)

    def content(self, index: int, part: Part) -> Content | None:
        """Return one part of an entry; None if it has none, or none any more."""
        return self.contents([index]).get((index, part))

    def contents(self, indexes: Iterable[int]) -> dict[tuple[int, Part], Content]:
        """Return every part of these entries, by index and part, with few queries."""
        found = {}
        for chunk in chunks(index for index in indexes if 0 <= index < self.size):
            rows = self._connection.execute(_SOME_CONTENTS, {"log": self._log, "indexes": chunk})
            for index, word, content in rows:
                part, value = _decoded_content(index, word, content)
                found[index, part] = value
        return found

    def documents(self) -> Iterator[tuple[int, Document]]:
        """Yield the index of each entry that has a document, and the document; without those that are damaged."""
        given = {"log": self._log, "bound": self.size}
        for row in self._connection.execute(_DOCUMENTS, given, execution_options=STREAMED):
            with suppress(Unavailable):
                value = _decoded_content(*row)[1].value
                if isinstance(value, Document):
                    yield row[0], value

    def nodes(self) -> TileNodes:
        """Return the nodes of the tree over the prefix; what is read is believed, as the tiles are kept."""
        return TileNodes(lambda tile: read_tile(self._connection, self._log, tile), self.size)

    def root(self) -> bytes:
        """Return the root of the tree over the prefix, by the tiles that are kept."""
        return tree_root(self.nodes(), self.size)

    def checkpoints(self, *, beyond: bool = False) -> Iterator[tuple[int, bytes]]:
        """Yield size and note of each checkpoint that was kept of the prefix, the oldest first.

        ``beyond`` adds those of more entries than that; if the prefix is the whole ledger, it was cut off.
        """
        return checkpoints(self._connection, self._log, None if beyond else self.size)

    def last_checkpoint(self) -> tuple[int, bytes] | None:
        """Return size and note of the newest checkpoint that was kept of the prefix, None without one."""
        return next(iter(self.newest_checkpoints(1)), None)

    def newest_checkpoints(self, most: int) -> list[tuple[int, bytes]]:
        """Return size and note of so many checkpoints of the prefix at most, the newest first."""
        return newest_checkpoints(self._connection, self._log, self.size, most)

    def named(self, kind: str, folded: str) -> list[int]:
        """Return what bears this name, or claims of this wording (``text.fold``), ascending.

        ``kind`` is recorder, story, source or claim.
        """
        return self._find(_NAMED, kind, folded)

    def looking_like(self, kind: str, skeleton: str) -> list[int]:
        """Return what has a name or wording with this skeleton (``text.skeleton``), ascending."""
        return self._find(_LOOKING, kind, skeleton)

    def names(self, kind: str) -> Iterator[tuple[int, str]]:
        """Yield the index and the folded words of everything of a kind; each wording of a claim once."""
        given = {"log": self._log, "kind": kind, "bound": self.size}
        rows = self._connection.execute(_OF_NAMES, given, execution_options=STREAMED)
        for row in rows:
            yield row[0], row[1]

    def search(self, words: str, parts: Collection[Part] = ()) -> Iterator[Found]:
        """Yield the texts, names, quotes and notes in which all of these words stand, best first.

        Case and accents make no difference, and the last word may go on. ``parts`` are those to look in,
        all with none. Raises :class:`Unavailable` where the database has no full text search.
        """
        return find(self._connection, self._log, words, parts, self.size)

    def load_keys(self, keys: Iterable[str]) -> None:
        """Read where these keys stand with few queries, since they will be asked for next."""
        for chunk in chunks(key for key in dict.fromkeys(keys) if key not in self._keys):
            rows = self._connection.execute(_SOME_KEYED, {"log": self._log, "keys": chunk})
            self._keys |= dict.fromkeys(chunk) | {key: index for key, index in rows if index < self.size}

    def by_key(self, key: str) -> int | None:
        """Return the index of the entry that bears ``key``, None if none does."""
        if key not in self._keys:
            given = {"log": self._log, "key": key}
            found = self._connection.execute(_KEYED, given).scalar() if self._bound else None
            self._keys[key] = found if found is not None and found < self.size else None
        return self._keys[key]

    def key_that_begins(self, start: str) -> tuple[str, int] | None:
        """Return the first key that begins with these characters, and its entry."""
        place = (_E.log_id == self._log, _E.key >= start, _E.key < f"{start}\x7f", _E.index < self.size)
        found = self._connection.execute(select(_E.key, _E.index).where(*place).order_by(_E.key).limit(1)).first()
        return None if found is None else (str(found[0]), int(found[1]))

    def size_at(self, moment: datetime) -> int:
        """Return how many entries of the prefix were recorded by ``moment``."""
        given = {"log": self._log, "moment": moment}
        last = self._connection.execute(_LAST_BY, given).scalar()
        return 0 if last is None else min(last + 1, self.size)

    def load(self, indexes: Iterable[int], refs: Iterable[tuple[str, int]]) -> None:
        """Read these entries and references with few queries, since they will be asked for next."""
        wanted = {i for i in indexes if i not in self._entries and 0 <= i < self._bound}
        for chunk in chunks(sorted(wanted)):
            rows = self._connection.execute(_SOME_LEAVES, {"log": self._log, "indexes": chunk})
            for index, leaf in rows:
                self._entries[index] = _decoded(index, leaf)
        self._load_refs([place for place in refs if place not in self._refs])

    def prefetch(self, claims: Iterable[int]) -> None:
        """Read with few queries all that the resolver will ask about these claims.

        That is everything in their :func:`ledger.resolver.neighbourhood`, and the registers.
        """
        near = neighbourhood(self, [claim for claim in claims if 0 <= claim < self.size])
        if self._whole:
            claims = [index for index in near if self.entry(index).word == Kind.CLAIM.value]
            self._register_of_voices().load(claims)
            self._register_of_tallies().load(claims)

    def _register_of_voices(self) -> Register[tuple[int, int], Voice]:
        assert self._whole, "registers hold for the whole ledger, not for a prefix"
        if self._voices is None:
            self._voices = Register(self._connection, lambda: self._log, VoiceCodec(), self._bound)
        return self._voices

    def _register_of_tallies(self) -> Register[int, Tally]:
        assert self._whole, "registers hold for the whole ledger, not for a prefix"
        if self._tallies is None:
            self._tallies = Register(self._connection, lambda: self._log, TallyCodec(), self._bound)
        return self._tallies

    def _load_kind(self, word: str) -> None:
        given = {"log": self._log, "kind": word, "bound": self._bound}
        self._kinds[word] = list(self._connection.execute(_OF_KIND, given).scalars())

    def _load_refs(self, places: Collection[tuple[str, int]]) -> None:
        """Read who refers to each of these subjects in its role, with one query for all roles."""
        wanted, roles = set(places), sorted({role for role, _ in places})
        for subjects in chunks(sorted({subject for _, subject in places})):
            self._refs |= {place: [] for place in product(roles, subjects) if place in wanted}
            given = {"log": self._log, "roles": roles, "refs": subjects, "bound": self._bound}
            for role, ref, index in self._connection.execute(_REFS, given):
                if (role, ref) in wanted:  # roles and subjects are asked for crosswise
                    self._refs[role, ref].append(index)

    def _find(self, statement: Any, kind: str, words: str) -> list[int]:
        place = (statement is _LOOKING, kind, words)
        if place not in self._found:
            given = {"log": self._log, "kind": kind, "words": words, "bound": self._bound}
            self._found[place] = list(self._connection.execute(statement, given).scalars())
        return list(self._found[place])


def _decoded(index: int, leaf: bytes) -> Entry:
    try:
        return decode_entry(leaf)
    except (Malformed, TypeError) as error:
        raise Unavailable(f"entry {index}: its leaf is damaged: {error}", next=VERIFY) from error


def _decoded_content(index: int, word: str, content: bytes) -> tuple[Part, Content]:
    try:
        part = Part(word)
        return part, decode_content(part, content)
    except (ValueError, TypeError) as error:
        raise Unavailable(f"entry {index}: its content {word} is damaged: {error}", next=VERIFY) from error
