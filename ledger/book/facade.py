"""The façade: everything the product does, as methods of :class:`Ledger`. The shells only parse, call and show."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ledger import rules
from ledger.book.desk import Shared
from ledger.book.dossier import Dossier, dossier_of
from ledger.book.evidence import check_kept, documents
from ledger.book.exports import NOW
from ledger.book.listing import grant_row, source_rows
from ledger.book.log import told
from ledger.book.lookup import as_index, find_claim, find_story
from ledger.book.overview import stories_of
from ledger.book.parts import PartRow, parts_of
from ledger.book.recording import Salt
from ledger.book.roles import guarded
from ledger.book.search import search
from ledger.book.since import since
from ledger.book.snapshot import Snapshot
from ledger.book.tell import Texts
from ledger.book.todo import PATIENCE, todo
from ledger.book.views import (
    AsOf,
    BoardRow,
    Difference,
    DocumentRow,
    GrantRow,
    HistoryLine,
    Hit,
    LogLine,
    RecordRow,
    Since,
    SourceRow,
    StoryRow,
    TodoRow,
    Verification,
    Why,
)
from ledger.errors import Misused, Problem, Rejected
from ledger.model import Authority, Entry, Opening, Policy, Source
from ledger.resolver import Acts, Clock, Fold
from ledger.store import Place, Reader, Store, check, locate
from ledger.text import flaws, shown
from ledger.times import Moment, read_time, show_time, zone_named
from ledger.tlog import Verifier
from ledger.vocabulary import Part, Precision, SourceKind, State

# Accounts are asked for by few commands.
if TYPE_CHECKING:
    from ledger.book.people import People

UNSIGNED = timedelta(days=1)
"""How long an entry may stand under no signed checkpoint before `verify` warns of it."""


def now_utc() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def new_salt() -> str:
    """32 random bytes in hex."""
    return secrets.token_hex(32)


@guarded
class Ledger(Shared):
    """One newsroom's ledger.

    Every recording method either writes all of its entries in one transaction and returns a :class:`Receipt`, or
    raises a :class:`~ledger.errors.LedgerError` and writes nothing. Every reading method sees one consistent prefix.
    Claims, sources and stories are named by index (a number, or digits) or by their words.
    """

    @classmethod
    def create(
        cls,
        where: str | Path | Place,
        *,
        origin: str,
        zone: str,
        recorder: str,
        files: Path | None = None,
        clock: Callable[[], datetime] = now_utc,
        salt: Salt = new_salt,
    ) -> Self:
        """Make a new ledger and open it: opening, recorder, desk and policy.

        Raises :class:`~ledger.errors.Rejected` if there is one already, or if origin or recorder cannot be.
        """
        zone_named(zone)
        _check_opening(Opening(origin, zone), recorder)
        store = Store.create(where, log=origin, files=files)
        ledger = cls(store, recorder=recorder, clock=clock, salt=salt)
        with ledger.store.writing() as writer:
            act = ledger._recording_in(writer)
            if act.writer.size:
                raise Rejected(
                    f"ledger: {ledger.place}: there is a ledger here already", next="`claims board` shows it"
                )
            act.append(Opening(origin, zone))
            act.append(Source(SourceKind.DESK), {Part.NAME: "desk"})
            act.append(Policy())
            act.finish()
        return ledger

    @classmethod
    def open(
        cls,
        where: str | Path | Place,
        *,
        log: str | None = None,
        recorder: str | None = None,
        read_only: bool = False,
        files: Path | None = None,
        clock: Callable[[], datetime] = now_utc,
        salt: Salt = new_salt,
    ) -> Self:
        """Open a ledger: a path, ``sqlite:///path``, or ``postgresql://…`` and, of many logs there, its origin ``log``.

        ``files`` is the folder for the evidence files of a ledger on a server; a file has its own beside it. Raises
        :class:`~ledger.errors.Unavailable` if it is missing, locked, newer or none at all.
        """
        store = Store.open(where, log=log, read_only=read_only, files=files)
        store.require_log()
        return cls(store, recorder=recorder, clock=clock, salt=salt)

    @classmethod
    def restore(
        cls,
        folder: str | Path,
        where: str | Path | Place,
        *,
        log: str | None = None,
        recorder: str | None = None,
        files: Path | None = None,
        clock: Callable[[], datetime] = now_utc,
        salt: Salt = new_salt,
    ) -> Self:
        """Make a ledger from the backup in a folder and open it; every byte of it is checked on the way.

        Raises :class:`~ledger.errors.Rejected` with all that is wrong with the backup, or if a ledger with entries is
        at ``where``; :class:`~ledger.errors.Unavailable` if there is no finished backup. Nothing is left behind then.
        """
        from ledger.book.restore import restore

        place = locate(where, log=log, files=files)
        place = replace(place, log=restore(Path(folder), place))
        return cls.open(place, recorder=recorder, clock=clock, salt=salt)

    @staticmethod
    def migrate(where: str | Path) -> tuple[str | None, str]:
        """Bring the schema on a server to this version, or make it; return the revision before and after.

        A file is brought to it whenever it is opened. Raises :class:`~ledger.errors.Unavailable`.
        """
        return Store.migrate(where)

    def make_roles(self) -> tuple[str, ...]:
        """Make the roles of a server's database and of this log; return their names."""
        return self._store.make_roles()

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # Who works with it

    @property
    def people(self) -> People:
        """Who works at this desk; as a person, what they may do to that."""
        from ledger.book.people import People

        return People(self._store, self._clock, self._person)

    # What the ledger is

    @property
    def store(self) -> Store:
        """The store that the ledger is in, for what publishes it."""
        return self._store

    @property
    def place(self) -> Place:
        """Where the ledger is."""
        return self._store.place

    @property
    def size(self) -> int:
        """How many entries there are."""
        with self._store.reading() as reader:
            return reader.size

    @property
    def origin(self) -> str:
        """The name of the log."""
        return self._opened().origin

    def policy(self) -> Policy:
        """The policy in force."""
        with self._store.reading() as reader:
            return Acts(reader).policy()

    # Times

    def read_time(self, text: str) -> Moment:
        """Read a time as a person writes it, in the desk's zone. Raises :class:`~ledger.errors.Misused`."""
        return read_time(text, self.zone, self._clock())

    def show_time(self, moment: datetime, precision: Precision = Precision.SECOND) -> str:
        """Show a time in full in the desk's zone."""
        return show_time(moment, self.zone, precision)

    def as_of(self, *, known: str | None = None, said: str | None = None) -> AsOf:
        """Read a moment on both clocks: ``known`` is the index of the last entry known, or a time; ``said`` a time.

        A date without a time of day means the end of that day. Raises :class:`~ledger.errors.Misused`.
        """
        size = None
        if known is not None:
            last = as_index(known)
            with self._store.reading() as reader:
                size = reader.size_at(self._end_of(self.read_time(known))) if last is None else last + 1
                if not 1 <= size <= reader.size:
                    raise Misused(
                        f"as known: {known}: the ledger knew nothing then, or not so much",
                        next=f"give an index from 0 to {reader.size - 1}, or a time since it was opened",
                    )
        return AsOf(size, None if said is None else self._end_of(self.read_time(said)))

    def _end_of(self, moment: Moment) -> datetime:
        if moment.precision is not Precision.DAY:
            return moment.at
        day = moment.at.astimezone(self.zone)
        last = day.replace(hour=23, minute=59, second=59, microsecond=999_999, fold=1)
        try:
            return last.astimezone(UTC)
        except OverflowError:
            return datetime.max.replace(tzinfo=UTC)

    # Reading

    def board(
        self, *, story: int | str | None = None, states: Collection[State] = (), as_of: AsOf = NOW
    ) -> list[BoardRow]:
        """The accepted state of every claim, or of one story's, with the reason in one sentence."""
        with self._snapshot(as_of) as snapshot:
            return snapshot.board(story, states)

    def board_after_claim(
        self,
        after: int | None,
        limit: int,
        *,
        story: int | str | None = None,
        states: Collection[State] = (),
        as_of: AsOf = NOW,
    ) -> list[BoardRow]:
        """The next rows of :meth:`board` in the order in which the claims were opened; no more than these are made."""
        rows: list[BoardRow] = []
        with self._snapshot(as_of) as snapshot:
            claims = iter(sorted(each for each in snapshot.claims(story) if after is None or each > after))
            while len(rows) < limit and (some := list(islice(claims, limit))):
                part = snapshot.renewed()
                made = (part.row(explanation, since) for explanation, since in part.explained_claims(some))
                rows += islice((row for row in made if not states or row.state in states), limit - len(rows))
        return rows

    def why(self, claim: int | str, *, as_of: AsOf = NOW) -> Why:
        """Everything that the state of one claim rests on."""
        with self._snapshot(as_of) as snapshot:
            return snapshot.why(claim)

    def dossier(self, claim: int | str) -> Dossier:
        """All that there is on one claim now, as of one moment."""
        with self._store.reading() as reader:
            return dossier_of(Snapshot(reader, None, self.zone), reader, self._store.place, claim)

    def history(
        self,
        claim: int | str | None = None,
        *,
        story: int | str | None = None,
        as_of: AsOf = NOW,
        clock: Clock = Clock.SAID,
    ) -> Iterator[HistoryLine]:
        """Each change of state, in the order of the chosen clock: of a claim, of a story's claims, or of all."""
        with self._snapshot(as_of) as snapshot:
            yield from snapshot.history(claim, story, clock)

    def log(self, start: int = 0, stop: int | None = None) -> Iterator[LogLine]:
        """Every entry in plain words, in the order in which they were recorded."""
        with self._store.reading() as reader:
            yield from told(reader, Texts(reader, Acts(reader)), reader.entries(start, stop))

    def diff(self, before: AsOf, after: AsOf, *, story: int | str | None = None) -> list[Difference]:
        """The claims whose state differs between two moments."""
        if story is not None:
            with self._store.reading() as reader:
                story = find_story(reader, story)
        rows = [{row.claim: row for row in self._board_then(story, as_of)} for as_of in (before, after)]
        found = []
        for claim in sorted(rows[0].keys() | rows[1].keys()):
            old, new = rows[0].get(claim), rows[1].get(claim)
            shown = new or old
            assert shown is not None
            if old is None or new is None or (old.state, old.successor) != (new.state, new.successor):
                found.append(
                    Difference(
                        claim,
                        shown.text,
                        shown.story,
                        None if old is None else old.state,
                        None if new is None else new.state,
                        "no longer listed" if new is None else new.because,
                    )
                )
        return found

    def _board_then(self, story: int | None, as_of: AsOf) -> list[BoardRow]:
        """As :meth:`board`; empty where the story was not open yet."""
        unopened = story is not None and as_of.known is not None and as_of.known <= story
        return [] if unopened else self.board(story=story, as_of=as_of)

    def search(
        self,
        words: str,
        *,
        story: int | str | None = None,
        within: Collection[Part] = (),
        limit: int | None = None,
    ) -> list[Hit]:
        """The texts, names, quotes and notes in which all of these words stand, best first; the internal ones too.

        Case and accents make no difference, and the last word may go on. Raises :class:`~ledger.errors.Unavailable`
        where the database has no full text search.
        """
        with self._store.reading() as reader:
            return search(Snapshot(reader, None, self.zone), reader, words, story, within, limit)

    def todo(self, *, story: int | str | None = None, older_than: timedelta = PATIENCE) -> list[TodoRow]:
        """The claims that somebody has to look at now, the most urgent first.

        ``older_than`` is how long a claim may stay unverified, by what was said.
        """
        with self._snapshot() as snapshot:
            return todo(snapshot, story, self._clock(), older_than)

    def since(self, moment: str | int, *, story: int | str | None = None) -> Since:
        """What changed since an entry or a time, as this desk recorded it. A date means the start of that day."""
        last = as_index(moment)
        at = None if last is not None else self.read_time(str(moment)).at
        with self._store.reading() as reader:
            if last is not None and not 0 <= last < reader.size:
                step = f"give an index from 0 to {reader.size - 1}, or a time"
                raise Misused(f"since: {moment}: there is no such entry", next=step)
            size = reader.size_at(at) if at is not None else (last or 0) + 1
            now = Snapshot(reader, None, self.zone)
            if size == 0:
                return since(None, now, story, at)
            with self._store.reading(size) as earlier:
                return since(Snapshot(earlier, None, self.zone), now, story, at)

    def sources(self) -> list[SourceRow]:
        """Every source, with its standing in general."""
        with self._store.reading() as reader:
            return list(source_rows(reader))

    def source_record(self, source: int | str | None = None, *, as_of: AsOf = NOW) -> list[RecordRow]:
        """What became of what each source said, counted (``ledger.record``); or one's record, with its body's."""
        from ledger.book.record import source_record

        with self._snapshot(as_of) as snapshot:
            return source_record(snapshot, source)

    def stories(self) -> list[StoryRow]:
        """Every story, with the number of its claims."""
        with self._snapshot() as snapshot:
            return list(stories_of(snapshot))

    def authorities(self, *, story: int | str | None = None, claim: int | str | None = None) -> list[GrantRow]:
        """Every live grant of authority, or those over one story or one claim."""
        with self._store.reading() as reader:
            acts = Acts(reader)
            texts = Texts(reader, acts)
            only_story = None if story is None else find_story(reader, story)
            only_claim = None if claim is None else _claim_in(reader, claim)
            rows = []
            for index in reader.of_kind("authority"):
                body = reader.entry(index).body
                if not isinstance(body, Authority) or not acts.live(index):
                    continue
                if (story is None or body.story == only_story) and (claim is None or body.claim == only_claim):
                    rows.append(grant_row(index, body, acts, texts))
            return rows

    def documents(self, about: int | None = None) -> list[DocumentRow]:
        """Every document, or those of one entry; those of a claim are those of its statements too."""
        with self._store.reading() as reader:
            return documents(reader, self._store.place, about)

    def parts(self, indexes: Iterable[int]) -> dict[int, tuple[PartRow, ...]]:
        """What people wrote into entries, and what of it was redacted."""
        with self._store.reading() as reader:
            return parts_of(reader, indexes)

    def erasing(self) -> list[int]:
        """The redactions whose words may still be on the disk; ``erase`` wipes them."""
        return self._store.erasing()

    def backup(self, folder: str | Path) -> list[Path]:
        """Write every byte of the ledger into a folder of plain files, in constant memory; return their paths.

        An earlier backup of this ledger is replaced. Raises :class:`~ledger.errors.Rejected` if the folder holds
        something else, or if the ledger is damaged; :class:`~ledger.errors.Unavailable` if it cannot be written.
        """
        from ledger.book.backup import backup

        with self._store.reading() as reader:
            return backup(reader, self._store.place, Path(folder))

    def verify(self, verifiers: Sequence[Verifier] = ()) -> Verification:
        """Derive every column, register, tile and state again from the leaf bytes and the rules; name each difference.

        Checkpoints are held against the tree, and their signatures against ``verifiers``. The kept evidence files are
        held against their hashes; one that is lost, or that no entry names, is a warning, and so are entries that
        nothing has signed for a day.
        """
        size, found = self.size, check(self._store, verifiers)
        changed, warnings = check_kept(self._store)
        return Verification(size, (*found, *changed), (*warnings, *self._unsigned(bool(verifiers))))

    def _unsigned(self, verified: bool) -> Iterator[Problem]:
        with self._store.reading() as reader:
            kept = reader.last_checkpoint()
            first, last = (0 if kept is None else kept[0]), reader.size - 1
            if kept is not None and not verified:
                yield Problem("checkpoints", "their signatures were not verified, since no key was given or found")
            if first <= last and self._clock() - reader.entry(first).recorded > UNSIGNED:
                where = f"entry {first}" if first == last else f"entries {first} to {last}"
                yield Problem(where, "unsigned for more than a day: until `claims checkpoint`, nothing shows a rewrite")


def _check_opening(opening: Opening, recorder: str) -> None:
    """Say what is wrong before a file is made."""
    entry = Entry(0, datetime.min.replace(tzinfo=UTC), None, opening)
    problems = rules.check(entry, Fold())
    problems += [Problem("recorder", flaw, got=repr(recorder)) for flaw in flaws(Part.NAME, recorder)]
    if problems:
        raise Rejected("no ledger was made", problems=problems, next="mend this and try again")


def _claim_in(reader: Reader, given: int | str) -> int:
    match = find_claim(reader, given, None)
    if match is None:
        raise Rejected(f"claim: {shown(str(given))}: no such claim", next="`claims board` shows the claims")
    return match.index
