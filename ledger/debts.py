"""What the public was told, and what of it no longer holds.

A *telling* is a publication, or a settlement of one: some claims, as of some moment. What it told of each is derived
from the entries before it, never copied. The readers of a publication know of each claim what its newest telling told.
Where that is no longer what holds, something is owed to them: a :class:`Due` says what, by which entry, and since when.

What holds is what the whole ledger gives now, also where a telling was as of an earlier time of the said clock: a
reader takes what is published for what is so. It is *wrong* where we put out something, as confirmed or as unverified,
and it is denied now; where we told it as accepted, and it is not any more (succession apart: it was so when it was
said); and where we told it as denied, and it is accepted. Any other difference of state is a *change*.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ledger.model import (
    Body,
    Claim,
    Entry,
    Hold,
    Publication,
    Redaction,
    Release,
    Retract,
    Same,
    Settlement,
    Statement,
    Wording,
)
from ledger.resolver import (
    Acts,
    Change,
    Clock,
    Facts,
    First,
    Fold,
    Verdict,
    listed,
    moved,
    neighbourhood,
    resolve,
    timeline,
)
from ledger.vocabulary import Debt, State, Visibility

_NOT_SO = frozenset({State.DENIED, State.CORRECTED})
_STILL_SO = frozenset({State.SUPERSEDED})
_WORDS_OF = ("wording.claim", "statement.claim", "statement.to")

TextOf = Callable[[int], str | None]
"""Gives the text that a claim or a wording of that index gives, None if it is not here any more."""


@dataclass(frozen=True, slots=True)
class Telling:
    """A publication or a settlement: its index, the moment that it told of on both clocks (R7), when it went out."""

    index: int
    size: int
    said: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be told of a claim as of some moment; ``state`` is None where the board does not list it.

    ``wording`` is the entry that words the claim, ``hold`` the one that holds it, if one does.
    """

    claim: int
    state: State | None
    accepted: bool
    successor: int | None
    successor_state: State | None
    hold: int | None
    wording: int

    @property
    def standing(self) -> tuple[State | None, int | None, State | None]:
        """The state, and that of the claim which took its place."""
        return self.state, self.successor, self.successor_state


@dataclass(frozen=True, slots=True)
class Heard:
    """What the readers of a publication were told last of one claim, and by which telling."""

    telling: Telling
    told: Told


