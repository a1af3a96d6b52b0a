"""One act of a recorder, composed inside one write transaction: every entry of it is checked, or none is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ledger.book.lookup import (
    UnknownSource,
    as_index,
    entry_at,
    find_claim,
    find_source,
    near_sources,
    opened_source,
    source_at,
)
from ledger.book.tell import Texts
from ledger.book.views import Receipt
from ledger.encoding import Malformed, decode_entry, encode_entry, reference_to
from ledger.errors import Misused, Problem, Rejected
from ledger.model import (
    Body,
    Claim,
    Content,
    Document,
    Entry,
    Opening,
    PartRef,
    Recorder,
    Redaction,
    Source,
    Statement,
    Story,
)
from ledger.names import check_names
from ledger.resolver import Fold, explain, resolve, sentence
from ledger.rules import check, check_contents, warn
from ledger.store import Writer
from ledger.text import fold, shown
from ledger.times import Moment, zone_named
from ledger.vocabulary import Part, Reason, SourceKind, Status, Visibility

_FEW = 20  # statements, for which single questions are as fast as reading ahead

Parts = Mapping[Part, str | Document | None]
Salt = Callable[[], str]
"""Gives 32 random bytes in hex."""


@dataclass(frozen=True, slots=True)
class Word:
    """A statement as a person gives it: names where the ledger has indexes, None where nothing was said.

    ``via_kinds`` pairs with ``via`` if there are as many, else with those names in it that are new, in order.
    """

    claim: int | str
    status: Status
    by: int | str
    via: Sequence[int | str] = ()
    said: Moment | None = None
    to: int | str | None = None
    why: Reason | None = None
    story: int | str | None = None
    by_kind: SourceKind | None = None
    by_group: int | str | None = None
    via_kinds: Sequence[SourceKind] = ()
    parts: Parts | None = None
    internal: Collection[Part] = ()
    new: bool = False
    key: str | None = None


class Recording:
    """The end of the ledger while one act is written: indexes are known, names are found, rules are asked."""

    def __init__(self, writer: Writer, recorder: str, now: datetime, salt: Salt, key: str | None = None) -> None:
        """Begin at the end of the ledger; with ``key``, the first entry that has none of its own bears it."""
        self.writer = writer
        self.fold = Fold(writer, voices=writer.voices, tallies=writer.tallies) if writer.size else Fold()
        self.now = max(now, writer.entry(writer.size - 1).recorded) if writer.size else now
        self.remarks: list[str] = []
        self.problems: list[Problem] = []
        self._salt = salt
        self._spare_key = key
        self._start = self._next = writer.size
        self._recorder_name = recorder
        self._recorder: int | None = None

    @property
    def wrote(self) -> tuple[int, ...]:
        """The indexes written so far."""
        return tuple(range(self._start, self.writer.size))

    def remark(self, text: str) -> None:
        """Keep something that the recorder should hear, once."""
        if text not in self.remarks:
            self.remarks.append(text)

    def append(
        self, body: Body, parts: Parts | None = None, *, internal: Collection[Part] = (), key: str | None = None
    ) -> int:
        """Add one entry and return its index. What is wrong with it is kept for :meth:`finish`."""
        recorder = self._recorder_index(body)
        contents = {part: Content(self._salt(), value) for part, value in (parts or {}).items() if value is not None}
        hidden = dict.fromkeys(internal, Visibility.INTERNAL)
        entry = Entry(self._next, self.now, recorder, body, {}, self._spare_key if key is None else key)
        problems = check_contents(entry, contents)
        if not problems:
            refs: dict[Part, PartRef] = {
                part: reference_to(content, hidden.get(part, Visibility.PUBLIC)) for part, content in contents.items()
            }
            entry = replace(entry, parts=refs)
            # After a first mistake the entries that follow would only be told that what they refer to is missing.
            if not self.problems:
                problems = check(entry, self.fold) or check_names(entry, contents, self.fold.facts, self.writer)
        if not problems and not self.problems:
            problems = self._write(entry, contents)
            if isinstance(body, Redaction) and not problems:
                self.writer.redact(entry.index, body.target, body.part)
        if entry.key is not None and entry.key == self._spare_key:
            self._spare_key = None
        self.problems += [each for each in problems if each not in self.problems]
        self._next += 1
        return entry.index

    def _write(self, entry: Entry, contents: Mapping[Part, Content]) -> list[Problem]:
        warnings = warn(entry, self.fold)
        try:
            # An untyped caller may hand over 1 for True, which no reader would take; the acts are few enough to ask.
            if not isinstance(entry.body, Statement | Claim | Story | Source):
                decode_entry(encode_entry(entry))
            self.writer.append(entry, contents)
        except Malformed as error:
            return [Problem("entry", str(error))]
        for warning in warnings:
            self.remark(warning)
        self.fold.step(entry)
        return []

    def _recorder_index(self, body: Body) -> int | None:
        if self._next == 0:
            return None
        if isinstance(body, Recorder):
            return self._next
        if self._recorder is None:
            known = self.writer.named("recorder", fold(self._recorder_name))
            self._recorder = known[0] if known else -1
            if not known:
                self._recorder = self.append(Recorder(), {Part.NAME: self._recorder_name})
        return self._recorder

    def finish(self) -> None:
        """Raise :class:`Rejected` with every problem found; the transaction then writes nothing."""
        if self.problems:
            raise Rejected("nothing was recorded", problems=self.problems, next="mend this and record it again")

    def abandon(self) -> list[Problem]:
        """Forget the problems of the act so far and return them; what was right of it stays."""
        problems, self.problems = self.problems, []
        self._next = self.writer.size
        return problems

    def repeated(self, key: str | None) -> int | None:
        """The entry that bears ``key`` already: the same act, recorded before."""
        return None if key is None or not key.isascii() else self.writer.by_key(key)

    def story(self, given: int | str | None) -> int | None:
        """Find a story by slug or index; None if a slug is new."""
        if given is None:
            return None
        index = as_index(given)
        if index is not None:
            if isinstance(entry_at(self.writer, index).body, Story):
                return index
            raise Rejected(f"story: {index}: is no story", next="`claims stories` shows them")
        found = self.writer.named("story", fold(str(given)))
        return found[0] if found else None

    def story_or_new(self, given: int | str) -> int:
        """Find a story by slug or index, or open it."""
        at = self.story(given)
        if at is None:
            at = self.append(Story(), {Part.NAME: str(given).strip()})
            self.remark(f"new story {at}: {given}")
        return at

    def claim(self, given: int | str, story: int | str | None, *, new: bool, opens: bool = True) -> int:
        """Find a claim, or open it where nothing is like it and ``opens`` is set."""
        at = self.story(story)
        unopened = story is not None and at is None and as_index(given) is None
        known = None if unopened else find_claim(self.writer, given, at, near=not new)
        if known is not None:
            for remark in known.remarks:
                self.remark(remark)
            return known.index
        if not opens:
            raise Rejected(f"claim: {shown(str(given))}: no such claim", next="`claims board` shows the claims")
        if story is None:
            raise Misused(
                f"claim: {shown(str(given))}: is new, and a new claim belongs to a story",
                next="add --story SLUG, or set CLAIMS_STORY",
            )
        if at is None:
            at = self.story_or_new(story)
        index = self.append(Claim(at), {Part.TEXT: str(given).strip()})
        self.remark(f"new claim {index}: {given}")
        return index

    def source(
        self,
        given: int | str,
        role: str,
        kind: SourceKind | None,
        *,
        relayer: int | None = None,
        story: int | None = None,
        group: int | str | None = None,
        note: str | None = None,
    ) -> int:
        """Find a source, or record it where it is new and its kind is known.

        Raises :class:`UnknownSource` without a kind, :class:`Rejected` if it is known as another kind.
        """
        index = as_index(given)
        if index is not None:
            return source_at(self.writer, index)
        name = str(given).strip()
        found = self.writer.named("source", fold(name))
        known = self._known_source(found, kind, relayer, story)
        if known is not None:
            self._same_kind(known, name, role, kind)
            self._same_group(known, name, group)
            return known
        kind = kind or self._kind_elsewhere(found)
        if kind is None:
            raise UnknownSource(name, role, near_sources(self.writer, name))
        return self._new_source(name, kind, relayer, story, group, note)

    def _known_source(
        self, found: Sequence[int], kind: SourceKind | None, relayer: int | None, story: int | None
    ) -> int | None:
        apart = {index: opened_source(self.writer, index).source_kind.told_apart_by_relayer for index in found}
        if kind is None or not kind.told_apart_by_relayer:
            plain = [index for index in found if not apart[index]]
            if plain:
                return plain[0]
        if kind is None or kind.told_apart_by_relayer:
            for index in found:
                body = opened_source(self.writer, index)
                if apart[index] and (body.relayer, body.story) == (relayer, story):
                    return index
        return None

    def _kind_elsewhere(self, found: Sequence[int]) -> SourceKind | None:
        """The kind of an unnamed source or witness of this name that another outlet relays."""
        kinds = [opened_source(self.writer, index).source_kind for index in found]
        return next((kind for kind in reversed(kinds) if kind.told_apart_by_relayer), None)

    def _same_kind(self, known: int, name: str, role: str, kind: SourceKind | None) -> None:
        is_kind = self.fold.acts.source_kind(known)
        if kind is not None and kind is not is_kind:
            raise Rejected(
                f"{role}: {name!r}: is known as source {known}, of kind {is_kind}, not {kind}",
                next=f"leave --{role}-kind out, or `claims source amend {known} --kind {kind}`",
            )

    def _same_group(self, known: int, name: str, group: int | str | None) -> None:
        if group is not None and self.fold.acts.root(known) != find_source(self.writer, group):
            raise Rejected(
                f"group: {name!r}: is known as source {known}, and does not speak for {group!r}",
                next=f"`claims source group {known} {str(group)!r}` says that it does",
            )

    def _new_source(
        self,
        name: str,
        kind: SourceKind,
        relayer: int | None,
        story: int | None,
        group: int | str | None,
        note: str | None,
    ) -> int:
        apart = kind.told_apart_by_relayer
        body = Source(
            kind,
            group=None if group is None else self.source(group, "group", None),
            relayer=relayer if apart else None,
            story=story if apart else None,
        )
        index = self.append(body, {Part.NAME: name, Part.NOTE: note})
        self.remark(f"new source {index}: {name} ({kind})")
        return index

    def knows(self, source: int | str) -> bool:
        """Whether a source of this index or name is there, whatever tells it apart."""
        return as_index(source) is not None or bool(self.writer.named("source", fold(str(source))))

    def chain(self, word: Word, story: int) -> tuple[int, ...]:
        """Find or record who speaks and who relays; the relayers first, since a speaker may be told apart by one."""
        kinds = list(word.via_kinds)
        paired = len(kinds) == len(word.via)
        relayers = []
        for given in word.via:
            told = kinds and (paired or not self.knows(given))
            relayers.append(self.source(given, "via", kinds.pop(0) if told else None))
        if kinds:
            raise Misused("via-kind: more kinds than new sources", next="give one for each --via, or each new one")
        first = relayers[0] if relayers else None
        speaker = self.source(word.by, "by", word.by_kind, relayer=first, story=story, group=word.by_group)
        return (speaker, *relayers)

    def say(self, word: Word) -> int:
        """Record one statement, with the story, the claims and the sources that it needs; return its index."""
        claim = self.claim(word.claim, word.story, new=word.new)
        story = self.story_of(claim)
        chain = self.chain(word, story)
        to = (
            None
            if word.to is None
            else self.claim(word.to, word.story if word.story is not None else story, new=word.new)
        )
        statement = Statement(claim, word.status, chain, word.said, to, word.why)
        return self.append(statement, word.parts, internal=word.internal, key=word.key)

    def of_desk(self, statement: Statement) -> bool:
        """Whether a statement is the desk's own word, itself or by somebody who speaks for it."""
        acts = self.fold.acts
        return acts.source_kind(acts.root(statement.chain[0])) is SourceKind.DESK

    def story_of(self, claim: int) -> int:
        """The story of a claim."""
        try:
            body = self.writer.entry(claim).body
        except KeyError:
            # The claim was not written because of a problem that finish() will tell.
            return -1
        assert isinstance(body, Claim)
        return body.story

    def receipt(self, index: int) -> Receipt:
        """Say what was written, and the state that follows for the claim it is about."""
        self.finish()
        body = self.writer.entry(index).body
        claim = body.claim if isinstance(body, Statement) else None
        return self.receipt_on(index, claim)

    def receipt_on(self, index: int, claim: int | None) -> Receipt:
        """As :meth:`receipt`, with the claim given."""
        self.finish()
        if claim is None:
            return Receipt(index, None, None, self.wrote, remarks=tuple(self.remarks))
        if len(self.writer.refs("statement.claim", claim)) > _FEW:
            self.writer.prefetch([claim])
        verdict = resolve(self.fold, claim)
        if verdict.claim != claim:
            self.remark(f"claim {claim} counts under claim {verdict.claim}")
        return Receipt(index, claim, verdict.state, self.wrote, self._because(claim), tuple(self.remarks))

    def _because(self, claim: int) -> str:
        opening = self.writer.entry(0).body
        assert isinstance(opening, Opening)
        texts = Texts(self.writer, self.fold.acts)
        explanation = explain(self.fold, claim)
        return sentence(self.fold, explanation, texts.name, texts.claim, zone_named(opening.zone))
