"""The key of the log, its checkpoints, and the folder that is published."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.frame import Act, Acts, Settings, reading, recording, with_settings
from ledger.cli.screen import counted, plain, put, put_json, say
from ledger.errors import Misused, Rejected

if TYPE_CHECKING:
    from ledger.book import Ledger
    from ledger.cli.options import Decorator
    from ledger.errors import Problem
    from ledger.publish import Key, Look, Signed


def keys_option() -> Decorator:
    """The folder of the keys, where it is not the usual one."""
    return click.option("--keys", metavar="DIR", help="Where keys are; else CLAIMS_KEYS, else your data folder.")


def keys_folder(given: str | None) -> Path:
    """Return where keys are kept."""
    from ledger.publish import default_folder

    chosen = given or os.environ.get("CLAIMS_KEYS")
    return Path(chosen) if chosen else default_folder()


def key_of(ledger: Ledger, keys: str | None) -> Key:
    """Load the key of a ledger."""
    from ledger.publish import load_key

    return load_key(keys_folder(keys), ledger.origin)


@click.group(cls=Acts)
def key() -> None:
    """Make, show and replace the key that signs the ledger."""


@key.command("new")
@keys_option()
@with_settings
def key_new(settings: Settings, keys: str | None) -> None:
    """Make the key of this ledger, and print its public half.

    The secret stays in your data folder; keep a copy of it off this machine.
    Auditors need what is printed: give it to them by another way than the
    publication itself.

    \b
    claims key new
    """
    from ledger.publish import new_key

    with reading(settings) as ledger:
        made = new_key(keys_folder(keys), ledger.origin, secrets.token_bytes(32))
    if settings.json:
        put_json({"verifier": str(made.verifier), "folder": str(made.folder)})
        return
    put(str(made.verifier))
    say(f"the secret is in {made.folder}, and nowhere else: keep a copy of it off this machine")
    say("next: give the line above to your auditors, then claims publish DIR")


@key.command("show")
@keys_option()
@with_settings
def key_show(settings: Settings, keys: str | None) -> None:
    """Print the verifier key, and after it those that were replaced.

    \b
    claims key show
    """
    from ledger.publish import folder_of, known_verifiers, load_key

    with reading(settings) as ledger:
        origin = ledger.origin
    folder = keys_folder(keys)
    found = known_verifiers(folder_of(folder, origin)) or load_key(folder, origin).verifiers
    if settings.json:
        put_json({"verifier": str(found[0]), "retired": [str(each) for each in found[1:]]})
        return
    for each in found:
        put(str(each))
    if found[1:]:
        say("the first is the key; those after it were replaced, and sign nothing any more")


@key.command("rotate")
@keys_option()
@with_settings
def key_rotate(settings: Settings, keys: str | None) -> None:
    """Replace the key: one checkpoint is signed by both, then the old one is destroyed.

    Auditors who know either key can follow from the one to the other. Give
    the new one to your witnesses, too: they do not cosign for it before.

    \b
    claims key rotate
    """
    from ledger.publish import gather, rotate

    with recording(settings) as ledger:
        loaded = key_of(ledger, keys)
        signed, verifier = rotate(ledger.store, loaded, secrets.token_bytes(32))
        witnessed = gather(ledger.store, loaded, signed)
        signed = witnessed.signed
    if settings.json:
        put_json({"verifier": str(verifier), **_told(signed, witnessed.missing)})
        return
    put(str(verifier))
    say(f"the checkpoint of size {signed.checkpoint.size} is signed by both keys; the old secret is destroyed")
    _say_missing(witnessed.missing)
    if witnessed.lacks:
        say(f"it lacks a quorum of witnesses: {plain(witnessed.lacks)}; `claims checkpoint` asks them again")
    say("next: claims publish DIR, and give the line above to your auditors")


@click.command(cls=Act)
@keys_option()
@with_settings
def checkpoint(settings: Settings, keys: str | None) -> None:
    """Sign the ledger as it is now, and keep the checkpoint.

    Whoever has the checkpoint can show later whether anything before it was
    rewritten: hand it to somebody else. It is refused, with the evidence, if
    the ledger does not continue what this key has signed before. Witnesses
    are asked to cosign it; exit code 3 if too few of them do.

    \b
    claims checkpoint > checkpoint-monday
    """
    from ledger.publish import gather, sign

    with recording(settings) as ledger:
        loaded = key_of(ledger, keys)
        witnessed = gather(ledger.store, loaded, sign(ledger.store, loaded))
    witnessed.demand()
    signed = witnessed.signed
    if settings.json:
        put_json(_told(signed, witnessed.missing))
        return
    click.echo(signed.note, nl=False)
    found = "signed" if signed.fresh else "signed before, and nothing has come since"
    say(f"{signed.checkpoint.size} entries of {signed.checkpoint.origin}: {found}")
    _say_missing(witnessed.missing)


@click.command(cls=Act)
@click.argument("folder", metavar="DIR")
@click.option("--site/--no-site", default=None, help="Add pages for readers, and keep them; take them away.")
@click.option("--title", metavar="TEXT", help="What the site is called; else the name of the log.")
@click.option("--url", metavar="ADDRESS", help="Where the site will be served.")
@click.option("--licence", metavar="TEXT", help="The name or the address of its licence.")
@keys_option()
@with_settings
def publish(
    settings: Settings,
    folder: str,
    site: bool | None,
    title: str | None,
    url: str | None,
    licence: str | None,
    keys: str | None,
) -> None:
    """Sign the ledger, and bring a folder of public files up to it.

    The folder is for any web server: the log, so that anybody can audit it,
    and the contents that are public. Parts marked internal stay out, and all
    that concerns held claims. If it is interrupted, what is there still
    verifies; do it again.

    With --site there are pages to read as well: plain HTML that needs no
    script. A folder that has them keeps them up to date, asked or not, so that
    none tells of a claim that was held since; --no-site takes them away.

    \b
    claims publish public
    claims publish public --site --title "The desk of the Gazette"
    claims audit public --key "$(claims key show)"
    """
    from ledger.publish import publish as publish_folder

    with recording(settings) as ledger:
        look = _look(Path(folder), ledger.origin, site, {"title": title, "url": url, "licence": licence})
        loaded = key_of(ledger, keys)
        done = publish_folder(ledger.store, loaded, Path(folder), site=look, remove_site=site is False)
    if settings.json:
        put_json({"folder": folder, "wrote": done.wrote, **_told(done.signed, done.missing)})
        return
    signed = done.signed.checkpoint
    put(f"{folder}: {signed.size} entries of {signed.origin}, root {signed.root.hex()}")
    say(f"{counted(done.wrote, 'file')} written" if done.wrote else "it was up to date")
    _say_missing(done.missing)


def _look(folder: Path, origin: str, site: bool | None, given: dict[str, str | None]) -> Look | None:
    """What is said of the site now: as given, else as before; None if nothing is asked of it."""
    from ledger.publish import Look, settings_of

    told = {name: text for name, text in given.items() if text is not None}
    if site is None and not told:
        return None
    if site is False:
        if told:
            raise Misused(f"--{min(told)}: says something of the site that --no-site takes away", next="leave it out")
        return None
    try:
        before = settings_of(folder)
    except Rejected:
        if not site:
            raise
        before = None  # it is said anew
    if before is None and not site:
        raise Misused(f"--{min(told)}: {folder} has no site", next="add --site")
    return replace(before or Look(origin), **told)


def _say_missing(missing: Iterable[Problem]) -> None:
    """Name the witnesses that a quorum did without."""
    for each in missing:
        say(plain(f"claims: {each}"))


def _told(signed: Signed, missing: Iterable[Problem]) -> dict[str, Any]:
    return {
        "origin": signed.checkpoint.origin,
        "size": signed.checkpoint.size,
        "root": signed.checkpoint.root.hex(),
        "checkpoint": signed.note.decode(),
        "fresh": signed.fresh,
        "missing": [each.as_json() for each in missing],
    }
