"""Entries in plain words, and the texts that they are told with."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.book.prefix import Prefix
from ledger.disclosure import redactions
from ledger.model import (
    Authority,
    Body,
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
from ledger.resolver import Acts, Facts
from ledger.vocabulary import Part, Status


class Texts:
    """Names and wordings of a prefix, read once."""

    def __init__(self, reader: Prefix, acts: Acts) -> None:
        self._reader = reader
        self.absent = reader.absent
        self._acts = acts
        self._found: dict[int, dict[Part, Content]] = {}

    def load(self, indexes: Iterable[int]) -> None:
        """Read the contents of many entries with few queries."""
        wanted = [index for index in indexes if index not in self._found]
        for index in wanted:
            self._found[index] = {}
        for (index, part), content in self._reader.contents(wanted).items():
            self._found[index][part] = content

    def content(self, index: int, part: Part) -> Content | None:
        """A part, None if the entry has none, or none any more."""
        if index not in self._found:
            self.load([index])
        return self._found[index].get(part)

    def value(self, index: int, part: Part) -> str | Document | None:
        """The value of a part, None if the entry has none, or none any more."""
        content = self.content(index, part)
        return None if content is None else content.value

    def text(self, index: int, part: Part) -> str | None:
        """As :meth:`value`, for the parts that are texts."""
        value = self.value(index, part)
        return value if isinstance(value, str) else None

    def shown(self, index: int, part: Part) -> str | None:
        """As :meth:`text`; a part that was redacted says so."""
        found = self.text(index, part)
        if found is None and part in redactions(self._reader, self._reader.entry(index)):
            return self.lacking(index, part)
        return found

    def lacking(self, index: int, part: Part) -> str:
        """What stands in the place of a part that is not here: that it was redacted, and under which order."""
        by = redactions(self._reader, self._reader.entry(index)).get(part)
        if by is None:
            return self.absent
        order = self.text(by, Part.NOTE)
        return "[redacted]" if order is None else f"[redacted: {order}]"

    def name(self, index: int) -> str:
        """The name of a source, a story or a recorder."""
        return self.text(index, Part.NAME) or self.lacking(index, Part.NAME)

    def claim(self, index: int) -> str:
        """The text of a claim: its newest live wording in the desk's own language, else the first."""
        return self.wording(self._acts.worded(index))

    def wording(self, index: int) -> str:
        """The text that the entry of a claim or of a wording gives."""
        return self.text(index, Part.TEXT) or self.lacking(index, Part.TEXT)

    def publication(self, index: int) -> str:
        """What a publication is called: its name or its address, whichever it has."""
        for part in (Part.NAME, Part.URL):
            if (found := self.text(index, part)) is not None:
                return found
        parts = self._reader.entry(index).parts
        return self.lacking(index, Part.NAME if Part.NAME in parts else Part.URL)


def tell(entry: Entry, facts: Facts, texts: Texts) -> str:
    """Say in one line what an entry does."""
    return _Told(entry.body, entry.index, facts, texts).line()


def tell_cause(entry: Entry, facts: Facts, texts: Texts) -> str:
    """As :func:`tell`, where the claim is plain from the context."""
    body = entry.body
    if not isinstance(body, Statement):
        return tell(entry, facts, texts)
    to = "" if body.to is None else f" {_leading(body)} {body.to} “{texts.claim(body.to)}”"
    return tell_statement(body, texts) + to


def _leading(body: Statement) -> str:
    return "to" if body.status is Status.CORRECTED else "by"


def tell_statement(body: Statement, texts: Texts) -> str:
    """Say who said what, through whom: ``Interior Ministry, via BFM: denied``."""
    via = "".join(f", via {texts.name(relayer)}" for relayer in body.via)
    return f"{texts.name(body.speaker)}{via}: {body.status}"


