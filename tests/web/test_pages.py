"""The pages of the desk, on every database: whoever is signed in sees them, and a form does what its sender may."""

from __future__ import annotations

import hashlib
import html
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ledger.book import Ledger
from ledger.store import Place
from ledger.vocabulary import Role, Status
from ledger.web.desk.around import FIVE
from ledger.web.security import POLICY
from tests.web.conftest import NAMES, PASSWORD, SECOND, STORY, Browsers

HTML = {"Accept": "text/html"}
EVERY_ROLE = list(Role)
RECORDING = {Role.FACT_CHECKER, Role.EDITOR}
DECIDING = {Role.EDITOR}
ANSWERING = {Role.EDITOR, Role.PUBLISHER}
ANOTHER = "staple of another kind"
DENIAL = {"claim": "5", "status": "denied", "by": "6", "said": "2017-04-20 23:00", "do": "save"}

PAGES = (
    "/",
    "/?story=4&state=unverified&q=officer",
    "/record",
    "/record?claim=5&status=denied",
    "/claims/5",
    "/claims/5?did=7",
    "/timeline",
    "/replay",
    "/replay?clock=known&at=7",
    "/replay?clock=said&at=2017-04-20",
    "/sources",
    "/sources/6",
    "/publications",
    "/audit",
    "/log",
    "/log?start=0",
    "/help",
    "/todo",
    "/me",
    "/csv/claims.csv",
    "/csv/entries.csv",
    "/log/entries.ndjson",
)
"""Every page that reads; one that is not here is found by `test_every_page_is_tried`."""

OF_PEOPLE = ("/people", "/people/accesses", "/people/accesses?before=3")
"""Every page that is an admin's and an auditor's."""

OF_EDITORS = ("/entries/5/redact", "/entries/5/redact?claim=5&did=7")
"""Every page that is an editor's alone."""

ACTS: dict[str, tuple[set[Role], dict[str, str]]] = {
    "/record": (RECORDING, DENIAL),
    "/entries/7/retract": (RECORDING, {"why": "mistyped"}),
    "/entries/7/withdraw": (RECORDING, {"said": "now"}),
    "/entries/7/evidence": (RECORDING, {"url": "https://example.org/a"}),
    "/claims/5/wording": (RECORDING, {"text": "A second officer died"}),
    "/sources": (RECORDING, {"name": "AFP", "kind": "agency"}),
    "/claims/5/hold": (DECIDING, {}),
    "/claims/5/release": (DECIDING, {}),
    "/claims/10/same": (DECIDING, {"same_as": "5"}),
    "/sources/authority": (DECIDING, {"source": "8", "story": STORY}),
    "/sources/6/vet": (DECIDING, {"vetted": "no"}),
    "/sources/6/group": (DECIDING, {"body": "8"}),
    "/publications": (ANSWERING, {"name": "the live page", "story": STORY}),
    "/entries/5/redact": (DECIDING, {"part-text": "yes", "order": "Tribunal de Paris", "step": "remove"}),
    "/audit/erasure": (DECIDING, {}),
    "/publications/7/settle": (ANSWERING, {"note": "on air"}),
    "/seen": (set(Role), {"size": "5"}),
    "/me/password": (set(Role), {"old_password": PASSWORD, "password": ANOTHER, "password_again": ANOTHER}),
    "/me/sessions": (set(Role), {}),
    "/me/tokens": (set(Role), {"label": "the wire", "days": "1"}),
    "/me/tokens/0123/revoke": (set(Role), {}),
    "/people": ({Role.ADMIN}, {"name": "Zoé", "role-editor": "yes", "make_up": "yes"}),
    "/people/roles": ({Role.ADMIN}, {"name": NAMES[Role.EDITOR], "role-auditor": "yes"}),
    "/people/password": ({Role.ADMIN}, {"name": NAMES[Role.EDITOR], "make_up": "yes"}),
    "/people/sessions": ({Role.ADMIN}, {"name": NAMES[Role.EDITOR]}),
    "/people/close": ({Role.ADMIN}, {"name": NAMES[Role.EDITOR]}),
    "/people/open": ({Role.ADMIN}, {"name": NAMES[Role.EDITOR]}),
}
"""Every form: who may send it, and what with. Some are refused by a rule afterwards, and by no role."""

RULED_OUT = {"/publications/7/settle", "/me/tokens/0123/revoke"}
NO_ENTRY = {path for path in ACTS if path.startswith(("/seen", "/me", "/people", "/audit"))}
"""What is done to no ledger; test_my_account.py, test_people_pages.py and test_redaction_pages.py say what it does."""

