"""One claim in full: why its state is what it is, and how it came to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from ledger.cli.board import as_of_line, chosen_story, when
from ledger.cli.frame import Act, Settings, reading, with_settings
from ledger.cli.options import as_of_options, claim_argument, named, read_as_of, story_option
from ledger.cli.questions import settled
from ledger.cli.screen import block, painted, put, put_json, say
from ledger.errors import Misused
from ledger.vocabulary import Bucket, Precision

if TYPE_CHECKING:
    from ledger.book import BoardRow, Ledger, Why, WhyLine
    from ledger.times import Moment


@click.command(cls=Act)
@claim_argument()
@as_of_options()
@with_settings
def why(settings: Settings, claim: int | str, as_said: str | None, as_known: str | None) -> None:
    """Show all that the state of one claim rests on.

    The state, the reason in one sentence, who counts for and against, and
    every statement with what became of it.

    \b
    claims why "A second police officer was killed"
    claims why 12 --as-said "2017-04-20 22:40"
    """
    with reading(settings) as ledger:
        as_of = read_as_of(ledger, as_said, as_known)
        found = settled(settings, ledger.why, {"claim": claim, "as_of": as_of})
        if settings.json:
            put_json(found.as_json())
            return
        show_why(ledger, found, as_of_line(ledger, as_of))


def show_why(ledger: Ledger, found: Why, moment: str = "") -> None:
    """Show the state large, the sentence, the voices, then each statement."""
    for remark in _remarks(found):
        say(remark)
    row = found.row
    put(painted(f"claim {row.claim}, story {row.story}", "dim"))
    for line in block("", row.text):
        put(painted(line, "bold"))
    put()
    for line in _state_lines(ledger, found, moment):
        put(line)
    put()
    for label, text in _facts(found):
        for line in block(f"{label:<9}", text):
            put(line)
    put()
    if found.statements:
        put(painted(f"statements ({len(found.statements)})", "bold"))
    for statement in found.statements:
        for line in _statement_lines(ledger, row.claim, statement):
            put(line)
    for bucket in sorted({each.bucket for each in found.statements} - {Bucket.COUNTED}):
        for line in block(f"{bucket:<10}", bucket.definition):
            put(painted(line, "dim"))


def _remarks(found: Why) -> Iterator[str]:
    if found.asked:
        yield found.asked
    if found.folded_from is not None:
        yield f"claim {found.folded_from} counts under claim {found.row.claim}"


def _state_lines(ledger: Ledger, found: Why, moment: str) -> Iterator[str]:
    row = found.row
    accepted = "accepted" if row.accepted else "not accepted"
    since = "" if row.since is None else f", since {when(ledger, row.since)}"
    head = painted(row.state.upper(), row.state)
    yield f"{head}  {accepted}{since}{', HELD' if row.held else ''}"
    if moment:
        yield f"({moment})"
    if row.successor is not None:
        yield from block("→ ", f"{row.successor} {row.successor_text} ({row.successor_state})")
        if len(found.path) > 1:
            yield from block("  ", "by way of " + ", ".join(str(claim) for claim in found.path[:-1]))


def _facts(found: Why) -> Iterator[tuple[str, str]]:
    row = found.row
    yield "because", row.because.removeprefix(f"{row.state}: ")
    yield "rule", _rule(row)
    for label, names in (("for", row.for_), ("against", row.against), ("dissent", row.dissent)):
        if names:
            yield label, ", ".join(names)
    if found.edge is not None and not found.edge.holds:
        edge = found.edge
        yield "edge", f"{edge.status} to {edge.to} “{edge.to_text}” does not hold: {edge.reason}"
    if found.targets:
        yield "edge", "no one target: " + ", ".join(str(claim) for claim in found.targets)
    for address in row.evidence:
        yield "evidence", address
    for wording in found.wordings:
        yield "wording", f"{wording.text} ({wording.lang or 'new text'}, entry {wording.index})"


def _rule(row: BoardRow) -> str:
    if row.row == 0 and row.computed is not row.state:
        return f"row 0 (the desk's own word); without the desk: {row.computed}"
    return f"row {row.row}" + (" (the desk's own word)" if row.row == 0 else "")


def _statement_lines(ledger: Ledger, claim: int, each: WhyLine) -> Iterator[str]:
    via = "".join(f", via {name}" for name in each.via)
    body = f", for {each.root}" if each.root != each.source else ""
    to = "" if each.to is None else f" to {each.to}" if each.on == claim else f" (of claim {each.on}, to {each.to})"
    line = f"{each.source}{via}{body}: {each.status}{to}"
    head = f"{each.index:>5}  {each.bucket:<9}  "
    shown = block(head, f"{line} ({each.standing.word})")
    yield from shown if each.bucket is Bucket.COUNTED else (painted(text, "dim") for text in shown)
    indent = " " * len(head)
    said = "nobody knows when" if each.said is None else _said(ledger, each.said)
    yield from block(indent, f"said     {said}")
    yield from block(indent, f"recorded {when(ledger, each.recorded)}")
    for label, text in (("why", each.why), ("quote", each.quote), ("note", each.note), ("url", each.url)):
        if text:
            yield from block(f"{indent}{label:<9}", f"“{text}”" if label == "quote" else text)


def _said(ledger: Ledger, said: Moment) -> str:
    exact = said.precision is Precision.SECOND
    return when(ledger, said.at) if exact else ledger.show_time(said.at, said.precision)


@click.command(cls=Act)
@click.argument("claim", required=False, callback=named)
@story_option("Every claim of this story; else CLAIMS_STORY.")
@click.option("--all", "every", is_flag=True, help="Every claim.")
@click.option(
    "--clock",
    type=click.Choice(["said", "known"]),
    default="said",
    show_default=True,
    help="In the order in which things were said, or in which we knew them.",
)
@as_of_options()
@click.option("--out", metavar="FILE", help="Write to a file: beside it first, then renamed.")
@with_settings
def history(
    settings: Settings,
    claim: int | str | None,
    story: str | None,
    every: bool,
    clock: str,
    as_said: str | None,
    as_known: str | None,
    out: str | None,
) -> None:
    """Show each change of state, with the entry that caused it.

    \b
    claims history "A second police officer was killed"
    claims history --story champs-elysees-2017-04-20 --out history.txt
    """
    if claim is not None and (story or every):
        raise Misused("history: a claim and --story or --all at once", next="give one of the three")
    if claim is None:
        story = chosen_story(settings, story, every)
        if story is None and not every:
            raise Misused("history: of what is not said", next="give a CLAIM, --story STORY or --all")
    from ledger.cli.replay import show_history

    with reading(settings) as ledger:
        as_of = read_as_of(ledger, as_said, as_known)
        show_history(settings, ledger, {"claim": claim, "story": story, "as_of": as_of}, clock, out)
