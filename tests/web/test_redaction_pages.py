"""Redacting on the pages: what will be gone is shown first, then it is nowhere, and what stays is as it was."""

from __future__ import annotations

import html
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ledger.book import Ledger
from ledger.model import Document
from ledger.store import Place, locate
from ledger.vocabulary import Part, Role, Status
from tests.web.conftest import NAMES, PASSWORD, Browsers
from tests.web.pages import HTML, carried, key, sent_again, wrong

ORDER = "Tribunal de Paris, 12 May 2026"
QUOTE = "the <b>quagmire</b> witness told us so"
NOTE = "ring the quillfeather family"
CHOSEN = {"claim": "5", "part-quote": "yes", "order": ORDER}


@pytest.fixture
def where(tmp_path: Path) -> Place:
    """On a file, for what is about the app alone."""
    return locate(tmp_path / "claims.db")


@pytest.fixture
def spoken(ledger: Ledger) -> int:
    """A statement with a quote, an internal note, an address and a document, by who is an editor."""
    emil = next(each for each in ledger.people.everybody() if each.name == NAMES[Role.EDITOR])
    return (
        ledger.acting_as(emil)
        .record(
            5,
            Status.REPORTED,
            by="Reuters",
            said=None,
            quote=QUOTE,
            note=NOTE,
            url="https://example.org/quagmire",
            evidence=Document(url="https://example.org/passport"),
            internal=[Part.NOTE],
        )
        .index
    )


@pytest.fixture
def editor(browser: Browsers) -> TestClient:
    return browser(Role.EDITOR, **HTML)


def fields(text: str) -> dict[str, str]:
    """The hidden fields of the form that removes."""
    [form] = re.findall(r'aria-label="Remove it for good">(.*?)</form>', text, re.DOTALL)
    return {name: html.unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form)}


def test_each_entry_with_words_has_a_way_there_for_an_editor(browser: Browsers, spoken: int) -> None:
    for role in Role:
        told = browser(role, **HTML).get("/claims/5").text
        links = re.findall(r'href="/entries/(\d+)/redact\?claim=5"', told)
        assert (set(links) == {"5", str(spoken)}) is (role is Role.EDITOR)
        assert bool(links) is (role is Role.EDITOR)


def test_a_part_is_chosen_looked_at_and_gone(editor: TestClient, ledger: Ledger, spoken: int, where: Place) -> None:
    place, before = f"/entries/{spoken}/redact", ledger.size
    with ledger.store.reading() as reader:
        leaf = next(iter(reader.leaves(spoken, spoken + 1)))
    state = ledger.why(5).row.state
    chosen = editor.get(f"{place}?claim=5").text
    for each in (html.escape(QUOTE), NOTE, "https://example.org/quagmire", "https://example.org/passport"):
        assert each in chosen
    assert QUOTE not in chosen
    looked = editor.post(place, data=CHOSEN | {"step": "look"} | key())
    assert (looked.status_code, ledger.size) == (200, before), "nothing is done yet"
    gone = looked.text.split("What stays")[0].split("Gone for good")[1]
    assert html.escape(QUOTE) in gone
    assert NOTE not in gone
    assert f"[redacted: {ORDER}]" in looked.text
    done = editor.post(place, data=fields(looked.text) | {"step": "remove"})
    assert (done.status_code, done.headers["location"]) == (303, f"{place}?claim=5&did={before}")
    shown = editor.get(done.headers["location"]).text
    assert "It is gone." in shown
    assert f"[redacted: {ORDER}]" in shown
    assert NOTE in shown, "what was not chosen is there"
    assert "quagmire</b>" not in html.unescape(shown + editor.get("/claims/5").text + editor.get("/log").text)
    assert editor.get("/search?q=witness").text.count("claims/5") == 0
    with ledger.store.reading() as reader:
        assert next(iter(reader.leaves(spoken, spoken + 1))) == leaf
    assert ledger.why(5).row.state == state
    assert ledger.verify().findings == ()
    line = list(ledger.log())[-1]
    assert (line.kind, line.recorder) == ("redaction", NAMES[Role.EDITOR])
    assert where.path is not None
    assert b"quagmire</b> witness" not in where.path.read_bytes()


def test_several_parts_go_at_once_and_a_double_click_is_one(editor: TestClient, ledger: Ledger, spoken: int) -> None:
    given = CHOSEN | {"part-note": "yes", "part-evidence": "yes", "step": "remove"} | key()
    before = ledger.size
    answers = [editor.post(f"/entries/{spoken}/redact", data=given) for _ in range(2)]
    assert [each.headers["location"] for each in answers] == [f"/entries/{spoken}/redact?claim=5&did={before}"] * 2
    assert ledger.size == before + 3
    rows = ledger.parts([spoken])[spoken]
    assert {row.part for row in rows if row.by is not None} == {Part.QUOTE, Part.NOTE, Part.EVIDENCE}
    again = editor.post(f"/entries/{spoken}/redact", data=given | key())
    assert again.status_code == 409
    assert "is redacted already" in wrong(again.text)
    looked = editor.post(f"/entries/{spoken}/redact", data=given | {"step": "look"} | key())
    assert (looked.status_code, "Gone for good" in looked.text) == (409, False)
    assert f"the quote of entry {spoken} is redacted already, by entry {before}" in wrong(looked.text)
    assert f'name="order" type="text" value="{ORDER}"' in again.text
    assert ledger.size == before + 3


