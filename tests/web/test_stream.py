"""What one records is heard by everybody who listens, of any process, and nobody who comes back has missed anything."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from ledger.book import Ledger, Overview, Since
from ledger.store import Place
from ledger.vocabulary import Role
from ledger.web import stream
from ledger.web.app import make_app
from ledger.web.settings import Settings
from tests.shell import ROOT
from tests.web.conftest import NAMES, Browsers
from tests.web.serving import Listener, served, until

ONE = pytest.mark.parametrize("where", ["sqlite"], indirect=True)


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    with served(app) as at:
        yield at


@pytest.fixture
def bearer(ledger: Ledger) -> dict[str, str]:
    return {"Authorization": f"Bearer {ledger.people.make_token(NAMES[Role.AUDITOR], 'x', [], 1).secret}"}


def test_an_append_is_heard(ledger: Ledger, where: Place, address: str, bearer: dict[str, str]) -> None:
    listener = Listener(address, bearer)
    [first] = listener.heard(1)
    assert (first.kind, first.id, first.data) == ("size", "11", 12)
    with Ledger.open(where, recorder="Otto") as ours:
        ours.hold(5)
    begun = time.monotonic()
    change = listener.heard(2)[1]
    assert time.monotonic() - begun < 5
    assert (change.kind, change.id) == ("change", "12")
    assert [each["claim"] for each in change.data["changed"]] == [5]
    assert change.data["changed"][0]["held"] is True
    assert change.data == ledger.since(11).as_json()
    listener.close()


def test_another_process_is_heard_too(where: Place, address: str, bearer: dict[str, str]) -> None:
    listener = Listener(address, bearer)
    listener.heard(1)
    at = ["--ledger", where.url or str(where.path), *(["--log", where.log] if where.log else [])]
    told = subprocess.run(
        [sys.executable, "-m", "ledger", "hold", "5", *at], cwd=ROOT, capture_output=True, check=False
    )
    assert told.returncode == 0, told.stderr
    assert listener.heard(2)[1].data["entries"] == 2, "the recorder and the hold"
    listener.close()


def test_two_servers_tell_each_others_listeners(where: Place, address: str, bearer: dict[str, str]) -> None:
    with Ledger.open(where, recorder="Otto") as other, served(make_app(other, Settings())) as second:
        there, here = Listener(second, bearer), Listener(address, bearer)
        for each in (there, here):
            each.heard(1)
        other.hold(5)
        assert [each.heard(2)[1].id for each in (there, here)] == ["12", "12"]
        for each in (there, here):
            each.close()


def test_who_comes_back_is_told_what_came_meanwhile(ledger: Ledger, address: str, bearer: dict[str, str]) -> None:
    for _ in range(3):
        ledger.hold(5)
        ledger.release(10)
    listener = Listener(address, bearer | {"Last-Event-ID": "11"})
    first, change = listener.heard(2)
    assert (first.id, change.id) == ("11", "17")
    assert change.data["entries"] == 6
    listener.close()
    again = Listener(address, bearer, after=15)
    assert again.heard(2)[1].data["entries"] == 2
    again.close()


@ONE
def test_no_entry_is_missed_however_often_one_hangs_up(ledger: Ledger, address: str, bearer: dict[str, str]) -> None:
    last, told = "11", 0
    for turn in range(6):
        for _ in range(turn):
            ledger.hold(5)
        listener = Listener(address, bearer | {"Last-Event-ID": last})
        ledger.release(5)
        until(lambda at=listener: bool(at.events) and at.events[-1].id == str(ledger.size - 1))  # type: ignore[misc]
        told += sum(each.data["entries"] for each in listener.events if each.kind == "change")
        last = listener.events[-1].id
        listener.close()
    assert told == ledger.size - 12


@ONE
@pytest.mark.parametrize(("header", "status"), [("12", 422), ("-1", 422), ("x", 422), ("9" * 30, 422), ("", 422)])
def test_an_index_that_is_none_is_refused(browser: Browsers, header: str, status: int) -> None:
    page = browser(Role.AUDITOR)
    assert page.get("/api/v1/stream", headers={"Last-Event-ID": header}).status_code == status
    assert page.get("/api/v1/stream", params={"after": header}).status_code == status


@ONE
def test_a_stream_ends_with_the_session(
    ledger: Ledger, address: str, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_STILL_THERE", 0.2)
    listener = Listener(address, bearer)
    listener.heard(1)
    time.sleep(0.5)
    assert not listener.ended.is_set()
    ledger.people.disable(NAMES[Role.AUDITOR])
    assert listener.ended.wait(10)
    assert listener.events[-1].kind == "end"


@ONE
def test_a_stream_ends_with_the_session_however_much_there_is_to_tell(
    ledger: Ledger, address: str, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_STILL_THERE", 0.5)
    listener = Listener(address, bearer)
    listener.heard(1)
    ledger.people.disable(NAMES[Role.AUDITOR])
    end = time.monotonic() + 20
    while not listener.ended.is_set() and time.monotonic() < end:
        ledger.hold(5)
        time.sleep(0.05)
    assert listener.events[-1].kind == "end"


@ONE
def test_told_to_stop_it_ends_every_stream(app: FastAPI, bearer: dict[str, str]) -> None:
    with served(app) as address:
        listeners = [Listener(address, bearer) for _ in range(5)]
        for each in listeners:
            each.heard(1)
        begun = time.monotonic()
    assert all(each.ended.wait(5) for each in listeners)
    assert time.monotonic() - begun < 5


@ONE
def test_many_who_know_the_same_are_told_from_one_answer(
    ledger: Ledger, address: str, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = Ledger.since_in

    def counted(self: Ledger, overview: Overview, last: int) -> Since:
        asked.append(last)
        return real(self, overview, last)

    monkeypatch.setattr(Ledger, "since_in", counted)
    listeners = [Listener(address, bearer) for _ in range(20)]
    for each in listeners:
        each.heard(1)
    ledger.hold(5)
    assert {each.heard(2)[1].id for each in listeners} == {"12"}
    assert asked == [11]
    for each in listeners:
        each.close()


@pytest.mark.parametrize("where", ["postgresql"], indirect=True)
def test_a_connection_that_is_cut_costs_no_event(
    ledger: Ledger, where: Place, address: str, bearer: dict[str, str]
) -> None:
    from tests.served import ask

    listener = Listener(address, bearer)
    listener.heard(1)
    cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'"
    for turn in (1, 2):
        until(lambda: ask(where.url, cut)[0][0] == 1)
        ledger.hold(5)
        assert listener.heard(1 + turn)[turn].id == str(11 + turn)
    listener.close()
