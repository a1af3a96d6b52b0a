"""Any history that keeps the rules, with one entry destroyed: nobody else is blamed."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.encoding import encode_content, encode_entry
from ledger.errors import Problem
from ledger.examination import Examination
from ledger.model import Entry
from tests.ledgers import Book
from tests.property.test_backup import allowed
from tests.stored import dressed
from tests.strategies import books


def examine(entries: list[Entry], leaves: dict[int, Any]) -> tuple[Examination, list[Problem]]:
    told: list[Problem] = []
    history = Examination(told.append)
    for entry in entries:
        given, contents = dressed(entry)
        leaf = leaves.get(entry.index, encode_entry(given))
        if leaf is None:
            history.skip(range(entry.index, entry.index + 1))
        else:
            stored = {part.value: encode_content(content) for part, content in contents.items()}
            history.take(entry.index, leaf, stored)
    return history, told


def nobodys(entry: Entry) -> bytes:
    """The leaf of the entry as one whom nobody took down: it can be read, and breaks a rule."""
    nobody = 0 if entry.index else 5
    return encode_entry(dressed(entry)[0]).replace(b'"recorder":1', b'"recorder":%d' % nobody)


@settings(max_examples=max(60, settings().max_examples // 2))
@given(books(), st.data())
def test_of_a_history_with_one_bad_entry_no_other_is_blamed(book: Book, data: st.DataObject) -> None:
    entries = allowed(book)
    whole, found = examine(entries, {})
    assert (found, whole.whole, whole.unjudged) == ([], True, 0)
    bad = entries[data.draw(st.integers(2, len(entries) - 1))]
    for leaf in (b"{}", None, nobodys(bad)):
        history, found = examine(entries, {bad.index: leaf})
        assert {each.where for each in found} <= {f"entry {bad.index}"}
        assert len(found) == (leaf is not None)
        assert not history.whole
        kept = {entry.index for entry in history.entries.all()}
        assert bad.index not in kept
        assert len(kept) + history.unjudged + 1 == len(entries)
