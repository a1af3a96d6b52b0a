"""The witnesses of our log: who they are, and how they are asked to cosign a checkpoint.

They stand in ``policy`` beside the key, a C2SP policy file with addresses. What is cosigned was signed and remembered
before any of them sees it. A cosignature adds to what is known of a checkpoint and changes nothing of it, so a witness
that is down, slow or wrong costs at most the quorum.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ledger.book.files import beside
from ledger.errors import Misused, Problem, Rejected, Unavailable
from ledger.publish.history import SLACK
from ledger.publish.keys import Key, folder_of, known_verifiers
from ledger.publish.signing import Signed
from ledger.store import Reader, Store, occupied
from ledger.tlog import Checkpoint, Invalid, Note, Verifier, format_note, parse_note, prove_consistency
from ledger.tlog.note import COSIGNATURE
from ledger.tlog.policy import Policy, parse_policy, with_quorum, with_witness, without_witness
from ledger.tlog.witness import Request, cosignature_times, merge_notes, read_cosignatures, read_size

if TYPE_CHECKING:
    import urllib3

POLICY = "policy"
_MOST_POLICY = 1 << 20
_MOST_ANSWER = 64 * 1024
_CONNECT, _READ = 3.0, 8.0
_TRIES = 2
_HEADERS = {"Content-Type": "text/plain; charset=utf-8"}
_AGAIN = (429, 500, 502, 503, 504)
_DEADLINE = 40.0
"""After so many seconds nobody is waited for."""

_OFF = SLACK - 10
"""How many seconds the time of a cosignature may lie before or after the moment at which it was asked for."""


# Who they are


def read_policy(path: Path) -> Policy:
    """Read a policy file. Raises :class:`~ledger.errors.Unavailable` if it cannot be read or is none."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_POLICY + 1)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Unavailable(f"policy: {path}: cannot be read: {why}", next="check the path") from None
    try:
        if len(data) > _MOST_POLICY:
            raise Invalid(f"it has more than {_MOST_POLICY:,} bytes")
        return parse_policy(data.decode("utf-8", errors="surrogateescape"))
    except Invalid as error:
        step = "mend that line; https://c2sp.org/tlog-policy says what may stand there"
        raise Unavailable(f"policy: {path}: {error}", next=step) from None


def policy_of(folder: Path) -> Policy:
    """Return the policy beside a key, that of no witnesses if there is none; its logs are the keys that are known."""
    path = folder / POLICY
    policy = read_policy(path) if path.exists() else Policy()
    return replace(policy, logs=known_verifiers(folder))


def change_policy(keys: Path, origin: str, change: Callable[[Policy], Policy]) -> Policy:
    """Change the policy beside the key of a log, and return it.

    Raises :class:`~ledger.errors.Unavailable` if there is no key, :class:`~ledger.errors.Rejected` if the change makes
    no policy.
    """
    folder = folder_of(keys, origin)
    if not known_verifiers(folder):
        raise Unavailable(f"key: there is none for {origin} in {keys}", next="make one with `claims key new`")
    with occupied(folder, "another program is signing with this key"):
        try:
            policy = change(policy_of(folder))
        except Invalid as error:
            raise Rejected(f"witness: {error}", next="`claims witness list` shows the policy as it is") from None
        with beside(folder / POLICY) as file:
            file.write(policy.format().encode(errors="surrogateescape"))
    return policy


def add_witness(keys: Path, origin: str, name: str, address: str, key: Verifier) -> Policy:
    """Add a witness of a log. Raises as :func:`change_policy` does, and ``Misused`` for a key or address that is none.

    From then on it counts in the quorum, unless the quorum is none.
    """
    if key.kind != COSIGNATURE:
        why = f"witness: the key of {key.name} is of type 0x{key.kind:02x}, which is not a witness's"
        raise Misused(why, next="ask the witness for its key of type 0x04; `claims witness key` prints such a one")
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)
        good = good and address.isprintable() and " " not in address and parts.port != 0
    except ValueError:
        good = False
    if not good:
        step = "give it as the witness told it, as in https://witness.example.org/"
        raise Misused(f"witness: {address[:80]}: is no address that begins with http:// or https://", next=step)
    return change_policy(keys, origin, lambda policy: with_witness(policy, name, key, address.rstrip("/")))


