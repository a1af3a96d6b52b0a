"""The schema: what the migrations make, what the tables say, and what opening a ledger does about it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, MetaData, StaticPool, Table, Text, create_engine

from ledger.errors import Unavailable
from ledger.store import Store, check, migrating
from ledger.store.migrating import HEAD, migrate, scripts
from ledger.store.sqlite import words as search
from ledger.store.sqlite.engine import APPLICATION_ID, catalog, migrated_catalog
from ledger.tables import Row
from tests.ledgers import redacted
from tests.stored import GROWING, PEOPLE, TABLES, dump, night, raw, record, take_back

NIGHT = night()
ROOT = Path(__file__).resolve().parents[2]


def script_directory() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(scripts()))
    return ScriptDirectory.from_config(config)


def differences(metadata: MetaData) -> list[object]:
    """What alembic would change about a migrated database so that it equals the metadata."""
    database = create_engine("sqlite://", poolclass=StaticPool)
    with database.begin() as connection:
        migrate(connection, Path("memory"))
        opts = {"compare_type": True, "compare_server_default": True, "include_name": unless_searched}
        context = MigrationContext.configure(connection, opts=opts)
        return list(compare_metadata(context, metadata))


def unless_searched(name: str | None, kind: str, _parents: object) -> bool:
    """The full text index is none of SQLAlchemy's tables; tests/unit/test_search.py holds it to the migration."""
    return not (kind == "table" and name in search.TABLES)


def copied() -> MetaData:
    metadata = MetaData()
    for table in Row.metadata.tables.values():
        table.to_metadata(metadata)
    return metadata


def test_the_constant_is_the_newest_revision() -> None:
    directory = script_directory()
    assert directory.get_heads() == [HEAD]
    revisions = [script.revision for script in directory.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True), "opening compares revisions as texts"


def test_the_application_id_is_what_the_migration_writes() -> None:
    revision = script_directory().get_revision("0001").module
    assert revision.APPLICATION_ID == APPLICATION_ID == int.from_bytes(b"CLMS")


def test_the_tables_are_what_the_migrations_make() -> None:
    assert differences(Row.metadata) == []
    assert {name for kind, name in migrated_catalog() if kind == "table"} == {
        *TABLES,
        *search.TABLES,
        *PEOPLE,
        "alembic_version",
    }


def test_a_difference_between_tables_and_migrations_is_seen() -> None:
    added, renamed, retyped = copied(), copied(), copied()
    added.tables["names"].append_column(Column("mine", Text))
    renamed.remove(renamed.tables["links"])
    Table("references", renamed, Column("log_id", Text))
    retyped.tables["entries"].c.leaf.type = Text()
    for metadata in (added, renamed, retyped):
        assert differences(metadata) != []


def test_no_table_has_a_rowid_and_every_key_begins_with_the_log() -> None:
    for table in Row.metadata.tables.values():
        assert migrated_catalog()["table", table.name].endswith(") WITHOUT ROWID")
        assert not table.dialect_options["sqlite"]["with_rowid"]
        assert next(iter(table.primary_key.columns)).name == "log_id"
        for index in table.indexes:
            assert index.columns.keys()[0] == "log_id"


def test_the_growing_tables_have_three_guards_each() -> None:
    guards = {name for kind, name in migrated_catalog() if kind == "trigger"}
    assert guards == {f"{table}_{event}" for table in GROWING for event in ("insert", "update", "delete")}


# Upgrades.

LATER = """
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE later (log_id BIGINT NOT NULL PRIMARY KEY) WITHOUT ROWID")
    {more}
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "claims.db"
    with Store.create(path) as store:
        record(store, NIGHT)
    return path


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A later version of this program: its migrations have one more revision, whose file this is."""
    folder = tmp_path / "later 100%"
    shutil.copytree(scripts(), folder)
    revision = folder / "versions" / "0006_later.py"
    revision.write_text(LATER.format(more=""))
    monkeypatch.setattr(migrating, "HEAD", "0006")
    monkeypatch.setattr(migrating, "scripts", lambda: folder)
    migrated_catalog.cache_clear()
    yield revision
    migrated_catalog.cache_clear()


def schema(path: Path) -> dict[tuple[str, str], str]:
    database = create_engine(f"sqlite:///{path}")
    with database.connect() as connection:
        found = catalog(connection)
    database.dispose()
    return found


