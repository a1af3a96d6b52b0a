"""A file goes in whole or not at all, and once, whatever happens beside it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.book import Ledger, importing
from ledger.errors import Rejected
from ledger.model import Statement
from ledger.vocabulary import SourceKind, Status
from tests.feeds import STORY_ROWS, board_of, substance, write_feed
from tests.memory import FEW, MOST, peak_of_import
from tests.newsroom import Newsroom
from tests.shell import Shell

HEAD = "text,story,status,source,source_kind,said\n"
ROW = "One died,paris,reported,AFP,agency,2017-04-20 22:30\n"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch).init()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    room = Newsroom.founded(tmp_path)
    yield room
    room.ledger.close()


def sheet(text: str, name: str = "night.csv") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def lines(*rows: dict[str, Any], name: str = "night.jsonl") -> str:
    return sheet("".join(json.dumps(row) + "\n" for row in rows), name)


def done(shell: Shell, *args: str) -> tuple[int, int]:
    """Rows and new entries of an import."""
    told = shell.ok("import", *args, "--json").json
    return told["rows"], told["written"]


FULL = [
    {"kind": "source", "source": "Interior Ministry", "source_kind": "official"},
    {"kind": "source", "source": "Ana Roux", "source_kind": "spokesperson", "group": "Interior Ministry"},
    {"kind": "authority", "source": "Interior Ministry"},
    {"kind": "claim", "text": "Two died"},
    {
        "index": 7,
        "text": "One died",
        "status": "reported",
        "source": "a witness",
        "source_kind": "witness",
        "via": "BFM",
    }
    | {"via_kind": "broadcaster", "said": "2017-04-20 22:30", "quote": "I saw one", "url": "https://example.org/1"},
    {"index": 9, "text": "One died", "status": "denied", "source": "Ana Roux", "said": "2017-04-20T22:57+02:00"},
    {"text": "Two died", "status": "corrected", "to_text": "One died", "source": "desk", "said": "unknown"},
    {"kind": "retract", "target": 9, "why": "misheard", "note": "it was another"},
    {"kind": "evidence", "target": 7, "evidence": {"url": "https://example.org/clip", "media_type": "video/mp4"}},
    {"kind": "hold", "text": "Two died"},
    {"kind": "wording", "text": "One died", "wording": "One officer died"},
    {"kind": "vet", "source": "BFM", "vetted": False},
    {"kind": "policy", "quorum": 3},
]


def test_json_lines_and_csv_say_the_same(shell: Shell, tmp_path: Path) -> None:
    names = list(dict.fromkeys(name for row in FULL for name in row))
    shown = [[json.dumps(v) if isinstance(v := row.get(n, ""), dict | bool) else str(v) for n in names] for row in FULL]
    quoted = ["\t".join(cell.replace('"', '""').join('""') if '"' in cell else cell for cell in row) for row in shown]
    sheet("\n".join(["\t".join(names), *quoted]), "night.csv")
    lines(*FULL)
    for name in ("csv", "jsonl"):
        shell.ok("--ledger", f"{name}.db", "init", "--origin", "example.org/desk", "--zone", "Europe/Paris")
        assert done(shell, f"night.{name}", "--story", "paris", "--ledger", f"{name}.db") == (13, 17)
        assert done(shell, f"night.{name}", "--story", "paris", "--ledger", f"{name}.db") == (13, 0)
    held = [[part[1:] for part in substance(tmp_path / f"{name}.db")] for name in ("csv", "jsonl")]
    assert [[p for p in part if "key" not in str(p)] for part in held[0]] == [
        [p for p in part if "key" not in str(p)] for part in held[1]
    ]
    board = {row["text"]: row["state"] for row in shell.ok("board", "--all", "--ledger", "csv.db", "--json").json}
    assert board == {"One officer died": "confirmed", "Two died": "corrected"}


def test_what_is_said_on_the_screen(shell: Shell) -> None:
    sheet(HEAD + ROW)
    tried = shell.ok("import", "night.csv", "--dry-run")
    assert (tried.out, tried.err) == ("night.csv: 1 rows would write 4 entries\n", "")
    told = shell.ok("import", "night.csv")
    assert told.out == "night.csv: 1 rows, 4 new entries; the ledger has 8\n"
    assert told.err == "next: claims board\n"


def test_the_shape_for_scripts(shell: Shell) -> None:
    sheet(HEAD + ROW)
    dry = shell.ok("import", "night.csv", "--dry-run", "--json").json
    assert dry == {"rows": 1, "written": 4, "size": 8, "dry_run": True}
    assert shell.ok("import", "night.csv", "--json").json == dry | {"dry_run": False}
    assert shell.ok("import", "night.csv", "--json").json == dry | {"dry_run": False, "written": 0}
    sheet(HEAD + ROW.replace("agency", "agensy"), "bad.csv")
    failed = shell("import", "bad.csv", "--json")
    told = json.loads(failed.err)
    assert (failed.code, failed.out) == (1, "")
    assert told["error"] == "nothing was imported"
    assert told["next"] == "mend the file and import it again"
    (problem,) = told["problems"]
    assert (problem["where"], problem["why"]) == ("bad.csv:2: source_kind", "is not in the list")
    assert problem["expected"].startswith("agency, broadcaster") and problem["got"] == "'agensy'"


def test_a_dry_run_writes_nothing_and_leaves_nothing(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare = tmp_path / "spare"
    spare.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spare))
    sheet(HEAD + ROW * 3)
    sheet(HEAD + "x\n", "bad.csv")
    before = shell.bytes()
    shell.ok("import", "night.csv", "--dry-run")
    shell.refused(1, "import", "bad.csv")
    assert shell.bytes() == before
    assert list(spare.iterdir()) == []
    shell.ok("import", "night.csv")
    assert list(spare.iterdir()) == []


def test_every_problem_is_told_in_its_place_and_nothing_is_written(shell: Shell) -> None:
    sheet(
        HEAD
        + ROW
        + "Two died,paris,said,AFP,agency,tonight\n"
        + '"Three\ndied",paris,reported,AFP,agency,\n'
        + "Four died,Paris Night,reported,AFP,,\n"
        + "Five died,paris,reported,Nobody,,\n"
        + "Six died,paris,reported,AFP,,2999-01-01\n"
    )
    said = shell.refused(1, "import", "night.csv")
    assert [line.partition(" (")[0] for line in said.splitlines()[1:-1]] == [
        "  night.csv:3: status: is not in the list",
        "  night.csv:3: said: cannot be read",
        "  night.csv:4: text: holds a control character",
        "  night.csv:6: story: is no slug",
        "  night.csv:7: row: by: 'Nobody': no such source yet",
        "  night.csv:8: said: lies in the future",
    ]
    assert "night.csv:3: said: cannot be read (expected 22:57, 2017-04-20, 2017-04-20 22:57 or " in said
    assert "got 'tonight')" in said


@pytest.mark.parametrize("many", [1, 99, 100, 101, 250])
@pytest.mark.parametrize("bad", ["One died,paris,said,AFP,agency,\n", "One died,Paris Night,reported,AFP,agency,\n"])
def test_a_hundred_problems_are_told_and_that_there_are_more(shell: Shell, many: int, bad: str) -> None:
    sheet(HEAD + bad * many)
    told = json.loads(shell("import", "night.csv", "--json").err)["problems"]
    assert len(told) == min(many, 100) + (many > 100)
    limit = {"where": "the file", "why": "has more than 100 problems; these are the first"}
    assert (limit in told) == (many > 100)
    assert [each["where"].split(":")[1] for each in told[:100]] == [str(line) for line in range(2, min(many, 100) + 2)]


def test_the_same_row_twice_is_two_entries_and_stays_two(shell: Shell) -> None:
    sheet(HEAD + ROW * 2)
    assert done(shell, "night.csv") == (2, 5)
    assert done(shell, "night.csv") == (2, 0)
    sheet(HEAD + ROW * 3, "more.csv")
    assert done(shell, "more.csv") == (3, 1)


def test_a_key_of_the_files_own_makes_a_row_one(shell: Shell) -> None:
    lines({"key": "a/1", "text": "One", "status": "reported", "source": "desk"})
    lines({"key": "a/1", "text": "One", "status": "reported", "source": "desk", "quote": "mended"}, name="b.jsonl")
    assert done(shell, "night.jsonl", "--story", "paris") == (1, 3)
    assert done(shell, "b.jsonl", "--story", "paris") == (1, 0)
    own = "0123456789abcdef" * 2
    lines({"key": own, "text": "One", "status": "denied", "source": "desk"}, name="c.jsonl")
    shell.ok("import", "c.jsonl")
    with Ledger.open("claims.db") as ledger, ledger._store.reading() as reader:
        assert reader.by_key(own) == 7


def test_order_of_columns_delimiter_and_blank_cells_make_no_other_row(shell: Shell) -> None:
    sheet(HEAD + ROW)
    turned = ";".join(HEAD.strip().split(",")[::-1]) + ";note\n" + ";".join(ROW.strip().split(",")[::-1]) + ";\n"
    sheet(turned, "turned.csv")
    assert done(shell, "night.csv") == (1, 4)
    assert done(shell, "turned.csv") == (1, 0)


def test_a_clock_time_is_the_same_row_on_the_next_day(room: Newsroom, tmp_path: Path) -> None:
    path = tmp_path / "night.csv"
    path.write_text(HEAD + ROW.replace("2017-04-20 22:30", "22:30"), encoding="utf-8")
    assert room.ledger.import_file(path).written == 4
    room.clock.wait(24 * 60)
    assert room.ledger.import_file(path).written == 0


def test_a_second_import_adds_nothing_after_its_own_amendments(shell: Shell) -> None:
    """Rows that open things are found by name, also where later rows of the file changed what they say."""
    lines(
        {"kind": "policy", "index": 3, "quorum": 2},
        {"kind": "source", "index": 10, "source": "Le Jour", "source_kind": "agency"},
        {"kind": "source", "index": 11, "target": 10, "source_kind": "newspaper"},
        {"kind": "source", "index": 12, "source": "Ministry", "source_kind": "official"},
        {"kind": "source", "index": 13, "source": "Ana Roux", "source_kind": "spokesperson", "group": "Ministry"},
        {"kind": "group", "source": "Ana Roux"},
        {"kind": "policy", "quorum": 3},
        {"kind": "retract", "target": 11, "why": "mistyped"},
        {"kind": "retract", "target": 3, "why": "other"},
    )
    assert done(shell, "night.jsonl") == (9, 8)
    assert done(shell, "night.jsonl") == (9, 0)
    with Ledger.open("claims.db") as ledger:
        assert ledger.policy().quorum == 3


def test_a_source_of_another_kind_is_still_refused(shell: Shell) -> None:
    lines({"kind": "source", "source": "AFP", "source_kind": "agency"})
    lines({"kind": "source", "source": "AFP", "source_kind": "party"}, name="other.jsonl")
    shell.ok("import", "night.jsonl")
    assert "other.jsonl:1: row: by: 'AFP': is known as source 4, of kind agency" in shell.refused(
        1, "import", "other.jsonl"
    )


def test_references_are_to_rows_of_the_file_never_to_the_ledger(shell: Shell) -> None:
    said = ("--by", "a guard", "--by-kind", "unnamed", "--via", "AFP", "--via-kind", "agency", "--said", "unknown")
    shell.ok("report", "One died", *said, "--story", "paris")  # entry 5 is the claim, 8 the statement
    said = {"status": "reported", "source": "desk", "story": "lyon"}
    lines({"kind": "retract", "target": 8, "why": "misheard"})
    assert "target: 8: no row above has this index" in shell.refused(1, "import", "night.jsonl")
    lines({"claim": 5} | said)
    assert "claim: 5: no row above has this index" in shell.refused(1, "import", "night.jsonl")
    for column in ("text", "story", "source"):
        lines({"text": "New"} | said | {column: "5"})
        assert f"night.jsonl:1: {column}: is a bare number" in shell.refused(1, "import", "night.jsonl")
    lines({"index": 5, "kind": "claim", "text": "New", "story": "lyon"}, {"index": 8, "claim": 5} | said)
    shell.ok("import", "night.jsonl")
    assert shell.board()["New"]["state"] == "confirmed"
    assert "does not ascend" in shell.refused(1, "import", lines({"index": 2} | FULL[0], {"index": 2} | FULL[1]))


def test_a_default_story_is_for_rows_that_name_none_and_need_one(shell: Shell) -> None:
    row = {"status": "reported", "source": "desk"}
    lines(
        {"text": "One"} | row,
        {"text": "Two", "story": "lyon"} | row,
        {"kind": "claim", "text": "Three"},
        {"kind": "source", "source": "AFP", "source_kind": "agency"},
        {"kind": "source", "source": "a guard", "source_kind": "witness"},
        {"kind": "vet", "source": "AFP", "vetted": False},
        {"kind": "policy", "quorum": 1},
    )
    shell.ok("import", "night.jsonl", "--story", "paris")
    found = {row["text"]: row["story"] for row in shell.ok("board", "--all", "--json").json}
    assert found == {"One": "paris", "Two": "lyon"}
    with Ledger.open("claims.db") as ledger:
        assert [(row.name, row.claims) for row in ledger.stories()] == [("paris", 2), ("lyon", 1)]


def test_a_default_story_is_no_part_of_rows_that_need_none(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"kind": "source", "index": 1, "source": "AFP", "source_kind": "agency"}, {"kind": "policy", "quorum": 1}]
    rows += [{"index": 4, "kind": "vet", "source": "AFP", "vetted": False}]
    rows += [{"kind": "evidence", "target": 4, "evidence": "https://example.org/1"}]
    lines(*rows)
    assert done(shell, "night.jsonl") == (4, 4)
    monkeypatch.setenv("CLAIMS_STORY", "paris")
    assert done(shell, "night.jsonl") == (4, 0)


def test_recorded_is_never_taken_from_a_file(shell: Shell) -> None:
    header = HEAD.replace("said", "said,recorded,recorder")
    sheet(header + ROW.strip() + ",2001-01-01T00:00:00.000000Z,Somebody\n")
    shell.ok("import", "night.csv")
    log = shell.ok("log", "--json").json
    assert {line["recorder"] for line in log[1:]} == {"Ana"}
    assert min(line["recorded"] for line in log[1:]) >= log[0]["recorded"]
    assert not any("2001" in line["recorded"] for line in log)


def test_a_file_cannot_say_who_the_ledger_is(shell: Shell) -> None:
    before = shell.bytes()
    lines({"kind": "opening", "origin": "evil.org", "zone": "UTC"}, {"kind": "recorder", "recorder": "Eve"})
    assert done(shell, "night.jsonl") == (2, 0)
    assert shell.size() == 4
    with Ledger.open("claims.db") as ledger:
        assert ledger.origin == "example.org/desk"
    assert before[:16] == shell.bytes()[:16]


def test_through_a_map(shell: Shell) -> None:
    sheet("Claim;Outlet;View;When\nOne died;Le Jour;for;20/04/2017 22:30\nOne died;Le Soir;unclear;\n", "feed.csv")
    sheet(
        '[columns]\ntext="claim"\nsource="outlet"\nstatus="view"\nsaid="when"\n[constants]\nstory="paris"\n'
        'source_kind="newspaper"\n[values.status]\nfor="reported"\nunclear="-"\n[times]\nform="%d/%m/%Y %H:%M"\n',
        "feed.toml",
    )
    assert done(shell, "feed.csv", "--map", "feed.toml", "--dry-run") == (1, 4)
    assert done(shell, "feed.csv", "--map", "feed.toml") == (1, 4)
    assert done(shell, "feed.csv", "--map", "feed.toml") == (1, 0)
    lines({"Claim": "One died", "Outlet": "Le Matin", "View": "for", "When": "", "more": 1}, name="feed.jsonl")
    assert done(shell, "feed.jsonl", "--map", "feed.toml") == (1, 2)
    sheet("Claim;Outlet;View\nOne died;Le Jour;for\n", "short.csv")
    said = shell.refused(1, "import", "short.csv", "--map", "feed.toml")
    assert "short.csv:1: when: is a column of the map, and not of the file" in said
    sheet("[colums]", "bad.toml")
    assert "map: colums: is no part of a map" in shell.refused(1, "import", "feed.csv", "--map", "bad.toml")


def test_what_a_raw_export_wrote_is_read_as_raw(shell: Shell) -> None:
    sheet(HEAD + ROW.replace("One died", "'=1 died"))
    shell.ok("import", "night.csv", "--raw")
    assert list(shell.board()) == ["'=1 died"]


# Beside others


def test_a_desk_that_records_between_two_batches(
    room: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk opens the very claim and source that the next rows would open; the batches find them."""
    monkeypatch.setattr(importing, "BATCH", 10)
    feed = write_feed(tmp_path / "feed.csv", 45)
    desk = room.reopened("Ben")
    original = importing._append

    def append(store: Any, name: str, rows: Iterator[Any], record: Any, *, strict: bool) -> Any:
        def read() -> Iterator[Any]:
            for number, row in enumerate(rows):
                if strict and number == 20:
                    desk.record(
                        "In story 0 the matter 21 is so",
                        Status.DENIED,
                        by="Outlet 310",
                        by_kind=SourceKind.NEWSPAPER,
                        said=None,
                        story="story-0",
                        new=True,
                    )
                yield row

        return original(store, name, read(), record, strict=strict)

    monkeypatch.setattr(importing, "_append", append)
    result = room.ledger.import_file(feed)
    with desk._store.reading() as reader:
        entries = list(reader.entries())
    recorded_by = {entry.recorder for entry in entries if isinstance(entry.body, Statement)}
    assert len(recorded_by) == 2
    assert sum(isinstance(entry.body, Statement) for entry in entries) == 46
    by_desk = [entry for entry in entries if entry.recorder != 1 and entry.index > 1]
    assert result.written == len(entries) - 4 - len(by_desk), "what the desk wrote is not counted"
    assert result.size == len(entries)
    assert len(desk.why("In story 0 the matter 21 is so").statements) == 3
    assert desk.verify().findings == ()
    assert room.ledger.import_file(feed).written == 0
    desk.close()


