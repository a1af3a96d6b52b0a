"""Dates as other people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ledger.formats.cells import Unfit
from ledger.formats.dates import read_date
from ledger.times import Moment
from ledger.vocabulary import Precision

PARIS = ZoneInfo("Europe/Paris")
THEN = datetime(2017, 4, 20, 20, 57, tzinfo=UTC)
THAT_DAY = Moment(datetime(2017, 4, 19, 22, tzinfo=UTC), Precision.DAY)
SECOND = Moment(THEN, Precision.SECOND)
MINUTE = Moment(THEN, Precision.MINUTE)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2017-04-20T22:57:00+02:00", SECOND),
        ("2017-04-20T20:57:00Z", SECOND),
        ("2017-04-20t20:57:00.0000000z", SECOND),
        ("2017-04-20 20:57:00 UTC", SECOND),
        ("2017-04-20T22:57:00", SECOND),
        ("2017-04-20 22:57", MINUTE),
        ("2017-04-20T22:57+0200", MINUTE),
        (" 2017-04-20 ", THAT_DAY),
        ("Thu, 20 Apr 2017 22:57:00 +0200", SECOND),
        ("20 Apr 2017 20:57 GMT", MINUTE),
        ("Thu, 20 Apr 2017 16:57:00 EDT", SECOND),
        ("Thu, 20 Apr 2017 22:57:00", SECOND),
        ("20 April 2017", THAT_DAY),
        ("April 20, 2017", THAT_DAY),
        ("Apr. 20 2017", THAT_DAY),
        ("20/04/2017", THAT_DAY),
        ("04/20/2017", THAT_DAY),
        ("2017/04/20", THAT_DAY),
        ("20.4.2017", THAT_DAY),
        ("04/04/2017", Moment(datetime(2017, 4, 3, 22, tzinfo=UTC), Precision.DAY)),
    ],
)
def test_a_date_with_one_reading(text: str, moment: Moment) -> None:
    assert read_date(text, PARIS) == moment


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("04/05/2017", "may be 2017-04-05 or 2017-05-04"),
        ("20/04/17", "year in four digits"),
        ("31/31/2017", "no such day"),
        ("31/02/2017", "no such day"),
        ("0/0/2017", "no such day"),
        ("1492721820", "bare number"),
        ("1492721820000", "bare number"),
        ("20170420", "bare number"),
        ("-1.5", "bare number"),
        ("2017", "bare number"),
        ("2017-04", "is no date"),
        ("2017-02-30", "no such time"),
        ("2017-04-20T25:00:00Z", "no such time"),
        ("2017-10-29T02:30:00", "happened twice"),
        ("2017-03-26T02:30:00", "never happened"),
        ("2017-04-20T22:57:00 Europe/Paris", "cannot be read"),
        ("Thu, 32 Apr 2017 22:57:00 +0200", "no such time"),
        ("Thu, 20 Foo 2017 22:57:00 +0200", "no such time"),
        ("Thu, 20 Apr 2017 22:57:00 XYZ", "is no date"),
        ("Foo 20, 2017", "names no month"),
        ("31 June 2017", "no such day"),
        ("yesterday", "is no date"),
        ("now", "is no date"),
        ("22:57", "is no date"),
        ("unknown", "is no date"),
        ("20/04.2017", "is no date"),
    ],
)
def test_what_may_mean_two_days_or_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(Unfit, match=why) as refused:
        read_date(text, PARIS)
    assert refused.value.expected
