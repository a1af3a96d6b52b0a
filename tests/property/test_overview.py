"""An overview that is carried on over some entries is the one that is made anew, and says what the ledger says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.book.overview import Overview, overview_of
from ledger.book.publications import debt_rows, live_publications, owing_on
from ledger.book.since import since
from ledger.book.snapshot import Snapshot
from ledger.book.todo import PATIENCE, todo
from ledger.resolver import moved
from tests.ledgers import Book
from tests.property.test_debts import published_books
from tests.public import prefix_of
from tests.stored import dressed
from tests.strategies import books, path_books

ZONE = ZoneInfo("Europe/Paris")


class Past:
    """The prefixes of a book, and how many were asked for."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.asked = 0

    def at(self, size: int) -> Snapshot:
        told = [dressed(entry) for entry in self.book.entries[:size]]
        contents = {entry.index: parts for entry, parts in told}
        return Snapshot(prefix_of([entry for entry, _ in told], contents), None, ZONE)

    @contextmanager
    def __call__(self, size: int) -> Iterator[Snapshot]:
        self.asked += 1
        yield self.at(size)


def check(book: Book, sizes: list[int], looked: list[int]) -> Overview:
    """Carry an overview from each size to the next, and look each time, as those who looked last at some sizes."""
    past = Past(book)
    overview = overview_of(past.at(sizes[0]))
    for size in sizes:
        overview = overview.carried_on(past.at(size))
        now = past.at(size)
        assert overview.rows == now.board(None, ())
        assert overview.stories == overview_of(now).stories
        for late in (book.entries[-1].recorded, book.entries[-1].recorded + PATIENCE):
            assert overview.todo(late, PATIENCE) == todo(now, None, late, PATIENCE)
            assert overview.debts(late) == debt_rows(now, owing_on(now, live_publications(now)), late)
        for known in looked:
            if 4 <= known <= size:
                found = overview.since(known, past)
                assert found == since(past.at(known), past.at(size), None, None), (known, size)
                asked = past.asked
                assert overview.since(known, past) == found
                assert past.asked == asked, "what was asked for once is kept"
    return overview


@given(st.one_of(books(), published_books()), st.data())
def test_an_overview_is_carried_on_over_any_entries(book: Book, data: st.DataObject) -> None:
    size = st.integers(4, len(book.entries))
    sizes = sorted(data.draw(st.lists(size, min_size=1, max_size=5)))
    check(book, sizes, data.draw(st.lists(size, max_size=3)))


@settings(max_examples=max(20, settings().max_examples // 4))
@given(path_books())
def test_an_overview_is_carried_on_over_the_last_entries_of_a_path(book: Book) -> None:
    last = len(book.entries)
    check(book, list(range(max(4, last - 6), last + 1)), [max(4, last - 6), last - 1])


def last_moved(book: Book) -> set[int] | None:
    return moved(Past(book).at(len(book.entries)).reader, book.entries[-1:])


def test_most_entries_move_few_rows() -> None:
    """Two claims; a statement on one moves one, a corrected one both, a grant any."""
    book = Book()
    story, source = book.story(), book.source("agency")
    first, second = book.claim(story), book.claim(story)
    book.say(first, "reported", source)
    assert last_moved(book) == {first}
    book.say(first, "corrected", source, to=second)
    assert last_moved(book) == {first, second}
    book.say(second, "denied", source)
    assert last_moved(book) == {first, second}
    book.grant(source, story=story)
    assert last_moved(book) is None


def test_a_row_that_did_not_change_is_the_same_row() -> None:
    """So that nobody draws it again; also where an entry could have moved any."""
    book = Book()
    story, agency, paper = book.story(), book.source("agency"), book.source("agency")
    first, second = book.claim(story), book.claim(story)
    for claim in (first, second):
        book.say(claim, "reported", agency)
    past = Past(book)
    before = overview_of(past.at(len(book.entries)))
    book.say(first, "denied", agency)
    after = before.carried_on(past.at(len(book.entries)))
    assert after.claims[second] is before.claims[second]
    assert after.claims[first] is not before.claims[first]
    book.grant(paper, story=story)
    last = after.carried_on(past.at(len(book.entries)))
    assert last.claims[first] is after.claims[first]


def test_nobody_is_asked_for_what_others_were_told_already() -> None:
    """Ten looked last at ten sizes; once a claim is held, its course is read, and nothing else of the past."""
    book = Book()
    story, agency = book.story(), book.source("agency")
    claims = [book.claim(story) for _ in range(10)]
    for claim in claims:
        book.say(claim, "reported", agency)
    past, size = Past(book), len(book.entries)
    overview = overview_of(past.at(size))
    for known in range(size - 10, size):
        overview.since(known, past)
    book.hold(claims[3])
    overview = overview.carried_on(past.at(size + 1))
    past.asked = 0
    for known in range(size - 10, size + 1):
        found = overview.since(known, past)
        assert claims[3] in [each.claim for each in (*found.changed, *found.new)]
    assert past.asked == 1
