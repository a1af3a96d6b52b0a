"""The stores that the suite runs on. A further database is a further parameter here, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ledger.store import Place, Store, locate

Opener = Callable[[], Store]
ORIGIN = "example.org/desk"


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """The place of a store that is not there yet."""
    if request.param == "sqlite":
        return locate(f"sqlite:///{tmp_path / 'claims.db'}")
    return locate(request.getfixturevalue("migrated_database")(), log=ORIGIN)


@pytest.fixture
def store(where: Place) -> Iterator[Store]:
    """A store without entries."""
    with Store.create(where) as made:
        yield made


@pytest.fixture
def again(where: Place) -> Iterator[Opener]:
    """Opens the same store once more, as another process would."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(Store.open(where))
