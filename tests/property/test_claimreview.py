"""What is written as ClaimReview reads back the same, whatever it holds; and no text makes the reader fall over."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from ledger.errors import Problem
from ledger.formats.claimreview import Item, Rating, Review, Who, read, write
from ledger.formats.markup import marked, plain
from ledger.times import Moment, read_time
from ledger.vocabulary import Precision

PARIS = ZoneInfo("Europe/Paris")
HOSTILE = [
    *("</script>", "<script>alert(1)</script>", "<b>", "&amp;", "&lt;b&gt;", "&copyright", "AT&T; 3<4", "<![CDATA["),
    *("<!--", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627", "\U0001f525", '"', "'", "\\"),
    *("\\u003c", "  two  spaces", "\u00a0", "a <b", "</", "&#0;", "&#x80;", "{{7*7}}", "</script", "<p/>x"),
]
LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])
PIECES = st.one_of(st.text(LETTERS, max_size=8), st.sampled_from(HOSTILE))
TEXTS = st.lists(PIECES, min_size=1, max_size=4).map("".join).map(str.strip).filter(bool)
ADDRESSES = st.text(LETTERS, min_size=1, max_size=12).map(lambda end: f"https://example.org/{end}".strip())
NUMBERS = st.one_of(st.integers(-99, 99).map(float), st.floats(-1e6, 1e6, width=32))
TYPES = st.sampled_from(["Organization", "Person", "NewsMediaOrganization", "GovernmentOrganization"])
TIMES = st.integers(-600_000_000_000_000, 4_000_000_000_000_000).map(
    lambda micros: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)


def moment(at: datetime, precision: Precision) -> Moment:
    """As :func:`ledger.times.read_time` would make it: the first moment of its minute or day."""
    if precision is Precision.DAY:
        return read_time(at.astimezone(PARIS).date().isoformat(), PARIS, at)
    if precision is Precision.MINUTE:
        return Moment(at.replace(second=0, microsecond=0), precision)
    return Moment(at, precision)


MOMENTS = st.builds(moment, TIMES, st.sampled_from([Precision.SECOND, Precision.MINUTE, Precision.DAY]))
PEOPLE = st.builds(Who, TEXTS, st.none() | ADDRESSES, TYPES)
RATINGS = st.builds(Rating, st.none() | TEXTS, st.none() | NUMBERS, st.none() | NUMBERS, st.none() | NUMBERS).filter(
    lambda rating: rating != Rating()
)
ITEMS = st.builds(
    Item,
    st.none() | ADDRESSES,
    st.none() | PEOPLE,
    st.lists(ADDRESSES, max_size=3, unique=True).map(tuple),
    st.none() | ADDRESSES,
    st.none() | MOMENTS,
    st.none() | TEXTS,
)
REVIEWS = st.builds(
    Review,
    claim=TEXTS,
    id=ADDRESSES,
    url=st.none() | ADDRESSES,
    author=st.none() | PEOPLE,
    rating=st.none() | RATINGS,
    published=st.none() | MOMENTS,
    language=st.none() | st.sampled_from(["en", "fr", "ar-EG"]),
    item=ITEMS,
)


@given(st.lists(REVIEWS, max_size=4, unique_by=lambda review: review.id))
def test_what_is_written_reads_back_the_same(reviews: list[Review]) -> None:
    text = "".join(write(reviews, zone=PARIS))
    assert read(text, zone=PARIS) == reviews
    assert "<" not in text, "it may stand inside a script element"
    assert ("@graph" in json.loads(text)) == (len(reviews) != 1)


@given(TEXTS)
@example("<![foo[ bar")
@example("&amp;amp;lt;")
def test_a_text_that_looks_like_markup_is_read_as_it_is(text: str) -> None:
    assert plain(marked(text)) == text


@given(st.lists(PIECES, max_size=6).map("".join))
def test_plain_text_has_no_line_ends_and_stays_plain_when_marked(text: str) -> None:
    found = plain(text)
    assert found == found.strip()
    assert plain(marked(found)) == found


NAMES = st.sampled_from(
    [
        *("@id", "@type", "@graph", "@list", "@value", "claimReviewed", "reviewRating", "itemReviewed", "author"),
        *("name", "url", "datePublished", "ratingValue", "bestRating", "alternateName", "correction", "appearance"),
    ]
)
NUMBERS_AT_ALL = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.sampled_from(["ClaimReview", "Rating", "20/04/2017", "2017-04-20", "1492723020"])
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS_AT_ALL, PIECES, st.just("\ud800"), WORDS)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=25
)


@given(st.dictionaries(NAMES, TREES, max_size=8))
def test_whatever_stands_there_gives_reviews_and_problems_with_places(tree: dict[str, object]) -> None:
    for document in (tree, {"@graph": [tree | {"@type": ["ClaimReview", "Article"]}]}):
        for found in read(json.dumps(document), zone=PARIS):
            assert isinstance(found, Review | Problem)
            if isinstance(found, Problem):
                assert found.where.startswith("/"), found
                assert str(found).encode("utf-8")
            else:
                assert found.claim


@given(
    st.text(st.characters(), max_size=60) | st.binary(max_size=60).map(lambda b: b.decode("utf-8", "surrogateescape"))
)
@example("[" * 5_000)
@example('{"@id":' * 5_000)
def test_no_text_makes_the_reader_fall_over(text: str) -> None:
    for found in read(text, zone=PARIS):
        assert isinstance(found, Review | Problem)


def test_an_hour_is_written_as_its_first_minute() -> None:
    at = datetime(2017, 4, 20, 20, tzinfo=UTC)
    text = "".join(write([Review("x", published=Moment(at, Precision.HOUR))], zone=PARIS))
    (found,) = read(text, zone=PARIS)
    assert isinstance(found, Review)
    assert found.published == Moment(at, Precision.MINUTE)
    assert timedelta(0) == found.published.at - at
