"""`python -m tests.soak`: the faults, for as long as one likes.

WHAT is kill, writers, cut, disk, clock or all, DATABASE is sqlite, postgres or both, by argument or environment. Each
fault gets its share of FOR seconds, or ROUNDS rounds. The end is 1 if anything was lost.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable

from tests.servers import NoServer
from tests.soak.running import FAULTS, NotHere, Tally, soak

DATABASES = {"sqlite": ("sqlite",), "postgres": ("postgresql",), "both": ("sqlite", "postgresql")}
MOST_TOLD = 50
WHAT = tuple(dict.fromkeys(fault for fault, _ in FAULTS))


def asked() -> argparse.Namespace:
    told = os.environ.get
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--what", choices=(*WHAT, "all"), default=told("WHAT") or "all")
    parser.add_argument("--database", choices=DATABASES, default=told("DATABASE") or "both")
    parser.add_argument("--for", dest="seconds", type=float, default=float(told("FOR") or 240))
    parser.add_argument("--rounds", type=int, default=int(told("ROUNDS") or 0))
    parser.add_argument("--writing", type=float, default=float(told("WRITING") or 30))
    parser.add_argument("--seed", type=int, default=int(told("SEED") or time.time()))
    return parser.parse_args()


def until(rounds: int, seconds: float) -> Callable[[int], bool]:
    """Whether it is enough: after so many rounds if any are asked for, else after so many seconds."""
    end = time.monotonic() + seconds
    return lambda done: done >= rounds if rounds else done > 0 and time.monotonic() > end


def main() -> int:
    given = asked()
    print(f"seed {given.seed}", flush=True)
    chosen = [
        (fault, database)
        for fault, database in FAULTS
        if given.what in (fault, "all") and database in DATABASES[given.database]
    ]
    share = given.seconds / max(len(chosen), 1)
    writing = min(given.writing, share) if not given.rounds else given.writing
    tallies: list[Tally] = []
    for fault, database in chosen:
        try:
            tallies.append(soak(fault, database, until(given.rounds, share), given.seed, writing=writing))
        except (NoServer, NotHere) as why:
            print(f"postgresql: not run: {why}", flush=True)
    lost = Counter(f"{tally.fault}, {tally.database}: {loss}" for tally in tallies for loss in tally.losses)
    told = [f"{loss} ({times} times)" if times > 1 else loss for loss, times in lost.items()]
    print("", *tallies, *told[:MOST_TOLD], f"{lost.total()} losses in all", sep="\n")
    return 1 if lost or not tallies else 0


if __name__ == "__main__":
    sys.exit(main())
