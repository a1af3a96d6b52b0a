"""What a shift must look at: which claims need somebody, why, and since when.

:func:`needs` decides, from the explanation of one claim alone. The order of :class:`Concern` is that of urgency.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from ledger.book.moved import moved
from ledger.book.snapshot import Snapshot
from ledger.book.views import BoardRow, TodoRow
from ledger.resolver import Explanation
from ledger.vocabulary import Concern, Standing, State, Status

PATIENCE = timedelta(hours=2)
"""How long a claim may stay unverified before a shift has to look at it."""

_URGENCY = {concern: place for place, concern in enumerate(Concern)}

Need = tuple[Concern, datetime | None]
"""Why somebody has to look at a claim, and since when; None where nobody knows."""


def todo(snapshot: Snapshot, story: int | str | None, now: datetime, older_than: timedelta) -> list[TodoRow]:
    """The claims that need somebody, the most urgent first; of one urgency, the oldest first."""
    return _in_order(_rows(snapshot, snapshot.explained(story), now, older_than), now)


def todo_after(
    snapshot: Snapshot, earlier: Iterable[TodoRow], known: int, now: datetime, older_than: timedelta
) -> list[TodoRow]:
    """The same of every story, by what it was at the first ``known`` entries; only the rows that moved are made."""
    claims = moved(snapshot.reader, known)
    if claims is None:
        return todo(snapshot, None, now, older_than)
    kept = [row for row in earlier if row.claim not in claims]
    made = _rows(snapshot, snapshot.explained_claims(sorted(claims)), now, older_than)
    return _in_order([*kept, *made], now)


def _rows(
    snapshot: Snapshot, explained: Iterable[tuple[Explanation, datetime | None]], now: datetime, older_than: timedelta
) -> Iterator[TodoRow]:
    for explanation, since in explained:
        hold = snapshot.fold.acts.held(explanation.verdict.claim)
        held_since = None if hold is None else snapshot.reader.entry(hold).recorded
        found = list(needs(explanation, since=since, held_since=held_since, now=now, older_than=older_than))
        if found:
            yield _row(snapshot.row(explanation, since), found)


def _in_order(rows: Iterable[TodoRow], now: datetime) -> list[TodoRow]:
    return sorted(rows, key=lambda row: (_URGENCY[row.concern], row.since or now, row.claim))


def needs(
    explanation: Explanation,
    *,
    since: datetime | None,
    held_since: datetime | None,
    now: datetime,
    older_than: timedelta,
) -> Iterator[Need]:
    """Why somebody has to look at a claim, the most urgent first.

    ``since`` is when its state began, by what was said; ``held_since`` when it was held, if it is.
    """
    verdict = explanation.verdict
    spoke = [view.said for view in explanation.voices if view.standing is Standing.AUTHORITY and view.sign]
    last = max((said for said in spoke if said is not None), default=since)
    disputed = verdict.state is State.DISPUTED
    fallen = None if verdict.edge is None or verdict.edge.holds else verdict.edge.status
    nowhere = bool(verdict.targets) or fallen is not None
    if disputed and verdict.row == 0:
        yield Concern.CONTRADICTED, last
    elif spoke and (disputed or nowhere):
        yield Concern.UNSETTLED, last
    elif disputed:
        yield Concern.DISPUTED, since
    elif verdict.targets or fallen is Status.CORRECTED:
        yield Concern.ASTRAY, since
    if verdict.state is State.UNVERIFIED and since is not None and now - since > older_than:
        yield Concern.UNVERIFIED, since
    if held_since is not None:
        yield Concern.HELD, held_since


def _row(board: BoardRow, found: list[Need]) -> TodoRow:
    (concern, since), *rest = found
    return TodoRow(
        claim=board.claim,
        text=board.text,
        story=board.story,
        state=board.state,
        held=board.held,
        concern=concern,
        since=since,
        also=tuple(also for also, _ in rest),
        because=board.because,
    )
