"""A sheet that says of its claims how they turned out: what is known of each, and what each row says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ledger.errors import Misused, Problem
from ledger.formats.rows import Row
from ledger.scoring import Stance
from ledger.text import fold, shown
from ledger.vocabulary import Kind

_SPOKEN = (Kind.STATEMENT, Kind.CLAIM)
_FEW = 6


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a gold column that mean that a claim is so, and that it is not; any other leaves it undecided."""

    true: frozenset[str]
    false: frozenset[str]

    def decided(self, word: str) -> bool | None:
        """What a word means, None if nothing is decided. Case makes no difference."""
        plain = word.strip().casefold()
        return True if plain in self.true else False if plain in self.false else None


def words_of(table: Mapping[str, str], true: Collection[str], false: Collection[str]) -> Words:
    """The words that were given for a side; else those of the map's table, if it has one; else true and false.

    Raises :class:`~ledger.errors.Misused` if a word means both, or is none.
    """
    if not all(word.strip() for word in (*true, *false)):
        raise Misused("gold: an empty word means nothing", next="give a word that stands in the column")
    told = table or {"true": "true", "false": "false"}
    sides = [
        frozenset(word.strip().casefold() for word in given or [w for w, side in told.items() if side == name])
        for name, given in (("true", true), ("false", false))
    ]
    if both := sides[0] & sides[1]:
        raise Misused(f"gold: {min(both)!r}: means both true and false", next="give each word to one side")
    return Words(*sides)


@dataclass(slots=True)
class Labelled:
    """One claim of the sheet: its words, what the gold column says and where first, and the stances of its rows."""

    text: str
    story: str | None
    word: str = ""
    line: int = 0
    stances: list[Stance] = field(default_factory=list)


class Sheet:
    """The claims of a sheet, by the words of story and claim; ``problems`` collects what contradicts itself."""

    def __init__(self, words: Words, column: str) -> None:
        self.words = words
        self.column = column
        self.claims: dict[tuple[str, str], Labelled] = {}
        self.problems: list[Problem] = []
        self._places: dict[int, tuple[str | None, str]] = {}
        self._stories: dict[str, list[str]] = {}

    def take(self, row: Row, cell: str) -> None:
        """Take what a row says of its claim and of the one that it points to; ``cell`` is that of the gold column."""
        claim = self._claim(row.story, row.text, row.claim)
        if row.kind not in _SPOKEN or claim is None:
            return
        if row.kind is Kind.CLAIM and row.index is not None:
            self._places[row.index] = (claim.story, claim.text)
        if cell.strip():
            self._label(claim, cell, row.line)
        if row.status is None:
            return
        said = None if row.said is None else row.said.at
        claim.stances.append(Stance(row.status.sign, said))
        other = self._claim(row.story, row.to_text, row.to)
        if other is not None and row.status.sign_on_to is not None:
            other.stances.append(Stance(row.status.sign_on_to, said))

    def _claim(self, story: str | None, text: str | None, index: int | None) -> Labelled | None:
        if text is None and index is not None:
            story, text = self._places.get(index, (story, None))
        if text is None:
            return None
        words = fold(text)
        known = self._stories.setdefault(words, [])
        # A claim that was opened once need not have its story named again.
        within = known[0] if story is None and len(known) == 1 else fold(story or "")
        if within not in known:
            known.append(within)
        return self.claims.setdefault((within, words), Labelled(text, story))

    def _label(self, claim: Labelled, cell: str, line: int) -> None:
        if not claim.line:
            claim.word, claim.line = cell.strip(), line
        elif self.words.decided(cell) is not self.words.decided(claim.word):
            why = f"contradicts line {claim.line}, on the same claim"
            self.problems.append(Problem(f"line {line}: {self.column}", why, shown(claim.word), shown(cell.strip())))

    def decided(self) -> Iterator[tuple[Labelled, bool]]:
        """The claims of which the column says how they turned out."""
        for claim in self.claims.values():
            gold = self.words.decided(claim.word)
            if gold is not None:
                yield claim, gold

    def undecided(self) -> Counter[str]:
        """How many claims each word leaves undecided; claims without a word stand under an empty one."""
        return Counter(c.word.casefold() for c in self.claims.values() if self.words.decided(c.word) is None)


def lacking(sheet: Sheet, cells: Iterable[str]) -> Problem | None:
    """Say why nothing can be scored, if so."""
    if not sheet.claims:
        return Problem("the file", "names no claim")
    if not any(cell.strip() for cell in cells):
        return Problem(sheet.column, "has nothing in any row", expected="a column that says how each claim turned out")
    if next(sheet.decided(), None) is None:
        found = ", ".join(f"{shown(word)} ({n})" for word, n in sheet.undecided().most_common(_FEW) if word)
        known = " or ".join([*sorted(sheet.words.true), *sorted(sheet.words.false)])
        return Problem(sheet.column, "decides no claim", expected=known, got=found)
    return None
