"""The results as a page for people and a file for programs. Neither names the machine or a path on it."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.frame import Outcome, Result

_PACKAGES = (
    "retraction-ledger",
    "sqlalchemy",
    "sqlmodel",
    "cryptography",
    "pymerkle",
    "eventsourcing",
    "psycopg",
    "fastapi",
    "uvicorn",
)


def machine() -> dict[str, Any]:
    """Say what it was measured on, as far as it matters for a ratio."""
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "system": platform.system(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "sqlite": sqlite3.sqlite_version,
        "packages": dict(_versions()),
    }


def _versions() -> Iterator[tuple[str, str]]:
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            yield name, version(name)


def write_results(folder: Path, results: Sequence[Result]) -> tuple[Path, Path]:
    """Write ``results.md`` and ``results.json`` into the folder; return where they are.

    Measurements that the file there has, and that were not run this time, stay as they are.
    """
    page, data = folder / "results.md", folder / "results.json"
    there = json.loads(data.read_text(encoding="utf-8")) if data.exists() else {}
    there |= {result.name: _data(result) for result in results}
    data.write_text(json.dumps(there, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    page.write_text("\n".join(_page(there)) + "\n", encoding="utf-8")
    return page, data


def verdict(outcome: Outcome) -> str:
    """Say in a word whether the target was reached."""
    return {True: "reached", False: "missed", None: "for information"}[outcome.reached]


def summary(outcome: Outcome) -> str:
    """Say in a line what came of a row."""
    row = outcome.row
    rates = f"{_shown(outcome.ours)} against {_shown(outcome.peer)} {row.measure}"
    target = "" if row.target is None else f", {'at most' if row.costs else 'to reach'} {row.target:g}"
    return f"{row.name}: {_shown(outcome.ratio)} times ({rates}{target}): {verdict(outcome)}"


def _data(result: Result) -> dict[str, Any]:
    return {
        "entries": result.entries,
        "rounds": result.rounds,
        "machine": machine(),
        "rows": [_row(outcome) for outcome in result.outcomes],
        "shares": {name: round(share, 3) for name, share in result.shares.items()},
    }


def _row(outcome: Outcome) -> dict[str, Any]:
    row = outcome.row
    return {
        "name": row.name,
        "work": row.work,
        "against": row.against,
        "unit": row.measure,
        "ours": _rounded(outcome.ours),
        "peer": _rounded(outcome.peer),
        "ratio": _rounded(outcome.ratio),
        "ratios": [_rounded(each) for each in outcome.ratios],
        "costs": row.costs,
        "target": row.target,
        "verdict": verdict(outcome),
        "closes": row.closes if outcome.reached is False else None,
        "further": row.further or None,
    }


def _page(measurements: Mapping[str, Any]) -> Iterator[str]:
    yield from (
        "# What the ledger takes, beside others",
        "",
        "`make bench` writes this page and `results.json`. Both sides of a row ran in turn in one process on one"
        " machine; a figure is the median of their rounds. The machine was not idle: only the ratios say anything."
        " Where less is better, the ratio to reach is one not to pass (≤).",
        "",
        "| work | against | ours | theirs | of what | ratio | reach | |",
        "|---|---|--:|--:|---|--:|--:|---|",
    )
    rows = [row for each in measurements.values() for row in each["rows"]]
    for row in rows:
        target = "" if row["target"] is None else f"{'≤' if row.get('costs') else '≥'} {row['target']:g}"
        figures = (_shown(row["ours"]), _shown(row["peer"]), row["unit"], f"**{_shown(row['ratio'])}**")
        yield f"| {' | '.join((row['work'], row['against'], *figures, target, row['verdict']))} |"
    for title, why in (("What would close a miss", "closes"), ("What it would take to go further", "further")):
        told = [row for row in rows if row.get(why)]
        if told:
            yield from ("", f"## {title}", "")
            yield from (f"- **{row['work']}**, against {row['against']}: {row[why]}." for row in told)
    yield from ("", "## What was measured on", "")
    for name, each in measurements.items():
        on = each["machine"]
        packages = ", ".join(f"{package} {number}" for package, number in on["packages"].items())
        yield (
            f"- {name}: a ledger of {each['entries']:,} entries, rounds: {each['rounds']}; {on['cores']} cores,"
            f" {on['processor']}, {on['system']}, {on['python']}, SQLite {on['sqlite']}, {packages}"
        )
    for name, each in measurements.items():
        if each["shares"]:
            yield from ("", f"## Where the time goes: {name}", "", "| part | of the time |", "|---|--:|")
            shares = sorted(each["shares"].items(), key=lambda item: -item[1])
            yield from (f"| {part} | {share:.1%} |" for part, share in shares)


def _rounded(value: float) -> float:
    """Four significant digits: more is noise."""
    return float(f"{value:.4g}")


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"
