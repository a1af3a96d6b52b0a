"""Publications killed with -9 before every single change that they make to a file or a folder.

After each kill the folder verifies, as it was or as it was to be, and publishing again brings it, byte for byte, to
what an undisturbed publication makes of it; no difference is allowed, since the same key over the same text makes the
same signature. Only beside the key a file with a name of its own may be left of the one that was being written.

A process is started once, and forked for each kill: what is killed is the whole of `claims`, and it gets no warning.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.publish import folder_of, load_key, new_key, publish
from ledger.store import Store
from tests.ledgers import Book
from tests.publications import ORIGIN, SEED, Auditor, files
from tests.shell import ROOT, Shell
from tests.stored import record

KILLER = """
import os, signal, sys
import ledger.book, ledger.publish, ledger.cli.signing, ledger.cli.keeping, ledger.cli.frame
from ledger.cli.root import run

def counted(act, left):
    def acting(*args, **more):
        if act is not os_unlink or os.path.lexists(args[0]) or more.get("dir_fd") is not None:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
        return act(*args, **more)
    return acting

os_unlink = os.unlink
for line in sys.stdin:
    at, folder, *args = line.rstrip("\\n").split("\\t")
    child = os.fork()
    if not child:
        os.chdir(folder)
        os.environ["CLAIMS_KEYS"] = folder + "/keys"
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1), os.dup2(nowhere, 2)
        left = [int(at)]
        for name in ("replace", "fsync", "unlink", "mkdir", "rmdir"):
            setattr(os, name, counted(getattr(os, name), left))
        os._exit(run(args))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
MOST = 200


class Killer:
    """Runs `claims` in a folder, and kills it before its n-th change to the file system."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", KILLER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def strike(self, at: int, folder: Path, *args: str) -> bool:
        """Whether it was killed; else it came to its end before."""
        assert self.process.stdin is not None and self.process.stdout is not None
        print(at, folder, *args, sep="\t", file=self.process.stdin, flush=True)
        code = int(self.process.stdout.readline())
        assert code in (0, -9), code
        return code == -9

    def strikes(self, original: Path, folder: Path, *args: str) -> Iterator[int]:
        """Kill at each point in turn, in a fresh copy of a folder."""
        for at in range(1, MOST):
            renew(original, folder)
            if not self.strike(at, folder, *args):
                return
            yield at
        raise AssertionError(f"it is not done after {MOST} changes")


def renew(original: Path, folder: Path) -> None:
    """Make the folder that we stand in a copy of another."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(original, folder, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    killer = Killer()
    yield killer
    with killer.process as process:
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    (tmp_path / "scene").mkdir()
    monkeypatch.setenv("CLAIMS_KEYS", str(tmp_path / "scene" / "keys"))
    return Shell(tmp_path / "scene", monkeypatch)


def book() -> Book:
    """250 entries, and then those that fill the first tile and take two claims of it out of sight."""
    book = Book()
    story, agency = book.story(), book.source("agency")
    while len(book.entries) < 250:
        book.claim(story)
    for claim in range(6, 13):
        book.say(claim, "reported", agency)
    for claim in (7, 11):
        book.hold(claim)
    return book


def recorded(folder: Path, size: int, *, published: bool) -> Path:
    """A ledger of the first entries of the book, and its key."""
    folder.mkdir()
    key = new_key(folder / "keys", ORIGIN, SEED)
    with Store.create(folder / "claims.db") as store:
        record(store, book().entries[:size])
        if published:
            publish(store, key, folder / "pub")
            record(store, book().entries)
    return folder


def undisturbed(original: Path, folder: Path) -> dict[str, bytes]:
    """What a publication of this makes that nobody kills."""
    shutil.copytree(original, folder)
    with Store.open(folder / "claims.db") as store:
        publish(store, load_key(folder / "keys", ORIGIN), folder / "pub")
    return files(folder / "pub")


def full_tiles(folder: Path) -> dict[str, tuple[int, int]]:
    """Each full tile and bundle, with what changes if it is written again."""
    found = {}
    for path in folder.glob("pub/tile/**/*"):
        if path.is_file() and ".p/" not in str(path) and not path.name.startswith("."):
            found[str(path.relative_to(folder))] = (path.stat().st_ino, path.stat().st_mtime_ns)
    return found