def test_an_older_schema_is_upgraded_when_the_ledger_is_opened(old: Path, later: Path) -> None:
    before, rows = schema(old), dump(old)
    with Store.open(old) as store:
        assert check(store) == []
    assert schema(old).keys() - before.keys() == {("table", "later")}
    assert before.items() <= schema(old).items(), "every guard is where it was"
    assert dump(old) == rows
    with Store.open(old) as store:
        assert check(store) == []


def test_a_ledger_from_before_redactions_takes_one_once_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "claims.db"
    with Store.create(path) as store:
        record(store, NIGHT[:-1])
    before = dump(path)["contents"]
    take_back(path)
    with pytest.raises(Unavailable, match="has the older schema 0003 and is read-only"):
        Store.open(path, read_only=True)
    with Store.open(path) as store:
        assert check(store) == []
        assert dump(path)["contents"] == before
        record(store, NIGHT)
        assert check(store) == []
    [(index, part)] = redacted(NIGHT)
    assert {row[1:3] for row in before} - {row[1:3] for row in dump(path)["contents"]} == {(index, part.value)}


def test_an_older_schema_is_not_upgraded_by_looking(old: Path, later: Path) -> None:
    before = schema(old)
    with pytest.raises(Unavailable, match="has the older schema 0005 and is read-only") as caught:
        Store.open(old, read_only=True)
    assert "open it once where it can be written to" in caught.value.next
    assert schema(old) == before


def test_an_upgrade_that_fails_leaves_the_older_ledger(old: Path, later: Path) -> None:
    before, rows = schema(old), dump(old)
    later.write_text(LATER.format(more="op.execute('CREATE TABLE entries (x)')"))
    with pytest.raises(Unavailable, match="already exists"):
        Store.open(old)
    assert schema(old) == before
    assert dump(old) == rows


def test_an_upgrade_of_a_locked_ledger_is_refused(old: Path, later: Path) -> None:
    with raw(old) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="is locked"):
            Store.open(old, patience=0.05)


@pytest.mark.parametrize("revision", ["0006", "9999"])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_schema_is_refused(old: Path, revision: str, read_only: bool) -> None:
    with raw(old) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    with pytest.raises(
        Unavailable, match=f"has schema {revision}, which is newer than this version's {HEAD}"
    ) as caught:
        Store.open(old, read_only=read_only)
    assert "pip install --upgrade retraction-ledger" in caught.value.next


def test_a_schema_that_never_was_is_refused(old: Path) -> None:
    with raw(old) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(Unavailable, match="has a schema that this version cannot upgrade"):
        Store.open(old)


# Where it runs.


def run(script: str, folder: Path) -> str:
    """Run a script in another folder, from the checkout or whatever is installed."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("folder", ["elsewhere", "checkout"])
def test_a_ledger_is_made_whatever_the_current_folder(tmp_path: Path, folder: str) -> None:
    script = f"""
        from ledger.store import Store, check
        store = Store.create({str(tmp_path / "claims.db")!r})
        print(check(store))
    """
    assert run(script, ROOT if folder == "checkout" else tmp_path) == "[]"


def test_a_ledger_is_made_beside_a_folder_named_alembic(tmp_path: Path) -> None:
    (tmp_path / "alembic").mkdir()
    (tmp_path / "alembic" / "env.py").write_text("raise SystemExit('the wrong one')")
    assert run("from ledger.store import Store; print(Store.create('claims.db').place)", tmp_path) == "claims.db"


def test_migrations_inside_the_package_are_found_first(tmp_path: Path) -> None:
    """As an installed wheel has them: the package alone, with the folder in it."""
    shutil.copytree(ROOT / "ledger", tmp_path / "ledger")
    shutil.copytree(scripts(), tmp_path / "ledger" / "migrations")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from ledger.store import Store, check, migrating\n"
            "print(migrating.scripts())\n"
            "print(check(Store.create('claims.db')))",
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [str(tmp_path / "ledger" / "migrations"), "[]"], done.stderr


def test_opening_a_current_ledger_does_not_import_alembic(old: Path) -> None:
    script = f"""
        import sys
        from ledger.store import Store
        with Store.open({str(old)!r}) as store, store.reading() as reader:
            print(reader.size, sorted(name for name in sys.modules if name.split(".")[0] in ("alembic", "mako")))
    """
    assert run(script, old.parent) == f"{len(NIGHT)} []"


def test_migrations_are_run_by_nothing_else(tmp_path: Path) -> None:
    """Somebody tries alembic's own command line."""
    (tmp_path / "alembic.ini").write_text(f"[alembic]\nscript_location = {scripts()}\n")
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "migrations run when a ledger is opened" in done.stderr
