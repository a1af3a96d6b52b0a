"""The interface's routes about who works at the desk: what an admin does there, and what nobody can do with it."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.book import Ledger
from ledger.vocabulary import Access, Role
from tests.web.conftest import ADDRESS, NAMES, PASSWORD, Browsers

pytestmark = pytest.mark.parametrize("where", ["sqlite"], indirect=True)
PEOPLE = "/api/v1/people"
NEW = {"name": "Zoé / 1", "password": "a long enough one", "roles": ["fact-checker", "editor"]}
HERE = f"{PEOPLE}/Zo%C3%A9%20%2F%201"


def test_an_admin_looks_after_an_account_from_beginning_to_end(browser: Browsers, ledger: Ledger) -> None:
    admin, zoe = browser(Role.ADMIN), browser()
    made = admin.post(PEOPLE, json=NEW)
    assert made.status_code == 201, made.text
    assert (made.json()["name"], made.json()["roles"]) == (NEW["name"], ["editor", "fact-checker"])
    assert NEW["password"] not in made.text
    assert made.json() in admin.get(PEOPLE).json()
    given = {"name": NEW["name"], "password": NEW["password"]}
    assert zoe.post("/sign-in", data=given).status_code == 303
    assert zoe.post("/api/v1/claims/5/hold", json={}).status_code == 200

    assert admin.post(f"{HERE}/roles", json={"roles": ["auditor"]}).json()["roles"] == ["auditor"]
    assert zoe.post("/api/v1/claims/5/hold", json={}).status_code == 403, "what is open has them at once"
    assert admin.delete(f"{HERE}/sessions").status_code == 204
    assert zoe.get("/api/v1/me").status_code == 401
    assert admin.post(f"{HERE}/password", json={"password": "quite another one"}).status_code == 200
    assert zoe.post("/sign-in", data=given).status_code == 401
    assert zoe.post("/sign-in", data=given | {"password": "quite another one"}).status_code == 303
    assert admin.post(f"{HERE}/disable").json()["disabled"] is True
    assert zoe.get("/api/v1/me").status_code == 401
    assert admin.post(f"{HERE}/enable").json()["disabled"] is False
    assert zoe.get("/api/v1/me").status_code == 401, "sessions do not come back"

    noted = [
        line for line in ledger.people.accesses() if line.person == NEW["name"] and line.actor == NAMES[Role.ADMIN]
    ]
    assert [line.kind for line in reversed(noted)] == [
        Access.ADDED,
        Access.ROLES_SET,
        Access.SIGNED_OUT,
        Access.PASSWORD_SET,
        Access.DISABLED,
        Access.ENABLED,
    ]


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        (PEOPLE, NEW | {"name": NAMES[Role.EDITOR].upper()}, 409, "has an account already"),
        (PEOPLE, NEW | {"name": "a\u202eb", "password": "Xyzzy"}, 409, "nobody was added"),
        (PEOPLE, NEW | {"name": "\ud800"}, 422, "cannot be read"),
        (PEOPLE, NEW | {"roles": []}, 422, "cannot be read"),
        (PEOPLE, NEW | {"roles": ["king"]}, 422, "cannot be read"),
        (PEOPLE, NEW | {"disabled": True}, 422, "cannot be read"),
        (f"{PEOPLE}/nobody/roles", {"roles": ["editor"]}, 409, "nobody has an account"),
        (f"{PEOPLE}/%00/roles", {"roles": ["editor"]}, 409, "nobody has an account"),
        (f"{PEOPLE}/%FF/disable", None, 409, "nobody has an account"),
        (f"{PEOPLE}/{'x' * 3_000}/disable", None, 422, "cannot be read"),
        (f"{PEOPLE}/{NAMES[Role.EDITOR]}/password", {"password": "Xyzzy"}, 409, "stays as it was"),
        (f"{PEOPLE}/{NAMES[Role.ADMIN]}/disable", None, 409, "the last one has to stay"),
        (f"{PEOPLE}/{NAMES[Role.ADMIN]}/roles", {"roles": ["editor"]}, 409, "the last one has to stay"),
    ],
)
def test_what_is_wrong_is_told_and_nobody_is_changed(
    browser: Browsers, ledger: Ledger, path: str, body: dict[str, Any] | None, status: int, says: str
) -> None:
    admin, before = browser(Role.ADMIN), ledger.people.everybody()
    content = None if body is None else json.dumps(body)
    done = admin.post(path, content=content, headers={"Content-Type": "application/json"})
    assert done.status_code == status, done.text
    assert says in done.json()["detail"]
    assert done.json()["next"]
    assert ledger.people.everybody() == before
    assert "Xyzzy" not in done.text


def test_a_password_is_in_no_answer_and_in_no_line_of_the_log(
    browser: Browsers, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "hunter2 hunter2 hunter2"
    admin = browser(Role.ADMIN)
    with caplog.at_level(logging.DEBUG):
        told = [
            admin.post(PEOPLE, json=NEW | {"password": secret}),
            admin.post(PEOPLE, json=NEW | {"password": secret, "else": 1}),
            admin.post(PEOPLE, json=NEW | {"password": [secret]}),
            admin.post(PEOPLE, content=json.dumps({"password": secret})[:-2]),
            admin.post(f"{HERE}/password", json={"password": secret}),
            admin.post(f"{HERE}/password", json={"password": secret * 60}),
        ]
    assert [each.status_code for each in told] == [201, 422, 422, 422, 200, 422]
    written = "".join(each.text for each in told) + caplog.text + str([each.__dict__ for each in caplog.records])
    assert "hunter2" not in written
    assert "hunter2" not in str(ledger.people.accesses())


def test_ones_own_password_takes_an_admin_too(browser: Browsers, ledger: Ledger) -> None:
    """A browser that somebody left open must not be enough to take over the account."""
    editor = browser(Role.EDITOR)
    done = editor.post(f"{PEOPLE}/{NAMES[Role.EDITOR]}/password", json={"password": "a long enough one"})
    assert (done.status_code, done.json()["error"]) == (403, "forbidden")
    assert ledger.people.sign_in(NAMES[Role.EDITOR], PASSWORD)
    assert editor.delete(f"{PEOPLE}/{NAMES[Role.EDITOR]}/sessions").status_code == 204
    assert editor.get("/api/v1/me").status_code == 401


def test_a_token_of_ones_own_is_made_listed_used_and_taken_back(browser: Browsers) -> None:
    page = browser(Role.EDITOR)
    made = page.post("/api/v1/me/tokens", json={"label": "wire", "scopes": ["editor"], "days": 1})
    assert made.status_code == 201, made.text
    told = made.json()
    listed = page.get("/api/v1/me/tokens")
    assert listed.json() == [told["token"]]
    assert told["secret"] not in listed.text
    program = TestClient(page.app, base_url=ADDRESS, headers={"Authorization": f"Bearer {told['secret']}"})
    assert program.post("/api/v1/claims/5/hold", json={}).status_code == 200
    more = page.post("/api/v1/me/tokens", json={"label": "wire", "scopes": ["admin"]})
    assert (more.status_code, more.json()["problems"][0]["got"]) == (409, "admin")
    somebody_else = browser(Role.ADMIN)
    assert somebody_else.delete(f"/api/v1/me/tokens/{told['token']['id']}").status_code == 409
    assert page.delete(f"/api/v1/me/tokens/{told['token']['id']}").status_code == 204
    assert page.delete(f"/api/v1/me/tokens/{told['token']['id']}").status_code == 409
    assert program.get("/api/v1/me").status_code == 401
