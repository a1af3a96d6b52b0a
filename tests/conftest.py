"""How hard the property tests try.

The profile is `default`, or `ci` where CI=true, or what `--hypothesis-profile` names.
LEDGER_EXAMPLES sets the number of examples of every profile.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests import validators

if TYPE_CHECKING:
    from tests.servers import Server

NOT_RUN = pytest.StashKey[set[str]]()
EXAMPLES = {"default": 60, "ci": 500, "thorough": 5000}


def examples(profile: str) -> int:
    asked = os.environ.get("LEDGER_EXAMPLES") or str(EXAMPLES[profile])
    if not asked.isdecimal() or int(asked) < 1:
        raise pytest.UsageError(f"LEDGER_EXAMPLES: {asked}: expected a whole number from 1")
    return int(asked)


@pytest.hookimpl(tryfirst=True)  # before --hypothesis-profile is looked up
def pytest_configure() -> None:
    settings.register_profile("default", deadline=None, max_examples=examples("default"))
    # A commit passes or fails the same way each time; new examples are for the other two.
    settings.register_profile("ci", deadline=None, max_examples=examples("ci"), derandomize=True, print_blob=True)
    settings.register_profile("thorough", deadline=None, max_examples=examples("thorough"))
    settings.load_profile("ci" if os.environ.get("CI") == "true" else "default")


@pytest.fixture(scope="session", autouse=True)
def _keys_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A key that a test makes and gives no folder for goes into none of the person who runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        patch.delenv("CLAIMS_KEYS", raising=False)
        yield


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """The PostgreSQL server of the run, started for the first test that asks; a test makes its own database there."""
    from tests import servers

    with servers.for_tests() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_database(postgresql: Server) -> Callable[[], str]:
    """Makes databases that have the schema of a ledger and no entry, faster than by migrating each."""
    from ledger.store import Store
    from tests.servers import database_in

    made = postgresql.fresh_database()
    Store.migrate(made)
    return lambda: postgresql.fresh_database(template=database_in(made))


@pytest.fixture
def html_problems(request: pytest.FixtureRequest) -> Callable[[Iterable[Path]], list[str]]:
    """What the Nu HTML checker finds; skips the test where it cannot run, and fails it where CI=true."""
    _require(request.config, validators.html_validator)
    return validators.html_problems


@pytest.fixture
def claimreview_problems(request: pytest.FixtureRequest) -> Callable[[Sequence[str]], list[str]]:
    """What is no ClaimReview by schema.org's vocabulary; skips or fails as `html_problems` does."""
    _require(request.config, validators.claimreview_validator)
    return validators.claimreview_problems


def _require(config: pytest.Config, validator: Callable[[], str]) -> None:
    try:
        validator()
    except validators.Missing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"validators: not run ({missing})", pytrace=False)
        config.stash.setdefault(NOT_RUN, set()).add(f"validators: not run ({missing})")
        pytest.skip(f"validators: not run ({missing})")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for why in sorted(config.stash.get(NOT_RUN, set())):
        terminalreporter.write_line(why, yellow=True)


def pytest_report_header() -> str:
    return f"property tests: {settings().max_examples} examples each"
