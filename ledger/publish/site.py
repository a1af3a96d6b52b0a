"""The static site: what a prefix of the ledger comes to, as pages. The same prefix and settings give the same bytes.

====================  ============================================================
``index.html``        stories, counts by state, the newest changes
``story/N.html``      the board of a story and how it came about; ``N-2.html`` goes on
``claim/N.html``      all that the state of a claim rests on; ``N.proof.json`` proves it
``corrections.html``  what turned out otherwise, and what was told of it
``check.html``        how to check all of it
====================  ============================================================

Stories and claims are named by the index of their entry. That is a safe name of a file wherever the folder is copied
to, whatever letters a slug has; it stays when a claim is worded anew, and a redacted name is in no address.

Pages are made from :class:`~ledger.book.public.Public`, so nothing that is withheld can be on one; a held claim has no
page, and no page names it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from typing import Any

from ledger.book.public import Public
from ledger.book.snapshot import Snapshot
from ledger.book.views import BoardRow, HistoryLine, Why
from ledger.errors import Misused, Problem
from ledger.formats.datapackage import check_licence
from ledger.model import Claim, Document, Opening
from ledger.pages import draw, engine, stylesheet
from ledger.pages.addresses import linked
from ledger.publish.beside import Beside, Correction
from ledger.publish.proving import Prover
from ledger.publish.site_links import (
    CHECK,
    CORRECTIONS,
    HOME,
    STYLE,
    SiteLinks,
    claim_path,
    proof_path,
    story_path,
)
from ledger.resolver import Clock
from ledger.store import Reader
from ledger.text import flaws, shown
from ledger.times import zone_named
from ledger.tlog import Checkpoint, Verifier
from ledger.vocabulary import Bucket, Part, State

PER_PAGE = 50
"""How many claims a page of a story has: as many as one still reads, and sees drawn, at once."""
MOST_TURNED = 500
"""How many changes the page of corrections shows."""
_NEWEST = 20
_TURNED = (State.DENIED, State.CORRECTED, State.RETRACTED)
_ORDER = [Bucket.COUNTED, Bucket.UNVETTED, Bucket.NEUTRAL, Bucket.OVERTAKEN, Bucket.RETRACTED, Bucket.OUTSIDE]

File = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Look:
    """What the desk says of its site; ``url`` is where it will be served, ``licence`` a name or an address."""

    title: str
    url: str | None = None
    licence: str | None = None

    def check(self) -> None:
        """Raise :class:`~ledger.errors.Misused`, with all that is wrong, if it cannot be shown."""
        named = [("title", self.title), ("licence", self.licence)]
        problems = [
            Problem(name, flaw, got=shown(text)) for name, text in named if text for flaw in flaws(Part.NAME, text)
        ]
        if not self.title:
            problems.append(Problem("title", "is empty"))
        if self.url is not None and ("://" not in self.url or linked(self.url) is None):
            problems.append(Problem("url", "is no web address", "https://…", shown(self.url)))
        if not problems and self.licence is not None:
            check_licence(self.licence)
        if problems:
            raise Misused("site: cannot be made so", problems=problems, next="mend this and publish again")


@dataclass(frozen=True, slots=True)
class _Story:
    """A story as the first page lists it."""

    index: int
    name: str
    counts: list[tuple[State, int]]
    last: datetime | None


@dataclass(frozen=True, slots=True)
class _Page:
    """Which of the pages of a story: claims ``first`` to ``last`` of ``claims``, counted from 1."""

    number: int
    of: int
    first: int
    last: int
    claims: int


class Site:
    """The pages of the prefix that ``reader`` holds, whose newest checkpoint is ``checkpoint``.

    ``last`` is when its last entry was recorded: the only now that pages know.
    """

    def __init__(
        self,
        reader: Reader,
        look: Look,
        checkpoint: Checkpoint,
        verifier: Verifier,
    ) -> None:
        opening = reader.entry(0).body
        assert isinstance(opening, Opening), "entry 0 is the opening"
        self.look = look
        self.checkpoint = checkpoint
        self._reader = reader
        self._public = Public(reader)
        self._zone = zone_named(opening.zone)
        self._start()
        self._engine = engine(self._zone)
        self.last = reader.entry(reader.size - 1).recorded
        self._engine.globals["site"] = _told(look, checkpoint, verifier, self.last, self._zone.key)

    def _start(self) -> None:
        self._counts: Counter[State] = Counter()
        self._newest: list[HistoryLine] = []
        self._turned: list[HistoryLine] = []

    def shows(self, claim: int) -> bool:
        """Whether there is a page of a claim."""
        return claim < self._public.size and not self._public.kept_back(claim)

    def pages(self, beside: Sequence[Beside] = (), corrections: Sequence[Correction] = ()) -> Iterator[File]:
        """Yield each page, and each proof, with its path; the pages link to the files ``beside`` them."""
        self._start()
        self._engine.globals["beside"] = beside
        yield STYLE, stylesheet()
        stories = []
        for index in self._public.of_kind("story"):
            claims = [claim for claim in self._public.refs("claim.story", index) if self.shows(claim)]
            if claims:
                telling = _Telling(self, index, claims)
                yield from telling.pages()
                stories.append(telling.story)
        stories.sort(key=lambda story: (story.last is not None, story.last, story.index), reverse=True)
        counts = in_order(self._counts)
        yield HOME, self.fill("index", "", stories=stories, counts=counts, newest=self._newest)
        yield CORRECTIONS, self._corrections(corrections)
        yield CHECK, self.fill("check", "", states=list(State))

    def fill(self, template: str, up: str, **given: Any) -> bytes:
        """Fill a template of a page that is ``up`` from the top."""
        links = SiteLinks(up, self.shows)
        return self._engine.get_template(f"site/{template}.html").render(links=links, **given).encode()

    def draw(self, lines: Sequence[HistoryLine]) -> Any:
        """Draw changes over time."""
        return draw(lines, self._zone)

    def moment(self) -> Snapshot:
        """The prefix as the public may see it, with nothing in memory yet."""
        return Snapshot(self._public.renewed(), None, self._zone)

    def prover(self) -> Prover:
        """What proves states, with nothing in memory yet."""
        return Prover(self._reader.renewed())

    def count(self, story: Counter[State], lines: Sequence[HistoryLine]) -> None:
        """Add what a story comes to to that of the whole site."""
        self._counts += story
        self._newest = nlargest(_NEWEST, [*self._newest, *lines], key=_when)
        turned = [line for line in lines if line.state in _TURNED and line.before not in (None, line.state)]
        self._turned = nlargest(MOST_TURNED, [*self._turned, *turned], key=_when)

    def _corrections(self, corrections: Sequence[Correction]) -> bytes:
        told = [row for row in corrections if self.shows(row.claim)]
        settled = [row for row in told if row.settled is not None]
        settled.sort(key=lambda row: (row.settled, row.claim), reverse=True)
        owed = [row for row in told if row.settled is None]
        owed.sort(key=lambda row: (row.since is None, row.since, row.claim))
        return self.fill("corrections", "", settled=settled, owed=owed, turned=self._turned)


class _Telling:
    """One story: its pages, and those of its claims, with one page's claims in memory at once."""

    def __init__(self, site: Site, index: int, claims: Sequence[int]) -> None:
        self.site = site
        self.index = index
        self.claims = claims
        self.rows: list[BoardRow] = []
        self.aside: list[tuple[int, str]] = []
        self.lines: dict[int, list[HistoryLine]] = {}

    @property
    def story(self) -> _Story:
        """What the first page says of it."""
        last = max((lines[-1].at for lines in self.lines.values()), default=None)
        return _Story(self.index, self.site.moment().texts.name(self.index), in_order(self._counts()), last)

    def _counts(self) -> Counter[State]:
        return Counter(row.state for row in self.rows)

    def pages(self) -> Iterator[File]:
        """Yield the pages of the claims, then those of the story."""
        for start in range(0, len(self.claims), PER_PAGE):
            yield from self._claims(self.claims[start : start + PER_PAGE])
        self.rows.sort(key=lambda row: row.claim)
        self.site.count(self._counts(), [line for lines in self.lines.values() for line in lines])
        story, many = self.story, len(self.rows)
        for start in range(0, max(many, 1), PER_PAGE):
            number, rows = start // PER_PAGE + 1, self.rows[start : start + PER_PAGE]
            page = _Page(number, max(-(-many // PER_PAGE), 1), start + 1, start + len(rows), many)
            changes = sorted((line for row in rows for line in self.lines.get(row.claim, ())), key=_when)
            drawing = self.site.draw(changes)
            told = {"story": story, "page": page, "rows": rows, "changes": changes, "drawing": drawing}
            told["aside"] = self.aside if page.number == page.of else ()
            yield story_path(self.index, number), self.site.fill("story", "../", **told)

    def _claims(self, claims: Sequence[int]) -> Iterator[File]:
        moment, prover = self.site.moment(), self.site.prover()
        rows = [moment.row(explanation, since) for explanation, since in moment.explained_claims(claims)]
        self.rows += rows
        for line in moment.changes(claims):
            self.lines.setdefault(line.claim, []).append(line)
        listed = {row.claim for row in rows}
        self.aside += [(claim, moment.texts.claim(claim)) for claim in claims if claim not in listed]
        for claim in claims:
            yield from self._claim(moment, prover, claim, claim in listed)

    def _claim(self, moment: Snapshot, prover: Prover, claim: int, listed: bool) -> Iterator[File]:
        why = moment.why(claim)
        if why.folded_from is not None:
            told = {"claim": claim, "text": moment.texts.claim(claim), "row": why.row}
            yield claim_path(claim), self.site.fill("folded", "../", **told)
            return
        proof = prover.prove(claim).encode()
        yield proof_path(claim), proof
        changes = self.lines.get(claim, [])
        body = moment.reader.entry(claim).body
        assert isinstance(body, Claim)
        page = self.site.fill(
            "claim",
            "../",
            why=why,
            story=body.story,
            listed=listed,
            first=moment.texts.text(claim, Part.TEXT) or moment.texts.lacking(claim, Part.TEXT),
            path=[{"claim": each, "text": moment.texts.claim(each)} for each in why.path],
            statements=_by_weight(why),
            documents=list(_documents(moment, why)),
            changes=changes,
            drawing=self.site.draw(changes),
            known=moment.changes([claim], Clock.KNOWN),
            proof_size=len(proof),
        )
        yield claim_path(claim), page


def in_order(counts: Counter[State]) -> list[tuple[State, int]]:
    """The states that occur, in the order of the vocabulary."""
    return [(state, counts[state]) for state in State if counts[state]]


def _by_weight(why: Why) -> list[Any]:
    return sorted(why.statements, key=lambda line: (_ORDER.index(line.bucket), -line.standing, line.recorded))


def _documents(moment: Snapshot, why: Why) -> Iterator[tuple[int, Document]]:
    """The documents of the claim, of its statements, and added to either, each with its entry; those that are live."""
    acts, reader = moment.fold.acts, moment.reader
    subjects = (*acts.folded_under(why.row.claim), *(line.index for line in why.statements))
    for subject in subjects:
        for index in (subject, *reader.refs("evidence.about", subject)):
            value = moment.texts.value(index, Part.EVIDENCE) if acts.live(index) else None
            if isinstance(value, Document):
                yield index, value


def _when(line: HistoryLine) -> tuple[datetime, int, int]:
    return line.at, line.index, line.claim


def _told(look: Look, checkpoint: Checkpoint, verifier: Verifier, last: datetime, zone: str) -> dict[str, Any]:
    licence = look.licence
    return {
        "title": look.title,
        "address": look.url or "ADDRESS-OF-THIS-SITE",
        "licence": licence,
        "licence_is_address": licence is not None and "://" in licence,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "verifier": str(verifier),
        "last": last,
        "zone": zone,
    }
