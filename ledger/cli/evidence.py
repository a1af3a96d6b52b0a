"""Documents: added to entries, and listed. Files are kept beside the ledger, addresses are not fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ledger.cli.frame import Acts, Settings, reading, recording, with_settings
from ledger.cli.options import an_index, archived_option, index_argument, kept_evidence, note_option
from ledger.cli.receipts import show_receipt
from ledger.cli.screen import put, put_json, say, table

if TYPE_CHECKING:
    from ledger.book import DocumentRow


@click.group(cls=Acts)
def evidence() -> None:
    """Keep documents that show what entries say, and list them.

    A file is kept in the folder LEDGER.evidence, under its SHA-256; an
    address is written down and never fetched. `claims verify` says when a
    file is lost or has changed.
    """


@evidence.command()
@index_argument()
@click.argument("document", metavar="FILE-or-URL")
@archived_option()
@note_option()
@click.option("--internal", is_flag=True, help="Keep the document and the note inside the desk.")
@with_settings
def add(settings: Settings, index: int, document: str, archived: str | None, note: str | None, internal: bool) -> None:
    """Add a document to an entry.

    What starts with http:// or https:// is an address, and is not fetched:
    save what it shows to a file if it may be gone tomorrow. A file is copied
    and kept by its hash, up to 1 GiB; its name is not recorded.

    \b
    claims evidence add 12 photo.jpg --note "by our reporter, 22:41"
    claims evidence add 12 https://www.example.org/decree.pdf \\
        --archived https://archive.example.org/decree.pdf
    """
    with recording(settings) as ledger:
        kept = kept_evidence(ledger, document, archived)
        assert kept is not None
        receipt = ledger.add_evidence(index, kept, note=note, internal=internal)
        show_receipt(settings, ledger, receipt)


def _index_if_any(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    return None if value is None else an_index(ctx, param, value)


@evidence.command("list")
@click.argument("index", required=False, callback=_index_if_any)
@with_settings
def list_documents(settings: Settings, index: int | None) -> None:
    """Show the documents, and whether their files are there.

    All of them, or those of one entry; those of a claim are those of its
    statements too.

    \b
    claims evidence list 12
    """
    with reading(settings) as ledger:
        rows = ledger.documents(index)
    if settings.json:
        put_json([row.as_json() for row in rows])
        return
    if not rows:
        say("no documents")
        return
    shown = [(row.index, row.about, _where(row), row.media_type, row.size, _marks(row)) for row in rows]
    for line in table(("index", "of entry", "document", "type", "bytes", ""), shown):
        put(line)


def _where(row: DocumentRow) -> str:
    addresses = [each for each in (row.url, row.archived_url) if each is not None]
    return " ".join(addresses if row.sha256 is None else [f"sha256:{row.sha256}", *addresses])


def _marks(row: DocumentRow) -> str:
    marks = {"LOST": row.kept is False, "internal": row.internal, "retracted": not row.live}
    return ", ".join(mark for mark, holds in marks.items() if holds)
