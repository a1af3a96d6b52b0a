"""What is not to be seen in public is in no byte of the folder; what is missing without a reason is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.publish import new_key, publish
from ledger.store import Store
from tests.ledgers import Book
from tests.publications import ORIGIN, SEED, Auditor, Desk, Log, files
from tests.shell import STORY, Shell
from tests.stored import record

HELD = "The attacker came from Belgium"
INTERNAL = "call the source back on the other line"
SECRETS = {
    "the claim": HELD,
    "its other wording": "The attacker is a Belgian",
    "a quote on it": "he came over the border this morning",
    "why it is held": "the family has not been told",
    "why the hold was taken back": "the family was told after all",
    "a document on it": "https://example.org/passport.jpg",
    "where a document on it was found": "in his coat",
    "what leads to it": "we must correct ourselves here",
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A claim of the night, and one with all that there may be about it; nothing is held yet, 5 is published."""
    monkeypatch.setenv("CLAIMS_KEYS", str(tmp_path / "keys"))
    desk = Desk(Shell(tmp_path, monkeypatch).night(), tmp_path / "keys")
    shell = desk.shell
    shell.ok("key", "new")
    on = ("--by", "AFP", "--said", "2017-04-20 23:00")
    shell.ok("deny", "5", *on, "--by-kind", "agency", "--quote", "not so", "--note", INTERNAL, "--internal", "note")
    shell.ok("report", HELD, *on, "--story", STORY, "--quote", SECRETS["a quote on it"])
    statement = desk.shell.size() - 1
    shell.ok("wording", HELD, SECRETS["its other wording"])
    shell.ok(
        "evidence",
        "add",
        str(statement),
        SECRETS["a document on it"],
        "--note",
        SECRETS["where a document on it was found"],
    )
    shell.ok("correct", "5", "--to", HELD, *on, "--note", SECRETS["what leads to it"])
    return desk


def seen(desk: Desk) -> set[str]:
    """Which of the secrets are in the folder."""
    everything = b"".join(files(desk.folder / "pub").values())
    return {what for what, words in SECRETS.items() if words.encode() in everything}


def audited(desk: Desk) -> tuple[int, int]:
    """How many parts an audit knows to be withheld: internal ones, and those of held claims."""
    done = desk.shell.ok("audit", "pub", "--key", desk.auditor().keys[0], "--json").json
    assert done["ok"]
    return done["withheld"]["internal"], done["withheld"]["held"]


def test_an_internal_part_is_in_no_byte_of_the_folder_and_counted(desk: Desk) -> None:
    desk.shell.ok("publish", "pub")
    assert INTERNAL.encode() not in b"".join(files(desk.folder / "pub").values())
    assert audited(desk) == (1, 0)
    assert (
        "withheld: 1 internal part, 0 parts of held claims; their hashes are in the log" in desk.auditor().passes().out
    )


def test_an_internal_part_that_was_put_in_by_somebody_is_no_damage_to_the_log(desk: Desk) -> None:
    """It is what its hash says; that it got out is the desk's trouble, and no audit can take it back."""
    desk.shell.ok("publish", "pub")
    line = (desk.folder / "pub/contents/000.jsonl").read_bytes()
    desk.shell.ok("backup", "saved")
    (internal,) = [
        each
        for each in (desk.folder / "saved/contents.jsonl").read_bytes().splitlines(True)
        if (INTERNAL.encode() in each)
    ]
    (desk.folder / "pub/contents/000.jsonl").write_bytes(line + internal)
    assert audited(desk) == (0, 0)


def test_hold_publish_release_publish(desk: Desk) -> None:
    """Contents go with the hold, those of acts on it too, and come back with the release; the log stays as it was."""
    desk.shell.ok("publish", "pub")
    before = Log.read(desk.folder / "pub")
    assert seen(desk) == SECRETS.keys() - {"why it is held", "why the hold was taken back"}
    desk.shell.ok("hold", HELD, "--note", SECRETS["why it is held"])
    hold = desk.shell.size() - 1
    desk.shell.ok("publish", "pub")
    assert seen(desk) == set()
    internal, held = audited(desk)
    assert (internal, held) == (1, 7)
    assert Log.read(desk.folder / "pub").leaves[: len(before.leaves)] == before.leaves
    row = desk.shell.ok("audit", "pub", "--key", desk.auditor().keys[0], "--json").json["board"][-1]
    assert (row["text"], row["held"]) == ("[withheld]", True)
    desk.shell.ok("retract", str(hold), "--why", "other", "--note", SECRETS["why the hold was taken back"])
    desk.shell.ok("publish", "pub")
    assert seen(desk) == SECRETS.keys()
    assert audited(desk) == (1, 0)
    after = Log.read(desk.folder / "pub").contents
    assert {index: after[index] for index in before.contents} == before.contents
    desk.shell.ok("retract", str(hold + 1), "--why", "other")
    desk.shell.ok("publish", "pub")
    assert seen(desk) == set()
    desk.shell.ok("release", HELD)
    desk.shell.ok("publish", "pub")
    assert seen(desk) == SECRETS.keys()


