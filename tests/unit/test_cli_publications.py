"""What went out, what is owed, the corrective and the check of a file, as typed."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.shell import SECOND, STORY, Shell

URL = "https://example.org/live"
CORRECTION = "https://example.org/corrections/1"
DENIAL = ("deny", SECOND, "--by", "desk", "--said", "2017-04-20 22:57")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Entry 8 is a statement on claim 5, of story 4."""
    return Shell(tmp_path, monkeypatch).night()


@pytest.fixture
def owed(shell: Shell) -> Shell:
    """The claim was told on the live page, entry 9, and denied by entry 10 afterwards."""
    shell.ok("publication", "add", URL, "--claim", SECOND, "--title", "What we know so far")
    shell.ok(*DENIAL)
    return shell


def indexes(shell: Shell, kind: str) -> list[int]:
    return [row["index"] for row in shell.ok("log", "--json").json if row["kind"] == kind]


# Recording and listing


def test_the_told_story(shell: Shell, tmp_path: Path) -> None:
    """A page and a file go out; the claim is denied; both are owed; a corrective settles it; the file stays right."""
    assert shell.ok("debt").err == "nothing is owed: what went out is what holds\n"
    shell.ok("publication", "add", URL, "--claim", SECOND, "--title", "What we know so far")
    wrote = shell.ok("export", "csv", "out", "--story", STORY, "--publish-as", "https://example.org/claims.csv")
    assert wrote.out.endswith("10 recorded: out/claims.csv published as https://example.org/claims.csv\n")
    assert shell.ok("debt").out == ""
    shell.ok(*DENIAL)
    denial = shell.size() - 1
    told = shell.ok("debt").out
    assert f"What we know so far ({URL})" in told
    assert f"wrong: entry {denial}" in told
    assert "we told: unverified" in told
    assert "now: denied" in told
    notice = shell.ok("notice", URL)
    assert notice.out.startswith(f"CORRECTION: “What we know so far”, {URL}\n")
    assert f"as entry {denial}" in notice.out
    assert f"next: claims settle 9 --url ADDRESS --as-known {denial}" in notice.err
    shell.ok("settle", URL, "--url", CORRECTION, "--as-known", str(denial))
    assert [row["publication"] for row in shell.ok("debt", "--json").json] == [10]
    shell.ok("settle", "https://example.org/claims.csv", "--note", "mailed to those who load it")
    assert shell.ok("debt").out == ""
    checked = shell.ok("check", str(tmp_path / "out" / "claims.csv"))
    assert f"exactly what the ledger gives (story {STORY}" in checked.out
    assert checked.out.endswith("published by entry 10\n")
    assert "no difference" in shell.ok("verify").out


def test_a_publication_as_json(owed: Shell) -> None:
    [row] = owed.ok("publication", "list", "--json").json
    assert {key: row[key] for key in ("index", "name", "url", "title", "claims", "told", "held", "owed")} == {
        "index": 9,
        "name": URL,
        "url": URL,
        "title": "What we know so far",
        "claims": [5],
        "told": 1,
        "held": False,
        "owed": 1,
    }
    assert (row["size"], row["as_said"], row["story"], row["sha256"], row["settlements"]) == (9, None, None, None, [])
    listed = owed.ok("publication", "list").out
    assert f"    9  What we know so far ({URL})\n" in listed
    assert "owed on 1 claim" in listed


def test_a_debt_as_json(owed: Shell) -> None:
    [row] = owed.ok("debt", "--json").json
    assert (row["publication"], row["claim"], row["reason"], row["by"]) == (9, 5, "wrong", 10)
    assert (row["told"], row["told_by"], row["state"], row["accepted"]) == ("unverified", 9, "denied", False)
    assert [due["reason"] for due in row["dues"]] == ["wrong"]
    assert row["since"] == row["owed_since"] == row["dues"][0]["since"]
    assert row["seconds"] >= 0
    [notice] = owed.ok("notice", "--json").json
    assert (notice["publication"], notice["claims"], notice["size"]) == (9, [5], 11)


def test_nothing_is_owed_as_json(shell: Shell) -> None:
    for asked in (("debt",), ("notice",), ("publication", "list")):
        assert shell.ok(*asked, "--json").json == []
        assert shell.ok(*asked).out == ""


