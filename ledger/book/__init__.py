"""The façade that the command line, the web desk and a Python user call."""

from ledger.book.facade import Ledger
from ledger.book.lookup import UnknownSource
from ledger.book.views import (
    AsOf,
    BoardRow,
    Changed,
    Difference,
    DocumentRow,
    EdgeView,
    GrantRow,
    HistoryLine,
    Hit,
    LogLine,
    Receipt,
    Recorded,
    Since,
    SourceRow,
    StoryRow,
    TodoRow,
    Verification,
    Why,
    WhyLine,
    WordingLine,
)
from ledger.resolver import Clock

__all__ = [
    "AsOf",
    "BoardRow",
    "Changed",
    "Clock",
    "Difference",
    "DocumentRow",
    "EdgeView",
    "GrantRow",
    "HistoryLine",
    "Hit",
    "Ledger",
    "LogLine",
    "Receipt",
    "Recorded",
    "Since",
    "SourceRow",
    "StoryRow",
    "TodoRow",
    "UnknownSource",
    "Verification",
    "Why",
    "WhyLine",
    "WordingLine",
]
