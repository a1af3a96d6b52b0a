"""`frictionless validate` passes on what an export writes, whatever the ledger, the words in it, and the form."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.book.export import Form, export_csv
from ledger.book.snapshot import Snapshot
from ledger.model import Content, Redaction
from ledger.publish.derived import Derived
from ledger.resolver import Memory
from ledger.vocabulary import Part
from tests.ledgers import Book, moments
from tests.packages import validate
from tests.stored import dressed
from tests.strategies import books

HOSTILE = [
    *('=HYPERLINK("http://evil.example")', "'tis", "@all", "-1", "+1", " =1", "＝1"),
    *('"', '""', 'a "quoted" one', ",", ";", "|", "a\tb", "line\nline", "\n", "#comment", "[]", "{}", "[1"),
    *("null", "NaN", "true", "0", "1,5", "2017-04-20", "<script>", "قتل شرطي", "\u200f", "👮🏽", "\ufeff", "x" * 9_000),
]
FORMS = st.sampled_from(
    [(delimiter, raw) for delimiter in ("comma", "semicolon", "tab", "pipe") for raw in (True, False)]
)


def written(book: Book, words: list[str], form: Form, said: int | None = None) -> Snapshot:
    """A prefix whose texts are these words, over and over."""
    entries, contents = [], {}
    for entry in book.entries:
        entry, parts = dressed(entry)
        entries.append(entry)
        contents[entry.index] = {
            part: replace(content, value=words[(entry.index + number) % len(words)])
            if words and part is not Part.EVIDENCE
            else content
            for number, (part, content) in enumerate(parts.items())
        }
        if isinstance(entry.body, Redaction):
            contents[entry.body.target].pop(entry.body.part, None)
    found: dict[int, dict[Part, Content]] = contents
    times = moments(book.entries)
    at = None if said is None or not times else times[said % len(times)]
    return Snapshot(Derived(Memory(entries), found, len(entries)), at, ZoneInfo("UTC"))


@settings(max_examples=max(20, settings().max_examples // 5))
@given(books(), st.lists(st.sampled_from(HOSTILE), max_size=8), FORMS, st.booleans(), st.none() | st.integers(0, 999))
@example(Book(), [], ("comma", False), False, None)
@example(Book(), [], ("tab", True), True, None)
def test_what_is_exported_validates(
    book: Book, words: list[str], how: tuple[str, bool], held: bool, said: int | None
) -> None:
    form = Form(delimiter=how[0], raw=how[1], held=held, package=True)
    snapshot = written(book, words, form, said)
    with tempfile.TemporaryDirectory() as name:
        paths = export_csv(snapshot, Path(name), lambda: bytes(32), story=None, known=None, form=form)
        report = validate(str(paths[-1]))
        assert report.valid, report.flatten(["type", "fieldName", "note"])
        assert [task.place for task in report.tasks] == ["claims.csv", "entries.csv"]
        assert not report.warnings and not any(task.warnings for task in report.tasks)
