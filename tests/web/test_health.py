"""Whether it lives and can answer, the figures, and what is written down of a request."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from fastapi import FastAPI, Request
from psycopg import sql

from ledger.book import Ledger
from ledger.store import Place
from ledger.vocabulary import Role
from ledger.web.logs import _Lines
from tests.servers import Server, database_in
from tests.web.conftest import NAMES, PASSWORD, SECOND, Browsers


@pytest.mark.parametrize("where", ["postgresql"], indirect=True)
def test_it_lives_and_is_ready_until_the_ledger_is_gone(browser: Browsers, where: Place, postgresql: Server) -> None:
    page = browser()
    assert page.get("/healthz").text == "ok\n"
    assert page.get("/readyz").text == "ready\n"
    postgresql.drop(where.url)
    gone = page.get("/readyz")
    assert (gone.status_code, gone.text) == (503, "the ledger cannot be read\n")
    assert page.get("/healthz").status_code == 200
    told = page.post("/sign-in", data={"name": "Ana", "password": "x"})
    assert told.status_code == 503
    assert told.json()["error"] in ("unavailable", "lost", "contended")


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_figures_are_for_who_is_signed_in(browser: Browsers, ledger: Ledger) -> None:
    assert browser().get("/metrics").status_code == 401
    page = browser(Role.AUDITOR)
    page.post("/sign-in", data={"name": "nobody", "password": "guess"})
    page.get("/api/v1/claims/5")
    page.get("/api/v1/claims/10")
    page.request("BREW", "/api/v1/board")
    lines = page.get("/metrics").text.splitlines()
    assert 'claims_requests_total{method="GET",route="/api/v1/claims/{claim}",status="200"} 2.0' in lines
    assert "claims_sign_ins_refused_total 1.0" in lines
    assert f"claims_entries {ledger.size}.0" in lines
    assert "claims_listeners 0.0" in lines
    assert any(
        line.startswith('claims_request_seconds_bucket{le="0.1",route="/api/v1/claims/{claim}"}') for line in lines
    )
    assert not any("BREW" in line for line in lines)


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_no_line_has_a_token_a_cookie_or_a_password(
    app: FastAPI, browser: Browsers, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/fails")
    def fails(request: Request) -> None:
        raise ValueError(str(request.headers))

    with caplog.at_level(logging.DEBUG):
        page = browser(Role.EDITOR)
        secret = page.post("/api/v1/me/tokens", json={"label": "wire"}).json()["secret"]
        program = {"Authorization": f"Bearer {secret}"}
        for path in ("/api/v1/board", "/api/v1/nothing", "/fails", f"/api/v1/claims/{secret}"):
            browser().get(path, headers=program)
            page.get(path)
        assert page.post("/sign-in", data={"name": NAMES[Role.EDITOR], "password": PASSWORD}).status_code == 303
    written = "".join(_Lines().format(each) for each in caplog.records if each.name == "ledger.web")
    assert written.count('"event": "request"') >= 8
    for hidden in (secret, page.cookies["claims"], PASSWORD):
        assert hidden not in written


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_a_request_is_one_line_without_a_word_of_a_claim(browser: Browsers, caplog: pytest.LogCaptureFixture) -> None:
    page = browser(Role.FACT_CHECKER)
    caplog.clear()
    with caplog.at_level(logging.INFO, "ledger.web"):
        page.get("/api/v1/search", params={"words": SECOND})
        page.post("/api/v1/claims/5/hold", json={"note": SECOND})
        page.get("/healthz")
    written = [_Lines().format(each) for each in caplog.records if each.name == "ledger.web"]
    told = [json.loads(each) for each in written]
    assert [(each["route"], each["status"], each.get("error")) for each in told] == [
        ("/api/v1/search", 200, None),
        ("/api/v1/claims/{claim}/hold", 403, "forbidden"),
    ]
    assert {each["person"] for each in told} == {NAMES[Role.FACT_CHECKER]}
    assert all(each["event"] == "request" and each["ms"] >= 0 and each["at"].endswith("Z") for each in told)
    assert "police" not in "".join(written)


@pytest.mark.parametrize("where", ["postgresql"], indirect=True)
def test_the_database_is_gone_and_back(browser: Browsers, ledger: Ledger, where: Place, postgresql: Server) -> None:
    """While it is away each page and each act says so; when it is back, the same browser goes on."""
    page, size, html = browser(Role.EDITOR), ledger.size, {"Accept": "text/html"}
    said = {"claim": SECOND, "status": "denied", "by": "Reuters", "said": "now"}
    with away(postgresql, where):
        for answer in (page.get("/", headers=html), page.post("/api/v1/statements", json=said)):
            assert answer.status_code == 503
            assert "Traceback" not in answer.text
    assert page.get("/", headers=html).status_code == 200
    assert ledger.size == size
    assert page.post("/api/v1/statements", json=said).status_code == 200
    assert ledger.size == size + 2, "the statement, and who took it down"


@contextmanager
def away(server: Server, where: Place) -> Iterator[None]:
    """Let nobody into a database, and send away who is in it."""
    assert where.url is not None
    name = database_in(where.url)
    with psycopg.connect(server.superuser_url, autocommit=True) as over:
        over.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
        over.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            over.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(name)))
