"""Signing in and out, how often it may be tried, and what was typed when a session ended in the middle of it."""

from __future__ import annotations

import html
import re

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from ledger.book import Ledger
from ledger.store import Place
from ledger.vocabulary import Access, Role
from ledger.web.app import make_app
from ledger.web.identity import Desk
from ledger.web.settings import Settings
from tests.web.conftest import ADDRESS, NAMES, OURS, PASSWORD, Browsers

pytestmark = pytest.mark.parametrize("where", ["sqlite"], indirect=True)
ANA = NAMES[Role.FACT_CHECKER]
HTML = {"Accept": "text/html"}


def test_somebody_signs_in_is_known_and_signs_out(browser: Browsers) -> None:
    page = browser()
    assert page.get("/api/v1/me").status_code == 401
    done = page.post("/sign-in", data={"name": ANA.upper(), "password": PASSWORD, "to": "/claims/5?x=1"})
    assert (done.status_code, done.headers["location"]) == (303, "/claims/5?x=1")
    cookie = done.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    assert page.get("/api/v1/me").json()["name"] == ANA
    secret = page.cookies["claims"]
    assert page.post("/sign-out").headers["location"] == "/sign-in"
    assert page.get("/api/v1/me").status_code == 401
    stolen = TestClient(page.app, base_url=ADDRESS, cookies={"claims": secret})
    assert stolen.get("/api/v1/me").status_code == 401, "it is over on the server too"


@pytest.mark.parametrize("settings", [Settings(secure=True)])
def test_by_https_the_cookie_goes_by_https_alone(browser: Browsers) -> None:
    done = browser().post("/sign-in", data={"name": ANA, "password": PASSWORD})
    assert done.headers["set-cookie"].startswith("__Host-claims=")
    assert "Secure" in done.headers["set-cookie"]
    assert "max-age=" in done.headers["strict-transport-security"]


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "",
        "/\r\nX: 1",
    ],
)
def test_nobody_is_led_elsewhere(browser: Browsers, to: str) -> None:
    done = browser().post("/sign-in", data={"name": ANA, "password": PASSWORD, "to": to})
    assert done.headers["location"] == "/"


def test_a_wrong_password_and_a_name_that_nobody_has_look_the_same(browser: Browsers) -> None:
    told = []
    for name in (ANA, "<script>alert(1)</script>"):
        done = browser().post("/sign-in", data={"name": name, "password": "not the password"})
        assert done.status_code == 401
        assert "set-cookie" not in done.headers
        assert "<script" not in done.text
        told.append(done.text.replace(html.escape(name), "NAME"))
    assert told[0] == told[1]
    assert "the name or the password is not right" in told[0]


