"""Sheets that say how their claims turned out: other words, other columns, and everything that is wrong with one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.shell import Shell

HEAD = "text,story,status,source,source_kind,said,outcome\n"
MAP = """\
[columns]
text = "rumour"
source = "paper"
status = "stance"

[constants]
story = "lake"
source_kind = "newspaper"
said = "unknown"

[values.status]
for = "reported"
against = "denied"
"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch)


def written(shell: Shell, text: str, name: str = "sheet.csv") -> str:
    (shell.folder / name).write_text(text, encoding="utf-8")
    return name


def row(text: str, status: str, source: str, outcome: str, said: str = "2017-04-20 22:30") -> str:
    return f"{text},paris,{status},{source},newspaper,{said},{outcome}\n"


def scored(shell: Shell, text: str, *more: str, name: str = "sheet.csv") -> dict[str, Any]:
    found = shell.ok("score", written(shell, text, name), "--gold", "outcome", "--json", *more).json
    assert isinstance(found, dict)
    return found


def resolver(found: dict[str, Any]) -> dict[str, Any]:
    row = found["scores"][0]
    assert isinstance(row, dict)
    return row


def test_no_map_is_needed_for_our_own_columns(shell: Shell) -> None:
    sheet = HEAD + row("One died", "reported", "North", "true") + row("One died", "reported", "South", "")
    found = scored(shell, sheet + row("Two died", "denied", "North", "False"))
    assert (found["true"], found["false"], resolver(found)["right"]["count"]) == (1, 1, 2)
    assert (found["policy"], found["quorum"], found["rows"], found["claims"]) == ("live-roots:1", 2, 3, 2)
    assert resolver(scored(shell, sheet, "--quorum", "3"))["abstained"] == 1
    assert resolver(scored(shell, sheet, "--quorum", "1", "--policy", "live-roots:1"))["abstained"] == 0


def test_json_lines_as_well(shell: Shell) -> None:
    lines = '{"text": "One died", "story": "paris", "status": "denied", "source": "North", "source_kind": "newspaper"'
    found = scored(shell, lines + ', "outcome": false}\n', name="sheet.jsonl")
    assert (found["false"], resolver(found)["denied"]["count"]) == (1, 1)


def test_a_claim_that_is_only_opened_and_the_rows_of_an_authority(shell: Shell) -> None:
    """A claim with an outcome of its own, a ministry with authority that denies it, and two papers for it."""
    head = "kind,text,story,status,source,source_kind,said,outcome\n"
    sheet = head + "claim,One died,paris,,,,,false\nsource,,,,Ministry,official,,\nauthority,,paris,,Ministry,,,\n"
    said = "2017-04-20 22:30"
    sheet += f"statement,One died,,reported,North,newspaper,{said},\n"
    sheet += f"statement,One died,paris,denied,Ministry,,{said},\n"
    found = scored(shell, sheet)
    assert (found["claims"], found["states"]) == (1, {"denied": {"true": 0, "false": 1}})


def test_what_points_elsewhere_takes_a_side_there_too(shell: Shell) -> None:
    """A correction is all that is said of either claim."""
    head = "kind,text,to_text,story,status,source,source_kind,said,outcome\n"
    sheet = head + "claim,Nine died,,paris,,,,,true\n"
    sheet += "statement,Ten died,Nine died,paris,corrected,North,newspaper,2017-04-20 22:30,false\n"
    found = scored(shell, sheet)
    assert [each["right"]["count"] for each in found["scores"]] == [1, 2, 2, 2, 2]
    assert found["states"] == {"unverified": {"true": 1, "false": 0}, "corrected": {"true": 0, "false": 1}}


def test_a_claim_by_the_index_of_a_row_above(shell: Shell) -> None:
    head = "index,kind,claim,text,story,status,source,source_kind,said,outcome\n"
    sheet = head + "4,claim,,One died,paris,,,,,false\n"
    sheet += "5,statement,4,,,denied,North,newspaper,2017-04-20 22:30,\n"
    found = scored(shell, sheet)
    assert (found["claims"], [each["right"]["count"] for each in found["scores"]]) == (1, [1, 1, 1, 1, 1])


def test_the_same_words_in_two_stories_are_two_claims(shell: Shell) -> None:
    """In the second story nobody takes a side."""
    chart = MAP.replace('story = "lake"\n', "").replace('status = "stance"\n', 'status = "stance"\nstory = "where"\n')
    sheet = "rumour,paper,stance,where,outcome\nIt is dry,North,against,lake,false\nIt is dry,North,unsure,sea,true\n"
    found = scored(shell, sheet, "--map", written(shell, chart + 'unsure = "-"\n', "both.toml"))
    assert found["states"] == {"denied": {"true": 0, "false": 1}, "silent": {"true": 1, "false": 0}}


def test_the_gold_column_may_be_one_that_the_map_reads_too(shell: Shell) -> None:
    sheet = written(shell, "rumour,paper,stance\nIt is dry,North,against\nIt is wet,North,for\nIt is wet,South,for\n")
    words = ("--true", "for", "--false", "against")
    chart = written(shell, MAP, "lake.toml")
    found = shell.ok("score", sheet, "--map", chart, "--gold", "stance", *words, "--json").json
    assert (found["true"], found["false"], resolver(found)["right"]["count"]) == (1, 1, 2)


