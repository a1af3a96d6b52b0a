"""Signed notes (C2SP signed-note): a text, an empty line, and lines of signatures by named keys.

A log's key signs the text itself. A witness's key cosigns it (C2SP tlog-cosignature, ``cosignature/v1``): it signs the
time as well, and its signature begins with that.

A verifier key is the text ``name+<key id in hex>+<base64 of type and public key>``; the secret is written as Go's
``PRIVATE+KEY+name+<key id>+<base64 of type and seed>``, so that other people's signers take it. The key id is the
first 4 bytes of ``SHA-256(name || 0x0A || type || public key)``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.tlog.tree import Invalid

ED25519 = 0x01
"""The type of a key whose signature is plain Ed25519 over the text."""

COSIGNATURE = 0x04
"""The type of a witness's key: Ed25519 over the time and the text."""

MOST_SIGNATURES = 100
"""How many signature lines a note may have; the specification asks for 16 at least."""

_MARK = "— "
_NAME = re.compile(r"[^\s+]+")
_UNSIGNABLE = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")
_KEY_ID = re.compile(r"[0-9a-f]{8}")
_SECRET = "PRIVATE+KEY+"
_TIME_BYTES = 8


class Unsigned(Invalid):
    """No key that is asked for has signed the note."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the name of the key, its 4-byte id, and the bytes of the signature."""

    name: str
    key_id: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, and its signatures, as they stand; nothing of it is verified."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key by name. ``key`` is the 32 bytes of an Ed25519 public key, ``kind`` what it signs."""

    name: str
    key: bytes
    kind: int = ED25519

    @property
    def key_id(self) -> bytes:
        """The 4 bytes by which a signature line names the key."""
        return _key_id(self.name, self.kind, self.key)

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """Read a verifier key. Raises :class:`Invalid`."""
        name, key_id, kind, key = _parse_key(text, "verifier key")
        try:
            Ed25519PublicKey.from_public_bytes(key)
        except ValueError:
            raise Invalid("the verifier key is no Ed25519 key") from None
        verifier = cls(name, key, kind)
        if verifier.key_id != key_id:
            raise Invalid(f"the key id {key_id.hex()} is not that of this verifier key, {verifier.key_id.hex()}")
        return verifier

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.kind]) + self.key)}"

    def made(self, signature: Signature) -> bool:
        """Whether a signature line names this key."""
        return signature.name == self.name and signature.key_id == self.key_id

    def check(self, text: str, signature: Signature) -> None:
        """Raise :class:`Invalid` unless this key signed ``text``."""
        message, value = text.encode(), signature.value
        if self.kind == COSIGNATURE:
            message, value = _cosigned(text, cosigned_at(signature)), value[_TIME_BYTES:]
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(value, message)
        except (InvalidSignature, ValueError):
            raise Invalid(f"the signature by {self.name} ({self.key_id.hex()}) is not over this text") from None


class Signer:
    """A secret key by name. ``seed`` is the 32 bytes of an Ed25519 secret key, ``kind`` what it signs."""

    def __init__(self, name: str, seed: bytes, kind: int = ED25519) -> None:
        """Take a key. Raises :class:`Invalid` if name or seed cannot be."""
        check_name(name)
        if len(seed) != 32:
            raise Invalid("the seed of a key has 32 bytes")
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw(), kind)

    @classmethod
    def parse(cls, text: str) -> Signer:
        """Read a secret key as :meth:`secret` writes it. Raises :class:`Invalid`, which never tells the secret."""
        if not text.startswith(_SECRET):
            raise Invalid("the secret key does not begin with PRIVATE+KEY+")
        name, key_id, kind, seed = _parse_key(text.removeprefix(_SECRET), "secret key")
        signer = cls(name, seed, kind)
        if signer.verifier.key_id != key_id:
            raise Invalid(f"the key id {key_id.hex()} is not that of this secret key")
        return signer

    def secret(self) -> str:
        """Return the secret key as a text."""
        verifier = self.verifier
        return f"{_SECRET}{verifier.name}+{verifier.key_id.hex()}+{_base64(bytes([verifier.kind]) + self._seed)}"

    def sign(self, text: str) -> Signature:
        """Sign a text. Raises :class:`Invalid` if it can be no text of a note."""
        _check_text(text)
        assert self.verifier.kind == ED25519, "a witness's key cosigns"
        return Signature(self.verifier.name, self.verifier.key_id, self._key.sign(text.encode()))

    def cosign(self, text: str, time: int) -> Signature:
        """Cosign a text as of ``time``, in seconds since the epoch. Raises :class:`Invalid` as :meth:`sign` does."""
        _check_text(text)
        assert self.verifier.kind == COSIGNATURE, "a log's key signs"
        value = time.to_bytes(_TIME_BYTES) + self._key.sign(_cosigned(text, time))
        return Signature(self.verifier.name, self.verifier.key_id, value)

    def __repr__(self) -> str:
        return f"Signer({self.verifier})"


