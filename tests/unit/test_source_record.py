"""The record of sources in a ledger on a file: who has a row, its names, moments, rates; and what a person reads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.book import AsOf, Ledger, Rate, RecordRow
from ledger.book import record as book_record
from ledger.cli import screen
from ledger.errors import LedgerError, Unclear
from ledger.vocabulary import Mistake, SourceKind, Status
from tests.newsroom import ONE, SECOND, STORY, Newsroom, at
from tests.shell import Shell

MINISTRY, BRANDET = "Interior Ministry", "Pierre-Henry Brandet"
POLICE = "a police source"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Newsroom]:
    """A police source through Reuters at 22:30; the ministry's spokesman, who has authority, denies at 22:57."""
    desk = Newsroom.founded(tmp_path, opened="2017-04-20 23:45")
    desk.ledger.add_source(MINISTRY, SourceKind.OFFICIAL)
    desk.ledger.add_source(BRANDET, SourceKind.SPOKESPERSON, group=MINISTRY)
    desk.say(SECOND, Status.REPORTED, POLICE, "22:30", via=["Reuters"])
    desk.ledger.grant(MINISTRY, story=STORY)
    desk.say(SECOND, Status.DENIED, BRANDET, "22:57", via=["BFM"])
    yield desk
    desk.ledger.close()


def rows(ledger: Ledger, source: str | None = None, as_of: AsOf | None = None) -> dict[tuple[str, bool], RecordRow]:
    found = ledger.source_record(source, as_of=as_of or AsOf())
    return {(row.name, row.whole): row for row in found}


def counts(rate: Rate) -> tuple[int, int]:
    return rate.count, rate.of


def test_every_source_that_spoke_or_passed_on_has_a_row_and_a_body_comes_before_its_members(desk: Newsroom) -> None:
    found = desk.ledger.source_record()
    assert [(row.name, row.whole, row.body) for row in found] == [
        (POLICE, False, None),
        ("BFM", False, None),
        (MINISTRY, True, None),
        (BRANDET, False, MINISTRY),
        ("Reuters", False, None),
    ]
    police, bfm, ministry, brandet, reuters = found
    assert (police.relayer, police.story, police.kind) == ("Reuters", STORY, SourceKind.UNNAMED)
    assert (counts(police.denied), police.statements) == ((1, 1), 1)
    assert (bfm.statements, bfm.relayed, counts(bfm.relayed_denied)) == (0, 1, (0, 0))
    assert (ministry.members, ministry.statements, counts(ministry.overruled)) == ((BRANDET,), 1, (0, 1))
    assert (brandet.members, brandet.claims) == ((), 1)
    assert (reuters.statements, reuters.relayed, counts(reuters.relayed_denied)) == (0, 1, (1, 1))


def test_the_record_of_one_is_its_own_and_its_bodys(desk: Newsroom) -> None:
    assert list(rows(desk.ledger, BRANDET)) == [(MINISTRY, True), (BRANDET, False)]
    assert list(rows(desk.ledger, MINISTRY)) == [(MINISTRY, True), (MINISTRY, False), (BRANDET, False)]
    assert list(rows(desk.ledger, "Reuters")) == [("Reuters", False)]
    by_index = desk.ledger.source_record(desk.ledger.source_record("Reuters")[0].source)
    assert by_index == desk.ledger.source_record("Reuters")
    everybody = rows(desk.ledger)
    for name in (BRANDET, POLICE, "Reuters", "BFM"):
        assert rows(desk.ledger, name).items() <= everybody.items()


def test_a_source_that_said_nothing_has_an_empty_record(desk: Newsroom) -> None:
    desk.ledger.add_source("AFP", SourceKind.AGENCY)
    (row,) = desk.ledger.source_record("AFP")
    assert (row.statements, row.claims, row.wait, dict(row.mistakes)) == (0, 0, None, {})
    assert row.denied == Rate(0, 0, None, None)
    assert ("AFP", False) not in rows(desk.ledger)


def test_as_of_either_clock(desk: Newsroom) -> None:
    assert counts(rows(desk.ledger, as_of=AsOf(said=at("22:40").at))[POLICE, False].denied) == (0, 1)
    known = desk.ledger.size - 2
    assert counts(rows(desk.ledger, as_of=AsOf(known=known))[POLICE, False].denied) == (0, 1)
    assert rows(desk.ledger, as_of=AsOf(said=at("21:00").at)) == {}
    with pytest.raises(LedgerError):
        desk.ledger.source_record("BFM", as_of=AsOf(known=4))


def test_our_mistakes_stand_apart(desk: Newsroom) -> None:
    receipt = desk.say(ONE, Status.REPORTED, "AFP", "21:20")
    assert receipt.index is not None
    desk.ledger.retract(receipt.index, Mistake.MISTYPED)
    (row,) = desk.ledger.source_record("AFP")
    assert (row.statements, row.claims, row.mistakes) == (0, 0, {"mistyped": 1})
    assert rows(desk.ledger)["AFP", False] == row


