"""Builds the mutants of the resolver that ``mutants.txt`` lists."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from ledger import resolver


@dataclass(frozen=True)
class Mutant:
    """A rule that is broken, in words, and how: module, the text that is there, the text in its place."""

    name: str
    changes: tuple[tuple[str, str, str], ...]


def listed() -> list[Mutant]:
    """Every mutant of ``mutants.txt``, in its order."""
    text = Path(__file__).with_name("mutants.txt").read_text(encoding="utf-8")
    blocks = [block.splitlines() for block in text.strip().split("\n\n")]
    return [Mutant(lines[0], tuple(_changes(lines[1:]))) for lines in blocks if lines[1].startswith("[")]


def _changes(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    starts = [number for number, line in enumerate(lines) if line.startswith("[")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        part = lines[start + 1 : end]
        old, new = ([line[2:] for line in part if line[0] == mark] for mark in "-+")
        assert len(old) + len(new) == len(part), lines
        yield lines[start].strip("[]"), "\n".join(old), "\n".join(new)


def build(mutant: Mutant, folder: Path, name: str) -> ModuleType:
    """Write a copy of the resolver with the changes made, under another name, and import it."""
    package = folder / name
    package.mkdir()
    for path in Path(resolver.__file__).parent.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        for module, old, new in mutant.changes:
            if module == path.stem:
                text = _changed(text, old, new, mutant.name)
        text = re.sub(r"\bledger\.resolver\b", name, text)
        (package / path.name).write_text(text, encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))


def _changed(text: str, old: str, new: str, name: str) -> str:
    """Put ``new`` in the place of ``old``; both are indented as the line is on which ``old`` starts."""
    first = old.split("\n")[0]
    depths = {len(line) - len(line.lstrip()) for line in text.split("\n") if first in line}
    depth = next((depth for depth in sorted(depths) if _indented(old, depth) in text), 0)
    old, new = _indented(old, depth), _indented(new, depth)
    assert text.count(old) == 1, f"{name}: the resolver no longer has, exactly once:\n{old}"
    return text.replace(old, new)


def _indented(lines: str, depth: int) -> str:
    """Indent all lines but the first, which stands where it stands."""
    return lines.replace("\n", "\n" + " " * depth)


def forget(name: str) -> None:
    """Unload a mutant."""
    for module in [each for each in sys.modules if each.split(".")[0] == name]:
        del sys.modules[module]
