"""A review as a row: what its newsroom said of the claim, in the words of the ledger.

The rating gives the status. What a map says of its words, or else of its number, holds before all else. Then the words
of a ledger's own reviews are known (``OPENINGS``), and a short list of plain ones (``WORDS``); then a number at either
end of its scale. Anything in between is a problem: nobody guesses what "half true" denies.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from ledger.errors import Problem
from ledger.formats.cells import Unfit
from ledger.formats.csv import Record
from ledger.formats.mapping import PASS_OVER, Map
from ledger.formats.review import Flawed, Rating, Review
from ledger.formats.rows import Row, row_of
from ledger.text import flaws, fold, shown
from ledger.times import FUTURE_SLACK, format_utc
from ledger.vocabulary import Part, SourceKind, Status

WORDS: Mapping[Status, tuple[str, ...]] = {
    Status.CONFIRMED: ("true", "correct", "accurate", "confirmed", "vrai", "verdadero", "wahr"),
    Status.DENIED: ("false", "fake", "untrue", "incorrect", "wrong", "hoax", "faux", "falso", "falsch"),
    Status.UNCONFIRMED: ("unverified", "unproven", "unconfirmed", "disputed", "retracted", "superseded"),
}
"""The plain words of ratings, without case and punctuation."""

OPENINGS = {
    "confirmed by": Status.CONFIRMED,
    "corroborated by": Status.CONFIRMED,
    "denied by": Status.DENIED,
    "corrected by": Status.CORRECTED,
}
"""How the ratings of a ledger's own reviews begin, before the names of those that the state rests on."""

_PLAIN = {word: status for status, words in WORDS.items() for word in words}
_PARTS = {"text": Part.TEXT, "source": Part.NAME, "url": Part.URL, "quote": Part.QUOTE}
_BEST, _WORST = 5.0, 1.0  # where a rating does not tell, by schema.org
_KINDS = {"Person": SourceKind.PERSON, "GovernmentOrganization": SourceKind.OFFICIAL}
_HINT = 'a plain word such as true or false, or a line for it in [values.status] of a map; "-" passes it over'


def status_of(rating: Rating, own: Mapping[str, str]) -> str:
    """The status that a rating stands for, or ``-``; ``own`` are the words of a map.

    Raises :class:`~ledger.formats.cells.Unfit` where it stands for none.
    """
    mapped = {theirs.strip().casefold(): ours for theirs, ours in own.items()}
    for name in _names(rating):
        if name.casefold() in mapped:
            return mapped[name.casefold()]
    words, number = _by_words(rating), _by_number(rating)
    if words is not None and number is not None and words.sign * number.sign < 0:
        raise Unfit("says one thing in words and the opposite in numbers", _HINT)
    found = words or number
    if found is None:
        raise Unfit("gives no status of ours", _HINT)
    return found.value


def _names(rating: Rating) -> Iterator[str]:
    """What a map may call a rating by: its words, then its number; an empty text if it has neither."""
    if rating.words is not None:
        yield rating.words
    if rating.value is not None:
        yield f"{rating.value:g}"
    if rating == Rating():
        yield ""


def _by_words(rating: Rating) -> Status | None:
    words = fold(rating.words or "")
    opening = next((status for each, status in OPENINGS.items() if words.startswith(f"{each} ")), None)
    return _PLAIN.get(words, opening)


def _by_number(rating: Rating) -> Status | None:
    worst, best = _scale(rating)
    if best == worst:
        return None
    return {best: Status.CONFIRMED, worst: Status.DENIED, None: None}.get(rating.value)


def _scale(rating: Rating) -> tuple[float, float]:
    """Its worst and its best."""
    return _WORST if rating.worst is None else rating.worst, _BEST if rating.best is None else rating.best


def rows_of_reviews(
    reviews: Iterable[Review | Flawed | Problem], *, chart: Map | None, story: str | None, zone: ZoneInfo, now: datetime
) -> Iterator[Row | Problem]:
    """Turn each review into a statement of its newsroom; those that the map passes over are left out.

    Of ``chart`` the constants and ``[values.status]`` are asked; ``story`` stands where they tell none. A review that
    is wrong somewhere is no row, and all that is wrong with it is told.
    """
    chart = Map(columns={}) if chart is None else chart
    for number, each in enumerate(reviews, start=1):
        if isinstance(each, Problem):
            yield each
            continue
        flawed = each if isinstance(each, Flawed) else Flawed(each, ())
        yield from _row(flawed, number, chart, story, zone, now)


