"""What the desk's acts say, asked of the resolver's own ``Acts`` once and answered for whole columns (R1 to R3, R8).

Claims and sources go by number here: the place of a claim among all claims of the prefix, of a source among all its
sources. What is said of a source on a claim is found by one key made of both numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from ledger.bulk.leaves import Columns, Flags, Ints
from ledger.bulk.resolved import NONE
from ledger.model import Authority, Entry, Hold, Release, Same, Vet
from ledger.resolver import DESK, Acts, Memory
from ledger.vocabulary import Kind, Standing


class Desk:
    """The acts of a prefix: one answer for each claim, each source, and each pair of them that is asked for.

    ``folded`` is the number that each claim counts under, ``held`` whether those that count under it are held; ``dead``
    are the indexes that a live retraction targets, ``desk`` is the desk's own number, ``quorum`` the q of R3.
    """

    def __init__(self, columns: Columns) -> None:
        facts = _Facts(columns)
        self._acts = acts = Acts(facts)
        sources = facts.of_kind(Kind.SOURCE.value)
        self._claim_at = _numbers(columns.size, columns.claims)
        self._source_at = _numbers(columns.size, _array(sources))
        self._many = len(sources)
        self._roots = self._source_at[_array(map(acts.root, sources))]
        self._vetted = np.array([acts.vetted(source) for source in sources], bool)
        self._stories = columns.stories
        self.desk = int(self._source_at[DESK]) if columns.size > DESK else NONE
        self.dead = _array(each for each in np.unique(columns.targets).tolist() if not acts.live(each))
        self.quorum = acts.policy().quorum
        self.folded = self._fold(columns)
        self.held = np.zeros(len(columns.claims), bool)
        self._take(entry for entry in columns.acts if acts.live(entry.index))

    def claim(self, claims: Ints) -> Ints:
        """The numbers of the claims that these count under, by index; NONE stays."""
        return np.where(claims == NONE, NONE, self.folded[self._claim_at[claims]])

    def source(self, sources: Ints) -> Ints:
        """The numbers of sources, by index."""
        return self._source_at[sources]

    def root(self, sources: Ints) -> Ints:
        """The numbers of the bodies that sources speak for, by index (R2)."""
        return self._roots[self._source_at[sources]]

    def standing(self, claims: Ints, roots: Ints) -> Ints:
        """How high each root stands on the claim beside it, by number (R3). The narrower act comes later."""
        here = self._key(claims, roots)
        standing = np.where(self._vetted[roots], int(Standing.VETTED), int(Standing.UNVETTED))
        standing[np.isin(here, self._vetted_on)] = Standing.VETTED
        standing[np.isin(self._key(self._stories[claims], roots), self._over_story)] = Standing.AUTHORITY
        standing[np.isin(here, self._unvetted_on)] = Standing.UNVETTED
        standing[np.isin(here, self._over_claim)] = Standing.AUTHORITY
        standing[roots == self.desk] = Standing.DESK
        return standing

    def carries(self, claims: Ints, relayers: Ints) -> Flags:
        """Whether each relayer, as itself, is a vetted outlet on the claim beside it, by number (R3)."""
        here = self._key(claims, relayers)
        general: Flags = self._vetted[relayers] & ~np.isin(here, self._unvetted_on)
        return general | np.isin(here, self._vetted_on)

    def _key(self, claims: Ints, sources: Ints) -> Ints:
        return claims * self._many + sources

    def _fold(self, columns: Columns) -> Ints:
        folded = np.arange(len(columns.claims))
        for entry in columns.acts:
            if isinstance(entry.body, Same):
                claim = entry.body.claim
                folded[self._claim_at[claim]] = self._claim_at[self._acts.folded(claim)]
        return folded

    def _take(self, live: Iterable[Entry]) -> None:
        """Note grants, vettings and holds, the newest of which holds."""
        over_claim, over_story = set[int](), set[int]()
        vetted: dict[int, bool] = {}
        for entry in live:
            match entry.body:
                case Authority(source=source, claim=int(claim)):
                    over_claim.add(self._pair(self._home(claim), self._acts.root(source)))
                case Authority(source=source, story=int(story)):
                    over_story.add(self._pair(story, self._acts.root(source)))
                case Vet(source=source, claim=int(claim), vetted=flag):
                    vetted[self._pair(self._home(claim), source)] = flag
                case Hold(claim=claim) | Release(claim=claim):
                    self.held[self._home(claim)] = isinstance(entry.body, Hold)
        self._over_claim, self._over_story = _array(over_claim), _array(over_story)
        self._vetted_on = _array(key for key, flag in vetted.items() if flag)
        self._unvetted_on = _array(key for key, flag in vetted.items() if not flag)

    def _home(self, claim: int) -> int:
        return int(self.folded[self._claim_at[claim]])

    def _pair(self, claim: int, source: int) -> int:
        return claim * self._many + int(self._source_at[source])


class _Facts(Memory):
    """The acts of the desk and the sources; of retractions only what they target."""

    def __init__(self, columns: Columns) -> None:
        super().__init__(columns.acts)
        self._retractions: defaultdict[int, list[int]] = defaultdict(list)
        for index, target in zip(columns.retracts.tolist(), columns.targets.tolist(), strict=True):
            self._retractions[target].append(index)

    def refs(self, role: str, index: int) -> Sequence[int]:
        """See :meth:`ledger.resolver.Facts.refs`."""
        return self._retractions.get(index, ()) if role == "retract.target" else super().refs(role, index)


def _numbers(size: int, indexes: Ints) -> Ints:
    """For each index below ``size`` its place among ``indexes``, NONE for all others."""
    numbers = np.full(size, NONE, np.int64)
    numbers[indexes] = np.arange(len(indexes))
    return numbers


def _array(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)
