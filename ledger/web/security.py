"""What every answer says to a browser, how much may be sent, and which requests may change anything.

No page of another site's may: a request that may change something has to come from a page of ours. Browsers say so in
``Sec-Fetch-Site``, older ones in ``Origin``, and very old ones not at all. A program sends neither, and no cookie
either: it has a token, or where nobody has an account what no page can send elsewhere without being asked first.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.errors import Forbidden, Misused
from ledger.web.identity import bearer_of
from ledger.web.problems import Refusal, TooLarge
from ledger.web.settings import Settings

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
UPLOADS = re.compile(r"/api/v1/evidence|/record|/entries/[0-9]+/evidence")
MOST, MOST_UPLOADED = 1024**2, 1024**3
"""How many bytes a request may have; one that uploads a document more, which goes to the disk."""

_A_YEAR = 31_536_000
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({"same-origin", "none"})
_NEXT = "open the desk at its own address, and try again there"


class Security:
    """Stands before the whole app."""

    def __init__(self, app: ASGIApp, settings: Settings, refuse: Refusal) -> None:
        self._app = app
        self._settings = settings
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what is not ours, and add the headers to every answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._mark(MutableHeaders(scope=message))
            await send(message)

        headers = Headers(scope=scope)
        most = MOST_UPLOADED if UPLOADS.fullmatch(scope["path"]) else MOST
        why = self._refusal(scope["method"], headers) or _too_large(headers, most)
        if why is None:
            await self._app(scope, _measured(receive, most), marked)
        else:
            await self._refuse(scope, why)(scope, receive, marked)

    def _mark(self, headers: MutableHeaders) -> None:
        for name, value in _HEADERS.items():
            headers[name] = value
        if self._settings.secure:
            headers["Strict-Transport-Security"] = f"max-age={_A_YEAR}"
        headers.setdefault("Cache-Control", "no-store")

    def _refusal(self, method: str, headers: Headers) -> Forbidden | Misused | None:
        host = headers.get("host", "")
        if self._settings.hosts is not None and _name(host) not in self._settings.hosts:
            return Misused("host: this desk is not called so", next=_NEXT)
        if method in _SAFE:
            return None
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None:
            ours = site in _OURS
        elif origin is not None:
            scheme = "https" if self._settings.secure else "http"
            ours = host != "" and origin.lower() == f"{scheme}://{host.lower()}"
        elif "cookie" in headers:
            ours = False
        else:
            ours = bearer_of(headers) is not None or not _a_page_can_send(method, headers)
        return None if ours else Forbidden("origin: the request comes from a page of another site", next=_NEXT)


def _a_page_can_send(method: str, headers: Headers) -> bool:
    """Whether a page of another site can have a browser send this here without asking us first (CORS, "simple")."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return method == "POST" and kind != "application/json"


def _too_large(headers: Headers, most: int) -> TooLarge | None:
    length = headers.get("content-length", "0")
    return TooLarge(most) if not length.isdecimal() or int(length) > most else None


def _measured(receive: Receive, most: int) -> Receive:
    """What is sent without saying how much it is, no more of it than is taken."""
    taken = 0

    async def measured() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            # FastAPI lets nothing else through that comes up while it reads a body.
            raise HTTPException(413) from TooLarge(most)
        return message

    return measured


def _name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()
