"""The part of the façade that remembers what went out, says what is owed for it, and checks it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.book.correctives import correctives
from ledger.book.exports import NOW, Exports
from ledger.book.impact import impact
from ledger.book.lookup import find_story
from ledger.book.notice import by_publication, notice
from ledger.book.public import Public
from ledger.book.publications import (
    debt_rows,
    find_publication,
    is_address,
    live_publications,
    owing_on,
    owing_to,
    publication_rows,
    settlement_rows,
)
from ledger.book.published import Corrective, DebtRow, Impact, Notice, PublicationRow, Rechecked, SettlementRow
from ledger.book.recording import Recording
from ledger.book.roles import guarded
from ledger.book.snapshot import Snapshot
from ledger.book.views import AsOf, Receipt
from ledger.debts import Owing, heard
from ledger.errors import Misused, Problem, Rejected
from ledger.model import Publication, Settlement
from ledger.resolver import Acts, Facts, First
from ledger.store import Reader
from ledger.text import flaws, shown
from ledger.times import Moment, show_minute, show_time
from ledger.vocabulary import Part

if TYPE_CHECKING:
    from ledger.formats.atom import Feed


@guarded
class Publishing(Exports):
    """Publications, what is owed on them, and the correctives that settle it."""

    def _snapshot_of(self, reader: Reader, said: datetime | None = None) -> Snapshot:
        return Snapshot(reader, said, self.zone)

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
            policy = _policy_at(act.writer, size)
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
                f"published: {show_time(published.at, self.zone)}: nothing was recorded by then",
                next="say what it rests on with --as-known, by an index or a time",
            )
        return size

    def publications(self) -> list[PublicationRow]:
        """What went out and was not retracted, the newest first, with how many claims are owed on it."""
        with self._snapshot() as snapshot:
            readers = heard(snapshot.reader, live_publications(snapshot))
            return publication_rows(snapshot, readers, [each.publication for each in owing_to(snapshot, readers)])

    def settlements(self) -> list[SettlementRow]:
        """The correctives that went out, the newest first."""
        with self._snapshot() as snapshot:
            return settlement_rows(snapshot)

    def correctives(self) -> list[Corrective]:
        """The correctives that went out, with what each mended, the newest first; only what is public of them."""
        with self._store.reading() as reader:
            return correctives(Snapshot(Public(reader), None, self.zone))

    def corrections_feed(
        self, *, url: str | None = None, limit: int | None = None, file: str = "corrections.atom"
    ) -> Feed:
        """The last correctives that went out as a feed, the newest first; see :meth:`changes_feed`."""
        from ledger.book.feeds import LIMIT, channel, corrections_feed

        with self._store.reading() as reader:
            public = Snapshot(Public(reader), None, self.zone)
            return corrections_feed(correctives(public), channel(public, url), LIMIT if limit is None else limit, file)

    def debts(self, publication: int | str | None = None, *, story: int | str | None = None) -> list[DebtRow]:
        """What readers of publications, or of one, were told that no longer holds: the most urgent first."""
        with self._snapshot() as snapshot:
            owing = owing_on(snapshot, self._chosen(snapshot, publication))
            if story is not None:
                of_story = find_story(snapshot.reader, story)
                owing = [each for each in owing if snapshot.fold.acts.story(each.claim) == of_story]
            return debt_rows(snapshot, owing, self._clock())

    def _chosen(self, snapshot: Snapshot, publication: int | str | None) -> list[int]:
        return live_publications(snapshot) if publication is None else [find_publication(snapshot, publication)]

    def notices(self, publication: int | str | None = None) -> list[Notice]:
        """Draft the corrective to each publication on which something is owed, or to one.

        It is meant for the public, so what is withheld from the public is withheld in it, the name of the piece apart.
        """
        with self._store.reading() as reader:
            whole, public = self._snapshot_of(reader), Snapshot(Public(reader), None, self.zone)
            return self._notices(whole, public, owing_on(public, self._chosen(whole, publication)))

    def _notices(self, whole: Snapshot, public: Snapshot, owed: Iterable[Owing]) -> list[Notice]:
        rows = debt_rows(public, owed, self._clock(), whole.texts)
        origin, size, zone = self._opened().origin, whole.reader.size, self.zone
        return [
            notice(index, each, origin, size, lambda at: show_minute(at, zone))
            for index, each in by_publication(rows).items()
        ]

    def export_atom(
        self,
        path: str | Path,
        *,
        story: int | str | None = None,
        url: str | None = None,
        limit: int | None = None,
        corrections: bool = False,
    ) -> Feed:
        """Write :meth:`changes_feed`, or :meth:`corrections_feed`, to a file, whole or not at all, and return it.

        Raises :class:`~ledger.errors.Unavailable` if the file cannot be written.
        """
        from ledger.book.files import write_file
        from ledger.formats.atom import write

        path = Path(path)
        if corrections:
            feed = self.corrections_feed(url=url, limit=limit, file=path.name)
        else:
            feed = self.changes_feed(story=story, url=url, limit=limit, file=path.name)
        write_file(path, [write(feed)])
        return feed

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
            # What rests on less than the publication is refused below, with its place.
            body = act.writer.entry(index).body
            assert isinstance(body, Publication)
            rests = size > body.size
            owed = {each.claim for each in owing_on(snapshot, [index], size=size)} if rests else set()
            if rests and not (owed and owed.issuperset(chosen)):
                claim = next((each for each in chosen if each not in owed), None)
                what = "" if claim is None else f" on claim {claim}"
                then = "" if size == act.writer.size else f" as of entry {size - 1}"
                why = f"settle: publication {index}: nothing is owed{what}{then}"
                raise Rejected(why, next="`claims debt` lists what is owed")
            parts = {Part.URL: None if url is None else url.strip(), Part.NOTE: note}
            only = next(iter(owed)) if len(owed) == 1 else None
            return act.receipt_on(act.append(Settlement(index, size, chosen, published), parts), only)

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
        package: bool = False,
        licence: str | None = None,
        title: str | None = None,
    ) -> tuple[list[Path], Receipt]:
        """Write the files of :meth:`~ledger.book.Ledger.export_csv`, and record that they went out.

        What it is called is looked at first of all. The files come before the entry: what a crash leaves is files of
        which no entry says that they went out.
        """
        from ledger.book.export import Form, export_csv
        from ledger.book.files import digest_of

        _check_called(name_or_url, title)
        form = Form(delimiter=delimiter, raw=raw, held=held, package=package, licence=licence)
        with self._store.reading(size=as_of.known) as reader:
            _policy_at(reader, reader.size)
            snapshot = self._to_publish(reader, as_of, held=held)
            known = None if as_of.known is None else as_of.known - 1
            paths = export_csv(snapshot, Path(folder), reader.root, story=story, known=known, form=form)
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
            return recheck(Path(file), reader, self._store.reading, self.zone)


def _check_called(name_or_url: str, title: str | None) -> None:
    """Refuse what nothing can be called, before anything is written."""
    texts = {Part.URL if is_address(name_or_url) else Part.NAME: name_or_url.strip(), Part.TEXT: title}
    told = [(part, text) for part, text in texts.items() if text is not None]
    problems = [Problem(part.value, flaw, got=shown(text)) for part, text in told for flaw in flaws(part, text)]
    if problems:
        raise Rejected("nothing was published", problems=problems, next="give it another name")


def _policy_at(facts: Facts, size: int) -> int:
    """The policy in force by the first ``size`` entries. Raises :class:`~ledger.errors.Misused` where there is none."""
    found = Acts(First(facts, size)).policy_entry()
    if found is None:
        why = f"as known: entry {size - 1}: no rules were in force yet, so nothing could be told"
        raise Misused(why, next="give the index of a later entry, or a time since the ledger was opened")
    return found
