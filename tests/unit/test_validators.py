"""The validators of others, where they are installed: each takes what is right, and names what is wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import validators
from tests.shell import ROOT

HTML = Callable[[Iterable[Path]], list[str]]
Reviews = Callable[[Sequence[str]], list[str]]
PAGE = '<!doctype html>\n<html lang="en">\n<title>Board</title>\n<h1>Board</h1>\n{body}\n</html>\n'
REVIEW: dict[str, Any] = {
    "@type": "ClaimReview",
    "@id": "https://desk.example/claims/7",
    "claimReviewed": "A second police officer was killed",
    "reviewRating": {"@type": "Rating", "alternateName": "Denied by the ministry"},
    "itemReviewed": {"@type": "Claim", "@id": "https://desk.example/claims/7#claim"},
}


def one(**changed: Any) -> str:
    return json.dumps({"@context": "https://schema.org", **REVIEW, **changed})


def graph(**changed: Any) -> str:
    return json.dumps({"@context": "https://schema.org", "@graph": [REVIEW, {**REVIEW, **changed}]})


def test_a_page_that_is_right_passes(tmp_path: Path, html_problems: HTML) -> None:
    (tmp_path / "right.html").write_text(PAGE.format(body="<p>Denied.</p>"), encoding="utf-8")
    assert html_problems([tmp_path / "right.html"]) == []
    assert html_problems([tmp_path]) == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<p>Denied.</div>", "Stray end tag"),
        ('<p id="a"><span id="a">twice</span></p>', "Duplicate ID"),
        ("<ul><p>no item</p></ul>", "not allowed as child"),
        ('<svg><rect colour="red"/></svg>', "Attribute"),
    ],
)
def test_a_fault_in_a_page_is_named(tmp_path: Path, html_problems: HTML, body: str, told: str) -> None:
    (tmp_path / "wrong.html").write_text(PAGE.format(body=body), encoding="utf-8")
    found = html_problems([tmp_path / "wrong.html"])
    assert any(told in line and "wrong.html:5: error:" in line for line in found), found


def test_a_fault_in_a_style_sheet_is_named(tmp_path: Path, html_problems: HTML) -> None:
    (tmp_path / "right.css").write_text("p { color: #333 }\n", encoding="utf-8")
    assert html_problems([tmp_path / "right.css"]) == []
    (tmp_path / "wrong.css").write_text("p { colour: red }\n", encoding="utf-8")
    assert any("colour" in line for line in html_problems([tmp_path / "wrong.css"]))


def test_reviews_that_are_right_pass(claimreview_problems: Reviews) -> None:
    hostile = '</script> " \u2028 \u05e9\u05dc\u05d5\u05dd \U0001f525 ${x} `'
    assert claimreview_problems([one(), graph(), one(claimReviewed=hostile)]) == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"claimReviewd": "A name that schema.org does not have"}, "claimReviewd"),
    ({"claimReviewed": 7}, "number"),
    ({"reviewRating": {"@type": "Rating", "alternateName": True}}, "true"),
    ({"@type": "ClaimRevue"}, "ClaimRevue"),
    ({"itemReviewed": {"@type": "Claim", "firstAppearence": "https://desk.example"}}, "firstAppearence"),
]


@pytest.mark.parametrize("document", [one, graph])
def test_a_fault_in_a_review_is_named(claimreview_problems: Reviews, document: Callable[..., str]) -> None:
    """Each in one run, since a run takes seconds; the line of the program is that of the document."""
    right = [one(), graph()]
    found = claimreview_problems([*right, *(document(**wrong) for wrong, _ in WRONG)])
    lines = validators.program([*right, *(document(**wrong) for wrong, _ in WRONG)])
    firsts = [number for number, line in enumerate(lines, start=1) if re.match(r"export const document\d+:", line)]
    assert not any(told(found, number) for number in range(1, firsts[2]))
    for (_, sign), start, stop in zip(WRONG, firsts[2:], [*firsts[3:], len(lines) + 1], strict=True):
        assert any(sign in line for number in range(start, stop) for line in told(found, number)), (sign, found)


def told(found: list[str], number: int) -> list[str]:
    """What the compiler says of one line; what it says further down is indented."""
    own = False
    kept = []
    for line in found:
        own = line.startswith(f"documents.ts({number},") or (own and line.startswith(" "))
        kept += [line] if own else []
    return kept


ASKS = """
def test_html(html_problems): pass
def test_reviews(claimreview_problems): pass
def test_none(): pass
"""


@pytest.mark.parametrize("ci", ["", "true"])
def test_a_missing_validator_is_told_and_fails_on_ci(tmp_path: Path, ci: str) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\n", encoding="utf-8")
    (tmp_path / "test_asks.py").write_text(ASKS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), str(tmp_path)],
        env={"PATH": str(tmp_path), "CI": ci, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    said = done.stdout.splitlines()
    if ci:
        assert (done.returncode, said[-1].split(" in ")[0]) == (1, "1 passed, 2 errors"), done.stdout
    else:
        assert (done.returncode, said[-1].split(" in ")[0]) == (0, "1 passed, 2 skipped"), done.stdout
        assert {"validators: not run (no java)", "validators: not run (no node)"} <= set(said)


def test_what_is_not_installed_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "java"
    program.symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(validators, "NU", tmp_path / "vnu.jar")
    with pytest.raises(validators.Missing, match="no npm"):
        validators.html_validator()
    (tmp_path / "npm").symlink_to(sys.executable)
    with pytest.raises(validators.Missing, match="not installed"):
        validators.html_validator()
