"""The values of the ledger: an :class:`Entry` is a header and one body; its free text stands beside it as contents.

A body holds structure only: indexes, words from the vocabulary, times. What a person wrote (wordings, names, quotes)
is a :class:`Content`, and the entry holds no more of it than its hash, so that it can be redacted under an order
while every hash and every state stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from ledger.times import Moment
from ledger.vocabulary import Kind, Mistake, Part, Reason, SourceKind, Status, Visibility


@dataclass(frozen=True, slots=True)
class Opening:
    """Entry 0: the name of the log and the desk's time zone."""

    kind: ClassVar[Kind] = Kind.OPENING
    origin: str
    zone: str


@dataclass(frozen=True, slots=True)
class Recorder:
    """Someone who takes entries down; the name is content."""

    kind: ClassVar[Kind] = Kind.RECORDER


@dataclass(frozen=True, slots=True)
class Story:
    """A slug that groups claims; the slug is content."""

    kind: ClassVar[Kind] = Kind.STORY


@dataclass(frozen=True, slots=True)
class Source:
    """Someone who speaks. With ``amends`` it is a new record of an earlier source's kind, and retractable.

    ``relayer`` (the first one) and ``story`` are there for the kinds ``witness`` and ``unnamed`` alone: they are told
    apart by name, first relayer and story.
    """

    kind: ClassVar[Kind] = Kind.SOURCE
    source_kind: SourceKind
    group: int | None = None
    relayer: int | None = None
    story: int | None = None
    amends: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One checkable proposition within a story; its wording is content."""

    kind: ClassVar[Kind] = Kind.CLAIM
    story: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What a source did to a claim (R0).

    ``chain`` is the speaker, then each relayer, nearest the speaker first. ``said`` is when the *speaker* said it.
    """

    kind: ClassVar[Kind] = Kind.STATEMENT
    claim: int
    status: Status
    chain: tuple[int, ...]
    said: Moment | None = None
    to: int | None = None
    why: Reason | None = None

    @property
    def speaker(self) -> int:
        """The source that the word comes from."""
        return self.chain[0]

    @property
    def via(self) -> tuple[int, ...]:
        """The relayers, nearest the speaker first."""
        return self.chain[1:]


@dataclass(frozen=True, slots=True)
class Retract:
    """The desk's own mistake: the target counts as if it had never been written (R1)."""

    kind: ClassVar[Kind] = Kind.RETRACT
    target: int
    why: Mistake


@dataclass(frozen=True, slots=True)
class Hold:
    """Keeps a claim out of publications (R8)."""

    kind: ClassVar[Kind] = Kind.HOLD
    claim: int


@dataclass(frozen=True, slots=True)
class Release:
    """Lets a held claim into publications again (R8)."""

    kind: ClassVar[Kind] = Kind.RELEASE
    claim: int


@dataclass(frozen=True, slots=True)
class Authority:
    """Grants a source authority over one claim or one story, exactly one of the two (R3)."""

    kind: ClassVar[Kind] = Kind.AUTHORITY
    source: int
    claim: int | None = None
    story: int | None = None


@dataclass(frozen=True, slots=True)
class Vet:
    """Vets or unvets a source, in general or on one claim (R3)."""

    kind: ClassVar[Kind] = Kind.VET
    source: int
    vetted: bool
    claim: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Says which body a source speaks for; without a body it speaks for itself again (R2)."""

    kind: ClassVar[Kind] = Kind.GROUP
    source: int
    body: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy in force; ``quorum`` is the q of R3 and R4."""

    kind: ClassVar[Kind] = Kind.POLICY
    name: str = "live-roots"
    version: int = 1
    quorum: int = 2


@dataclass(frozen=True, slots=True)
class Same:
    """``claim`` and ``same_as`` are one: statements on both fold under ``same_as``."""

    kind: ClassVar[Kind] = Kind.SAME
    claim: int
    same_as: int


@dataclass(frozen=True, slots=True)
class Wording:
    """A new text of a claim, or with ``lang`` a translation; the text is content. Display only."""

    kind: ClassVar[Kind] = Kind.WORDING
    claim: int
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Adds a document to an entry; the document's description is content."""

    kind: ClassVar[Kind] = Kind.EVIDENCE
    about: int


@dataclass(frozen=True, slots=True)
class Redaction:
    """Removes one part of an entry for good; the order that demands it is content. Leaf and states stand."""

    kind: ClassVar[Kind] = Kind.REDACTION
    target: int
    part: Part


@dataclass(frozen=True, slots=True)
class Publication:
    """What went out to the public. What it told of each claim is not kept: it follows from the entries before it.

    ``size`` is how many entries it rests on, ``policy`` the entry of the policy in force among those, and ``as_said`` a
    time of the said clock, if one was asked for. It told of ``claims``; with none named, of all that the board listed,
    of ``story`` or of every story, of held ones only with ``held``. ``published`` is when it went out, None for when
    it was recorded. ``sha256`` (hex) is that of its file, if it is one.
    """

    kind: ClassVar[Kind] = Kind.PUBLICATION
    size: int
    policy: int
    published: Moment | None = None
    as_said: datetime | None = None
    story: int | None = None
    claims: tuple[int, ...] = ()
    held: bool = False
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """A corrective to a publication went out: its readers were told what held by the first ``size`` entries.

    It told of ``claims``, with none named of all that the publication told. ``published`` is when it went out, None
    for when it was recorded.
    """

    kind: ClassVar[Kind] = Kind.SETTLEMENT
    publication: int
    size: int
    claims: tuple[int, ...] = ()
    published: Moment | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """An entry of a kind that this version does not know: hashed, kept, shown, and never resolved past."""

    word: str
    fields: Mapping[str, Any]


