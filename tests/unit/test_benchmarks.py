"""How measurements are run and told; what they measure is run by `make bench`, and by CI on a few entries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.frame import Ground, Measurement, Outcome, Result, Row, Timing, Trial, measure
from benchmarks.ledgers import make_ledger
from benchmarks.report import summary, verdict, write_results
from ledger.store import Store, check


def row(target: float | None) -> Row:
    return Row("r", "our work", "their work", "ours", "theirs", "things", target, "more of it")


def measured(target: float | None, ours: list[int], theirs: list[int], told: list[str]) -> Result:
    """A trial in which each contestant does so many things in a second, round by round."""

    def doing(rates: list[int]) -> Callable[[], Timing]:
        left = iter(rates)
        return lambda: Timing(next(left), 1.0)

    @contextmanager
    def trial(_ground: Ground) -> Iterator[Trial]:
        yield Trial({"ours": doing(ours), "theirs": doing(theirs)}, [row(target)], lambda: {"all": 1.0})

    measurement: Measurement = trial
    return measure("trial", measurement, Ground(Path(), 1), len(ours), told.append)


def test_the_ratio_is_that_of_the_medians() -> None:
    told: list[str] = []
    result = measured(2.0, [10, 90, 30], [10, 14, 15], told)
    (outcome,) = result.outcomes
    assert (outcome.ours, outcome.peer, outcome.ratios) == (30, 14, (1.0, 90 / 14, 2.0))
    assert outcome.ratio == 30 / 14
    assert outcome.reached is True
    assert result.shares == {"all": 1.0}


def test_the_contestants_take_turns_to_begin() -> None:
    told: list[str] = []
    measured(None, [1, 1, 1], [1, 1, 1], told)
    assert [line.split(": ")[2] for line in told[1:]] == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]


@pytest.mark.parametrize(
    ("target", "reached", "word"), [(None, None, "for information"), (3.0, True, "reached"), (3.1, False, "missed")]
)
def test_what_came_of_a_row(target: float | None, reached: bool | None, word: str) -> None:
    outcome = Outcome(row(target), 30, 10, (3.0,))
    assert (outcome.reached, verdict(outcome)) == (reached, word)
    assert summary(outcome).startswith("r: 3 times (30 against 10 things a second") and summary(outcome).endswith(word)


def test_a_miss_is_told_with_what_would_close_it_and_no_name_of_the_machine(tmp_path: Path) -> None:
    page, data = write_results(tmp_path, [measured(5.0, [1], [1], [])])
    text = page.read_text(encoding="utf-8")
    assert text.count("**our work**: more of it.") == 1
    (told,) = json.loads(data.read_text(encoding="utf-8")).values()
    assert (told["rows"][0]["verdict"], told["rows"][0]["closes"]) == ("missed", "more of it")
    assert set(told["machine"]) == {"cores", "processor", "system", "python", "sqlite", "packages"}
    for written in (text, data.read_text(encoding="utf-8")):
        assert str(tmp_path) not in written and str(Path.cwd()) not in written


def test_what_was_not_measured_again_stays(tmp_path: Path) -> None:
    first, other = measured(5.0, [1], [1], []), replace(measured(None, [7], [1], []), name="other")
    write_results(tmp_path, [first, other])
    page, data = write_results(tmp_path, [measured(0.5, [1], [1], [])])
    told = json.loads(data.read_text(encoding="utf-8"))
    assert {name: each["rows"][0]["verdict"] for name, each in told.items()} == {
        "trial": "reached",
        "other": "for information",
    }
    assert "What would close a miss" not in page.read_text(encoding="utf-8")


def test_the_ledger_that_is_measured_on_has_no_fault(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "ledger.db", 1_200)
    with Store.open(path, read_only=True) as store, store.reading() as reader:
        assert reader.size == 1_200
        assert {"statement", "claim", "story", "retract", "source"} <= set(reader.words())
        assert check(store) == []
    before = path.stat()
    assert make_ledger(path, 1_200).stat().st_mtime_ns == before.st_mtime_ns