SHOWS_A_SECRET = {"/me/tokens", "/people", "/people/password"}


def routes(app: FastAPI, method: str) -> set[str]:
    """The routes of the desk's pages, as they are declared."""
    found = set()
    for route in app.routes:
        for each in [route, *getattr(getattr(route, "original_router", None), "routes", [])]:
            endpoint = getattr(each, "endpoint", None)
            if "ledger.web.desk" in getattr(endpoint, "__module__", "") and method in (each.methods or ()):
                found.add(each.path)
    return found


def fits(path: str, route: str) -> bool:
    return re.fullmatch(re.sub(r"{\w+}", "[^/?]+", route), path.split("?")[0]) is not None


@pytest.fixture
def where(tmp_path: Path) -> object:
    """On a file, for what is about the app alone."""
    from ledger.store import locate

    return locate(tmp_path / "claims.db")


def test_every_page_and_every_form_is_tried(app: FastAPI) -> None:
    alone = {
        "/live",
        "/search",
        "/static/{name}",
        "/favicon.ico",
        "/claims/{claim}/proof",
        "/evidence/{index}",
        "/log/checkpoints/{size}",
    }
    pages, forms = routes(app, "GET") - alone, routes(app, "POST")
    assert len(pages) > 10
    assert len(forms) > 10
    assert [each for each in pages if not any(fits(path, each) for path in (*PAGES, *OF_PEOPLE, *OF_EDITORS))] == []
    assert [each for each in forms if not any(fits(path, each) for path in ACTS)] == []


@pytest.mark.parametrize("role", EVERY_ROLE)
def test_reading_is_everybodys(browser: Browsers, role: Role) -> None:
    page = browser(role, **HTML)
    for path in PAGES:
        answer = page.get(path)
        assert answer.status_code == 200, (path, answer.text)
    for path in OF_PEOPLE:
        answer = page.get(path)
        assert answer.status_code == (200 if role in (Role.ADMIN, Role.AUDITOR) else 403), (path, answer.text)
    for path in OF_EDITORS:
        answer = page.get(path)
        assert answer.status_code == (200 if role is Role.EDITOR else 403), (path, answer.text)


def test_nothing_is_inline_and_every_page_says_so(browser: Browsers) -> None:
    """The policy lets nothing run that stands in a page, and nothing does: no style, no script, no handler."""
    page = browser(Role.EDITOR, **HTML)
    told = {path: page.get(path) for path in (*PAGES, *OF_EDITORS, "/nowhere", "/claims/9999")}
    told |= {path: browser(Role.ADMIN, **HTML).get(path) for path in OF_PEOPLE}
    for path, answer in told.items():
        assert answer.headers["content-security-policy"] == POLICY, path
        if answer.text.startswith("<!doctype"):
            inline = re.findall(r"<style|<script(?![^>]* src=)|<[^>]*\s(?:style|on\w+)=", answer.text)
            assert not inline, (path, inline)
    assert sum(answer.text.startswith("<!doctype") for answer in told.values()) > 20
    assert "default-src 'self'" in POLICY
    assert "unsafe" not in POLICY


def test_nobody_reads_without_signing_in(browser: Browsers) -> None:
    page = browser(None, **HTML)
    for path in (*PAGES, *OF_PEOPLE, *OF_EDITORS):
        answer = page.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"].partition("?")[0].endswith("/sign-in")
    assert page.get("/static/desk.js").status_code == 200
    assert page.get("/static/../app.py").status_code == 404


@pytest.mark.parametrize("path", ACTS)
@pytest.mark.parametrize("role", EVERY_ROLE)
def test_a_form_does_what_its_sender_may(browser: Browsers, ledger: Ledger, role: Role, path: str) -> None:
    roles, given = ACTS[path]
    before = ledger.size
    answer = browser(role, **HTML).post(path, data=given | {"key": "0" * 32})
    if role not in roles:
        assert answer.status_code == 403, answer.text
        assert ledger.size == before
    elif path in RULED_OUT:
        assert answer.status_code == 409, answer.text
        assert ledger.size == before
    else:
        assert answer.status_code == (200 if path in SHOWS_A_SECRET else 303), answer.text
        assert (ledger.size > before) is (path not in NO_ENTRY)


