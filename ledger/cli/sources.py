"""Who speaks, how far they are trusted, and over what they have authority; the rules in force."""

from __future__ import annotations

from typing import Any

import click

from ledger.cli.frame import Act, Acts, Settings, reading, recording, with_settings
from ledger.cli.options import (
    as_of_options,
    default_story,
    kind_option,
    named,
    note_option,
    read_as_of,
    story_option,
)
from ledger.cli.questions import settled
from ledger.cli.receipts import show_receipt
from ledger.cli.screen import block, put, put_json, say, table
from ledger.errors import Misused
from ledger.vocabulary import SourceKind


@click.group(cls=Acts)
def source() -> None:
    """Add, list, vet and group sources.

    A source that is new is also recorded by the first report that names it
    with its kind.
    """


@source.command(words=(SourceKind,))
@click.argument("name")
@kind_option("--kind", required=True, help="What kind of source it is; see below.")
@click.option("--group", metavar="SOURCE", callback=named, help="The body that it speaks for.")
@click.option("--via", metavar="SOURCE", callback=named, help="Who first relays it; for unnamed sources and witnesses.")
@story_option("The story that it belongs to; for unnamed sources and witnesses.")
@note_option()
@with_settings
def add(settings: Settings, **given: Any) -> None:
    """Record a source.

    Unnamed sources and witnesses are told apart by name, first relayer and
    story.

    \b
    claims source add "Pierre-Henry Brandet" --kind spokesperson \\
        --group "Interior Ministry"
    """
    with recording(settings) as ledger:
        receipt = settled(settings, ledger.add_source, given)
        show_receipt(settings, ledger, receipt, undo=None)


@source.command("list")
@with_settings
def list_sources(settings: Settings) -> None:
    """Show every source, its kind and whether it is vetted.

    \b
    claims source list
    """
    with reading(settings) as ledger:
        rows = ledger.sources()
    if settings.json:
        put_json([row.as_json() for row in rows])
        return
    shown = []
    for row in rows:
        through = [f"through {row.relayer}"] if row.relayer else []
        within = [f"in {row.story}"] if row.story else []
        standing = "desk" if row.kind is SourceKind.DESK else "vetted" if row.vetted else "unvetted"
        shown.append((row.index, ", ".join([row.name, *through, *within]), row.kind, standing, row.group))
    for line in table(("index", "name", "kind", "standing", "speaks for"), shown):
        put(line)


@source.command("record")
@click.argument("source", metavar="[SOURCE]", required=False, callback=named)
@as_of_options()
@with_settings
def show_record(settings: Settings, source: int | str | None, as_said: str | None, as_known: str | None) -> None:
    """Show what became of what a source said, or every source.

    Counted from the ledger alone, and never weighed in a state. Each claim
    counts once, however often a source repeats itself. The desk's own
    mistakes stand apart. docs/records.md says what a record can tell.

    \b
    claims source record
    claims source record Reuters --as-known 2017-04-21
    """
    from ledger.book.intervals import can_tell
    from ledger.cli.rates import NO_INTERVALS, record_lines

    with reading(settings) as ledger:
        rows = ledger.source_record(source, as_of=read_as_of(ledger, as_said, as_known))
    if settings.json:
        put_json([row.as_json() for row in rows])
    for row in () if settings.json else rows:
        for line in record_lines(row):
            put(line)
    if not rows:
        say("nobody has said anything yet")
    elif not can_tell():
        say(NO_INTERVALS)


@source.command()
@click.argument("source", metavar="SOURCE", callback=named)
@click.option("--claim", metavar="CLAIM", callback=named, help="On this claim only.")
@note_option()
@with_settings
def vet(settings: Settings, **given: Any) -> None:
    """Trust a source to report on its own account.

    \b
    claims source vet "Amaq watcher"
    """
    _vet(settings, given, vetted=True)


@source.command()
@click.argument("source", metavar="SOURCE", callback=named)
@click.option("--claim", metavar="CLAIM", callback=named, help="On this claim only, where it is a party.")
@note_option()
@with_settings
def unvet(settings: Settings, **given: Any) -> None:
    """Stop trusting a source to report on its own account.

    With --claim it is a party to that claim, whatever authority it has over
    the story.

    \b
    claims source unvet "Interior Ministry" --claim 12
    """
    _vet(settings, given, vetted=False)


def _vet(settings: Settings, given: dict[str, Any], *, vetted: bool) -> None:
    with recording(settings) as ledger:
        receipt = settled(settings, ledger.vet, given | {"vetted": vetted})
        show_receipt(settings, ledger, receipt)


