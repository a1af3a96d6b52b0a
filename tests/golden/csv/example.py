"""A small ledger with every kind of entry, contents and all; some of its words would run as formulas."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ledger.encoding import reference_to
from ledger.formats.claims import ClaimRow
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
    Vet,
    Wording,
)
from ledger.times import Moment
from ledger.vocabulary import Mistake, Part, Precision, Reason, SourceKind, State, Status, Visibility

START = datetime(2017, 4, 20, 20, 31, tzinfo=UTC)
DIGEST = "779f83c4caf8e3d98b09ed3ec56de95bae1169a656e9caa4844651c1ae6de5a5"
INTERNAL = {(20, Part.NOTE), (16, Part.NAME)}
REDACTED = {(20, Part.QUOTE)}

Words = dict[Part, str | Document]


def said(hour: int, minute: int, precision: Precision = Precision.MINUTE) -> Moment:
    return Moment(datetime(2017, 4, 20, hour, minute, tzinfo=UTC), precision)


LINES: list[tuple[Body, Words]] = [
    (Opening("example.org/newsroom", "Europe/Paris"), {}),
    (Recorder(), {Part.NAME: "Ana"}),
    (Source(SourceKind.DESK), {Part.NAME: "desk"}),
    (Policy(), {Part.NOTE: "the rules that we start with"}),
    (Story(), {Part.NAME: "paris"}),
    (Source(SourceKind.OFFICIAL), {Part.NAME: "Interior Ministry"}),
    (Source(SourceKind.SPOKESPERSON, group=5), {Part.NAME: "Pierre-Henry Brandet"}),
    (Source(SourceKind.AGENCY), {Part.NAME: "Reuters", Part.NOTE: "the London desk"}),
    (Source(SourceKind.UNNAMED, relayer=7, story=4), {Part.NAME: "a police source"}),
    (Source(SourceKind.BROADCASTER, amends=7), {}),
    (Claim(4), {Part.TEXT: "=A second officer was killed"}),
    (Claim(4), {Part.TEXT: 'One officer, "and only one", was killed'}),
    (Authority(6, story=4), {}),
    (Authority(5, claim=10), {Part.NOTE: "@all"}),
    (Statement(10, Status.REPORTED, (8, 7), said(20, 30)), {Part.URL: "https://example.org/wire"}),
    (Statement(10, Status.DENIED, (6,), said(20, 57, Precision.SECOND)), {Part.QUOTE: "-no second death\nas yet"}),
    (Source(SourceKind.ACCOUNT), {Part.NAME: "@onlooker"}),
    (Statement(10, Status.REPORTED, (16, 7), None), {}),
    (Statement(10, Status.CORRECTED, (2,), said(21, 10), 11, Reason.MISCOUNTED), {Part.NOTE: "'tis one"}),
    (Statement(11, Status.REPORTED, (2,), said(21, 0, Precision.HOUR)), {Part.EVIDENCE: Document(sha256=DIGEST)}),
    (
        Statement(11, Status.UNCONFIRMED, (5,), said(21, 12)),
        {Part.QUOTE: "taken away under an order", Part.NOTE: "our own affair"},
    ),
    (Retract(17, Mistake.MISHEARD), {Part.NOTE: "＝look-alike"}),
    (Hold(11), {}),
    (Release(11), {}),
    (Vet(7, False, 10), {}),
    (Vet(16, True), {}),
    (Group(6, None), {}),
    (Group(6, 5), {}),
    (Claim(4), {Part.TEXT: "A second policeman has died"}),
    (Same(28, 10), {}),
    (Wording(11, "fr"), {Part.TEXT: "Un policier a été tué"}),
    (Wording(11), {Part.TEXT: "One police officer was killed"}),
    (
        Evidence(15),
        {
            Part.EVIDENCE: Document(
                "https://example.org/clip", "https://archive.example/clip", DIGEST, 1_024, "video/mp4"
            ),
            Part.NOTE: "+ the full clip",
        },
    ),
    (Policy(quorum=3), {}),
    (Redaction(20, Part.QUOTE), {Part.NOTE: "Tribunal de Paris, 12 May 2017"}),
    (
        Publication(35, 33, said(21, 34, Precision.MINUTE), claims=(10, 11), sha256=DIGEST),
        {Part.URL: "https://example.org/live", Part.TEXT: "=What we know"},
    ),
    (Publication(20, 3, as_said=said(20, 40).at, story=4, held=True), {Part.NAME: "the night in a table"}),
    (Settlement(35, 36, (10,), said(21, 36)), {Part.URL: "https://example.org/corrections/1", Part.NOTE: "on air too"}),
]


def contents() -> dict[tuple[int, Part], Content]:
    """The contents that are still there: all but the redacted ones."""
    return {
        (index, part): Content("0" * 63 + "a", value)
        for index, (_, words) in enumerate(LINES)
        for part, value in words.items()
        if (index, part) not in REDACTED
    }


def entries() -> list[Entry]:
    return [_entry(index, body, words) for index, (body, words) in enumerate(LINES)]


def _entry(index: int, body: Body, words: Words) -> Entry:
    parts = {
        part: reference_to(
            Content("0" * 63 + "a", value),
            Visibility.INTERNAL if (index, part) in INTERNAL else Visibility.PUBLIC,
        )
        for part, value in words.items()
    }
    recorded = START + timedelta(minutes=index, microseconds=index)
    key = "0123456789abcdef" * 2 if index == 14 else None
    return Entry(index, recorded, None if index == 0 else 1, body, parts, key)


CLAIMS = [
    ClaimRow(
        claim=10,
        text="=A second officer was killed",
        story="paris",
        state=State.CORRECTED,
        accepted=False,
        held=False,
        computed=State.DENIED,
        successor=11,
        successor_text='One officer, "and only one", was killed',
        successor_state=State.CONFIRMED,
        first_said=said(20, 30).at,
        first_source="a police source",
        since=said(21, 10).at,
        because="corrected: desk; against: a police source, through Reuters (unvetted)",
        for_=(),
        against=("desk", "Interior Ministry"),
        dissent=("a police source",),
        evidence=("https://example.org/wire", "https://example.org/clip"),
        as_said=said(21, 30).at,
        as_known=20,
        size=20,
        policy=Policy(),
    ),
    ClaimRow(
        claim=11,
        text=None,
        story=None,
        state=State.UNVERIFIED,
        accepted=False,
        held=True,
        computed=State.UNVERIFIED,
        successor=None,
        successor_text=None,
        successor_state=None,
        first_said=None,
        first_source=None,
        since=None,
        because="unverified: Île-de-France news; nobody else\nso far",
        for_=("Île-de-France news",),
        against=(),
        dissent=(),
        evidence=(),
        as_said=None,
        as_known=None,
        size=35,
        policy=Policy(quorum=3),
    ),
]
