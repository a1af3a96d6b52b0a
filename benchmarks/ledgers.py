"""Ledgers to measure on: made up, the same each time, and such that ``check`` finds nothing in them."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from shutil import copyfile

from ledger.encoding import reference_to, sha256
from ledger.model import Body, Claim, Content, Entry, Opening, Policy, Recorder, Retract, Source, Statement, Story
from ledger.resolver import DESK, Fold
from ledger.store import Store, Writer
from ledger.times import Moment
from ledger.vocabulary import Mistake, Part, Precision, SourceKind, Status

Made = tuple[Entry, Mapping[Part, Content]]
"""An entry and its contents, ready to be appended."""

ORIGIN = "example.org/desk"
OPENED = datetime(2017, 4, 20, tzinfo=UTC)
PACE = timedelta(milliseconds=20)
_RECORDER = 1
OUTLETS = range(4, 335)
"""The sources that speak, in every ledger that is made here."""

_CLAIMS = 40
_STATEMENTS = 200  # a story, as in a feed that is imported
_RETRACTED_EVERY = 100
_STATUSES = (Status.REPORTED, Status.REPORTED, Status.DENIED, Status.UNCONFIRMED, Status.CONFIRMED)
_BATCH = 5_000


def make_ledger(path: Path, entries: int) -> Path:
    """Make the ledger of so many entries at ``path`` if it is not there, a few thousand entries a transaction."""
    if path.exists():
        return path
    begun = _begun(path)
    with Store.create(begun) as store:
        append_in_batches(store, made_entries(entries))
    begun.rename(path)
    return path


def extend_ledger(path: Path, base: Path, more: Iterable[Made]) -> Path:
    """Make a ledger at ``path`` of that at ``base``, which nobody has open, and more entries, if it is not there."""
    if not path.exists():
        begun = _begun(path)
        copyfile(base, begun)
        with Store.open(begun) as store:
            append_in_batches(store, iter(more))
        begun.rename(path)
    return path


def _begun(path: Path) -> Path:
    begun = path.with_suffix(".begun")
    for each in begun.parent.glob(f"{begun.name}*"):
        each.unlink()
    return begun


def append_in_batches(store: Store, made: Iterator[Made]) -> None:
    """Append the entries, a few thousand a transaction."""
    while batch := list(islice(made, _BATCH)):
        with store.writing() as writer:
            append_all(writer, batch)
        # A writer keeps what it has appended until it is gone.
        del writer
        gc.collect()


def append_all(writer: Writer, made: Iterable[Made]) -> None:
    """Append the entries and keep the registers."""
    fold = Fold(writer, voices=writer.voices, tallies=writer.tallies)
    for entry, contents in made:
        writer.append(entry, contents)
        fold.step(entry)


def made_entries(entries: int) -> Iterator[Made]:
    """Yield the first entries of a desk that takes down what outlets say: five statements a claim, and their quotes."""
    return islice(made_from(0, _bodies()), entries)


def made_from(index: int, bodies: Iterable[tuple[Body, str]]) -> Iterator[Made]:
    """Yield entries from an index on, each of a body and its text, quote or name (empty: none)."""
    return (_made(at, body, text) for at, (body, text) in enumerate(bodies, index))


def story_of(index: int, name: str, claims: int, statements: int) -> Iterator[tuple[Body, str]]:
    """Yield a story that stands at an index, so many claims, and so many statements on each of them."""
    yield Story(), name
    for number in range(claims):
        yield Claim(index), f"In {name} the matter {number} is so"
    opened = range(index + 1, index + 1 + claims)
    for at, number in enumerate(range(claims * statements), opened.stop):
        yield _statement(number, at, opened, OUTLETS), f"row {at} says so"


def _bodies() -> Iterator[tuple[Body, str]]:
    yield Opening(ORIGIN, "UTC"), ""
    yield Recorder(), "Ana"
    yield Source(SourceKind.DESK), "The desk"
    yield Policy(), ""
    assert DESK == 2, "the desk is the third entry"
    for number in range(len(OUTLETS)):
        yield Source(SourceKind.NEWSPAPER), f"Outlet {number}"
    index = OUTLETS.stop
    for story in count():
        yield Story(), f"story-{story}"
        claims = range(index + 1, index + 1 + _CLAIMS)
        for number in range(_CLAIMS):
            yield Claim(index), f"In story {story} the matter {number} is so"
        index = claims.stop
        for number in range(_STATEMENTS):
            yield _statement(story * _STATEMENTS + number, index, claims, OUTLETS), f"row {index} says so"
            index += 1
            if number % _RETRACTED_EVERY == 0:
                yield Retract(index - 1, Mistake.OTHER), ""
                index += 1


def _statement(number: int, index: int, claims: range, outlets: range) -> Statement:
    claim, by = claims[number * 7 % len(claims)], outlets[number * 31 % len(outlets)]
    said = (OPENED + index * PACE).replace(second=0, microsecond=0)
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
    return Entry(index, OPENED + index * PACE, recorder, body, parts, key), contents
