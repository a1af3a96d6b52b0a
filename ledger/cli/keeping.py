"""Making a ledger, handing it on, and checking it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.board import as_of_line, chosen_story
from ledger.cli.frame import Act, Acts, Settings, reading, recording, with_settings
from ledger.cli.options import as_of_options, read_as_of, story_option
from ledger.cli.screen import counted, plain, put, put_json, say
from ledger.cli.signing import keys_folder, keys_option
from ledger.errors import Misused

if TYPE_CHECKING:
    from ledger.book import Ledger


@click.command(cls=Act)
@click.option(
    "--origin", metavar="ORIGIN", help="The name of the log, such as ledger.example.org/desk. It is for ever."
)
@click.option("--zone", metavar="ZONE", help="The desk's time zone, such as Europe/Paris; else this machine's.")
@click.option("--roles", is_flag=True, help="On a server: make the roles that work on it, also where the ledger is.")
@with_settings
def init(settings: Settings, origin: str | None, zone: str | None, roles: bool) -> None:
    """Make a new ledger.

    Name the origin if the ledger is ever to be published: proofs carry it,
    and it cannot be changed. A database on a server may hold the logs of
    many desks, each with its origin.

    \b
    claims init --origin ledger.example.org/desk --zone Europe/Paris
    """
    origin = settings.origin if origin is None else origin
    made = origin is None
    origin = f"desk.example/{secrets.token_hex(6)}" if origin is None else origin
    zone = _machine_zone() if zone is None else zone
    with _opened(settings, origin, zone, roles) as (ledger, new):
        names = ledger.make_roles() if roles else ()
        place, size = str(ledger.place), ledger.size
    if settings.json:
        told = {"ledger": place, "origin": origin, "zone": zone, "size": size}
        put_json(told | ({"roles": list(names)} if roles else {}))
        return
    if new:
        put(f"new ledger {place}: origin {origin}, zone {zone}")
    if roles:
        put(f"roles: {', '.join(names)}")
        say(f"next, on the server: GRANT claims_writer, {names[-1]} TO SOMEBODY")
        return
    if made:
        say("the origin was made up; for a ledger that will be published, start again with --origin")
    say('next: claims report "…" --by SOURCE --by-kind KIND --story SLUG')


@contextmanager
def _opened(settings: Settings, origin: str, zone: str, roles: bool) -> Iterator[tuple[Ledger, bool]]:
    """Make the ledger and say so; where only its roles are missing, open it."""
    from ledger.book import Ledger
    from ledger.errors import Rejected

    try:
        made = Ledger.create(settings.where, origin=origin, zone=zone, recorder=settings.who, files=settings.files)
    except Rejected as error:
        if not roles or "there is a ledger here already" not in error.message:
            raise
        with Ledger.open(settings.where, log=origin) as ledger:
            yield ledger, False
        return
    with made:
        yield made, True


def _machine_zone() -> str:
    """The IANA name of the machine's zone as far as it says so, else UTC."""
    named = os.environ.get("TZ", "").removeprefix(":")
    linked = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]
    return next((name for name in (named, linked) if "/" in name and not name.startswith("/")), "UTC")


@click.command(cls=Act)
@with_settings
def migrate(settings: Settings) -> None:
    """Bring the schema on a server to this version.

    As the owner of the database, with a backup at hand; also to make the
    schema in an empty database. A ledger in a file needs no such step.

    \b
    claims migrate --ledger postgresql://desk.example/claims
    """
    from ledger.book import Ledger

    before, after = Ledger.migrate(settings.where)
    if settings.json:
        put_json({"before": before, "after": after})
    elif before == after:
        put(f"the schema is {after} already")
    else:
        put(f"schema {after} made" if before is None else f"schema {before} brought to {after}")


@click.group(cls=Acts)
def export() -> None:
    """Write what may be published."""


@export.command("csv")
@click.argument("folder", metavar="DIR")
@story_option("Only this story; else CLAIMS_STORY.")
@click.option("--all", "every", is_flag=True, help="Every story, whatever CLAIMS_STORY says.")
@as_of_options()
@click.option("--held", is_flag=True, help="With the claims that are held.")
@click.option("--delimiter", default=",", show_default=True, metavar="CHAR", help="What stands between cells.")
@click.option("--raw", is_flag=True, help="For machines: no byte-order mark, cells as they are.")
@click.option("--datapackage", "package", is_flag=True, help="With a datapackage.json that describes both files.")
@click.option("--licence", metavar="NAME-or-URL", help="The licence that it names, such as CC-BY-4.0.")
@click.option(
    "--publish-as", metavar="NAME-or-URL", help="Record that claims.csv goes out under this name or at this address."
)
@click.option("--title", metavar="TEXT", help="With --publish-as: the title that it bears.")
@with_settings
def export_csv(
    settings: Settings,
    story: str | None,
    every: bool,
    as_said: str | None,
    as_known: str | None,
    publish_as: str | None,
    title: str | None,
    **given: Any,
) -> None:
    """Write claims.csv and entries.csv into a folder.

    For spreadsheets: a byte-order mark, and a ' before what would run as a
    formula. The same moment gives the same bytes. A datapackage.json tells
    machines each column's type and meaning, and the ledger's size and root.

    \b
    claims export csv published --story champs-elysees-2017-04-20
    claims export csv open-data --datapackage --licence CC-BY-4.0
    claims export csv published --publish-as https://example.org/claims.csv
    """
    if title is not None and publish_as is None:
        raise Misused("--title: of what is not said", next="add --publish-as NAME-or-URL")
    folder = given.pop("folder")
    stale = not given["package"] and Path(folder, "datapackage.json").exists()
    receipt = None
    with reading(settings) if publish_as is None else recording(settings) as ledger:
        as_of = read_as_of(ledger, as_said, as_known)
        asked = given | {"story": chosen_story(settings, story, every), "as_of": as_of}
        if publish_as is None:
            wrote = ledger.export_csv(folder, **asked)
        else:
            wrote, receipt = ledger.publish_csv(folder, publish_as, title=title, **asked)
        moment = as_of_line(ledger, as_of)
    if settings.json:
        put_json({"wrote": [str(path) for path in wrote]} | ({"publication": receipt.index} if receipt else {}))
        return
    for path in wrote:
        put(str(path))
    if receipt is not None:
        put(f"{receipt.index} recorded: {wrote[0]} published as {plain(str(publish_as))}")
        say(f"    undo: claims retract {receipt.index} --why mistyped")
    if stale:
        say("the datapackage.json there is of other files; --datapackage renews it")
    if moment:
        say(moment)


