"""Every page, in both colour schemes: axe-core finds nothing, nothing is wider than a phone; and the pictures of it."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from ledger.errors import NotSignedIn
from ledger.vocabulary import Role, Status
from tests.browser.desk import LAPTOP, PASSWORD, PHONE, Desk, Visits

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "desk"
SECOND = "A second police officer was killed"
STORY = "champs-elysees-2017-04-20"
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]}}
ARABIC = "\u0642\u062a\u0644 \u0634\u0631\u0637\u064a \u062b\u0627\u0646 \u0641\u064a \u0628\u0627\u0631\u064a\u0633"


def lived_in(desk: Desk) -> dict[str, str]:
    """A desk on which something of everything is, and the address of each page."""
    ledger = desk.ledger
    denial = next(line.index for line in ledger.log() if "Brandet" in line.summary and line.kind == "statement")
    told = ledger.as_of(known=str(denial - 1))
    ledger.add_publication("https://example.org/live", story=STORY, title="Live: the attack", as_of=told)
    late = ledger.read_time("2017-04-20 23:55")
    ledger.record("The attacker was shot dead", Status.DENIED, by="Paris police", said=late)
    quoted = ledger.record(
        "One police officer was killed", Status.CONFIRMED, by="Paris prosecutor", said=late, quote="Un mort, J. Dupont."
    )
    ledger.record(ARABIC, Status.REPORTED, by="Reuters", said=late, story=STORY)
    ledger.hold("Another police officer was wounded")
    claim = ledger.why(SECOND).row.claim
    return {
        "board": "/",
        "record": f"/record?claim={claim}&status=denied",
        "claim": f"/claims/{claim}",
        "done": f"/claims/{claim}?did={ledger.size - 1}",
        "replay": "/replay?clock=said&at=2017-04-20T22:40:00%2B02:00",
        "timeline": "/timeline",
        "sources": "/sources",
        "source": f"/sources/{next(each.index for each in ledger.sources() if each.name == 'Interior Ministry')}",
        "published": "/publications",
        "audit": "/audit?verify=true",
        "log": "/log",
        "todo": "/todo",
        "help": "/help",
        "search": "/search?q=police",
        "me": "/me",
        "redact": f"/entries/{quoted.index}/redact?claim={quoted.claim}",
    }


OF_PEOPLE = {"people": "/people", "accesses": "/people/accesses"}


def long_names(desk: Desk) -> None:
    """Somebody with a name as long as one may be, and somebody who was refused with all that a name may hold."""
    people = desk.ledger.people
    people.add_person("W" * 190 + " \u05d0", PASSWORD, [Role.AUDITOR])
    people.disable("Ben")
    people.make_token("Emil", "x" * 150, [Role.EDITOR], 30)
    people.make_token("Adam", "the screen in the hall", [], 30)
    with pytest.raises(NotSignedIn):
        people.sign_in("<script>alert(1)</script>" + "x" * 200, "guess", address="2001:db8:1234:5678:9abc:def0:12:34")


def look_at_what_would_be_gone(page: Page) -> None:
    page.check("[name=part-quote]")
    page.fill("#redact-order", "Tribunal de Paris, 12 May 2026")
    page.click("text=Look at what would be gone")
    expect(page.locator(".gone")).to_contain_text("J. Dupont")


def found_by_axe(page: Page) -> list[str]:
    report: Any = Axe().run(page, options=RULES).response
    return [
        f"{page.url}: {each['id']}: {node['target']}: {node.get('failureSummary')}"
        for each in report["violations"]
        for node in each["nodes"]
    ]


def opened(page: Page) -> None:
    """Open all that is folded, so that it is looked at too."""
    page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(visits: Visits, desk: Desk, scheme: str) -> None:
    visits.forgiven = ("404", "422", "401")
    addresses = lived_in(desk)
    found = []
    nobody = visits.page(color_scheme=scheme)
    nobody.goto(f"{desk.address}/sign-in")
    found += found_by_axe(nobody)
    page = visits.of("Emil", color_scheme=scheme)
    for address in [*addresses.values(), "/claims/999999", "/replay?at=yesterday", "/?q=nothing+is+like+this"]:
        page.goto(desk.address + address)
        opened(page)
        found += found_by_axe(page)
    page.goto(f"{desk.address}/record")
    page.click("[value=save]")
    expect(page.locator("#claim-wrong")).to_be_visible()
    opened(page)
    found += found_by_axe(page)
    page.fill("#claim", "A second police oficer was killed")
    page.fill("#by", "Agence France")
    expect(page.locator("#ask-claim .question")).to_be_visible()
    expect(page.locator("#ask-by .question")).to_be_visible()
    found += found_by_axe(page)
    page.goto(desk.address + addresses["redact"])
    page.click("text=Look at what would be gone")
    expect(page.locator("[data-wrong]")).to_be_focused()
    found += found_by_axe(page)
    look_at_what_would_be_gone(page)
    found += found_by_axe(page)
    page.click("text=Remove it for good")
    expect(page.locator("h1")).to_have_text("Redacted")
    found += found_by_axe(page)
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_people(visits: Visits, desk: Desk, scheme: str) -> None:
    visits.forgiven = ("409", "422")
    long_names(desk)
    page, found = visits.of("Adam", color_scheme=scheme), []
    for address in ("/me", *OF_PEOPLE.values()):
        page.goto(desk.address + address)
        opened(page)
        found += found_by_axe(page)
    page.goto(f"{desk.address}/me")
    opened(page)
    page.fill("#token-label", "the wire")
    page.click("text=Make it")
    expect(page.locator(".secret")).to_be_visible()
    found += found_by_axe(page)
    opened(page)
    page.fill("#password-old_password", PASSWORD)
    page.fill("#password-password", "one and another")
    page.fill("#password-password_again", "one or another")
    page.click("text=Change it")
    expect(page.locator("[data-wrong]")).to_be_focused()
    found += found_by_axe(page)
    page.goto(f"{desk.address}/people")
    opened(page)
    page.click("text=Close the account of Adam")
    expect(page.locator("[data-wrong]")).to_contain_text("the last one has to stay")
    found += found_by_axe(page)
    opened(page)
    page.fill("#add-name", "Zoé")
    page.check("form[action='/people'] [name=role-auditor]")
    page.check("form[action='/people'] [name=make_up]")
    page.click("text=Give an account")
    expect(page.locator(".secret")).to_be_visible()
    found += found_by_axe(page)
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_nothing_is_recorded_yet(first_visits: Visits, empty_desk: Desk, scheme: str) -> None:
    page = first_visits.of("Emil", color_scheme=scheme)
    found = []
    for address in (
        "/",
        "/record",
        "/timeline",
        "/replay",
        "/sources",
        "/publications",
        "/audit",
        "/log",
        "/todo",
        "/help",
    ):
        page.goto(empty_desk.address + address)
        found += found_by_axe(page)
    assert found == []


def test_nothing_is_wider_than_a_phone(visits: Visits, desk: Desk) -> None:
    addresses = lived_in(desk)
    desk.ledger.record("W" * 500, Status.REPORTED, by="Reuters", said=None, story=STORY)
    page = visits.of("Emil", viewport=PHONE)
    for name, address in addresses.items():
        page.goto(desk.address + address)
        opened(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
    long_names(desk)
    for who, more in (("Emil", {"me": "/me"}), ("Adam", OF_PEOPLE)):
        page = visits.of(who, viewport=PHONE)
        for name, address in more.items():
            page.goto(desk.address + address)
            opened(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name


HIDDEN = """() => {
  const at = document.activeElement, box = at.getClientRects()[0];
  if (at === document.body || !box) return "";
  const shown = [[2, 2], [box.width - 2, box.height - 2], [box.width / 2, 2]].some(([x, y]) => {
    const on = document.elementFromPoint(box.left + x, box.top + y);
    return on && (at.contains(on) || on.contains(at));
  });
  return shown ? "" : `${at.tagName} ${at.id || at.textContent.trim().slice(0, 40)}`;
}"""
"""What has the focus and lies under something else, which WCAG 2.2 calls obscured; empty where nothing does."""


@pytest.mark.parametrize("size", ["phone", "laptop"])
@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_what_has_the_focus_is_seen(visits: Visits, desk: Desk, size: str, key: str) -> None:
    addresses = lived_in(desk)
    page = visits.of("Emil", viewport={"phone": PHONE, "laptop": LAPTOP}[size])
    for name in ("record", "board", "claim", "published"):
        page.goto(desk.address + addresses[name])
        expect(page.locator("[data-link]")).to_have_text("live")
        if key == "Shift+Tab":
            page.evaluate("() => document.querySelector('.foot').scrollIntoView()")
            page.locator("main a, main button").last.focus()
        for _ in range(45):
            page.keyboard.press(key)
            assert page.evaluate(HIDDEN) == "", name


def test_a_name_stands_on_one_line_in_the_log(visits: Visits, desk: Desk) -> None:
    said = (
        "The prefecture of police asks everybody to avoid the avenue until tomorrow morning, and to believe no rumour"
    )
    desk.ledger.record(said, Status.REPORTED, by="Paris police", said=None, story=STORY)
    page = visits.of("Emil")
    for address in ("/log", "/audit", f"/claims/{desk.ledger.why(said).row.claim}"):
        page.goto(desk.address + address)
        heights = page.locator(".log td:last-child bdi").evaluate_all("found => found.map((each) => each.offsetHeight)")
        assert heights
        assert max(heights) < 30, address


def test_on_paper_there_is_nothing_to_press(visits: Visits, desk: Desk) -> None:
    addresses = lived_in(desk)
    page = visits.of("Emil")
    page.emulate_media(media="print")
    for name in ("board", "claim", "sources", "published"):
        page.goto(desk.address + addresses[name])
        assert page.locator("h1").is_visible()
        for each in page.locator("button, summary, input:not([type=hidden]), select").all():
            assert not each.is_visible(), (name, each.evaluate("each => each.outerHTML"))
        assert page.get_by_role("heading", name="The desk", exact=True).count() == 0


def test_the_pictures_show_the_desk(visits: Visits, desk: Desk) -> None:
    """Each picture that the page on the desk shows is there; with LEDGER_GOLDEN=1 they are made anew."""
    told = (ROOT / "docs" / "desk.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\(desk/([a-z-]+\.png)\)", told))
    addresses = lived_in(desk)
    made = set()
    sizes = {"laptop": LAPTOP, "phone": PHONE}
    for who, size, scheme, names in (
        ("Emil", "laptop", "light", ("board", "record", "claim", "redact", "replay", "published", "audit")),
        ("Emil", "laptop", "dark", ("board", "timeline")),
        ("Emil", "phone", "light", ("board", "record")),
        ("Emil", "phone", "dark", ("claim",)),
        ("Adam", "laptop", "light", ("people",)),
        ("Adam", "phone", "dark", ("me",)),
    ):
        page = visits.of(who, viewport=sizes[size], color_scheme=scheme)
        for name in names:
            page.goto(desk.address + (addresses | OF_PEOPLE)[name])
            expect(page.locator("[data-link]")).to_have_text("live")
            if name == "record":
                page.fill("#by", "Paris prosecutor")
                page.fill("#said", "2017-04-20 23:40")
                expect(page.locator("#foresight .large")).to_be_visible()
            if name == "redact":
                look_at_what_would_be_gone(page)
            if name == "people":
                page.locator("details", has_text="Other roles").nth(1).locator("summary").click()
            shot = page.screenshot()
            assert len(shot) > 10_000, name
            made.add(f"{name}-{size}-{scheme}.png")
            if os.environ.get("LEDGER_GOLDEN") == "1":
                (PICTURES / f"{name}-{size}-{scheme}.png").write_bytes(shot)
    assert named == made == {each.name for each in PICTURES.glob("*.png")}
