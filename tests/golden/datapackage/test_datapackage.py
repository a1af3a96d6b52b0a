"""The description of both CSV files, byte for byte. `make golden` rewrites it; then read the diff."""

from __future__ import annotations

import os
from pathlib import Path

from tests.golden.feeds.example import night
from tests.packages import validate

GOLDEN = Path(__file__).parent / "datapackage.json"


def test_the_bytes_are_those_of_the_golden_file(tmp_path: Path) -> None:
    with night(tmp_path).ledger as ledger:
        *_, path = ledger.export_csv(tmp_path / "out", package=True, licence="CC-BY-4.0")
    data = path.read_bytes()
    if os.environ.get("LEDGER_GOLDEN"):
        GOLDEN.write_bytes(data)
    assert data == GOLDEN.read_bytes()
    assert validate(str(path)).valid
