"""What a witness is asked and answers (C2SP tlog-witness), without the network and the disk.

A witness remembers, for each log that it knows, the last checkpoint that it cosigned, and cosigns nothing that does not
extend that one. :func:`answer` is the whole of its mind: from what it remembers and a request to an answer, and what to
remember before the answer is given.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.tlog.checkpoint import Checkpoint, parse_checkpoint, read_checkpoint
from ledger.tlog.note import (
    Note,
    Signer,
    Verifier,
    cosigned_at,
    decode_base64,
    format_note,
    format_signature,
    open_note,
    parse_note,
    parse_signature,
)
from ledger.tlog.tree import EMPTY_ROOT, HASH_SIZE, Invalid, check_consistency

MOST_HASHES = 63
"""How many hashes of a proof a request may have."""

MOST_REQUEST = 64 * 1024
"""How many bytes a request may have."""

SIZE_TYPE = "text/x.tlog.size"

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n?")


@dataclass(frozen=True, slots=True)
class Request:
    """``add-checkpoint``: the size that the witness is thought to remember, the proof from there, the signed note."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def format(self) -> bytes:
        """Return the body of the request."""
        hashes = [base64.b64encode(each).decode() for each in self.proof]
        return "".join(f"{line}\n" for line in (f"old {self.old}", *hashes, "")).encode() + self.note


def parse_request(data: bytes) -> Request:
    """Read the body of a request. Raises :class:`Invalid`."""
    head, separator, note = data.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Invalid("the request is not made of lines of ASCII before its checkpoint") from None
    match = _OLD.fullmatch(first)
    if not separator or match is None:
        raise Invalid("the request does not begin with the old size, or has no checkpoint")
    if len(lines) > MOST_HASHES:
        raise Invalid(f"the request has more than {MOST_HASHES} hashes")
    proof = tuple(decode_base64(line, "a hash of the proof") for line in lines)
    if any(len(each) != HASH_SIZE for each in proof):
        raise Invalid(f"the proof has a hash that has not {HASH_SIZE} bytes")
    return Request(int(match[1]), proof, note)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. ``remember`` is the cosigned note, which has to be on the disk before a 200 is given.

    ``suspect`` says that the log signed what does not extend what is remembered, or that the proof is false: whichever
    it is, both notes are worth keeping.
    """

    status: int
    body: str
    content_type: str = "text/plain; charset=utf-8"
    remember: bytes | None = None
    suspect: bool = False


def answer(
    data: bytes, logs: Mapping[str, Sequence[Verifier]], remembered: bytes | None, signer: Signer, time: int
) -> Answer:
    """Answer a request; ``logs`` are the keys by origin, ``remembered`` is the last note cosigned for this origin.

    ``time`` is in seconds since the epoch; a clock that was set back does not make a cosignature older than the one
    before it. Never raises for what a client sent.
    """
    try:
        request = parse_request(data)
        checkpoint = read_checkpoint(request.note)
    except Invalid as error:
        return Answer(400, f"{error}\n")
    verifiers = [each for each in logs.get(checkpoint.origin, ()) if each.name == checkpoint.origin]
    if not verifiers:
        return Answer(404, "this witness does not know that log\n")
    try:
        note, signed = open_note(request.note, verifiers)
    except Invalid as error:
        return Answer(403, f"{error}\n")
    if request.old > checkpoint.size:
        return Answer(400, "the old size is larger than that of the checkpoint\n")
    before = Checkpoint(checkpoint.origin, 0, EMPTY_ROOT) if remembered is None else read_checkpoint(remembered)
    if request.old != before.size:
        return Answer(409, f"{before.size}\n", SIZE_TYPE)
    try:
        check_consistency(request.proof, before.size, checkpoint.size, before.root, checkpoint.root)
    except Invalid as error:
        return Answer(422, f"{error}\n", suspect=True)
    if remembered is not None:
        time = max(
            time, *(cosigned_at(each) for each in parse_note(remembered).signatures if signer.verifier.made(each))
        )
    cosignature = signer.cosign(note.text, time)
    # Lines of strangers are not kept: they may be anything.
    lines = [each for each in note.signatures if any(verifier.made(each) for verifier in signed)]
    kept = format_note(Note(note.text, (*lines, cosignature)))
    return Answer(200, format_signature(cosignature), remember=kept)


def origin_asked(data: bytes) -> str | None:
    """Return the origin that a request is about, None if it cannot be read."""
    try:
        return read_checkpoint(parse_request(data).note).origin
    except Invalid:
        return None


def evidence(remembered: bytes | None, data: bytes) -> tuple[str, str]:
    """Return a name for a suspicious request, and what is to be kept of it: both notes and the proof.

    The name follows from what the log signed alone, so that nobody else can make up new evidence by the thousand.
    """
    before = b"" if remembered is None else remembered
    texts = [parse_note(each).text for each in (before, parse_request(data).note) if each]
    name = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    told = f"This witness has cosigned:\n\n{before.decode()}" if before else "This witness has cosigned nothing yet.\n"
    return name, f"{told}\nIt was then asked, by a request that it refused:\n\n{data.decode(errors='replace')}"


def read_size(body: bytes) -> int:
    """Read the size that a witness tells with a 409. Raises :class:`Invalid`."""
    match = _SIZE.fullmatch(body.decode("ascii", errors="replace"))
    if match is None:
        raise Invalid("the answer tells no size")
    return int(match[1])


def read_cosignatures(body: bytes, text: str, verifier: Verifier) -> list[str]:
    """Return the lines of an answer by which a witness cosigns ``text``; those of others are ignored.

    Raises :class:`Invalid` if there is none, or one that is over something else.
    """
    try:
        lines = [parse_signature(line) for line in body.decode().removesuffix("\n").split("\n")]
    except UnicodeDecodeError:
        raise Invalid("the answer is no text") from None
    mine = [each for each in lines if verifier.made(each)]
    for each in mine:
        verifier.check(text, each)
    if not mine:
        raise Invalid(f"the answer has no cosignature by {verifier.name} ({verifier.key_id.hex()})")
    return [format_signature(each) for each in mine]


def cosignature_times(data: bytes, witnesses: Sequence[Verifier]) -> dict[Verifier, int]:
    """Return when each of ``witnesses`` first cosigned a note; those that did not are left out.

    Raises :class:`Invalid` if a line in the name of one of them is not over this text.
    """
    note = parse_note(data)
    times: dict[Verifier, int] = {}
    for line in note.signatures:
        for verifier in witnesses:
            if verifier.made(line):
                verifier.check(note.text, line)
                times[verifier] = min(times.get(verifier, 1 << 63), cosigned_at(line))
    return times


def merge_notes(notes: Sequence[bytes]) -> bytes:
    """Return one note with every signature line of these, which are over one text, in the order in which they come.

    Raises :class:`Invalid` if they are not.
    """
    parsed = [parse_note(each) for each in notes]
    if len({each.text for each in parsed}) != 1:
        raise Invalid("the notes are not over one text")
    parse_checkpoint(parsed[0].text)
    lines = dict.fromkeys(line for each in parsed for line in each.signatures)
    return format_note(Note(parsed[0].text, tuple(lines)))
