"""The rows of what a desk has set up: its sources, and who has authority over what."""

from __future__ import annotations

from ledger.book.tell import Texts
from ledger.book.views import GrantRow, SourceRow
from ledger.model import Authority, Source
from ledger.resolver import Acts


def source_row(index: int, body: Source, acts: Acts, texts: Texts) -> SourceRow:
    """Show a source: its kind by the newest record, the body that it speaks for, its standing."""
    root = acts.root(index)
    return SourceRow(
        index=index,
        name=texts.name(index),
        kind=acts.source_kind(index),
        group=texts.name(root) if root != index else None,
        vetted=acts.vetted(index),
        relayer=None if body.relayer is None else texts.name(body.relayer),
        story=None if body.story is None else texts.name(body.story),
    )


def grant_row(index: int, body: Authority, acts: Acts, texts: Texts) -> GrantRow:
    """Show a grant of authority, with what it is over in words."""
    if body.story is not None:
        scope = f"story {texts.name(body.story)}"
    else:
        assert body.claim is not None
        scope = f"claim {body.claim} “{texts.claim(body.claim)}”"
    return GrantRow(
        index=index,
        source=texts.name(body.source),
        root=texts.name(acts.root(body.source)),
        scope=scope,
        story=None if body.story is None else texts.name(body.story),
        claim=body.claim,
    )
