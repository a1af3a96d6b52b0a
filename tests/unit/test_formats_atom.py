"""Feeds as somebody else's parser reads them, and ids that stay."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.formats.atom import NAMESPACE, Feed, FeedEntry, carried, tag_uri, write

OPENED = datetime(2017, 4, 20, 20, 31, tzinfo=UTC)
LATER = OPENED + timedelta(hours=2, microseconds=7)
HOSTILE = [
    "<script>alert('x')</script>",
    "A & B < C > D \"E\" 'F' ]]> &amp; &#0; <!-- -->",
    "قتل شرطي ثان",
    "שוטר שני נהרג, \u202bאו לא\u202c",
    "👮🏽‍♀️ \U0001f6d1 e\u0301",
    "bell \x07 null \x00 escape \x1b[31m next line \x85",
    "a lone \ud800 surrogate, and \udfff",
    "not a character: \ufffe \uffff",
    "line\r\nline\rline\nline\ttab",
]


def entry(number: int = 1, **given: Any) -> FeedEntry:
    told = {
        "id": tag_uri("example.org/newsroom", OPENED, "changes", number, 11),
        "title": "denied: A second police officer was killed",
        "updated": LATER,
        "published": OPENED,
        "summary": "From unverified to denied.",
    }
    return FeedEntry(**(told | given))


def feed(*entries: FeedEntry, **given: Any) -> Feed:
    told = {"id": tag_uri("example.org/newsroom", OPENED, "changes"), "title": "what changed", "author": "the desk"}
    return Feed(updated=LATER, entries=entries, **(told | given))


def parsed(written: Feed) -> Any:
    found = feedparser.parse(write(written).encode("utf-8"), sanitize_html=False, resolve_relative_uris=False)
    assert found.bozo is False, found.bozo_exception
    assert found.version == "atom10"
    return found


def test_every_field_is_read_back() -> None:
    first = entry(1, link="https://example.org/log/claim/11.html", categories=("denied", "paris"), author="Ana")
    second = entry(2, summary="in full", categories=())
    found = parsed(feed(first, second, self_link="https://example.org/log/c.atom", page="https://example.org/log/"))
    assert (found.feed.id, found.feed.title, found.feed.author) == (
        "tag:example.org,2017-04-20:/newsroom:changes",
        "what changed",
        "the desk",
    )
    assert found.feed.updated == "2017-04-20T22:31:00.000007Z"
    assert {(link.rel, link.type, link.href) for link in found.feed.links} == {
        ("self", "application/atom+xml", "https://example.org/log/c.atom"),
        ("alternate", "text/html", "https://example.org/log/"),
    }
    read, other = found.entries
    assert (read.id, read.title, read.summary, read.author) == (first.id, first.title, first.summary, "Ana")
    assert (read.updated, read.published) == ("2017-04-20T22:31:00.000007Z", "2017-04-20T20:31:00.000000Z")
    assert read.link == first.link
    assert [tag.term for tag in read.tags] == ["denied", "paris"]
    assert "content" not in read
    # What leads nowhere holds its content itself.
    assert [part.value for part in other.content] == ["in full"]
    assert not {"links", "tags", "author"} & other.keys()


def test_a_feed_without_entries_is_one() -> None:
    found = parsed(feed())
    assert found.entries == []
    assert found.feed.updated == "2017-04-20T22:31:00.000007Z"


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_are_carried_or_replaced_and_never_run(text: str) -> None:
    found = parsed(feed(entry(title=text, summary=text, categories=(text,), author=text), title=text, author=text))
    read = found.entries[0]
    for told in (read.title, read.content[0].value, read.tags[0].term, read.author, found.feed.title):
        assert told == carried(text).strip()
    assert "<script" not in write(feed(entry(title=text, summary=text)))


def test_what_is_carried() -> None:
    assert carried("a\x00b\x1fc\x7fd\x9fe\ud834f\uffffg") == "a�b�c�d�e�f�g"
    assert carried("a\r\nb\rc\td") == "a\nb\nc\td"
    assert carried("é \u202e \U0001f6d1 ") == "é \u202e \U0001f6d1 "


def texts() -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=[]), max_size=40)


@given(texts(), texts(), st.lists(texts(), max_size=3), st.integers(0, 10**6))
@example("\ud800", "\x00", ["\uffff", "\r"], 0)
def test_any_text_comes_back_as_it_was_carried(title: str, summary: str, categories: list[str], seconds: int) -> None:
    """Read by the parser of the standard library, which changes nothing; feedparser strips and mends what it reads."""
    at = OPENED + timedelta(seconds=seconds)
    one = entry(title=title, summary=summary, categories=tuple(categories), updated=at)
    root = ET.fromstring(write(feed(one)).encode("utf-8"))

    def named(name: str) -> list[ET.Element]:
        return root.findall(f"./{{{NAMESPACE}}}entry/{{{NAMESPACE}}}{name}")

    assert [element.text or "" for element in named("title")] == [carried(title)]
    assert [element.text or "" for element in named("content")] == [carried(summary)]
    assert [element.get("term") for element in named("category")] == [carried(each) for each in categories]
    assert [element.text for element in named("updated")] == [at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")]
    assert parsed(feed(one)).entries[0].id == one.id


def test_the_same_feed_gives_the_same_bytes() -> None:
    assert write(feed(entry(1), entry(2))) == write(feed(entry(1), entry(2)))


def test_an_id_names_one_entry() -> None:
    with pytest.raises(AssertionError, match="an id names one entry"):
        write(feed(entry(1), entry(1)))


# Ids

TAG = re.compile(
    r"tag:(?=[^,]{1,253},)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*,\d{4}-\d\d-\d\d:"
    r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-F]{2})*"
)
"""RFC 4151, section 2.1."""


def test_the_id_of_an_origin_that_begins_with_a_host() -> None:
    assert tag_uri("example.org/newsroom", OPENED, "changes", 13, 11) == (
        "tag:example.org,2017-04-20:/newsroom:changes:13:11"
    )
    assert tag_uri("example.org", OPENED, "changes") == "tag:example.org,2017-04-20::changes"
    assert tag_uri("example.org/a:b/ü", OPENED, "x:y") == "tag:example.org,2017-04-20:/a%3Ab/%C3%BC:x%3Ay"


@pytest.mark.parametrize(
    "origin",
    [
        *("newsroom", "Example.org/x", "127.0.0.1/x", "rédaction.example/x", "-a.example", "a..b", "a_b.example"),
        *("x" * 300, f"{'a' * 64}.example", ".example", "example.", "example.org:8080/x", "/x", "a@example.org"),
    ],
)
def test_an_origin_that_begins_with_no_host_is_named_by_its_hash(origin: str) -> None:
    found = tag_uri(origin, OPENED, "changes")
    assert re.fullmatch(r"tag:[0-9a-f]{32}\.invalid,2017-04-20::changes", found)
    assert TAG.fullmatch(found)


@given(texts(), texts(), st.lists(st.text(max_size=5), max_size=3))
@example("example.org", "example.org/", ["a"])
@example("example.org/a:b", "example.org/a", ["b"])
def test_different_origins_never_share_an_id(one: str, other: str, names: list[str]) -> None:
    first, second = tag_uri(one, OPENED, *names), tag_uri(other, OPENED, *names)
    assert (first == second) == (one == other)
    assert TAG.fullmatch(first) and TAG.fullmatch(second)


names = st.lists(st.text(max_size=5), min_size=1, max_size=3)


@given(names, names)
@example(["a:b"], ["a", "b"])
def test_different_names_never_share_an_id(one: list[str], other: list[str]) -> None:
    first, second = tag_uri("example.org/x", OPENED, *one), tag_uri("example.org/x", OPENED, *other)
    assert (first == second) == (one == other)