def _row(
    flawed: Flawed, number: int, chart: Map, story: str | None, zone: ZoneInfo, now: datetime
) -> list[Row] | list[Problem]:
    review = flawed.review
    cells = dict(chart.constants)
    problems = [*flawed.problems, *_undecided(flawed, cells, chart)]
    if cells.get("status") == PASS_OVER:
        return problems
    if story is not None and not {"story", "story_index"} & cells.keys():
        cells["story"] = story
    _tell_rest(cells, review)
    row = row_of(Record(number, cells, review.place or "/"), zone, now)
    if isinstance(row, list):
        # What the review does not tell was said already, in its own words.
        untold = {f"{review.place or '/'}: {name}" for name in ("text", "status", "source") if name not in cells}
        problems += [each for each in row if each.where not in untold]
    if isinstance(row, list) or problems:
        told = {each.where for each in problems}
        return problems + [each for each in _unfit(review, cells, now) if each.where not in told]
    body = None if review.author is None else review.author.type
    return [replace(row, usual_kind=_KINDS.get(body or "", SourceKind.NEWSPAPER))]


def _undecided(flawed: Flawed, cells: dict[str, str], chart: Map) -> Iterator[Problem]:
    """Why there is no status or no source, unless a problem in their places says it; the status goes into a cell."""
    review = flawed.review
    known = [each.where for each in flawed.problems]
    try:
        _tell_status(cells, review, chart.values.get("status", {}))
    except Unfit as error:
        where = f"{review.place}/reviewRating"
        got = None if review.rating is None else _told(review.rating)
        if not any(each.startswith(where) for each in known):
            yield Problem(where, error.why, error.expected, got)
    where = f"{review.place}/author"
    if review.author is None and "source" not in cells and not any(each.startswith(where) for each in known):
        yield Problem(where, "is missing", "the newsroom that wrote the review")


def _unfit(review: Review, cells: dict[str, str], now: datetime) -> Iterator[Problem]:
    """What no entry would take: of a review that is no row, nobody asks this later."""
    place = review.place or "/"
    for name, part in _PARTS.items():
        if name in cells:
            yield from (Problem(f"{place}: {name}", flaw, got=shown(cells[name])) for flaw in flaws(part, cells[name]))
    if review.published is not None and review.published.at > now + FUTURE_SLACK:
        latest, got = f"at most two minutes after {format_utc(now)}", format_utc(review.published.at)
        yield Problem(f"{place}: said", "lies in the future", latest, got)


def _tell_status(cells: dict[str, str], review: Review, own: Mapping[str, str]) -> None:
    if review.rating is None and "status" in cells:
        return
    status = status_of(review.rating or Rating(), own)
    if status == Status.CORRECTED and review.item.correction is not None:
        cells["to_text"] = review.item.correction
    elif status == Status.CORRECTED and "to_text" not in cells:
        status = Status.DENIED.value
    cells["status"] = status


def _tell_rest(cells: dict[str, str], review: Review) -> None:
    """Fill the cells that the review tells; it is known again by all that makes it this review."""
    rating = review.rating
    told = {
        "text": review.claim,
        "source": None if review.author is None else review.author.name,
        "url": review.url,
        "quote": None if rating is None else rating.words,
    }
    if review.published is not None:
        told |= {"said": format_utc(review.published.at), "precision": review.published.precision.value}
    cells |= {name: cell for name, cell in told.items() if cell}
    marks = [review.id, *(cells.get(name) for name in ("url", "source", "text", "said", "status", "to_text"))]
    cells["key"] = json.dumps(marks, ensure_ascii=False)


def _told(rating: Rating) -> str:
    words = [] if rating.words is None else [shown(rating.words)]
    if rating.value is not None:
        worst, best = _scale(rating)
        words.append(f"{rating.value:g} from {worst:g} to {best:g}")
    return ", ".join(words)
