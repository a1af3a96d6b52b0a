"""The seed story in a new ledger: three boards, one claim explained and replayed, the CSV files, an audit."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ledger.cli.board import as_of_line, show_board
from ledger.cli.frame import DEFAULT_LEDGER, Act, Settings, with_settings
from ledger.cli.publications import show_debts
from ledger.cli.replay import show_history
from ledger.cli.screen import painted, put, put_json, say
from ledger.cli.why import show_why
from ledger.errors import Rejected, Unavailable
from ledger.times import zone_named
from ledger.vocabulary import Status

if TYPE_CHECKING:
    from ledger.book import Ledger
    from ledger.formats.rows import Row
    from ledger.publish import Audited
    from ledger.tlog import Verifier

ORIGIN = "demo.retraction-ledger.example/champs-elysees"
ZONE = "Europe/Paris"
STORY = "champs-elysees-2017-04-20"
CLAIM = "A second police officer was killed"
MOMENTS = ("2017-04-20T22:40:00+02:00", "2017-04-20T23:00:00+02:00", None)
FOLDER = "csv"
PUBLIC = "public"
KEYS = "keys"
TITLE = "Champs-Élysées, 20 April 2017"
PAGE = "https://newsroom.example/live"


@click.command(cls=Act)
@with_settings
def demo(settings: Settings) -> None:
    """Load the seed story into ./claims.db and show what it answers.

    The board as said at 22:40, at 23:00 and now; why one claim stands where
    it does; its history; what is owed to those who read it before the denial;
    the CSV files in ./csv; the log published in ./public, with pages to read,
    by a key made in ./keys, and audited by that key alone. An existing
    claims.db is never touched.

    \b
    mkdir demo && cd demo && claims demo
    """
    from ledger.book import Ledger

    where = settings.ledger or DEFAULT_LEDGER
    there = [each for each in (where, KEYS, PUBLIC) if "://" not in each and Path(each).exists()]
    if there:
        raise Rejected(
            f"{there[0]}: is there already, and a demonstration makes its own",
            next="change into an empty folder: mkdir demo && cd demo && claims demo",
        )
    rows = seed_rows()
    with Ledger.create(where, origin=ORIGIN, zone=ZONE, recorder="demo") as ledger:
        ledger.load(rows)
        say(f"loaded the seed story into {ledger.place}: {ledger.size} entries")
        if settings.json:
            wrote = [str(path) for path in ledger.export_csv(FOLDER)]
            verifier, audited = _published(ledger)
            told = {"published": PUBLIC, "verifier": str(verifier), "verified": audited.ok}
            put_json({"ledger": str(ledger.place), "size": ledger.size, "wrote": wrote} | told)
        else:
            _show(ledger)


def _show(ledger: Ledger) -> None:
    for moment in MOMENTS:
        as_of = ledger.as_of(said=moment)
        _head(f"claims board --as-said {moment}" if moment else "claims board")
        show_board(ledger, ledger.board(story=STORY, as_of=as_of), as_of_line(ledger, as_of) or "now")
    _head(f'claims why "{CLAIM}"')
    explained = ledger.why(CLAIM)
    show_why(ledger, explained)
    _head(f'claims history "{CLAIM}"')
    show_history(Settings(), ledger, {"claim": CLAIM, "story": None, "as_of": ledger.as_of()}, "said")
    _show_debts(ledger)
    _head(f"claims export csv {FOLDER}")
    for path in ledger.export_csv(FOLDER):
        put(str(Path(path).resolve()))
    _show_published(ledger)
    say(f"next: try `claims why {explained.row.successor}`, or report something; the ledger is {ledger.place}")


def _show_debts(ledger: Ledger) -> None:
    """Say that the story went out as it stood before the denial was recorded, and what is owed for that now."""
    known = _first_denial(ledger) - 1
    ledger.add_publication(PAGE, story=STORY, as_of=ledger.as_of(known=str(known)), title=TITLE)
    _head(f'claims publication add {PAGE} --story {STORY} --as-known {known} --title "{TITLE}"')
    _head("claims debt")
    show_debts(ledger, ledger.debts())
    _head(f"claims notice {PAGE}")
    for each in ledger.notices(PAGE):
        for line in each.text.split("\n"):
            put(line)


def _first_denial(ledger: Ledger) -> int:
    """The entry by which the ministry's denial was recorded."""
    return min(line.index for line in ledger.why(CLAIM).statements if line.status is Status.DENIED)


def _show_published(ledger: Ledger) -> None:
    from ledger.cli.auditing import show_audit

    verifier, audited = _published(ledger)
    _head(f'claims publish {PUBLIC} --site --title "{TITLE}" --keys {KEYS}')
    put(str(Path(PUBLIC, "index.html").resolve()))
    _head(f'claims audit {PUBLIC} --key "{verifier}" --no-board')
    show_audit(PUBLIC, audited, board=False)


def _published(ledger: Ledger) -> tuple[Verifier, Audited]:
    """Publish the ledger with a key of its own, and audit what stands there by its public half."""
    from ledger.publish import Look, audit, new_key, opened, publish

    key = new_key(Path(KEYS), ledger.origin, secrets.token_bytes(32))
    publish(ledger.store, key, Path(PUBLIC), site=Look(TITLE))
    with opened(PUBLIC) as source:
        return key.verifier, audit(source, [key.verifier])


def _head(command: str) -> None:
    put()
    put(painted(f"$ {command}", "bold"))
    put()


def seed_rows() -> list[Row]:
    """Read the seed story, in the order in which a desk took it down."""
    from datetime import UTC, datetime

    from ledger.formats.rows import Row, read_rows

    found: list[Row] = []
    for path in _seed_files():
        with path.open(encoding="utf-8", newline="") as lines:
            for each in read_rows(lines, zone=zone_named(ZONE), now=datetime.now(UTC)):
                if not isinstance(each, Row):
                    raise Unavailable(f"seeds: {path.name}: {each}", next="install retraction-ledger again")
                found.append(each)
    return found


def _seed_files() -> list[Path]:
    """The seed files: inside the installed package, or at the top of a checkout."""
    import ledger

    package = Path(ledger.__file__).parent
    for folder in (package / "seeds", package.parent / "seeds"):
        found = sorted(folder.glob("*.csv"))
        if found:
            return found
    raise Unavailable("seeds: this installation carries none", next="install retraction-ledger again")
