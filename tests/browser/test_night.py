"""The night of the seed story, taken down in a browser by the keyboard alone: no mouse, no field filled in."""

import csv
import re
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from ledger.book import Ledger
from ledger.vocabulary import Status
from ledger.web.desk.record import KEYS
from tests.browser.desk import Desk, Visits

SEED = Path(__file__).parents[2] / "seeds" / "champs-elysees-2017-04-20.csv"
MOST_STOPS = 16


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until that has the focus."""
    for _ in range(MOST_STOPS):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not within {MOST_STOPS} stops of the Tab key")


def settled(page: Page) -> None:
    """Wait until what was typed was answered: a person reads meanwhile."""
    page.wait_for_timeout(320)
    page.wait_for_function("() => document.readyState === 'complete'")
    page.wait_for_timeout(180)


def add_source(page: Page, row: dict[str, str]) -> None:
    page.keyboard.press("s")
    expect(page.locator("h1")).to_have_text("Sources")
    while page.evaluate("document.activeElement.textContent") != "Add a source":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    tab_to(page, "#add-name")
    page.keyboard.type(row["source"])
    tab_to(page, "#add-kind")
    page.keyboard.type(row["source_kind"])
    tab_to(page, "#add-group")
    page.keyboard.type(row["group"])
    page.keyboard.press("Enter")
    expect(page.locator("[data-done]")).to_contain_text(row["source"])


def grant(page: Page, row: dict[str, str]) -> None:
    page.keyboard.press("s")
    expect(page.locator("h1")).to_have_text("Sources")
    while page.evaluate("document.activeElement.textContent") != "Give a body authority":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    tab_to(page, "#grant-source")
    page.keyboard.type(row["source"])
    if row["text"]:
        tab_to(page, "#grant-story")
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")
        tab_to(page, "#grant-claim")
        page.keyboard.type(row["text"])
    page.keyboard.press("Enter")
    expect(page.locator("[data-done]")).to_contain_text("authority")


def answer(page: Page, name: str, kind: str) -> None:
    """Answer what is asked at a source, if something is."""
    if page.locator(f"#{name}_kind").count():
        tab_to(page, f"#{name}_kind")
        page.keyboard.type(kind)


def take(page: Page, row: dict[str, str], story: str) -> None:
    page.keyboard.press("n")
    expect(page.locator("#claim")).to_be_focused()
    page.keyboard.type(row["text"])
    settled(page)
    if page.locator("#ask-claim [value=new]").count():
        tab_to(page, "[name=claim_pick]")
        page.keyboard.press("ArrowUp")  # the last one: none of these
        page.keyboard.press("Space")
    tab_to(page, "[name=status]")
    page.keyboard.press(KEYS[Status(row["status"])])
    if row["to_text"]:
        tab_to(page, "#to")
        page.keyboard.type(row["to_text"])
    tab_to(page, "#by")
    page.keyboard.type(row["source"])
    page.keyboard.press("Escape")  # the list that the browser offers
    settled(page)
    answer(page, "by", row["source_kind"])
    tab_to(page, "#via1")
    page.keyboard.type(row["via"])
    page.keyboard.press("Escape")
    tab_to(page, "#said")
    page.keyboard.type(row["said"])
    if page.input_value("#story") != story:
        tab_to(page, "#story")
        page.keyboard.type(story)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-done]")).to_contain_text("Recorded as entry")


def test_a_denial_takes_few_keys_and_little_time(visits: Visits, desk: Desk) -> None:
    """What is typed is the claim, the source and the time; beside it nine keys, none of which waits for an answer."""
    page = visits.of("Ana")
    began = time.monotonic()
    page.keyboard.press("n")
    expect(page.locator("#claim")).to_be_focused()
    for text, *keys in (
        ("A second police officer was killed", "Tab", "d", "Tab"),
        ("Paris prosecutor", "Tab", "Tab"),
        ("2017-04-20 23:31", "Control+Enter"),
    ):
        page.keyboard.type(text)
        for key in keys:
            page.keyboard.press(key)
    expect(page.locator("[data-done]")).to_contain_text("Paris prosecutor: denied")
    assert time.monotonic() - began < 15


def test_who_types_before_the_page_is_there_lands_on_no_other(visits: Visits, desk: Desk) -> None:
    page = visits.of("Ana")
    page.route("**/record", lambda _: None)  # which is not answered yet
    with page.expect_request("**/record"):
        page.keyboard.press("n")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.type("spt")
    page.wait_for_timeout(300)
    assert [each for each in asked if "/live" not in each and "/static/" not in each] == []


def outcome(ledger: Ledger) -> list[tuple[str, str, bool, str]]:
    """The board in words; indexes are left out, since the two ledgers were not recorded in the same order."""
    without = re.compile(r"\b\d+ (?=“)")
    return sorted((row.text, row.state.value, row.accepted, without.sub("", row.because)) for row in ledger.board())


def test_the_night_is_taken_down_by_the_keyboard_alone(first_visits: Visits, empty_desk: Desk, told: Path) -> None:
    with SEED.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    (story,) = (row["story"] for row in rows if row["kind"] == "story")
    page = first_visits.of("Emil")
    expect(page.locator("main")).to_contain_text("Nothing has been recorded yet")
    for row in rows:
        if row["kind"] == "source":
            add_source(page, row)
    statements = [row for row in rows if row["kind"] == "statement"]
    take(page, statements[0], story)
    for row in rows:
        if row["kind"] == "authority" and not row["text"]:
            grant(page, row)
    for row in statements[1:]:
        take(page, row, story)
    for row in rows:
        if row["kind"] == "authority" and row["text"]:
            grant(page, row)
    with Ledger.open(told) as other:
        assert outcome(empty_desk.ledger) == outcome(other)
    assert empty_desk.ledger.verify().ok
    page.keyboard.press("b")
    expect(page.locator("[data-claim]")).to_have_count(len(outcome(empty_desk.ledger)))
    page.keyboard.press("/")
    page.keyboard.type("second officer")
    expect(page.locator("[data-found]")).to_contain_text("1 of 25")
    tab_to(page, "[data-claim]:not([hidden]) a")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("A second police officer was killed")
