"""A few rounds of each fault: nothing that was acknowledged is lost, doubled or torn, and everything verifies.

The long version is `make soak`.
"""

from __future__ import annotations

import os

import pytest

from tests import servers
from tests.servers import NoServer, OwnServer
from tests.soak.crew import Crew
from tests.soak.running import FAULTS, NotHere, Tally, soak

ROUNDS = {("kill", "sqlite"): 6, ("kill", "postgresql"): 3, ("cut", "postgresql"): 4, ("disk", "sqlite"): 3}
WRITING = 3.0
SEED = 20


def rounds_of(fault: str, database: str, request: pytest.FixtureRequest) -> Tally:
    server: OwnServer | None = None
    if database == "postgresql":
        server = request.getfixturevalue("mortal_server")
    rounds = ROUNDS.get((fault, database), 1)
    crew: Crew = request.getfixturevalue("crew")
    return soak(fault, database, lambda done: done >= rounds, SEED, writing=WRITING, server=server, crew=crew)


@pytest.mark.parametrize(("fault", "database"), FAULTS, ids=str)
def test_nothing_is_lost(fault: str, database: str, request: pytest.FixtureRequest) -> None:
    try:
        tally = rounds_of(fault, database, request)
    except NotHere as why:
        servers.give_up(NoServer(why), os.environ)
    assert tally.losses == []
    assert tally.counts["acknowledged"] > 0
    if fault == "kill" and database == "sqlite":
        assert tally.counts["unheard"] + tally.counts["repeated"] > 0, "nobody was killed at work"
    if fault == "disk":
        assert tally.counts["refused"] > 0, "no disk was full"
