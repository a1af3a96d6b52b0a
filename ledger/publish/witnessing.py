"""Witnessing the logs of others: what is remembered of each, durably, and the door at which they ask.

The folder of a witness has its ``secret``, its ``verifier`` key, and below ``logs`` a folder for each log: in that
``checkpoint``, the last note that it cosigned, and ``forks``, one file for each request that did not extend it. The
checkpoint is on the disk before its cosignature is given out. If we crash at any point, nothing was cosigned that is
not remembered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from ledger.book.files import beside, settle
from ledger.errors import LedgerError, Misused, Rejected, Unavailable
from ledger.publish.keys import SECRET, VERIFIER, folder_of, load_secret, write_secret
from ledger.store import occupied
from ledger.tlog import Invalid, Signer, Verifier, open_note, read_checkpoint
from ledger.tlog.note import COSIGNATURE, ED25519
from ledger.tlog.witness import MOST_REQUEST, Answer, answer, evidence, origin_asked

FOLDER, LOGS, FORKS, CHECKPOINT = "witness", "logs", "forks", "checkpoint"
PATH = "/add-checkpoint"
_MOST_FORKS = 1_000
_REASONS = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    422: "Unprocessable Entity",
    503: "Service Unavailable",
}


def witness_key(keys: Path, name: str | None, seed: bytes) -> Signer:
    """Return the key of this witness; one is made of ``seed`` if there is none yet, which needs a ``name``.

    Raises :class:`~ledger.errors.Rejected` if the key there has another name, :class:`~ledger.errors.Misused` for a
    name that no key can have, :class:`~ledger.errors.Unavailable` if it cannot be read or written.
    """
    folder = keys / FOLDER
    try:
        if not (folder / SECRET).exists():
            _make(folder, name, seed)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        step = "make room, or choose another folder with --keys"
        raise Unavailable(f"witness: {folder}: cannot be written: {why}", next=step) from None
    signer = load_secret(folder / SECRET)
    if signer.verifier.kind != COSIGNATURE:
        raise Unavailable(f"witness: {folder / SECRET}: is no witness's key", next="put the right key there")
    if name is not None and name != signer.verifier.name:
        why = f"witness: the key in {folder} is that of {signer.verifier.name}"
        raise Rejected(why, next="leave --name out, or choose another folder with --keys")
    return signer


def _make(folder: Path, name: str | None, seed: bytes) -> None:
    if name is None:
        step = "make it with `claims witness key --name witness.example.org`"
        raise Unavailable(f"witness: there is no key in {folder} yet", next=step)
    try:
        signer = Signer(name, seed, COSIGNATURE)
    except Invalid as error:
        raise Misused(f"witness: {error}", next="choose a name like witness.example.org") from None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with occupied(folder, "another program is making this key"):
        if not (folder / SECRET).exists():
            if (folder / LOGS).exists():
                step = "put back a copy of it; a new key would vouch for what it does not remember"
                raise Unavailable(f"witness: {folder}: the secret of this witness is gone", next=step)
            with beside(folder / VERIFIER) as file:
                file.write(f"{signer.verifier}\n".encode())
            write_secret(folder / SECRET, signer)
            settle(folder.parent)


class _Log:
    """What is remembered of one log."""

    def __init__(self, folder: Path, note: bytes | None) -> None:
        self.folder = folder
        self.note = note
        self.lock = Lock()


def _check_memory(log: _Log) -> None:
    """Cosign nothing on a memory that somebody else has changed, or taken away."""
    path = log.folder / CHECKPOINT
    if (path.read_bytes() if path.exists() else None) != log.note:
        raise Unavailable(f"{path}: was changed by another program", next="find out which; then start the witness anew")


class Witness:
    """A witness of some logs; ``say`` is told of forks and of what cannot be written."""

    def __init__(self, signer: Signer, folder: Path, logs: Sequence[Verifier], say: Callable[[str], None]) -> None:
        self._signer = signer
        self._say = say
        self._keys: dict[str, list[Verifier]] = {}
        for verifier in logs:
            if verifier.kind != ED25519:
                why = f"log: the key of {verifier.name} is of type 0x{verifier.kind:02x}, which is not a log's"
                raise Misused(why, next="give what `claims key show` printed there")
            self._keys.setdefault(verifier.name, []).append(verifier)
        self._logs = {origin: self._load(folder_of(folder / LOGS, origin), origin) for origin in self._keys}

    def _load(self, folder: Path, origin: str) -> _Log:
        for above in (folder.parent, folder.parent.parent):
            settle(above)  # a memory in a folder that a power failure takes away is none
        path = folder / CHECKPOINT
        note = path.read_bytes() if path.exists() else None
        try:
            if note is not None:
                open_note(note, [self._signer.verifier])
                if read_checkpoint(note).origin != origin:
                    raise Invalid("it is of another log")
        except Invalid as error:
            why = f"witness: {path}: is not what this witness cosigned last: {error}"
            raise Unavailable(why, next="put back a copy of it; without it the past of that log is forgotten") from None
        return _Log(folder, note)

    def add_checkpoint(self, data: bytes) -> Answer:
        """Answer a request. Each log is looked at, decided on and remembered by one at a time."""
        log = self._logs.get(origin_asked(data) or "")
        if log is None:
            return answer(data, self._keys, None, self._signer, 0)
        with log.lock:
            found = answer(data, self._keys, log.note, self._signer, int(time.time()))
            try:
                _check_memory(log)
                if found.remember is not None:
                    with beside(log.folder / CHECKPOINT, 0o600) as file:
                        file.write(found.remember)
                    log.note = found.remember
                if found.suspect:
                    self._keep_evidence(log, data)
            except (LedgerError, OSError) as error:
                self._say(f"witness: {error}")
                if found.status == 200:
                    return Answer(503, "this witness cannot write down what it would cosign\n")
        return found

    def _keep_evidence(self, log: _Log, data: bytes) -> None:
        name, text = evidence(log.note, data)
        folder = log.folder / FORKS
        path = folder / f"{name}.txt"
        if path.exists():
            return
        if folder.exists() and sum(1 for _ in folder.iterdir()) >= _MOST_FORKS:
            self._say(f"witness: {folder} has {_MOST_FORKS} files of evidence, and takes no more")
            return
        with beside(path, 0o600) as file:
            file.write(text.encode(errors="replace"))
        self._say(f"witness: a request did not extend what was cosigned; both notes are kept in {path}")


@contextmanager
def witnessing(
    keys: Path, name: str | None, seed: bytes, logs: Sequence[Verifier], say: Callable[[str], None]
) -> Iterator[tuple[Witness, Verifier]]:
    """Take up the work of a witness, alone: no other program witnesses any of these logs from this folder meanwhile.

    Raises :class:`~ledger.errors.Unavailable` if one does, or if what was remembered is damaged.
    """
    signer = witness_key(keys, name, seed)
    with ExitStack() as held:
        try:
            # Held before it is read, so that nobody remembers something newer behind our back.
            for origin in {each.name for each in logs}:
                folder = folder_of(keys / FOLDER / LOGS, origin)
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                held.enter_context(occupied(folder, "another program is witnessing this log"))
            witness = Witness(signer, keys / FOLDER, logs, say)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise Unavailable(f"witness: {keys / FOLDER}: {why}", next="check who may read and write it") from None
        yield witness, signer.verifier


Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def application(witness: Witness, log: Callable[[str], None]) -> Callable[[Environ, StartResponse], Iterable[bytes]]:
    """Return the witness as a WSGI application; ``log`` takes a line for each request, without what is in it."""

    def serve(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        asked = environ.get("PATH_INFO") == PATH
        method = environ.get("REQUEST_METHOD")
        found = _handled(witness, environ) if asked and method == "POST" else None
        if found is None:
            found = Answer(405, "POST it\n") if asked else Answer(404, f"there is only {PATH} here\n")
        who = str(environ.get("REMOTE_ADDR", "-"))
        log(f"{who} {'add-checkpoint' if asked else 'another path'} {found.status}")
        body = found.body.encode()
        headers = [("Content-Type", found.content_type), ("Content-Length", str(len(body)))]
        if found.status == 405:
            headers.append(("Allow", "POST"))
        start_response(f"{found.status} {_REASONS[found.status]}", headers)
        return [body]

    return serve


def _handled(witness: Witness, environ: Environ) -> Answer:
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return Answer(400, "the length of the request is no number\n")
    if length > MOST_REQUEST:
        return Answer(413, f"a request has {MOST_REQUEST} bytes at most\n")
    return witness.add_checkpoint(environ["wsgi.input"].read(max(length, 0)))
