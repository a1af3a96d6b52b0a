"""The interface's routes about what went out to the public: what it rested on, what is owed for it, what settled it.

Reading is everybody's; that something went out, or was put right, is recorded once for its key as all else is. The
feeds are Atom, and say only what is public, so that they may be handed on as they are.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from ledger.book import Corrective, DebtRow, Impact, Notice, PublicationRow, RecordRow, SettlementRow
from ledger.formats.atom import MEDIA_TYPE, Feed, write
from ledger.vocabulary import Kind
from ledger.web import given
from ledger.web.answers import READING, RECORDING, model_of, shown
from ledger.web.identity import Desk
from ledger.web.reading import NOT_MODIFIED, Limit, Moment, Now, Story, Tag
from ledger.web.recording import RECEIPT, At, Doing

router = APIRouter(prefix="/api/v1", tags=["publications"])

Of = Annotated[str | None, Query(max_length=2_000, description="A publication: its index, name, address or title.")]
Site = Annotated[str | None, Query(max_length=2_000, description="Where the pages and the feeds are published.")]
_READS: dict[str, Any] = {"responses": READING}
_TAGGED: dict[str, Any] = {"responses": READING | NOT_MODIFIED}
_RECORDS: dict[str, Any] = {"responses": RECORDING, **RECEIPT}


class Atom(Response):
    """A feed."""

    media_type = MEDIA_TYPE


_FEED: dict[str, Any] = {"response_class": Atom, **_TAGGED}


@router.get("/publications", response_model=list[model_of(PublicationRow)], **_TAGGED)  # type: ignore[misc]
def publications(desk: Desk, now: Now, tag: Tag) -> Response:
    """What went out and was not retracted, the newest first, with how many claims are owed on it."""
    return shown(desk.publications_of(now()), tag)


@router.post("/publications", **_RECORDS)
def add_publication(desk: Desk, do: Doing, body: given.PublicationGiven) -> Response:
    """Record that something went out: of some claims, of a story, or with neither of every story."""
    asked = body.asked(desk)
    return do(Kind.PUBLICATION, body, lambda ledger: ledger.add_publication(body.called, **asked))


@router.post("/publications/{publication}/settlement", **_RECORDS)
def settle(desk: Desk, do: Doing, publication: At, body: given.SettlementGiven) -> Response:
    """Record that the corrective to a publication went out: ``url`` or ``note`` says where."""
    asked = body.asked(desk)
    return do(Kind.SETTLEMENT, body, lambda ledger: ledger.settle(publication, **asked))


@router.get("/debts", response_model=list[model_of(DebtRow)], **_READS)  # type: ignore[misc]
def debts(desk: Desk, now: Now, publication: Of = None, story: Story = None) -> Response:
    """What readers were told that no longer holds, the most urgent first."""
    if publication is None and story is None:
        return shown(desk.debts_of(now()))
    return shown(desk.debts(publication, story=story))


@router.get("/notices", response_model=list[model_of(Notice)], **_READS)  # type: ignore[misc]
def notices(desk: Desk, now: Now, publication: Of = None) -> Response:
    """The corrective to each publication on which something is owed, drafted."""
    return shown(desk.notices_of(now()) if publication is None else desk.notices(publication))


@router.get("/settlements", response_model=list[model_of(SettlementRow)], **_TAGGED)  # type: ignore[misc]
def settlements(desk: Desk, tag: Tag) -> Response:
    """The correctives that went out, the newest first."""
    return shown(desk.settlements(), tag)


@router.get("/correctives", response_model=list[model_of(Corrective)], **_TAGGED)  # type: ignore[misc]
def correctives(desk: Desk, tag: Tag) -> Response:
    """The correctives that went out, with what each mended, in the words that the public may read."""
    return shown(desk.correctives(), tag)


@router.get("/impact", response_model=model_of(Impact), **_READS)
def impact(
    desk: Desk,
    of: Annotated[str, Query(min_length=1, max_length=2_000, description="A source, or the index of an entry.")],
) -> Response:
    """What would follow if a source took back all it said, or if an entry fell; nothing is recorded."""
    return shown(desk.impact(of))


@router.get("/source-records", response_model=list[model_of(RecordRow)], **_TAGGED)  # type: ignore[misc]
def source_records(
    desk: Desk,
    moment: Moment,
    tag: Tag,
    source: Annotated[str | None, Query(max_length=2_000, description="The name or the index of a source.")] = None,
) -> Response:
    """What became of what each source said, counted; or one's record, with its body's."""
    return shown(desk.source_record(source, as_of=moment), tag)


@router.get("/feeds/changes.atom", **_FEED)
def changes(desk: Desk, tag: Tag, story: Story = None, url: Site = None, limit: Limit = 100) -> Response:
    """The last changes of state, the newest first, as a feed."""
    return _fed(desk.changes_feed(story=story, url=url, limit=limit), tag)


@router.get("/feeds/corrections.atom", **_FEED)
def corrections(desk: Desk, tag: Tag, url: Site = None, limit: Limit = 100) -> Response:
    """The last correctives that went out, the newest first, as a feed."""
    return _fed(desk.corrections_feed(url=url, limit=limit), tag)


def _fed(feed: Feed, tag: dict[str, str]) -> Response:
    return Atom(write(feed), headers=tag)
