"""Ledgers to measure on: made up, the same each time, and such that ``check`` finds nothing in them."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path

from ledger.encoding import reference_to, sha256
from ledger.model import Body, Claim, Content, Entry, Opening, Policy, Recorder, Retract, Source, Statement, Story
from ledger.resolver import DESK, Fold
from ledger.store import Store, Writer
from ledger.times import Moment
from ledger.vocabulary import Mistake, Part, Precision, SourceKind, Status

Made = tuple[Entry, Mapping[Part, Content]]
"""An entry and its contents, ready to be appended."""

_OPENED = datetime(2017, 4, 20, tzinfo=UTC)
_PACE = timedelta(milliseconds=20)
_RECORDER = 1
_OUTLETS = 331
_CLAIMS = 40
_STATEMENTS = 200  # a story, as in a feed that is imported
_RETRACTED_EVERY = 100
_STATUSES = (Status.REPORTED, Status.REPORTED, Status.DENIED, Status.UNCONFIRMED, Status.CONFIRMED)
_BATCH = 5_000


def make_ledger(path: Path, entries: int) -> Path:
    """Make the ledger of so many entries at ``path`` if it is not there, a few thousand entries a transaction."""
    if path.exists():
        return path
    begun = path.with_suffix(".begun")
    for each in begun.parent.glob(f"{begun.name}*"):
        each.unlink()
    made = made_entries(entries)
    with Store.create(begun) as store:
        while batch := list(islice(made, _BATCH)):
            with store.writing() as writer:
                append_all(writer, batch)
            # A writer keeps what it has appended until it is gone.
            del writer
            gc.collect()
    begun.rename(path)
    return path


def append_all(writer: Writer, made: Iterable[Made]) -> None:
    """Append the entries and keep the registers."""
    fold = Fold(writer, voices=writer.voices, tallies=writer.tallies)
    for entry, contents in made:
        writer.append(entry, contents)
        fold.step(entry)


def made_entries(entries: int) -> Iterator[Made]:
    """Yield the first entries of a desk that takes down what outlets say: five statements a claim, and their quotes."""
    return islice((_made(index, body, text) for index, (body, text) in enumerate(_bodies())), entries)


def _bodies() -> Iterator[tuple[Body, str]]:
    yield Opening("example.org/desk", "UTC"), ""
    yield Recorder(), "Ana"
    yield Source(SourceKind.DESK), "The desk"
    yield Policy(), ""
    assert DESK == 2, "the desk is the third entry"
    outlets = range(4, 4 + _OUTLETS)
    for number in range(_OUTLETS):
        yield Source(SourceKind.NEWSPAPER), f"Outlet {number}"
    index = outlets.stop
    for story in count():
        yield Story(), f"story-{story}"
        claims = range(index + 1, index + 1 + _CLAIMS)
        for number in range(_CLAIMS):
            yield Claim(index), f"In story {story} the matter {number} is so"
        index = claims.stop
        for number in range(_STATEMENTS):
            yield _statement(story * _STATEMENTS + number, index, claims, outlets), f"row {index} says so"
            index += 1
            if number % _RETRACTED_EVERY == 0:
                yield Retract(index - 1, Mistake.OTHER), ""
                index += 1


def _statement(number: int, index: int, claims: range, outlets: range) -> Statement:
    claim, by = claims[number * 7 % len(claims)], outlets[number * 31 % len(outlets)]
    said = (_OPENED + index * _PACE).replace(second=0, microsecond=0)
    moment = None if number % 10 == 0 else Moment(said, Precision.MINUTE)
    if number % 50 == 49:
        return Statement(claim, Status.CORRECTED, (by,), moment, to=claims[(number * 7 + 1) % len(claims)])
    chain = (by,) if number % 4 else (by, outlets[(number * 31 + 1) % len(outlets)])
    return Statement(claim, _STATUSES[number % len(_STATUSES)], chain, moment)


def _made(index: int, body: Body, text: str) -> Made:
    part = Part.QUOTE if isinstance(body, Statement) else Part.TEXT if isinstance(body, Claim) else Part.NAME
    contents = {part: Content(sha256(b"salt %d" % index), text)} if text else {}
    parts = {part: reference_to(content) for part, content in contents.items()}
    recorder = None if index == 0 else _RECORDER
    key = sha256(b"key %d" % index)[:32] if isinstance(body, Statement) else None
    return Entry(index, _OPENED + index * _PACE, recorder, body, parts, key), contents
