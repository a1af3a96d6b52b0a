"""The whole ledger as it is now, made once for all who look at the same moment, and carried on as it grows."""

from __future__ import annotations

import threading

from ledger.book import Ledger, Overview, Since


class Newest:
    """Keeps the newest overview. One thread at a time makes the next one; the others wait for it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._kept: Overview | None = None

    def overview(self, size: int) -> Overview:
        """One of at least so many entries."""
        kept = self._kept
        if kept is not None and kept.size >= size:
            return kept
        with self._lock:
            if self._kept is None or self._kept.size < size:
                self._kept = self._ledger.overview(self._kept)
            return self._kept

    def since(self, overview: Overview, last: int) -> Since:
        """What is new in an overview after an entry."""
        with self._lock:
            return self._ledger.since_in(overview, last)
