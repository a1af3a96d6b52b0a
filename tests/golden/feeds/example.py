"""The night as it went, for what is published of it: a held claim, a redacted name, marks and letters of all kinds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ledger.book import Corrective, SettlementRow
from ledger.vocabulary import SourceKind, Status
from tests.newsroom import ONE, SECOND, STORY, Newsroom

ARABIC = "قتل شرطي في باريس"
MARKED = "The minister tweeted <script>alert(1)</script> & left"
HELD = "The gunman is known to us as somebody"
URL = "https://example.org/log"


def night(folder: Path) -> Newsroom:
    """4 story, 5 SECOND, 6 Reuters, 7 police source, 8 its word; 9 to 13 the ministry's denial; 14 to 16 the desk's."""
    made = Newsroom.founded(folder, opened="21:00")
    made.clock.set("23:00")
    made.say(SECOND, Status.REPORTED, "a police source", "22:30", via=["Reuters"])
    made.clock.set("23:10")
    made.ledger.add_source("Interior Ministry", SourceKind.OFFICIAL)
    made.ledger.grant("Interior Ministry", story=STORY)
    made.say(SECOND, Status.DENIED, "Pierre-Henry Brandet", "22:57", via=["BFM"], by_group="Interior Ministry")
    made.clock.set("23:20")
    made.say(ONE, Status.REPORTED, "desk", "21:20")
    made.say(SECOND, Status.CORRECTED, "desk", "23:10", to=ONE)
    made.clock.set("23:30")
    made.say(ARABIC, Status.REPORTED, "AFP", "23:25")
    made.say(MARKED, Status.REPORTED, "Inès", None, via=["BFM"])
    made.say(HELD, Status.REPORTED, "AFP", "23:26")
    made.ledger.hold(HELD)
    made.clock.set("23:40")
    made.ledger.redact(7, "Tribunal de Paris, 12 May 2017")
    return made


def corrective(index: int, publication: str, text: str, at: datetime, url: str | None = None) -> Corrective:
    return Corrective(SettlementRow(index, 20, publication, url, None, at, index, ()), None, None, (), text)


CORRECTIVES = [
    corrective(
        21,
        "Front page, 22:40",
        "We said that a second officer was killed. That is wrong: one was.",
        datetime(2017, 4, 20, 21, 30, tzinfo=UTC),
        "https://example.org/corrections/1",
    ),
    corrective(24, "Bulletin <7>", "We named a man who was not there.", datetime(2017, 4, 20, 21, 50, tzinfo=UTC)),
]
