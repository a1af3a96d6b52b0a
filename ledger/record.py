"""What became of what a source said: counts over the ledger alone, claim by claim.

Nothing here is asked by the resolver: a record never changes a state (an import contract holds it).

The subject is a source, or a body with all who speak for it (the *root* of R2). Only live statements said by T count,
on claims as they are folded (``same``). All acts are those of the whole prefix, so a regrouping, a grant or a vetting
rewrites a record for every T, and for no earlier prefix. A statement is *for* or *against* a claim by its sign there
(R0); ``corrected`` and ``superseded`` are for the claim that they point to as well. A *word* of a subject is a live
statement whose speaker it is (or one of its members). Where order matters, only dated statements are compared, by
``said``, and later means strictly later.

==================  ==================================================================================================
count               of a subject
==================  ==================================================================================================
``statements``      its words, each once
``undated``         those of them without a time; they are in no count below but ``claims`` and ``relayed``
``claims``          the claims that its words name
``said_so``         the claims that a dated word of it is for
``denied``          those of ``said_so`` on which the word that speaks (R2) of an authority of another root is against,
                    and is later than the subject's first word for it
``said_not``        the claims that a dated word of it is against
``overruled``       those of ``said_not`` on which an authority's word is for, in the same way
``took_side``       the claims that a dated word of it is for or against
``corrected``       those of ``took_side`` on which its root said the opposite later than the subject's first word
``withdrawn``       those of ``took_side`` on which its root withdrew later than the subject's first word
                    for or against it, be they ``corrected`` as well or not
``relayed``         the claims on which it passed on the word of another root, whether it is the nearest relayer or not
``relayed_so``      the claims that such a word is for, dated
``relayed_denied``  those of ``relayed_so`` on which the word that speaks of an authority is against, later than the
                    first such word; the authority is neither of that word's root nor of the relayer's
``relayed_pulled``  those of ``relayed_so`` on which such a root withdrew through the same relayer, later
``waits``           for each of ``corrected``, the time from the first word that was taken back to what took it back
``mistakes``        for each statement that the desk has retracted, why: the desk's own errors, not the source's
==================  ==================================================================================================

Each claim is one trial, however often a source repeats itself on it. So every count is a sum over claims, and ledgers
of any size are counted in pieces.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from statistics import median

from ledger.model import Retract
from ledger.resolver import Fold
from ledger.vocabulary import Mistake, Standing, Status


@dataclass(frozen=True, slots=True)
class Subject:
    """A source alone, or with ``whole`` a body and all who speak for it."""

    source: int
    whole: bool


_Subjects = Callable[["_Word"], Iterable[Subject]]


@dataclass(frozen=True, slots=True)
class Record:
    """The counts of one subject. The table above says what each is."""

    statements: int = 0
    undated: int = 0
    claims: int = 0
    said_so: int = 0
    denied: int = 0
    said_not: int = 0
    overruled: int = 0
    took_side: int = 0
    corrected: int = 0
    withdrawn: int = 0
    relayed: int = 0
    relayed_so: int = 0
    relayed_denied: int = 0
    relayed_pulled: int = 0
    waits: tuple[timedelta, ...] = ()
    mistakes: tuple[Mistake, ...] = ()

    def __add__(self, other: Record) -> Record:
        return Record(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    @property
    def median_wait(self) -> timedelta | None:
        """The median of ``waits``, None where there are none."""
        return timedelta(seconds=median(wait.total_seconds() for wait in self.waits)) if self.waits else None


def records(fold: Fold, claims: Iterable[int]) -> dict[Subject, Record]:
    """Count over these claims, none of them folded away and each with its registers in ``fold``."""
    found: defaultdict[Subject, Record] = defaultdict(Record)
    for claim in claims:
        for subject, record in _on_claim(fold, claim):
            found[subject] += record
    return dict(found)


@dataclass(frozen=True, slots=True)
class _Word:
    """One statement on one claim. ``sign`` is 0 where it is neither for nor against, or both at once."""

    index: int
    root: int
    chain: tuple[int, ...]
    said: datetime | None
    sign: int
    withdraws: bool
    counted_here: bool


def _on_claim(fold: Fold, claim: int) -> Iterator[tuple[Subject, Record]]:
    words: list[_Word] = []
    struck: list[_Word] = []
    for index in fold.statements(claim):
        if fold.admits(fold.facts.entry(index)):
            (words if fold.acts.live(index) else struck).append(_word(fold, claim, index))
    authorities = _authorities(fold, claim, words)
    for subject, own in _by(words, _speakers).items():
        yield subject, _spoke(fold, subject, own, words, authorities)
    for subject, passed in _by(words, lambda word: _relayers(fold, word)).items():
        yield subject, _passed_on(fold, subject, passed, authorities)
    for subject, ours in _by(struck, _speakers).items():
        yield subject, Record(mistakes=tuple(_mistake(fold, word.index) for word in ours if word.counted_here))


def _word(fold: Fold, claim: int, index: int) -> _Word:
    entry, body = fold.facts.entry(index), fold.statement(index)
    signs = fold.lift(entry, claim).signs
    on_it = fold.acts.folded(body.claim) == claim
    return _Word(
        index=index,
        root=fold.acts.root(body.speaker),
        chain=body.chain,
        said=None if body.said is None else body.said.at,
        sign=next(iter(signs)) if len(signs) == 1 else 0,
        withdraws=body.status is Status.WITHDRAWN,
        # A statement that points to another claim is a word on both, and one statement.
        counted_here=on_it,
    )


def _speakers(word: _Word) -> Iterable[Subject]:
    return Subject(word.chain[0], whole=False), Subject(word.root, whole=True)


def _relayers(fold: Fold, word: _Word) -> Iterable[Subject]:
    for source in dict.fromkeys(word.chain[1:]):
        body = fold.acts.root(source)
        if body != word.root:
            yield Subject(source, whole=False)
            yield Subject(body, whole=True)


def _by(words: Iterable[_Word], subjects: _Subjects) -> dict[Subject, list[_Word]]:
    """The words by subject."""
    found: defaultdict[Subject, list[_Word]] = defaultdict(list)
    for word in words:
        for subject in subjects(word):
            found[subject].append(word)
    return found


@dataclass(frozen=True, slots=True)
class _Ruling:
    """The word of one authority that speaks: for, against or neither, and since when."""

    root: int
    sign: int
    said: datetime


def _authorities(fold: Fold, claim: int, words: Iterable[_Word]) -> list[_Ruling]:
    found = []
    for root in sorted({word.root for word in words}):
        voice = fold.voices[claim, root]
        if fold.acts.standing(root, claim) is Standing.AUTHORITY and voice.said is not None:
            found.append(_Ruling(root, voice.sign, voice.said))
    return found


def _spoke(
    fold: Fold, subject: Subject, own: Sequence[_Word], words: Iterable[_Word], authorities: Iterable[_Ruling]
) -> Record:
    root = fold.acts.root(subject.source) if not subject.whole else subject.source
    first_for, first_against = _first(own, 1), _first(own, -1)
    others = [ruling for ruling in authorities if ruling.root != root]
    side = min((first for first in (first_for, first_against) if first is not None), default=None)
    of_root = [word for word in words if word.root == root]
    wait = _wait(of_root, first_for, first_against)
    return Record(
        statements=sum(word.counted_here for word in own),
        undated=sum(word.counted_here and word.said is None for word in own),
        claims=1,
        said_so=first_for is not None,
        denied=_opposed(others, -1, first_for),
        said_not=first_against is not None,
        overruled=_opposed(others, 1, first_against),
        took_side=side is not None,
        corrected=wait is not None,
        withdrawn=any(word.withdraws and _later(word.said, side) for word in of_root),
        waits=() if wait is None else (wait,),
    )


def _wait(of_root: Sequence[_Word], first_for: datetime | None, first_against: datetime | None) -> timedelta | None:
    """From the subject's first word on a side to its root's first later word on the other; the first such turn."""
    turns = []
    for sign, first in ((1, first_for), (-1, first_against)):
        back = min((w.said for w in of_root if w.sign == -sign and w.said and _later(w.said, first)), default=None)
        if first is not None and back is not None:
            turns.append((back, back - first))
    return min(turns)[1] if turns else None


def _passed_on(fold: Fold, subject: Subject, passed: Sequence[_Word], authorities: Sequence[_Ruling]) -> Record:
    own = subject.source if subject.whole else fold.acts.root(subject.source)
    denied = pulled = so = False
    for root in {word.root for word in passed}:
        words = [word for word in passed if word.root == root]
        first = _first(words, 1)
        so = so or first is not None
        others = [ruling for ruling in authorities if ruling.root not in (own, root)]
        denied = denied or _opposed(others, -1, first)
        pulled = pulled or any(word.withdraws and _later(word.said, first) for word in words)
    return Record(relayed=1, relayed_so=so, relayed_denied=denied, relayed_pulled=pulled)


def _first(words: Iterable[_Word], sign: int) -> datetime | None:
    return min((word.said for word in words if word.sign == sign and word.said is not None), default=None)


def _opposed(authorities: Iterable[_Ruling], sign: int, first: datetime | None) -> bool:
    return any(ruling.sign == sign and _later(ruling.said, first) for ruling in authorities)


def _later(moment: datetime | None, than: datetime | None) -> bool:
    """Whether both are known, and the first is the later one."""
    return moment is not None and than is not None and moment > than


def _mistake(fold: Fold, index: int) -> Mistake:
    """Why the desk has retracted an entry: by the newest retraction that stands."""
    standing = [each for each in fold.facts.refs("retract.target", index) if fold.acts.live(each)]
    body = fold.facts.entry(standing[-1]).body
    assert isinstance(body, Retract), "what retracts is a retraction"
    return body.why
