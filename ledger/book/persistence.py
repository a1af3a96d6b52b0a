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

from ledger.errors import Contended, LedgerError, Lost
from ledger.store import Store, Writer
from ledger.store.database import PATIENCE

Done = TypeVar("Done")

_ATTEMPTS = 20
_SECONDS = 10.0  # after which nothing is begun again
_FIRST_WAIT, _LONGEST_WAIT = 0.05, 1.0


def persist(store: Store, act: Callable[[Writer, str | None], Done]) -> Done:
    """Do ``act`` in a transaction, again while it fails in passing, and return what the one that counts returned.

    It is given the writer, and the key that one of its entries without a key has to bear, None where a failure always
    says that nothing was written. Raises :class:`~ledger.errors.Contended` when it has failed for too long,
    :class:`~ledger.errors.Lost` if it may have been written nevertheless, and whatever ``act`` raises.
    """
    key = secrets.token_hex(16) if store.database.shared else None
    done: list[Done] = []
    doubts: list[Lost] = []

    def attempt() -> Done:
        try:
            with store.writing() as writer:
                if not (done and key is not None and writer.by_key(key) is not None):
                    doubts.clear()  # we have its lock, and it is not there: it never will be
                    done[:] = [act(writer, key)]
        except Lost as error:
            if done:
                doubts.append(error)
            raise
        return done[0]

    try:
        return _persistently(attempt)
    except LedgerError as error:
        if not doubts:
            raise
        why = f"{doubts[0].message}; whether the act was recorded is not known"
        raise Lost(why, next="look whether it is there, with `claims log`, before it is recorded again") from error


def _persistently(attempt: Callable[[], Done]) -> Done:
    begun = monotonic()
    try:
        return attempt()
    except Contended:
        # Whoever has waited for a lock for so long is not to wait again.
        if monotonic() - begun >= PATIENCE:
            raise
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
