"""What is read out of a page that was sent as an answer."""

from __future__ import annotations

import html
import re
import secrets

HTML = {"Accept": "text/html"}


def key() -> dict[str, str]:
    """The key of a form that nobody has sent yet."""
    return {"key": secrets.token_hex(8)}


def wrong(text: str) -> str:
    """What a page says beside the one form that was refused."""
    found = re.findall(r'role="alert"[^>]*>(.*?)</div>', text, re.DOTALL)
    assert len(found) == 1, text
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", found[0])).split())


def shown_secret(text: str) -> str:
    """The token or the password that a page shows this once."""
    [found] = re.findall(r'<code class="secret">([^<]+)</code>', text)
    return str(html.unescape(found))


def carried(text: str) -> dict[str, str]:
    """What the page to sign in carries of a form that was sent without a session."""
    return {name: html.unescape(value) for name, value in re.findall(r'name="(to|kept)" value="([^"]*)"', text)}


def sent_again(text: str) -> dict[str, str]:
    """The fields of a form as they are shown to who signed in again."""
    found = re.findall(r'<textarea name="([^"]*)" hidden>\n(.*?)</textarea>', text, re.DOTALL)
    return {name: html.unescape(value) for name, value in found}
