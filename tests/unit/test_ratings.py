"""What a rating says in the words of the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ledger.errors import Problem, Rejected
from ledger.formats.cells import Unfit
from ledger.formats.mapping import Map, parse_map
from ledger.formats.ratings import rows_of_reviews, status_of
from ledger.formats.review import Item, Rating, Review, Who
from ledger.formats.rows import Row
from ledger.times import Moment
from ledger.vocabulary import Precision, SourceKind, Status

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DESK = Who("Example News")


@pytest.mark.parametrize(
    ("rating", "status"),
    [
        (Rating("True"), "confirmed"),
        (Rating("FALSE!"), "denied"),
        (Rating("Fake."), "denied"),
        (Rating("Faux"), "denied"),
        (Rating("Unproven"), "unconfirmed"),
        (Rating("Denied by Interior Ministry and AFP"), "denied"),
        (Rating("Confirmed by Reuters"), "confirmed"),
        (Rating("Corroborated by Reuters and AFP"), "confirmed"),
        (Rating("Corrected by Reuters"), "corrected"),
        (Rating("Unverified"), "unconfirmed"),
        (Rating("Disputed"), "unconfirmed"),
        (Rating("Misleading", 1, 5, 1), "denied"),
        (Rating(None, 5), "confirmed"),
        (Rating(None, 1), "denied"),
        (Rating(None, 0, 10, 0), "denied"),
        (Rating(None, 1, 1, 5), "confirmed"),
        (Rating("False", 3, 5, 1), "denied"),
        (Rating("False", -1), "denied"),
        (Rating("Unverified", 1, 5, 1), "unconfirmed"),
    ],
)
def test_a_plain_rating_gives_a_status(rating: Rating, status: str) -> None:
    assert status_of(rating, {}) == status


@pytest.mark.parametrize(
    ("rating", "why"),
    [
        (Rating("Half true"), "gives no status"),
        (Rating("Mostly false", 2, 5, 1), "gives no status"),
        (Rating(None, 3, 5, 1), "gives no status"),
        (Rating(None, 7, 5, 1), "gives no status"),
        (Rating(None, 1, 1, 1), "gives no status"),
        (Rating("denied"), "gives no status"),
        (Rating("True", 1, 5, 1), "the opposite in numbers"),
        (Rating("False", 5, 5, 1), "the opposite in numbers"),
        (Rating(), "gives no status"),
    ],
)
def test_nobody_guesses_what_is_in_between(rating: Rating, why: str) -> None:
    with pytest.raises(Unfit, match=why):
        status_of(rating, {})


def test_a_map_decides_before_all_else() -> None:
    own = {"mostly FALSE ": "denied", "True": "-", "3": "unconfirmed", "": "withdrawn"}
    assert status_of(Rating("Mostly False", 2), own) == "denied"
    assert status_of(Rating("True"), own) == "-"
    assert status_of(Rating("Mixture", 3), own) == "unconfirmed"
    assert status_of(Rating(), own) == "withdrawn"


def rows(*reviews: Review | Problem, chart: Map | None = None, story: str | None = "s") -> list[Row | Problem]:
    return list(rows_of_reviews(reviews, chart=chart, story=story, zone=PARIS, now=NOW))


def test_a_review_is_a_statement_of_its_newsroom() -> None:
    said = Moment(datetime(2017, 4, 20, 20, 57, tzinfo=UTC), Precision.MINUTE)
    review = Review("It is so", "#1", "https://n.example/1", DESK, Rating("Fake"), said, place="/@graph/0")
    (row,) = rows(review)
    assert isinstance(row, Row)
    assert (row.status, row.text, row.source, row.story) == (Status.DENIED, "It is so", "Example News", "s")
    assert (row.said, row.url, row.quote, row.usual_kind) == (said, "https://n.example/1", "Fake", SourceKind.NEWSPAPER)
    assert (row.where, row.source_kind) == ("/@graph/0", None)


def test_the_type_of_the_author_tells_what_kind_of_source_it_is() -> None:
    kinds = {"Person": SourceKind.PERSON, "GovernmentOrganization": SourceKind.OFFICIAL}
    for kind in ("Person", "GovernmentOrganization", "NewsMediaOrganization"):
        (row,) = rows(Review("x", author=Who("A", type=kind), rating=Rating("True")))
        assert isinstance(row, Row)
        assert row.usual_kind is kinds.get(kind, SourceKind.NEWSPAPER)


def test_a_correction_names_what_is_so_instead() -> None:
    corrected = Review("Two", author=DESK, rating=Rating("Corrected by AFP"), item=Item(correction="One"))
    bare = Review("Two", author=DESK, rating=Rating("Corrected by AFP"))
    (first, second) = rows(corrected, bare)
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert (first.status, first.to_text) == (Status.CORRECTED, "One")
    assert (second.status, second.to_text) == (Status.DENIED, None)


def test_a_key_tells_apart_what_is_not_the_same_review() -> None:
    first = Review("x", "#1", "https://n.example/1", DESK, Rating("True"))
    others = [
        Review("x", "#2", "https://n.example/1", DESK, Rating("True")),
        Review("x", "#1", "https://n.example/2", DESK, Rating("True")),
        Review("y", "#1", "https://n.example/1", DESK, Rating("True")),
        Review("x", "#1", "https://n.example/1", Who("Other"), Rating("True")),
        Review("x", "#1", "https://n.example/1", DESK, Rating("False")),
        Review("x", "#1", "https://n.example/1", DESK, Rating("True"), Moment(NOW)),
    ]
    keys = [row.key for row in rows(first, *others) if isinstance(row, Row)]
    assert len(set(keys)) == 7


def test_every_problem_of_a_review_is_told_with_its_place() -> None:
    found = rows(
        Problem("/@graph/0/url", "is no text"),
        Review("x", rating=Rating("Half true", 3), place="/@graph/1"),
        Review("x", author=DESK, place="/@graph/2"),
        Review("1", author=DESK, rating=Rating("True"), place="/@graph/3"),
    )
    assert [str(each).split(" (")[0] for each in found] == [
        "/@graph/0/url: is no text",
        "/@graph/1/reviewRating: gives no status of ours",
        "/@graph/1/author: is missing",
        "/@graph/2/reviewRating: gives no status of ours",
        "/@graph/3: text: is a bare number, and a bare number always means an index",
    ]
    assert isinstance(found[1], Problem)
    assert (found[1].got, "[values.status]" in str(found[1].expected)) == ("'Half true', 3 from 1 to 5", True)


CHART = """
[constants]
source = "Somebody"
source_kind = "agency"
story = "other"

[values.status]
"Half true" = "unconfirmed"
"Satire" = "-"
"""


def test_a_map_gives_constants_and_words() -> None:
    chart = parse_map(CHART, columns=False)
    half, satire = Review("x", rating=Rating("half true")), Review("y", author=DESK, rating=Rating("Satire"))
    own = Review("z", author=DESK, rating=Rating("True"))
    found = rows(half, satire, own, chart=chart)
    assert [(row.text, row.source, row.source_kind, row.story) for row in found if isinstance(row, Row)] == [
        ("x", "Somebody", SourceKind.AGENCY, "other"),
        ("z", "Example News", SourceKind.AGENCY, "other"),
    ]


def test_a_map_of_columns_is_refused() -> None:
    text = '[columns]\ntext = "claim"\n[times]\nzone = "UTC"\n[values.source]\na = "b"\n[values.status]\na = "-"\n'
    with pytest.raises(Rejected) as refused:
        parse_map(text, columns=False)
    assert [problem.where for problem in refused.value.problems] == [
        "map: columns",
        "map: times",
        "map: values: source",
    ]
    assert parse_map(text).values
