"""Why a claim has its state: every statement in one bucket, every voice by name, and one sentence in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ledger.model import Entry
from ledger.resolver.acts import DESK
from ledger.resolver.fold import Fold
from ledger.resolver.verdict import Verdict, resolve
from ledger.resolver.voice import Voice
from ledger.vocabulary import Bucket, Standing, State, Status

Names = Callable[[int], str]
"""Gives the name of a source, or the text of a claim, by its index."""

_EVER = datetime.min.replace(tzinfo=UTC)
_OUTCOME = {
    State.CONFIRMED: 1,
    State.CORROBORATED: 1,
    State.SUPERSEDED: 1,
    State.DENIED: -1,
    State.CORRECTED: -1,
}


@dataclass(frozen=True, slots=True)
class Placed:
    """One statement that names the claim, and what became of it; ``sign`` is that of its root's voice."""

    index: int
    bucket: Bucket
    root: int
    standing: Standing
    sign: int


@dataclass(frozen=True, slots=True)
class VoiceView:
    """The word of one root: who says it, since when, by which statements.

    ``carried`` is whether a vetted outlet carries it, and ``carriers`` the statements through which one does; an
    overtaken statement may carry as well.
    """

    root: int
    standing: Standing
    sign: int
    mixed: bool
    declined: bool
    carried: bool
    said: datetime | None
    speaking: tuple[int, ...]
    carriers: tuple[int, ...]
    spoke_for: bool

    @property
    def counts(self) -> bool:
        """Whether it is among what decided (bucket *counted*)."""
        return self.sign != 0 and (self.standing > Standing.UNVETTED or self.carried)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict on one claim with all that it rests on. Voices stand by standing, then by time."""

    verdict: Verdict
    placed: tuple[Placed, ...]
    voices: tuple[VoiceView, ...]

    def counted(self, sign: int) -> tuple[VoiceView, ...]:
        """The voices that count on one side."""
        return tuple(view for view in self.voices if view.counts and view.sign == sign)

    @property
    def dissent(self) -> tuple[VoiceView, ...]:
        """The voices opposed to the outcome, counted or not; none where there is no outcome."""
        outcome = _OUTCOME.get(self.verdict.state, 0)
        return tuple(view for view in self.voices if outcome and view.sign == -outcome)

    @property
    def entries(self) -> tuple[int, ...]:
        """The indexes of the statements that counted."""
        return tuple(each.index for each in self.placed if each.bucket is Bucket.COUNTED)


def explain(fold: Fold, claim: int) -> Explanation:
    """Place every statement that names the claim (or one folded under it), and show every voice."""
    verdict = resolve(fold, claim)
    claim = verdict.claim
    placed = tuple(_place(fold, claim, index) for index in fold.statements(claim))
    by_root: dict[int, list[Placed]] = {}
    for each in placed:
        by_root.setdefault(each.root, []).append(each)
    views = [
        _view(fold, claim, root, voice, own)
        for root, own in by_root.items()
        if (voice := fold.voices.get((claim, root))) is not None
    ]
    views.sort(key=lambda v: (-v.standing, v.said is None, v.said or _EVER, v.root))
    return Explanation(verdict, placed, tuple(views))


def _place(fold: Fold, claim: int, index: int) -> Placed:
    entry = fold.facts.entry(index)
    root = fold.acts.root(fold.statement(index).speaker)
    standing = fold.acts.standing(root, claim)
    voice = fold.voices.get((claim, root))
    bucket = _bucket(fold, entry, voice, standing)
    return Placed(index, bucket, root, standing, 0 if voice is None else voice.sign)


def _bucket(fold: Fold, entry: Entry, voice: Voice | None, standing: Standing) -> Bucket:
    if not fold.admits(entry):
        return Bucket.OUTSIDE
    if not fold.acts.live(entry.index):
        return Bucket.RETRACTED
    assert voice is not None, "a live statement has a voice"
    said = fold.statement(entry.index).said
    if (None if said is None else said.at) != voice.said:
        return Bucket.OVERTAKEN
    if voice.sign == 0:
        return Bucket.NEUTRAL
    if standing is Standing.UNVETTED and voice.sign not in voice.carried:
        return Bucket.UNVETTED
    return Bucket.COUNTED


def _view(fold: Fold, claim: int, root: int, voice: Voice, own: Sequence[Placed]) -> VoiceView:
    standing = fold.acts.standing(root, claim)
    silent = (Bucket.OUTSIDE, Bucket.RETRACTED)
    unvetted = standing is Standing.UNVETTED and voice.sign != 0
    carriers = [
        each.index
        for each in own
        if unvetted
        and each.bucket not in silent
        and voice.sign in fold.lift(fold.facts.entry(each.index), claim).carried
    ]
    return VoiceView(
        root=root,
        standing=standing,
        sign=voice.sign,
        mixed=voice.mixed,
        declined=voice.declined,
        carried=unvetted and voice.sign in voice.carried,
        said=voice.said,
        speaking=tuple(e.index for e in own if e.bucket not in (*silent, Bucket.OVERTAKEN)),
        carriers=tuple(carriers),
        spoke_for=voice.spoke_for,
    )


def sentence(fold: Fold, explanation: Explanation, names: Names, texts: Names, zone: ZoneInfo) -> str:
    """Say in one sentence why: the state, who it rests on, through whom and when, and who stands against it."""
    return _Teller(fold, explanation, names, texts, zone).sentence()


class _Teller:
    def __init__(self, fold: Fold, explanation: Explanation, names: Names, texts: Names, zone: ZoneInfo) -> None:
        self.fold = fold
        self.verdict = explanation.verdict
        self.voices = explanation.voices
        self.explanation = explanation
        self.names = names
        self.texts = texts
        self.zone = zone
        days = {v.said.astimezone(zone).date() for v in self.voices if v.said is not None}
        self.clock = "%H:%M" if len(days) <= 1 else "%Y-%m-%d %H:%M"

    def sentence(self) -> str:
        outcome = _OUTCOME.get(self.verdict.state, 0)
        if outcome:
            leading = [view for view in self.voices if view.sign == outcome and view.counts]
            clauses = [self._list(leading)]
            if self.explanation.dissent:
                clauses.append("against: " + self._list(self.explanation.dissent, timed=False))
        else:
            clauses = list(self._sides())
        return f"{self._headline()}: " + "; ".join([*clauses, *self._remarks()])

    def _headline(self) -> str:
        verdict = self.verdict
        if verdict.successor is not None:
            word = "corrected to" if verdict.state is State.CORRECTED else "superseded by"
            target = f"{verdict.successor} “{self.texts(verdict.successor)}”"
            return f"{word} {target} ({verdict.successor_state})"
        if verdict.row == 0 and verdict.state is not State.DISPUTED:
            return f"{verdict.state} by the desk"
        return str(verdict.state)

    def _sides(self) -> Iterable[str]:
        """The voices on either side where there is no outcome, or why there are none."""
        for word, sign in (("for", 1), ("against", -1)):
            side = [view for view in self.voices if view.sign == sign]
            if side:
                yield f"{word}: {self._list(side)}"
        if any(view.sign for view in self.voices):
            return
        took_back = [v for v in self.voices if v.spoke_for and not v.mixed and not v.declined]
        if took_back:
            yield f"{self._list(took_back)} took it back"
        elif not self.voices:
            yield "nobody speaks for it or against it"

    def _remarks(self) -> Iterable[str]:
        verdict = self.verdict
        if verdict.row == 0 and verdict.state is State.DISPUTED:
            yield "an authority's later word contradicts the desk"
        mixed = [view for view in self.voices if view.mixed]
        if mixed:
            yield f"{self._list(mixed)} says both"
        declining = [view for view in self.voices if view.declined and not view.mixed]
        if declining:
            yield f"{self._list(declining)} does not confirm it"
        if verdict.edge is not None and not verdict.edge.holds:
            word = "correction" if verdict.edge.status is Status.CORRECTED else "succession"
            yield f"the {word} to {verdict.edge.to} does not hold: {verdict.edge.reason}"
        if verdict.targets:
            listed = ", ".join(str(target) for target in verdict.targets)
            yield f"it points to several claims ({listed}), so to none"

    def _list(self, views: Iterable[VoiceView], timed: bool = True) -> str:
        return ", and ".join(self._voice(view, timed) for view in views)

    def _voice(self, view: VoiceView, timed: bool) -> str:
        words = [self.names(view.root)]
        if view.root != DESK:
            words[0] += f" ({view.standing.word})"
        via = self._relayers(view)
        if via:
            words.append(("carried by " if view.carried else "through ") + " and ".join(via))
        if timed:
            words.append("undated" if view.said is None else f"{view.said.astimezone(self.zone):{self.clock}}")
        return ", ".join(words)

    def _relayers(self, view: VoiceView) -> list[str]:
        """The outlets nearest to us through which the voice came, each once."""
        shown = view.carriers if view.carried else view.speaking
        relayers = [via[-1] for i in shown if (via := self.fold.statement(i).via)]
        return [self.names(relayer) for relayer in dict.fromkeys(relayers)]
