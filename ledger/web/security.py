"""What every answer says to a browser, and which requests may change anything: no page of another site's may.

A request that may change something has to come from a page of ours: browsers say so in ``Sec-Fetch-Site``, older ones
in ``Origin``. A program sends neither, and no cookie either: it has a token, which no browser sends by itself.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.errors import Forbidden, Misused
from ledger.web.problems import refused
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
_A_YEAR = 31_536_000
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({"same-origin", "none"})
_NEXT = "open the desk at its own address, and try again there"


class Security:
    """Stands before the whole app."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what is not ours, and add the headers to every answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._mark(MutableHeaders(scope=message))
            await send(message)

        why = self._refusal(scope["method"], Headers(scope=scope))
        await (self._app if why is None else refused(why))(scope, receive, marked)

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
            ours = urlsplit(origin).netloc == host != ""
        else:
            ours = "cookie" not in headers
        return None if ours else Forbidden("origin: the request comes from a page of another site", next=_NEXT)


def _name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()
