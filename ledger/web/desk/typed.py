"""A statement as somebody typed it: what of it is a mistake, what is a question, and what it comes to.

Every field is looked at, so that all mistakes and all questions are shown at once, each at its field. A question is
answered in the form that asks it: which of several claims or sources is meant, or of what kind a new source is. An
answer holds for the words that were asked about; where those have changed, it is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from ledger.book import Ledger, Meant, Word
from ledger.book.lookup import as_index
from ledger.errors import Candidate, LedgerError
from ledger.model import Document
from ledger.text import flaws, slug_flaws
from ledger.times import Moment
from ledger.vocabulary import Part, Precision, Reason, SourceKind, Status

NEW = "new"
RELAYERS, MOST_RELAYERS = 2, 8
"""How many fields for relayers the form begins with, and how many it can have; the command line takes more."""

_WHERE = {Part.QUOTE: "quote", Part.NOTE: "note", Part.URL: "url"}
KINDS = tuple(kind for kind in SourceKind if kind is not SourceKind.DESK)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question at a field: which of these is meant, or with ``kind``, of what kind the new one is."""

    candidates: tuple[Candidate, ...] = ()
    kind: bool = False


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields of the form by name, as they were sent; ``document`` is the file or address that goes with it."""

    values: Mapping[str, str] = field(default_factory=dict)
    document: Document | None = None

    def __call__(self, name: str) -> str:
        """What was typed into a field."""
        return self.values.get(name, "").strip()

    def picked(self, name: str) -> str:
        """Which one is meant at a field: the answer, if it was asked about what stands there now."""
        return self(f"{name}_pick") if self(f"{name}_asked") == self(name) else ""

    def kind(self, name: str) -> SourceKind | None:
        """Of what kind the new source at a field is, if that was asked about what stands there now."""
        given = self(f"{name}_kind") if self(f"{name}_asked") == self(name) else ""
        return next((kind for kind in KINDS if kind == given), None)

    @property
    def chain(self) -> list[str]:
        """The names of the fields for relayers: as many as were there, and one more if that was asked for."""
        there = [number for number in range(1, MOST_RELAYERS + 1) if f"via{number}" in self.values]
        last = max([RELAYERS, *there]) + (self("do") == "longer")
        return [f"via{number}" for number in range(1, min(last, MOST_RELAYERS) + 1)]

    def relayers(self) -> list[str]:
        """The names of the fields of relayers that are filled."""
        return [name for name in self.chain if self(name)]


@dataclass(slots=True)
class Understood:
    """What a form comes to. ``word`` is None while there are mistakes or questions."""

    problems: dict[str, list[str]] = field(default_factory=dict)
    asks: dict[str, Ask] = field(default_factory=dict)
    new: dict[str, str] = field(default_factory=dict)
    word: Word | None = None

    def of_what_is_there(self, typed: Typed) -> None:
        """Leave the mistakes out that are only that something is still missing."""
        kept = {name: why for name, why in self.problems.items() if typed(name) or name in ("form", "file", "story")}
        self.problems = kept

    def wrong(self, where: str, why: str) -> None:
        """Note a mistake at a field."""
        self.problems.setdefault(where, []).append(why)


def understand(desk: Ledger, typed: Typed) -> Understood:
    """Read what was typed. Nothing is written, and nothing raised but where the ledger cannot be read."""
    found = Understood()
    status = _chosen(Status, typed("status"))
    if status is None:
        found.wrong("status", "choose what the source did")
    claim = _claim(desk, typed, "claim", found)
    to = _claim(desk, typed, "to", found) if status is not None and status.points else None
    via = [_source(desk, typed, name, found) for name in typed.relayers()]
    by = _source(desk, typed, "by", found)
    said = _said(desk, typed, found)
    if status is Status.WITHDRAWN and not typed("said"):
        found.wrong("said", "say when it was withdrawn")
    for part, where in _WHERE.items():
        if typed(where):
            for flaw in flaws(part, typed(where)):
                found.wrong(where, flaw)
    story = _story(typed, found)
    if found.problems or found.asks or status is None:
        return found
    kinds = [kind for name in typed.relayers() if name in found.new and (kind := typed.kind(name)) is not None]
    found.word = Word(
        claim,
        status,
        by,
        via,
        said,
        to=to,
        why=_chosen(Reason, typed("why")),
        story=story,
        by_kind=typed.kind("by") if "by" in found.new else None,
        by_group=(typed("by_group") or None) if "by" in found.new else None,
        via_kinds=kinds,
        parts={part: typed(where) or None for part, where in _WHERE.items()} | {Part.EVIDENCE: typed.document},
        internal=_internal(typed),
        new=NEW in (typed.picked("claim"), typed.picked("to")),
    )
    return found


def _claim(desk: Ledger, typed: Typed, name: str, found: Understood) -> int | str:
    given = typed(name)
    if not given:
        found.wrong(name, "say what is claimed" if name == "claim" else "say which claim takes its place")
        return ""
    if as_index(given) is None and (wrong := flaws(Part.TEXT, given)):
        for flaw in wrong:
            found.wrong(name, flaw)
        return given
    picked = typed.picked(name)
    if (index := as_index(picked)) is not None:
        return index
    try:
        meant = desk.meant_claim(given, typed("story") or None)
    except LedgerError as error:
        found.wrong(name, error.message)
        return given
    if meant.index is not None:
        return meant.index
    if meant.candidates and picked != NEW:
        found.asks[name] = Ask(meant.candidates)
    elif not typed("story"):
        found.wrong("story", "a new claim belongs to a story: give its slug")
    else:
        found.new[name] = given
    return given


def _source(desk: Ledger, typed: Typed, name: str, found: Understood) -> int | str:
    given = typed(name)
    if not given:
        found.wrong(name, "say who says so")
        return ""
    if as_index(given) is None and (wrong := flaws(Part.NAME, given)):
        for flaw in wrong:
            found.wrong(name, flaw)
        return given
    picked = typed.picked(name)
    if (index := as_index(picked)) is not None:
        return index
    meant: Meant = desk.meant_source(given)
    if meant.index is None:
        found.new[name] = given
        if typed.kind(name) is None:
            found.asks[name] = Ask(meant.candidates, kind=True)
    return given


def _said(desk: Ledger, typed: Typed, found: Understood) -> Moment | None:
    if not typed("said"):
        return None
    try:
        said = desk.read_time(typed("said"))
        if typed("said").casefold() == "now":  # two who write it in the same minute mean the same moment
            said = Moment(said.at.replace(second=0, microsecond=0), Precision.MINUTE)
        return said
    except LedgerError as error:
        found.wrong("said", f"{error.message.removeprefix('time: ')}; {error.next}")
        return None


def _story(typed: Typed, found: Understood) -> str | None:
    given = typed("story")
    if given and as_index(given) is None:
        for flaw in [*flaws(Part.NAME, given), *slug_flaws(given)]:
            found.wrong("story", flaw)
    return given or None


def _internal(typed: Typed) -> Sequence[Part]:
    return (Part.QUOTE, Part.NOTE, Part.URL, Part.EVIDENCE) if typed("internal") else ()


W = TypeVar("W", bound=StrEnum)


def _chosen(words: type[W], given: str) -> W | None:
    return next((word for word in words if word.value == given), None)
