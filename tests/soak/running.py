"""Runs rounds of one fault in one database, holds the ledger against its writers after each, counts and prints."""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ledger.errors import LedgerError
from tests import servers
from tests.servers import OwnServer
from tests.soak import rounds
from tests.soak.crew import Crew, Stuck, Told, crew_in
from tests.soak.disks import limit_files, small_disk
from tests.soak.examining import losses
from tests.soak.places import Files, Logs
from tests.soak.rounds import Round, Scene
from tests.soak.writing import Address

FAULTS: dict[tuple[str, str], Sequence[Round]] = {
    ("kill", "sqlite"): [rounds.killed_writers],
    ("kill", "postgresql"): [rounds.killed_writers, rounds.killed_server, rounds.killed_all],
    ("writers", "sqlite"): [rounds.many_writers],
    ("writers", "postgresql"): [rounds.many_writers],
    ("cut", "postgresql"): [
        rounds.cut_connection,
        rounds.vanished_server,
        rounds.ended_connection,
        rounds.restarted_server,
    ],
    ("disk", "sqlite"): [rounds.full_database, rounds.full_file, rounds.full_disk],
    ("disk", "postgresql"): [rounds.full_server],
    ("clock", "sqlite"): [rounds.false_clocks],
    ("clock", "postgresql"): [rounds.false_clocks],
}
"""The rounds of each fault in each database, which take turns. A file has no connection to be cut."""

_MOST_ACTS = 600
"""A ledger of more is left for a new one, since each round reads it from its beginning."""
_KEPT = 4
_DISK = {"sqlite": 48, "postgresql": 192}
_SMALL = ("max_wal_size=32MB", "min_wal_size=32MB", "shared_buffers=16MB")


class NotHere(Exception):
    """A fault that cannot be done on this machine; the text says why."""


@dataclass
class Tally:
    """What came of the rounds of one fault."""

    fault: str
    database: str
    rounds: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    losses: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.fault}, {self.database}: {self.rounds} rounds, {shown(self.counts)}, {len(self.losses)} losses"


def counts_of(told: Sequence[Told]) -> Counter[str]:
    """The acts acknowledged, those whose writer never heard of them, and those found done when they were done again."""
    return Counter(
        acknowledged=sum(len(each.done) for each in told),
        unheard=sum(each.unknown for each in told),
        refused=sum(len(each.refused) for each in told),
        repeated=sum(each.repeated for each in told),
    )


def shown(counts: Counter[str]) -> str:
    return (
        f"{counts['acknowledged']:,} acts acknowledged, {counts['unheard']} unheard of, "
        f"{counts['refused']} refused, {counts['repeated']} found done when done again"
    )


def soak(
    fault: str,
    database: str,
    enough: Callable[[int], bool],
    seed: int,
    *,
    writing: float = 30.0,
    server: OwnServer | None = None,
    crew: Crew | None = None,
) -> Tally:
    """Do rounds of a fault until ``enough`` says so of their number; print a line for each.

    ``writing`` is for how many seconds many writers write. ``server`` is one that may be killed; it and the ``crew``
    are made if they are not given. Raises :class:`~tests.servers.NoServer` if there is no PostgreSQL, and
    :class:`NotHere` where the fault cannot be done.
    """
    tally = Tally(fault, database)
    with _scene(fault, database, random.Random(f"{seed} {fault} {database}"), server, crew) as (scene, kinds):
        scene.writing = writing
        past: list[tuple[Address, list[Told]]] = []
        while not enough(tally.rounds):
            if _round(scene, kinds[tally.rounds % len(kinds)], tally):
                scene.renew()  # a loss is told once
            elif sum(len(each.done) for each in scene.told) > _MOST_ACTS:
                past.append((scene.address, scene.told))
                if len(past) > _KEPT:
                    scene.place.forget(past.pop(0)[0])
                scene.renew()
        for address, told in past:  # what was done to a later ledger may have harmed an earlier one
            tally.losses += [f"{address}, afterwards: {loss}" for loss in losses(address, told)]
    print(f"{tally}", flush=True)
    return tally


def _round(scene: Scene, act: Round, tally: Tally) -> list[str]:
    """Do one round, and return what was lost."""
    counts, writers, started = counts_of(scene.told), len(scene.told), time.monotonic()
    try:
        what = act(scene)
        found = [*losses(scene.address, scene.told), *_noise(scene)]
    except Stuck as stuck:
        what, found = act.__name__.replace("_", " "), [f"stuck: {stuck}", *_complaints(scene.told[writers:])]
        scene.crew.kill_all()
        scene.place.mend()
    except LedgerError as error:
        what, found = act.__name__.replace("_", " "), [f"the ledger cannot be examined: {error}"]
    new = counts_of(scene.told)
    new.subtract(counts)
    tally.rounds += 1
    tally.counts.update(new)
    tally.losses += found
    outcome = "nothing lost" if not found else f"LOST: {'; '.join(each[:200] for each in found[:3])}"
    head = f"{tally.fault}, {tally.database}, round {tally.rounds}, {time.monotonic() - started:.1f} s"
    print(f"{head}: {what}: {shown(new)}: {outcome}", flush=True)
    return found


def _complaints(told: Sequence[Told]) -> Iterator[str]:
    for each in told:
        if each.refused:
            yield f"{each.mark} was last refused with {each.refused[-1]!r}"


def _noise(scene: Scene) -> Iterator[str]:
    """A writer that breaks has a traceback to show; nobody else has."""
    lines = scene.crew.noise().splitlines()
    if lines and not any(each.broke for each in scene.told):
        yield f"{len(lines)} lines were printed to the standard error, from {lines[0]!r} to {lines[-1]!r}"


@contextmanager
def _scene(
    fault: str, database: str, dice: random.Random, server: OwnServer | None, crew: Crew | None
) -> Iterator[tuple[Scene, Sequence[Round]]]:
    """The place of a fault, and the rounds that can be done here."""
    kinds = FAULTS[fault, database]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="claims-soak-")))
        disk = stack.enter_context(small_disk(_DISK[database])) if fault == "disk" else None
        if fault == "disk" and disk is None:
            print(f"disk, {database}: no small disk can be mounted here, so only limits are met", flush=True)
            kinds = [rounds.full_files_of_server] if database == "postgresql" else kinds[:-1]
        if database == "sqlite":
            place: Files | Logs = Files(folder if disk is None else disk.path)
        else:
            if server is None or disk is not None:
                settings, parent = ((), None) if disk is None else (_SMALL, disk.path)
                server = servers.own(durable=True, settings=settings, parent=parent)
                stack.callback(server.stop)
            if fault == "disk" and disk is None and not limit_files(server.processes()):
                raise NotHere("a full disk: we may neither mount a small one nor limit the server")
            place = Logs(server, apart=fault == "disk")
        crew = crew or stack.enter_context(crew_in(folder))
        yield Scene(place, crew, dice, disk), kinds
