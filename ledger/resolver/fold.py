"""The fold: entries in, registers out, one step at a time.

A :class:`Fold` keeps one :class:`Voice` per claim and root and one :class:`Tally` per claim. A statement is joined on
in constant time. An act that changes who speaks for whom, or how high somebody stands, derives the registers of the
claims that it reaches again; so does a retraction, for the root whose word it takes away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from datetime import datetime

from ledger.errors import Unresolvable
from ledger.model import Authority, Body, Entry, Group, Retract, Same, Source, Statement, Unknown, Vet
from ledger.resolver.acts import Acts, base_of
from ledger.resolver.facts import Facts, Memory
from ledger.resolver.voice import NO_TALLY, Pointer, Tally, Voice, contribution, join_all
from ledger.vocabulary import Status

Voices = MutableMapping[tuple[int, int], Voice]
Tallies = MutableMapping[int, Tally]
_NOWHERE: frozenset[Pointer] = frozenset()
_UNCARRIED: frozenset[int] = frozenset()


class Fold:
    """The registers of a prefix. A register that says nothing is not kept: no voice, no tally of zeros.

    Without ``facts`` the fold keeps the entries that it is given itself; with them, every entry must be among the
    facts before its step. ``said`` is T of R7: statements of a later effective time stay outside.
    """

    def __init__(
        self,
        facts: Facts | None = None,
        *,
        voices: Voices | None = None,
        tallies: Tallies | None = None,
        said: datetime | None = None,
    ) -> None:
        self._memory = Memory() if facts is None else None
        self.facts: Facts = facts if facts is not None else self._memory or Memory()
        self.acts = Acts(self.facts)
        self.voices: Voices = {} if voices is None else voices
        self.tallies: Tallies = {} if tallies is None else tallies
        self.said = said

    def step(self, entry: Entry) -> frozenset[int]:
        """Take one more entry; return the claims whose registers it touched.

        Raises :class:`Unresolvable` for a kind of entry that this version does not know.
        """
        if self._memory is not None:
            self._memory.add(entry)
        body = entry.body
        if isinstance(body, Unknown):
            raise unresolvable(entry.index, body.word)
        if isinstance(body, Statement):
            return self.join(entry)
        if isinstance(body, Source) and body.group is not None:
            self.acts.forget_members(body.group)
        if isinstance(body, Authority | Vet | Group | Same | Retract) or (
            isinstance(body, Source) and body.amends is not None
        ):
            return self._act(entry)
        return frozenset()

    def join(self, entry: Entry) -> frozenset[int]:
        """Join one live statement onto the voices that it speaks in; return the claims that it names."""
        body = entry.body
        assert isinstance(body, Statement)
        if not self.admits(entry):
            return frozenset()
        self.acts.foresee(body)
        claims = self.claims_named(body)
        root = self.acts.root(body.speaker)
        for claim in claims:
            before = self.voices.get((claim, root))
            added = self.lift(entry, claim)
            self._set(claim, root, before, added if before is None else before.join(added))
        return claims

    def admits(self, entry: Entry) -> bool:
        """Whether a statement was said by T."""
        return self.said is None or entry.said_or_recorded <= self.said

    def claims_named(self, body: Statement) -> frozenset[int]:
        """The claims that a statement names, as they are folded."""
        folded = self.acts.folded(body.claim)
        return frozenset((folded,) if body.to is None else (folded, self.acts.folded(body.to)))

    def lift(self, entry: Entry, claim: int) -> Voice:
        """Return what one statement adds to the voice of its root on ``claim`` (R0, R2, R3)."""
        body = entry.body
        assert isinstance(body, Statement)
        signs, pointers = set(), _NOWHERE
        if self.acts.folded(body.claim) == claim:
            signs.add(body.status.sign)
            if body.to is not None:
                pointers = frozenset([(body.status, body.to)])
        if body.to is not None and self.acts.folded(body.to) == claim:
            assert body.status.sign_on_to is not None
            signs.add(body.status.sign_on_to)
        carried = any(self.acts.carries(relayer, claim) for relayer in body.via)
        return Voice(
            said=None if body.said is None else body.said.at,
            signs=frozenset(signs),
            declined=body.status is Status.UNCONFIRMED,
            pointers=pointers,
            carried=frozenset(signs - {0}) if carried else _UNCARRIED,
            spoke_for=1 in signs,
        )

    def statements(self, claim: int) -> list[int]:
        """The indexes of every statement that names ``claim`` or one folded under it, retracted and later ones too."""
        return sorted(
            {
                index
                for each in self.acts.folded_under(claim)
                for role in ("statement.claim", "statement.to")
                for index in self.facts.refs(role, each)
            }
        )

    def roots(self, claim: int) -> set[int]:
        """The roots of every statement that names ``claim``, whether it speaks or not."""
        return {self.acts.root(self.statement(index).speaker) for index in self.statements(claim)}

    def refold(self, claim: int) -> None:
        """Derive the registers of one claim again from its statements, whatever they held."""
        self._refold(claim, {root for root in self.roots(claim) if (claim, root) in self.voices})

    def _refold(self, claim: int, stale: set[int]) -> None:
        for root in stale:
            self.voices.pop((claim, root), None)
        if self.acts.folded(claim) != claim:
            self._keep(claim, NO_TALLY)
            return
        by_root: dict[int, list[Voice]] = {}
        for index in self.statements(claim):
            entry = self.facts.entry(index)
            if self.acts.live(index) and self.admits(entry):
                root = self.acts.root(self.statement(index).speaker)
                by_root.setdefault(root, []).append(self.lift(entry, claim))
        tally = NO_TALLY
        for root, lifted in by_root.items():
            voice = join_all(lifted)
            assert voice is not None
            self.voices[claim, root] = voice
            tally += contribution(voice, self.acts.standing(root, claim))
        self._keep(claim, tally)

    def _act(self, entry: Entry) -> frozenset[int]:
        base = base_of(self.facts, entry)
        if isinstance(entry.body, Retract) and isinstance(base.body, Statement):
            self.acts.forget_live()
            return self._rejoin(base)
        self.acts.hide(entry.index)
        before = {claim: self.roots(claim) for claim in self._reach(base.body)}
        self.acts.hide(None)
        touched = self._reach(base.body) | before.keys()
        for claim in sorted(touched):
            self._refold(claim, before.get(claim, set()) | self.roots(claim))
        return frozenset(touched)

    def _rejoin(self, base: Entry) -> frozenset[int]:
        """Derive the voices that a retracted (or restored) statement speaks in from what is live now."""
        body = base.body
        assert isinstance(body, Statement)
        if not self.admits(base):
            return frozenset()
        claims = self.claims_named(body)
        root = self.acts.root(body.speaker)
        for claim in claims:
            lifted = (self.lift(each, claim) for each in self._words(claim, root))
            self._set(claim, root, self.voices.get((claim, root)), join_all(lifted))
        return claims

    def _words(self, claim: int, root: int) -> Iterator[Entry]:
        """The live statements of one root that name ``claim``, by T."""
        members = frozenset(self.acts.members(root))
        for index in self.statements(claim):
            entry = self.facts.entry(index)
            if self.statement(index).speaker in members and self.acts.live(index) and self.admits(entry):
                yield entry

    def _set(self, claim: int, root: int, before: Voice | None, after: Voice | None) -> None:
        standing = self.acts.standing(root, claim)
        if after is None:
            self.voices.pop((claim, root), None)
        else:
            self.voices[claim, root] = after
        was, now = contribution(before, standing), contribution(after, standing)
        if was is not now:
            tally = self.tallies.get(claim, NO_TALLY)
            self._keep(claim, (tally if was is NO_TALLY else tally - was) + now)

    def _keep(self, claim: int, tally: Tally) -> None:
        if tally == NO_TALLY:
            self.tallies.pop(claim, None)
        else:
            self.tallies[claim] = tally

    def _reach(self, body: Body) -> set[int]:
        """The claims whose registers an act may change: those that its sources speak or relay on."""
        acts = self.acts
        match body:
            case Authority(claim=int(claim)) | Vet(claim=int(claim)):
                return {acts.folded(claim)}
            case Authority(source=source, story=story):
                return {c for c in self._spoken_on(acts.root(source)) if acts.story(c) == story}
            case Vet(source=source) | Source(amends=int(source)):
                return self._spoken_on(source)
            case Group(source=source):
                return self._spoken_on(acts.root(source)) | self._spoken_on(source)
            case Same(claim=claim, same_as=same_as):
                return {acts.folded(claim), acts.folded(same_as), claim}
            case _:
                return set()

    def _spoken_on(self, root: int) -> set[int]:
        return {
            claim
            for member in (*self.acts.members(root), root)
            for role in ("statement.speaker", "statement.via")
            for index in self.facts.refs(role, member)
            for claim in self.claims_named(self.statement(index))
        }

    def statement(self, index: int) -> Statement:
        """The body of a statement."""
        body = self.facts.entry(index).body
        assert isinstance(body, Statement), f"entry {index} is a statement"
        return body


def unresolvable(index: int, word: str) -> Unresolvable:
    """Say that an entry of an unknown kind is in the way; it is kept and shown, and never resolved past."""
    return Unresolvable(
        f"entry {index}: kind {word!r} is not known to this version",
        next="install a newer version of retraction-ledger; `claims log` shows the entries",
    )


def replay(entries: Iterable[Entry], *, said: datetime | None = None) -> Fold:
    """Fold entries from nothing, in memory: the reference that every other way is held against."""
    fold = Fold(said=said)
    for entry in entries:
        fold.step(entry)
    return fold