def remove_witness(keys: Path, origin: str, name: str) -> Policy:
    """Take a witness of a log away. Raises as :func:`change_policy` does."""
    return change_policy(keys, origin, lambda policy: without_witness(policy, name))


def set_quorum(keys: Path, origin: str, rule: str) -> Policy:
    """Say how many witnesses a checkpoint needs. Raises as :func:`change_policy` does."""
    return change_policy(keys, origin, lambda policy: with_quorum(policy, rule))


# How they are asked


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A signed checkpoint, cosigned as far as it came: ``missing`` are the witnesses that did not, and why.

    ``lacks`` says what is missing to a quorum, and is empty if nothing is.
    """

    signed: Signed
    missing: tuple[Problem, ...] = ()
    lacks: str = ""

    def demand(self) -> None:
        """Raise :class:`~ledger.errors.Unavailable` unless a quorum has cosigned."""
        if self.lacks:
            size = self.signed.checkpoint.size
            why = f"the checkpoint of size {size} is signed and kept, but lacks a quorum of witnesses: {self.lacks}"
            raise Unavailable(
                why, next="do it again once they answer, or see `claims witness quorum --help`", problems=self.missing
            )


def gather(store: Store, key: Key, signed: Signed) -> Witnessed:
    """Ask each witness that has not cosigned a checkpoint to do so, and keep the cosigned note as the signed one is."""
    policy = policy_of(key.folder)
    own = _own(signed.note, key.verifiers)
    with store.reading(signed.checkpoint.size) as reader:
        asked = [
            _Asking(name, policy.addresses.get(name, ""), verifier, own, _last_cosigned(reader, verifier))
            for name, verifier in policy.witnesses.items()
            if verifier not in _times(signed.note, [verifier])
        ]
        wanted = _proofs(reader, asked)
    _ask_all(asked, signed.checkpoint, wanted, store)
    found = [merged for each in asked for merged in each.notes()]
    if found:
        signed = replace(signed, note=merge_notes([signed.note, *found]))
        _keep(store, key, signed)
    missing = tuple(Problem(f"witness {each.name}", each.why) for each in asked if not each.lines)
    return Witnessed(signed, missing, policy.missing(tuple(_times(signed.note, list(policy.witnesses.values())))))


def _times(note: bytes, witnesses: Sequence[Verifier]) -> dict[Verifier, int]:
    try:
        return cosignature_times(note, witnesses)
    except Invalid:
        return {}


def _own(note: bytes, verifiers: Sequence[Verifier]) -> bytes:
    """The note with the signatures of the log alone."""
    parsed = parse_note(note)
    lines = tuple(line for line in parsed.signatures if any(each.made(line) for each in verifiers))
    return format_note(Note(parsed.text, lines))


def _last_cosigned(reader: Reader, verifier: Verifier) -> int:
    """The size that a witness most likely remembers; if it does not, it tells."""
    kept = reversed(list(reader.checkpoints()))
    return next((size for size, note in kept if _times(note, [verifier])), 0)


def _keep(store: Store, key: Key, signed: Signed) -> None:
    with key.alone():
        last = key.last()
        if last is not None and parse_note(last).text == signed.checkpoint.text:
            key.remember(merge_notes([signed.note, last]))
    with store.writing() as writer:
        writer.keep_checkpoint(signed.checkpoint.size, signed.note)


@dataclass
class _Asking:
    """One witness, and what came of asking it."""

    name: str
    address: str
    verifier: Verifier
    note: bytes
    old: int
    why: str = f"has not answered within {_DEADLINE:.0f} seconds"
    lines: list[str] = field(default_factory=list)
    begun: float = field(default_factory=time.time)

    def notes(self) -> list[bytes]:
        """The note with its cosignatures, if there are any."""
        text = parse_note(self.note).text
        return [f"{text}\n{''.join(self.lines)}".encode()] if self.lines else []


Proofs = dict[int, tuple[bytes, ...]]


def _proofs(reader: Reader, asked: Sequence[_Asking]) -> Proofs:
    return {old: tuple(prove_consistency(reader.nodes(), old, reader.size)) for old in {each.old for each in asked}}


def _ask_all(asked: Sequence[_Asking], checkpoint: Checkpoint, proofs: Proofs, store: Store) -> None:
    """Ask all at once, and those that tell another size once more; nobody is waited for longer than the deadline."""
    if not asked:
        return
    import urllib3

    tries = urllib3.Retry(
        _TRIES,
        redirect=0,
        backoff_factor=0.2,
        status_forcelist=_AGAIN,
        allowed_methods=None,
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    end = time.monotonic() + _DEADLINE
    with urllib3.PoolManager(retries=tries, timeout=urllib3.Timeout(connect=_CONNECT, read=_READ)) as pool:
        again = _round(pool, asked, checkpoint, proofs, end)
        if again:
            with store.reading(checkpoint.size) as reader:
                proofs = _proofs(reader, again)
            for each in _round(pool, again, checkpoint, proofs, end):
                each.why = f"tells another size each time, now {each.old}: another program may be asking it as well"


def _round(
    pool: urllib3.PoolManager, asked: Sequence[_Asking], checkpoint: Checkpoint, proofs: Proofs, end: float
) -> list[_Asking]:
    again: list[_Asking] = []

    def ask(each: _Asking) -> None:
        if _ask(pool, each, checkpoint, proofs[each.old]):
            again.append(each)

    # Whoever still hangs at the end of the program is left behind.
    threads = [threading.Thread(target=ask, args=(each,), daemon=True) for each in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return list(again)


def _ask(pool: urllib3.PoolManager, each: _Asking, checkpoint: Checkpoint, proof: tuple[bytes, ...]) -> bool:
    """Ask one witness; whether it is to be asked again, about the size that it told."""
    import urllib3

    address = f"{each.address}/add-checkpoint"
    body = Request(each.old, proof, each.note).format()
    try:
        answer = pool.request("POST", address, body=body, headers=_HEADERS, redirect=False, preload_content=False)
        data = answer.read(_MOST_ANSWER, decode_content=True)
        answer.close()
    except (urllib3.exceptions.HTTPError, ValueError, OSError) as error:
        why = " ".join(str(error.__cause__ or getattr(error, "reason", None) or error).split())
        each.why = f"{address}: cannot be reached: {why[:200]}"
        return False
    try:
        if answer.status == 200:
            each.lines = _verified(data, checkpoint, each)
        elif answer.status == 409:
            return _told(each, read_size(data), checkpoint)
        else:
            each.why = _refused(answer.status, data)
    except Invalid as error:
        each.why = f"{address}: answers {answer.status}, but {error}"
    return False


def _verified(data: bytes, checkpoint: Checkpoint, each: _Asking) -> list[str]:
    """The cosignatures of an answer. A time that an audit would not take is told now, while a clock can be mended."""
    lines = read_cosignatures(data, checkpoint.text, each.verifier)
    note = f"{checkpoint.text}\n{''.join(lines)}".encode()
    off = cosignature_times(note, [each.verifier])[each.verifier] - each.begun
    if abs(off) > _OFF:
        ahead = "ahead of" if off > 0 else "behind"
        raise Invalid(f"its clock is {abs(off):.0f} seconds {ahead} ours: one of the two has to be set")
    return lines


def _told(each: _Asking, size: int, checkpoint: Checkpoint) -> bool:
    if size > checkpoint.size:
        each.why = f"remembers a log of {size} entries, more than the {checkpoint.size} here: find out who signed it"
        return False
    if size == each.old == checkpoint.size:  # the specification said so until July 2026; now it says 422
        each.why = f"remembers another root at size {size}: the history was rewritten. It keeps the evidence"
        return False
    if size == each.old:
        each.why = f"answers 409, though it was asked about the size that it tells, {size}"
        return False
    each.old = size
    return True


def _refused(status: int, data: bytes) -> str:
    said = " ".join(data.decode(errors="replace").split())[:160]
    meaning = {
        400: "says that the request is malformed",
        403: "does not know the key that signed: tell it the new one",
        404: "does not know this log: tell it the key of the log, and check the address",
        422: "says that this is no continuation of what it remembers: the history was rewritten. It keeps the evidence",
    }.get(status, "cannot do it now")
    return f"answers {status}: {meaning}" + (f" ({said})" if said else "")
