"""The board of a desk that has answered before is that of one which has just been opened, whatever was recorded."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ledger.book import Ledger
from ledger.store import Place
from ledger.vocabulary import Mistake, Part, Role, SourceKind, Status
from ledger.web.app import make_app
from ledger.web.desk import board
from ledger.web.settings import Settings
from tests.web.conftest import ADDRESS, STORY, Browsers

Act = Callable[[Ledger], object]
ACTS: dict[str, Act] = {
    "a denial": lambda desk: desk.record(10, Status.DENIED, by=8, said=None),
    "a correction": lambda desk: desk.record(5, Status.CORRECTED, by=8, said=None, to=10),
    "a new claim": lambda desk: desk.record("Three were", Status.REPORTED, by=6, said=None, story=STORY),
    "another story": lambda desk: desk.record("A car burned", Status.REPORTED, by=6, said=None, story="cars"),
    "an authority": lambda desk: desk.grant(8, story=STORY),
    "a hold": lambda desk: desk.hold(5),
    "a source's standing": lambda desk: desk.vet(6, False),
    "one claim under another": lambda desk: desk.same(10, 5),
    "a statement taken back": lambda desk: desk.retract(9, Mistake.MISTYPED),
    "a source nobody has named": lambda desk: desk.add_source("AFP", SourceKind.AGENCY),
    "other words": lambda desk: desk.wording(10, "Two policemen were killed"),
}


def pages(browser: TestClient, fresh: FastAPI, last: int) -> tuple[str, str]:
    """The page of the app that has answered before, and that of one that has not; the minute may pass in between."""
    again = TestClient(fresh, base_url=ADDRESS, cookies=browser.cookies)
    for each in (browser, again):
        each.cookies.set(f"claims-seen-{fresh.state.mark}", str(last))
    found = (browser.get("/").text, again.get("/").text)
    return found if found[0] == found[1] else (browser.get("/").text, again.get("/").text)


def test_after_each_act(browser: Browsers, ledger: Ledger, where: Place) -> None:
    """It is looked at before each of them, so that what follows is made from what was there."""
    editor = browser(Role.EDITOR)
    last, before = ledger.size - 1, editor.get("/").text
    for name, act in ACTS.items():
        act(ledger)
        with Ledger.open(where) as opened:
            first, second = pages(editor, make_app(opened, Settings()), last)
        assert first == second, name
        assert first != before, f"{name}: it says at least that there is more"
        before = first


def test_a_redacted_word_is_nowhere_any_more(browser: Browsers, ledger: Ledger) -> None:
    editor = browser(Role.EDITOR)
    assert "Reuters" in editor.get("/").text
    ledger.redact(6, "an order of the court", parts=[Part.NAME])
    assert "Reuters" not in editor.get("/").text


def test_who_recorded_is_told_no_more_once_their_name_is_redacted(browser: Browsers, ledger: Ledger) -> None:
    """Who recorded how much is kept for each append, and so is drawn anew."""
    editor, last = browser(Role.EDITOR), ledger.size - 1
    editor.cookies.set(f"claims-seen-{editor.app.state.mark}", str(last))  # type: ignore[attr-defined]
    name = next(line.recorder for line in ledger.log() if line.recorder)
    editor.get("/")
    ledger.hold(5)
    assert f"by <bdi>{name}</bdi> (1)" in editor.get("/").text
    ledger.redact(1, "an order of the court", parts=[Part.NAME])
    told = editor.get("/").text
    assert "<bdi>[redacted: an order of the court]</bdi> (2)" in told
    assert name not in told


def rows(page: str) -> list[str]:
    """The claims on a board, in their order."""
    return re.findall(r'<tr data-claim.*?<th scope="row"><a [^>]*>(?:<[^>]*>)*([^<]*)', page, re.DOTALL)


def test_the_story_of_tonight_stands_first_and_is_never_cut_off(
    browser: Browsers, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of more claims than a page shows, those that came up last stay."""
    for number in range(4):
        ledger.record(f"Car {number} burned", Status.REPORTED, by=6, said=None, story="zz-tonight")
    monkeypatch.setattr(board, "MOST_ROWS", 5)
    told = browser(Role.AUDITOR).get("/").text
    assert "Only the 5 claims that came up last are shown" in told
    assert rows(told) == [*(f"Car {number} burned" for number in range(4)), "Two officers were killed"]
    monkeypatch.setattr(board, "MOST_ROWS", 3)
    assert rows(browser(Role.AUDITOR).get("/").text) == [f"Car {number} burned" for number in (1, 2, 3)]


def test_every_entry_of_a_claim_has_both_clocks(browser: Browsers, ledger: Ledger) -> None:
    said = ledger.read_time("2017-04-20 22:57")
    denial = ledger.record(5, Status.DENIED, by=6, said=said).index
    row = re.search(rf'<tr id="entry-{denial}">(.*?)</tr>', browser(Role.AUDITOR).get("/claims/5").text, re.DOTALL)
    assert row is not None
    times = re.findall(r'<time datetime="([^"]+)"', row[1])
    assert times[0] == "2017-04-20T20:57:00Z"
    assert len(times) == 2
