"""The rows of what a desk has set up: its sources, and who has authority over what."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.book.lookup import opened_source
from ledger.book.prefix import Prefix
from ledger.book.tell import Texts
from ledger.book.views import GrantRow, SourceRow
from ledger.model import Authority, Source
from ledger.resolver import Acts

_ACTS = ("group.source", "source.amends", "vet.source")


def source_rows(reader: Prefix) -> Iterator[SourceRow]:
    """Every source, read with few queries, as it is by the newest of the desk's acts."""
    sources = reader.of_kind("source")
    reader.load(sources, [(role, index) for role in _ACTS for index in sources])
    done = {each for role in _ACTS for index in sources for each in reader.refs(role, index)}
    reader.load(done, [("retract.target", each) for each in done])
    acts = Acts(reader)
    texts = Texts(reader, acts)
    texts.load(sources)
    for index in sources:
        body = opened_source(reader, index)
        if body.amends is None:
            yield _source_row(index, body, acts, texts)


def _source_row(index: int, body: Source, acts: Acts, texts: Texts) -> SourceRow:
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