Readers = Mapping[int, Mapping[int, Heard]]
"""What the readers of each publication know, by publication and claim. No later entry changes it but a telling."""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing owed: ``by`` is the entry that made what holds now, at ``since``; it is owed from ``owed`` on.

    What holds now has held since ``by`` without a break, and what was told has not held since ``owed``.
    """

    reason: Debt
    by: int
    since: datetime
    owed: datetime


@dataclass(frozen=True, slots=True)
class Owing:
    """What the readers of a publication are owed on one claim, the most urgent first."""

    publication: int
    claim: int
    telling: Telling
    told: Told
    now: Told
    dues: tuple[Due, ...]


def claims_told(facts: Facts, publication: Publication) -> list[int]:
    """The claims that a publication told of: those that it names, else those that the board listed then."""
    if publication.claims:
        return list(publication.claims)
    then = First(facts, publication.size)
    fold = Fold(then, said=publication.as_said, voices={}, tallies={})
    of_story = publication.story
    claims = then.of_kind("claim") if of_story is None else then.refs("claim.story", of_story)
    return [c for c in claims if listed(fold, c) and (publication.held or fold.acts.held(c) is None)]


def told(facts: Facts, claims: Iterable[int], said: datetime | None = None) -> dict[int, Told]:
    """What is to be told of some claims by all of ``facts``, as of ``said``."""
    claims = list(claims)
    fold = Fold(facts, said=said, voices={}, tallies={})
    for index in neighbourhood(facts, claims):
        if isinstance(facts.entry(index).body, Claim):
            fold.refold(index)
    return {claim: _told(fold, claim) for claim in claims}


def _told(fold: Fold, claim: int) -> Told:
    hold, wording = fold.acts.held(fold.acts.folded(claim)), fold.acts.worded(claim)
    if not listed(fold, fold.acts.folded(claim)):
        return Told(claim, None, False, None, None, hold, wording)
    found = resolve(fold, claim)
    return Told(claim, found.state, found.accepted, found.successor, found.successor_state, hold, wording)


def tellings(facts: Facts, index: int) -> dict[int, Telling]:
    """For each claim that a publication told of, what its readers were told last: by it, or by a live settlement."""
    body = facts.entry(index).body
    assert isinstance(body, Publication), f"entry {index} is a publication"
    first = Telling(index, body.size, body.as_said, went_out(facts.entry(index)))
    found = dict.fromkeys(claims_told(facts, body), first)
    acts = Acts(facts)
    for each in facts.refs("settlement.publication", index):
        entry = facts.entry(each)
        assert isinstance(entry.body, Settlement)
        if acts.live(each):
            telling = Telling(each, entry.body.size, None, went_out(entry))
            found |= {claim: telling for claim in (entry.body.claims or found) if claim in found}
    return found


def went_out(entry: Entry) -> datetime:
    """When a publication or a settlement went out."""
    assert isinstance(entry.body, Publication | Settlement)
    return entry.recorded if entry.body.published is None else entry.body.published.at


def debts(facts: Facts, publications: Iterable[int], text_of: TextOf, *, size: int | None = None) -> list[Owing]:
    """What is owed on some publications, by publication and claim; nothing on one that the desk has retracted.

    With ``size`` it is what holds by the first so many entries that counts; a publication may have been recorded after
    those, but none of its tellings rests on more.
    """
    return owing(facts, heard(facts, publications), text_of, size=size)


def heard(facts: Facts, publications: Iterable[int]) -> dict[int, dict[int, Heard]]:
    """What the readers of some publications know; of one that the desk has retracted, nothing."""
    acts = Acts(facts)
    live = [index for index in publications if acts.live(index)]
    neighbourhood(facts, _may_be_told(facts, live))  # is in memory now, read with few questions
    last = {index: tellings(facts, index) for index in live}
    then = _told_then(facts, last.values())
    return {
        index: {claim: Heard(telling, then[telling.size, telling.said][claim]) for claim, telling in each.items()}
        for index, each in last.items()
    }


def _may_be_told(facts: Facts, publications: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for index in publications:
        body = facts.entry(index).body
        assert isinstance(body, Publication)
        every = facts.of_kind("claim") if body.story is None else facts.refs("claim.story", body.story)
        found.update(body.claims or every)
    return found


def owing(facts: Facts, readers: Readers, text_of: TextOf, *, size: int | None = None) -> list[Owing]:
    """As :func:`debts`, where it is known what the readers were told."""
    holding = facts if size is None else First(facts, size)
    now = told(holding, {claim for each in readers.values() for claim in each})
    found = []
    for index, each in readers.items():
        for claim, known in sorted(each.items()):
            owed = _Owing(holding, Acts(holding), known.telling, known.told, now[claim], text_of)
            if dues := owed.dues():
                found.append(Owing(index, claim, known.telling, owed.told, now[claim], tuple(dues)))
    return found


_Moment = tuple[int, datetime | None]
_FEW = 2_000  # entries between two tellings that are looked through for what they moved


def _told_then(facts: Facts, last: Iterable[Mapping[int, Telling]]) -> dict[_Moment, dict[int, Told]]:
    """What was told at each moment that there is, of all the claims told of then."""
    wanted: defaultdict[_Moment, set[int]] = defaultdict(set)
    for each in last:
        for claim, telling in each.items():
            wanted[telling.size, telling.said].add(claim)
    found: dict[_Moment, dict[int, Told]] = {}
    before: _Moment | None = None
    for size, said in sorted(wanted, key=lambda moment: (moment[1] is not None, moment[0])):
        then = First(facts, size)
        known = {} if said is not None or before is None else _still(then, before[0], found[before])
        claims = wanted[size, said]
        found[size, said] = {claim: known[claim] for claim in claims if claim in known}
        found[size, said] |= told(then, claims - known.keys(), said)
        before = (size, None) if said is None else None
    return found


def _still(then: First, size: int, known: Mapping[int, Told]) -> dict[int, Told]:
    """Of what was to be told after the first ``size`` entries, that which no later one can have changed."""
    between = range(size, then.size)
    if len(between) > _FEW:
        return {}
    then.load(between, ())
    changed = moved(then, map(then.entry, between))
    if changed is None:
        return {}
    acts = Acts(then)
    under = {each for claim in changed for each in acts.folded_under(claim)}
    return {claim: told for claim, told in known.items() if claim not in under}


class _Owing:
    """One claim, as it was told and as it is now."""

    def __init__(self, facts: Facts, acts: Acts, telling: Telling, told: Told, now: Told, text_of: TextOf) -> None:
        self.facts = facts
        self.acts = acts
        self.telling = telling
        self.told = told
        self.now = now
        self._text_of = text_of

    def dues(self) -> list[Due]:
        found = [self._state(), self._held(), self._redacted(), self._reworded()]
        order = list(Debt)
        return sorted((due for due in found if due is not None), key=lambda due: order.index(due.reason))

    def _state(self) -> Due | None:
        told, now = self.told, self.now
        if told.standing == now.standing:
            return None
        fell = told.accepted and not now.accepted and now.state not in _STILL_SO
        denied = told.state not in _NOT_SO and now.state in _NOT_SO
        rose = told.state in _NOT_SO and now.accepted
        by, left = self._turns
        return self._due(Debt.WRONG if fell or denied or rose else Debt.CHANGED, by, left)

    @cached_property
    def _turns(self) -> tuple[int, int]:
        """The entry that made what holds now, and the one since which what was told has not held any more."""
        entries = (self.facts.entry(index) for index in neighbourhood(self.facts, [self.now.claim]))
        changes = list(timeline(entries, self.now.claim, clock=Clock.KNOWN))
        by = left = changes[-1].index if changes else self.telling.index
        for change in reversed(changes):
            if _standing(change) != self.now.standing:
                break
            by = change.index
        for change in reversed(changes):
            if _standing(change) == self.told.standing:
                break
            left = change.index
        return by, left

    def _held(self) -> Due | None:
        if self.now.hold is None or self.told.hold is not None:
            return None

        def held(acts: Acts) -> bool:
            return acts.held(acts.folded(self.told.claim)) is not None

        by = self._begun(held, (Hold, Release, Same, Retract), self.now.hold)
        return self._due(Debt.HELD, by, by)

    def _redacted(self) -> Due | None:
        by = [index for index in self.facts.of_kind("redaction") if index >= self.telling.size]
        if not by:
            return None
        words = self._words()
        for index in by:
            body = self.facts.entry(index).body
            assert isinstance(body, Redaction)
            public = self.facts.entry(body.target).parts[body.part].visibility is Visibility.PUBLIC
            if public and body.target in words:
                return self._due(Debt.REDACTED, index, index)
        return None

    def _words(self) -> set[int]:
        """The entries whose words were told with the claim: its own, its statements' and their sources'."""
        then = First(self.facts, self.telling.size)
        claims = Acts(then).folded_under(Acts(then).folded(self.told.claim))
        found = {*claims, *(index for each in claims for role in _WORDS_OF for index in then.refs(role, each))}
        found |= {index for each in list(found) for index in then.refs("evidence.about", each)}
        for index in list(found):
            body = then.entry(index).body
            if isinstance(body, Statement):
                found.update(body.chain, (self.acts.root(body.speaker),))
        return found

    def _reworded(self) -> Due | None:
        before, after = self.told.wording, self.now.wording
        if before == after or self._gone(before):
            return None
        told, now = self._text_of(before), self._text_of(after)
        if told == now is not None:
            return None

        def reads(acts: Acts, index: int, text: str | None) -> bool:
            worded = acts.worded(self.told.claim)
            return worded == index or self._text_of(worded) == text is not None

        acts = (Wording, Retract)
        by = self._begun(lambda then: reads(then, after, now), acts, after)
        left = self._begun(lambda then: not reads(then, before, told), acts, by)
        return self._due(Debt.REWORDED, by, left)

    def _gone(self, wording: int) -> bool:
        """Whether the text that was told was redacted, which is owed as such."""
        return bool(self.facts.refs("redaction.text", wording))

    def _begun(self, holds: Callable[[Acts], bool], acts: tuple[type[Body], ...], otherwise: int) -> int:
        """The act since which something that these acts decide holds without a break; it holds by now."""
        found = otherwise
        for index in reversed(neighbourhood(self.facts, [self.told.claim])):
            if index > self.told.claim and isinstance(self.facts.entry(index).body, acts):
                if not holds(Acts(First(self.facts, index + 1))):
                    break
                found = index
        return found

    def _due(self, reason: Debt, by: int, left: int) -> Due:
        owed = max(self.telling.at, self.facts.entry(left).recorded)
        return Due(reason, by, self.facts.entry(by).recorded, owed)


def _standing(change: Change) -> tuple[State | None, int | None, State | None]:
    verdict: Verdict | None = change.verdict
    return (None, None, None) if verdict is None else (verdict.state, verdict.successor, verdict.successor_state)
