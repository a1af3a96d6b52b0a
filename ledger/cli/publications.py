"""What went out to the public, what is owed for it, and the corrective."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.board import chosen_story, when
from ledger.cli.frame import Act, Acts, Settings, reading, recording, with_settings
from ledger.cli.options import claim_argument, default_story, named, note_option, read_as_of, story_option
from ledger.cli.questions import settled
from ledger.cli.receipts import show_receipt
from ledger.cli.screen import block, counted, painted, plain, put, put_json, say
from ledger.errors import Misused
from ledger.times import Moment
from ledger.vocabulary import Debt

if TYPE_CHECKING:
    from ledger.book import DebtRow, Impact, Ledger, PublicationRow
    from ledger.cli.options import Decorator


def claims_option(help: str) -> Decorator:
    """Some claims, each by its words or an index."""
    return click.option("--claim", "claims", metavar="CLAIM", multiple=True, callback=named, help=help)


def at_option() -> Decorator:
    """When it went out."""
    return click.option(
        "--at", metavar="TIME", help="When it went out: 22:40, 2017-04-20 22:40, now. Now, unless told."
    )


def known_option(help: str) -> Decorator:
    """What it rests on."""
    return click.option("--as-known", metavar="TIME-or-INDEX", help=help)


def moment_out(ledger: Ledger, at: str | None) -> Moment | None:
    """Read ``--at``; None for now."""
    return None if at is None or at.strip().lower() == "now" else ledger.read_time(at)


@click.group(cls=Acts)
def publication() -> None:
    """Record what went out to the public, and list it."""


@publication.command("add")
@click.argument("called", metavar="NAME-or-URL")
@claims_option("A claim that it told of, by its words or an index. Repeats, up to 1,000.")
@story_option("Every claim of a story that the board listed then; else CLAIMS_STORY, where there is no --claim.")
@click.option("--all", "every", is_flag=True, help="Every claim of every story.")
@known_option("It rests on what we had recorded by then, or up to that entry; else on all, or by --at.")
@at_option()
@click.option("--title", metavar="TEXT", help="The title that it bears.")
@click.option("--held", is_flag=True, help="Held claims went out too.")
@note_option()
@with_settings
def publication_add(
    settings: Settings,
    called: str,
    claims: Sequence[int | str],
    story: str | None,
    every: bool,
    as_known: str | None,
    at: str | None,
    **given: Any,
) -> None:
    """Record that something went out: a page, a bulletin, a file.

    What it told of each claim follows from the entries that it rests on.
    Once one of them is no longer what holds, claims debt names it.

    \b
    claims publication add https://example.org/live --claim "second officer" \\
        --title "What we know so far"
    claims publication add "the ten o'clock news" --story attack --at 22:00
    """
    if every and (claims or story):
        raise Misused("--all: with --claim or --story", next="give one of the three")
    if claims and story:
        raise Misused("--story: with --claim", next="give one of the two: a publication is of a story or of claims")
    story = None if every or claims else default_story(story)
    if story is None and not claims and not every:
        raise Misused("publication: of what is not said", next="give --claim CLAIM, --story STORY or --all")
    with recording(settings) as ledger:
        told = {
            "name_or_url": called,
            "claims": claims,
            "story": story,
            "as_of": read_as_of(ledger, None, as_known),
            "published": moment_out(ledger, at),
        }
        receipt = settled(settings, ledger.add_publication, told | given)
        show_receipt(settings, ledger, receipt)


@publication.command("list")
@with_settings
def publication_list(settings: Settings) -> None:
    """List what went out, newest first, and on how much of it something is owed.

    \b
    claims publication list
    """
    with reading(settings) as ledger:
        rows = ledger.publications()
        if settings.json:
            put_json([row.as_json() for row in rows])
            return
        if not rows:
            say("nothing went out yet; `claims publication add` or `claims export csv --publish-as` records it")
        for row in rows:
            for line in _publication_lines(ledger, row):
                put(line)


def _publication_lines(ledger: Ledger, row: PublicationRow) -> Iterator[str]:
    yield from block(f"{row.index:>5}  ", _titled(row.name, row.title))
    what = "every story" if row.story is None else f"story {row.story}"
    what = counted(len(row.claims), "claim") if row.claims else f"{what}, {counted(row.told, 'claim')}"
    said = "" if row.as_said is None else f", as said at {when(ledger, row.as_said)}"
    file = "" if row.sha256 is None else f"; file {row.sha256[:12]}…"
    told = f"{when(ledger, row.published)}; {what}, as of entry {row.size - 1}{said}{file}"
    settled_by = "; settled by " + ", ".join(map(str, row.settlements)) if row.settlements else ""
    for line in block("       ", told + settled_by):
        yield painted(line, "dim")
    if row.owed:
        yield painted(f"       owed on {counted(row.owed, 'claim')}", "denied")


def _titled(name: str, title: str | None) -> str:
    return name if title is None else f"{title} ({name})"


@click.command(cls=Act, words=(Debt,))
@click.argument("called", metavar="[PUBLICATION]", required=False, callback=named)
@story_option("Only claims of this story; else CLAIMS_STORY.")
@click.option("--all", "every", is_flag=True, help="Every story, whatever CLAIMS_STORY says.")
@with_settings
def debt(settings: Settings, called: int | str | None, story: str | None, every: bool) -> None:
    """Show which published pieces are wrong now, the most urgent first.

    What was said, what holds now, since when and by which entry, and how long
    it is owed. A piece is on the list until what it told holds again, or a
    corrective is recorded with claims settle. A claim that is held by now, or
    of which words were redacted, is on it too.

    \b
    claims debt
    claims debt https://example.org/live
    """
    with reading(settings) as ledger:
        given = {"publication": called, "story": chosen_story(settings, story, every)}
        rows: list[DebtRow] = settled(settings, ledger.debts, given)
        if settings.json:
            put_json([row.as_json() for row in rows])
            return
        if not rows:
            say("nothing is owed: what went out is what holds")
            return
        show_debts(ledger, rows)
        say("next: `claims notice` drafts the corrective, `claims settle` records that it went out")


def show_debts(ledger: Ledger, rows: Sequence[DebtRow]) -> None:
    """Show what is owed, by publication in the order of the rows."""
    order = {index: n for n, index in enumerate(dict.fromkeys(row.publication for row in rows))}
    for index, owed in groupby(sorted(rows, key=lambda row: order[row.publication]), key=lambda row: row.publication):
        of_piece = list(owed)
        for line in block(f"{index:>5}  ", _titled(of_piece[0].name, of_piece[0].title)):
            put(painted(line, "bold"))
        for row in of_piece:
            for line in _debt_lines(ledger, row):
                put(line)
        put()


_PAINT = {Debt.WRONG: "denied", Debt.HELD: "disputed", Debt.REDACTED: "disputed"}


def _debt_lines(ledger: Ledger, row: DebtRow) -> Iterator[str]:
    head = f"       {row.reason:<8}  {row.claim:>4}  "
    first, *rest = block(head, row.text)
    yield first.replace(str(row.reason), painted(row.reason, _PAINT.get(row.reason, "")), 1)
    yield from rest
    indent = " " * len(head)
    by = "" if row.told_by == row.publication else f", by settlement {row.told_by}"
    told = f"we told: {_standing(row.told, row.told_successor)}, {when(ledger, row.told_at)}{by}"
    now = f"now: {_standing(row.state, row.successor_text)}{' (HELD)' if row.held else ''}"
    reworded = [f"now worded: {row.text_now}"] if row.text_now != row.text else []
    causes = [f"{due.reason}: entry {due.by}, {when(ledger, due.since)}: {due.cause}" for due in row.dues]
    for text in (told, now, *reworded, *causes, f"owed for {lasting(row.seconds)}"):
        for line in block(indent, text, indent=len(indent) + 2):
            yield painted(line, "dim")


def _standing(state: object, successor: str | None) -> str:
    told = "not on the board" if state is None else str(state)
    return told if successor is None else f"{told} → {successor}"


def lasting(seconds: int) -> str:
    """Say how long something lasts, in its two largest units."""
    parts = [(seconds // 86_400, "day"), (seconds // 3_600 % 24, "hour"), (seconds // 60 % 60, "minute")]
    told = [counted(count, unit) for count, unit in parts if count]
    return ", ".join(told[:2]) or "less than a minute"


@click.command(cls=Act)
@click.argument("called", metavar="[PUBLICATION]", required=False, callback=named)
@with_settings
def notice(settings: Settings, called: int | str | None) -> None:
    """Draft the corrective to what went out, in plain words.

    What we wrote, that it was wrong, what is right and on whose word. To each
    publication on which something is owed, or to one. It is a draft: read it.

    \b
    claims notice https://example.org/live
    """
    with reading(settings) as ledger:
        found = settled(settings, ledger.notices, {"publication": called})
    if settings.json:
        put_json([each.as_json() for each in found])
        return
    if not found:
        say("nothing is owed: there is nothing to correct")
    for each in found:
        for line in each.text.split("\n"):
            put(plain(line))
        put()
        say(f"next: claims settle {each.publication} --url ADDRESS --as-known {each.size - 1}")


@click.command(cls=Act)
@click.argument("called", metavar="PUBLICATION", callback=named)
@click.option("--url", metavar="ADDRESS", help="Where the corrective is.")
@claims_option("Only for this claim, by its words or an index. Repeats. Else for all that is owed.")
@known_option("It tells what we had recorded by then, or up to that entry; else what holds now.")
@at_option()
@click.option("--note", metavar="TEXT", help="A remark of the desk; where it was told, if it has no address.")
@with_settings
def settle(
    settings: Settings,
    called: int | str,
    claims: Sequence[int | str],
    as_known: str | None,
    at: str | None,
    **given: Any,
) -> None:
    """Record that a corrective to a publication went out.

    Its readers know then what held when it was written. If that changes
    again, it is owed again.

    \b
    claims settle https://example.org/live --url https://example.org/corrections/1
    """
    with recording(settings) as ledger:
        told = {
            "publication": called,
            "claims": claims,
            "as_of": read_as_of(ledger, None, as_known),
            "published": moment_out(ledger, at),
        }
        receipt = settled(settings, ledger.settle, told | given)
        show_receipt(settings, ledger, receipt)


@click.command(cls=Act)
@claim_argument("given", metavar="SOURCE|INDEX")
@with_settings
def impact(settings: Settings, given: int | str) -> None:
    """Show what would follow if a source took all back, or an entry fell.

    Which claims would change state, and which publications would be owed:
    exactly, by the rules. Nothing is written. A body takes back what those
    said who speak for it, an outlet what only it has from an unnamed source.

    \b
    claims impact Reuters
    claims impact 42
    """
    with reading(settings) as ledger:
        found = settled(settings, ledger.impact, {"given": given})
        if settings.json:
            put_json(found.as_json())
        else:
            _show_impact(found)


def _show_impact(found: Impact) -> None:
    for line in block("if ", f"{found.what}:", indent=2):
        put(painted(line, "bold"))
    put()
    if not found.claims:
        put("no claim would change its state")
    for each in found.claims:
        before, after = (state.value if state else "not listed" for state in (each.before, each.after))
        for line in block(f"{each.claim:>5}  ", each.text):
            put(line)
        put(f"       {painted(before, before)} → {painted(after, after)}")
        for line in block("       ", each.because.removeprefix(f"{after}: ")):
            put(painted(line, "dim"))
    put()
    _show_newly_owed(found.owed)


def _show_newly_owed(rows: Iterable[DebtRow]) -> None:
    owed = list(rows)
    if not owed:
        put("no publication would be owed more than now")
        return
    put(f"{counted(len({row.publication for row in owed}), 'publication')} would be owed:")
    for row in owed:
        head = f"{row.publication:>5}  "
        told = f"{_titled(row.name, row.title)}: {row.claim} “{row.text}”"
        for line in block(
            head, f"{told}: told {_standing(row.told, row.told_successor)}, would be {row.state or 'gone'}"
        ):
            put(line)
