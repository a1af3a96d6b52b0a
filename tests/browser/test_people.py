"""Accounts, and a redaction, in a browser: with scripts and without, clicked twice, and ended in the middle."""

import pytest
from playwright.sync_api import Page, expect

from ledger.vocabulary import Access, Role, Status
from tests.browser.desk import PASSWORD, Desk, Visits, sign_in

NEW = "staple of another kind"


def form(page: Page, summary: str) -> None:
    page.click(f"summary:text-is('{summary}')")


@pytest.mark.parametrize("scripts", [True, False])
def test_somebody_is_added_comes_in_and_chooses_a_password(visits: Visits, desk: Desk, scripts: bool) -> None:
    admin, zoe = visits.of("Adam", java_script_enabled=scripts), visits.page(java_script_enabled=scripts)
    admin.click("nav >> text=People")
    form(admin, "Add somebody")
    admin.fill("#add-name", "Zoé <b>1</b>")
    admin.check("form[action='/people'] [name=role-fact-checker]")
    admin.check("form[action='/people'] [name=make_up]")
    admin.click("text=Give an account")
    made_up = admin.locator(".secret").inner_text()
    zoe.goto(f"{desk.address}/sign-in")
    sign_in(zoe, "Zoé <b>1</b>", made_up)
    zoe.click(".who a")
    form(zoe, "Choose another password")
    zoe.fill("#password-old_password", made_up)
    for field in ("password", "password_again"):
        zoe.fill(f"#password-{field}", NEW)
    zoe.click("text=Change it")
    expect(zoe.locator("[role=status].right")).to_contain_text("Your password is another one now")
    assert desk.ledger.people.sign_in("Zoé <b>1</b>", NEW).person.roles == {Role.FACT_CHECKER}


def test_a_single_key_leads_nowhere_from_a_form_that_is_filled_in(visits: Visits, desk: Desk) -> None:
    page = visits.of("Adam")
    page.goto(f"{desk.address}/people")
    form(page, "Add somebody")
    page.fill("#add-name", "Zoé")
    page.press("form[action='/people'] [name=role-editor]", "b")
    page.press("form[action='/people'] button", "t")
    page.wait_for_timeout(500)
    expect(page.locator("#add-name")).to_have_value("Zoé")
    page.locator("summary").first.press("b")
    page.wait_for_url(f"{desk.address}/")


def test_a_double_click_makes_one_token_and_shows_it(visits: Visits, desk: Desk) -> None:
    page = visits.of("Emil")
    page.goto(f"{desk.address}/me")
    form(page, "Make a token")
    page.fill("#token-label", "the wire")
    page.dblclick("text=Make it")
    secret = page.locator(".secret").inner_text()
    [token] = desk.ledger.people.tokens("Emil")
    assert token.label == "the wire"
    assert desk.ledger.people.bearer(secret).name == "Emil"


def test_the_last_admin_is_told_at_the_form_and_can_go_on(visits: Visits, desk: Desk) -> None:
    visits.forgiven = ("409",)
    page = visits.of("Adam")
    page.goto(f"{desk.address}/people")
    row = page.locator("tr", has=page.locator("th:has-text('Adam')"))
    row.locator("summary:text-is('Other roles')").click()
    row.locator("[name=role-admin]").uncheck()
    row.locator("[name=role-editor]").check()
    page.click("text=Give Adam these roles")
    expect(page.locator("[data-wrong]")).to_have_text(
        "admin: the last one has to stay; make somebody else an admin first"
    )
    assert [row.locator(f"[name=role-{each}]").is_checked() for each in ("admin", "editor")] == [False, True]
    row.locator("[name=role-admin]").check()
    page.click("text=Give Adam these roles")
    expect(page.locator("h1")).to_have_text("My account")
    assert desk.ledger.people.signed_in(page.context.cookies()[0]["value"]).roles == {Role.ADMIN, Role.EDITOR}


def test_a_session_that_is_ended_in_the_middle_of_a_form_loses_no_more_than_the_password(
    visits: Visits, desk: Desk
) -> None:
    visits.forgiven = ("401", "422")
    page = visits.of("Adam")
    page.goto(f"{desk.address}/people")
    form(page, "Add somebody")
    page.fill("#add-name", "Zoé")
    page.check("form[action='/people'] [name=role-auditor]")
    for field in ("password", "password_again"):
        page.fill(f"#add-{field}", NEW)
    desk.ledger.people.end_sessions("Adam")
    page.click("text=Give an account")
    expect(page.locator(".wrong")).to_contain_text("a password is not")
    sign_in(page, "Adam", PASSWORD)
    page.click("text=Save it now")
    expect(page.locator("[data-wrong]")).to_contain_text("password: is missing")
    expect(page.locator("#add-name")).to_have_value("Zoé")
    for field in ("password", "password_again"):
        page.fill(f"#add-{field}", NEW)
    page.click("text=Give an account")
    expect(page.locator("[role=status].right")).to_contain_text("Zoé")
    assert [line.person for line in desk.ledger.people.accesses() if line.kind is Access.ADDED].count("Zoé") == 1
    assert desk.ledger.people.sign_in("Zoé", NEW)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_quote_is_removed_for_good_by_two_clicks_more(visits: Visits, desk: Desk, scripts: bool) -> None:
    quote = "the quagmire witness told us so"
    said = desk.ledger.record("The attacker was shot dead", Status.REPORTED, by="Reuters", said=None, quote=quote)
    page, before = visits.of("Emil", java_script_enabled=scripts), desk.ledger.size
    page.goto(f"{desk.address}/claims/{said.claim}")
    expect(page.locator("blockquote", has_text=quote)).to_be_visible()
    page.click(f"#entry-{said.index} >> text=Redact")
    page.check("[name=part-quote]")
    page.fill("#redact-order", "Tribunal de Paris")
    page.click("text=Look at what would be gone")
    expect(page.locator(".gone")).to_contain_text(quote)
    page.click("text=Back, nothing is removed")
    expect(page.locator("#redact-order")).to_have_value("Tribunal de Paris")
    assert desk.ledger.size == before
    page.click("text=Look at what would be gone")
    page.dblclick("text=Remove it for good")
    expect(page.locator("h1")).to_have_text("Redacted")
    expect(page.locator(".facts")).to_contain_text("[redacted: Tribunal de Paris]")
    page.click("text=Back to claim")
    expect(page.locator("main")).to_contain_text("[redacted: Tribunal de Paris]")
    expect(page.locator("main")).not_to_contain_text(quote)
    assert [line.kind for line in desk.ledger.log(before)].count("redaction") == 1
