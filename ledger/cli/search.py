"""Finding words again: in claims, sources, quotes and notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from ledger.cli.board import chosen_story
from ledger.cli.frame import Act, Settings, reading, with_settings
from ledger.cli.options import story_option
from ledger.cli.screen import block, painted, put, put_json, say
from ledger.vocabulary import Part

if TYPE_CHECKING:
    from ledger.book import Hit

PLACES = {"claims": Part.TEXT, "sources": Part.NAME, "quotes": Part.QUOTE, "notes": Part.NOTE}


@click.command(cls=Act)
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@story_option("Only in this story; else CLAIMS_STORY.")
@click.option("--all", "every", is_flag=True, help="Every story, whatever CLAIMS_STORY says.")
@click.option(
    "--in",
    "places",
    type=click.Choice(list(PLACES)),
    metavar="PLACE",
    multiple=True,
    help="Only in claims, sources, quotes or notes. Repeats.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", default=20, show_default=True, help="At most so many."
)
@with_settings
def search(
    settings: Settings, words: Sequence[str], story: str | None, every: bool, places: Sequence[str], limit: int
) -> None:
    """Find words in claims, sources, quotes and notes, the internal ones too.

    All the words have to stand in one text; the last one may go on. Case and
    accents make no difference. The best come first.

    \b
    claims search second officer
    claims search "police sour" --in quotes --in notes --limit 5
    """
    with reading(settings) as ledger:
        hits = ledger.search(
            " ".join(words),
            story=chosen_story(settings, story, every),
            within=[PLACES[place] for place in places],
            limit=limit + 1,
        )
    shown = hits[:limit]
    if settings.json:
        put_json([hit.as_json() for hit in shown])
        return
    for hit in shown:
        for line in _lines(hit):
            put(line)
    if not hits:
        say("nothing found")
    elif len(hits) > limit:
        say(f"there are more; --limit {limit * 5} shows more")


_OPENS, _CLOSES = "\ue000", "\ue001"  # of nobody's alphabet
_MARKED = re.compile(f"{_OPENS}([^{_CLOSES}]*){_CLOSES}?")


def _marked(hit: Hit) -> str:
    """The snippet, each word that was found between marks that go through the wrapping of lines."""
    text, at = "", 0
    for start, end in hit.marks:
        found = re.sub(r"\S+", lambda word: f"{_OPENS}{word[0]}{_CLOSES}", _unmarked(hit.snippet[start:end]))
        text, at = f"{text}{_unmarked(hit.snippet[at:start])}{found}", end
    return text + _unmarked(hit.snippet[at:])


def _unmarked(text: str) -> str:
    return text.replace(_OPENS, "").replace(_CLOSES, "")


def _lines(hit: Hit) -> Iterator[str]:
    where = {Part.TEXT: hit.kind, Part.NAME: hit.kind}.get(hit.part, hit.part.value)
    head = f"{hit.index:>5}  {where:<8}  "
    remarks = [word for word, so in (("[internal]", hit.internal), ("[retracted]", not hit.live)) if so]
    for line in block(head, " ".join([*remarks, _marked(hit)])):
        yield _MARKED.sub(lambda mark: painted(mark[1], "bold"), line)
    indent = " " * len(head)
    about = hit.summary if hit.claim is None else f"on {hit.claim} “{hit.claim_text}”: {hit.state}"
    for line in block(indent, f"{hit.state}" if hit.claim == hit.index else about):
        yield painted(line, "dim")
