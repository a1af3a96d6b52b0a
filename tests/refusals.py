"""How a refusal is told, in the product and through the shell: one line, the next step, and no password."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from ledger.errors import LedgerError, Unavailable
from tests.shell import Shell

SECRET = "s3cret-Pässword"
"""A password; its letters are in no message."""
ASKED = "check the URL: postgresql://USER@HOST:PORT/DATABASE"
AGAIN = "try again in a moment; if it stays so, find the program that has the ledger open"
PORT = "check host and port in the URL, and that the server runs and listens there"
HOST = "check the name of the host in the URL"
USER = "check the name of the user in the URL"
NAME = "check the name of the database, or make it: createdb NAME"
PASSWORD = "check the password in the URL; PGPASSWORD or ~/.pgpass keep it out of it"
RIGHTS = "connect as a role that has the right, or ask the owner of the database for it (`claims init --roles`)"


def refusal(act: Callable[[], object], kind: type[LedgerError] = Unavailable) -> str:
    """The one line that the act is refused with, and the next step in a second; no password in either."""
    with pytest.raises(LedgerError) as caught:
        act()
    error = caught.value
    assert type(error) is kind, error
    assert error.next
    assert "\n" not in error.message + error.next
    assert error.message.startswith("ledger: ")
    assert SECRET not in error.message + error.next
    assert "sqlalchemy" not in error.message.lower()
    return f"{error.message}\n{error.next}"


def through_the_shell(shell: Shell, code: int, *args: str) -> list[str]:
    """The two lines that a command is refused with: what and why, and what to do next; the same in JSON."""
    done = shell(*args)
    assert (done.code, done.out) == (code, ""), done
    lines = done.err.splitlines()
    assert len(lines) == 2, lines
    assert lines[0].startswith("claims: ledger: ")
    assert lines[1].startswith("next: ")
    told = json.loads(shell(*args, "--json").err)
    assert [f"claims: {told['error']}", f"next: {told['next']}"] == lines
    assert "Traceback" not in done.err
    assert SECRET not in done.err
    return lines


def secretly(url: str) -> str:
    """The same address, with a password in it."""
    return re.sub("://([^@]*)@", rf"://\1:{SECRET}@", url)
