"""How measurements are run and told; what they measure is run by `make bench`, and by CI on a few entries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import events
from benchmarks.crowd import slowest_of
from benchmarks.databases import Sqlite, insert
from benchmarks.frame import Cost, Figure, Ground, Measurement, Outcome, Result, Row, Timing, Trial, measure
from benchmarks.ledgers import extend_ledger, made_entries, made_from, make_ledger, story_of
from benchmarks.report import summary, verdict, write_results
from ledger.store import Store, check


def row(target: float | None) -> Row:
    return Row("r", "our work", "their work", "ours", "theirs", "things", target, "more of it")


def costly(most: float) -> Row:
    return Row("c", "our start", "their start", "ours", "theirs", "seconds", most, "less", costs=True)


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


@pytest.mark.parametrize(("most", "word"), [(1.6, "reached"), (1.5, "reached"), (1.4, "missed")])
def test_of_a_cost_less_is_better(most: float, word: str, tmp_path: Path) -> None:
    outcome = Outcome(costly(most), 3, 2, (1.5,))
    assert verdict(outcome) == word
    assert summary(outcome) == f"c: 1.5 times (3 against 2 seconds, at most {most}): {word}"
    page, _ = write_results(tmp_path, [Result("starts", 1, 1, (outcome,), {})])
    assert f"| 3 | 2 | seconds | **1.5** | ≤ {most} | {word} |" in page.read_text(encoding="utf-8")


def test_the_slowest_of_many_looks_is_the_95th_percentile() -> None:
    assert slowest_of([float(each) for each in range(101)]) == 95.0
    assert slowest_of([1.0] * 96 + [9.0] * 4) == 1.0


def test_what_hardly_varies_is_measured_less_often() -> None:
    ran: list[str] = []

    @contextmanager
    def once(_ground: Ground) -> Iterator[Trial]:
        def run() -> Figure:
            ran.append("run")
            return Cost(2.0)

        yield Trial({"ours": run, "theirs": lambda: Cost(1.0)}, [costly(2)], rounds=1)

    result = measure("once", once, Ground(Path(), 1), 3, lambda _: None)
    assert (ran, result.rounds, result.outcomes[0].ratio) == (["run"], 1, 2.0)


def test_what_goes_beyond_a_target_is_told_when_it_is_reached(tmp_path: Path) -> None:
    further = Outcome(replace(row(1.0), further="even more of it"), 3, 2, (1.5,))
    page, _ = write_results(tmp_path, [Result("trial", 1, 1, (further,), {})])
    text = page.read_text(encoding="utf-8")
    assert "## What it would take to go further\n\n- **our work**, against their work: even more of it.\n" in text
    assert "What would close a miss" not in text


def test_a_miss_is_told_with_what_would_close_it_and_no_name_of_the_machine(tmp_path: Path) -> None:
    page, data = write_results(tmp_path, [measured(5.0, [1], [1], [])])
    text = page.read_text(encoding="utf-8")
    assert text.count("**our work**, against their work: more of it.") == 1
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


def test_a_story_is_added_to_a_ledger_without_a_fault(tmp_path: Path) -> None:
    base = make_ledger(tmp_path / "base.db", 400)
    path = extend_ledger(tmp_path / "more.db", base, made_from(400, story_of(400, "more", 3, 4)))
    with Store.open(path, read_only=True) as store, store.reading() as reader:
        assert (reader.size, len(reader.refs("claim.story", 400))) == (400 + 1 + 3 + 12, 3)
        assert check(store) == []


def test_the_driver_puts_in_all_that_a_ledger_is(tmp_path: Path) -> None:
    database, kept = Sqlite(tmp_path), []

    class Keeping(Sqlite):
        """What is put somewhere is checked before it goes."""

        @contextmanager
        def place(self) -> Iterator[Path]:
            with super().place() as path:
                yield path
                with Store.open(path) as store:
                    kept.append(check(store))

    insert(Keeping(tmp_path), database.rows(database.made(500)), 500)
    assert kept == [[]]


def test_the_driver_appends_one_by_one_what_the_store_does(tmp_path: Path) -> None:
    from benchmarks.single import taken_down

    database = Sqlite(tmp_path)
    made = list(made_entries(420))
    base = database.made(400)
    inserts = taken_down(database, base, made[400:])
    with database.copied(base) as place:
        with database.driver(place) as driver:
            for append in inserts:
                driver.execute(database.begin)
                for statement, values in append:
                    (driver.executemany if isinstance(values, list) else driver.execute)(statement, values)
                driver.execute("COMMIT")
        with Store.open(place) as store, store.reading() as reader:
            assert (reader.size, check(store)) == (420, [])


def test_an_event_says_what_its_entry_says(tmp_path: Path) -> None:
    told = events.told_of(list(made_entries(400)))
    made = events.events_of(told)
    assert [(each.entry, each.contents) for each in made] == [each[1:] for each in told]
    assert events.save(tmp_path, made, 100).done == events.trigger_and_save(tmp_path, told, 100).done == 400
