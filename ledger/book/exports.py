"""The half of the façade that hands out what may be published: files for spreadsheets and machines, and feeds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ledger.book.bringing import Bringing
from ledger.book.public import Public
from ledger.book.snapshot import Snapshot
from ledger.book.views import AsOf
from ledger.store import Reader
from ledger.times import zone_named

# Few commands write files or feeds, and what writes them takes a while to import.
if TYPE_CHECKING:
    from ledger.formats.atom import Feed

NOW = AsOf()


class Exports(Bringing):
    """What a publisher may take. Every method sees one consistent prefix, and the same prefix gives the same bytes."""

    @property
    def zone(self) -> ZoneInfo:
        """The desk's time zone."""
        return zone_named(self._opened().zone)

    @contextmanager
    def _snapshot(self, as_of: AsOf = NOW) -> Iterator[Snapshot]:
        with self._store.reading(size=as_of.known) as reader:
            yield Snapshot(reader, as_of.said, self.zone)

    def _to_publish(self, reader: Reader, as_of: AsOf, *, held: bool) -> Snapshot:
        """What may be published of a prefix; with ``held`` that of held claims as well."""
        return Snapshot(reader if held else Public(reader), as_of.said, self.zone)

    def export_csv(
        self,
        folder: str | Path,
        *,
        story: int | str | None = None,
        as_of: AsOf = NOW,
        held: bool = False,
        delimiter: str = ",",
        raw: bool = False,
        package: bool = False,
        licence: str | None = None,
    ) -> list[Path]:
        """Write ``claims.csv`` and ``entries.csv`` into a folder, each whole or not at all; return their paths.

        Held claims stay out of ``claims.csv`` unless ``held``. With ``package`` there is a ``datapackage.json`` beside
        them that describes both, under a ``licence`` that is a name or an address. The same moment gives the same
        bytes. Raises :class:`~ledger.errors.Unavailable` if the folder cannot be written, and
        :class:`~ledger.errors.Misused` for a licence that is neither, or is given without a package.
        """
        from ledger.book.export import Form, export_csv

        known = None if as_of.known is None else as_of.known - 1
        form = Form(delimiter=delimiter, raw=raw, held=held, package=package, licence=licence)
        with self._store.reading(size=as_of.known) as reader:
            snapshot = self._to_publish(reader, as_of, held=held)
            return export_csv(snapshot, Path(folder), reader.root, story=story, known=known, form=form)

    def changes_feed(
        self,
        *,
        story: int | str | None = None,
        url: str | None = None,
        limit: int | None = None,
        file: str = "changes.atom",
    ) -> Feed:
        """The last changes of state as this desk recorded them, the newest first: of a story's claims, or of all.

        ``url`` is where the pages and, as ``file``, the feed are published; without one the feed leads nowhere. Only
        public parts are in it, and nothing of a claim that is held. Raises :class:`~ledger.errors.Misused`.
        """
        from ledger.book.feeds import LIMIT, changes_feed, channel

        with self._snapshot() as snapshot:
            to = channel(snapshot, url)
            return changes_feed(snapshot, to, story, LIMIT if limit is None else limit, file)

    def export_claimreview(
        self,
        path: str | Path,
        *,
        story: int | str | None = None,
        as_of: AsOf = NOW,
        held: bool = False,
        url: str | None = None,
        newsroom: str | None = None,
        language: str | None = None,
    ) -> int:
        """Write what this newsroom says of each claim as ClaimReviews, whole or not at all; return how many.

        ``url`` is where the pages of the claims are published, ``newsroom`` the name that speaks (else the origin), and
        ``language`` the tag of the language that the claims are worded in. Only public parts are written; held claims
        stay out unless ``held``. The same moment gives the same bytes. Raises :class:`~ledger.errors.Misused` for
        an address that is none of a website, :class:`~ledger.errors.Rejected` for a name or a language that cannot be,
        and :class:`~ledger.errors.Unavailable` if the file cannot be written.
        """
        from ledger.book.reviews import Newsroom, export_reviews

        told = Newsroom(newsroom or self._opened().origin, url, language)
        with self._snapshot(as_of) as snapshot:
            return export_reviews(snapshot, Path(path), told, story=story, held=held)
