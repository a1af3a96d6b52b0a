"""Other people's validators over what we write. `make test` installs them from npm, at the versions in `package.json`.

They lie in `validators/` inside the virtual environment that runs the tests. Where npm, node or Java is missing, or npm
reaches no registry, a test that asks for one is skipped and the run says so at its end; with CI=true it fails.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

FOLDER = Path(sys.prefix) / "validators"
NU = FOLDER / "node_modules/vnu-jar/build/dist/vnu.jar"
COMPILER = FOLDER / "node_modules/typescript/bin/tsc"
VOCABULARY = FOLDER / "node_modules/schema-dts/package.json"
_KINDS: dict[str, list[str]] = {".html": [], ".css": ["--css"], ".svg": ["--svg"]}
_AT_ONCE = 500
_PATIENCE = 240


class Missing(Exception):
    """A validator cannot run here; the text says why."""


def _require(program: str, *files: Path) -> str:
    found = shutil.which(program)
    if found is None:
        raise Missing(f"no {program}")
    if not all(file.is_file() for file in files):
        raise Missing("no npm" if shutil.which("npm") is None else "not installed: make test installs them")
    return found


def html_validator() -> str:
    """The Java that runs the Nu HTML checker. Raises :class:`Missing`."""
    return _require("java", NU)


def claimreview_validator() -> str:
    """The node that runs the TypeScript compiler. Raises :class:`Missing`."""
    return _require("node", COMPILER, VOCABULARY)


def html_problems(paths: Iterable[Path]) -> list[str]:
    """What the Nu HTML checker finds, errors and warnings, in HTML, CSS and SVG files, as `path:line: kind: what`.

    A folder stands for all of these files in it. Raises :class:`Missing`.
    """
    java = html_validator()
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    found: list[str] = []
    # All kinds in one run, with --also-check-css, would count the lines of the pages from 0.
    for suffix, option in _KINDS.items():
        chosen = [str(file) for file in files if file.suffix == suffix]
        for start in range(0, len(chosen), _AT_ONCE):
            found += _checked([java, "-Xss1m", "-jar", str(NU), *option], chosen[start : start + _AT_ONCE])
    assert any(file.suffix in _KINDS for file in files), "there is something to check"
    return found


def _checked(command: Sequence[str], files: Sequence[str]) -> list[str]:
    done = _run([*command, "--stdout", "--format", "json", *files])
    try:
        return [_told(message) for message in json.loads(done.stdout)["messages"]]
    except (ValueError, KeyError):
        raise AssertionError(f"the HTML checker did not answer: {done.stdout}{done.stderr}") from None


def _told(message: dict[str, object]) -> str:
    kind = message.get("subType", message["type"])
    return f"{message.get('url', '')}:{message.get('lastLine', '')}: {kind}: {message['message']}"


def claimreview_problems(documents: Sequence[str]) -> list[str]:
    """What the compiler finds wrong with JSON-LD documents, by the types that schema-dts makes of schema.org's own.

    A document is a ClaimReview, or has a `@graph` of them. It stands in the program as it was written, without a cast:
    a name that schema.org does not have, or a value of another type, is an error. Raises :class:`Missing`.
    """
    node = claimreview_validator()
    assert documents, "there is something to check"
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        (Path(folder) / "documents.ts").write_text("\n".join(program(documents)), encoding="utf-8")
        options = ("--noEmit", "--strict", "--skipLibCheck", "--module", "preserve", "--target", "es2022")
        done = _run([node, str(COMPILER), *options, "--pretty", "false", "documents.ts"], folder)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 or lines, f"the compiler did not answer: {done.stderr}"
    return lines


def program(documents: Sequence[str]) -> list[str]:
    """The program that is compiled, a line for each document and for each review in a graph."""
    lines = ['import type { ClaimReview, Graph, WithContext } from "schema-dts";']
    for number, document in enumerate(documents):
        read = json.loads(document)
        assert isinstance(read, dict), "a document is a JSON object"
        name = f"document{number}"
        if "@graph" not in read:
            lines.append(f"export const {name}: WithContext<ClaimReview> = {_one_line(document)};")
            continue
        lines.append(f"export const {name}: Graph = {_one_line(document)};")
        # The type of a graph takes every kind of thing; each of ours is a review.
        nodes = enumerate(read["@graph"])
        lines += [f"export const {name}_{place}: ClaimReview = {json.dumps(node)};" for place, node in nodes]
    return lines


def _one_line(document: str) -> str:
    """A document as it was written; line ends stand only between its tokens."""
    return " ".join(document.replace("\r", "\n").split("\n"))


def _run(command: Sequence[str], folder: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        timeout=_PATIENCE,
        check=False,
    )
