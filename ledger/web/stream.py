"""What changed, as server-sent events: whoever listens hears of each append of any process, and misses none.

One thread listens to the database for the whole process. An event is the answer of ``since``: the claims that changed
after the last index that the listener has; its id is the index of the last entry. A listener that comes back says that
id (``Last-Event-ID``) and is told what came meanwhile. Several listeners that know the same are told from one answer.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from ledger.book import Ledger, Since
from ledger.errors import LedgerError, Misused, NotSignedIn
from ledger.web.answers import refusals
from ledger.web.given import MOST
from ledger.web.health import Figures
from ledger.web.identity import Who, ledger_of, who_asks
from ledger.web.logs import log
from ledger.web.newest import Newest

router = APIRouter(prefix="/api/v1", tags=["read"], responses=refusals(401, 403, 409, 422, 503))

_LISTENING = 0.1  # seconds after which the thread looks whether it is to end
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
_STILL_THERE = 30.0  # seconds after which a stream asks whether its session is over, however much there is to tell
_REMEMBERED = 32


class Hub:
    """Knows the size of the ledger, and wakes whoever waits for more."""

    def __init__(self, ledger: Ledger, newest: Newest, figures: Figures) -> None:
        self._ledger = ledger
        self._newest = newest
        self._figures = figures
        self._size = 0
        self._ending = threading.Event()
        self._grown = asyncio.Event()
        self._told: OrderedDict[tuple[int, int], asyncio.Task[Since]] = OrderedDict()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def ended(self) -> bool:
        """Whether every stream is to end."""
        return self._ending.is_set()

    @property
    def size(self) -> int:
        """The size, as last heard."""
        return self._size

    def start(self) -> None:
        """Begin to listen, for the loop that this is called in."""
        self._loop = asyncio.get_running_loop()
        self._size = self._ledger.size
        self._thread = threading.Thread(target=self._listen, name="claims-listening", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """End every stream; any thread may call it, also a handler of signals."""
        self._ending.set()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    async def join(self) -> None:
        """End, and wait for the thread."""
        self.end()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, _LISTENING * 2 + _LONGEST_WAIT)

    async def beyond(self, size: int, seconds: float) -> bool:
        """Wait until the ledger is larger, at most so long; whether it is."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while self._size <= size and not self.ended and (left := end - loop.time()) > 0:
            grown = self._grown
            try:
                await asyncio.wait_for(grown.wait(), left)
            except TimeoutError:
                break
        return self._size > size

    async def since(self, last: int) -> Since:
        """What changed after an entry; asked once for all who ask the same."""
        key = (last, self._size)
        task = self._told.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = asyncio.create_task(to_thread.run_sync(self._since, last, self._size))
            self._told[key] = task
            while len(self._told) > _REMEMBERED:
                self._told.popitem(last=False)
        return await asyncio.shield(task)

    def _since(self, last: int, size: int) -> Since:
        return self._newest.since(self._newest.overview(size), last)

    def _listen(self) -> None:
        wait = _FIRST_WAIT
        while not self._ending.is_set():
            try:
                with self._ledger.store.listening() as heard:
                    self._hear(self._ledger.size)
                    wait = _FIRST_WAIT
                    while not self._ending.is_set():
                        if heard(_LISTENING):
                            self._hear(self._ledger.size)
            except LedgerError as error:
                log("not listening", error=type(error).__name__)
                self._ending.wait(wait)
                wait = min(wait * 2, _LONGEST_WAIT)

    def _hear(self, size: int) -> None:
        assert self._loop is not None, "it was started"
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._grow, size)
            self._newest.overview(size)  # so that whoever looks next finds it made

    def _grow(self, size: int) -> None:
        self._figures.size.set(size)
        if size > self._size:
            self._size = size
            self._wake()

    def _wake(self) -> None:
        self._grown.set()
        self._grown = asyncio.Event()


def last_known(
    request: Request,
    _person: Who,  # somebody has to be signed in
    after: Annotated[int | None, Query(ge=0, le=MOST, description="The last index that is known.")] = None,
    last_event_id: Annotated[str | None, Header(max_length=20)] = None,
) -> int:
    """The last index that a listener has; what comes after it is told."""
    hub: Hub = request.app.state.hub
    given = after
    if last_event_id is not None:
        if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 17):
            raise Misused("last-event-id: is no index", next="send the id of the last event, or none")
        given = int(last_event_id)
    if given is None:
        return hub.size - 1
    # A page may know of an append before this process has heard of it.
    if given >= hub.size and given >= (size := ledger_of(request).size):
        raise Misused(f"after: {given}: there is no such entry", next=f"give an index from 0 to {size - 1}")
    return given


@router.get("/stream", response_class=EventSourceResponse)
async def stream(request: Request, last: Annotated[int, Depends(last_known)]) -> AsyncIterator[ServerSentEvent]:
    """What changes, from the last index that is known on, else from now on."""
    hub: Hub = request.app.state.hub

    async def told(known: int) -> tuple[int, Any]:
        found = await hub.since(known)
        return found.now, found.as_json()

    async for event in follow(request, last, told):
        yield event


async def follow(
    request: Request, last: int, told: Callable[[int], Awaitable[tuple[int, Any]]]
) -> AsyncIterator[ServerSentEvent]:
    """Tell whoever listens of each growth; ``told`` says for the last index known what there is to tell, and up to
    which size.
    """
    hub: Hub = request.app.state.hub
    figures: Figures = request.app.state.figures
    figures.listeners.inc()
    loop = asyncio.get_running_loop()
    asked = loop.time()
    try:
        yield ServerSentEvent(event="size", id=str(last), raw_data=str(last + 1), retry=1_000)
        while not hub.ended:
            grown = await hub.beyond(last + 1, max(0.0, asked + _STILL_THERE - loop.time()))
            if loop.time() >= asked + _STILL_THERE:
                if not await _still_there(request):
                    yield ServerSentEvent(event="end", raw_data="session")
                    return
                asked = loop.time()
            if grown:
                try:
                    size, found = await told(last)
                except LedgerError as error:
                    log("no answer for listeners", error=type(error).__name__)
                    await asyncio.sleep(_FIRST_WAIT)
                    continue
                last = size - 1
                yield ServerSentEvent(event="change", id=str(last), data=found)
    finally:
        figures.listeners.dec()


async def _still_there(request: Request) -> bool:
    try:
        await to_thread.run_sync(who_asks, request)
    except NotSignedIn:
        return False
    except LedgerError:
        return True  # the database is away for a moment, and the session may not be
    return True