@pytest.mark.parametrize("path", [path for path in ACTS if path not in RULED_OUT | NO_ENTRY])
def test_a_form_that_is_sent_twice_is_done_once(browser: Browsers, ledger: Ledger, path: str) -> None:
    roles, given = ACTS[path]
    page = browser(next(role for role in Role if role in roles), **HTML)
    first = page.post(path, data=given | {"key": "1" * 32})
    size = ledger.size
    second = page.post(path, data=given | {"key": "1" * 32})
    assert (first.status_code, second.status_code) == (303, 303)
    assert ledger.size == size
    assert page.get(second.headers["location"]).status_code == 200


def test_an_entry_that_was_written_by_nobody_here_has_no_undo(browser: Browsers) -> None:
    page = browser(Role.FACT_CHECKER, **HTML)
    assert "data-undo" not in page.get("/claims/5?did=7&wrote=7-7").text
    told = page.post("/record", data=DENIAL | {"key": "2" * 32})
    assert "data-undo" in page.get(told.headers["location"]).text
    for made_up in ("did=99999", "did=7&wrote=0-999999999999", "did=7&wrote=9-3"):
        assert page.get(f"/claims/5?{made_up}").status_code == 200, made_up


def refused_at(field: str, **given: str) -> tuple[str, dict[str, str]]:
    return field, DENIAL | given


