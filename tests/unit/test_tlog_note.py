"""Signed notes against C2SP signed-note. What is right is put together here from hashlib and Ed25519 alone."""

from __future__ import annotations

import base64
import hashlib
from itertools import permutations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.tlog import Invalid, Note, Signer, Unsigned, Verifier, format_note, note, open_note, parse_note

NAME = "desk.example/log"
SEED = bytes.fromhex(
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
)  # RFC 8032, section 7.1, test 1
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
OTHER = bytes(range(32))
TEXT = "the claim\n\nand its state: é\n"
MARK = "\N{EM DASH} "


def public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def key_id(name: str, key: bytes, kind: int = 1) -> bytes:
    return hashlib.sha256(name.encode() + b"\x0a" + bytes([kind]) + key).digest()[:4]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def vkey(name: str, seed: bytes) -> str:
    key = public(seed)
    return f"{name}+{key_id(name, key).hex()}+{b64(bytes([1]) + key)}"


def line(text: str, name: str = NAME, seed: bytes = SEED, identity: bytes | None = None) -> str:
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(text.encode())
    return f"{MARK}{name} {b64((identity or key_id(name, public(seed))) + signature)}\n"


def signed(text: str, *lines: str) -> bytes:
    return f"{text}\n{''.join(lines)}".encode()


def verifier(name: str = NAME, seed: bytes = SEED) -> Verifier:
    return Verifier.parse(vkey(name, seed))


STRANGER = line(TEXT, "witness.example/one", OTHER)
BAD = line("another text\n")
GOOD = line(TEXT)


def refused(data: bytes) -> None:
    """Neither read nor opened; and not merely for want of a signature."""
    with pytest.raises(Invalid):
        parse_note(data)
    with pytest.raises(Invalid) as caught:
        open_note(data, [verifier()])
    assert type(caught.value) is Invalid


# What is right


def test_a_note_to_the_byte() -> None:
    signer = Signer(NAME, SEED)
    assert format_note(Note(TEXT, (signer.sign(TEXT),))) == signed(TEXT, GOOD)
    assert signed(TEXT, GOOD).startswith(b"the claim\n\nand its state: \xc3\xa9\n\n\xe2\x80\x94 desk.example/log ")
    opened, by = open_note(signed(TEXT, GOOD), [verifier()])
    assert (opened.text, by) == (TEXT, (verifier(),))
    assert [(each.name, each.key_id, len(each.value)) for each in opened.signatures] == [
        (NAME, key_id(NAME, PUBLIC), 64)
    ]
    assert format_note(opened) == signed(TEXT, GOOD)


def test_keys_to_the_byte() -> None:
    signer = Signer(NAME, SEED)
    assert signer.verifier.key == PUBLIC == public(SEED)
    assert str(signer.verifier) == vkey(NAME, SEED)
    assert signer.verifier.key_id == key_id(NAME, PUBLIC)
    secret = f"PRIVATE+KEY+{NAME}+{key_id(NAME, PUBLIC).hex()}+{b64(bytes([1]) + SEED)}"
    assert signer.secret() == secret
    assert Signer.parse(secret).verifier == signer.verifier == Verifier.parse(vkey(NAME, SEED))
    assert Signer.parse(secret).sign(TEXT) == signer.sign(TEXT)
    assert b64(SEED) not in repr(signer)
    assert b64(bytes([1]) + SEED) not in repr(signer)


@given(st.binary(min_size=32, max_size=32), st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1))
def test_any_key_under_any_name(seed: bytes, name: str) -> None:
    name = name.replace("+", "p")
    signer = Signer(name, seed)
    assert str(signer.verifier) == vkey(name, seed)
    assert str(Verifier.parse(vkey(name, seed))) == vkey(name, seed)
    assert Signer.parse(signer.secret()).secret() == signer.secret()
    assert open_note(signed(TEXT, line(TEXT, name, seed)), [signer.verifier])[1] == (signer.verifier,)


