"""Checking without trust: a publication, a proof; and making a proof."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from ledger.cli.board import as_of_line, show_board
from ledger.cli.frame import Act, Settings, reading, with_settings
from ledger.cli.options import claim_argument
from ledger.cli.screen import counted, plain, put, put_json, say
from ledger.times import show_time
from ledger.vocabulary import Likeness, Precision

if TYPE_CHECKING:
    from ledger.book import Rechecked
    from ledger.cli.options import Decorator
    from ledger.errors import Problem
    from ledger.publish import Audited, Checked
    from ledger.tlog import Checkpoint, Verifier
    from ledger.tlog.policy import Policy


def verifier_option() -> Decorator:
    """The keys that are trusted."""
    return click.option(
        "--key",
        "keys",
        metavar="VKEY",
        multiple=True,
        help="The verifier key, or a file with it; each of several, after a rotation.",
    )


def policy_option() -> Decorator:
    """The logs and witnesses that are trusted, and how many of those it takes."""
    return click.option(
        "--policy", metavar="FILE", help="A policy: keys of logs and witnesses, and a quorum, which is demanded."
    )


@dataclass(frozen=True)
class _Zone:
    zone: ZoneInfo

    def show_time(self, moment: datetime, precision: Precision = Precision.SECOND) -> str:
        """Show a time in full in the desk's zone."""
        return show_time(moment, self.zone, precision)


def _trusted(keys: Iterable[str], file: str | None) -> tuple[list[Verifier], Policy | None]:
    """The keys of logs that were given, in whatever way, and the policy."""
    from ledger.errors import Misused
    from ledger.publish import read_policy, read_verifier

    policy = None if file is None else read_policy(Path(file))
    verifiers = [read_verifier(each) for each in keys]
    verifiers += [] if policy is None else [each for each in policy.logs if each not in verifiers]
    if not verifiers:
        why = (
            "no key: there is no --key" if policy is None else f"policy: {file}: has no log line, and there is no --key"
        )
        raise Misused(
            why, next="give --key VKEY, the line that `claims key show` prints, or a policy that names the log"
        )
    return verifiers, policy


def _read(path: str, what: str) -> bytes:
    from ledger.errors import Unavailable

    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Unavailable(f"{what}: {path}: cannot be read: {why.lower()}", next="check the path") from None


@click.command(cls=Act)
@click.argument("where", metavar="DIR-or-URL")
@verifier_option()
@policy_option()
@click.option("--since", metavar="FILE", help="An older checkpoint, whose history has to be the beginning of this one.")
@click.option("--board/--no-board", default=True, help="Show the board that follows; it is shown unless you say no.")
@click.pass_context
def audit(
    ctx: click.Context, where: str, keys: tuple[str, ...], policy: str | None, since: str | None, board: bool
) -> None:
    """Check a published ledger by its key alone, and show what it comes to.

    Every signature, tile, leaf, content, index, time and rule is checked, and
    the whole history replayed; no database is needed. Each finding names its
    entry. Exit code 1 if there is one, 3 if something could not be found out.
    With a policy its witnesses must have cosigned, and no entry may be dated
    outside the times at which they did, by more than a minute.

    \b
    claims audit https://ledger.example.org/ --key VKEY
    claims audit public --key VKEY --since checkpoint-monday
    claims audit public --policy FILE
    """
    from ledger.publish import audit as audit_source
    from ledger.publish import opened

    settings: Settings = ctx.obj
    verifiers, demanded = _trusted(keys, policy)
    old = None if since is None else _read(since, "since")
    with opened(where) as source:
        found = audit_source(source, verifiers, old, demanded)
    if settings.json:
        put_json(_as_json(found))
    else:
        show_audit(where, found, board=board)
    if not found.ok:
        ctx.exit(1 if found.findings else 3)


def _as_json(found: Audited) -> dict[str, Any]:
    return {
        "ok": found.ok,
        **_told(found.checkpoint),
        "signers": [str(each) for each in found.signers],
        "witnesses": {str(each): _time(time) for each, time in found.witnesses.items()},
        "since": None if found.since is None else _told(found.since),
        "tiles": found.tiles,
        "contents": found.contents,
        "redacted": [
            {"index": each.index, "part": each.part, "by": each.by, "order": each.order} for each in found.redacted
        ],
        "withheld": {"internal": found.internal, "held": found.held},
        "findings": [each.as_json() for each in found.findings],
        "unchecked": [each.as_json() for each in found.unchecked],
        "board": [row.as_json() for row in found.rows],
    }


