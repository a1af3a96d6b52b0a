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
    Redacted,
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
from ledger.store import PENDING

__all__ = [
    "PENDING",
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
    "Redacted",
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
