"""The bulk replay of ledgers in files: prefixes, damage, kinds of tomorrow, and how much of it is done in bulk."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.ledgers import made_entries
from ledger.bulk import NONE, resolve_all
from ledger.encoding import encode_entry
from ledger.errors import Unavailable, Unresolvable
from ledger.model import Entry, Unknown
from ledger.resolver import board, replay, resolve
from ledger.store import Store
from ledger.vocabulary import Kind, State
from tests.ledgers import Book
from tests.property.test_bulk import Kept, in_bulk, plainly
from tests.stored import dressed, night, record, tamper


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger with every kind of entry in a file."""
    path = tmp_path / "claims.db"
    with Store.create(path) as store:
        record(store, night())
    return path


def outcome(path: Path, size: int | None = None) -> dict[int, tuple[int, State, int | None]]:
    """Of each claim in a file the one that it counts under, its state and its successor."""
    with Store.open(path, read_only=True) as store, store.reading(size) as reader:
        found = resolve_all(reader)
        assert found.entries == reader.size
    places = range(len(found))
    ends = [None if end == NONE else end for end in found.successor.tolist()]
    return {c: (int(found.folded[n]), found.state_of(c), ends[n]) for n, c in zip(places, found.claims, strict=True)}


def test_every_prefix_of_a_file(path: Path) -> None:
    entries = night()
    for size in (*range(len(entries) + 1), None):
        fold = replay(entries[:size])
        verdicts = {claim: resolve(fold, claim) for claim in fold.facts.of_kind(Kind.CLAIM.value)}
        assert outcome(path, size) == {c: (v.claim, v.state, v.successor) for c, v in verdicts.items()}


def test_a_ledger_without_entries(tmp_path: Path) -> None:
    Store.create(tmp_path / "claims.db").close()
    assert outcome(tmp_path / "claims.db") == {}
    assert (len(resolve_all(Kept([]))), resolve_all(Kept([])).counts()) == (0, {})


def test_what_is_asked_of_one_claim() -> None:
    """Two agencies report it; nobody speaks of the other claim."""
    book = Book()
    story = book.story()
    claim, other = book.claim(story), book.claim(story)
    for _ in range(2):
        book.say(claim, "reported", book.source("agency"), said="12:10")
    found = resolve_all(Kept(book.entries))
    assert (found.place(claim), found.place(other)) == (0, 1)
    assert (found.state_of(claim), found.state_of(other)) == (State.CORROBORATED, State.UNVERIFIED)
    assert found.counts() == {State.CORROBORATED: 1}
    for index in (0, claim - 1, other + 1, 10**6):
        with pytest.raises(KeyError):
            found.state_of(index)


def test_the_board_lists_the_same_claims() -> None:
    entries = night(6)
    found = resolve_all(Kept(entries))
    assert found.claims[found.listed].tolist() == board(replay(entries))


def test_an_entry_of_tomorrow_is_not_resolved_past(path: Path) -> None:
    with Store.open(path) as store, store.writing() as writer:
        last = writer.entry(writer.size - 1)
        writer.append(Entry(writer.size, last.recorded, 1, Unknown("embargo", {"until": 9})))
    size = len(night())
    with Store.open(path) as store, store.reading() as reader:
        with pytest.raises(Unresolvable) as plain:
            replay(reader.entries())
        with pytest.raises(Unresolvable, match=f"entry {size}: kind 'embargo' is not known") as bulk:
            resolve_all(reader)
    assert (bulk.value.message, bulk.value.next) == (plain.value.message, plain.value.next)
    assert outcome(path, size) == outcome(path, size)


def leaf_of(kind: Kind) -> tuple[int, bytes]:
    """The last leaf of a kind in the ledger in the file, and its index."""
    entry = [entry for entry in night() if entry.word == kind][-1]
    return entry.index, encode_entry(dressed(entry)[0])