@pytest.mark.parametrize(
    "text",
    [
        "\n",
        "\n\n\n",
        "a\n",
        "a\n\n",
        "\na\n",
        "a\n\n\n\nb\n\n",
        f"a\n\n{MARK}looks.like a+signature\n",
        f"a\n\n{BAD}",
        "\u2028 and \u2029 and \x85 and \x80 are no ends of lines\n",
        "\ufeffa mark of order \U0001f600\n",
        "  spaces  \n",
        "x" * 100_000 + "\n",
    ],
)
def test_the_text_ends_at_the_last_empty_line(text: str) -> None:
    """Whatever stands above it is text, also what looks like signatures."""
    opened, _ = open_note(signed(text, line(text)), [verifier()])
    assert (opened.text, len(opened.signatures)) == (text, 1)
    assert format_note(Note(text, (Signer(NAME, SEED).sign(text),))) == signed(text, line(text))


def test_delete_is_no_control_character_below_a_space() -> None:
    """signed-note: notes "MUST NOT contain any ASCII control characters (those below U+0020) other than newline"."""
    text = "a\x7fb\n"
    assert open_note(signed(text, line(text)), [verifier()])[0].text == text


def test_the_signature_is_over_the_text_with_its_last_newline_and_no_more() -> None:
    for other in (TEXT.removesuffix("\n"), TEXT + "\n", "\n" + TEXT, TEXT.upper()):
        refused_as_bad(signed(TEXT, line(other)))


def refused_as_bad(data: bytes) -> None:
    parse_note(data)
    with pytest.raises(Invalid, match="is not over this text") as caught:
        open_note(data, [verifier()])
    assert type(caught.value) is Invalid


# Whose signatures count


def test_other_keys_are_ignored() -> None:
    lines = [
        STRANGER,
        line(TEXT, NAME, OTHER),  # of that name, with another key
        line(TEXT, "other.example", SEED),  # the key, under another name
        line(TEXT, "other.example", OTHER, key_id(NAME, PUBLIC)),  # of that id, under another name
        f"{MARK}{NAME} {b64(key_id(NAME, PUBLIC, 4) + bytes(72))}\n",  # of that name and key, of another type
        f"{MARK}x {b64(bytes(5))}\n",
        f"{MARK}pq.example {b64(bytes(2424))}\n",
    ]
    opened, by = open_note(signed(TEXT, *lines, GOOD), [verifier()])
    assert (len(opened.signatures), by) == (8, (verifier(),))
    with pytest.raises(Unsigned, match=r"signed by witness.example/one \([0-9a-f]{8}\), desk.example/log"):
        open_note(signed(TEXT, *lines), [verifier()])
    with pytest.raises(Unsigned):
        open_note(signed(TEXT, GOOD), [])


def test_a_bad_signature_by_a_known_key_is_never_outweighed() -> None:
    for lines in permutations([GOOD, BAD, STRANGER]):
        refused_as_bad(signed(TEXT, *lines))
    witness = verifier("witness.example/one", OTHER)
    for known in ([verifier(), witness], [witness, verifier()]):
        with pytest.raises(Invalid, match=f"the signature by {NAME}"):
            open_note(signed(TEXT, STRANGER, BAD), known)
    assert open_note(signed(TEXT, STRANGER, BAD), [witness])[1] == (witness,)


def test_several_known_keys() -> None:
    witness = verifier("witness.example/one", OTHER)
    data = signed(TEXT, STRANGER, GOOD)
    assert set(open_note(data, [verifier(), witness])[1]) == {verifier(), witness}
    assert open_note(data, iter([verifier()]))[1] == (verifier(),)
    absent = verifier("absent.example", OTHER)
    assert open_note(data, [absent, verifier()])[1] == (verifier(),)
    assert open_note(signed(TEXT, GOOD, GOOD), [verifier(), verifier()])[1] == (verifier(),)


