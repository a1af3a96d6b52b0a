"""Taking a statement: what is asked, what is refused, what is never lost; and taking it back."""

import re
import sqlite3

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import PASSWORD, Desk, Visits, sign_in

SECOND = "A second police officer was killed"
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)> "
    "\u05e9\u05e0\u05d9 \u05e9\u05d5\u05d8\u05e8\u05d9\u05dd \u0642\u062a\u0644 & \"' {{ 7*7 }}"
)


def fill(page: Page, desk: Desk, **fields: str) -> None:
    page.goto(f"{desk.address}/record")
    status = fields.pop("status", "reported")
    page.check(f"#status-{status}")
    for name, text in fields.items():
        page.fill(f"#{name}", text)


def save(page: Page) -> None:
    page.click("[value=save]")


def test_what_will_follow_is_shown_before_anything_is_saved(visits: Visits, desk: Desk) -> None:
    page = visits.of("Ana")
    before = desk.ledger.size
    fill(page, desk, claim="The attacker was shot dead", status="denied", by="Paris police", said="2017-04-20 23:59")
    expect(page.locator("#foresight")).to_contain_text("Paris police (authority)")
    expect(page.locator("#foresight .large")).to_have_text(re.compile("confirmed|disputed"))
    assert desk.ledger.size == before
    save(page)
    expect(page.locator("[data-done]")).to_contain_text("Paris police")
    assert desk.ledger.size > before


def test_near_claims_are_shown_before_a_new_one_is_opened(visits: Visits, desk: Desk) -> None:
    page = visits.of("Ana")
    visits.forgiven = ("409",)
    claims = len(desk.ledger.board())
    fill(page, desk, claim="A second police oficer was killed", by="AFP", said="2017-04-20 22:31")
    expect(page.locator("#ask-claim")).to_contain_text(SECOND)
    expect(page.locator("#ask-by")).to_contain_text("is new")
    save(page)
    expect(page.locator("#ask-claim")).to_contain_text(SECOND)
    page.locator("#ask-claim label", has_text=SECOND).locator("input").check()
    page.select_option("#by_kind", "agency")
    save(page)
    expect(page.locator("h1")).to_have_text(SECOND)
    assert len(desk.ledger.board()) == claims
    assert [each.kind for each in desk.ledger.sources() if each.name == "AFP"] == ["agency"]


def test_a_hostile_claim_is_text(visits: Visits, desk: Desk) -> None:
    page = visits.of("Ana")
    fill(page, desk, claim=HOSTILE, by="Reuters", said="2017-04-20 23:59")
    expect(page.locator("#foresight")).to_contain_text("Opens a new claim")
    save(page)
    expect(page.locator("h1 .claim")).to_have_text(HOSTILE)
    page.goto(desk.address)
    expect(page.locator("[data-claim] .claim", has_text="<script>")).to_have_text(HOSTILE)
    assert page.locator("main script, main img").count() == 0
    for address in ("/timeline", "/replay", "/log", "/search?q=script", f"/claims/{desk.ledger.board()[-1].claim}"):
        page.goto(desk.address + address)
        assert page.locator("main script, main img").count() == 0