def test_what_the_desk_did_meanwhile_may_stop_an_import_and_that_is_said(
    room: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 10)
    feed = write_feed(tmp_path / "feed.csv", 25)
    original = importing._append

    def append(store: Any, name: str, rows: Iterator[Any], record: Any, *, strict: bool) -> Any:
        def read() -> Iterator[Any]:
            for number, row in enumerate(rows):
                if strict and number == 10:
                    with room.reopened("Ben") as desk:
                        desk.add_source("Outlet 310", SourceKind.PARTY)
                yield row

        return original(store, name, read(), record, strict=strict)

    monkeypatch.setattr(importing, "_append", append)
    with pytest.raises(Rejected) as caught:
        room.ledger.import_file(feed)
    assert caught.value.message.endswith("the first 10 rows are imported, the others are not")
    assert [each.where for each in caught.value.problems] == ["feed.csv:12: row"]
    with room.ledger._store.reading() as reader:
        assert sum(isinstance(entry.body, Statement) for entry in reader.entries()) == 10
    assert room.ledger.verify().findings == ()


def test_the_numbers_of_a_dry_run_are_those_of_the_run_over_many_batches(
    room: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 7)
    feed = write_feed(tmp_path / "feed.csv", 60)
    tried = room.ledger.import_file(feed, dry_run=True)
    assert room.ledger.size == 4
    heard: list[int] = []
    ran = room.ledger.import_file(feed, progress=heard.append)
    assert (ran.rows, ran.written, ran.size) == (tried.rows, tried.written, tried.size)
    assert sum(heard) == 2 * len(feed.read_text(encoding="utf-8").replace("\n", "\r\n"))


