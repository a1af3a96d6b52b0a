# ruff: noqa: E501 (the sheets are shown as they are)
"""docs/scorecard.md: on a small sheet of the same shape, and its figures on the real ones where they are."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.shell import ROOT, Shell

PAGE = (ROOT / "docs" / "scorecard.md").read_text(encoding="utf-8")
# As the folder is named from where the tests were started; they go elsewhere.
DATA = str(Path(os.environ["LEDGER_DATA"]).resolve()) if os.environ.get("LEDGER_DATA") else None
RULES = ["the resolver", "latest wins", "latest decisive", "majority", "any denial wins"]

STANCES = """\
claim_id,claim_opened_at,claim,claim_truth,article_id,recorded_at,source,url,article_headline,stance
c1,2014-08-01T22:39:49Z,The bridge is shut,true,a1,2014-08-01T22:39:49Z,north.example,http://north.example/1,Bridge shut,for
c1,2014-08-01T22:39:49Z,The bridge is shut,true,a2,2014-08-02T10:00:00Z,south.example,http://south.example/2,Bridge shut,for
c1,2014-08-01T22:39:49Z,The bridge is shut,true,a3,2014-08-02T11:00:00Z,west.example,http://west.example/2,Bridge?,observing
c2,2014-08-03T09:00:00Z,A cat rang the mayor,FALSE,a4,2014-08-03T09:00:00Z,north.example,http://north.example/3,A cat rang,for
c2,2014-08-03T09:00:00Z,A cat rang the mayor,false,a5,2014-08-03T10:00:00Z,south.example,http://south.example/3,No cat rang,against
c2,2014-08-03T09:00:00Z,A cat rang the mayor,false,a6,2014-08-03T11:00:00Z,east.example,http://east.example/3,Cat rang again,for
c3,2014-08-04T09:00:00Z,The lake is dry,false,a7,2014-08-04T09:00:00Z,east.example,http://east.example/4,Is the lake dry,observing
c4,2014-08-05T09:00:00Z,The sea is dry,unknown,a8,2014-08-05T09:00:00Z,east.example,http://east.example/5,Sea dry,for
c5,2014-08-06T09:00:00Z,The moon fell,false,a9,2014-08-06T09:00:00Z,east.example,http://east.example/6,It did not,against
"""

POSTS = """\
split,event,thread_id,tweet_id,is_source,in_reply_to,created_at,screen_name,verified,stance,certainty,evidentiality,thread_veracity,claim_category,is_turnaround
train,harbourfire,11,11,1,,2014-08-10T01:30:14Z,OneExample,1,support,certain,source-quoted,true,The harbour burns,0
train,harbourfire,11,12,0,11,2014-08-10T01:33:23Z,TwoExample,0,comment,,,true,The harbour burns,0
train,harbourfire,11,13,0,11,2014-08-10T01:34:23Z,ThreeExample,0,deny,,,true,The harbour burns,0
train,harbourfire,21,21,1,,2014-08-10T02:30:14Z,OneExample,1,support,certain,source-quoted,unverified,Arson,0
"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """No ledger: a score needs none."""
    return Shell(tmp_path, monkeypatch)


def card(shell: Shell, file: Path, name: str, gold: str, *more: str) -> dict[str, Any]:
    chart = str(ROOT / "docs" / "maps" / f"{name}.toml")
    found = shell.ok("score", str(file), "--map", chart, "--gold", gold, "--json", *more).json
    assert isinstance(found, dict)
    assert [each["rule"] for each in found["scores"]] == RULES
    return found


def counts(found: dict[str, Any], name: str) -> list[tuple[int, int]]:
    return [(each[name]["count"], each[name]["of"]) for each in found["scores"]]


def test_a_small_sheet_of_articles(shell: Shell) -> None:
    file = shell.folder / "stances.csv"
    file.write_text(STANCES, encoding="utf-8")
    found = card(shell, file, "emergent", "claim_truth")
    assert (found["rows"], found["claims"], found["true"], found["false"]) == (9, 5, 1, 3)
    assert found["undecided"] == {"unknown": 1}
    assert {state: (each["true"], each["false"]) for state, each in found["states"].items()} == {
        "corroborated": (1, 0),
        "disputed": (0, 1),
        "silent": (0, 1),
        "denied": (0, 1),
    }
    assert counts(found, "right") == [(2, 4), (1, 4), (2, 4), (2, 4), (3, 4)]
    assert counts(found, "answered") == [(2, 4), (2, 4), (3, 4), (3, 4), (3, 4)]
    assert counts(found, "accepted") == [(1, 1), (0, 1), (1, 2), (1, 2), (1, 1)]
    assert counts(found, "denied") == [(1, 1), (1, 1), (1, 1), (1, 1), (2, 2)]
    assert [each["abstained"] for each in found["scores"]] == [2, 2, 1, 1, 1]
    assert list(shell.folder.iterdir()) == [file], "no ledger is left behind"


def test_a_small_sheet_of_posts(shell: Shell) -> None:
    file = shell.folder / "posts.csv"
    file.write_text(POSTS, encoding="utf-8")
    found = card(shell, file, "rumoureval", "thread_veracity")
    assert (found["true"], found["false"], found["undecided"]) == (1, 0, {"unverified": 1})
    assert found["states"] == {"unverified": {"true": 1, "false": 0}}
    assert counts(found, "right") == [(0, 1), (0, 1), (0, 1), (0, 1), (0, 1)]


def test_the_commands_of_the_page_work(shell: Shell) -> None:
    for name, small in (("stances.csv", STANCES), ("train_dev.csv", POSTS)):
        (shell.folder / name).write_text(small, encoding="utf-8")
    (shell.folder / "docs").symlink_to(ROOT / "docs")
    commands = re.findall(r"^\$ claims (.*)$", PAGE, re.MULTILINE)
    assert len(commands) >= 2
    for command in commands:
        shell.ok(*shlex.split(command))


def table(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading of the page."""
    part = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def shown(rate: dict[str, Any]) -> str:
    return f"{rate['count']}/{rate['of']}" + (f", {100 * rate['count'] / rate['of']:.0f} %" if rate["of"] else "")


