"""The values of the ledger: frozen, and no index in them is forgotten."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import UTC, datetime
from itertools import count
from typing import Any, get_args, get_type_hints

import pytest

from ledger.model import (
    BODIES,
    Body,
    Entry,
    Known,
    Moment,
    Opening,
    Redaction,
    Statement,
    Unknown,
    parts_of,
    references,
)
from ledger.vocabulary import Kind, Part, Status, Word

NO_INDEX = {"policy.version", "policy.quorum", "publication.size", "settlement.size"}
"""The whole numbers in a body that are no indexes. A new one has to be added here by hand."""


def filled(kind: Kind) -> tuple[Body, dict[str, list[int]]]:
    """A body with every field given and no number twice, and the numbers by ``kind.field``."""
    fresh = count(100)
    given: dict[str, Any] = {}
    numbers: dict[str, list[int]] = {}
    hints = get_type_hints(BODIES[kind])
    for field in dataclasses.fields(BODIES[kind]):
        options = get_args(hints[field.name]) or (hints[field.name],)
        name = f"{kind}.{field.name}"
        if bool in options:
            given[field.name] = True
        elif hints[field.name] == tuple[int, ...]:
            given[field.name] = tuple(numbers.setdefault(name, [next(fresh) for _ in range(3)]))
        elif int in options:
            given[field.name] = numbers.setdefault(name, [next(fresh)])[0]
        elif str in options:
            given[field.name] = "x"
        elif Moment in options:
            given[field.name] = Moment(datetime(2017, 4, 20, tzinfo=UTC))
        elif datetime in options:
            given[field.name] = datetime(2017, 4, 20, tzinfo=UTC)
        else:
            given[field.name] = next(iter(next(each for each in options if issubclass(each, Word))))
    return BODIES[kind](**given), numbers


@pytest.mark.parametrize("kind", Kind)
def test_every_index_of_a_body_is_a_reference(kind: Kind) -> None:
    """Built from the fields themselves, so that a new kind or a new field cannot be forgotten."""
    body, numbers = filled(kind)
    expected = Counter(
        (name, index)
        for name, indexes in numbers.items()
        if name not in NO_INDEX and name != "statement.chain"
        for index in indexes
    )
    if isinstance(body, Statement):
        speaker, *via = body.chain
        expected.update([("statement.speaker", speaker), ("statement.from", body.claim)])
        expected.update(("statement.via", relayer) for relayer in via)
    if isinstance(body, Redaction):
        expected.update([(f"redaction.{body.part}", body.target)])
    assert Counter(references(body)) == expected


def test_the_fields_of_every_kind_are_looked_at() -> None:
    """The check above sees the indexes of a body at all."""
    seen = {name for kind in Kind for name in filled(kind)[1]}
    assert {"statement.claim", "statement.to", "statement.chain", "same.same_as", "evidence.about"} < seen
    assert seen >= NO_INDEX


@pytest.mark.parametrize("kind", Kind)
def test_an_absent_index_is_no_reference(kind: Kind) -> None:
    body, numbers = filled(kind)
    absent = {
        field.name: None
        for field in dataclasses.fields(body)
        if field.default is None and f"{kind}.{field.name}" in numbers
    }
    bare = dataclasses.replace(body, **absent)
    roles = {role for role, _ in references(bare)}
    assert roles.isdisjoint(f"{kind}.{name}" for name in absent)
    assert "statement.from" not in roles


def test_a_relayer_that_stands_twice_is_one_reference() -> None:
    body = Statement(1, Status.REPORTED, (7, 8, 9, 8))
    assert Counter(references(body)) == Counter(
        [("statement.claim", 1), ("statement.speaker", 7), ("statement.via", 8), ("statement.via", 9)]
    )


def test_nobody_can_tell_the_indexes_of_an_unknown_kind() -> None:
    assert list(references(Unknown("wager", {"claim": 3, "chain": [1, 2]}))) == []


@pytest.mark.parametrize("kind", Kind)
def test_values_cannot_be_changed(kind: Kind) -> None:
    body, _ = filled(kind)
    for field in dataclasses.fields(body):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(body, field.name, None)


def test_speaker_and_relayers() -> None:
    assert Statement(1, Status.REPORTED, (7, 8, 9)).speaker == 7
    assert Statement(1, Status.REPORTED, (7, 8, 9)).via == (8, 9)
    assert Statement(1, Status.REPORTED, (7,)).via == ()


def test_the_effective_time_is_said_else_recorded() -> None:
    recorded, said = datetime(2017, 4, 20, 21, tzinfo=UTC), datetime(2017, 4, 20, 20, tzinfo=UTC)
    dated = Statement(1, Status.REPORTED, (7,), Moment(said))
    undated = Statement(1, Status.REPORTED, (7,))
    assert Entry(5, recorded, 1, dated).said_or_recorded == said
    assert Entry(5, recorded, 1, undated).said_or_recorded == recorded
    assert Entry(0, recorded, None, Opening("a", "UTC")).said_or_recorded == recorded


@pytest.mark.parametrize("kind", Kind)
def test_which_parts_a_kind_has(kind: Kind) -> None:
    must, may = parts_of(kind)
    assert not must & may
    assert (Part.NOTE in may) == (kind not in {Kind.OPENING, Kind.RECORDER, Kind.STORY, Kind.REDACTION})
    expected = {
        Kind.RECORDER: {Part.NAME},
        Kind.STORY: {Part.NAME},
        Kind.CLAIM: {Part.TEXT},
        Kind.WORDING: {Part.TEXT},
        Kind.EVIDENCE: {Part.EVIDENCE},
        Kind.REDACTION: {Part.NOTE},
    }
    assert must == expected.get(kind, set())


def test_bodies_are_all_of_the_known_ones() -> None:
    assert set(BODIES.values()) == set(get_args(Known))
