"""The transparency log: a Merkle tree in the formats of RFC 6962, RFC 9162 and the C2SP specifications.

It knows leaves as bytes and nothing of claims, and does no I/O: tiles, keys and notes are arguments.

==============  ==================================================================
module          decides
==============  ==================================================================
``tree``        hashes, the root of a range, proofs and how they are checked
``tile``        tiles and entry bundles, their paths, and how a tree grows by them
``note``        signed notes, signers and verifiers with their keys as texts
``checkpoint``  what a log signs: origin, size, root
``proof``       a proof of inclusion as a file of its own
``policy``      which logs and witnesses are known, and how many make a quorum
``witness``     what a witness is asked, and what it answers
==============  ==================================================================
"""

from ledger.tlog.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, read_checkpoint
from ledger.tlog.note import Note, Signer, Unsigned, Verifier, format_note, open_note, parse_note
from ledger.tlog.proof import InclusionProof, parse_proof
from ledger.tlog.tile import (
    FULL,
    Edge,
    Tile,
    TileNodes,
    bundle_path,
    decode_bundle,
    differing,
    encode_bundle,
    tiles_between,
    tiles_of,
)
from ledger.tlog.tree import (
    EMPTY_ROOT,
    HASH_SIZE,
    Invalid,
    Nodes,
    check_consistency,
    check_inclusion,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
    tree_root,
)

__all__ = [
    "EMPTY_ROOT",
    "FULL",
    "HASH_SIZE",
    "Checkpoint",
    "Edge",
    "InclusionProof",
    "Invalid",
    "Nodes",
    "Note",
    "Signer",
    "Tile",
    "TileNodes",
    "Unsigned",
    "Verifier",
    "bundle_path",
    "check_consistency",
    "check_inclusion",
    "decode_bundle",
    "differing",
    "encode_bundle",
    "format_note",
    "leaf_hash",
    "node_hash",
    "open_checkpoint",
    "open_note",
    "parse_checkpoint",
    "parse_note",
    "parse_proof",
    "prove_consistency",
    "prove_inclusion",
    "read_checkpoint",
    "root_of",
    "tiles_between",
    "tiles_of",
    "tree_root",
]
