"""`claims user`: accounts from the command line. A password is never an argument, and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.book import Ledger
from ledger.errors import NotSignedIn
from tests.shell import Shell

PASSWORD = "correct horse battery"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch).init()


def add(shell: Shell, name: str, *roles: str) -> None:
    given = [word for role in roles for word in ("--role", role)]
    shell.ok("user", "add", name, *given, "--password-file", "-", input=f"{PASSWORD}\n")


def test_an_account_is_made_listed_closed_and_opened(shell: Shell) -> None:
    assert shell.ok("user", "list").err == "nobody has an account yet\nnext: claims user add NAME --role ROLE\n"
    add(shell, "Ana", "fact-checker", "editor")
    assert shell.ok("user", "list").out.splitlines()[1].startswith("Ana   fact-checker, editor  open     20")
    assert shell.ok("user", "roles", "ana", "--role", "auditor").out == "changed: Ana, auditor, open\n"
    assert shell.ok("user", "disable", "Ana").out == "closed: Ana, auditor, closed\n"
    assert shell.ok("user", "enable", "Ana").out == "opened: Ana, auditor, open\n"
    [row] = shell.ok("user", "list", "--json").json
    assert (row["name"], row["roles"], row["disabled"]) == ("Ana", ["auditor"], False)
    seen = [line["kind"] for line in shell.ok("user", "accesses", "--json").json]
    assert seen == ["enabled", "disabled", "roles-set", "added"]
    assert shell.size() == 4, "no entry was made"


def test_a_password_is_read_from_a_file(shell: Shell) -> None:
    path = shell.folder / "secret"
    path.write_text(f"{PASSWORD}\r\nthe second line\n")
    shell.ok("user", "add", "Ana", "--role", "editor", "--password-file", "secret")
    path.write_text("another password\n")
    done = shell.ok("user", "password", "Ana", "--password-file", "secret")
    assert "another password" not in done.out + done.err
    with Ledger.open(shell.folder / "claims.db") as ledger:
        assert ledger.people.sign_in("Ana", "another password").person.name == "Ana"
        with pytest.raises(NotSignedIn):
            ledger.people.sign_in("Ana", PASSWORD)


def test_a_token_is_shown_once_and_taken_back(shell: Shell) -> None:
    add(shell, "Ana", "fact-checker")
    made = shell.ok("user", "token", "Ana", "--label", "wire import", "--scope", "fact-checker", "--days", "30")
    secret = made.out.strip()
    assert secret.startswith("claims_")
    assert secret not in made.err
    [row] = shell.ok("user", "tokens", "Ana", "--json").json
    assert (row["label"], row["scopes"], row["person"]) == ("wire import", ["fact-checker"], "Ana")
    assert row["id"] in shell.ok("user", "tokens", "Ana").out
    with Ledger.open(shell.folder / "claims.db") as ledger:
        assert ledger.people.bearer(secret).name == "Ana"
    shell.ok("user", "revoke", "Ana", row["id"])
    assert shell.ok("user", "tokens", "Ana").out == "no tokens\n"
    assert secret not in shell.bytes().decode("latin-1")


@pytest.mark.parametrize(
    ("code", "words", "why"),
    [
        (2, ("add", "Ana", "--role", "editor"), "claims: password: there is nobody to ask"),
        (2, ("add", "Ana", "--password-file", "-"), "claims: user add: missing option --role"),
        (2, ("add", "Ana", "--role", "boss", "--password-file", "-"), "claims: user add: --role"),
        (1, ("add", "Ana", "--role", "editor", "--password-file", "-"), "claims: nobody was added: password: is too"),
        (3, ("add", "Ana", "--role", "editor", "--password-file", "none"), "claims: password: none: no such file"),
        (2, ("add", "Ana", "--role", "editor", "--password-file", "latin"), "claims: password: latin: is no text"),
        (1, ("disable", "Bo"), "claims: name: 'Bo': nobody has an account of that name"),
        (1, ("token", "Bo", "--label", "x"), "claims: name: 'Bo': nobody has an account of that name"),
        (2, ("accesses", "--limit", "0"), "claims: user accesses: --limit"),
    ],
)
def test_what_cannot_be_is_refused(shell: Shell, code: int, words: tuple[str, ...], why: str) -> None:
    (shell.folder / "latin").write_bytes("é".encode("latin-1") * 12)
    told = shell.refused(code, "user", *words)
    assert told.startswith(why), told
    assert "\nnext: " in told


def test_a_backup_has_no_account(shell: Shell) -> None:
    add(shell, "Ana", "editor")
    shell.ok("backup", "monday")
    held = b"".join(path.read_bytes() for path in (shell.folder / "monday").rglob("*") if path.is_file())
    assert b"argon2" not in held
    shell.ok("restore", "monday", "--ledger", "again.db")
    assert shell.ok("user", "list", "--ledger", "again.db").out == ""
    assert "does not hold the accounts" in " ".join(shell.ok("backup", "--help").out.split())
