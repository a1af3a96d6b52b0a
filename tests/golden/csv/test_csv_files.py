"""Both CSV files, byte for byte. `make golden` rewrites them; then read the diff."""

import os
from pathlib import Path

import pytest

from ledger.formats.claims import write_claims
from ledger.formats.entries import row_from
from ledger.formats.rows import write_rows
from tests.golden.csv.example import CLAIMS, contents, entries

HERE = Path(__file__).parent


def written(name: str, *, delimiter: str, raw: bool) -> bytes:
    if name == "claims":
        chunks = write_claims(CLAIMS, delimiter=delimiter, raw=raw)
    else:
        found, known = entries(), contents()
        rows = (row_from(entry, found.__getitem__, lambda *part: known.get(part)) for entry in found)
        chunks = write_rows(rows, delimiter=delimiter, raw=raw)
    return "".join(chunks).encode("utf-8")


@pytest.mark.parametrize(
    ("name", "ending", "delimiter", "raw"),
    [
        ("claims", ".csv", ",", False),
        ("claims", ".semicolon.csv", "semicolon", False),
        ("claims", ".raw.csv", ",", True),
        ("entries", ".csv", ",", False),
    ],
)
def test_the_bytes_are_those_of_the_golden_file(name, ending, delimiter, raw):
    golden = HERE / f"{name}{ending}"
    data = written(name, delimiter=delimiter, raw=raw)
    if os.environ.get("LEDGER_GOLDEN"):
        golden.write_bytes(data)
    assert data == golden.read_bytes()
