"""A map: how a foreign sheet's columns become the columns of ``entries.csv``, without code.

A small TOML file::

    [columns]                   # our column = "theirs", or a text with {theirs} in it
    text = "claim"
    source = "outlet"
    status = "stance"
    note = "headline: {headline}"
    key = "article_id"

    [constants]                 # our column = the same in every row
    source_kind = "newspaper"
    said = "unknown"

    [values.status]             # of our column: theirs = ours; "-" passes the row over
    for = "reported"
    against = "denied"
    observing = "-"

    [times]                     # how theirs are written; never guessed
    form = "%d/%m/%Y %H:%M"
    zone = "Europe/London"      # else the desk's

    [gold]                      # for `claims score` alone: how it turned out; theirs = true, false or "-"
    debunked = "false"
    verified = "true"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ledger.errors import Misused, Problem, Rejected
from ledger.formats.cells import Unfit
from ledger.formats.columns import NAMES
from ledger.formats.csv import Record, column_name
from ledger.text import shown
from ledger.times import format_utc, in_zone, zone_named
from ledger.vocabulary import Precision

PASS_OVER = "-"
"""The value that passes a row over."""

_HOLE = re.compile(r"\{([^{}]*)\}")
_TABLES = ("columns", "constants", "values", "times", "gold")
_GOLD = ("true", "false", PASS_OVER)
_TIMES = ("said", "recorded")
_SIGNS = {Precision.SECOND: "SfcX", Precision.MINUTE: "M", Precision.HOUR: "HI"}


@dataclass(frozen=True, slots=True)
class Map:
    """A map as read. ``columns`` gives for each of our columns a template whose holes are theirs."""

    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    form: str | None = None
    zone: ZoneInfo | None = None
    gold: Mapping[str, str] = field(default_factory=dict)

    @property
    def theirs(self) -> tuple[str, ...]:
        """The columns that the foreign file must have."""
        return tuple(dict.fromkeys(name for template in self.columns.values() for name in _HOLE.findall(template)))


def parse_map(text: str, *, columns: bool = True) -> Map:
    """Read a map. Raises :class:`~ledger.errors.Rejected` with everything that is wrong with it.

    Without ``columns`` it is for a format whose columns are known: only its constants and ``[values.status]`` are used.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Rejected(f"map: is not TOML: {error}", next="see `claims import --help` for an example") from None
    problems = [*_check(given, columns), *(() if columns else _unused(given))]
    if problems:
        raise Rejected("map: cannot be used", problems=problems, next="see `claims import --help` for an example")
    times = given.get("times", {})
    return Map(
        columns={ours: _template(theirs) for ours, theirs in given.get("columns", {}).items()},
        constants=given.get("constants", {}),
        values=given.get("values", {}),
        form=times.get("form"),
        zone=zone_named(times["zone"]) if "zone" in times else None,
        gold=given.get("gold", {}),
    )


def _template(theirs: str) -> str:
    whole = theirs if set("{}") & set(theirs) else f"{{{theirs}}}"
    return _HOLE.sub(lambda hole: f"{{{column_name(hole[1])}}}", whole)


def _names_columns(theirs: str) -> bool:
    """Whether a template has a hole, a name in each, and no brace that is part of none."""
    template = _template(theirs)
    holes = _HOLE.findall(template)
    return bool(holes) and all(holes) and not set("{}") & set(_HOLE.sub("", template))


def _unused(given: Mapping[str, Any]) -> Iterator[Problem]:
    """The tables of a map that a format without columns of its own has no use for."""
    values = given.get("values")
    further = [f"values: {name}" for name in values if name != "status"] if isinstance(values, dict) else []
    for table in [*(name for name in ("columns", "times") if name in given), *further]:
        expected = "[constants] and [values.status]"
        yield Problem(f"map: {table}", "has no use here: what stands where is known", expected)


def _check(given: Mapping[str, Any], columns: bool) -> Iterator[Problem]:
    for table in given:
        if table not in _TABLES:
            yield Problem(f"map: {table}", "is no part of a map", expected=f"one of {', '.join(_TABLES)}")
        elif not isinstance(given[table], dict):
            yield Problem(f"map: {table}", "is no table", expected=f"[{table}]")
    tables = {name: given[name] for name in _TABLES if isinstance(given.get(name), dict)}
    for table in ("columns", "constants"):
        for ours, told in tables.get(table, {}).items():
            yield from _check_column(f"map: {table}: {ours}", ours)
            if not isinstance(told, str):
                yield Problem(f"map: {table}: {ours}", "is no text", expected="a text in quotes")
            elif table == "columns" and not _names_columns(told):
                expected = "the name of a column, or a text with such names in braces"
                yield Problem(f"map: columns: {ours}", "names no column", expected, repr(told))
    for ours, told in tables.get("values", {}).items():
        yield from _check_column(f"map: values: {ours}", ours)
        if not isinstance(told, dict) or not all(isinstance(each, str) for each in told.values()):
            yield Problem(f"map: values: {ours}", "is no table of texts", expected=f"[values.{ours}]")
    if columns and not tables.get("columns"):
        yield Problem("map: columns", "is missing", expected="a table [columns] that names at least one column")
    yield from _check_times(tables.get("times", {}))
    yield from _check_gold(tables.get("gold", {}))


