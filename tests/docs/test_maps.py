# ruff: noqa: E501 (the sheets are shown as they are)
"""The maps that the documentation ships: on a small sheet of the same shape, and on the real ones where they are.

LEDGER_DATA names the folder that has `emergent/stances.csv` and `rumoureval2017/train_dev.csv`.
"""

from __future__ import annotations

import csv
import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path

import pytest

from ledger.book import Ledger
from ledger.formats.mapping import parse_map
from tests.shell import ROOT, Shell

MAPS = sorted((ROOT / "docs" / "maps").glob("*.toml"))
PAGE = (ROOT / "docs" / "importing.md").read_text(encoding="utf-8")
# As the folder is named from where the tests were started; they go elsewhere.
DATA = str(Path(os.environ["LEDGER_DATA"]).resolve()) if os.environ.get("LEDGER_DATA") else None
FILES = {"emergent": "emergent/stances.csv", "rumoureval": "rumoureval2017/train_dev.csv"}

STANCES = """\
claim_id,claim_opened_at,claim,claim_truth,article_id,recorded_at,source,url,article_headline,stance
c1,2014-08-01T22:39:49Z,The bridge is shut,unknown,a1,2014-08-01T22:39:49Z,north.example,http://north.example/1,Bridge shut,for
c1,2014-08-01T22:39:49Z,The bridge is shut,unknown,a2,2014-08-01T22:40:49Z,south.example,http://south.example/2,"Bridge ""open"" again",against
c1,2014-08-01T22:39:49Z,The bridge is shut,unknown,a3,2014-08-01T22:41:49Z,west.example,http://west.example/3,Is the bridge shut?,observing
c2,2014-08-02T08:00:00Z,"A cat rang, the mayor says",true,a4,2014-08-02T08:00:00Z,north.example,http://north.example/4,Cat rings,for
"""
POSTS = """\
split,event,thread_id,tweet_id,is_source,in_reply_to,created_at,screen_name,verified,stance,certainty,evidentiality,thread_veracity,claim_category,is_turnaround
train,harbourfire,11,101,1,,2014-08-10T01:30:14Z,OneExample,1,support,certain,source-quoted,unverified,The harbour burns,0
train,harbourfire,11,102,0,101,2014-08-10T01:33:23Z,TwoExample,0,comment,,,unverified,The harbour burns,0
train,harbourfire,11,103,0,101,2014-08-10T01:34:23Z,TwoExample,0,deny,,,unverified,The harbour burns,0
dev,harbourfire,12,104,1,,2014-08-10T02:30:14Z,OneExample,1,query,certain,,false,A boat sank,0
"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch).init()


def by_map(shell: Shell, name: str, file: Path) -> tuple[int, int]:
    """Import a file through a map of the documentation, and again; rows, and how many claims the board has."""
    chart = str(ROOT / "docs" / "maps" / f"{name}.toml")
    done = shell.ok("import", str(file), "--map", chart, "--json").json
    assert shell.ok("import", str(file), "--map", chart, "--json").json["written"] == 0
    return done["rows"], len(shell.board())


def statuses(shell: Shell) -> dict[str, int]:
    found: dict[str, int] = {}
    with Ledger.open(shell.folder / "claims.db") as ledger:
        for row in ledger.board():
            for line in ledger.why(row.claim).statements:
                found[str(line.status)] = found.get(str(line.status), 0) + 1
    return found


def test_both_maps_are_there_and_can_be_read() -> None:
    assert [path.stem for path in MAPS] == list(FILES)
    for path in MAPS:
        assert parse_map(path.read_text(encoding="utf-8")).theirs


def test_articles_about_rumours(shell: Shell) -> None:
    file = shell.folder / "stances.csv"
    file.write_text(STANCES, encoding="utf-8")
    assert by_map(shell, "emergent", file) == (3, 2)
    assert statuses(shell) == {"reported": 2, "denied": 1}
    board = shell.board()
    assert board["The bridge is shut"]["state"] == "disputed"
    assert board["A cat rang, the mayor says"]["story"] == "emergent"
    why = shell.ok("why", "The bridge is shut", "--json").json["statements"][1]
    assert (why["said"], why["quote"]) == (None, 'Bridge "open" again')


def test_posts_about_rumours(shell: Shell) -> None:
    file = shell.folder / "posts.csv"
    file.write_text(POSTS, encoding="utf-8")
    assert by_map(shell, "rumoureval", file) == (2, 1)
    assert statuses(shell) == {"reported": 1, "denied": 1}
    row = shell.board()["The rumour of thread 11 is so"]
    assert (row["story"], row["state"], row["first_source"]) == ("harbourfire", "unverified", "@OneExample")


def rows_of(path: Path, stances: Iterable[str]) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["stance"] in stances]


real = pytest.mark.skipif(not DATA, reason="LEDGER_DATA names no folder with the real sheets")


@real
def test_the_real_articles(shell: Shell) -> None:
    file = Path(str(DATA)) / FILES["emergent"]
    told = rows_of(file, ("for", "against"))
    with file.open(encoding="utf-8", newline="") as lines:
        assert len({row["claim"] for row in csv.DictReader(lines)}) == 300
    assert by_map(shell, "emergent", file) == (1_633, len({row["claim"] for row in told})) == (1_633, 271)
    assert statuses(shell) == {"reported": 1_238, "denied": 395}


@real
def test_the_real_posts(shell: Shell) -> None:
    file = Path(str(DATA)) / FILES["rumoureval"]
    told = rows_of(file, ("support", "deny"))
    assert by_map(shell, "rumoureval", file) == (1_254, len({row["thread_id"] for row in told})) == (1_254, 296)
    assert statuses(shell) == {"reported": 910, "denied": 344}


def test_the_small_sheets_have_the_header_of_the_real_ones() -> None:
    for name, small in (("emergent", STANCES), ("rumoureval", POSTS)):
        header = small.splitlines()[0].split(",")
        assert set(parse_map((ROOT / "docs" / "maps" / f"{name}.toml").read_text(encoding="utf-8")).theirs) <= set(
            header
        )
        if DATA:
            with (Path(DATA) / FILES[name]).open(encoding="utf-8", newline="") as file:
                assert next(csv.reader(file)) == header


def test_the_page_shows_the_maps_as_they_are() -> None:
    shown = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    for path in MAPS:
        held = "".join(line for line in path.read_text(encoding="utf-8").splitlines(True) if not line.startswith("#"))
        assert held.strip() in [each.strip() for each in shown], f"{path.name} differs from the page"


def test_the_map_that_explains_every_table_can_be_read() -> None:
    first = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]
    chart = parse_map(first)
    assert chart.form and chart.zone and chart.values and chart.constants


def test_the_commands_of_the_page_work(shell: Shell) -> None:
    """On the small sheets, under the names that the page gives them."""
    for name, small in (("stances.csv", STANCES), ("train_dev.csv", POSTS)):
        (shell.folder / name).write_text(small, encoding="utf-8")
    (shell.folder / "docs").symlink_to(ROOT / "docs")
    # Those on reviews are run where the pages on reviews are.
    commands = re.findall(r"^\$ claims (.*)$", PAGE.split("\n## ClaimReviews\n")[0], re.MULTILINE)
    assert sum("--map" in command for command in commands) >= 2
    for command in commands:
        shell.ok(*shlex.split(command))
    assert {row["story"] for row in shell.board().values()} == {"emergent", "harbourfire"}
