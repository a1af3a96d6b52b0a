"""How a desk is served."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.book import Person

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""What a browser on this machine calls it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """``secure``: browsers reach it by HTTPS, whether we do TLS or a proxy before us does.

    ``hosts`` are the names by which it may be called, None for any: where nobody has to sign in, a page from elsewhere
    whose name is made to point here would be let in otherwise. ``alone`` is who everybody is where nobody has an
    account. ``attempts`` is how often somebody may try to sign in from one address within a quarter of an hour.
    """

    secure: bool = False
    hosts: frozenset[str] | None = LOOPBACK
    alone: Person | None = None
    demo: bool = False
    attempts: int = 10
