"""What the desk does of its own accord: mend its mistakes, hold a claim back, fold two into one, word one anew."""

from __future__ import annotations

from typing import Any

import click

from ledger.cli.frame import Act, Settings, recording, with_settings
from ledger.cli.options import claim_argument, index_argument, named, note_option, one_of, why_mistake
from ledger.cli.questions import settled
from ledger.cli.receipts import show_receipt
from ledger.cli.screen import put, put_json, say
from ledger.errors import Unavailable
from ledger.vocabulary import Mistake, Part


@click.command(cls=Act, words=(Mistake,))
@index_argument()
@why_mistake()
@note_option()
@with_settings
def retract(settings: Settings, index: int, why: Mistake, note: str | None) -> None:
    """Take back an entry as our own mistake.

    It counts as if it had never been written, also for past times, but stays
    readable in the log. Retract the retraction to bring it back. A source
    that takes its own word back is recorded with withdraw.

    \b
    claims retract 14 --why mistyped
    """
    with recording(settings) as ledger:
        receipt = ledger.retract(index, why, note=note)
        show_receipt(settings, ledger, receipt)


@click.command(cls=Act)
@index_argument()
@click.option("--to", metavar="CLAIM", required=True, callback=named, help="The right claim: its words or an index.")
@click.option("--new", is_flag=True, help="Open a new claim although a known one is worded much the same.")
@note_option()
@with_settings
def move(settings: Settings, index: int, to: int | str, new: bool, note: str | None) -> None:
    """Move a statement that we recorded on the wrong claim.

    The entry is retracted and recorded again on the other claim, both or
    neither.

    \b
    claims move 14 --to "The attacker was shot dead"
    """
    with recording(settings) as ledger:
        receipt = settled(settings, ledger.move, {"index": index, "to": to, "new": new, "note": note})
        show_receipt(settings, ledger, receipt, undo=f"move {{index}} --to {index}")


@click.command(cls=Act, words=(Part,))
@index_argument()
@one_of(Part, "--part", "parts", metavar="PART", multiple=True, help="Only this part; see below. Else every part.")
@click.option("--order", metavar="TEXT", required=True, help="Who demands it, as everybody will read it.")
@click.pass_context
def redact(ctx: click.Context, index: int, parts: tuple[Part, ...], order: str) -> None:
    """Remove a text, a name or a document for good, under an order.

    The entry, its hash, every proof and every state stand. Boards and exports
    show that it is redacted, and the order: write nothing into the order that
    must not be read. It cannot be undone. Backups and publications that
    others have keep what they hold. Exit code 3 if the bytes could not be
    wiped yet, because somebody reads the ledger.

    \b
    claims redact 12 --part name --order "Tribunal de Paris, 12 May 2026"
    claims publish public
    """
    settings: Settings = ctx.obj
    with recording(settings) as ledger:
        done = ledger.redact(index, order, parts=parts)
    if settings.json:
        put_json(done.as_json())
    else:
        for part, wrote in zip(done.parts, done.wrote, strict=True):
            put(f"redacted: the {part} of entry {index}, by entry {wrote}")
        if done.pending:
            say(f"redacted, erasure pending: {done.pending}, so the bytes are still there")
            say("next: see to that, then `claims erase`; until then `claims verify` tells of it")
        else:
            say("next: claims publish DIR takes it out of the publication; old backups still hold it")
    if done.pending:
        ctx.exit(Unavailable.exit_code)


@click.command(cls=Act)
@click.pass_context
def erase(ctx: click.Context) -> None:
    """Wipe what redactions have removed from the file, where that is pending.

    \b
    claims erase
    """
    settings: Settings = ctx.obj
    with recording(settings) as ledger:
        pending = ledger.erase()
    if settings.json:
        put_json({"pending": pending})
    elif pending:
        say(f"claims: erasure pending: {pending}")
        say("next: see to that, and do it again")
    else:
        put("nothing that was redacted is left in the ledger")
    if pending:
        ctx.exit(Unavailable.exit_code)


@click.command(cls=Act)
@claim_argument()
@note_option()
@with_settings
def hold(settings: Settings, **given: Any) -> None:
    """Keep a claim out of publications.

    Its state goes on as before; the board says that it is held.

    \b
    claims hold 12 --note "the family has not been told"
    """
    with recording(settings) as ledger:
        receipt = settled(settings, ledger.hold, given)
        show_receipt(settings, ledger, receipt)


@click.command(cls=Act)
@claim_argument()
@note_option()
@with_settings
def release(settings: Settings, **given: Any) -> None:
    """Let a held claim into publications again.

    \b
    claims release 12
    """
    with recording(settings) as ledger:
        receipt = settled(settings, ledger.release, given)
        show_receipt(settings, ledger, receipt)


@click.command(cls=Act)
@claim_argument()
@claim_argument("same_as", metavar="SAME_AS")
@note_option()
@with_settings
def same(settings: Settings, **given: Any) -> None:
    """Say that two claims are one.

    What was said of either counts under the second; the first leaves the
    board.

    \b
    claims same "2nd officer killed" "A second police officer was killed"
    """
    with recording(settings) as ledger:
        receipt = settled(settings, ledger.same, given)
        show_receipt(settings, ledger, receipt)


@click.command(cls=Act)
@claim_argument()
@click.argument("text")
@click.option("--lang", metavar="TAG", help="The language of a translation, such as fr or pt-BR.")
@note_option()
@with_settings
def wording(settings: Settings, text: str, **given: Any) -> None:
    """Give a claim a new text, or a translation.

    The meaning has to stay: a changed meaning is a new claim.

    \b
    claims wording 12 "Un deuxième policier a été tué" --lang fr
    """
    with recording(settings) as ledger:
        receipt = settled(settings, ledger.wording, given | {"text": text})
        show_receipt(settings, ledger, receipt)
