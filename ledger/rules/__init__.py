"""What may be appended: an entry and what stands so far, to problems that each name their place.

All rules of one entry are told at once. :func:`check` needs the entry and the facts before it, and so can be replayed
by anybody who has the leaves; :func:`check_contents` looks at the texts, and :mod:`ledger.names` at which names are
taken. What is allowed but will surprise is a warning (:func:`warn`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ledger.errors import Misused, Problem
from ledger.model import (
    Authority,
    Claim,
    Content,
    Document,
    Entry,
    Evidence,
    Group,
    Known,
    Opening,
    Policy,
    Publication,
    Recorder,
    Redaction,
    Retract,
    Same,
    Settlement,
    Source,
    Statement,
    Story,
    Unknown,
    Vet,
    Wording,
    parts_of,
    references,
)
from ledger.resolver import DESK, Fold
from ledger.rules.published import check_publication, check_settlement
from ledger.text import article, flaws, shown, slug_flaws
from ledger.times import FUTURE_SLACK, format_utc, zone_named
from ledger.vocabulary import Kind, Part, SourceKind, Status, Visibility

POLICIES = (("live-roots", 1),)
"""The policies that this version resolves by: name and version."""

_ORIGIN = re.compile(r"[^\s+\x00-\x1f\x7f\ud800-\udfff]{1,200}")
_HASH = re.compile(r"[0-9a-f]{64}")
_MEDIA_TYPE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?")
_KEY = re.compile(r"[0-9a-f]{32}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LASTING = (Opening, Recorder, Story, Claim, Redaction)
_EXPECTED_KIND: dict[str, type[Known]] = {
    "claim.story": Story,
    "source.story": Story,
    "source.group": Source,
    "source.relayer": Source,
    "source.amends": Source,
    "statement.claim": Claim,
    "statement.to": Claim,
    "statement.speaker": Source,
    "statement.via": Source,
    "hold.claim": Claim,
    "release.claim": Claim,
    "authority.source": Source,
    "authority.claim": Claim,
    "authority.story": Story,
    "vet.source": Source,
    "vet.claim": Claim,
    "group.source": Source,
    "group.body": Source,
    "same.claim": Claim,
    "same.same_as": Claim,
    "wording.claim": Claim,
    "publication.policy": Policy,
    "publication.story": Story,
    "publication.claims": Claim,
    "settlement.publication": Publication,
    "settlement.claims": Claim,
}


def check(entry: Entry, before: Fold) -> list[Problem]:
    """Say what keeps ``entry`` from being appended after the entries of ``before``; nothing if it may be."""
    problems = [*_check_header(entry, before), *_check_parts(entry)]
    if isinstance(entry.body, Unknown):
        return [*problems, Problem("kind", "is not known to this version", got=entry.body.word)]
    problems += _check_references(entry, before)
    if not problems:
        problems += _check_body(entry, before)
    return problems


def _check_header(entry: Entry, before: Fold) -> Iterator[Problem]:
    opening = isinstance(entry.body, Opening)
    if opening != (entry.index == 0):
        yield Problem("kind", "a ledger has one opening, and it is entry 0", got=f"entry {entry.index}")
    if entry.key is not None and not _KEY.fullmatch(entry.key):
        yield Problem("key", "is no key", expected="32 lower-case hex digits", got=shown(entry.key))
    if opening:
        return
    if isinstance(entry.body, Recorder):
        if entry.recorder != entry.index:
            yield Problem("recorder", "takes itself down", expected=str(entry.index), got=str(entry.recorder))
        return
    recorder = None if entry.recorder is None else _body_at(before, entry.index, entry.recorder)
    if not isinstance(recorder, Recorder):
        yield Problem("recorder", "is no recorder of this ledger", got=str(entry.recorder))


def _check_parts(entry: Entry) -> Iterator[Problem]:
    if isinstance(entry.body, Unknown):
        return
    required, allowed = parts_of(entry.body.kind)
    if isinstance(entry.body, Source) and entry.body.amends is None:
        required = frozenset({Part.NAME})
    for part in sorted(required - entry.parts.keys()):
        yield Problem(part, f"is missing; every {entry.body.kind} has one")
    for part in sorted(entry.parts.keys() - required - allowed):
        yield Problem(part, f"does not belong to a {entry.body.kind}")


def check_contents(entry: Entry, contents: Mapping[Part, Content]) -> list[Problem]:
    """Say what is wrong with the texts of an entry, whatever else the ledger holds."""
    problems: list[Problem] = []
    for part, content in contents.items():
        if isinstance(content.value, Document):
            problems += _check_document(content.value)
        else:
            where = entry.word if part is Part.NAME else part.value
            found = flaws(part, content.value)
            if not found and isinstance(entry.body, Story):
                found = slug_flaws(content.value)
            problems += [Problem(where, flaw, got=shown(content.value)) for flaw in found]
    return problems


def check_language(where: str, tag: str) -> list[Problem]:
    """Say what is wrong with the tag of a language."""
    if _LANGUAGE.fullmatch(tag):
        return []
    return [Problem(where, "is no language tag", expected="fr, en or pt-BR", got=shown(tag))]


def _check_document(document: Document) -> Iterator[Problem]:
    if document.url is None and document.sha256 is None:
        yield Problem("evidence", "has neither an address nor a file")
    for where, url in (("evidence url", document.url), ("evidence archived url", document.archived_url)):
        if url is not None:
            yield from (Problem(where, flaw, got=shown(url)) for flaw in flaws(Part.URL, url))
    if document.sha256 is not None and not _HASH.fullmatch(document.sha256):
        why = "is no SHA-256"
        yield Problem("evidence sha256", why, expected="64 lower-case hex digits", got=shown(document.sha256))
    if document.size is not None and not 0 <= document.size < 2**53:
        yield Problem("evidence size", "is no number of bytes", got=str(document.size))
    if document.media_type is not None and not _MEDIA_TYPE.fullmatch(document.media_type):
        why = "is no media type"
        yield Problem("evidence media type", why, expected="such as text/plain", got=shown(document.media_type))


def _check_references(entry: Entry, before: Fold) -> Iterator[Problem]:
    assert not isinstance(entry.body, Unknown)
    for role, index in references(entry.body):
        field = role.partition(".")[2]
        if role == "statement.from":
            continue
        body = _body_at(before, entry.index, index)
        expected = _EXPECTED_KIND.get(role)
        if body is None:
            why = f"entry {index} does not exist yet; the ledger has entries 0 to {entry.index - 1}"
            yield Problem(field, why)
        elif expected is not None and not (isinstance(body, expected) and not _amends(body)):
            yield Problem(field, f"entry {index} is no {expected.kind}", got=_word(body))


def _body_at(before: Fold, size: int, index: int) -> Known | Unknown | None:
    try:
        return before.facts.entry(index).body if 0 <= index < size else None
    except KeyError:
        return None


def _amends(body: Known | Unknown) -> bool:
    return isinstance(body, Source) and body.amends is not None


def _word(body: Known | Unknown) -> str:
    return body.word if isinstance(body, Unknown) else article(body.kind)


def _check_body(entry: Entry, before: Fold) -> Iterator[Problem]:
    rule = _RULES.get(type(entry.body))
    return rule(entry, before) if rule is not None else iter(())


def _check_opening(entry: Entry, _before: Fold) -> Iterator[Problem]:
    body = entry.body
    assert isinstance(body, Opening)
    if not _ORIGIN.fullmatch(body.origin):
        why = "must be 1 to 200 characters with no space and no +"
        yield Problem("origin", why, expected="a name like example.org/newsroom", got=shown(body.origin))
    try:
        zone_named(body.zone)
    except Misused:
        yield Problem("zone", "is no time zone", expected="an IANA name like Europe/Paris", got=shown(body.zone))


def _check_source(entry: Entry, before: Fold) -> Iterator[Problem]:
    body = entry.body
    assert isinstance(body, Source)
    if (entry.index == DESK) != (body.source_kind is SourceKind.DESK):
        yield Problem("kind", "the desk is made when the ledger is opened, and only then")
    if body.amends is not None:
        yield from _check_amendment(body, before)
        return
    apart = body.source_kind.told_apart_by_relayer
    if apart and body.group is not None:
        yield Problem("group", f"a source of kind {body.source_kind} speaks for nobody but itself")
    if apart and body.story is None:
        yield Problem("story", f"a source of kind {body.source_kind} belongs to one story", expected="a story")
    if not apart and (body.relayer is not None or body.story is not None):
        yield Problem("kind", f"a source of kind {body.source_kind} has neither relayer nor story of its own")
    if body.group is not None:
        yield from _check_body_of(body.group, before)


def _check_amendment(body: Source, before: Fold) -> Iterator[Problem]:
    assert body.amends is not None
    kind = before.acts.source_kind(body.amends)
    if body.group is not None or body.relayer is not None or body.story is not None:
        yield Problem("source", "a new record of a source says its kind alone; see `group` for the body")
    if body.amends == DESK:
        yield Problem("source", "the desk stays the desk")
    elif kind.told_apart_by_relayer != body.source_kind.told_apart_by_relayer:
        why = f"a source of kind {kind} cannot become one of kind {body.source_kind}: they are told apart differently"
        yield Problem("kind", why + "; record a new source")


def _check_body_of(body: int, before: Fold) -> Iterator[Problem]:
    if before.acts.source_kind(body).told_apart_by_relayer:
        yield Problem("group", f"source {body} is of a kind that nobody speaks for")
    elif before.acts.root(body) != body:
        other = before.acts.root(body)
        yield Problem("group", f"source {body} itself speaks for source {other}; groups have one level")


def _check_statement(entry: Entry, before: Fold) -> Iterator[Problem]:
    body = entry.body
    assert isinstance(body, Statement)
    if body.status.points and body.to is None:
        yield Problem("to", f"{body.status} needs the claim that takes its place")
    if not body.status.points and body.to is not None:
        yield Problem("to", f"{body.status} leads to no other claim")
    if body.to is not None and before.acts.folded(body.claim) == before.acts.folded(body.to):
        yield Problem("to", f"claim {body.claim} cannot be {body.status} to itself", expected="another claim")
    if body.why is not None and not (body.status.points or body.status is Status.WITHDRAWN):
        yield Problem("why", f"{body.status} takes no reason from the list; use a note")
    if body.said is None and body.status is Status.WITHDRAWN:
        yield Problem("said", "a withdrawal needs its time, since it speaks only from then on")
    if body.said is not None and body.said.at > entry.recorded + FUTURE_SLACK:
        yield Problem(
            "said",
            "lies in the future",
            expected=f"at most two minutes after {format_utc(entry.recorded)}",
            got=format_utc(body.said.at),
        )
    yield from _check_chain(body, before)


def _check_chain(body: Statement, before: Fold) -> Iterator[Problem]:
    twice = sorted({source for source in body.chain if body.chain.count(source) > 1})
    for source in twice:
        yield Problem("via", f"source {source} stands twice in the chain")
    if body.speaker == DESK and body.via:
        yield Problem("via", "the desk speaks for itself; what another says is that source's statement")
    opened = before.facts.entry(body.speaker).body
    if isinstance(opened, Source) and opened.source_kind.told_apart_by_relayer:
        first = body.via[0] if body.via else None
        if first != opened.relayer:
            expected = "nobody between" if opened.relayer is None else f"source {opened.relayer} first"
            why = f"source {body.speaker} is told apart by who relays it first; through another it is another source"
            yield Problem("via", why, expected=expected)


def _check_retract(entry: Entry, before: Fold) -> Iterator[Problem]:
    body = entry.body
    assert isinstance(body, Retract)
    target = before.facts.entry(body.target).body
    if isinstance(target, _LASTING) or (isinstance(target, Source) and target.amends is None):
        instead = {
            Kind.CLAIM: "retract the statements on it, or fold it under another with `same`",
            Kind.SOURCE: "retract its statements, unvet it, or amend its record",
            Kind.REDACTION: "what it removed is gone for good",
        }.get(target.kind, "it stays as it is")
        yield Problem("target", f"entry {body.target} is {article(target.kind)}, which cannot be retracted; {instead}")
    elif not before.acts.live(body.target):
        by = [i for i in before.facts.refs("retract.target", body.target) if before.acts.live(i)]
        why = f"entry {body.target} is retracted already, by entry {by[-1]}"
        yield Problem("target", f"{why}; retract {by[-1]} to bring it back")


def _check_authority(entry: Entry, _before: Fold) -> Iterator[Problem]:
    body = entry.body
    assert isinstance(body, Authority)
    if (body.claim is None) == (body.story is None):
        yield Problem("scope", "authority is over one story or over one claim", expected="exactly one of the two")


def _check_vet(entry: Entry, _before: Fold) -> Iterator[Problem]:
    body = entry.body
    assert isinstance(body, Vet)
    if body.source == DESK:
        yield Problem("source", "the desk is not vetted: its own word decides")
    if not _is_flag(body.vetted):
        yield Problem("vetted", "must be true or false", got=str(body.vetted))


def _is_flag(value: object) -> bool:
    """Whether it is true or false; 1 would be written, and could not be read again."""
    return isinstance(value, bool)


def _check_group(entry: Entry, before: Fold) -> Iterator[Problem]:
    body = entry.body
    assert isinstance(body, Group)
    kind = before.acts.source_kind(body.source)
    if kind.told_apart_by_relayer or kind is SourceKind.DESK:
        yield Problem("source", f"a source of kind {kind} speaks for nobody but itself")
    if body.body is None:
        return
    if body.body == body.source:
        yield Problem("body", "a source cannot speak for itself as a body; leave the body out to ungroup it")
        return
    yield from _check_body_of(body.body, before)
    others = [each for each in before.acts.members(body.source) if each != body.source]
    if others:
        yield Problem("source", f"source {others[0]} speaks for source {body.source}; groups have one level")


def _check_policy(entry: Entry, _before: Fold) -> Iterator[Problem]:
    body = entry.body
    assert isinstance(body, Policy)
    if (body.name, body.version) not in POLICIES:
        known = " or ".join(f"{name} {version}" for name, version in POLICIES)
        yield Problem("policy", "is not known to this version", expected=known, got=f"{body.name} {body.version}")
    if type(body.quorum) is not int or body.quorum < 1:  # True is an int too, and could not be read again
        yield Problem("quorum", "must be 1 or more", got=str(body.quorum))


def _check_same(entry: Entry, before: Fold) -> Iterator[Problem]:
    body = entry.body
    assert isinstance(body, Same)
    if body.claim == body.same_as:
        yield Problem("same", "a claim is the same as itself already", expected="two claims")
    elif _counts_under(before, body.same_as, body.claim):
        yield Problem(
            "same", f"claim {body.same_as} counts under claim {body.claim} already; the other way makes a circle"
        )


def _counts_under(before: Fold, claim: int, other: int) -> bool:
    """Whether the way from ``claim`` to the claim that it counts under passes ``other``."""
    seen: set[int] = set()
    while claim != other and claim not in seen:
        seen.add(claim)
        newest = next((i for i in reversed(before.facts.refs("same.claim", claim)) if before.acts.live(i)), None)
        if newest is None:
            return False
        body = before.facts.entry(newest).body
        assert isinstance(body, Same)
        claim = body.same_as
    return claim == other


def _check_wording(entry: Entry, _before: Fold) -> Iterator[Problem]:
    body = entry.body
    assert isinstance(body, Wording)
    if body.lang is not None:
        yield from check_language("lang", body.lang)


def _check_evidence(entry: Entry, before: Fold) -> Iterator[Problem]:
    body = entry.body
    assert isinstance(body, Evidence)
    if isinstance(before.facts.entry(body.about).body, Opening | Evidence):
        yield Problem("about", f"entry {body.about} takes no evidence", expected="a statement, a claim or a desk act")


def _check_redaction(entry: Entry, before: Fold) -> Iterator[Problem]:
    body = entry.body
    assert isinstance(body, Redaction)
    if body.part not in before.facts.entry(body.target).parts:
        yield Problem("part", f"entry {body.target} has no {body.part}")
    done = before.facts.refs(f"redaction.{body.part}", body.target)
    if done:
        yield Problem("part", f"the {body.part} of entry {body.target} is redacted already, by entry {done[0]}")
    if entry.parts[Part.NOTE].visibility is not Visibility.PUBLIC:
        yield Problem("order", "is internal; who reads that something is missing must see under which order")


_RULES: dict[type, Callable[[Entry, Fold], Iterator[Problem]]] = {
    Opening: _check_opening,
    Source: _check_source,
    Statement: _check_statement,
    Retract: _check_retract,
    Authority: _check_authority,
    Vet: _check_vet,
    Group: _check_group,
    Policy: _check_policy,
    Same: _check_same,
    Wording: _check_wording,
    Evidence: _check_evidence,
    Redaction: _check_redaction,
    Publication: check_publication,
    Settlement: check_settlement,
}


def warn(entry: Entry, before: Fold) -> list[str]:
    """Say what is allowed here but will surprise."""
    body = entry.body
    if isinstance(body, Statement):
        return [*_warn_undated(body, before), *_warn_circle(body, before)]
    if isinstance(body, Authority) and before.acts.root(body.source) != body.source:
        root = before.acts.root(body.source)
        return [f"source {body.source} speaks for source {root}: the authority is that body's"]
    return []


def _warn_undated(body: Statement, before: Fold) -> Iterator[str]:
    if body.said is not None:
        return
    voice = before.voices.get((before.acts.folded(body.claim), before.acts.root(body.speaker)))
    if voice is not None and voice.said is not None:
        yield "undated: it will not speak, since the same source has a dated word on this claim"


def _warn_circle(body: Statement, before: Fold) -> Iterator[str]:
    if body.to is None:
        return
    start, pending, seen = before.acts.folded(body.claim), [before.acts.folded(body.to)], set[int]()
    while pending:
        claim = pending.pop()
        if claim == start:
            to = before.acts.folded(body.to)
            yield f"claims {start} and {to} now lead to each other; while they do, neither holds"
            return
        if claim in seen:
            continue
        seen.add(claim)
        for each in before.acts.folded_under(claim):
            for index in before.facts.refs("statement.from", each):
                onward = before.statement(index).to
                if onward is not None and before.acts.live(index):
                    pending.append(before.acts.folded(onward))
