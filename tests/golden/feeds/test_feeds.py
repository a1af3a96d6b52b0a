"""Both feeds, byte for byte. `make golden` rewrites them; then read the diff."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from ledger.book.feeds import LIMIT, Channel, corrections_feed
from ledger.formats.atom import write
from tests.golden.feeds.example import CORRECTIVES, URL, night

HERE = Path(__file__).parent


def hold_against(name: str, text: str) -> None:
    golden, data = HERE / name, text.encode("utf-8")
    if os.environ.get("LEDGER_GOLDEN"):
        golden.write_bytes(data)
    assert data == golden.read_bytes()


def test_the_feed_of_changes(tmp_path: Path) -> None:
    with night(tmp_path).ledger as ledger:
        hold_against("changes.atom", write(ledger.changes_feed(url=URL)))


def test_the_feed_of_corrections() -> None:
    to = Channel("example.org/newsroom", datetime(2017, 4, 20, 19, 0, tzinfo=UTC), f"{URL}/")
    hold_against("corrections.atom", write(corrections_feed(CORRECTIVES, to, LIMIT, "corrections.atom")))
