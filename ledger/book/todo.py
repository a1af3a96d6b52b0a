"""What a shift must look at: which claims need somebody, why, and since when.

:func:`needs` decides, from the explanation of one claim alone; :func:`pressing` goes by the hour. The order of
:class:`Concern` is that of urgency.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

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
    rows = []
    for explanation, since in snapshot.explained(story):
        # Few claims need anybody, so the others are not shown as a row first.
        found = needs_of(snapshot, explanation, since)
        if pressing(found, now, older_than):
            rows.append((snapshot.row(explanation, since), found))
    return todo_rows(rows, now, older_than)


def todo_rows(claims: Iterable[tuple[BoardRow, Sequence[Need]]], now: datetime, older_than: timedelta) -> list[TodoRow]:
    """Show those of some claims that need somebody by now."""
    rows = [_row(row, found) for row, every in claims if (found := pressing(every, now, older_than))]
    return sorted(rows, key=lambda row: (_URGENCY[row.concern], row.since or now, row.claim))


def pressing(needs: Iterable[Need], now: datetime, older_than: timedelta) -> list[Need]:
    """Those that are due by now: a claim may stay unverified for a while."""
    return [
        (concern, since)
        for concern, since in needs
        if concern is not Concern.UNVERIFIED or (since is not None and now - since > older_than)
    ]


def needs_of(snapshot: Snapshot, explanation: Explanation, since: datetime | None) -> tuple[Need, ...]:
    """As :func:`needs`, of a claim as a snapshot has it."""
    hold = snapshot.fold.acts.held(explanation.verdict.claim)
    held_since = None if hold is None else snapshot.reader.entry(hold).recorded
    return tuple(needs(explanation, since=since, held_since=held_since))


def needs(explanation: Explanation, *, since: datetime | None, held_since: datetime | None) -> Iterator[Need]:
    """Why somebody has to look at a claim, now or once it has been so for long; the most urgent first.

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
    if verdict.state is State.UNVERIFIED:
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
