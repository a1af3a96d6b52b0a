"""The board and what leads up to it: the states now or at a past moment, what changed, the stories, the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol

import click

from ledger.cli.frame import Act, Settings, reading, with_settings
from ledger.cli.options import as_of_options, default_story, read_as_of, state_option, story_option
from ledger.cli.screen import block, painted, plain, put, put_json, put_json_list, say, table
from ledger.errors import Misused
from ledger.vocabulary import Precision, State

if TYPE_CHECKING:
    from ledger.book import AsOf, BoardRow, Difference, Ledger, LogLine

STATE_COLUMN = max(len(state) for state in State)


class Zoned(Protocol):
    """Whatever knows the desk's zone."""

    def show_time(self, moment: datetime, precision: Precision = Precision.SECOND) -> str:
        """Show a time in full in the desk's zone."""


def when(ledger: Zoned, moment: datetime) -> str:
    """A time in the desk's zone with its offset, to the minute or the second."""
    whole = moment.replace(microsecond=0)
    return ledger.show_time(whole, Precision.SECOND if whole.second else Precision.MINUTE)


def chosen_story(settings: Settings, story: str | None, every: bool) -> str | None:
    """The story to show, and a word about it where CLAIMS_STORY chose it."""
    if every and story:
        raise Misused("--all: and --story at once", next="give one of the two")
    if every or story:
        return None if every else story
    found = default_story(None)
    if found and not settings.json:
        say(f"story {found} (CLAIMS_STORY); --all shows every story")
    return found


def as_of_line(ledger: Ledger, as_of: AsOf) -> str:
    """Say which past moment is shown; empty for now."""
    said = [f"as said at {when(ledger, as_of.said)}"] if as_of.said is not None else []
    known = [f"as known up to entry {as_of.known - 1}"] if as_of.known is not None else []
    return ", ".join(said + known)


@click.command(cls=Act, words=(State,))
@story_option("Only this story; else CLAIMS_STORY.")
@click.option("--all", "every", is_flag=True, help="Every story, whatever CLAIMS_STORY says.")
@state_option()
@as_of_options()
@with_settings
def board(
    settings: Settings,
    story: str | None,
    every: bool,
    states: Sequence[State],
    as_said: str | None,
    as_known: str | None,
) -> None:
    """Show the accepted state of every claim, and why.

    Now, or as of any past moment: by what had been said, by what we had
    recorded, or both.

    \b
    claims board --story champs-elysees-2017-04-20
    claims board --state disputed --as-said "2017-04-20 23:00"
    """
    with reading(settings) as ledger:
        as_of = read_as_of(ledger, as_said, as_known)
        rows = ledger.board(story=chosen_story(settings, story, every), states=states, as_of=as_of)
        if settings.json:
            put_json([row.as_json() for row in rows])
            return
        show_board(ledger, rows, as_of_line(ledger, as_of))


def show_board(ledger: Zoned, rows: Sequence[BoardRow], moment: str) -> None:
    """Show the claims by story: index, state and text, then since when and because of what."""
    if not rows:
        say(f"no claims{', ' + moment if moment else ''}")
    columns = max((len(str(row.claim)) for row in rows), default=1)
    for story, claims in groupby(rows, key=lambda row: row.story):
        put(painted(story, "bold") + (f"  ({moment})" if moment else ""))
        for row in claims:
            put()
            for line in _board_lines(ledger, row, columns):
                put(line)
        put()


def _board_lines(ledger: Zoned, row: BoardRow, columns: int) -> Iterator[str]:
    head = f"{row.claim:>{columns}}  {row.state:<{STATE_COLUMN}}  "
    first, *rest = block(head, row.text)
    yield first.replace(head, f"{row.claim:>{columns}}  {state_word(row.state)}  ", 1)
    yield from rest
    indent = " " * len(head)
    if row.successor is not None:
        yield from block(
            indent, f"→ {row.successor} {row.successor_text} ({row.successor_state})", indent=len(head) + 2
        )
    since = "" if row.since is None else f"since {when(ledger, row.since)}"
    why = row.because.removeprefix(f"{row.state}: ").removeprefix(f"{row.state} ")
    marks = [since, "HELD" if row.held else "", _without_desk(row), why]
    for line in block(indent, "; ".join(filter(None, marks))):
        yield painted(line, "dim")


