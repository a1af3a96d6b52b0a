"""What the ledger answers about publications, as values: what went out, what is owed, what a corrective says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ledger.book.views import View
from ledger.vocabulary import Debt, Likeness, State


@dataclass(frozen=True, slots=True)
class PublicationRow(View):
    """What went out: what it is called, as of which moment, of which claims; how many it told of, and owes on.

    ``name`` is its name, else its address. ``claims`` are the indexes that it names, none where it is of a story or
    all. ``settlements`` are its correctives, by index.
    """

    index: int
    name: str
    url: str | None
    title: str | None
    published: datetime
    recorded: datetime
    size: int
    as_said: datetime | None
    story: str | None
    claims: tuple[int, ...]
    told: int
    held: bool
    sha256: str | None
    settlements: tuple[int, ...]
    owed: int


@dataclass(frozen=True, slots=True)
class DueLine(View):
    """One thing owed on a claim: why, by which entry (and what that does), since when that holds and is owed."""

    reason: Debt
    by: int
    cause: str
    since: datetime
    owed: datetime


@dataclass(frozen=True, slots=True)
class DebtRow(View):
    """What the readers of a publication were told of a claim, and what holds now.

    ``text`` is the wording that they were told, at ``told_at``, by the entry ``told_by``: the publication, or the last
    settlement of it. ``told`` and ``state`` are None where the board does not list the claim. ``reason`` is the most
    urgent of ``dues``, and ``by`` and ``since`` are of that one; ``seconds`` is how long it is owed, since
    ``owed_since``.
    """

    publication: int
    name: str
    url: str | None
    title: str | None
    claim: int
    text: str
    text_now: str
    told: State | None
    told_at: datetime
    told_by: int
    told_successor: str | None
    state: State | None
    accepted: bool
    successor: int | None
    successor_text: str | None
    successor_state: State | None
    held: bool
    reason: Debt
    because: str
    since: datetime
    by: int
    dues: tuple[DueLine, ...]
    owed_since: datetime
    seconds: int


@dataclass(frozen=True, slots=True)
class SettlementRow(View):
    """A corrective that went out: to which publication, where, resting on how many entries, for which claims.

    ``claims`` is empty where it is for all that the publication told.
    """

    index: int
    publication: int
    name: str
    url: str | None
    note: str | None
    published: datetime
    size: int
    claims: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Corrective(View):
    """A corrective that went out: ``rows`` are the debts that it ended, ``text`` is what it says."""

    settlement: SettlementRow
    publication_url: str | None
    publication_title: str | None
    rows: tuple[DebtRow, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Notice(View):
    """A corrective, drafted: to which publication, for which claims, resting on how many entries."""

    publication: int
    name: str
    claims: tuple[int, ...]
    size: int
    text: str


@dataclass(frozen=True, slots=True)
class Fallen(View):
    """A claim whose state would be another; None where the board would not list it."""

    claim: int
    text: str
    story: str
    before: State | None
    after: State | None
    successor: int | None
    because: str


@dataclass(frozen=True, slots=True)
class Impact(View):
    """What would follow if ``what`` fell: ``supposed`` is how many entries would say so."""

    what: str
    supposed: int
    claims: tuple[Fallen, ...]
    owed: tuple[DebtRow, ...]


@dataclass(frozen=True, slots=True)
class Rechecked(View):
    """How a published file compares with the ledger, for the moment and the story that it is of.

    ``publications`` are the entries by which these very bytes went out. Of a different one, ``line`` and ``column``
    are the first place, ``expected`` what the ledger gives there and ``got`` what stands in the file.
    """

    file: str
    sha256: str
    likeness: Likeness
    size: int
    as_said: datetime | None
    story: str | None
    publications: tuple[int, ...]
    redacted: int = 0
    line: int | None = None
    column: str | None = None
    why: str | None = None
    expected: str | None = None
    got: str | None = None

    @property
    def ok(self) -> bool:
        """Whether no cell differs but for what was redacted."""
        return self.likeness is not Likeness.DIFFERENT

    def but(self, **changes: Any) -> Rechecked:
        """The same, with some fields changed."""
        return replace(self, **changes)
