"""A board that is carried on over some entries is the board that is made anew."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.book.moved import board_after, moved
from ledger.book.snapshot import Snapshot
from ledger.book.todo import PATIENCE, todo, todo_after
from tests.ledgers import Book
from tests.public import prefix_of
from tests.stored import dressed
from tests.strategies import books, path_books

ZONE = ZoneInfo("Europe/Paris")


def moment(book: Book, size: int) -> Snapshot:
    told = [dressed(entry) for entry in book.entries[:size]]
    return Snapshot(prefix_of([entry for entry, _ in told], {entry.index: parts for entry, parts in told}), None, ZONE)


def check(book: Book, known: int) -> None:
    earlier = moment(book, known).board(None, ())
    now = moment(book, len(book.entries))
    assert board_after(now, earlier, known) == moment(book, len(book.entries)).board(None, ())
    late = book.entries[-1].recorded + PATIENCE
    before = todo(moment(book, known), None, late, PATIENCE)
    assert todo_after(now, before, known, late, PATIENCE) == todo(now, None, late, PATIENCE)


@given(books(), st.floats(0, 1))
def test_a_board_is_carried_on_over_any_entries(book: Book, share: float) -> None:
    check(book, max(4, int(share * len(book.entries))))


@settings(max_examples=max(20, settings().max_examples // 4))
@given(path_books())
def test_a_board_is_carried_on_over_the_last_entry_of_a_path(book: Book) -> None:
    for known in range(max(4, len(book.entries) - 6), len(book.entries)):
        check(book, known)


def test_most_entries_move_few_rows() -> None:
    """Two claims; a statement on one moves one, a corrected one both, a grant any."""
    book = Book()
    story, source = book.story(), book.source("agency")
    first, second = book.claim(story), book.claim(story)
    size = len(book.entries)
    book.say(first, "reported", source)
    assert moved(moment(book, size + 1).reader, size) == {first}
    book.say(first, "corrected", source, to=second)
    assert moved(moment(book, size + 2).reader, size + 1) == {first, second}
    book.say(second, "denied", source)
    assert moved(moment(book, size + 3).reader, size + 2) == {first, second}
    book.grant(source, story=story)
    assert moved(moment(book, size + 4).reader, size + 3) is None
