"""What a site has besides pages of claims: the corrections of what was published, feeds, tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ledger.book.correctives import correctives
from ledger.book.feeds import LIMIT, changes_feed, channel, corrections_feed
from ledger.book.notice import paragraph
from ledger.book.publications import debt_rows, live_publications, owing_on
from ledger.book.snapshot import Snapshot
from ledger.formats import atom
from ledger.publish.site_links import FEEDS, TABLES
from ledger.times import show_minute
from ledger.vocabulary import State


@dataclass(frozen=True, slots=True)
class Correction:
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


TABLE_FILES = (
    Beside(f"{TABLES}/claims.csv", "Claims as CSV", "text/csv", "one row a claim, with its state and why"),
    Beside(f"{TABLES}/entries.csv", "Entries as CSV", "text/csv", "one row an entry, as it was recorded"),
    Beside(f"{TABLES}/datapackage.json", "Data package", "application/json", "what the columns of both mean"),
)


def corrections(public: Snapshot) -> list[Correction]:
    """What was corrected, and what is still owed; ``public`` is the prefix as the public may see it."""
    return [*_settled(public), *_owed(public)]


def _settled(public: Snapshot) -> Iterator[Correction]:
    for each in correctives(public):
        where = each.settlement
        for row in each.rows:
            said = " ".join(paragraph(row, lambda at: show_minute(at, public.zone)))
            yield Correction(
                claim=row.claim,
                text=row.text,
                publication=each.publication_title or where.name,
                url=each.publication_url,
                told=row.told,
                now=row.state,
                since=row.owed_since,
                settled=where.published,
                corrective=said if where.note is None else f"{said} {where.note}",
                corrective_url=where.url,
            )


def _owed(public: Snapshot) -> Iterator[Correction]:
    owing = [each for each in owing_on(public, live_publications(public)) if each.now.hold is None]
    # How long it is owed is not on the page, which has no clock of its own.
    for row in debt_rows(public, owing, public.reader.entry(public.reader.size - 1).recorded):
        yield Correction(
            claim=row.claim,
            text=row.text,
            publication=row.title or row.name,
            url=row.url,
            told=row.told,
            now=row.state,
            since=row.owed_since,
        )


def feeds(public: Snapshot, url: str | None) -> tuple[Beside, ...]:
    """The feeds of a site that is served at ``url``."""
    to = channel(public, url)
    changes, mended = f"{FEEDS}/changes.atom", f"{FEEDS}/corrections.atom"
    made = (
        (mended, "Corrections as a feed", corrections_feed(correctives(public), to, LIMIT, mended)),
        (changes, "Changes as a feed", changes_feed(public, to, None, LIMIT, changes)),
    )
    return tuple(
        Beside(path, title, atom.MEDIA_TYPE, "for a feed reader", atom.write(feed), feed=True)
        for path, title, feed in made
    )
