"""Which address becomes a link. An address is a stranger's text: only the web's schemes lead anywhere."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

_STRAY = re.compile("%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+\.?")
_KEPT = "%/:@!$&'()*+,;=~"


def linked(address: str) -> str | None:
    """Return what may stand in an ``href``; None for what is no address on the web, and is shown as text.

    People paste addresses without their scheme: those are taken as https.
    """
    given = address if "://" in address else f"https://{address}"
    try:
        parts = urlsplit(given)
        host = (parts.hostname or "").encode("idna").decode()
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return None
    if (
        parts.scheme not in ("http", "https")
        or not _HOST.fullmatch(host)
        or parts.username is not None
        or not _plain(given)
    ):
        return None
    path, query, fragment = (
        _escaped(each, more) for each, more in ((parts.path, ""), (parts.query, "?"), (parts.fragment, "?"))
    )
    return urlunsplit((parts.scheme, host + port, path, query, fragment))


def _plain(given: str) -> bool:
    return given.isprintable() and " " not in given


def _escaped(piece: str, more: str) -> str:
    return quote(_STRAY.sub("%25", piece), safe=_KEPT + more)
