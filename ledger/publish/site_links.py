"""Where things are on a site, and how a page that is some folders deep links to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

STYLE = "style.css"
HOME = "index.html"
CORRECTIONS = "corrections.html"
CHECK = "check.html"
STORIES = "story"
CLAIMS = "claim"
FEEDS = "feed"
TABLES = "csv"


def story_path(index: int, number: int = 1) -> str:
    """Return where a page of a story is; the first has no number."""
    return f"{STORIES}/{index}.html" if number == 1 else f"{STORIES}/{index}-{number}.html"


def claim_path(index: int) -> str:
    """Return where the page of a claim is."""
    return f"{CLAIMS}/{index}.html"


def proof_path(index: int) -> str:
    """Return where the proof of a claim's state is."""
    return f"{CLAIMS}/{index}.proof.json"


@dataclass(frozen=True, slots=True)
class SiteLinks:
    """Links from a page; ``up`` leads to the top, and ``shown`` says which claims have a page."""

    up: str
    shown: Callable[[int], bool]

    @property
    def style(self) -> str:
        """The style sheet."""
        return self.up + STYLE

    @property
    def home(self) -> str:
        """The first page."""
        return self.up + HOME

    @property
    def corrections(self) -> str:
        """The page of corrections."""
        return self.up + CORRECTIONS

    @property
    def check(self) -> str:
        """The page that says how to check it."""
        return self.up + CHECK

    def story(self, index: int, number: int = 1) -> str:
        """A page of a story."""
        return self.up + story_path(index, number)

    def claim(self, index: int) -> str | None:
        """The page of a claim; None for one that is not told of."""
        return self.up + claim_path(index) if self.shown(index) else None

    def proof(self, index: int) -> str:
        """The proof of a claim's state."""
        return self.up + proof_path(index)