def as_rows(found: dict[str, Any]) -> list[list[str]]:
    names = ("answered", "accepted", "denied", "right")
    return [[each["rule"], *(shown(each[name]) for name in names)] for each in found["scores"]]


real = pytest.mark.skipif(not DATA, reason="LEDGER_DATA names no folder with the real sheets")


@real
def test_the_real_articles(shell: Shell) -> None:
    """The naive rules are right on 53, 64, 58 and 77 of a hundred; the page has the rest."""
    found = card(shell, Path(str(DATA)) / "emergent/stances.csv", "emergent", "claim_truth")
    assert (found["rows"], found["claims"], found["true"], found["false"]) == (2_595, 300, 63, 112)
    assert counts(found, "right")[1:] == [(93, 175), (112, 175), (101, 175), (135, 175)]
    assert [round(100 * count / of) for count, of in counts(found, "right")[1:]] == [53, 64, 58, 77]
    assert table("Emergent") == as_rows(found)
    states = [[state, str(each["true"]), str(each["false"])] for state, each in found["states"].items()]
    assert table("The states behind it") == states


@real
def test_the_real_posts(shell: Shell) -> None:
    found = card(shell, Path(str(DATA)) / "rumoureval2017/train_dev.csv", "rumoureval", "thread_veracity")
    assert (found["rows"], found["claims"], found["true"], found["false"]) == (4_519, 297, 137, 62)
    assert table("RumourEval") == as_rows(found)


@real
def test_the_real_articles_by_other_quorums(shell: Shell) -> None:
    rows = []
    for quorum in ("1", "2", "3"):
        more = ("--quorum", quorum, "--policy", "live-roots:1")
        found = card(shell, Path(str(DATA)) / "emergent/stances.csv", "emergent", "claim_truth", *more)
        assert found["quorum"] == int(quorum)
        rows.append([quorum, *as_rows(found)[0][1:]])
    assert table("Another quorum") == rows
