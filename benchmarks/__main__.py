"""``python -m benchmarks``: measure, print, and write ``results.md`` and ``results.json``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.appending import appending
from benchmarks.boards import boards
from benchmarks.claims import claims
from benchmarks.copying import copying
from benchmarks.desk import desk
from benchmarks.frame import ROUNDS, Ground, Measurement, Result, measure
from benchmarks.listeners import listeners
from benchmarks.memory import memory
from benchmarks.proofs import proofs
from benchmarks.replaying import replaying
from benchmarks.report import summary, write_results
from benchmarks.single import single
from benchmarks.starting import starting
from benchmarks.verification import verification

MEASUREMENTS: Mapping[str, Measurement] = {
    "proofs": proofs,
    "verification": verification,
    "replay": replaying,
    "appending": appending,
    "copying": copying,
    "single": single,
    "claims": claims,
    "boards": boards,
    "starting": starting,
    "memory": memory,
    "desk": desk,
    "listeners": listeners,
}
_SMALL = 2_000


def main(words: Sequence[str]) -> None:
    """Run what is asked for."""
    asked = _parser().parse_args(words)
    names = asked.only or list(MEASUREMENTS)
    with _folder(asked.keep) as folder:
        ground = Ground(folder, _SMALL if asked.small else asked.entries, asked.small)
        # A trial run says nothing of anybody, and does not stay.
        out = asked.out or (folder if asked.small else Path(__file__).parent)
        out.mkdir(parents=True, exist_ok=True)
        results: list[Result] = []
        for name in names:
            results.append(measure(name, MEASUREMENTS[name], ground, asked.rounds, _tell))
            for outcome in results[-1].outcomes:
                print(summary(outcome), flush=True)
        write_results(out, results)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--entries", type=_entries, default=1_000_000, help="entries of the ledger (default: 1000000)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often each side runs (default: {ROUNDS})")
    parser.add_argument("--only", action="append", choices=list(MEASUREMENTS), help="this measurement; may be repeated")
    parser.add_argument("--small", action="store_true", help="only see whether all of it runs, on a few entries")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the ledgers there, for the next run")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the results there (default: benchmarks/)")
    return parser


def _entries(word: str) -> int:
    entries = int(word)
    if entries < _SMALL:
        raise argparse.ArgumentTypeError(f"at least {_SMALL:,}")
    return entries


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with TemporaryDirectory(prefix="ledger-bench-") as folder:
            yield Path(folder)
    else:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
