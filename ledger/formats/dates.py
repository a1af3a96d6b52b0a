"""Dates as other people write them. What could mean two days, or only a number of seconds, is refused.

Taken are ISO 8601 with an offset, without one (in the desk's zone), and a date alone; RFC 2822; a month in letters; and
``/`` or ``.`` between numbers where only one reading is a date.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from ledger.formats.cells import Unfit, read_moment
from ledger.times import Moment

EXPECTED = "as in 2017-04-20, 2017-04-20T22:57:00+02:00 or Thu, 20 Apr 2017 22:57:00 +0200"

_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTHS = {name[:3]: number for number, name in enumerate(_NAMES, start=1)}
_MONTH = r"([A-Za-z]{3,9})\.?"
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:$|[Tt ])")
_FINER = re.compile(r"(\.\d{6})\d+")
_NAMED_ZERO = re.compile(r"\s*(?:UTC|GMT)$")
_MAIL = re.compile(
    r"(?:[A-Za-z]{3},\s+)?\d{1,2}\s+[A-Za-z]{3}\s+\d{4}\s+\d\d:\d\d(?::\d\d)?"
    r"(?:\s+(?:[+-]\d{4}|GMT|UTC?|[ECMP][SD]T))?"
)
_DAY_FIRST = re.compile(rf"(\d{{1,2}})\s+{_MONTH}\s+(\d{{4}})")
_MONTH_FIRST = re.compile(rf"{_MONTH}\s+(\d{{1,2}}),?\s+(\d{{4}})")
_PARTED = re.compile(r"(\d{1,4})([/.])(\d{1,2})\2(\d{1,4})")
_UNUSED = datetime(1970, 1, 1, tzinfo=UTC)


def read_date(text: str, zone: ZoneInfo) -> Moment:
    """Read a date, with its time if it has one. Raises :class:`~ledger.formats.cells.Unfit`."""
    given = text.strip()
    if re.fullmatch(r"-?\d+(?:\.\d+)?", given):
        raise Unfit("is a bare number, and nobody can tell what it counts", EXPECTED)
    if _ISO.match(given):
        return _iso(_NAMED_ZERO.sub("Z", _FINER.sub(r"\1", given)), zone)
    if _MAIL.fullmatch(given):
        return _iso(_from_mail(given), zone)
    if named := _DAY_FIRST.fullmatch(given):
        return _iso(_day(int(named[3]), _month(named[2]), int(named[1])), zone)
    if named := _MONTH_FIRST.fullmatch(given):
        return _iso(_day(int(named[3]), _month(named[1]), int(named[2])), zone)
    if parted := _PARTED.fullmatch(given):
        return _iso(_only_reading(parted), zone)
    raise Unfit("is no date that can be read", EXPECTED)


def _iso(text: str, zone: ZoneInfo) -> Moment:
    moment = read_moment(text, zone, _UNUSED)
    assert moment is not None, "only the word unknown is no moment"
    return moment


def _from_mail(text: str) -> str:
    try:
        read = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        raise Unfit("there is no such time", EXPECTED) from None
    seconds = text.count(":") > 1
    return read.isoformat(timespec="seconds" if seconds else "minutes")


def _month(name: str) -> int:
    found = _MONTHS.get(name[:3].lower())
    if found is None:
        raise Unfit("names no month", EXPECTED)
    return found


def _day(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise Unfit("there is no such day", EXPECTED) from None


def _only_reading(parted: re.Match[str]) -> str:
    first, second, third = int(parted[1]), int(parted[3]), int(parted[4])
    if len(parted[1]) == 4:
        return _day(first, second, third)
    if len(parted[4]) != 4:
        raise Unfit("does not tell the year in four digits", EXPECTED)
    readings = {(third, month, day) for day, month in ((first, second), (second, first)) if month <= 12}
    if len(readings) > 1:
        shown = " or ".join(sorted(_day(*reading) for reading in readings))
        raise Unfit(f"may be {shown}", EXPECTED)
    if not readings:
        raise Unfit("there is no such day", EXPECTED)
    return _day(*readings.pop())


__all__ = ["EXPECTED", "read_date"]
