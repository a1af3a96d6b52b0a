"""What a desk does by the command line, on every database: the same answers, whatever is under them."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ledger.book import Ledger, PartRow, Receipt
from ledger.errors import Lost, Rejected, Unavailable
from ledger.glance import names
from ledger.store import Place, Store, Writer, check, locate
from ledger.vocabulary import Part, SourceKind, Status
from tests.shell import SECOND, STORY, Shell

ORIGIN = "example.org/desk"


@pytest.fixture
def shell(where: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line on a ledger that is not there yet."""
    shell = Shell(tmp_path, monkeypatch)
    monkeypatch.setenv("CLAIMS_LEDGER", where.url or str(where.path))
    monkeypatch.setenv("CLAIMS_FILES", str(tmp_path / "files"))
    monkeypatch.setenv("CLAIMS_KEYS", str(tmp_path / "keys"))
    return shell


@pytest.fixture
def desk(shell: Shell) -> Shell:
    """A ledger in which Reuters relays that a second officer was killed; entry 8 is the statement, claim 5."""
    return shell.night()


def test_what_people_wrote_is_told_part_by_part_and_what_is_gone_too(desk: Shell, where: Place) -> None:
    desk.ok("deny", "5", "--by", "BFM", "--by-kind", "broadcaster", "--quote", "It is not so.", "--note", "ours")
    with Ledger.open(where, recorder="Ana") as ledger:
        said = ledger.size - 1
        before = ledger.parts([5, said, 0])
        assert before[0] == ()
        assert before[5] == (PartRow(Part.TEXT, False, text=SECOND),)
        assert before[said] == (
            PartRow(Part.QUOTE, False, text="It is not so."),
            PartRow(Part.NOTE, False, text="ours"),
        )
        by = ledger.redact(said, "an order", parts=[Part.QUOTE]).wrote[0]
        gone = PartRow(Part.QUOTE, False, by=by, lacking="[redacted: an order]")
        assert ledger.parts([said])[said] == (gone, before[said][1])
        assert ledger.erasing() == []
        with pytest.raises(Rejected, match="entry 999: does not exist"):
            ledger.parts([5, 999])


def sound(shell: Shell) -> None:
    told = shell("verify")
    assert "no difference" in told.out, told


def test_the_seed_story_comes_out_the_same(shell: Shell, where: Place, tmp_path: Path) -> None:
    told = shell.ok("demo", "--ledger", where.url or str(where.path))
    assert "verified: " in told.out
    (tmp_path / "elsewhere").mkdir()
    shell.folder = tmp_path / "elsewhere"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(shell.folder)
        shell.ok("demo", "--ledger", "seed.db")
        for asked in (("board", "--all"), ("board", "--all", "--as-said", "2017-04-20 22:40"), ("stories",)):
            assert shell.ok(*asked).out == shell.ok(*asked, "--ledger", "seed.db").out
        found = [shell.ok("search", "police", "--json", *more).json for more in ((), ("--ledger", "seed.db"))]
        assert found[0]
        # Where a snippet is cut, and which find comes first, is the database's own.
        assert places(found[0]) == places(found[1])
    sound(shell)


