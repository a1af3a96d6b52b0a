"""One's own account as a page: another password, sessions, tokens; each form once, and no password in any answer."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ledger.book import Ledger
from ledger.errors import NotSignedIn, Rejected
from ledger.store import Place, locate
from ledger.vocabulary import Access, Role
from ledger.web.desk.repeats import Repeats
from ledger.web.settings import Settings
from tests.web.conftest import ADDRESS, NAMES, PASSWORD, Browsers
from tests.web.pages import HTML, carried, key, sent_again, shown_secret, wrong
from tests.web.test_security import OTTO

ANA, ADAM = NAMES[Role.FACT_CHECKER], NAMES[Role.ADMIN]
NEW = "staple of another kind"
TYPED = {"old_password": PASSWORD, "password": NEW, "password_again": NEW}


@pytest.fixture
def where(tmp_path: Path) -> Place:
    """On a file, for what is about the app alone."""
    return locate(tmp_path / "claims.db")


@pytest.mark.parametrize("role", Role)
def test_everybody_finds_their_account_behind_their_name(browser: Browsers, role: Role) -> None:
    page = browser(role, **HTML)
    assert '<a href="/me"' in page.get("/").text
    told = page.get("/me")
    assert told.status_code == 200
    assert role.definition in html.unescape(told.text)


def test_a_password_is_changed_by_who_knows_the_old_one(browser: Browsers, ledger: Ledger) -> None:
    page, other = browser(Role.FACT_CHECKER, **HTML), browser(Role.FACT_CHECKER)
    done = page.post("/me/password", data=TYPED | key())
    assert (done.status_code, done.headers["location"]) == (303, "/me?did=password")
    assert "Your password is another one now" in page.get(done.headers["location"]).text, "this session stays"
    assert other.get("/api/v1/me").status_code == 401, "the others are over"
    assert ledger.people.sign_in(ANA, NEW)
    with pytest.raises(NotSignedIn):
        ledger.people.sign_in(ANA, PASSWORD)
    line = next(line for line in ledger.people.accesses() if line.kind is Access.PASSWORD_SET)
    assert (line.person, line.actor, line.address) == (ANA, ANA, "testclient")


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        ({"old_password": "not the password"}, 409, "old password: is not right"),
        ({"old_password": ""}, 409, "old password: is not right"),
        ({"password_again": "staple of a third kind"}, 422, "the two are not the same"),
        ({"password": "", "password_again": ""}, 422, "password: is missing"),
        ({"password": "short", "password_again": "short"}, 409, "password: is too short"),
    ],
)
def test_a_password_that_is_refused_is_told_and_stays(
    browser: Browsers, ledger: Ledger, given: dict[str, str], status: int, says: str
) -> None:
    page, other = browser(Role.FACT_CHECKER, **HTML), browser(Role.FACT_CHECKER)
    done = page.post("/me/password", data=TYPED | given | key())
    assert done.status_code == status
    assert says in wrong(done.text)
    for each in (TYPED | given).values():
        assert not each or f'value="{each}"' not in done.text
    assert other.get("/api/v1/me").status_code == 200
    assert ledger.people.sign_in(ANA, PASSWORD)


@pytest.mark.parametrize("settings", [Settings(attempts=3)])
def test_the_old_password_is_tried_as_often_as_at_the_door(browser: Browsers, ledger: Ledger) -> None:
    page = browser(Role.FACT_CHECKER, **HTML)
    guess = TYPED | {"old_password": "guess"}
    answers = [page.post("/me/password", data=guess | key()) for _ in range(4)]
    assert [each.status_code for each in answers] == [409, 409, 409, 429]
    assert "too many attempts" in wrong(answers[-1].text)
    assert 0 < int(answers[-1].headers["retry-after"]) <= 900
    assert page.post("/me/password", data=TYPED | key()).status_code == 429, "not even with the right one"
    assert browser().post("/sign-in", data={"name": ANA, "password": PASSWORD}).status_code == 429
    tried = [line for line in ledger.people.accesses() if line.kind is Access.REFUSED]
    assert [(line.person, line.actor, line.detail) for line in tried] == [(ANA, ANA, "another password")] * 3


def test_a_double_click_changes_a_password_once(browser: Browsers, ledger: Ledger) -> None:
    page, given = browser(Role.FACT_CHECKER, **HTML), TYPED | key()
    answers = [page.post("/me/password", data=given) for _ in range(2)]
    assert [(each.status_code, each.headers["location"]) for each in answers] == [(303, "/me?did=password")] * 2
    assert [line.kind for line in ledger.people.accesses()].count(Access.PASSWORD_SET) == 1
    again = page.post("/me/password", data=given | {"password": "x" + NEW, "password_again": "x" + NEW})
    assert (again.status_code, "with something else in it" in wrong(again.text)) == (409, True)


def test_the_other_sessions_end_or_all_of_them(browser: Browsers) -> None:
    page, other = browser(Role.EDITOR, **HTML), browser(Role.EDITOR)
    done = page.post("/me/sessions", data=key())
    assert done.headers["location"] == "/me?did=sessions"
    assert other.get("/api/v1/me").status_code == 401
    assert page.get("/me?did=sessions").status_code == 200
    done = page.post("/me/sessions", data={"every": "yes"} | key())
    assert done.headers["location"] == "/sign-in"
    assert 'claims=""' in done.headers["set-cookie"]
    assert page.get("/api/v1/me").status_code == 401


def test_a_token_is_shown_once_and_taken_back(browser: Browsers, ledger: Ledger) -> None:
    page, given = browser(Role.EDITOR, **HTML), {"label": "<b>wire</b>", "role-editor": "yes", "days": "1"} | key()
    made = [page.post("/me/tokens", data=given) for _ in range(2)]
    assert [each.status_code for each in made] == [200, 200]
    secret = shown_secret(made[0].text)
    assert shown_secret(made[1].text) == secret, "a double click makes one, and shows it"
    [token] = ledger.people.tokens(NAMES[Role.EDITOR])
    assert (token.label, token.scopes) == ("<b>wire</b>", {Role.EDITOR})
    program = TestClient(page.app, base_url=ADDRESS, headers={"Authorization": f"Bearer {secret}"})
    assert program.post("/api/v1/claims/5/hold", json={}).status_code == 200
    listed = page.get("/me").text
    assert secret not in listed
    assert "<b>wire" not in listed
    assert "&lt;b&gt;wire&lt;/b&gt;" in listed
    done = page.post(f"/me/tokens/{token.id}/revoke", data=key())
    assert done.headers["location"] == "/me?did=revoked"
    assert program.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"label": ""}, "label: is empty"),
        ({"days": "0"}, "days: cannot be"),
        ({"days": "many"}, "days: is no number"),
        ({"role-admin": "yes"}, "has not the role"),
    ],
)
def test_a_token_that_is_refused_comes_back_as_it_was_typed(
    browser: Browsers, ledger: Ledger, given: dict[str, str], says: str
) -> None:
    page = browser(Role.EDITOR, **HTML)
    done = page.post("/me/tokens", data={"label": "the wire", "days": "7", "role-editor": "yes"} | given | key())
    assert done.status_code in (409, 422)
    assert says in wrong(done.text)
    typed = {"label": "the wire", "days": "7"} | given
    assert f'name="label" type="text" value="{typed["label"]}"' in done.text
    assert f'name="days" type="text" value="{typed["days"]}"' in done.text
    assert 'name="role-editor" value="yes" checked' in done.text
    assert ledger.people.tokens(NAMES[Role.EDITOR]) == ()


def test_nobody_takes_back_the_token_of_another(browser: Browsers, ledger: Ledger) -> None:
    token = ledger.people.make_token(NAMES[Role.EDITOR], "wire", [], 1).token
    done = browser(Role.ADMIN, **HTML).post(f"/me/tokens/{token.id}/revoke", data=key())
    assert done.status_code == 409
    assert ledger.people.tokens(NAMES[Role.EDITOR])


def test_a_token_looks_after_no_account(browser: Browsers, ledger: Ledger) -> None:
    secret = ledger.people.make_token(ADAM, "wire", [Role.ADMIN], 1).secret
    page = TestClient(browser().app, base_url=ADDRESS, headers={"Authorization": f"Bearer {secret}"} | HTML)
    before = ledger.people.everybody(), ledger.people.tokens(ADAM)
    assert page.get("/me").status_code == 403
    for path, given in (("/me/tokens", {"label": "more", "days": "1"}), ("/me/password", TYPED), ("/me/sessions", {})):
        assert page.post(path, data=given).status_code == 403, path
    assert (ledger.people.everybody(), ledger.people.tokens(ADAM)) == before


def test_a_session_that_ends_in_the_middle_keeps_what_was_typed_but_no_password(
    browser: Browsers, ledger: Ledger
) -> None:
    page = browser(Role.FACT_CHECKER, **HTML)
    ledger.people.end_sessions(ANA)
    lost = page.post("/me/password", data=TYPED | key())
    assert lost.status_code == 401
    assert "a password is not" in lost.text
    assert NEW not in lost.text
    assert PASSWORD not in lost.text
    kept = carried(lost.text)
    assert kept["to"] == "/me/password"
    again = page.post("/sign-in", data=kept | {"name": ANA, "password": PASSWORD})
    fields = sent_again(again.text)
    assert fields.keys() == {"key"}
    refused = page.post("/me/password", data=fields)
    assert (refused.status_code, wrong(refused.text)) == (422, "password: is missing; type it twice")
    assert ledger.people.sign_in(ANA, PASSWORD)


def test_a_form_that_somebody_else_opened_is_not_sent_in_my_name(browser: Browsers, ledger: Ledger) -> None:
    theirs = re.findall(r'name="key" value="([^"]*)"', browser(Role.EDITOR, **HTML).get("/me").text)[0]
    done = browser(Role.FACT_CHECKER, **HTML).post("/me/tokens", data={"label": "x", "days": "1", "key": theirs})
    assert done.status_code == 409
    assert "it was opened by somebody else" in wrong(done.text)
    assert ledger.people.tokens(ANA) == ()


@pytest.mark.parametrize("settings", [Settings(alone=OTTO)])
def test_who_is_alone_is_told_how_accounts_are_made(browser: Browsers, ledger: Ledger) -> None:
    for person in ledger.people.everybody():
        ledger.people.disable(person.name)
    page = browser(**HTML)
    told = page.get("/me")
    assert told.status_code == 200
    assert "claims user add NAME --role ROLE" in told.text
    assert 'action="/me' not in told.text
    done = page.post("/me/tokens", data={"label": "x", "days": "1"} | key())
    assert (done.status_code, "nobody has an account of that name" in done.text) == (409, True)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_act_is_repeated_for_a_while_and_a_secret_for_a_minute() -> None:
    clock, made = Clock(), []
    repeats = Repeats(most=3, clock=clock)

    def act() -> str:
        made.append(1)
        return f"answer {len(made)}"

    assert [repeats.once("a", "x", act, secret=True) for _ in range(2)] == ["answer 1"] * 2
    with pytest.raises(Rejected):
        repeats.once("a", "y", act)
    assert repeats.once("b", "x", act) == "answer 2"
    clock.now = 61
    assert repeats.once("a", "x", act, secret=True) is None, "it is not done anew, and not shown any more"
    assert repeats.once("b", "x", act) == "answer 2"
    for number in range(3):
        repeats.once(str(number), "x", act)
    assert repeats.once("a", "x", act) == "answer 6", "the oldest is forgotten"


def test_what_fails_is_not_kept_and_two_at_once_are_one() -> None:
    repeats, made = Repeats(), []

    def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        repeats.once("a", "x", fails)

    def act() -> int:
        made.append(1)
        return len(made)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: repeats.once("a", "x", act), range(40))) == {1}
