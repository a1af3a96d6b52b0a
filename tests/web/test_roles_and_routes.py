"""Every role against every route, as a table. A route that is not in it fails the test."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ledger.book import Ledger
from ledger.book.roles import EVERYBODY, WHO_MAY
from ledger.vocabulary import Role
from tests.web.conftest import NAMES, PASSWORD, Browsers

pytestmark = pytest.mark.parametrize("where", ["sqlite"], indirect=True)
NOBODY: frozenset[None] = frozenset()
API = "/api/v1"

Route = tuple[str, str, str, Any, frozenset[Role]]
"""The method, the route as it is declared, a path to it, what is sent, and who may."""

ZOE = "Zoé / 1"
"""Somebody who has an account; the name is one that an address has to quote."""

FILE = object()
"""Stands for a file that is sent."""


@pytest.fixture(autouse=True)
def published(ledger: Ledger) -> None:
    """Publication 12 told of claim 5 what was so before its denial was retracted; and Zoé has an account."""
    assert ledger.add_publication("the first edition", claims=[5]).index == 12
    ledger.grant(8, claim=5)
    ledger.people.add_person(ZOE, PASSWORD, [Role.AUDITOR])


def sent(page: TestClient, method: str, path: str, body: Any) -> Any:
    if body is FILE:
        return page.request(method, path, files={"file": ("proof.pdf", b"%PDF-1.7", "application/pdf")})
    return page.request(method, path, json=body)


READ: list[Route] = [
    ("GET", f"{API}/{path}", f"{API}/{shown}", None, EVERYBODY)
    for path, shown in (
        ("ledger", "ledger"),
        ("me", "me"),
        ("board", "board"),
        ("claims/{claim}", "claims/5"),
        ("claims/{claim}/history", "claims/5/history"),
        ("history", "history"),
        ("log", "log"),
        ("search", "search?words=police"),
        ("todo", "todo"),
        ("since", "since?moment=5"),
        ("stories", "stories"),
        ("sources", "sources"),
        ("authorities", "authorities"),
        ("documents", "documents"),
        ("verification", "verification"),
        ("me/tokens", "me/tokens"),
        ("publications", "publications"),
        ("debts", "debts?publication=12"),
        ("notices", "notices"),
        ("settlements", "settlements"),
        ("correctives", "correctives"),
        ("impact", "impact?of=Reuters"),
        ("source-records", "source-records?source=6"),
        ("feeds/changes.atom", "feeds/changes.atom"),
        ("feeds/corrections.atom", "feeds/corrections.atom"),
    )
]
RECORD: list[Route] = [
    ("POST", f"{API}/{path}", f"{API}/{path.format(claim=5, index=7, source=6, publication=12)}", body, WHO_MAY[act])
    for path, body, act in (
        ("statements", {"claim": 5, "status": "denied", "by": 6}, "record"),
        ("statements/{index}/withdrawal", {"said": "2017-04-20 23:00"}, "take_back"),
        ("statements/{index}/move", {"to": 10}, "move"),
        ("entries/{index}/retraction", {"why": "mistyped"}, "retract"),
        ("entries/{index}/redaction", {"order": "Tribunal de Paris", "parts": ["text"]}, "redact"),
        ("entries/{index}/evidence", {"evidence": {"url": "https://example.org/a"}}, "add_evidence"),
        ("claims/{claim}/hold", {}, "hold"),
        ("claims/{claim}/release", {}, "release"),
        ("claims/{claim}/same", {"same_as": 10}, "same"),
        ("claims/{claim}/wordings", {"text": "Un deuxième policier", "lang": "fr"}, "wording"),
        ("sources", {"name": "AFP", "kind": "agency"}, "add_source"),
        ("sources/{source}/kind", {"kind": "newspaper"}, "amend_source"),
        ("sources/{source}/vetting", {"vetted": False}, "vet"),
        ("sources/{source}/group", {"body": 8}, "group"),
        ("authorities", {"source": 8, "claim": 5}, "grant"),
        ("authorities/revocation", {"source": 8, "claim": 5}, "revoke"),
        ("policy", {"quorum": 3}, "set_policy"),
        ("publications", {"called": "the live page", "claims": [5]}, "add_publication"),
        ("publications/{publication}/settlement", {"note": "on air"}, "settle"),
    )
]
OTHER: list[Route] = [
    ("GET", f"{API}/people", f"{API}/people", None, WHO_MAY["everybody"]),
    ("GET", f"{API}/accesses", f"{API}/accesses", None, WHO_MAY["accesses"]),
    *(
        (method, f"{API}/people{path}", f"{API}/people{path.format(name=ZOE)}", body, WHO_MAY[act])
        for method, path, body, act in (
            ("POST", "", {"name": "Zoé 2", "password": PASSWORD, "roles": ["auditor"]}, "add_person"),
            ("POST", "/{name}/roles", {"roles": ["editor"]}, "set_roles"),
            ("POST", "/{name}/password", {"password": f"{PASSWORD} 2"}, "look_after_others"),
            ("DELETE", "/{name}/sessions", None, "look_after_others"),
            ("POST", "/{name}/disable", None, "disable"),
            ("POST", "/{name}/enable", None, "enable"),
        )
    ),
    ("POST", f"{API}/me/tokens", f"{API}/me/tokens", {"label": "wire"}, EVERYBODY),
    ("DELETE", f"{API}/me/tokens/{{id}}", f"{API}/me/tokens/0123", None, EVERYBODY),
    ("GET", "/metrics", "/metrics", None, EVERYBODY),
    ("POST", f"{API}/evidence", f"{API}/evidence", FILE, WHO_MAY["keep_evidence"]),
]
ROUTES = [*READ, *RECORD, *OTHER]
FOR_ALL = {"/healthz", "/readyz", "/sign-in", "/sign-out", f"{API}/openapi.json"}
STREAMS = {f"{API}/stream"}  # which do not end: test_stream.py


def declared(app: FastAPI) -> set[tuple[str, str]]:
    """Every route that there is, with its method."""
    found = set()
    for path, item in app.openapi()["paths"].items():
        found |= {(method.upper(), path) for method in item}
    hidden = {("GET", "/metrics")}
    return found | hidden


def test_every_route_is_in_the_table(app: FastAPI) -> None:
    in_table = {(method, path) for method, path, *_ in ROUTES}
    assert declared(app) - in_table == {("GET", path) for path in STREAMS}
    assert in_table <= declared(app)


def test_nothing_but_these_is_served_to_nobody(app: FastAPI, browser: Browsers) -> None:
    page = browser()
    for method, _, path, body, _ in ROUTES:
        done = sent(page, method, path, body)
        assert done.status_code == 401, path
        assert done.json()["error"] == "not-signed-in"
    assert page.get(f"{API}/stream").status_code == 401
    for path in FOR_ALL - {"/sign-out"}:
        assert page.get(path).status_code == 200


@pytest.mark.parametrize("role", Role)
def test_a_route_is_open_to_whoever_may(browser: Browsers, ledger: Ledger, role: Role) -> None:
    page = browser(role)
    wrong = {}
    for method, _, path, body, may in ROUTES:
        before = ledger.size
        done = sent(page, method, path, body)
        if role in may:
            if done.status_code not in (200, 201, 204, 409):
                wrong[path] = (done.status_code, done.text)
        elif (done.status_code, done.json().get("error")) != (403, "forbidden") or ledger.size != before:
            wrong[path] = (done.status_code, done.text)
    assert wrong == {}


@pytest.mark.parametrize("route", [*RECORD], ids=lambda route: route[1])
def test_a_route_that_records_records(browser: Browsers, ledger: Ledger, route: Route) -> None:
    method, _, path, body, may = route
    role = next(each for each in Role if each in may)
    before = ledger.size
    if "revocation" in path:
        ledger.grant(8, claim=5)
    if "redaction" in path:
        body, path = body | {"parts": []}, f"{API}/entries/5/redaction"
    done = browser(role).request(method, path, json=body)
    assert done.status_code == 200, done.text
    assert ledger.size > before
    assert [line.recorder for line in ledger.log()][-1] == NAMES[role]
    assert ledger.verify().ok


def test_a_token_does_what_its_scopes_say(browser: Browsers, ledger: Ledger) -> None:
    ledger.people.set_roles(NAMES[Role.EDITOR], list(Role))
    app = browser().app
    for scopes in ([], [Role.EDITOR], [Role.ADMIN]):
        secret = ledger.people.make_token(NAMES[Role.EDITOR], "wire", scopes, 1).secret
        page = TestClient(app, base_url="http://localhost", headers={"Authorization": f"Bearer {secret}"})
        assert page.get(f"{API}/board").status_code == 200
        held = page.post(f"{API}/claims/5/hold", json={}).status_code
        assert held == (200 if Role.EDITOR in scopes else 403)
        assert page.get(f"{API}/people").status_code == (200 if Role.ADMIN in scopes else 403)
        for method, _, path, body, _ in OTHER:
            if "/people/" in path or "/me/" in path or (method, path) == ("POST", f"{API}/people"):
                told = page.request(method, path, json=body)
                assert (told.status_code, told.json()["error"]) == (403, "forbidden"), path
