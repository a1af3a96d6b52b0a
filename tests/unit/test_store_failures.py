"""Whatever keeps a ledger from being read or written is told in one line, with the next step, and loses nothing."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from ledger.errors import Contended, LedgerError, Misused, Rejected, Unavailable
from ledger.store import Store, check
from ledger.store.sqlite.engine import APPLICATION_ID
from tests.stored import as_somebody_else, dump, night, raw, record, tamper

NIGHT = night()
SOON = 0.05
BEGUN = 14
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("failures") / "claims.db"
    with Store.create(path) as store:
        record(store, NIGHT[:BEGUN])
    return path


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(original, tmp_path))


@pytest.fixture
def shared(original: Path) -> Iterator[Path]:
    """A ledger in a folder that everybody may enter, whose rights a test may change."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        copy = Path(shutil.copy(original, folder))
        with as_somebody_else():
            if not os.access(copy, os.R_OK, effective_ids=True):
                pytest.skip(f"nobody but root may enter {folder}")
        yield copy
        folder.chmod(0o755)


def refusal(act: Callable[[], Any], kind: type[LedgerError] = Unavailable) -> str:
    """The one line that the act is refused with, and the next step in a second."""
    with pytest.raises(LedgerError) as caught:
        act()
    assert type(caught.value) is kind
    assert caught.value.next
    assert "\n" not in caught.value.message
    assert "sqlalchemy" not in caught.value.message.lower()
    return f"{caught.value.message}\n{caught.value.next}"


def size_of(path: Path) -> int:
    with Store.open(path) as store, store.reading() as reader:
        assert check(store) == []
        return reader.size


def beside(path: Path) -> list[Path]:
    return sorted(path.parent.iterdir())


# What is at the path.


def test_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "my claims.db"
    assert refusal(lambda: Store.open(path)) == (
        f"ledger: {path}: there is no ledger here\nmake one with `claims init --ledger '{path}'`"
    )
    assert beside(path) == [], "looking for a ledger makes no file"


def test_a_missing_file_at_the_usual_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert refusal(lambda: Store.open("claims.db")).endswith("\nmake one with `claims init`")


@pytest.mark.parametrize("act", [Store.open, Store.create])
class TestNoPlaceForALedger:
    def test_a_folder_that_does_not_exist(self, tmp_path: Path, act: Callable[[Path], Store]) -> None:
        told = refusal(lambda: act(tmp_path / "nowhere" / "claims.db"))
        assert f"the folder {tmp_path / 'nowhere'} does not exist" in told

    def test_a_folder(self, tmp_path: Path, act: Callable[[Path], Store]) -> None:
        assert "is a folder" in refusal(lambda: act(tmp_path))

    def test_a_file_as_folder(self, path: Path, act: Callable[[Path], Store]) -> None:
        assert "its folder is a file" in refusal(lambda: act(path / "claims.db"))

    def test_a_device(self, tmp_path: Path, act: Callable[[Path], Store]) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert "is no ordinary file" in refusal(lambda: act(tmp_path / "pipe"))

    def test_a_circle_of_links(self, tmp_path: Path, act: Callable[[Path], Store]) -> None:
        (tmp_path / "a").symlink_to(tmp_path / "b")
        (tmp_path / "b").symlink_to(tmp_path / "a")
        assert "check the path" in refusal(lambda: act(tmp_path / "a"))

    def test_a_name_that_is_too_long(self, tmp_path: Path, act: Callable[[Path], Store]) -> None:
        assert "file name too long" in refusal(lambda: act(tmp_path / ("x" * 300)))

    def test_a_name_that_is_none(self, act: Callable[[Path], Store]) -> None:
        assert "is no path" in refusal(lambda: act(Path("a\0b")), Misused)

    def test_another_database(self, act: Callable[[str], Store]) -> None:
        told = refusal(lambda: act("mysql://localhost/claims"), Misused)
        assert "is neither SQLite nor PostgreSQL" in told

    @pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite://claims.db", "sqlite:///a?mode=ro"])
    def test_a_url_without_a_file(self, act: Callable[[str], Store], url: str) -> None:
        assert "names no file" in refusal(lambda: act(url), Misused)

    def test_a_folder_that_may_not_be_entered(self, shared: Path, act: Callable[[Path], Store]) -> None:
        shared.parent.chmod(0o000)
        with as_somebody_else():
            assert "permission denied" in refusal(lambda: act(shared))

    def test_a_file_that_may_not_be_read(self, shared: Path, act: Callable[[Path], Store]) -> None:
        shared.chmod(0o000)
        with as_somebody_else():
            assert "permission denied" in refusal(lambda: act(shared))

    def test_a_text(self, tmp_path: Path, act: Callable[[Path], Store]) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("A second police officer was killed. " * 100)
        before = path.read_bytes()
        assert "is no database" in refusal(lambda: act(path))
        assert path.read_bytes() == before