def _time(seconds: int) -> str:
    """The time of a cosignature, as the times of entries are written."""
    from ledger.publish.history import time_of
    from ledger.times import format_utc

    return format_utc(time_of(seconds))


def _told(checkpoint: Checkpoint) -> dict[str, Any]:
    return {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}


def show_audit(where: str, found: Audited, *, board: bool) -> None:
    """Show what an audit found, and the board that follows."""
    if board and found.zone is not None:
        show_board(_Zone(found.zone), found.rows, "as audited")
    told = found.checkpoint
    put(f"{plain(told.origin)}, size {told.size}, root {told.root.hex()}")
    for each in found.signers:
        put(f"signed by {plain(each.name)} ({each.key_id.hex()})")
    for each, time in found.witnesses.items():
        put(f"cosigned by {plain(each.name)} ({each.key_id.hex()}) at {_time(time)}")
    for size in sorted({point.checkpoint.size for point in found.points if len(point.signers) > 1}):
        put(f"at size {size} the key was replaced: the checkpoint bears both")
    _show_problems(found.findings, found.unchecked)
    if found.findings:
        more = ", and no more were looked for" if found.cut_short else ""
        say(f"claims: {where}: not verified: {counted(len(found.findings), 'finding')}{more}")
        say("next: keep this publication as it is, and ask the newsroom; it is the evidence")
        return
    rules = "the rules were not replayed to the end" if found.unchecked else "every entry keeps the rules"
    read = f"{counted(found.tiles, 'tile')} and {counted(found.contents, 'content')}"
    put(f"verified: {counted(told.size, 'leaf')}, {read}; {rules}")
    for gone in found.redacted:
        order = "an order that is not published" if gone.order is None else plain(gone.order)
        put(f"redacted: the {gone.part} of entry {gone.index}, by entry {gone.by}: {order}")
    if found.internal or found.held:
        internal, held = counted(found.internal, "internal part"), counted(found.held, "part")
        put(f"withheld: {internal}, {held} of held claims; their hashes are in the log")
    if found.since is not None:
        put(f"the history of size {found.since.size} is the beginning of this one")
    if found.unchecked:
        say(f"claims: {where}: not all of it could be checked")
        say("next: install a newer version, or get what is missing, and audit again")


def _show_problems(findings: Iterable[Problem], unchecked: Iterable[Problem]) -> None:
    for problem in findings:
        put(plain(str(problem)))
    for problem in unchecked:
        put(f"unchecked: {plain(str(problem))}")


@click.command(cls=Act)
@claim_argument("given", metavar="CLAIM|INDEX")
@click.option("--out", metavar="FILE", required=True, help="Where the proof goes; - is the standard output.")
@with_settings
def prove(settings: Settings, given: int | str, out: str) -> None:
    """Write a proof that an entry is in the log; of a claim, its state too.

    One file that anybody can check offline with the verifier key: the
    entries, their public contents, their proofs under the newest checkpoint.

    \b
    claims prove "A second police officer was killed" --out second.proof
    claims check second.proof --key VKEY
    """
    from ledger.book.files import write_file
    from ledger.cli.questions import settled
    from ledger.errors import Unavailable
    from ledger.publish import prove as proven

    with reading(settings) as ledger:
        with ledger.store.reading() as reader:
            kept = reader.last_checkpoint()
        if kept is None:
            raise Unavailable("prove: nothing is signed yet", next="sign the ledger with `claims checkpoint`")
        with ledger.store.reading(kept[0]) as reader:
            text = settled(settings, lambda claim: proven(reader, claim), {"claim": given})
    if out == "-":
        click.echo(text, nl=False)
        return
    write_file(Path(out), [text])
    if settings.json:
        put_json({"wrote": out, "size": kept[0]})
    else:
        put(out)


