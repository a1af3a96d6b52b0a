"""A desk on the web: on every database, with somebody of each role, and browsers that are signed in as they are."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from ledger.book import Ledger
from ledger.book import passwords as kept_passwords
from ledger.store import Place, locate
from ledger.vocabulary import Role, SourceKind, Status
from ledger.web.app import make_app
from ledger.web.settings import Settings

PASSWORD = "correct horse battery"
STORY = "champs-elysees-2017-04-20"
SECOND = "A second police officer was killed"
NAMES = {role: f"The {role.value}" for role in Role}
ADDRESS = "http://localhost"
OURS = {"Sec-Fetch-Site": "same-origin"}

Browsers = Callable[..., TestClient]


@pytest.fixture(scope="session", autouse=True)
def cheaply() -> Iterator[None]:
    """The same hash with the least work, since what is tested here is not how much it costs."""
    hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_passwords, "_hasher", lambda: hasher)
        kept_passwords._nobodys.cache_clear()
        yield
    kept_passwords._nobodys.cache_clear()


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory, cheaply: None) -> Path:
    """The ledger of every test on a file, which has its own copy of it."""
    path = tmp_path_factory.mktemp("desk") / "claims.db"
    filled(locate(path)).close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return locate(tmp_path / "claims.db")
    return locate(request.getfixturevalue("migrated_database")(), log="example.org/desk", files=tmp_path)


@pytest.fixture
def ledger(where: Place, original: Path) -> Iterator[Ledger]:
    """Claim 5 with statement 7 by Reuters, 6, and statement 9 by the ministry, 8; claim 10 with statement 11."""
    with copied(original, where) if where.path is not None else filled(where) as made:
        yield made


def copied(original: Path, where: Place) -> Ledger:
    assert where.path is not None
    shutil.copy(original, where.path)
    return Ledger.open(where, recorder="Otto")


def filled(where: Place) -> Ledger:
    made = Ledger.create(where, origin="example.org/desk", zone="Europe/Paris", recorder="Otto")
    made.record(SECOND, Status.REPORTED, by="Reuters", by_kind=SourceKind.AGENCY, said=None, story=STORY)
    made.record(5, Status.DENIED, by="Interior Ministry", by_kind=SourceKind.OFFICIAL, said=None)
    made.record("Two officers were killed", Status.REPORTED, by="Reuters", said=None, story=STORY)
    for role, name in NAMES.items():
        made.people.add_person(name, PASSWORD, [role])
    return made


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def app(ledger: Ledger, settings: Settings) -> FastAPI:
    return make_app(ledger, settings)


@pytest.fixture
def browser(app: FastAPI) -> Iterator[Browsers]:
    """Opens a browser of nobody, or one that is signed in with a role."""
    with ExitStack() as opened:
        opened.enter_context(TestClient(app, base_url=ADDRESS))  # which begins and ends the app

        def opens(role: Role | None = None, **more: str) -> TestClient:
            made = TestClient(app, base_url=ADDRESS, headers=OURS | more, follow_redirects=False)
            if role is not None:
                given = {"name": NAMES[role], "password": PASSWORD}
                assert made.post("/sign-in", data=given).status_code == 303
            return made

        yield opens
