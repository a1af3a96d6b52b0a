"""Rows of a file, appended as entries: names and texts are found or opened, the file's own indexes are followed.

A row's *place* is the index that the file gives it; references in the file are to places, and are translated. An import
never sets ``recorded``. Every row that adds an entry has an idempotency key, so that a row loaded twice is one entry.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable

from ledger.book.lookup import as_index, opened_source
from ledger.book.recording import Recording, Word
from ledger.errors import LedgerError, Misused, Problem
from ledger.formats.rows import Row, cells_of
from ledger.model import (
    Authority,
    Body,
    Evidence,
    Group,
    Hold,
    Policy,
    Release,
    Retract,
    Same,
    Source,
    Vet,
    Wording,
)
from ledger.store import Slips
from ledger.text import fold, shown
from ledger.vocabulary import Kind, Part, SourceKind

_OPENED_WITH = 3
# Every ledger opens with its policy as entry 3, and so does every export of a whole one.

_NOT_OURS = (Kind.REDACTION, Kind.PUBLICATION, Kind.SETTLEMENT)
# What another ledger removed and what it told its public are acts of that one, and so is what is about those acts.


class Loading:
    """Rows going into one recording. ``problems`` collects what is wrong; the rows after it are still tried."""

    def __init__(self, act: Recording, slips: Slips) -> None:
        self.act = act
        self.problems: list[Problem] = []
        self._slips = slips
        self._parents: dict[Kind, Callable[[Row], int | None]] = {
            Kind.OPENING: lambda _: None,
            Kind.RECORDER: lambda _: None,
            **dict.fromkeys(_NOT_OURS, lambda _: None),
            Kind.STORY: lambda row: act.story_or_new(_told(row, "story")),
            Kind.CLAIM: lambda row: act.claim(_told(row, "text"), self._story(row), new=True),
        }

    def take_all(self, rows: Iterable[Row | Problem]) -> int:
        """Append what each row says; return how many rows there were, problems apart."""
        known = [(row, None if isinstance(row, Problem) else self._key(row)) for row in rows]
        self.act.writer.load_keys(key for _, key in known if key is not None)
        for row, key in known:
            if isinstance(row, Problem):
                self.problems.append(row)
            elif row.key is not None and not self._first_of(row, row.key):
                why = "stands in a row above that says something else"
                self.problems.append(Problem(f"{row.where}: key", why, "a key of its own", shown(row.key)))
            else:
                self._take_or_tell(row, key)
        return sum(not isinstance(row, Problem) for row, _ in known)

    def _take_or_tell(self, row: Row, key: str | None) -> None:
        if self._passed_over(row):
            return
        index = None
        try:
            index = self._take(row, key)
        except LedgerError as error:
            found = error.problems or [Problem("row", error.message)]
            self.problems += [Problem(f"{row.where}: {p.where}", p.why, p.expected, p.got) for p in found]
        self.problems += [Problem(f"{row.where}: {p.where}", p.why, p.expected, p.got) for p in self.act.abandon()]
        if index is not None and row.index is not None:
            self._slips.put(f"place {row.index}", index)

    def _passed_over(self, row: Row) -> bool:
        about = None if row.target is None else self._slips.get(f"passed over {row.target}")
        if row.kind not in _NOT_OURS and about is None:
            return False
        if row.index is not None:
            self._slips.put(f"passed over {row.index}", row.index)
        return True

    def _take(self, row: Row, key: str | None) -> int | None:
        known = self.act.repeated(key)
        if known is not None:
            return known
        if row.kind in self._parents:
            return self._parents[row.kind](row)
        if row.kind is Kind.SOURCE and row.target is None:
            return self._source(row)
        if row.kind is Kind.STATEMENT:
            return self.act.say(self._word(row, key))
        body = self._body(row)
        if isinstance(body, Policy) and row.index == _OPENED_WITH and body == self._opening_policy():
            return _OPENED_WITH
        text = row.wording if row.kind is Kind.WORDING else None
        parts = {Part.NOTE: row.note, Part.TEXT: text, Part.EVIDENCE: row.evidence}
        return self.act.append(body, parts, key=key)

    def _key(self, row: Row) -> str | None:
        """The file's own reference if it has one, else the hash of the row and how often it came before.

        None for rows that are found by their names.
        """
        if row.kind in self._parents or (row.kind is Kind.SOURCE and row.target is None):
            return None
        if row.key is not None and len(row.key) == 32 and set(row.key) <= set("0123456789abcdef"):
            return row.key
        told = _cells(row) if row.key is None else row.key.encode(errors="surrogatepass")
        digest = hashlib.sha256(told).hexdigest()
        if row.key is None:
            seen = (self._slips.get(digest) or 0) + 1
            self._slips.put(digest, seen)
            digest = hashlib.sha256(f"{digest} {seen}".encode()).hexdigest()
        return digest[:32]

    def _first_of(self, row: Row, key: str) -> bool:
        """Whether a key is new to the file, or stands where it did on the very same cells."""
        mark = int(hashlib.sha256(_cells(row)).hexdigest()[:15], 16)
        before = self._slips.get(f"key {key}")
        if before is None:
            self._slips.put(f"key {key}", mark)
        return before in (None, mark)

    def _place(self, index: int, column: str) -> int:
        at = self._slips.get(f"place {index}")
        if at is None:
            raise Misused(f"{column}: {index}: no row above has this index")
        return at

    def _placed(self, index: int | None) -> int | None:
        return None if index is None else self._slips.get(f"place {index}")

    def _story(self, row: Row) -> int | str | None:
        at = self._placed(row.story_index)
        return row.story if at is None else at

    def _claim(self, row: Row) -> int | str:
        return self._either(row.claim, row.text, "claim", "text")

    def _known_claim(self, row: Row) -> int:
        return self.act.claim(self._claim(row), self._story(row), new=True, opens=False)

    def _to(self, row: Row) -> int | str | None:
        return None if row.to is None and row.to_text is None else self._either(row.to, row.to_text, "to", "to_text")

    def _name(self, row: Row) -> int | str:
        return self._either(row.source_index, row.source, "source_index", "source")

    def _group(self, row: Row) -> int | str | None:
        if row.group_index is None and row.group is None:
            return None
        return self._either(row.group_index, row.group, "group_index", "group")

    def _via(self, row: Row) -> list[int | str]:
        found: list[int | str] = []
        for position in range(max(len(row.via), len(row.via_index))):
            name = row.via[position] if position < len(row.via) else None
            index = row.via_index[position] if position < len(row.via_index) else None
            found.append(self._either(index, name, "via_index", "via"))
        return found

    def _either(self, index: int | None, words: str | None, column: str, words_column: str) -> int | str:
        """What a row refers to: the row above of that index; the words where the file has no such row."""
        at = self._placed(index)
        if at is not None:
            return at
        if words is not None:
            return words
        if index is not None:
            return self._place(index, column)
        raise Misused(f"{words_column}: is not told, and this ledger cannot know it")

    def _new_kinds(self, row: Row) -> list[SourceKind]:
        """The kinds of those relayers that are new: the file tells them place by place, for known ones too."""
        told = zip(self._via(row), row.via_kind, strict=False)
        return [kind for given, kind in told if kind is not None and not self.act.knows(given)]

    def _kind(self, row: Row) -> SourceKind | None:
        """The kind that the row tells; of a new source of which it tells none, the usual one."""
        return row.source_kind or (None if self.act.knows(self._name(row)) else row.usual_kind)

    def _source(self, row: Row) -> int:
        kind = row.source_kind
        assert kind is not None, "a row of kind source tells the kind of source"
        name, group = _told(row, "source"), self._group(row)
        via = [self.act.source(each, "via", None) for each in self._via(row)]
        relayer = via[0] if via else None
        given = self._story(row) if kind.told_apart_by_relayer else None
        story = None if given is None else self.act.story_or_new(given)
        for index in self.act.writer.named("source", fold(name)):
            # What was recorded of the source since then is no reason to refuse the row that opened it.
            if self._opened(index, kind, relayer, story, group):
                return index
        return self.act.source(name, "by", kind, relayer=relayer, story=story, group=group, note=row.note)

    def _opened(
        self, index: int, kind: SourceKind, relayer: int | None, story: int | None, group: int | str | None
    ) -> bool:
        body = opened_source(self.act.writer, index)
        if body.source_kind is not kind:
            return False
        if kind.told_apart_by_relayer:
            return (body.relayer, body.story) == (relayer, story)
        return group is None or (self.act.knows(group) and body.group == self.act.source(group, "group", None))

    def _opening_policy(self) -> object:
        return self.act.writer.entry(_OPENED_WITH).body

    def _word(self, row: Row, key: str | None) -> Word:
        assert row.status is not None, "a row of kind statement tells the status"
        return Word(
            claim=self._claim(row),
            status=row.status,
            by=self._name(row),
            via=self._via(row),
            said=row.said,
            to=self._to(row),
            why=row.why,
            story=self._story(row),
            by_kind=self._kind(row),
            by_group=self._group(row),
            via_kinds=self._new_kinds(row),
            parts={Part.QUOTE: row.quote, Part.NOTE: row.note, Part.URL: row.url, Part.EVIDENCE: row.evidence},
            new=True,
            key=key,
        )

    def _body(self, row: Row) -> Body:
        match row.kind:
            case Kind.SOURCE:
                assert row.source_kind is not None
                return Source(row.source_kind, amends=self._target(row))
            case Kind.RETRACT:
                assert row.mistake is not None
                return Retract(self._target(row), row.mistake)
            case Kind.HOLD:
                return Hold(self._known_claim(row))
            case Kind.RELEASE:
                return Release(self._known_claim(row))
            case Kind.AUTHORITY:
                return self._authority(row)
            case Kind.VET:
                assert row.vetted is not None
                claim = None if row.claim is None and row.text is None else self._known_claim(row)
                return Vet(self._known_source(row), row.vetted, claim)
            case Kind.GROUP:
                group = self._group(row)
                return Group(self._known_source(row), None if group is None else self.act.source(group, "group", None))
            case Kind.POLICY:
                assert row.quorum is not None
                return Policy(quorum=row.quorum)
            case Kind.SAME:
                to = self._to(row)
                assert to is not None
                return Same(self._known_claim(row), self.act.claim(to, self._story(row), new=True, opens=False))
            case Kind.WORDING:
                return Wording(self._known_claim(row), row.lang)
            case Kind.EVIDENCE:
                return Evidence(self._target(row))
        raise AssertionError(f"no entry for a row of kind {row.kind}")

    def _target(self, row: Row) -> int:
        assert row.target is not None, "the row tells its target"
        return self._place(row.target, "target")

    def _known_source(self, row: Row) -> int:
        name = self._name(row)
        index = as_index(name)
        return index if index is not None else self.act.source(name, "source", row.source_kind)

    def _authority(self, row: Row) -> Authority:
        source = self._known_source(row)
        if row.claim is not None or row.text is not None:
            return Authority(source, claim=self._known_claim(row))
        story = self._story(row)
        assert story is not None
        return Authority(source, story=self.act.story_or_new(story))


def _cells(row: Row) -> bytes:
    """The cells as the file has them: 22:57 is another moment tomorrow, and the row is still the same."""
    return json.dumps(row.told or cells_of(row), sort_keys=True).encode(errors="surrogatepass")


def _told(row: Row, column: str) -> str:
    value = getattr(row, column)
    if not isinstance(value, str):
        raise Misused(f"{column}: is not told, and this ledger cannot know it")
    return value
