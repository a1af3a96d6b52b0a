"""The pages on ClaimReview: the example is exact, the tables are those of the code, the map and the commands work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ledger.formats.claimreview import Review, read, write
from ledger.formats.mapping import parse_map
from ledger.formats.ratings import OPENINGS, WORDS, status_of
from ledger.formats.review import Rating
from ledger.text import fold
from ledger.vocabulary import State, Status
from tests.newsroom import PARIS
from tests.shell import ROOT, Shell

FORMATS = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8").split("\n## ClaimReview\n")[1].split("\n## ")[0]
IMPORTING = (
    (ROOT / "docs" / "importing.md").read_text(encoding="utf-8").split("\n## ClaimReviews\n")[1].split("\n## ")[0]
)
GOLDEN = ROOT / "tests" / "golden" / "claimreview" / "claims.jsonld"
RATED = """\
{"@graph": [
  {"@type": "ClaimReview", "claimReviewed": "The bridge is shut", "author": "North", "reviewRating": "Half true"},
  {"@type": "ClaimReview", "claimReviewed": "A cat rang", "author": "North", "reviewRating": "Satire"},
  {"@type": "ClaimReview", "claimReviewed": "A boat sank", "author": "South", "reviewRating": "Mostly false"},
  {"@type": "ClaimReview", "claimReviewed": "It rained", "author": "South"}
]}
"""


def block(page: str, kind: str) -> str:
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return str(found)


def table(page: str, head: str) -> list[list[str]]:
    lines = page.split(f"\n| {head} |")[1].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_the_example_is_exact_and_a_review_of_the_golden_file() -> None:
    text = block(FORMATS, "jsonld")
    (review,) = read(text, zone=PARIS)
    assert review == read(GOLDEN.read_text(encoding="utf-8"), zone=PARIS)[0]
    assert isinstance(review, Review)
    assert "".join(write([review], zone=PARIS)) == text


def test_every_state_has_its_rating_and_every_rating_is_understood() -> None:
    told = {State(row[0].strip("`")): row[1].split(" …")[0] for row in table(FORMATS, "state | `alternateName`")}
    assert set(told) == set(State)
    for words in told.values():
        assert status_of(Rating(f"{words} X" if words.endswith(" by") else words), {})


def test_the_words_of_ratings_are_those_that_are_read() -> None:
    told: dict[str, set[str]] = {}
    for rating, status in table(IMPORTING, "rating | status")[:3]:
        plain, *openings = rating.split("; ")
        told[status.strip("`")] = set(plain.split(", "))
        for opening in "".join(openings).split(", "):
            assert not opening or OPENINGS[fold(opening)] == status.strip("`")
    assert told == {status.value: set(words) for status, words in WORDS.items()}
    assert set(OPENINGS.values()) == {Status.CONFIRMED, Status.DENIED, Status.CORRECTED}


def test_the_map_and_the_commands_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(tmp_path, monkeypatch).init()
    (tmp_path / "reviews.jsonld").write_text(RATED, encoding="utf-8")
    (tmp_path / "facts.toml").write_text(block(IMPORTING, "toml"), encoding="utf-8")
    assert parse_map(block(IMPORTING, "toml"), columns=False).values
    commands = re.findall(r"^\$ claims (.*)$", IMPORTING, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        shell.ok(*shlex.split(command))
    assert {text: row["state"] for text, row in shell.board().items()} == {
        "The bridge is shut": "unverified",
        "A boat sank": "denied",
    }
