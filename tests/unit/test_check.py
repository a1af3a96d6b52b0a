"""Whatever is changed behind the guards, `check` names it: here somebody takes them away and puts them back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.encoding import canonical, encode_content, encode_entry, sha256
from ledger.model import Entry, Opening, Redaction, Unknown
from ledger.store import Store, check
from ledger.vocabulary import Part
from tests.ledgers import redacted
from tests.stored import dressed, night, raw, record, tamper

NIGHT = night()
DRESSED = [dressed(entry)[0] for entry in NIGHT]
LAST = len(NIGHT) - 1
STATEMENT = next(entry.index for entry in NIGHT if entry.word == "statement")
CLAIM = next(entry.index for entry in NIGHT if entry.word == "claim")
OF = '"index" ='

Statement = str | tuple[str, tuple[Any, ...]]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("check") / "claims.db"
    with Store.create(path) as store:
        record(store, NIGHT)
        assert check(store) == []
    return path


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(original, tmp_path))


def told(path: Path) -> list[str]:
    with Store.open(path, read_only=True) as store:
        return [str(problem) for problem in check(store)]


def after(path: Path, *statements: Statement) -> list[str]:
    """What `check` says once the file was tampered with."""
    tamper(path, *statements)
    return told(path)


def leaf(index: int, change: Callable[[Entry], Entry]) -> Statement:
    """Put another leaf in the place of one, and nothing else."""
    return f"UPDATE entries SET leaf = ? WHERE {OF} {index}", (encode_entry(change(DRESSED[index])),)


@pytest.mark.parametrize(
    ("column", "value", "expected", "got"),
    [
        ("kind", "'hold'", "statement", "hold"),
        ("recorder", "2", "1", "2"),
        ("recorder", "NULL", "1", None),
        ("key", "NULL", f"{STATEMENT:032x}", None),
        ("key", f"'{'a' * 32}'", f"{STATEMENT:032x}", "a" * 32),
        ("recorded", "'2017-04-20T22:30:00.000001Z'", "2017-04-20T22:30:00.000000Z", "2017-04-20T22:30:00.000001Z"),
        ("recorded", "'yesterday'", "2017-04-20T22:30:00.000000Z", "yesterday"),
    ],
)
def test_a_column_that_is_not_what_the_leaf_says(
    path: Path, column: str, value: str, expected: str, got: str | None
) -> None:
    found = after(path, f"UPDATE entries SET {column} = {value} WHERE {OF} {STATEMENT}")
    details = f"expected {expected}" + ("" if got is None else f", got {got}")
    assert found == [f"entry {STATEMENT}: column {column}: differs from its leaf ({details})"]


def test_every_difference_is_told_at_once(path: Path) -> None:
    found = after(
        path,
        f"UPDATE entries SET kind = 'hold' WHERE {OF} {LAST}",
        f"UPDATE entries SET leaf = x'7b7d' WHERE {OF} 5",
        f"DELETE FROM contents WHERE {OF} 1",
        "UPDATE names SET skeleton = 'x' WHERE kind = 'story'",
        f"DELETE FROM links WHERE {OF} {STATEMENT} AND role = 'statement.via'",
    )
    for expected in (
        f"entry {LAST}: column kind: differs",
        "entry 5: leaf: is of format None",
        "entry 1: content name: is missing",
        "entry 4: name story 'story 4': column skeleton: differs",
        f"entry {STATEMENT}: link statement.via to 5: is missing",
        "entry 5: tile/0/000.p/31: has another hash than its leaf",
        "registers: cannot be derived again, since not every entry can be read and keeps the rules; 12 entries that",
    ):
        assert any(each.startswith(expected) for each in found), (expected, found)


@pytest.mark.parametrize(
    ("bytes_", "why"),
    [
        (b"", "leaf: is not JSON"),
        (b"\xff", "leaf: is not UTF-8"),
        (b"[]", "leaf: is not a JSON object"),
        (encode_entry(DRESSED[5]).replace(b":", b": "), "leaf: is not in canonical form"),
        (encode_entry(DRESSED[5]) + b" ", "leaf: is not in canonical form"),
        (encode_entry(DRESSED[5]).replace(b'"agency"', b'"agencies"'), "leaf: has an unknown source_kind"),
    ],
)
def test_a_leaf_that_is_none(path: Path, bytes_: bytes, why: str) -> None:
    found = after(path, (f"UPDATE entries SET leaf = ? WHERE {OF} 5", (bytes_,)))
    assert found[0].startswith(f"entry 5: {why}")
    assert found[1:] == [
        "entry 5: words of name: follow from no entry",
        "entry 5: tile/0/000.p/31: has another hash than its leaf",
        "entry 5: name source 'source 5': follows from no entry",
        "registers: cannot be derived again, since not every entry can be read and keeps the rules; "
        "12 entries that build on others could not be judged",
    ]


def test_a_leaf_that_is_text(path: Path) -> None:
    found = after(path, f"UPDATE entries SET leaf = CAST(leaf AS TEXT) WHERE {OF} 5")
    assert found[0].startswith("entry 5: leaf: ")


def test_a_leaf_that_names_another_index(path: Path) -> None:
    assert after(path, leaf(CLAIM, lambda entry: replace(entry, index=CLAIM + 50))) == [
        f"entry {CLAIM}: leaf: is that of another entry (got the leaf of entry {CLAIM + 50})",
        f"entry {CLAIM}: tile/0/000.p/31: has another hash than its leaf",
        "registers: cannot be derived again, since not every entry can be read and keeps the rules; "
        "9 entries that build on others could not be judged",
    ]


def test_a_leaf_that_says_something_else(path: Path) -> None:
    assert isinstance(NIGHT[LAST].body, Redaction)
    found = after(path, leaf(STATEMENT, lambda entry: replace(entry, body=replace(entry.body, chain=(6, 5)))))
    assert f"entry {STATEMENT}: link statement.speaker to 6: is missing" in found
    assert f"entry {STATEMENT}: link statement.speaker to 8: is not in its leaf" in found
    assert f"entry {CLAIM}: voice of source 8: follows from no entry" in found


def test_the_registers_follow_the_leaves(path: Path) -> None:
    """A change that no column shows: the time at which it was said."""
    later = timedelta(minutes=-1)
    found = after(
        path,
        leaf(
            STATEMENT,
            lambda entry: replace(
                entry, body=replace(entry.body, said=replace(entry.body.said, at=entry.body.said.at + later))
            ),
        ),
    )
    assert found == [
        f"entry {STATEMENT}: tile/0/000.p/31: has another hash than its leaf",
        f"entry {CLAIM}: voice of source 8: column said: differs from its leaf "
        "(expected 2017-04-20T22:29:00.000000Z, got 2017-04-20T22:30:00.000000Z)",
    ]


def test_an_entry_that_is_missing(path: Path) -> None:
    found = after(path, f"DELETE FROM entries WHERE {OF} {LAST - 2}")
    assert f"entry {LAST - 1}: index: is not the next one (expected {LAST - 2}, got {LAST - 1})" in found
    assert f"entry {LAST - 2}: content evidence: is not in its leaf" in found
    assert "file: table links: refers to entries that do not exist" in found


def test_a_last_entry_that_is_missing(path: Path) -> None:
    evidence = LAST - 2
    found = after(path, *(f"DELETE FROM entries WHERE {OF} {index}" for index in range(evidence, LAST + 1)))
    assert f"entry {evidence}: content evidence: stands without its entry" in found
    assert f"entry {evidence}: link evidence.about: stands without its entry" in found


@pytest.mark.parametrize("index", ["'next'", str(LAST + 7), "-1"])
def test_an_index_that_is_no_place(path: Path, index: str) -> None:
    found = after(path, f"UPDATE entries SET {OF} {index} WHERE {OF} {LAST}")
    shown = index.strip("'")
    assert any(each.startswith(f"entry {shown}: index: is not the next one") for each in found)


def test_an_entry_recorded_before_the_one_before_it(path: Path) -> None:
    early = DRESSED[LAST].recorded - timedelta(days=1)
    found = after(
        path,
        leaf(LAST, lambda entry: replace(entry, recorded=early)),
        f"UPDATE entries SET recorded = '2017-04-19T23:20:00.000000Z' WHERE {OF} {LAST}",
    )
    assert found == [
        f"entry {LAST}: recorded: is before that of the entry before it "
        "(expected 2017-04-20T23:20:00.000000Z or later, got 2017-04-19T23:20:00.000000Z)",
        f"entry {LAST}: tile/0/000.p/31: has another hash than its leaf",
    ]


def test_a_reference_to_what_is_not_before_it(path: Path) -> None:
    found = after(
        path,
        leaf(STATEMENT, lambda entry: replace(entry, body=replace(entry.body, claim=LAST + 9))),
        f"UPDATE links SET ref = {LAST + 9} WHERE role = 'statement.claim' AND {OF} {STATEMENT}",
    )
    assert found == [
        f"entry {STATEMENT}: claim: entry {LAST + 9} does not exist yet; the ledger has entries 0 to {STATEMENT - 1}",
        f"entry {STATEMENT}: tile/0/000.p/31: has another hash than its leaf",
        "registers: cannot be derived again, since not every entry can be read and keeps the rules; "
        "3 entries that build on others could not be judged",
    ]


def test_an_opening_of_another_log(path: Path) -> None:
    found = after(path, leaf(0, lambda entry: replace(entry, body=Opening("example.org/else", "UTC"))))
    assert [each.split(" (")[0] for each in found] == [
        "entry 0: column log_id: differs from its origin",
        "entry 0: tile/0/000.p/31: has another hash than its leaf",
    ]


def test_a_second_opening(path: Path) -> None:
    opening = replace(DRESSED[0], index=LAST)
    assert f"entry {LAST}: kind: a ledger has one opening, and it is entry 0 (got entry {LAST})" in after(
        path, (f"UPDATE entries SET leaf = ? WHERE {OF} {LAST}", (encode_entry(opening),))
    )


def test_a_kind_of_a_newer_version_is_no_damage_and_cannot_be_verified(path: Path) -> None:
    with Store.open(path) as store, store.writing() as writer:
        writer.append(replace(DRESSED[LAST], index=writer.size, body=Unknown("wager", {"claim": 9}), parts={}))
    assert told(path) == [f"entry {LAST + 1}: kind wager: is not known to this version"]


# Links, contents, names and registers.


def test_a_link_that_is_missing(path: Path) -> None:
    assert after(path, f"DELETE FROM links WHERE {OF} {STATEMENT} AND role = 'statement.claim'") == [
        f"entry {STATEMENT}: link statement.claim to {CLAIM}: is missing"
    ]


def test_a_link_too_many(path: Path) -> None:
    assert after(path, "INSERT INTO links SELECT log_id, 'hold.claim', 9, 0 FROM entries LIMIT 1") == [
        "entry 0: link hold.claim to 9: is not in its leaf"
    ]


@pytest.mark.parametrize("ref", [str(CLAIM + 1), "'one'"])
def test_a_link_to_something_else(path: Path, ref: str) -> None:
    statement = f"UPDATE links SET ref = {ref} WHERE {OF} {STATEMENT} AND role = 'statement.claim'"
    assert set(after(path, statement)) == {
        f"entry {STATEMENT}: link statement.claim to {CLAIM}: is missing",
        f"entry {STATEMENT}: link statement.claim to {ref.strip(chr(39))}: is not in its leaf",
    }


def test_a_content_that_is_missing(path: Path) -> None:
    assert after(path, f"DELETE FROM contents WHERE {OF} {STATEMENT} AND part = 'quote'") == [
        f"entry {STATEMENT}: words of quote: follow from no entry",
        f"entry {STATEMENT}: content quote: is missing",
    ]


def test_a_content_that_is_there_in_spite_of_its_redaction(path: Path) -> None:
    """Somebody puts it back, from a copy of the ledger."""
    [(index, part)] = redacted(NIGHT)
    again = encode_content(dressed(NIGHT[index])[1][part])
    place = f"INSERT INTO contents SELECT log_id, {index}, '{part}', ? FROM entries LIMIT 1"
    assert after(path, (place, (again,))) == [
        f"entry {index}: words of {part}: are missing",
        f"entry {index}: content {part}: is there, though entry {LAST} redacts it",
    ]


def test_a_redaction_that_is_gone_excuses_nothing(path: Path) -> None:
    [(index, part)] = redacted(NIGHT)
    tables = ("links", "contents", "entries")
    found = after(path, *(f"DELETE FROM {table} WHERE {OF} {LAST}" for table in tables))
    assert f"entry {index}: content {part}: is missing" in found


def test_a_content_too_many(path: Path) -> None:
    assert after(path, "INSERT INTO contents SELECT log_id, 3, 'note', leaf FROM entries LIMIT 1") == [
        "entry 3: content note: is not in its leaf"
    ]


def test_a_content_planted_for_the_entry_that_comes_next(path: Path) -> None:
    with raw(path, "foreign_keys = OFF") as connection:
        connection.execute(f"INSERT INTO contents SELECT log_id, {LAST + 1}, 'note', leaf FROM entries LIMIT 1")
        connection.execute(f"INSERT INTO links SELECT log_id, 'hold.claim', 9, {LAST + 1} FROM entries LIMIT 1")
    assert told(path) == [
        "file: table contents: refers to entries that do not exist",
        "file: table links: refers to entries that do not exist",
        f"entry {LAST + 1}: link hold.claim: stands without its entry",
        f"entry {LAST + 1}: content note: stands without its entry",
    ]


def test_a_content_that_says_something_else(path: Path) -> None:
    contents = dressed(NIGHT[CLAIM])[1]
    forged = encode_content(replace(contents[Part.TEXT], value="Nobody was killed."))
    expected, got = sha256(encode_content(contents[Part.TEXT])), sha256(forged)
    assert after(path, (f"UPDATE contents SET content = ? WHERE {OF} {CLAIM}", (forged,))) == [
        f"entry {CLAIM}: content text: differs from its hash (expected {expected}, got {got})",
        f"entry {CLAIM}: words of text: follow from no entry",
        f"entry {CLAIM}: name claim 'claim number {CLAIM}': follows from no entry",
    ]


def test_a_content_that_is_text(path: Path) -> None:
    found = after(path, f"UPDATE contents SET content = 'x' WHERE {OF} {CLAIM}")
    assert found[0] == f"entry {CLAIM}: content text: is not bytes"


def test_a_content_that_is_none(path: Path) -> None:
    """Its hash is right, and yet it is no object of salt and value."""
    data = canonical({"value": "no salt"})
    tampered = json.loads(encode_entry(DRESSED[CLAIM]))
    tampered["parts"]["text"]["sha256"] = sha256(data)
    found = after(
        path,
        (f"UPDATE contents SET content = ? WHERE {OF} {CLAIM}", (data,)),
        (f"UPDATE entries SET leaf = ? WHERE {OF} {CLAIM}", (canonical(tampered),)),
    )
    assert found[0] == f"entry {CLAIM}: content text: is not an object of salt and value"


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DELETE FROM names WHERE kind = 'story'", ["entry 4: name story 'story 4': is missing"]),
        (
            "UPDATE names SET folded = 'x' WHERE kind = 'story'",
            ["entry 4: name story 'story 4': is missing", "entry 4: name story 'x': follows from no entry"],
        ),
        (
            "UPDATE names SET skeleton = 'x' WHERE kind = 'story'",
            ["entry 4: name story 'story 4': column skeleton: differs from its leaf (expected story 4, got x)"],
        ),
        (f"DELETE FROM voices WHERE claim = {CLAIM} AND root = 8", [f"entry {CLAIM}: voice of source 8: is missing"]),
        (
            f"INSERT INTO voices SELECT log_id, claim, 99, said, signs, declined, pointers, carried, spoke_for "
            f"FROM voices WHERE claim = {CLAIM} AND root = 8",
            [f"entry {CLAIM}: voice of source 99: follows from no entry"],
        ),
        (
            f"UPDATE voices SET signs = '-' WHERE claim = {CLAIM} AND root = 8",
            [f"entry {CLAIM}: voice of source 8: column signs: differs from its leaf (expected +, got -)"],
        ),
        (
            f"UPDATE voices SET spoke_for = 'yes' WHERE claim = {CLAIM} AND root = 8",
            [f"entry {CLAIM}: voice of source 8: column spoke_for: differs from its leaf (expected 1, got yes)"],
        ),
        (f"DELETE FROM tallies WHERE claim = {CLAIM}", [f"entry {CLAIM}: tally: is missing"]),
        (
            f"UPDATE tallies SET audible = audible + 5 WHERE claim = {CLAIM}",
            [f"entry {CLAIM}: tally: column audible: differs from its leaf (expected 3, got 8)"],
        ),
        (
            "INSERT INTO tallies SELECT log_id, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM entries LIMIT 1",
            ["entry 99: tally: follows from no entry"],
        ),
    ],
)
def test_a_register_that_is_not_what_follows(path: Path, statement: str, found: list[str]) -> None:
    assert after(path, statement) == found


@pytest.mark.parametrize("table", ["links", "contents", "names", "voices", "tallies", "words", "edges"])
def test_rows_of_another_log(path: Path, table: str) -> None:
    with raw(path) as connection:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    copied = ", ".join(f'"{column}"' for column in columns[1:])
    found = after(path, f"INSERT INTO {table} SELECT 7, {copied} FROM {table} LIMIT 1")
    assert f"file: table {table}: has rows of another log (got 7)" in found


# The schema and the pages.


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DROP TRIGGER entries_update", "schema: trigger entries_update: is missing"),
        ("DROP INDEX names_skeleton", "schema: index names_skeleton: is missing"),
        ("DROP TABLE tallies", "schema: table tallies: is missing"),
        ("CREATE TABLE mine (x)", "schema: table mine: is none of the ledger's own"),
        ("CREATE VIEW mine AS SELECT 1", "schema: view mine: is none of the ledger's own"),
        ("ALTER TABLE names ADD COLUMN mine TEXT", "schema: table names: differs from what the migrations make"),
    ],
)
def test_a_schema_that_is_not_that_of_the_migrations(path: Path, statement: str, found: str) -> None:
    with raw(path) as connection:
        connection.execute(statement)
    assert any(each.startswith(found) for each in told(path))


def test_a_guard_that_guards_nothing(path: Path) -> None:
    with raw(path) as connection:
        connection.execute("DROP TRIGGER entries_update")
        connection.execute("CREATE TRIGGER entries_update BEFORE UPDATE ON entries BEGIN SELECT 1; END")
    assert [each.split(" (")[0] for each in told(path)] == [
        "schema: trigger entries_update: differs from what the migrations make"
    ]


def test_statistics_are_no_difference(path: Path) -> None:
    with raw(path) as connection:
        connection.execute("ANALYZE")
    assert told(path) == []


def pages_of(path: Path, name: str) -> tuple[int, int]:
    """Where the first page of a table or index begins in the file, and where it ends."""
    with raw(path) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    return (root - 1) * size, root * size


def test_a_damaged_page_is_told_beside_everything_else(path: Path) -> None:
    tamper(path, "UPDATE names SET skeleton = 'x' WHERE kind = 'story'")
    start, end = pages_of(path, "tallies")
    data = path.read_bytes()
    path.write_bytes(data[:start] + b"\xff" * (end - start) + data[end:])
    found = told(path)
    assert "file: registers: cannot be read: database disk image is malformed" in found
    assert any(each.startswith("entry 4: name story 'story 4': column skeleton") for each in found)


def test_an_index_that_misses_a_row_is_told(path: Path) -> None:
    """The page of the index as it is once the story is gone, beside the table that still has it."""
    before = path.read_bytes()
    start, end = pages_of(path, "names_skeleton")
    tamper(path, "DELETE FROM names WHERE kind = 'story'")
    emptied = path.read_bytes()
    path.write_bytes(before[:start] + emptied[start:end] + before[end:])
    assert told(path)[0].startswith("file: row ")
    assert told(path)[0].endswith(" missing from index names_skeleton")