def _without_desk(row: BoardRow) -> str:
    """What the others alone would give, where they give anything else."""
    alone = row.row == 0 and row.computed not in (row.state, State.UNVERIFIED)
    return f"without the desk: {row.computed}" if alone else ""


def state_word(state: State) -> str:
    """A state in its column, in its colour."""
    return painted(f"{state:<{STATE_COLUMN}}", state)


@click.command(cls=Act)
@click.option("--from", "before", metavar="TIME-or-INDEX", required=True, help="The earlier moment.")
@click.option("--to", "after", metavar="TIME-or-INDEX", help="The later moment; else now.")
@click.option(
    "--clock",
    type=click.Choice(["said", "known"]),
    default="said",
    show_default=True,
    help="Whether a time means what had been said, or what we had recorded.",
)
@story_option("Only this story; else CLAIMS_STORY.")
@click.option("--all", "every", is_flag=True, help="Every story, whatever CLAIMS_STORY says.")
@with_settings
def diff(settings: Settings, before: str, after: str | None, clock: str, story: str | None, every: bool) -> None:
    """Show which states differ between two moments.

    An index means what we had recorded up to that entry.

    \b
    claims diff --from "2017-04-20 22:40" --to "2017-04-20 23:00"
    claims diff --from 40
    """
    with reading(settings) as ledger:
        ends = [_end(ledger, text, clock) for text in (before, after)]
        rows = ledger.diff(*ends, story=chosen_story(settings, story, every))
    if settings.json:
        put_json([row.as_json() for row in rows])
        return
    if not rows:
        say("no state differs")
    for row in rows:
        for line in _diff_lines(row):
            put(line)


def _end(ledger: Ledger, text: str | None, clock: str) -> AsOf:
    """Read one end of a difference; an index is what we had recorded, whatever the clock."""
    recorded = text is not None and (clock == "known" or text.strip().isdigit())
    return read_as_of(ledger, None, text) if recorded else read_as_of(ledger, text, None)


def _diff_lines(row: Difference) -> Iterator[str]:
    before, after = (state.value if state else "not listed" for state in (row.before, row.after))
    yield from block(f"{row.claim:>4}  ", row.text)
    yield f"      {painted(before, before)} → {painted(after, after)}"
    for line in block("      ", row.because.removeprefix(f"{row.after}: ")):
        yield painted(line, "dim")


@click.command(cls=Act)
@with_settings
def stories(settings: Settings) -> None:
    """Show the stories, and how many claims each has.

    \b
    claims stories
    """
    with reading(settings) as ledger:
        rows = ledger.stories()
    if settings.json:
        put_json([row.as_json() for row in rows])
        return
    if not rows:
        say("no stories yet; the first report opens one")
        return
    for line in table(("index", "story", "claims"), [(row.index, row.name, row.claims) for row in rows]):
        put(line)


@click.command(cls=Act)
@click.option("--from", "start", type=click.IntRange(min=0), metavar="INDEX", help="From this entry on.")
@click.option("--to", "end", type=click.IntRange(min=0), metavar="INDEX", help="Up to this entry, with it.")
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Only the last N entries.")
@with_settings
def log(settings: Settings, start: int | None, end: int | None, last: int | None) -> None:
    """Show the entries, in the order in which they were recorded.

    An entry that the desk has retracted stays, and is marked.

    \b
    claims log --last 20
    """
    if last is not None and (start is not None or end is not None):
        raise Misused("log: --last: with --from or --to", next="give either --last N, or --from and --to")
    with reading(settings) as ledger:
        first = max(ledger.size - last, 0) if last is not None else start or 0
        lines = ledger.log(first, None if end is None else end + 1)
        if settings.json:
            put_json_list(line.as_json() for line in lines)
        else:
            _show_log(ledger, lines)


def _show_log(ledger: Ledger, lines: Iterable[LogLine]) -> None:
    recorder: Any = None
    for line in lines:
        if line.recorder != recorder:
            recorder = line.recorder
            put(painted(f"recorded by {plain(recorder or '[missing]')}", "dim"))
        gone = "" if line.live else "[retracted] "
        head = f"{line.index:>5}  {when(ledger, line.recorded)}  "
        for shown in block(head, gone + line.summary):
            put(shown if line.live else painted(shown, "dim"))
