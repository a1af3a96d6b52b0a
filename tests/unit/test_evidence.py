"""Documents: files kept by their hash before the entry that names them, addresses never fetched, what verify says."""

from __future__ import annotations

import hashlib
import mimetypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.book import Ledger, evidence
from ledger.errors import LedgerError, Misused, Rejected, Unavailable
from ledger.model import Document
from ledger.store import Store
from ledger.vocabulary import Mistake, Part, Status
from tests.newsroom import ONE, SECOND, Newsroom, at
from tests.shell import ROOT
from tests.stored import as_somebody_else, raw, tamper

PHOTO = b"a photograph"
HASH = hashlib.sha256(PHOTO).hexdigest()
URL = "https://example.org/decree.pdf"


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    """Reuters reports a second officer killed: entry 7 is the statement, claim 5."""
    room = Newsroom.founded(tmp_path)
    assert room.say(SECOND, Status.REPORTED, "Reuters", "22:30").index == 7
    return room


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(PHOTO)
    return path


@pytest.fixture
def folder(room: Newsroom) -> Path:
    return room.path.with_name("claims.db.evidence")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def told(room: Newsroom) -> tuple[list[str], list[str]]:
    """What verify finds, and what it warns of."""
    found = room.ledger.verify()
    return [str(each) for each in found.findings], [str(each) for each in found.warnings]


# Keeping


def test_a_file_is_kept_under_its_hash(room: Newsroom, photo: Path, folder: Path) -> None:
    document = room.ledger.keep_evidence(photo)
    assert document == Document(sha256=HASH, size=len(PHOTO), media_type="image/jpeg")
    assert names(folder) == {HASH}
    assert (folder / HASH).read_bytes() == PHOTO
    photo.unlink()
    assert room.ledger.add_evidence(7, document).index == 8
    assert told(room) == ([], [])


def test_the_same_file_twice_is_one_file(room: Newsroom, photo: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.bin").write_bytes(PHOTO)
    first, second = room.ledger.keep_evidence(photo), room.ledger.keep_evidence(str(tmp_path / "copy.bin"))
    assert (first.sha256, second.media_type) == (second.sha256, "application/octet-stream")
    assert names(folder) == {HASH}


def test_a_large_file_is_copied_piece_by_piece(room: Newsroom, folder: Path, tmp_path: Path) -> None:
    data = os.urandom(3 * (1 << 20) + 17)
    (tmp_path / "clip.mp4").write_bytes(data)
    document = room.ledger.keep_evidence(tmp_path / "clip.mp4")
    assert (document.size, document.media_type) == (len(data), "video/mp4")
    assert (folder / hashlib.sha256(data).hexdigest()).read_bytes() == data


def test_a_damaged_copy_is_made_whole_by_keeping_the_file_again(room: Newsroom, photo: Path, folder: Path) -> None:
    room.ledger.add_evidence(7, room.ledger.keep_evidence(photo))
    (folder / HASH).unlink()
    (folder / HASH).write_bytes(b"another")
    room.ledger.keep_evidence(photo)
    assert told(room) == ([], [])


@pytest.mark.parametrize(("mode", "of_file", "of_folder"), [(0o644, 0o444, 0o755), (0o600, 0o400, 0o700)])
def test_who_may_not_read_the_ledger_may_not_read_its_evidence(
    room: Newsroom, photo: Path, folder: Path, mode: int, of_file: int, of_folder: int
) -> None:
    room.path.chmod(mode)
    room.ledger.keep_evidence(photo)
    assert (folder / HASH).stat().st_mode & 0o777 == of_file
    assert folder.stat().st_mode & 0o777 == of_folder


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.pdf", "application/pdf"),
        ("A.PNG", "image/png"),
        ("a.tar.gz", "application/gzip"),
        ("a.txt.bz2", "application/octet-stream"),
        ("a", "application/octet-stream"),
        (".pdf", "application/octet-stream"),
        ("a.pdf ", "application/octet-stream"),
        ("https:a.html", "text/html"),
    ],
)
def test_the_media_type_follows_from_the_name(room: Newsroom, tmp_path: Path, name: str, media_type: str) -> None:
    (tmp_path / name).write_bytes(PHOTO)
    document = room.ledger.keep_evidence(tmp_path / name)
    assert document.media_type == media_type
    room.ledger.add_evidence(7, document)