def cosigned_at(signature: Signature) -> int:
    """Return the time of a cosignature, in seconds since the epoch; nothing is verified. Raises :class:`Invalid`."""
    time = int.from_bytes(signature.value[:_TIME_BYTES])
    if len(signature.value) < _TIME_BYTES or time >= 1 << 63:
        raise Invalid(f"the cosignature by {signature.name} has no time")
    return time


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def format_note(note: Note) -> bytes:
    """Write a note. Raises :class:`Invalid` if it has no signature or its text cannot be signed."""
    _check_text(note.text)
    if not note.signatures:
        raise Invalid("a note has a signature at least")
    return (note.text + "\n" + "".join(map(format_signature, note.signatures))).encode()


def format_signature(signature: Signature) -> str:
    """Write a signature line, with its end."""
    return f"{_MARK}{signature.name} {_base64(signature.key_id + signature.value)}\n"


def parse_note(data: bytes) -> Note:
    """Read a note without verifying it. Raises :class:`Invalid`."""
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("the note is not UTF-8") from None
    _check_characters(whole)
    text, separator, rest = whole.rpartition("\n\n")
    if not separator or not rest.endswith("\n"):
        raise Invalid("the note does not end in an empty line and signatures")
    lines = rest.removesuffix("\n").split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise Invalid(f"the note has more than {MOST_SIGNATURES} signatures")
    return Note(text + "\n", tuple(parse_signature(line) for line in lines))


def open_note(data: bytes, verifiers: Iterable[Verifier]) -> tuple[Note, tuple[Verifier, ...]]:
    """Read a note and verify it; return it with those of ``verifiers`` that signed it.

    Signatures by other keys are ignored. Raises :class:`Unsigned` if none of these signed it, :class:`Invalid` if the
    note is malformed, or if a line in the name of one of them is not a signature over this text.
    """
    note = parse_note(data)
    signed: dict[Verifier, None] = {}
    known = list(verifiers)
    for signature in note.signatures:
        for verifier in known:
            if verifier.made(signature):
                verifier.check(note.text, signature)
                signed[verifier] = None
    if not signed:
        names = ", ".join(f"{each.name} ({each.key_id.hex()})" for each in note.signatures)
        raise Unsigned(f"no key that is asked for has signed it; it is signed by {names}")
    return note, tuple(signed)


def check_name(name: str) -> None:
    """Raise :class:`Invalid` unless ``name`` can be the name of a key: no space and no plus, and not empty."""
    if not _NAME.fullmatch(name) or _UNSIGNABLE.search(name):
        raise Invalid(f"{name!r} cannot name a key: it is empty, or has a space or a +")


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise Invalid("the text of a note ends in a newline")
    _check_characters(text)


def _check_characters(text: str) -> None:
    if _UNSIGNABLE.search(text):
        raise Invalid("a note is Unicode, with no control character but newlines")


def parse_signature(line: str) -> Signature:
    """Read a signature line, without its end. Raises :class:`Invalid`."""
    name, separator, encoded = line.removeprefix(_MARK).partition(" ")
    if not line.startswith(_MARK) or not separator:
        raise Invalid(f"{line[:60]!r} is no signature line")
    check_name(name)
    value = decode_base64(encoded, "a signature")
    if len(value) <= 4:
        raise Invalid(f"the signature by {name} is too short")
    return Signature(name, value[:4], value[4:])


def _parse_key(text: str, what: str) -> tuple[str, bytes, int, bytes]:
    """Name, key id, type and the 32 bytes of a key. Never tells what it was given, which may be a secret."""
    pieces = text.split("+", 2)
    if len(pieces) != 3 or not _KEY_ID.fullmatch(pieces[1]):
        raise Invalid(f"the {what} has not the form name+key id+base64")
    check_name(pieces[0])
    try:
        data = decode_base64(pieces[2], f"the {what}")
    except Invalid:
        raise Invalid(f"the {what} is not in canonical base64") from None
    if len(data) != 33 or data[0] not in (ED25519, COSIGNATURE):
        raise Invalid(f"the {what} is of another type than Ed25519 (0x01) and its cosignatures (0x04)")
    return pieces[0], bytes.fromhex(pieces[1]), data[0], data[1:]


def _key_id(name: str, kind: int, key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def decode_base64(text: str, what: str) -> bytes:
    """Read base64 in its canonical form alone: padded, and without stray bits. Raises :class:`Invalid`."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = None
    if data is None or _base64(data) != text:
        raise Invalid(f"{what} is not in canonical base64")
    return data
