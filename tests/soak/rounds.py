"""One round of each fault. A round lets writers write, does its harm, and sees to it that all writers have ended."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import psycopg

from tests.servers import database_in
from tests.soak.crew import Crew, Hand, Stuck, Told, kill, more_acts, stop, wait_for_acts, wait_until
from tests.soak.cutting import Cut, Proxy
from tests.soak.disks import Disk, limit_files
from tests.soak.places import Place, file_of, server_of, through
from tests.soak.writing import STUBBORN, Address

WRITERS = 8


@dataclass
class Scene:
    """Where a fault is done: the ledger of the moment, and all that its writers were told."""

    place: Place
    crew: Crew
    dice: random.Random
    disk: Disk | None = None
    writing: float = 3.0
    address: Address = field(init=False)
    told: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.address = self.place.new_ledger()

    def renew(self) -> None:
        """Go on with another ledger."""
        self.address, self.told = self.place.new_ledger(), []

    def writers(self, number: int, address: Address | None = None, **how: Any) -> list[Hand]:
        """Start writers on the ledger, or on the same one by another way; the acts of some have no keys."""
        hands = [
            self.crew.start(address or self.address, **({"keyed": self.dice.random() < 0.5} | how))
            for _ in range(number)
        ]
        self.told += [hand.what for hand in hands]
        return hands

    def pause(self, most: float) -> None:
        time.sleep(self.dice.uniform(0, most))


Round = Callable[[Scene], str]
"""Does its harm and says in words what it was."""


# Killed with -9


def killed_writers(scene: Scene) -> str:
    """Now and then while they open the ledger, mostly while they write; often somebody goes on for one of them."""
    hands = scene.writers(scene.dice.choice((1, 1, 2, 3)), late=0.01)
    early = scene.dice.random() < 0.25
    if not early:
        wait_for_acts(hands[:1])
    scene.pause(0.06 if early else 0.15)
    kill(hands)
    if scene.dice.random() < 0.5:
        heir = scene.crew.start_again(hands[0], scene.address)
        wait_for_acts([heir])
        stop([heir])
    return f"{len(hands)} killed {'early' if early else 'in writing'}"


def killed_server(scene: Scene) -> str:
    """The writers see their connections break, and go on with the server that comes back."""
    server = server_of(scene.place)
    hands = scene.writers(scene.dice.choice((1, 2, 3)))
    wait_for_acts(hands)
    scene.pause(0.15)
    server.kill()
    scene.pause(0.1)
    server.restart()
    wait_for_acts(hands, 2)
    stop(hands)
    return "the server killed"


def killed_all(scene: Scene) -> str:
    """The writers and the server, one right after the other."""
    server = server_of(scene.place)
    hands = scene.writers(scene.dice.choice((1, 2, 3)))
    wait_for_acts(hands)
    scene.pause(0.15)
    both: list[Callable[[], None]] = [server.kill, lambda: kill(hands)]
    scene.dice.shuffle(both)
    for each in both:
        each()
    server.restart()
    return "the server and the writers killed"


# Many at once, and clocks


def many_writers(scene: Scene) -> str:
    """So many processes that each has to wait for the others."""
    hands = scene.writers(WRITERS)
    time.sleep(scene.writing)
    stop(hands)
    done = [len(hand.told().done) for hand in hands]
    if not min(done):
        raise Stuck(f"a writer never came to write: {done}")
    return f"{WRITERS} for {scene.writing:.0f} s wrote {sum(done)} acts, each {min(done)} to {max(done)}"


def false_clocks(scene: Scene) -> str:
    """Every writer's clock goes back and forth at each act."""
    most = scene.dice.choice((0.01, 1.0, 60.0, 60.0 * 24 * 400))
    hands = scene.writers(3, clock=most, acts=8, keyed=True)
    wait_until("eight acts each", lambda: all(len(hand.told().done) == 8 or hand.what.broke for hand in hands))
    stop(hands)
    return f"clocks wrong by up to {most:.2f} min"


# Connections


@contextmanager
def _proxy(scene: Scene) -> Iterator[Proxy]:
    proxy = Proxy(server_of(scene.place).port, scene.dice)
    try:
        yield proxy
    finally:
        proxy.close()


def cut_connection(scene: Scene) -> str:
    """Around a COMMIT, so that the writer cannot know what became of it."""
    cuts = scene.dice.sample(list(Cut), len(Cut))
    with _proxy(scene) as proxy:
        hands = scene.writers(2, through(scene.address, scene.place, proxy.port))
        wait_for_acts(hands)
        for number, cut in enumerate(cuts, 1):
            scene.pause(0.05)
            proxy.arm(cut)
            wait_until(f"a connection is cut {cut.value}", partial(_has_cut, proxy, number))
        wait_for_acts(hands, 2)
        stop(hands)
    return f"{proxy.cuts} connections cut, around a COMMIT and in the middle of a message"


def _has_cut(proxy: Proxy, times: int) -> bool:
    return proxy.cuts >= times


