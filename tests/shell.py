"""A shell for the tests: runs `claims` in a folder, inside this process or as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ledger.cli.root import run

ROOT = Path(__file__).resolve().parents[1]
STORY = "champs-elysees-2017-04-20"
SECOND = "A second police officer was killed"


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class _Claims:
    """What click's runner can run: the whole of `claims`, with its own endings."""

    name = "claims"

    def main(self, args: list[str], **_: Any) -> None:
        sys.exit(run(list(args)))


class Shell:
    """`claims` in one folder, by one recorder, in the zone of Paris."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        monkeypatch.chdir(folder)
        for name in ("CLAIMS_LEDGER", "CLAIMS_LOG", "CLAIMS_FILES", "CLAIMS_STORY", "CLAIMS_DEBUG", "NO_COLOR", "TZ"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("CLAIMS_RECORDER", "Ana")
        monkeypatch.setenv("COLUMNS", "80")

    def __call__(self, *args: str, **more: Any) -> Done:
        """Run a command whatever comes of it."""
        result = CliRunner().invoke(_Claims(), list(args), **more)  # type: ignore[arg-type]
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    def ok(self, *args: str, **more: Any) -> Done:
        """Run a command that has to work."""
        done = self(*args, **more)
        assert done.code == 0, done.err
        return done

    def refused(self, code: int, *args: str, **more: Any) -> str:
        """Run a command that has to be refused in words, with the ledger left as it was; return the words."""
        before = self.bytes()
        done = self(*args, **more)
        assert done.code == code, done
        assert self.bytes() == before
        assert "Traceback" not in done.err + done.out
        assert done.err.startswith("claims: ")
        return done.err

    def process(self, *args: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own."""
        env = {**os.environ, "PYTHONPATH": str(ROOT)} | more.pop("env", {})
        command = [sys.executable, "-m", "ledger", *args]
        return subprocess.run(
            command, cwd=self.folder, env=env, text=True, encoding="utf-8", capture_output=True, check=False, **more
        )

    def bytes(self) -> bytes:
        """All that the ledger's files hold."""
        return b"".join(
            path.read_bytes()
            for path in sorted(self.folder.glob("claims.db*"))
            if path.suffix not in (".db-shm", ".evidence")
        )

    def size(self) -> int:
        return len(self.ok("log", "--json").json)

    def board(self) -> dict[str, dict[str, Any]]:
        """The rows of the board, by the text of the claim."""
        return {row["text"]: row for row in self.ok("board", "--all", "--json").json}

    def init(self) -> Shell:
        self.ok("init", "--origin", "example.org/desk", "--zone", "Europe/Paris")
        return self

    def night(self) -> Shell:
        """A ledger in which Reuters relays that a second officer was killed; entry 8 is the statement, claim 5."""
        self.init()
        by = ("--by", "a police source", "--by-kind", "unnamed", "--via", "Reuters", "--via-kind", "agency")
        self.ok("report", SECOND, *by, "--said", "2017-04-20 22:30", "--story", STORY)
        return self
