"""Rows of a file, appended as entries: names and texts are found or opened, the file's own indexes are followed.

A row's *place* is the index that the file gives it; references in the file are to places, and are translated. An import
never sets ``recorded``. Every row that adds an entry has an idempotency key, so that a row loaded twice is one entry.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable

from ledger.book.lookup import as_index
from ledger.book.recording import Recording, Word
from ledger.encoding import canonical
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
from ledger.vocabulary import Kind, Part


class Loading:
    """Rows going into one recording. ``problems`` collects what is wrong; the rows after it are still tried."""

    def __init__(self, act: Recording) -> None:
        self.act = act
        self.problems: list[Problem] = []
        self._places: dict[int, int] = {}
        self._seen: Counter[str] = Counter()
        self._parents: dict[Kind, Callable[[Row], int | None]] = {
            Kind.OPENING: lambda _: None,
            Kind.RECORDER: lambda _: None,
            Kind.STORY: lambda row: act.story_or_new(_told(row, "story")),
            Kind.SOURCE: self._source_row,
            Kind.CLAIM: lambda row: act.claim(_told(row, "text"), self._story(row), new=True),
        }

    def take(self, row: Row) -> int | None:
        """Append what a row says; return the index of its entry, None if it says nothing to append."""
        index = None
        try:
            index = self._take(row)
        except LedgerError as error:
            found = error.problems or [Problem("row", error.message)]
            self.problems += [Problem(f"line {row.line}: {p.where}", p.why, p.expected, p.got) for p in found]
        self.problems += [Problem(f"line {row.line}: {p.where}", p.why, p.expected, p.got) for p in self.act.abandon()]
        if index is not None and row.index is not None:
            self._places[row.index] = index
        return index

    def _take(self, row: Row) -> int | None:
        if row.kind in self._parents:
            return self._parents[row.kind](row)
        key = self._key(row)
        known = self.act.repeated(key)
        if known is not None:
            return known
        if row.kind is Kind.STATEMENT:
            return self.act.say(self._word(row, key))
        body = self._body(row)
        if isinstance(body, Policy) and body == self.act.fold.acts.policy():
            return None
        text = row.wording if row.kind is Kind.WORDING else None
        parts = {Part.NOTE: row.note, Part.TEXT: text, Part.EVIDENCE: row.evidence}
        return self.act.append(body, parts, key=key)

    def _key(self, row: Row) -> str:
        """The file's own reference if it has one, else the hash of the row and how often it came before."""
        if row.key is not None and len(row.key) == 32 and set(row.key) <= set("0123456789abcdef"):
            return row.key
        told = row.key if row.key is not None else canonical(cells_of(row)).decode()
        digest = hashlib.sha256(told.encode()).hexdigest()
        if row.key is None:
            self._seen[digest] += 1
            digest = hashlib.sha256(f"{digest} {self._seen[digest]}".encode()).hexdigest()
        return digest[:32]

    def _place(self, index: int, column: str) -> int:
        if index not in self._places:
            raise Misused(f"{column}: {index}: no row above has this index")
        return self._places[index]

    def _story(self, row: Row) -> int | str | None:
        if row.story_index is not None and row.story_index in self._places:
            return self._places[row.story_index]
        return row.story

    def _claim(self, row: Row) -> int | str:
        if row.claim is not None and (row.text is None or row.claim in self._places):
            return self._place(row.claim, "claim")
        return _told(row, "text")

    def _known_claim(self, row: Row) -> int:
        return self.act.claim(self._claim(row), self._story(row), new=True, opens=False)

    def _to(self, row: Row) -> int | str | None:
        if row.to is not None and (row.to_text is None or row.to in self._places):
            return self._place(row.to, "to")
        return row.to_text

    def _name(self, row: Row) -> int | str:
        if row.source_index is not None and (row.source is None or row.source_index in self._places):
            return self._place(row.source_index, "source_index")
        return _told(row, "source")

    def _group(self, row: Row) -> int | str | None:
        if row.group_index is not None and (row.group is None or row.group_index in self._places):
            return self._place(row.group_index, "group_index")
        return row.group

    def _via(self, row: Row) -> list[int | str]:
        found: list[int | str] = []
        for position in range(max(len(row.via), len(row.via_index))):
            name = row.via[position] if position < len(row.via) else None
            index = row.via_index[position] if position < len(row.via_index) else None
            if index is not None and (name is None or index in self._places):
                found.append(self._place(index, "via_index"))
            elif name is not None:
                found.append(name)
        return found

    def _source_row(self, row: Row) -> int | None:
        assert row.source_kind is not None, "a row of kind source tells the kind of source"
        if row.target is not None:
            key = self._key(row)
            known = self.act.repeated(key)
            body = Source(row.source_kind, amends=self._place(row.target, "target"))
            return known if known is not None else self.act.append(body, {Part.NOTE: row.note}, key=key)
        via = [self.act.source(each, "via", None) for each in self._via(row)]
        story = self._story(row)
        return self.act.source(
            _told(row, "source"),
            "by",
            row.source_kind,
            relayer=via[0] if via else None,
            story=None if story is None else self.act.story_or_new(story),
            group=self._group(row),
            note=row.note,
        )

    def _word(self, row: Row, key: str) -> Word:
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
            by_kind=row.source_kind,
            by_group=self._group(row),
            via_kinds=[kind for kind in row.via_kind if kind is not None],
            parts={Part.QUOTE: row.quote, Part.NOTE: row.note, Part.URL: row.url, Part.EVIDENCE: row.evidence},
            new=True,
            key=key,
        )

    def _body(self, row: Row) -> Body:
        match row.kind:
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


def _told(row: Row, column: str) -> str:
    value = getattr(row, column)
    if not isinstance(value, str):
        raise Misused(f"{column}: is not told, and this ledger cannot know it")
    return value
