"""People at a desk: fifty who look at the board every two seconds, and five who record a statement every five.

Each has a browser with a connection that stays and cookies of their own, and begins at a moment of their own. A look
takes from the moment at which it is due to the last byte of the page: who is kept waiting does not ask less often.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles
from time import perf_counter
from typing import Protocol

import httpx2

from ledger.vocabulary import Status

LOOKING, RECORDING = 50, 5
_EVERY_LOOK, _EVERY_STATEMENT = 2.0, 5.0
_PATIENCE = 60.0
_STATUSES = (Status.REPORTED, Status.DENIED, Status.CONFIRMED)
OURS = {"Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True, slots=True)
class Subjects:
    """What statements may be about, and who may have made them, by index."""

    claims: Sequence[int]
    sources: Sequence[int]


class Come(Protocol):
    """Opens the browser of a person, by number: first those who look, then those who record."""

    def __call__(self, number: int) -> httpx2.AsyncClient:
        """Open it."""


def looks(come: Come, subjects: Subjects, seconds: float) -> list[float]:
    """Let them all in for so long; return how many seconds each look took."""
    return asyncio.run(_night(come, subjects, seconds))


def slowest_of(took: Sequence[float]) -> float:
    """The 95th percentile."""
    return quantiles(took, n=20, method="inclusive")[-1]


async def _night(come: Come, subjects: Subjects, seconds: float) -> list[float]:
    begin = perf_counter() + 0.5
    people = [_look(come(number), begin + _EVERY_LOOK * number / LOOKING, begin + seconds) for number in range(LOOKING)]
    recording = [
        _record(
            come(LOOKING + number), number, subjects, begin + _EVERY_STATEMENT * number / RECORDING, begin + seconds
        )
        for number in range(RECORDING)
    ]
    found, _ = await asyncio.gather(asyncio.gather(*people), asyncio.gather(*recording))
    return [took for each in found for took in each]


async def _look(browser: httpx2.AsyncClient, due: float, end: float) -> list[float]:
    took = []
    async with browser:
        while due < end:
            await asyncio.sleep(max(0.0, due - perf_counter()))
            answer = await browser.get("/")
            assert answer.status_code == 200, f"the board was answered with {answer.status_code}"
            took.append(perf_counter() - due)
            due += _EVERY_LOOK
    return took


async def _record(browser: httpx2.AsyncClient, who: int, subjects: Subjects, due: float, end: float) -> None:
    number = who
    async with browser:
        while due < end:
            await asyncio.sleep(max(0.0, due - perf_counter()))
            given = {
                "claim": str(subjects.claims[number * 7 % len(subjects.claims)]),
                "status": _STATUSES[number % len(_STATUSES)].value,
                "by": str(subjects.sources[number * 31 % len(subjects.sources)]),
                "quote": f"statement {number} says so",
                "key": f"{number:032x}",
                "again": "1",
                "do": "save",
            }
            answer = await browser.post("/record", data=given, headers=OURS)
            assert answer.status_code == 200 and answer.history, f"a statement was answered with {answer.status_code}"
            number += RECORDING
            due += _EVERY_STATEMENT


def browser(address: str, cookies: dict[str, str]) -> httpx2.AsyncClient:
    """Open a browser."""
    return httpx2.AsyncClient(base_url=address, cookies=cookies, timeout=_PATIENCE, follow_redirects=True)
