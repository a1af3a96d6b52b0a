"""What a site is given besides the prefix: the corrections of what was published, and files that stand beside pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ledger.vocabulary import State


@dataclass(frozen=True, slots=True)
class Corrective:
    """A claim that was told the public in one way and no longer holds so; owed while ``settled`` is None.

    ``told`` and ``now`` are its states then and now, None where it is not told. ``since`` is when it began to be owed;
    ``corrective`` is what was published to mend it, ``corrective_url`` where.
    """

    claim: int
    text: str
    publication: str
    url: str | None
    told: State | None
    now: State | None
    since: datetime | None
    settled: datetime | None = None
    corrective: str | None = None
    corrective_url: str | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """A file that goes with the pages, linked from the first one.

    ``text`` is what is in it, None if somebody else writes it; ``feed`` says that it is a feed of the site.
    """

    path: str
    title: str
    media_type: str
    says: str = ""
    text: str | None = None
    feed: bool = False
