"""Pictures of the seed story's site for `docs/site.md`: on a phone and on a laptop, in light and dark.

`make screenshots` runs it, where Chromium is installed. A site is the same bytes every time, so a picture changes only
where the pages, the browser or its fonts do.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.shell import ROOT
from tests.sites import seed_site

PICTURES = ROOT / "docs" / "site"
PHONE, LAPTOP = (390, 844), (1280, 800)
SAFE = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--disable-background-networking")


@dataclass(frozen=True)
class Picture:
    """One window onto a page; ``at`` is the element that it is scrolled to."""

    name: str
    path: str
    size: tuple[int, int]
    scheme: str
    at: str | None = None


SHOTS = (
    Picture("index-laptop-light", "index.html", LAPTOP, "light"),
    Picture("story-laptop-dark", "story/4.html", LAPTOP, "dark", "figure.timeline"),
    Picture("claim-laptop-light", "claim/43.html", LAPTOP, "light"),
    Picture("claim-phone-light", "claim/43.html", PHONE, "light"),
    Picture("claim-phone-dark", "claim/43.html", PHONE, "dark", "table.said"),
    Picture("story-phone-dark", "story/4.html", PHONE, "dark", ".lanes li:nth-child(11)"),
)


def main() -> int:
    """Take every picture; return the exit code."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        print("screenshots: no Chromium here, so none was taken", file=sys.stderr)
        return 3
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        site = seed_site(Path(made))
        _take(browser, site)
    return 0


def _take(executable: str, site: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(SAFE))
        for shot in SHOTS:
            width, height = shot.size
            page = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme=shot.scheme,  # type: ignore[arg-type]
            )
            page.goto((site / shot.path).as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (
                f"{shot.name}: is wider than its screen"
            )
            if shot.at is not None:
                page.locator(shot.at).first.evaluate("element => element.scrollIntoView()")
            page.screenshot(path=PICTURES / f"{shot.name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