def test_an_empty_file_waits_for_its_ledger(tmp_path: Path) -> None:
    path = tmp_path / "claims.db"
    path.touch()
    told = refusal(lambda: Store.open(path))
    assert f"{path}: is empty" in told
    assert "claims init" in told
    Store.create(path).close()
    assert size_of(path) == 0


def test_a_database_with_nothing_in_it_waits_for_its_ledger(tmp_path: Path) -> None:
    path = tmp_path / "claims.db"
    with raw(path, "journal_mode = WAL") as connection:
        connection.execute("VACUUM")
    assert "with no ledger in it" in refusal(lambda: Store.open(path))
    Store.create(path).close()
    assert size_of(path) == 0


@pytest.mark.parametrize(
    ("owner", "table"), [(0, "entries"), (42, "entries"), (42, "alembic_version"), (APPLICATION_ID, "entries")]
)
def test_the_database_of_another_program(tmp_path: Path, owner: int, table: str) -> None:
    path = tmp_path / "claims.db"
    with raw(path, f"application_id = {owner}") as connection:
        connection.execute(f"CREATE TABLE {table} (url TEXT)")
    before = path.read_bytes()
    assert "is another program's database" in refusal(lambda: Store.open(path))
    assert "choose another path" in refusal(lambda: Store.create(path), Rejected)
    assert path.read_bytes() == before, "not even its journal was changed"


def test_a_ledger_is_never_made_over_another(path: Path) -> None:
    before = dump(path)
    told = refusal(lambda: Store.create(path), Rejected)
    assert "there is a ledger here already" in told
    assert "claims board" in told
    assert dump(path) == before


# Rights.


def write(store: Store) -> None:
    record(store, NIGHT)


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(("file", "folder"), [(0o444, 0o755), (0o666, 0o555), (0o444, 0o555), (0o444, 0o777)])
def test_a_read_only_ledger_is_read_and_not_written(shared: Path, file: int, folder: int, read_only: bool) -> None:
    shared.chmod(file)
    shared.parent.chmod(folder)
    with as_somebody_else(), Store.open(shared, read_only=read_only) as store:
        assert store.read_only
        with store.reading() as reader:
            assert [entry.index for entry in reader.entries()] == list(range(BEGUN))
        assert check(store) == []
        assert "is read-only" in refusal(lambda: write(store))
    assert beside(shared) == [shared], "nothing is left beside it"


def test_a_ledger_opened_to_be_read_is_not_written(path: Path) -> None:
    with Store.open(path, read_only=True) as store:
        assert "is read-only" in refusal(lambda: write(store))
        with store.reading() as reader, pytest.raises(Exception, match="readonly"):
            reader._connection.exec_driver_sql("DELETE FROM names")
    assert beside(path) == [path]


def test_a_ledger_in_a_read_only_folder_is_read_while_its_owner_writes(shared: Path) -> None:
    with Store.open(shared) as owner:
        record(owner, NIGHT[:16])
        shared.parent.chmod(0o555)
        with as_somebody_else(), Store.open(shared) as store, store.reading() as reader:
            assert reader.size == 16, "what stands in the write-ahead log counts"


