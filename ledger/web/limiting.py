"""How often somebody may try to sign in: by account and address together, by address, and by account.

An attempt that succeeds forgets those of the same account from the same address. The counts are this process's, and
keep guesses from the database. The list of accesses counts those of all processes, by the same numbers (``most``).
"""

from __future__ import annotations

from hashlib import sha256
from math import ceil
from time import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ledger.book.attempts import WITHIN, Most
from ledger.errors import TooMany
from ledger.text import fold

_MINUTES = int(WITHIN.total_seconds()) // 60
_MORE_FROM_AN_ADDRESS, _MORE_AT_AN_ACCOUNT = 5, 10


class SignInLimits:
    """Counts attempts; ``attempts`` of one account from one address are let through within a quarter of an hour."""

    def __init__(self, attempts: int) -> None:
        # A newsroom is behind one address; and nobody is kept from their account from everywhere by a few attempts.
        self.most = Most(attempts, attempts * _MORE_FROM_AN_ADDRESS, attempts * _MORE_AT_AN_ACCOUNT)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._pair = RateLimitItemPerMinute(self.most.pair, _MINUTES, namespace="pair")
        self._address = RateLimitItemPerMinute(self.most.address, _MINUTES, namespace="address")
        self._account = RateLimitItemPerMinute(self.most.name, _MINUTES, namespace="account")

    def attempt(self, name: str, address: str) -> None:
        """Count an attempt. Raises :class:`~ledger.errors.TooMany` if there were too many."""
        counted = self._counted(name, address)
        # All are asked first: what is refused is not counted, so whoever is refused makes nothing grow here.
        for ask in (self._limiter.test, self._limiter.hit):
            for limit, keys in counted:
                if ask(limit, *keys):
                    continue
                left = ceil(self._limiter.get_window_stats(limit, *keys).reset_time - time())
                raise TooMany("sign in: too many attempts", max(1, left))

    def succeeded(self, name: str, address: str) -> None:
        """Forget what was tried before the password was right."""
        self._limiter.clear(self._pair, _account(name), address)

    def _counted(self, name: str, address: str) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
        account = _account(name)
        return [(self._pair, (account, address)), (self._address, (address,)), (self._account, (account,))]


def _account(name: str) -> str:
    """What a name is counted by: it may be anything, and as long as a request may be."""
    return sha256(fold(name).encode("utf-8", "replace")).hexdigest()
