"""The part of the façade that remembers what went out, says what is owed for it, and checks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from ledger.book.acts import DeskActs
from ledger.book.impact import impact
from ledger.book.lookup import find_story
from ledger.book.notice import by_publication, notice
from ledger.book.publications import (
    debt_rows,
    find_publication,
    is_address,
    live_publications,
    owing_on,
    publication_rows,
    settlement_rows,
)
from ledger.book.published import DebtRow, Impact, Notice, PublicationRow, Rechecked, SettlementRow
from ledger.book.recording import Recording
from ledger.book.roles import guarded
from ledger.book.snapshot import Snapshot
from ledger.book.views import AsOf, Receipt
from ledger.errors import Misused, Rejected
from ledger.model import Publication, Settlement
from ledger.resolver import Acts, First
from ledger.store import Reader
from ledger.times import Moment, show_time, zone_named
from ledger.vocabulary import Part, Precision

NOW = AsOf()


@guarded
class Publishing(DeskActs):
    """Publications, what is owed on them, and the correctives that settle it."""

    @contextmanager
    def _snapshot(self, as_of: AsOf = NOW) -> Iterator[Snapshot]:
        with self._store.reading(size=as_of.known) as reader:
            yield self._snapshot_of(reader, as_of.said)

    def _snapshot_of(self, reader: Reader, said: datetime | None = None) -> Snapshot:
        return Snapshot(reader, said, zone_named(self._opened().zone))

    def add_publication(
        self,
        name_or_url: str,
        *,
        claims: Sequence[int | str] = (),
        story: int | str | None = None,
        as_of: AsOf = NOW,
        published: Moment | None = None,
        title: str | None = None,
        held: bool = False,
        sha256: str | None = None,
        note: str | None = None,
    ) -> Receipt:
        """Record that something went out: of some claims, of a story, or with neither of every story.

        It rests on the entries that ``as_of`` knows; with none asked for, on those that there were when it was
        ``published``, else on all. ``sha256`` (hex) is that of its file. Raises :class:`~ledger.errors.Rejected`.
        """

        def work(act: Recording) -> Receipt:
            size = self._rests_on(act, as_of.known, published)
            policy = Acts(First(act.writer, size)).policy_entry()
            assert policy is not None, "a ledger opens with a policy"
            of_story = None if story is None else find_story(act.writer, story)
            chosen = tuple(sorted({self._known_claim(act, each) for each in claims}))
            body = Publication(size, policy, published, as_of.said, of_story, chosen, held, sha256)
            called = Part.URL if is_address(name_or_url) else Part.NAME
            parts = {called: name_or_url.strip(), Part.TEXT: title, Part.NOTE: note}
            return act.receipt_on(act.append(body, parts), chosen[0] if len(chosen) == 1 else None)

        return self._written(work)

    def _rests_on(self, act: Recording, known: int | None, published: Moment | None) -> int:
        """How many entries a publication of this moment rests on. The act may open with its recorder: not on that."""
        if known is not None or published is None:
            return act.writer.size if known is None else known
        size = act.writer.size_at(published.at)
        if size == 0:
            raise Misused(
                f"published: {show_time(published.at, zone_named(self._opened().zone))}: nothing was recorded by then",
                next="say what it rests on with --as-known, by an index or a time",
            )
        return size

    def publications(self) -> list[PublicationRow]:
        """What went out and was not retracted, the newest first, with how many claims are owed on it."""
        with self._snapshot() as snapshot:
            return publication_rows(snapshot, owing_on(snapshot, live_publications(snapshot)))

    def settlements(self) -> list[SettlementRow]:
        """The correctives that went out, the newest first."""
        with self._snapshot() as snapshot:
            return settlement_rows(snapshot)

    def debts(self, publication: int | str | None = None, *, story: int | str | None = None) -> list[DebtRow]:
        """What readers of publications, or of one, were told that no longer holds: the most urgent first."""
        with self._snapshot() as snapshot:
            return self._debts(snapshot, publication, story)

    def _debts(
        self, snapshot: Snapshot, publication: int | str | None, story: int | str | None = None
    ) -> list[DebtRow]:
        chosen = live_publications(snapshot) if publication is None else [find_publication(snapshot, publication)]
        owing = owing_on(snapshot, chosen)
        if story is not None:
            of_story = find_story(snapshot.reader, story)
            owing = [each for each in owing if snapshot.fold.acts.story(each.claim) == of_story]
        return debt_rows(snapshot, owing, self._clock())

    def notices(self, publication: int | str | None = None) -> list[Notice]:
        """Draft the corrective to each publication on which something is owed, or to one."""
        with self._snapshot() as snapshot:
            rows, size = self._debts(snapshot, publication), snapshot.reader.size
            zone = snapshot.zone

        def show(moment: datetime) -> str:
            return show_time(moment.replace(second=0, microsecond=0), zone, Precision.MINUTE)

        origin = self._opened().origin
        return [notice(index, owed, origin, size, show) for index, owed in by_publication(rows).items()]

    def settle(
        self,
        publication: int | str,
        *,
        url: str | None = None,
        note: str | None = None,
        claims: Sequence[int | str] = (),
        as_of: AsOf = NOW,
        published: Moment | None = None,
    ) -> Receipt:
        """Record that a corrective went out: readers were told what held by the entries that ``as_of`` knows, else now.

        With ``claims`` it was about those alone. Raises :class:`~ledger.errors.Rejected` where nothing is owed.
        """
        if url is None and note is None:
            raise Misused(
                "settle: where the corrective went out is not said",
                next="give its address with --url, or say with --note where it was told",
            )

        def work(act: Recording) -> Receipt:
            snapshot = self._snapshot_of(act.writer)
            index = find_publication(snapshot, publication)
            size = self._rests_on(act, as_of.known, published)
            chosen = tuple(sorted({self._known_claim(act, each) for each in claims}))
            then = First(act.writer, max(size, index + 1))
            owed = {each.claim for each in owing_on(snapshot, [index], then)}
            if not owed or not owed.issuperset(chosen):
                claim = next((each for each in chosen if each not in owed), None)
                what = "" if claim is None else f" on claim {claim}"
                why = f"settle: publication {index}: nothing is owed{what}"
                raise Rejected(why, next="`claims debt` lists what is owed")
            body = Settlement(index, size, chosen, published)
            parts = {Part.URL: None if url is None else url.strip(), Part.NOTE: note}
            only = next(iter(owed)) if len(owed) == 1 else None
            return act.receipt_on(act.append(body, parts), only)

        return self._written(work)

    def impact(self, given: int | str) -> Impact:
        """What would follow if a source took back all it said, or if an entry fell. Writes nothing."""
        with self._snapshot() as snapshot:
            return impact(snapshot, given, self._clock())

    def publish_csv(
        self,
        folder: str | Path,
        name_or_url: str,
        *,
        story: int | str | None = None,
        as_of: AsOf = NOW,
        held: bool = False,
        delimiter: str = ",",
        raw: bool = False,
        title: str | None = None,
    ) -> tuple[list[Path], Receipt]:
        """Write the files of :meth:`~ledger.book.Ledger.export_csv`, and record that they went out.

        The files come first: what a crash leaves is files of which no entry says that they went out.
        """
        from ledger.book.export import export_csv
        from ledger.book.files import digest_of

        with self._snapshot(as_of) as snapshot:
            known = None if as_of.known is None else as_of.known - 1
            paths = export_csv(
                snapshot, Path(folder), story=story, asked_known=known, held=held, delimiter=delimiter, raw=raw
            )
            rested = AsOf(snapshot.reader.size, as_of.said)
            chosen = None if story is None else find_story(snapshot.reader, story)
        receipt = self.add_publication(
            name_or_url, story=chosen, as_of=rested, title=title, held=held, sha256=digest_of(paths[0])
        )
        return paths, receipt

    def recheck(self, file: str | Path) -> Rechecked:
        """Recompute a published ``claims.csv`` from the ledger, at the size that it names, and compare.

        Raises :class:`~ledger.errors.Rejected` with what keeps it from being read as one.
        """
        from ledger.book.recheck import recheck

        with self._store.reading() as reader:
            return recheck(Path(file), reader, self._store.reading, zone_named(self._opened().zone))
