"""The whole site of a random ledger of which some is not public: none of that is in any file, and all else is told."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings

from ledger.disclosure import Disclosure
from ledger.encoding import reference_to
from ledger.model import Claim, Content, Document, Entry, Redaction
from ledger.publish import new_key, publish
from ledger.resolver import replay
from ledger.store import Store
from ledger.vocabulary import Part
from tests.public import Contents, secretive, words
from tests.publications import SEED, files
from tests.sites import LOOK, record_dressed


def everything(entries: list[Entry], contents: Contents) -> dict[int, dict[Part, Content]]:
    """The contents as they were before anything was redacted."""
    found = {index: dict(parts) for index, parts in contents.items()}
    for entry in entries:
        if isinstance(entry.body, Redaction):
            told = words(entry.body.target, entry.body.part)
            found[entry.body.target][entry.body.part] = _content(entries[entry.body.target], entry.body.part, told)
    return found


def _content(entry: Entry, part: Part, told: str) -> Content:
    for value in (told, f"https://example.org/{told}", Document(url=f"https://example.org/{told}")):
        content = Content(f"{entry.index:064x}", value)
        if reference_to(content).sha256 == entry.parts[part].sha256:
            return content
    raise AssertionError("the leaf holds the hash of what was redacted")


@settings(max_examples=max(settings().max_examples // 20, 1))
@given(secretive())
def test_nothing_that_is_withheld_is_in_any_file(history: tuple[list[Entry], Contents]) -> None:
    entries, contents = history
    disclosure = Disclosure(replay(entries).acts)
    withheld = {(entry.index, part) for entry in entries for part in disclosure.withheld(entry)}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        whole = everything(entries, contents)
        with Store.create(folder / "claims.db") as store:
            record_dressed(store, [(entry, whole[entry.index]) for entry in entries])
            publish(store, new_key(folder / "keys", "example.org/desk", SEED), folder / "pub", site=LOOK)
        published = files(folder / "pub")
    told = b"".join(published.values())
    assert [place for place in withheld if words(*place).encode() in told] == []
    for entry in entries:
        if isinstance(entry.body, Claim) and not disclosure.holds(entry.index):
            assert f"claim/{entry.index}.html" in published
            if (entry.index, Part.TEXT) not in withheld and not _reworded(entries, entry.index):
                assert words(entry.index, Part.TEXT).encode() in published[f"claim/{entry.index}.html"]
        elif isinstance(entry.body, Claim):
            assert f"claim/{entry.index}.html" not in published
            assert not any(f"claim/{entry.index}.".encode() in data for data in published.values())


def _reworded(entries: list[Entry], claim: int) -> bool:
    return any(entry.word == "wording" and entry.body.claim == claim for entry in entries)  # type: ignore[union-attr]
