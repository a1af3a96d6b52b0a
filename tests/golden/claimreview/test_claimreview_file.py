"""The ClaimReviews of a small ledger, byte for byte. `make golden` rewrites the file; then read the diff.

At 22:30 Reuters relays a police source: a second officer was killed. At 22:57 the ministry, which has authority, denies
it. At 23:10 the desk corrects it to one. AFP alone reports a text that would break out of a page; a claim is held.
"""

import os
from pathlib import Path

from ledger.formats.claimreview import read, write
from ledger.vocabulary import SourceKind, Status
from tests.newsroom import ONE, PARIS, SECOND, STORY, Newsroom

GOLDEN = Path(__file__).parent / "claims.jsonld"
HOSTILE = "</script><script>alert(1)</script> \u05e9\u05dc\u05d5\u05dd \U0001f525 & \"q\" 'q'"


def exported(folder):
    room = Newsroom.founded(folder)
    ledger = room.ledger
    relayed = {"via": ["Reuters"], "url": "https://reuters.example/second-officer"}
    room.say(SECOND, Status.REPORTED, "a police source", "22:30", **relayed)
    ledger.add_source("Interior Ministry", kind=SourceKind.OFFICIAL)
    ledger.grant("Interior Ministry", story=STORY)
    room.clock.wait(5)
    room.say(SECOND, Status.DENIED, "Interior Ministry", "22:57", via=["BFM"])
    room.clock.wait(5)
    room.say("Shots were fired near the Élysée", Status.REPORTED, "a police source", via=["Reuters"])
    room.say("Shots were fired near the Élysée", Status.DENIED, "Interior Ministry", "23:05")
    room.clock.wait(5)
    room.say(SECOND, Status.CORRECTED, "desk", "23:10", to=ONE)
    room.say(HOSTILE, Status.REPORTED, "AFP", "23:15")
    room.say("A held claim", Status.REPORTED, "AFP", "23:15")
    ledger.hold("A held claim")
    path = folder / "claims.jsonld"
    ledger.export_claimreview(path, url="https://news.example", newsroom="Example News", language="en")
    ledger.close()
    return path.read_bytes()


def test_the_bytes_are_those_of_the_golden_file(tmp_path):
    data = exported(tmp_path)
    if os.environ.get("LEDGER_GOLDEN"):
        GOLDEN.write_bytes(data)
    assert data == GOLDEN.read_bytes()


def test_the_golden_file_reads_back_the_same():
    text = GOLDEN.read_text(encoding="utf-8")
    assert "".join(write(read(text, zone=PARIS), zone=PARIS)) == text
    assert "<" not in text


def test_the_golden_file_is_in_schema_orgs_own_words(claimreview_problems):
    assert claimreview_problems([GOLDEN.read_text(encoding="utf-8")]) == []
