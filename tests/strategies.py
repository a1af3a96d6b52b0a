"""Random ledgers: whole ones with every kind of entry, ones about a single claim that reach every row of R4, and ones
whose claims lead to one another.

A ledger is built from throws, one short run of bytes an entry; that draws fast, shrinks by dropping entries, and
serves a fixed seed as well as hypothesis. All of them pass the refusal rules of R0 and R1.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from ledger.model import Publication, Same, Source
from ledger.resolver import Acts, Memory
from tests.ledgers import DESK, UNRETRACTABLE, Book, at, of_kind, redacted
from tests.stored import dressed

T = TypeVar("T")
THROW = 12
START = 12 * 60


def weighted(**weights: int) -> list[str]:
    """Each word as often as it weighs."""
    return [word for word, weight in weights.items() for _ in range(weight)]


STATUSES = weighted(reported=3, denied=3, confirmed=1, corrected=2, superseded=2, unconfirmed=1, withdrawn=1)
TILTS = (
    STATUSES,
    weighted(reported=4, confirmed=2, denied=1, superseded=1),
    weighted(denied=4, corrected=2, reported=1, unconfirmed=1),
    weighted(reported=2, withdrawn=3, unconfirmed=1),
)
CASTS = (
    weighted(account=3, unnamed=2, person=1, witness=1),
    weighted(agency=3, broadcaster=1, newspaper=1, unnamed=1),
    weighted(official=2, spokesperson=1, agency=3, unnamed=1),
    weighted(desk=2, official=1, agency=1, unnamed=1),
)
WHOLE_ACTS = weighted(statement=10, retract=2) + weighted(
    grant=1, vetting=2, group=1, amend=1, same=1, hold=1, release=1, policy=1
)
WHOLE_ACTS += weighted(claim=1, source=1, wording=1, evidence=1, story=1, redaction=1, publication=1, settlement=1)
CLAIM_ACTS = weighted(statement=12, retract=2, vetting=2, grant=1, policy=1, same=1)
POINTING = weighted(superseded=5, corrected=5, reported=2, denied=1)
PATH_ACTS = weighted(statement=20, retract=1, same=1, vetting=1)
AMENDABLE = ("agency", "account", "official", "person", "newspaper", "party")


class Throw:
    """A run of bytes that answers choices; where it is used up it answers the first one."""

    def __init__(self, data: bytes) -> None:
        self._bytes = iter(data)

    def below(self, limit: int) -> int:
        return next(self._bytes, 0) % limit

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def one_in(self, many: int) -> bool:
        return self.below(many) == many - 1


class World:
    """A book, who and what there is in it, and a method for every act that a throw may choose."""

    def __init__(self, quorum: int = 2) -> None:
        self.book = Book(quorum, opened=START)
        self.stories: list[int] = []
        self.claims: list[int] = []
        self.speakers: list[int] = []
        self.outlets: list[int] = []
        self.members: list[int] = []
        self.bodies: list[int] = []
        self.tilt: list[str] = STATUSES

    @property
    def minute(self) -> int:
        return self.book.now.hour * 60 + self.book.now.minute

    def tick(self, throw: Throw) -> None:
        self.book.wait(self.minute + throw.pick((0, 1, 5)))

    def act(self, throw: Throw, acts: Sequence[str]) -> None:
        getattr(self, throw.pick(acts))(throw)

    def statement(self, throw: Throw) -> None:
        self.state(throw, throw.pick(self.claims))

    def state(self, throw: Throw, claim: int) -> None:
        status = throw.pick(self.tilt)
        to = None
        if status in ("corrected", "superseded"):
            to = throw.pick([other for other in self.claims if other != claim])
        by = throw.pick(self.speakers)
        record = self.book.entries[by].body
        via = [record.relayer] if record.relayer is not None else []
        while throw.one_in(3):
            via.append(throw.pick(self.outlets))
        via = [relayer for relayer in dict.fromkeys(via) if relayer != by]
        undated = status != "withdrawn" and throw.one_in(4)
        # On the ten minutes, so that ties happen.
        said = (self.minute - throw.pick((0, 0, 10, 10, 20, 30))) // 10 * 10
        self.book.say(claim, status, by, via, None if undated else said, to)

    def retractable(self) -> list[int]:
        """What the desk may take back, the policy included."""
        return [3] + [
            entry.index
            for entry in self.book.entries[4:]
            if not isinstance(entry.body, UNRETRACTABLE)
            or (isinstance(entry.body, Source) and entry.body.amends is not None)
        ]

    def retract(self, throw: Throw) -> None:
        found = self.retractable()
        self.book.retract(found[-1 - throw.below(min(8, len(found)))])

    def grant(self, throw: Throw) -> None:
        source = throw.pick(self.speakers)
        if throw.one_in(2):
            self.book.grant(source, claim=throw.pick(self.claims))
        else:
            self.book.grant(source, story=throw.pick(self.stories))

    def vetting(self, throw: Throw) -> None:
        source = throw.pick([source for source in self.speakers + self.outlets if source != DESK])
        claim = throw.pick(self.claims) if throw.one_in(2) else None
        (self.book.vet if throw.one_in(2) else self.book.unvet)(source, claim)

    def group(self, throw: Throw) -> None:
        # A body in its turn only now and then: groups are one level deep, but retractions may leave two.
        source = throw.pick(self.bodies if throw.one_in(8) or not self.members else self.members)
        bodies = [body for body in (*self.bodies, DESK, None) if body != source]
        self.book.group(source, throw.pick(bodies))

    def amend(self, throw: Throw) -> None:
        self.book.amend(throw.pick(self.members + self.bodies), throw.pick(AMENDABLE))

    def same(self, throw: Throw) -> None:
        # A circle only now and then, as retractions may leave one behind.
        claim, same_as = throw.pick(self.claims), throw.pick(self.claims)
        pairs = [e.body for e in self.book.entries if isinstance(e.body, Same)]
        reached = {same_as}
        for _ in pairs:
            reached |= {pair.same_as for pair in pairs if pair.claim in reached}
        if claim != same_as and (claim not in reached or throw.one_in(8)):
            self.book.same(claim, same_as)

    def hold(self, throw: Throw) -> None:
        self.book.hold(throw.pick(self.claims))

    def release(self, throw: Throw) -> None:
        self.book.release(throw.pick(self.claims))

    def wording(self, throw: Throw) -> None:
        self.book.wording(throw.pick(self.claims))

    def policy(self, throw: Throw) -> None:
        self.book.policy(1 + throw.below(3))

    def claim(self, throw: Throw) -> None:
        self.claims.append(self.book.claim(throw.pick(self.stories)))

    def source(self, throw: Throw) -> None:
        kind, group = throw.pick(AMENDABLE), throw.pick([None, *self.bodies])
        self.speakers.append(self.book.source(kind, group))

    def evidence(self, throw: Throw) -> None:
        self.book.evidence(self.book.entries[-1].index)

    def redaction(self, throw: Throw) -> None:
        """One of the parts that the entry will have once it is dressed, if one is left."""
        target = throw.pick(self.book.entries[-8:])
        gone = redacted(self.book.entries)
        parts = [part for part in dressed(target)[0].parts if (target.index, part) not in gone]
        if parts:
            self.book.redact(target.index, throw.pick(parts))

    def publication(self, throw: Throw) -> None:
        """Of all, of a story or of some claims, as of now or earlier, where a policy was in force."""
        book = self.book
        size = len(book.entries) - throw.pick((0, 0, 1, 5))
        if size < 4 or Acts(Memory(book.entries[:size])).policy_entry() is None:
            return
        said = throw.pick((None, None, None, self.minute - 10))
        more: dict[str, Any] = {"held": throw.one_in(3), "as_said": None if said is None else at(said)}
        claims = {claim for claim in (throw.pick(self.claims), throw.pick(self.claims)) if claim < size}
        stories = [story for story in self.stories if story < size]
        what = throw.pick(("all", "claims", "story"))
        out = throw.pick((None, None, self.minute - 3))
        if what == "story" and stories:
            book.publish(size=size, out=out, story=throw.pick(stories), **more)
        else:
            book.publish(*(claims if what == "claims" else ()), size=size, out=out, **more)

    def settlement(self, throw: Throw) -> None:
        """Of a live publication, for all of it or for one claim that it names; without one, something goes out."""
        book = self.book
        acts = Acts(Memory(book.entries))
        found = [each for each in of_kind(book.entries, Publication) if acts.live(each)]
        if not found:
            self.publication(throw)
            return
        index = throw.pick(found[-3:])
        size = max(len(book.entries) - throw.pick((0, 0, 0, 3)), index + 1)
        named = [claim for claim in book.entries[index].body.claims if throw.one_in(2)]
        book.settle(index, *named, size=size, out=throw.pick((None, None, self.minute - 2)))

    def story(self, throw: Throw) -> None:
        self.stories.append(self.book.story())


def whole_book(throws: Sequence[bytes]) -> Book:
    """(a) A ledger with several claims and every kind of entry."""
    world = World()
    book = world.book
    world.stories = [book.story(), book.story()]
    agency, paper = book.source("agency"), book.source("newspaper")
    ministry, police = book.source("official"), book.source("official")
    person, account = book.source("person"), book.source("account")
    spokesman = book.source("spokesperson", group=ministry)
    member = book.source("broadcaster", group=agency)
    unnamed = book.source("unnamed", relayer=agency, story=world.stories[0])
    witness = book.source("witness", relayer=account)
    world.bodies = [agency, ministry, police]
    world.members = [paper, person, account, spokesman, member]
    world.speakers = [agency, paper, ministry, police, person, account, spokesman, member]
    world.speakers += [unnamed, unnamed, witness, DESK]
    world.outlets = [agency, paper, member, account, DESK]
    world.claims = [book.claim(story) for story in world.stories * 2]
    for data in throws:
        throw = Throw(data)
        world.tick(throw)
        world.act(throw, WHOLE_ACTS)
    return book


def claim_book(throws: Sequence[bytes]) -> Book:
    """(b) A ledger about one claim, with a cast and a tilt, so that authorities, carriage and the desk decide."""
    first = Throw(throws[0])
    world = World(quorum=first.pick((2, 2, 1, 3)))
    world.tilt = first.pick(TILTS)
    _enter(world, first)
    for data in throws[1:]:
        throw = Throw(data)
        world.tick(throw)
        if throw.one_in(4):
            world.act(throw, CLAIM_ACTS)
        else:
            world.state(throw, world.claims[throw.pick((0, 0, 0, 0, 0, 1, 2))])
    return world.book


def path_book(throws: Sequence[bytes]) -> Book:
    """(c) A ledger whose claims are corrected and superseded by one another, in chains and in circles."""
    world = World()
    book = world.book
    story = book.story()
    world.stories = [story]
    world.speakers = [book.source(kind) for kind in ("official", "official", "agency", "agency", "agency")]
    for ministry in world.speakers[:2]:
        book.grant(ministry, story=story)
    world.speakers.append(DESK)
    world.outlets = world.bodies = world.speakers[2:4]
    world.claims = [book.claim(story) for _ in range(5)]
    world.tilt = POINTING
    for data in throws:
        throw = Throw(data)
        world.tick(throw)
        world.act(throw, PATH_ACTS)
    for claim in world.claims if throws[0][0] % 4 == 3 else ():
        book.say(claim, "denied", DESK, said=START + 600)
    return book


def _enter(world: World, throw: Throw) -> None:
    """One story, three claims, three outlets, and a cast in which the officials have authority over the story."""
    book = world.book
    story = book.story()
    world.stories = [story]
    world.outlets = [book.source(kind) for kind in ("agency", "account", "broadcaster")]
    for kind in throw.pick(CASTS):
        if kind == "desk":
            source = DESK
        elif kind == "spokesperson":
            source = book.source(kind, group=world.speakers[0])
        elif kind in ("unnamed", "witness"):
            source = book.source(kind, relayer=throw.pick(world.outlets))
        else:
            source = book.source(kind)
        world.speakers.append(source)
    world.claims = [book.claim(story) for _ in range(3)]
    world.bodies = world.outlets[:1]
    for source in world.speakers:
        if book.entries[source].body.source_kind.value == "official":
            book.grant(source, story=story)


def throws(least: int, most: int) -> st.SearchStrategy[list[bytes]]:
    """Throws, every number of them as likely: left alone, hypothesis seldom draws long lists."""
    throw = st.binary(min_size=THROW, max_size=THROW)
    return st.integers(least, most).flatmap(lambda n: st.lists(throw, min_size=n, max_size=n))


def whole_books() -> st.SearchStrategy[Book]:
    """(a) as a strategy."""
    return throws(1, 36).map(whole_book)


def claim_books() -> st.SearchStrategy[Book]:
    """(b) as a strategy."""
    return throws(2, 24).map(claim_book)


def path_books() -> st.SearchStrategy[Book]:
    """(c) as a strategy."""
    return throws(2, 20).map(path_book)


def books() -> st.SearchStrategy[Book]:
    """All three kinds."""
    return st.one_of(claim_books(), whole_books(), path_books())


def fixed_books(seed: int, many: int) -> Iterator[Book]:
    """The same ledgers every time, the three kinds in turn."""
    source = random.Random(seed)
    kinds = ((claim_book, 24), (whole_book, 36), (path_book, 20))
    for number in range(many):
        build, most = kinds[number % 3]
        yield build([source.randbytes(THROW) for _ in range(source.randint(2, most))])
