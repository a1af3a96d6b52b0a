"""One act, asked for again: a program that got no answer asks with the same key, and nothing is written twice.

The key that an entry bears is made of two halves, 16 hex digits each: the first says which request it was (who asked,
with which key of theirs), the second what was asked for. A first half that is known with another second half is
another request under the same key, which is refused. It is looked for inside the transaction that would write.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from ledger.book.views import Receipt
from ledger.errors import LedgerError, Rejected
from ledger.model import Publication, Redaction, Retract
from ledger.store import Writer
from ledger.vocabulary import Kind

if TYPE_CHECKING:
    from ledger.book.facade import Ledger

_HALF = 16


class Repeated(LedgerError):
    """The same act was recorded before; ``index`` is the first entry of it."""

    exit_code = 1

    def __init__(self, index: int) -> None:
        super().__init__(f"recorded before, as entry {index}", next="`claims log` shows it")
        self.index = index


class KeyTaken(Rejected):
    """The key stands for another request, whose first entry is ``index``."""

    def __init__(self, index: int) -> None:
        why = f"key: it stands for another request, which was recorded as entry {index}"
        super().__init__(why, next="take a new key for a new one")
        self.index = index


def key_of(person: str, given: str, request: str) -> str:
    """Return the key for a request of a person, who gave it a key of theirs; ``request`` is all that it asks for."""
    which = sha256(f"{len(person)}:{person}{given}".encode("utf-8", "replace"))
    return which.hexdigest()[:_HALF] + sha256(request.encode("utf-8", "replace")).hexdigest()[:_HALF]


def refuse_repeated(writer: Writer, key: str) -> None:
    """Raise :class:`Repeated` if the act was recorded, ``Rejected`` if the key stands for another one."""
    found = writer.key_that_begins(key[:_HALF])
    if found is None:
        return
    known, index = found
    if known == key:
        raise Repeated(index)
    raise KeyTaken(index)


def earlier(ledger: Ledger, first: int, kind: Kind) -> Receipt:
    """Answer for an act recorded before, whose entries begin at ``first``: its main entry and the state by now."""
    with ledger.store.reading() as reader:
        entry = next(each for each in reader.entries(first, None) if each.word == kind.value)
        body = entry.body
        while isinstance(body, Retract | Redaction):
            body = reader.entry(body.target).body
        claim = getattr(body, "claim", None)
        if isinstance(body, Publication) and len(body.claims) == 1:
            [claim] = body.claims
    remarks = (f"recorded before, as entry {entry.index}",)
    if not isinstance(claim, int):
        return Receipt(entry.index, None, None, (), remarks=remarks)
    row = ledger.why(claim).row
    return Receipt(entry.index, row.claim, row.state, (), row.because, remarks)
