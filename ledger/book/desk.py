"""The part of the façade that a desk of many people needs: what would follow, who has said it, what is new."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ledger.book.foresee import (
    AlreadySaid,
    Foreseen,
    GivenUp,
    Meant,
    already,
    meant_claim,
    meant_source,
    state_before,
    touched,
)
from ledger.book.log import lines
from ledger.book.overview import Overview, overview_of
from ledger.book.public import Public
from ledger.book.publications import owing_to, publication_rows
from ledger.book.published import DebtRow, Notice, PublicationRow
from ledger.book.publishing import Publishing
from ledger.book.recording import Recording, Word
from ledger.book.roles import guarded
from ledger.book.snapshot import Snapshot
from ledger.book.tell import Texts
from ledger.book.todo import PATIENCE
from ledger.book.views import AsOf, BoardRow, LogLine, Receipt, Since, TodoRow
from ledger.resolver import Acts
from ledger.times import show_time, zone_named


@guarded
class Shared(Publishing):
    """Recording where others record at the same time."""

    def say(self, word: Word, *, again: bool = False) -> Receipt:
        """Record a statement as :meth:`~ledger.book.acts.DeskActs.record` does, unless somebody has said the same.

        Raises :class:`~ledger.book.AlreadySaid` where a live statement says the same, unless ``again``. It is looked
        for inside the transaction, so of two who record at the same moment the second is told.
        """

        def work(act: Recording) -> Receipt:
            receipt = self._say(act, word)
            there = None if again or not receipt.wrote else already(act, receipt.index)
            if there is not None:
                raise AlreadySaid(there, show_time(there.recorded, zone_named(self._opened().zone)))
            return receipt

        return self._written(work)

    def foresee(self, word: Word) -> Foreseen:
        """What would follow if a statement were recorded; nothing is. Raises what recording it would raise."""

        def work(act: Recording) -> Receipt:
            before = state_before(act, word)
            receipt = self._say(act, word)
            found = Foreseen(before, receipt.state, receipt.because, receipt.remarks, already(act, receipt.index))
            raise GivenUp(found)

        try:
            self._written(work)
        except GivenUp as given_up:
            return given_up.found
        raise AssertionError("the act is always given up")

    def meant_source(self, name: str) -> Meant:
        """What a name means among the sources: one, several that are like it, or a new one."""
        with self._store.reading() as reader:
            return meant_source(reader, name)

    def meant_claim(self, words: str, story: str | None = None) -> Meant:
        """What words mean among the claims, or those of a story."""
        with self._store.reading() as reader:
            return meant_claim(reader, words, story)

    def rows(self, claims: Collection[int]) -> list[BoardRow]:
        """The rows of some claims as on the board, without those that it does not list."""
        with self._snapshot() as snapshot:
            known = sorted({snapshot.fold.acts.folded(claim) for claim in claims})
            return [snapshot.row(explanation, since) for explanation, since in snapshot.explained_claims(known)]

    def overview(self, earlier: Overview | None = None) -> Overview:
        """What the whole desk looks at, of all that there is; from an earlier one it is carried on."""
        with self._snapshot() as snapshot:
            if earlier is None or earlier.size > snapshot.reader.size:
                return overview_of(snapshot)
            return earlier.carried_on(snapshot)

    def todo_of(self, overview: Overview) -> list[TodoRow]:
        """As :meth:`todo`, of all that an overview holds."""
        return overview.todo(self._clock(), PATIENCE)

    def debts_of(self, overview: Overview) -> list[DebtRow]:
        """As :meth:`debts`, of all that an overview holds."""
        return overview.debts(self._clock())

    def publications_of(self, overview: Overview) -> list[PublicationRow]:
        """As :meth:`publications`, of all that an overview holds."""
        with self._snapshot(AsOf(overview.size)) as snapshot:
            return publication_rows(snapshot, overview.readers, [publication for publication, _ in overview.owed])

    def notices_of(self, overview: Overview) -> list[Notice]:
        """As :meth:`notices`, of all that an overview holds."""
        with self._store.reading(overview.size) as reader:
            public = Snapshot(Public(reader), None, self.zone)
            return self._notices(Snapshot(reader, None, self.zone), public, owing_to(public, overview.owed_to()))

    def since_in(self, overview: Overview, last: int) -> Since:
        """As :meth:`since`, up to where an overview goes."""
        return overview.since(last + 1, lambda size: self._snapshot(AsOf(size)))

    def touched(self, size: int) -> set[int]:
        """The claims that the entries after the first ``size`` name."""
        with self._store.reading() as reader:
            return touched(reader, reader.entries(size))

    def lines(self, indexes: Iterable[int]) -> list[LogLine]:
        """These entries in plain words, without those that are not there."""
        with self._store.reading() as reader:
            there = [index for index in indexes if 0 <= index < reader.size]
            return list(lines(reader, Texts(reader, Acts(reader)), there))
