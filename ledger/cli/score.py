"""How the resolver fares on claims of which it is known how they turned out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from ledger.cli.frame import Act, Settings, with_settings
from ledger.cli.importing import text_of
from ledger.cli.options import default_story, story_option
from ledger.cli.screen import block, counted, put, put_json, say, table

if TYPE_CHECKING:
    from ledger.book import Rate, Scorecard, ScoreRow

_HEADS = ("rule", "answered", "right on yes", "right on no", "right in all")


@click.command(cls=Act)
@click.argument("file", metavar="FILE")
@click.option("--gold", metavar="COLUMN", required=True, help="The column that says how each claim turned out.")
@click.option("--map", "chart", metavar="MAP", help="A TOML file that says which column is what: docs/importing.md.")
@click.option(
    "--true", metavar="WORD", multiple=True, help="Means that it was so; else the map's words, or true. Repeats."
)
@click.option(
    "--false", metavar="WORD", multiple=True, help="Means that it was not; else the map's, or false. Repeats."
)
@click.option("--policy", metavar="NAME:VERSION", help="The rules to resolve by, such as live-roots:1.")
@click.option("--quorum", type=click.IntRange(min=1), metavar="N", help="How many vetted originals establish a claim.")
@story_option("The story of rows that name none; else CLAIMS_STORY.")
@click.option("--raw", is_flag=True, help="The file was exported with --raw: no ' stands before formulas.")
@with_settings
def score(
    settings: Settings,
    file: str,
    gold: str,
    chart: str | None,
    true: Sequence[str],
    false: Sequence[str],
    policy: str | None,
    quorum: int | None,
    story: str | None,
    raw: bool,
) -> None:
    """Show how the resolver fares on a sheet of known outcomes.

    The sheet is resolved in a ledger of its own, which is thrown away; yours
    is not touched. Beside it stand rules that are simpler, on the same rows.
    No answer on a decided claim is counted as wrong. docs/scorecard.md says
    what such figures can tell, and what they cannot.

    \b
    claims score stances.csv --map emergent.toml --gold claim_truth
    """
    from ledger.book.intervals import can_tell
    from ledger.book.score import score_file
    from ledger.cli.rates import NO_INTERVALS

    card = score_file(
        file,
        gold,
        chart=None if chart is None else text_of(chart),
        story=default_story(story),
        raw=raw,
        true=true,
        false=false,
        policy=policy,
        quorum=quorum,
    )
    if settings.json:
        put_json(card.as_json())
    for line in () if settings.json else _lines(card):
        put(line)
    if not can_tell():
        say(NO_INTERVALS)


def _lines(card: Scorecard) -> Iterator[str]:
    decided = card.true + card.false
    left = ", ".join(f"{count} {word or 'without a word'}" for word, count in card.undecided.items())
    text = f"{counted(card.rows, 'row')} on {counted(card.claims, 'claim')}, of which {decided} are decided: "
    text += f"{card.true} true, {card.false} false" + (f"; left out: {left}" if left else "")
    yield from block("", text, indent=4)
    yield f"policy {card.policy}, quorum {card.quorum}"
    yield ""
    states = [(state, str(found.true), str(found.false)) for state, found in card.states.items()]
    yield from table(("state", "was true", "was false"), states)
    yield ""
    yield from table(_HEADS, [(s.rule, *map(_counts, _rates(s))) for s in card.scores])
    if any(rate.low is not None for s in card.scores for rate in _rates(s)):
        yield ""
        heads = ("95 % intervals", *_HEADS[1:])
        yield from table(heads, [(s.rule, *map(_interval, _rates(s))) for s in card.scores])


def _rates(row: ScoreRow) -> tuple[Rate, ...]:
    return row.answered, row.accepted, row.denied, row.right


def _counts(rate: Rate) -> str:
    return f"{rate.count}/{rate.of}" + (f", {100 * rate.count / rate.of:.0f} %" if rate.of else "")


def _interval(rate: Rate) -> str:
    return "" if rate.low is None or rate.high is None else f"{100 * rate.low:.0f} to {100 * rate.high:.0f} %"
