"""A browser for the run, a desk for each test, and a watch on all that is opened there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.book import Ledger
from ledger.book import passwords as kept_passwords
from ledger.cli.demo import ORIGIN, ZONE, seed_rows
from tests.conftest import NOT_RUN

CHROMIUM = "/usr/bin/chromium"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--disable-background-networking"]


def _missing() -> str | None:
    try:
        import axe_playwright_python  # noqa: F401 - to see whether they are there
        import playwright  # noqa: F401
    except ImportError:
        return "playwright is not installed: make browser"
    return None if shutil.which(CHROMIUM) else f"{CHROMIUM} is missing: make browser"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Without the library the tests cannot even be read; `test_there_is_a_browser` can, and says so."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        return True if collection_path.name.startswith("test_") and "there_is" not in collection_path.name else None
    return None


def require_browser(config: pytest.Config) -> None:
    """Skip without a browser, and let the run end with the line; where CI=true, fail."""
    missing = _missing()
    if missing is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"browser: not run ({missing})", pytrace=False)
    config.stash.setdefault(NOT_RUN, set()).add(f"browser: not run ({missing})")
    pytest.skip(f"browser: not run ({missing})")


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[object]:
    require_browser(request.config)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield made
        made.close()


@pytest.fixture(scope="session", autouse=True)
def cheaply() -> Iterator[None]:
    """The same hash of a password with the least work: what is tested here is not how much it costs."""
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_passwords, "_hasher", lambda: hasher)
        kept_passwords._nobodys.cache_clear()
        yield
    kept_passwords._nobodys.cache_clear()


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("told") / "claims.db"
    with Ledger.create(path, origin=ORIGIN, zone=ZONE, recorder="demo") as made:
        made.load(seed_rows())
    return path


@pytest.fixture
def desk(tmp_path: Path, told: Path) -> Iterator[object]:
    """The seed story, served."""
    from tests.browser.desk import served

    path = tmp_path / "claims.db"
    shutil.copy(told, path)
    with served(path) as found:
        found.add_people()
        yield found


@pytest.fixture
def empty_desk(tmp_path: Path) -> Iterator[object]:
    """A ledger in which nothing is recorded yet, served."""
    from tests.browser.desk import served

    path = tmp_path / "claims.db"
    Ledger.create(path, origin=ORIGIN, zone=ZONE, recorder="Otto").close()
    with served(path) as found:
        found.add_people()
        yield found


def _watched(browser: object, desk: object) -> Iterator[object]:
    from tests.browser.desk import Visits

    found = Visits(browser, desk)  # type: ignore[arg-type]
    yield found
    found.close()
    assert found.complaints == []
    assert found.strays == []


@pytest.fixture
def visits(browser: object, desk: object) -> Iterator[object]:
    yield from _watched(browser, desk)


@pytest.fixture
def first_visits(browser: object, empty_desk: object) -> Iterator[object]:
    yield from _watched(browser, empty_desk)
