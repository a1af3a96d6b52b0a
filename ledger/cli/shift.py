"""What a shift begins with: what has to be looked at, and what changed while somebody was away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from ledger.cli.board import chosen_story, when
from ledger.cli.frame import Act, Settings, reading, with_settings
from ledger.cli.options import story_option
from ledger.cli.screen import block, painted, put, put_json, say
from ledger.vocabulary import Concern

if TYPE_CHECKING:
    from ledger.book import Changed, Ledger, Since, TodoRow

_SPAN = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?", re.IGNORECASE)
_COLOURS = {Concern.CONTRADICTED: "denied", Concern.UNVERIFIED: "bold", Concern.HELD: "bold"}
CONCERN_COLUMN = max(len(concern) for concern in Concern)


def a_span(ctx: click.Context, param: click.Parameter, value: str) -> timedelta:
    """Read a length of time: 90m, 2h, 1d12h."""
    found = _SPAN.fullmatch("".join(value.split()))
    if not found or not any(found.groups()):
        raise click.BadParameter(f"{value!r} is no length of time (expected one such as 90m, 2h or 1d)", ctx, param)
    days, hours, minutes = (int(each or 0) for each in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


@click.command(cls=Act, words=(Concern,))
@story_option("Only this story; else CLAIMS_STORY.")
@click.option("--all", "every", is_flag=True, help="Every story, whatever CLAIMS_STORY says.")
@click.option(
    "--older-than",
    metavar="TIME",
    default="2h",
    show_default=True,
    callback=a_span,
    help="How long a claim may stay unverified, by what was said: 90m, 2h, 1d.",
)
@with_settings
def todo(settings: Settings, story: str | None, every: bool, older_than: timedelta) -> None:
    """Show what a shift must look at, the most urgent first.

    Each claim with the reason and since when; of one urgency, the oldest
    first.

    \b
    claims todo
    claims todo --story champs-elysees-2017-04-20 --older-than 30m
    """
    with reading(settings) as ledger:
        rows = ledger.todo(story=chosen_story(settings, story, every), older_than=older_than)
        if settings.json:
            put_json([row.as_json() for row in rows])
            return
        if not rows:
            say("nothing to look at")
        several = len({row.story for row in rows}) > 1
        for row in rows:
            for line in _todo_lines(ledger, row, several):
                put(line)


def _todo_lines(ledger: Ledger, row: TodoRow, several: bool) -> Iterator[str]:
    head = f"{row.concern:<{CONCERN_COLUMN}}  {row.claim:>4}  "
    first, *rest = block(head, row.text)
    concern = painted(f"{row.concern:<{CONCERN_COLUMN}}", _COLOURS.get(row.concern, "disputed"))
    yield first.replace(head, f"{concern}  {row.claim:>4}  ", 1)
    yield from rest
    since = "" if row.since is None else f"since {when(ledger, row.since)}"
    also = f"also {', '.join(row.also)}" if row.also else ""
    marks = [since, also, row.story if several else "", row.because.removeprefix(f"{row.state}: ")]
    for line in block(" " * len(head), "; ".join(filter(None, marks))):
        yield painted(line, "dim")


@click.command(cls=Act)
@click.argument("moment", metavar="INDEX-or-TIME")
@story_option("Only claims of this story; else CLAIMS_STORY.")
@click.option("--all", "every", is_flag=True, help="Every story, whatever CLAIMS_STORY says.")
@with_settings
def since(settings: Settings, moment: str, story: str | None, every: bool) -> None:
    """Show what changed while I was away.

    What this desk recorded after that entry or time: the claims whose state
    changed, the new ones, and how much was recorded by whom, in all stories.
    A date means the start of that day.

    \b
    claims since 22:40
    claims since 40 --story champs-elysees-2017-04-20
    """
    with reading(settings) as ledger:
        found = ledger.since(moment, story=chosen_story(settings, story, every))
        if settings.json:
            put_json(found.as_json())
        else:
            _show_since(ledger, found)


def _show_since(ledger: Ledger, found: Since) -> None:
    moment = f"since entry {found.size - 1}" if found.at is None else f"since {when(ledger, found.at)}"
    if not found.entries:
        say(f"nothing was recorded {moment}")
        return
    for title, rows in (("changed", found.changed), ("new", found.new)):
        if rows:
            put(painted(f"{title} {moment} ({len(rows)})", "bold"))
        for row in rows:
            for line in _changed_lines(row):
                put(line)
    if not found.changed and not found.new:
        say(f"no state changed {moment}")
    by = ", ".join(f"{each.recorder} {each.entries}" for each in found.recorders)
    entries = "1 entry" if found.entries == 1 else f"{found.entries} entries"
    for line in block("", f"{entries} recorded {moment}: {by}" if by else f"{entries} recorded {moment}"):
        put(line)


def _changed_lines(row: Changed) -> Iterator[str]:
    yield from block(f"{row.claim:>4}  ", row.text)
    listed = row.states[1:] if row.states[0] is None and row.states[1:] else row.states
    states = [state.value if state else "not listed" for state in listed]
    path = " → ".join(painted(state, state) for state in states)
    yield f"      {path}{', HELD' if row.held else ''}"
    entries = f"by {', '.join(str(index) for index in row.entries)}" if row.entries else "nothing was said on it"
    because = row.because.removeprefix(f"{states[-1]}: ") if row.entries else ""
    for line in block("      ", "; ".join(filter(None, [entries, because]))):
        yield painted(line, "dim")
