"""`claims todo`, `claims since`, `claims search`: what a person sees, what a script reads, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.cli import screen
from ledger.store.sqlite import words as search
from tests.shell import SECOND, STORY, Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Reuters relays that a second officer was killed: claim 5, entry 8; AFP denies it, with a quote and a note."""
    shell = Shell(tmp_path, monkeypatch).night()
    by = ("--by", "AFP", "--by-kind", "agency", "--said", "2017-04-20 22:40")
    shell.ok("deny", "5", *by, "--quote", "Aucun deuxième mort", "--note", "from Élodie", "--internal", "note")
    return shell


def fits(text: str) -> bool:
    return all(screen.cells(line) <= 80 for line in text.splitlines())


def test_todo_shows_the_concern_the_claim_and_since_when(shell: Shell) -> None:
    shown = shell.ok("todo").out
    assert shown.splitlines()[0] == f"disputed         5  {SECOND}"
    assert "since 2017-04-20 22:40 +02:00" in shown
    assert fits(shown)
    (row,) = shell.ok("todo", "--json").json
    assert row["claim"] == 5
    assert row["concern"] == row["state"]
    assert row["also"] == []


def test_todo_takes_a_threshold_and_says_when_there_is_nothing(shell: Shell) -> None:
    shell.ok("retract", "10", "--why", "mistyped")
    assert "unverified" in shell.ok("todo", "--older-than", "1d 12h").out
    quiet = shell.ok("todo", "--older-than", "9999d")
    assert (quiet.out, quiet.err) == ("", "nothing to look at\n")
    assert shell.ok("todo", "--older-than", "9999d", "--json").json == []
    for wrong in ("2", "soon", "", "-2h", "2h30"):
        assert "is no length of time (expected one such as 90m, 2h or 1d)" in shell.refused(
            2, "todo", "--older-than", wrong
        )


def test_the_story_of_the_environment_narrows_all_three(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.ok("report", "Elsewhere", "--by", "AFP", "--said", "2017-04-20 12:00", "--story", "another-story")
    monkeypatch.setenv("CLAIMS_STORY", "another-story")
    for command in (("todo",), ("since", "0"), ("search", "els")):
        done = shell.ok(*command)
        assert "Elsewhere" in done.out
        assert SECOND not in done.out
        assert done.err == "story another-story (CLAIMS_STORY); --all shows every story\n"
    assert SECOND in shell.ok("todo", "--all").out
    assert SECOND in shell.ok("since", "0", "--story", STORY).out


def test_since_shows_what_changed_what_is_new_and_who_recorded(shell: Shell) -> None:
    shown = shell.ok("since", "8").out
    assert "changed since entry 8 (1)" in shown
    assert "unverified → " in shown
    assert "by 10" in shown
    assert shown.splitlines()[-1] == "2 entries recorded since entry 8: Ana 2"
    assert fits(shown)
    assert "new since entry 3 (1)" in shell.ok("since", "3").out
    found = shell.ok("since", "8", "--json").json
    assert (found["size"], found["entries"], found["new"]) == (9, 2, [])
    assert found["changed"][0]["states"][0] == "unverified"
    assert found["recorders"] == [{"recorder": "Ana", "entries": 2}]


def test_since_says_when_nothing_happened(shell: Shell) -> None:
    done = shell.ok("since", "10")
    assert (done.out, done.err) == ("", "nothing was recorded since entry 10\n")
    shell.ok("source", "add", "BFM", "--kind", "broadcaster")
    done = shell.ok("since", "10")
    assert done.err == "no state changed since entry 10\n"
    assert done.out == "1 entry recorded since entry 10: Ana 1\n"


def test_since_what_cannot_be_is_refused(shell: Shell) -> None:
    assert "there is no such entry" in shell.refused(2, "since", "99")
    assert "cannot be read" in shell.refused(2, "since", "yesterday")


def test_search_shows_where_and_what_it_is_on(shell: Shell) -> None:
    shown = shell.ok("search", "second", "offic").out
    assert shown.splitlines()[0] == f"    5  claim     {SECOND}"
    quote = shell.ok("search", "DEUXIEME").out
    assert quote.startswith("   10  quote     Aucun deuxième mort\n")
    assert f"on 5 “{SECOND}”" in " ".join(quote.split())
    assert shell.ok("search", "elodie").out.startswith("   10  note      [internal] from Élodie\n")
    assert fits(shown + quote)
    assert shell.ok("search", "elodie", "--in", "quotes", "--in", "claims").out == ""


def test_search_answers_a_script_with_a_list(shell: Shell) -> None:
    (hit,) = shell.ok("search", "elodie", "--json").json
    assert (hit["index"], hit["kind"], hit["part"], hit["internal"], hit["claim"]) == (10, "statement", "note", True, 5)
    assert [hit["snippet"][start:end] for start, end in hit["marks"]] == ["Élodie"]
    assert shell.ok("search", "nobody", "--json").json == []


def test_search_says_that_there_is_nothing_or_more(shell: Shell) -> None:
    done = shell.ok("search", "nobody")
    assert (done.out, done.err) == ("", "nothing found\n")
    done = shell.ok("search", "a", "--limit", "1")
    assert done.err == "there are more; --limit 5 shows more\n"
    assert len(shell.ok("search", "a", "--limit", "1", "--json").json) == 1


def test_search_marks_what_it_found_on_a_terminal_alone(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in shell.ok("search", "second").out
    monkeypatch.setattr(screen, "in_colour", lambda _stream: True)
    assert "A \x1b[1msecond\x1b[0m police officer" in shell.ok("search", "second", color=True).out


def test_what_is_typed_is_never_an_operator(shell: Shell) -> None:
    for typed in ('"', "(second", "se*", "a:b", "x AND", "-- -"):
        code = shell(*["search", *typed.split()]).code
        assert code == (0 if any(c.isalnum() for c in typed) else 2), typed


def test_without_full_text_search_one_line_says_so(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "served", lambda _connection: False)
    words = shell.refused(3, "search", "second")
    assert words.splitlines()[0] == "claims: search: this Python's SQLite has no full text search (FTS5)"
    assert len(words.splitlines()) == 2
    shell.ok("hold", "5", "--note", "for now")
    assert shell.ok("todo").out
    shell.ok("verify")


def test_a_ledger_of_an_older_schema_is_upgraded_by_looking_at_it(shell: Shell) -> None:
    from tests.unit.test_search import make_old

    make_old(shell.folder / "claims.db")
    assert SECOND in shell.ok("board").out
    assert SECOND in shell.ok("search", "second").out
    shell.ok("verify")
