"""The recording half of the façade: one method for each thing a desk does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.book.evidence import describe, forget, is_address, summary
from ledger.book.lookup import entry_at, find_source, refuse_unknown
from ledger.book.once import refuse_repeated
from ledger.book.persistence import Done, persist
from ledger.book.recording import Recording, Salt, Word
from ledger.book.roles import Acting, guarded
from ledger.book.views import Receipt, Redacted
from ledger.disclosure import redactions
from ledger.errors import Misused, Rejected, Unavailable
from ledger.model import (
    Authority,
    Body,
    Claim,
    Document,
    Evidence,
    Group,
    Hold,
    Opening,
    Policy,
    Redaction,
    Release,
    Retract,
    Same,
    Source,
    Statement,
    Vet,
    Wording,
)
from ledger.store import Store, Writer
from ledger.store.failures import read_only
from ledger.text import shown
from ledger.times import Moment, show_time, zone_named
from ledger.vocabulary import Mistake, Part, Reason, SourceKind, Status, Visibility

# Files are read by few commands, and what reads them is a good part of what a start would import.
if TYPE_CHECKING:
    pass

_COPIED = (Part.QUOTE, Part.NOTE, Part.URL, Part.EVIDENCE)


@guarded
class DeskActs(Acting):
    """What a recorder may do. Each method writes all of its entries in one transaction, or raises and writes none.

    They raise :class:`~ledger.errors.Rejected` where a rule says no, :class:`~ledger.errors.Unclear` where a wording
    fits no one thing, :class:`~ledger.errors.Misused` where something needed was not given.
    """

    def __init__(self, store: Store, *, recorder: str | None, clock: Callable[[], datetime], salt: Salt) -> None:
        self._store = store
        self._recorder = recorder
        self._clock = clock
        self._salt = salt
        self._opening: Opening | None = None

    def _written(self, act: Callable[[Recording], Done]) -> Done:
        """Do one act in one transaction, again where somebody else was in the way."""

        def once(writer: Writer, key: str | None) -> Done:
            if self._once is not None:
                refuse_repeated(writer, self._once)
            return act(self._recording_in(writer, self._once or key))

        return persist(self._store, once)

    def _opened(self) -> Opening:
        if self._opening is None:
            with self._store.reading() as reader:
                body = reader.entry(0).body
            assert isinstance(body, Opening)
            self._opening = body
        return self._opening

    def _recording_in(self, writer: Writer, key: str | None = None) -> Recording:
        recorder = self._recorder if self._person is None else self._person.name
        if recorder is None or not recorder.strip():
            raise Misused("recorder: nobody is named", next="give --recorder NAME, or set CLAIMS_RECORDER")
        self._require_an_act()
        refuse_unknown(writer)
        return Recording(writer, recorder.strip(), self._clock(), self._salt, key)

    def record(
        self,
        claim: int | str,
        status: Status,
        *,
        by: int | str,
        via: Sequence[int | str] = (),
        said: Moment | None,
        to: int | str | None = None,
        why: Reason | None = None,
        story: int | str | None = None,
        by_kind: SourceKind | None = None,
        by_group: int | str | None = None,
        via_kinds: Sequence[SourceKind] = (),
        quote: str | None = None,
        note: str | None = None,
        url: str | None = None,
        evidence: Document | None = None,
        internal: Collection[Part] = (),
        new: bool = False,
        key: str | None = None,
    ) -> Receipt:
        """Record what a source did to a claim, with the story, the claims and the sources that are new.

        ``said`` is when the speaker said it, None if that is unknown. ``via`` names the relayers, nearest the speaker
        first. ``key`` (32 hex digits) makes the call idempotent. A new source without its kind raises
        :class:`~ledger.book.UnknownSource`.
        """
        parts = {Part.QUOTE: quote, Part.NOTE: note, Part.URL: url, Part.EVIDENCE: evidence}
        word = Word(
            claim, status, by, via, said, to, why, story, by_kind, by_group, via_kinds, parts, internal, new, key
        )
        return self._written(lambda act: self._say(act, word))

    def _say(self, act: Recording, word: Word) -> Receipt:
        known = act.repeated(word.key)
        if known is not None:
            act.remark(f"recorded before, as entry {known}")
            return act.receipt(known)
        if word.status is Status.WITHDRAWN:
            act.claim(word.claim, word.story, new=False, opens=False)
        index = act.say(word)
        act.finish()
        self._refuse_decisions(act, index)
        document = (word.parts or {}).get(Part.EVIDENCE)
        if isinstance(document, Document):
            act.remark(summary(document))
        if word.said is not None:
            zone = zone_named(_opening(act).zone)
            act.remark(f"said {show_time(word.said.at, zone, word.said.precision)}")
        return act.receipt(index)

    def take_back(
        self,
        index: int,
        *,
        said: Moment | None,
        why: Reason | None = None,
        quote: str | None = None,
        note: str | None = None,
        url: str | None = None,
        evidence: Document | None = None,
        internal: Collection[Part] = (),
        key: str | None = None,
    ) -> Receipt:
        """Record that a source no longer stands by one statement: ``withdrawn``, with the same chain."""

        def work(act: Recording) -> Receipt:
            body = _statement(act, index)
            parts = {Part.QUOTE: quote, Part.NOTE: note, Part.URL: url, Part.EVIDENCE: evidence}
            by, *via = body.chain
            word = Word(body.claim, Status.WITHDRAWN, by, via, said, why=why, parts=parts, internal=internal, key=key)
            return self._say(act, word)

        return self._written(work)

    def keep_evidence(self, file_or_url: str | Path, archived: str | None = None) -> Document:
        """Describe a document so that an entry can name it: a file is kept beside the ledger, an address not fetched.

        Call it before the entry is recorded. A file that no entry comes to name stays, and does no harm. Raises
        :class:`~ledger.errors.LedgerError` for what is neither, or no file that can be kept.
        """
        if self._store.read_only:
            raise read_only(self._store.place)
        if self._person is not None and isinstance(file_or_url, str) and not is_address(file_or_url):
            # On a server a text from far away would name a file of the server.
            raise Misused(
                f"evidence: {shown(file_or_url)}: is no web address", next="give one that begins with https://"
            )
        return describe(file_or_url, archived, self._store.place)

    def add_evidence(
        self, index: int, document: Document, *, note: str | None = None, internal: bool = False
    ) -> Receipt:
        """Add a document to an entry. With ``internal`` the document and the note stay inside the desk."""

        def work(act: Recording) -> Receipt:
            about = entry_at(act.writer, index).body
            parts = {Part.EVIDENCE: document, Part.NOTE: note}
            written = act.append(Evidence(index), parts, internal=tuple(parts) if internal else ())
            act.remark(summary(document))
            return act.receipt_on(written, index if isinstance(about, Claim) else _claim_of(act, about))

        return self._written(work)

    def retract(self, index: int, why: Mistake, *, note: str | None = None) -> Receipt:
        """Take back an entry as the desk's own mistake; retracting a retraction brings the entry back."""

        def work(act: Recording) -> Receipt:
            target = entry_at(act.writer, index)
            self._refuse_decisions(act, index)
            claim = _claim_of(act, target.body)
            return act.receipt_on(act.append(Retract(index, why), {Part.NOTE: note}), claim)

        return self._written(work)

    def move(self, index: int, *, to: int | str, note: str | None = None, new: bool = False) -> Receipt:
        """Retract a statement as recorded on the wrong claim and record it again on another, in one act."""

        def work(act: Recording) -> Receipt:
            body = _statement(act, index)
            self._refuse_decisions(act, index)
            act.append(Retract(index, Mistake.WRONG_CLAIM), {Part.NOTE: note})
            claim = act.claim(to, act.story_of(body.claim), new=new)
            again = _copy(act, index, replace(body, claim=claim))
            for document in act.writer.refs("evidence.about", index):
                if act.fold.acts.live(document):
                    _copy(act, document, Evidence(again))
            act.finish()
            return act.receipt(again)

        return self._written(work)

    def redact(self, index: int, order: str, *, parts: Collection[Part] = ()) -> Redacted:
        """Remove parts of an entry for good, all that it has with none named; leaf, proofs and states stand.

        ``order`` says who demands it, and is public. The redaction is written and the part gone in one transaction;
        then the file is written anew, so that its bytes are nowhere in it. Where that has to wait, as for somebody who
        reads, ``pending`` says why, and the next redaction or :meth:`erase` does it.
        """
        if not order.strip():
            raise Misused("order: is empty", next='say who demands it: --order "Tribunal de Paris, 12 May 2026"')

        def work(act: Recording) -> Redacted:
            entry = entry_at(act.writer, index)
            gone = redactions(act.writer, entry)
            chosen = [part for part in Part if part in parts] or [each for each in entry.parts if each not in gone]
            if not chosen:
                why = "has no part any more" if gone else "has no part"
                raise Rejected(f"entry {index}: {why}", next="`claims log` shows what stands there")
            files = _files_of(act.writer, index) if Part.EVIDENCE in chosen else set()
            wrote = [act.append(Redaction(index, part), {Part.NOTE: order.strip()}) for part in chosen]
            act.finish()
            # A file stays as long as another entry names it.
            files -= {document.sha256 for _, document in act.writer.documents() if document.sha256 is not None}
            # Before the commit: nothing names the file once the content is gone, so a crash must not leave it behind.
            forget(self._store.place, files)
            return Redacted(index, tuple(chosen), tuple(wrote), "")

        done = self._written(work)
        try:
            return replace(done, pending=self.erase())
        except Unavailable as error:  # the redaction is written, and its receipt is owed
            return replace(done, pending=error.message)

    def erase(self) -> str:
        """Wipe what redactions took away from the file and its log; return why that has to wait, else nothing."""
        return self._store.wipe()

    def hold(self, claim: int | str, *, note: str | None = None) -> Receipt:
        """Keep a claim out of publications."""
        return self._on_claim(claim, Hold, note)

    def release(self, claim: int | str, *, note: str | None = None) -> Receipt:
        """Let a held claim into publications again."""
        return self._on_claim(claim, Release, note)

    def _on_claim(self, given: int | str, make: Callable[[int], Body], note: str | None) -> Receipt:
        def work(act: Recording) -> Receipt:
            claim = self._known_claim(act, given)
            return act.receipt_on(act.append(make(claim), {Part.NOTE: note}), claim)

        return self._written(work)

    def same(self, claim: int | str, same_as: int | str, *, note: str | None = None) -> Receipt:
        """Say that two claims are one: statements on both count under the second."""

        def work(act: Recording) -> Receipt:
            first, second = self._known_claim(act, claim), self._known_claim(act, same_as)
            return act.receipt_on(act.append(Same(first, second), {Part.NOTE: note}), second)

        return self._written(work)

    def wording(self, claim: int | str, text: str, *, lang: str | None = None, note: str | None = None) -> Receipt:
        """Give a claim a new text, or with ``lang`` a translation. A changed meaning is a new claim."""

        def work(act: Recording) -> Receipt:
            known = self._known_claim(act, claim)
            index = act.append(Wording(known, lang), {Part.TEXT: text.strip(), Part.NOTE: note})
            return act.receipt_on(index, known)

        return self._written(work)

    def grant(
        self,
        source: int | str,
        *,
        story: int | str | None = None,
        claim: int | str | None = None,
        note: str | None = None,
    ) -> Receipt:
        """Grant a source authority over one story or one claim. A spokesperson's grant is the body's."""

        def work(act: Recording) -> Receipt:
            body = self._scope(act, find_source(act.writer, source), story, claim)
            return act.receipt_on(act.append(body, {Part.NOTE: note}), body.claim)

        return self._written(work)

    def revoke(
        self,
        source: int | str,
        *,
        story: int | str | None = None,
        claim: int | str | None = None,
        note: str | None = None,
    ) -> Receipt:
        """Take back every live grant of a source over one story or one claim."""

        def work(act: Recording) -> Receipt:
            scope = self._scope(act, find_source(act.writer, source), story, claim)
            live = [
                index
                for index in act.writer.refs("authority.source", scope.source)
                if act.writer.entry(index).body == scope and act.fold.acts.live(index)
            ]
            if not live:
                raise Rejected(f"source {scope.source}: has no such authority", next="see `claims authority list`")
            written = [act.append(Retract(index, Mistake.OTHER), {Part.NOTE: note}) for index in live]
            return act.receipt_on(written[-1], scope.claim)

        return self._written(work)

    def _scope(self, act: Recording, source: int, story: int | str | None, claim: int | str | None) -> Authority:
        if (story is None) == (claim is None):
            raise Misused("authority: over what is not clear", next="give either --story SLUG or --claim CLAIM")
        if claim is not None:
            return Authority(source, claim=self._known_claim(act, claim))
        at = act.story(story)
        if at is None:
            raise Rejected(f"story: {story!r}: no such story", next="`claims stories` shows them")
        return Authority(source, story=at)

    def add_source(
        self,
        name: str,
        kind: SourceKind,
        *,
        group: int | str | None = None,
        via: int | str | None = None,
        story: int | str | None = None,
        note: str | None = None,
    ) -> Receipt:
        """Record a source. Witnesses and unnamed sources belong to a story, and to the outlet that relays them."""

        def work(act: Recording) -> Receipt:
            body = Source(
                kind,
                group=None if group is None else find_source(act.writer, group),
                relayer=None if via is None else find_source(act.writer, via),
                story=None if story is None else act.story_or_new(story),
            )
            return act.receipt_on(act.append(body, {Part.NAME: name.strip(), Part.NOTE: note}), None)

        return self._written(work)

    def amend_source(self, source: int | str, kind: SourceKind, *, note: str | None = None) -> Receipt:
        """Give a source a new record of its kind."""

        def work(act: Recording) -> Receipt:
            body = Source(kind, amends=find_source(act.writer, source))
            return act.receipt_on(act.append(body, {Part.NOTE: note}), None)

        return self._written(work)

    def vet(
        self, source: int | str, vetted: bool, *, claim: int | str | None = None, note: str | None = None
    ) -> Receipt:
        """Vet or unvet a source, in general or on one claim."""

        def work(act: Recording) -> Receipt:
            known = None if claim is None else self._known_claim(act, claim)
            body = Vet(find_source(act.writer, source), vetted, known)
            return act.receipt_on(act.append(body, {Part.NOTE: note}), known)

        return self._written(work)

    def group(self, source: int | str, body: int | str | None, *, note: str | None = None) -> Receipt:
        """Say which body a source speaks for; None: for itself again."""

        def work(act: Recording) -> Receipt:
            speaks_for = None if body is None else find_source(act.writer, body)
            entry = Group(find_source(act.writer, source), speaks_for)
            return act.receipt_on(act.append(entry, {Part.NOTE: note}), None)

        return self._written(work)

    def set_policy(self, quorum: int, *, note: str | None = None) -> Receipt:
        """Say how many independent vetted originals establish a claim."""
        return self._written(lambda act: act.receipt_on(act.append(Policy(quorum=quorum), {Part.NOTE: note}), None))

    def _refuse_decisions(self, act: Recording, index: int) -> None:
        """Raise where an entry is the desk's own word or decision, and whoever acts may decide nothing."""
        if self._person is None:
            return
        body = act.writer.entry(index).body
        while isinstance(body, Retract):
            body = act.writer.entry(body.target).body
        if not isinstance(body, Statement | Evidence | Wording):
            self.require("retract_decision")
        elif isinstance(body, Statement) and act.of_desk(body):
            self.require("speak_for_desk")

    def _known_claim(self, act: Recording, given: int | str) -> int:
        return act.claim(given, None, new=False, opens=False)


