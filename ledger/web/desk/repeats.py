"""What a form about people was answered with, by its key: of a double click the second is answered as the first was.

An act of the ledger is found again by its entry (`ledger.book.once`). What is done to accounts leaves none, so the
answers are kept in this process, the newest of them. One that holds a secret is forgotten after a minute: whoever
loads such a page anew later is told that it was done.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from ledger.errors import Rejected

_MOST = 2_000
_SHOWN = 60.0


@dataclass(slots=True)
class _Act:
    asked: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    done: bool = False
    value: Any = None
    at: float = 0.0
    secret: bool = False


class Repeats:
    """The acts that were done last, by the keys of their forms."""

    def __init__(self, most: int = _MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._acts: OrderedDict[str, _Act] = OrderedDict()

    def once(self, key: str, asked: str, act: Callable[[], Any], *, secret: bool = False) -> Any:
        """Do an act, or return what it came to; None for a secret that is not shown any more.

        What ``act`` raises is not kept: nothing was done. ``asked`` is all that the form asks for.
        """
        asked = sha256(asked.encode("utf-8", "replace")).hexdigest()
        with self._lock:
            self._forget()
            found = self._acts.setdefault(key, _Act(asked, secret=secret))
        with found.lock:
            if found.asked != asked:
                why = "form: it was sent before, with something else in it"
                raise Rejected(why, next="look through it, and send it again")
            if not found.done:
                try:
                    found.value = act()
                except BaseException:
                    with self._lock:
                        self._acts.pop(key, None)
                    raise
                found.done, found.at = True, self._clock()
            return found.value

    def _forget(self) -> None:
        while len(self._acts) >= self._most:
            self._acts.popitem(last=False)
        for each in self._acts.values():
            if each.secret and each.done and self._clock() - each.at > _SHOWN:
                each.value = None
