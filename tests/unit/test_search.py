"""The words of the ledger: found again, kept in step, upgraded, held to the contents, and done without."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.command import upgrade
from alembic.config import Config
from sqlalchemy import StaticPool, create_engine

from ledger.book import Hit, Ledger
from ledger.errors import Misused, Outdated, Unavailable
from ledger.store import Store, check
from ledger.store.migrating import scripts
from ledger.store.search import place_of, rows_of
from ledger.store.sqlite import words as search
from ledger.store.sqlite.engine import catalog, migrated_catalog
from ledger.vocabulary import Mistake, Part, State, Status
from tests.newsroom import ONE, SECOND, STORY, Newsroom
from tests.stored import append, dressed, dump, night, raw, record, statements, take_back, tamper

NIGHT = night()
PLANT = 'INSERT INTO words (rowid, log_id, "index", part, value) SELECT '


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Newsroom]:
    """Reuters relays a police source, with a quote and an internal note; the ministry denies it."""
    desk = Newsroom.founded(tmp_path)
    desk.say(
        SECOND,
        Status.REPORTED,
        "a police source",
        "22:30",
        via=["Reuters"],
        quote="Un deuxième policier est mort, près de l'Étoile",
        note="by telephone, from Élodie",
        internal=[Part.NOTE],
    )
    desk.say(ONE, Status.REPORTED, "Le Monde", "22:31", story="another-story")
    yield desk
    desk.ledger.close()


def words(hits: list[Hit]) -> list[tuple[str, Part]]:
    return [(hit.snippet, hit.part) for hit in hits]


def test_each_place_is_searched_and_says_what_it_is_on(desk: Newsroom) -> None:
    for typed, part, kind, snippet in (
        ("second officer", Part.TEXT, "claim", SECOND),
        ("reuters", Part.NAME, "source", "Reuters"),
        ("deuxieme", Part.QUOTE, "statement", "Un deuxième policier est mort, près de l'Étoile"),
        ("telephone", Part.NOTE, "statement", "by telephone, from Élodie"),
    ):
        (hit,) = desk.ledger.search(typed)
        assert (hit.part, hit.kind, hit.snippet, hit.internal) == (part, kind, snippet, part is Part.NOTE)
        if kind != "source":
            assert (hit.claim, hit.claim_text, hit.state) == (
                desk.ledger.why(SECOND).row.claim,
                SECOND,
                State.UNVERIFIED,
            )


@pytest.mark.parametrize("typed", ["ETOILE", "étoile", "e\u0301toile", "l'étoi", "mort etoil", "DEUXIÈME policier"])
def test_case_and_accents_make_no_difference_and_the_last_word_may_go_on(desk: Newsroom, typed: str) -> None:
    assert [hit.part for hit in desk.ledger.search(typed)] == [Part.QUOTE]


@pytest.mark.parametrize("typed", ["etoi mort", "policiers", "second telephone", "nobody"])
def test_all_words_stand_in_one_text_and_only_the_last_goes_on(desk: Newsroom, typed: str) -> None:
    assert desk.ledger.search(typed) == []


@pytest.mark.parametrize(
    "typed",
    [
        '"',
        "second*",
        '"second',
        "a AND",
        "OR",
        "NOT x",
        "NEAR(a b)",
        "value:second",
        "^second",
        "(",
        "a-b",
        "-",
        "'",
        "\udce9 x",
    ],
)
def test_nothing_that_is_typed_is_an_operator(desk: Newsroom, typed: str) -> None:
    """Either words that are looked for as they stand, or no word at all."""
    if any(character.isalnum() for character in typed):
        for hit in desk.ledger.search(typed):
            assert "second" in hit.snippet
    else:
        with pytest.raises(Misused, match="holds no word"):
            desk.ledger.search(typed)


def test_the_marks_are_the_words_that_were_found(desk: Newsroom) -> None:
    (hit,) = desk.ledger.search("OFFICER seco")
    assert [hit.snippet[start:end] for start, end in hit.marks] == ["second", "officer"]


def test_places_story_and_limit_narrow_it(desk: Newsroom) -> None:
    everywhere = desk.ledger.search("police")
    assert {hit.snippet for hit in everywhere} == {SECOND, ONE, "a police source"}
    assert words(desk.ledger.search("police", within=[Part.NAME])) == [("a police source", Part.NAME)]
    assert {hit.snippet for hit in desk.ledger.search("police", story=STORY)} == {SECOND, "a police source"}
    assert words(desk.ledger.search("le monde", story="another-story")) == [("Le Monde", Part.NAME)]
    assert desk.ledger.search("le monde", story=STORY) == []
    assert len(desk.ledger.search("police", limit=2)) == 2


def test_a_wording_finds_its_claim_and_a_retracted_note_is_told_apart(desk: Newsroom) -> None:
    desk.ledger.wording(SECOND, "Un second agent a été tué", lang="fr")
    (hit,) = desk.ledger.search("agent tue")
    assert (hit.kind, hit.claim_text, hit.live) == ("wording", SECOND, True)
    held = desk.ledger.hold(SECOND, note="wait for the prefect")
    assert [hit.live for hit in desk.ledger.search("prefect")] == [True]
    desk.ledger.retract(held.index, Mistake.OTHER, note="the prefect has spoken")
    found = {hit.kind: hit for hit in desk.ledger.search("prefect")}
    assert (found["hold"].live, found["retract"].live) == (False, True)
    assert found["retract"].claim == found["hold"].claim == hit.claim


# The register.


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "stored.db"
    with Store.create(path) as store:
        record(store, NIGHT)
    return path


def found(path: Path, typed: str) -> list[tuple[int, Part]]:
    with Store.open(path) as store, store.reading() as reader:
        return sorted((each.index, each.part) for each in reader.search(typed))


def told(path: Path) -> list[str]:
    with Store.open(path, read_only=True) as store:
        return [str(problem) for problem in check(store)]


def test_a_prefix_and_a_transaction_see_their_own_words(path: Path) -> None:
    statement = next(entry.index for entry in NIGHT if entry.word == "statement")
    with Store.open(path) as store:
        with store.reading(size=statement) as reader:
            assert list(reader.search(f"statement-{statement}")) == []
        with store.reading(size=statement + 1) as reader:
            assert {each.part for each in reader.search(f"statement-{statement}")} == {Part.QUOTE, Part.NOTE}
    other = path.with_name("other.db")
    with Store.create(other) as store, store.writing() as writer:
        append(writer, NIGHT)
        assert {each.index for each in writer.search(f"statement-{statement}")} == {statement}


def _append_and_fail(store: Store) -> None:
    with store.writing() as writer:
        append(writer, [*NIGHT, replace(NIGHT[-1], index=len(NIGHT)), *(replace(NIGHT[9], index=len(NIGHT) + 1),)])
        writer.flush()
        raise ZeroDivisionError


def test_what_a_failed_append_added_is_not_found(path: Path) -> None:
    with Store.open(path) as store:
        before = dump(path)["words"]
        with pytest.raises(ZeroDivisionError):
            _append_and_fail(store)
    assert dump(path)["words"] == before


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("DELETE FROM words WHERE rowid = 72", "entry 9: words of text: are missing"),
        (
            "UPDATE words SET value = 'nobody' WHERE rowid = 72",
            "entry 9: words of text: column value: differs from its leaf (expected Claim number 9., got nobody)",
        ),
        (
            PLANT + "75, log_id, 9, 'note', 'x' FROM entries LIMIT 1",
            "entry 9: words of note: follow from no entry",
        ),
        (
            PLANT + "9999, log_id, 999, 'note', 'x' FROM entries LIMIT 1",
            "entry 999: words of note: follow from no entry",
        ),
        (
            PLANT + "-1, log_id, 0, 'note', 'x' FROM entries LIMIT 1",
            "entry 0: words of note: follow from no entry",
        ),
        ("INSERT INTO words(words) VALUES ('delete-all')", None),
    ],
)
def test_each_difference_is_named(path: Path, statement: str, finding: str | None) -> None:
    assert NIGHT[9].word == "claim"
    if finding is None:
        with raw(path) as connection, pytest.raises(sqlite3.OperationalError):
            connection.execute(statement)  # it is for tables that keep no text of their own
        return
    tamper(path, statement)
    assert told(path) == [finding]


def test_an_index_that_is_not_that_of_its_words_is_told(path: Path) -> None:
    with raw(path) as connection:
        connection.execute("UPDATE words_content SET c3 = 'Claim number 9!' WHERE id = 72")
        assert told(path) != []
        connection.execute("UPDATE words_content SET c3 = 'Claim number 9.' WHERE id = 72")
        assert told(path) == []
        connection.execute("DELETE FROM words_data WHERE id > 10")
    assert any(each.startswith("file: table words: ") or "malformed" in each for each in told(path))


def test_one_row_can_be_taken_away_with_its_index(path: Path) -> None:
    """As a redaction does: nothing of the text is left in the tables of the index."""
    assert found(path, "number") != []
    with raw(path) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        for index in (entry.index for entry in NIGHT if entry.word in ("claim", "wording")):
            connection.execute("DELETE FROM words WHERE rowid = ?", (place_of(index, Part.TEXT),))
        connection.execute("INSERT INTO words(words) VALUES ('optimize')")
        left = b"".join(bytes(block) for (block,) in connection.execute("SELECT block FROM words_data"))
        counts = [
            connection.execute("SELECT count(*) FROM words WHERE words MATCH ?", (word,)).fetchone()[0]
            for word in ("number", "statement")
        ]
        assert counts[0] == 0 < counts[1]
    assert b"number" not in left
    assert b"umber" not in left


# Upgrades, and a SQLite without.


def make_old(path: Path) -> None:
    """Take the file back to schema 0001, as its version left it."""
    take_back(path)
    with raw(path) as connection:
        for table in ("words", "tiles", "edges", "checkpoints"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")


def test_a_ledger_of_schema_0001_is_upgraded_with_its_words(path: Path) -> None:
    before = dump(path)
    make_old(path)
    database = create_engine("sqlite://", poolclass=StaticPool)
    config = Config()
    config.set_main_option("script_location", str(scripts()))
    with database.begin() as connection:
        config.attributes["connection"] = connection
        upgrade(config, "0001")
        first = catalog(connection)
    file = create_engine(f"sqlite:///{path}")
    with file.connect() as connection:
        assert catalog(connection) == first, "the file is what the first migration makes"
    file.dispose()
    with pytest.raises(Outdated, match="has the older schema 0001 and is read-only"):
        Store.open(path, read_only=True)
    with Store.open(path) as store:
        assert check(store) == []
    assert dump(path) == before


def test_the_table_is_the_same_however_it_is_made() -> None:
    made = {name: sql for (_, name), sql in migrated_catalog().items()}
    assert made.keys() >= set(search.TABLES)
    assert made["words"] == search.MAKE


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bool], None]]:
    """Builds of SQLite with and without FTS5, one after the other: whatever touches it fails in the second."""
    connect = sqlite3.connect

    def crippled(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        made = connect(*args, **kwargs)
        made.set_authorizer(_refuse_search)
        return made

    def choose(absent: bool) -> None:
        monkeypatch.setattr(sqlite3, "connect", crippled if absent else connect)
        migrated_catalog.cache_clear()

    yield choose
    migrated_catalog.cache_clear()


def _refuse_search(action: int, first: str | None, second: str | None, *_: Any) -> int:
    touches = first == "words" and action in (sqlite3.SQLITE_READ, sqlite3.SQLITE_INSERT, sqlite3.SQLITE_DELETE)
    calls = action == sqlite3.SQLITE_FUNCTION and second == "fts5_source_id"
    makes = action == sqlite3.SQLITE_CREATE_VTABLE
    return sqlite3.SQLITE_DENY if touches or calls or makes else sqlite3.SQLITE_OK


def test_without_full_text_search_everything_else_works(tmp_path: Path, without: Callable[[bool], None]) -> None:
    without(True)
    path = tmp_path / "claims.db"
    with Store.create(path) as store:
        record(store, NIGHT[:20])
        assert check(store) == []
    with Store.open(path) as store:
        record(store, NIGHT)
        with store.reading() as reader, pytest.raises(Unavailable, match="no full text search") as caught:
            list(reader.search("claim"))
        assert caught.value.exit_code == 3
    without(False)
    with Store.open(path) as store:
        assert check(store) == []
    assert found(path, "number 9") == [(9, Part.TEXT)]


def test_what_was_recorded_without_is_put_in_by_the_next_that_has_it(
    path: Path, without: Callable[[bool], None]
) -> None:
    whole = dump(path)["words"]
    other = path.with_name("other.db")
    with Store.create(other) as store:
        record(store, NIGHT[:20])
    without(True)
    with Store.open(other) as store:
        record(store, NIGHT[:-5])
        record(store, NIGHT[:-1])
    without(False)
    first = next(entry.index for entry in NIGHT[20:] if rows_of(1, *dressed(entry)))
    with Store.open(other, read_only=True) as store:
        assert str(check(store)[0]).startswith(f"search: lacks what was recorded from entry {first} on")
        with store.reading() as reader, pytest.raises(Unavailable, match=f"from entry {first} on"):
            list(reader.search("claim"))
    with Store.open(other) as store:
        assert check(store) == []
        record(store, NIGHT)
        assert check(store) == []
    assert dump(other)["words"] == whole


def test_words_that_cannot_be_taken_away_keep_a_redaction_from_being_written(
    path: Path, without: Callable[[bool], None]
) -> None:
    """Else they would stay in the search, for everybody who has the file and another SQLite."""
    other = path.with_name("other.db")
    with Store.create(other) as store:
        record(store, NIGHT[:-1])
    before = dump(other)
    without(True)
    with Store.open(other) as store:
        with pytest.raises(Unavailable, match="redaction: the search has these words") as caught:
            record(store, NIGHT)
        assert "nothing was changed" in caught.value.next
    without(False)
    assert dump(other) == before


def test_an_append_of_many_sends_the_words_together(path: Path) -> None:
    other = path.with_name("other.db")
    with Store.create(other) as store, statements(store) as asked:
        record(store, night(300))
    assert len([sql for sql in asked if "INSERT INTO words (rowid" in sql]) == 1


def test_a_ledger_that_is_only_read_is_searched(path: Path) -> None:
    assert Ledger.open(path, read_only=True).search("number 9")[0].index == 9
