"""Doing an act again where somebody else was in the way, and never twice.

A locked file, a serialisation failure and a lost connection pass. Of these only the last leaves open whether the act
was committed: so on a server each act bears a key of its own, and what is done again first looks whether it is there,
under the lock that the lost transaction held.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from ledger.errors import Contended
from ledger.store import Store, Writer
from ledger.store.database import PATIENCE

Done = TypeVar("Done")

_ATTEMPTS = 8
_SECONDS = 10.0  # after which nothing is begun again
_FIRST_WAIT, _LONGEST_WAIT = 0.05, 1.0


def persist(store: Store, act: Callable[[Writer, str | None], Done]) -> Done:
    """Do ``act`` in a transaction, again while it fails in passing, and return what the one that counts returned.

    It is given the writer, and the key that one of its entries without a key has to bear, None where a failure always
    says that nothing was written. Raises :class:`~ledger.errors.Contended` when it has failed for too long, and
    whatever ``act`` raises.
    """
    key = secrets.token_hex(16) if store.database.shared else None
    done: list[Done] = []

    def attempt() -> Done:
        with store.writing() as writer:
            if not (done and key is not None and writer.by_key(key) is not None):
                done[:] = [act(writer, key)]
        return done[0]

    begun = monotonic()
    try:
        return attempt()
    except Contended:
        # Whoever has waited for a lock for so long is not to wait again.
        if monotonic() - begun >= PATIENCE:
            raise
    return _again(attempt)


def _again(attempt: Callable[[], Done]) -> Done:
    from tenacity import (
        Retrying,
        retry_if_exception_type,
        stop_after_attempt,
        stop_after_delay,
        wait_random_exponential,
    )

    retrying = Retrying(
        retry=retry_if_exception_type(Contended),
        stop=stop_after_attempt(_ATTEMPTS) | stop_after_delay(_SECONDS),
        wait=wait_random_exponential(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT),
        reraise=True,
    )
    return retrying(attempt)