@pytest.mark.parametrize(
    ("field", "given"),
    [
        refused_at("claim", claim=""),
        refused_at("claim", claim="x" * 10_001),
        refused_at("claim", claim="9999"),
        refused_at("claim", claim="7a\u202eb"),
        refused_at("status", status="shouted"),
        refused_at("by", by=""),
        refused_at("by", by="\u0000"),
        refused_at("via1", via1="x" * 201),
        refused_at("said", said="soon"),
        refused_at("said", said="2017-02-30 10:00"),
        refused_at("said", status="withdrawn", said=""),
        refused_at("to", status="corrected", to=""),
        refused_at("story", claim="A car was stolen", story="Not A Slug"),
        refused_at("story", claim="A car was stolen", story=""),
        refused_at("quote", quote="x" * 10_001),
        refused_at("url", url="javascript:alert(1)"),
        refused_at("file", evidence_url="not an address"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    browser: Browsers, ledger: Ledger, field: str, given: dict[str, str]
) -> None:
    before = ledger.size
    answer = browser(Role.EDITOR, **HTML).post("/record", data=given | {"key": "3" * 32})
    assert answer.status_code == 422, answer.text
    assert f'id="{field}-wrong"' in answer.text
    assert ledger.size == before


def test_an_answer_is_for_what_it_was_asked_about(browser: Browsers, ledger: Ledger) -> None:
    """A kind that was chosen for one name is not taken for another that was typed since."""
    page, given = browser(Role.EDITOR, **HTML), DENIAL | {"by": "Le Monde", "key": "4" * 32}
    assert "is new" in page.post("/record", data=given).text
    chosen = given | {"by_kind": "newspaper", "by_asked": "Le Figaro"}
    before = ledger.size
    assert page.post("/record", data=chosen).status_code == 200
    assert ledger.size == before
    assert page.post("/record", data=chosen | {"by_asked": "Le Monde"}).status_code == 303
    assert [each.kind for each in ledger.sources() if each.name == "Le Monde"] == ["newspaper"]


def test_a_preview_leaves_nothing_behind(browser: Browsers, ledger: Ledger) -> None:
    before = ledger.size
    answer = browser(Role.FACT_CHECKER, **HTML).post("/record", data=DENIAL | {"do": "preview"})
    assert "What will follow" in answer.text
    assert re.search(r'class="becomes".*denied', answer.text, re.DOTALL)
    assert ledger.size == before
    assert ledger.verify().ok


def test_the_proof_of_a_claim_takes_a_checkpoint(browser: Browsers, ledger: Ledger, tmp_path: Path) -> None:
    from ledger.publish import check_proof, new_key, sign

    page = browser(Role.AUDITOR, **HTML)
    assert "nothing is signed yet" in page.get("/claims/5/proof").text
    key = new_key(tmp_path / "keys", ledger.origin, b"k" * 32)
    signed = sign(ledger.store, key)
    assert check_proof(page.get("/claims/5/proof").text, [key.verifier]).ok
    assert page.get(f"/log/checkpoints/{signed.checkpoint.size}").content == signed.note
    assert page.get("/log/checkpoints/3").status_code == 404
    assert "the root is that of our first" in page.get("/audit").text
    assert "Everything fits." in page.get("/audit?verify=true").text


@pytest.mark.parametrize(
    ("path", "status"),
    [("/claims/9999", 404), ("/claims/0", 404), ("/claims/many", 422), ("/?story=x", 422), ("/nothing", 404)],
)
def test_a_refusal_is_a_page_for_a_browser(browser: Browsers, path: str, status: int) -> None:
    answer = browser(Role.AUDITOR, **HTML).get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "To the board" in answer.text
    assert "Traceback" not in answer.text


def test_every_page_is_html_as_it_should_be(
    browser: Browsers, ledger: Ledger, tmp_path: Path, html_problems: Callable[[list[Path]], list[str]]
) -> None:
    page = browser(Role.EDITOR, **HTML)
    page.post("/publications", data={"name": "the live page", "story": STORY, "key": "5" * 32})
    page.post("/claims/5/hold", data={"key": "6" * 32})
    texts = {path: page.get(path).text for path in (*PAGES, "/search?q=officer", "/claims/9999")}
    texts["refused"] = page.post("/record", data=DENIAL | {"claim": "", "by": "AFP", "said": "soon"}).text
    texts["asked"] = page.post(
        "/record", data=DENIAL | {"claim": "A second police oficer was killed", "by": "AFP"}
    ).text
    texts["longer"] = page.post("/record", data=DENIAL | {"via2": "BFM", "do": "longer"}).text
    texts["token"] = page.post("/me/tokens", data={"label": "the wire", "days": "1", "role-editor": "yes"}).text
    texts["no token"] = page.post("/me/tokens", data={"label": "", "days": "x"}).text
    texts["tokens"] = page.get("/me?did=token").text
    order = {"part-text": "yes", "order": "Tribunal de Paris <i>", "claim": "5"}
    texts["redact"] = page.get("/entries/5/redact?claim=5").text
    texts["redact nothing"] = page.post("/entries/5/redact", data={"step": "look"}).text
    texts["redact this"] = page.post("/entries/5/redact", data=order | {"step": "look"}).text
    with closing(sqlite3.connect(str(ledger.place.path), isolation_level=None)) as reads:  # so that wiping has to wait
        reads.execute("BEGIN")
        reads.execute("SELECT count(*) FROM entries").fetchone()
        gone = page.post("/entries/5/redact", data=order | {"step": "remove"}).headers["location"]
    assert ledger.erasing()
    texts |= {each: page.get(each).text for each in (gone, "/audit", "/claims/5")}
    admin = browser(Role.ADMIN, **HTML)
    page.post("/sign-in", data={"name": "<b> & \u05d0", "password": "guess"})
    texts |= {path: admin.get(path).text for path in OF_PEOPLE}
    texts["account"] = admin.post("/people", data={"name": "Zoé / 1", "role-editor": "yes", "make_up": "yes"}).text
    texts["no account"] = admin.post("/people", data={"name": "", "password": "x"}).text
    texts["last admin"] = admin.post("/people/close", data={"name": NAMES[Role.ADMIN]}).text
    texts["no people"] = page.get("/people").text
    texts["sign in"] = browser(None, **HTML).get("/sign-in").text
    written = []
    for number, text in enumerate(text for text in texts.values() if text.startswith("<!doctype")):
        written.append(tmp_path / f"{number}.html")
        written[-1].write_text(text, encoding="utf-8")
    assert len(written) > 15
    found = html_problems(written)
    assert found == [], "\n".join(found)


def test_the_five_sentences_are_those_of_the_rules() -> None:
    told = (Path(__file__).parents[2] / "docs" / "resolver.md").read_text(encoding="utf-8")
    part = told.split("## In five sentences")[1].split("\n## ")[0]
    found = [" ".join(each.replace("*", "").split()) for each in re.split(r"^\d\. ", part, flags=re.MULTILINE)[1:]]
    assert found == list(FIVE)


def test_what_is_remembered_is_made_once_and_a_failure_is_not_kept() -> None:
    from ledger.web.desk.remembered import Remembered

    made: list[int] = []

    def make() -> int:
        made.append(1)
        if len(made) == 1:
            raise ValueError
        return len(made)

    remembered = Remembered(most=2)
    with pytest.raises(ValueError, match=r"^$"):
        remembered.get("a", make)
    answers: list[Callable[[], int]] = [make, make]
    assert [remembered.get("a", each) for each in answers] == [2, 2]
    remembered.get("b", lambda: 0)
    remembered.get("c", lambda: 0)
    assert remembered.get("a", make) == 3


def test_what_one_has_seen_is_remembered_in_the_browser(browser: Browsers, ledger: Ledger) -> None:
    page = browser(Role.EDITOR, **HTML)
    assert "Nothing since entry" in page.get("/").text
    ledger.record(SECOND, Status.CONFIRMED, by="Reuters", said=None)
    told = page.get("/").text
    assert "I have seen this" in told
    assert "Otto" in told
    page.post("/seen", data={"size": str(ledger.size)})
    assert "Nothing since entry" in page.get("/").text


def test_a_corrective_settles_what_it_was_drafted_for_and_not_what_came_since(
    browser: Browsers, ledger: Ledger
) -> None:
    page = browser(Role.PUBLISHER, **HTML)
    page.post("/publications", data={"name": "the live page", "story": STORY, "key": "8" * 32})
    live = ledger.publications()[0].index
    ledger.grant(8, story=STORY)
    ledger.record(5, Status.CONFIRMED, by=8, said=None)
    told = page.get("/publications").text
    [form] = re.findall(rf'action="/publications/{live}/settle".*?</form>', told, re.DOTALL)
    shown = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form))
    ledger.record(10, Status.DENIED, by=8, said=None)
    assert {each.claim for each in ledger.debts()} == {5, 10}
    done = page.post(f"/publications/{live}/settle", data=shown | {"note": "on air"})
    assert done.status_code == 303, done.text
    assert [each.claim for each in ledger.debts()] == [10]
    again = page.post(f"/publications/{live}/settle", data=shown | {"note": "on air", "key": "9" * 32})
    assert again.status_code == 409
    assert "nothing is owed" in again.text
    for known in ("x", "99999", "9" * 40):
        made_up = {"note": "on air", "key": known, "known": known}
        assert page.post(f"/publications/{live}/settle", data=made_up).status_code == 422, known


