"""Any ledger, backed up and restored, is the same ledger."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings

from ledger.book import Ledger
from ledger.model import Entry, Publication, Settlement, references
from ledger.resolver import Fold
from ledger.rules import check
from ledger.store import Store
from tests.ledgers import Book, renumber
from tests.stored import dressed, dump, record, signed
from tests.strategies import books

FILES = ("leaves.jsonl", "contents.jsonl", "checkpoints.jsonl", "manifest.json")


def allowed(book: Book) -> list[Entry]:
    """The entries of a book that the rules take, without the others and whatever refers to those."""
    fold, place, kept = Fold(), dict[int, int](), list[Entry]()
    for entry in book.entries:
        if any(index not in place for _, index in references(entry.body)):
            continue
        place[entry.index] = len(kept)
        moved = renumber(entry, place.__getitem__)
        moved = replace(moved, recorder=1 if moved.index else None)
        if isinstance(moved.body, Publication | Settlement):
            size = sum(index < moved.body.size for index in place)
            moved = replace(moved, body=replace(moved.body, size=size))
        if check(dressed(moved)[0], fold):
            del place[entry.index]
            continue
        fold.step(moved)
        kept.append(moved)
    return kept


# Each example makes, fills and restores files, which is slow, and says much.
@settings(max_examples=max(12, settings().max_examples // 10))
@given(books())
def test_every_byte_comes_back(book: Book) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Store.create(folder / "claims.db") as store:
            entries = allowed(book)
            record(store, entries)
            with store.writing() as writer:
                for size in {1, len(entries) // 2, len(entries)}:
                    writer.keep_checkpoint(size, signed(entries, size))
        with Ledger.open(folder / "claims.db") as ledger:
            ledger.backup(folder / "backup")
            board = [row.as_json() for row in ledger.board()]
        with Ledger.restore(folder / "backup", folder / "restored.db", recorder="Ana") as restored:
            assert restored.verify().findings == ()
            assert [row.as_json() for row in restored.board()] == board
            restored.backup(folder / "again")
        assert dump(folder / "restored.db") == dump(folder / "claims.db")
        for each in FILES:
            assert (folder / "again" / each).read_bytes() == (folder / "backup" / each).read_bytes()
