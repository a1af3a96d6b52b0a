"""What the desk does of its own accord, its sources and its grants."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shell import SECOND, STORY, Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch).night()


def test_our_mistake_is_retracted_and_brought_back(shell: Shell) -> None:
    done = shell.ok("retract", "8", "--why", "misheard", "--note", "it was one")
    assert "undo: claims retract 9 --why mistyped" in done.err
    assert SECOND not in shell.board() or shell.board()[SECOND]["entries"] == []
    shell.ok("retract", "9", "--why", "other")
    assert shell.board()[SECOND]["for"] == ["a police source"]


def test_a_statement_is_moved_and_moved_back(shell: Shell) -> None:
    done = shell.ok("move", "8", "--to", "Two people were hurt")
    assert "undo: claims move 11 --to 8" in done.err
    shell.ok("move", "11", "--to", "8")
    assert shell.board()[SECOND]["for"] == ["a police source"]


def test_a_claim_is_held_and_released(shell: Shell) -> None:
    shell.ok("hold", SECOND, "--note", "the family has not been told")
    assert shell.board()[SECOND]["held"] is True
    assert "HELD" in shell.ok("board").out
    shell.ok("release", "5")
    assert shell.board()[SECOND]["held"] is False


def test_two_claims_are_one(shell: Shell) -> None:
    shell.ok("report", "Another policeman is dead", "--by", "AFP", "--by-kind", "agency", "--story", STORY)
    shell.ok("same", "Another policeman is dead", "5")
    assert shell.board()[SECOND]["for"] == ["AFP", "a police source"]
    assert "counts under claim 5" in shell.ok("why", "Another policeman is dead").err


def test_a_claim_is_worded_anew_and_translated(shell: Shell) -> None:
    shell.ok("wording", "5", "A second officer was killed on the Champs-Élysées")
    shell.ok("wording", "5", "Un deuxième policier a été tué", "--lang", "fr")
    found = shell.ok("why", "5")
    assert "A second officer was killed on the Champs-Élysées" in found.out
    assert "Un deuxième policier a été tué (fr, entry 10)" in found.out


def test_sources_are_added_listed_vetted_grouped_and_amended(shell: Shell) -> None:
    shell.ok("source", "add", "Interior Ministry", "--kind", "official")
    shell.ok("source", "add", "Brandet", "--kind", "person", "--note", "for now")
    shell.ok("source", "amend", "Brandet", "--kind", "spokesperson")
    shell.ok("source", "group", "Brandet", "Interior Ministry")
    shell.ok("source", "unvet", "Reuters")
    shell.ok("source", "vet", "a police source", "--claim", "5")
    rows = {row["name"]: row for row in shell.ok("source", "list", "--json").json}
    assert (rows["Brandet"]["kind"], rows["Brandet"]["group"]) == ("spokesperson", "Interior Ministry")
    assert rows["Reuters"]["vetted"] is False
    shell.ok("source", "group", "Brandet", "--itself")
    assert "through Reuters, in" in " ".join(shell.ok("source", "list").out.split())
    assert "BODY or --itself" in shell.refused(2, "source", "group", "Brandet")


def test_authority_is_granted_listed_and_revoked(shell: Shell) -> None:
    shell.ok("report", "5", "--by", "Prosecutor", "--by-kind", "official", "--said", "2017-04-20 22:31")
    shell.ok("authority", "grant", "Prosecutor", "--story", STORY)
    assert shell.board()[SECOND]["state"] == "confirmed"
    assert STORY in shell.ok("authority", "list").out
    shell.ok("authority", "revoke", "Prosecutor", "--story", STORY)
    assert shell.board()[SECOND]["state"] == "unverified"
    assert shell.ok("authority", "list", "--json").json == []
    shell.ok("authority", "grant", "Prosecutor", "--claim", SECOND)
    assert shell.ok("authority", "list", "--claim", "5", "--json").json[0]["claim"] == 5


def test_the_default_story_serves_a_grant(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--story" in shell.refused(2, "authority", "grant", "Reuters")
    monkeypatch.setenv("CLAIMS_STORY", STORY)
    shell.ok("authority", "grant", "Reuters")
    shell.ok("authority", "grant", "Reuters", "--claim", "5")
    assert [row["claim"] for row in shell.ok("authority", "list", "--json").json] == [None, 5]


def test_the_policy_is_shown_and_set(shell: Shell) -> None:
    assert "quorum 2" in shell.ok("policy").out
    shell.ok("policy", "--quorum", "3", "--note", "after the hoax")
    assert shell.ok("policy", "--json").json == {"name": "live-roots", "version": 1, "quorum": 3}
    shell.refused(2, "policy", "--quorum", "0")
    shell.refused(2, "policy", "--note", "why")


def test_a_near_source_is_refused_with_the_candidates(shell: Shell) -> None:
    words = shell.refused(1, "source", "vet", "Reuter")
    assert "    6  Reuters" in words
