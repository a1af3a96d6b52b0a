"""Leaves into columns: what the patterns take in bulk, all else one by one.

Nothing but the leaves is believed. Columns are asked by index, so every index that an entry names has to be that of an
entry of the right kind before it; whatever is not so is damage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ledger.bulk.patterns import CLAIM, RETRACT, STATEMENT, Texts, texts_of
from ledger.bulk.resolved import NONE
from ledger.encoding import Malformed, decode_entry
from ledger.errors import Unavailable
from ledger.model import (
    Authority,
    Claim,
    Entry,
    Group,
    Hold,
    Policy,
    Release,
    Retract,
    Same,
    Source,
    Statement,
    Unknown,
    Vet,
    references,
)
from ledger.resolver import unresolvable
from ledger.vocabulary import Kind, Status

if TYPE_CHECKING:
    from ledger.bulk import Leaves

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEVER = int(np.iinfo(np.int64).min)
"""The time of what has none, before any other; numpy's ``NaT``."""

STATUSES = tuple(Status)
_CODES = {status.encode(): code for code, status in enumerate(STATUSES)}
_POINTS = np.array([status.points for status in STATUSES])
_Act = Source | Authority | Vet | Group | Policy | Same | Hold | Release
_NAMED = {
    "claim": Kind.CLAIM,
    "to": Kind.CLAIM,
    "same_as": Kind.CLAIM,
    "story": Kind.STORY,
    "source": Kind.SOURCE,
    "group": Kind.SOURCE,
    "relayer": Kind.SOURCE,
    "amends": Kind.SOURCE,
    "body": Kind.SOURCE,
}
"""What has to be named under these; under all else, anything."""

