"""Where things are in a published folder: the log as C2SP tlog-tiles has it, and what goes beside it.

============================  ======================================================================
``checkpoint``                the signed note; what it does not cover does not count
``tile/<L>/<N>[.p/<W>]``      the tiles of the tree
``tile/entries/<N>[.p/<W>]``  the leaves, 256 a bundle
``checkpoints/<size>``         the signed notes of earlier sizes and of this one, each with all its cosignatures
``checkpoints/sizes``         which sizes those are, one a line, ascending
``contents/<N>.jsonl``        the public contents of the same 256 entries, one a line, as in a backup
============================  ======================================================================
"""

from __future__ import annotations

from ledger.tlog.tile import FULL, format_number

CHECKPOINT = "checkpoint"
CHECKPOINTS = "checkpoints"
SIZES = "checkpoints/sizes"
TILES = "tile"
CONTENTS = "contents"
UNFINISHED = ".unfinished"
"""While it is there, a publication of this folder has not come to its end; it holds the size that was there before."""


def checkpoint_path(size: int) -> str:
    """Return where the checkpoint of ``size`` entries is, in groups of three digits as the tiles are."""
    return f"{CHECKPOINTS}/{format_number(size)}"


def contents_path(number: int) -> str:
    """Return where the contents of the entries from ``number * 256`` on are."""
    return f"{CONTENTS}/{format_number(number)}.jsonl"


def bundles(start: int, size: int) -> range:
    """Return the numbers of the bundles that hold the entries from ``start`` up to and without ``size``."""
    return range(start // FULL, -(-size // FULL))


def width_of(number: int, size: int) -> int:
    """Return how many entries a bundle has in a log of ``size``."""
    return min(FULL, size - number * FULL)
