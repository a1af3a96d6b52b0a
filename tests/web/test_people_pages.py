"""Who works at the desk, as a page: what an admin does to accounts there, and what nobody can do with it."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ledger.book import Ledger
from ledger.errors import NotSignedIn
from ledger.store import Place, locate
from ledger.vocabulary import Access, Role
from ledger.web.settings import Settings
from tests.web.conftest import ADDRESS, NAMES, PASSWORD, Browsers
from tests.web.pages import HTML, carried, key, sent_again, shown_secret, wrong
from tests.web.test_security import OTTO

ANA, ADAM, EMIL = NAMES[Role.FACT_CHECKER], NAMES[Role.ADMIN], NAMES[Role.EDITOR]
ZOE = "Zoé / <b>1</b> \u05d0"
GIVEN = "a long enough one"
ACCOUNT = {
    "name": ZOE,
    "role-fact-checker": "yes",
    "role-editor": "yes",
    "password": GIVEN,
    "password_again": GIVEN,
}


@pytest.fixture
def where(tmp_path: Path) -> Place:
    """On a file, for what is about the app alone."""
    return locate(tmp_path / "claims.db")


def let_in(browser: Browsers, name: str, password: str) -> TestClient:
    page = browser(**HTML)
    assert page.post("/sign-in", data={"name": name, "password": password}).status_code == 303
    return page


def test_an_admin_looks_after_an_account_from_beginning_to_end(browser: Browsers, ledger: Ledger) -> None:
    admin = browser(Role.ADMIN, **HTML)
    done = admin.post("/people", data=ACCOUNT | key())
    assert done.status_code == 303, done.text
    told = admin.get(done.headers["location"]).text
    assert "<b>1</b>" not in told
    assert f"<bdi>{html.escape(ZOE)}</bdi>: fact-checker, editor; the account is open." in told
    zoe = let_in(browser, ZOE, GIVEN)
    assert zoe.post("/claims/5/hold", data=key()).status_code == 303

    assert admin.post("/people/roles", data={"name": ZOE, "role-auditor": "yes"} | key()).status_code == 303
    assert zoe.post("/claims/5/release", data=key()).status_code == 403, "what is open has them at once"
    assert admin.post("/people/sessions", data={"name": ZOE} | key()).status_code == 303
    assert zoe.get("/me").headers["location"].startswith("/sign-in")
    another = {"name": ZOE, "password": "quite another one", "password_again": "quite another one"}
    assert admin.post("/people/password", data=another | key()).status_code == 303
    with pytest.raises(NotSignedIn):
        ledger.people.sign_in(ZOE, GIVEN)
    zoe = let_in(browser, ZOE, "quite another one")
    assert admin.post("/people/close", data={"name": ZOE} | key()).status_code == 303
    assert zoe.get("/me").headers["location"].startswith("/sign-in")
    assert "the account is closed." in admin.get("/people", params={"did": ZOE}).text
    assert admin.post("/people/open", data={"name": ZOE} | key()).status_code == 303
    assert let_in(browser, ZOE, "quite another one").get("/me").status_code == 200

    noted = [line for line in ledger.people.accesses() if (line.person, line.actor) == (ZOE, ADAM)]
    assert [line.kind for line in reversed(noted)] == [
        Access.ADDED,
        Access.ROLES_SET,
        Access.SIGNED_OUT,
        Access.PASSWORD_SET,
        Access.DISABLED,
        Access.ENABLED,
    ]


@pytest.mark.parametrize("path", ["/people", "/people/password"])
def test_a_password_that_is_made_up_is_shown_once(browser: Browsers, ledger: Ledger, path: str) -> None:
    admin = browser(Role.ADMIN, **HTML)
    if path != "/people":
        ledger.people.add_person(ZOE, PASSWORD, [Role.AUDITOR])
    given = {"name": ZOE, "role-editor": "yes", "make_up": "yes"} | key()
    answers = [admin.post(path, data=given) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    password = shown_secret(answers[0].text)
    assert shown_secret(answers[1].text) == password, "a double click makes up one"
    assert len(password) >= 12
    assert password not in admin.get("/people").text
    assert ledger.people.sign_in(ZOE, password)
    kinds = [line.kind for line in ledger.people.accesses() if line.person == ZOE and line.actor == ADAM]
    assert kinds == [Access.ADDED if path == "/people" else Access.PASSWORD_SET]


@pytest.mark.parametrize(
    ("path", "given", "status", "says"),
    [
        ("", {"name": EMIL.upper()}, 409, "has an account already"),
        ("", {"name": ""}, 409, "name: is empty"),
        ("", {"name": "a\u202eb"}, 409, "a character that reorders text"),
        ("", {"role-editor": "", "role-fact-checker": ""}, 409, "role: is missing"),
        ("", {"password": "Xyzzy", "password_again": "Xyzzy"}, 409, "password: is too short"),
        ("", {"password_again": "Xyzzy"}, 422, "the two are not the same"),
        ("", {"password": "", "password_again": ""}, 422, "password: is missing"),
        ("/roles", {"name": EMIL, "role-editor": "", "role-fact-checker": ""}, 422, "role: is missing"),
        ("/roles", {"name": ADAM}, 409, "the last one has to stay"),
        ("/close", {"name": ADAM}, 409, "the last one has to stay"),
        ("/password", {"name": EMIL, "password": "Xyzzy", "password_again": "Xyzzy"}, 409, "is too short"),
    ],
)
def test_what_is_refused_is_told_at_its_form_with_what_was_typed(
    browser: Browsers, ledger: Ledger, path: str, given: dict[str, str], status: int, says: str
) -> None:
    admin, before = browser(Role.ADMIN, **HTML), ledger.people.everybody()
    sent = {name: value for name, value in (ACCOUNT | given).items() if value}
    done = admin.post(f"/people{path}", data=sent | key())
    assert done.status_code == status, done.text
    assert says in wrong(done.text)
    assert ledger.people.everybody() == before
    [form] = re.findall(r'<details class="act" open>(.*?)</details>', done.text, re.DOTALL)
    assert f'action="/people{path}"' in form
    for secret in (GIVEN, "Xyzzy"):
        assert secret not in done.text
    if path == "":
        assert f'value="{html.escape(sent.get("name", ""))}"' in form
    if path in ("", "/roles"):
        ticked = re.findall(r'name="role-([a-z-]+)" value="yes" checked', form)
        assert ticked == [each for each in ("fact-checker", "editor") if f"role-{each}" in sent]


def test_whom_nobody_knows_is_a_refusal_of_its_own(browser: Browsers, ledger: Ledger) -> None:
    admin, before = browser(Role.ADMIN, **HTML), ledger.people.everybody()
    for path in ("/people/roles", "/people/close", "/people/open", "/people/sessions"):
        for name in ("nobody", "", "\u0000", "<script>", "x" * 3_000):
            done = admin.post(path, data={"name": name, "role-editor": "yes"} | key())
            assert (done.status_code, "nobody has an account" in done.text) == (409, True), path
            assert "<script>" not in done.text
    assert ledger.people.everybody() == before


@pytest.mark.parametrize("role", Role)
def test_the_page_is_for_admins_and_auditors_who_only_read(browser: Browsers, role: Role) -> None:
    page = browser(role, **HTML)
    may_read = role in (Role.ADMIN, Role.AUDITOR)
    assert ('href="/people"' in page.get("/").text) is may_read
    for path in ("/people", "/people/accesses"):
        answer = page.get(path)
        assert answer.status_code == (200 if may_read else 403)
        assert ('action="/people' in answer.text) is (role is Role.ADMIN and path == "/people")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_nobody_else_changes_an_account(browser: Browsers, ledger: Ledger, role: Role) -> None:
    page = browser(role, **HTML)
    before = ledger.people.everybody(), [line.kind for line in ledger.people.accesses()]
    for path in ("", "/roles", "/password", "/close", "/open", "/sessions"):
        for name in (ZOE, EMIL, NAMES[role]):
            done = page.post(f"/people{path}", data=ACCOUNT | {"name": name} | key())
            assert (done.status_code, "it takes the role admin" in done.text) == (403, True), (path, name)
    assert (ledger.people.everybody(), [line.kind for line in ledger.people.accesses()]) == before


def test_a_token_looks_after_nobody(browser: Browsers, ledger: Ledger) -> None:
    secret = ledger.people.make_token(ADAM, "wire", [Role.ADMIN], 1).secret
    page = TestClient(browser().app, base_url=ADDRESS, headers={"Authorization": f"Bearer {secret}"} | HTML)
    before = ledger.people.everybody()
    for path in ("/people", "/people/accesses"):
        assert page.get(path).status_code == 403
    for path in ("", "/roles", "/password", "/close", "/open", "/sessions"):
        assert page.post(f"/people{path}", data=ACCOUNT | {"name": EMIL}).status_code == 403
    assert ledger.people.everybody() == before


def test_an_admin_who_is_one_no_more_sees_what_they_are(browser: Browsers, ledger: Ledger) -> None:
    ledger.people.add_person("Bo", PASSWORD, [Role.ADMIN])
    page = browser(Role.ADMIN, **HTML)
    done = page.post("/people/roles", data={"name": ADAM, "role-auditor": "yes"} | key())
    assert done.headers["location"] == "/me?did=mine"
    assert "This is what you are here now" in page.get("/me?did=mine").text
    assert page.post("/people/close", data={"name": ADAM} | key()).status_code == 403


def test_a_double_click_adds_one_account_and_says_so_both_times(browser: Browsers, ledger: Ledger) -> None:
    admin, given = browser(Role.ADMIN, **HTML), ACCOUNT | key()
    answers = [admin.post("/people", data=given) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert [line.kind for line in ledger.people.accesses()].count(Access.ADDED) == len(Role) + 1


def test_a_session_that_ends_in_the_middle_keeps_all_but_the_passwords(browser: Browsers, ledger: Ledger) -> None:
    admin, before = browser(Role.ADMIN, **HTML), ledger.people.everybody()
    ledger.people.end_sessions(ADAM)
    lost = admin.post("/people", data=ACCOUNT | key())
    assert (lost.status_code, GIVEN in lost.text) == (401, False)
    again = admin.post("/sign-in", data=carried(lost.text) | {"name": ADAM, "password": PASSWORD})
    fields = sent_again(again.text)
    assert fields.keys() == ACCOUNT.keys() - {"password", "password_again"} | {"key"}
    refused = admin.post("/people", data=fields)
    assert (refused.status_code, wrong(refused.text)) == (422, "password: is missing; type it twice")
    assert f'value="{html.escape(ZOE)}"' in refused.text
    assert ledger.people.everybody() == before
    assert admin.post("/people", data=ACCOUNT | key()).status_code == 303


def test_the_accesses_are_told_the_newest_first_and_the_older_by_a_link(browser: Browsers, ledger: Ledger) -> None:
    for number in range(130):
        with pytest.raises(NotSignedIn):
            ledger.people.sign_in(f"<script>{number}</script>", "guess", address="192.0.2.7")
    page = browser(Role.AUDITOR, **HTML)
    first = page.get("/people/accesses").text
    assert "<script>1" not in first
    assert "&lt;script&gt;129&lt;/script&gt;" in first
    assert "192.0.2.7" in first
    [older] = re.findall(r'href="(/people/accesses\?before=\d+)"', first)
    second = page.get(older).text
    told = [[int(each) for each in re.findall(r'<span class="entry">(\d+)</span>', text)] for text in (first, second)]
    assert [len(each) for each in told] == [100, len(Role) + 131 - 100]
    assert [*told[0], *told[1]] == list(range(len(Role) + 130, -1, -1))
    assert "before=" not in second
    assert page.get("/people/accesses?before=x").status_code == 422
    assert "There is no line before that" in page.get("/people/accesses?before=0").text


@pytest.mark.parametrize("settings", [Settings(alone=OTTO)])
def test_who_is_alone_makes_the_first_account(browser: Browsers, ledger: Ledger) -> None:
    for person in ledger.people.everybody():
        ledger.people.disable(person.name)
    page = browser(**HTML)
    refused = page.post("/people", data=ACCOUNT | key())
    assert (refused.status_code, "the first account has to be an admin's" in wrong(refused.text)) == (409, True)
    done = page.post("/people", data=ACCOUNT | {"role-admin": "yes"} | key())
    assert done.status_code == 303
    assert page.get(done.headers["location"]).headers["location"].startswith("/sign-in")
    assert let_in(browser, ZOE, GIVEN).get("/people").status_code == 200
