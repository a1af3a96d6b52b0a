"""The interface's routes that read: everybody's who is signed in or has a token."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from ledger.book import (
    AsOf,
    BoardRow,
    Clock,
    DocumentRow,
    GrantRow,
    HistoryLine,
    Hit,
    Ledger,
    LogLine,
    Overview,
    Since,
    SourceRow,
    StoryRow,
    TodoRow,
    Verification,
    Why,
)
from ledger.vocabulary import Role, State
from ledger.web.answers import READING, model_of, shown, tag_of
from ledger.web.given import MOST
from ledger.web.identity import Desk, Who
from ledger.web.newest import Newest

router = APIRouter(prefix="/api/v1", tags=["read"], responses=READING)

Start = Annotated[int, Query(ge=0, le=MOST, description="The cursor: the index of the first entry that is wanted.")]
AfterClaim = Annotated[
    int | None, Query(ge=0, le=MOST, description="The cursor: the index of the last claim that is known.")
]
AfterChanges = Annotated[
    int, Query(ge=0, le=MOST, description="The cursor: how many changes are known. It is a count, and no index.")
]
At = Annotated[int, Path(ge=0, le=MOST)]
Limit = Annotated[int, Query(ge=1, le=1_000, description="How many at most.")]
Story = Annotated[str | None, Query(max_length=500, description="The slug or the index of a story.")]
Known = Annotated[str | None, Query(max_length=100, description="As known: the index of an entry, or a time.")]
Said = Annotated[str | None, Query(max_length=100, description="As said: a time, as a person writes it.")]


class LedgerModel(BaseModel):
    """What ledger this is, and how far it goes."""

    origin: str
    zone: str
    size: int
    quorum: int


class MeModel(BaseModel):
    """Who asks, and what they may do."""

    name: str
    roles: list[Role]
    may: list[str]


class BoardPage(BaseModel):
    """Some claims in the order in which they were opened. ``next`` is the index of the last one; null at the end."""

    rows: list[model_of(BoardRow)]  # type: ignore[valid-type]
    next: int | None


class LogPage(BaseModel):
    """Some entries. ``next`` is the index of the entry that follows; null at the end."""

    entries: list[model_of(LogLine)]  # type: ignore[valid-type]
    next: int | None


class HistoryPage(BaseModel):
    """Some changes of state. ``next`` is how many there were up to here; null at the end."""

    changes: list[model_of(HistoryLine)]  # type: ignore[valid-type]
    next: int | None


def as_of(desk: Desk, known: Known = None, said: Said = None) -> AsOf:
    """The moment on both clocks that was asked for."""
    return desk.as_of(known=known, said=said)


Moment = Annotated[AsOf, Depends(as_of)]


def tag(request: Request, desk: Desk) -> dict[str, str]:
    """The headers of an answer that follows from the entries alone."""
    return tag_of(request, desk)


Tag = Annotated[dict[str, str], Depends(tag)]
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "Nothing was appended since."}}


def asked_now(request: Request, desk: Desk) -> Callable[[], Overview]:
    """The whole ledger as it is now, as the pages have it: made once for all who ask."""
    newest: Newest = request.app.state.newest
    return lambda: newest.overview(desk.size)


Now = Annotated[Callable[[], Overview], Depends(asked_now)]


@router.get("/ledger", response_model=LedgerModel, responses=NOT_MODIFIED)
def ledger(desk: Desk, tag: Tag) -> Response:
    """What ledger this is."""
    told = {"origin": desk.origin, "zone": desk.zone.key, "size": desk.size, "quorum": desk.policy().quorum}
    return shown(told, tag)


@router.get("/me", response_model=MeModel)
def me(desk: Desk, person: Who) -> Response:
    """Who asks, and what they may do."""
    from ledger.book import WHO_MAY

    may = [act for act in WHO_MAY if desk.may(act)]
    return shown({"name": person.name, "roles": [role for role in Role if role in person.roles], "may": may})


@router.get("/board", response_model=BoardPage, responses=NOT_MODIFIED)
def board(
    desk: Desk,
    now: Now,
    moment: Moment,
    tag: Tag,
    story: Story = None,
    state: Annotated[list[State] | None, Query()] = None,
    after: AfterClaim = None,
    limit: Limit = 1_000,
) -> Response:
    """The accepted state of every claim, and why, in the order in which the claims were opened.

    The cursor is an index, so what is recorded meanwhile moves no claim from one page to another. A claim whose state
    changes meanwhile is told as it is then; ``known`` holds all of them at one moment.
    """
    rows = _board(desk, now, moment, story, state or (), after, limit + 1)
    following = rows[limit - 1].claim if len(rows) > limit else None
    return shown({"rows": [row.as_json() for row in rows[:limit]], "next": following}, tag)


def _board(
    desk: Ledger,
    now: Callable[[], Overview],
    moment: AsOf,
    story: str | None,
    states: Collection[State],
    after: int | None,
    limit: int,
) -> list[BoardRow]:
    """As the façade's; of all that stands now it is what the pages have."""
    if moment != AsOf() or story is not None:
        return desk.board_after_claim(after, limit, story=story, states=states, as_of=moment)
    rows = sorted(now().rows, key=lambda row: row.claim)
    left = (row for row in rows if (after is None or row.claim > after) and (not states or row.state in states))
    return list(islice(left, limit))


