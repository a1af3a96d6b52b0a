"""README.md runs: the two-minute story line by line, and then the Python example on the ledger that it made."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, *words: str) -> str:
    """Run a command in ``folder`` as a person would; it must succeed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CLAIMS_")}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=clean | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "XDG_DATA_HOME": str(folder / "data")},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def test_the_story_and_the_example_run(tmp_path: Path) -> None:
    told = {}
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for line in block.splitlines():
            assert line.startswith("$ claims "), line
            told[line] = run(tmp_path, "-m", "ledger", *shlex.split(line[2:])[1:])
    boards = {line: shown for line, shown in told.items() if "claims board" in line}
    (at_2240, at_2300) = boards.values()
    assert "unverified" in at_2240
    assert "denied" in at_2300
    assert "CORRECTED" in next(shown for line, shown in told.items() if "claims why" in line)
    assert (tmp_path / "csv" / "claims.csv").stat().st_size > 0

    verifier = told["$ claims key new"].strip()
    for words in (("audit", "public"), ("check", "second.proof")):
        assert "example.org/newsroom" in run(tmp_path, "-m", "ledger", *words, "--key", verifier)

    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    assert "corrected to" in run(tmp_path, "example.py")