def test_the_time_to_its_own_correction(desk: Newsroom) -> None:
    for claim, back in (("Ten died", "21:30"), ("Nine died", "21:10"), ("Two fled", "22:30")):
        desk.say(claim, Status.REPORTED, "AFP", "21:00")
        desk.say(claim, Status.DENIED, "AFP", back)
    (row,) = desk.ledger.source_record("AFP")
    assert (counts(row.corrected), row.wait) == ((3, 3), 30 * 60)


def test_the_intervals_are_wilsons(desk: Newsroom) -> None:
    """1 of 1: from z²/(n + z²) reversed, n/(n + z²) = 1/(1 + 3.8415) to 1."""
    rate = rows(desk.ledger)[POLICE, False].denied
    assert rate == Rate(1, 1, pytest.approx(0.2065, abs=1e-4), 1.0)


def test_a_large_ledger_is_counted_in_pieces(desk: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        desk.say(f"Shot number {number} was heard", Status.REPORTED, "AFP", "21:00")
        desk.say(f"Shot number {number} was heard", Status.DENIED, MINISTRY, "21:30")
    claims = [row.claim for row in desk.ledger.board()]
    desk.ledger.same(claims[-1], claims[0])
    at_once = desk.ledger.source_record()
    monkeypatch.setattr(book_record, "_AT_ONCE", 2)
    assert desk.ledger.source_record() == at_once


def test_a_name_that_is_none(desk: Newsroom) -> None:
    with pytest.raises(Unclear):
        desk.ledger.source_record("Reuter")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch).night()


def test_what_a_person_reads(shell: Shell) -> None:
    """The night, and the ministry, with authority, denies it."""
    said = ("--said", "2017-04-20 22:57")
    shell.ok("deny", "5", "--by", MINISTRY, "--by-kind", "official", *said)
    shell.ok("authority", "grant", MINISTRY, "--claim", "5")
    done = shell.ok("source", "record", "Reuters")
    assert done.out.splitlines() == [
        "Reuters (agency)",
        "    0 statements, on 0 claims",
        "    passed on the word of others on 1 claim",
        "    passed on as so, later denied by an authority: 1 of 1 (21 to 100 %)",
        "    passed on as so, later pulled: 0 of 1 (0 to 79 %)",
    ]
    assert done.err == ""
    every = shell.ok("source", "record").out
    assert "a police source (unnamed), through Reuters, in champs-elysees-2017-04-20\n" in every
    assert all(screen.cells(line) <= 80 for line in every.splitlines())
    assert (
        "denied by an authority: 0 of 1" in shell.ok("source", "record", "Reuters", "--as-said", "2017-04-20 22:40").out
    )
    assert shell.refused(1, "source", "record", "Nobody").startswith("claims: source: 'Nobody': no such source")
    assert shell.refused(2, "source", "record", "--as-known", "99").startswith("claims: as known: 99")


def test_our_mistakes_and_times_in_words(shell: Shell) -> None:
    by = ("--by", "AFP", "--by-kind", "agency", "--story", STORY)
    shell.ok("report", "Ten died", *by, "--said", "2017-04-20 20:00")
    shell.ok("deny", "Ten died", "--by", "AFP", "--said", "2017-04-20 21:30")
    wrong = shell.ok("report", "Nine died", "--by", "AFP", "--said", "unknown", "--story", STORY, "--json").json
    lines = shell.ok("source", "record", "AFP").out.splitlines()
    assert "    3 statements, 1 of them undated, on 2 claims" in lines
    assert "    corrected by itself: 1 of 1 (21 to 100 %), median 1 h 30 min" in lines
    shell.ok("retract", str(wrong["index"]), "--why", "wrong-source")
    lines = shell.ok("source", "record", "AFP").out.splitlines()
    assert lines[-1] == "    our own mistakes, in none of these counts: 1 wrong-source"
    (row,) = shell.ok("source", "record", "AFP", "--json").json
    assert (row["mistakes"], row["wait"], row["statements"]) == ({"wrong-source": 1}, 5_400, 2)
    assert row["corrected"] == {"count": 1, "of": 1, "low": 0.2065, "high": 1.0}


def test_an_empty_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = Shell(tmp_path, monkeypatch).init().ok("source", "record")
    assert (done.out, done.err) == ("", "nobody has said anything yet\n")


WITHOUT_SCIPY = """
import sys
sys.modules["scipy"] = None
from ledger.cli.root import run
sys.exit(run(sys.argv[1:]))
"""


def test_without_the_extra_the_counts_are_shown(shell: Shell) -> None:
    command = [sys.executable, "-c", WITHOUT_SCIPY, "source", "record", "Reuters"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=shell.folder)
    assert done.returncode == 0
    assert done.stderr == "without intervals: pip install 'retraction-ledger[statistics]' adds them\n"
    assert done.stdout.splitlines()[-1] == "    passed on as so, later pulled: 0 of 1"


def test_nobody_else_imports_what_the_intervals_need() -> None:
    run = "import sys, ledger.cli.root, ledger.book, ledger.publish; sys.exit('scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