DAMAGE: list[tuple[str, Kind, Callable[[bytes], object], str]] = [
    ("no JSON", Kind.STATEMENT, lambda leaf: leaf[:-1], "is not JSON"),
    ("no bytes", Kind.STATEMENT, lambda leaf: leaf.decode(), "is no bytes|is damaged"),
    ("nothing", Kind.CLAIM, lambda _: b"", "is not JSON"),
    ("a blank", Kind.STATEMENT, lambda leaf: leaf + b" ", "is not in canonical form"),
    ("a blank line", Kind.CLAIM, lambda leaf: leaf + b"\n", "is not in canonical form"),
    ("a field more", Kind.CLAIM, lambda leaf: leaf.replace(b'"story"', b'"stories"'), "has a field that no claim has"),
    ("a day", Kind.CLAIM, lambda leaf: leaf.replace(b"-04-20T", b"-04-31T"), "leaf is damaged"),
    ("a said", Kind.STATEMENT, lambda leaf: leaf.replace(b'"said":"2017-04-20', b'"said":"2017-02-30'), "is damaged"),
    ("an hour", Kind.RETRACT, lambda leaf: re.sub(rb"T\d\d:", b"T24:", leaf), "is not a time"),
    ("a year", Kind.CLAIM, lambda leaf: leaf.replace(b'"2017-', b'"0000-'), "is not a time"),
    ("no comma", Kind.STATEMENT, lambda leaf: leaf.replace(b'"},"quote"', b'"}"quote"'), "is not JSON"),
    ("a comma more", Kind.STATEMENT, lambda leaf: leaf.replace(b'"}},"', b'"},},"'), "is not JSON"),
    ("a status", Kind.STATEMENT, lambda leaf: leaf.replace(b'"superseded"', b'"replaced"'), "has an unknown status"),
    ("the index", Kind.CLAIM, lambda leaf: re.sub(rb'"index":\d+', b'"index":3', leaf), "in its place|is missing"),
    ("an index beyond", Kind.STATEMENT, lambda leaf: re.sub(rb'"index":\d+', b'"index":999', leaf), "in its place"),
    ("no such claim", Kind.STATEMENT, lambda leaf: re.sub(rb'"claim":\d+', b'"claim":4', leaf), "which is no claim"),
    ("a later claim", Kind.STATEMENT, lambda leaf: re.sub(rb'"to":\d+', b'"to":999', leaf), "which is no claim before"),
    ("no such source", Kind.STATEMENT, lambda leaf: re.sub(rb"\[\d+", b"[0", leaf), "entry 0, which is no source"),
    ("no such relayer", Kind.STATEMENT, lambda leaf: leaf.replace(b"],", b",9],"), "entry 9, which is no source"),
    ("no such story", Kind.CLAIM, lambda leaf: re.sub(rb'"story":\d+', b'"story":1', leaf), "which is no story"),
    ("no such target", Kind.RETRACT, lambda leaf: re.sub(rb'"target":\d+', b'"target":99', leaf), "is no entry before"),
    (
        "itself",
        Kind.RETRACT,
        lambda leaf: re.sub(rb'index":(\d+)(.*)target":\d+', rb'index":\1\2target":\1', leaf),
        "before",
    ),
    ("an act", Kind.AUTHORITY, lambda leaf: re.sub(rb'"source":\d+', b'"source":1', leaf), "which is no source"),
    ("same as none", Kind.SAME, lambda leaf: re.sub(rb'"same_as":\d+', b'"same_as":5', leaf), "which is no claim"),
    ("a group", Kind.GROUP, lambda leaf: re.sub(rb'"source":\d+', b'"source":999', leaf), "which is no source"),
    ("a hold", Kind.HOLD, lambda leaf: re.sub(rb'"claim":\d+', b'"claim":0', leaf), "which is no claim"),
    ("evidence", Kind.EVIDENCE, lambda leaf: re.sub(rb'"about":\d+', b'"about":999', leaf), "is no entry before"),
    ("a pointer", Kind.STATEMENT, lambda leaf: leaf.replace(b"superseded", b"denied"), "its status does not"),
]


