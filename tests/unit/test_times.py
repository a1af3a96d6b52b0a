"""Moments: in a leaf, from a person, on the screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.errors import Misused
from ledger.times import Moment, format_utc, parse_utc, read_time, show_time, zone_named
from ledger.vocabulary import Precision

PARIS = ZoneInfo("Europe/Paris")
ZONES = ("Europe/Paris", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
MOMENTS = st.datetimes(timezones=st.just(UTC))
DAYTIME = datetime(2017, 4, 21, 10, 0, tzinfo=UTC)


def utc(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=UTC)


def read(text: str, now: datetime = DAYTIME, zone: ZoneInfo = PARIS) -> Moment:
    return read_time(text, zone, now)


def refused(text: str, now: datetime = DAYTIME, zone: ZoneInfo = PARIS) -> Misused:
    with pytest.raises(Misused) as caught:
        read_time(text, zone, now)
    assert caught.value.next
    return caught.value


# In a leaf


@pytest.mark.parametrize(
    ("moment", "form"),
    [
        (utc(2017, 4, 20, 20, 57), "2017-04-20T20:57:00.000000Z"),
        (utc(999, 1, 2, 3, 4, 5, 6), "0999-01-02T03:04:05.000006Z"),
        (utc(1, 1, 1), "0001-01-01T00:00:00.000000Z"),
        (datetime.max.replace(tzinfo=UTC), "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_the_one_form_is_of_fixed_width(moment: datetime, form: str) -> None:
    assert format_utc(moment) == form
    assert parse_utc(form) == moment


@given(MOMENTS, MOMENTS)
def test_the_form_round_trips_and_sorts_like_time(one: datetime, other: datetime) -> None:
    assert parse_utc(format_utc(one)) == one
    assert parse_utc(format_utc(one)).tzinfo is UTC
    assert (format_utc(one) < format_utc(other)) == (one < other)


@pytest.mark.parametrize(
    "text",
    [
        "2017-04-20T20:57:00Z",
        "2017-04-20T20:57:00.000Z",
        "2017-04-20T20:57:00.0000000Z",
        "2017-04-20T20:57:00.000000",
        "2017-04-20T20:57:00.000000z",
        "2017-04-20T20:57:00.000000+00:00",
        "2017-04-20 20:57:00.000000Z",
        "2017-04-20T24:00:00.000000Z",
        "2017-04-20T20:57:60.000000Z",
        "2017-02-29T20:57:00.000000Z",
        "0000-01-01T00:00:00.000000Z",
        "２017-04-20T20:57:00.000000Z",
        " 2017-04-20T20:57:00.000000Z",
        "2017-04-20T20:57:00.000000Z\n",
        "",
    ],
)
def test_every_other_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not of the form|is no time|must be in|is out of range|out of range"):
        parse_utc(text)


@pytest.mark.parametrize("zone", [None, PARIS, timezone(timedelta(hours=2))])
def test_a_moment_is_in_utc(zone: timezone | ZoneInfo | None) -> None:
    with pytest.raises(AssertionError, match="UTC"):
        Moment(datetime(2017, 4, 20, tzinfo=zone))
    with pytest.raises(AssertionError, match="UTC"):
        format_utc(datetime(2017, 4, 20, tzinfo=zone))


# From a person: a bare clock time is its latest past occurrence


@pytest.mark.parametrize(
    ("text", "now", "at"),
    [
        ("22:57", utc(2017, 4, 20, 21, 30), utc(2017, 4, 20, 20, 57)),  # 23:30 in Paris
        ("22:57", utc(2017, 4, 20, 22, 30), utc(2017, 4, 20, 20, 57)),  # half past midnight
        ("22:57", utc(2017, 4, 21, 20, 50), utc(2017, 4, 20, 20, 57)),  # seven minutes ahead: yesterday
        ("22:57", utc(2017, 4, 20, 20, 57), utc(2017, 4, 20, 20, 57)),  # this very minute
        ("22:57", utc(2017, 4, 20, 20, 55), utc(2017, 4, 20, 20, 57)),  # two minutes ahead: our clock is slow
        ("22:57", utc(2017, 4, 20, 20, 54, 59), utc(2017, 4, 19, 20, 57)),  # a second more
        ("00:01", utc(2017, 4, 20, 22, 5), utc(2017, 4, 20, 22, 1)),
        ("23:59", utc(2017, 4, 20, 22, 1), utc(2017, 4, 20, 21, 59)),
        ("23:59", utc(2017, 12, 31, 23, 1), utc(2017, 12, 31, 22, 59)),  # the last minute of the year before
    ],
)
def test_a_bare_clock_time_is_its_latest_past_occurrence(text: str, now: datetime, at: datetime) -> None:
    assert read(text, now) == Moment(at, Precision.MINUTE)


@given(MOMENTS.filter(lambda now: 2 < now.year < 9998), st.times(), st.sampled_from(ZONES))
def test_a_bare_clock_time_lies_within_a_day_or_so_of_now(now: datetime, clock: object, zone: str) -> None:
    try:
        found = read_time(f"{clock:%H:%M}", ZoneInfo(zone), now).at
    except Misused as error:
        assume("where the clocks changed" not in error.message)
        raise
    assert now - timedelta(hours=26) <= found <= now + timedelta(minutes=2)
    assert f"{found.astimezone(ZoneInfo(zone)):%H:%M}" == f"{clock:%H:%M}"


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        ("22h57", utc(2017, 4, 20, 20, 57), Precision.MINUTE),
        ("22h", utc(2017, 4, 20, 20, 0), Precision.HOUR),
        ("9h05", utc(2017, 4, 21, 7, 5), Precision.MINUTE),
        ("9:05", utc(2017, 4, 21, 7, 5), Precision.MINUTE),
        ("22:57:31", utc(2017, 4, 20, 20, 57, 31), Precision.SECOND),
        ("  22:57 ", utc(2017, 4, 20, 20, 57), Precision.MINUTE),
        ("2017-04-20", utc(2017, 4, 19, 22, 0), Precision.DAY),
        ("2017-01-20", utc(2017, 1, 19, 23, 0), Precision.DAY),
        ("2017-04-20 22", utc(2017, 4, 20, 20, 0), Precision.HOUR),
        ("2017-04-20 22:57", utc(2017, 4, 20, 20, 57), Precision.MINUTE),
        ("2017-04-20T22:57:31", utc(2017, 4, 20, 20, 57, 31), Precision.SECOND),
        ("2017-04-20 22:57:31.25", utc(2017, 4, 20, 20, 57, 31, 250_000), Precision.SECOND),
        ("2017-04-20T20:57Z", utc(2017, 4, 20, 20, 57), Precision.MINUTE),
        ("2017-04-20t20:57z", utc(2017, 4, 20, 20, 57), Precision.MINUTE),
        ("2017-04-20 22:57+02:00", utc(2017, 4, 20, 20, 57), Precision.MINUTE),
        ("2017-04-20 22:57 +0200", utc(2017, 4, 20, 20, 57), Precision.MINUTE),
        ("2017-04-20 16:57-04:00", utc(2017, 4, 20, 20, 57), Precision.MINUTE),
        ("2017-04-21 02:27+05:30", utc(2017, 4, 20, 20, 57), Precision.MINUTE),
        ("0999-05-01 12:00Z", utc(999, 5, 1, 12, 0), Precision.MINUTE),
    ],
)
def test_times_as_people_write_them(text: str, at: datetime, precision: Precision) -> None:
    assert read(text) == Moment(at, precision)


def test_now_is_now() -> None:
    assert read("now") == read("NOW ") == Moment(DAYTIME, Precision.SECOND)


@pytest.mark.parametrize(
    "text",
    ["", "22", "22.57", "22:5", "122:57", "yesterday", "20/04/2017", "2017-4-20", "2017-04-20 22:57 CEST", "unknown"],
)
def test_what_cannot_be_read_is_refused_with_the_forms(text: str) -> None:
    error = refused(text)
    assert "cannot be read" in error.message
    assert error.next.startswith("expected 22:57")


@pytest.mark.parametrize(
    "text",
    [
        "25:00",
        "24:00",
        "22:60",
        "22h75",
        "2017-02-29",
        "2017-13-01",
        "2017-04-20 24:00",
        "2017-04-20 24:00Z",
        "2017-04-20 22:57+25:00",
        "0000-01-01",
        "0001-01-01 00:00",
        "9999-12-31 23:30-01:00",
    ],
)
def test_a_time_that_there_is_not(text: str) -> None:
    assert "there is no such time" in refused(text).message


def test_an_offset_belongs_to_a_time_of_day() -> None:
    assert "an offset needs a time of day" in refused("2017-04-20+02:00").message


# Where the clocks change


@pytest.mark.parametrize("text", ["2017-03-26 02:30", "02:30"])
def test_a_time_that_the_zone_leaves_out_is_refused_with_both_readings(text: str) -> None:
    """At 02:00 on 26 March 2017 the clocks of Paris went to 03:00."""
    error = refused(text, now=utc(2017, 3, 26, 10, 0))
    assert error.message == "time: 2017-03-26 02:30: never happened in Europe/Paris, where the clocks changed"
    assert error.next == "write 2017-03-26T03:30+02:00 or 2017-03-26T01:30+01:00"


@pytest.mark.parametrize("text", ["2017-10-29 02:30", "02:30", "2017-10-29 02:30:00"])
def test_a_time_that_the_zone_repeats_is_refused_with_both_readings(text: str) -> None:
    """At 03:00 on 29 October 2017 the clocks of Paris went back to 02:00."""
    error = refused(text, now=utc(2017, 10, 29, 10, 0))
    assert error.message == "time: 2017-10-29 02:30: happened twice in Europe/Paris, where the clocks changed"
    assert error.next == "write 2017-10-29T02:30+02:00 or 2017-10-29T02:30+01:00"


def test_the_readings_can_be_written_as_they_are_shown() -> None:
    error = refused("2017-10-29 02:30")
    first, second = (read(text).at for text in error.next.removeprefix("write ").split(" or "))
    assert (first, second) == (utc(2017, 10, 29, 0, 30), utc(2017, 10, 29, 1, 30))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2017-03-26 01:59", utc(2017, 3, 26, 0, 59)),
        ("2017-03-26 03:00", utc(2017, 3, 26, 1, 0)),
        ("2017-10-29 01:59", utc(2017, 10, 28, 23, 59)),
        ("2017-10-29 03:00", utc(2017, 10, 29, 2, 0)),
        ("2017-10-29 02:30+02:00", utc(2017, 10, 29, 0, 30)),
        ("2017-03-26 02:30+01:00", utc(2017, 3, 26, 1, 30)),
    ],
)
def test_the_minutes_around_a_change_are_plain(text: str, at: datetime) -> None:
    assert read(text).at == at


@pytest.mark.parametrize(
    ("now", "at"),
    [
        (utc(2017, 3, 25, 23, 30), utc(2017, 3, 25, 1, 30)),  # half past midnight before the gap
        (utc(2017, 10, 28, 22, 30), utc(2017, 10, 28, 0, 30)),  # and before the overlap
    ],
)
def test_a_change_still_ahead_does_not_trouble_a_bare_clock_time(now: datetime, at: datetime) -> None:
    """02:30, asked before the night's change, was yesterday: today's has not happened yet."""
    assert read("02:30", now).at == at


def test_a_day_that_starts_with_a_change_is_a_day() -> None:
    """In Sao Paulo 15 October 2017 began at 01:00; in Havana 5 November 2017 had two midnights."""
    assert read("2017-10-15", zone=ZoneInfo("America/Sao_Paulo")) == Moment(utc(2017, 10, 15, 3, 0), Precision.DAY)
    assert read("2017-11-05", zone=ZoneInfo("America/Havana")) == Moment(utc(2017, 11, 5, 4, 0), Precision.DAY)


def test_a_day_that_a_zone_left_out() -> None:
    """Samoa went from 29 to 31 December 2011."""
    assert "there is no such time" in refused("2011-12-30", zone=ZoneInfo("Pacific/Apia")).message


# On the screen


@pytest.mark.parametrize(
    ("moment", "precision", "shown"),
    [
        (utc(2017, 4, 20, 20, 57, 31, 250_000), Precision.SECOND, "2017-04-20 22:57:31.250000 +02:00"),
        (utc(2017, 4, 20, 20, 57, 31), Precision.SECOND, "2017-04-20 22:57:31 +02:00"),
        (utc(2017, 4, 20, 20, 57), Precision.MINUTE, "2017-04-20 22:57 +02:00"),
        (utc(2017, 4, 20, 20, 0), Precision.HOUR, "2017-04-20 22h +02:00"),
        (utc(2017, 4, 19, 22, 0), Precision.DAY, "2017-04-20"),
        (utc(2017, 1, 20, 20, 57), Precision.MINUTE, "2017-01-20 21:57 +01:00"),
        (utc(999, 1, 1, 12, 0), Precision.MINUTE, "0999-01-01 12:09 +00:09:21"),
    ],
)
def test_a_time_is_shown_in_full_as_exactly_as_it_is_known(moment: datetime, precision: Precision, shown: str) -> None:
    assert show_time(moment, PARIS, precision) == shown


@given(MOMENTS.filter(lambda at: 2 < at.year < 9998), st.sampled_from(ZONES))
def test_what_is_shown_reads_back(moment: datetime, zone: str) -> None:
    assert read_time(show_time(moment, ZoneInfo(zone)), PARIS, DAYTIME).at == moment


def test_zones() -> None:
    assert zone_named("Europe/Paris").key == "Europe/Paris"


@pytest.mark.parametrize("name", ["Paris", "", "Europe", "../../etc/passwd", "/etc/localtime", "CEST+2\x00", "\ud800"])
def test_what_is_no_zone(name: str) -> None:
    with pytest.raises(Misused, match="no such zone") as caught:
        zone_named(name)
    assert "Europe/Paris" in caught.value.next
