"""The corrective to a publication, in plain words: what we wrote, what is wrong with it, what is right, since when.

In the habit of news agencies: it names the piece, repeats what was wrong, says that it was wrong, and says what is
right. It says no more than the ledger holds: a claim is "denied by", never "false".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from ledger.book.published import DebtRow, DueLine, Notice
from ledger.vocabulary import Debt, State

When = Callable[[datetime], str]
"""Shows a time in the desk's zone."""

_AS: dict[State | None, str] = {
    State.CONFIRMED: "as confirmed",
    State.CORROBORATED: "on the word of independent sources",
    State.DENIED: "as denied",
    State.DISPUTED: "as disputed",
    State.UNVERIFIED: "as not verified",
    State.RETRACTED: "as taken back by those who had said it",
    State.CORRECTED: "as not so",
    State.SUPERSEDED: "as no longer so",
    None: "as our own",
}
_HOLDS: dict[State | None, str] = {
    State.CONFIRMED: "It is confirmed.",
    State.CORROBORATED: "Independent sources say that it is so.",
    State.DENIED: "It is denied.",
    State.DISPUTED: "It is disputed.",
    State.UNVERIFIED: "It is not verified.",
    State.RETRACTED: "Those who said it have taken it back.",
    State.CORRECTED: "It is not so.",
    State.SUPERSEDED: "It was so when it was said, and is so no longer.",
    None: "Nobody says it: we recorded it by mistake.",
}


def notice(publication: int, rows: Sequence[DebtRow], origin: str, size: int, show: When) -> Notice:
    """Draft one corrective to a publication for all that is owed on it; ``rows`` are its debts, at least one."""
    assert rows and all(row.publication == publication for row in rows)
    wrong = any(row.reason is Debt.WRONG for row in rows)
    lines = [f"{'CORRECTION' if wrong else 'UPDATE'}: {_piece(rows[0])}", ""]
    for row in rows:
        lines += [*paragraph(row, show), ""]
    lines.append(f"This rests on the first {size} entries of the ledger {origin}.")
    return Notice(publication, rows[0].name, tuple(sorted(row.claim for row in rows)), size, "\n".join(lines))


def _piece(row: DebtRow) -> str:
    named = [f"“{row.title}”"] if row.title is not None else []
    named += [row.name] if row.name != row.url else []
    named += [row.url] if row.url is not None else []
    return ", ".join(named)


def paragraph(row: DebtRow, show: When) -> Iterator[str]:
    """Say what was wrong with one claim, and what is right."""
    reasons = {due.reason: due for due in row.dues}
    if row.held:
        # What is held is not to be said again.
        since = f" since {show(reasons[Debt.HELD].since)}" if Debt.HELD in reasons else ""
        yield f"A statement in this piece (claim {row.claim}) is withheld by this newsroom{since}."
        return
    if Debt.REDACTED in reasons:
        yield f"Words about claim {row.claim} were removed from our record under an order: they are to go."
    if (due := reasons.get(Debt.WRONG) or reasons.get(Debt.CHANGED)) is not None:
        yield f"On {show(row.told_at)} we reported {_AS[row.told]}: “{row.text}”."
        yield from _right(row, due, show)
    if Debt.REWORDED in reasons:
        yield f"We wrote: “{row.text}”. It should read: “{row.text_now}”."


def _right(row: DebtRow, due: DueLine, show: When) -> Iterator[str]:
    wrong = due.reason is Debt.WRONG and _outright(row)
    holds = "" if wrong and row.successor is not None else f" {_HOLDS[row.state]}"
    yield f"{'That was wrong.' if wrong else ''}{holds}{_successor(row)}".strip()
    yield f"Recorded on {show(due.since)}, as entry {due.by}.{_basis(row)}"


def _outright(row: DebtRow) -> bool:
    """Whether what holds now is the opposite of what we told, not only less than that."""
    return row.accepted or row.state in (State.DENIED, State.CORRECTED)


def _successor(row: DebtRow) -> str:
    if row.successor_text is None:
        return ""
    head = "What is right" if row.state is State.CORRECTED else "What is so now"
    return f" {head}: “{row.successor_text}” ({row.successor_state})."


def _basis(row: DebtRow) -> str:
    """On whose word that is: the sentence of the resolver without its first words, which were said already."""
    if row.state is None:
        return ""
    if row.successor is not None:
        word = "corrected to" if row.state is State.CORRECTED else "superseded by"
        headline = f"{word} {row.successor} “{row.successor_text}” ({row.successor_state})"
    else:
        headline = (
            f"{row.state} by the desk" if row.because.startswith(f"{row.state} by the desk: ") else f"{row.state}"
        )
    return f" On the word of: {row.because.removeprefix(f'{headline}: ')}."


def by_publication(rows: Iterable[DebtRow]) -> dict[int, list[DebtRow]]:
    """The debts of each publication."""
    found: dict[int, list[DebtRow]] = {}
    for row in rows:
        found.setdefault(row.publication, []).append(row)
    return found