def test_a_first_publication_that_is_killed_anywhere(killer: Killer, scene: Shell, tmp_path: Path) -> None:
    """Until its checkpoint is there, nothing is published, and an audit says so."""
    original = recorded(tmp_path / "original", 20, published=False)
    expected = undisturbed(original, tmp_path / "undisturbed")
    ends = []
    for _ in killer.strikes(original, scene.folder, "publish", "pub"):
        ends.append(Auditor(scene)().code)
        if ends[-1]:
            (scene.folder / "pub").mkdir(exist_ok=True)
            assert "there is no checkpoint, so nothing is published here" in Auditor(scene).cannot()
        scene.ok("publish", "pub")
        assert files(scene.folder / "pub") == expected
    assert ends == sorted(ends, reverse=True)
    assert set(ends) == {3, 0}
    assert files(scene.folder / "pub") == expected, "the last one was not killed"


def test_a_publication_that_is_killed_anywhere(killer: Killer, scene: Shell, tmp_path: Path) -> None:
    """It completes a tile and a bundle, begins the next, and takes contents away: none of that disturbs the old state,
    nor, once the new checkpoint is there, the new one.
    """
    original = recorded(tmp_path / "original", 250, published=True)
    expected = undisturbed(original, tmp_path / "undisturbed")
    old, new = (original / "pub" / "checkpoint").read_bytes(), expected["checkpoint"]
    gone = b"Claim number 7."
    seen = []
    for _ in killer.strikes(original, scene.folder, "publish", "pub"):
        note = (scene.folder / "pub" / "checkpoint").read_bytes()
        assert note in (old, new)
        seen.append(note == new)
        Auditor(scene).passes()
        before = full_tiles(scene.folder)
        scene.ok("publish", "pub")
        assert before.items() <= full_tiles(scene.folder).items(), "a full tile is never written again"
        assert files(scene.folder / "pub") == expected
    assert seen == sorted(seen)
    assert set(seen) == {False, True}
    assert gone in (original / "pub" / "contents" / "000.jsonl").read_bytes()
    assert gone not in expected["contents/000.jsonl"]
    assert not any(name.startswith("tile/0/000.p/") for name in expected)
    Auditor(scene).passes()


def test_a_publication_that_is_killed_again_and_again(killer: Killer, scene: Shell, tmp_path: Path) -> None:
    """Each attempt comes one change further than the one before, on top of what that one left."""
    original = recorded(tmp_path / "original", 250, published=True)
    expected = undisturbed(original, tmp_path / "undisturbed")
    renew(original, scene.folder)
    at = 1
    while killer.strike(at, scene.folder, "publish", "pub"):
        Auditor(scene).passes()
        at += 1
    assert files(scene.folder / "pub") == expected


@pytest.mark.parametrize("args", [("checkpoint",), ("key", "rotate")], ids="-".join)
def test_what_is_killed_while_it_signs_signs_no_fork(
    killer: Killer, scene: Shell, tmp_path: Path, args: tuple[str, ...]
) -> None:
    """What was signed is known beside the key before it is known anywhere else; the ledger is as good as before."""
    original = recorded(tmp_path / "original", 20, published=True)
    old = str(load_key(original / "keys", ORIGIN).verifier)
    key = folder_of(scene.folder / "keys", ORIGIN)
    killed = 0
    for _ in killer.strikes(original, scene.folder, *args):
        killed += 1
        scene.ok("publish", "pub")
        now = str(load_key(scene.folder / "keys", ORIGIN).verifier)
        Auditor(scene, keys=(old, now)).passes()
        shown = scene.ok(*args).out
        if args == ("checkpoint",):
            assert shown.encode() == (key / "checkpoint").read_bytes()
        else:
            assert not (key / "secret.next").exists()
            assert (key / "verifier").read_text(encoding="ascii") == shown
        assert scene.ok("publish", "pub").out
        Auditor(scene, keys=((key / "verifier").read_text(encoding="ascii").strip(),)).passes()
    assert killed >= 3
    scene.ok("verify")
