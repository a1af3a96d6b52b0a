"""The interface about what went out: the façade's own answers, each act once, and feeds that others can read."""

from __future__ import annotations

from typing import Any

import feedparser
import pytest
from httpx2 import Response

from ledger import book
from ledger.book import Ledger
from ledger.vocabulary import Role
from ledger.web.answers import model_of
from tests.web.conftest import NAMES, STORY, Browsers

API = "/api/v1"
ONE = pytest.mark.parametrize("where", ["sqlite"], indirect=True)
PIECE = {"called": "https://example.org/live", "title": "Live", "claims": [5], "note": "internal", "published": None}


def test_a_piece_goes_out_is_owed_and_is_put_right(browser: Browsers, ledger: Ledger) -> None:
    """Claim 5 went out unverified; the ministry that denies it is given authority; the corrective goes out."""
    page = browser(Role.PUBLISHER)
    out = page.post(f"{API}/publications", json=PIECE).json()
    assert (out["claim"], len(out["wrote"])) == (5, 2), "the publisher is a recorder now too"
    piece = out["index"]
    ledger.grant(8, claim=5)
    for path, asked, rows in (
        ("publications", {}, ledger.publications()),
        ("debts", {"publication": str(piece)}, ledger.debts(piece)),
        ("debts", {"story": STORY}, ledger.debts(story=STORY)),
        ("notices", {"publication": "Live"}, ledger.notices("Live")),
        ("source-records", {"known": "9"}, ledger.source_record(as_of=ledger.as_of(known="9"))),
    ):
        assert told(page.get(f"{API}/{path}", params=asked)) == without_age([row.as_json() for row in rows]), path
        assert rows, path
    assert page.get(f"{API}/impact", params={"of": "Reuters"}).json()["supposed"] == ledger.impact("Reuters").supposed
    done = page.post(f"{API}/publications/{piece}/settlement", json={"url": "https://example.org/put-right"})
    assert done.status_code == 200, done.text
    assert page.get(f"{API}/debts").json() == []
    assert page.get(f"{API}/settlements").json() == [row.as_json() for row in ledger.settlements()]
    [corrective] = page.get(f"{API}/correctives").json()
    assert "denied" in corrective["text"]
    assert "internal" not in str(corrective)
    assert [line.recorder for line in ledger.log()][-1] == NAMES[Role.PUBLISHER]
    assert ledger.verify().ok


def told(answer: Response) -> Any:
    assert answer.status_code == 200, answer.text
    return without_age(answer.json())


