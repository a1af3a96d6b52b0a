"""Which texts and names may be appended: what is told of a bad one, and of one that is taken."""

from __future__ import annotations

import pytest

from ledger.errors import Problem
from ledger.model import (
    Body,
    Claim,
    Content,
    Document,
    Entry,
    Evidence,
    Recorder,
    Source,
    Statement,
    Story,
)
from ledger.names import check_names
from ledger.resolver import replay
from ledger.rules import check_contents
from ledger.text import fold, skeleton
from ledger.vocabulary import Part, SourceKind, Status
from tests.ledgers import Book, at


@pytest.fixture
def book() -> Book:
    """4 story, 5 agency, 6 ministry, 7 its spokesman, 8 police source via the agency, 9 and 10 claims."""
    made = Book()
    story = made.story()
    agency, ministry = made.source("agency"), made.source("official")
    made.source("spokesperson", group=ministry)
    made.source("unnamed", relayer=agency, story=story)
    made.claim(story)
    assert made.claim(story) == 10
    return made


SAID = Statement(9, Status.REPORTED, (5,))

# Texts


def told(body: Body, part: Part, value: str | Document) -> list[Problem]:
    return check_contents(Entry(5, at("12:00"), 1, body), {part: Content("0" * 64, value)})


@pytest.mark.parametrize(
    ("body", "part", "value", "where"),
    [
        (Claim(4), Part.TEXT, "", "text"),
        (Claim(4), Part.TEXT, "x" * 10_001, "text"),
        (Source(SourceKind.PERSON), Part.NAME, "\x00", "source"),
        (Story(), Part.NAME, "Not A Slug", "story"),
        (SAID, Part.URL, "nowhere", "url"),
        (SAID, Part.NOTE, "\ud800", "note"),
    ],
)
def test_a_flaw_names_its_place(body: Body, part: Part, value: str, where: str) -> None:
    assert {each.where for each in told(body, part, value)} == {where}


def test_what_is_shown_of_a_bad_text_can_be_printed() -> None:
    (found,) = told(Source(SourceKind.PERSON), Part.NAME, "A\x1b[31m\u202e\ud800" + "x" * 100)[:1]
    assert found.got is not None
    assert found.got.isprintable()
    assert len(found.got) < 70
    assert r"\x1b" in found.got


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (Document(), "evidence"),
        (Document(media_type="text/plain"), "evidence"),
        (Document(url="nowhere"), "evidence url"),
        (Document(url="https://a.org", archived_url="nowhere"), "evidence archived url"),
        (Document(sha256="AB" * 32), "evidence sha256"),
        (Document(sha256=""), "evidence sha256"),
        (Document(url="https://a.org", size=-1), "evidence size"),
        (Document(url="https://a.org", size=2**53), "evidence size"),
        (Document(url="https://a.org", media_type="text/\x00"), "evidence media type"),
        (Document(url="https://a.org", media_type=""), "evidence media type"),
    ],
)
def test_evidence_is_described_so_that_it_can_be_read_again(document: Document, where: str) -> None:
    assert [each.where for each in told(Evidence(11), Part.EVIDENCE, document)] == [where]


def test_good_evidence() -> None:
    for document in (Document(url="https://a.org"), Document(sha256="ab" * 32, size=0, media_type="text/plain; a=b")):
        assert told(Evidence(11), Part.EVIDENCE, document) == []


# Names


class Taken:
    """Names by the words they have."""

    def __init__(self, names: dict[int, str]) -> None:
        self.names = names

    def named(self, kind: str, folded: str) -> list[int]:
        return [index for index, name in self.names.items() if fold(name) == folded]

    def looking_like(self, kind: str, look: str) -> list[int]:
        return [index for index, name in self.names.items() if skeleton(name) == look]


def clash(book: Book, body: Body, name: str, taken: dict[int, str]) -> list[str]:
    part = Part.TEXT if isinstance(body, Claim) else Part.NAME
    entry = Entry(len(book.entries), book.now, 1, body)
    return [
        f"{each.where}: {each.why}"
        for each in check_names(entry, {part: Content("0" * 64, name)}, replay(book.entries).facts, Taken(taken))
    ]


def test_a_name_is_taken_once(book: Book) -> None:
    assert clash(book, Source(SourceKind.ACCOUNT), "REUTERS.", {5: "Reuters"}) == [
        "source: is here already, as entry 5"
    ]
    assert clash(book, Story(), "paris", {4: "paris"}) == ["story: is here already, as entry 4"]
    assert clash(book, Recorder(), "ana", {1: "Ana"}) == ["recorder: is here already, as entry 1"]
    assert clash(book, Claim(4), "it is so!", {9: "It is so"}) == ["claim: is here already, as entry 9"]
    assert clash(book, Source(SourceKind.ACCOUNT), "AFP", {5: "Reuters"}) == []


def test_a_look_alike_is_refused(book: Book) -> None:
    """Somebody records a second Reuters with a Cyrillic letter, or a BBC that is Cyrillic altogether."""
    why = "source: looks like source 5, but is spelt with other characters"
    assert clash(book, Source(SourceKind.ACCOUNT), "Rеuters", {5: "Reuters"}) == [why]
    assert clash(book, Source(SourceKind.ACCOUNT), "ВВС", {5: "BBC"}) == [why]
    assert clash(book, Claim(4), "Rеuters", {9: "Reuters"}) == []


def test_the_same_words_in_another_story_are_another_claim(book: Book) -> None:
    other = book.story()
    assert clash(book, Claim(other), "It is so", {9: "It is so"}) == []


def test_unnamed_sources_share_a_name(book: Book) -> None:
    """The police source of another outlet or another story is another source; the same one is not."""
    other = book.story()
    named = {8: "a police source"}
    assert clash(book, Source(SourceKind.UNNAMED, relayer=6, story=4), "a police source", named) == []
    assert clash(book, Source(SourceKind.UNNAMED, relayer=5, story=other), "a police source", named) == []
    assert clash(book, Source(SourceKind.WITNESS, story=4), "a police source", named) == []
    assert clash(book, Source(SourceKind.OFFICIAL), "a police source", named) == []
    assert len(clash(book, Source(SourceKind.WITNESS, relayer=5, story=4), "a police source", named)) == 1
