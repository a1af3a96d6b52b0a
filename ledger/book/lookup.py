"""Finding claims, sources and stories by a person's words. Digits are always an index.

An exact match (case, spaces and punctuation aside) is taken. A near one is never taken silently: it is offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ledger.book.prefix import Prefix
from ledger.book.views import Match
from ledger.errors import Candidate, Misused, Rejected, Unclear
from ledger.model import Claim, Entry, Opening, Source, Statement, Story
from ledger.resolver import Facts, unresolvable
from ledger.text import article, fold, key, shown, signs
from ledger.vocabulary import Kind, Part

_OFFERED = 8
_NEAR = 90
# A name is only ever suggested, never taken, so a slip of the keys may count.
_SUGGESTED = 75


class UnknownSource(Misused):
    """A source that the ledger does not know yet, named without its kind. ``role`` is by, via or group."""

    def __init__(self, name: str, role: str, candidates: Sequence[Candidate] = ()) -> None:
        near = f" (did you mean {_listed(candidates)}?)" if candidates else ""
        super().__init__(
            f"{role}: {name!r}: no such source yet{near}",
            next=f"say what kind of source it is with --{role}-kind, such as agency, official or unnamed",
        )
        self.name = name
        self.role = role
        self.candidates = tuple(candidates)


def _listed(candidates: Iterable[Candidate]) -> str:
    return ", ".join(f"{each.index} {each.text!r}" for each in candidates)


def as_index(given: int | str) -> int | None:
    """The index that a person means by bare digits, None if it is a text."""
    if isinstance(given, int):
        return given
    text = given.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def text_of(reader: Prefix, index: int, part: Part) -> str:
    """The text of a part; a part that is missing is said to be."""
    content = reader.content(index, part)
    return content.value if content is not None and isinstance(content.value, str) else reader.absent


def refuse_unknown(reader: Prefix) -> None:
    """Raise :class:`~ledger.errors.Unresolvable` if the prefix holds a kind of entry unknown to this version."""
    known = {kind.value for kind in Kind}
    for word in reader.words():
        if word not in known:
            raise unresolvable(reader.of_kind(word)[0], word)


def entry_at(reader: Facts, index: int) -> Entry:
    """The entry of that index. Raises :class:`Rejected` if there is none."""
    try:
        return reader.entry(index)
    except KeyError:
        raise Rejected(f"entry {index}: does not exist", next="`claims log` lists the entries") from None


def claim_at(reader: Prefix, index: int) -> Match:
    """The claim that an index means: itself, or the claim that the statement of that index is on."""
    body = entry_at(reader, index).body
    if isinstance(body, Claim):
        return Match(index)
    if isinstance(body, Statement):
        return Match(body.claim, (f"{index} is a statement; its claim is {body.claim}",))
    word = getattr(body, "kind", "entry")
    raise Rejected(
        f"claim: {index}: is {article(word)}, not a claim", next="`claims board` shows the claims with their indexes"
    )


def find_claim(reader: Prefix, given: int | str, story: int | None, *, near: bool = True) -> Match | None:
    """Find a claim by its index or its words; None if nothing is like it.

    Raises :class:`Unclear` with the candidates if several fit, or if only near ones do and ``near`` is set.
    """
    index = as_index(given)
    if index is not None:
        return claim_at(reader, index)
    words = str(given)
    exact = reader.named("claim", key(words))
    here = [each for each in exact if story is None or _story_of(reader, each) == story]
    if len(here) == 1:
        if not _has_signs_of(reader, here[0], words):
            step = "give the index if you mean that one, or write the sign as a word, as in minus 5 or 5 euros"
            raise _unclear(reader, words, "a claim has these words, but other signs", here, step)
        return Match(here[0])
    if len(here) > 1:
        raise _unclear(reader, words, "several claims have these words", here)
    if near and (close := _near_claims(reader, words, story)):
        raise _unclear(reader, words, "no claim has just these words", close)
    return None


def _has_signs_of(reader: Prefix, claim: int, words: str) -> bool:
    """Whether one of the texts of a claim has the signs of ``words``: minus five is not five, nor dollars euros."""
    worded = [claim, *reader.refs("wording.claim", claim)]
    return any(signs(text_of(reader, index, Part.TEXT)) == signs(words) for index in worded)


def _story_of(reader: Prefix, claim: int) -> int:
    body = reader.entry(claim).body
    assert isinstance(body, Claim)
    return body.story


def _unclear(
    reader: Prefix,
    words: str,
    why: str,
    found: Iterable[int],
    step: str = "give the index of the one you mean, or --new to open a new claim",
) -> Unclear:
    candidates = tuple(Candidate(index, text_of(reader, index, Part.TEXT)) for index in found)
    return Unclear(
        f"claim: {words!r}: {why}",
        next=step,
        candidates=candidates,
        given=words,
    )


def _near_claims(reader: Prefix, words: str, story: int | None) -> list[int]:
    texts = [
        (index, text) for index, text in reader.names("claim") if story is None or _story_of(reader, index) == story
    ]
    return nearest(words, texts)


def nearest(words: str, texts: Iterable[tuple[int, str]], *, likeness: int = _NEAR) -> list[int]:
    """The indexes of the texts that a person may have meant by ``words``, best first, each once."""
    from rapidfuzz import fuzz

    wanted = fold(words)
    tokens = set(wanted.split())
    if not tokens:
        return []
    scored: dict[int, float] = {}
    for index, text in texts:
        other = fold(text)
        others = set(other.split())
        if tokens <= others:
            score = 100.0
        elif _numbers(tokens) != _numbers(others):
            # Eleven dead is not ten dead, however alike the rest.
            continue
        else:
            score = max(fuzz.ratio(wanted, other), fuzz.token_sort_ratio(wanted, other))
        if score >= likeness:
            scored[index] = max(score, scored.get(index, 0.0))
    return sorted(scored, key=lambda index: (-scored[index], index))[:_OFFERED]


def _numbers(words: Iterable[str]) -> set[str]:
    return {word for word in words if any(character.isdigit() for character in word)}


def opening_of(reader: Prefix) -> Opening:
    """What the ledger says of itself in its first entry."""
    body = reader.entry(0).body
    assert isinstance(body, Opening), "entry 0 is the opening"
    return body


def source_at(reader: Prefix, index: int) -> int:
    """Check that an index is that of a source. Raises :class:`Rejected`."""
    body = entry_at(reader, index).body
    if isinstance(body, Source):
        return index if body.amends is None else body.amends
    word = getattr(body, "kind", "entry")
    raise Rejected(f"source: {index}: is {article(word)}, not a source", next="`claims source list` shows the sources")


def opened_source(reader: Prefix, index: int) -> Source:
    """The entry that opened a source."""
    body = reader.entry(index).body
    assert isinstance(body, Source)
    return body


def find_source(reader: Prefix, given: int | str) -> int:
    """Find a known source by its index or name. Raises :class:`Rejected` or :class:`Unclear`."""
    index = as_index(given)
    if index is not None:
        return source_at(reader, index)
    found = reader.named("source", fold(str(given)))
    if len(found) == 1:
        return found[0]
    if found:
        candidates = tuple(Candidate(each, describe_source(reader, each)) for each in found)
        why = "several sources have this name"
        clue = "give the index of the one you mean"
        raise Unclear(f"source: {shown(str(given))}: {why}", next=clue, candidates=candidates, given=str(given))
    candidates = near_sources(reader, str(given))
    raise Unclear(
        f"source: {shown(str(given))}: no such source",
        next="`claims source list` shows them all, `claims source add` makes one",
        candidates=candidates,
        given=str(given),
    )


def near_sources(reader: Prefix, name: str) -> tuple[Candidate, ...]:
    """The sources that a person may have meant by ``name``."""
    found = nearest(name, reader.names("source"), likeness=_SUGGESTED)
    return tuple(Candidate(index, describe_source(reader, index)) for index in found)


def describe_source(reader: Prefix, index: int) -> str:
    """The name of a source, with what tells it apart from others of that name."""
    body = opened_source(reader, index)
    name = text_of(reader, index, Part.NAME)
    if body.story is None:
        return name
    via = "" if body.relayer is None else f", through {text_of(reader, body.relayer, Part.NAME)}"
    return f"{name}{via}, in {text_of(reader, body.story, Part.NAME)}"


def find_story(reader: Prefix, given: int | str) -> int:
    """Find a story by its slug or index. Raises :class:`Unclear` with the near ones."""
    index = as_index(given)
    if index is not None:
        if isinstance(entry_at(reader, index).body, Story):
            return index
        raise Rejected(f"story: {index}: is no story", next="`claims stories` shows them")
    found = reader.named("story", fold(str(given)))
    if found:
        return found[0]
    candidates = tuple(
        Candidate(each, text_of(reader, each, Part.NAME)) for each in nearest(str(given), reader.names("story"))
    )
    raise Unclear(
        f"story: {shown(str(given))}: no such story",
        next="`claims stories` shows them; a story opens with its first claim",
        candidates=candidates,
        given=str(given),
    )
