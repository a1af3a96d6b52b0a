"""A test of the test: what a round loses is counted, told once, and does not keep the next round from being done."""

from __future__ import annotations

import pytest

from tests.soak import running
from tests.soak.__main__ import until
from tests.soak.crew import Crew, Stuck, stop, wait_for_acts
from tests.soak.places import file_of
from tests.soak.rounds import Scene
from tests.stored import tamper


def written(scene: Scene) -> str:
    hands = scene.writers(1)
    wait_for_acts(hands, 2)
    stop(hands)
    return "written"


def damaged(scene: Scene) -> str:
    written(scene)
    tamper(file_of(scene.address), "DELETE FROM voices")
    return "damaged"


def destroyed(scene: Scene) -> str:
    written(scene)
    file_of(scene.address).write_bytes(b"no database, and long enough to be taken for none")
    return "destroyed"


def stuck(scene: Scene) -> str:
    scene.writers(1)
    raise Stuck("nothing moves")


def noisy(scene: Scene) -> str:
    with (scene.crew.folder / "stderr").open("a") as file:
        file.write("Traceback\nof a library\n")
    return written(scene)


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (damaged, "check: entry 6: voice of source 7: is missing"),
        (destroyed, "the ledger cannot be examined: "),
        (stuck, "stuck: nothing moves"),
        (noisy, "2 lines were printed to the standard error, from 'Traceback' to 'of a library'"),
    ],
)
def test_a_loss_is_told_and_the_next_round_is_done(
    act: running.Round, told: str, crew: Crew, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(running.FAULTS, ("kill", "sqlite"), [act, written])
    tally = running.soak("kill", "sqlite", lambda done: done >= 2, 1, crew=crew)
    assert tally.rounds == 2
    assert tally.losses
    assert told in tally.losses[0]
    first, second, last = capsys.readouterr().out.splitlines()
    assert "LOST: " in first
    assert second.endswith("nothing lost")
    assert last == str(tally)
    assert f"{len(tally.losses)} losses" in last


def test_rounds_or_seconds_are_enough() -> None:
    assert [until(2, 0.0)(done) for done in range(4)] == [False, False, True, True]
    assert [until(0, 0.0)(done) for done in range(2)] == [False, True]
    assert not until(0, 60.0)(5)
