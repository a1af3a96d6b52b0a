"""The house rules that a machine can hold.

The import contracts themselves are in `setup.cfg`, so that `lint-imports` runs them too.
"""

import ast
import configparser
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = sorted([*ROOT.glob("ledger/**/*.py"), *ROOT.glob("alembic/**/*.py")])
LONGEST_FUNCTION = 70
LONGEST_FILE = 500
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "manager", "service"}
ASKS_THE_WORLD = {"open", "print", "input"}
READS_THE_CLOCK = {"now", "utcnow", "today"}
REACHES_OUT = {"urllib.request", "io.open", "io.FileIO"}

CONFIG = configparser.ConfigParser()
CONFIG.read(ROOT / "setup.cfg")
CORE_NAMES = CONFIG["importlinter:contract:core"]["source_modules"].split()


def files_of(name: str) -> list[Path]:
    """The files of a module or package, by its dotted name."""
    path = ROOT.joinpath(*name.split("."))
    return [path.with_suffix(".py")] if path.with_suffix(".py").exists() else [*path.rglob("*.py")]


def dotted(node: ast.expr) -> str:
    """`a.b.c` as written; only `.c` where what precedes it is no plain name."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def long_functions(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            lines = node.end_lineno - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{node.lineno}: {node.name}: {lines} lines"


def effects(tree: ast.AST) -> Iterator[str]:
    """What a pure module must not do: reach a file, a terminal, the network or a clock."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=func, lineno=line):
                names = [dotted(func)]
                found = names[0] in ASKS_THE_WORLD or names[0].split(".")[-1] in READS_THE_CLOCK
            case ast.Attribute(lineno=line):
                names = [dotted(node)]
                found = names[0] in REACHES_OUT
            case ast.Import(names=aliases, lineno=line):
                names = [alias.name for alias in aliases]
                found = not REACHES_OUT.isdisjoint(names)
            case ast.ImportFrom(module=module, names=aliases, lineno=line):
                names = [str(module), *(f"{module}.{alias.name}" for alias in aliases)]
                found = not REACHES_OUT.isdisjoint(names)
            case _:
                continue
        if found:
            yield f"{line}: {', '.join(names)}"


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    run = "from importlinter.cli import lint_imports_command as main; main()"
    return subprocess.run(
        [sys.executable, "-c", run, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_import_contracts_hold() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("errors", "import ledger.book", "An import only ever points down the layers BROKEN"),
        ("model", "import sqlite3", "The core does no I/O BROKEN"),
        ("formats", "import os.path", "The core does no I/O BROKEN"),
        ("resolver.acts", "import ledger.record", "No record and no score ever feeds back into states BROKEN"),
        ("store.reader", "import ledger.scoring", "No record and no score ever feeds back into states BROKEN"),
    ],
)
def test_a_broken_contract_is_seen(tmp_path: Path, module: str, line: str, contract: str) -> None:
    shutil.copytree(ROOT / "ledger", tmp_path / "ledger")
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    broken = files_of(f"ledger.{module}")[0].relative_to(ROOT)
    with (tmp_path / broken).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1, done.stderr
    assert contract in done.stdout


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    assert list(long_functions(parsed(path))) == []


def test_a_long_function_is_seen() -> None:
    for kind in ("def", "async def"):
        for lines, found in ((LONGEST_FUNCTION, 0), (LONGEST_FUNCTION + 1, 1)):
            source = f"{kind} f():\n" + "    pass\n" * (lines - 1)
            assert len(list(long_functions(ast.parse(source)))) == found


def test_names_say_what_a_module_decides() -> None:
    assert [path for path in CODE if path.stem in SAYS_NOTHING] == []
    assert [path for path in CODE if path.parent.name in SAYS_NOTHING] == []


@pytest.mark.parametrize("name", CORE_NAMES)
def test_the_core_has_no_effects(name: str) -> None:
    files = files_of(name)
    assert files, f"{name} does not exist"
    found = [f"{path.relative_to(ROOT)}:{what}" for path in files for what in effects(parsed(path))]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "open('x')",
        "print(1)",
        "def f():\n    return datetime.now(UTC)",
        "dt.datetime.utcnow()",
        "date.today()",
        "make_clock().now()",
        "import urllib.request",
        "from urllib import request",
        "from urllib.request import urlopen",
        "import io\nio.open('x')",
        "from io import FileIO",
    ],
)
def test_an_effect_is_seen(source: str) -> None:
    assert list(effects(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "import io\nio.StringIO()",
        "from urllib.parse import urlsplit",
        "row.open",
        "now = now_is(1)",
    ],
)
def test_what_is_pure_passes(source: str) -> None:
    assert list(effects(ast.parse(source))) == []


def test_folders_that_would_shadow_a_library_are_no_packages() -> None:
    assert [*ROOT.glob("alembic/**/__init__.py"), *ROOT.glob("seeds/**/__init__.py")] == []


def test_the_installed_alembic_is_the_one_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import alembic.config; print(alembic.__file__)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ROOT / "alembic" not in Path(done.stdout.strip()).parents


def test_every_package_is_shipped() -> None:
    shipped = set(CONFIG["options"]["packages"].split())
    made = {path.parent.relative_to(ROOT) for path in ROOT.glob("ledger/**/__init__.py")}
    assert {".".join(path.parts) for path in made} <= shipped