def test_a_key_that_collides_with_a_known_id_is_a_bad_signature() -> None:
    refused_as_bad(signed(TEXT, line(TEXT, NAME, OTHER, key_id(NAME, PUBLIC))))


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value[:-1],
        lambda value: value + b"\x00",
        lambda value: value * 2,
        lambda value: value[:1],
        lambda value: bytes(64),
        lambda value: value[32:] + value[:32],
        # The same S once more by the order of the group: RFC 8032, section 5.1.7, takes only the smaller.
        lambda value: (
            value[:32]
            + (int.from_bytes(value[32:], "little") + 2**252 + 27742317777372353535851937790883648493).to_bytes(
                32, "little"
            )
        ),
    ],
)
def test_a_changed_signature(change: object) -> None:
    value = base64.b64decode(GOOD.split(" ")[2])
    refused_as_bad(signed(TEXT, f"{MARK}{NAME} {b64(value[:4] + change(value[4:]))}\n"))  # type: ignore[operator]


def test_each_bit_of_text_and_signature_counts() -> None:
    data = signed("a\n", line("a\n"))
    for at in range(len(data)):
        for bit in range(8):
            with pytest.raises(Invalid):
                open_note(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :], [verifier()])
        for other in (
            data[:at],
            data[:at] + data[at + 1 :],
            data[:at] + b"\n" + data[at:],
            data[:at] + b" " + data[at:],
        ):
            if other != data:
                with pytest.raises(Invalid):
                    open_note(other, [verifier()])


# What is malformed

_, _, VALUE = GOOD.removesuffix("\n").split(" ")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n",
        b"\n\n\n",
        TEXT.encode(),
        TEXT.encode() + b"\n",
        GOOD.encode(),
        ("\n" + GOOD).encode(),
        f"one line\n{GOOD}".encode(),
        f"the claim{GOOD}".encode(),
        signed(TEXT, GOOD)[:-1],
        signed(TEXT, GOOD) + b"\n",
        signed(TEXT, GOOD) + b"more\n",
        signed(TEXT, GOOD, "\n", GOOD)[:-1],
        signed(TEXT, GOOD, " \n", GOOD),
        signed(TEXT, GOOD, "more\n"),
        signed(TEXT, "more\n", GOOD),
        signed(TEXT, GOOD[:-1], GOOD),
        signed(TEXT, GOOD).replace(b"\n", b"\r\n"),
        signed(TEXT, GOOD).replace(b"\n", b"\r"),
        signed(TEXT, GOOD[:-1] + "\r\n"),
        signed(TEXT, GOOD[:-1] + " \n"),
        signed(TEXT, GOOD[:-1] + "\x00\n"),
        signed(TEXT, GOOD[:-1] + " more\n"),
        signed(TEXT, " " + GOOD),
        signed(TEXT, GOOD).decode().encode("utf-16"),
        signed(TEXT, GOOD).decode().encode("utf-8-sig").replace("é".encode(), b"\xe9"),
        signed(TEXT, GOOD).replace("é".encode(), b"\xe9"),
        signed(TEXT, GOOD).replace("é".encode(), b"\xed\xa0\x80"),
        signed(TEXT, GOOD).replace("é".encode(), b"\xc0\x8a"),
        signed(TEXT, GOOD).replace("é".encode(), b"\xf4\x90\x80\x80"),
        *(signed(TEXT.replace("é", chr(code)), GOOD) for code in range(32) if code != 10),
        *(
            signed(TEXT, GOOD.replace(MARK, mark))
            for mark in ("- ", "-- ", "\u2013 ", "\u2015 ", "\u2012 ", "\u2014", "")
        ),
        *(signed(TEXT, GOOD.replace(MARK, mark)) for mark in ("\u2014  ", "\u2014\xa0", "\u2014\t", "\u2014\u2014 ")),
    ],
)
def test_what_is_no_note(data: bytes) -> None:
    refused(data)


