"""Independent eyes: PyPI's tlog-scales reads a log that is written here, and the other way round.

Where the two differ, the specification says who is right; those places have tests of their own at the end.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from tlog_scales import cli, signing, tiles, tlog
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import Tile as TheirTile
from tlog_scales.reader import TilesReader
from tlog_scales.writer import TilesWriter

from ledger.tlog import (
    Checkpoint,
    Edge,
    InclusionProof,
    Invalid,
    Signer,
    Tile,
    TileNodes,
    bundle_path,
    check_consistency,
    check_inclusion,
    decode_bundle,
    encode_bundle,
    leaf_hash,
    open_checkpoint,
    parse_checkpoint,
    parse_proof,
    prove_consistency,
    prove_inclusion,
    root_of,
    tiles_of,
    tree_root,
)
from tests.unit.test_tlog_note import NAME, OTHER, SEED, TEXT, b64, line, signed
from tests.unit.test_tlog_tree import GARBAGE, mangled, odd_lengths, takes

SIGNER = Signer(NAME, SEED)
THEIR_SIGNER = signing.PlainEd25519Signer(NAME, SEED)
VKEY = signing.Vkey.from_string(str(SIGNER.verifier))
SIZES = (1, 2, 3, 7, 255, 256, 257, 511, 512, 700)
LARGE = 65_793


def entry(index: int) -> bytes:
    """Some are empty, some long."""
    return b"e%d" % index * (index % 40)


def places(size: int) -> list[int]:
    near = {0, 1, 2, 3, 127, 128, 254, 255, 256, 257, 511, 512, size // 2, size - 257, size - 2, size - 1, size}
    return sorted(each for each in near if 0 <= each <= size)


class Log:
    """A log folder written by the product, in steps of several sizes; each step leaves its partial tiles behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.edge = Edge()

    def write(self, path: str, data: bytes) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    def grow(self, size: int) -> Log:
        old = self.edge.size
        for index in range(old, size):
            for tile, data in self.edge.append(leaf_hash(entry(index))):
                self.write(tile.path, data)
        for level, data in enumerate(self.edge.partials()):
            if data:
                self.write(Tile(level, (size >> 8 * level) // 256, len(data) // 32).path, data)
        for number in range(old // 256, -(-size // 256)):
            entries = [entry(index) for index in range(number * 256, min(size, number * 256 + 256))]
            self.write(bundle_path(number, len(entries)), encode_bundle(entries))
        self.write("checkpoint", Checkpoint(NAME, size, self.edge.root()).sign(SIGNER))
        return self


def ours(folder: Path, size: int) -> TileNodes:
    return TileNodes(lambda tile: (folder / tile.path).read_bytes(), size)


def theirs(folder: Path) -> tuple[TilesReader, tlog.Checkpoint]:
    reader = TilesReader(LocalBackend(folder))
    return reader, reader.get_checkpoint()


def both_agree(folder: Path, size: int) -> None:
    """Root, entries and proofs of one folder, read by both; and each takes what the other proves."""
    reader, signed_tree = theirs(folder)
    nodes = ours(folder, size)
    signed_tree.verify(VKEY)
    tree = open_checkpoint((folder / "checkpoint").read_bytes(), [SIGNER.verifier])
    assert (signed_tree.origin, signed_tree.size, signed_tree.root_hash) == (tree.origin, tree.size, tree.root)
    assert (tree.size, tree.root) == (size, tree_root(nodes, size))
    assert reader.calculate_root_hash() == tree.root
    for place in places(size):
        if place < size:
            leaf = leaf_hash(entry(place))
            assert reader.get_entry(place) == entry(place)
            their = reader.get_inclusion_proof(place, size)
            path = prove_inclusion(nodes, place, size)
            assert their.node_hashes == path
            check_inclusion(their.node_hashes, place, size, leaf, tree.root)
            tlog.InclusionProof(place, size, path).check(leaf, tree.root)
        if place:  # from the empty tree their prover gives hashes: see the end
            old_root = tree_root(nodes, place)
            assert reader.mth(0, place) == old_root
            both = reader.get_consistency_proof(place, size)
            path = prove_consistency(nodes, place, size)
            assert both.node_hashes == path
            check_consistency(both.node_hashes, place, size, old_root, tree.root)
            tlog.ConsistencyProof(place, size, path).check(old_root, tree.root)


@pytest.mark.parametrize("size", SIZES)
def test_they_read_what_is_written_here(tmp_path: Path, size: int) -> None:
    both_agree(Log(tmp_path).grow(size).folder, size)


def test_they_read_a_log_that_grows(tmp_path: Path) -> None:
    """Also after what is behind it has gone: a partial tile may go once its full one is there."""
    log = Log(tmp_path)
    for size in (1, 5, 5, 200, 256, 300, 512, 1_000):
        both_agree(log.grow(size).folder, size)
    for file in [*tmp_path.glob("tile/**/*.p/*")]:
        if (file.parent.parent / file.parent.name.removesuffix(".p")).exists():
            file.unlink()
    both_agree(tmp_path, 1_000)


def test_they_read_a_log_of_three_levels(tmp_path: Path) -> None:
    both_agree(Log(tmp_path).grow(LARGE).folder, LARGE)
    assert {path.name for path in (tmp_path / "tile").iterdir()} == {"0", "1", "2", "entries"}


@pytest.mark.parametrize(
    "steps", [(1,), (3, 255), (256,), (1, 256, 257), (200, 300, 512, 700), (256, 512, 513), (1_000,)]
)
def test_what_they_write_is_read_here(tmp_path: Path, steps: tuple[int, ...]) -> None:
    """And it is the same to the byte, file for file, as what is written here."""
    writer = TilesWriter.create(tmp_path / "theirs", NAME)
    log = Log(tmp_path / "ours")
    for size in steps:
        for index in range(writer.size, size):
            writer.add_leaf(entry(index))
        writer.commit([THEIR_SIGNER], gc=False)
        both_agree(tmp_path / "theirs", size)
        log.grow(size)
    files = {path.relative_to(log.folder): path.read_bytes() for path in log.folder.rglob("*") if path.is_file()}
    assert files == {
        path.relative_to(writer.root): path.read_bytes() for path in writer.root.rglob("*") if path.is_file()
    }
    wanted = {Path(tile.path) for tile in tiles_of(steps[-1])}
    assert wanted <= set(files)
    bundle = Path(bundle_path((steps[-1] - 1) // 256, (steps[-1] - 1) % 256 + 1))
    assert decode_bundle(files[bundle], (steps[-1] - 1) % 256 + 1)[-1] == entry(steps[-1] - 1)


def test_the_paths_are_the_same() -> None:
    for number in (0, 1, 67, 999, 1_000, 1_001, 65_536, 999_999, 1_000_000, 1_234_067, 2**31, 2**55):
        for width in (1, 9, 255, 256):
            partial = width % 256
            assert "/".join(tiles.tile_path(5, number, partial)) == Tile(5, number, width).path
            assert "/".join(tiles.tile_path(-1, number, partial)) == bundle_path(number, width)


def test_bundles_are_the_same() -> None:
    entries = [b"", b"x", b"y" * 65_535, b""]
    assert (
        TheirTile.from_entries_bytes(encode_bundle(entries)).entries
        == entries
        == decode_bundle(encode_bundle(entries), 4)
    )


def test_keys_and_signatures_are_the_same() -> None:
    assert THEIR_SIGNER.vkey.serialize() == VKEY.serialize() == str(SIGNER.verifier)
    assert THEIR_SIGNER.vkey.key_id.to_bytes(4) == SIGNER.verifier.key_id
    tree = Checkpoint(NAME, 5, root_of([leaf_hash(entry(index)) for index in range(5)]))
    their = tlog.Checkpoint.make_signed(NAME, 5, tree.root, [THEIR_SIGNER])
    assert their.serialize().encode() == tree.sign(SIGNER)
    assert their.serialize_body() == tree.text
    assert open_checkpoint(their.serialize().encode(), [SIGNER.verifier]) == tree


def test_a_checkpoint_with_cosignatures_of_other_types() -> None:
    """Theirs of ML-DSA-44 are of a type unknown here, and so ignored; also under the name of the log."""
    witness = signing.MLDSA44CosignatureSigner("witness.example", OTHER)
    log_too = signing.MLDSA44CosignatureSigner(NAME, OTHER)
    dummy = signing.DummySigner("dummy", 7)
    their = tlog.Checkpoint.make_signed(NAME, 5, GARBAGE, [witness, dummy, log_too, THEIR_SIGNER])
    their.verify(witness.vkey)
    assert open_checkpoint(their.serialize().encode(), [SIGNER.verifier]) == Checkpoint(NAME, 5, GARBAGE)
    alone = tlog.Checkpoint.make_signed(NAME, 5, GARBAGE, [witness, dummy, log_too]).serialize().encode()
    with pytest.raises(Invalid, match="no key that is asked for"):
        open_checkpoint(alone, [SIGNER.verifier])
    with pytest.raises(Invalid, match="another type than Ed25519"):
        type(SIGNER.verifier).parse(witness.vkey.serialize())


def test_another_key_is_refused_by_both() -> None:
    tree = Checkpoint(NAME, 5, GARBAGE)
    forged = signed(tree.text, line(tree.text, NAME, OTHER, SIGNER.verifier.key_id))
    with pytest.raises(InvalidSignature):
        tlog.Checkpoint.from_text(forged.decode()).verify(VKEY)
    with pytest.raises(Invalid, match="not over this text"):
        open_checkpoint(forged, [SIGNER.verifier])


@pytest.mark.parametrize("size", [1, 5, 256, 700])
def test_their_proof_files_are_opened_here(tmp_path: Path, size: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Their command prints one: it is the same to the byte as ours, and holds."""
    Log(tmp_path).grow(size)
    for index in {0, size // 2, size - 1}:
        cli.cmd_gen_proof(Namespace(location=str(tmp_path), leaf_index=index))
        printed = capsys.readouterr().out
        path = tuple(prove_inclusion(ours(tmp_path, size), index, size))
        assert printed == InclusionProof(index, path, (tmp_path / "checkpoint").read_bytes()).format()
        assert parse_proof(printed).check(entry(index), [SIGNER.verifier]).size == size
        with pytest.raises(Invalid):
            parse_proof(printed).check(entry(index) + b"x", [SIGNER.verifier])


def their_verdict(proof: tlog.InclusionProof | tlog.ConsistencyProof, first: bytes, second: bytes) -> bool:
    try:
        proof.check(first, second)
    except (tlog.InclusionProofInvalid, tlog.ConsistencyProofInvalid):
        return False
    return True


def wrong_proofs(proof: list[bytes], *others: bytes) -> Iterator[list[bytes]]:
    yield from (each for each in mangled(proof, *others) if each != proof)
    yield from odd_lengths(proof)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 8, 13, 20])
def test_both_checks_say_the_same_of_right_and_wrong(size: int) -> None:
    leaves = [leaf_hash(entry(index)) for index in range(size)]
    root = root_of(leaves)
    nodes = TileNodes(lambda tile: b"".join(leaves), size)
    for place in range(size):
        path = prove_inclusion(nodes, place, size)
        for other in (path, *wrong_proofs(path, leaves[place], root)):
            for index, count in ((place, size), (place ^ 1, size), (place, 2 * size), (size, size)):
                said = takes(check_inclusion, other, index, count, leaves[place], root)
                assert said == their_verdict(tlog.InclusionProof(index, count, other), leaves[place], root)
        old, old_root = place + 1, root_of(leaves[: place + 1])
        path = prove_consistency(nodes, old, size)
        for other in (path, *wrong_proofs(path, old_root, root)):
            for earlier, first, second in (
                (old, old_root, root),
                (old, root, old_root),
                (0, old_root, root),
                (place, old_root, root),
            ):
                said = takes(check_consistency, other, earlier, size, first, second)
                assert said == their_verdict(tlog.ConsistencyProof(earlier, size, other), first, second)


# Where the two differ


def test_a_negative_index_is_taken_by_them() -> None:
    """RFC 9162, section 4.12: `uint64 leaf_index`. It has no sign; ours refuses it."""
    leaf = leaf_hash(b"x")
    assert their_verdict(tlog.InclusionProof(-1, 1, []), leaf, leaf)
    assert not takes(check_inclusion, [], -1, 1, leaf, leaf)


def test_roots_that_are_no_hashes_are_taken_by_them() -> None:
    """So does transparency-dev/merkle (DISAGREES in test_tlog_vectors.py). A root is a SHA-256 hash; ours refuses."""
    assert their_verdict(tlog.ConsistencyProof(1, 1, []), b"short", b"short")
    assert not takes(check_consistency, [], 1, 1, b"short", b"short")


def test_they_have_no_proof_from_the_empty_tree(tmp_path: Path) -> None:
    """RFC 9162, section 2.1.4.1, defines PROOF(m, D_n) for 0 < m < n only. Ours is empty, which both checks take."""
    reader, tree = theirs(Log(tmp_path).grow(7).folder)
    with pytest.raises(AssertionError):
        reader.get_consistency_proof(0, 7)
    path = prove_consistency(ours(tmp_path, 7), 0, 7)
    assert path == []
    check_consistency(path, 0, 7, reader.mth(0, 0), tree.root_hash)
    assert their_verdict(tlog.ConsistencyProof(0, 7, path), reader.mth(0, 0), tree.root_hash)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n5\n", "\n05\n"),
        lambda text: text.replace("\n5\n", "\n+5\n"),
        lambda text: text.replace("\n5\n", "\n٥\n"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n\n", "\nignored\n"),
        lambda text: text.removesuffix("\n"),
    ],
)
def test_a_looser_checkpoint_is_read_by_them(change: Callable[[str], str]) -> None:
    """And verified, as they sign what they read written anew. tlog-checkpoint: "ASCII decimal", "no leading zeroes".

    signed-note: no control characters, an empty line, a newline at the end. Ours refuses each.
    """
    text = Checkpoint(NAME, 5, GARBAGE).sign(SIGNER).decode()
    loose = change(text)
    assert loose != text
    tlog.Checkpoint.from_text(loose).verify(VKEY)
    with pytest.raises(Invalid):
        open_checkpoint(loose.encode(), [SIGNER.verifier])


def test_further_lines_are_not_read_by_them() -> None:
    """tlog-checkpoint: "Any following lines are extension lines, opaque and OPTIONAL". Ours keeps them."""
    extended = Checkpoint(NAME, 5, GARBAGE, ("a line", "and another"))
    with pytest.raises(ValueError, match="em-dash missing"):
        tlog.Checkpoint.from_text(extended.sign(SIGNER).decode())
    assert open_checkpoint(extended.sign(SIGNER), [SIGNER.verifier]) == extended
    assert parse_checkpoint(extended.text) == extended


def test_a_bad_signature_beside_a_good_one_is_passed_over_by_them() -> None:
    """signed-note: "If a signature from a known key fails to verify, clients SHOULD reject the whole note". So ours."""
    tree = Checkpoint(NAME, 5, GARBAGE)
    data = signed(tree.text, line(tree.text), line(TEXT))
    their = tlog.Checkpoint.from_text(data.decode())
    their.verify(VKEY)
    assert len(signing.VkeySet(VKEY).verify(their.signatures, their)) == 1
    with pytest.raises(Invalid, match="not over this text"):
        open_checkpoint(data, [SIGNER.verifier])


def test_a_base64_with_rubbish_in_it_is_read_by_them() -> None:
    """RFC 4648, section 3.3: decoders must reject characters outside the alphabet. Ours does."""
    text = Checkpoint(NAME, 5, GARBAGE).sign(SIGNER).decode()
    loose = text.replace(b64(GARBAGE), "*" + b64(GARBAGE), 1)
    tlog.Checkpoint.from_text(loose).verify(VKEY)
    with pytest.raises(Invalid, match="not in canonical base64"):
        parse_checkpoint(loose.partition("\n\n")[0] + "\n")
