"""Which address becomes a link. An address is a stranger's text: only the web's schemes lead anywhere."""

from __future__ import annotations

from urllib.parse import urlsplit


def linked(address: str) -> str | None:
    """Return what may stand in an ``href``; None for what is no address on the web, and is shown as text.

    People paste addresses without their scheme: those are taken as https.
    """
    given = address if "://" in address else f"https://{address}"
    try:
        parts = urlsplit(given)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    plain = given.isprintable() and not any(each in given for each in ' <>"\\^`{|}')
    scheme = parts.scheme in ("http", "https") and "." in (host or "") and "@" not in parts.netloc
    return given if plain and scheme else None