def test_the_media_type_is_the_same_on_every_machine(room: Newsroom, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "mime.types").write_text("image/odd jpg\n")
    mimetypes.init([str(tmp_path / "mime.types")])
    try:
        assert mimetypes.guess_type("a.jpg")[0] == "image/odd"
        assert room.ledger.keep_evidence(photo).media_type == "image/jpeg"
    finally:
        mimetypes.init()


def test_a_ledger_behind_a_link_has_one_folder(room: Newsroom, photo: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "link.db").symlink_to(room.path)
    with Ledger.open(tmp_path / "desk" / "link.db", recorder="Ana") as ledger:
        ledger.add_evidence(7, ledger.keep_evidence(photo))
        assert ledger.backup(tmp_path / "saved")[-1].name == "evidence"
    assert names(folder) == {HASH}
    assert names(tmp_path / "desk") == {"link.db"}
    assert told(room) == ([], [])


# Order, and what a crash leaves


def test_the_file_is_on_the_disk_before_it_has_its_name(
    room: Newsroom, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flushed, renamed, and the folder flushed: in that order, or a power cut leaves a name without its bytes."""
    steps: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(handle: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")  # noqa: PTH112
        sync(handle)

    def replaced(self: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    room.ledger.keep_evidence(photo)
    assert steps == ["folder", "file", "rename", "folder"]


KILLED = """
import os, signal, sys
from pathlib import Path
from ledger.book import Ledger
from ledger.store import Writer

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

where, photo, point = sys.argv[1:]
with Ledger.open(where, recorder="Ana") as ledger:
    if point == "copying":
        os.fsync = die
    else:
        Writer.finish = die
    ledger.add_evidence(7, ledger.keep_evidence(photo))
"""


def killed(room: Newsroom, photo: Path, point: str) -> None:
    room.path.with_name("claims.db.evidence").mkdir(exist_ok=True)
    command = [sys.executable, "-c", KILLED, str(room.path), str(photo), point]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == -signal.SIGKILL


def test_killed_before_the_commit_it_leaves_a_file_that_does_no_harm(room: Newsroom, photo: Path, folder: Path) -> None:
    killed(room, photo, "committing")
    assert room.ledger.size == 8
    assert names(folder) == {HASH}
    stray = f"claims.db.evidence/{HASH}: no entry names it, as when the entry was refused; it may be deleted"
    assert told(room) == ([], [stray])
    room.ledger.add_evidence(7, room.ledger.keep_evidence(photo))
    assert told(room) == ([], [])


def test_killed_while_copying_it_leaves_no_half_of_a_file_under_a_hash(
    room: Newsroom, photo: Path, folder: Path, tmp_path: Path
) -> None:
    killed(room, photo, "copying")
    (left,) = names(folder)
    assert told(room) == ([], [f"claims.db.evidence/{left}: is a copy that was not finished; it may be deleted"])
    room.ledger.add_evidence(7, room.ledger.keep_evidence(photo))
    assert names(folder) == {left, HASH}
    room.ledger.backup(tmp_path / "saved")
    assert names(tmp_path / "saved" / "evidence") == {HASH}


def test_a_full_disk_leaves_nothing(room: Newsroom, photo: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room.ledger.keep_evidence(photo)
    (folder / HASH).unlink()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match=r"claims\.db\.evidence: cannot be written: no space left on device"):
        room.ledger.keep_evidence(photo)
    assert names(folder) == set()


def test_a_refused_entry_leaves_its_file(room: Newsroom, photo: Path, folder: Path) -> None:
    document = room.ledger.keep_evidence(photo)
    with pytest.raises(Rejected):
        room.ledger.add_evidence(0, document)
    assert room.ledger.size == 8
    assert names(folder) == {HASH}


# What is refused


def _missing(path: Path) -> None:
    pass


def _folder(path: Path) -> None:
    path.mkdir()


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(evidence.MOST + 1)


def _through_a_file(path: Path) -> None:
    path.parent.joinpath("held").symlink_to("claims.db/photo.jpg")


@pytest.mark.parametrize(
    ("make", "kind", "why"),
    [
        (_missing, Unavailable, "no such file, and no web address"),
        (_through_a_file, Unavailable, "no such file, and no web address"),
        (_folder, Misused, "is a folder"),
        (_fifo, Misused, "is no ordinary file"),
        (_socket, Misused, "is no ordinary file"),
        (_device, Misused, "is no ordinary file"),
        (_empty, Rejected, "is empty, and shows nothing"),
        (_huge, Rejected, "is larger than 1 GiB"),
    ],
)
def test_what_is_no_file_to_keep(
    room: Newsroom, folder: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None], kind: Any, why: str
) -> None:
    monkeypatch.chdir(room.path.parent)
    make(Path("held"))
    with pytest.raises(LedgerError) as caught:
        room.ledger.keep_evidence("held")
    assert (type(caught.value).__mro__.count(kind), caught.value.message) == (1, f"evidence: held: {why}")
    assert caught.value.next
    assert not folder.exists()


@pytest.mark.parametrize("given", ["example.org/decree.pdf", "ftp://example.org/x", "not a file", "x\0y"])
def test_what_is_neither_a_file_nor_an_address(room: Newsroom, given: str) -> None:
    """An address without its scheme is not guessed: a mistyped photo.jpg would pass for one."""
    with pytest.raises(Unavailable, match="no such file, and no web address") as caught:
        room.ledger.keep_evidence(given)
    assert "https://" in caught.value.next


def test_a_file_that_may_not_be_read(room: Newsroom, photo: Path) -> None:
    photo.chmod(0)
    photo.parent.chmod(0o755)
    with as_somebody_else(), pytest.raises(Unavailable, match=r"photo\.jpg: cannot be read: permission denied"):
        evidence.keep(photo, room.path)


def test_a_file_that_grows_while_it_is_copied_is_refused_all_the_same(
    room: Newsroom, photo: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "MOST", len(PHOTO))
    room.ledger.keep_evidence(photo)
    check = evidence._check_size
    monkeypatch.setattr(evidence, "_check_size", lambda path, size: check(path, size + 1))
    with pytest.raises(Rejected, match="is larger than 1 GiB"):
        room.ledger.keep_evidence(photo)
    assert names(folder) == {HASH}


@pytest.mark.parametrize(
    ("url", "archived"), [("https://", None), (URL, "nowhere at all"), (None, "ftp://example.org")]
)
def test_an_address_that_is_none_is_refused_before_a_file_is_kept(
    room: Newsroom, photo: Path, folder: Path, url: str | None, archived: str | None
) -> None:
    with pytest.raises(Rejected) as caught:
        room.ledger.keep_evidence(url or photo, archived)
    assert "is no web address" in str(caught.value.problems[0])
    assert not folder.exists()


def test_a_ledger_that_cannot_be_written_keeps_nothing(room: Newsroom, photo: Path, folder: Path) -> None:
    with Ledger.open(room.path, read_only=True) as ledger, pytest.raises(Unavailable, match="is read-only"):
        ledger.keep_evidence(photo)
    assert not folder.exists()


def test_a_folder_that_is_none(room: Newsroom, photo: Path, folder: Path) -> None:
    folder.write_bytes(b"")
    with pytest.raises(Unavailable, match=r"claims\.db\.evidence: cannot be written: not a directory"):
        room.ledger.keep_evidence(photo)
    assert told(room) == ([], [])


# Addresses


def test_an_address_is_not_fetched(room: Newsroom, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", opened)
    document = room.ledger.keep_evidence(URL, "https://archive.example.org/1")
    receipt = room.ledger.add_evidence(7, document)
    assert document == Document(url=URL, archived_url="https://archive.example.org/1")
    assert receipt.remarks == (f"evidence {URL} (an address, not fetched)",)
    assert told(room) == ([], [])
    assert not folder.exists()


def test_what_starts_like_an_address_is_one_whatever_files_there_are(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(room.path.parent)
    Path("https:/example.org").mkdir(parents=True)
    Path("https:/example.org/a").write_bytes(PHOTO)
    assert room.ledger.keep_evidence("https://example.org/a") == Document(url="https://example.org/a")
    assert room.ledger.keep_evidence("./https://example.org/a").sha256 == HASH


# Entries that name documents


def test_documents_are_named_by_statements_and_by_entries_of_their_own(room: Newsroom, photo: Path) -> None:
    document = room.ledger.keep_evidence(photo, "https://archive.example.org/1")
    said = room.say(5, Status.CONFIRMED, "Reuters", "22:40", evidence=document)
    assert f"evidence sha256:{HASH} (image/jpeg, 12 bytes)" in said.remarks
    back = room.ledger.take_back(7, said=at("22:50"), evidence=Document(url=URL))
    added = room.ledger.add_evidence(5, Document(sha256=HASH), note="the same, from another", internal=True)
    assert (added.claim, added.state) == (5, back.state)
    rows = room.ledger.documents()
    assert [(row.index, row.about, row.kept, row.internal) for row in rows] == [
        (said.index, said.index, True, False),
        (back.index, back.index, None, False),
        (added.index, 5, True, True),
    ]
    assert room.ledger.documents(5) == rows
    assert room.ledger.documents(added.index) == rows[2:]
    assert room.ledger.documents(7) == []
    with Store.open(room.path) as store, store.reading() as reader:
        assert {ref.visibility.value for ref in reader.entry(added.index).parts.values()} == {"internal"}


def test_the_board_says_where_to_find_what_it_rests_on(room: Newsroom, photo: Path) -> None:
    """An address as it is, a file by its archived copy or else its hash; nothing of what is internal or retracted."""
    ledger, document = room.ledger, room.ledger.keep_evidence(photo)
    ledger.add_evidence(7, document)
    ledger.add_evidence(5, Document(url=URL, sha256=HASH))
    ledger.add_evidence(5, Document(archived_url="https://archive.example.org/1", sha256=HASH))
    ledger.add_evidence(5, Document(url="https://example.org/secret"), internal=True)
    mistake = ledger.add_evidence(7, Document(url="https://example.org/mistake"))
    ledger.retract(mistake.index, Mistake.MISTYPED)
    expected = (URL, "https://archive.example.org/1", f"sha256:{HASH}")
    assert ledger.why(5).row.evidence == ledger.board()[0].evidence == expected
    assert [row.live for row in ledger.documents()] == [True, True, True, True, False]


def test_a_move_takes_the_added_documents_along(room: Newsroom) -> None:
    room.ledger.add_evidence(7, Document(url="https://example.org/secret"), note="from inside", internal=True)
    room.ledger.add_evidence(7, Document(url=URL))
    mistake = room.ledger.add_evidence(7, Document(url="https://example.org/mistake"))
    room.ledger.retract(mistake.index, Mistake.MISTYPED)
    moved = room.ledger.move(7, to=ONE, new=True)
    assert room.ledger.why(ONE).row.evidence == (URL,)
    rows = room.ledger.documents(moved.index)
    assert [(row.url, row.internal) for row in rows] == [("https://example.org/secret", True), (URL, False)]
    assert told(room) == ([], [])


# What became of the files


@pytest.fixture
def named(room: Newsroom, photo: Path) -> Newsroom:
    """The photograph is named by entries 8, which was retracted, and 10, a withdrawal."""
    document = room.ledger.keep_evidence(photo)
    room.ledger.retract(room.ledger.add_evidence(7, document).index, Mistake.MISTYPED)
    assert room.ledger.take_back(7, said=at("22:50"), evidence=document, internal=[Part.EVIDENCE]).index == 10
    assert told(room) == ([], [])
    return room


@pytest.mark.parametrize("whole_folder", [False, True])
def test_a_lost_file_is_a_warning_that_names_each_entry(named: Newsroom, folder: Path, whole_folder: bool) -> None:
    (folder / HASH).unlink()
    if whole_folder:
        folder.rmdir()
    lost = f"evidence: the file {HASH} is not in claims.db.evidence: lost"
    assert told(named) == ([], [f"entry 8: {lost}", f"entry 10: {lost}"])
    assert named.ledger.verify().ok
    assert [row.kept for row in named.ledger.documents()] == [False, False]


@pytest.mark.parametrize("data", [b"a photomontage", b"a photograpH", b""])
def test_a_changed_file_is_a_finding_that_names_each_entry(named: Newsroom, folder: Path, data: bytes) -> None:
    (folder / HASH).unlink()
    (folder / HASH).write_bytes(data)
    findings, warnings = told(named)
    changed = "evidence: the file has other bytes than it was kept with"
    details = f"(expected {HASH}, got {hashlib.sha256(data).hexdigest()})"
    assert (findings, warnings) == ([f"entry {n}: {changed} {details}" for n in (8, 10)], [])


def test_what_lies_in_the_place_of_a_file_is_a_finding(named: Newsroom, folder: Path) -> None:
    (folder / HASH).unlink()
    os.mkfifo(folder / HASH)
    assert told(named)[0] == [f"entry {n}: evidence: {folder / HASH}: is no ordinary file" for n in (8, 10)]


def test_what_no_entry_names_is_a_warning(named: Newsroom, folder: Path) -> None:
    (folder / ("0" * 64)).write_bytes(b"")
    (folder / "notes").mkdir()
    findings, warnings = told(named)
    assert findings == []
    assert [each.partition(":")[0] for each in warnings] == [
        f"claims.db.evidence/{'0' * 64}",
        "claims.db.evidence/notes",
    ]


def test_a_wrong_size_under_the_right_hash_is_a_warning(named: Newsroom) -> None:
    """An import may say what it likes; the bytes are the right ones, and the entry can never be changed."""
    named.ledger.add_evidence(7, Document(sha256=HASH, size=13))
    why = f"evidence: the file {HASH} has another size than the entry says (expected 13, got 12)"
    assert told(named) == ([], [f"entry 11: {why}"])


def test_a_damaged_ledger_is_still_told(named: Newsroom) -> None:
    tamper(named.path, "UPDATE contents SET content = CAST('x' AS BLOB) WHERE \"index\" = 10 AND part = 'evidence'")
    findings, warnings = told(named)
    assert findings[0].startswith("entry 10: content evidence: differs from its hash")
    assert warnings == []
    assert [row.index for row in named.ledger.documents()] == [8]


def test_the_file_of_the_ledger_cannot_be_read(named: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise Unavailable("ledger: is damaged")

    monkeypatch.setattr("ledger.store.reader.Reader.documents", fail)
    assert told(named) == (["evidence: cannot be checked: ledger: is damaged"], [])


def test_a_backup_takes_the_files_and_brings_them_back(named: Newsroom, folder: Path, tmp_path: Path) -> None:
    named.ledger.backup(tmp_path / "saved")
    assert names(tmp_path / "saved" / "evidence") == {HASH}
    with Ledger.restore(tmp_path / "saved", tmp_path / "elsewhere.db", clock=named.clock) as restored:
        assert [row.kept for row in restored.documents()] == [True, True]
        found = restored.verify()
        assert (found.findings, found.warnings) == ((), ())
    assert (tmp_path / "elsewhere.db.evidence" / HASH).read_bytes() == (folder / HASH).read_bytes()


def test_an_exported_document_is_an_object_in_its_cell(room: Newsroom, photo: Path, tmp_path: Path) -> None:
    room.ledger.add_evidence(7, room.ledger.keep_evidence(photo))
    claims, entries = room.ledger.export_csv(tmp_path / "csv", raw=True)
    assert f'""sha256"": ""{HASH}""' in entries.read_text().replace('"":""', '"": ""')
    assert f'"[""sha256:{HASH}""]"' in claims.read_text()


def test_the_database_holds_nothing_of_the_file(named: Newsroom) -> None:
    """Neither its bytes nor the name that it came with."""
    with raw(named.path) as connection:
        rows = connection.execute("SELECT content FROM contents UNION ALL SELECT leaf FROM entries").fetchall()
    data = b"".join(row[0] for row in rows)
    assert HASH.encode() in data
    assert PHOTO not in data
    assert b"photo" not in data
