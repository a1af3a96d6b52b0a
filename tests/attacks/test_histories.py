"""Attacks by whoever holds the ledger file, or the key: another history than the one that was signed before.

The ledger alone cannot know that it is yesterday's file. What does is the last checkpoint beside the key, the one in
the folder that is published to, and any that an auditor has kept.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.tlog import Checkpoint, Signer
from tests.publications import FORKED, ORIGIN, Desk, Log, files, long_log, put
from tests.stored import raw, tamper

STRANGER = Signer("example.org/stranger", bytes([9] * 32))
CUT = "is of more entries than this ledger has: it was cut off, or is an older copy"
REWRITTEN = "has another root than this ledger at that size: one of the two was rewritten"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk.of_today(tmp_path, monkeypatch)


# Yesterday's file


def test_yesterday_s_file_signs_nothing(desk: Desk) -> None:
    note = desk.folder / "checkpoint-today"
    desk.restore("yesterday.db")
    for args in (("checkpoint",), ("publish", "pub"), ("publish", "new"), ("key", "rotate")):
        words = desk.nothing_signed(1, *args) if args[0] != "key" else desk.shell.refused(1, *args)
        assert words.startswith(FORKED)
        assert f", size 11: {CUT} (expected 11 entries or more, got 9)" in words
        assert "evidence: the signed note, SHA-256 " in words
        assert note.read_text(encoding="utf-8").split("\n")[2] in words, "the root that was signed is the evidence"
        assert ("the checkpoint in pub" if args[-1] == "pub" else "the checkpoint beside the key") in words
    assert not (desk.folder / "new" / "checkpoint").exists()


def test_yesterday_s_file_that_has_grown_again_signs_nothing(desk: Desk) -> None:
    """As long as today's, or longer: the size no longer tells, the root does."""
    desk.restore("yesterday.db")
    for by in ("DPA", "EFE"):
        desk.deny(by)
        words = desk.nothing_signed(1, "checkpoint")
        assert f", size 11: {REWRITTEN} (expected root " in words
        assert desk.nothing_signed(1, "publish", "pub").startswith(FORKED)


def test_without_the_checkpoint_beside_the_key_the_published_one_still_stands(desk: Desk) -> None:
    desk.restore("yesterday.db")
    desk.deny("DPA")
    (desk.key / "checkpoint").unlink()
    assert f"the checkpoint in pub, size 11: {REWRITTEN}" in desk.nothing_signed(1, "publish", "pub")


def test_without_the_checkpoint_beside_the_key_the_one_in_the_ledger_still_stands(desk: Desk) -> None:
    """The entries were rewritten, and the checkpoints that were signed of them left in the file."""
    note = (desk.folder / "checkpoint-today").read_bytes()
    desk.restore("yesterday.db")
    desk.deny("DPA")
    kept = "INSERT INTO checkpoints SELECT log_id, 11, ?, ? FROM entries LIMIT 1"
    with raw(desk.folder / "claims.db") as connection:
        connection.execute(kept, (hashlib.sha256(note).hexdigest(), note))
    (desk.key / "checkpoint").unlink()
    assert f"the checkpoint of size 11 in the ledger, size 11: {REWRITTEN}" in desk.nothing_signed(1, "checkpoint")


def test_whoever_holds_ledger_and_key_signs_a_fork_and_who_remembers_finds_it(desk: Desk) -> None:
    """The audit alone passes: it is a whole history. The old checkpoint is not of its beginning."""
    desk.restore("yesterday.db")
    for by in ("DPA", "EFE"):
        desk.deny(by)
    (desk.key / "checkpoint").unlink()
    desk.shell.ok("publish", "fork")
    auditor = desk.auditor("fork")
    auditor.passes()
    auditor.passes("--since", "checkpoint-yesterday")
    (found,) = auditor.finds("--since", "checkpoint-today")
    assert found.startswith(
        "the old checkpoint: has another root than these entries make at size 11: the history was rewritten. "
        "Keep the old checkpoint and this publication: the two are the proof (expected "
    )


def test_everything_rebuilt_and_signed_again_by_the_real_key(desk: Desk) -> None:
    """One word of one entry changed, every hash above it made anew: only a checkpoint from before can tell."""
    log = Log.read(desk.folder / "pub")
    log.change(8, status="confirmed")
    shutil.rmtree(desk.folder / "pub")
    log.write(desk.folder / "pub", desk.signer)
    desk.auditor().passes()
    for old, size in (("checkpoint-yesterday", 9), ("checkpoint-today", 11)):
        (found,) = desk.auditor().finds("--since", old)
        assert f"has another root than these entries make at size {size}: the history was rewritten" in found
    assert f"the checkpoint in pub, size 11: {REWRITTEN}" in desk.nothing_signed(1, "publish", "pub")


