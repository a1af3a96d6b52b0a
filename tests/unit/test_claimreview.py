"""ClaimReview as others write it: every shape of it that is met, and every problem with its place."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ledger.errors import Problem
from ledger.formats.claimreview import Item, Rating, Review, Who, read, write
from ledger.formats.jsonld import MAX_SIZE, joined
from ledger.formats.markup import plain
from ledger.times import Moment
from ledger.vocabulary import Precision

PARIS = ZoneInfo("Europe/Paris")
DAY = Moment(datetime(2017, 4, 19, 22, tzinfo=UTC), Precision.DAY)


def found(document: Any) -> list[Review | Problem]:
    return read(document if isinstance(document, str) else json.dumps(document), zone=PARIS)


def one(**members: Any) -> Review:
    """The only review of a document that has it."""
    given = {"@type": "ClaimReview", "claimReviewed": "x", **members}
    (review,) = found({"@context": "https://schema.org", **given})
    assert isinstance(review, Review), review
    return review


def wrong(**members: Any) -> list[str]:
    """The problems of such a review, as lines."""
    lines = found({"@type": "ClaimReview", "claimReviewed": "x", **members})
    assert all(isinstance(each, Problem) for each in lines), lines
    return [str(each) for each in lines]


NODE = {"@type": "ClaimReview", "claimReviewed": "x", "url": "https://n.example/1"}


@pytest.mark.parametrize(
    "document",
    [
        NODE,
        [NODE],
        {"@context": "https://schema.org", "@graph": [{"@type": "WebPage", "name": "p"}, NODE]},
        {"@context": ["https://schema.org", {}], "@graph": NODE},
        {"@type": "WebPage", "mainEntity": NODE},
        {"@type": "DataFeed", "dataFeedElement": [{"@type": "DataFeedItem", "item": [NODE]}]},
        {"@type": "ItemList", "itemListElement": {"@list": [NODE]}},
        {**NODE, "@type": ["Review", "ClaimReview"]},
        {**NODE, "@type": "http://schema.org/ClaimReview"},
        {**NODE, "@type": "schema:ClaimReview"},
        {"type": "ClaimReview", "schema:claimReviewed": "x", "https://schema.org/url": "https://n.example/1"},
        {**NODE, "claimReviewed": ["x"]},
        {**NODE, "claimReviewed": [{"@value": "x", "@language": "en"}, "x"]},
        {**NODE, "claimReviewed": {"@set": ["x"]}},
        {**NODE, "url": {"@id": "https://n.example/1"}},
        {**NODE, "url": ["https://n.example/1", None, ""]},
        {
            "@graph": [
                {"@type": "WebPage", "mainEntity": {"@type": "ClaimReview", "@id": "_:r"}},
                {**NODE, "@id": "_:r"},
            ]
        },
        [NODE, dict(NODE)],
    ],
)
def test_a_review_is_found_wherever_it_stands(document: Any) -> None:
    assert found(document) == [Review("x", url="https://n.example/1")]


def test_a_review_inside_another_is_none_of_the_documents_own() -> None:
    inner = {"@type": "ClaimReview", "claimReviewed": "y", "associatedClaimReview": [{**NODE, "claimReviewed": "z"}]}
    assert found({**NODE, "associatedClaimReview": inner}) == [Review("x", url="https://n.example/1")]


def test_a_document_without_a_review_has_none() -> None:
    assert found({"@context": "https://schema.org", "@graph": []}) == []
    assert found({"@type": "NewsArticle", "headline": "ClaimReview"}) == []


@pytest.mark.parametrize(
    ("author", "who"),
    [
        ("Example News", Who("Example News")),
        ({"name": "Example News"}, Who("Example News")),
        ({"@type": "Organization", "name": "A &amp; B", "url": "https://a.example/?a=1&copy=2"}, None),
        ([{"@type": ["Organization", "NewsMediaOrganization"], "name": "N"}], Who("N")),
        ({"@type": "NewsMediaOrganization", "name": ["N"]}, Who("N", None, "NewsMediaOrganization")),
        ({"@type": "Dragon", "name": "N"}, Who("N")),
        ([{"@type": "Person", "name": "Ana"}, {"@type": "Organization", "name": "N"}], Who("N")),
        ({"@id": "#n"}, Who("N", "https://n.example", "Organization")),
    ],
)
def test_an_author_is_an_object_a_text_a_list_or_a_reference(author: Any, who: Who | None) -> None:
    node = {"@id": "#n", "@type": "Organization", "name": "N", "url": {"@id": "https://n.example"}}
    (review,) = found({"@graph": [{**NODE, "author": author}, node]})
    assert isinstance(review, Review)
    assert review.author == (who or Who("A & B", "https://a.example/?a=1&copy=2"))


def test_who_publishes_is_the_author_where_none_is_told() -> None:
    assert one(publisher={"name": "N"}).author == Who("N")
    assert one(author={"@type": "Person"}, publisher={"name": "N"}).author == Who("N")
    assert one().author is None


@pytest.mark.parametrize(
    ("rating", "read_as"),
    [
        ({"@type": "Rating", "alternateName": "False", "ratingValue": "1", "bestRating": 5}, Rating("False", 1, 5)),
        ({"ratingValue": 2.5, "bestRating": "5", "worstRating": "0"}, Rating(None, 2.5, 5, 0)),
        ({"ratingValue": "2,5"}, Rating(None, 2.5)),
        ({"ratingValue": "False"}, Rating("False")),
        ({"name": "<b>Mostly</b> false"}, Rating("Mostly false")),
        ("Fake", Rating("Fake")),
        (["Fake"], Rating("Fake")),
        (1, Rating(None, 1)),
        ("1", Rating(None, 1)),
        ({"@type": "Rating"}, None),
        ({"ratingValue": ""}, None),
        (None, None),
        ([], None),
    ],
)
def test_a_rating_is_an_object_a_text_or_a_number(rating: Any, read_as: Rating | None) -> None:
    assert one(reviewRating=rating).rating == read_as


def test_the_claim_that_is_reviewed() -> None:
    item = one(
        itemReviewed={
            "@type": ["Claim", "CreativeWork"],
            "@id": "#claim",
            "author": [{"@type": "Person", "name": "Ana"}, {"@type": "Person", "name": "Ben"}],
            "appearance": {"@list": [{"@type": "NewsArticle", "url": "https://a"}, "https://b", {"headline": "x"}]},
            "firstAppearance": [{"@id": "https://a"}],
            "datePublished": ["2017-04-20"],
            "correction": {"@type": "CorrectionComment", "text": "<p>One &amp; only</p>"},
        }
    ).item
    assert item == Item(
        "#claim", Who("Ana", None, "Person"), ("https://a", "https://b"), "https://a", DAY, "One & only"
    )
    assert one(itemReviewed="https://a").item == Item()
    assert one(itemReviewed={"correction": "One"}).item == Item(correction="One")
    assert one(inLanguage={"@type": "Language", "name": "fr"}).language == "fr"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>A <b>second</b> officer</p>\n<p>was killed</p>", "A second officer was killed"),
        ("one<br/>two<span>three</span>", "one twothree"),
        ("a &lt;b&gt; &quot;c&quot; &eacute;&nbsp;d", 'a <b> "c" é\u00a0d'),
        ("<script>alert('x')</script>fine<style>p{}</style>", "fine"),
        ("x <!-- hidden --> y", "x y"),
        ("3 < 4 & 5 > 2", "3 < 4 & 5 > 2"),
        ("  line\r\nend\t", "line end"),
        ("<![CDATA[x]]>", "<![CDATA[x]]>"),
        ("\u202eabc", "\u202eabc"),
    ],
)
def test_markup_is_taken_out_of_a_text(markup: str, text: str) -> None:
    assert plain(markup) == text
    assert one(claimReviewed=markup).claim == text


PROBLEMS: list[tuple[dict[str, Any], str]] = [
    ({"claimReviewed": 7}, "/claimReviewed: is no text (expected a text in quotes, got a number)"),
    ({"claimReviewed": None}, "/claimReviewed: is missing (expected the text of the claim)"),
    ({"claimReviewed": "<br>"}, "/claimReviewed: is missing (expected the text of the claim)"),
    ({"claimReviewed": ["x", "y"]}, "/claimReviewed: has 2 different values (expected one)"),
    ({"claimReviewed": {"name": "x"}}, "/claimReviewed: is no text (expected a text in quotes, got an object)"),
    ({"claimReviewed": "y" * 10_001}, "/claimReviewed: has 10,001 characters; at most 10,000 are read"),
    ({"claimReviewed": "\ud800"}, "/claimReviewed: holds a lone surrogate (U+D800), which is no text"),
    ({"@id": "\udfff"}, "/@id: holds a lone surrogate, which is no text"),
    ({"url": ["https://a", "https://b"]}, "/url: has 2 different values (expected one)"),
    ({"url": True}, "/url: is no text (expected a text in quotes, got true or false)"),
    ({"author": ["A", "B"]}, "/author: names 2 of them (expected one, got 'A', 'B')"),
    ({"author": {"name": 7}}, "/author/name: is no text (expected a text in quotes, got a number)"),
    ({"reviewRating": ["True", "False"]}, "/reviewRating: has 2 ratings (expected one)"),
    ({"reviewRating": True}, "/reviewRating: is no number (expected as in 5, got true or false)"),
    ({"reviewRating": {"bestRating": "five"}}, "/reviewRating/bestRating: is no number (expected as in 5, got 'five')"),
    ({"reviewRating": {"ratingValue": 10**30}}, "/reviewRating/ratingValue: is too large a number"),
    (
        {"reviewRating": {"ratingValue": {}}},
        "/reviewRating/ratingValue: is no number (expected as in 5, got an object)",
    ),
    ({"itemReviewed": [{"name": "a"}, {"name": "b"}]}, "/itemReviewed: has 2 objects (expected one)"),
    (
        {"itemReviewed": {"correction": 3}},
        "/itemReviewed/correction: is no text (expected a text in quotes, got a number)",
    ),
]


@pytest.mark.parametrize(("members", "line"), PROBLEMS)
def test_what_cannot_be_read_is_told_with_its_place(members: dict[str, Any], line: str) -> None:
    assert wrong(**members) == [line]


@pytest.mark.parametrize("date", ["04/05/2017", "yesterday", 1492721820, "1492721820", 1.5, True, {"x": 1}])
def test_a_date_that_cannot_be_read_is_told_with_its_place(date: Any) -> None:
    (line,) = wrong(datePublished=date)
    assert line.startswith("/datePublished: ")
    (line,) = wrong(itemReviewed=[{"datePublished": [date]}])
    assert line.startswith("/itemReviewed/0/datePublished/0: ")


def test_all_problems_of_all_reviews_are_told() -> None:
    graph = [
        {"@type": "ClaimReview", "claimReviewed": 1, "datePublished": 2, "author": {"name": []}},
        NODE,
        {"@type": "ClaimReview", "@id": "a/b~c", "url": 3, "itemReviewed": {"firstAppearance": 4}},
    ]
    lines = found({"@graph": {"@list": graph}})
    assert [each.where if isinstance(each, Problem) else each.place for each in lines] == [
        "/@graph/@list/0/claimReviewed",
        "/@graph/@list/0/datePublished",
        "/@graph/@list/1",
        "/@graph/@list/2/claimReviewed",
        "/@graph/@list/2/url",
        "/@graph/@list/2/itemReviewed/firstAppearance",
    ]


@pytest.mark.parametrize("at_top", [True, False])
def test_what_is_no_review_and_should_be_one_is_told_in_its_place(at_top: bool) -> None:
    good = {**NODE, "url": "https://n.example/2"}
    things = [
        "a text",
        NODE,
        7,
        None,
        {**good, "@type": "Claimreview"},
        {"claimReviewed": "y"},
        {"@type": "WebPage", "name": "p", "keywords": {"@list": ["a", 1]}, "about": ["b", None]},
        [True, {"@type": ["Review", "http://schema.org/CLAIMREVIEW"], "claimReviewed": "z", "url": 3}],
        {"@type": "Review", "claimReviewed": None},
        {"@type": "WebPage", "@graph": ["deep"]},
        {"@type": "WebPage", "mainEntity": {"@type": "Review", "claimReviewed": "w"}},
    ]
    at = "" if at_top else "/@graph"
    told = [str(each) for each in found(things if at_top else {"@graph": things}) if isinstance(each, Problem)]
    assert told == [
        f"{at}/0: is no object (expected a ClaimReview, got a text)",
        f"{at}/2: is no object (expected a ClaimReview, got a number)",
        f"{at}/3: is no object (expected a ClaimReview, got null)",
        f"{at}/4/@type: is another (expected ClaimReview, got 'Claimreview')",
        f"{at}/5/@type: is missing (expected ClaimReview)",
        f"{at}/7/0: is no object (expected a ClaimReview, got true or false)",
        f"{at}/7/1/@type: is another (expected ClaimReview, got 'Review', 'CLAIMREVIEW')",
        f"{at}/7/1/url: is no text (expected a text in quotes, got a number)",
        f"{at}/9/@graph/0: is no object (expected a ClaimReview, got a text)",
        f"{at}/10/mainEntity/@type: is another (expected ClaimReview, got 'Review')",
    ]


@pytest.mark.parametrize(("text", "kind"), [("7", "a number"), ("null", "null"), ('"x"', "a text")])
def test_a_document_that_is_no_object_is_told(text: str, kind: str) -> None:
    assert [str(each) for each in found(text)] == [f"/: is no object (expected a ClaimReview, got {kind})"]


def test_every_number_that_is_none_is_told() -> None:
    lines = [str(each).split(" (")[0] for each in found('[{"a": NaN, "b": [Infinity]}, 1, NaN]')]
    assert lines == ["/0/a: is no number of JSON", "/0/b/0: is no number of JSON", "/2: is no number of JSON"]


def test_a_review_with_a_problem_is_told_apart_from_another_of_its_name_as_well() -> None:
    same = {**NODE, "@id": "#1", "datePublished": "04/05/2017"}
    mended = {**same, "datePublished": "2017-05-04"}
    assert [each.where for each in found([same, mended]) if isinstance(each, Problem)] == ["/0/datePublished"]
    other = {**mended, "claimReviewed": "y"}
    assert [each.where for each in found([same, other]) if isinstance(each, Problem)] == ["/0/datePublished", "/1/@id"]
    again = found([mended, {**other, "inLanguage": 3}])
    assert [each.where for each in again if isinstance(each, Problem)] == ["/1/inLanguage", "/1/@id"]


def test_one_name_for_two_reviews_is_told() -> None:
    same = {"@type": "ClaimReview", "@id": "#1", "claimReviewed": "x"}
    first, second = found([same, dict(same), {**same, "claimReviewed": "y"}])
    assert first == Review("x", id="#1")
    assert str(second) == (
        "/2/@id: stands in the review at /0 too, which says something else (expected one of its own, got #1)"
    )


def test_one_page_may_review_several_claims_but_each_once() -> None:
    rated = {**NODE, "reviewRating": "True"}
    assert len([each for each in found([NODE, {**NODE, "claimReviewed": "y"}]) if isinstance(each, Review)]) == 2
    first, second = found([NODE, rated])
    assert isinstance(first, Review)
    assert str(second).startswith("/1/url: stands in the review at /0 too")


def test_a_name_that_stands_twice_in_an_object_is_told() -> None:
    (line,) = found('{"@type": "ClaimReview", "claimReviewed": "x", "schema:claimReviewed": "y"}')
    assert str(line) == "/claimReviewed: stands twice in the object (expected each name once)"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "line 1: the file is empty (expected JSON-LD)"),
        ("\ufeff \n", "line 1: the file is empty (expected JSON-LD)"),
        ("<html>", "line 1: is not JSON (at character 1) (expected JSON-LD)"),
        ('{\n"a": 1,\n}', "line 3: is not JSON (at character 1) (expected JSON-LD)"),
        ('{"a": NaN}', "/a: is no number of JSON (expected a number as in 5, got 'NaN')"),
        ('[{"b/c": [1, -Infinity]}]', "/0/b~1c/1: is no number of JSON (expected a number as in 5, got '-Infinity')"),
        (
            '{"@graph": [{"ratingValue": ' + "9" * 5_000 + "}]}",
            f"/@graph/0/ratingValue: is a number of 5,000 digits (expected a number as in 5, got '{'9' * 57}…')",
        ),
        ("[" * 200_000 + "]" * 200_000, "the file: is nested too deeply (expected JSON-LD)"),
    ],
)
def test_what_is_no_document_is_told(text: str, line: str) -> None:
    assert [str(each) for each in found(text)] == [line]


def test_a_mark_at_the_beginning_is_passed_over() -> None:
    assert found("\ufeff" + json.dumps(NODE)) == [Review("x", url="https://n.example/1")]


def pieces(data: bytes) -> list[str]:
    """A file as it is read."""
    return data.decode("utf-8", "surrogateescape").splitlines(keepends=True)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ("{}".encode("utf-16"), "the file: is UTF-16 or UTF-32 (expected UTF-8)"),
        ("{}".encode("utf-16-le"), "the file: is UTF-16 or UTF-32 (expected UTF-8)"),
        ("{}".encode("utf-32-be"), "the file: is UTF-16 or UTF-32 (expected UTF-8)"),
        ('{\n"a": "é"}'.encode("latin-1"), "line 2: is not UTF-8 (byte E9) (expected UTF-8)"),
    ],
)
def test_another_encoding_is_told(data: bytes, line: str) -> None:
    assert str(joined(pieces(data))) == line


def test_five_megabytes_are_read_and_more_are_refused() -> None:
    node = json.dumps({"@type": "ClaimReview", "claimReviewed": "A" * 400, "author": "N", "reviewRating": "False"})
    many = MAX_SIZE // (len(node) + 2) - 1
    text = "[" + ",\n".join([node[:-1] + f', "url": "https://n.example/{i}"}}' for i in range(many * 9 // 10)]) + "]"
    text = text.ljust(MAX_SIZE)
    assert joined([text]) == text
    assert len(found(text)) == many * 9 // 10
    line = f"the file: has more than {MAX_SIZE:,} characters (expected a file for each part of the reviews)"
    assert [str(each) for each in found(text + " ")] == [line]


def test_no_more_of_a_file_is_read_than_its_size_allows() -> None:
    taken = 0

    def endless() -> Any:
        nonlocal taken
        while True:
            taken += 1
            yield "x" * 1_000_000

    assert isinstance(joined(endless()), Problem)
    assert taken == 6


def test_what_is_not_told_is_not_written() -> None:
    (text,) = write([Review("x")], zone=PARIS)
    assert json.loads(text) == {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "claimReviewed": "x",
        "itemReviewed": {"@type": "Claim"},
    }
