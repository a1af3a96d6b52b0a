"""The checkpoints that were signed before, published beside the newest: times to hold entries against, and rotations.

What an auditor can know of a size only grows. A list of the sizes goes with them, since a server tells no names.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ledger.errors import Problem
from ledger.model import Entry
from ledger.publish.layout import SIZES, checkpoint_path
from ledger.publish.source import Source, TooLong
from ledger.store import Reader
from ledger.times import format_utc
from ledger.tlog import Checkpoint, Invalid, Unsigned, Verifier, open_checkpoint, open_note, parse_note, tree_root
from ledger.tlog.note import Signature
from ledger.tlog.policy import Policy
from ledger.tlog.witness import cosignature_times, merge_notes

SLACK = 60
"""How many seconds the clocks of the desk and of a witness may differ, and what an audit therefore allows."""

_MOST_NOTE = 1 << 20
_MOST_SIZES = 64 << 20
_LAST_SECOND = 253_402_300_799  # of the year 9999


def write_history(reader: Reader, folder: Path, keys: Sequence[Verifier], write: Callable[[str, bytes], None]) -> None:
    """Publish each checkpoint of a prefix that the ledger keeps, with all its signatures; ``write`` takes what is new.

    A note is written again only if it gets more signatures, or was damaged.

    One that none of ``keys`` signed, or that is of another history, is not ours to publish.
    """
    kept: dict[int, list[bytes]] = {}
    for size, note in reader.checkpoints():
        kept.setdefault(size, []).append(note)
    there = _sizes_there(folder)
    shown = set(there)
    for size, notes in kept.items():
        path = folder / checkpoint_path(size)
        before = path.read_bytes() if path.exists() else b""
        if size in shown and _said([before]) >= _said(notes):
            continue
        ours = [each for each in (before, *notes) if _is_ours(reader, size, each, keys)]
        if ours:
            note = merge_notes(ours)
            if note != before:
                write(checkpoint_path(size), note)
            shown.add(size)
    if sorted(shown) != there:
        write(SIZES, "".join(f"{size}\n" for size in sorted(shown)).encode())


def _sizes_there(folder: Path) -> list[int]:
    try:
        return _sizes((folder / SIZES).read_bytes())
    except (Invalid, FileNotFoundError):
        return []  # and so written anew


def _said(notes: Sequence[bytes]) -> set[tuple[str, Signature]]:
    found: set[tuple[str, Signature]] = set()
    for data in notes:
        try:
            note = parse_note(data)
        except Invalid:
            continue
        found |= {(note.text, each) for each in note.signatures}
    return found


def _is_ours(reader: Reader, size: int, note: bytes, keys: Sequence[Verifier]) -> bool:
    try:
        checkpoint = open_checkpoint(note, keys)
    except Invalid:
        return False
    return checkpoint.size == size and checkpoint.root == tree_root(reader.nodes(), size)


def _sizes(data: bytes) -> list[int]:
    """Read which sizes are published. Raises :class:`~ledger.tlog.Invalid`."""
    lines = data.decode("ascii", errors="replace").split("\n")
    found = [int(line) if line.isdecimal() and line.isascii() and len(line) < 20 else -1 for line in lines[:-1]]
    if lines[-1] or any(size < 0 for size in found) or sorted(set(found)) != found:
        raise Invalid("is not a list of ascending sizes, one a line")
    return found


@dataclass(frozen=True, slots=True)
class Point:
    """A checkpoint that an audit holds the history against, and where it was found.

    ``first`` is when the first witness of the policy cosigned it, ``by`` when a quorum had: in seconds since the
    epoch, None for a checkpoint that no quorum has cosigned.
    """

    where: str
    checkpoint: Checkpoint
    signers: tuple[Verifier, ...]
    first: int | None = None
    by: int | None = None


def point_of(where: str, note: bytes, keys: Sequence[Verifier], policy: Policy | None) -> Point:
    """Read a checkpoint and its times. Raises :class:`~ledger.tlog.Invalid` as ``open_checkpoint`` does."""
    checkpoint, signers = open_checkpoint(note, keys), open_note(note, keys)[1]
    times = {} if policy is None else cosignature_times(note, list(policy.witnesses.values()))
    by = None if policy is None else policy.since(times)
    return Point(where, checkpoint, signers, None if by is None else min(times.values()), by)


def read_history(
    source: Source, size: int, keys: Sequence[Verifier], policy: Policy | None, say: Callable[[Problem], None]
) -> list[Point]:
    """Read the checkpoints that are published of ``size`` entries and less.

    ``say`` takes what is wrong with them. Those by keys that are not known show nothing, and are passed over.
    """
    points: list[Point] = []
    try:
        sizes = _sizes(source.get(SIZES, _MOST_SIZES) or b"")
    except (Invalid, TooLong) as error:
        say(Problem(SIZES, str(error)))
        return []
    for each in sizes:
        if each > size:
            break  # of a publication that is under way
        path = checkpoint_path(each)
        try:
            note = source.get(path, _MOST_NOTE)
            if note is None:
                say(Problem(path, f"is missing, though {SIZES} names it"))
                continue
            point = point_of(path, note, keys, policy)
            if point.checkpoint.size != each:
                say(Problem(path, "is of another size", str(each), str(point.checkpoint.size)))
            else:
                points.append(point)
        except Unsigned:
            continue
        except (Invalid, TooLong) as error:
            say(Problem(path, str(error)))
    return points


def out_of_time(entries: Iterable[Entry], points: Sequence[Point]) -> Iterator[Problem]:
    """Name the entries that were recorded outside the times of the checkpoints around them.

    A checkpoint shows at its time that its entries were there, and that no more were signed. As a bound from above
    counts when a quorum had cosigned it: one of a quorum at least is honest, and saw the entries no later. As a bound
    from below counts the first cosignature, since a checkpoint can be cosigned again long after newer entries came.
    So no witness that lies, or whose clock is wrong, makes an honest desk guilty unless such ones are a quorum.
    """
    timed: dict[int, Point] = {}
    for point in points:
        if point.by is not None:
            timed[point.checkpoint.size] = _together(timed.get(point.checkpoint.size, point), point)
    sizes = sorted(timed)
    for entry in entries:
        place, recorded = bisect_right(sizes, entry.index), entry.recorded.timestamp()
        if place < len(sizes):
            above = timed[sizes[place]]
            if recorded > (above.by or 0) + SLACK:
                why = f"recorded: is after witnesses cosigned {above.where}, which has the entry: it was dated ahead"
                yield _out(entry, why, f"{_shown(above.by)} or earlier")
        if place:
            below = timed[sizes[place - 1]]
            if recorded < (below.first or 0) - SLACK:
                why = f"recorded: is before witnesses cosigned {below.where}, which has not got it: it was dated back"
                yield _out(entry, why, f"{_shown(below.first)} or later")


def _together(one: Point, other: Point) -> Point:
    """What two notes of one size say: of both times the earlier one."""
    firsts, bys = (one.first or 0, other.first or 0), (one.by or 0, other.by or 0)
    return replace(one, first=min(firsts), by=min(bys))


def _out(entry: Entry, why: str, expected: str) -> Problem:
    return Problem(f"entry {entry.index}", why, expected, format_utc(entry.recorded))


def _shown(seconds: int | None) -> str:
    return format_utc(time_of(seconds or 0))


def time_of(seconds: int) -> datetime:
    """Return the time of a cosignature; one after the year 9999 is the last second of that."""
    return datetime.fromtimestamp(min(seconds, _LAST_SECOND), UTC)
