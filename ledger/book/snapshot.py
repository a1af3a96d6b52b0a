"""The ledger as of one moment: board, why, history. One consistent prefix, one said clock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from ledger.book.lookup import claim_at, find_claim, find_story, refuse_unknown
from ledger.book.prefix import Prefix
from ledger.book.tell import Texts, tell_cause
from ledger.book.views import (
    AsOf,
    BoardRow,
    HistoryLine,
    Why,
    WhyLine,
    WordingLine,
    edge_view,
)
from ledger.errors import Rejected
from ledger.model import Claim, Document, Entry, Statement, Wording
from ledger.resolver import (
    Change,
    Clock,
    Explanation,
    Fold,
    VoiceView,
    explain,
    listed,
    neighbourhood,
    said_timelines,
    sentence,
    state_of,
    timeline,
)
from ledger.text import shown
from ledger.vocabulary import Part, State, Visibility

_AT_ONCE = 1_000
"""How many claims are explained at once where all of them are."""


class Snapshot:
    """What the ledger says as of a moment; ``reader`` holds the prefix already."""

    def __init__(self, reader: Prefix, said: datetime | None, zone: ZoneInfo) -> None:
        self.reader = reader
        self.zone = zone
        refuse_unknown(reader)
        self.as_of = AsOf(reader.size, said)
        self.fold = Fold(reader, said=said, voices={}, tallies={})
        self.texts = Texts(reader, self.fold.acts)
        self._ready: set[int] = set()

    def board(self, story: int | str | None, states: Collection[State]) -> list[BoardRow]:
        """The claims listed, by story and then in the order in which they were opened."""
        rows = [self.row(explanation, since) for explanation, since in self.explained(story)]
        kept = [row for row in rows if not states or row.state in states]
        return sorted(kept, key=lambda row: (row.story, row.claim))

    def explained(self, story: int | str | None) -> Iterator[tuple[Explanation, datetime | None]]:
        """Each claim listed with its explanation, and when its state began by what was said."""
        return self.explained_claims(self.claims(story))

    def explained_claims(self, claims: Collection[int]) -> Iterator[tuple[Explanation, datetime | None]]:
        """As :meth:`explained`, of these claims."""
        self.prepare(claims)
        shown = [claim for claim in claims if listed(self.fold, claim)]
        since = self._since(shown)
        for claim in shown:
            yield explain(self.fold, claim), since.get(claim)

    def rows_by_story(self, story: int | str | None) -> Iterator[BoardRow]:
        """The rows of :meth:`board`, with no more than a thousand claims in memory at once."""
        for part, explanation, since in self.explained_by_story(story):
            yield part.row(explanation, since)

    def explained_by_story(self, story: int | str | None) -> Iterator[tuple[Snapshot, Explanation, datetime | None]]:
        """As :meth:`explained`, in the order of :meth:`board`, each with the snapshot that has its words in memory."""
        claims = self._claims_by_story(story)
        while some := list(islice(claims, _AT_ONCE)):
            part = self.renewed()
            for explanation, since in part.explained_claims(some):
                yield part, explanation, since

    def _claims_by_story(self, story: int | str | None) -> Iterator[int]:
        """Every claim of a story or of all, by the name of its story and then in the order in which it was opened."""
        names: dict[str, list[int]] = {}
        for each in self.reader.of_kind("story") if story is None else [find_story(self.reader, story)]:
            names.setdefault(self.texts.name(each), []).append(each)
        for name in sorted(names):
            yield from sorted(claim for each in names[name] for claim in self.reader.refs("claim.story", each))

    def renewed(self) -> Snapshot:
        """The same moment, with nothing in memory yet."""
        return Snapshot(self.reader.renewed(), self.as_of.said, self.zone)

    def explained_row(self, claim: int) -> BoardRow:
        """The row of one claim, whether it is listed or not."""
        self.prepare([claim])
        return self.row(explain(self.fold, claim), self._since([claim]).get(claim))

    def claims(self, story: int | str | None) -> list[int]:
        """Every claim of a story, or of all."""
        if story is None:
            return list(self.reader.of_kind("claim"))
        return list(self.reader.refs("claim.story", find_story(self.reader, story)))

    def prepare(self, claims: Iterable[int]) -> None:
        """Derive the registers of these claims, and of all that they lead to, for this moment."""
        wanted = [claim for claim in claims if claim not in self._ready]
        if not wanted:
            return
        reached = neighbourhood(self.reader, wanted)
        self.texts.load(reached)
        bodies = {index: self.reader.entry(index).body for index in reached}
        self._load_evidence([index for index, body in bodies.items() if isinstance(body, Claim | Statement)])
        for index, body in bodies.items():
            if index not in self._ready and isinstance(body, Claim):
                self.fold.refold(index)
                self._ready.add(index)

    def _load_evidence(self, subjects: list[int]) -> None:
        """Read the documents that were added to these entries with few queries."""
        self.reader.load((), [("evidence.about", index) for index in subjects])
        added = [each for index in subjects for each in self.reader.refs("evidence.about", index)]
        self.reader.load(added, [("retract.target", each) for each in added])
        self.texts.load(added)

    def _since(self, claims: list[int]) -> dict[int, datetime]:
        found = said_timelines(self.reader, claims, said=self.as_of.said)
        return {claim: changes[-1].at for claim, changes in found.items() if changes}

    def row(self, explanation: Explanation, since: datetime | None) -> BoardRow:
        """Show a claim as the board does."""
        verdict = explanation.verdict
        first = self._first(explanation)
        return BoardRow(
            claim=verdict.claim,
            text=self.texts.claim(verdict.claim),
            story=self.texts.name(self.fold.acts.story(verdict.claim)),
            state=verdict.state,
            accepted=verdict.accepted,
            held=verdict.held,
            computed=verdict.computed,
            row=verdict.row,
            successor=verdict.successor,
            successor_text=None if verdict.successor is None else self.texts.claim(verdict.successor),
            successor_state=verdict.successor_state,
            first_said=None if first is None else first.said_or_recorded,
            first_source=None if first is None else self.texts.name(self.fold.statement(first.index).speaker),
            since=since,
            because=sentence(self.fold, explanation, self.texts.name, self.texts.claim, self.zone),
            for_=self._names(explanation.counted(1)),
            against=self._names(explanation.counted(-1)),
            dissent=self._names(explanation.dissent),
            entries=explanation.entries,
            evidence=self._evidence(explanation),
        )

    def _first(self, explanation: Explanation) -> Entry | None:
        """The earliest live statement by T; of several of one moment, the first recorded."""
        entries = [self.reader.entry(i) for i in self._live(explanation)]
        return min(entries, key=lambda entry: (entry.said_or_recorded, entry.index), default=None)

    def _live(self, explanation: Explanation) -> list[int]:
        return [
            each.index
            for each in explanation.placed
            if self.fold.acts.live(each.index) and self.fold.admits(self.reader.entry(each.index))
        ]

    def _names(self, views: Iterable[VoiceView]) -> tuple[str, ...]:
        return tuple(self.texts.name(view.root) for view in views)

    def _evidence(self, explanation: Explanation) -> tuple[str, ...]:
        """The public addresses that live statements give, and those added to them or to the claim, each once."""
        found: dict[str, None] = {}
        for index in (*self.fold.acts.folded_under(explanation.verdict.claim), *self._live(explanation)):
            for each in (index, *self.reader.refs("evidence.about", index)):
                if self.fold.acts.live(each):
                    found |= dict.fromkeys(self._addresses(each))
        return tuple(found)

    def _addresses(self, index: int) -> Iterator[str]:
        parts = self.reader.entry(index).parts
        for part in (Part.URL, Part.EVIDENCE):
            ref = parts.get(part)
            if ref is None or ref.visibility is Visibility.INTERNAL:
                continue
            value = self.texts.value(index, part)
            address = value.address if isinstance(value, Document) else value
            if address is not None:
                yield address

    def why(self, given: int | str) -> Why:
        """All that the state of one claim rests on."""
        asked = self._find(given)
        self.prepare([asked[0]])
        explanation = explain(self.fold, asked[0])
        verdict = explanation.verdict
        self.prepare([verdict.claim])
        edge = None if verdict.edge is None else edge_view(verdict.edge, self.texts.claim(verdict.edge.to))
        return Why(
            row=self.row(explanation, self._since([verdict.claim]).get(verdict.claim)),
            statements=tuple(self._lines(explanation)),
            edge=edge,
            path=verdict.path,
            first_target=verdict.first_target,
            targets=verdict.targets,
            wordings=tuple(self._wordings(verdict.claim)),
            folded_from=asked[0] if asked[0] != verdict.claim else None,
            asked=asked[1],
        )

    def _find(self, given: int | str) -> tuple[int, str | None]:
        match = find_claim(self.reader, given, None)
        if match is None:
            raise Rejected(f"claim: {shown(str(given))}: no such claim", next="`claims board` shows the claims")
        return match.index, "; ".join(match.remarks) or None

    def _lines(self, explanation: Explanation) -> Iterator[WhyLine]:
        for placed in explanation.placed:
            entry = self.reader.entry(placed.index)
            body = self.fold.statement(placed.index)
            yield WhyLine(
                index=placed.index,
                bucket=placed.bucket,
                standing=placed.standing,
                status=body.status,
                on=body.claim,
                to=body.to,
                source=self.texts.name(body.speaker),
                root=self.texts.name(placed.root),
                via=tuple(self.texts.name(relayer) for relayer in body.via),
                said=body.said,
                recorded=entry.recorded,
                why=None if body.why is None else body.why.value,
                quote=self.texts.shown(placed.index, Part.QUOTE),
                note=self.texts.shown(placed.index, Part.NOTE),
                url=self.texts.shown(placed.index, Part.URL),
            )

    def _wordings(self, claim: int) -> Iterator[WordingLine]:
        for index in self.reader.refs("wording.claim", claim):
            body = self.reader.entry(index).body
            if isinstance(body, Wording) and self.fold.acts.live(index):
                yield WordingLine(index, body.lang, self.texts.shown(index, Part.TEXT) or self.reader.absent)

    def history(self, given: int | str | None, story: int | str | None, clock: Clock) -> Iterator[HistoryLine]:
        """Each change of state, of one claim, of a story's, or of all, in the order of the chosen clock."""
        claims = [self.fold.acts.folded(self._find(given)[0])] if given is not None else self.claims(story)
        return iter(self.changes(claims, clock))

    def changes(self, claims: Collection[int], clock: Clock = Clock.SAID) -> list[HistoryLine]:
        """As :meth:`history`, of these claims. On the said clock one that is folded away has none of its own."""
        self.prepare(claims)
        found: Mapping[int, Sequence[Change]]
        if clock is Clock.SAID:
            own = [claim for claim in claims if self.fold.acts.folded(claim) == claim]
            found = said_timelines(self.reader, own, said=self.as_of.said)
        else:
            found = {claim: self._as_known(claim) for claim in claims}
        lines = [self._history_line(claim, change) for claim, changes in found.items() for change in changes]
        return sorted(lines, key=lambda line: (line.at, line.index, line.claim))

    def _as_known(self, claim: int) -> list[Change]:
        entries = (self.reader.entry(index) for index in neighbourhood(self.reader, [claim]))
        return timeline(entries, claim, clock=Clock.KNOWN, said=self.as_of.said)

    def _history_line(self, claim: int, change: Change) -> HistoryLine:
        verdict = change.verdict
        return HistoryLine(
            claim=claim,
            text=self.texts.claim(claim),
            story=self.texts.name(self.fold.acts.story(claim)),
            at=change.at,
            index=change.index,
            others=change.others,
            before=change.before,
            state=state_of(verdict),
            held=verdict is not None and verdict.held,
            successor=None if verdict is None else verdict.successor,
            because=tell_cause(self.reader.entry(change.index), self.reader, self.texts),
        )

    def statement_on(self, index: int) -> Statement:
        """The statement of that index. Raises :class:`Rejected`."""
        claim_at(self.reader, index)
        body = self.reader.entry(index).body
        if not isinstance(body, Statement):
            raise Rejected(f"entry {index}: is no statement", next="`claims why CLAIM` lists the statements on a claim")
        return body