def test_two_who_record_the_same_now_are_told(browser: Browsers) -> None:
    """Unless the minute passes between them; then it is tried once more."""
    given = DENIAL | {"said": "now"}
    told = []
    for _ in range(2):
        told = [browser(role, **HTML).post("/record", data=given) for role in (Role.FACT_CHECKER, Role.EDITOR)]
        if told[1].status_code == 409:
            break
    assert told[1].status_code == 409
    assert f"{NAMES[Role.FACT_CHECKER]}</bdi> has recorded the same" in told[1].text


@pytest.mark.parametrize(
    ("act", "given", "why"),
    [
        ("withdraw", {"said": ""}, "when they took it back: is missing; give the time"),
        ("retract", {"why": ""}, "why: is missing; choose one"),
    ],
)
def test_what_a_small_form_lacks_is_said(
    browser: Browsers, ledger: Ledger, act: str, given: dict[str, str], why: str
) -> None:
    page, before = browser(Role.EDITOR, **HTML), ledger.size
    assert '<option value="">choose one</option>' in page.get("/claims/5").text, "no mistake is one's by default"
    told = page.post(f"/entries/7/{act}", data=given | {"claim": "5"})
    assert told.status_code == 422
    assert why in told.text
    assert ledger.size == before


def test_a_file_that_is_evidence_can_be_taken_and_is_never_shown(
    browser: Browsers, ledger: Ledger, tmp_path: Path
) -> None:
    hostile = b"<script>alert(1)</script>"
    reporter, auditor = browser(Role.FACT_CHECKER, **HTML), browser(Role.AUDITOR, **HTML)
    done = reporter.post(
        "/entries/7/evidence", data={"claim": "5"}, files={"file": ("../page.html", hostile, "text/html")}
    )
    told = auditor.get(done.headers["location"]).text
    [address] = re.findall(r'<a href="(/evidence/\d+)" download>a file</a>, text/html', told)
    taken = auditor.get(address)
    assert (taken.status_code, taken.content) == (200, hostile)
    assert taken.headers["content-type"] == "application/octet-stream"
    assert taken.headers["content-disposition"].startswith("attachment; ")
    assert taken.headers["x-content-type-options"] == "nosniff"
    assert browser(None, **HTML).get(address).status_code == 303
    ledger.place.kept_files().joinpath(hashlib.sha256(hostile).hexdigest()).unlink()
    assert auditor.get(address).status_code == 404
    assert "<strong>lost</strong>" in auditor.get(done.headers["location"]).text
    for none in ("/evidence/7", "/evidence/99999", "/evidence/..%2fclaims.db"):
        assert auditor.get(none).status_code in (404, 422), none