@pytest.mark.parametrize(("kind", "change", "why"), [row[1:] for row in DAMAGE], ids=[row[0] for row in DAMAGE])
def test_damage_is_told(path: Path, kind: Kind, change: Callable[[bytes], object], why: str) -> None:
    index, leaf = leaf_of(kind)
    changed = change(leaf)
    assert changed != leaf
    tamper(path, ('UPDATE entries SET leaf = ? WHERE "index" = ?', (changed, index)))
    with (
        pytest.raises(Unavailable, match=why) as told,
        Store.open(path, read_only=True) as store,
        store.reading() as reader,
    ):
        resolve_all(reader)
    assert re.match(r"entry \d+: |entries: ", told.value.message)
    assert "claims verify" in told.value.next


@pytest.mark.parametrize("index", [0, 3, 20])
def test_a_missing_entry_is_told(path: Path, index: int) -> None:
    tamper(path, ('DELETE FROM entries WHERE "index" = ?', (index,)))
    with (
        pytest.raises(Unavailable, match=f"entry {index}: its leaf is missing"),
        Store.open(path, read_only=True) as store,
        store.reading() as reader,
    ):
        resolve_all(reader)


def test_leaves_that_changed_places_are_told() -> None:
    """Two claims, so that each leaf is one that a claim may have."""
    entries = night()
    kept = Kept(entries)
    claims = [entry.index for entry in entries if entry.word == Kind.CLAIM]
    for one, other in (claims[:2], claims[1:3]):
        swapped = Kept(entries)
        swapped.all[one], swapped.all[other] = kept.all[other], kept.all[one]
        with pytest.raises(Unavailable, match=f"entry {one}: its leaf does not stand in its place"):
            resolve_all(swapped)


def test_rare_forms_are_read_one_by_one() -> None:
    """A chain of a hundred relayers, and a recorder of a number that no entry has; the rules would refuse both."""
    book = Book()
    story, account = book.story(), book.source("account")
    claim, other = book.claim(story), book.claim(story)
    outlets = [book.source("agency") for _ in range(100)]
    before = resolve_all(Kept(book.entries)).decoded
    for status, to in (("reported", None), ("corrected", other)):
        book.say(claim, status, account, outlets, "12:10", to)
    book.entries += [replace(entry, index=entry.index + 2, recorder=10**15) for entry in book.entries[-2:]]
    book.retract(book.say(claim, "denied", outlets[0], outlets[1:]))
    book.entries[-1] = replace(book.entries[-1], recorder=10**15)
    assert resolve_all(Kept(book.entries)).decoded == before + 6
    assert in_bulk(book.entries) == plainly(book.entries)


def test_the_ledger_that_is_measured_on_is_read_in_bulk() -> None:
    """Sources and stories are read one by one, statements, claims and retractions are not; no claim is left out."""
    entries = [entry for entry, _ in made_entries(12_000)]
    found = resolve_all(Kept(entries, at_once=1_000))
    assert found.decoded / found.entries < 0.05
    assert found.decoded == sum(1 for entry in entries if entry.word not in ("statement", "claim", "retract"))
    fold = replay(entries)
    assert {claim: found.state_of(claim) for claim in found.claims} == {
        claim: resolve(fold, claim).state for claim in fold.facts.of_kind(Kind.CLAIM.value)
    }
    assert sum(found.counts().values()) == len(board(fold))


WITHOUT_NUMPY = """
import sys
sys.modules["numpy"] = None
from ledger import bulk, errors
try:
    bulk.resolve_all(None)
except errors.Unavailable as error:
    print(error.message, error.next, sep="\\n")
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_without_the_extra_it_says_what_to_install() -> None:
    done = run(WITHOUT_NUMPY)
    assert done.stdout.splitlines() == ["bulk: numpy is not installed", "pip install 'retraction-ledger[bulk]'"]
    assert (done.returncode, done.stderr) == (0, "")


def test_what_else_is_missing_is_not_taken_for_it() -> None:
    done = run(WITHOUT_NUMPY.replace('"numpy"', '"ledger.bulk.desk"'))
    assert "ledger.bulk.desk" in done.stderr and "retraction-ledger[bulk]" not in done.stdout


def test_nobody_else_needs_the_extra() -> None:
    done = run("import sys, ledger.cli.root, ledger.book, ledger.publish; sys.exit('numpy' in sys.modules)")
    assert done.returncode == 0, done.stderr