@pytest.mark.parametrize("settings", [Settings(attempts=3)])
def test_who_tries_too_often_has_to_wait(browser: Browsers, ledger: Ledger) -> None:
    page = browser()
    answers = [page.post("/sign-in", data={"name": ANA, "password": "guess"}) for _ in range(5)]
    assert [each.status_code for each in answers] == [401, 401, 401, 429, 429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 900
    assert "too many attempts" in answers[-1].text
    assert page.post("/sign-in", data={"name": ANA, "password": PASSWORD}).status_code == 429, (
        "not even with the right one"
    )
    assert page.post("/sign-in", data={"name": NAMES[Role.EDITOR], "password": PASSWORD}).status_code == 303
    kinds = [line.kind for line in ledger.people.accesses(limit=100)]
    assert kinds.count(Access.REFUSED) == 3, "what is not tried is not written down"


@pytest.mark.parametrize("settings", [Settings(attempts=3)])
def test_several_processes_let_through_no_more_than_one(browser: Browsers, where: Place, settings: Settings) -> None:
    with Ledger.open(where) as opened, TestClient(make_app(opened, settings), base_url=ADDRESS, headers=OURS) as other:
        given = {"name": ANA, "password": "guess"}
        answers = [each.post("/sign-in", data=given) for each in (browser(), other) * 4]
        assert [each.status_code for each in answers] == [401] * 3 + [429] * 5
        assert answers[-1].headers["retry-after"] in ("899", "900")
        assert "wait 15 minutes" in answers[-1].text


@pytest.mark.parametrize("settings", [Settings(attempts=3)])
def test_who_got_it_right_begins_anew(browser: Browsers) -> None:
    page = browser()
    for password in ("guess", "guess", PASSWORD, "guess", "guess", PASSWORD):
        done = page.post("/sign-in", data={"name": ANA, "password": password})
    assert done.status_code == 303


@pytest.mark.parametrize("settings", [Settings(attempts=3)])
def test_one_address_tries_many_names_only_so_often(browser: Browsers) -> None:
    page = browser()
    answers = [page.post("/sign-in", data={"name": f"name {n}", "password": "guess"}).status_code for n in range(17)]
    assert answers == [401] * 15 + [429] * 2


def test_a_page_that_needs_somebody_leads_to_the_sign_in(app: FastAPI, browser: Browsers) -> None:
    @app.get("/only/{claim}")
    def only(desk: Desk, claim: int) -> str:
        return f"{claim}: {desk.person.name if desk.person else ''}"

    page = browser()
    done = page.get("/only/5?known=3&x=%C3%A9", headers=HTML)
    assert done.status_code == 303
    shown = page.get(done.headers["location"])
    [to] = re.findall(r'name="to" value="([^"]*)"', shown.text)
    assert html.unescape(to) == "/only/5?known=3&x=%C3%A9"
    then = page.post("/sign-in", data={"name": ANA, "password": PASSWORD, "to": html.unescape(to)})
    assert page.get(then.headers["location"]).json() == f"5: {ANA}"
    assert TestClient(app, base_url=ADDRESS).get("/only/5").headers["content-type"] == "application/problem+json"


TYPED = {"quote": "« Il est mort »\n</textarea><script>alert(1)</script>", "note": "\nbegins with a line", "empty": ""}


@pytest.mark.parametrize("multipart", [False, True])
def test_nothing_that_was_typed_is_lost_when_a_session_ends(
    app: FastAPI, browser: Browsers, ledger: Ledger, multipart: bool
) -> None:
    saved: list[tuple[str, dict[str, object]]] = []

    @app.post("/save/{claim}")
    async def save(request: Request, desk: Desk, claim: int) -> str:
        saved.append((desk.person.name if desk.person else "", dict((await request.form()).multi_items())))
        return f"saved {claim}"

    page = browser(Role.FACT_CHECKER)
    ledger.people.end_sessions(ANA)
    more = {"files": {"document": ("proof.pdf", b"%PDF", "application/pdf")}} if multipart else {}
    done = page.post("/save/5", data=TYPED, headers=HTML, **more)  # type: ignore[arg-type]
    assert done.status_code == 401
    assert saved == []
    assert ("add the file again" in done.text) is multipart
    assert "it goes with you" in done.text
    given = hidden(done.text)
    done = page.post("/sign-in", data=given | {"name": ANA, "password": "wrong"})
    assert hidden(done.text)["kept"] == given["kept"], "nor when the password was wrong"
    done = page.post("/sign-in", data=given | {"name": ANA, "password": PASSWORD})
    assert done.status_code == 200
    assert "<script" not in done.text
    [action] = re.findall(r'<form method="post" action="([^"]*)"', done.text)
    fields = dict(re.findall(r'<textarea name="([^"]*)" hidden>\n(.*?)</textarea>', done.text, re.DOTALL))
    typed = {name: html.unescape(value).replace("\r\n", "\n") for name, value in fields.items()}
    assert typed == TYPED
    assert page.post(action, data=typed).json() == "saved 5"
    assert saved == [(ANA, TYPED)]


def hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def test_what_is_too_long_to_be_kept_is_said(app: FastAPI, browser: Browsers, ledger: Ledger) -> None:
    @app.post("/save")
    def save(desk: Desk) -> str:
        return "saved"

    page = browser(Role.FACT_CHECKER)
    ledger.people.end_sessions(ANA)
    done = page.post("/save", data={"quote": "x" * 300_000}, headers=HTML)
    assert done.status_code == 401
    assert "too long to be kept" in done.text
    assert hidden(done.text)["kept"] == ""


@pytest.mark.parametrize("kept", ["[", "{}", "[1]", "[[1, 2]]", '[["a"]]', "null", '"x"', "x" * 100])
def test_what_nobody_typed_is_no_field(browser: Browsers, kept: str) -> None:
    done = browser().post("/sign-in", data={"name": ANA, "password": PASSWORD, "kept": kept})
    assert done.status_code == 303


def test_the_first_page_says_how_to_make_an_account(browser: Browsers, ledger: Ledger) -> None:
    page = browser()
    assert "claims user add" not in page.get("/sign-in").text
    for person in ledger.people.everybody():
        ledger.people.disable(person.name)
    assert "claims user add NAME --role ROLE" in page.get("/sign-in").text


def test_an_account_that_is_closed_is_out_at_once(browser: Browsers, ledger: Ledger) -> None:
    page = browser(Role.FACT_CHECKER)
    assert page.get("/api/v1/me").status_code == 200
    ledger.people.disable(ANA)
    assert page.get("/api/v1/me").status_code == 401


def test_a_token_is_a_bearers(browser: Browsers, ledger: Ledger) -> None:
    secret = ledger.people.make_token(ANA, "wire", [], 1).secret
    page = TestClient(browser().app, base_url=ADDRESS, headers={"Authorization": f"Bearer {secret}"})
    assert page.get("/api/v1/me").json() == {"name": ANA, "roles": [], "may": []}
    assert page.get("/api/v1/me", headers={"Authorization": "Bearer claims_x"}).status_code == 401
    assert page.get("/api/v1/me", headers={"Authorization": f"Basic {secret}"}).status_code == 401