@pytest.mark.parametrize(
    ("path", "given", "why"),
    [
        ("/publications/12/settle", {}, ["where it went out: is missing; give its address"]),
        ("/sources/authority", {"source": "8", "story": STORY, "claim": "5"}, ["give a story or a claim"]),
        ("/sources/authority", {"source": "8"}, ["give a story or a claim"]),
        (
            "/sources/authority",
            {"source": "Interior Minister", "claim": "5"},
            ["no such source", "8: Interior Ministry"],
        ),
        ("/sources/6/group", {"body": "Interior Minister"}, ["no such source", "8: Interior Ministry"]),
        (
            "/claims/10/same",
            {"same_as": "A second officer killed"},
            ["give the index of the one you mean", "5: A "],
        ),
        ("/publications", {"name": "live", "claims": "999"}, ["999"]),
    ],
)
def test_no_form_is_answered_with_an_option_of_the_command_line(
    browser: Browsers, ledger: Ledger, path: str, given: dict[str, str], why: list[str]
) -> None:
    assert ledger.add_publication("the first edition", claims=[5]).index == 12
    ledger.record(5, Status.CONFIRMED, by=8, said=None)
    before = ledger.size
    told = browser(Role.EDITOR, **HTML).post(path, data=given)
    assert told.status_code in (409, 422), told.text
    [shown] = re.findall(r'<div class="wrong" role="alert".*?</div>', told.text, re.DOTALL)
    assert "--" not in shown
    for each in why:
        assert each in html.unescape(shown)
    assert ledger.size == before


def test_who_comes_second_is_told_though_the_form_is_gone(browser: Browsers, ledger: Ledger) -> None:
    page = browser(Role.EDITOR, **HTML)
    ledger.add_publication("the first edition", claims=[5])
    ledger.record(5, Status.CONFIRMED, by=8, said=None)
    told = [page.post("/publications/12/settle", data={"note": "on air", "key": each * 32}) for each in "ab"]
    assert [each.status_code for each in told] == [303, 409]
    assert "nothing is owed" in told[1].text


def test_a_very_long_claim_is_whole_on_its_own_page_alone(browser: Browsers, ledger: Ledger) -> None:
    long = "W" * 9_999 + "."
    ledger.grant(8, story=STORY)
    page = browser(Role.EDITOR, **HTML)
    page.post("/publications", data={"name": "the live page", "story": STORY, "key": "8" * 32})
    done = ledger.record(5, Status.CORRECTED, by=8, to=long, said=None, story=STORY)
    ledger.record(long, Status.CONFIRMED, by=8, said=None)
    claim = ledger.why(long).row.claim
    for path in (*PAGES, f"/claims/5?did={done.index}&wrote={claim}-{done.index}", f"/search?q={'W' * 100}"):
        told = re.sub("<pre.*?</pre>", "", page.get(path).text, flags=re.DOTALL)  # what may be sent to readers is whole
        assert path.startswith("/csv") or "W" * 1001 not in told, path
    assert long in page.get(f"/claims/{claim}").text


def test_all_that_is_to_do_is_on_a_page_of_its_own(browser: Browsers, ledger: Ledger) -> None:
    for number in range(12):
        claim = ledger.record(f"Car number {number} burned", Status.REPORTED, by=6, said=None, story=STORY).claim
        ledger.hold(claim or 0)
    page = browser(Role.FACT_CHECKER, **HTML)
    assert 'more on <a href="/todo">To do</a>' in page.get("/").text
    told = page.get("/todo").text
    assert [f"Car number {number} burned" in told for number in range(12)] == [True] * 12


def test_an_auditor_is_told_what_does_not_fit(browser: Browsers, ledger: Ledger, where: Place) -> None:
    page = browser(Role.AUDITOR, **HTML)
    with sqlite3.connect(str(where.path)) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute("""UPDATE entries SET leaf = CAST(replace(CAST(leaf AS TEXT), 'denied', 'confirmed') AS BLOB)""")
    raw.close()
    told = page.get("/audit?verify=true").text
    assert "Something does not fit." in told
    assert "Everything fits." not in told
    assert re.search(r"<li>entry 9: [^<]+</li>", told), "the denial, by its index"


def test_everybody_is_called_by_their_name(browser: Browsers) -> None:
    told: TestClient = browser(Role.AUDITOR, **HTML)
    assert f"<bdi>{NAMES[Role.AUDITOR]}</bdi>" in told.get("/").text
