"""What this newsroom says of each claim, as ClaimReviews.

A rating says whose word the state rests on, and never "true" or "false". It has a number only where the desk itself
ruled: 5 of 1 to 5 if it confirmed, 1 if it denied. Only public parts are told. A claim whose text is withheld is left
out; a source whose name is withheld is "a source that is not named".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ledger.book.files import write_file
from ledger.book.snapshot import Snapshot
from ledger.book.website import base_of
from ledger.disclosure import Disclosure, redactions
from ledger.errors import Problem, Rejected
from ledger.formats.claimreview import Item, Rating, Review, Who, write
from ledger.model import Entry, Statement, Wording
from ledger.resolver import DESK, Clock, Explanation, Verdict, neighbourhood, timeline
from ledger.rules import check_language
from ledger.text import flaws, shown
from ledger.times import Moment
from ledger.vocabulary import Part, SourceKind, Standing, State, Visibility

_BEST, _WORST = 5, 1
_UNNAMED = "a source that is not named"
_WORDS = {
    State.CONFIRMED: "Confirmed by",
    State.CORROBORATED: "Corroborated by",
    State.DENIED: "Denied by",
    State.CORRECTED: "Corrected by",
}
_DECIDED_BY = {0: Standing.DESK, 2: Standing.AUTHORITY, 3: Standing.AUTHORITY}
"""Whose word a state rests on, by the row of R4; in the other rows that of every vetted voice."""


@dataclass(frozen=True, slots=True)
class Newsroom:
    """Who speaks: a name, where its pages are published, and the language that its claims are worded in."""

    name: str
    url: str | None = None
    language: str | None = None

    def address(self, claim: int, part: str) -> str:
        """What a review or a claim is named by; without an address for its page, a name within the document."""
        page = self.page(claim)
        return f"#{part}-{claim}" if page is None else f"{page}#{part}"

    def page(self, claim: int) -> str | None:
        """Where the page of a claim is."""
        return None if self.url is None else f"{self.url.rstrip('/')}/claim/{claim}.html"

    @property
    def who(self) -> Who:
        """The newsroom as an author."""
        return Who(self.name, self.url, "NewsMediaOrganization")


def export_reviews(snapshot: Snapshot, path: Path, newsroom: Newsroom, *, story: int | str | None, held: bool) -> int:
    """Write the reviews to a file; return how many there are.

    Raises :class:`~ledger.errors.Misused` for an address that no page can be put behind, and
    :class:`~ledger.errors.Rejected` for a name or a language that cannot be.
    """
    if newsroom.url is not None:
        base_of(newsroom.url)
        newsroom = replace(newsroom, url=newsroom.url.strip())
    problems = [Problem("newsroom", flaw, got=shown(newsroom.name)) for flaw in flaws(Part.NAME, newsroom.name)]
    if newsroom.language is not None:
        problems += check_language("language", newsroom.language)
    if problems:
        raise Rejected("nothing was written", problems=problems, next="mend this and try again")
    count = 0

    def counted() -> Iterator[Review]:
        nonlocal count
        for review in reviews(snapshot, newsroom, story=story, held=held):
            count += 1
            yield review

    write_file(path, write(counted(), zone=snapshot.zone))
    return count


def reviews(snapshot: Snapshot, newsroom: Newsroom, *, story: int | str | None, held: bool) -> Iterator[Review]:
    """The review of every claim listed, by story; held claims only if ``held``."""
    for part, explanation, _ in snapshot.explained_by_story(story):
        if held or not explanation.verdict.held:
            review = _Telling(part, newsroom, held).review(explanation)
            if review is not None:
                yield review


class _Telling:
    """What may be told in public of one snapshot."""

    def __init__(self, snapshot: Snapshot, newsroom: Newsroom, held: bool) -> None:
        self._snapshot = snapshot
        self._newsroom = newsroom
        self._held = held
        self._fold = snapshot.fold
        self._reader = snapshot.reader
        self._disclosure = Disclosure(snapshot.fold.acts)

    def review(self, explanation: Explanation) -> Review | None:
        claim = explanation.verdict.claim
        text = self._claim(claim)
        if text is None:
            return None
        return Review(
            claim=text,
            id=self._newsroom.address(claim, "review"),
            url=self._newsroom.page(claim),
            author=self._newsroom.who,
            rating=self._rating(explanation),
            published=self._since(claim),
            language=self._newsroom.language,
            item=self._item(explanation),
        )

    def _rating(self, explanation: Explanation) -> Rating:
        verdict = explanation.verdict
        opening = _WORDS.get(verdict.state)
        if opening is None:
            return Rating(verdict.state.value.capitalize())
        words = f"{opening} {_listed(self._deciders(explanation))}"
        if verdict.row != 0:
            return Rating(words)
        return Rating(words, _BEST if verdict.ruled is State.CONFIRMED else _WORST, _BEST, _WORST)

    def _deciders(self, explanation: Explanation) -> list[str]:
        """The names of those whose word the state rests on, each once."""
        verdict = explanation.verdict
        sign = 1 if verdict.ruled in (State.CONFIRMED, State.CORROBORATED) else -1
        lowest = _DECIDED_BY.get(verdict.row, Standing.VETTED)
        roots = [view.root for view in explanation.counted(sign) if view.standing >= lowest]
        if verdict.row != 0:
            roots = [root for root in roots if root != DESK]
        names = dict.fromkeys(self._name(root) for root in roots)
        known = [name for name in names if name is not None]
        return known + ([_UNNAMED] if None in names else [])

    def _name(self, source: int) -> str | None:
        return self._newsroom.name if source == DESK else self._text(source, Part.NAME)

    def _since(self, claim: int) -> Moment | None:
        """When this desk's record came to the state that it has: the newest change, on the known clock."""
        entries = (self._reader.entry(index) for index in neighbourhood(self._reader, [claim]))
        changes = timeline(entries, claim, clock=Clock.KNOWN, said=self._snapshot.as_of.said)
        return Moment(changes[-1].at) if changes else None

    def _item(self, explanation: Explanation) -> Item:
        verdict = explanation.verdict
        spoken = sorted(self._for(explanation), key=lambda entry: (entry.said_or_recorded, entry.index))
        addresses = [url for entry in spoken if (url := self._text(entry.index, Part.URL)) is not None]
        first = spoken[0] if spoken else None
        return Item(
            id=self._newsroom.address(verdict.claim, "claim"),
            author=None if first is None else self._speaker(first),
            appearance=tuple(dict.fromkeys(addresses)),
            first_appearance=None if first is None else self._text(first.index, Part.URL),
            published=None if first is None else self._fold.statement(first.index).said,
            correction=self._correction(verdict),
        )

    def _for(self, explanation: Explanation) -> Iterator[Entry]:
        """The live statements that say that the claim is so."""
        claim, acts = explanation.verdict.claim, self._fold.acts
        for placed in explanation.placed:
            entry, body = self._reader.entry(placed.index), self._fold.statement(placed.index)
            says_so = body.status.sign > 0 and acts.folded(body.claim) == claim
            points_here = body.to is not None and (body.status.sign_on_to or 0) > 0 and acts.folded(body.to) == claim
            if (says_so or points_here) and acts.live(entry.index) and self._fold.admits(entry):
                yield entry

    def _speaker(self, entry: Entry) -> Who | None:
        assert isinstance(entry.body, Statement)
        speaker = entry.body.speaker
        if speaker == DESK:
            return self._newsroom.who
        name, kind = self._text(speaker, Part.NAME), self._fold.acts.source_kind(speaker)
        usual = "Organization" if kind is SourceKind.PARTY else "Person"
        return None if name is None else Who(name, None, kind.standards.get("schema", usual))

    def _correction(self, verdict: Verdict) -> str | None:
        if verdict.state is not State.CORRECTED or verdict.successor is None:
            return None
        return self._claim(verdict.successor)

    def _claim(self, claim: int) -> str | None:
        """The text of a claim as :meth:`ledger.book.tell.Texts.claim` finds it, if it is public."""
        for index in reversed(self._reader.refs("wording.claim", claim)):
            body = self._reader.entry(index).body
            if isinstance(body, Wording) and body.lang is None and self._fold.acts.live(index):
                return self._text(index, Part.TEXT)
        return self._text(claim, Part.TEXT)

    def _text(self, index: int, part: Part) -> str | None:
        entry = self._reader.entry(index)
        ref = entry.parts.get(part)
        if ref is None or ref.visibility is Visibility.INTERNAL:
            return None
        hidden = redactions(self._reader, entry) if self._held else self._disclosure.withheld(entry)
        return None if part in hidden else self._snapshot.texts.text(index, part)


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
