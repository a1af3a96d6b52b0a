"""Imports that are killed at random points, and what has to hold after each kill.

`make soak-import` is the long version, through the command line as it is: KILLS=100 and ROWS=50000, or what the
environment says. It prints a line a kill, and ends with 1 if anything was lost, doubled or changed.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from ledger.book import Ledger
from tests.feeds import Held, board_of, substance, write_feed

ROOT = Path(__file__).resolve().parents[1]
AS_IT_IS = ("-m", "ledger")


def new_ledger(path: Path) -> Path:
    """A ledger with nothing in it but its opening."""
    Ledger.create(path, origin="example.org/desk", zone="UTC", recorder="Ana").close()
    return path


def size_of(path: Path) -> int:
    """How many entries the file has, as anybody sees it who opens it now."""
    with closing(sqlite3.connect(path, timeout=60)) as connection:
        return int(connection.execute("SELECT count(*) FROM entries").fetchone()[0])


@dataclass
class Killer:
    """Imports one file again and again, and kills.

    ``program`` is what Python runs, ``whole`` the ledger of an import that nobody disturbed, ``trial`` how many seconds
    the first half of that one took. Half of the kills come in that half, before anything is written; the others at or
    shortly after one of the transactions of the second.
    """

    feed: Path
    whole: list[Held]
    trial: float
    dice: random.Random
    program: Sequence[str] = AS_IT_IS
    spare: Path = field(init=False)

    def __post_init__(self) -> None:
        # What a killed process cannot clear away is cleared away with the folder of the test.
        self.spare = self.feed.parent / "spare"
        self.spare.mkdir(exist_ok=True)

    def start(self, ledger: Path) -> subprocess.Popen[bytes]:
        """The import, as a process of its own."""
        command = [sys.executable, *self.program, "import", str(self.feed), "--ledger", str(ledger)]
        env = {**os.environ, "PYTHONPATH": str(ROOT), "CLAIMS_RECORDER": "Ana", "TMPDIR": str(self.spare)}
        return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def strike(self, ledger: Path) -> bool:
        """Run the import and kill it somewhere; False if it was done before that."""
        before = size_of(ledger)
        late = self.dice.random() < 0.5
        process = self.start(ledger)
        if late:
            commits, last = self.dice.choice((1, 1, 1, 2, 3)), before
            while commits and process.poll() is None:
                time.sleep(0.002)
                now = size_of(ledger)
                commits -= now > last
                last = now
        longest = self.trial / 50 if late else self.trial
        try:
            process.wait(self.dice.uniform(0, longest))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL

    def finish(self, ledger: Path) -> None:
        """Run the import to its end."""
        code = self.start(ledger).wait()
        assert code == 0, f"the import ended with {code}"

    def harm(self, ledger: Path) -> str | None:
        """What a kill has done to the ledger: it must be the beginning of the whole one, word for word."""
        held = substance(ledger)
        for each, told in zip(held, self.whole, strict=False):
            if each != told:
                return f"entry {each[0]} differs: {each} is not {told}"
        return None if len(held) <= len(self.whole) else f"{len(held) - len(self.whole)} too many"


def main(kills: int, rows: int, seed: int) -> int:
    with tempfile.TemporaryDirectory(prefix="claims-soak-") as name:
        folder = Path(name)
        feed = write_feed(folder / "feed.csv", rows)
        undisturbed = new_ledger(folder / "undisturbed.db")
        killer = Killer(feed, [], 0.0, random.Random(seed))
        started = time.monotonic()
        killer.finish(undisturbed)
        took = time.monotonic() - started
        killer.whole, killer.trial = substance(undisturbed), took / 2
        board = board_of(undisturbed)
        print(f"{rows:,} rows undisturbed: {size_of(undisturbed):,} entries in {took:.0f} s", flush=True)
        return _rounds(killer, kills, board, folder)


def _rounds(killer: Killer, kills: int, board: list[dict[str, object]], folder: Path) -> int:
    done, losses, ledgers = 0, 0, 0
    started = time.monotonic()
    while done < kills:
        ledgers += 1
        ledger = new_ledger(folder / f"killed-{ledgers}.db")
        size = size_of(ledger)
        while done < kills and killer.strike(ledger):
            done += 1
            now, harm = size_of(ledger), killer.harm(ledger)
            lost = harm or (f"{size - now} entries are gone" if now < size else None)
            losses += lost is not None
            size = now
            print(f"kill {done}, ledger {ledgers}: {now:,} entries, {lost or 'nothing lost'}", flush=True)
        killer.finish(ledger)
        with Ledger.open(ledger) as opened:
            findings = opened.verify().findings
        same = substance(ledger) == killer.whole and board_of(ledger) == board and not findings
        losses += not same
        print(f"ledger {ledgers}: {'equal to the undisturbed one' if same else 'NOT EQUAL'}", flush=True)
    print(f"{done} kills, {ledgers} ledgers, {losses} losses, {time.monotonic() - started:.0f} s")
    return 1 if losses else 0


if __name__ == "__main__":
    told = {name: int(os.environ.get(name, most)) for name, most in (("KILLS", 100), ("ROWS", 50_000), ("SEED", 1))}
    sys.exit(main(told["KILLS"], told["ROWS"], told["SEED"]))
