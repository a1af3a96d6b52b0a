"""What is shown: the boards of the night, why, the history, and how it looks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.cli import screen
from tests.shell import ROOT, SECOND, STORY, Shell

ANSI = re.compile(r"\x1b\[")
ONE = "One police officer was killed"
COMMANDS = [
    ("board",),
    ("board", "--as-said", "2017-04-20T23:00+02:00"),
    ("why", SECOND),
    ("history", SECOND),
    ("history", "--all", "--clock", "known"),
    ("diff", "--from", "2017-04-20T22:40+02:00"),
    ("log",),
    ("source", "list"),
    ("authority", "list"),
    ("stories",),
    ("policy",),
    ("verify",),
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the demonstration ran."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        shell = Shell(folder, patch)
        (folder / "shown.txt").write_text(shell.ok("demo").out, encoding="utf-8")
    return folder


@pytest.fixture
def shell(told: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(told, monkeypatch)


def test_the_demonstration_ends_with_three_boards_and_two_files(told: Path) -> None:
    shown = (told / "shown.txt").read_text(encoding="utf-8")
    boards = [part.split("\n$ ")[0] for part in shown.split("\n$ claims board")[1:]]
    states = [re.search(rf"(\w+) +{SECOND}", board) for board in boards]
    assert [state and state[1] for state in states] == ["unverified", "denied", "corrected"]
    assert f"→ 17 {ONE} (confirmed)" in boards[2]
    assert str(told / "csv" / "claims.csv") in shown
    assert (told / "csv" / "claims.csv").stat().st_size > 1000
    assert (told / "csv" / "entries.csv").stat().st_size > 1000


def test_the_demonstration_never_touches_a_ledger(shell: Shell) -> None:
    assert "mkdir demo" in shell.refused(1, "demo")


@pytest.mark.parametrize(
    ("as_said", "state"),
    [("2017-04-20T22:40+02:00", "unverified"), ("2017-04-20 23:00", "denied"), ("now", "corrected")],
)
def test_the_board_as_said(shell: Shell, as_said: str, state: str) -> None:
    rows = {row["text"]: row for row in shell.ok("board", "--as-said", as_said, "--json").json}
    assert rows[SECOND]["state"] == state


def test_the_fields_of_the_board(shell: Shell) -> None:
    row = next(row for row in shell.ok("board", "--json").json if row["text"] == SECOND)
    wanted = {"claim", "text", "story", "state", "accepted", "held", "computed", "successor", "successor_state", "for"}
    assert wanted | {"against", "dissent", "row", "because", "entries", "since"} <= row.keys()
    assert (row["successor"], row["successor_state"], row["row"]) == (17, "confirmed", 0)


def test_the_board_as_known_takes_an_index(shell: Shell) -> None:
    assert len(shell.ok("board", "--as-known", "16", "--json").json) == 1
    assert shell.ok("board", "--as-known", "now", "--json").json == shell.ok("board", "--json").json


def test_some_states_alone(shell: Shell) -> None:
    rows = shell.ok("board", "--state", "denied", "--state", "corrected", "--json").json
    assert {row["state"] for row in rows} == {"denied", "corrected"}
    assert shell.ok("board", "--state", "retracted").out == ""


def test_the_default_story_is_named_and_left_with_all(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAIMS_STORY", STORY)
    done = shell.ok("board")
    assert "(CLAIMS_STORY); --all shows every story" in done.err
    assert shell.ok("board", "--all").out == done.out
    monkeypatch.setenv("CLAIMS_STORY", "elsewhere-2020")
    done = shell("board")
    assert (done.code, "no such story" in done.err) == (1, True)


def test_why_shows_the_state_first_and_every_statement(shell: Shell) -> None:
    lines = shell.ok("why", SECOND).out.splitlines()
    assert lines[1] == SECOND
    assert lines[3] == "CORRECTED  not accepted, since 2017-04-20 23:10 +02:00"
    text = "\n".join(lines)
    for wanted in ("a police source, via Reuters: reported", "Pierre-Henry Brandet, via BFM", "said 2017-04-20 22:57"):
        assert wanted in text
    assert text.count("recorded ") == 3


def test_why_of_a_past_moment(shell: Shell) -> None:
    found = shell.ok("why", SECOND, "--as-said", "2017-04-20 22:40").out
    assert "UNVERIFIED" in found
    assert "outside" in found


def test_the_history_in_order(shell: Shell) -> None:
    lines = shell.ok("history", SECOND, "--json").json
    assert [line["state"] for line in lines] == ["unverified", "denied", "corrected"]
    assert "Pierre-Henry Brandet, via BFM: denied" in shell.ok("history", SECOND).out


def test_the_history_in_a_file_is_whole_or_not_there(shell: Shell) -> None:
    shell.ok("history", "--story", STORY, "--out", "history.txt")
    text = (shell.folder / "history.txt").read_text(encoding="utf-8")
    assert text == shell.ok("history", "--story", STORY).out
    shell.ok("history", "--all", "--json", "--out", "history.json")
    assert len(json.loads((shell.folder / "history.json").read_text(encoding="utf-8"))) > 25
    words = shell.refused(3, "history", "--all", "--out", "nowhere/history.txt")
    assert "nowhere/history.txt: no such file or directory" in words
    assert list(shell.folder.glob(".*.part")) == []
    assert "CLAIM, --story STORY or --all" in shell.refused(2, "history")


def test_what_differs_between_two_moments(shell: Shell) -> None:
    ends = ("--from", "2017-04-20 22:40", "--to", "2017-04-20 23:00")
    rows = {row["text"]: (row["before"], row["after"]) for row in shell.ok("diff", *ends, "--json").json}
    assert rows[SECOND] == ("unverified", "denied")
    assert "unverified → denied" in shell.ok("diff", *ends).out
    assert shell.ok("diff", "--from", "77").out == ""
    assert [row["before"] for row in shell.ok("diff", "--from", "76", "--json").json] == ["unverified"]
    words = shell.refused(2, "diff", "--clock", "known", "--from", "2017-04-20 22:40")
    assert "as known" in words


def test_the_log(shell: Shell) -> None:
    whole = shell.ok("log", "--json").json
    assert [line["index"] for line in whole] == list(range(len(whole)))
    assert shell.ok("log", "--json", "--last", "2").json == whole[-2:]
    assert shell.ok("log", "--json", "--from", "5", "--to", "7").json == whole[5:8]
    shell.refused(2, "log", "--last", "2", "--from", "5")


def test_the_csv_files(shell: Shell) -> None:
    done = shell.ok("export", "csv", "out", "--as-said", "2017-04-20 23:00", "--delimiter", ";")
    assert done.out.splitlines() == ["out/claims.csv", "out/entries.csv"]
    assert (shell.folder / "out/claims.csv").read_bytes().startswith("\ufeffclaim;text;".encode())
    shell.ok("export", "csv", "raw", "--raw", "--json")
    assert (shell.folder / "raw/claims.csv").read_bytes().startswith(b"claim,text,")
    shell.refused(2, "export", "csv", "out", "--delimiter", "ab")


def test_verify(shell: Shell) -> None:
    assert "79 entries verified" in shell.ok("verify").out
    assert shell.ok("verify", "--json").json["ok"] is True


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_eighty_columns_hold_it_without_colour(shell: Shell, command: tuple[str, ...]) -> None:
    done = shell.ok(*command)
    assert done.out
    assert [line for line in done.out.splitlines() if screen.cells(line) > 80] == []
    assert not ANSI.search(done.out)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_answers_with_one_document(shell: Shell, command: tuple[str, ...]) -> None:
    done = shell.ok("--json", *command)
    json.loads(done.out)
    assert done.err == ""


def test_colour_is_for_terminals_and_no_color_is_honoured(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "is_terminal", lambda stream: True)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[36mcorrected" in shell.ok("board", color=True).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert not ANSI.search(shell.ok("board", color=True).out)
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not ANSI.search(shell.ok("board", color=True).out)


def test_letters_that_the_output_cannot_carry_are_replaced(shell: Shell) -> None:
    done = shell.process("board", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "Champs-?lys?es" in done.stdout
    done = shell.process("board", "--json", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert "Champs-Élysées" in json.loads(done.stdout)[0]["text"]


def test_a_reader_that_leaves_early_is_no_error(shell: Shell) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "ledger", "log"],
            cwd=shell.folder,
            env=env,
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (141, "")


def test_an_output_that_is_full_is_told(shell: Shell) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ledger", "log"],
            cwd=shell.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr.startswith("claims: output: no space left on device")


def test_wide_letters_and_hidden_ones() -> None:
    assert screen.wrapped("警察官が一人殺された", 8) == ["警察官が", "一人殺さ", "れた"]
    assert screen.wrapped("a \u202eb\x1b[31m", 40) == ["a \\u202eb\\x1b[31m"]
    address = "https://example.org/" + "a" * 60
    assert screen.wrapped(f"see {address}", 40) == ["see", address]
