"""Memory does not grow with the file: half a million rows take little more than five thousand.

Far too long for every run: `make test-scale`. LEDGER_ROWS sets another number of rows.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.feeds import write_feed
from tests.memory import FEW, MOST, peak_of_import

ROWS = int(os.environ.get("LEDGER_ROWS", "500000"))


@pytest.mark.timeout(4 * 60 * 60)
def test_half_a_million_rows_take_at_most_half_as_much_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = peak_of_import(write_feed(tmp_path / "few.csv", FEW), tmp_path / "few.db")
    started = time.monotonic()
    many = peak_of_import(write_feed(tmp_path / "many.csv", ROWS), tmp_path / "many.db")
    with capsys.disabled():
        took = time.monotonic() - started
        print(f"\n{FEW:,} rows: {few:,} KiB; {ROWS:,} rows: {many:,} KiB, {many / few:.2f} times, in {took:,.0f} s")
    assert many <= MOST * few
