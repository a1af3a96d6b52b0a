"""Moments: how they are written in a leaf, read from a person, and shown again.

Every moment inside the ledger is an aware :class:`~datetime.datetime` in UTC with microseconds. A person's time
without an offset is read in the desk's zone; what the zone makes ambiguous or impossible is refused with the readings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.errors import Misused
from ledger.vocabulary import Precision

FUTURE_SLACK = timedelta(minutes=2)
"""How far ahead of the ledger's own clock a ``said`` may lie (R0)."""

_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_CLOCK = re.compile(r"(\d{1,2})(?:h(\d\d)?|:(\d\d)(?::(\d\d))?)")
_DATED = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?)?"
    r"\s*(Z|[+-]\d\d:?\d\d(?::\d\d)?)?",
    re.IGNORECASE,
)
_EXPECTED = "expected 22:57, 2017-04-20, 2017-04-20 22:57 or 2017-04-20T22:57:00+02:00"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time and how exactly it is known; ``at`` is the start of the minute, hour or day."""

    at: datetime
    precision: Precision = Precision.SECOND

    def __post_init__(self) -> None:
        assert self.at.tzinfo is UTC, "moments are kept in UTC"


def format_utc(moment: datetime) -> str:
    """Write ``moment`` in the one form a leaf uses: fixed width, microseconds, ``Z``."""
    assert moment.tzinfo is UTC, "moments are kept in UTC"
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def parse_utc(text: str) -> datetime:
    """Read the form that :func:`format_utc` writes. Raises ``ValueError`` for every other form."""
    if not _FORM.fullmatch(text) or not text.isascii():
        raise ValueError(f"{text!r} is not of the form 2017-04-20T20:57:00.000000Z")
    moment = datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)
    if format_utc(moment) != text:  # later Pythons take 24:00 for the next day's midnight
        raise ValueError(f"{text!r} is no time of day")
    return moment


def zone_named(name: str) -> ZoneInfo:
    """Find an IANA time zone. Raises :class:`Misused` if there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Misused(
            f"time zone: {name}: no such zone", next="give an IANA name, such as Europe/Paris or UTC"
        ) from None


def read_time(text: str, zone: ZoneInfo, now: datetime) -> Moment:
    """Read a time as a person writes it: ``now``, ``22:57``, ``22h57``, a date, or both, perhaps with an offset.

    A bare clock time is its latest past occurrence, counted from ``now``. Raises :class:`Misused`.
    """
    given = text.strip()
    if given.casefold() == "now":
        return Moment(now)
    if clock := _CLOCK.fullmatch(given):
        return _latest(clock, given, zone, now)
    if not (dated := _DATED.fullmatch(given)):
        raise Misused(f"time: {text!r}: cannot be read", next=_EXPECTED)
    year, month, day, hour, minute, second, fraction, offset = dated.groups()
    if offset and not hour:
        raise Misused(f"time: {text!r}: an offset needs a time of day", next=_EXPECTED)
    try:
        time_of_day = f"{hour or '00'}:{minute or '00'}:{second or '00'}.{(fraction or '0').ljust(6, '0')}"
        local = datetime.fromisoformat(f"{year}-{month}-{day}T{time_of_day}")
        at = (
            datetime.fromisoformat(local.isoformat() + offset.upper()).astimezone(UTC)
            if offset
            else (in_zone(local, zone) if hour else _start_of_day(local, zone))
        )
        if hour and local.hour != int(hour):
            raise ValueError("24:00 is the next day's 00:00")
    except (ValueError, OverflowError):
        raise Misused(f"time: {text!r}: there is no such time", next=_EXPECTED) from None
    return Moment(at, _precision(hour, minute, second))


def _precision(hour: str | None, minute: str | None, second: str | None) -> Precision:
    if second:
        return Precision.SECOND
    if minute:
        return Precision.MINUTE
    return Precision.HOUR if hour else Precision.DAY


def _latest(clock: re.Match[str], given: str, zone: ZoneInfo, now: datetime) -> Moment:
    hour, minute, second = clock[1], clock[2] or clock[3], clock[4]
    try:
        today = now.astimezone(zone).replace(tzinfo=None)
        local = today.replace(hour=int(hour), minute=int(minute or 0), second=int(second or 0), microsecond=0)
    except ValueError:
        raise Misused(f"time: {given!r}: there is no such time", next=_EXPECTED) from None
    if min(_readings(local, zone)) > now + FUTURE_SLACK:
        local -= timedelta(days=1)
    return Moment(in_zone(local, zone), _precision(hour, minute, second))


def _readings(local: datetime, zone: ZoneInfo) -> list[datetime]:
    return [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]


def _start_of_day(local: datetime, zone: ZoneInfo) -> datetime:
    """The first moment of a day, also where the clocks change at midnight."""
    at = _readings(local, zone)[0]
    if at.astimezone(zone).date() != local.date():
        raise ValueError("the zone leaves that day out")
    return at


def in_zone(local: datetime, zone: ZoneInfo) -> datetime:
    """Read a naive wall time in a zone, as UTC. Raises :class:`Misused`, with both readings, where it has not one."""
    utc = _readings(local, zone)
    if utc[0] == utc[1]:
        return utc[0]
    # In a gap the two folds read back as other wall times; in an overlap both read back as given.
    exists = utc[0].astimezone(zone).replace(tzinfo=None) == local
    shown = [at.astimezone(zone).isoformat(timespec="minutes") for at in utc]
    why = "happened twice" if exists else "never happened"
    raise Misused(
        f"time: {local:%Y-%m-%d %H:%M}: {why} in {zone.key}, where the clocks changed",
        next=f"write {shown[0]} or {shown[1]}",
    )


def show_time(moment: datetime, zone: ZoneInfo, precision: Precision = Precision.SECOND) -> str:
    """Show a moment in full in the desk's zone, as exactly as it is known, with its offset."""
    local = moment.astimezone(zone)
    day, clock = local.date().isoformat(), local.time()
    if precision is Precision.DAY:
        return day
    shown = {Precision.HOUR: f"{clock:%Hh}", Precision.MINUTE: f"{clock:%H:%M}"}.get(precision, clock.isoformat())
    offset = local.isoformat(timespec="microseconds")[26:]
    return f"{day} {shown} {offset}"


def show_minute(moment: datetime, zone: ZoneInfo) -> str:
    """As :func:`show_time`, to the minute before it."""
    return show_time(moment.replace(second=0, microsecond=0), zone, Precision.MINUTE)
