"""The site in a published folder, beside the log: what is there is what was asked for, and no page outlives a hold.

A folder that has a site keeps one: ``site.json`` holds what the desk says of it, and every later publication brings the
pages up to its checkpoint, asked or not. So no page is left that tells of a claim which has been held since.

It is written after the checkpoint. First ``site.json`` says that these names are ours; then the pages of held claims
go; then each page that has changed takes its place, whole; then what nothing links to any more goes. If we crash at any
point, a page is that of this size or of an earlier one, which it names; the next publication does the rest.
"""

from __future__ import annotations

import filecmp
import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from ledger.book.export import Form, export_csv
from ledger.book.files import beside, copy_file, digest_of
from ledger.errors import Rejected
from ledger.publish.beside import TABLE_FILES, corrections, feeds
from ledger.publish.site import Look, Site
from ledger.publish.site_links import CHECK, CLAIMS, CORRECTIONS, FEEDS, HOME, STORIES, STYLE, TABLES

SETTINGS = "site.json"
NAMES = frozenset({SETTINGS, STYLE, HOME, CORRECTIONS, CHECK, STORIES, CLAIMS, FEEDS, TABLES})
"""What a site adds to a published folder."""

_FORMAT = "retraction-ledger-site 1"
_PAGES = {
    STORIES: re.compile(r"[0-9]+(-[0-9]+)?\.html"),
    CLAIMS: re.compile(r"([0-9]+)\.(html|proof\.json)"),
    FEEDS: re.compile(r"[a-z-]+\.atom"),
    TABLES: re.compile(r"[a-z-]+\.(csv|json)"),
}
_UNRENAMED = re.compile(r"\.[0-9a-z.-]+\.(html|json|css|atom|csv)\.[a-z0-9_]{8}")


def settings_of(folder: Path) -> Look | None:
    """Return what the desk said of the site in a folder, None if it has none.

    Raises :class:`~ledger.errors.Rejected` if that cannot be read.
    """
    try:
        found = json.loads((folder / SETTINGS).read_bytes())
        title, url, licence = found["title"], found["url"], found["licence"]
        texts = isinstance(title, str) and isinstance(url, str | None) and isinstance(licence, str | None)
        if texts and found["format"] == _FORMAT:
            return Look(title, url, licence)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    step = "publish with --site and its --title again, or with --no-site"
    raise Rejected(f"{folder / SETTINGS}: is not what a publication wrote", next=step)


class SiteFolder:
    """The files of a site in ``folder``; ``wrote`` counts those that were written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: set[str] = set()
        self.wrote = 0

    def write(self, site: Site) -> None:
        """Bring the folder up to what ``site`` says."""
        told = {"format": _FORMAT, **asdict(site.look)}
        besides = (*feeds(site.moment(), site.look.url), *TABLE_FILES)
        self._put(SETTINGS, (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode())
        for path, found in self._there(CLAIMS):
            if not site.shows(int(found[1])):
                path.unlink()
        for name, data in site.pages(besides, corrections(site.moment())):
            self._put(name, data)
        for each in besides:
            if each.text is not None:
                self._put(each.path, each.text.encode())
        self._export(site)
        self._sweep()

    def remove(self) -> None:
        """Take the site away; last of all what says that these names are ours."""
        self._sweep()
        for name in (HOME, CORRECTIONS, CHECK, STYLE):
            (self._folder / name).unlink(missing_ok=True)
        (self._folder / SETTINGS).unlink(missing_ok=True)

    def _put(self, path: str, data: bytes) -> None:
        """Write a file, whole or not at all, unless it is there as it should be."""
        self._kept.add(path)
        place = self._folder / path
        try:
            if place.stat().st_size == len(data) and place.read_bytes() == data:
                return
        except FileNotFoundError:
            pass
        with beside(place) as file:
            file.write(data)
        self.wrote += 1

    def _export(self, site: Site) -> None:
        """Write the tables elsewhere first, a row at a time, and copy those that have changed."""
        with TemporaryDirectory() as made:
            form = Form(package=True, licence=site.look.licence)
            for path in export_csv(
                site.moment(), Path(made), lambda: site.checkpoint.root, story=None, known=None, form=form
            ):
                place = self._folder / TABLES / path.name
                self._kept.add(f"{TABLES}/{path.name}")
                if not (place.exists() and filecmp.cmp(path, place, shallow=False)):
                    copy_file(path, place, only=digest_of(path))
                    self.wrote += 1

    def _there(self, folder: str) -> Iterator[tuple[Path, re.Match[str]]]:
        """The files of a folder that have names of ours."""
        place = self._folder / folder
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            if name := _PAGES[folder].fullmatch(path.name):
                yield path, name

    def _sweep(self) -> None:
        """Take away what is ours and was not written now, what a killed publication left, and empty folders."""
        for folder in _PAGES:
            for path, _ in self._there(folder):
                if f"{folder}/{path.name}" not in self._kept:
                    path.unlink()
            place = self._folder / folder
            for left in place.glob(".*") if place.is_dir() else ():
                if _UNRENAMED.fullmatch(left.name):
                    left.unlink(missing_ok=True)
            if place.is_dir() and not any(place.iterdir()):
                place.rmdir()
        for left in self._folder.glob(".*"):
            if _UNRENAMED.fullmatch(left.name):
                left.unlink(missing_ok=True)