_VERIFY = "run `claims verify`; if it names damage, go back to a copy of the ledger"
_ANY = len(Kind)
_KINDS = {kind: code for code, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Statements:
    """Every statement, one place each. Times are microseconds since 1970."""

    index: Ints
    claim: Ints
    to: Ints
    """NONE where it points nowhere."""
    status: Ints
    """Its place in ``STATUSES``."""
    speaker: Ints
    recorded: Ints
    said: Ints
    """NEVER where nobody knows."""
    relayed: Ints
    """The place of a statement, once for each of its relayers."""
    relayer: Ints


@dataclass(frozen=True, slots=True)
class Columns:
    """What the leaves of a prefix say, as far as states follow from it."""

    size: int
    statements: Statements
    claims: Ints
    """Ascending."""
    stories: Ints
    """The story of each claim."""
    retracts: Ints
    targets: Ints
    """What each retraction retracts."""
    acts: list[Entry]
    """The sources, and the desk's acts but its retractions; ascending."""
    decoded: int
    """How many leaves were read one by one."""


def read_columns(reader: Leaves) -> Columns:
    """Read every leaf. Raises :class:`Unresolvable` for an unknown kind, :class:`Unavailable` for damage."""
    gathered = _Gathered()
    try:
        for leaves in reader.leaves(0, reader.size):
            gathered.take(leaves)
    except TypeError as error:
        raise damaged(gathered.size, f"it, or one after it, is no bytes: {error}") from error
    return gathered.columns(reader.size)


class _Gathered:
    """What was read so far; columns in pieces."""

    def __init__(self) -> None:
        self.size = 0
        self._acts: list[Entry] = []
        self._decoded: list[tuple[int, int]] = []  # index, kind
        self._named: list[tuple[int, int, int]] = []  # by the decoded: index, what it names, the kind of that
        self._statements = _Pieces(len(fields(Statements)))
        self._claims, self._retracts = _Pieces(2), _Pieces(2)
        self._said = 0  # statements so far
        self._alone = 0  # leaves that were read one by one

    def take(self, leaves: Sequence[bytes]) -> None:
        """Take the leaves that come next."""
        statements: list[Texts] = []
        claims: list[Texts] = []
        retracts: list[Texts] = []
        into = {Kind.STATEMENT: statements, Kind.CLAIM: claims, Kind.RETRACT: retracts}
        at = self.size
        try:
            for leaf in leaves:
                if found := STATEMENT.fullmatch(leaf):
                    statements.append(found.groups(b""))
                elif found := CLAIM.fullmatch(leaf):
                    claims.append(found.groups())
                elif found := RETRACT.fullmatch(leaf):
                    retracts.append(found.groups())
                else:
                    self._decode(leaf, into)
                at += 1
        except (Malformed, TypeError) as error:
            raise damaged(at, f"its leaf is damaged: {error}") from error
        self.size = at
        self._statements.add(_statement_columns(statements, self._said))
        self._said += len(statements)
        self._claims.add(_pairs(claims))
        self._retracts.add(_pairs(retracts))

    def _decode(self, leaf: bytes, into: dict[Kind, list[Texts]]) -> None:
        entry = decode_entry(leaf)
        body = entry.body
        self._alone += 1
        if isinstance(body, Unknown):
            raise unresolvable(entry.index, body.word)
        if isinstance(body, Statement | Claim | Retract):
            into[body.kind].append(texts_of(entry))
            return
        if isinstance(body, _Act):
            self._acts.append(entry)
        self._decoded.append((entry.index, _KINDS[body.kind]))
        for role, index in references(body):
            wanted = _NAMED.get(role.partition(".")[2])
            self._named.append((entry.index, index, _ANY if wanted is None else _KINDS[wanted]))

    def columns(self, size: int) -> Columns:
        """Put the pieces together, which have to be ``size`` entries."""
        statements = Statements(*self._statements.whole())
        claims, stories = self._claims.whole()
        retracts, targets = self._retracts.whole()
        columns = Columns(size, statements, claims, stories, retracts, targets, self._acts, self._alone)
        decoded = _table(self._decoded, 2)
        kinds = np.full(size, NONE, np.int64)
        kinds[_in_place(decoded[0], size)] = decoded[1]
        for kind, indexes in (
            (Kind.STATEMENT, statements.index),
            (Kind.CLAIM, claims),
            (Kind.RETRACT, retracts),
        ):
            kinds[_in_place(indexes, size)] = _KINDS[kind]
        missing = np.flatnonzero(kinds == NONE)
        if len(missing):
            raise damaged(int(missing[0]), "its leaf is missing, or says that it is another entry")
        _check_references(columns, kinds, _table(self._named, 3))
        return columns


class _Pieces:
    """Columns that come piece by piece."""

    def __init__(self, width: int) -> None:
        self._pieces: list[tuple[Ints, ...]] = [(np.empty(0, np.int64),) * width]

    def add(self, piece: tuple[Ints, ...]) -> None:
        """Take one more piece, an array a column."""
        self._pieces.append(piece)

    def whole(self) -> list[Ints]:
        """Return each column in one piece."""
        return [np.concatenate(column) for column in zip(*self._pieces, strict=True)]


def _pairs(rows: list[Texts]) -> tuple[Ints, Ints]:
    """Index and what is named, of claims or retractions."""
    if not rows:
        return _ints(()), _ints(())
    index, recorded, named = zip(*rows, strict=True)
    _times(recorded, index)
    return _ints(index), _ints(named)


def _statement_columns(rows: list[Texts], before: int) -> tuple[Ints, ...]:
    """The columns of :class:`Statements` for these, the first of which stands at place ``before``."""
    if not rows:
        return (_ints(()),) * len(fields(Statements))
    speaker, relayers, claim, index, _, recorded, said, status, to = zip(*rows, strict=True)
    relayed = [(place, each) for place, chain in enumerate(relayers, before) for each in chain.split(b",")[1:]]
    return (
        _ints(index),
        _ints(claim),
        _ints([each or b"-1" for each in to]),
        np.fromiter(map(_CODES.__getitem__, status), np.int64, len(rows)),
        _ints(speaker),
        _times(recorded, index),
        _times([each or b"NaT" for each in said], index),
        _ints([place for place, _ in relayed]),
        _ints([each for _, each in relayed]),
    )


def _ints(texts: Sequence[bytes | int]) -> Ints:
    return np.fromiter(map(int, texts), np.int64, len(texts))


def _times(texts: Sequence[bytes], indexes: Sequence[bytes]) -> Ints:
    try:
        return np.array(texts, "S26").astype("M8[us]").view(np.int64)
    except ValueError as error:
        raise damaged(_first_bad(texts, indexes), f"its leaf is damaged: {error}") from error


def _first_bad(texts: Sequence[bytes], indexes: Sequence[bytes]) -> int:
    for text, index in zip(texts, indexes, strict=True):
        try:
            np.datetime64(text.decode())
        except ValueError:
            return int(index)
    raise AssertionError("one of the times is none")


def _table(rows: Sequence[tuple[int, ...]], width: int) -> Ints:
    """Rows as columns, so many of them."""
    return np.array(rows, np.int64).reshape(-1, width).T


def _in_place(indexes: Ints, size: int) -> Ints:
    """The indexes of one kind, which have to ascend and to be below ``size``."""
    wrong = np.flatnonzero((indexes[1:] <= indexes[:-1]) | (indexes[1:] >= size))
    if len(wrong) or (len(indexes) and indexes[0] >= size):
        raise damaged(int(indexes[wrong[0] + 1 if len(wrong) else 0]), "its leaf does not stand in its place")
    return indexes


def _check_references(columns: Columns, kinds: Ints, decoded: Ints) -> None:
    statements = columns.statements
    pointing = np.flatnonzero(statements.to != NONE)
    for at, named, kind in (
        (columns.claims, columns.stories, Kind.STORY),
        (columns.retracts, columns.targets, None),
        (statements.index, statements.claim, Kind.CLAIM),
        (statements.index[pointing], statements.to[pointing], Kind.CLAIM),
        (statements.index, statements.speaker, Kind.SOURCE),
        (statements.index[statements.relayed], statements.relayer, Kind.SOURCE),
    ):
        _check_named(at, named, np.full(len(at), _ANY if kind is None else _KINDS[kind]), kinds)
    _check_named(decoded[0], decoded[1], decoded[2], kinds)
    lost = pointing[~_POINTS[statements.status[pointing]]]
    if len(lost):
        raise damaged(int(statements.index[lost[0]]), "it points to a claim, and its status does not")


def _check_named(at: Ints, named: Ints, wanted: Ints, kinds: Ints) -> None:
    earlier = named < at
    right = (wanted == _ANY) | (kinds[np.where(earlier, named, 0)] == wanted)
    bad = np.flatnonzero(~(earlier & right))
    if len(bad):
        first = bad[0]
        word = "entry" if wanted[first] == _ANY else tuple(Kind)[wanted[first]]
        raise damaged(int(at[first]), f"it names entry {named[first]}, which is no {word} before it")


def damaged(index: int, why: str) -> Unavailable:
    """Say what is wrong with an entry."""
    return Unavailable(f"entry {index}: {why}", next=_VERIFY)
