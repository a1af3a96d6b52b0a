"""A slow and plain reading of the rules R0 to R8, for the tests to compare the resolver with.

Written from the text of the rules alone, rule by rule: every question is answered by looking through the whole
list of entries again. Where the text leaves a choice, the reading that was taken is marked ``Reading:``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ledger.model import (
    Authority,
    Claim,
    Entry,
    Group,
    Hold,
    Policy,
    Release,
    Retract,
    Same,
    Source,
    Statement,
    Vet,
)
from ledger.vocabulary import Bucket, SourceKind, State, Status


@dataclass(frozen=True)
class OracleVoice:
    """What one root says on one claim (R2), and how it counts there (R3)."""

    root: int
    standing: int
    sign: int
    mixed: bool
    said: datetime | None
    speaking: tuple[int, ...]
    carriers: tuple[int, ...]


@dataclass(frozen=True)
class Ruling:
    """What one row of R4 says."""

    state: State
    row: int
    accepted: bool


@dataclass(frozen=True)
class Answer:
    """All that the rules say of one claim."""

    claim: int
    ruled: Ruling
    computed: Ruling
    state: State
    accepted: bool
    held: bool
    edge: tuple[Status, int, bool] | None
    targets: tuple[int, ...]
    path: tuple[int, ...]
    successor_state: State | None
    buckets: dict[int, Bucket]
    voices: dict[int, OracleVoice]

    @property
    def successor(self) -> int | None:
        return self.path[-1] if self.path else None

    @property
    def first_target(self) -> int | None:
        return self.path[0] if self.path else None


def grounded(entries: Iterable[Entry]) -> set[int]:
    """R1: the grounded extension of the graph in which a retraction attacks its target."""
    attackers: dict[int, set[int]] = {entry.index: set() for entry in entries}
    for entry in entries:
        if isinstance(entry.body, Retract):
            attackers[entry.body.target].add(entry.index)
    accepted: set[int] = set()
    while True:
        defended = {index for index, foes in attackers.items() if all(attackers[foe] & accepted for foe in foes)}
        if defended == accepted:
            return accepted
        accepted = defended


def rows(
    *,
    authority_for: int,
    authority_against: int,
    p: int,
    n: int,
    pc: int,
    nc: int,
    q: int,
    anyone: bool,
    all_gone: bool,
) -> Ruling:
    """R4, rows 1 to 8: the first row that matches."""
    if authority_for and authority_against:
        return Ruling(State.DISPUTED, 1, False)
    if authority_for:
        if n >= q:
            return Ruling(State.DISPUTED, 2, False)
        return Ruling(State.CONFIRMED, 2, True)
    if authority_against:
        if p >= q:
            return Ruling(State.DISPUTED, 3, False)
        return Ruling(State.DENIED, 3, False)
    if (p > 0 and n > 0) or (0 < p < q and nc > 0) or (0 < n < q and pc > 0):
        return Ruling(State.DISPUTED, 4, False)
    if p >= q:
        return Ruling(State.CORROBORATED, 5, True)
    if n > 0:
        return Ruling(State.DENIED, 6, False)
    if anyone:
        return Ruling(State.UNVERIFIED, 7, False)
    return Ruling(State.RETRACTED if all_gone else State.UNVERIFIED, 8, False)


class Reading:
    """The rules, read over one prefix of the ledger and, if ``said`` is given, as of that moment (R7)."""

    def __init__(self, entries: Iterable[Entry], said: datetime | None = None) -> None:
        self.entries = sorted(entries, key=lambda entry: entry.index)
        self.by_index = {entry.index: entry for entry in self.entries}
        self.said = said
        self.live = grounded(self.entries)
        self._live_bodies: dict[type, list] = {}
        for entry in self.entries:
            if entry.index in self.live:
                self._live_bodies.setdefault(type(entry.body), []).append(entry.body)
        self._roots: dict[int, int] = {}
        self._standings: dict[tuple[int, int], int] = {}
        self._voices: dict[int, dict[int, OracleVoice]] = {}

    def _newest(self, kind: type, **wanted: object) -> object | None:
        """The newest live entry of a kind whose fields are as wanted."""
        for body in reversed(self._live_bodies.get(kind, [])):
            if all(getattr(body, name) == value for name, value in wanted.items()):
                return body
        return None

    # --- sources, groups, claims ---------------------------------------------------------------------------------

    def source_kind(self, source: int) -> SourceKind:
        """Source records: the newest live one holds (R2)."""
        amended = self._newest(Source, amends=source)
        record = amended or self.by_index[source].body
        return record.source_kind

    def body_of(self, source: int) -> int:
        """The group of a source, by default the source itself; one level deep (R2).

        Reading: an amended record renews the kind alone; the group is that of the newest live ``group`` entry, else
        that of the source's first record.
        """
        if source not in self._roots:
            grouped = self._newest(Group, source=source)
            body = grouped.body if grouped else self.by_index[source].body.group
            self._roots[source] = source if body is None else body
        return self._roots[source]

    def folded(self, claim: int) -> int:
        """``same`` C D: statements on both fold under D; the newest live one holds, and D may be folded in turn.

        Reading: a circle, which only retractions of retractions can make, folds under its oldest claim.
        """
        walk = [claim]
        while same := self._newest(Same, claim=walk[-1]):
            if same.same_as in walk:
                return min(walk[walk.index(same.same_as) :])
            walk.append(same.same_as)
        return walk[-1]

    @cached_property
    def claims(self) -> list[int]:
        """Every claim that is not folded under another."""
        every = [entry.index for entry in self.entries if isinstance(entry.body, Claim)]
        return [claim for claim in every if self.folded(claim) == claim]

    @cached_property
    def quorum(self) -> int:
        """The desk's policy, an entry; 2 where it has taken every one back."""
        policy = self._newest(Policy)
        return policy.quorum if policy else 2

    # --- R3 standing ---------------------------------------------------------------------------------------------

    def _on(self, act: int | None, claim: int | None) -> bool:
        """Whether an act on a claim is one on this claim; an act on no claim is on None.

        Reading: ``same`` makes two claims one, so an act of the desk on either is an act on both.
        """
        if act is None or claim is None:
            return act is None and claim is None
        return self.folded(act) == claim

    def granted_here(self, root: int, claim: int) -> bool:
        """Whether a live grant over the claim goes to the root, or to one who speaks for it."""
        return any(
            self.body_of(grant.source) == root and self._on(grant.claim, claim)
            for grant in self._live_bodies.get(Authority, [])
        )

    def granted_story(self, root: int, claim: int) -> bool:
        """Whether a live grant over the story of the claim goes to the root, or to one who speaks for it."""
        story = self.by_index[claim].body.story
        return any(
            self.body_of(grant.source) == root and grant.story == story
            for grant in self._live_bodies.get(Authority, [])
        )

    def word_on(self, source: int, claim: int | None) -> bool | None:
        """The desk's newest live word on a source: vetted or not, on one claim, or (None) in general.

        Reading: unlike a grant, it is a word on that source alone, not on its body.
        """
        for vet in reversed(self._live_bodies.get(Vet, [])):
            if vet.source == source and self._on(vet.claim, claim):
                return vet.vetted
        return None

    def vetted(self, source: int, claim: int) -> bool:
        """Whether a source is vetted on a claim, grants aside.

        Reading: a word on the claim goes before a general one, and that before the default of the kind.
        """
        for word in (self.word_on(source, claim), self.word_on(source, None)):
            if word is not None:
                return word
        return self.source_kind(source).vetted

    def standing(self, root: int, claim: int) -> int:
        """R3. Reading: an unvetting on the claim goes before a grant over the story, not before one over the claim."""
        if (root, claim) not in self._standings:
            self._standings[root, claim] = self._standing(root, claim)
        return self._standings[root, claim]

    def _standing(self, root: int, claim: int) -> int:
        if self.source_kind(root) is SourceKind.DESK:
            return 3
        if self.granted_here(root, claim):
            return 2
        if self.word_on(root, claim) is False:
            return 0
        if self.granted_story(root, claim):
            return 2
        return 1 if self.vetted(root, claim) else 0

    # --- R2 voices -----------------------------------------------------------------------------------------------

    def naming(self, claim: int) -> list[Entry]:
        """Every statement that names the claim, as ``to`` too, whatever became of it."""
        return [entry for entry in self.entries if isinstance(entry.body, Statement) and self.signs(entry.body, claim)]

    def signs(self, statement: Statement, claim: int) -> set[int]:
        """R0: the sign of a statement on a claim that it names.

        A set, because a correction whose two claims were folded into one is both for and against it.
        """
        found = set()
        if self.folded(statement.claim) == claim:
            found.add(statement.status.sign)
        if statement.to is not None and self.folded(statement.to) == claim:
            found.add(statement.status.sign_on_to)
        return found

    def outside(self, entry: Entry) -> bool:
        """R7: whether it was said later than the moment asked for."""
        return self.said is not None and entry.said_or_recorded > self.said

    def in_force(self, claim: int) -> list[Entry]:
        return [entry for entry in self.naming(claim) if entry.index in self.live and not self.outside(entry)]

    def voices(self, claim: int) -> dict[int, OracleVoice]:
        """R2 and R3: one voice per root."""
        if claim not in self._voices:
            by_root: dict[int, list[Entry]] = {}
            for entry in self.in_force(claim):
                by_root.setdefault(self.body_of(entry.body.speaker), []).append(entry)
            self._voices[claim] = {root: self._voice(claim, root, given) for root, given in by_root.items()}
        return self._voices[claim]

    def _voice(self, claim: int, root: int, given: list[Entry]) -> OracleVoice:
        dated = [entry for entry in given if entry.body.said is not None]
        latest = max((entry.body.said.at for entry in dated), default=None)
        speaking = [entry for entry in dated if entry.body.said.at == latest] if dated else given
        signs = set().union(*(self.signs(entry.body, claim) for entry in speaking))
        mixed = len(signs) > 1
        sign = 0 if mixed else signs.pop()
        standing = self.standing(root, claim)
        carriers = [
            entry.index
            for entry in given
            if standing == 0 and sign != 0 and sign in self.signs(entry.body, claim)
            if any(self.carries(relayer, claim) for relayer in entry.body.via)
        ]
        return OracleVoice(
            root,
            standing,
            sign,
            mixed,
            latest,
            tuple(entry.index for entry in speaking),
            tuple(carriers),
        )

    def carries(self, relayer: int, claim: int) -> bool:
        """Whether an outlet is a vetted source on the claim (R3). Reading: itself, not its body; the desk is not."""
        return self.source_kind(relayer) is not SourceKind.DESK and self.vetted(relayer, claim)

    # --- R4 state ------------------------------------------------------------------------------------------------

    def computed(self, claim: int) -> Ruling:
        """Rows 1 to 8."""
        voices = self.voices(claim).values()

        def count(sign: int, *standings: int, carried: bool = False) -> int:
            return sum(
                voice.sign == sign and voice.standing in standings and (not carried or bool(voice.carriers))
                for voice in voices
            )

        once_for = [
            voice
            for voice in voices
            if any(
                1 in self.signs(entry.body, claim)
                for entry in self.in_force(claim)
                if self.body_of(entry.body.speaker) == voice.root
            )
        ]
        return rows(
            authority_for=count(1, 2),
            authority_against=count(-1, 2),
            p=count(1, 1, 2),
            n=count(-1, 1, 2),
            pc=count(1, 0, carried=True),
            nc=count(-1, 0, carried=True),
            q=self.quorum,
            anyone=any(voice.sign for voice in voices),
            all_gone=bool(once_for) and not any(voice.mixed or self._declines(voice) for voice in once_for),
        )

    def _declines(self, voice: OracleVoice) -> bool:
        return any(self.by_index[index].body.status is Status.UNCONFIRMED for index in voice.speaking)

    def ruling(self, claim: int) -> Ruling:
        """R4 with row 0, the desk's own voice.

        Reading: a dated word of an authority is later than an undated one of the desk, as in R2.
        """
        voices = self.voices(claim)
        desk = next((voice for voice in voices.values() if voice.standing == 3), None)
        if desk is None or desk.sign == 0:
            return self.computed(claim)
        for voice in voices.values():
            opposite = voice.standing == 2 and voice.sign == -desk.sign
            later = voice.said is not None and (desk.said is None or voice.said > desk.said)
            if opposite and later:
                return Ruling(State.DISPUTED, 0, False)
        if desk.sign > 0:
            return Ruling(State.CONFIRMED, 0, True)
        return Ruling(State.DENIED, 0, False)

    # --- R5, R6 edges and paths ----------------------------------------------------------------------------------

    def pointing(self, claim: int) -> tuple[Status, list[int]]:
        """The claims that the statements of the highest standing point to, and how.

        Reading: where both claims of a statement were folded into one, it points nowhere.
        """
        denied = self.rulings[claim].state is State.DENIED
        status, side = (Status.CORRECTED, -1) if denied else (Status.SUPERSEDED, 1)
        found = [
            (voice.standing, self.folded(self.by_index[index].body.to))
            for voice in self.voices(claim).values()
            if voice.sign == side and voice.standing >= 1
            for index in voice.speaking
            if self.by_index[index].body.status is status
            and self.folded(self.by_index[index].body.claim) == claim
            and self.folded(self.by_index[index].body.to) != claim
        ]
        highest = max((standing for standing, _ in found), default=0)
        return status, sorted({to for standing, to in found if standing == highest})

    @cached_property
    def rulings(self) -> dict[int, Ruling]:
        return {claim: self.ruling(claim) for claim in self.claims}

    @cached_property
    def edges(self) -> dict[int, tuple[Status, int]]:
        pointing = {claim: self.pointing(claim) for claim in self.claims}
        return {c: (status, to[0]) for c, (status, to) in pointing.items() if len(to) == 1}

    @cached_property
    def followed(self) -> dict[int, int]:
        """The edges that are left when the cycles are dealt with (R6)."""
        every = {claim: to for claim, (_, to) in self.edges.items()}
        cleared = {
            claim: to
            for claim, to in every.items()
            if not (self.edges[claim][0] is Status.SUPERSEDED and _on_cycle(every, claim))
        }
        return {claim: to for claim, to in cleared.items() if not _on_cycle(cleared, claim)}

    def path(self, claim: int) -> tuple[int, ...]:
        """The claims after this one, up to its end; empty where no edge of its own holds."""
        if claim not in self.followed:
            return ()
        target = self.followed[claim]
        onward = (target, *self.path(target))
        end = self.rulings[onward[-1]]
        open_end = end.state in (State.DISPUTED, State.UNVERIFIED)
        if end.accepted or (open_end and not self.rulings[claim].accepted):
            return onward
        return ()

    # --- R8 and what each answer carries -------------------------------------------------------------------------

    def held(self, claim: int) -> bool:
        """R8: the newest live of the holds and releases, on the claims folded under this one too."""
        acts = [
            entry.body
            for entry in self.entries
            if entry.index in self.live
            and isinstance(entry.body, Hold | Release)
            and self.folded(entry.body.claim) == claim
        ]
        return bool(acts) and isinstance(acts[-1], Hold)

    def bucket(self, entry: Entry, claim: int) -> Bucket:
        """The first that applies."""
        if self.outside(entry):
            return Bucket.OUTSIDE
        if entry.index not in self.live:
            return Bucket.RETRACTED
        voice = self.voices(claim)[self.body_of(entry.body.speaker)]
        if entry.index not in voice.speaking:
            return Bucket.OVERTAKEN
        if voice.sign == 0:
            return Bucket.NEUTRAL
        if voice.standing == 0 and not voice.carriers:
            return Bucket.UNVETTED
        return Bucket.COUNTED

    def answer(self, claim: int) -> Answer:
        """What the rules say of a claim; for one that was folded away, of the claim it is folded under."""
        claim = self.folded(claim)
        ruled = self.rulings[claim]
        edge = self.edges.get(claim)
        path = self.path(claim)
        _, targets = self.pointing(claim)
        return Answer(
            claim=claim,
            ruled=ruled,
            computed=self.computed(claim),
            state=State(edge[0].value) if edge and path else ruled.state,
            accepted=ruled.accepted and not path,
            held=self.held(claim),
            edge=(*edge, bool(path)) if edge else None,
            targets=tuple(targets) if len(targets) > 1 else (),
            path=path,
            successor_state=self.rulings[path[-1]].state if path else None,
            buckets={e.index: self.bucket(e, claim) for e in self.naming(claim)},
            voices=self.voices(claim),
        )


def _on_cycle(edges: dict[int, int], start: int) -> bool:
    """Whether one comes back to ``start`` by following the edges."""
    at = edges.get(start)
    for _ in edges:
        if at is None or at == start:
            break
        at = edges.get(at)
    return at is not None and at == start


def answers(entries: Iterable[Entry], said: datetime | None = None) -> dict[int, Answer]:
    """What the rules say of every claim of a prefix, as of ``said`` if given."""
    reading = Reading(list(entries), said)
    every = [entry.index for entry in reading.entries if isinstance(entry.body, Claim)]
    return {claim: reading.answer(claim) for claim in every}
