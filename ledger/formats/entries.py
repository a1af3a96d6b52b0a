"""An entry of the ledger as a row of ``entries.csv``: its structure as it is, its words as far as they are public."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ledger.errors import Unresolvable
from ledger.formats.rows import Row
from ledger.model import (
    Authority,
    Claim,
    Content,
    Document,
    Entry,
    Evidence,
    Group,
    Hold,
    Known,
    Opening,
    Policy,
    Publication,
    Recorder,
    Redaction,
    Release,
    Retract,
    Same,
    Settlement,
    Source,
    Statement,
    Story,
    Unknown,
    Vet,
    Wording,
)
from ledger.vocabulary import Part, Visibility

EntryOf = Callable[[int], Entry]
ContentOf = Callable[[int, Part], Content | None]


def row_from(entry: Entry, entry_of: EntryOf, content_of: ContentOf) -> Row:
    """Write an entry as a row. Internal parts, and parts without content (redacted ones), are left out.

    ``entry_of`` gives the entries that this one refers to and this one itself, ``content_of`` their parts. Raises
    :class:`ledger.errors.Unresolvable` for an entry of a kind that this version does not know.
    """
    body = entry.body
    if isinstance(body, Unknown):
        raise Unresolvable(
            f"entry {entry.index}: is of kind {body.word}, which this version does not know",
            next="export with a newer version, or as known before that entry",
        )
    words = _Words(entry_of, content_of)
    row = Row(
        kind=body.kind,
        index=entry.index,
        recorded=entry.recorded,
        recorder=words.name(entry.recorder),
        key=entry.key,
        quote=words.text(entry.index, Part.QUOTE),
        note=words.text(entry.index, Part.NOTE),
        url=words.text(entry.index, Part.URL),
        evidence=words.document(entry.index),
    )
    return _with_body(row, entry.index, body, words)


@dataclass(frozen=True, slots=True)
class _Words:
    """The public words of entries, by index."""

    entry_of: EntryOf
    content_of: ContentOf

    def text(self, index: int, part: Part) -> str | None:
        value = self._public(index, part)
        return value if isinstance(value, str) else None

    def document(self, index: int) -> Document | None:
        value = self._public(index, Part.EVIDENCE)
        return value if isinstance(value, Document) else None

    def name(self, index: int | None) -> str | None:
        return None if index is None else self.text(index, Part.NAME)

    def claim(self, index: int) -> str | None:
        return self.text(index, Part.TEXT)

    def story_of(self, claim: int) -> int:
        body = self.entry_of(claim).body
        assert isinstance(body, Claim), f"entry {claim} is no claim"
        return body.story

    def _public(self, index: int, part: Part) -> str | Document | None:
        ref = self.entry_of(index).parts.get(part)
        if ref is None or ref.visibility is not Visibility.PUBLIC:
            return None
        content = self.content_of(index, part)
        return None if content is None else content.value


def _with_body(row: Row, index: int, body: Known, words: _Words) -> Row:
    match body:
        case Opening():
            return replace(row, origin=body.origin, zone=body.zone)
        case Recorder():
            return row
        case Story():
            return replace(row, story=words.name(index))
        case Source():
            return _with_source(row, index, body, words)
        case Claim():
            return replace(_in_story(row, body.story, words), text=words.claim(index))
        case Statement():
            return _with_statement(row, body, words)
        case Policy():
            return replace(row, quorum=body.quorum, policy=f"{body.name} {body.version}")
        case Retract():
            return replace(row, target=body.target, mistake=body.why)
        case Evidence():
            return replace(row, target=body.about)
        case Redaction():
            return replace(row, target=body.target, part=body.part)
        case Publication() | Settlement():
            return _with_published(row, index, body, words)
        case _:
            return _with_act(row, index, body, words)


def _with_act(
    row: Row, index: int, body: Hold | Release | Same | Wording | Authority | Vet | Group, words: _Words
) -> Row:
    if isinstance(body, Authority | Vet | Group):
        row = replace(row, source=words.name(body.source), source_index=body.source)
    if isinstance(body, Authority) and body.story is not None:
        row = _in_story(row, body.story, words)
    if not isinstance(body, Group) and body.claim is not None:
        row = _on_claim(row, body.claim, words)
    match body:
        case Same():
            return replace(row, to=body.same_as, to_text=words.claim(body.same_as))
        case Wording():
            return replace(row, wording=words.claim(index), lang=body.lang)
        case Vet():
            return replace(row, vetted=body.vetted)
        case Group():
            return replace(row, group=words.name(body.body), group_index=body.body)
        case _:
            return row


def _with_published(row: Row, index: int, body: Publication | Settlement, words: _Words) -> Row:
    row = replace(row, size=body.size, claims=body.claims, published=body.published)
    if isinstance(body, Settlement):
        return replace(row, target=body.publication)
    row = row if body.story is None else _in_story(row, body.story, words)
    return replace(
        row,
        publication=words.name(index),
        title=words.text(index, Part.TEXT),
        as_said=body.as_said,
        held=body.held,
        sha256=body.sha256,
        policy_index=body.policy,
    )


def _in_story(row: Row, story: int, words: _Words) -> Row:
    return replace(row, story=words.name(story), story_index=story)


def _on_claim(row: Row, claim: int, words: _Words) -> Row:
    row = _in_story(row, words.story_of(claim), words)
    return replace(row, claim=claim, text=words.claim(claim))


def _with_source(row: Row, index: int, body: Source, words: _Words) -> Row:
    row = row if body.story is None else _in_story(row, body.story, words)
    relayers = () if body.relayer is None else (body.relayer,)
    return replace(
        row,
        source=words.name(index if body.amends is None else body.amends),
        source_kind=body.source_kind,
        target=body.amends,
        group=words.name(body.group),
        group_index=body.group,
        via=tuple(words.name(each) for each in relayers),
        via_index=relayers,
    )


def _with_statement(row: Row, body: Statement, words: _Words) -> Row:
    return replace(
        _on_claim(row, body.claim, words),
        source=words.name(body.speaker),
        source_index=body.speaker,
        status=body.status,
        to=body.to,
        to_text=None if body.to is None else words.claim(body.to),
        via=tuple(words.name(each) for each in body.via),
        via_index=body.via,
        said=body.said,
        why=body.why,
    )