def test_a_claim_of_more_than_ten_thousand_characters_is_refused_at_its_field(visits: Visits, desk: Desk) -> None:
    page = visits.of("Ana")
    visits.forgiven = ("422",)
    before = desk.ledger.size
    long = "He said so. " * 834 + "Yes."
    fill(page, desk, claim=long, by="Reuters", said="25:61")
    save(page)
    expect(page.locator("#claim-wrong")).to_contain_text("10,012 characters; at most 10,000")
    expect(page.locator("#said-wrong")).to_contain_text("there is no such time")
    expect(page.locator("#claim")).to_be_focused()
    assert page.input_value("#claim") == long
    assert page.input_value("#by") == "Reuters"
    assert page.input_value("#said") == "25:61"
    assert desk.ledger.size == before
    taken = "Ten thousand characters are taken. <script>alert(1)</script> " + "W" * 9_937 + "."
    assert len(taken) <= 10_000
    page.fill("#claim", taken)
    page.fill("#said", "2017-04-20 23:59")
    save(page)
    expect(page.locator("h1.long .claim")).to_have_text(taken)
    expect(page.locator(".verdict")).to_be_in_viewport()  # what became of it is not below all that
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_undo_is_a_retraction_that_can_be_undone(visits: Visits, desk: Desk) -> None:
    page = visits.of("Ana")
    fill(page, desk, claim=SECOND, status="confirmed", by="Paris prosecutor", said="2017-04-20 23:30")
    save(page)
    expect(page.locator("[data-done]")).to_contain_text("Undo")
    size = desk.ledger.size
    page.locator("h1").click()
    page.keyboard.press("u")
    expect(page.locator("[data-done]")).to_contain_text("Bring it back")
    assert desk.ledger.size == size + 1
    assert [line.live for line in desk.ledger.log(size - 1)] == [False, True]
    page.click("[data-undo]")
    expect(page.locator("[data-done]")).to_contain_text("Bring it back")
    assert [line.live for line in desk.ledger.log(size - 1)] == [True, False, True]


def test_a_double_click_is_one_entry(visits: Visits, desk: Desk) -> None:
    page = visits.of("Ana")
    before = desk.ledger.size
    fill(page, desk, claim=SECOND, status="denied", by="Paris prosecutor", said="2017-04-20 23:31")
    page.dblclick("[value=save]")
    expect(page.locator("[data-done]")).to_contain_text("Recorded as entry")
    page.wait_for_load_state()
    statements = [line for line in desk.ledger.log(before) if line.kind == "statement"]
    assert len(statements) == 1


def test_back_after_saving_sends_nothing_twice(visits: Visits, desk: Desk) -> None:
    page = visits.of("Ana")
    visits.forgiven = ("409",)
    fill(page, desk, claim=SECOND, status="denied", by="Paris prosecutor", said="2017-04-20 23:31")
    save(page)
    expect(page.locator("[data-done]")).to_be_visible()
    size = desk.ledger.size
    page.reload()
    assert desk.ledger.size == size
    page.go_back()
    expect(page.locator("h1")).to_have_text("Record a statement")
    assert desk.ledger.size == size
    page.fill("#claim", SECOND)
    page.check("#status-denied")
    page.fill("#by", "Paris prosecutor")
    page.fill("#said", "2017-04-20 23:31")
    save(page)
    expect(page.locator("[data-wrong]")).to_contain_text("recorded the same")
    assert desk.ledger.size == size


def test_a_saved_form_with_something_else_in_it_is_asked_about(visits: Visits, desk: Desk) -> None:
    page = visits.of("Ana")
    visits.forgiven = ("409",)
    fill(page, desk, claim=SECOND, status="denied", by="Paris prosecutor", said="2017-04-20 23:31")
    key = page.locator("[name=key]").get_attribute("value")
    save(page)
    expect(page.locator("[data-done]")).to_be_visible()
    size = desk.ledger.size
    fill(page, desk, claim=SECOND, status="denied", by="Johanna Primevert", said="2017-04-20 23:32")
    page.locator("[name=key]").evaluate("(field, key) => { field.value = key; }", key)
    save(page)
    expect(page.locator("[data-wrong]")).to_contain_text("was saved before")
    assert page.input_value("#by") == "Johanna Primevert"
    assert desk.ledger.size == size
    save(page)
    expect(page.locator("[data-done]")).to_be_visible()
    assert desk.ledger.size > size


