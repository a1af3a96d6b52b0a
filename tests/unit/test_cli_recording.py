"""What a reporter records: the main path of each command, and what is asked of the words typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shell import SECOND, STORY, Shell

BRANDET = ("--by", "Pierre-Henry Brandet", "--by-kind", "spokesperson", "--via", "BFM", "--via-kind", "broadcaster")
AT_2257 = ("--said", "2017-04-20 22:57")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch).night()


def test_a_report_answers_what_was_recorded_and_the_state_that_followed(shell: Shell) -> None:
    done = shell.ok("report", SECOND, "--by", "AFP", "--by-kind", "agency", "--said", "2017-04-20 22:40")
    assert done.out.splitlines()[0] == f"10 recorded: AFP: reported: 5 “{SECOND}”"
    assert "claim 5 is now unverified: " in done.out
    assert "new source 9: AFP (agency)" in done.err
    assert "said 2017-04-20 22:40 +02:00" in done.err
    assert "undo: claims retract 10 --why mistyped" in done.err


def test_the_receipt_for_a_script(shell: Shell) -> None:
    done = shell.ok("deny", "5", *BRANDET, *AT_2257, "--json")
    receipt = done.json
    assert {name: receipt[name] for name in ("index", "claim", "state", "wrote")} == {
        "index": 11,
        "claim": 5,
        "state": "disputed",
        "wrote": [9, 10, 11],
    }
    assert done.err == ""


@pytest.mark.parametrize(
    ("command", "status"),
    [("report", "reported"), ("confirm", "confirmed"), ("deny", "denied"), ("decline", "unconfirmed")],
)
def test_each_word_is_recorded_as_its_status(shell: Shell, command: str, status: str) -> None:
    shell.ok(command, SECOND, "--by", "AFP", "--by-kind", "agency", *AT_2257)
    lines = shell.ok("why", "5", "--json").json["statements"]
    assert [line["status"] for line in lines] == ["reported", status]


@pytest.mark.parametrize(("command", "state"), [("correct", "corrected"), ("supersede", "superseded")])
def test_a_claim_leads_to_the_one_that_takes_its_place(shell: Shell, command: str, state: str) -> None:
    shell.ok(command, "5", "--to", "One police officer was killed", "--by", "desk", "--why", "miscounted")
    row = shell.board()[SECOND]
    assert (row["state"], row["successor_text"]) == (state, "One police officer was killed")
    assert shell.ok("why", "5", "--json").json["statements"][-1]["why"] == "miscounted"


def test_a_source_withdraws_from_a_claim_or_takes_one_statement_back(shell: Shell) -> None:
    shell.ok("report", SECOND, "--by", "AFP", "--by-kind", "agency", *AT_2257)
    shell.ok("withdraw", SECOND, "--by", "AFP", "--said", "2017-04-20 23:05")
    done = shell.ok("withdraw", "8", "--said", "2017-04-20 23:06", "--why", "source-withdrew", "--json")
    assert done.json["state"] == "retracted"
    assert shell.ok("why", "5", "--json").json["statements"][-1]["via"] == ["Reuters"]


def test_a_statement_named_where_a_claim_is_wanted_names_its_claim_and_says_so(shell: Shell) -> None:
    done = shell.ok("deny", "8", *BRANDET, *AT_2257)
    assert "8 is a statement; its claim is 5" in done.err


def test_an_exact_match_is_taken_whatever_the_case_and_the_punctuation(shell: Shell) -> None:
    assert shell.ok("deny", "a SECOND police-officer was killed!", *BRANDET, *AT_2257, "--json").json["claim"] == 5


def test_a_near_match_is_refused_without_a_terminal_with_the_candidates(shell: Shell) -> None:
    words = shell.refused(1, "deny", "second police officer", *BRANDET, *AT_2257)
    assert f"    5  {SECOND}" in words
    assert "--new" in words
    done = shell("deny", "second police officer", *BRANDET, *AT_2257, "--json")
    assert '"candidates"' in done.err


def test_a_near_match_is_opened_with_new(shell: Shell) -> None:
    shell.ok("deny", "second police officer", *BRANDET, *AT_2257, "--new", "--story", STORY)
    assert len(shell.board()) == 2


def test_new_never_opens_a_second_claim_of_the_same_words(shell: Shell) -> None:
    assert shell.ok("deny", SECOND.lower(), *BRANDET, *AT_2257, "--new", "--json").json["claim"] == 5


def test_a_new_source_needs_a_kind(shell: Shell) -> None:
    assert "--by-kind" in shell.refused(2, "deny", "5", "--by", "Pierre-Henry Brandet")
    words = shell.refused(2, "deny", "5", "--by", "Reuters", "--via", "BFM", "--said", "unknown")
    assert "--via-kind" in words


def test_said_is_now_without_via_and_has_to_be_given_with_it(shell: Shell) -> None:
    shell.ok("report", "5", "--by", "AFP", "--by-kind", "agency")
    assert shell.ok("why", "5", "--json").json["statements"][-1]["said"] is not None
    words = shell.refused(2, "report", "5", "--by", "AFP", "--via", "Reuters")
    assert "--said 22:57" in words
    shell.ok("report", "5", "--by", "AFP", "--via", "Reuters", "--said", "now")
    shell.ok("report", "5", "--by", "Le Monde", "--by-kind", "newspaper", "--via", "Reuters", "--said", "unknown")
    assert shell.ok("why", "5", "--json").json["statements"][-1]["said"] is None


def test_relayers_are_given_nearest_the_speaker_first(shell: Shell) -> None:
    via = ("--via", "Mairie", "--via", "BFM", "--via-kind", "official", "--via-kind", "broadcaster")
    shell.ok("report", "5", "--by", "Ines", "--by-kind", "witness", *via, "--said", "unknown")
    assert shell.ok("why", "5", "--json").json["statements"][-1]["via"] == ["Mairie", "BFM"]


def test_the_body_that_a_new_source_speaks_for(shell: Shell) -> None:
    shell.ok("source", "add", "Interior Ministry", "--kind", "official")
    shell.ok("deny", "5", *BRANDET, *AT_2257, "--by-group", "Interior Ministry")
    assert shell.board()[SECOND]["against"] == ["Interior Ministry"]


def test_what_stands_beside_a_statement(shell: Shell) -> None:
    beside = ("--quote", "non", "--note", "on air", "--url", "https://example.org/live", "--internal", "note")
    shell.ok("deny", "5", *BRANDET, *AT_2257, *beside)
    line = shell.ok("why", "5", "--json").json["statements"][-1]
    assert (line["quote"], line["note"], line["url"]) == ("non", "on air", "https://example.org/live")


def test_a_document_is_evidence(shell: Shell) -> None:
    addresses = ("https://example.org/decree.pdf", "https://archive.example.org/1")
    shell.ok("deny", "5", *BRANDET, *AT_2257, "--evidence", addresses[0], "--archived", addresses[1])
    again = ("--by", "Pierre-Henry Brandet", "--via", "BFM", *AT_2257)
    shell.ok("deny", "5", *again, "--evidence", "https://example.org/secret", "--internal", "evidence")
    assert shell.board()[SECOND]["evidence"] == [addresses[0]]
    assert addresses[0] in shell.ok("why", "5").out


def test_the_same_key_is_recorded_once(shell: Shell) -> None:
    key = ("--key", "0123456789abcdef" * 2)
    shell.ok("deny", "5", *BRANDET, *AT_2257, *key)
    before = shell.size()
    done = shell.ok("deny", "5", *BRANDET, *AT_2257, *key)
    assert "recorded before" in done.out
    assert "undo" not in done.err
    assert shell.size() == before


def test_the_default_story_is_used_for_a_new_claim_alone(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAIMS_STORY", "louvre-2017")
    shell.ok("report", "Soldiers were attacked at the Louvre", "--by", "desk")
    shell.ok("report", "5", "--by", "desk")
    rows = shell.board()
    assert rows["Soldiers were attacked at the Louvre"]["story"] == "louvre-2017"
    assert rows[SECOND]["story"] == STORY


def test_a_text_that_starts_with_a_hyphen_goes_after_two(shell: Shell) -> None:
    words = shell.refused(2, "report", "-5 degrees in Paris", "--by", "desk")
    assert "goes after --" in words
    shell.ok("report", "--by", "desk", "--story", STORY, "--", "-5 degrees in Paris")
    assert "-5 degrees in Paris" in shell.board()


def test_other_signs_make_another_claim(shell: Shell) -> None:
    """Minus five degrees is not five degrees, and nobody's denial of the one may count for the other."""
    shell.ok("report", "It is -5 degrees", "--by", "Reuters", "--said", "now", "--story", STORY)
    told = shell.refused(1, "deny", "It is 5 degrees", "--by", "Reuters", "--said", "now", "--story", STORY)
    assert "a claim has these words, but other signs" in told
    assert "minus 5" in told
    assert shell.ok("deny", "it is −5 degrees!", "--by", "Reuters", "--said", "now").code == 0