def places(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted((each["index"], each["part"], each["state"], each["claim"]) for each in found)


def test_a_night_is_recorded_asked_about_and_mended(desk: Shell) -> None:
    desk.ok("deny", SECOND, "--by", "Interior Ministry", "--by-kind", "official", "--said", "2017-04-20 22:57")
    desk.ok("authority", "grant", "Interior Ministry", "--story", STORY)
    assert desk.board()[SECOND]["state"] == "denied"
    retracted = desk.ok("retract", "8", "--why", "mistyped")
    assert "retract" in retracted.out
    for asked in (("why", "5"), ("history", "5"), ("since", "5"), ("log",), ("source", "list")):
        assert desk.ok(*asked).out, asked
    assert desk.ok("todo").err == "nothing to look at\n"
    [changed] = desk.ok("diff", "--from", "8", "--to", "now", "--json").json
    assert (changed["claim"], changed["before"], changed["after"]) == (5, "unverified", "denied")
    assert desk.ok("search", "second off").out
    sound(desk)


def test_what_is_redacted_is_gone_and_the_rest_stands(desk: Shell, where: Place) -> None:
    desk.ok("report", "5", "--by", "AFP", "--by-kind", "agency", "--said", "22:40", "--quote", "Ines Rousseau saw it")
    index = desk.ok("log", "--json").json[-1]["index"]
    before = root_at(where)
    assert desk.ok("search", "Rousseau").out
    told = desk.ok("redact", str(index), "--part", "quote", "--order", "Tribunal de Paris")
    assert "pending" not in told.out + told.err
    assert desk.ok("search", "Rousseau").out == ""
    sound(desk)
    with Store.open(where) as store, store.reading() as reader:
        assert b"Rousseau" not in b"".join(data for *_, parts in reader.stored() for data in parts.values())
        assert reader.root() != before, "the order is an entry"


def root_at(where: Place) -> bytes:
    with Store.open(where) as store, store.reading() as reader:
        return reader.root()


def test_a_file_goes_in_whole_or_not_at_all_and_once(desk: Shell, tmp_path: Path) -> None:
    sheet = tmp_path / "feed.csv"
    rows = [f"A fact number {n},Reuters,agency,reported,2017-04-20 21:{n:02}" for n in range(40)]
    head = "text,source,source_kind,status,said"
    sheet.write_text("\n".join([head, *rows, "X,Nobody,,nonsense,yesterday?"]) + "\n")
    size = desk.size()
    assert desk("import", str(sheet), "--story", STORY).code == 1
    assert desk.size() == size
    sheet.write_text("\n".join([head, *rows]) + "\n")
    assert desk.ok("import", str(sheet), "--story", STORY, "--dry-run").code == 0
    assert desk.size() == size
    desk.ok("import", str(sheet), "--story", STORY)
    grown = desk.size()
    assert grown == size + 80, "a claim and a statement each; Reuters is known"
    desk.ok("import", str(sheet), "--story", STORY)
    assert desk.size() == grown
    sound(desk)


def test_a_backup_comes_back_on_every_database(desk: Shell, where: Place, tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"not really a photo")
    desk.ok("evidence", "add", "8", str(file))
    desk.ok("backup", "kept")
    desk.ok("restore", "kept", "--ledger", "copy.db")
    copy = locate("copy.db")
    assert root_at(copy) == root_at(where)
    assert "no difference" in desk.ok("verify", "--ledger", "copy.db").out
    assert desk("restore", "kept").code == 1, "a ledger with entries is never touched"
    assert [path.read_bytes() for path in copy.kept_files().iterdir()] == [file.read_bytes()]


def test_a_copy_goes_to_every_database(where: Place, shell: Shell, tmp_path: Path) -> None:
    shell.ok("init", "--origin", ORIGIN, "--zone", "UTC", "--ledger", "small.db")
    shell.ok(
        "report",
        SECOND,
        "--by",
        "AFP",
        "--by-kind",
        "agency",
        "--said",
        "22:40",
        "--story",
        "s",
        "--ledger",
        "small.db",
    )
    shell.ok("backup", "kept", "--ledger", "small.db")
    shell.ok("restore", "kept")
    assert root_at(where) == root_at(locate("small.db"))
    sound(shell)
    shell.ok("deny", SECOND, "--by", "AFP", "--said", "22:45", "--story", "s")
    assert shell.ok("search", "officer").out
    sound(shell)


def test_it_is_signed_published_and_audited(desk: Shell) -> None:
    desk.ok("key", "new")
    desk.ok("publish", "public")
    vkey = desk.ok("key", "show").out.strip().splitlines()[-1]
    assert "verified" in desk.ok("audit", "public", "--key", vkey).out
    desk.ok("prove", "5", "--out", "proof.json")
    assert "5" in desk.ok("check", "proof.json", "--key", vkey).out
    sound(desk)


def test_writers_side_by_side_leave_no_gap_and_lose_nothing(desk: Shell, where: Place) -> None:
    before, failures = desk.size(), []

    def work(number: int) -> None:
        try:
            with Ledger.open(where, recorder=f"recorder {number}") as ledger:
                for each in range(6):
                    say(ledger, f"Matter {number}.{each} is so")
        except BaseException as error:  # noqa: BLE001 - told by the thread that asserts
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    rows = desk.ok("log", "--json").json
    assert [row["index"] for row in rows] == list(range(len(rows)))
    assert len(rows) == before + 4 + 4 * 6 * 2 + 1, "recorders, claims and statements, and one source"
    assert [row["recorded"] for row in rows] == sorted(row["recorded"] for row in rows)
    with Store.open(where) as store:
        assert check(store) == []


def say(ledger: Ledger, claim: str) -> Receipt:
    return ledger.record(claim, Status.REPORTED, by="AFP", by_kind=SourceKind.AGENCY, said=None, story=STORY, new=True)


@pytest.fixture
def broken(where: Place, desk: Shell) -> Iterator[Ledger]:
    with Ledger.open(where, recorder="Ana") as ledger:
        yield ledger


def lose(monkeypatch: pytest.MonkeyPatch, *, committed: bool) -> list[bool]:
    """Let the connection break once as it commits: before the server has done it, or after."""
    real, breaks = Store.writing, [True]

    @contextmanager
    def writing(store: Store) -> Iterator[Writer]:
        with real(store) as writer:
            yield writer
            if breaks and not committed:
                breaks.clear()
                raise Lost("the connection broke")
        if breaks:
            breaks.clear()
            raise Lost("the connection broke")

    monkeypatch.setattr(Store, "writing", writing)
    return breaks


def test_an_act_that_was_lost_is_done_again(broken: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    said_once(broken, lose(monkeypatch, committed=False))


def test_an_act_whose_end_was_lost_is_not_done_twice(
    migrated_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a server can commit and not be heard; a file always says whether it was written."""
    url = migrated_database()
    with Ledger.create(url, origin=ORIGIN, zone="UTC", recorder="Ana") as ledger:
        said_once(ledger, lose(monkeypatch, committed=True))


def said_once(ledger: Ledger, breaks: list[bool]) -> None:
    size = ledger.size
    receipt = say(ledger, "The matter is so")
    assert not breaks, "it was lost"
    assert len(receipt.wrote) == ledger.size - size, "once"
    assert receipt.index == ledger.size - 1
    assert check(ledger.store) == []


def test_words_are_found_the_same_way(desk: Shell) -> None:
    """Case and accents make no difference, all words stand in one text, and only the last goes on."""
    quote = "Un deuxième policier est mort, près de l'Étoile"
    desk.ok("report", "5", "--by", "AFP", "--by-kind", "agency", "--said", "22:40", "--quote", quote)
    for typed in ("ETOILE", "étoile", "l'étoi", "mort etoil", "DEUXIÈME policier", "e\u0301toile", "policier", '"mort'):
        [hit] = desk.ok("search", typed, "--json").json
        assert hit["part"] == "quote", typed
        assert {hit["snippet"][start:stop].casefold() for start, stop in hit["marks"]}, typed
    for typed in ("etoi mort", "policiers", "second policier", "nobody", "a AND", "value:mort", "mort-etoile"):
        assert desk.ok("search", typed, "--json").json == [], typed
    assert len(desk.ok("search", "police", "--limit", "1", "--json").json) == 1


def test_the_shell_completes_its_names(desk: Shell, where: Place, tmp_path: Path) -> None:
    address = where.url or str(where.path)
    assert names(address, "story") == [(4, STORY)]
    assert next(name for _, name in names(address, "source", ORIGIN)) == "a police source"
    assert names(address, "claim") == [(5, SECOND)]
    assert names(f"{address}-elsewhere", "claim") == []


def test_the_log_that_was_named_is_the_one_or_nothing_is_done(desk: Shell) -> None:
    assert desk.ok("--log", ORIGIN, "board").out
    told = desk("--log", "example.org/other", "board")
    assert (told.code, told.out) == (3, "")
    assert "example.org/other" in told.err


def test_where_it_cannot_be_known_what_became_of_an_act_that_is_told(
    migrated_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server commits, is not heard, and does not come back while anybody waits."""
    with Ledger.create(migrated_database(), origin=ORIGIN, zone="UTC", recorder="Ana") as ledger:
        size, real, gone = ledger.size, Store.writing, []

        @contextmanager
        def writing(store: Store) -> Iterator[Writer]:
            if gone:
                raise Unavailable("ledger: the server is gone")
            with real(store) as writer:
                yield writer
            gone.append(True)
            raise Lost("the connection broke")

        monkeypatch.setattr(Store, "writing", writing)
        with pytest.raises(Lost, match="whether the act was recorded is not known") as told:
            say(ledger, "The matter is so")
        assert "claims log" in told.value.next
        monkeypatch.undo()
        assert ledger.size > size, "here it was"


def test_where_nobody_says_where_the_evidence_is_that_is_told(
    desk: Shell, where: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"not really a photo")
    desk.ok("evidence", "add", "8", "photo.jpg")
    monkeypatch.delenv("CLAIMS_FILES")
    verified, kept = desk.ok("verify"), desk.ok("backup", "kept")
    on_server = where.path is None
    assert ("1 kept files are named, and none was looked at: set CLAIMS_FILES" in verified.err) == on_server
    assert ("the kept files are not in it: set CLAIMS_FILES" in kept.err) == on_server
    assert (tmp_path / "kept" / "evidence").exists() != on_server


def test_a_kept_file_is_not_redacted_where_nobody_says_where_it_is(
    desk: Shell, where: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"not really a photo")
    desk.ok("evidence", "add", "8", "photo.jpg")
    index = desk.ok("log", "--json").json[-1]["index"]
    size = desk.size()
    if where.path is None:
        monkeypatch.delenv("CLAIMS_FILES")
        assert desk("redact", str(index), "--part", "evidence", "--order", "Tribunal").code == 3
        assert desk.size() == size
        monkeypatch.setenv("CLAIMS_FILES", str(tmp_path / "files"))
    desk.ok("redact", str(index), "--part", "evidence", "--order", "Tribunal")
    assert list(locate(where, files=tmp_path / "files").kept_files().iterdir()) == []


def test_who_reads_lets_an_erasure_wait_and_the_redaction_is_told(desk: Shell, where: Place) -> None:
    index = desk.ok("log", "--json").json[-1]["index"]
    desk.ok("report", "5", "--by", "Reuters", "--said", "22:40", "--quote", "Ines Rousseau saw it")
    with Store.open(where, read_only=True) as store, store.reading() as reader:
        assert reader.contents([index + 1])
        told = desk("redact", str(index + 1), "--part", "quote", "--order", "Tribunal de Paris")
        assert told.code == 3
        assert "erasure pending" in told.out + told.err
        assert "redacted: the quote" in told.out
    desk.ok("erase")
    sound(desk)


def test_what_is_exported_stands_as_on_the_board(desk: Shell, tmp_path: Path) -> None:
    for story, text in (
        ("zeta", "Z is so"),
        ("alpha", "A is so"),
        ("zeta", "Another Z is so"),
        ("alpha", "B is not so"),
    ):
        desk.ok("report", text, "--by", "AFP", "--by-kind", "agency", "--said", "22:40", "--story", story, "--new")
    desk.ok("same", "Another Z is so", "A is so")
    desk.ok("export", "csv", "out", "--all", "--raw")
    with (tmp_path / "out" / "claims.csv").open(newline="", encoding="utf-8") as file:
        exported = [(row["story"], row["claim"]) for row in csv.DictReader(file)]
    board = [(row["story"], str(row["claim"])) for row in desk.ok("board", "--all", "--json").json]
    assert exported == board
    assert len(board) == 4, "one is folded away"
    with (tmp_path / "out" / "entries.csv").open(newline="", encoding="utf-8") as file:
        assert [int(row["index"]) for row in csv.DictReader(file)] == list(range(desk.size()))


def test_what_went_out_is_owed_settled_and_checked(desk: Shell, tmp_path: Path) -> None:
    """A page and a file go out, the claim is denied: both are owed by that entry, settled, and the file stays right."""
    live, file = "https://example.org/live", "https://example.org/claims.csv"
    desk.ok("publication", "add", live, "--claim", SECOND, "--title", "What we know so far")
    desk.ok("export", "csv", str(tmp_path / "out"), "--story", STORY, "--publish-as", file)
    assert desk.ok("debt").err == "nothing is owed: what went out is what holds\n"
    assert desk.ok("impact", "Reuters", "--json").json["owed"] != []
    desk.ok("deny", SECOND, "--by", "desk", "--said", "2017-04-20 22:57")
    denial = desk.size() - 1
    owed = desk.ok("debt", "--json").json
    assert [(row["name"], row["claim"], row["reason"], row["by"]) for row in owed] == [
        (live, 5, "wrong", denial),
        (file, 5, "wrong", denial),
    ]
    assert desk.ok("notice", live).out.startswith("CORRECTION: “What we know so far”")
    for piece in (live, file):
        desk.ok("settle", piece, "--url", "https://example.org/corrections/1", "--as-known", str(denial))
    assert desk.ok("debt", "--json").json == []
    assert desk("settle", live, "--note", "again").code == 1
    found = desk.ok("check", str(tmp_path / "out" / "claims.csv"), "--json").json
    assert (found["likeness"], found["publications"]) == ("exact", [10])
    desk.ok("hold", SECOND)
    assert {row["reason"] for row in desk.ok("debt", "--json").json} == {"held"}
    sound(desk)
