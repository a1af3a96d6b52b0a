"""What pages are drawn with: links, directions, marks, the drawing of states over time, and colours one can read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise

import pytest

from ledger.book import HistoryLine
from ledger.pages import Drawing, draw, stylesheet
from ledger.pages.addresses import linked
from ledger.pages.direction import isolated
from ledger.pages.engine import machine
from ledger.pages.marks import MARKS, told_bucket
from ledger.times import Moment
from ledger.vocabulary import Bucket, Precision, State
from tests.newsroom import PARIS

START = datetime(2017, 4, 20, 20, 30, tzinfo=UTC)


# Addresses


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://example.org/a", "https://example.org/a"),
        ("example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("HTTP://Example.org", "http://example.org"),
        ("https://example.org:8443/", "https://example.org:8443/"),
        ("https://例え.jp/ü", "https://xn--r8jz45g.jp/%C3%BC"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/%C3%BC", "https://example.org/%C3%BC"),
        ("https://example.org/a[1]", "https://example.org/a%5B1%5D"),
    ],
)
def test_an_address_of_the_web_is_a_link(address: str, link: str) -> None:
    assert linked(address) == link


@pytest.mark.parametrize(
    "address",
    [
        "",
        "sha256:" + "0" * 64,
        "javascript:alert(1)",
        "javascript://example.org/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://example.org/a",
        "mailto:a@example.org",
        "//example.org",
        "localhost/a",
        "https://user:secret@example.org/",
        "https://example.org/a b",
        "https://example.org/\u202e",
        "https://example.org:port/",
        'https://exa"mple.org/',
        "https://" + "a" * 64 + ".org/",
        "https://[::1]/",
    ],
)
def test_what_is_no_address_of_the_web_is_none(address: str) -> None:
    assert linked(address) is None


# Sentences


@pytest.mark.parametrize(
    ("sentence", "html"),
    [
        ("denied: AFP, 22:57", "denied: AFP, 22:57"),
        ("denied: الجزيرة, 22:57", "denied: <bdi>الجزيرة</bdi>, 22:57"),
        ("קול ישראל, and AFP", "<bdi>קול ישראל</bdi>, and AFP"),
        ("by قناة 24 العربية (vetted)", "by <bdi>قناة 24 العربية</bdi> (vetted)"),
        ("<b>א</b>", "&lt;b&gt;<bdi>א</bdi>&lt;/b&gt;"),
        ("א and ב", "<bdi>א</bdi> and <bdi>ב</bdi>"),
        ("{}", "{}"),
        ("", ""),
    ],
)
def test_words_from_right_to_left_do_not_turn_a_sentence_around(sentence: str, html: str) -> None:
    assert isolated(sentence) == html


# Times, marks, words


def test_a_time_for_machines_says_no_more_than_is_known() -> None:
    at = datetime(2017, 4, 20, 20, 57, 3, 999_999, tzinfo=UTC)
    assert machine(at) == machine(Moment(at)) == "2017-04-20T20:57:03Z"
    assert machine(Moment(at, Precision.DAY)) == "2017-04-20"


def test_no_two_states_share_a_mark() -> None:
    assert MARKS.keys() == set(State)
    assert len(set(MARKS.values())) == len(State)


def test_every_bucket_has_words_of_its_own() -> None:
    assert len({told_bucket(bucket)[0] for bucket in Bucket}) == len(Bucket)


# The drawing


def line(claim: int, minute: int, state: State | None) -> HistoryLine:
    return HistoryLine(
        claim, f"claim {claim}", "s", START + timedelta(minutes=minute), 9, (), None, state, False, None, ""
    )


def drawn(*lines: tuple[int, int, State | None]) -> Drawing:
    return draw([line(*each) for each in lines], PARIS)


def test_nothing_is_drawn_of_nothing() -> None:
    assert drawn() == Drawing((), (), (), ())


def test_one_claim_that_never_changed_fills_its_lane() -> None:
    found = drawn((5, 0, State.UNVERIFIED))
    (lane,) = found.lanes
    assert [(span.x, span.width) for span in lane.spans] == [("0.00", "100.00")]
    assert lane.told == "unverified from 2017-04-20 22:30 +02:00"
    assert [(tick.day, tick.clock) for tick in found.ticks] == [("2017-04-20", "22:30")]


def test_spans_follow_one_another_as_long_as_the_clock_says() -> None:
    found = drawn((5, 0, State.UNVERIFIED), (5, 20, State.DENIED), (6, 40, State.CONFIRMED))
    first, second = found.lanes
    assert [(s.state, s.x, s.width) for s in first.spans] == [
        (State.UNVERIFIED, "0.00", "43.00"),
        (State.DENIED, "43.00", "57.00"),
    ]
    assert [(s.state, s.x, s.width) for s in second.spans] == [(State.CONFIRMED, "86.00", "14.00")]
    assert found.states == (State.CONFIRMED, State.DENIED, State.UNVERIFIED)
    assert found.breaks == ()


def test_a_claim_that_is_gone_for_a_while_has_a_hole() -> None:
    (lane,) = drawn((5, 0, State.UNVERIFIED), (5, 10, None), (5, 20, State.DENIED)).lanes
    assert [(span.x, span.width) for span in lane.spans] == [("0.00", "43.00"), ("86.00", "14.00")]


def test_a_month_of_silence_is_drawn_short_and_says_so() -> None:
    """An evening keeps its place beside a correction of the next month."""
    month = 30 * 24 * 60
    found = drawn((5, 0, State.UNVERIFIED), (5, 10, State.DISPUTED), (5, 20, State.DENIED), (5, month, State.CORRECTED))
    widths = [float(span.width) for span in found.lanes[0].spans]
    assert widths[0] == widths[1]
    assert widths[2] == pytest.approx(6 * widths[0], abs=0.05)
    assert len(found.breaks) == 1
    assert [tick.day for tick in found.ticks if tick.day] == ["2017-04-20", "2017-05-20"]


def test_ticks_leave_room_for_what_they_say() -> None:
    found = drawn(*((claim, 7 * claim, State.UNVERIFIED) for claim in range(100)))
    places = [float(tick.x) for tick in found.ticks]
    assert all(after - before >= 20 for before, after in pairwise(places))
    assert [tick.day for tick in found.ticks if tick.day] == ["2017-04-20", "2017-04-21"]


# Colours: WCAG 2.2, contrast (minimum)


def scheme(dark: bool) -> dict[str, str]:
    """The colours of a scheme by their names."""
    light, _, rest = stylesheet().decode().partition("prefers-color-scheme: dark")
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light))
    return found | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", rest)) if dark else found


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_can_be_read(dark: bool) -> None:
    colours = scheme(dark)
    pairs = [(ink, ground) for ink in ("ink", "quiet", "link") for ground in ("paper", "raised")]
    pairs += [(state.value, f"{state.value}-wash") for state in State]
    pairs += [("ink", f"{state.value}-wash") for state in State]
    for ink, ground in pairs:
        assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for ground in ("paper", "raised"):
        assert contrast(colours["focus"], colours[ground]) >= 3


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_edge_of_a_span_can_be_seen(dark: bool) -> None:
    colours = scheme(dark)
    for state in State:
        assert contrast(colours[state.value], colours["raised"]) >= 3


def test_no_two_states_share_a_colour() -> None:
    for dark in (False, True):
        colours = scheme(dark)
        assert all(colours[one.value] != colours[other.value] for one, other in combinations(State, 2))