@pytest.mark.parametrize(
    "rest",
    [
        *(f"{NAME}", f"{NAME} ", f" {VALUE}", f"{NAME}  {VALUE}", f"{NAME} {VALUE} {VALUE}", f"{NAME}\u00a0{VALUE}"),
        *(
            f"desk example {VALUE}",
            f"desk+example {VALUE}",
            f"+ {VALUE}",
            f"{NAME}+ {VALUE}",
            f"desk\u2028example {VALUE}",
        ),
        *(f"{NAME} {VALUE[:-2]}", f"{NAME} {VALUE[:-1]}", f"{NAME} {VALUE}=", f"{NAME} {VALUE[:-2]}=A"),
        *(
            f"{NAME} {VALUE[:40]} {VALUE[40:]}",
            f"{NAME} {VALUE[:40]}={VALUE[41:]}",
            f"{NAME} !{VALUE[1:]}",
            f"{NAME} =",
        ),
        *(
            f"{NAME} {VALUE[:40]}é{VALUE[41:]}",
            f"{NAME} {VALUE[:40]}\u2028{VALUE[41:]}",
            f"{NAME} A",
        ),
        *(f"{NAME} {b64(bytes(length))}" for length in range(5)),
        f"{NAME} {b64(b'abcd' + b'?' * 64 + b'>')}".replace("/", "_").replace("+", "-").replace("AA", "__"),
    ],
)
def test_what_is_no_signature_line(rest: str) -> None:
    """A line that cannot be one makes the note none, also beside a good one."""
    refused(signed(TEXT, f"{MARK}{rest}\n"))
    refused(signed(TEXT, f"{MARK}{rest}\n", GOOD))
    refused(signed(TEXT, GOOD, f"{MARK}{rest}\n"))