def test_writes_that_cannot_be_read_are_not_passed_over(shared: Path) -> None:
    """A copy of the file and its log without the rights to make the shared index: no older ledger is shown."""
    owner = Store.open(shared)
    record(owner, NIGHT[:16])
    log = Path(f"{shared}-wal").read_bytes()
    owner.close()
    assert log
    shared.write_bytes(shared.read_bytes())
    Path(f"{shared}-wal").write_bytes(log)
    shared.parent.chmod(0o555)
    with as_somebody_else():
        assert "cannot be opened" in refusal(lambda: Store.open(shared))


# Other programs.


def test_a_locked_ledger_is_read_and_not_written(path: Path) -> None:
    with raw(path) as other, Store.open(path, patience=SOON) as store:
        other.execute("BEGIN IMMEDIATE")
        with store.reading() as reader:
            assert reader.size == BEGUN
        told = refusal(lambda: write(store), Contended)
        assert "is locked: another program is writing to it" in told
        assert "try again" in told
        other.execute("ROLLBACK")
        write(store)
    assert size_of(path) == len(NIGHT)


def test_a_ledger_that_another_program_keeps_for_itself(path: Path) -> None:
    with raw(path, "locking_mode = EXCLUSIVE") as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE names SET skeleton = skeleton")
        other.execute("COMMIT")
        assert "is locked" in refusal(lambda: Store.open(path, patience=SOON), Contended)
        assert "is locked" in refusal(lambda: Store.create(path, patience=SOON), Contended)


# The disk.


def page_limit(store: Store, pages: int) -> None:
    """Let the file grow to so many pages and no further, for every connection from now on."""
    store.pool.dispose()
    event.listen(store.pool, "connect", lambda made, _: made.execute(f"PRAGMA max_page_count = {pages}"))


@pytest.mark.parametrize("room", [0, 1, 2, 5, 10, 20, 30])
def test_a_full_disk_loses_nothing_and_leaves_nothing_half_written(tmp_path: Path, room: int) -> None:
    path, many = tmp_path / "claims.db", night(claims=300)
    with Store.create(path) as store:
        record(store, many[:BEGUN])
    before = dump(path)
    with raw(path) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    with Store.open(path) as store:
        page_limit(store, pages + room)
        told = refusal(lambda: record(store, many))
        assert "the disk is full, so nothing was written" in told
        assert "free some space" in told
        with store.reading() as reader:
            assert reader.size == BEGUN, "the same store goes on"
    assert size_of(path) == BEGUN
    assert dump(path) == before
    with Store.open(path) as store:
        record(store, many)
    assert size_of(path) == len(many)


def test_a_disk_that_takes_no_more_bytes(path: Path) -> None:
    """The file system itself refuses: a limit on the size of files, in a process of its own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Store.open(path) as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, hard))
        try:
            told = refusal(lambda: write(store))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert "nothing was written" in told
    assert size_of(path) == BEGUN


def test_a_ledger_that_could_not_be_made_can_be_made_later(tmp_path: Path) -> None:
    path = tmp_path / "claims.db"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, hard))
    try:
        told = refusal(lambda: Store.create(path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "nothing was written" in told
    refusal(lambda: Store.open(path))
    Store.create(path).close()
    assert size_of(path) == 0


@pytest.mark.parametrize("flushed", [False, True])
def test_a_process_that_dies_leaves_nothing_half_written(path: Path, flushed: bool) -> None:
    script = f"""
        import os
        from pathlib import Path
        from ledger.store import Store
        from tests.stored import append, night
        with Store.open(Path({str(path)!r})).writing() as writer:
            append(writer, night())
            if {flushed}:
                writer.finish()
            os._exit(9)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, check=False)
    assert done.returncode == 9
    assert size_of(path) == BEGUN
    with Store.open(path) as store:
        write(store)
    assert size_of(path) == len(NIGHT)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("trusted_schema", 0),
        ("busy_timeout", 5000),
        ("query_only", 0),
    ],
)
def test_every_connection_has_the_settings_that_keep_a_ledger_whole(path: Path, setting: str, value: object) -> None:
    with Store.open(path) as store:
        for _ in range(2):
            with store.transaction() as one, store.transaction() as another:
                for connection in (one, another):
                    assert connection.exec_driver_sql(f"PRAGMA {setting}").scalar() == value
            store.pool.dispose()


