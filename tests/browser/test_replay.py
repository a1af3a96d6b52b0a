"""Any past moment, by either clock: drawn as the slider moves, and with an address to send to somebody."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.desk import Desk, Visits

SECOND = "A second police officer was killed"


def state(page: Page, text: str) -> Locator:
    return page.locator("[data-moment] [data-claim]", has_text=text).locator(".state")


def test_the_slider_draws_the_board_and_the_timeline_of_a_moment(visits: Visits, desk: Desk) -> None:
    page = visits.of("Aude")
    page.goto(f"{desk.address}/replay")
    expect(state(page, SECOND)).to_have_text("corrected")
    slider = page.locator("[data-step]")
    steps = int(slider.get_attribute("max") or 0)
    slider.focus()
    seen = []
    for _ in range(steps):
        before = page.locator("#moment").inner_text()
        slider.press("ArrowLeft")
        expect(page.locator("#moment")).not_to_have_text(before)
        found = state(page, SECOND)
        seen.append(found.inner_text() if found.count() else "")
    assert [each for at, each in enumerate(seen) if at == 0 or seen[at - 1] != each] == [
        "corrected",
        "denied",
        "unverified",
        "",
    ]
    expect(page.locator("[data-moment] .lanes li")).not_to_have_count(0)
    slider.press("ArrowRight")
    expect(page.locator("#moment")).to_contain_text("2 of")
    address = page.url
    assert "at=2017-04-20T" in address
    other = visits.of("Ana")
    other.goto(address)
    expect(other.locator("#moment")).to_have_text(page.locator("#moment").inner_text(), use_inner_text=True)


def test_what_the_desk_had_recorded_is_another_clock(visits: Visits, desk: Desk) -> None:
    page = visits.of("Aude")
    page.goto(f"{desk.address}/replay")
    page.check("[name=clock][value=known]")
    expect(page.locator("#moment")).to_contain_text("As of entry")
    page.locator("[data-step]").press("Home")
    expect(page.locator("#moment")).to_contain_text("1 of")
    expect(page.locator("[data-moment]")).to_contain_text("Nothing had been said yet")


def test_a_moment_that_cannot_be_read_is_said_so(visits: Visits, desk: Desk) -> None:
    visits.forgiven = ("422",)
    page = visits.of("Aude")
    page.goto(f"{desk.address}/replay?clock=said&at=yesterday+noon")
    expect(page.get_by_role("alert")).to_contain_text("cannot be read")


def test_a_moment_before_the_first_has_an_empty_board(visits: Visits, desk: Desk) -> None:
    page = visits.of("Aude")
    page.goto(f"{desk.address}/replay?clock=said&at=2016-01-01")
    expect(page.locator("[data-moment]")).to_contain_text("Nothing had been said yet")
