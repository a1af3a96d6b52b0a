"""The peak memory of an import, an export and a backup, in processes of their own: it must not grow with the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

from benchmarks.databases import Sqlite
from benchmarks.frame import Cost, Ground, Row, Trial
from tests.feeds import write_feed
from tests.memory import peak_of, peak_of_import

_FEW, _SMALL = 10_000, 500
_MOST = 1.5
_CLOSERS = {
    "import": "what is kept for each row of the file let go of with its batch, or kept on the disk",
    "export": (
        "the board made a story at a time and written as it is made: now the rows of all claims, and every entry that"
        " they rest on, are held at once"
    ),
    "backup": "what is kept for each entry of the ledger let go of, or kept on the disk",
}


@contextmanager
def memory(ground: Ground) -> Iterator[Trial]:
    """Import as many rows as the ground has entries, and 10,000; export the ledgers that come of it."""
    many, few = ground.entries, _SMALL if ground.small else min(_FEW, ground.entries)
    database = Sqlite(ground.folder)
    with database.place() as large, database.place() as small:
        yield Trial(
            {
                "import of many": lambda: _import(ground.folder, large, many),
                "import of few": lambda: _import(ground.folder, small, few),
                "export of many": lambda: _written(ground.folder / "export", large, "export", "csv"),
                "export of few": lambda: _written(ground.folder / "export", small, "export", "csv"),
                "backup of many": lambda: _written(ground.folder / "backup", large, "backup"),
                "backup of few": lambda: _written(ground.folder / "backup", small, "backup"),
            },
            [_row(work, many, few) for work in ("import", "export", "backup")],
            rounds=1,
        )


def _row(work: str, many: int, few: int) -> Row:
    return Row(
        name=f"memory-{work}",
        work=f"peak memory of `claims {work}`, {many:,} rows",
        against=f"{few:,} rows",
        ours=f"{work} of many",
        peer=f"{work} of few",
        unit="MiB",
        target=_MOST,
        closes=_CLOSERS[work],
        costs=True,
    )


def _import(folder: Path, ledger: Path, rows: int) -> Cost:
    ledger.unlink(missing_ok=True)
    feed = write_feed(folder / "feed.csv", rows)
    peak = peak_of_import(feed, ledger)
    feed.unlink()
    return Cost(peak / 1024)


def _written(folder: Path, ledger: Path, *words: str) -> Cost:
    """Write a ledger into a folder, which is gone afterwards."""
    code, peak, said = peak_of(*words, folder, "--ledger", ledger)
    assert code == 0, said
    rmtree(folder)
    return Cost(peak / 1024)
