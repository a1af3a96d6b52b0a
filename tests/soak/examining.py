"""A ledger held against what its writers told: nothing is lost, doubled, moved, torn, invented or damaged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ledger.model import Claim, Entry, Recorder, Source, Statement
from ledger.store import Reader, check
from ledger.vocabulary import Part
from tests.soak.crew import Told
from tests.soak.writing import GROUP, Address, claim_of, quote_of, source_of


@dataclass
class Held:
    """What a ledger holds: the entries of each text, and what is wrong with their order."""

    size: int = 0
    quotes: dict[str, list[int]] = field(default_factory=dict)
    opened: Counter[str] = field(default_factory=Counter)
    flaws: list[str] = field(default_factory=list)
    _last: datetime | None = None

    def take(self, reader: Reader, entry: Entry) -> None:
        if entry.index != self.size:
            self.flaws.append(f"entry {entry.index} follows entry {self.size - 1}")
        if self._last is not None and entry.recorded < self._last:
            self.flaws.append(f"entry {entry.index} was recorded before entry {self.size - 1}")
        self.size, self._last = entry.index + 1, entry.recorded
        if isinstance(entry.body, Statement):
            self.quotes.setdefault(self._text(reader, entry, Part.QUOTE), []).append(entry.index)
        elif isinstance(entry.body, Claim):
            self.opened[self._text(reader, entry, Part.TEXT)] += 1
        elif isinstance(entry.body, Source | Recorder):
            self.opened[self._text(reader, entry, Part.NAME)] += 1

    def _text(self, reader: Reader, entry: Entry, part: Part) -> str:
        content = reader.content(entry.index, part)
        if content is None:
            self.flaws.append(f"entry {entry.index} has lost its {part}")
            return f"nothing in {entry.index}"
        return str(content.value)


def held_at(address: Address) -> Held:
    """Read a ledger from its first entry to its last."""
    held = Held()
    with address.open(read_only=True) as ledger, ledger.store.reading() as reader:
        for entry in reader.entries():
            held.take(reader, entry)
    return held


def losses(address: Address, told: Sequence[Told]) -> list[str]:
    """All that a ledger should not show after what its writers, who all have ended, were acknowledged."""
    found = []
    with address.open() as ledger:
        found += [f"check: {problem}" for problem in check(ledger.store)]
    held = held_at(address)
    found += held.flaws
    known: set[str] = set()
    for each in told:
        found += [f"{each.mark} met {error}" for error in each.broke]
        found += _lost(held, each)
        found += _torn(held, each)
        known |= {quote_of(each.mark, number) for number in range(each.tried)}
    found += [f"nobody wrote {quote!r}, entry {at}" for quote, at in held.quotes.items() if quote not in known]
    found += [f"{text!r} is there {times} times" for text, times in held.opened.items() if times > 1]
    return found


def _lost(held: Held, told: Told) -> Iterator[str]:
    for number in range(told.tried):
        quote, at = quote_of(told.mark, number), told.done.get(number)
        there = held.quotes.get(quote, [])
        if len(there) > 1:
            yield f"{quote!r} is doubled, in entries {there}"
        if at is not None and at not in there:
            yield f"{quote!r} was acknowledged as entry {at}, and is in {there or 'none'}"
        if at is None and there and number in told.denied - told.doubted:
            yield f"{quote!r} was not written, as its writer was told, and is in {there}"


def _torn(held: Held, told: Told) -> Iterator[str]:
    """An act writes the recorder, the source, the claim and the statement that are new, or none of them."""
    numbers = range(0, told.tried + GROUP, GROUP)
    said = [any(quote_of(told.mark, number + each) in held.quotes for each in range(GROUP)) for number in numbers]
    needed: list[tuple[str, ...]] = [(claim_of(told.mark, each), source_of(told.mark, each)) for each in numbers]
    needed.append((f"Recorder {told.mark}",))
    said.append(any(said))
    for texts, whole in zip(needed, said, strict=True):
        for text in texts:
            if whole != (text in held.opened):
                yield f"{text!r} is there without a statement" if not whole else f"{text!r} is missing"
