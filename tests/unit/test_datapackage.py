"""datapackage.json: what it tells, what frictionless finds where the files are not as told, and what is refused."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import Misused, Unclear
from ledger.formats.claims import COLUMNS as CLAIM_COLUMNS
from ledger.formats.columns import NAMES
from ledger.formats.datapackage import Package, claims_table, entries_table, write
from tests.golden.feeds.example import HELD, night
from tests.newsroom import STORY, Newsroom
from tests.packages import validate
from tests.shell import Shell

PACKAGE = Package(
    tables=(claims_table("claims.csv", 7, "a" * 64), entries_table("entries.csv", 9, "b" * 64)),
    origin="example.org/newsroom",
    size=12,
    root=bytes(range(32)),
    delimiter=";",
    raw=False,
    held=False,
)


def told(**given: Any) -> Any:
    return json.loads(write(replace(PACKAGE, **given)))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    made = night(tmp_path)
    yield made
    made.ledger.close()


# What it tells


def test_every_column_has_a_type_and_a_meaning() -> None:
    claims, entries = (resource["schema"]["fields"] for resource in told()["resources"])
    assert [field["name"] for field in claims] == list(CLAIM_COLUMNS)
    assert [field["name"] for field in entries] == list(NAMES)
    assert all(field["type"] and field["description"] for field in (*claims, *entries))
    types = {field["name"]: field["type"] for field in claims}
    assert types["claim"] == "integer" and types["accepted"] == "boolean" and types["since"] == "datetime"
    assert types["for"] == "array" and types["text"] == "string"
    state = next(field for field in claims if field["name"] == "state")
    assert state["constraints"]["required"] is True and "corrected" in state["constraints"]["enum"]


def test_what_is_not_given_is_left_out() -> None:
    assert not {"licenses", "created"} & told().keys()
    assert told()["ledger"] == {
        "origin": "example.org/newsroom",
        "size": 12,
        "rootHash": base64.b64encode(bytes(range(32))).decode(),
        "heldClaims": False,
    }
    moment = datetime(2017, 4, 20, 21, tzinfo=UTC)
    full = told(licence="https://example.org/terms", created=moment, story=4, as_said=moment)
    assert full["licenses"] == [{"path": "https://example.org/terms"}]
    assert full["created"] == full["ledger"]["asSaid"] == "2017-04-20T21:00:00.000000Z"
    assert full["ledger"]["story"] == 4


@pytest.mark.parametrize("origin", ["example.org/newsroom", "Ma rédaction", "قلم", "a\nb", "../../etc"])
def test_the_name_is_one_whatever_the_origin(origin: str) -> None:
    found = told(origin=origin)
    assert found["ledger"]["origin"] == origin
    assert re.fullmatch(r"[-a-z0-9._/]+", found["name"])


@pytest.mark.parametrize("licence", ["", "CC BY", "javascript:alert(1)", "https://", "https://[::1", "http://a b", "é"])
def test_a_licence_that_is_none_is_refused(licence: str, room: Newsroom, tmp_path: Path) -> None:
    with pytest.raises(Misused, match="is neither a name nor an address"):
        room.ledger.export_csv(tmp_path / "out", package=True, licence=licence)
    with pytest.raises(Misused, match="is neither a name nor an address"):
        told(licence=licence)
    assert not (tmp_path / "out").exists()


def test_a_licence_without_a_package_is_refused(room: Newsroom, tmp_path: Path) -> None:
    with pytest.raises(Misused, match="licence: is told in"):
        room.ledger.export_csv(tmp_path / "out", licence="CC-BY-4.0")
    assert not (tmp_path / "out").exists()


def test_size_root_bytes_and_hashes_are_those_of_the_moment(room: Newsroom, tmp_path: Path) -> None:
    as_of = room.ledger.as_of(known="13")
    *paths, described = room.ledger.export_csv(tmp_path / "out", as_of=as_of, story=STORY, held=True, package=True)
    found = json.loads(described.read_text(encoding="utf-8"))
    with room.ledger.store.reading(14) as reader:
        root = base64.b64encode(reader.root()).decode()
    assert found["ledger"] == {
        "origin": "example.org/newsroom",
        "size": 14,
        "rootHash": root,
        "heldClaims": True,
        "story": 4,
    }
    # The time of the last entry that was read, so that the same moment gives the same bytes.
    assert found["created"] == "2017-04-20T21:10:00.000000Z"
    for path, resource in zip(paths, found["resources"], strict=True):
        data = path.read_bytes()
        assert (resource["path"], resource["bytes"]) == (path.name, len(data))
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert validate(str(described)).valid
    again = room.ledger.export_csv(tmp_path / "again", as_of=as_of, story=STORY, held=True, package=True)[-1]
    assert again.read_bytes() == described.read_bytes()


def test_a_ledger_without_claims(tmp_path: Path) -> None:
    with Newsroom.founded(tmp_path).ledger as ledger:
        *_, described = ledger.export_csv(tmp_path / "out", package=True)
    report = validate(str(described))
    assert report.valid and [task.stats.get("rows", 0) for task in report.tasks] == [0, 4]


def test_nothing_is_described_where_nothing_was_written(room: Newsroom, tmp_path: Path) -> None:
    with pytest.raises(Unclear, match="no such story"):
        room.ledger.export_csv(tmp_path / "out", story="nowhere", package=True)
    assert not (tmp_path / "out" / "datapackage.json").exists()


def test_no_text_of_the_ledger_is_in_the_description(room: Newsroom, tmp_path: Path) -> None:
    *_, described = room.ledger.export_csv(tmp_path / "out", package=True, held=True, story=STORY)
    text = described.read_text(encoding="utf-8")
    assert HELD not in text and STORY not in text


# What others find with it


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda data: data.replace(b"corrected", b"perfected", 1), "constraint-error"),
        (lambda data: data.replace(b",false,", b",maybe,", 1), "type-error"),
        (lambda data: data.replace(b"2017-04-20T", b"yesterday, ", 1), "extra-cell"),
        (lambda data: data + data.splitlines(keepends=True)[-1], "primary-key"),
        (lambda data: data.replace(b"\r\n5,", b"\r\n,", 1), "primary-key"),
        (lambda data: data + b"\r\n", "byte-count"),
        (lambda data: data.replace(b"One police", b"Two police", 1), "hash-count"),
    ],
)
def test_a_changed_file_is_found(room: Newsroom, tmp_path: Path, change: Callable[[bytes], bytes], found: str) -> None:
    claims, _, described = room.ledger.export_csv(tmp_path / "out", package=True)
    assert validate(str(described)).valid
    before = claims.read_bytes()
    claims.write_bytes(change(before))
    assert claims.read_bytes() != before
    document = json.loads(described.read_text(encoding="utf-8"))
    if found not in ("byte-count", "hash-count"):
        for resource in document["resources"]:
            del resource["bytes"], resource["hash"]
    described.write_text(json.dumps(document), encoding="utf-8")
    assert found in [kind for (kind,) in validate(str(described)).flatten(["type"])]


@pytest.mark.parametrize("more", [(), ("--raw",), ("--delimiter", "semicolon"), ("--delimiter", "tab", "--raw")])
def test_the_command_frictionless_passes_on_what_the_command_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    shell = Shell(tmp_path, monkeypatch).night()
    given = ("export", "csv", "out", "--datapackage", "--licence", "CC-BY-4.0", *more)
    assert shell.ok(*given).out.splitlines() == ["out/claims.csv", "out/entries.csv", "out/datapackage.json"]
    command = [sys.executable, "-m", "frictionless", "validate", "out/datapackage.json", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["valid"] is True


def test_a_description_of_other_files_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(tmp_path, monkeypatch).night()
    assert "datapackage.json" not in shell.ok("export", "csv", "out").err
    assert "datapackage.json" not in shell.ok("export", "csv", "out", "--datapackage").err
    assert "--datapackage renews it" in shell.ok("export", "csv", "out").err


def test_the_command_refuses_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(tmp_path, monkeypatch).night()
    assert "add --datapackage" in shell.refused(2, "export", "csv", "out", "--licence", "CC-BY-4.0")
    assert "neither a name" in shell.refused(2, "export", "csv", "out", "--datapackage", "--licence", "all mine")
    assert not (tmp_path / "out").exists()
