"""The part of the façade by which rows come in that somebody has written elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.book.acts import DeskActs
from ledger.book.roles import guarded
from ledger.errors import Problem, Rejected
from ledger.store import Slips
from ledger.times import zone_named

# Files are read by few commands, and what reads them is a good part of what a start would import.
if TYPE_CHECKING:
    from ledger.book.importing import Imported
    from ledger.formats.rows import Row


@guarded
class Bringing(DeskActs):
    """Files of rows, whole or not at all."""

    def load(self, rows: Iterable[Row | Problem]) -> tuple[int, ...]:
        """Append the rows of a file in one transaction; return the indexes written.

        Names and texts are found or opened, never matched by likeness. A row that was loaded before adds nothing.
        Raises :class:`~ledger.errors.Rejected` with every problem of every row, and then writes nothing.
        """
        from ledger.book.loading import Loading

        with self._store.writing() as writer, Slips() as slips:
            act = self._recording_in(writer)
            loading = Loading(act, slips)
            loading.take_all(rows)
            if loading.problems:
                raise Rejected("nothing was loaded", problems=loading.problems, next="mend the file and load it again")
            return act.wrote

    def import_file(
        self,
        path: str | Path,
        *,
        chart: str | None = None,
        story: str | None = None,
        dry_run: bool = False,
        raw: bool = False,
        aside: str | None = None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Imported:
        """Append the rows of a file, whole or not at all, and once.

        The suffix tells what it holds: ``.jsonl`` and ``.ndjson`` JSON Lines, ``.jsonld`` and ``.json`` ClaimReviews,
        any other CSV. ``chart`` is the text of a map (TOML), ``story`` is for the rows that name none, ``aside`` is a
        column that goes into no entry. The file is read twice; ``progress`` hears the number of characters as they are
        read. It can be killed at any point and called again. Raises :class:`~ledger.errors.Rejected` with all problems,
        up to a limit that is told.
        """
        from ledger.book.importing import Aside, import_rows, lines_of, of_reviews, read_file
        from ledger.formats.mapping import parse_map

        zone, now = zone_named(self._opened().zone), self._clock()
        columns = None if chart is None else parse_map(chart, columns=not of_reviews(str(path)))
        laid = None if aside is None else Aside(aside)

        def rows() -> Iterator[Row | Problem]:
            with lines_of(Path(path), progress) as lines:
                yield from read_file(
                    lines, str(path), chart=columns, story=story, zone=zone, now=now, raw=raw, aside=laid
                )

        return import_rows(self._store, Path(path).name, rows, self._recording_in, dry_run=dry_run)
