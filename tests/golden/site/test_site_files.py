"""Two pages of the seed story's site and what goes beside them, byte for byte. `make golden` rewrites them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.sites import seed_site

HERE = Path(__file__).parent
FILES = ("index.html", "claim/43.html", "corrections.html", "site.json", "csv/claims.csv")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seed_site(tmp_path_factory.mktemp("site"))


@pytest.mark.parametrize("name", FILES)
def test_the_bytes_are_those_of_the_golden_file(site: Path, name: str) -> None:
    golden, data = HERE / name.replace("/", "-"), (site / name).read_bytes()
    if os.environ.get("LEDGER_GOLDEN") == "1":
        golden.write_bytes(data)
    assert data == golden.read_bytes()


def test_no_file_is_left_over() -> None:
    there = {path.name for path in HERE.iterdir() if path.suffix not in (".py", ".pyc") and path.name != "__pycache__"}
    assert there == {name.replace("/", "-") for name in FILES}
