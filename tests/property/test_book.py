"""Random nights at the desk: acts through the façade on a real file, closed and opened again at random points.

After each act everything that is derived is derived again, and what was refused has left no trace.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ledger.book import AsOf, Clock, Ledger, Receipt
from ledger.encoding import decode_entry
from ledger.errors import LedgerError
from ledger.model import Claim, Source, Statement
from ledger.resolver import Fold, replay
from ledger.times import Moment
from ledger.vocabulary import Bucket, Mistake, Part, Precision, Reason, SourceKind, Status
from tests.newsroom import KINDS, Newsroom
from tests.stored import raw

CLAIMS = ["One officer died", "Two officers died", "A second suspect fled", "It was a hoax"]
STORIES = ["paris", "london"]
NAMES = ["desk", "Nobody", *KINDS]
OUTLETS = ["AFP", "Reuters", "BFM", "Le Monde", "Paris police"]
INDEX = st.integers(-1, 40)
CLAIM = st.sampled_from(CLAIMS) | INDEX | st.sampled_from(["One officer dead", "", "…"])
SOURCE = st.sampled_from(NAMES) | INDEX
STORY = st.sampled_from(STORIES) | INDEX
MINUTES = st.none() | st.integers(-5, 1) | st.sampled_from([-60, 3])

_MACHINES = settings(
    max_examples=max(8, settings().max_examples // 10),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class Desk(RuleBasedStateMachine):
    """One newsroom, one recorder, and a pure replay of all leaves beside them."""

    @initialize()
    def found(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.room = Newsroom.founded(self.folder)
        self.leaves = self._leaves()
        self.fold = self._replayed()
        self.changed = True

    def teardown(self) -> None:
        if hasattr(self, "room"):
            self.ledger.close()
            shutil.rmtree(self.folder)

    @property
    def ledger(self) -> Ledger:
        return self.room.ledger

    def _leaves(self) -> list[bytes]:
        with raw(self.room.path) as connection:
            return [leaf for (leaf,) in connection.execute('SELECT leaf FROM entries ORDER BY "index"')]

    def _replayed(self) -> Fold:
        return replay(map(decode_entry, self.leaves))

    def act(self, act: Callable[[], Receipt]) -> None:
        """Do it, and hold the ledger before against the ledger after."""
        before = self.leaves
        try:
            receipt = act()
        except LedgerError as error:
            self._refused(error, before)
            return
        self.leaves = self._leaves()
        assert self.leaves[: len(before)] == before, "sizes only grow, and nothing is rewritten"
        assert receipt.wrote == tuple(range(len(before), len(self.leaves)))
        assert receipt.index < len(self.leaves)
        if receipt.claim is not None:
            row = self.ledger.why(receipt.claim).row
            assert (receipt.state, receipt.because) == (row.state, row.because)
        self.fold = self._replayed()
        self.changed = True

    def _refused(self, error: LedgerError, before: list[bytes]) -> None:
        assert error.message
        assert error.exit_code in (1, 2)
        assert all(str(problem).isprintable() for problem in error.problems)
        assert self._leaves() == before, "a refused act changes nothing"

    @rule(
        claim=CLAIM,
        status=st.sampled_from(Status),
        by=SOURCE,
        via=st.lists(st.sampled_from(OUTLETS), max_size=2),
        minutes=MINUTES,
        to=st.none() | CLAIM,
        story=st.none() | STORY,
        new=st.booleans(),
        key=st.none() | st.integers(0, 3),
    )
    def record(
        self,
        claim: int | str,
        status: Status,
        by: int | str,
        via: list[str],
        minutes: int | None,
        to: int | str | None,
        story: int | str | None,
        new: bool,
        key: int | None,
    ) -> None:
        more: dict[str, Any] = {"story": story, "new": new, "to": to if status.points else None}
        if minutes is not None:
            more["said"] = Moment(self.room.clock.now + timedelta(minutes=minutes), Precision.MINUTE)
        known = {row.name for row in self.ledger.sources()}
        self.act(
            lambda: self.ledger.record(
                claim,
                status,
                by=by,
                by_kind=KINDS.get(str(by)),
                via=via,
                via_kinds=[KINDS[each] for each in dict.fromkeys(via) if each not in known],
                why=Reason.HOAX if status is Status.WITHDRAWN else None,
                quote=f"{by}: {status}",
                note="heard",
                internal=[Part.NOTE],
                key=None if key is None else f"{key:032x}",
                **({"said": None} | more),
            )
        )

    @rule(claim=st.sampled_from(CLAIMS), by=st.sampled_from(OUTLETS), status=st.sampled_from(Status), to=INDEX)
    def say(self, claim: str, by: str, status: Status, to: int) -> None:
        """A plain word that usually gets through, so that there is something to act on."""
        more = {"to": to} if status.points else {}
        self.act(lambda: self.room.say(claim, status, by, "23:30", story="paris", new=True, **more))

    @rule(
        index=INDEX,
        why=st.sampled_from(Mistake),
        newest=st.booleans(),
    )
    def retract(self, index: int, why: Mistake, newest: bool) -> None:
        target = len(self.leaves) - 1 if newest else index
        self.act(lambda: self.ledger.retract(target, why))

    @rule(index=INDEX, to=CLAIM)
    def move(self, index: int, to: int | str) -> None:
        self.act(lambda: self.ledger.move(index, to=to, new=True))

    @rule(index=INDEX, minutes=MINUTES)
    def take_back(self, index: int, minutes: int | None) -> None:
        said = None if minutes is None else Moment(self.room.clock.now + timedelta(minutes=minutes))
        self.act(lambda: self.ledger.take_back(index, said=said))

    @rule(claim=CLAIM, other=CLAIM, what=st.sampled_from(["hold", "release", "same", "wording"]))
    def on_claim(self, claim: int | str, other: int | str, what: str) -> None:
        acts: dict[str, Callable[[], Receipt]] = {
            "hold": lambda: self.ledger.hold(claim),
            "release": lambda: self.ledger.release(claim),
            "same": lambda: self.ledger.same(claim, other),
            "wording": lambda: self.ledger.wording(claim, f"in other words: {other}"),
        }
        self.act(acts[what])

    @rule(source=SOURCE, claim=st.none() | CLAIM, story=st.none() | STORY, revoke=st.booleans())
    def authority(self, source: int | str, claim: int | str | None, story: int | str | None, revoke: bool) -> None:
        act = self.ledger.revoke if revoke else self.ledger.grant
        self.act(lambda: act(source, claim=claim, story=story))

    @rule(source=SOURCE, vetted=st.booleans(), claim=st.none() | CLAIM)
    def vet(self, source: int | str, vetted: bool, claim: int | str | None) -> None:
        self.act(lambda: self.ledger.vet(source, vetted, claim=claim))

    @rule(source=SOURCE, body=st.none() | SOURCE, kind=st.sampled_from(SourceKind), amend=st.booleans())
    def about_source(self, source: int | str, body: int | str | None, kind: SourceKind, amend: bool) -> None:
        self.act(lambda: self.ledger.amend_source(source, kind) if amend else self.ledger.group(source, body))

    @rule(quorum=st.integers(0, 3))
    def policy(self, quorum: int) -> None:
        self.act(lambda: self.ledger.set_policy(quorum))

    @rule(minutes=st.integers(-3, 10))
    def wait(self, minutes: int) -> None:
        """The machine's clock goes back as well."""
        self.room.clock.wait(minutes)

    @rule()
    def reopen(self) -> None:
        self.ledger.close()
        self.room.ledger = self.room.reopened()
        self.changed = True

    @invariant()
    @precondition(lambda self: self.changed)
    def everything_follows_from_the_leaves(self) -> None:
        assert self.ledger.size == len(self.leaves)
        with self.ledger._store.reading() as reader:
            assert dict(reader.voices) == dict(self.fold.voices)
            assert dict(reader.tallies) == dict(self.fold.tallies)
        afresh = Fold(self.fold.facts, voices={}, tallies={})
        for claim in self.fold.facts.of_kind("claim"):
            afresh.refold(claim)
        assert (afresh.voices, afresh.tallies) == (self.fold.voices, self.fold.tallies), "step by step is all at once"
        entries = [self.fold.facts.entry(index) for index in range(len(self.leaves))]
        times = [entry.recorded for entry in entries]
        assert times == sorted(times)
        for row in self.ledger.board():
            assert row == self.ledger.why(row.claim).row
            assert list(self.ledger.history(row.claim, clock=Clock.KNOWN))[-1].state == row.state
        for entry in entries:
            if isinstance(entry.body, Claim):
                lines = self.ledger.why(entry.index).statements
                assert len({line.index for line in lines}) == len(lines)
                assert all((line.bucket is Bucket.RETRACTED) != self._live(line.index) for line in lines)
        self.changed = False

    def _live(self, index: int) -> bool:
        assert isinstance(self.fold.facts.entry(index).body, Statement)
        return self.fold.acts.live(index)

    @invariant()
    @precondition(lambda self: len(self.leaves) % 5 == 0)
    def nothing_is_found(self) -> None:
        assert self.ledger.verify().findings == ()
        assert self.ledger.board(as_of=AsOf(known=len(self.leaves))) == self.ledger.board()
        assert all(isinstance(self.fold.facts.entry(row.index).body, Source) for row in self.ledger.sources())


TestDesk = Desk.TestCase
TestDesk.settings = _MACHINES
