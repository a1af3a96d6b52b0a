"""The words of a text are cut and folded for PostgreSQL as SQLite's full text search does it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from hypothesis import example, given
from hypothesis import strategies as st

from ledger.store.postgres.words import query_of, tokens_of
from ledger.text import flaws
from ledger.vocabulary import Part

# FTS5 takes what is outside the first plane for letters, so that an emoji is part of a word there, and none here.
WRITTEN = st.text(
    st.sampled_from("aAzZ09 .,'-_/@:*\"()éÉüÜçßøØñŁłœİıÅåẞΣσςЖжйЙёЁאבשُمحمد京都日本½²№ｱ\u0301\u0308\u0323\n\t"),
    min_size=1,
    max_size=40,
)


def by_sqlite(value: str) -> list[str]:
    """The words that FTS5 makes of a text, in their order."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE VIRTUAL TABLE words USING fts5(value, tokenize = 'unicode61 remove_diacritics 2')")
        database.execute("CREATE VIRTUAL TABLE listed USING fts5vocab(words, instance)")
        database.execute("INSERT INTO words VALUES (?)", (value,))
        return [row[0] for row in database.execute("SELECT term FROM listed ORDER BY offset")]


@given(WRITTEN)
@example("l'Étoile, café-crème: 20.04.2017 @BFMTV")
def test_a_text_has_as_many_words(value: str) -> None:
    assert len(tokens_of(value)) == len(by_sqlite(value))


@given(WRITTEN)
@example("ÉTOILE étoile e\u0301toile")
def test_words_that_are_one_there_are_one_here(value: str) -> None:
    """How a word is folded may differ; which words are the same may not."""
    ours, theirs = [token for token, _, _ in tokens_of(value)], by_sqlite(value)
    assert [ours.index(each) for each in ours] == [theirs.index(each) for each in theirs]


@given(WRITTEN)
def test_where_a_word_stands_is_where_it_was_cut(value: str) -> None:
    for token, start, stop in tokens_of(value):
        assert token
        assert [each for each, _, _ in tokens_of(value[start:stop])] == [token]


@given(WRITTEN)
def test_nothing_that_is_typed_is_an_operator(value: str) -> None:
    """Only words, quotes and our own operators, whatever was typed."""
    query = query_of(value)
    assert bool(query) == bool(tokens_of(value))
    assert flaws(Part.QUOTE, query) == [] or not query
    assert query.count("'") == 2 * len(tokens_of(value))
