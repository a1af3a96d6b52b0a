"""What the desk's acts say: which entries live, who speaks for whom, who stands how high, which claims are one.

Every answer here holds for the whole prefix and for every moment of the said clock (R7); only statements have times.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from ledger.model import (
    Authority,
    Claim,
    Entry,
    Group,
    Known,
    Policy,
    Release,
    Retract,
    Same,
    Source,
    Statement,
    Vet,
    Wording,
)
from ledger.resolver.facts import Facts
from ledger.vocabulary import SourceKind, Standing

DESK = 2
"""The index of the desk's own source: a ledger opens with its opening, a recorder, the desk and the policy."""

_ASKED_OF_CLAIM = ("same.claim", "same.same_as", "vet.claim", "authority.claim")
_ASKED_OF_SOURCE = ("group.source", "source.amends", "vet.source")

Act = TypeVar("Act", bound=Known)


class Acts:
    """The desk's acts over ``facts``, with what was found out kept until :meth:`forget`."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._hidden: int | None = None
        self._foreseen: set[int] = set()
        self._live: dict[int, bool] = {}
        self._roots: dict[int, int] = {}
        self._members: dict[int, tuple[int, ...]] = {}
        self._folded: dict[int, int] = {}
        self._folded_under: dict[int, tuple[int, ...]] = {}
        self._grants: dict[int, tuple[tuple[int, Authority], ...]] = {}
        self._vets: dict[int, tuple[Vet, ...]] = {}
        self._vetted: dict[int, bool] = {}
        self._standings: dict[tuple[int, int], Standing] = {}

    def hide(self, index: int | None) -> None:
        """Answer as if the entry of that index were not live; with None, hide nothing."""
        self._hidden = index
        self.forget()

    def forget(self) -> None:
        """Drop what was found out, because an act was added."""
        for found in (self._live, self._roots, self._members, self._folded, self._folded_under):
            found.clear()
        for found_of_claims in (self._grants, self._vets, self._vetted, self._standings):
            found_of_claims.clear()

    def forget_live(self) -> None:
        """Drop which entries live, because a statement was retracted or restored: no act rests on a statement."""
        self._live.clear()

    def forget_members(self, root: int) -> None:
        """Drop the members of one body, because a new source was grouped under it."""
        self._members.pop(root, None)

    def foresee(self, body: Statement) -> None:
        """Tell the facts, with two questions, what joining a statement will ask them about its claims and sources."""
        claims = [c for c in (body.claim, body.to) if c is not None and c not in self._foreseen]
        sources = [source for source in body.chain if source not in self._foreseen]
        if not claims and not sources:
            return
        self._foreseen.update(claims, sources)
        self.facts.load((*claims, *sources), ())
        asked = [(role, claim) for claim in claims for role in _ASKED_OF_CLAIM]
        asked += [("authority.story", self.story(claim)) for claim in claims]
        asked += [(role, source) for source in sources for role in _ASKED_OF_SOURCE]
        self.facts.load((), asked)

    def live(self, index: int) -> bool:
        """Whether no live retraction targets the entry (R1)."""
        pending = [index]
        while pending:
            current = pending[-1]
            if current in self._live:
                pending.pop()
                continue
            retractions = self.facts.refs("retract.target", current)
            unknown = [each for each in retractions if each not in self._live]
            if unknown:
                pending += unknown
                continue
            self._live[current] = current != self._hidden and not any(self._live[each] for each in retractions)
            pending.pop()
        return self._live[index]

    def root(self, source: int) -> int:
        """The body that a source speaks for; by default the source itself (R2). One level deep."""
        if source not in self._roots:
            acts = self._newest(Group, "group.source", (source,))
            body = next(acts, None)
            opened = self.facts.entry(source).body
            assert isinstance(opened, Source), "a speaker is a source"
            group = opened.group if body is None else body.body
            self._roots[source] = source if group is None else group
        return self._roots[source]

    def members(self, root: int) -> tuple[int, ...]:
        """Every source that speaks for ``root``, itself included if it does."""
        if root not in self._members:
            candidates = {root, *self.facts.refs("source.group", root)}
            for index in self.facts.refs("group.body", root):
                candidates.add(_body(self.facts.entry(index), Group).source)
            self._members[root] = tuple(sorted(s for s in candidates if self.root(s) == root))
        return self._members[root]

    def source_kind(self, source: int) -> SourceKind:
        """The kind of a source by its newest live record."""
        amended = next(self._newest(Source, "source.amends", (source,)), None)
        return (amended or _body(self.facts.entry(source), Source)).source_kind

    def folded(self, claim: int) -> int:
        """The claim that statements on ``claim`` count under. A circle folds under its oldest claim."""
        if claim not in self._folded:
            seen = [claim]
            while (same := next(self._newest(Same, "same.claim", (seen[-1],)), None)) is not None:
                if same.same_as in seen:
                    seen.append(min(seen[seen.index(same.same_as) :]))
                    break
                seen.append(same.same_as)
            self._folded[claim] = seen[-1]
        return self._folded[claim]

    def folded_under(self, claim: int) -> tuple[int, ...]:
        """Every claim that folds under ``claim``, itself included if it does."""
        if claim not in self._folded_under:
            self._folded_under[claim] = self._find_folded_under(claim)
        return self._folded_under[claim]

    def _find_folded_under(self, claim: int) -> tuple[int, ...]:
        found, pending = {claim}, [claim]
        while pending:
            for index in self.facts.refs("same.same_as", pending.pop()):
                same = _body(self.facts.entry(index), Same)
                if same.claim not in found:
                    found.add(same.claim)
                    pending.append(same.claim)
        return tuple(sorted(each for each in found if self.folded(each) == claim))

    def story(self, claim: int) -> int:
        """The story of a claim."""
        return _body(self.facts.entry(claim), Claim).story

    def policy(self) -> Policy:
        """The policy in force: the newest live one."""
        index = self.policy_entry()
        return Policy() if index is None else _body(self.facts.entry(index), Policy)

    def policy_entry(self) -> int | None:
        """The index of the policy in force, None where no policy is live."""
        return next((each for each in reversed(self.facts.of_kind(Policy.kind.value)) if self.live(each)), None)

    def held(self, claim: int) -> int | None:
        """The index of the hold that keeps ``claim`` out of publications, None if it is not held (R8)."""
        acts = {
            index
            for each in self.folded_under(claim)
            for role in ("hold.claim", "release.claim")
            for index in self.facts.refs(role, each)
        }
        newest = next((i for i in sorted(acts, reverse=True) if self.live(i)), None)
        if newest is None or isinstance(self.facts.entry(newest).body, Release):
            return None
        return newest

    def worded(self, claim: int) -> int:
        """The entry that words ``claim``: its newest live wording in the desk's own language, else the claim's own."""
        for index in reversed(self.facts.refs("wording.claim", claim)):
            if _body(self.facts.entry(index), Wording).lang is None and self.live(index):
                return index
        return claim

    def grants(self, claim: int) -> tuple[tuple[int, Authority], ...]:
        """Every live grant over ``claim`` or its story, with its index."""
        if claim not in self._grants:
            self._grants[claim] = tuple(self._find_grants(claim))
        return self._grants[claim]

    def _find_grants(self, claim: int) -> Iterator[tuple[int, Authority]]:
        roles = [("authority.claim", each) for each in self.folded_under(claim)]
        for role, subject in (*roles, ("authority.story", self.story(claim))):
            for index in self.facts.refs(role, subject):
                if self.live(index):
                    yield index, _body(self.facts.entry(index), Authority)

    def standing(self, root: int, claim: int) -> Standing:
        """How a root counts on a claim (R3); ``claim`` is one that is not folded away.

        The narrower act wins: a grant over the claim, then a vetting on the claim, then a grant over the story, then
        a vetting in general, then the kind.
        """
        key = (root, claim)
        if key not in self._standings:
            self._standings[key] = self._find_standing(root, claim)
        return self._standings[key]

    def _find_standing(self, root: int, claim: int) -> Standing:
        if root == DESK:
            return Standing.DESK
        granted = [grant for _, grant in self.grants(claim) if self.root(grant.source) == root]
        if any(grant.claim is not None for grant in granted):
            return Standing.AUTHORITY
        vetted_here = self._vetted_on(root, claim)
        if vetted_here is False:
            return Standing.UNVETTED
        if granted:
            return Standing.AUTHORITY
        return Standing.VETTED if vetted_here or self.vetted(root) else Standing.UNVETTED

    def vetted(self, source: int) -> bool:
        """Whether a source is vetted in general: by the desk's newest word on it, else by its kind."""
        if source not in self._vetted:
            self._vetted[source] = self._find_vetted(source)
        return self._vetted[source]

    def _find_vetted(self, source: int) -> bool:
        acts = self._newest(Vet, "vet.source", (source,))
        general = next((vet.vetted for vet in acts if vet.claim is None), None)
        return self.source_kind(source).vetted if general is None else general

    def _vetted_on(self, source: int, claim: int) -> bool | None:
        """The desk's newest word on a source on one claim, None if there is none."""
        if claim not in self._vets:
            self._vets[claim] = tuple(self._newest(Vet, "vet.claim", self.folded_under(claim)))
        acts = self._vets[claim]
        return next((vet.vetted for vet in acts if vet.source == source), None)

    def carries(self, relayer: int, claim: int) -> bool:
        """Whether a relayer is a vetted outlet on this claim, which makes it carry an unvetted source (R3).

        The relayer is asked as itself, not as its body: an outlet of an agency's group can be unvetted alone.
        """
        vetted_here = self._vetted_on(relayer, claim)
        return self.vetted(relayer) if vetted_here is None else vetted_here

    def _newest(self, kind: type[Act], role: str, subjects: tuple[int, ...]) -> Iterator[Act]:
        found = set().union(*[self.facts.refs(role, subject) for subject in subjects])
        for index in sorted(found, reverse=True):
            if self.live(index):
                yield _body(self.facts.entry(index), kind)


def _body(entry: Entry, kind: type[Act]) -> Act:
    assert isinstance(entry.body, kind), f"entry {entry.index} is a {kind.__name__}"
    return entry.body


def base_of(facts: Facts, entry: Entry) -> Entry:
    """Follow a chain of retractions to the entry that it is about in the end."""
    while isinstance(entry.body, Retract):
        entry = facts.entry(entry.body.target)
    return entry
