"""The interface: the same words as the command line, each act once for its key, and what is known not sent again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from hashlib import sha256
from typing import Any

import pytest
from fastapi import FastAPI

from ledger import book
from ledger.book import Ledger
from ledger.errors import Misused
from ledger.vocabulary import Role, SourceKind, Status
from ledger.web.answers import model_of
from tests.web.conftest import NAMES, PASSWORD, SECOND, STORY, Browsers

API = "/api/v1"
ONE = pytest.mark.parametrize("where", ["sqlite"], indirect=True)
MAIN = ("index", "claim", "state")
STATEMENT = {"claim": 5, "status": "denied", "by": "Reuters", "said": "2017-04-20 22:57", "quote": "Faux"}


def test_what_is_recorded_is_what_the_facade_answers(browser: Browsers, ledger: Ledger) -> None:
    page = browser(Role.FACT_CHECKER)
    done = page.post(f"{API}/statements", json=STATEMENT)
    assert done.status_code == 200, done.text
    receipt = done.json()
    assert receipt["wrote"] == [12, 13]
    assert (receipt["index"], receipt["claim"], receipt["state"]) == (13, 5, "denied")
    assert page.get(f"{API}/board").json() == {"rows": [row.as_json() for row in ledger.board()], "next": None}
    assert page.get(f"{API}/claims/5").json() == ledger.why(5).as_json()
    assert (
        page.get(f"{API}/claims/5", params={"known": "9"}).json()
        == ledger.why(5, as_of=ledger.as_of(known="9")).as_json()
    )
    assert page.get(f"{API}/board", params={"state": "denied", "story": STORY}).json()["rows"] == [
        row.as_json() for row in ledger.board() if row.state == "denied"
    ]
    assert page.get(f"{API}/sources").json() == [row.as_json() for row in ledger.sources()]
    assert page.get(f"{API}/stories").json() == [{"index": 4, "name": STORY, "claims": 2}]
    assert page.get(f"{API}/verification").json() == {"size": 14, "findings": [], "warnings": []}
    assert page.get(f"{API}/ledger").json()["origin"] == "example.org/desk"
    assert page.get(f"{API}/search", params={"words": "faux"}).json()[0]["index"] == 13


def test_the_same_key_is_the_same_entry(browser: Browsers, ledger: Ledger) -> None:
    page, key = browser(Role.FACT_CHECKER), {"Idempotency-Key": "a-1"}
    first = page.post(f"{API}/statements", json=STATEMENT, headers=key).json()
    size = ledger.size
    for _ in range(2):
        again = page.post(f"{API}/statements", json=STATEMENT, headers=key)
        assert again.status_code == 200
        told = again.json()
        assert [told[name] for name in ("index", "claim", "state")] == [
            first[name] for name in ("index", "claim", "state")
        ]
        assert told["wrote"] == []
        assert told["remarks"] == [f"recorded before, as entry {first['index']}"]
    other = page.post(f"{API}/statements", json=STATEMENT | {"quote": "Vrai"}, headers=key)
    assert other.status_code == 409
    assert "it stands for another request" in other.json()["detail"]
    assert ledger.size == size
    somebody_else = browser(Role.EDITOR).post(f"{API}/statements", json=STATEMENT | {"note": "x"}, headers=key)
    assert somebody_else.json()["wrote"]
    without = page.post(f"{API}/statements", json=STATEMENT | {"note": "y"})
    assert without.json()["wrote"]


@ONE
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("claims/5/hold", {}),
        ("entries/7/retraction", {"why": "mistyped"}),
        ("entries/5/redaction", {"order": "Tribunal de Paris"}),
        ("sources", {"name": "a witness", "kind": "witness", "via": 6, "story": "another-story"}),
        ("sources/6/vetting", {"vetted": False}),
        ("authorities", {"source": 8, "claim": 5}),
        ("policy", {"quorum": 3}),
        ("claims/5/same", {"same_as": 10}),
        ("statements/7/move", {"to": "A third claim"}),
    ],
)
def test_every_act_is_done_once_for_its_key(browser: Browsers, ledger: Ledger, path: str, body: dict[str, Any]) -> None:
    page = browser(Role.EDITOR)
    first, again = (page.post(f"{API}/{path}", json=body, headers={"Idempotency-Key": "k"}).json() for _ in range(2))
    assert first["wrote"], first
    assert again["wrote"] == []
    mine = "index" if "order" not in body else "wrote"
    assert again["index"] == (first["index"] if mine == "index" else first["wrote"][0])
    assert again.get("claim") == first.get("claim", again.get("claim"))
    assert ledger.verify().ok


def test_many_that_ask_the_same_at_once_write_it_once(browser: Browsers, ledger: Ledger) -> None:
    page, key, before = browser(Role.FACT_CHECKER), {"Idempotency-Key": "at once"}, ledger.size
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(page.post, f"{API}/statements", json=STATEMENT, headers=key) for _ in range(6)]
        told = [each.result() for each in asked]
    assert [each.status_code for each in told] == [200] * 6, [each.text for each in told]
    assert len({each.json()["index"] for each in told}) == 1
    assert ledger.size == before + 2


@ONE
def test_what_is_known_is_not_sent_again(browser: Browsers, ledger: Ledger) -> None:
    page = browser(Role.EDITOR)
    for path in ("board", "claims/5", "claims/5/history", "log", "sources", "stories", "ledger"):
        first = page.get(f"{API}/{path}")
        known = {"If-None-Match": first.headers["etag"]}
        again = page.get(f"{API}/{path}", headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert (
            page.get(f"{API}/{path}", headers={"If-None-Match": '"x", W/' + first.headers["etag"]}).status_code == 304
        )
        ledger.hold(5)
        assert page.get(f"{API}/{path}", headers=known).status_code == 200
    assert "etag" not in page.get(f"{API}/todo").headers, "it follows from the clock too"
    assert page.get(f"{API}/nothing").headers.get("etag") is None


@ONE
def test_long_answers_come_in_pages(browser: Browsers, ledger: Ledger) -> None:
    page = browser(Role.AUDITOR)
    found, start, pages = [], 0, 0
    while start is not None:
        told = page.get(f"{API}/log", params={"start": start, "limit": 5}).json()
        found, start, pages = found + told["entries"], told["next"], pages + 1
    assert found == [line.as_json() for line in ledger.log()]
    assert pages == 3
    assert page.get(f"{API}/log", params={"start": ledger.size}).json() == {"entries": [], "next": None}
    for _ in range(3):
        ledger.hold(5)
        ledger.release(5)
    claims, after = [], None
    while told := page.get(f"{API}/board", params={"limit": 1} | ({} if after is None else {"after": after})).json():
        claims += [row["claim"] for row in told["rows"]]
        ledger.record(f"Claim number {len(claims)}", Status.REPORTED, by=6, said=None, story=f"a-story-{len(claims)}")
        if (after := told["next"]) is None or len(claims) == 4:
            break
    assert claims == sorted(row.claim for row in ledger.board())[:4], "what came meanwhile comes last"
    assert page.get(f"{API}/board", params={"after": ledger.size}).json() == {"rows": [], "next": None}
    changes, after = [], 0
    while after is not None:
        told = page.get(f"{API}/claims/5/history", params={"after": after, "limit": 2, "clock": "known"}).json()
        changes, after = changes + told["changes"], told["next"]
    assert changes == [line.as_json() for line in ledger.history(5, clock=book.Clock.KNOWN)]
    assert len(changes) > 2


@ONE
def test_of_a_long_board_no_more_rows_are_made_than_are_asked_for(
    browser: Browsers, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledger.book.snapshot import Snapshot

    for number in range(30):
        ledger.record(f"Car number {number} burned", Status.REPORTED, by=6, said=None, story=f"story-{number % 3}")
    ledger.same(10, 5)
    made: list[int] = []
    row = Snapshot.row

    def counting(self: Snapshot, explanation: Any, since: Any) -> Any:
        if threading.current_thread() is threading.main_thread():  # the server makes its own board beside
            made.append(explanation.verdict.claim)
        return row(self, explanation, since)

    monkeypatch.setattr(Snapshot, "row", counting)
    assert len(ledger.board_after_claim(None, 5)) == len(made) == 5
    page = browser(Role.AUDITOR)
    first = page.get(f"{API}/board", params={"limit": 4}).json()
    assert first["next"] == first["rows"][-1]["claim"]
    for params in ({}, {"state": "unverified"}, {"state": "denied"}, {"story": 4}, {"known": "20"}):
        found, after = [], None
        for _ in range(100):
            told = page.get(f"{API}/board", params=params | {"limit": 4} | ({} if after is None else {"after": after}))
            found += told.json()["rows"]
            if (after := told.json()["next"]) is None:
                break
        assert found == page.get(f"{API}/board", params=params | {"limit": 1000}).json()["rows"], params
    assert found, "of the first 20 entries too"
    whole = [each.as_json() for each in sorted(ledger.board(), key=lambda row: row.claim)]
    assert page.get(f"{API}/board").json()["rows"] == whole


@ONE
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "claims/4", None, 404, "rejected"),
        ("GET", "claims/99", None, 404, "rejected"),
        ("GET", "claims/99999999999999999999", None, 422, "misused"),
        ("GET", "claims/x", None, 422, "misused"),
        ("GET", "board?story=none", None, 404, "unclear"),
        ("GET", "board?known=never", None, 422, "misused"),
        ("GET", "board?state=true", None, 422, "misused"),
        ("GET", "nothing", None, 404, "not-found"),
        ("PUT", "board", None, 405, "method-not-allowed"),
        ("POST", "statements", {}, 422, "misused"),
        ("POST", "statements", STATEMENT | {"quotes": "x"}, 422, "misused"),
        ("POST", "statements", STATEMENT | {"by": "Nobody"}, 422, "unknown-source"),
        ("POST", "statements", STATEMENT | {"claim": "second police officer", "story": STORY}, 409, "unclear"),
        ("POST", "statements", STATEMENT | {"claim": "Quite another"}, 422, "misused"),
        ("POST", "statements", STATEMENT | {"said": "soon"}, 422, "misused"),
        ("POST", "statements", STATEMENT | {"claim": 99}, 409, "rejected"),
        ("POST", "statements", STATEMENT | {"to": 5, "status": "corrected"}, 409, "rejected"),
        ("POST", "statements", STATEMENT | {"quote": "\ud800"}, 422, "misused"),
        ("POST", "statements", STATEMENT | {"quote": "\u202e\0"}, 409, "rejected"),
        ("POST", "statements", STATEMENT | {"evidence": {"url": "file:///etc/passwd"}}, 409, "rejected"),
        ("POST", "claims/5/hold", None, 422, "misused"),
        ("POST", "claims/5/hold", [], 422, "misused"),
    ],
)
def test_a_refusal_says_what_and_what_next(
    browser: Browsers, ledger: Ledger, method: str, path: str, body: Any, status: int, error: str
) -> None:
    page, before = browser(Role.EDITOR), ledger.size
    content, json_ = json.dumps(body) if method == "POST" else None, {"Content-Type": "application/json"}
    done = page.request(method, f"{API}/{path}", content=content, headers=json_)
    told = done.json()
    assert (done.status_code, told["error"]) == (status, error), told
    assert done.headers["content-type"] == "application/problem+json"
    assert told["type"] == "about:blank"
    assert told["status"] == status
    assert told["detail"]
    assert told["next"]
    assert isinstance(told["problems"], list)
    if error in ("unclear", "unknown-source") and "none" not in path and "Nobody" not in str(body):
        assert told["candidates"][0]["text"] == SECOND
    assert ledger.size == before


@ONE
def test_every_problem_is_told_at_once(browser: Browsers) -> None:
    told = browser(Role.FACT_CHECKER).post(f"{API}/statements", json={"status": "x", "said": 5}).json()
    assert {each["where"] for each in told["problems"]} == {"body.claim", "body.status", "body.by", "body.said"}


def test_a_document_is_uploaded_and_named(browser: Browsers, ledger: Ledger) -> None:
    page = browser(Role.FACT_CHECKER)
    done = page.post(f"{API}/evidence", files={"file": ("../../proof.pdf", b"%PDF-1.7", "text/html")})
    assert done.status_code == 201, done.text
    told = done.json()
    assert told == {"sha256": sha256(b"%PDF-1.7").hexdigest(), "size": 8, "media_type": "application/pdf"}
    named = {"sha256": told["sha256"], "media_type": told["media_type"]}
    done = page.post(f"{API}/statements", json=STATEMENT | {"evidence": named})
    assert done.status_code == 200, done.text
    [row] = page.get(f"{API}/documents").json()
    assert (row["sha256"], row["size"], row["kept"]) == (told["sha256"], 8, True)
    done = page.post(f"{API}/entries/7/evidence", json={"evidence": {"sha256": "0" * 64}})
    assert (done.status_code, done.json()["detail"]) == (409, f"evidence: {'0' * 64}: is no file that is kept")
    assert page.post(f"{API}/evidence", files={"file": ("x", b"")}).status_code == 409, "it is empty"
    assert ledger.verify().ok


@ONE
@pytest.mark.parametrize("says", [True, False], ids=["as it says", "without saying so"])
def test_what_is_too_large_is_not_taken(browser: Browsers, says: bool) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(2 * 1024):
            yield b" " * 1_024

    content = b" " * (2 * 1024**2) if says else pieces()
    page = browser(Role.FACT_CHECKER)
    done = page.post(f"{API}/statements", content=content, headers={"Content-Type": "application/json"})
    assert (done.status_code, done.json()["error"]) == (413, "too-large")


@ONE
def test_a_file_of_the_server_is_no_document(ledger: Ledger) -> None:
    acting = ledger.acting_as(ledger.people.sign_in(NAMES[Role.FACT_CHECKER], PASSWORD).person)
    for given in ("/etc/passwd", "claims.db", "file:///etc/passwd", "ftp://example.org"):
        with pytest.raises(Misused, match="is no web address"):
            acting.keep_evidence(given)


VIEWS = [
    view
    for name in dir(book)
    if hasattr(view := getattr(book, name), "__dataclass_fields__") and hasattr(view, "as_json")
]


@ONE
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_a_view_is_declared_field_by_field(ledger: Ledger, view: type) -> None:
    declared = model_of(view).model_json_schema()
    assert declared["properties"].keys() == {each.name.rstrip("_") for each in fields(view)}
    assert set(declared["required"]) == declared["properties"].keys()
    assert model_of(view) is model_of(view)


@ONE
def test_what_is_answered_is_what_is_declared(browser: Browsers, ledger: Ledger, app: FastAPI) -> None:
    ledger.add_source("a witness", SourceKind.WITNESS, via=6, story=STORY)
    ledger.grant(8, claim=5)
    page = browser(Role.ADMIN)
    for path, view in (
        ("board", book.BoardRow),
        ("sources", book.SourceRow),
        ("authorities", book.GrantRow),
        ("stories", book.StoryRow),
        ("people", book.Person),
        ("accesses", book.AccessRow),
        ("todo", book.TodoRow),
    ):
        told = page.get(f"{API}/{path}").json()
        rows = told["rows"] if path == "board" else told
        for row in rows:
            model_of(view).model_validate(row, strict=False)
            assert row.keys() == model_of(view).model_fields.keys()
        assert rows or path == "todo"
    model_of(book.Why).model_validate(page.get(f"{API}/claims/5").json())
    model_of(book.Since).model_validate(page.get(f"{API}/since", params={"moment": "3"}).json())
    assert app.openapi()["info"]["title"] == "claims"
