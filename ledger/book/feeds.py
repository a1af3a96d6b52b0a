"""The feeds of a log: what changed, and what was put right. Ids stay for ever, and only public parts are told.

A :class:`Channel` is what the feeds of one log have in common: its name, its day of opening, where it is published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from ledger.book.changes import Told, newest
from ledger.book.lookup import find_story, opening_of
from ledger.book.published import Corrective
from ledger.book.snapshot import Snapshot
from ledger.book.tell import Texts, tell_cause
from ledger.book.website import base_of
from ledger.disclosure import Disclosure
from ledger.errors import Misused
from ledger.formats.atom import Feed, FeedEntry, tag_uri
from ledger.model import Claim, Content, Statement
from ledger.times import show_time
from ledger.vocabulary import Part, State

LIMIT = 100
"""The most entries of a feed, unless another number is asked for."""

_GONE = "no longer listed"


@dataclass(frozen=True, slots=True)
class Channel:
    """The log that the feeds are of. ``url`` is where its pages and feeds are published, with a slash at its end."""

    origin: str
    opened: datetime
    url: str | None = None

    def id(self, *names: str | int) -> str:
        """The name of a feed, or of an entry in one, for ever."""
        return tag_uri(self.origin, self.opened, *names)

    def page(self, claim: int) -> str | None:
        """The page of a claim."""
        return None if self.url is None else f"{self.url}claim/{claim}.html"

    def feed(self, names: Sequence[str | int], title: str, entries: Iterable[FeedEntry], file: str) -> Feed:
        """A feed of these entries that is published as ``file``; without entries it is as old as the log."""
        found = tuple(entries)
        return Feed(
            id=self.id(*names),
            title=title,
            updated=max((entry.updated for entry in found), default=self.opened),
            author=self.origin,
            entries=found,
            self_link=None if self.url is None else self.url + quote(file, errors="replace"),
            page=self.url,
        )


def channel(snapshot: Snapshot, url: str | None) -> Channel:
    """The channel of a ledger. Raises :class:`~ledger.errors.Misused` for a ``url`` that is no address of the web."""
    opened = snapshot.reader.entry(0).recorded
    return Channel(opening_of(snapshot.reader).origin, opened, None if url is None else base_of(url))


def changes_feed(snapshot: Snapshot, to: Channel, story: int | str | None, limit: int, file: str) -> Feed:
    """The last changes of state of a story's claims or of all, the newest first.

    Raises :class:`~ledger.errors.Misused` for a limit below 1, and what a story that is not there raises.
    """
    if limit < 1:
        raise Misused(f"limit: {limit}: leaves no entry", next=f"give 1 or more; {LIMIT} is usual")
    story = None if story is None else find_story(snapshot.reader, story)
    texts = _PublicTexts(snapshot)
    entries = [_change(told, snapshot, texts, to) for told in newest(snapshot, story, limit)]
    if story is None:
        return to.feed(("changes",), f"{to.origin}: what changed", entries, file)
    return to.feed(("changes", "story", story), f"{to.origin}: what changed in {texts.name(story)}", entries, file)


def corrections_feed(rows: Iterable[Corrective], to: Channel, limit: int, file: str) -> Feed:
    """The last correctives that went out, the newest first."""
    last = sorted(rows, key=lambda row: row.settlement.index, reverse=True)[:limit]
    entries = [
        FeedEntry(
            id=to.id("corrections", row.settlement.index),
            title=f"Correction: {row.publication_title or row.settlement.name}",
            updated=row.settlement.published,
            published=row.settlement.published,
            summary=row.text,
            link=row.settlement.url,
        )
        for row in last
    ]
    return to.feed(("corrections",), f"{to.origin}: corrections", entries, file)


class _PublicTexts(Texts):
    """Texts without the parts that are withheld from the public, whatever the reader would give."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(snapshot.reader, snapshot.fold.acts)
        self.absent = "[withheld]"
        self._entry = snapshot.reader.entry
        self._disclosure = Disclosure(snapshot.fold.acts)

    def content(self, index: int, part: Part) -> Content | None:
        """A part, None if it is withheld, or there is none, or none any more."""
        return None if part in self._disclosure.withheld(self._entry(index)) else super().content(index, part)


def _change(told: Told, snapshot: Snapshot, texts: Texts, to: Channel) -> FeedEntry:
    body = snapshot.reader.entry(told.claim).body
    assert isinstance(body, Claim)
    state = _named(told.state)
    return FeedEntry(
        id=to.id("changes", told.index, told.claim),
        title=f"{state}: {texts.claim(told.claim)}",
        updated=told.at,
        published=told.at,
        summary="\n".join(_summary(told, snapshot, texts)),
        link=to.page(told.claim),
        categories=(state, texts.name(body.story)),
    )


def _named(state: State | None) -> str:
    return _GONE if state is None else state.value


def _summary(told: Told, snapshot: Snapshot, texts: Texts) -> Iterator[str]:
    """From what to what, by which entry, when."""
    if told.before is None:
        yield f"New: {_named(told.state)}."
    elif told.before is told.state:
        yield f"Still {told.state}, and leads elsewhere."
    else:
        yield f"From {told.before} to {_named(told.state)}."
    verdict = told.verdict
    if verdict is not None and verdict.claim != told.claim:
        yield f"Counts under claim {verdict.claim} “{texts.claim(verdict.claim)}” from here on."
    if verdict is not None and verdict.successor is not None:
        yield f"Instead: claim {verdict.successor} “{texts.claim(verdict.successor)}”, {verdict.successor_state}."
    entry = snapshot.reader.entry(told.index)
    yield f"By entry {told.index}: {tell_cause(entry, snapshot.reader, texts)}."
    recorded = show_time(entry.recorded.replace(microsecond=0), snapshot.zone)
    if not isinstance(entry.body, Statement):
        yield f"Recorded {recorded}."
    elif entry.body.said is None:
        yield f"Nobody knows when it was said; recorded {recorded}."
    else:
        said = show_time(entry.body.said.at, snapshot.zone, entry.body.said.precision)
        yield f"Said {said}, recorded {recorded}."
