"""An Atom feed (RFC 4287), with ids that stay: tag URIs (RFC 4151). The same feed gives the same bytes.

Every text is plain (``type="text"``): what looks like mark-up is shown as it was typed, and nothing of it runs. A
character that XML cannot carry, or that only a machine would act on, becomes U+FFFD (:func:`carried`). Nothing in the
feed tells the version of the product, the machine or the time of writing.

Feeds are written here and never read: a ledger takes nothing from one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from xml.etree import ElementTree as ET

from ledger.encoding import sha256
from ledger.times import format_utc

NAMESPACE = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"

# All that XML 1.0 refuses, and the C1 controls, which it only advises against.
_UNCARRIED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_END = re.compile("\r\n?")
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last label has a letter: what is digits to the end is the address of a machine, and machines move.
_HOST = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+(?=[0-9-]*[a-z]){_LABEL}")


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One thing that happened. ``summary`` is plain text; ``author`` is None where it is that of the feed."""

    id: str
    title: str
    updated: datetime
    published: datetime
    summary: str
    link: str | None = None
    categories: tuple[str, ...] = ()
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """Entries in the order in which they are shown. ``self_link`` is where the feed is, ``page`` what it is of."""

    id: str
    title: str
    updated: datetime
    author: str
    entries: tuple[FeedEntry, ...]
    self_link: str | None = None
    page: str | None = None


def tag_uri(origin: str, opened: datetime, *names: str | int) -> str:
    """Name something of a log for ever: ``tag:example.org,2017-04-20:/newsroom:changes:13:11``.

    The authority is the host that the origin begins with, and the date that on which the log was opened, since hosts
    change hands. Other origins, such as one without a dot or with a capital, have an authority made of their hash under
    ``.invalid``, which nobody can own. Different origins, and different names, never give the same URI.
    """
    host = origin.partition("/")[0]
    if _HOST.fullmatch(host):
        authority, rest = host, origin.removeprefix(host)
    else:
        authority, rest = f"{sha256(origin.encode('utf-8', 'backslashreplace'))[:32]}.invalid", ""
    told = ":".join(quote(str(name), safe="", errors="surrogatepass") for name in names)
    return f"tag:{authority},{opened:%Y-%m-%d}:{quote(rest, safe='/', errors='replace')}:{told}"


def carried(text: str) -> str:
    """Return a text as XML can carry it and gives it back: plain line ends, and U+FFFD for what it cannot hold."""
    return _UNCARRIED.sub("\ufffd", _LINE_END.sub("\n", text))


def write(feed: Feed) -> str:
    """Write a feed, to be encoded as UTF-8. No two entries may have the same id."""
    assert len({entry.id for entry in feed.entries}) == len(feed.entries), "an id names one entry"
    root = ET.Element("feed", {"xmlns": NAMESPACE})
    _text(root, "id", feed.id)
    _text(root, "title", feed.title, type="text")
    _text(root, "updated", format_utc(feed.updated))
    _person(root, feed.author)
    if feed.self_link is not None:
        _link(root, "self", feed.self_link, MEDIA_TYPE)
    if feed.page is not None:
        _link(root, "alternate", feed.page, "text/html")
    for entry in feed.entries:
        _write_entry(ET.SubElement(root, "entry"), entry)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _write_entry(element: ET.Element, entry: FeedEntry) -> None:
    _text(element, "id", entry.id)
    _text(element, "title", entry.title, type="text")
    _text(element, "updated", format_utc(entry.updated))
    _text(element, "published", format_utc(entry.published))
    if entry.author is not None:
        _person(element, entry.author)
    for category in entry.categories:
        ET.SubElement(element, "category", {"term": carried(category)})
    if entry.link is not None:
        _link(element, "alternate", entry.link, "text/html")
    # An entry that leads nowhere has to hold its content itself (RFC 4287, 4.1.2).
    _text(element, "content" if entry.link is None else "summary", entry.summary, type="text")


def _text(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, name, attributes).text = carried(text)


def _person(parent: ET.Element, name: str) -> None:
    _text(ET.SubElement(parent, "author"), "name", name)


def _link(parent: ET.Element, relation: str, address: str, media_type: str) -> None:
    ET.SubElement(parent, "link", {"rel": relation, "type": media_type, "href": carried(address)})