@pytest.mark.parametrize("step", ["look", "remove", "anything", ""])
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"part-quote": ""}, "part: none is chosen"),
        ({"part-quote": "", "part-name": "yes"}, "part: none is chosen"),
        ({"order": "  "}, "order: is empty"),
        ({"order": "x" * 10_001}, "order: has 10,001 characters"),
        ({"order": "a\u202eb"}, "a character that reorders text"),
    ],
)
def test_what_is_lacking_is_told_with_what_was_typed(
    editor: TestClient, ledger: Ledger, spoken: int, step: str, given: dict[str, str], says: str
) -> None:
    before = ledger.size
    sent = {name: value for name, value in (CHOSEN | given | {"step": step}).items() if value}
    done = editor.post(f"/entries/{spoken}/redact", data=sent | key())
    assert (done.status_code, ledger.size) == (422, before)
    assert says in wrong(done.text)
    assert ('name="part-quote" value="yes" checked' in done.text) is ("part-quote" in sent)
    assert f'name="order" type="text" value="{html.escape(sent["order"])}"' in done.text


def test_the_way_back_keeps_what_was_typed(editor: TestClient, ledger: Ledger, spoken: int) -> None:
    before = ledger.size
    done = editor.post(f"/entries/{spoken}/redact", data=CHOSEN | {"step": "change"} | key())
    assert (done.status_code, ledger.size) == (200, before)
    assert 'name="part-quote" value="yes" checked' in done.text
    assert f'name="order" type="text" value="{ORDER}"' in done.text
    assert 'role="alert"' not in done.text


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.EDITOR])
def test_it_is_an_editors(browser: Browsers, ledger: Ledger, spoken: int, role: Role) -> None:
    page, before = browser(role, **HTML), ledger.size
    assert page.get(f"/entries/{spoken}/redact").status_code == 403
    for step in ("look", "change", "remove"):
        done = page.post(f"/entries/{spoken}/redact", data=CHOSEN | {"step": step} | key())
        assert (done.status_code, "it takes the role editor" in done.text) == (403, True)
    assert page.post("/audit/erasure", data=key()).status_code == 403
    assert ledger.size == before


def test_an_entry_without_words_says_so(editor: TestClient, ledger: Ledger) -> None:
    assert "Nobody wrote anything into this entry" in editor.get("/entries/0/redact").text
    assert editor.get("/entries/9999/redact").status_code == 404
    assert editor.post("/entries/9999/redact", data=CHOSEN | key()).status_code == 409
    ledger.redact(6, ORDER)
    assert "Nothing is left in it to redact" in editor.get("/entries/6/redact").text
    assert "It is gone." not in editor.get("/entries/6/redact?did=7").text, "an address that was made up says nothing"


def test_a_session_that_ends_in_the_middle_loses_nothing(editor: TestClient, ledger: Ledger, spoken: int) -> None:
    before = ledger.size
    ledger.people.end_sessions(NAMES[Role.EDITOR])
    lost = editor.post(f"/entries/{spoken}/redact", data=CHOSEN | {"step": "look"} | key())
    assert lost.status_code == 401
    again = editor.post("/sign-in", data=carried(lost.text) | {"name": NAMES[Role.EDITOR], "password": PASSWORD})
    assert ORDER in again.text
    looked = editor.post(f"/entries/{spoken}/redact", data=sent_again(again.text))
    assert (looked.status_code, "Gone for good" in looked.text, ledger.size) == (200, True, before)


@pytest.fixture
def reader(ledger: Ledger, where: Place) -> Iterator[sqlite3.Connection]:
    """Somebody who has the ledger open and reads."""
    with closing(sqlite3.connect(str(where.path), isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM entries").fetchone()
        yield connection


def test_what_cannot_be_wiped_yet_is_told_until_it_is(
    editor: TestClient, ledger: Ledger, spoken: int, reader: sqlite3.Connection
) -> None:
    assert "Not wiped yet" not in editor.get("/audit").text
    done = editor.post(f"/entries/{spoken}/redact", data=CHOSEN | {"step": "remove"} | key())
    assert done.status_code == 303
    told = editor.get(done.headers["location"]).text
    assert "erasure pending" in told
    assert "It is gone." not in told
    assert f"The words that entry {ledger.size - 1} redacted" in editor.get("/audit").text
    still = editor.post("/audit/erasure", data=key())
    assert (still.status_code, "erasure: is pending still" in wrong(still.text)) == (409, True)
    reader.execute("ROLLBACK")
    wiped = editor.post("/audit/erasure", data=key())
    assert (wiped.status_code, wiped.headers["location"]) == (303, "/audit?wiped=true")
    told = editor.get("/audit?wiped=true").text
    assert "Nothing that was redacted is left in the ledger" in told
    assert "Not wiped yet" not in told
    assert ledger.verify().findings == ()