def vanished_server(scene: Scene) -> str:
    """It commits, and is not to be reached any more when it is asked what became of that."""
    with _proxy(scene) as proxy:
        hands = scene.writers(1, through(scene.address, scene.place, proxy.port), keyed=False)
        wait_for_acts(hands)
        proxy.arm(Cut.AFTER, shuts=True)
        wait_until("its writer is told so", lambda: bool(hands[0].told().refused))
        proxy.open()
        wait_for_acts(hands, 2)
        stop(hands)
    return f"a connection cut {Cut.AFTER.value}, and no other to be had"


def ended_connection(scene: Scene) -> str:
    """By the server, at random moments."""
    server, ended = server_of(scene.place), 0
    hands = scene.writers(3)
    wait_for_acts(hands)
    question = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        for _ in range(10):
            scene.pause(0.05)
            ended += len(connection.execute(question, (database_in(scene.address.where),)).fetchall())
    if not ended:
        raise Stuck("no connection was there to be ended")
    wait_for_acts(hands, 2)
    stop(hands)
    return f"{ended} connections ended"


def restarted_server(scene: Scene) -> str:
    """In good order, while writers write."""
    hands = scene.writers(3)
    wait_for_acts(hands)
    scene.pause(0.1)
    server_of(scene.place).restart()
    wait_for_acts(hands, 2)
    stop(hands)
    return "the server restarted"


# Full disks


def _refused(hands: list[Hand], times: int = STUBBORN) -> None:
    wait_until(
        "a write is refused", lambda: any(len(hand.told().refused) >= times or hand.what.broke for hand in hands)
    )


def _go_on_or_be_killed(scene: Scene, hands: list[Hand]) -> str:
    if scene.dice.random() < 0.3:
        kill(hands)
        return "killed then"
    wait_for_acts(hands, 3)
    stop(hands)
    return "and room again"


def full_database(scene: Scene) -> str:
    """SQLite's own limit: one writer may add some pages, another one does not know of that."""
    pages = scene.dice.randrange(30)
    hands = [*scene.writers(1, pages=pages), *scene.writers(scene.dice.choice((0, 1)))]
    _refused(hands[:1])
    return f"{pages} pages more at most, {_go_on_or_be_killed(scene, hands)}"


def full_file(scene: Scene) -> str:
    """A limit of the system on the size of a file, which the write-ahead log meets in the middle of a page."""
    path = file_of(scene.address)
    sizes = [each.stat().st_size for each in (path, path.with_name(path.name + "-wal")) if each.exists()]
    room = max(sizes) + scene.dice.randrange(100_000)
    hands = [*scene.writers(1, room=room), *scene.writers(scene.dice.choice((0, 1)))]
    _refused(hands[:1])
    return f"{room:,} bytes a file at most, {_go_on_or_be_killed(scene, hands)}"


def full_disk(scene: Scene) -> str:
    """A disk that is full for everybody, until somebody makes room."""
    assert scene.disk is not None
    hands = scene.writers(2)
    wait_for_acts(hands)
    left = scene.dice.randrange(60_000)
    try:
        scene.disk.fill(left)
        _refused(hands)
        scene.pause(0.2)
        if scene.dice.random() < 0.3:
            kill(hands)
            return f"{left:,} bytes left on the disk, killed then"
    finally:
        scene.disk.make_room()
    wait_for_acts(hands, 3)
    stop(hands)
    return f"{left:,} bytes left on the disk, and room again"


def full_server(scene: Scene) -> str:
    """The disk of a server fills up: a table cannot grow, or the log cannot, at which the server stops itself."""
    assert scene.disk is not None
    server = server_of(scene.place)
    hands = scene.writers(2)
    wait_for_acts(hands)
    left, new_segment = scene.dice.randrange(60_000), scene.dice.random() < 0.5
    try:
        scene.disk.fill(left)
        if new_segment:
            with suppress(psycopg.Error), psycopg.connect(server.superuser_url, autocommit=True) as connection:
                connection.execute("SELECT pg_switch_wal()")
        _refused(hands)
        scene.pause(0.3)
    finally:
        scene.disk.make_room()
    return f"{left:,} bytes left on the server's disk, {'the log full, ' * new_segment}{_back_again(scene, hands)}"


def full_files_of_server(scene: Scene) -> str:
    """Where we may mount no disk: no file of the server may grow, at which it stops itself."""
    server = server_of(scene.place)
    hands = scene.writers(2)
    wait_for_acts(hands)
    limit_files(server.processes(), scene.dice.randrange(100_000))
    _refused(hands)
    return f"no file of the server may grow, {_back_again(scene, hands, anew=True)}"


def _back_again(scene: Scene, hands: list[Hand], *, anew: bool = False) -> str:
    """A server comes back by itself, unless it could not even recover; then somebody starts it again."""
    server, started = server_of(scene.place), 0
    if anew:
        server.kill()
        server.restart()
    back = more_acts(hands, 2)

    def served() -> bool:
        nonlocal started
        if server.process is None or server.process.poll() is not None:
            started += 1
            server.restart()
        return back()

    wait_until("the writers write again", served)
    stop(hands)
    return "started again by hand" if started or anew else "back by itself"