def test_stray_bits_at_the_end_of_base64() -> None:
    """68 bytes leave two bits of the last character unused: three other spellings would be read as the same bytes."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = alphabet.index(VALUE[-2])
    assert VALUE.endswith("=")
    strays = [VALUE[:-2] + alphabet[last + more] + "=" for more in range(1, 4)]
    for stray in strays:
        assert base64.b64decode(stray) == base64.b64decode(VALUE)
        refused(signed(TEXT, f"{MARK}{NAME} {stray}\n"))


def test_how_many_signatures_there_may_be() -> None:
    """Verifiers must accept at least 16, also large ones; here 100 is the end."""
    large = f"{MARK}pq.example {b64(bytes(5000))}\n"
    for count in (16, 17, 99, note.MOST_SIGNATURES - 1):
        data = signed(TEXT, *[large] * count, GOOD)
        assert len(open_note(data, [verifier()])[0].signatures) == count + 1
    assert note.MOST_SIGNATURES == 100
    refused(signed(TEXT, *[STRANGER] * 100, GOOD))
    refused(signed(TEXT, GOOD, *[STRANGER] * 100_000))


# Keys and names

SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


@pytest.mark.parametrize(
    "name", ["", "+", "a+b", "a+", "\x00", "a\x1fb", *(f"a{each}b" for each in SPACES), " a", "a "]
)
def test_what_names_no_key(name: str) -> None:
    with pytest.raises(Invalid):
        Signer(name, SEED)
    with pytest.raises(Invalid):
        Verifier.parse(f"{name}+{key_id(name, PUBLIC).hex()}+{b64(bytes([1]) + PUBLIC)}")
    refused(signed(TEXT, line(TEXT, name)))


@pytest.mark.parametrize("name", ["a\ud800", "\udcff.example"])
def test_a_name_that_is_no_unicode(name: str) -> None:
    """So are bytes on the command line that are not UTF-8 handed on."""
    with pytest.raises(Invalid):
        str(Signer(name, SEED).verifier)
    with pytest.raises(Invalid):
        Verifier.parse(f"{name}+00000000+{b64(bytes([1]) + PUBLIC)}")


IDENTITY = key_id(NAME, PUBLIC).hex()
KEY = b64(bytes([1]) + PUBLIC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "+", "++", NAME, f"{NAME}+{IDENTITY}", f"{NAME}+{IDENTITY}+", f"{NAME}++{KEY}", f"+{IDENTITY}+{KEY}"),
        *(
            f"{NAME}+{IDENTITY}+{KEY}\n",
            f" {NAME}+{IDENTITY}+{KEY}",
            f"{NAME}+{IDENTITY}+{KEY} ",
            f"{NAME}+{IDENTITY}+ {KEY}",
        ),
        *(
            f"{NAME}+{IDENTITY[:7]}+{KEY}",
            f"{NAME}+{IDENTITY}0+{KEY}",
            f"{NAME}+0x{IDENTITY[2:]}+{KEY}",
            f"{NAME}+zzzzzzzz+{KEY}",
        ),
        *(f"{NAME}+00000000+{KEY}", f"{NAME}+{key_id('other', PUBLIC).hex()}+{KEY}", f"other+{IDENTITY}+{KEY}"),
        *(f"{NAME}+{key_id(NAME, public(OTHER)).hex()}+{KEY}", f"{NAME}+{IDENTITY}+{b64(bytes([1]) + public(OTHER))}"),
        *(f"{NAME}+{IDENTITY}+{KEY[:-1]}", f"{NAME}+{IDENTITY}+{KEY}=", f"{NAME}+{IDENTITY}+{KEY[:20]}*{KEY[20:]}"),
        *(f"{NAME}+{IDENTITY}+{KEY}+{KEY}", f"{NAME}+{IDENTITY}+{b64(PUBLIC)}", f"PRIVATE+KEY+{NAME}+{IDENTITY}+{KEY}"),
        *(
            f"{NAME}+{key_id(NAME, key, kind).hex()}+{b64(bytes([kind]) + key)}"
            for kind, key in [
                *((kind, PUBLIC) for kind in (0, 2, 6, 255)),
                *((1, PUBLIC[:length]) for length in (0, 1, 31)),
                (1, PUBLIC + b"\x00"),
            ]
        ),
        *(f"{NAME}+{IDENTITY}+{b64(bytes([kind]) + PUBLIC)}" for kind in (0, 4, 6)),
    ],
)
def test_what_is_no_key(text: str) -> None:
    """Also with a key id that fits."""
    with pytest.raises(Invalid):
        Verifier.parse(text)
    with pytest.raises(Invalid):
        Signer.parse("PRIVATE+KEY+" + text)
    with pytest.raises(Invalid):
        Signer.parse(text)


def test_a_secret_key_that_is_refused_is_not_told() -> None:
    secret = f"PRIVATE+KEY+{NAME}+{IDENTITY}+{b64(bytes([1]) + SEED)}"
    assert Signer.parse(secret).secret() == secret
    for at in range(len(secret)):
        for other in (
            secret[:at] + secret[at + 1 :],
            secret[:at] + "*" + secret[at + 1 :],
            secret[:at] + "+" + secret[at:],
        ):
            with pytest.raises(Invalid) as caught:
                Signer.parse(other)
            assert b64(bytes([1]) + SEED)[4:24] not in str(caught.value)
            assert caught.value.__cause__ is None
    with pytest.raises(Invalid) as caught:
        Verifier.parse(secret)
    assert b64(bytes([1]) + SEED)[4:24] not in str(caught.value)
    for seed in (b"", SEED[:31], SEED + b"\x00", SEED + PUBLIC):
        with pytest.raises(Invalid, match="has 32 bytes"):
            Signer(NAME, seed)


# Writing


@pytest.mark.parametrize("text", ["", "a", "a\r\n", "a\tb\n", "\x00\n", "\x1b[1ma\n", "\ud800\n", "a\udcff\n"])
def test_what_cannot_be_signed(text: str) -> None:
    with pytest.raises(Invalid):
        Signer(NAME, SEED).sign(text)
    with pytest.raises(Invalid):
        format_note(Note(text, (Signer(NAME, SEED).sign(TEXT),)))


def test_a_note_without_a_signature_is_not_written() -> None:
    with pytest.raises(Invalid, match="has a signature"):
        format_note(Note(TEXT, ()))


@given(
    st.text(st.characters(exclude_categories=["Cs"]) | st.just("\n")).map(lambda text: text + "\n"),
    st.integers(1, 3),
)
def test_whatever_is_written_is_read_back(text: str, count: int) -> None:
    signers = [Signer(f"key{number}", bytes([number]) * 32) for number in range(count)]
    try:
        written = format_note(Note(text, tuple(each.sign(text) for each in signers)))
    except Invalid:
        assert any(each < " " or each == "\x7f" for each in text.replace("\n", ""))
        return
    opened, by = open_note(written, [each.verifier for each in signers])
    assert (opened.text, len(by), format_note(opened)) == (text, count, written)
