"""How much memory a command takes at its peak, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from ledger.book import Ledger

ROOT = Path(__file__).resolve().parents[1]
FEW = 5_000
MOST = 1.5

_DRIVER = """
import json, resource, sys
from ledger.cli.root import run

code = run(sys.argv[1:])
print(json.dumps([code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]), file=sys.stderr)
"""


def peak_of(*args: str | Path) -> tuple[int, int, str]:
    """Run `claims` with these words; its exit code, its peak in KiB, and what it said on stderr before that."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "CLAIMS_RECORDER": "Ana"}
    # The memory of the process that makes a child counts as the peak of the child, so a small one stands between.
    between = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"
    command = [sys.executable, "-c", between, sys.executable, "-c", _DRIVER, *map(str, args)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, encoding="utf-8", check=True)
    *said, last = done.stderr.splitlines()
    code, peak = json.loads(last)
    return code, peak // (1024 if sys.platform == "darwin" else 1), "\n".join(said)


def peak_of_import(feed: Path, ledger: Path) -> int:
    """The peak of importing a file into a new ledger."""
    Ledger.create(ledger, origin="example.org/desk", zone="UTC", recorder="Ana").close()
    code, peak, said = peak_of("import", feed, "--ledger", ledger)
    assert code == 0, said
    return peak
