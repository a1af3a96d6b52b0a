"""How the resolver, and rules that are simpler, fare on a sheet that says how its claims turned out.

The sheet goes into a ledger of its own in a temporary folder, by the reader and the map of an import, and every claim
is resolved there. Nothing is learned from it, and nothing is kept.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from ledger.book.facade import Ledger, now_utc
from ledger.book.importing import Aside, lines_of, read_file, told_of
from ledger.book.intervals import rate
from ledger.book.labels import Labelled, Sheet, lacking, words_of
from ledger.book.lookup import find_claim
from ledger.book.snapshot import Snapshot
from ledger.book.views import Scorecard, ScoreRow, StateCount
from ledger.errors import Misused, Problem, Rejected
from ledger.formats.columns import NAMES
from ledger.formats.csv import column_name
from ledger.formats.mapping import Map, parse_map
from ledger.model import Policy
from ledger.resolver import Verdict, resolve
from ledger.rules import POLICIES
from ledger.scoring import RESOLVER, RULES, Score, answer, ordered, score
from ledger.text import fold
from ledger.times import zone_named

ZONE = "UTC"
"""The zone of times that neither the sheet nor the map gives one."""


def score_file(
    path: str | Path,
    gold: str,
    *,
    chart: str | None = None,
    story: str | None = None,
    raw: bool = False,
    true: Collection[str] = (),
    false: Collection[str] = (),
    policy: str | None = None,
    quorum: int | None = None,
    clock: Callable[[], datetime] = now_utc,
) -> Scorecard:
    """Score a sheet whose column ``gold`` says how each claim turned out.

    ``chart`` is the text of a map, ``true`` and ``false`` are the words of the column, ``policy`` is ``name:version``.
    Raises :class:`~ledger.errors.Misused` for a policy that this version does not know,
    :class:`~ledger.errors.Rejected` with all that is wrong with the sheet, :class:`~ledger.errors.Unavailable` if it
    cannot be read.
    """
    _check_policy(policy)
    columns = None if chart is None else parse_map(chart)
    if columns is None and column_name(gold) in NAMES:
        raise Misused(
            f"gold: {gold}: is a column of the entries", next="name the column that says how claims turned out"
        )
    sheet = Sheet(words_of({} if columns is None else columns.gold, true, false), column_name(gold))
    rows = _read(sheet, Path(path), columns, story, raw, clock())
    with tempfile.TemporaryDirectory(prefix="claims-score-") as folder:
        where = Path(folder) / "score.db"
        with Ledger.create(where, origin="score", zone=ZONE, recorder="score", clock=clock) as ledger:
            _load(ledger, Path(path), chart, story, raw, gold)
            if quorum is not None:
                ledger.set_policy(quorum)
            decided = list(sheet.decided())
            verdicts = _verdicts(ledger, [claim for claim, _ in decided])
            return _card(sheet, rows, [side for _, side in decided], verdicts, ledger.policy())


def _check_policy(given: str | None) -> None:
    known = [f"{name}:{version}" for name, version in POLICIES]
    if given is not None and given not in known:
        raise Misused(f"policy: {given}: is not known to this version", next=f"give {' or '.join(known)}")


def _read(sheet: Sheet, path: Path, chart: Map | None, story: str | None, raw: bool, now: datetime) -> int:
    """Take every row of the sheet; return how many there are. Raises :class:`Rejected` with all problems."""
    aside, zone, rows = Aside(sheet.column, overlooked=True), zone_named(ZONE), 0
    problems: list[Problem] = []
    with lines_of(path, lambda _: None) as lines:
        for row in read_file(lines, str(path), chart=chart, story=story, zone=zone, now=now, raw=raw, aside=aside):
            if isinstance(row, Problem):
                problems.append(row)
                continue
            rows += 1
            sheet.take(row, aside.cells.get(row.line, ""))
    problems += sheet.problems
    if not problems and (lack := lacking(sheet, aside.cells.values())) is not None:
        problems.append(lack)
    if problems:
        raise _unscored(told_of(path.name, problems))
    return rows


def _unscored(problems: Sequence[Problem]) -> Rejected:
    step = "mend the sheet or the map; --true WORD and --false WORD say what the words of the gold column mean"
    return Rejected("nothing was scored", problems=problems, next=step)


def _load(ledger: Ledger, path: Path, chart: str | None, story: str | None, raw: bool, gold: str) -> None:
    try:
        ledger.import_file(path, chart=chart, story=story, raw=raw, aside=gold)
    except Rejected as error:
        raise _unscored(error.problems) from None


def _verdicts(ledger: Ledger, claims: Sequence[Labelled]) -> list[Verdict | None]:
    """What the resolver says of each claim, None where no row took a side on it."""
    with ledger.store.reading() as reader:
        snapshot = Snapshot(reader, None, ledger.zone)
        found = [_find(snapshot, claim) for claim in claims]
        snapshot.prepare([index for index in found if index is not None])
        return [None if index is None else resolve(snapshot.fold, index) for index in found]


def _find(snapshot: Snapshot, claim: Labelled) -> int | None:
    stories = () if claim.story is None else snapshot.reader.named("story", fold(claim.story))
    if claim.story is not None and not stories:
        return None
    match = find_claim(snapshot.reader, claim.text, stories[0] if stories else None, near=False)
    return None if match is None else match.index


def _card(
    sheet: Sheet, rows: int, sides: Sequence[bool], verdicts: Sequence[Verdict | None], policy: Policy
) -> Scorecard:
    gold = dict(enumerate(sides))
    stances = [ordered(claim.stances) for claim, _ in sheet.decided()]
    scores = [score(RESOLVER, dict(enumerate(map(answer, verdicts))), gold)]
    scores += [score(name, dict(enumerate(map(rule, stances))), gold) for name, rule in RULES.items()]
    return Scorecard(
        policy=f"{policy.name}:{policy.version}",
        quorum=policy.quorum,
        rows=rows,
        claims=len(sheet.claims),
        true=sum(sides),
        false=len(sides) - sum(sides),
        undecided=dict(sheet.undecided().most_common()),
        states=_states(verdicts, sides),
        scores=tuple(_score_rows(scores)),
    )


def _states(verdicts: Sequence[Verdict | None], sides: Sequence[bool]) -> dict[str, StateCount]:
    """How the claims of each state turned out; the most frequent state first."""
    words = ["silent" if verdict is None else verdict.state.value for verdict in verdicts]
    true = Counter(word for word, side in zip(words, sides, strict=True) if side)
    return {word: StateCount(true[word], count - true[word]) for word, count in Counter(words).most_common()}


def _score_rows(scores: Sequence[Score]) -> Iterator[ScoreRow]:
    for each in scores:
        yield ScoreRow(
            rule=each.rule,
            answered=rate(each.answered, each.claims),
            accepted=rate(each.right_true, each.said_true),
            denied=rate(each.right_false, each.said_false),
            right=rate(each.right, each.claims),
            abstained=each.claims - each.answered,
        )
