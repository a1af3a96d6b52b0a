"""What the ledger answers, as values: each shows itself to a script with ``as_json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ledger.errors import Problem
from ledger.resolver import Edge
from ledger.times import Moment, format_utc
from ledger.vocabulary import Access, Bucket, Concern, Part, Role, SourceKind, Standing, State, Status


@dataclass(frozen=True, slots=True)
class AsOf:
    """A moment on either clock, or both (R7). ``known`` is a size, ``said`` a time in UTC; None is now."""

    known: int | None = None
    said: datetime | None = None


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_utc(value)
    if isinstance(value, Moment):
        return {"at": format_utc(value.at), "precision": value.precision.value}
    if isinstance(value, Standing):
        return value.word
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [_json(each) for each in value]
    if isinstance(value, Mapping):
        return {name: _json(each) for name, each in value.items()}
    return value.as_json() if hasattr(value, "as_json") else value


class View:
    """A value that a script can read: its fields by name, times in UTC, indexes as numbers."""

    __slots__ = ()

    def as_json(self) -> dict[str, Any]:
        """The fields, an underscore at the end of a name left off."""
        names = [name for name in self.__dataclass_fields__ if not name.startswith("_")]  # type: ignore[attr-defined]
        return {name.rstrip("_"): _json(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True)
class BoardRow(View):
    """One claim on the board.

    ``for_`` and ``against`` name the voices that count, ``dissent`` those opposed to the outcome, counted or not.
    ``since`` is when the state began, on the said clock. ``entries`` are the statements that counted.
    """

    claim: int
    text: str
    story: str
    state: State
    accepted: bool
    held: bool
    computed: State
    row: int
    successor: int | None
    successor_text: str | None
    successor_state: State | None
    first_said: datetime | None
    first_source: str | None
    since: datetime | None
    because: str
    for_: tuple[str, ...]
    against: tuple[str, ...]
    dissent: tuple[str, ...]
    entries: tuple[int, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhyLine(View):
    """One statement on a claim: who said what, when on both clocks, and what became of it."""

    index: int
    bucket: Bucket
    standing: Standing
    status: Status
    on: int
    to: int | None
    source: str
    root: str
    via: tuple[str, ...]
    said: Moment | None
    recorded: datetime
    why: str | None
    quote: str | None
    note: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class WordingLine(View):
    """A further text of a claim; ``lang`` is None for a new text in the desk's own language."""

    index: int
    lang: str | None
    text: str


@dataclass(frozen=True, slots=True)
class EdgeView(View):
    """Where the claim's corrections or successions lead, and why they do not hold if they do not."""

    status: Status
    to: int
    to_text: str
    holds: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Why(View):
    """All that the state of one claim rests on."""

    row: BoardRow
    statements: tuple[WhyLine, ...]
    edge: EdgeView | None
    path: tuple[int, ...]
    first_target: int | None
    targets: tuple[int, ...]
    wordings: tuple[WordingLine, ...]
    folded_from: int | None = None
    asked: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryLine(View):
    """A claim's state changed: when on the chosen clock, by which entry, from what to what."""

    claim: int
    text: str
    story: str
    at: datetime
    index: int
    others: tuple[int, ...]
    before: State | None
    state: State | None
    held: bool
    successor: int | None
    because: str


@dataclass(frozen=True, slots=True)
class LogLine(View):
    """One entry in plain words; ``live`` is False once the desk has retracted it."""

    index: int
    kind: str
    recorded: datetime
    recorder: str | None
    summary: str
    live: bool


@dataclass(frozen=True, slots=True)
class Difference(View):
    """A claim whose state differs between two moments; None where a board does not list it."""

    claim: int
    text: str
    story: str
    before: State | None
    after: State | None
    because: str


