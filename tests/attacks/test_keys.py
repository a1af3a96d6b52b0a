"""Attacks on the key of the log: lost, damaged, seen by others, replaced half-way, used by two at once."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.errors import Unavailable
from ledger.publish import load_key, rotate, sign
from ledger.store import Store
from ledger.tlog import Checkpoint, Signer
from tests.publications import FORKED, ORIGIN, Auditor, Desk, Log, files, put

STRANGER = Signer("example.org/stranger", bytes([9] * 32))
SUCCESSOR = Signer(ORIGIN, bytes([7] * 32))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk.of_today(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (lambda note: b"", "the note does not end in an empty line and signatures"),
        (lambda note: note[:-10], "the note does not end in an empty line and signatures"),
        (lambda note: note.replace(b"\n11\n", b"\n10\n"), f"the signature by {ORIGIN} "),
        (lambda note: b"\xff" + note, "the note is not UTF-8"),
        (lambda note: Checkpoint(ORIGIN, 3, bytes(32)).sign(STRANGER), "no key that is asked for has signed it"),
    ],
)
def test_a_last_checkpoint_that_is_damaged_or_a_stranger_s(
    desk: Desk, note: Callable[[bytes], bytes], why: str
) -> None:
    put(desk.key / "checkpoint", note((desk.key / "checkpoint").read_bytes()))
    for args in (("checkpoint",), ("publish", "pub")):
        words = desk.nothing_signed(3, *args)
        assert f"the checkpoint beside the key ({desk.key}): {why}" in words
    shutil.copy(desk.folder / "pub" / "checkpoint", desk.key / "checkpoint")
    desk.shell.ok("publish", "pub")


def test_a_last_checkpoint_of_another_log_by_this_key(desk: Desk) -> None:
    put(desk.key / "checkpoint", Checkpoint("example.org/other", 3, bytes(32)).sign(desk.signer))
    assert "is signed in the name of example.org/desk" in desk.nothing_signed(3, "checkpoint")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o666])
def test_a_secret_that_others_can_reach_signs_nothing(desk: Desk, mode: int) -> None:
    (desk.key / "secret").chmod(mode)
    for args in (("checkpoint",), ("publish", "pub"), ("key", "rotate")):
        words = desk.nothing_signed(3, *args)
        assert f"{desk.key}/secret: others can read it, so it may be known to them" in words
        assert f"chmod 600 {desk.key}/secret" in words
        assert "PRIVATE" not in words
    (desk.key / "secret").chmod(0o600)
    desk.shell.ok("checkpoint")


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda text: b"", "the secret key does not begin with PRIVATE+KEY+"),
        (lambda text: text[:-6], "the secret key is "),
        (lambda text: text.replace(b"desk", b"else"), "is not that of this secret key"),
        (lambda text: b"\xff" + text, "is no text"),
        (lambda text: Signer("example.org/other", bytes(32)).secret().encode(), "is that of example.org/other"),
        (lambda text: text * 2, "the secret key is not in canonical base64"),
    ],
)
def test_a_secret_that_is_damaged_signs_nothing_and_is_not_told(
    desk: Desk, damage: Callable[[bytes], bytes], why: str
) -> None:
    text = (desk.key / "secret").read_bytes()
    (desk.key / "secret").write_bytes(damage(text))
    words = desk.nothing_signed(3, "checkpoint")
    assert words.startswith(f"claims: key: {desk.key}/secret: ") and why in words
    assert text.decode().split("+", 4)[4][:20] not in words


def test_the_secret_is_written_for_its_owner_alone_and_is_nowhere_else(desk: Desk) -> None:
    assert (desk.key / "secret").stat().st_mode & 0o777 == 0o600
    assert desk.key.stat().st_mode & 0o777 == 0o700
    secret = (desk.key / "secret").read_bytes().split(b"+", 4)[4].strip()
    others = [path for path, data in files(desk.folder).items() if secret in data]
    assert others == [str((desk.key / "secret").relative_to(desk.folder))]


def test_a_second_key_is_refused(desk: Desk) -> None:
    words = desk.nothing_signed(1, "key", "new")
    assert words.startswith(f"claims: key: {ORIGIN} has one already: {desk.signer.verifier}")


def test_a_lost_verifier_file_follows_from_the_secret(desk: Desk) -> None:
    verifier = str(desk.signer.verifier)
    (desk.key / "verifier").unlink()
    assert verifier in desk.shell.refused(1, "key", "new")
    assert desk.shell.ok("key", "show").out == f"{verifier}\n"
    desk.shell.ok("checkpoint")


def test_after_a_lost_secret_the_new_key_continues_what_the_old_one_signed(desk: Desk) -> None:
    """Auditors have to be told, since nothing is signed by both; but a fork is refused all the same."""
    before = desk.auditor().keys
    (desk.key / "secret").unlink()
    desk.shell.ok("key", "new")
    assert desk.shell.ok("key", "show").out.splitlines() == [str(desk.signer.verifier), *before]
    desk.shell.ok("publish", "pub")
    desk.auditor().passes()
    assert "no key that is asked for has signed it" in Auditor(desk.shell, "pub", before).finds()[0]
    Auditor(desk.shell, "pub", (*desk.auditor().keys, *before)).passes("--since", "checkpoint-today")
    desk.restore("yesterday.db")
    assert desk.nothing_signed(1, "checkpoint").startswith(FORKED)


@contextmanager
def taken(folder: Path) -> Iterator[None]:
    """Hold a folder as another program does."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def test_two_programs_do_not_sign_or_publish_at_once(desk: Desk) -> None:
    with taken(desk.key):
        for args in (("checkpoint",), ("publish", "pub"), ("key", "rotate")):
            assert "another program is signing with this key" in desk.nothing_signed(3, *args)
    with taken(desk.folder / "pub"):
        assert "another publication is being written here" in desk.nothing_signed(3, "publish", "pub")
    desk.shell.ok("publish", "pub")