def _files_of(writer: Writer, index: int) -> set[str]:
    """The kept files that an entry names."""
    content = writer.content(index, Part.EVIDENCE)
    document = None if content is None else content.value
    return {document.sha256} if isinstance(document, Document) and document.sha256 is not None else set()


def _statement(act: Recording, index: int) -> Statement:
    body = entry_at(act.writer, index).body
    if not isinstance(body, Statement):
        raise Rejected(f"entry {index}: is no statement", next="`claims why CLAIM` lists the statements on a claim")
    return body


def _copy(act: Recording, index: int, body: Body) -> int:
    """Append a body with the contents that another entry has, each as visible as it is there."""
    contents = act.writer.contents([index])
    parts = {part: contents[index, part].value for part in _COPIED if (index, part) in contents}
    refs = act.writer.entry(index).parts.items()
    return act.append(body, parts, internal=[part for part, ref in refs if ref.visibility is Visibility.INTERNAL])


def _opening(act: Recording) -> Opening:
    body = act.writer.entry(0).body
    assert isinstance(body, Opening)
    return body


def _claim_of(act: Recording, body: Body) -> int | None:
    """The claim whose state an entry bears on, to answer with it; None if there is not one in particular."""
    while isinstance(body, Retract):
        body = act.writer.entry(body.target).body
    claim = getattr(body, "claim", None)
    return claim if isinstance(claim, int) else None