def test_of_a_story_of_all_and_by_the_story_of_the_shift(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAIMS_STORY", STORY)
    shell.ok("publication", "add", "the ten o'clock news")
    shell.ok("publication", "add", "the morning paper", "--all")
    shell.ok("publication", "add", "the push", "--claim", SECOND)
    rows = shell.ok("publication", "list", "--json").json
    assert [(row["name"], row["story"], row["claims"]) for row in rows] == [
        ("the push", None, [5]),
        ("the morning paper", None, []),
        ("the ten o'clock news", STORY, []),
    ]
    shell.ok(*DENIAL)
    by = ("--by", "AFP", "--by-kind", "agency", "--said", "2017-04-20 22:31", "--story", "elsewhere")
    shell.ok("report", "Another fact", *by)
    monkeypatch.setenv("CLAIMS_STORY", "elsewhere")
    assert shell.ok("debt", "--json").json == []
    assert len(shell.ok("debt", "--all", "--json").json) == 3
    assert shell.ok("debt", "the push", "--all", "--json").json[0]["name"] == "the push"


def test_it_is_found_by_name_address_title_and_index(owed: Shell) -> None:
    for called in (URL, "what we know so far", "9", URL.upper()):
        assert [row["publication"] for row in owed.ok("debt", called, "--json").json] == [9]


def test_it_is_taken_back_and_restored(owed: Shell) -> None:
    owed.ok("retract", "9", "--why", "other")
    assert owed.ok("debt").out == owed.ok("publication", "list").out == ""
    assert "nothing is owed" in owed.refused(1, "settle", "9", "--url", CORRECTION)
    owed.ok("retract", "11", "--why", "other")
    assert len(owed.ok("debt", "--json").json) == 1


# What would follow


def test_what_would_follow_if_a_source_took_it_back(shell: Shell) -> None:
    shell.ok("publication", "add", URL, "--claim", SECOND)
    before = shell.bytes()
    told = shell.ok("impact", "Reuters")
    assert told.out.startswith("if Reuters took back all it said:\n")
    assert "unverified → retracted" in told.out
    assert "1 publication would be owed:" in told.out
    found = shell.ok("impact", "8", "--json").json
    assert (found["supposed"], [each["claim"] for each in found["claims"]]) == (1, [5])
    assert (found["claims"][0]["before"], found["claims"][0]["after"]) == ("unverified", None)
    assert [row["publication"] for row in found["owed"]] == [9]
    assert shell.bytes() == before


def test_of_what_nothing_follows(shell: Shell) -> None:
    told = shell.ok("impact", "desk").out
    assert "no claim would change its state" in told
    assert "no publication would be owed more than now" in told


@pytest.mark.parametrize(
    ("given", "words"), [("5", "cannot fall"), ("0", "cannot fall"), ("99", "99"), ("Nobody", "no such source")]
)
def test_what_cannot_fall(shell: Shell, given: str, words: str) -> None:
    assert words in shell.refused(1, "impact", given)


# Refused, in words, with nothing written


BAD: list[tuple[int, str, tuple[str, ...]]] = [
    (2, "of what is not said", ("publication", "add", URL)),
    (2, "with --claim", ("publication", "add", URL, "--claim", "5", "--story", STORY)),
    (2, "with --claim or --story", ("publication", "add", URL, "--all", "--claim", "5")),
    (2, "with --claim or --story", ("publication", "add", URL, "--all", "--story", STORY)),
    (1, "lies in the future", ("publication", "add", URL, "--claim", "5", "--at", "2099-01-01 12:00")),
    (2, "nothing was recorded by then", ("publication", "add", URL, "--claim", "5", "--at", "2017-04-20 22:40")),
    (2, "cannot be read", ("publication", "add", URL, "--claim", "5", "--at", "half past nine")),
    (1, "99", ("publication", "add", URL, "--claim", "99")),
    (1, "no such story", ("publication", "add", URL, "--story", "elsewhere")),
    (
        2,
        "the ledger knew nothing then, or not so much",
        ("publication", "add", URL, "--claim", "5", "--as-known", "99"),
    ),
    (1, "not among the first 5", ("publication", "add", URL, "--claim", "5", "--as-known", "4")),
    (1, "is empty", ("publication", "add", " ", "--claim", "5")),
    (1, "control character", ("publication", "add", "a\x07b", "--claim", "5")),
    (1, "reorders text", ("publication", "add", "news \u202egnp.exe", "--claim", "5")),
    (1, "is no web address", ("publication", "add", "https://example.org/a b", "--claim", "5")),
    (1, "characters", ("publication", "add", "x" * 20_000, "--claim", "5")),
    (1, "control character", ("publication", "add", URL, "--claim", "5", "--title", "a\nb")),
    (1, "no such publication", ("debt", "the six o'clock news")),
    (1, "a statement, not a publication", ("debt", "8")),
    (1, "99", ("debt", "99")),
    (1, "no such publication", ("notice", "the six o'clock news")),
    (1, "no such publication", ("settle", "the six o'clock news", "--url", CORRECTION)),
    (2, "--title: of what is not said", ("export", "csv", "out", "--title", "x")),
]


@pytest.mark.parametrize(("code", "words", "typed"), BAD)
def test_what_is_refused(shell: Shell, code: int, words: str, typed: tuple[str, ...]) -> None:
    assert words in shell.refused(code, *typed)


BAD_SETTLEMENTS: list[tuple[int, str, tuple[str, ...]]] = [
    (2, "where the corrective went out is not said", ()),
    (1, "nothing is owed on claim", ("--url", CORRECTION, "--claim", "Another fact")),
    (1, "lies in the future", ("--url", CORRECTION, "--at", "2099-01-01 12:00", "--as-known", "10")),
    (2, "nothing was recorded by then", ("--url", CORRECTION, "--at", "2017-04-20 23:10")),
    (1, "rests on no more than the publication 9 itself", ("--url", CORRECTION, "--as-known", "8")),
    (1, "control character", ("--url", "https://example.org/\x1b[31m")),
    (1, "is no web address", ("--url", "see above")),
]


@pytest.mark.parametrize(("code", "words", "typed"), BAD_SETTLEMENTS)
def test_a_settlement_is_refused(owed: Shell, code: int, words: str, typed: tuple[str, ...]) -> None:
    owed.ok(
        "report", "Another fact", "--by", "AFP", "--by-kind", "agency", "--story", STORY, "--said", "2017-04-20 22:50"
    )
    assert words in owed.refused(code, "settle", URL, *typed)


def test_where_nothing_is_owed_nothing_is_settled(owed: Shell) -> None:
    owed.ok("settle", URL, "--url", CORRECTION)
    assert "nothing is owed" in owed.refused(1, "settle", URL, "--url", CORRECTION)


def test_a_name_that_several_bear(shell: Shell) -> None:
    for _ in range(2):
        shell.ok("publication", "add", "the ten o'clock news", "--claim", "5")
    told = shell.refused(1, "debt", "The ten o'clock news")
    assert "several publications are called so" in told
    assert "9" in told
    assert "10" in told
    assert shell.ok("debt", "10").code == 0


def test_more_claims_than_are_named(shell: Shell) -> None:
    """1,001 claims: refused, with the way to say it; the thousand are taken."""
    head = "text,story,status,source,source_kind,said\n"
    rows = "".join(f"Fact number {n},{STORY},reported,AFP,agency,2017-04-20 22:30\n" for n in range(1_001))
    Path("facts.csv").write_text(head + rows, encoding="utf-8")
    shell.ok("import", "facts.csv")
    claims = [row["claim"] for row in shell.ok("board", "--all", "--json").json if row["text"] != SECOND]
    typed = [word for claim in claims for word in ("--claim", str(claim))]
    told = shell.refused(1, "publication", "add", URL, *typed)
    assert "are 1,001; at most 1,000 are named" in told
    assert "a story, or all" in told
    shell.ok("publication", "add", URL, *typed[2:])


def test_long_and_right_to_left_names_are_shown_as_they_are(shell: Shell) -> None:
    arabic = "آخر الأخبار من باريس"
    shell.ok("publication", "add", arabic, "--claim", "5", "--title", "x" * 300)
    assert arabic in shell.ok("publication", "list").out
    assert all(len(line) <= 80 for line in shell.ok("publication", "list").out.splitlines())
    long = "https://example.org/" + "a" * 1_900
    shell.ok("publication", "add", long, "--claim", "5")
    assert shell.ok("publication", "list", "--json").json[0]["url"] == long


def test_a_file_that_cannot_be_called_so_does_not_go_out(shell: Shell) -> None:
    """Refused before a file is written."""
    for name in ("a\x07b", " ", "https://example.org/a b"):
        shell.refused(1, "export", "csv", "out", "--publish-as", name)
    assert not Path("out").exists()


# The check of a file


@pytest.fixture
def exported(shell: Shell) -> Path:
    shell.ok("export", "csv", "out", "--story", STORY)
    shell.ok(*DENIAL)
    return Path("out/claims.csv")


def rewritten(path: Path, column: str, cell: str, quoting: int = csv.QUOTE_MINIMAL) -> None:
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    rows[0][column] = cell
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0], quoting=quoting)
        writer.writeheader()
        writer.writerows(rows)