@dataclass(frozen=True, slots=True)
class TodoRow(View):
    """A claim that a shift must look at: the most urgent concern and since when, then the others."""

    claim: int
    text: str
    story: str
    state: State
    held: bool
    concern: Concern
    since: datetime | None
    also: tuple[Concern, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Changed(View):
    """A claim that changed as this desk recorded it: its states from the first to the one now, and by which entries.

    A state is None where the board does not list the claim.
    """

    claim: int
    text: str
    story: str
    states: tuple[State | None, ...]
    held: bool
    successor: int | None
    because: str
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Recorded(View):
    """How many entries a recorder took down."""

    recorder: str
    entries: int


@dataclass(frozen=True, slots=True)
class Since(View):
    """What came after the first ``size`` entries; ``at`` is the moment that was asked for, if it was one."""

    size: int
    now: int
    at: datetime | None
    changed: tuple[Changed, ...]
    new: tuple[Changed, ...]
    entries: int
    recorders: tuple[Recorded, ...]


@dataclass(frozen=True, slots=True)
class Hit(View):
    """A part in which the words stand, and the claim that it is on.

    ``marks`` are the places in the snippet, from and to; ``live`` is False once the desk has retracted the entry.
    """

    index: int
    kind: str
    part: Part
    internal: bool
    live: bool
    snippet: str
    marks: tuple[tuple[int, int], ...]
    claim: int | None
    claim_text: str | None
    state: State | None
    summary: str


@dataclass(frozen=True, slots=True)
class SourceRow(View):
    """A source: its kind by the newest record, the body it speaks for, its standing in general."""

    index: int
    name: str
    kind: SourceKind
    group: str | None
    vetted: bool
    relayer: str | None
    story: str | None


@dataclass(frozen=True, slots=True)
class StoryRow(View):
    """A story and how many claims it groups."""

    index: int
    name: str
    claims: int


@dataclass(frozen=True, slots=True)
class DocumentRow(View):
    """A document: the entry that names it and the one that it is for, which are the same in a statement.

    ``kept`` says whether its file is there, None if it is an address alone; ``live`` is False once retracted.
    """

    index: int
    about: int
    url: str | None
    archived_url: str | None
    sha256: str | None
    size: int | None
    media_type: str | None
    kept: bool | None
    internal: bool
    live: bool


@dataclass(frozen=True, slots=True)
class GrantRow(View):
    """A live grant of authority: the index of the entry, the source, the body that holds it, over what."""

    index: int
    source: str
    root: str
    scope: str
    story: str | None
    claim: int | None


@dataclass(frozen=True, slots=True)
class Receipt(View):
    """What a recording command did: the main entry, its claim, the state that followed, all it wrote.

    ``remarks`` are things the recorder should hear: times in full, new sources and claims, surprises.
    """

    index: int
    claim: int | None
    state: State | None
    wrote: tuple[int, ...]
    because: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Redacted(View):
    """What a redaction did: which parts of the entry are gone, by which entries.

    ``pending`` says why their bytes are still on the disk; it is empty if they are not.
    """

    index: int
    parts: tuple[Part, ...]
    wrote: tuple[int, ...]
    pending: str


@dataclass(frozen=True, slots=True)
class Verification(View):
    """What ``verify`` found: differences are ``findings``, what only deserves a look is a warning."""

    size: int
    findings: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class Person(View):
    """Somebody at the desk; their name is the recorder of what they record."""

    name: str
    roles: frozenset[Role]
    disabled: bool
    made: datetime


@dataclass(frozen=True, slots=True)
class SignedIn(View):
    """A session that began. ``secret`` is what the cookie says; it is kept nowhere, only its hash is."""

    person: Person
    secret: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class TokenRow(View):
    """A token for the interface: whose, what for, which of the person's roles it has, until when.

    ``id`` is the beginning of its hash, which tells it from the person's others and opens nothing.
    """

    id: str
    person: str
    label: str
    scopes: frozenset[Role]
    made: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class MadeToken(View):
    """A new token. ``secret`` is the token itself, which is shown this once."""

    token: TokenRow
    secret: str


@dataclass(frozen=True, slots=True)
class AccessRow(View):
    """One line of who signed in, who was refused, and what was done to accounts.

    ``actor`` is who did it, None for the command line or where nobody is known; ``address`` is where a sign-in came
    from.
    """

    number: int
    at: datetime
    kind: Access
    person: str
    actor: str | None
    address: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Match:
    """What a person's word for a claim or a source turned out to mean, with what they should hear about it."""

    index: int
    remarks: tuple[str, ...] = field(default=())


def edge_view(edge: Edge, text: str) -> EdgeView:
    """Show an edge with the text of the claim that it leads to."""
    return EdgeView(edge.status, edge.to, text, edge.holds, edge.reason)