def test_a_session_that_ended_in_mid_form_loses_nothing(visits: Visits, desk: Desk) -> None:
    page = visits.of("Ana")
    visits.forgiven = ("401",)
    fill(page, desk, claim=SECOND, status="denied", by="Paris prosecutor", said="2017-04-20 23:31")
    page.locator(".more summary").click()
    page.fill("#quote", "Il n'y a pas eu\nde deuxi\u00e8me mort.")
    desk.ledger.people.end_sessions("Ana")
    before = desk.ledger.size
    save(page)
    expect(page.locator(".notice")).to_contain_text("Nothing that you typed is lost")
    sign_in(page, "Ana")
    expect(page.locator("h1")).to_contain_text("Signed in as Ana")
    expect(page.locator("main")).to_contain_text(SECOND)
    assert desk.ledger.size == before
    page.click("text=Save it now")
    expect(page.locator("[data-done]")).to_be_visible()
    line = next(each for each in desk.ledger.why(SECOND).statements if each.quote)
    assert line.quote == "Il n'y a pas eu\nde deuxi\u00e8me mort."


def test_what_was_typed_outlives_a_server_that_is_away(visits: Visits, desk: Desk) -> None:
    page = visits.of("Ana")
    visits.forgiven = ("ERR_", "Failed to load")
    fill(page, desk, claim=SECOND, status="denied", by="Paris prosecutor", said="2017-04-20 23:31")
    page.wait_for_timeout(400)
    desk.stop()
    save(page)
    page.wait_for_timeout(300)
    desk.start()
    page.goto(f"{desk.address}/record")
    expect(page.locator("[data-restored]")).to_be_visible()
    assert page.input_value("#claim") == SECOND
    assert page.is_checked("#status-denied")
    save(page)
    expect(page.locator("[data-done]")).to_be_visible()
    page.goto(f"{desk.address}/record")
    assert page.input_value("#claim") == ""


def test_what_comes_back_is_kept_inside_the_desk_as_it_was(visits: Visits, desk: Desk) -> None:
    page = visits.of("Ana")
    where = f"{desk.address}/record?claim={desk.ledger.why(SECOND).row.claim}&status=denied"
    page.goto(where)
    page.fill("#by", "Paris prosecutor")
    page.locator(".more summary").click()
    page.fill("#quote", "The family does not know yet.")
    page.click("text=Another relayer")
    page.fill("#via3", "Reuters")
    page.check("[name=internal]")
    page.wait_for_timeout(400)
    page.goto(desk.address)
    page.goto(f"{desk.address}/record?claim={desk.ledger.why('The attacker was shot dead').row.claim}")
    expect(page.locator("#claim")).to_have_value("The attacker was shot dead")
    expect(page.locator("[data-restored]")).to_be_hidden()
    page.goto(where)
    expect(page.locator("[data-restored]")).to_be_visible()
    expect(page.locator("#via3")).to_have_value("Reuters")
    expect(page.locator("#quote")).to_be_visible()
    expect(page.locator("#quote")).to_have_value("The family does not know yet.")
    expect(page.locator("[name=internal]")).to_be_checked()
    page.click("text=Start afresh")
    expect(page.locator("[data-restored]")).to_be_hidden()
    expect(page.locator("#by")).to_have_value("")


def test_what_one_typed_does_not_come_back_to_another(visits: Visits, desk: Desk) -> None:
    page = visits.of("Ana")
    fill(page, desk, claim=SECOND, status="denied", by="Paris prosecutor", said="2017-04-20 23:31")
    page.wait_for_timeout(400)
    page.click("text=Sign out")
    sign_in(page, "Ben")
    page.goto(f"{desk.address}/record")
    expect(page.locator("[data-link]")).to_have_text("live")
    assert page.input_value("#claim") == ""
    expect(page.locator("[data-restored]")).to_be_hidden()


def test_what_was_saved_and_not_answered_is_not_saved_twice(visits: Visits, desk: Desk) -> None:
    page = visits.of("Ana")
    visits.forgiven = ("ERR_", "Failed to load")
    fill(page, desk, claim=SECOND, status="denied", by="Paris prosecutor")
    expect(page.locator("#foresight .large")).to_be_visible()
    before = desk.ledger.size
    saved = "new FormData(document.querySelector('.record'), document.querySelector('[value=save]'))"
    page.evaluate(f"() => fetch('/record', {{ method: 'POST', body: {saved} }})")
    assert (size := desk.ledger.size) > before
    page.route("**/record", lambda route: route.abort())  # it was recorded, and she does not hear of it
    save(page)
    page.unroute("**/record")
    page.goto(f"{desk.address}/record")
    expect(page.locator("[data-restored]")).to_be_visible()
    save(page)
    expect(page.locator("[data-done]")).to_contain_text("Paris prosecutor")
    assert desk.ledger.size == size
    page.goto(f"{desk.address}/record")
    expect(page.locator("[data-restored]")).to_be_hidden()


