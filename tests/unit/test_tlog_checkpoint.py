"""Checkpoints against C2SP tlog-checkpoint: what a log signs, in three lines, and nothing that looks like it."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tlog import EMPTY_ROOT, Checkpoint, Invalid, Signer, Unsigned, checkpoint, open_checkpoint, parse_checkpoint
from tests.unit.test_tlog_note import NAME, OTHER, SEED, TEXT, b64, line, signed, verifier

ROOT = bytes(range(224, 256))
TREE = f"{NAME}\n20852163\n{b64(ROOT)}\n"
LARGEST = 2**63 - 1


def text(origin: str = NAME, size: str = "5", root: str = b64(ROOT), *more: str) -> str:
    return "".join(f"{each}\n" for each in (origin, size, root, *more))


def refused(wrong: str) -> None:
    """As a text, and as a note that is signed all the same."""
    with pytest.raises(Invalid):
        parse_checkpoint(wrong)
    if wrong.endswith("\n"):
        with pytest.raises(Invalid) as caught:
            open_checkpoint(signed(wrong, line(wrong)), [verifier()])
        assert type(caught.value) is Invalid


def test_a_checkpoint_to_the_byte() -> None:
    tree = Checkpoint(NAME, 20852163, ROOT)
    assert tree.text == TREE
    assert tree.sign(Signer(NAME, SEED)) == signed(TREE, line(TREE))
    assert signed(TREE, line(TREE)).startswith(
        b"desk.example/log\n20852163\n4OHi4+Tl5ufo6err7O3u7/Dx8vP09fb3+Pn6+/z9/v8=\n\n\xe2\x80\x94 desk.example/log "
    )
    assert parse_checkpoint(TREE) == tree
    assert open_checkpoint(signed(TREE, line(TREE)), [verifier()]) == tree
    assert checkpoint.read_checkpoint(signed(TREE, line("something else\n"))) == tree


def test_several_signatures_stand_in_their_order() -> None:
    tree = Checkpoint(NAME, 20852163, ROOT)
    both = tree.sign(Signer(NAME, SEED), Signer("next.example", OTHER))
    assert both == signed(TREE, line(TREE), line(TREE, "next.example", OTHER))
    with pytest.raises(Invalid, match="has a signature"):
        tree.sign()


def test_the_empty_tree() -> None:
    tree = Checkpoint(NAME, 0, EMPTY_ROOT)
    assert tree.text == f"{NAME}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    assert parse_checkpoint(tree.text) == tree


@pytest.mark.parametrize("size", [0, 1, 9, 10, 2**31, 2**32, 2**53 + 1, 10**18, LARGEST])
def test_sizes(size: int) -> None:
    assert parse_checkpoint(text(size=str(size))) == Checkpoint(NAME, size, ROOT)
    assert Checkpoint(NAME, size, ROOT).text == text(size=str(size))


@pytest.mark.parametrize(
    "size",
    [
        *("00", "01", "007", "+1", "-1", "-0", " 1", "1 ", "1 2", "1.0", "1e3", "1_000", "1,000", "0x10", "0b1", "1n"),
        *(
            "٣",
            "१",
            "１",
            "5１",
            "1٠",
            "²",
            "①",
            "Ⅷ",
            "零",
            "\u200b5",
            "5\u200b",
            "\ufeff5",
            "5\xa0",
            "5\u2028",
            "\x855",
        ),
        *(str(LARGEST + 1), str(2**64), str(2**64 + 5), "9" * 19, "1" + "0" * 19, "1" * 5_000, "0" * 5_000),
        *("five", "", " ", "None", "nan", "inf", b64(ROOT), "5\r", "5\t", "5\x00", "5\n"),
    ],
)
def test_what_is_no_size(size: str) -> None:
    refused(text(size=size))


@pytest.mark.parametrize(
    "root",
    [
        *(b64(ROOT[:length]) for length in (0, 1, 20, 31)),
        *(b64(ROOT + more) for more in (b"\x00", ROOT)),
        *(b64(ROOT)[:-1], b64(ROOT) + "=", b64(ROOT)[:-1] + "A", b64(ROOT) + " ", " " + b64(ROOT), b64(ROOT) + "\r"),
        *(b64(ROOT)[:-2] + "9=", b64(ROOT)[:-2] + "-=", b64(ROOT)[:20] + "\n" + b64(ROOT)[20:], "=" + b64(ROOT)[1:]),
        *(base64.urlsafe_b64encode(ROOT).decode(), ROOT.hex(), base64.b32encode(ROOT).decode(), "*" * 44, "é" * 44),
    ],
)
def test_what_is_no_root(root: str) -> None:
    refused(text(root=root))


def test_stray_bits_in_the_root() -> None:
    """Two bits of the last character are unused; with them set it is read as the same root, and is another text."""
    assert b64(ROOT).endswith("8=")
    for stray in "9+/":
        assert base64.b64decode(b64(ROOT)[:-2] + stray + "=") == ROOT
        refused(text(root=b64(ROOT)[:-2] + stray + "="))


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "\n", "\n\n", "\n\n\n", NAME, f"{NAME}\n", f"{NAME}\n5\n", f"5\n{b64(ROOT)}\n", f"{NAME}\n{b64(ROOT)}\n"),
        *(text()[:-1], text("", "5"), "\n" + text(), text() + "\n", text() + "\n\n", text().replace("\n", "\n\n")),
        *(text().replace("\n", "\r\n"), text().replace("\n", " "), text().replace("\n", "\u2028"), TEXT),
        *(
            f"{NAME}\n{b64(ROOT)}\n5\n",
            f"5\n{NAME}\n{b64(ROOT)}\n",
            text(NAME, "5", b64(ROOT), ""),
            text()[:-1] + " \n",
        ),
        *(
            text(NAME, "5", b64(ROOT), "", "more"),
            text(NAME, "5", b64(ROOT), "more", ""),
            text(NAME, "5", b64(ROOT), "", ""),
        ),
        *(text(NAME, "5", ""), text(NAME, ""), text("", "", "")),
    ],
)
def test_what_is_no_checkpoint(wrong: str) -> None:
    refused(wrong)


@pytest.mark.parametrize(
    "extensions",
    [
        ("one",),
        ("one", "two", "two"),
        (" ", "\xa0"),
        ("a\u2028b", "a\x85b", "é"),
        ("5",),
        (b64(ROOT),),
        ("x" * 10_000,),
    ],
)
def test_further_lines_are_kept(extensions: tuple[str, ...]) -> None:
    """They are opaque, and a line ends at a newline only."""
    extended = text(NAME, "5", b64(ROOT), *extensions)
    tree = open_checkpoint(signed(extended, line(extended)), [verifier()])
    assert tree == Checkpoint(NAME, 5, ROOT, extensions)
    assert tree.text == extended
    assert tree.sign(Signer(NAME, SEED)) == signed(extended, line(extended))


@pytest.mark.parametrize(
    "origin", ["a", "a b", "a+b", " ", "é", "5", "https://desk.example/log/", "a\u2028b", "\u2014 x y"]
)
def test_an_origin_is_any_line(origin: str) -> None:
    """Clients must not assume that it follows the recommended form: it is read, though no key may have such a name."""
    assert parse_checkpoint(text(origin)) == Checkpoint(origin, 5, ROOT)


def test_a_key_of_another_name_is_another_log() -> None:
    other = text("other.example/log")
    data = signed(other, line(other))
    with pytest.raises(Invalid, match=f"of other.example/log is signed in the name of {NAME}"):
        open_checkpoint(data, [verifier()])
    for origin in (NAME.upper(), NAME + "/", " " + NAME, NAME[:-1]):
        wrong = text(origin)
        with pytest.raises(Invalid):
            open_checkpoint(signed(wrong, line(wrong)), [verifier()])


def test_a_witness_does_not_stand_in_for_the_log() -> None:
    witness = verifier("witness.example/one", OTHER)
    by_witness, by_log = line(TREE, "witness.example/one", OTHER), line(TREE)
    for lines in ((by_witness, by_log), (by_log, by_witness)):
        for known in ([witness, verifier()], [verifier(), witness]):
            assert open_checkpoint(signed(TREE, *lines), known).size == 20852163
        with pytest.raises(Invalid, match=r"in the name of witness\.example/one"):
            open_checkpoint(signed(TREE, *lines), [witness])
    with pytest.raises(Invalid, match=r"in the name of witness\.example/one"):
        open_checkpoint(signed(TREE, by_witness), [verifier(), witness])


def test_who_has_to_have_signed() -> None:
    with pytest.raises(Unsigned):
        open_checkpoint(signed(TREE, line(TREE)), [])
    with pytest.raises(Unsigned):
        open_checkpoint(signed(TREE, line(TREE, NAME, OTHER)), [verifier()])
    with pytest.raises(Unsigned):
        open_checkpoint(signed(TREE, line(TREE, "witness.example/one", OTHER)), [verifier()])
    with pytest.raises(Invalid, match="not over this text"):
        open_checkpoint(signed(TREE, line(text())), [verifier()])
    with pytest.raises(Invalid, match="not over this text"):
        open_checkpoint(signed(TREE, line(TREE), line(text())), [verifier()])


def test_what_is_signed_of_one_tree_does_not_hold_of_another() -> None:
    for other in (text(size="20852164"), text(size="20852163", root=b64(EMPTY_ROOT)), TREE + "more\n", "x" + TREE):
        with pytest.raises(Invalid):
            open_checkpoint(signed(other, line(TREE)), [verifier()])


@pytest.mark.parametrize(
    "wrong",
    [
        Checkpoint("", 5, ROOT),
        Checkpoint(f"{NAME}\n4\n{b64(EMPTY_ROOT)}", 5, ROOT),
        Checkpoint(f"{NAME}\n", 5, ROOT),
        Checkpoint(NAME, -1, ROOT),
        Checkpoint(NAME, LARGEST + 1, ROOT),
        Checkpoint(NAME, 5, ROOT[:31]),
        Checkpoint(NAME, 5, ROOT + b"\x00"),
        Checkpoint(NAME, 5, b""),
        Checkpoint(NAME, 5, ROOT, ("",)),
        Checkpoint(NAME, 5, ROOT, ("a\nb",)),
    ],
)
def test_a_log_signs_no_tree_that_it_would_not_read_back(wrong: Checkpoint) -> None:
    """A signature stands for ever: a text of other lines than were meant may say something else of the log."""
    with pytest.raises(Invalid):
        wrong.sign(Signer(NAME, SEED))


LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@given(LINES, st.integers(0, LARGEST), st.binary(min_size=32, max_size=32), st.lists(LINES, max_size=3).map(tuple))
def test_round_trip(origin: str, size: int, root: bytes, extensions: tuple[str, ...]) -> None:
    tree = Checkpoint(origin, size, root, extensions)
    assert parse_checkpoint(tree.text) == tree
    assert checkpoint.read_checkpoint(tree.sign(Signer(NAME, SEED))) == tree


@given(st.lists(st.sampled_from([NAME, "5", "05", b64(ROOT), b64(ROOT)[:-1], "", "x", "\n", "\r"]), max_size=6))
def test_whatever_is_read_is_written_back(pieces: list[str]) -> None:
    wild = "".join(f"{each}\n" for each in pieces)
    try:
        tree = parse_checkpoint(wild)
    except Invalid:
        return
    assert tree.text == wild
