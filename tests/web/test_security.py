"""What a page of another site can do here: nothing; and what every answer tells a browser."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ledger.book import Ledger, Person
from ledger.vocabulary import Role
from ledger.web.settings import Settings
from tests.ledgers import DAY
from tests.web.conftest import ADDRESS, NAMES, Browsers

pytestmark = pytest.mark.parametrize("where", ["sqlite"], indirect=True)
OTTO = Person("Otto", frozenset(Role), False, DAY)
HOLD = "/api/v1/claims/5/hold"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/sign-in", 200), ("/healthz", 200), ("/api/v1/board", 401), ("/nothing", 404), ("/api/v1/openapi.json", 200)],
)
def test_every_answer_says_what_a_browser_may(browser: Browsers, path: str, status: int) -> None:
    done = browser().get(path)
    assert done.status_code == status
    policy = done.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; ")
    assert "unsafe" not in policy
    assert "data:" not in policy
    assert "frame-ancestors 'none'" in policy
    assert done.headers["x-content-type-options"] == "nosniff"
    assert done.headers["x-frame-options"] == "DENY"
    assert done.headers["referrer-policy"] == "same-origin"
    assert "geolocation=()" in done.headers["permissions-policy"]
    assert done.headers["cache-control"] in ("no-store", "private, no-cache")
    assert "server" not in done.headers


def test_a_page_of_ours_has_nothing_inline(browser: Browsers) -> None:
    text = browser().get("/sign-in").text
    for inline in ("<script", "<style", " style=", " onclick=", "http://", "https://"):
        assert inline not in text


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": ADDRESS}, False),
        ({"Origin": ADDRESS}, True),
        ({"Origin": "http://localhost:1"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({}, False),
    ],
)
def test_a_write_with_a_cookie_comes_from_a_page_of_ours(
    browser: Browsers, ledger: Ledger, headers: dict[str, str], ours: bool
) -> None:
    signed_in = browser(Role.EDITOR)
    page = TestClient(signed_in.app, base_url=ADDRESS, cookies=dict(signed_in.cookies))
    before = ledger.size
    done = page.post(HOLD, json={}, headers=headers)
    assert done.status_code == (200 if ours else 403)
    assert (ledger.size > before) is ours
    if not ours:
        assert done.json()["detail"] == "origin: the request comes from a page of another site"
    assert page.get("/api/v1/board", headers=headers).status_code == 200, (
        "reading changes nothing, and is told to nobody"
    )


def test_a_program_with_a_token_sends_neither(browser: Browsers, ledger: Ledger) -> None:
    secret = ledger.people.make_token(NAMES[Role.EDITOR], "wire", [Role.EDITOR], 1).secret
    page = TestClient(browser().app, base_url=ADDRESS, headers={"Authorization": f"Bearer {secret}"})
    assert page.post(HOLD, json={}).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8017", 200),
        ("127.0.0.1:8017", 200),
        ("[::1]:8017", 200),
        ("[::1]", 200),
        ("evil.example", 422),
        ("localhost.evil.example", 422),
        ("", 422),
    ],
)
@pytest.mark.parametrize("settings", [Settings(alone=OTTO, demo=True)])
def test_a_name_that_was_made_to_point_here_is_not_ours(browser: Browsers, host: str, status: int) -> None:
    assert browser().get("/api/v1/board", headers={"Host": host}).status_code == status


@pytest.mark.parametrize("settings", [Settings(hosts=None)])
def test_behind_a_proxy_it_has_any_name(browser: Browsers) -> None:
    assert browser().get("/healthz", headers={"Host": "desk.example.org"}).status_code == 200


@pytest.mark.parametrize("settings", [Settings(alone=OTTO)])
def test_who_is_alone_is_so_until_there_is_an_account(browser: Browsers, ledger: Ledger) -> None:
    page = browser()
    assert page.get("/api/v1/me").status_code == 401, "there are accounts"
    for person in ledger.people.everybody():
        ledger.people.disable(person.name)
    assert page.get("/api/v1/me").json()["name"] == "Otto"
    ledger.people.enable(NAMES[Role.EDITOR])
    assert page.get("/api/v1/me").status_code == 401


def test_what_fails_is_told_without_a_word_of_it(
    app: FastAPI, browser: Browsers, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/fails")
    def fails() -> None:
        raise ValueError("a claim that is secret")

    done = browser().get("/fails")
    assert done.status_code == 500
    assert done.headers["content-type"] == "application/problem+json"
    assert done.json()["detail"] == "unexpected: ValueError"
    assert "content-security-policy" in done.headers
    assert "secret" not in done.text + caplog.text + str([each.__dict__ for each in caplog.records])
    [line] = [each for each in caplog.records if each.msg == "failure"]
    assert any("test_security.py" in each for each in line.told["places"])  # type: ignore[attr-defined]


@pytest.mark.parametrize(("method", "step"), [("GET", "load the page again"), ("POST", "it is recorded once")])
def test_a_browser_is_told_of_a_failure_on_a_page(app: FastAPI, browser: Browsers, method: str, step: str) -> None:
    @app.api_route("/fails", methods=["GET", "POST"])
    def fails() -> None:
        raise ValueError("a claim that is secret")

    done = browser().request(method, "/fails", headers={"Accept": "text/html"})
    assert done.status_code == 500
    assert done.headers["content-type"] == "text/html; charset=utf-8"
    assert "content-security-policy" in done.headers
    assert "the program failed" in done.text
    assert step in done.text
    assert "tell who looks after the desk that it was at 20" in done.text
    assert "secret" not in done.text
    assert "ValueError" not in done.text


def test_where_pages_are_what_fails_it_is_still_answered(
    app: FastAPI, browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledger.web.desk import around

    @app.get("/fails")
    def fails() -> None:
        raise ValueError

    def fill(*_: object, **__: object) -> str:
        raise KeyError

    monkeypatch.setattr(around, "fill", fill)
    done = browser().get("/fails", headers={"Accept": "text/html"})
    assert done.status_code == 500
    assert done.json()["detail"] == "unexpected: ValueError"


def test_what_is_refused_before_any_route_is_a_page_for_a_browser(browser: Browsers) -> None:
    page = browser(Role.EDITOR, Accept="text/html")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for done, status, why in (
        (page.post("/seen", data={"size": "5"}, headers={"Sec-Fetch-Site": "cross-site"}), 403, "page of another site"),
        (page.post("/seen", headers={"Content-Length": "9" * 12}), 413, "is larger than 1,048,576 bytes"),
        (page.post("/seen", content=iter([b"x" * 2_000_000]), headers=form), 413, "is larger than 1,048,576 bytes"),
        (page.put("/seen"), 405, "there is no such page"),
        (
            page.post("/claims/5/hold", content=b"x", headers={"Content-Type": "multipart/form-data"}),
            400,
            "cannot be read",
        ),
    ):
        assert done.status_code == status, done.text
        assert done.headers["content-type"] == "text/html; charset=utf-8", done.text
        assert why in done.text