Known = (
    Opening
    | Recorder
    | Story
    | Source
    | Claim
    | Statement
    | Retract
    | Hold
    | Release
    | Authority
    | Vet
    | Group
    | Policy
    | Same
    | Wording
    | Evidence
    | Redaction
    | Publication
    | Settlement
)
Body = Known | Unknown

BODIES: Mapping[Kind, type[Known]] = {
    body.kind: body
    for body in (
        Opening,
        Recorder,
        Story,
        Source,
        Claim,
        Statement,
        Retract,
        Hold,
        Release,
        Authority,
        Vet,
        Group,
        Policy,
        Same,
        Wording,
        Evidence,
        Redaction,
        Publication,
        Settlement,
    )
}

_WORDS: Mapping[type[Known], str] = {body: kind.value for kind, body in BODIES.items()}

PARTS: Mapping[Kind, tuple[frozenset[Part], frozenset[Part]]] = {
    Kind.RECORDER: (frozenset({Part.NAME}), frozenset()),
    Kind.STORY: (frozenset({Part.NAME}), frozenset()),
    Kind.SOURCE: (frozenset(), frozenset({Part.NAME, Part.NOTE})),
    Kind.CLAIM: (frozenset({Part.TEXT}), frozenset({Part.NOTE})),
    Kind.WORDING: (frozenset({Part.TEXT}), frozenset({Part.NOTE})),
    Kind.EVIDENCE: (frozenset({Part.EVIDENCE}), frozenset({Part.NOTE})),
    Kind.REDACTION: (frozenset({Part.NOTE}), frozenset()),
    Kind.PUBLICATION: (frozenset(), frozenset({Part.NAME, Part.URL, Part.TEXT, Part.NOTE})),
    Kind.SETTLEMENT: (frozenset(), frozenset({Part.URL, Part.NOTE})),
    Kind.STATEMENT: (
        frozenset(),
        frozenset({Part.QUOTE, Part.NOTE, Part.URL, Part.EVIDENCE}),
    ),
}
"""For each kind the parts that it must have and those that it may have; every other kind may have a note."""


def parts_of(kind: Kind) -> tuple[frozenset[Part], frozenset[Part]]:
    """Return the parts that an entry of this kind must have, and those that it may have besides."""
    if kind is Kind.OPENING:
        return frozenset(), frozenset()
    return PARTS.get(kind, (frozenset(), frozenset({Part.NOTE})))


@dataclass(frozen=True, slots=True)
class PartRef:
    """What a leaf says of a part: the SHA-256 of its canonical bytes (hex), and who may see it."""

    sha256: str
    visibility: Visibility = Visibility.PUBLIC


@dataclass(frozen=True, slots=True)
class Document:
    """The value of an ``evidence`` part. ``sha256`` (hex) and ``size`` (bytes) are those of the kept file."""

    url: str | None = None
    archived_url: str | None = None
    sha256: str | None = None
    size: int | None = None
    media_type: str | None = None

    @property
    def address(self) -> str | None:
        """Where it is found: its address, else that of the archived copy, else ``sha256:`` and the hash of the file."""
        return self.url or self.archived_url or (None if self.sha256 is None else f"sha256:{self.sha256}")


@dataclass(frozen=True, slots=True)
class Content:
    """One part as it is stored beside the leaf: 32 bytes of salt in hex, and the value."""

    salt: str
    value: str | Document


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. ``recorder`` is None in the opening alone; a recorder's own entry names itself."""

    index: int
    recorded: datetime
    recorder: int | None
    body: Body
    parts: Mapping[Part, PartRef] = field(default_factory=dict)
    key: str | None = None

    @property
    def word(self) -> str:
        """The name of its kind, known or not."""
        return self.body.word if isinstance(self.body, Unknown) else _WORDS[type(self.body)]

    @property
    def said_or_recorded(self) -> datetime:
        """The effective time of R7."""
        if isinstance(self.body, Statement) and self.body.said is not None:
            return self.body.said.at
        return self.recorded


_NUMBERS = frozenset({"version", "quorum", "size"})


@cache
def _reference_fields(kind: Kind) -> tuple[tuple[str, str], ...]:
    """The fields that hold an index, each with its role."""
    hinted = {each.name: str(each.type) for each in fields(BODIES[kind])}
    named = [name for name, hint in hinted.items() if hint in ("int", "int | None") and name not in _NUMBERS]
    return tuple((name, f"{kind}.{name}") for name in named)


def references(body: Body) -> Iterator[tuple[str, int]]:
    """Yield every index that a body refers to, with its role (``statement.claim``, ``statement.speaker``, …).

    A role is the kind and the field. The chain of a statement gives the roles ``speaker`` and ``via``, and a claim that
    a statement points away from stands under ``from`` too. A redaction gives a role for its part as well, and each of
    the claims of a publication or a settlement has the role ``claims``. An index stands at most once under each role.
    An unknown body has none, since nobody can tell its numbers from its indexes.
    """
    if isinstance(body, Unknown):
        return
    for name, role in _reference_fields(body.kind):
        index = getattr(body, name)
        if index is not None:
            yield role, index
    if isinstance(body, Redaction):
        yield f"redaction.{body.part}", body.target
    if isinstance(body, Publication | Settlement):
        for index in dict.fromkeys(body.claims):
            yield f"{body.kind}.claims", index
    if isinstance(body, Statement):
        if body.to is not None:
            yield "statement.from", body.claim
        yield "statement.speaker", body.speaker
        for index in dict.fromkeys(body.via):
            yield "statement.via", index