def test_a_hold_reaches_a_claim_through_same(desk: Desk) -> None:
    """The held claim is folded under another: then that one is held, and what is said on either goes."""
    desk.shell.ok("hold", HELD)
    desk.shell.ok("same", HELD, "5")
    desk.shell.ok("publish", "pub")
    assert seen(desk) == set()
    everything = b"".join(files(desk.folder / "pub").values())
    assert b"A second police officer was killed" not in everything
    assert b"not so" not in everything
    assert audited(desk)[1] > 0
    desk.shell.ok("retract", str(desk.shell.size() - 1), "--why", "other")
    desk.shell.ok("publish", "pub")
    assert b"A second police officer was killed" in b"".join(files(desk.folder / "pub").values())
    assert seen(desk) == set()
    audited(desk)


def test_what_was_never_published_is_not_in_the_folder_either(desk: Desk) -> None:
    desk.shell.ok("hold", HELD, "--note", SECRETS["why it is held"])
    desk.shell.ok("publish", "pub")
    assert seen(desk) == set()
    audited(desk)


def test_a_proof_tells_nothing_that_is_withheld(desk: Desk) -> None:
    desk.shell.ok("hold", HELD, "--note", SECRETS["why it is held"])
    desk.shell.ok("checkpoint")
    for what in (HELD, "5", "9", "10"):
        desk.shell.ok("prove", what, "--out", "p")
        told = (desk.folder / "p").read_text(encoding="utf-8")
        assert INTERNAL not in told
        assert not any(words in told for words in SECRETS.values())
        desk.shell.ok("check", "p", "--key", desk.auditor().keys[0])


@pytest.mark.parametrize("held", [False, True])
def test_a_content_that_nothing_withholds_is_named_even_beside_held_ones(desk: Desk, held: bool) -> None:
    if held:
        desk.shell.ok("hold", HELD)
    desk.shell.ok("publish", "pub")
    log = Log.read(desk.folder / "pub")
    del log.contents[5]["text"]
    log.write_contents(desk.folder / "pub")
    assert desk.auditor().finds() == [
        "entry 5: content text: is missing from contents/000.jsonl, and nothing in the log withholds it"
    ]


def test_a_content_that_was_withheld_before_the_release_alone(desk: Desk) -> None:
    """Today's log with yesterday's contents: what the release gave back is missing, and each part is named."""
    desk.shell.ok("hold", HELD)
    desk.shell.ok("publish", "pub")
    lines = (desk.folder / "pub/contents/000.jsonl").read_bytes()
    desk.shell.ok("release", HELD)
    desk.shell.ok("publish", "pub")
    (desk.folder / "pub/contents/000.jsonl").write_bytes(lines)
    found = desk.auditor().finds()
    assert len(found) == 6
    assert all(
        line.endswith("is missing from contents/000.jsonl, and nothing in the log withholds it") for line in found
    )


def test_a_log_that_is_not_whole_leaves_open_what_may_be_missing(desk: Desk) -> None:
    desk.shell.ok("hold", HELD)
    desk.shell.ok("publish", "pub")
    log = Log.read(desk.folder / "pub")
    log.change(8, status="doubted")
    log.write(desk.folder / "pub", desk.signer)
    done = Auditor(desk.shell, "pub", desk.auditor().keys)()
    assert done.code == 1
    assert "entry 8: leaf: has an unknown status: 'doubted'" in done.out
    assert "are missing; whether they may be follows only from a history that is whole" in done.out


def test_a_hold_takes_what_was_published_long_before_in_every_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim in the first bundle; a document, a wording, and a document on that, in one of their own each."""
    book = Book()
    story, agency = book.story(), book.source("agency")
    claim = book.claim(story)
    statement = book.say(claim, "reported", agency)

    def until(size: int) -> None:
        while len(book.entries) < size:
            book.claim(story)

    secrets = [claim, statement]
    until(260)
    secrets.append(book.evidence(statement))
    until(520)
    secrets.append(book.wording(claim))
    until(780)
    secrets.append(book.evidence(secrets[-1]))
    until(1030)
    auditor = Auditor(Shell(tmp_path, monkeypatch))
    key = new_key(tmp_path / "keys", ORIGIN, SEED)
    with Store.create(tmp_path / "claims.db") as store:
        record(store, book.entries)
        publish(store, key, tmp_path / "pub")
        assert all(index in Log.read(tmp_path / "pub").contents for index in secrets)
        hold = book.hold(claim)
        record(store, book.entries)
        publish(store, key, tmp_path / "pub")
        assert not any(index in Log.read(tmp_path / "pub").contents for index in secrets)
        auditor.passes()
        book.retract(hold)
        record(store, book.entries)
        publish(store, key, tmp_path / "pub")
        assert all(index in Log.read(tmp_path / "pub").contents for index in secrets)
        auditor.passes()