def test_a_wrong_password_says_so_and_keeps_the_name(visits: Visits, desk: Desk) -> None:
    page = visits.page()
    visits.forgiven = ("401",)
    page.goto(desk.address)
    sign_in(page, "Ana", "not that one")
    expect(page.get_by_role("alert")).to_contain_text("the name or the password is not right")
    assert page.input_value("#name") == "Ana"
    assert page.input_value("#password") == ""
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Board")


def test_evidence_is_dropped_or_chosen_and_kept_through_a_refusal(visits: Visits, desk: Desk) -> None:
    page = visits.of("Ana")
    visits.forgiven = ("422",)
    fill(page, desk, claim=SECOND, status="denied", by="Paris prosecutor", said="tomorrow")
    transfer = page.evaluate_handle(
        "() => { const found = new DataTransfer();"
        " found.items.add(new File(['what was seen'], 'scene.txt')); return found; }"
    )
    page.dispatch_event("main", "drop", {"dataTransfer": transfer})
    expect(page.locator("[data-toasts]")).to_contain_text("scene.txt")
    save(page)
    expect(page.locator("#said-wrong")).to_be_visible()
    expect(page.locator(".kept")).to_contain_text("scene.txt")
    page.fill("#said", "2017-04-20 23:31")
    save(page)
    expect(page.locator("[data-done]")).to_be_visible()
    expect(page.locator(".evidence")).to_contain_text("text/plain")
    (document,) = desk.ledger.documents()
    assert document.kept
    assert document.size == len(b"what was seen")


def test_who_may_not_record_is_offered_nothing_and_refused(visits: Visits, desk: Desk) -> None:
    page = visits.of("Aude")
    visits.forgiven = ("403",)
    assert page.locator("nav a[href='/record']").count() == 0
    before = desk.ledger.size
    fill(page, desk, claim=SECOND, status="denied", by="Paris prosecutor", said="2017-04-20 23:31")
    save(page)
    expect(page.locator("main")).to_contain_text("it takes the role fact-checker or editor")
    assert desk.ledger.size == before


def test_the_desks_own_word_takes_an_editor(visits: Visits, desk: Desk) -> None:
    visits.forgiven = ("403",)
    ana, emil = visits.of("Ana"), visits.of("Emil")
    for page in (ana, emil):
        fill(page, desk, claim=SECOND, status="denied", by="desk", said="2017-04-20 23:31")
        save(page)
    expect(ana.locator("#by-wrong, [data-wrong]").first).to_contain_text("it takes the role editor")
    assert ana.input_value("#claim") == SECOND
    expect(emil.locator("[data-done]")).to_be_visible()


