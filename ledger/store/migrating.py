"""Bringing the schema to the current revision, inside the transaction of whoever asks."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection

from ledger.store.place import Place, unavailable

HEAD = "0005"
"""The revision of the schema that this version reads and writes; revisions are in order as texts."""

_MIGRATING = Lock()  # alembic keeps the running migration in a global


class Found(Enum):
    """What a database turned out to be."""

    VACANT = "vacant"
    LEDGER = "ledger"
    FOREIGN = "foreign"


def migrate(connection: Connection, place: Place) -> None:
    """Bring the schema to HEAD inside the transaction that ``connection`` is in.

    If we crash at any point of it, the database is as it was before.
    """
    assert connection.in_transaction(), "the migration is one transaction"
    from alembic.command import upgrade
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    # A % would be taken for an interpolation.
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        with _MIGRATING:
            upgrade(config, HEAD)
    except CommandError as error:
        why = f"has a schema that this version cannot upgrade ({error})"
        raise unavailable(place, why, "go back to a copy of the ledger") from error


def revision(connection: Connection) -> str | None:
    """Return the revision of a ledger's schema, None if it does not say exactly one."""
    rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    return str(rows[0]) if len(rows) == 1 else None


def scripts() -> Path:
    """Return the folder of the migrations: inside an installed package, else beside the package."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "alembic"
