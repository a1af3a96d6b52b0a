"""A signed log on a server, and one of its own for each test that does something to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ledger.store import Store, check
from tests.served import ORIGIN, SIGNED, at, login, role_of, roles_forgotten, run
from tests.servers import Server, database_in
from tests.stored import KEY, night, record, signed

Made = Callable[[], str]


@pytest.fixture(scope="module")
def original(postgresql: Server, migrated_database: Made) -> Iterator[str]:
    """The address of a database with one signed log, and roles; no test changes it."""
    entries = night(claims=240)
    with roles_forgotten(postgresql, ORIGIN):
        url = migrated_database()
        with Store.create(at(url)) as store:
            record(store, entries)
            with store.writing() as writer:
                writer.keep_checkpoint(SIGNED, signed(entries, SIGNED))
            store.make_roles()
            assert check(store, [KEY.verifier]) == []
        yield url


@pytest.fixture
def url(original: str, postgresql: Server) -> Iterator[str]:
    """A copy of it that the test has for itself, by the superuser."""
    made = postgresql.fresh_database(template=database_in(original))
    run(made, "GRANT CREATE ON SCHEMA public TO claims_owner")
    yield made
    postgresql.drop(made)


@pytest.fixture
def owner(url: str, postgresql: Server) -> str:
    """The same, by an owner who is no superuser."""
    return login(postgresql, url, "claims_owner", role_of(ORIGIN))
