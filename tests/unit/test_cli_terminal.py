"""What a person at a terminal is asked, on a real one: which claim was meant, and what kind of source a new one is."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from ledger.cli import questions
from tests.shell import ROOT, SECOND, STORY, Shell

PATIENCE = 30.0


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch).night()


def _sit_down() -> None:
    """Take the terminal. A run of the tests in the background may ignore Ctrl-C, and what it starts would too."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """A command on a pseudo-terminal, answered line by line."""

    def __init__(self, shell: Shell, *args: str, out: Path | None = None) -> None:
        self.master, slave = pty.openpty()
        self.text = ""
        target = out.open("wb") if out else None
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ledger", *args],
            cwd=shell.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"},
            stdin=slave,
            stdout=target or slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_sit_down,  # noqa: PLW1509 - no threads here
        )
        os.close(slave)
        if target:
            target.close()

    def answer(self, question: str, line: str) -> None:
        """Wait for a question, then type a line."""
        end = time.monotonic() + PATIENCE
        while not self.text.endswith(question):
            assert time.monotonic() < end, self.text
            assert self._read(), self.text
        os.write(self.master, line.encode())

    def interrupt(self, question: str) -> None:
        """Wait for a question, then press Ctrl-C until it is heard: one that comes just before a read is not."""
        self.answer(question, "")
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, self.text
            os.write(self.master, b"\x03")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.5)

    def ended(self) -> int:
        while self._read():
            pass
        os.close(self.master)
        return self.process.wait(PATIENCE)

    def _read(self) -> bool:
        ready, _, _ = select.select([self.master], [], [], PATIENCE)
        assert ready, self.text
        try:
            found = os.read(self.master, 65536)
        except OSError:  # the other end is closed
            return False
        self.text += found.decode("utf-8", "replace")
        return bool(found)


def test_a_near_claim_and_two_new_sources_are_asked_for(shell: Shell) -> None:
    terminal = Terminal(
        shell, "deny", "second police officer", "--by", "Brandet", "--via", "BFM", "--said", "2017-04-20 22:57"
    )
    terminal.answer("which? (1-1, n, 0) ", "9\n")
    terminal.answer("which? (1-1, n, 0) ", "1\n")
    terminal.answer("kind? (1-10, or the word) ", "broadcaster\n")
    terminal.answer("kind? (1-10, or the word) ", "5\n")
    assert terminal.ended() == 0
    assert f"1)     5  {SECOND}" in terminal.text
    assert "Someone who was there, told apart by name" in terminal.text
    assert "\x1b[33mdisputed" in terminal.text
    kinds = {row["name"]: row["kind"] for row in shell.ok("source", "list", "--json").json}
    assert (kinds["BFM"], kinds["Brandet"]) == ("broadcaster", "spokesperson")


def test_questions_stay_out_of_the_data(shell: Shell) -> None:
    out = shell.folder / "out.txt"
    terminal = Terminal(shell, "why", "second police officer", out=out)
    terminal.answer("which? (1-1, 0) ", "1\n")
    assert terminal.ended() == 0
    shown = out.read_text(encoding="utf-8")
    assert shown == shell.ok("why", "5").out


def test_none_of_these_records_nothing(shell: Shell) -> None:
    before = shell.size()
    terminal = Terminal(shell, "deny", "second police officer", "--by", "desk")
    terminal.answer("which? (1-1, n, 0) ", "0\n")
    assert terminal.ended() == 1
    terminal = Terminal(shell, "deny", "second police officer", "--by", "desk")
    terminal.answer("which? (1-1, n, 0) ", "\x04")
    assert terminal.ended() == 130
    terminal = Terminal(shell, "deny", "second police officer", "--by", "desk")
    terminal.interrupt("which? (1-1, n, 0) ")
    assert terminal.ended() == 130
    assert shell.size() == before


def test_a_new_claim_in_these_words(shell: Shell) -> None:
    terminal = Terminal(shell, "deny", "second police officer", "--by", "desk", "--story", STORY)
    terminal.answer("which? (1-1, n, 0) ", "n\n")
    assert terminal.ended() == 0
    assert "second police officer" in shell.board()


def test_a_script_is_never_asked(shell: Shell) -> None:
    terminal = Terminal(shell, "deny", "second police officer", "--by", "desk", "--json")
    assert terminal.ended() == 1
    assert '"candidates"' in terminal.text


def test_the_claim_that_takes_the_place_is_asked_for_too(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.ok("report", "One police officer was killed", "--by", "desk", "--story", STORY)
    monkeypatch.setattr(questions, "can_ask", lambda settings: True)
    done = shell.ok("correct", "5", "--to", "One police officer killed", "--by", "desk", "--json", input="1\n")
    assert done.json["state"] == "corrected"
    assert "One police officer was killed" in done.err


def test_a_source_of_nearly_the_same_name_is_offered(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "can_ask", lambda settings: True)
    via = ("--via", "Reuter", "--said", "2017-04-20 22:41")
    shell.ok("report", "5", "--by", "a doctor", "--by-kind", "unnamed", *via, input="1\n")
    assert shell.ok("why", "5", "--json").json["statements"][-1]["via"] == ["Reuters"]


def test_a_terminal_is_one_only_where_questions_and_answers_both_are(monkeypatch: pytest.MonkeyPatch) -> None:
    from ledger.cli.frame import Settings

    class Tty(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Tty())
    monkeypatch.setattr(sys, "stderr", Tty())
    assert questions.can_ask(Settings())
    assert not questions.can_ask(Settings(json=True))
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert not questions.can_ask(Settings())


def test_a_password_is_asked_for_twice_and_not_shown(shell: Shell) -> None:
    secret = "correct horse battery"
    for again, code in ((f"{secret}!\n", 2), (f"{secret}\n", 0)):
        terminal = Terminal(shell, "user", "add", "Ana", "--role", "editor")
        terminal.answer("password: ", f"{secret}\n")
        terminal.answer("again: ", again)
        assert terminal.ended() == code, terminal.text
        assert secret not in terminal.text
    assert "added: Ana, editor, open" in terminal.text
