"""What one person records is on everybody's page, without a reload; and what happens where the line is cut."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from ledger.book import Ledger
from ledger.cli.demo import ORIGIN, ZONE, seed_rows
from ledger.store import Place, locate
from ledger.vocabulary import Status
from tests.browser.desk import Desk, Visits, served

SECOND = "A second police officer was killed"
WARRANT = "An arrest warrant is out for a second suspect"


def record(page: Page, claim: str, status: str, by: str, said: str) -> None:
    page.goto(re.sub(r"(https?://[^/]+).*", r"\1/record", page.url))
    page.fill("#claim", claim)
    page.check(f"#status-{status}")
    page.fill("#by", by)
    page.fill("#said", said)
    page.click("[value=save]")


def row(page: Page, text: str) -> Locator:
    return page.locator("[data-claim]", has_text=text)


def test_two_browsers_see_the_same_before_the_next_request_for_the_board(visits: Visits) -> None:
    ana, ben = visits.of("Ana"), visits.of("Ben")
    expect(ben.locator("[data-link]")).to_have_text("live")
    expect(row(ben, WARRANT)).to_contain_text("unverified")
    boards: list[str] = []
    ben.on("request", lambda request: boards.append(request.url) if request.resource_type != "eventsource" else None)
    ben.route("**/", lambda route: route.abort())  # no board will come to him by another way
    visits.forgiven = ("net::ERR_FAILED",)
    record(ana, WARRANT, "confirmed", "Paris prosecutor", "2017-04-20 23:55")
    expect(ana.locator("[data-done]")).to_contain_text("Recorded as entry")
    expect(row(ben, WARRANT)).to_contain_text("Paris prosecutor (authority)")
    expect(ben.locator("[data-toasts]")).to_contain_text("Ana")
    assert ben.url.endswith("/")
    before = len(boards)
    record(ana, "The attack was filmed by a passer-by", "reported", "Reuters", "2017-04-20 23:56")
    expect(row(ben, "The attack was filmed by a passer-by")).to_contain_text("unverified")
    assert len(boards) - before <= 1  # at most the sides are asked for, after the row is there


def test_what_came_while_the_line_was_cut_is_there_when_it_is_back(visits: Visits, desk: Desk) -> None:
    visits.forgiven = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "ERR_CONNECTION_RESET", "ERR_EMPTY")
    ana = visits.of("Ana")
    expect(ana.locator("[data-link]")).to_have_text("live")
    desk.stop()
    expect(ana.locator("[data-link]")).to_have_text("reconnecting")
    with Ledger.open(desk.where, recorder="Otto") as ledger:
        ledger.record(WARRANT, Status.DENIED, by="Interior Ministry", said=ledger.read_time("2017-04-20 23:58"))
    desk.start()
    expect(ana.locator("[data-link]")).to_have_text("live", timeout=20_000)
    expect(row(ana, WARRANT)).to_contain_text("denied", timeout=20_000)


def test_a_page_of_a_claim_follows_what_is_recorded_on_it(visits: Visits, desk: Desk) -> None:
    ben = visits.of("Ben")
    row(ben, WARRANT).get_by_role("link").first.click()
    expect(ben.locator(".verdict")).to_contain_text("unverified")
    expect(ben.locator("[data-link]")).to_have_text("live")
    ledger = desk.ledger
    ledger.record(WARRANT, Status.DENIED, by="Interior Ministry", said=ledger.read_time("2017-04-20 23:58"))
    expect(ben.locator(".verdict")).to_contain_text("denied")


def test_a_ledger_is_derived_again_when_it_is_asked_for_and_no_oftener(visits: Visits, desk: Desk) -> None:
    page = visits.of("Aude")
    page.goto(f"{desk.address}/audit")
    page.click("text=Derive everything again")
    expect(page.locator(".right")).to_contain_text("Everything fits.")
    expect(page.locator("[data-link]")).to_have_text("live")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    size = desk.ledger.size
    desk.ledger.record(WARRANT, Status.DENIED, by="Interior Ministry", said=None)
    assert desk.ledger.size > size
    expect(page.locator("[data-live=facts] dd").nth(1)).to_have_text(str(desk.ledger.size))
    assert [each for each in asked if "/audit" in each]
    assert [each for each in asked if "verify" in each] == []
    expect(page.locator(".right")).to_contain_text(f"{size} entries were derived again")


def test_two_tabs_of_one_person_agree(visits: Visits) -> None:
    one = visits.of("Ana")
    other = one.context.new_page()
    visits.watch(other)
    other.goto(one.url)
    expect(other.locator("[data-link]")).to_have_text("live")
    record(one, WARRANT, "confirmed", "Paris prosecutor", "2017-04-20 23:55")
    expect(one.locator("[data-done]")).to_be_visible()
    expect(row(other, WARRANT)).to_contain_text("Paris prosecutor (authority)")


def test_two_people_who_record_the_same_are_told(visits: Visits, desk: Desk) -> None:
    ana, ben = visits.of("Ana"), visits.of("Ben")
    visits.forgiven = ("409",)
    for page in (ana, ben):
        page.goto(f"{desk.address}/record")
        page.fill("#claim", SECOND)
        page.check("#status-denied")
        page.fill("#by", "Paris police")
        page.fill("#said", "2017-04-20 23:01")
    expect(ben.locator("#foresight")).to_contain_text("Paris police (authority)")
    before = desk.ledger.size
    ana.click("[value=save]")
    expect(ana.locator("[data-done]")).to_be_visible()
    after = desk.ledger.size
    ben.click("[value=save]")
    expect(ben.locator("[data-wrong]")).to_contain_text("Ana has recorded the same")
    assert desk.ledger.size == after > before
    assert ben.input_value("#claim") == SECOND
    ben.check("[name=again]")
    ben.click("[value=save]")
    expect(ben.locator("[data-done]")).to_be_visible()
    assert desk.ledger.size > after


def test_processes_on_one_server_tell_each_other(
    browser: Browser, migrated_database: Callable[[], str], tmp_path: Path
) -> None:
    """Two desks on one database, as two processes are; and the database cuts every line in between."""
    where = locate(migrated_database(), log=ORIGIN, files=tmp_path)
    with Ledger.create(where, origin=ORIGIN, zone=ZONE, recorder="demo") as made:
        made.load(seed_rows())
    with served(where) as one, served(where) as other:
        one.add_people()
        here, there = Visits(browser, one), Visits(browser, other, forgiven=("503", "ERR_"))
        ana, ben = here.of("Ana"), there.of("Ben")
        expect(ben.locator("[data-link]")).to_have_text("live")
        record(ana, WARRANT, "confirmed", "Paris prosecutor", "2017-04-20 23:55")
        expect(ana.locator("[data-done]")).to_be_visible()
        expect(row(ben, WARRANT)).to_contain_text("Paris prosecutor (authority)")
        cut_lines(where)
        record(ana, WARRANT, "denied", "Interior Ministry", "2017-04-20 23:57")
        expect(row(ben, WARRANT)).to_contain_text("Interior Ministry (authority)", timeout=20_000)
        for visits in (here, there):
            visits.close()
            assert visits.complaints == []
            assert visits.strays == []


def cut_lines(where: Place) -> None:
    """End every connection to the database but the one that does it."""
    import psycopg

    with psycopg.connect(where.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.parametrize("name", ["Aude", "Ana"])
def test_a_session_that_ended_ends_what_is_live(
    visits: Visits, desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledger.web import stream

    monkeypatch.setattr(stream, "_STILL_THERE", 0.3)
    page = visits.of(name)
    expect(page.locator("[data-link]")).to_have_text("live")
    desk.ledger.people.end_sessions(name)
    expect(page.locator("[data-link]")).to_have_text("signed out", timeout=5_000)


def test_a_search_says_where_not_all_claims_are_on_the_page(
    visits: Visits, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledger.web.desk import board

    monkeypatch.setattr(board, "MOST_ROWS", 10)
    page = visits.of("Ana")
    expect(page.locator("[data-claim]")).to_have_count(10)
    oldest = min(desk.ledger.board(), key=lambda row: row.claim).text
    page.fill("#q", oldest)
    expect(page.locator("[data-found]")).to_have_text("0 of 10 claims shown; Enter searches all 25")
    page.press("#q", "Enter")
    expect(row(page, oldest)).to_be_visible()
