"""What somebody tries who means harm, or what only looks like it: each is refused, and nothing of it is a failure."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ledger.book import Ledger, Person
from ledger.book.people import People
from ledger.errors import TooMany
from ledger.store import Place
from ledger.vocabulary import Access, Role
from ledger.web.limiting import SignInLimits
from ledger.web.settings import Settings
from ledger.web.signing import MOST_KEPT
from tests.ledgers import DAY
from tests.web.conftest import ADDRESS, NAMES, OURS, PASSWORD, Browsers

pytestmark = pytest.mark.parametrize("where", ["sqlite"], indirect=True)
ANA, EMIL = NAMES[Role.FACT_CHECKER], NAMES[Role.EDITOR]
HTML = {"Accept": "text/html"}
HOLD = "/api/v1/claims/5/hold"
OTTO = Person("Otto", frozenset(Role), False, DAY)
FORM = "application/x-www-form-urlencoded"


# Where one is led


@pytest.mark.parametrize("settings", [Settings(hosts=None), Settings(hosts=None, secure=True)])
def test_the_name_that_a_request_calls_us_by_leads_nobody_there(browser: Browsers) -> None:
    done = browser().get("/claims/5?x=1", headers=HTML | {"Host": "evil.example"})
    assert (done.status_code, done.headers["location"]) == (303, "/sign-in?to=%2Fclaims%2F5%3Fx%3D1")
    assert "evil.example" not in str(done.headers)


@pytest.mark.parametrize(
    "to", ["//[", "/\\[", "//[::1", "/\x00", "/\u2028", "/ä", "//evil.example/..", "/\t/evil.example"]
)
def test_where_to_go_is_here_or_the_first_page(browser: Browsers, to: str) -> None:
    shown = browser().get("/sign-in", params={"to": to})
    assert (shown.status_code, 'name="to" value="/"' in shown.text) == (200, True), shown.text
    done = browser().post("/sign-in", data={"name": ANA, "password": PASSWORD, "to": to})
    assert (done.status_code, done.headers["location"]) == (303, "/")


# Sessions


def test_a_session_that_somebody_else_chose_is_nobodys(browser: Browsers) -> None:
    page = browser()
    page.cookies.set("claims", "chosen-by-another")
    page.post("/sign-in", data={"name": ANA, "password": PASSWORD})
    fixed = TestClient(page.app, base_url=ADDRESS, cookies={"claims": "chosen-by-another"})
    assert fixed.get("/api/v1/me").status_code == 401


def test_who_signs_in_over_a_session_ends_it(browser: Browsers, ledger: Ledger) -> None:
    page = browser(Role.FACT_CHECKER)
    before = page.cookies["claims"]
    page.post("/sign-in", data={"name": EMIL, "password": "wrong wrong wrong"})
    assert page.get("/api/v1/me").json()["name"] == ANA, "a wrong password ends nothing"
    page.post("/sign-in", data={"name": EMIL, "password": PASSWORD})
    assert page.get("/api/v1/me").json()["name"] == EMIL
    left = TestClient(page.app, base_url=ADDRESS, cookies={"claims": before})
    assert left.get("/api/v1/me").status_code == 401
    assert [line.person for line in ledger.people.accesses() if line.kind is Access.SIGNED_OUT] == [ANA]


# Pages of other sites


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"Content-Type": "application/json"}, True),
        ({"Content-Type": "application/json; charset=utf-8"}, True),
        ({"Content-Type": "text/plain"}, False),
        ({"Content-Type": FORM}, False),
        ({"Content-Type": "multipart/form-data; boundary=x"}, False),
        ({}, False),
        ({"Content-Type": FORM, "Authorization": "Basic eDp5"}, False),
        ({"Content-Type": FORM, "Authorization": "Bearer claims_x"}, True),
    ],
)
@pytest.mark.parametrize("settings", [Settings(alone=OTTO, demo=True)])
def test_who_is_alone_is_not_written_for_by_a_browser_that_says_nothing(
    app: FastAPI, browser: Browsers, ledger: Ledger, headers: dict[str, str], ours: bool
) -> None:
    browser()  # which begins the app
    page, before = TestClient(app, base_url=ADDRESS), ledger.size
    done = page.post(HOLD, content=b"{}", headers=headers)
    assert (done.status_code == 403) is not ours, done.text
    assert (ledger.size > before) is (ours and "Authorization" not in headers)


def test_nobody_is_signed_in_by_a_page_that_does_not_say_where_it_is_from(app: FastAPI, browser: Browsers) -> None:
    browser()
    done = TestClient(app, base_url=ADDRESS).post("/sign-in", data={"name": ANA, "password": PASSWORD})
    assert (done.status_code, "set-cookie" in done.headers) == (403, False)


@pytest.mark.parametrize("settings", [Settings(secure=True)])
@pytest.mark.parametrize(("origin", "status"), [("https://localhost", 401), ("http://localhost", 403)])
def test_a_page_without_tls_is_another_site(app: FastAPI, browser: Browsers, origin: str, status: int) -> None:
    browser()
    given = {"name": ANA, "password": "wrong wrong wrong"}
    done = TestClient(app, base_url="https://localhost").post("/sign-in", data=given, headers={"Origin": origin})
    assert done.status_code == status


# What is sent


def pieces(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield b"x" * 64 * 1024


def test_a_file_of_nobody_or_of_who_may_not_is_not_even_read(app: FastAPI, browser: Browsers, ledger: Ledger) -> None:
    browser()
    assert reads_before_the_answer(app, "/api/v1/evidence") == 0
    secret = ledger.people.make_token(NAMES[Role.AUDITOR], "wire", [Role.AUDITOR], 1).secret
    assert reads_before_the_answer(app, "/api/v1/evidence", f"Bearer {secret}") == 0
    mine = ledger.people.make_token(ANA, "wire", [Role.FACT_CHECKER], 1).secret
    assert reads_before_the_answer(app, "/api/v1/evidence", f"Bearer {mine}") > 0, "else it would say nothing"
    for path in ("/record", "/entries/7/evidence"):
        assert reads_before_the_answer(app, path, f"Bearer {secret}") == 0
        assert reads_before_the_answer(app, path, f"Bearer {mine}") > 0
        # Of nobody as much is read as is carried over to when they have signed in, and no more.
        assert reads_before_the_answer(app, path) in range(1, MOST_KEPT // 1024 + 3)


def reads_before_the_answer(app: FastAPI, path: str, token: str = "") -> int:
    """How often the app asks for a piece of the body of a request before it answers it."""
    asked = 0

    async def receive() -> dict[str, object]:
        nonlocal asked
        asked += 1
        begins = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        return {"type": "http.request", "body": begins if asked == 1 else b"x" * 1024, "more_body": asked < 1_000}

    async def send(message: object) -> None:
        del message

    headers = [(b"host", b"localhost"), (b"sec-fetch-site", b"same-origin"), (b"accept", b"text/html")]
    headers.append((b"content-type", b"multipart/form-data; boundary=b"))
    headers += [(b"authorization", token.encode())] if token else []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }

    async def run() -> None:
        await app(scope, receive, send)  # type: ignore[arg-type]

    # In a thread of its own: where a browser was driven before, a loop runs in this one.
    with ThreadPoolExecutor(1) as other:
        other.submit(anyio.run, run).result()
    return asked


@pytest.mark.parametrize(
    "body", [b"", b"--x\r\nbroken", b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--']
)
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=b", "multipart/form-data", FORM])
def test_what_is_no_file_is_told_so(browser: Browsers, body: bytes, kind: str) -> None:
    done = browser(Role.FACT_CHECKER).post("/api/v1/evidence", content=body, headers={"Content-Type": kind})
    assert (done.status_code, done.json()["error"]) == (422, "misused"), done.text
    assert done.json()["next"]


@pytest.mark.parametrize("content", [b"\xff", b"[" * 200_000, b"1" * 6_000, b'{"note": "\xc3"}'])
def test_what_is_no_json_is_told_so(browser: Browsers, content: bytes) -> None:
    done = browser(Role.EDITOR).post(HOLD, content=content, headers={"Content-Type": "application/json"})
    assert (done.status_code, done.json()["error"]) == (422, "misused"), done.text


@pytest.mark.parametrize(
    "name", ["a.\0pdf", "../../a.pdf", "a.pd/f", "..", ".", "a." + "y" * 300, "a.é", "a.\r\nX: 1", "a.²", "C:\\a.pdf"]
)
@pytest.mark.parametrize("path", ["/api/v1/evidence", "/record", "/entries/7/evidence"])
def test_of_the_name_of_a_file_nothing_becomes_a_path(browser: Browsers, ledger: Ledger, name: str, path: str) -> None:
    named = name.replace("\r\n", "%0D%0A").encode()
    raw = b'--b\r\nContent-Disposition: form-data; name="file"; filename="' + named + b'"\r\n\r\ndata\r\n--b--\r\n'
    done = browser(Role.EDITOR).post(
        path, content=raw, headers=HTML | {"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert done.status_code in (200, 201, 303), done.text
    kept = ledger.place.kept_files()
    assert [len(each.name) for each in kept.iterdir()] == [64]
    assert sorted(each.name for each in kept.parent.iterdir() if each.name.endswith((".pdf", ".é"))) == []


def test_a_file_that_was_kept_is_as_large_as_it_is(browser: Browsers, ledger: Ledger) -> None:
    page = browser(Role.EDITOR)
    sha256 = page.post("/api/v1/evidence", files={"file": ("a.txt", b"data")}).json()["sha256"]
    given = {"claim": "5", "status": "denied", "by": "6", "do": "save", "kept": f"{sha256} 999 text/plain"}
    assert page.post("/record", data=given).status_code == 303
    assert [row.size for row in ledger.documents()] == [4]


@pytest.mark.parametrize(("field", "value"), [("claim", "²"), ("by", "²"), ("by", "9" * 5_000), ("claim", "٣")])
def test_what_looks_like_a_number_and_is_none_is_no_index(browser: Browsers, field: str, value: str) -> None:
    words = {"claim": "police", "by": "Reuter"}[field]
    given = {"claim": "5", "status": "denied", "by": "6", "do": "save"} | {field: words, "story": "paris"}
    given |= {f"{field}_asked": words, f"{field}_pick": value}
    assert browser(Role.EDITOR).post("/record", data=given, headers=HTML).status_code < 500
    done = browser(Role.EDITOR).post("/entries/7/retract", data={"claim": value}, headers=HTML)
    assert done.status_code == 422


def test_what_was_typed_is_kept_only_so_far_and_however_it_is_sent(browser: Browsers) -> None:
    said = browser().post("/record", content=pieces(8), headers=HTML | {"Content-Type": FORM})
    assert (said.status_code, "too long to be kept" in said.text) == (401, True)
    assert len(said.text) < 20_000
    for kind in (FORM, "multipart/form-data; boundary=b", "multipart/form-data"):
        more = browser().post("/record", content=pieces(40), headers=HTML | {"Content-Type": kind})
        assert (more.status_code, "too long to be kept" in more.text) == (401, True)


def test_what_is_nested_without_end_is_nothing_that_was_typed(browser: Browsers) -> None:
    kept = "[" * (sys.getrecursionlimit() * 100)
    assert browser().post("/sign-in", data={"name": ANA, "password": PASSWORD, "kept": kept}).status_code == 303


# Whose form it is


def key_in(page: str) -> str:
    return html.unescape(re.findall(r'name="key" value="([^"]*)"', page)[0])


@pytest.mark.parametrize("path", ["/record", "/claims/5/hold"])
def test_a_form_is_recorded_as_who_opened_it_or_only_after_a_look(browser: Browsers, ledger: Ledger, path: str) -> None:
    page, before = browser(Role.EDITOR, **HTML), ledger.size
    ledger.people.set_roles(ANA, [Role.EDITOR])
    opened = page.get("/record" if path == "/record" else "/claims/5").text
    given = {"claim": "5", "status": "denied", "by": "6", "do": "save", "note": "hers", "key": key_in(opened)}
    page.post("/sign-in", data={"name": ANA, "password": PASSWORD})
    refused = page.post(path, data=given)
    assert refused.status_code == 409, refused.text
    assert f"it was opened by somebody else, and {ANA} is signed in now" in html.unescape(refused.text)
    assert "hers" in refused.text, "nothing that was typed is lost"
    assert ledger.size == before
    done = page.post(path, data=given | {"key": key_in(refused.text)})
    assert done.status_code == 303, done.text
    assert {line.recorder for line in ledger.log(before)} == {ANA}


def test_who_signs_in_again_sends_their_own_form_at_once(browser: Browsers, ledger: Ledger) -> None:
    page = browser(Role.EDITOR, **HTML)
    given = {"note": "mine", "key": key_in(page.get("/claims/5").text)}
    ledger.people.end_sessions(EMIL)
    assert page.post("/claims/5/hold", data=given).status_code == 401
    page.post("/sign-in", data={"name": EMIL, "password": PASSWORD})
    assert [page.post("/claims/5/hold", data=given).status_code for _ in range(2)] == [303, 303]
    assert len([line for line in ledger.log(12) if line.kind == "hold"]) == 1


def test_names_of_fields_are_text_too(browser: Browsers) -> None:
    page = browser()
    field = '"><script>alert(1)</script>'
    asked = page.post("/claims/5/hold", data={field: field, "claim": field}, headers=HTML)
    kept = html.unescape(re.findall(r'name="kept" value="([^"]*)"', asked.text)[0])
    again = page.post("/sign-in", data={"name": ANA, "password": PASSWORD, "kept": kept, "to": '/x"><script>'})
    assert (again.status_code, "<script" in asked.text + again.text) == (200, False)
    assert html.escape(field) in again.text.replace("&#34;", "&quot;")


# Who one is


@pytest.mark.parametrize("nobody", [None, "Ana", Role.ADMIN])
def test_nobody_can_be_acted_as(ledger: Ledger, nobody: object) -> None:
    """A façade that acts as nobody may do everything, so a slip must not lead there."""
    acting = ledger.acting_as(Person("Ana", frozenset(), False, DAY))
    for each in (ledger, acting, acting.people):
        with pytest.raises(TypeError, match="only a person can be acted as"):
            each.acting_as(nobody)  # type: ignore[arg-type]


def test_a_proxy_that_asks_for_a_password_is_not_a_token(browser: Browsers) -> None:
    """Browsers send what a proxy before us asked for in the same header."""
    page = browser(Role.EDITOR)
    page.headers["Authorization"] = "Basic eDp5"
    assert page.get("/api/v1/me").json()["name"] == EMIL
    assert page.post("/api/v1/me/tokens", json={"label": "wire"}).status_code == 201
    page.headers["Authorization"] = "bEaReR claims_x"
    assert page.get("/api/v1/me").status_code == 401, "a token that is wrong is not made up for by a cookie"


@pytest.mark.parametrize("name", ["\0", "a\0b", "a" * 900_000, "\u202e", " ", "%"])
def test_a_name_that_nobody_can_have_is_a_wrong_one(browser: Browsers, ledger: Ledger, name: str) -> None:
    done = browser().post("/sign-in", data={"name": name, "password": PASSWORD})
    assert done.status_code == 401
    assert "the name or the password is not right" in done.text
    assert len(ledger.people.accesses(limit=1)[0].person) <= 100


def test_what_a_wrong_name_costs_is_what_a_wrong_password_costs(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many hashes, for a name that is somebody's, one that is nobody's, one that is closed; the first time too."""
    from ledger.book import passwords

    ledger.people.disable(NAMES[Role.AUDITOR])
    hasher, counted = passwords._hasher(), []

    class Counting:
        def hash(self, password: str) -> str:
            counted.append("hash")
            return hasher.hash(password)

        def verify(self, password: str, kept: str) -> bool:
            counted.append("verify")
            return hasher.verify(password, kept)

    monkeypatch.setattr(passwords, "_hasher", Counting)
    spent = []
    for name in (ANA, "nobody", NAMES[Role.AUDITOR]):
        passwords._nobodys.cache_clear()
        counted.clear()
        with pytest.raises(Exception, match="not right"):
            People(ledger.store, lambda: DAY).sign_in(name, "wrong wrong wrong")
        spent.append(list(counted))
    passwords._nobodys.cache_clear()
    assert spent == [["hash", "verify"]] * 3


# How often


def test_who_is_refused_makes_nothing_grow(where: Place) -> None:
    limits = SignInLimits(3)
    storage = limits._limiter.storage
    for number in range(200):
        try:
            limits.attempt(f"{number}" + "x" * 100_000, "192.0.2.1")
        except TooMany:
            assert number >= 15
    kept = storage.events  # type: ignore[attr-defined]
    assert len(kept) <= 2 * 15 + 1
    assert all(len(key) < 200 for key in kept)


def test_who_is_locked_out_locks_out_nobody_behind_the_same_address(browser: Browsers) -> None:
    page = browser()
    wrong = [page.post("/sign-in", data={"name": ANA, "password": "guess"}).status_code for _ in range(80)]
    assert wrong == [401] * 10 + [429] * 70
    assert page.post("/sign-in", data={"name": EMIL, "password": PASSWORD}).status_code == 303


def test_our_pages_are_ours(browser: Browsers) -> None:
    """The others of this module would pass where every write is refused."""
    assert OURS == {"Sec-Fetch-Site": "same-origin"}
    assert browser(Role.EDITOR).post(HOLD, json={}).status_code == 200
