"""The façade that the command line, the web desk and a Python user call."""

from ledger.book.facade import Ledger
from ledger.book.lookup import UnknownSource
from ledger.book.views import (
    AsOf,
    BoardRow,
    Difference,
    EdgeView,
    GrantRow,
    HistoryLine,
    LogLine,
    Receipt,
    SourceRow,
    StoryRow,
    Verification,
    Why,
    WhyLine,
    WordingLine,
)
from ledger.resolver import Clock

__all__ = [
    "AsOf",
    "BoardRow",
    "Clock",
    "Difference",
    "EdgeView",
    "GrantRow",
    "HistoryLine",
    "Ledger",
    "LogLine",
    "Receipt",
    "SourceRow",
    "StoryRow",
    "UnknownSource",
    "Verification",
    "Why",
    "WhyLine",
    "WordingLine",
]
