"""The page on CSV: the tables are those of the code, the examples are exact."""

import io
import json
import re
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ledger.formats.claims import COLUMNS as CLAIM_COLUMNS
from ledger.formats.claims import MEANINGS, ClaimRow
from ledger.formats.columns import COLUMNS, NEEDS, OWN_WORDS
from ledger.formats.csv import guard, unguard
from ledger.formats.rows import Row, read_rows
from ledger.vocabulary import Kind

ROOT = Path(__file__).parents[2]
PAGE = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("formats*.md")))
GOLDEN = ROOT / "tests" / "golden" / "csv"


def blocks(label):
    found = re.findall(rf"^```{re.escape(label)}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"no block {label} in docs/formats.md"
    return found


def table(after):
    """The rows of the first table below a heading."""
    section = PAGE.split(f"\n{after}\n", 1)[1]
    lines = section[section.index("| ") :].split("\n\n", 1)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def shown(kinds):
    if kinds == frozenset(Kind):
        return "all"
    if len(kinds) > 8:
        return "all but " + ", ".join(kind for kind in Kind if kind not in kinds)
    return ", ".join(kind for kind in Kind if kind in kinds)


def test_every_column_of_entries_csv_has_its_line():
    assert table("### entries.csv") == [[f"`{column.name}`", shown(column.kinds), column.meaning] for column in COLUMNS]


def test_every_column_of_claims_csv_has_its_line():
    assert table("### claims.csv") == [[f"`{name}`", meaning] for name, meaning in MEANINGS.items()]
    assert tuple(MEANINGS) == CLAIM_COLUMNS
    assert len(CLAIM_COLUMNS) == len(fields(ClaimRow))


def test_what_each_kind_needs_is_told():
    told = {row[0]: row[1] for row in table("### Rows written by hand")}
    for kind, choices in NEEDS.items():
        needed = ", ".join(" or ".join(f"`{name}`" for name in choice) for choice in choices)
        assert told[f"`{kind}`"] == (needed or "nothing")


def test_what_may_be_withheld_is_told():
    assert "own words (" + ", ".join(f"`{name}`" for name in OWN_WORDS.values()) + ")" in PAGE


def test_the_examples_of_exports_are_lines_of_the_golden_files():
    for name in ("claims.csv", "entries.csv"):
        golden = (GOLDEN / name).read_text(encoding="utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
        for block in blocks(f"csv {name}"):
            for line in block.splitlines():
                assert line in golden.splitlines()


def test_the_example_of_an_import_reads_without_a_problem():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for block in blocks("csv import"):
        rows = list(read_rows(io.StringIO(block, newline=""), zone=ZoneInfo("Europe/Paris"), now=now))
        assert rows
        assert all(isinstance(row, Row) for row in rows)


def test_the_examples_of_the_guard_are_exact():
    for block in blocks("guard"):
        for line in block.splitlines():
            cell, guarded = (
                re.sub(r"⇥", "\t", part.removeprefix("|").removesuffix("|")) for part in line.split(" -> ")
            )
            assert guard(cell) == guarded
            assert unguard(guarded) == cell


def test_the_example_of_a_feed_is_in_the_golden_file():
    golden = (GOLDEN.parent / "feeds" / "changes.atom").read_text(encoding="utf-8")
    for block in blocks("atom"):
        assert block in golden


def test_the_example_of_a_data_package_is_in_the_golden_file():
    golden = json.loads((GOLDEN.parent / "datapackage" / "datapackage.json").read_text(encoding="utf-8"))
    fields = [field for resource in golden["resources"] for field in resource["schema"]["fields"]]
    for block in blocks("datapackage"):
        assert json.loads(block) in fields
    told = table("## Data package")
    assert {name.strip("`") for row in told for name in row[0].split(", ")} | {"$schema"} == golden.keys()
