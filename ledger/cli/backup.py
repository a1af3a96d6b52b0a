"""The whole ledger as a folder of plain files, and back again."""

from __future__ import annotations

import shlex

import click

from ledger.cli.frame import Act, Settings, reading, with_settings
from ledger.cli.screen import put, put_json, say


@click.command(cls=Act)
@click.argument("folder", metavar="DIR")
@with_settings
def backup(settings: Settings, folder: str) -> None:
    """Write every byte of the ledger into a folder of plain files.

    Lines of JSON and their hashes, readable without this program; the
    evidence files too. An earlier backup of this ledger is replaced, anything
    else in the folder is refused. It holds what is internal: keep it as safe
    as the ledger. It does not hold the accounts of the web desk.

    \b
    claims backup backups/monday
    """
    with reading(settings) as ledger:
        wrote = ledger.backup(folder)
        size, origin = ledger.size, ledger.origin
        left_out = ledger.place.evidence is None and any(each.sha256 for each in ledger.documents())
    if left_out:
        say("warning: evidence: the kept files are not in it: set CLAIMS_FILES to their folder")
    if settings.json:
        put_json({"wrote": [str(path) for path in wrote], "origin": origin})
        return
    for path in wrote:
        put(str(path))
    say(f"{size} entries of {origin}")
    say(f"next: claims restore {shlex.quote(folder)} --ledger try.db, to see that it comes back")


@click.command(cls=Act)
@click.argument("folder", metavar="DIR")
@with_settings
def restore(settings: Settings, folder: str) -> None:
    """Make a ledger from a backup, checking every byte of it.

    Hashes, order and rules are checked; all that is wrong is told, and then
    nothing is made. A ledger that has entries is never touched.

    \b
    claims restore backups/monday --ledger restored.db
    """
    from ledger.book import Ledger

    with Ledger.restore(folder, settings.where, log=settings.origin, files=settings.files) as ledger:
        size, origin, place = ledger.size, ledger.origin, str(ledger.place)
    if settings.json:
        put_json({"ledger": place, "origin": origin, "size": size})
    else:
        put(f"restored {place}: {size} entries, origin {origin}")
