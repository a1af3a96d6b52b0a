"""A server that may be killed, and a crew of writers, for all the faults of a run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests import servers
from tests.servers import NoServer, OwnServer
from tests.soak.crew import Crew, crew_in


@pytest.fixture(scope="session")
def mortal_server() -> Iterator[OwnServer]:
    """A PostgreSQL server of our own. It does not wait for the disk, which outlives whatever is killed here."""
    try:
        server = servers.own()
    except NoServer as why:
        servers.give_up(why, os.environ)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """What forks the writers: it takes a second to start, and a writer no time at all."""
    with crew_in(tmp_path_factory.mktemp("crew")) as crew:
        yield crew