# Damage.


def test_a_damaged_file(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    told = refusal(lambda: Store.open(path))
    assert f"{path}: is damaged" in told
    assert "copy of the ledger" in told


def test_a_file_cut_short(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    told = refusal(lambda: Store.open(path).reading().__enter__().entry(11))
    assert "is damaged" in told


def test_a_damaged_leaf_is_named(path: Path) -> None:
    tamper(path, "UPDATE entries SET leaf = x'7b7d' WHERE \"index\" = 5")
    with Store.open(path) as store, store.reading() as reader:
        told = refusal(lambda: reader.entry(5))
        assert reader.entry(4).index == 4
    assert "entry 5: its leaf is damaged" in told
    assert "claims verify" in told


def test_a_damaged_content_is_named(path: Path) -> None:
    tamper(path, "UPDATE contents SET content = x'7b7d' WHERE \"index\" = 5")
    with Store.open(path) as store, store.reading() as reader:
        assert "entry 5: its content name is damaged" in refusal(lambda: reader.contents([5]))


@pytest.mark.parametrize(
    "change", ["signs = '?'", "pointers = '{'", "pointers = '[[\"gone\",1]]'", "said = 'yesterday'"]
)
def test_a_damaged_register_is_named(path: Path, change: str) -> None:
    with raw(path) as connection:
        connection.execute(f"UPDATE voices SET {change}")
    with Store.open(path) as store:
        with store.reading() as reader:
            assert "register voices: cannot be read" in refusal(lambda: dict(reader.voices))
        assert check(store) != []


def test_a_ledger_without_its_tables(path: Path) -> None:
    with raw(path) as connection:
        connection.execute("DROP TABLE entries")
    told = refusal(lambda: Store.open(path))
    assert "does not answer as a ledger does" in told
    assert "no such table" in told


@pytest.mark.parametrize("change", ["DELETE FROM alembic_version", "INSERT INTO alembic_version VALUES ('0000')"])
def test_a_ledger_without_its_schema(path: Path, change: str) -> None:
    with raw(path) as connection:
        connection.execute(change)
    assert "does not say which schema it has" in refusal(lambda: Store.open(path))


def test_a_second_log_in_the_file(path: Path) -> None:
    with raw(path) as connection:
        connection.execute(
            "INSERT INTO entries SELECT log_id + 1, 0, leaf, kind, recorded, NULL, NULL FROM entries LIMIT 1"
        )
    assert "holds the entries of more than one log" in refusal(lambda: Store.open(path))


def test_what_the_guards_refuse_is_told(path: Path) -> None:
    """Somebody planted a content for the entry that comes next."""
    with raw(path) as connection:
        connection.execute("INSERT INTO contents SELECT log_id, 14, 'note', leaf FROM entries LIMIT 1")
    with Store.open(path) as store:
        told = refusal(lambda: write(store))
        assert "its guards refused the write (ledger: contents: exists already)" in told
        with store.reading() as reader:
            assert reader.size == BEGUN


def test_no_error_of_the_driver_gets_out(path: Path) -> None:
    with Store.open(path) as store:
        for act in ("nonsense", "SELECT * FROM nowhere"):
            with pytest.raises(Unavailable, match="does not answer"), store.reading() as reader:
                reader._connection.exec_driver_sql(act)
        with pytest.raises(Unavailable), store.reading():
            raise sqlite3.OperationalError("as the driver says it")
