"""Answers that follow from the size of the ledger alone: it only grows, so they stay right for that size for ever.

Many ask for the same board at the same moment; it is made once, and the others wait for it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

_MOST = 64


class Remembered:
    """The answers that were asked for last."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, _Answer] = OrderedDict()

    def get(self, what: Hashable, make: Callable[[], Any]) -> Any:
        """The answer to ``what``. What ``make`` raises is raised to whoever waits, and not kept."""
        with self._lock:
            answer = self._kept.setdefault(what, _Answer())
            self._kept.move_to_end(what)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        with answer.lock:
            if not answer.made:
                answer.value, answer.made = make(), True
            return answer.value


class _Answer:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.made = False
        self.value: Any = None