def without_age(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A debt grows older while it is asked for."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@ONE
def test_each_is_recorded_once_for_its_key(browser: Browsers, ledger: Ledger) -> None:
    page, key = browser(Role.PUBLISHER), {"Idempotency-Key": "edition"}
    first, again = (page.post(f"{API}/publications", json=PIECE, headers=key).json() for _ in range(2))
    assert (again["index"], again["claim"], again["wrote"]) == (first["index"], first["claim"], [])
    other = page.post(f"{API}/publications", json=PIECE | {"title": "Live, 2"}, headers=key)
    assert (other.status_code, "another request" in other.json()["detail"]) == (409, True)
    ledger.grant(8, claim=5)
    settled = [
        page.post(f"{API}/publications/{first['index']}/settlement", json={"note": "on air"}, headers={**key, "a": "b"})
        for _ in range(2)
    ]
    assert [each.status_code for each in settled] == [409, 409], "the key stands for the publication"
    mine = {"Idempotency-Key": "put right"}
    settled = [
        page.post(f"{API}/publications/{first['index']}/settlement", json={"note": "on air"}, headers=mine)
        for _ in range(2)
    ]
    assert [each.status_code for each in settled] == [200, 200]
    assert settled[0].json()["index"] == settled[1].json()["index"]
    assert len(ledger.settlements()) == 1


@ONE
@pytest.mark.parametrize(
    ("path", "body", "status", "error", "place"),
    [
        ("publications", {}, 422, "misused", "called"),
        ("publications", PIECE | {"called": "a\u202eb"}, 409, "rejected", "publication"),
        ("publications", PIECE | {"claims": [4]}, 409, "rejected", ""),
        ("publications", PIECE | {"claims": [99]}, 409, "rejected", ""),
        ("publications", PIECE | {"published": "never"}, 422, "misused", ""),
        ("publications", PIECE | {"published": "1999-01-01"}, 422, "misused", ""),
        ("publications", PIECE | {"known": 99}, 422, "misused", ""),
        ("publications", PIECE | {"sha256": "A" * 64}, 422, "misused", "sha256"),
        ("publications", PIECE | {"story": "no-such-story"}, 409, "unclear", ""),
        ("publications", PIECE | {"status": "published"}, 422, "misused", "status"),
        ("publications/5/settlement", {"note": "on air"}, 409, "rejected", ""),
        ("publications/99/settlement", {"note": "on air"}, 409, "rejected", ""),
        ("publications/12/settlement", {}, 422, "misused", ""),
        ("publications/12/settlement", {"note": "on air"}, 409, "rejected", ""),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_recorded(
    browser: Browsers, ledger: Ledger, path: str, body: dict[str, Any], status: int, error: str, place: str
) -> None:
    ledger.add_publication("the first edition", claims=[5])
    page, before = browser(Role.PUBLISHER), ledger.size
    done = page.post(f"{API}/{path}", json=body)
    told = done.json()
    assert (done.status_code, told["error"]) == (status, error), told
    assert told["next"]
    assert not place or any(place in each["where"] for each in told["problems"]), told["problems"]
    assert ledger.size == before


@ONE
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("debts?publication=99", 404),
        ("debts?publication=nothing", 404),
        ("debts?story=none", 404),
        ("notices?publication=5", 404),
        ("impact", 422),
        ("impact?of=99", 404),
        ("impact?of=nobody", 404),
        ("source-records?source=nobody", 404),
        ("source-records?known=never", 422),
        ("feeds/changes.atom?story=none", 404),
        ("feeds/changes.atom?url=javascript:alert(1)", 422),
        ("feeds/changes.atom?url=//evil.example", 422),
        ("feeds/changes.atom?limit=0", 422),
        ("feeds/else.atom", 404),
        ("feeds/..%2F..%2Fetc%2Fpasswd", 404),
    ],
)
def test_what_is_not_there_is_not_found(browser: Browsers, path: str, status: int) -> None:
    done = browser(Role.AUDITOR).get(f"{API}/{path}")
    assert (done.status_code, done.headers["content-type"]) == (status, "application/problem+json"), done.text


@ONE
def test_the_feeds_say_what_is_public_and_are_not_sent_again(browser: Browsers, ledger: Ledger) -> None:
    ledger.add_publication("the first edition", claims=[5])
    ledger.grant(8, claim=5)
    ledger.settle("the first edition", url="https://example.org/put-right")
    ledger.hold(10)
    page = browser(Role.AUDITOR)
    titles = {}
    for name in ("changes", "corrections"):
        asked = {"url": "https://example.org/log", "limit": "5"}
        done = page.get(f"{API}/feeds/{name}.atom", params=asked)
        assert done.headers["content-type"] == "application/atom+xml"
        read = feedparser.parse(done.content)
        assert not read.bozo, read.get("bozo_exception")
        assert [link.href for link in read.feed.links if link.rel == "self"] == [f"https://example.org/log/{name}.atom"]
        titles[name] = [entry.title for entry in read.entries]
        again = page.get(f"{API}/feeds/{name}.atom", params=asked, headers={"If-None-Match": done.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert any("second police officer" in each for each in titles["changes"])
    assert len(titles["corrections"]) == 1
    assert not any("Two officers" in each for each in titles["changes"]), "it is held"


@ONE
def test_what_is_answered_is_what_is_declared(browser: Browsers, ledger: Ledger) -> None:
    ledger.add_publication("the first edition", claims=[5])
    ledger.grant(8, claim=5)
    page = browser(Role.AUDITOR)
    for path, view in (
        ("publications", book.PublicationRow),
        ("debts", book.DebtRow),
        ("notices", book.Notice),
        ("source-records", book.RecordRow),
    ):
        rows = page.get(f"{API}/{path}").json()
        assert rows, path
        for row in rows:
            model_of(view).model_validate(row)
            assert row.keys() == model_of(view).model_fields.keys()
    ledger.settle("the first edition", note="on air")
    for path, view in (("settlements", book.SettlementRow), ("correctives", book.Corrective)):
        [row] = page.get(f"{API}/{path}").json()
        assert row.keys() == model_of(view).model_fields.keys()
    ledger.add_publication("the second edition")
    fallen = page.get(f"{API}/impact", params={"of": "8"}).json()
    model_of(book.Impact).model_validate(fallen)
    assert fallen["claims"]