@click.command(cls=Act)
@click.argument("file", metavar="FILE")
@verifier_option()
@policy_option()
@click.pass_context
def check(ctx: click.Context, file: str, keys: tuple[str, ...], policy: str | None) -> None:
    """Check a proof offline by the key, or a published CSV by the ledger.

    A proof shows that these entries are in the log, and what follows from
    them. That there are no others, only an audit shows. With a policy its
    witnesses must have cosigned.

    A claims.csv is recomputed from the ledger, as of the moment that it names:
    it is the same byte for byte, the same but for what was redacted since, or
    the first row that differs is shown. Exit code 1 if one does.

    \b
    claims check second.proof --key VKEY
    claims check csv/claims.csv
    """
    from ledger.publish import check_proof

    settings: Settings = ctx.obj
    if not keys and policy is None and _is_table(file):
        _recheck(ctx, settings, file)
        return
    verifiers, demanded = _trusted(keys, policy)
    found = check_proof(_read(file, "check").decode("utf-8", errors="replace"), verifiers, demanded)
    if settings.json:
        put_json(_checked(found))
    else:
        _show_checked(file, found)
    if not found.ok:
        ctx.exit(1)


def _is_table(file: str) -> bool:
    """Whether a file is no proof, which is a JSON object."""
    return file != "-" and not _read(file, "check")[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _recheck(ctx: click.Context, settings: Settings, file: str) -> None:
    from ledger.book import AsOf

    with reading(settings) as ledger:
        found = ledger.recheck(file)
        moment = as_of_line(ledger, AsOf(found.size, found.as_said))
    if settings.json:
        put_json(found.as_json() | {"ok": found.ok})
    else:
        _show_rechecked(found, moment)
    if not found.ok:
        ctx.exit(1)


def _show_rechecked(found: Rechecked, moment: str) -> None:
    story = "every story" if found.story is None else f"story {plain(found.story)}"
    gives = f"what the ledger gives ({story}, {moment})"
    if found.likeness is Likeness.DIFFERENT:
        put(f"{found.file}:{found.line}: {found.column}: {found.why}")
        put(plain(f"  the ledger gives {_quoted(found.expected)}"))
        put(plain(f"  the file has     {_quoted(found.got)}"))
        say(f"claims: {found.file}: is not {gives}")
        say("next: get the file again from where it was published, or ask who changed it")
        return
    if found.likeness is Likeness.EXACT:
        put(f"{found.file}: exactly {gives}")
    elif found.likeness is Likeness.REDACTED:
        put(f"{found.file}: {gives}, but for {counted(found.redacted, 'cell')} with words that were redacted since")
    else:
        put(f"{found.file}: every cell is {gives}; another program has written the file anew")
    if found.publications:
        put(f"published by entry {', '.join(map(str, found.publications))}")
    else:
        put("no entry says that this very file was published")


def _quoted(cell: str | None) -> str:
    return "nothing" if not cell else f"“{cell}”"


def _checked(found: Checked) -> dict[str, Any]:
    return {
        "ok": found.ok,
        "checkpoint": None if found.checkpoint is None else _told(found.checkpoint),
        "signers": [str(each) for each in found.signers],
        "entries": [index for index, _ in found.entries],
        "state": None if found.row is None else found.row.as_json(),
        "findings": [each.as_json() for each in found.findings],
    }


def _show_checked(file: str, found: Checked) -> None:
    if not found.ok:
        _show_problems(found.findings, ())
        say(f"claims: {file}: not verified: {counted(len(found.findings), 'finding')}")
        say("next: keep the file, and ask who gave it to you for another")
        return
    assert found.checkpoint is not None
    for index, told in found.entries:
        put(f"{index:>6}  {plain(told)}")
    put()
    if found.row is not None:
        put(f"{found.row.claim} {plain(found.row.text)}: {found.row.state}")
        put(f"  {plain(found.row.because)}")
        put()
    told_of = found.checkpoint
    put(
        f"{counted(len(found.entries), 'entry')} in the log {plain(told_of.origin)} "
        f"at size {told_of.size}, signed by {', '.join(plain(each.name) for each in found.signers)}"
    )
    say("these entries are in the log; only an audit shows that there are no others")