def _check_column(where: str, ours: str) -> Iterator[Problem]:
    if ours not in NAMES:
        yield Problem(where, "is no column of ours", expected=f"one of {', '.join(NAMES)}")


def _check_times(times: Mapping[str, Any]) -> Iterator[Problem]:
    for name, told in times.items():
        if name not in ("form", "zone") or not isinstance(told, str):
            yield Problem(f"map: times: {name}", "is not known", expected="form and zone, as texts")
    try:
        zone_named(str(times.get("zone", "UTC")))
    except Misused:
        yield Problem("map: times: zone", "is no time zone", expected="an IANA name like Europe/Paris")
    form = times.get("form")
    if isinstance(form, str) and not _tells_the_day(form):
        yield Problem("map: times: form", "does not tell a whole date", expected="as in %d/%m/%Y %H:%M", got=repr(form))


def _check_gold(gold: Mapping[str, Any]) -> Iterator[Problem]:
    for theirs, ours in gold.items():
        if ours not in _GOLD:
            yield Problem(f"map: gold: {theirs}", "is not known", expected='"true", "false" or "-"', got=repr(ours))


def _tells_the_day(form: str) -> bool:
    sample = datetime(2013, 11, 23, 22, 57, 58, tzinfo=UTC)
    if sample.strftime(form) == sample.replace(year=2012).strftime(form):
        return False
    try:
        return datetime.strptime(sample.strftime(form), form).date() == sample.date()  # noqa: DTZ007 (only the date)
    except ValueError:
        return False


def _precision(form: str) -> Precision:
    """How exactly a time of this form is known."""
    for precision, signs in _SIGNS.items():
        if any(f"%{sign}" in form.replace("%%", "") for sign in signs):
            return precision
    return Precision.DAY


def translate(
    records: Iterable[Record | Problem], chart: Map, zone: ZoneInfo, passed: Mapping[str, str] | None = None
) -> Iterator[Record | Problem]:
    """Turn the records of a foreign file into records of ours.

    Rows that the map passes over are left out; with ``passed`` they stay, and have these cells instead of what passed
    them over.
    """
    for record in records:
        if isinstance(record, Problem):
            yield record
            continue
        translated = _translate(record, chart, zone, passed)
        if translated is not None:
            yield translated


def _translate(record: Record, chart: Map, zone: ZoneInfo, passed: Mapping[str, str] | None) -> Record | Problem | None:
    cells = dict(chart.constants)
    for ours, template in chart.columns.items():
        cell = _HOLE.sub(lambda hole: record.cells.get(hole[1], ""), template)
        # A template all of whose holes are empty tells nothing, whatever stands around them.
        if any(record.cells.get(name) for name in _HOLE.findall(template)):
            cells[ours] = cell
    told = dict(cells)
    found = _in_our_words(cells, chart, record.where)
    if isinstance(found, Problem):
        return found
    if found and passed is None:
        return None
    if found and passed is not None:
        cells = _overlooked(told, chart) | dict(passed)
    problem = _in_their_times(cells, record.where, chart, zone)
    return problem or Record(record.line, {name: cell for name, cell in cells.items() if cell.strip()})


def _in_our_words(cells: dict[str, str], chart: Map, where: str) -> Problem | bool:
    """Put our words for theirs; return whether one of them passes the row over."""
    for ours, table in chart.values.items():
        if ours not in cells:
            continue
        if cells[ours] not in table:
            known = ", ".join(repr(each) for each in table)
            return Problem(f"{where}: {ours}", "is not in the map", f"one of {known}", repr(cells[ours]))
        cells[ours] = table[cells[ours]]
        if cells[ours] == PASS_OVER:
            return True
    return False


def _overlooked(told: Mapping[str, str], chart: Map) -> dict[str, str]:
    """The cells of a row that is passed over, without those that have no word of ours."""
    words = {ours: chart.values[ours].get(cell, PASS_OVER) for ours, cell in told.items() if ours in chart.values}
    return {ours: words.get(ours, cell) for ours, cell in told.items() if words.get(ours) != PASS_OVER}


def _in_their_times(cells: dict[str, str], where: str, chart: Map, zone: ZoneInfo) -> Problem | None:
    """Read the times as the map says they are written, if it does."""
    if chart.form is None:
        return None
    for name in _TIMES:
        if name in chart.columns and cells.get(name, "") != chart.constants.get(name, ""):
            try:
                cells[name] = _read_time(cells[name], chart.form, chart.zone or zone)
            except Unfit as error:
                return Problem(f"{where}: {name}", error.why, error.expected, shown(cells[name]))
            if name == "said":
                cells.setdefault("precision", _precision(chart.form))
    return None


def _read_time(text: str, form: str, zone: ZoneInfo) -> str:
    try:
        read = datetime.strptime(text.strip(), form)  # noqa: DTZ007 (the zone is the map's)
        return format_utc(read.astimezone(UTC) if read.tzinfo is not None else in_zone(read, zone))
    except (ValueError, OverflowError):
        raise Unfit("is not written as the map says", form) from None
    except Misused as error:
        raise Unfit(error.message.rpartition(": ")[2], error.next.removeprefix("write ")) from None