def test_a_file_that_no_entry_published_is_checked_too(shell: Shell, exported: Path) -> None:
    found = shell.ok("check", str(exported))
    assert "exactly what the ledger gives" in found.out
    assert found.err == "no entry says that this file was published\n"
    told = shell.ok("check", str(exported), "--json").json
    assert (told["ok"], told["likeness"], told["size"], told["publications"]) == (True, "exact", 9, [])


def test_another_program_wrote_it_anew(shell: Shell, exported: Path) -> None:
    rewritten(exported, "size", "9", csv.QUOTE_ALL)
    assert "another program has written the file anew" in shell.ok("check", str(exported)).out


def test_a_changed_cell_is_shown(shell: Shell, exported: Path) -> None:
    rewritten(exported, "state", "confirmed")
    found = shell("check", str(exported))
    assert found.code == 1
    assert f"{exported}:2: state: differs" in found.out
    assert "the ledger gives “unverified”" in found.out
    assert "the file has     “confirmed”" in found.out
    told = shell("check", str(exported), "--json").json
    assert (told["ok"], told["likeness"], told["line"], told["column"]) == (False, "different", 2, "state")


def test_rows_that_are_gone_or_too_many(shell: Shell, exported: Path) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    exported.write_bytes(b"".join([*lines, lines[-1]]))
    found = shell("check", str(exported))
    assert (found.code, "the ledger gives no such row" in found.out) == (1, True)


