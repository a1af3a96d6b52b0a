"""What would follow from a statement before it is recorded, and who has recorded the same already.

What would follow is not estimated: the statement is recorded, its receipt is taken, and the transaction is given up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ledger.book.lookup import as_index, find_claim, find_story, near_sources
from ledger.book.prefix import Prefix
from ledger.book.recording import Recording, Word
from ledger.book.tell import Texts
from ledger.book.views import View
from ledger.errors import Candidate, Rejected, Unclear
from ledger.model import Claim, Entry, Evidence, Redaction, Retract, Statement
from ledger.resolver import resolve
from ledger.text import fold
from ledger.vocabulary import State


@dataclass(frozen=True, slots=True)
class Already(View):
    """A live statement that says the same, through the same chain: by whom and when it was taken down."""

    index: int
    recorder: str
    recorded: datetime


@dataclass(frozen=True, slots=True)
class Foreseen(View):
    """What would follow: the states of the claim before and after (None: it is new), why, and what one should hear."""

    before: State | None
    after: State | None
    because: str
    remarks: tuple[str, ...]
    already: Already | None


@dataclass(frozen=True, slots=True)
class Meant:
    """What words mean: the one thing of that ``index``, or what they may mean; neither for what is new."""

    index: int | None
    candidates: tuple[Candidate, ...] = ()

    @property
    def new(self) -> bool:
        """Whether nothing is like it."""
        return self.index is None and not self.candidates


class AlreadySaid(Rejected):
    """Somebody has recorded the same statement; ``already`` is theirs."""

    def __init__(self, already: Already, when: str) -> None:
        super().__init__(
            f"the same was recorded by {already.recorder} at {when}, as entry {already.index}",
            next="record it once more only if it was said once more",
        )
        self.already = already


class GivenUp(Exception):
    """Ends a transaction that is to leave nothing behind; carries what was found in it."""

    def __init__(self, found: Foreseen) -> None:
        super().__init__()
        self.found = found


def state_before(act: Recording, word: Word) -> State | None:
    """The state of the claim of a statement that is not recorded yet; None where the statement opens it."""
    story = act.story(word.story)
    if word.story is not None and story is None and as_index(word.claim) is None:
        return None
    match = find_claim(act.writer, word.claim, story, near=not word.new)
    return None if match is None else resolve(act.fold, match.index).state


def already(act: Recording, index: int) -> Already | None:
    """Another live statement that says the same as the one just written, the newest."""
    reader, body = act.writer, act.writer.entry(index).body
    assert isinstance(body, Statement)
    for other in reversed(reader.refs("statement.claim", body.claim)):
        if other == index or not act.fold.acts.live(other):
            continue
        entry = reader.entry(other)
        said = entry.body
        if isinstance(said, Statement) and _same(said, body):
            assert entry.recorder is not None, "only the opening has none"
            return Already(other, Texts(reader, act.fold.acts).name(entry.recorder), entry.recorded)
    return None


def _same(one: Statement, other: Statement) -> bool:
    """Whether they say the same; the moment too, since a source may say a thing twice, unless one gives none."""
    alike = (one.status, one.chain, one.to) == (other.status, other.chain, other.to)
    return alike and (one.said is None or other.said is None or one.said.at == other.said.at)


def meant_source(reader: Prefix, given: str) -> Meant:
    """What a name means among the sources."""
    index = as_index(given)
    if index is not None:
        return Meant(index)
    found = reader.named("source", fold(given))
    return Meant(found[0]) if found else Meant(None, near_sources(reader, given))


def meant_claim(reader: Prefix, given: str, story: str | None) -> Meant:
    """What words mean among the claims, of one story where it is known. Raises ``Rejected`` for an index of none."""
    at = None
    if story:
        named = as_index(story) if as_index(story) is not None else next(iter(reader.named("story", fold(story))), None)
        if named is None:
            return Meant(as_index(given))
        at = find_story(reader, named)
    try:
        match = find_claim(reader, given, at)
    except Unclear as error:
        return Meant(None, error.candidates)
    return Meant(None if match is None else match.index)


def entries_about(reader: Prefix, claim: int) -> list[int]:
    """The entries that name a claim, what was added to them, and what takes any of it back; ascending."""
    found = {claim}
    for role in _ABOUT_A_CLAIM:
        found.update(reader.refs(role, claim))
    pending = sorted(found)
    while pending:
        index = pending.pop()
        for role in ("evidence.about", "retract.target", "redaction.target"):
            for each in reader.refs(role, index):
                if each not in found:
                    found.add(each)
                    pending.append(each)
    return sorted(found)


def touched(reader: Prefix, entries: Iterable[Entry]) -> set[int]:
    """The claims that these entries name, themselves or by the entry that they are about."""
    found: set[int] = set()
    for entry in entries:
        body = entry.body
        while isinstance(body, Retract | Redaction | Evidence):
            body = reader.entry(body.about if isinstance(body, Evidence) else body.target).body
        named = (getattr(body, name, None) for name in ("claim", "to", "same_as"))
        found.update(index for index in named if isinstance(index, int))
        if isinstance(entry.body, Claim):
            found.add(entry.index)
    return found


_ABOUT_A_CLAIM = (
    "statement.claim",
    "statement.to",
    "same.claim",
    "same.same_as",
    "authority.claim",
    "vet.claim",
    "hold.claim",
    "release.claim",
    "wording.claim",
)