# A new key


@dataclass
class Rotation:
    """The files of a key at each point at which a rotation may have been interrupted."""

    desk: Desk

    def begun(self) -> None:
        put(self.desk.key / "secret.next", f"{SUCCESSOR.secret()}\n".encode())
        (self.desk.key / "secret.next").chmod(0o600)

    def signed(self) -> None:
        self.begun()
        note = Log.read(self.desk.folder / "pub").note(self.desk.signer, SUCCESSOR)
        put(self.desk.key / "checkpoint", note)

    def retired(self) -> None:
        self.signed()
        put(self.desk.key / "retired", f"{self.desk.signer.verifier}\n".encode())

    def shown(self) -> None:
        self.retired()
        put(self.desk.key / "verifier", f"{SUCCESSOR.verifier}\n".encode())

    def done(self) -> None:
        self.shown()
        (self.desk.key / "secret.next").replace(self.desk.key / "secret")


def both_open(desk: Desk, old: str, new: str) -> None:
    """Either key opens what is published, and follows what was published before."""
    for key in (old, new):
        Auditor(desk.shell, "pub", (key,)).passes()
    Auditor(desk.shell, "pub", (old,)).passes("--since", "checkpoint-today")
    done = Auditor(desk.shell, "pub", (old, new)).passes("--since", "checkpoint-today")
    assert done.out.count("signed by ") == 2


def test_after_a_rotation_both_keys_open_the_checkpoint_and_old_auditors_follow(desk: Desk) -> None:
    old = str(desk.signer.verifier)
    new = desk.shell.ok("key", "rotate").out.strip()
    assert new == str(desk.signer.verifier) != old
    assert desk.shell.ok("key", "show").out.splitlines() == [new, old]
    assert set(files(desk.key)) == {"checkpoint", "retired", "secret", "verifier"}
    desk.shell.ok("publish", "pub")
    both_open(desk, old, new)
    desk.keep("checkpoint-both")
    desk.deny("DPA")
    desk.shell.ok("publish", "pub")
    Auditor(desk.shell, "pub", (new,)).passes("--since", "checkpoint-both")
    (found,) = Auditor(desk.shell, "pub", (old,)).finds()
    assert "no key that is asked for has signed it" in found


def test_a_rotation_twice(desk: Desk) -> None:
    shown = [str(desk.signer.verifier)]
    for _ in range(2):
        shown.insert(0, desk.shell.ok("key", "rotate").out.strip())
        desk.shell.ok("publish", "pub")
        both_open(desk, shown[1], shown[0])
        desk.keep("checkpoint-today")
        assert desk.shell.ok("key", "show").out.splitlines() == shown


@pytest.mark.parametrize("point", ["begun", "signed", "retired", "shown", "done"])
def test_a_rotation_that_was_interrupted_signs_on_and_is_taken_up_again(desk: Desk, point: str) -> None:
    """At each point whoever signs next signs with a key that auditors can open; rotating again ends it."""
    old, new = str(desk.signer.verifier), str(SUCCESSOR.verifier)
    getattr(Rotation(desk), point)()
    desk.shell.ok("publish", "pub")
    Auditor(desk.shell, "pub", (old,)).passes("--since", "checkpoint-yesterday")
    if point != "done":
        assert desk.shell.ok("key", "rotate").out.strip() == new, "the successor that was made is the one"
        desk.shell.ok("publish", "pub")
    both_open(desk, old, new)
    assert desk.shell.ok("key", "show").out.splitlines() == [new, old]


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        ("", 0o600, "the secret key does not begin with PRIVATE+KEY+"),
        (Signer("example.org/other", bytes(32)).secret(), 0o600, "is that of example.org/other"),
        (SUCCESSOR.secret(), 0o644, "others can read it"),
    ],
)
def test_a_successor_that_is_damaged_another_s_or_seen_does_not_take_over(
    desk: Desk, text: str, mode: int, why: str
) -> None:
    put(desk.key / "secret.next", text.encode())
    (desk.key / "secret.next").chmod(mode)
    words = desk.nothing_signed(3, "key", "rotate")
    assert words.startswith(f"claims: key: {desk.key}/secret.next: {why}")
    assert "next: remove it, and rotate again" in words or mode != 0o600
    desk.shell.ok("publish", "pub")
    (desk.key / "secret.next").unlink()
    desk.shell.ok("key", "rotate")


def test_who_loaded_a_key_that_was_replaced_meanwhile_signs_nothing_with_it(desk: Desk) -> None:
    key = load_key(desk.keys, ORIGIN)
    desk.shell.ok("key", "rotate")
    before = files(desk.keys)
    with Store.open(desk.folder / "claims.db") as store:
        for act in (lambda: sign(store, key), lambda: rotate(store, key, bytes(32))):
            with pytest.raises(Unavailable, match="was replaced by another program meanwhile"):
                act()
    assert files(desk.keys) == before
