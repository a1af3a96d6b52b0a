"""The record of sources and bodies (``ledger.record``), with their names and what the rates can tell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from ledger.book.intervals import rate
from ledger.book.lookup import find_source, opened_source
from ledger.book.snapshot import Snapshot
from ledger.book.views import RecordRow
from ledger.record import Record, Subject, records
from ledger.resolver import Acts, Fold
from ledger.vocabulary import Mistake

_AT_ONCE = 1_000
"""How many claims are counted at once."""


def source_record(snapshot: Snapshot, source: int | str | None) -> list[RecordRow]:
    """The record of every source of which there is one, each body before its members; or of one and its body.

    Of a body, those of its members too. Raises as :func:`~ledger.book.lookup.find_source` does.
    """
    if source is None:
        found = _count(snapshot, snapshot.claims(None))
        return [*_rows(snapshot, found, lambda subject: subject in found)]
    wanted = find_source(snapshot.reader, source)
    acts = snapshot.fold.acts
    root = acts.root(wanted)
    subjects = {Subject(wanted, whole=False), Subject(root, whole=True)}
    if wanted == root:
        subjects |= {Subject(member, whole=False) for member in acts.members(root)}
    found = _count(snapshot, _touched(snapshot.fold, acts.members(root)))
    return [*_rows(snapshot, {each: found.get(each, Record()) for each in subjects}, subjects.__contains__)]


def _touched(fold: Fold, sources: Iterable[int]) -> list[int]:
    """The claims on which these sources speak or are spoken through, struck statements included."""
    asked = [(role, source) for source in sources for role in ("statement.speaker", "statement.via")]
    fold.facts.load((), asked)
    indexes = {index for role, source in asked for index in fold.facts.refs(role, source)}
    fold.facts.load(indexes, ())
    return sorted({claim for index in indexes for claim in fold.claims_named(fold.statement(index))})


def _count(snapshot: Snapshot, claims: Iterable[int]) -> dict[Subject, Record]:
    """Count with no more than some claims in memory at once."""
    found: defaultdict[Subject, Record] = defaultdict(Record)
    rest = iter(claims)
    while some := list(islice(rest, _AT_ONCE)):
        part = snapshot.renewed()
        part.prepare(some)
        homes = [claim for claim in some if part.fold.acts.folded(claim) == claim]
        for subject, record in records(part.fold, homes).items():
            found[subject] += record
    return found


def _rows(
    snapshot: Snapshot, found: Mapping[Subject, Record], wanted: Callable[[Subject], bool]
) -> Iterator[RecordRow]:
    acts = snapshot.fold.acts
    snapshot.texts.load([subject.source for subject in found])
    by_name = [(_order(snapshot, acts, subject), subject) for subject in found if wanted(subject)]
    for _, subject in sorted(by_name, key=lambda each: each[0]):
        alone = acts.members(subject.source) == (subject.source,)
        # Of one that speaks for itself alone, the whole is the same again.
        if not (subject.whole and alone):
            yield _row(snapshot, subject, found[subject])


def _order(snapshot: Snapshot, acts: Acts, subject: Subject) -> tuple[str, int, bool, str, int]:
    root = subject.source if subject.whole else acts.root(subject.source)
    name = snapshot.texts.name
    return name(root).casefold(), root, not subject.whole, name(subject.source).casefold(), subject.source


def _row(snapshot: Snapshot, subject: Subject, counts: Record) -> RecordRow:
    acts, name = snapshot.fold.acts, snapshot.texts.name
    root = acts.root(subject.source)
    members = acts.members(subject.source) if subject.whole else ()
    opened = opened_source(snapshot.reader, subject.source)
    mistakes = Counter(counts.mistakes)
    return RecordRow(
        source=subject.source,
        name=name(subject.source),
        kind=acts.source_kind(subject.source),
        whole=subject.whole,
        body=None if subject.whole or root == subject.source else name(root),
        members=tuple(name(member) for member in members if member != subject.source),
        relayer=None if opened.relayer is None else name(opened.relayer),
        story=None if opened.story is None else name(opened.story),
        statements=counts.statements,
        undated=counts.undated,
        claims=counts.claims,
        denied=rate(counts.denied, counts.said_so),
        overruled=rate(counts.overruled, counts.said_not),
        corrected=rate(counts.corrected, counts.took_side),
        withdrawn=rate(counts.withdrawn, counts.took_side),
        wait=None if counts.median_wait is None else round(counts.median_wait.total_seconds()),
        relayed=counts.relayed,
        relayed_denied=rate(counts.relayed_denied, counts.relayed_so),
        relayed_pulled=rate(counts.relayed_pulled, counts.relayed_so),
        mistakes={why.value: mistakes[why] for why in Mistake if mistakes[why]},
    )