@router.get("/claims/{claim}", response_model=model_of(Why), responses=NOT_MODIFIED)
def why(desk: Desk, moment: Moment, tag: Tag, claim: At) -> Response:
    """All that the state of one claim rests on."""
    return shown(desk.why(claim, as_of=moment), tag)


@router.get("/claims/{claim}/history", response_model=HistoryPage, responses=NOT_MODIFIED)
def history_of_claim(
    desk: Desk,
    moment: Moment,
    tag: Tag,
    claim: At,
    clock: Clock = Clock.SAID,
    after: AfterChanges = 0,
    limit: Limit = 100,
) -> Response:
    """Each change of state of one claim, with the entry that caused it.

    What is recorded meanwhile may come in between: with ``known`` the pages are of one moment.
    """
    return _page("changes", desk.history(claim, as_of=moment, clock=clock), after, limit, tag)


@router.get("/history", response_model=HistoryPage, responses=NOT_MODIFIED)
def history(
    desk: Desk,
    moment: Moment,
    tag: Tag,
    story: Story = None,
    clock: Clock = Clock.SAID,
    after: AfterChanges = 0,
    limit: Limit = 100,
) -> Response:
    """Each change of state of a story's claims, or of all.

    What is recorded meanwhile may come in between: with ``known`` the pages are of one moment.
    """
    return _page("changes", desk.history(story=story, as_of=moment, clock=clock), after, limit, tag)


@router.get("/log", response_model=LogPage, responses=NOT_MODIFIED)
def log(desk: Desk, tag: Tag, start: Start = 0, limit: Limit = 100) -> Response:
    """The entries from an index on, in the order in which they were recorded."""
    found = list(desk.log(start, start + limit))
    following = start + len(found) if len(found) == limit and start + limit < desk.size else None
    return shown({"entries": [each.as_json() for each in found], "next": following}, tag)


@router.get("/search", response_model=list[model_of(Hit)], responses=NOT_MODIFIED)  # type: ignore[misc]
def search(
    desk: Desk,
    tag: Tag,
    words: Annotated[str, Query(min_length=1, max_length=500)],
    story: Story = None,
    limit: Limit = 20,
) -> Response:
    """Where these words stand, the internal places too."""
    return shown(desk.search(words, story=story, limit=limit), tag)


@router.get("/todo", response_model=list[model_of(TodoRow)])  # type: ignore[misc]
def todo(desk: Desk, now: Now, story: Story = None) -> Response:
    """What a shift must look at, the most urgent first."""
    return shown(desk.todo_of(now()) if story is None else desk.todo(story=story))


@router.get("/since", response_model=model_of(Since))
def since(desk: Desk, moment: Annotated[str, Query(min_length=1, max_length=100)], story: Story = None) -> Response:
    """What changed since an entry or a time."""
    return shown(desk.since(moment, story=story))


@router.get("/stories", response_model=list[model_of(StoryRow)], responses=NOT_MODIFIED)  # type: ignore[misc]
def stories(desk: Desk, tag: Tag) -> Response:
    """The stories, and how many claims each has."""
    return shown(desk.stories(), tag)


@router.get("/sources", response_model=list[model_of(SourceRow)], responses=NOT_MODIFIED)  # type: ignore[misc]
def sources(desk: Desk, tag: Tag) -> Response:
    """The sources, with their standing in general."""
    return shown(desk.sources(), tag)


@router.get("/authorities", response_model=list[model_of(GrantRow)], responses=NOT_MODIFIED)  # type: ignore[misc]
def authorities(desk: Desk, tag: Tag, story: Story = None) -> Response:
    """Who has authority over what."""
    return shown(desk.authorities(story=story), tag)


@router.get("/documents", response_model=list[model_of(DocumentRow)])  # type: ignore[misc]
def documents(desk: Desk, about: Annotated[int | None, Query(ge=0, le=MOST)] = None) -> Response:
    """The documents, or those of one entry."""
    return shown(desk.documents(about))


@router.get("/verification", response_model=model_of(Verification))
def verification(desk: Desk) -> Response:
    """Everything derived again from the entries, and compared."""
    return shown(desk.verify())


def _page(name: str, lines: Iterator[HistoryLine], after: int, limit: int, tag: dict[str, str]) -> Response:
    found = list(islice(lines, after, after + limit + 1))
    following = after + limit if len(found) > limit else None
    return shown({name: [each.as_json() for each in found[:limit]], "next": following}, tag)
