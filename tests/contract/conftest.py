"""The stores that the suite runs on. A further database is a further parameter here, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ledger.store import Store

Opener = Callable[[], Store]


@pytest.fixture(params=["sqlite"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that is not there yet."""
    assert request.param == "sqlite"
    return f"sqlite:///{tmp_path / 'claims.db'}"


@pytest.fixture
def store(where: str) -> Iterator[Store]:
    """A store without entries."""
    with Store.create(where) as made:
        yield made


@pytest.fixture
def again(where: str) -> Iterator[Opener]:
    """Opens the same store once more, as another process would."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(Store.open(where))
