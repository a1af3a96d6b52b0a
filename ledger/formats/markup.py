"""HTML in a text that should be plain: taken out on reading, and made harmless on writing.

``plain(marked(text)) == text`` for every text without line ends and without spaces around it.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

# Every other tag parts the words on both sides of it.
_INLINE = frozenset({"a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "em", "font", "i", "ins", "mark", "q", "s"})
_INLINE |= {"small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr"}
_UNSEEN = ("script", "style")
# What no > closes is no tag; the parser would look to the end of the text for one, again and again.
_NO_TAG = re.compile("<(?![^<>]*>)")
_LINE_ENDS = re.compile("[\t\n\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")


class _Text(HTMLParser):
    """What a reader of the page would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self.tags = 0
        self._unseen = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's
        self.tags += 1
        self._unseen = tag in _UNSEEN
        self.seen += [] if tag in _INLINE else [" "]

    def handle_endtag(self, tag: str) -> None:
        self.tags += 1
        self._unseen = False
        self.seen += [] if tag in _INLINE else [" "]

    def handle_comment(self, data: str) -> None:  # noqa: ARG002 - the parser's
        self.tags += 1

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.seen.append(data)


def plain(text: str) -> str:
    """The text without tags and entities, on one line, without spaces around it."""
    tags = 0
    if "<" in text or "&" in text:
        parser = _Text()
        # The parser gives up on an unknown section; nobody means one.
        parser.feed(_NO_TAG.sub("&lt;", text).replace("<![", "&lt;!["))
        parser.close()
        text, tags = "".join(parser.seen), parser.tags
    if tags or _LINE_ENDS.search(text):
        text = " ".join(text.split())
    return text.strip()


def marked(text: str) -> str:
    """The text as it has to be written so that one who takes it for HTML reads it as it is."""
    return text if plain(text) == text else html.escape(text, quote=False)