@export.command("atom")
@click.argument("file", metavar="FILE")
@story_option("Only this story; else CLAIMS_STORY.")
@click.option("--all", "every", is_flag=True, help="Every story, whatever CLAIMS_STORY says.")
@click.option("--url", metavar="BASE", help="Where the feed and the pages of the claims are published.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, metavar="N", help="The most entries."
)
@click.option("--corrections", is_flag=True, help="The correctives that went out, instead of changes of state.")
@with_settings
def export_atom(
    settings: Settings, file: str, story: str | None, every: bool, url: str | None, limit: int, corrections: bool
) -> None:
    """Write the last changes of state as an Atom feed, the newest first.

    One entry a change, under an id that stays. Held claims, and what is
    internal or redacted, are not in it. The same ledger gives the same bytes.
    With --corrections one entry a corrective, as claims settle recorded it.

    \b
    claims export atom changes.atom --url https://example.org/log/
    claims export atom corrections.atom --corrections
    """
    if corrections and story:
        raise Misused(
            "--story: with --corrections", next="leave it out: correctives are of publications, not of stories"
        )
    chosen = None if corrections else chosen_story(settings, story, every)
    with reading(settings) as ledger:
        feed = ledger.export_atom(file, story=chosen, url=url, limit=limit, corrections=corrections)
    if settings.json:
        put_json({"wrote": [file], "entries": len(feed.entries)})
        return
    put(f"{file}: {counted(len(feed.entries), 'corrective' if corrections else 'change')}")


@export.command("claimreview")
@click.argument("file", metavar="FILE")
@story_option("Only this story; else CLAIMS_STORY.")
@click.option("--all", "every", is_flag=True, help="Every story, whatever CLAIMS_STORY says.")
@as_of_options()
@click.option("--held", is_flag=True, help="With the claims that are held.")
@click.option("--url", metavar="BASE", help="Where the site is published; each review then names its claim's page.")
@click.option("--newsroom", metavar="NAME", help="Who reviews: the name of the newsroom; else the origin.")
@click.option("--language", metavar="TAG", help="The language that the claims are worded in, such as en or fr.")
@with_settings
def export_claimreview(
    settings: Settings,
    file: str,
    story: str | None,
    every: bool,
    as_said: str | None,
    as_known: str | None,
    **given: Any,
) -> None:
    """Write what the newsroom says of each claim as ClaimReviews (JSON-LD).

    For search engines and other newsrooms. A rating names whose word the
    state rests on; it has a number only where the desk itself ruled.

    \b
    claims export claimreview claims.jsonld --url https://news.example/ \\
        --newsroom "Example News"
    """
    with reading(settings) as ledger:
        as_of = read_as_of(ledger, as_said, as_known)
        count = ledger.export_claimreview(file, story=chosen_story(settings, story, every), as_of=as_of, **given)
        moment = as_of_line(ledger, as_of)
    if settings.json:
        put_json({"wrote": file, "reviews": count})
        return
    put(f"{file}: {counted(count, 'review')}")
    if moment:
        say(moment)


@click.command(cls=Act)
@click.option("--key", "given", metavar="VKEY", multiple=True, help="A verifier key, besides those that you have.")
@keys_option()
@click.pass_context
def verify(ctx: click.Context, given: tuple[str, ...], keys: str | None) -> None:
    """Derive everything again from the entries, and compare.

    Every leaf, content, time and rule; every column, register, tile, guard
    and checkpoint. Each difference is named; exit code 1 if there is one.

    \b
    claims verify
    """
    from ledger.book import PENDING
    from ledger.publish import check_remembered, folder_of, known_verifiers, read_verifier

    settings: Settings = ctx.obj
    with reading(settings) as ledger:
        folder = folder_of(keys_folder(keys), ledger.origin)
        own, place = known_verifiers(folder), str(ledger.place)
        found = ledger.verify([*own, *(read_verifier(each) for each in given)])
        found = replace(found, findings=(*found.findings, *check_remembered(ledger.store, folder)))
    if settings.json:
        put_json(found.as_json() | {"ok": found.ok})
    else:
        for problem in found.findings:
            put(plain(str(problem)))
        for warning in found.warnings:
            say(f"warning: {plain(str(warning))}")
        if found.ok:
            put(f"{place}: {found.size} entries verified, no difference")
        else:
            say(f"claims: {place}: {counted(len(found.findings), 'difference')} in {found.size} entries")
            if all(PENDING in each.why for each in found.findings):
                say("next: no damage: `claims erase` wipes it, when nobody else reads the ledger")
            else:
                say("next: keep this ledger as it is, and go back to a copy that verifies")
    if not found.ok:
        ctx.exit(1)
