"""Cosignatures (C2SP tlog-cosignature): a witness signs the time and the text; built here by hand, byte for byte."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.tlog import Checkpoint, Invalid, Note, Signer, Unsigned, Verifier, format_note, open_checkpoint, open_note
from ledger.tlog.note import COSIGNATURE, ED25519, Signature, cosigned_at

NAME, SEED, TIME = "witness.example/w1", bytes(range(32)), 1_679_315_147
PUBLIC = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
KEY_ID = hashlib.sha256(NAME.encode() + b"\n\x04" + PUBLIC).digest()[:4]
CHECKPOINT = Checkpoint("example.org/log", 5, bytes(32))
LOG = Signer("example.org/log", bytes(32))


def by_hand(time: int = TIME, text: str = CHECKPOINT.text) -> Signature:
    message = f"cosignature/v1\ntime {time}\n{text}".encode()
    signed = Ed25519PrivateKey.from_private_bytes(SEED).sign(message)
    return Signature(NAME, KEY_ID, time.to_bytes(8, "big") + signed)


def verifier() -> Verifier:
    material = base64.b64encode(b"\x04" + PUBLIC).decode()
    return Verifier.parse(f"{NAME}+{KEY_ID.hex()}+{material}")


def noted(*signatures: Signature) -> bytes:
    return format_note(Note(CHECKPOINT.text, (LOG.sign(CHECKPOINT.text), *signatures)))


def test_what_we_cosign_is_what_the_specification_says() -> None:
    signer = Signer(NAME, SEED, COSIGNATURE)
    assert signer.cosign(CHECKPOINT.text, TIME) == by_hand()
    assert signer.verifier == verifier()
    assert Signer.parse(signer.secret()).verifier == signer.verifier
    assert cosigned_at(by_hand()) == TIME


def test_a_cosignature_is_verified_beside_the_log_that_it_cosigns() -> None:
    note, signed = open_note(noted(by_hand()), [verifier(), LOG.verifier])
    assert set(signed) == {verifier(), LOG.verifier}
    assert [cosigned_at(each) for each in note.signatures[1:]] == [TIME]
    assert open_checkpoint(noted(by_hand()), [LOG.verifier, verifier()]) == CHECKPOINT


@pytest.mark.parametrize(
    "changed",
    [
        by_hand(text=CHECKPOINT.text.replace("5", "6")),
        Signature(NAME, KEY_ID, (TIME + 1).to_bytes(8, "big") + by_hand().value[8:]),
        Signature(NAME, KEY_ID, by_hand().value[:-1]),
        Signature(NAME, KEY_ID, by_hand().value[:6]),
        Signature(NAME, KEY_ID, bytes([0x80]) + by_hand().value[1:]),
        Signature(NAME, KEY_ID, by_hand().value[8:]),
    ],
)
def test_another_time_or_text_is_refused(changed: Signature) -> None:
    """A cosignature that is replayed under another checkpoint, or made younger, is not over it."""
    with pytest.raises(Invalid):
        open_note(noted(changed), [verifier()])


def test_a_witness_is_no_log_and_a_log_no_witness() -> None:
    """The types have key ids of their own, so the same key in the other role is a stranger."""
    with pytest.raises(Unsigned):
        open_note(noted(by_hand()), [Verifier(NAME, PUBLIC, ED25519)])
    with pytest.raises(Unsigned):
        open_note(noted(), [Verifier("example.org/log", LOG.verifier.key, COSIGNATURE)])