def test_two_auditors_who_are_shown_two_histories_find_out_by_swapping_checkpoints(desk: Desk) -> None:
    common = Log.read(desk.folder / "pub")
    for name, word in (("one", "confirmed"), ("two", "reported")):
        log = Log(list(common.leaves), common.contents)
        log.change(10, status=word)
        log.write(desk.folder / name, desk.signer)
        desk.keep(f"checkpoint-{name}", name)
        desk.auditor(name).passes("--since", "checkpoint-yesterday")
    for mine, yours in (("one", "two"), ("two", "one")):
        (found,) = desk.auditor(mine).finds("--since", f"checkpoint-{yours}")
        assert "has another root than these entries make at size 11: the history was rewritten" in found
        desk.auditor(mine).passes("--since", f"checkpoint-{mine}")


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (lambda desk: b"", "the note does not end in an empty line and signatures"),
        (lambda desk: b"\xff", "the note is not UTF-8"),
        (lambda desk: Checkpoint(ORIGIN, 9, bytes(32)).sign(STRANGER), "no key that is asked for has signed it"),
        (
            lambda desk: (desk.folder / "checkpoint-today").read_bytes().replace(b"\n11\n", b"\n10\n"),
            f"the signature by {ORIGIN} ",
        ),
        (
            lambda desk: Checkpoint("example.org/other", 9, bytes(32)).sign(desk.signer),
            "the checkpoint of example.org/other is signed in the name of example.org/desk",
        ),
        (lambda desk: Checkpoint(ORIGIN, 0, bytes(32)).sign(desk.signer), "has another root than these entries make"),
    ],
)
def test_an_old_checkpoint_that_shows_nothing(desk: Desk, note: Callable[[Desk], bytes], why: str) -> None:
    put(desk.folder / "odd", note(desk))
    (found,) = desk.auditor().finds("--since", "odd")
    assert found.startswith(f"the old checkpoint: {why}")


def test_an_old_checkpoint_that_is_not_there(desk: Desk) -> None:
    assert "since: nowhere: cannot be read: no such file or directory" in desk.auditor().cannot("--since", "nowhere")


# Where it is published to


@pytest.mark.parametrize(
    ("size", "why"), [(20, f"size 20: {CUT}"), (11, f"size 11: {REWRITTEN}"), (5, f"size 5: {REWRITTEN}")]
)
def test_a_folder_with_a_history_of_its_own_is_not_written_to(desk: Desk, size: int, why: str) -> None:
    long_log(size).write(desk.folder / "there", desk.signer)
    before = files(desk.folder / "there")
    assert f"the checkpoint in there, {why}" in desk.nothing_signed(1, "publish", "there")
    assert files(desk.folder / "there") == before


def test_a_folder_of_another_log_is_not_written_to(desk: Desk) -> None:
    long_log(7).write(desk.folder / "there", STRANGER, origin="example.org/stranger")
    before = files(desk.folder / "there")
    words = desk.nothing_signed(3, "publish", "there")
    assert "the checkpoint in there: no key that is asked for has signed it; it is signed by example.org/str" in words
    put(desk.folder / "there" / "checkpoint", long_log(7).note(desk.signer, origin="example.org/other"))
    before = files(desk.folder / "there")
    words = desk.nothing_signed(3, "publish", "there")
    assert "the checkpoint of example.org/other is signed in the name of example.org/desk" in words
    assert files(desk.folder / "there") == before


@pytest.mark.parametrize("strange", ["diary.txt", "claims.db", "tile.bak/0"])
def test_a_folder_with_strange_files_is_not_written_to(desk: Desk, strange: str) -> None:
    put(desk.folder / "there" / strange, b"dear diary")
    words = desk.nothing_signed(1, "publish", "there")
    assert words.startswith(f"claims: there: holds what is no published ledger: {strange.split('/')[0]}")
    assert files(desk.folder / "there") == {strange: b"dear diary"}


def test_what_is_no_folder_is_not_written_to(desk: Desk) -> None:
    put(desk.folder / "file", b"x")
    assert "file: is a file" in desk.nothing_signed(2, "publish", "file")
    put(desk.folder / "odd" / "tile", b"x")
    assert "odd/tile/0/000.p/11: cannot be written: not a directory" in desk.shell.refused(3, "publish", "odd")


@pytest.mark.parametrize("left", ["", "9" * 5_000, "-1", "eleven", "٣"])
def test_what_a_stranger_wrote_as_unfinished_does_no_harm(desk: Desk, left: str) -> None:
    put(desk.folder / "pub" / ".unfinished", left.encode())
    before = files(desk.folder / "pub")
    desk.deny("DPA")
    desk.shell.ok("publish", "pub")
    desk.auditor().passes("--since", "checkpoint-today")
    assert ".unfinished" in before and ".unfinished" not in files(desk.folder / "pub")


@pytest.mark.parametrize("kind", ["blob", "text"])
def test_a_leaf_that_was_changed_in_the_ledger_is_not_published(desk: Desk, kind: str) -> None:
    """The tiles are right, and so is what is signed; the bytes that go with it would not be."""
    changed = f"CAST(replace(leaf, 'reported', 'confirmed') AS {kind})"
    tamper(desk.folder / "claims.db", f'UPDATE entries SET leaf = {changed} WHERE "index" = 8')
    assert "entry 8: is not the leaf that its tile was made of" in desk.shell.refused(3, "publish", "new")
    before = files(desk.folder / "pub")
    if kind == "blob":  # else no statement on that claim can be recorded at all
        desk.deny("DPA")
        done = desk.shell("publish", "pub")
        assert done.code == 3
        assert "entry 8: is not the leaf that its tile was made of" in done.err
        assert before.items() <= files(desk.folder / "pub").items()
    desk.auditor().passes()


def test_a_content_that_was_changed_in_the_ledger_is_not_published(desk: Desk) -> None:
    changed = "CAST(replace(content, 'second', 'third') AS blob)"
    tamper(desk.folder / "claims.db", f'UPDATE contents SET content = {changed} WHERE "index" = 5')
    assert "entry 5: content text: differs from its hash" in desk.shell.refused(3, "publish", "new")
