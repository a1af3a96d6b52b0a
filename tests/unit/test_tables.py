"""The one type of column that SQLModel does not have: a moment that is never naive."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import MetaData, create_engine, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError
from sqlalchemy.schema import CreateTable
from sqlmodel import SQLModel

from ledger.schema import METADATA, UtcTime
from ledger.tables import Row

ENTRIES = Row.metadata.tables["entries"]
NIGHT = datetime(2017, 4, 20, 22, 57, 0, 1, UTC)
SQLITE, POSTGRESQL = sqlite.dialect(), postgresql.dialect()


def test_a_moment_is_kept_as_the_leaf_writes_it() -> None:
    kept = UtcTime().process_bind_param(NIGHT, SQLITE)
    assert kept == "2017-04-20T22:57:00.000001Z"
    assert UtcTime().process_result_value(kept, SQLITE) == NIGHT
    assert UtcTime().process_bind_param(None, SQLITE) is None
    assert UtcTime().process_result_value(None, SQLITE) is None


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])
def test_another_offset_is_the_same_moment(dialect: object) -> None:
    paris = NIGHT.astimezone(timezone(timedelta(hours=2)))
    assert UtcTime().process_bind_param(paris, dialect) == UtcTime().process_bind_param(NIGHT, dialect)


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])
def test_a_naive_moment_is_refused(dialect: object) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        UtcTime().process_bind_param(NIGHT.replace(tzinfo=None), dialect)


def test_the_order_of_what_is_kept_is_the_order_of_moments() -> None:
    moments = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(microseconds=m) for year in (1, 999, 2017) for m in (0, 9)]
    kept = [UtcTime().process_bind_param(moment, SQLITE) for moment in moments]
    assert kept == sorted(kept)
    assert len({len(each) for each in kept}) == 1


def test_what_this_type_never_wrote_is_no_moment() -> None:
    for kept in ("2017-04-20", "2017-04-20T22:57:00Z", "2017-04-20T22:57:00.000001+00:00"):
        with pytest.raises(ValueError, match="is not of the form"):
            UtcTime().process_result_value(kept, SQLITE)


def test_a_naive_moment_does_not_reach_the_database() -> None:
    engine = create_engine("sqlite://")
    Row.metadata.create_all(engine)
    row = {"log_id": 1, "index": 0, "leaf": b"{}", "kind": "opening", "recorded": NIGHT}
    with engine.begin() as connection:
        connection.execute(insert(ENTRIES), [row])
        with pytest.raises(StatementError, match="has no time zone"):
            connection.execute(insert(ENTRIES), [row | {"index": 1, "recorded": NIGHT.replace(tzinfo=None)}])
        assert connection.execute(select(ENTRIES.c.recorded)).scalars().all() == [NIGHT]
    engine.dispose()


def test_on_postgresql_a_moment_has_its_zone() -> None:
    made = str(CreateTable(ENTRIES).compile(dialect=POSTGRESQL))
    assert "recorded TIMESTAMP WITH TIME ZONE NOT NULL" in made
    assert UtcTime().process_bind_param(NIGHT, POSTGRESQL) == NIGHT


def test_the_tables_are_apart_from_those_of_other_programs() -> None:
    assert Row.metadata is not SQLModel.metadata
    assert not set(Row.metadata.tables) & set(SQLModel.metadata.tables)


def test_the_store_asks_the_tables_that_the_classes_are() -> None:
    def shape(metadata: MetaData) -> dict[str, list[tuple[object, ...]]]:
        return {
            table.name: [(each.name, type(each.type), each.primary_key, each.nullable) for each in table.columns]
            for table in metadata.sorted_tables
        }

    assert shape(METADATA) == shape(Row.metadata)


def test_nobody_waits_for_sqlmodel_who_only_reads() -> None:
    script = "import sys, ledger.book; print({'sqlmodel', 'pydantic', 'sqlalchemy.orm'} & sys.modules.keys())"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"