def test_it_works_without_a_script(visits: Visits, desk: Desk) -> None:
    page = visits.of("Ana", java_script_enabled=False)
    fill(page, desk, claim="A third man was seen", by="A passer-by", via1="BFM", said="2017-04-20 23:31")
    page.click("[value=preview]")
    expect(page.locator("#ask-by")).to_contain_text("is new")
    page.select_option("#by_kind", "witness")
    page.click("[value=preview]")
    expect(page.locator("#foresight")).to_contain_text("Opens a new claim")
    save(page)
    expect(page.locator("h1")).to_have_text("A third man was seen")
    page.click("[data-undo]")
    expect(page.locator("[data-done]")).to_contain_text("Bring it back")
    page.goto(desk.address)
    page.fill("#q", "second officer")
    page.keyboard.press("Enter")
    expect(page.locator("[data-found]")).to_contain_text("of")
    page.goto(f"{desk.address}/replay")
    page.click("[data-earlier]")
    expect(page.locator("[data-permalink]")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_chain_of_relayers_is_as_long_as_it_has_to_be(visits: Visits, desk: Desk, script: bool) -> None:
    page = visits.of("Ana", java_script_enabled=script)
    fill(page, desk, claim=SECOND, status="denied", by="Paris prosecutor", said="2017-04-20 23:31")
    page.fill("#via1", "BFM")
    page.locator(".more summary").click()
    page.fill("#via2", "Reuters")
    page.fill("#quote", "no such thing")
    loads: list[str] = []
    page.on("load", lambda _: loads.append("load"))
    page.click("text=Another relayer")
    expect(page.locator("#via3")).to_be_focused()
    assert (loads == []) is script
    assert page.input_value("#quote") == "no such thing"
    page.keyboard.type("Le Monde")
    if script:
        expect(page.locator("#ask-via3")).to_contain_text("is new")
    else:
        page.click("[value=preview]")
    page.select_option("#via3_kind", "newspaper")
    for number in range(4, 9):
        page.click("text=Another relayer")
        expect(page.locator(f"#via{number}")).to_be_visible()
    expect(page.locator("text=Another relayer")).to_be_hidden()
    page.fill("#via5", "Islamic State (Amaq)")
    save(page)
    expect(page.locator("[data-done]")).to_be_visible()
    via = next(line.via for line in desk.ledger.why(SECOND).statements if line.quote == "no such thing")
    assert list(via) == ["BFM", "Reuters", "Le Monde", "Islamic State (Amaq)"]


def test_enter_saves_and_adds_no_relayer(visits: Visits, desk: Desk) -> None:
    for script in (True, False):
        page = visits.of("Ana", java_script_enabled=script)
        minute = 40 + script
        fill(page, desk, claim=SECOND, status="denied", by="Paris prosecutor", said=f"2017-04-20 23:{minute}")
        page.press("#said", "Enter")
        expect(page.locator("[data-done]")).to_contain_text("Recorded as entry")


@pytest.mark.parametrize("size", ["phone", "laptop"])
def test_a_small_form_that_is_refused_stays_open_with_what_was_typed(visits: Visits, desk: Desk, size: str) -> None:
    from tests.browser.desk import LAPTOP, PHONE

    page = visits.of("Emil", viewport=PHONE if size == "phone" else LAPTOP)
    visits.forgiven = ("409",)
    claim = desk.ledger.why(SECOND).row.claim
    page.goto(f"{desk.address}/claims/{claim}")
    page.click("text=It is the same as another")
    page.fill("#same-same_as", "no claim is called so")
    page.fill("#same-note", "they are one")
    page.click("text=Fold it under that claim")
    expect(page.locator("[data-wrong]")).to_contain_text("no such claim")
    assert page.input_value("#same-note") == "they are one"
    page.click("text=Hold it")
    page.fill("#hold-note", "the family is not told yet")
    page.click("text=Keep it out of publications")
    expect(page.locator(".verdict")).to_contain_text("held")


def test_a_ledger_that_is_busy_loses_nothing(visits: Visits, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    page = visits.of("Ana")
    visits.forgiven = ("503",)
    fill(page, desk, claim=SECOND, status="denied", by="Paris prosecutor", said="2017-04-20 23:31")
    expect(page.locator("#foresight .large")).to_be_visible()
    before = desk.ledger.size
    away = sqlite3.connect(str(desk.where), isolation_level=None)
    away.execute("BEGIN IMMEDIATE")
    try:
        save(page)
        expect(page.locator("[data-wrong]")).to_contain_text("claims.db", timeout=60_000)
    finally:
        away.execute("ROLLBACK")
        away.close()
    assert page.input_value("#claim") == SECOND
    assert page.is_checked("#status-denied")
    assert desk.ledger.size == before
    save(page)
    expect(page.locator("[data-done]")).to_be_visible()