def test_batches_make_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = write_feed(tmp_path / "feed.csv", STORY_ROWS + 50)
    held = []
    for batch in (1_000, 9):
        monkeypatch.setattr(importing, "BATCH", batch)
        path = tmp_path / f"{batch}.db"
        with Ledger.create(path, origin="example.org/desk", zone="UTC", recorder="Ana") as ledger:
            ledger.import_file(feed)
        held.append((substance(path), board_of(path)))
    assert held[0] == held[1]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """The long version is `make test-scale`."""
    few = peak_of_import(write_feed(tmp_path / "few.csv", FEW // 10), tmp_path / "few.db")
    many = peak_of_import(write_feed(tmp_path / "many.csv", FEW), tmp_path / "many.db")
    assert many <= MOST * few, f"{many:,} KiB after {few:,} KiB"


def test_a_policy_written_by_hand_is_recorded_though_it_says_what_holds(shell: Shell) -> None:
    """Else the second import would bring it back over the one after it."""
    lines({"kind": "policy", "quorum": 2}, {"kind": "policy", "quorum": 3})
    assert done(shell, "night.jsonl") == (2, 2)
    assert done(shell, "night.jsonl") == (2, 0)
    with Ledger.open("claims.db") as ledger:
        assert ledger.policy().quorum == 3


def test_a_key_twice_in_a_file(shell: Shell) -> None:
    """The same row twice under its key is one entry; another row under that key would be lost without a word."""
    head = "text,status,source,source_kind,said,story,key\n"
    row = "The bridge is shut,reported,Reuters,agency,2017-04-20T20:00Z,bridge,7\n"
    other = "The bridge is open,reported,Reuters,agency,2017-04-20T21:00Z,bridge,7\n"
    (shell.folder / "twice.csv").write_text(head + row + row, encoding="utf-8")
    (shell.folder / "clash.csv").write_text(head + row + other, encoding="utf-8")
    said = shell.refused(1, "import", "clash.csv")
    assert (
        "clash.csv:3: key: stands in a row above that says something else (expected a key of its own, got '7')" in said
    )
    assert shell.ok("import", "twice.csv", "--json").json["written"] == 4
