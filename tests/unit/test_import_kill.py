"""An import killed with -9 loses nothing that was written, and the next one ends where an undisturbed one does.

The long version, through the command line as it is, is `make soak-import`.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

from ledger.book import Ledger
from tests.feeds import board_of, substance, write_feed
from tests.soak_import import Killer, new_ledger, size_of

KILLS = 8
ROWS = 800
TRIES = 5  # on a machine that does much else, every kill may come too late
# Many small transactions, so that there is something to kill between.
SMALL = (
    "-c",
    "import sys; from ledger.book import importing; importing.BATCH = 100; "
    "from ledger.cli.root import run; sys.exit(run(sys.argv[1:]))",
)


def killed(killer: Killer, ledger: Path) -> list[int]:
    """Kill imports into one ledger, and look after each; return how many entries there were."""
    sizes = [size_of(ledger)]
    for _ in range(KILLS):
        killer.strike(ledger)
        assert killer.harm(ledger) is None
        sizes.append(size_of(ledger))
    assert sizes == sorted(sizes)
    return sizes


def test_an_import_that_is_killed_again_and_again(tmp_path: Path) -> None:
    feed = write_feed(tmp_path / "feed.csv", ROWS)
    undisturbed = new_ledger(tmp_path / "undisturbed.db")
    killer = Killer(feed, [], 0.0, random.Random(20), SMALL)
    started = time.monotonic()
    killer.finish(undisturbed)
    killer.whole, killer.trial = substance(undisturbed), (time.monotonic() - started) / 2
    for number in range(TRIES):
        ledger = new_ledger(tmp_path / f"killed-{number}.db")
        sizes = killed(killer, ledger)
        if len(set(sizes)) > 2:
            break
    else:
        raise AssertionError(f"no kill came between two transactions: {sizes}")
    killer.finish(ledger)
    assert substance(ledger) == killer.whole
    assert board_of(ledger) == board_of(undisturbed)
    with Ledger.open(ledger, recorder="Ana") as opened:
        assert opened.verify().findings == ()
        assert opened.import_file(feed).written == 0


def test_the_comparison_sees_what_a_kill_could_do(tmp_path: Path) -> None:
    """A test of the test: an entry too many, and one that differs, are both seen."""
    path = new_ledger(tmp_path / "claims.db")
    feed = write_feed(tmp_path / "feed.csv", 3)
    with Ledger.open(path, recorder="Ana") as ledger:
        ledger.import_file(feed)
        whole = substance(path)
        killer = Killer(feed, whole, 0.0, random.Random(1))
        assert killer.harm(path) is None
        ledger.hold("In story 0 the matter 0 is so")
        assert killer.harm(path) == "1 too many"
    assert "differs" in str(Killer(feed, whole[1:], 0.0, random.Random(1)).harm(path))
