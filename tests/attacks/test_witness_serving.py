"""Attacks on a witness by requests, the power switch, and whoever reaches its folder; real servers on real ports."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import urllib3

from ledger.tlog import Checkpoint, Signer, Verifier
from ledger.tlog.note import COSIGNATURE
from ledger.tlog.witness import Request
from tests.publications import ORIGIN, Desk, put
from tests.witnesses import Witness, add, audited, policy, post, process, request, witness

FALSE = Signer("north.example", bytes([7] * 32), COSIGNATURE)
_ANSWERED = ["200", "200", "409", "404", "405", "400", "404", "403", "422"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk.of_today(tmp_path, monkeypatch)


@pytest.fixture
def north(desk: Desk) -> Iterator[Witness]:
    with witness(desk.folder / "north", "north", desk.signer.verifier) as found:
        add(desk, found)
        yield found


def test_served_by_the_command_line(desk: Desk) -> None:
    keys, log = desk.folder / "their-keys", desk.signer.verifier
    vkey = desk.shell.ok("witness", "key", "--name", "court.example", "--keys", str(keys)).out.strip()
    assert desk.shell.ok("witness", "key", "--keys", str(keys)).out.strip() == vkey
    assert (keys / "witness" / "secret").stat().st_mode & 0o777 == 0o600
    with process(keys, log) as court:
        assert (court.url[:17], str(court.verifier)) == ("http://127.0.0.1:", vkey)
        second = desk.shell("witness", "serve", "--keys", str(keys), "--key", str(log), "--port", "0")
        assert second.code == 3 and "another program is witnessing this log" in second.err
        add(desk, court, "court")
        desk.shell.ok("publish", "pub")
        assert audited(desk, "--policy", policy(desk))[0] == 0
        body = request(desk, 11)
        assert post(court.url, body)[:2] == (200, "text/plain; charset=utf-8")
        assert post(court.url, request(desk, 5)) == (409, "text/x.tlog.size", "11\n")
        assert post(court.url, body, "/")[0] == 404
        assert post(court.url, b"", method="GET")[0] == 405
        assert post(court.url, body[:-9])[0] == 400
        assert post(court.url, b"x" * 70_000)[0] == 413
        stranger = Signer("example.org/stranger", bytes([9] * 32))
        assert (
            post(court.url, Request(0, (), Checkpoint("example.org/stranger", 3, bytes(32)).sign(stranger)).format())[0]
            == 404
        )
        assert (
            post(
                court.url,
                Request(11, (), Checkpoint(ORIGIN, 12, bytes(32)).sign(Signer(ORIGIN, bytes([9] * 32)))).format(),
            )[0]
            == 403
        )
        assert post(court.url, Request(11, (), Checkpoint(ORIGIN, 12, bytes(32)).sign(desk.signer)).format())[0] == 422
        said = court.stop()
    lines = said.splitlines()
    assert [line.split()[-1] for line in lines if "127.0.0.1 " in line] == _ANSWERED
    assert sum("both notes are kept in" in line for line in lines) == 1
    assert ORIGIN not in said.replace(str(keys), "") and "old 11" not in said


def test_a_witness_that_is_killed_in_mid_request_never_cosigns_a_rollback(desk: Desk) -> None:
    """At each change to its disk, and behind the last. Restarted it has the old checkpoint or the new one, and the
    other branch of a fork gets nothing once the first may have been answered.
    """
    keys, log = desk.folder / "their-keys", desk.signer.verifier
    first = request(desk)
    with process(keys, log, "--name", "court.example") as court:
        assert post(court.url, first)[0] == 200
    shutil.copytree(keys, desk.folder / "before")
    desk.deny("DPA")
    step = request(desk, 11)
    fork = Request(11, (), Checkpoint(ORIGIN, 13, bytes(32)).sign(desk.signer)).format()
    sizes = []
    for at in range(1, 6):
        shutil.rmtree(keys)
        shutil.copytree(desk.folder / "before", keys)
        with process(keys, log, kill_at=at) as court:
            try:
                status = post(court.url, step)[0]
            except urllib3.exceptions.HTTPError:
                status = 0
            court.kill()
        with witness(keys, "court", log) as again:
            sizes.append(again.remembered.size)
            assert not status or again.remembered.size == 13, "what was answered is remembered"
            assert post(again.url, first)[0] == 409
            if again.remembered.size == 13:
                assert post(again.url, fork)[:2] == (409, "text/x.tlog.size")
                assert post(again.url, fork.replace(b"old 11", b"old 13"))[0] == 422
                assert post(again.url, request(desk, 13))[0] == 200
            else:
                assert post(again.url, fork)[0] == 422
                assert post(again.url, step)[0] == 200
    assert sizes == sorted(sizes) and set(sizes) == {11, 13}


def test_many_who_ask_at_once(desk: Desk, north: Witness) -> None:
    """Of those who extend the same checkpoint one is first; no answer rolls back what another was given."""
    bodies = []
    for by in ("DPA", "EFE", "ANSA", "TASS"):
        bodies += [request(desk)] * 4
        desk.deny(by)
    answers: list[int] = []
    threads = [threading.Thread(target=lambda b=body: answers.append(post(north.url, b)[0])) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [409] * 15


@pytest.mark.parametrize("damage", [b"", b"x", None])
def test_a_memory_that_is_damaged_vouches_for_nothing(desk: Desk, damage: bytes | None) -> None:
    keys, log = desk.folder / "their-keys", desk.signer.verifier
    with witness(keys, "court", log) as court:
        post(court.url, request(desk))
    path = court.log / "checkpoint"
    put(path, path.read_bytes().replace(b"\n11\n", b"\n10\n") if damage is None else damage)
    words = desk.shell.refused(3, "witness", "serve", "--keys", str(keys), "--key", str(log), "--port", "0")
    assert f"{path}: is not what this witness cosigned last: " in words
    (keys / "witness" / "secret").unlink()
    words = desk.shell.refused(3, "witness", "key", "--keys", str(keys), "--name", "court.example")
    assert "the secret of this witness is gone" in words


@pytest.mark.parametrize("data", [None, b"", b"another"])
def test_a_memory_that_is_changed_under_its_feet_vouches_for_nothing(
    desk: Desk, north: Witness, data: bytes | None
) -> None:
    assert post(north.url, request(desk))[0] == 200
    path = north.log / "checkpoint"
    path.unlink() if data is None else put(path, data)
    desk.deny("DPA")
    assert post(north.url, request(desk, 11))[0] == 503
    assert "checkpoint: was changed by another program" in north.said[0]


def test_a_disk_that_is_full_cosigns_nothing(desk: Desk, north: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    assert post(north.url, request(desk))[0] == 200
    desk.deny("DPA")
    body = request(desk, 11)
    with ExitStack() as full:
        north.log.chmod(0o500)
        full.callback(north.log.chmod, 0o700)
        with monkeypatch.context() as patch:
            patch.setattr("ledger.book.files.tempfile.mkstemp", _full)
            assert post(north.url, body)[0] == 503
    assert north.remembered.size == 11
    assert "cannot be written: no space left on device" in north.said[0]
    assert post(north.url, body)[0] == 200


def _full(**_: Any) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("args", "code", "why"),
    [
        (("add", "w", "ftp://x.example", str(FALSE.verifier)), 2, "is no address that begins with http"),
        (("add", "w", "https://", str(FALSE.verifier)), 2, "is no address that begins with http"),
        (("add", "w", "https://x y", str(FALSE.verifier)), 2, "is no address that begins with http"),
        (("add", "w", "https://x.example", "nonsense"), 2, "is neither a verifier key nor a file"),
        (("add", "w", "https://x.example", str(Verifier(ORIGIN, FALSE.verifier.key))), 2, "is not a witness's"),
        (("add", "none", "https://x.example", str(FALSE.verifier)), 1, "the name none is taken"),
        (("remove", "w"), 1, "there is no witness w"),
        (("quorum", "2"), 1, "there is no witness yet"),
        (("key",), 3, "there is no key in "),
        (("key", "--name", "a b"), 2, "cannot name a key"),
        (("serve", "--key", str(FALSE.verifier), "--name", "x"), 2, "which is not a log's"),
        (
            ("serve", "--key", str(Verifier(ORIGIN, FALSE.verifier.key)), "--name", "x", "--bind", "256.1.1.1"),
            3,
            "256.1.1.1",
        ),
    ],
)
def test_what_the_commands_refuse(desk: Desk, args: tuple[str, ...], code: int, why: str) -> None:
    words = desk.shell.refused(code, "witness", *args)
    assert why in words and "\nnext: " in words and "unexpected" not in words