@source.command()
@click.argument("source", metavar="SOURCE", callback=named)
@click.argument("body", metavar="[BODY]", required=False, callback=named)
@click.option("--itself", is_flag=True, help="It speaks for no body but itself, again.")
@note_option()
@with_settings
def group(settings: Settings, itself: bool, **given: Any) -> None:
    """Say which body a source speaks for.

    The two are one voice then; a grant to either is the body's.

    \b
    claims source group "Pierre-Henry Brandet" "Interior Ministry"
    claims source group "Pierre-Henry Brandet" --itself
    """
    if itself == (given["body"] is not None):
        raise Misused("source group: for whom it speaks is not clear", next="give either a BODY or --itself")
    with recording(settings) as ledger:
        receipt = settled(settings, ledger.group, given)
        show_receipt(settings, ledger, receipt)


@source.command(words=(SourceKind,))
@click.argument("source", metavar="SOURCE", callback=named)
@kind_option("--kind", required=True, help="What kind of source it is; see below.")
@note_option()
@with_settings
def amend(settings: Settings, **given: Any) -> None:
    """Give a source another kind.

    \b
    claims source amend "Amaq" --kind party
    """
    with recording(settings) as ledger:
        receipt = settled(settings, ledger.amend_source, given)
        show_receipt(settings, ledger, receipt)


@click.group(cls=Acts)
def authority() -> None:
    """Say who has authority over a story or a claim.

    What an authority says establishes or refutes a claim on its own.
    """


@authority.command()
@click.argument("source", metavar="SOURCE", callback=named)
@story_option("Over every claim of this story; else CLAIMS_STORY.")
@click.option("--claim", metavar="CLAIM", callback=named, help="Over this claim alone.")
@note_option()
@with_settings
def grant(settings: Settings, **given: Any) -> None:
    """Grant a source authority over a story, or over one claim.

    A grant to a spokesperson is a grant to the body. It holds for past times
    too, once it is recorded.

    \b
    claims authority grant "Interior Ministry" \\
        --story champs-elysees-2017-04-20
    claims authority grant "Francois Hollande" --claim 31
    """
    with recording(settings) as ledger:
        receipt = settled(settings, ledger.grant, _scoped(given))
        show_receipt(settings, ledger, receipt)


@authority.command()
@click.argument("source", metavar="SOURCE", callback=named)
@story_option("Over the claims of this story; else CLAIMS_STORY.")
@click.option("--claim", metavar="CLAIM", callback=named, help="Over this claim alone.")
@note_option()
@with_settings
def revoke(settings: Settings, **given: Any) -> None:
    """Take back the authority of a source over a story or a claim.

    \b
    claims authority revoke "Francois Hollande" --claim 31
    """
    with recording(settings) as ledger:
        receipt = settled(settings, ledger.revoke, _scoped(given))
        show_receipt(settings, ledger, receipt, undo=None)


def _scoped(given: dict[str, Any]) -> dict[str, Any]:
    return dict(given) if given["claim"] is not None else given | {"story": default_story(given["story"])}


@authority.command("list")
@story_option("Only over this story.")
@click.option("--claim", metavar="CLAIM", callback=named, help="Only over this claim.")
@with_settings
def list_grants(settings: Settings, **given: Any) -> None:
    """Show the grants in force.

    \b
    claims authority list
    """
    with reading(settings) as ledger:
        rows = settled(settings, ledger.authorities, given)
    if settings.json:
        put_json([row.as_json() for row in rows])
        return
    if not rows:
        say("no authority is granted")
        return
    shown = [(row.index, row.source, row.root if row.root != row.source else "", row.scope) for row in rows]
    for line in table(("index", "source", "of the body", "over"), shown):
        put(line)


@click.command(cls=Act)
@click.option(
    "--quorum", type=click.IntRange(min=1), metavar="N", help="Set how many independent vetted originals it takes."
)
@note_option()
@with_settings
def policy(settings: Settings, quorum: int | None, note: str | None) -> None:
    """Show the rules in force, or set the quorum.

    The quorum is how many independent vetted originals establish a claim
    where no authority has spoken.

    \b
    claims policy
    claims policy --quorum 3
    """
    if quorum is not None:
        with recording(settings) as ledger:
            receipt = ledger.set_policy(quorum, note=note)
            show_receipt(settings, ledger, receipt)
        return
    if note is not None:
        raise Misused("policy: --note without a change", next="add --quorum N")
    with reading(settings) as ledger:
        found = ledger.policy()
    if settings.json:
        put_json({"name": found.name, "version": found.version, "quorum": found.quorum})
    else:
        sense = f"without an authority, {found.quorum} independent vetted originals establish a claim, "
        sense += "and as many unsettle an authority's word"
        for line in block(f"policy {found.name}, version {found.version}, quorum {found.quorum}: ", sense, indent=4):
            put(line)
