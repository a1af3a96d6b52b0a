"""Publications as they are shown: what went out, and what is owed to its readers now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from ledger.book.lookup import as_index, entry_at
from ledger.book.published import DebtRow, DueLine, PublicationRow, SettlementRow
from ledger.book.snapshot import Snapshot
from ledger.book.tell import Texts, tell
from ledger.debts import Due, Owing, Readers, debts, owing, went_out
from ledger.errors import Candidate, Rejected, Unclear
from ledger.model import Publication, Settlement
from ledger.resolver import explain, sentence
from ledger.text import article, fold, shown
from ledger.vocabulary import Debt, Part

URGENT = list(Debt)


def is_address(text: str) -> bool:
    """Whether what a person typed for a publication is its address, and not a name."""
    return text.strip().casefold().startswith(("http://", "https://"))


def find_publication(snapshot: Snapshot, given: int | str) -> int:
    """Find a live publication by its index, name, address or title. Raises :class:`Unclear` with what it may mean."""
    index = as_index(given)
    if index is not None:
        body = entry_at(snapshot.reader, index).body
        if isinstance(body, Publication):
            return index
        word = getattr(body, "kind", "entry")
        raise Rejected(f"publication: {index}: is {article(word)}, not a publication", next=_LIST)
    called = {each: _called(snapshot, each) for each in live_publications(snapshot)}
    wanted = fold(str(given))
    found = [each for each, names in called.items() if wanted in map(fold, names)]
    if len(found) == 1:
        return found[0]
    # What was redacted is no name to be found by, but a candidate without any says so.
    candidates = [
        Candidate(each, "; ".join(called[each]) or snapshot.texts.publication(each)) for each in found or called
    ]
    why = "several publications are called so" if found else "no such publication"
    raise Unclear(f"publication: {shown(str(given))}: {why}", next=_LIST, candidates=candidates, given=str(given))


_LIST = "`claims publication list` shows them with their indexes"


def _called(snapshot: Snapshot, index: int) -> list[str]:
    texts = (snapshot.texts.text(index, part) for part in (Part.NAME, Part.URL, Part.TEXT))
    return [text for text in texts if text is not None]


def live_publications(snapshot: Snapshot) -> list[int]:
    """The publications that the desk has not retracted."""
    return [each for each in snapshot.reader.of_kind("publication") if snapshot.fold.acts.live(each)]


def publication_rows(snapshot: Snapshot, readers: Readers, owed: Iterable[int]) -> list[PublicationRow]:
    """Every live publication, newest first; ``owed`` names one once for each claim that is owed on it."""
    counts = Counter(owed)
    live = reversed(live_publications(snapshot))
    return [_publication_row(snapshot, index, len(readers[index]), counts[index]) for index in live]


def _publication_row(snapshot: Snapshot, index: int, told: int, owed: int) -> PublicationRow:
    entry, texts = snapshot.reader.entry(index), snapshot.texts
    body = entry.body
    assert isinstance(body, Publication)
    refs = snapshot.reader.refs("settlement.publication", index)
    return PublicationRow(
        index=index,
        name=texts.publication(index),
        url=texts.text(index, Part.URL),
        title=texts.shown(index, Part.TEXT),
        published=went_out(entry),
        recorded=entry.recorded,
        size=body.size,
        as_said=body.as_said,
        story=None if body.story is None else texts.name(body.story),
        claims=body.claims,
        told=told,
        held=body.held,
        sha256=body.sha256,
        settlements=tuple(each for each in refs if snapshot.fold.acts.live(each)),
        owed=owed,
    )


def owing_to(snapshot: Snapshot, readers: Readers) -> list[Owing]:
    """What is owed to readers by what they know."""
    return owing(snapshot.reader, readers, lambda index: snapshot.texts.text(index, Part.TEXT))


def owing_on(snapshot: Snapshot, publications: Iterable[int], *, size: int | None = None) -> list[Owing]:
    """What is owed on publications by the prefix of the snapshot, or by the first ``size`` entries of it."""
    return debts(snapshot.reader, publications, lambda index: snapshot.texts.text(index, Part.TEXT), size=size)


def debt_rows(snapshot: Snapshot, owed: Iterable[Owing], now: datetime, pieces: Texts | None = None) -> list[DebtRow]:
    """Show what is owed, the most urgent first, and of those what is owed longest.

    ``pieces`` has the names of the publications, where the snapshot is of a time before they were recorded.
    """
    found = list(owed)
    snapshot.prepare({each.claim for each in found})
    return in_order(_debt_row(snapshot, each, now, snapshot.texts if pieces is None else pieces) for each in found)


def in_order(rows: Iterable[DebtRow]) -> list[DebtRow]:
    """The most urgent first, and of those what is owed longest."""
    return sorted(rows, key=lambda row: (URGENT.index(row.reason), row.owed_since, row.publication, row.claim))


def as_of(row: DebtRow, now: datetime) -> DebtRow:
    """The same debt, told now."""
    return replace(row, seconds=_seconds(row.owed_since, now))


def _seconds(owed: datetime, now: datetime) -> int:
    return max(int((now - owed).total_seconds()), 0)


def _debt_row(snapshot: Snapshot, owing: Owing, now: datetime, pieces: Texts) -> DebtRow:
    texts, told, holds = snapshot.texts, owing.told, owing.now
    first = owing.dues[0]
    owed = min(due.owed for due in owing.dues)
    successor = holds.successor
    return DebtRow(
        publication=owing.publication,
        name=pieces.publication(owing.publication),
        url=pieces.text(owing.publication, Part.URL),
        title=pieces.shown(owing.publication, Part.TEXT),
        claim=owing.claim,
        text=texts.wording(told.wording),
        text_now=texts.wording(holds.wording),
        told=told.state,
        told_at=owing.telling.at,
        told_by=owing.telling.index,
        told_successor=None if told.successor is None else texts.claim(told.successor),
        state=holds.state,
        accepted=holds.accepted,
        successor=successor,
        successor_text=None if successor is None else texts.claim(successor),
        successor_state=holds.successor_state,
        held=holds.hold is not None,
        reason=first.reason,
        because=_because(snapshot, owing),
        since=first.since,
        by=first.by,
        dues=tuple(_line(snapshot, due) for due in owing.dues),
        owed_since=owed,
        seconds=_seconds(owed, now),
        successor_held=successor is not None and _withheld(snapshot, successor),
    )


def _withheld(snapshot: Snapshot, claim: int) -> bool:
    """Whether a claim is held, or its text is kept from whoever reads, as that of a claim which is held by now."""
    acts, texts = snapshot.fold.acts, snapshot.texts
    return acts.held(acts.folded(claim)) is not None or texts.shown(acts.worded(claim), Part.TEXT) is None


def _because(snapshot: Snapshot, owing: Owing) -> str:
    if owing.now.state is None:
        return "nobody says it any more: every entry on it was our own mistake"
    explanation = explain(snapshot.fold, owing.claim)
    return sentence(snapshot.fold, explanation, snapshot.texts.name, snapshot.texts.claim, snapshot.zone)


def _line(snapshot: Snapshot, due: Due) -> DueLine:
    entry = snapshot.reader.entry(due.by)
    return DueLine(due.reason, due.by, tell(entry, snapshot.reader, snapshot.texts), due.since, due.owed)


def settlement_rows(snapshot: Snapshot) -> list[SettlementRow]:
    """Every live settlement of a live publication, newest first, with what it told anew."""
    live = set(live_publications(snapshot))
    found = []
    for index in reversed(snapshot.reader.of_kind("settlement")):
        entry = snapshot.reader.entry(index)
        body = entry.body
        assert isinstance(body, Settlement)
        if body.publication in live and snapshot.fold.acts.live(index):
            texts = snapshot.texts
            found.append(
                SettlementRow(
                    index=index,
                    publication=body.publication,
                    name=texts.publication(body.publication),
                    url=texts.text(index, Part.URL),
                    note=texts.shown(index, Part.NOTE),
                    published=went_out(entry),
                    size=body.size,
                    claims=body.claims,
                )
            )
    return found
