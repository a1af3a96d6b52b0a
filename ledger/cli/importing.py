"""A file of rows, or of reviews, goes in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ledger.cli.frame import Act, Settings, recording, with_settings
from ledger.cli.options import default_story, story_option
from ledger.cli.screen import is_terminal, put, put_json, say
from ledger.errors import Unavailable


@click.command("import", cls=Act)
@click.argument("file", metavar="FILE")
@click.option("--map", "chart", metavar="MAP", help="A TOML file that says which column is what: docs/importing.md.")
@story_option("The story of rows that name none; else CLAIMS_STORY.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@click.option("--raw", is_flag=True, help="The file was exported with --raw: no ' stands before formulas.")
@with_settings
def import_(settings: Settings, file: str, chart: str | None, story: str | None, dry_run: bool, raw: bool) -> None:
    """Record the rows of a CSV or JSON Lines file, all of them or none.

    The columns are those of entries.csv, or those that the map says. Every
    problem is told with its line. A row that is there already adds nothing,
    so a file can be imported again, and an import that was killed goes on.
    When a row was recorded is never taken from a file. Of a JSON-LD file
    (.jsonld, .json) every ClaimReview is a statement of its newsroom.

    \b
    claims import night.csv --story champs-elysees-2017-04-20
    claims import feed.csv --map feed.toml --dry-run
    claims import reviews.jsonld --story champs-elysees-2017-04-20
    """
    with recording(settings) as ledger, _progress(settings, file, readings=1 if dry_run else 2) as progress:
        done = ledger.import_file(
            file,
            chart=None if chart is None else text_of(chart),
            story=default_story(story),
            dry_run=dry_run,
            raw=raw,
            progress=progress,
        )
    if settings.json:
        put_json(done.as_json())
        return
    if dry_run:
        put(f"{file}: {done.rows} rows would write {done.written} entries")
        return
    put(f"{file}: {done.rows} rows, {done.written} new entries; the ledger has {done.size}")
    say("next: claims board")


def text_of(path: str) -> str:
    """Read a map. Raises :class:`~ledger.errors.Unavailable`."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Unavailable(f"{path}: cannot be read: is not UTF-8", next="save the map as UTF-8") from None
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Unavailable(f"{path}: cannot be read: {why}", next="check the path of the map") from None


@contextmanager
def _progress(settings: Settings, file: str, readings: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; the file is read once to try it, and once more to record it."""
    path = Path(file)
    if settings.json or not is_terminal(sys.stderr) or not path.is_file():
        yield lambda _: None
        return
    with click.progressbar(length=readings * path.stat().st_size, file=sys.stderr, label=path.name) as bar:
        yield bar.update