class _Told:
    def __init__(self, body: Body, index: int, facts: Facts, texts: Texts) -> None:
        self.body = body
        self.index = index
        self.facts = facts
        self.texts = texts

    def line(self) -> str:
        body, name = self.body, self.texts.name
        match body:
            case Opening():
                return f"ledger {body.origin} opened, zone {body.zone}"
            case Recorder() | Story():
                return f"{body.kind} {name(self.index)}"
            case Claim():
                return f"claim in {name(body.story)}: {self._claim_text(self.index)}"
            case Source():
                return self._source(body)
            case Statement():
                return self._statement(body)
            case Retract():
                return f"retracts {self._entry(body.target)}, {body.why}"
            case Policy():
                return (
                    f"policy {body.name} {body.version}: {body.quorum} independent vetted originals establish a claim"
                )
            case Evidence():
                return f"evidence for {self._entry(body.about)}"
            case Unknown():
                return f"an entry of kind {body.word!r}, which this version does not know"
            case _:
                return self._act(body)

    def _act(self, body: Known) -> str:
        name, claim = self.texts.name, self._claim
        match body:
            case Hold():
                return f"holds {claim(body.claim)}"
            case Release():
                return f"releases {claim(body.claim)}"
            case Authority():
                scope = f"story {name(body.story)}" if body.story is not None else claim(body.claim)
                return f"authority for {name(body.source)} over {scope}"
            case Vet():
                scope = "" if body.claim is None else f" on {claim(body.claim)}"
                return f"{'vets' if body.vetted else 'unvets'} {name(body.source)}{scope}"
            case Group(body=None):
                return f"{name(body.source)} speaks for itself"
            case Group(body=int(speaks_for)):
                return f"{name(body.source)} speaks for {name(speaks_for)}"
            case Same():
                return f"{claim(body.claim)} counts under {claim(body.same_as)}"
            case Redaction():
                order = self.texts.text(self.index, Part.NOTE) or self.texts.lacking(self.index, Part.NOTE)
                return f"redacts the {body.part} of {self._entry(body.target)}: {order}"
            case Publication():
                return self._publication(body)
            case Settlement():
                where = self.texts.text(self.index, Part.URL)
                at = "" if where is None else f", at {where}"
                return f"settles {self._entry(body.publication)}{at}"
            case Wording():
                lang = "" if body.lang is None else f" ({body.lang})"
                return f"words {claim(body.claim)}{lang}: {self._claim_text(self.index)}"
        raise AssertionError(f"no words for {body}")

    def _source(self, body: Source) -> str:
        if body.amends is not None:
            return f"{self.texts.name(body.amends)} is of kind {body.source_kind}"
        group = "" if body.group is None else f", speaks for {self.texts.name(body.group)}"
        via = "" if body.relayer is None else f", through {self.texts.name(body.relayer)}"
        return f"source {self.texts.name(self.index)} ({body.source_kind}{group}{via})"

    def _publication(self, body: Publication) -> str:
        if body.claims:
            what = self._claim(body.claims[0]) if len(body.claims) == 1 else f"{len(body.claims)} claims"
        else:
            what = "every story" if body.story is None else f"story {self.texts.name(body.story)}"
        return f"published {self.texts.publication(self.index)}: {what}, as of entry {body.size - 1}"

    def _statement(self, body: Statement) -> str:
        told = f"{tell_statement(body, self.texts)}: {self._claim(body.claim)}"
        if body.to is None:
            return told
        return f"{told}, {_leading(body)} {self._claim(body.to)}"

    def _entry(self, index: int) -> str:
        body = self.facts.entry(index).body
        if isinstance(body, Retract):
            return f"{index} (retracts {body.target})"
        return f"{index} ({_Told(body, index, self.facts, self.texts).line()})"

    def _claim(self, index: int | None) -> str:
        assert index is not None
        return f"{index} “{self.texts.claim(index)}”"

    def _claim_text(self, index: int) -> str:
        return self.texts.text(index, Part.TEXT) or self.texts.lacking(index, Part.TEXT)
