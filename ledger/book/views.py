"""What the ledger answers, as values: each shows itself to a script with ``as_json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ledger.errors import Problem
from ledger.resolver import Edge
from ledger.times import Moment, format_utc
from ledger.vocabulary import Bucket, Concern, Part, SourceKind, Standing, State, Status


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
class Match:
    """What a person's word for a claim or a source turned out to mean, with what they should hear about it."""

    index: int
    remarks: tuple[str, ...] = field(default=())


def edge_view(edge: Edge, text: str) -> EdgeView:
    """Show an edge with the text of the claim that it leads to."""
    return EdgeView(edge.status, edge.to, text, edge.holds, edge.reason)


@dataclass(frozen=True, slots=True)
class Rate(View):
    """``count`` of ``of`` trials, and between which rates the true one plausibly is.

    ``low`` and ``high`` are None without a trial, and where nothing that can tell them is installed.
    """

    count: int
    of: int
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class RecordRow(View):
    """What became of what one source said, or with ``whole`` a body and all who speak for it (``members``).

    ``relayer`` and ``story`` tell unnamed sources and witnesses of one name apart. The counts are those of
    ``ledger.record``. A rate is of claims: ``denied`` of those that the source said are so, ``overruled`` of those that
    it said are not so, ``corrected`` and ``withdrawn`` of those on which it took a side, ``relayed_denied`` and
    ``relayed_pulled`` of those that it passed on. ``wait`` is the median time to its own correction, in seconds.
    ``mistakes`` are the desk's own, and in no other count.
    """

    source: int
    name: str
    kind: SourceKind
    whole: bool
    body: str | None
    members: tuple[str, ...]
    relayer: str | None
    story: str | None
    statements: int
    undated: int
    claims: int
    denied: Rate
    overruled: Rate
    corrected: Rate
    withdrawn: Rate
    wait: int | None
    relayed: int
    relayed_denied: Rate
    relayed_pulled: Rate
    mistakes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ScoreRow(View):
    """How one rule fared: on how many of the decided claims it answered and was right, and of its yes and its no."""

    rule: str
    answered: Rate
    accepted: Rate
    denied: Rate
    right: Rate
    abstained: int


@dataclass(frozen=True, slots=True)
class StateCount(View):
    """Of the claims of one state, how many turned out true, and how many false."""

    true: int
    false: int


@dataclass(frozen=True, slots=True)
class Scorecard(View):
    """The resolver and the naive rules on one sheet.

    ``true`` and ``false`` are how many claims turned out so, ``undecided`` how many claims each other word of the gold
    column leaves out. ``states`` is what the resolver made of the decided claims; ``silent`` are those on
    which no row takes a side.
    """

    policy: str
    quorum: int
    rows: int
    claims: int
    true: int
    false: int
    undecided: Mapping[str, int]
    states: Mapping[str, StateCount]
    scores: tuple[ScoreRow, ...]