def test_other_words_by_the_map_and_by_the_call(shell: Shell) -> None:
    sheet = "rumour,paper,stance,outcome\nIt is dry,North,against,Debunked\nIt is wet,North,for,verified\n"
    sheet += "It is deep,North,for,open\n"
    chart = written(shell, MAP + '[gold]\ndebunked = "false"\nverified = "true"\nopen = "-"\n', "lake.toml")
    found = scored(shell, sheet, "--map", chart)
    assert (found["true"], found["false"], found["undecided"]) == (1, 1, {"open": 1})
    bare = written(shell, MAP, "bare.toml")
    found = scored(shell, sheet, "--map", bare, "--true", "OPEN", "--true", "verified", "--false", "debunked")
    assert (found["true"], found["false"], found["undecided"]) == (2, 1, {})
    # What is given for one side leaves the map's words for the other.
    found = scored(shell, sheet, "--map", chart, "--true", "open")
    assert (found["true"], found["false"], found["undecided"]) == (1, 1, {"verified": 1})
    assert "an empty word" in shell.refused(2, "score", "sheet.csv", "--gold", "outcome", "--true", " ")
    words = ("--true", "open", "--false", "Open")
    said = shell.refused(2, "score", "sheet.csv", "--map", chart, "--gold", "outcome", *words)
    assert said.startswith("claims: gold: 'open': means both true and false\n")


REFUSED = {
    "the header has no such column": (
        "text,story,status,source,source_kind\nOne died,paris,reported,North,newspaper\n",
        ["outcome: has nothing in any row (expected a column that says how each claim turned out)"],
    ),
    "the column is empty": (
        HEAD + row("One died", "reported", "North", " "),
        ["outcome: has nothing in any row (expected a column that says how each claim turned out)"],
    ),
    "no claim is decided": (
        HEAD + row("One died", "reported", "North", "open") + row("Two died", "reported", "North", "open"),
        ["outcome: decides no claim (expected true or false, got 'open' (2))"],
    ),
    "no row names a claim": (
        "kind,source,source_kind,outcome\nsource,North,newspaper,true\n",
        ["sheet.csv: names no claim"],
    ),
    "the outcomes of one claim contradict one another": (
        HEAD
        + row("One died", "reported", "North", "true")
        + row("one DIED.", "denied", "South", "false")
        + row("One died", "denied", "West", "open"),
        [
            "sheet.csv:3: outcome: contradicts line 2, on the same claim (expected 'true', got 'false')",
            "sheet.csv:4: outcome: contradicts line 2, on the same claim (expected 'true', got 'open')",
        ],
    ),
    "cells that cannot be read, all at once": (
        HEAD + row("One died", "claimed", "North", "true") + row("Two died", "reported", "North", "true", said="noon"),
        ["sheet.csv:2: status: is not in the list", "sheet.csv:3: said:"],
    ),
    "a rule of the ledger is broken": (
        HEAD + row("One died", "withdrawn", "North", "true", said=""),
        ["sheet.csv:2: said:"],
    ),
    "the file is empty": ("", ["sheet.csv:1: the file is empty"]),
    "the file has no rows": (HEAD, ["sheet.csv:1: the file has a header and no rows"]),
    "a quote that is never closed": (HEAD + '"One died', ["sheet.csv:2: a quoted cell is never closed"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_with_a_sheet_is_told(shell: Shell, case: str) -> None:
    text, expected = REFUSED[case]
    done = shell("score", written(shell, text), "--gold", "outcome")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("claims: nothing was scored")
    assert "\nnext: mend the sheet or the map" in done.err
    for line in expected:
        assert line in done.err
    assert [path.name for path in shell.folder.iterdir()] == ["sheet.csv"]


def test_a_map_asks_for_the_gold_column_by_name(shell: Shell) -> None:
    sheet = written(shell, "rumour,paper,stance\nIt is dry,North,for\n")
    done = shell("score", sheet, "--gold", "Outcome", "--map", written(shell, MAP, "lake.toml"))
    assert "sheet.csv:1: outcome: is asked for, and is no column of the file" in done.err
    unfit = written(shell, MAP + '[gold]\nopen = "perhaps"\n', "unfit.toml")
    done = shell("score", sheet, "--gold", "outcome", "--map", unfit)
    assert done.code == 1
    assert 'map: gold: open: is not known (expected "true", "false" or "-", got \'perhaps\')' in done.err


def test_what_is_wrong_with_the_call(shell: Shell) -> None:
    sheet = written(shell, HEAD + row("One died", "reported", "North", "true"))
    asked = ("score", sheet, "--gold", "outcome")
    for policy in ("live-roots:2", "live-roots", "majority:1", ""):
        assert "is not known to this version\nnext: give live-roots:1" in shell.refused(2, *asked, "--policy", policy)
    assert "gold: Status: is a column of the entries" in shell.refused(2, "score", sheet, "--gold", "Status")
    assert "nowhere.csv: cannot be read" in shell.refused(3, "score", "nowhere.csv", "--gold", "outcome")
    assert "cannot be read" in shell.refused(3, *asked, "--map", "nowhere.toml")
    shell.refused(2, *asked, "--quorum", "0")
    shell.refused(2, "score", sheet)


def test_what_a_person_reads(shell: Shell) -> None:
    sheet = HEAD + row("One died", "reported", "North", "true") + row("One died", "reported", "South", "true")
    done = shell.ok("score", written(shell, sheet + row("Two died", "reported", "South", "open")), "--gold", "outcome")
    lines = done.out.splitlines()
    assert " ".join(lines[:2]).replace("     ", " ") == (
        "3 rows on 2 claims, of which 1 are decided: 1 true, 0 false; left out: 1 open"
    )
    assert "the resolver     1/1, 100 %  1/1, 100 %    0/0          1/1, 100 %" in lines
    assert "the resolver     21 to 100 %  21 to 100 %                21 to 100 %" in lines
    assert done.err == ""
