"""What a reporter records: who did what to which claim, when, and through whom."""

from __future__ import annotations

from typing import Any

import click

from ledger.cli.frame import Act, Settings, recording, with_settings
from ledger.cli.options import (
    Decorator,
    claim_argument,
    content_options,
    default_story,
    kept_evidence,
    kind_option,
    named,
    said_moment,
    said_option,
    stacked,
    story_option,
    why_reason,
)
from ledger.cli.questions import settled
from ledger.cli.receipts import show_receipt
from ledger.errors import Misused
from ledger.vocabulary import Reason, SourceKind, Status


def _chain_options(*, required: bool = True) -> Decorator:
    return stacked(
        click.option("--by", metavar="SOURCE", required=required, callback=named, help="Who speaks."),
        click.option(
            "--via",
            metavar="SOURCE",
            multiple=True,
            callback=named,
            help="Who passed it on, nearest the speaker first. Repeats.",
        ),
        said_option(),
        story_option("The story of a new claim; else CLAIMS_STORY."),
        click.option("--new", is_flag=True, help="Open a new claim although a known one is worded much the same."),
        kind_option("--by-kind", help="The kind of --by, if it is new; see below."),
        kind_option("--via-kind", "via_kinds", multiple=True, help="The kind of each new --via, in order."),
        click.option("--by-group", metavar="SOURCE", callback=named, help="The body that a new --by speaks for."),
    )


def _record(settings: Settings, status: Status, said: str | None, given: dict[str, Any]) -> None:
    given |= {"story": default_story(given["story"])}
    with recording(settings) as ledger:
        moment = said_moment(ledger, said, relayed=bool(given["via"]))
        given["evidence"] = kept_evidence(ledger, given["evidence"], given.pop("archived"))
        receipt = settled(settings, ledger.record, given | {"status": status, "said": moment})
        show_receipt(settings, ledger, receipt)


@click.command(cls=Act, words=(SourceKind,))
@claim_argument()
@_chain_options()
@content_options()
@with_settings
def report(settings: Settings, said: str | None, **given: Any) -> None:
    """Record that a source says so; a claim of new words is opened.

    CLAIM is its words, or an index. Close words are asked about on a
    terminal, and refused elsewhere unless --new.

    \b
    claims report "A second police officer was killed" \\
        --by "a police source" --by-kind unnamed --via Reuters \\
        --said 22:30 --story champs-elysees-2017-04-20
    """
    _record(settings, Status.REPORTED, said, given)


@click.command(cls=Act, words=(SourceKind,))
@claim_argument()
@_chain_options()
@content_options()
@with_settings
def deny(settings: Settings, said: str | None, **given: Any) -> None:
    """Record that a source says it is not so.

    The state that follows depends on who else has spoken; it is answered at
    once.

    \b
    claims deny "second officer" --by "Pierre-Henry Brandet" --via BFM \\
        --said 22:57 --url https://www.example.org/live
    """
    _record(settings, Status.DENIED, said, given)


@click.command(cls=Act, words=(SourceKind,))
@claim_argument()
@_chain_options()
@content_options()
@with_settings
def confirm(settings: Settings, said: str | None, **given: Any) -> None:
    """Record that a source, asked, says it is so.

    It weighs the same as a report: who says it is weighed, not the word.

    \b
    claims confirm 12 --by "Paris prosecutor" --said 22:45
    """
    _record(settings, Status.CONFIRMED, said, given)


@click.command(cls=Act, words=(SourceKind,))
@claim_argument()
@_chain_options()
@content_options()
@with_settings
def decline(settings: Settings, said: str | None, **given: Any) -> None:
    """Record that a source declines to confirm it.

    It is kept as `unconfirmed`: the source's last word, for neither side.

    \b
    claims decline 12 --by "Interior Ministry" --said 22:40
    """
    _record(settings, Status.UNCONFIRMED, said, given)


def _to_option(what: str) -> Decorator:
    return click.option("--to", metavar="CLAIM", required=True, callback=named, help=f"{what}: its words or an index.")


@click.command(cls=Act, words=(Reason, SourceKind))
@claim_argument()
@_to_option("The claim that is right instead")
@_chain_options()
@why_reason()
@content_options()
@with_settings
def correct(settings: Settings, said: str | None, **given: Any) -> None:
    """Record that a source says it was never so, and what is.

    The claim is followed to the one that is right. For a count that has
    grown since, use supersede.

    \b
    claims correct 12 --to "One police officer was killed" --by desk \\
        --why miscounted
    """
    _record(settings, Status.CORRECTED, said, given)


@click.command(cls=Act, words=(Reason, SourceKind))
@claim_argument()
@_to_option("The claim that is so now")
@_chain_options()
@why_reason()
@content_options()
@with_settings
def supersede(settings: Settings, said: str | None, **given: Any) -> None:
    """Record that a source says it was so, and what is so now.

    Ten dead, then eleven: neither was wrong when it was said.

    \b
    claims supersede "Ten people were killed" \\
        --to "Eleven people were killed" --by "Paris prosecutor" --said 23:15
    """
    _record(settings, Status.SUPERSEDED, said, given)


@click.command(cls=Act, words=(Reason, SourceKind))
@click.argument("claim", metavar="CLAIM|INDEX", callback=named)
@_chain_options(required=False)
@why_reason()
@content_options()
@with_settings
def withdraw(settings: Settings, said: str | None, **given: Any) -> None:
    """Record that a source no longer stands by what it said.

    With --by: CLAIM, by that source. Without: the statement of that INDEX is
    taken back, with the same chain. For our own mistakes there is retract.

    \b
    claims withdraw "second officer" --by Reuters --said 23:05
    claims withdraw 14 --said 23:05 --why source-withdrew
    """
    if given["by"] is not None:
        del given["new"]
        _record(settings, Status.WITHDRAWN, said, given)
        return
    index = given["claim"]
    if not isinstance(index, int):
        raise Misused(
            f"withdraw: {index!r}: who withdraws it is not said",
            next="add --by SOURCE, or give the index of the statement instead of the claim's words",
        )
    if given["via"] or given["by_kind"] or given["via_kinds"] or given["by_group"] is not None:
        raise Misused(f"withdraw: {index}: a statement keeps its own chain", next="leave --via and the kinds out")
    kept = {name: given[name] for name in ("why", "quote", "note", "url", "internal", "key")}
    with recording(settings) as ledger:
        moment = said_moment(ledger, said, relayed=False)
        kept["evidence"] = kept_evidence(ledger, given["evidence"], given["archived"])
        receipt = ledger.take_back(index, said=moment, **kept)
        show_receipt(settings, ledger, receipt)
