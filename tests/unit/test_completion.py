"""What a shell is offered for a half-typed word, through click and in a real bash."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

from ledger.cli.completion import INSTALL, VARIABLE
from ledger.cli.frame import Act
from ledger.cli.root import claims
from ledger.glance import names
from tests.shell import ROOT, SECOND, STORY, Shell

HERE = click.Context(claims)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    shell = Shell(tmp_path, monkeypatch).night()
    shell.ok("source", "add", "L'Équipe, $5", "--kind", "newspaper")
    return shell


def items(*words: str) -> list[CompletionItem[str]]:
    *typed, incomplete = words
    return ShellComplete(claims, {}, "claims", VARIABLE).get_completions(typed, incomplete)


def offered(*words: str) -> list[str]:
    return [item.value for item in items(*words)]


def test_commands_and_options_are_offered(shell: Shell) -> None:
    assert offered("se") == ["search", "settle", "serve"]
    assert offered("source", "a") == ["add", "amend"]
    assert "--older-than" in offered("todo", "--")


def test_stories_by_slug(shell: Shell) -> None:
    assert offered("board", "--story", "") == offered("todo", "--story", "CHAMPS") == [STORY]
    assert offered("board", "--story", "x") == []


def test_sources_by_name(shell: Shell) -> None:
    assert offered("deny", "x", "--by", "") == ["L'Équipe, $5", "Reuters", "a police source", "desk"]
    assert offered("source", "vet", "reu") == ["Reuters"]
    (item,) = items("deny", "x", "--via", "Reu")
    assert item.help == "source 6"


def test_claims_by_index_with_their_text_or_by_their_words(shell: Shell) -> None:
    assert [(item.value, item.help) for item in items("why", "")] == [("5", SECOND)]
    assert offered("why", "5") == ["5"]
    assert offered("why", "6") == []
    assert offered("why", "a SEC") == [SECOND]
    assert offered("correct", "5", "--to", "A s") == [SECOND]


def test_the_ledger_that_is_named_is_asked(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.ok("init", "--ledger", "other.db")
    assert offered("--ledger", "other.db", "board", "--story", "") == []
    assert offered("board", "--ledger", "other.db", "--story", "") == []
    monkeypatch.setenv("CLAIMS_LEDGER", "other.db")
    assert offered("board", "--story", "") == []
    assert offered("board", "--ledger", "sqlite:///claims.db", "--story", "") == [STORY]


@pytest.mark.parametrize("where", ["nowhere.db", ".", "empty.db", "foreign.txt", "no/such/folder.db", "\0"])
def test_where_there_is_no_ledger_nothing_is_offered_or_said(
    shell: Shell, where: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (shell.folder / "empty.db").touch()
    (shell.folder / "foreign.txt").write_text("no database")
    before = sorted(path.name for path in shell.folder.iterdir())
    assert offered("--ledger", where, "board", "--story", "") == []
    assert capfd.readouterr() == ("", "")
    assert sorted(path.name for path in shell.folder.iterdir()) == before


def test_looking_leaves_the_ledger_as_it_was(shell: Shell) -> None:
    before = shell.bytes()
    assert names("claims.db", "claim") == [(5, SECOND)]
    assert shell.bytes() == before
    assert [path.name for path in shell.folder.glob("claims.db*")] == ["claims.db"]


def test_it_is_quick_since_nothing_heavy_is_imported(shell: Shell) -> None:
    heavy = "{'sqlalchemy', 'sqlmodel', 'alembic', 'pydantic', 'ledger.book', 'ledger.store', 'ledger.resolver'}"
    code = (
        "import sys; from click.shell_completion import ShellComplete; from ledger.cli.root import claims;"
        f"found = ShellComplete(claims, {{}}, 'claims', '{VARIABLE}').get_completions(['board', '--story'], '');"
        f"print([each.value for each in found], {heavy} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=shell.folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"['{STORY}'] set()\n", done.stderr


def params(command: click.Command) -> Iterator[tuple[str, click.Parameter]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(HERE):
            found = command.get_command(HERE, name)
            assert found is not None
            yield from ((f"{name} {label}", param) for label, param in params(found))
    else:
        assert isinstance(command, Act)
        yield from ((str(param.name), param) for param in command.params)


def test_every_option_that_names_something_is_completed(shell: Shell) -> None:
    """By the word for its value in the help, so that a new command cannot forget it."""
    wanted = {"STORY": STORY, "SOURCE": "Reuters", "CLAIM": "5", "CLAIM|INDEX": "5"}
    seen = set()
    for label, param in params(claims):
        word = param.metavar or (str(param.name).upper() if isinstance(param, click.Argument) else "")
        if word in wanted:
            found = [item.value for item in param.shell_complete(click.Context(claims), "")]
            assert wanted[word] in found, label
            seen.add(word)
    assert seen == wanted.keys()


@pytest.mark.parametrize("name", INSTALL)
def test_the_script_ends_with_how_to_install_it(shell: Shell, name: str) -> None:
    done = shell.ok("completion", name)
    made = get_completion_class(name)
    assert made is not None
    *script, last = done.out.splitlines()
    assert "\n".join(script) == made(claims, {}, "claims", VARIABLE).source().rstrip()
    assert last.startswith("# to install")
    assert f"claims completion {name}" in last
    assert shell.ok("completion", name, "--json").json == {"shell": name, "script": done.out.rstrip("\n")}


def test_another_shell_is_refused(shell: Shell) -> None:
    assert "tcsh" in shell.refused(2, "completion", "tcsh")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_a_real_bash_gets_words_that_it_can_run(shell: Shell) -> None:
    """Each half-typed word is completed, and what bash then makes of the words is what the ledger holds."""
    (shell.folder / "claims").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ledger "$@"\n')
    (shell.folder / "claims").chmod(0o755)
    script = r"""
        eval "$(claims completion bash)"
        complete -p claims | grep -q _claims_completion || exit 1
        typed() {
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
            _claims_completion claims
            printf '%s\n' "${COMPREPLY[@]}"
        }
        typed claims tod
        typed claims board --story cha
        typed claims deny x --by 'L'
        typed claims deny x --by "\"L'"
        typed claims why 'A\ sec'
        typed claims why "'A sec"
    """
    env = {"PATH": f"{shell.folder}:/usr/bin:/bin", "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["bash", "--norc", "-c", script], cwd=shell.folder, env=env, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "todo",
        STORY,
        r"L\'Équipe,\ \$5",
        r"L'Équipe, \$5",
        SECOND.replace(" ", "\\ "),
        SECOND,
    ]
