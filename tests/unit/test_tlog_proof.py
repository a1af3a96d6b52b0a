"""Proofs as files against C2SP tlog-proof: one form, and nothing of it can be changed."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tlog import Checkpoint, InclusionProof, Invalid, Signer, Unsigned, leaf_hash, parse_proof
from tests.unit.test_tlog_note import NAME, OTHER, SEED, b64, line, signed, verifier
from tests.unit.test_tlog_tree import Reference, entry

REFERENCE = Reference(entry)
HEADER = "c2sp.org/tlog-proof@v1\n"
SIZE, INDEX = 13, 9
TREE = f"{NAME}\n{SIZE}\n{b64(REFERENCE.root(SIZE))}\n"
NOTE = signed(TREE, line(TREE)).decode()
PATH = [f"{b64(each)}\n" for each in REFERENCE.inclusion(INDEX, SIZE)]
FILE = f"{HEADER}index {INDEX}\n{''.join(PATH)}\n{NOTE}"
LEAF = entry(INDEX)


def holds(text: str, leaf: bytes = LEAF) -> bool:
    """Whether a file is taken and proves the entry; nothing but :class:`Invalid` may come of it."""
    try:
        parse_proof(text).check(leaf, [verifier()])
    except Invalid:
        return False
    return True


def test_a_proof_to_the_byte() -> None:
    assert len(PATH) == 4
    proof = InclusionProof(INDEX, tuple(REFERENCE.inclusion(INDEX, SIZE)), NOTE.encode())
    assert proof.format() == FILE
    assert parse_proof(FILE) == proof
    assert proof.check(LEAF, [verifier()]) == Checkpoint(NAME, SIZE, REFERENCE.root(SIZE))


@pytest.mark.parametrize("extra", [b"", b"\x00", b"x", "any bytes é".encode(), bytes(range(256)) * 40])
def test_extra_data_goes_along(extra: bytes) -> None:
    text = f"{HEADER}extra {b64(extra)}\nindex {INDEX}\n{''.join(PATH)}\n{NOTE}"
    proof = parse_proof(text)
    assert (proof.extra, proof.index) == (extra, INDEX)
    assert proof.format() == text
    assert holds(text)
    assert parse_proof(FILE).extra is None


def test_a_tree_of_one_leaf_has_no_path() -> None:
    tree = f"{NAME}\n1\n{b64(leaf_hash(b''))}\n"
    text = f"{HEADER}index 0\n\n{signed(tree, line(tree)).decode()}"
    assert parse_proof(text) == InclusionProof(0, (), signed(tree, line(tree)))
    assert holds(text, b"")
    assert not holds(text, b"\x00")
    assert parse_proof(text).format() == text


def test_the_checkpoint_stands_as_it_is() -> None:
    """With every signature and every further line, also where it would be written in another way."""
    extended = TREE + "a further line\n"
    others = "".join(line(extended, f"witness.example/{number}", OTHER) for number in range(20))
    note = signed(extended, others, line(extended))
    proof = parse_proof(f"{HEADER}index {INDEX}\n{''.join(PATH)}\n{note.decode()}")
    assert proof.checkpoint == note
    assert proof.check(LEAF, [verifier()]).extensions == ("a further line",)


@pytest.mark.parametrize(
    "index",
    [
        *("index 09", "index 00", "index +9", "index -9", "index -0", "index 9 ", "index  9", "index 9.0", "index 0x9"),
        *(
            "index 9_0",
            "index ٩",
            "index ９",
            "index ",
            "index",
            "Index 9",
            "index\t9",
            "index\xa09",
            "index:9",
            "index=9",
        ),
        *("9", "", " index 9", "index 9\r", "index 9 9", "index " + "1" * 20, "index " + "1" * 5_000, "index 1e0"),
        *(f"index {2**64 + 9}", "index nine", "index 9\nindex 9", "index None", "index 9\nextra AA==", "index 9\x00"),
    ],
)
def test_what_is_no_index(index: str) -> None:
    text = FILE.replace("index 9", index, 1)
    assert text != FILE
    with pytest.raises(Invalid):
        parse_proof(text)


@pytest.mark.parametrize("index", [*(each for each in range(20) if each != INDEX), 2**31, 2**63 - 1, 2**63, 10**18])
def test_another_index_proves_nothing(index: int) -> None:
    text = FILE.replace("index 9", f"index {index}", 1)
    assert parse_proof(text).index == index
    assert not holds(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "\n", "\n\n", HEADER, HEADER + "\n", f"{HEADER}\n{NOTE}", f"{HEADER}index 9\n", f"{HEADER}index 9\n\n"),
        *(
            NOTE,
            FILE.removeprefix(HEADER),
            "\n" + FILE,
            " " + FILE,
            "\ufeff" + FILE,
            HEADER + FILE,
            FILE[:-1],
            FILE + "\n",
        ),
        *(FILE.replace("@v1", each, 1) for each in ("@v2", "@v1 ", "@v01", "", "@V1", "@v1\r", "@v1\n")),
        FILE.replace("c2sp.org", "C2SP.org", 1),
        FILE.replace("\n", "\r\n"),
        FILE.replace("\n\n", "\n", 1),
        FILE.replace("\n\n", "\n \n", 1),
        FILE.replace("\n\n", "\n\n\n", 1),
        FILE.replace("\n\n", "\n\n\n\n", 1),
        FILE.replace(NAME, "\ud800", 1),
        FILE.replace(NAME, "\udcff" + NAME),
        *(
            f"{HEADER}{extra}\n{FILE.removeprefix(HEADER)}"
            for extra in ("extra", "extra:AA==", "extraAAA", "extra+AA", "Extra AA==", "more AA==")
        ),
        *(
            f"{HEADER}extra {extra}\n{FILE.removeprefix(HEADER)}"
            for extra in ("A", "AA", "AA=", "AB==", "AA== ", " AA==")
        ),
        *(
            f"{HEADER}extra {extra}\n{FILE.removeprefix(HEADER)}"
            for extra in ("é", "*", "AA==\nextra AA==", "-_8=", "=")
        ),
        *(FILE.replace(PATH[0], each, 1) for each in ("\n", " \n", "x\n", f" {PATH[0]}", f"{PATH[0][:-1]} \n")),
        *(FILE.replace(PATH[0], f"{b64(bytes(length))}\n", 1) for length in (0, 1, 20, 31, 33, 64)),
        FILE.replace(PATH[0], PATH[0].replace("=", ""), 1),
        FILE.replace(PATH[0], PATH[0][:-1], 1),
        FILE.replace(PATH[0], REFERENCE.inclusion(INDEX, SIZE)[0].hex() + "\n", 1),
        FILE.replace(PATH[0], f"extra AA==\n{PATH[0]}", 1),
    ],
)
def test_what_is_no_proof(text: str) -> None:
    assert text != FILE
    assert not holds(text)


def test_more_hashes_than_any_tree_needs() -> None:
    """A tree of 2^63 - 1 leaves has a path of 63 at most; whoever hands in more is not read to the end."""
    for count in (63, 64, 65, 1_000, 100_000):
        text = f"{HEADER}index {INDEX}\n{PATH[0] * count}\n{NOTE}"
        assert not holds(text)
        if count == 63:
            assert len(parse_proof(text).path) == 63
        else:
            with pytest.raises(Invalid, match="more than 63 hashes"):
                parse_proof(text)


@pytest.mark.parametrize("length", [1, 31, 33, 64])
def test_a_hash_has_32_bytes(length: int) -> None:
    for each in PATH:
        with pytest.raises(Invalid):
            parse_proof(FILE.replace(each, f"{b64(bytes(length))}\n", 1))


def test_stray_bits_in_a_hash() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for each in PATH:
        last = alphabet.index(each[-3])
        for more in (1, 2, 3):
            stray = each[:-3] + alphabet[last + more] + "=\n"
            assert base64.b64decode(stray) == base64.b64decode(each)
            with pytest.raises(Invalid, match="not in canonical base64"):
                parse_proof(FILE.replace(each, stray, 1))


def test_the_lines_of_the_path_in_any_other_order_or_number() -> None:
    assert holds(FILE)
    garbage = f"{b64(b'?' * 32)}\n"
    wrong = [PATH[:at] + PATH[at + 1 :] for at in range(4)] + [PATH[:at] for at in range(4)]
    wrong += [[*PATH[:at], each, *PATH[at:]] for at in range(5) for each in (garbage, *PATH)]
    wrong += [[*PATH[:at], garbage, *PATH[at + 1 :]] for at in range(4)]
    wrong += [[*PATH[:at], PATH[at + 1], PATH[at], *PATH[at + 2 :]] for at in range(3)] + [PATH[::-1]]
    for path in wrong:
        assert not holds(FILE.replace("".join(PATH), "".join(path), 1))


def test_no_character_of_a_proof_can_be_changed() -> None:
    """There is no second spelling: each character taken away, doubled or changed makes it another or no proof."""
    assert holds(FILE)
    for at, was in enumerate(FILE):
        changed = {
            "A" if was != "A" else "B",
            "\n",
            " ",
            "=",
            "0" if was != "0" else "1",
            chr(ord(was) ^ 1),
            was.swapcase(),
        }
        for each in changed - {was}:
            assert not holds(FILE[:at] + each + FILE[at + 1 :]), (at, each)
        assert not holds(FILE[:at] + FILE[at + 1 :]), at
        assert not holds(FILE[:at] + was + FILE[at:]), at
        assert not holds(FILE[:at]), at


def test_no_bit_of_the_path_can_be_changed() -> None:
    proof = parse_proof(FILE)
    for at, hash_ in enumerate(proof.path):
        for bit in range(256):
            other = (int.from_bytes(hash_) ^ 1 << bit).to_bytes(32)
            path = (*proof.path[:at], other, *proof.path[at + 1 :])
            with pytest.raises(Invalid, match="leads to another root"):
                InclusionProof(INDEX, path, proof.checkpoint).check(LEAF, [verifier()])


def test_it_proves_this_entry_of_this_log_alone() -> None:
    proof = parse_proof(FILE)
    for other in (entry(INDEX + 1), b"", LEAF + b"\n", b"\x00" + LEAF, leaf_hash(LEAF)):
        with pytest.raises(Invalid, match="leads to another root"):
            proof.check(other, [verifier()])
    with pytest.raises(Unsigned):
        proof.check(LEAF, [])
    with pytest.raises(Unsigned):
        proof.check(LEAF, [verifier(NAME, OTHER)])
    other = TREE.replace(NAME, "other.example/log")
    with pytest.raises(Invalid, match="in the name of"):
        parse_proof(FILE.replace(NOTE, signed(other, line(other)).decode())).check(LEAF, [verifier()])
    swapped = f"{NAME}\n{SIZE}\n{b64(leaf_hash(LEAF))}\n"
    assert not holds(FILE.replace(NOTE, signed(swapped, line(swapped)).decode()))
    for size in (0, 1, INDEX, 2 * SIZE, 64):
        resized = TREE.replace(f"\n{SIZE}\n", f"\n{size}\n")
        assert not holds(FILE.replace(NOTE, signed(resized, line(resized)).decode()))


@given(
    st.integers(1, 300).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))),
    st.none() | st.binary(),
)
def test_round_trip(where: tuple[int, int], extra: bytes | None) -> None:
    size, index = where
    note = Checkpoint(NAME, size, REFERENCE.root(size)).sign(Signer(NAME, SEED))
    proof = InclusionProof(index, tuple(REFERENCE.inclusion(index, size)), note, extra)
    assert parse_proof(proof.format()) == proof
    assert parse_proof(proof.format()).check(entry(index), [verifier()]).size == size
