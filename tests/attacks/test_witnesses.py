"""Witnesses against whoever holds the ledger, the key or the wire between; real servers on real ports."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.publish import Key, witnesses
from ledger.store import Store, Writer
from ledger.tlog import Signer, read_checkpoint
from ledger.tlog.note import COSIGNATURE, format_signature
from tests.publications import Desk, files
from tests.witnesses import Witness, add, audited, policy, post, request, serving_app, witness

REWRITTEN = "the history was rewritten"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk.of_today(tmp_path, monkeypatch)


@pytest.fixture
def north(desk: Desk) -> Iterator[Witness]:
    with witness(desk.folder / "north", "north", desk.signer.verifier) as found:
        add(desk, found)
        yield found


@pytest.fixture
def south(desk: Desk, north: Witness) -> Iterator[Witness]:
    with witness(desk.folder / "south", "south", desk.signer.verifier) as found:
        add(desk, found)
        yield found


# Asking


def test_what_is_published_is_cosigned_kept_and_demanded(desk: Desk, north: Witness, south: Witness) -> None:
    desk.deny("DPA")
    desk.shell.ok("publish", "pub")
    note = (desk.folder / "pub" / "checkpoint").read_bytes()
    assert note == (desk.key / "checkpoint").read_bytes()
    assert note.count("—".encode()) == 3
    assert (desk.folder / "pub" / "checkpoints" / "013").read_bytes() == note
    assert (desk.folder / "pub" / "checkpoints" / "sizes").read_text(encoding="ascii") == "9\n11\n13\n"
    with Store.open(desk.folder / "claims.db") as store, store.reading() as reader:
        assert reader.last_checkpoint() == (13, note)
    assert north.statuses == south.statuses == [200]
    before = files(desk.folder / "pub")
    assert "it was up to date" in desk.shell.ok("publish", "pub").err
    assert files(desk.folder / "pub") == before
    assert north.statuses == [200], "nobody is asked again who has cosigned"
    code, out = audited(desk, "--policy", policy(desk))
    assert code == 0
    assert "cosigned by north.example (" in out and "cosigned by south.example (" in out
    desk.shell.ok("verify")


def test_the_next_time_each_is_asked_about_what_it_remembers(desk: Desk, north: Witness) -> None:
    for by in ("DPA", "EFE", "ANSA"):
        desk.deny(by)
        desk.shell.ok("checkpoint")
    assert north.statuses == [200, 200, 200]
    assert north.remembered.size == 17


def test_a_size_that_the_desk_does_not_know_of_is_told_and_asked_about(desk: Desk, north: Witness) -> None:
    assert post(north.url, request(desk))[0] == 200
    desk.deny("DPA")
    desk.shell.ok("checkpoint")
    assert north.statuses == [200, 409, 200]
    assert north.remembered.size == 13


def test_a_cosignature_that_was_lost_on_its_way_is_given_again(desk: Desk, north: Witness) -> None:
    assert post(north.url, request(desk))[0] == 200
    desk.shell.ok("publish", "pub")
    assert north.statuses == [200, 409, 200]
    desk.shell.ok("prove", "5", "--out", "proof")
    desk.shell.ok("check", "proof", "--policy", policy(desk))
    desk.deny("DPA")
    desk.shell.ok("witness", "quorum", "none")
    north.verifier = FALSE.verifier
    desk.shell.ok("witness", "remove", "north")
    add(desk, north)
    desk.shell.ok("witness", "quorum", "all")
    rules = policy(desk)
    assert desk.shell("checkpoint").code == 3
    assert "lacks a quorum of witnesses: north" in desk.shell("check", "proof", "--policy", rules).out


@pytest.mark.parametrize("point", ["_ask_all", "_keep", "Key.remember", "Writer.keep_checkpoint"])
def test_a_publication_that_is_interrupted_while_it_is_cosigned(
    desk: Desk, north: Witness, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """The witness may have cosigned what the desk has not kept: it is the same checkpoint that is asked for again."""
    desk.deny("DPA")
    before = files(desk.folder / "pub")
    owner = {"Key": Key, "Writer": Writer}.get(point.split(".")[0], witnesses)
    calls = []

    def interrupted(*args: Any, **more: Any) -> Any:
        calls.append(args)
        if len(calls) == (2 if "." in point else 1):  # the first is that of the log's own signature
            raise KeyboardInterrupt
        return whole(*args, **more)

    whole = getattr(owner, point.split(".")[-1])
    with monkeypatch.context() as patch:
        patch.setattr(owner, point.split(".")[-1], interrupted)
        assert desk.shell("publish", "pub").code == 130
    assert files(desk.folder / "pub") == before
    desk.shell.ok("publish", "pub")
    assert audited(desk, "--policy", policy(desk))[0] == 0
    assert north.remembered == read_checkpoint((desk.key / "checkpoint").read_bytes())
    with Store.open(desk.folder / "claims.db") as store, store.reading() as reader:
        assert reader.last_checkpoint() == (13, (desk.folder / "pub" / "checkpoint").read_bytes())
    desk.shell.ok("verify")


def test_of_two_witnesses_one_is_down(desk: Desk, north: Witness) -> None:
    with witness(desk.folder / "south", "south", desk.signer.verifier) as south:
        add(desk, south)
    before = files(desk.folder / "pub")
    desk.deny("DPA")
    for args in (("publish", "pub"), ("checkpoint",)):
        done = desk.shell(*args)
        assert done.code == 3
        assert done.out == ""
        assert "the checkpoint of size 13 is signed and kept, but lacks a quorum of witnesses: south: " in done.err
        assert f"witness south: {south.url}/add-checkpoint: cannot be reached: " in done.err
        assert len(done.err.splitlines()) == 2
    assert files(desk.folder / "pub") == before
    assert (desk.key / "checkpoint").read_bytes().count("—".encode()) == 2, "what came is kept"
    both = policy(desk, "both")
    desk.shell.ok("witness", "quorum", "1")
    done = desk.shell.ok("publish", "pub")
    assert done.err.count("\n") == 2 and "claims: witness south: " in done.err
    assert north.statuses == [200]
    assert audited(desk, "--policy", policy(desk))[0] == 0
    code, out = audited(desk, "--policy", both)
    assert (code, out.splitlines()[-1]) == (1, "checkpoint: lacks a quorum of witnesses: south")
    with witness(desk.folder / "south", "south", desk.signer.verifier) as south:
        desk.shell.ok("witness", "remove", "south")
        add(desk, south)
        desk.shell.ok("publish", "pub")
        assert (north.statuses, south.statuses) == ([200], [200])
    assert audited(desk, "--policy", both)[0] == 0
    desk.shell.ok("witness", "quorum", "none")
    desk.deny("EFE")
    desk.shell.ok("publish", "pub")


def test_a_rotation_is_cosigned_and_an_old_auditor_follows_it_later(desk: Desk, north: Witness) -> None:
    old = str(desk.signer.verifier)
    new = desk.shell.ok("key", "rotate").out.strip()
    assert north.statuses == [200]
    desk.deny("DPA")
    assert "answers 403: does not know the key that signed: tell it the new one" in desk.shell("publish", "pub").err
    desk.shell.ok("witness", "quorum", "none")
    desk.shell.ok("publish", "pub")
    code, out = audited(desk, "--key", old, "--key", new)
    assert code == 0
    assert "at size 11 the key was replaced: the checkpoint bears both" in out
    code, out = audited(desk, "--key", new)
    assert code == 0


# Histories


def test_a_rebuilt_and_signed_history_is_refused_by_witness_and_auditor(desk: Desk, north: Witness) -> None:
    """Whoever does it holds ledger and key, and has removed what lies beside it."""
    desk.deny("DPA")
    desk.shell.ok("publish", "pub")
    kept, rules = desk.keep("cosigned"), policy(desk)
    desk.restore("yesterday.db")
    (desk.key / "checkpoint").unlink()
    for by, why in (
        ("EFE", "remembers a log of 13 entries, more than the 11 here: find out who signed it"),
        ("ANSA", f"answers 422: says that this is no continuation of what it remembers: {REWRITTEN}. It keeps"),
        ("TASS", f"answers 422: says that this is no continuation of what it remembers: {REWRITTEN}. It keeps"),
    ):
        desk.deny(by)
        done = desk.shell("publish", "fork")
        assert done.code == 3
        assert why in done.err
        assert not (desk.folder / "fork" / "checkpoint").exists()
    assert north.remembered == read_checkpoint((desk.folder / "cosigned").read_bytes())
    assert len(north.forks) == 2
    note = (desk.key / "checkpoint").read_bytes().decode()
    assert any(note in each and (north.log / "checkpoint").read_text("utf-8") in each for each in north.forks)
    assert len(north.said) == 2 and "both notes are kept in " in north.said[0]
    desk.shell("publish", "fork")
    assert len(north.forks) == 2, "once"
    desk.shell.ok("witness", "quorum", "none")
    desk.shell.ok("publish", "fork")
    code, out = audited(desk, "--policy", rules, "--since", kept, where="fork")
    assert code == 1
    assert "checkpoint: lacks a quorum of witnesses: north" in out
    assert f"the old checkpoint: has another root than these entries make at size 13: {REWRITTEN}" in out


# Whoever speaks in the name of a witness


def answering(status: str, body: bytes, kind: str = "text/plain", **headers: str) -> Any:
    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        given = [(name.replace("_", "-"), value) for name, value in headers.items()]
        start_response(status, [("Content-Type", kind), *given])
        return [body]

    return app


FALSE = Signer("north.example", bytes([7] * 32), COSIGNATURE)


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        ("200 OK", b"", "answers 200, but '' is no signature line"),
        ("200 OK", b"<html>Welcome</html>\n", "answers 200, but '<html>Welcome</html>' is no signature line"),
        ("200 OK", b"\xff" * 10, "answers 200, but the answer is no text"),
        ("200 OK", "— north.example AAAAAAAA\n".encode() * 200_000, "answers 200, but "),
        ("400 Bad Request", b"what\n", "answers 400: says that the request is malformed (what)"),
        ("403 Forbidden", b"", "answers 403: does not know the key that signed"),
        ("404 Not Found", b"\x1b[31mno\n" * 900, "answers 404: does not know this log"),
        ("409 Conflict", b"11\n", f"remembers another root at size 11: {REWRITTEN}"),
        ("409 Conflict", b"99\n", "remembers a log of 99 entries, more than the 11 here"),
        ("409 Conflict", b"-1\n", "answers 409, but the answer tells no size"),
        ("409 Conflict", b"5\n", "answers 409, though it was asked about the size that it tells, 5"),
        ("422 Unprocessable Entity", b"", "answers 422: says that this is no continuation"),
        ("302 Found", b"", "answers 302: cannot do it now"),
        ("500 Internal Server Error", b"", "answers 500: cannot do it now"),
    ],
)
def test_what_is_no_cosignature_counts_for_none(desk: Desk, status: str, body: bytes, why: str) -> None:
    with serving_app(answering(status, body, Location="http://127.0.0.1:1/", Retry_After="600")) as url:
        desk.shell.ok("witness", "add", "north", url, str(FALSE.verifier))
        before = files(desk.folder / "pub"), (desk.key / "checkpoint").read_bytes()
        done = desk.shell("publish", "pub")
    assert done.code == 3
    assert why in done.err
    assert len(done.err.splitlines()) == 2 and "\x1b" not in done.err
    assert (files(desk.folder / "pub"), (desk.key / "checkpoint").read_bytes()) == before


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (b"", "cannot be reached: "),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "cannot be reached: "),
        (b"what is this\r\n\r\n", "cannot be reached: "),
        (None, "has not answered within "),
    ],
)
def test_a_witness_that_hangs_up_or_hangs(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, says: bytes | None, why: str
) -> None:
    """Nobody waits for ever; that it hung is told as what it is."""
    monkeypatch.setattr("ledger.publish.witnesses._DEADLINE", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_speak, args=(server, says), daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        desk.shell.ok("witness", "add", "north", url, str(FALSE.verifier))
        began = time.monotonic()
        done = desk.shell("checkpoint")
    assert done.code == 3 and why in done.err and len(done.err.splitlines()) == 2
    assert time.monotonic() - began < 5


def _speak(server: socket.socket, says: bytes | None) -> None:
    held = []
    with contextlib.suppress(OSError):
        while True:
            held.append(server.accept()[0])
            if says is not None:
                held[-1].recv(65_536)
                held[-1].sendall(says)
                held[-1].close()


def test_a_replayed_cosignature_is_none(desk: Desk, north: Witness) -> None:
    """Of the checkpoint before, or of this one by a clock that runs wrong."""
    _, _, line = post(north.url, request(desk))
    desk.deny("DPA")
    text = read_checkpoint(request(desk).partition(b"\n\n")[2]).text
    late = format_signature(north.signer.cosign(text, 1_000_000_000))
    desk.shell.ok("witness", "remove", "north")
    for body, why in ((line, "is not over this text"), (late, "seconds behind ours: one of the two has to be set")):
        with serving_app(answering("200 OK", body.encode())) as url:
            desk.shell.ok("witness", "add", "mirror", url, str(north.verifier))
            assert why in desk.shell("checkpoint").err
            desk.shell.ok("witness", "remove", "mirror")
