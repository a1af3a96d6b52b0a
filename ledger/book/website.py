"""Where pages and feeds are published: one address of the web that theirs are made of."""

from __future__ import annotations

from urllib.parse import urlsplit

from ledger.errors import Misused
from ledger.text import shown


def base_of(url: str) -> str:
    """The address with a slash at its end. Raises :class:`~ledger.errors.Misused` if no other can be put behind it."""
    given = url.strip()
    try:
        parts = urlsplit(given)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)
    except ValueError:
        fits = False
    # An empty query or fragment ends in its sign alone.
    if not fits or given.endswith(("?", "#")) or not given.isprintable() or " " in given:
        raise Misused(
            f"url: {shown(url)}: is no address of a website", next="give one such as https://example.org/log/"
        )
    return given if given.endswith("/") else f"{given}/"