def test_what_was_redacted_since(shell: Shell, exported: Path) -> None:
    shell.ok("redact", "5", "--part", "text", "--order", "Tribunal de Paris")
    found = shell.ok("check", str(exported))
    assert "but for 1 cell with words that were redacted since" in found.out
    rewritten(exported, "state", "confirmed")
    assert shell("check", str(exported)).code == 1


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("size", "99", "is no size that this ledger had"),
        ("size", "0", "is no size that this ledger had"),
        ("size", "9" * 40, "is no size that this ledger had"),
        ("size", "٩", "is no size that this ledger had"),
        ("size", "", "is no size that this ledger had"),
        ("as_known", "x", "is not the last entry of its size"),
        ("as_known", "7", "is not the last entry of its size"),
        ("as_said", "yesterday", "is no time"),
    ],
)
def test_a_file_that_does_not_say_what_it_rests_on(
    shell: Shell, exported: Path, column: str, cell: str, words: str
) -> None:
    rewritten(exported, column, cell)
    assert words in shell.refused(1, "check", str(exported))


def test_files_that_are_none(shell: Shell, exported: Path) -> None:
    good = exported.read_bytes()
    bad: dict[str, bytes] = {
        "empty": b"",
        "mark": b"\xef\xbb\xbf",
        "words": b"not a table at all\n",
        "other": b"a,b,c\n1,2,3\n",
        "latin": good.replace(b"officer", b"offic\xe9r"),
        "wide": good.decode("utf-8-sig").encode("utf-16"),
        "xlsx": b"PK\x03\x04" + bytes(200),
        "nul": good.replace(b"officer", b"offi\x00er"),
        "torn": good[:-40] + b'"',
        "header": good.splitlines(keepends=True)[0],
        "image": bytes(range(256)),
    }
    for name, data in bad.items():
        Path(name).write_bytes(data)
        told = shell.refused(1, "check", name)
        assert name in told, told
        assert "next: " in told
    shell.refused(1, "check", "out/entries.csv")
    shell.refused(3, "check", "nowhere.csv")
    shell.refused(3, "check", "out")


def test_a_file_of_another_ledger(shell: Shell, exported: Path, tmp_path: Path) -> None:
    shell.ok("init", "--origin", "example.org/other", "--zone", "Europe/Paris", "--ledger", "other.db")
    by = ("--by", "Reuters", "--by-kind", "agency", "--said", "2017-04-20 22:31", "--story", STORY)
    for n in range(3):
        shell.ok("report", f"Another fact {n}", *by, "--ledger", "other.db")
    found = shell("check", str(exported), "--ledger", "other.db")
    assert found.code == 1
    assert "is not what the ledger gives" in found.err


def test_a_header_alone_that_went_out(shell: Shell) -> None:
    """A story in which everything is held: the file has no rows, and the entry says what it was of."""
    shell.ok("hold", "5")
    shell.ok("export", "csv", "out", "--story", STORY, "--publish-as", "the feed")
    assert "exactly what the ledger gives" in shell.ok("check", "out/claims.csv").out


def test_a_sheet_with_what_went_out_is_imported_without_it(owed: Shell) -> None:
    """What another ledger told its public is that one's own: so are its correctives, and what is about either."""
    owed.ok("settle", URL, "--url", CORRECTION)
    owed.ok("evidence", "add", "9", "https://example.org/screenshot.png")
    owed.ok("retract", "9", "--why", "other")
    owed.ok("retract", "13", "--why", "other")
    owed.ok("export", "csv", "out", "--all")
    owed.ok("init", "--origin", "example.org/other", "--zone", "Europe/Paris", "--ledger", "other.db")
    owed.ok("import", "out/entries.csv", "--ledger", "other.db")
    assert owed.ok("publication", "list", "--ledger", "other.db").out == ""
    [row] = owed.ok("board", "--all", "--json", "--ledger", "other.db").json
    assert (row["text"], row["state"]) == (SECOND, "denied")
    assert "no difference" in owed.ok("verify", "--ledger", "other.db").out
