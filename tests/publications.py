"""A published log taken apart and put together again, as somebody goes about it who holds the folder, the key or both.

:class:`Log` is what a folder says; what is changed in it can be written back in part (a bundle and not its tile) or as
a whole, signed anew by whoever has a key. :class:`Auditor` runs `claims audit` on a folder, in this process.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ledger.encoding import canonical, encode_content, encode_entry
from ledger.formats.backup import read_content, write_content
from ledger.model import Entry, Redaction
from ledger.publish import Key, folder_of, new_key, publish
from ledger.publish.layout import SIZES, bundles, checkpoint_path, contents_path, width_of
from ledger.store import Store
from ledger.tlog import (
    FULL,
    Checkpoint,
    Edge,
    Signer,
    Tile,
    bundle_path,
    decode_bundle,
    encode_bundle,
    leaf_hash,
    read_checkpoint,
    root_of,
    tiles_of,
)
from tests.ledgers import Book
from tests.shell import Done, Shell
from tests.stored import KEY, dressed, night, record

FORKED = "claims: nothing was signed: this ledger does not continue what was signed before"
VKEY = str(KEY.verifier)
ORIGIN = KEY.verifier.name
SEED = bytes(32)
"""That of :data:`tests.stored.KEY`, the key of the log that :func:`tests.stored.night` tells of."""


@dataclass
class Log:
    """The leaves of a log and the contents that go with them, as bytes; nothing of it needs to be right."""

    leaves: list[bytes] = field(default_factory=list)
    contents: dict[int, dict[str, bytes]] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Log:
        """The log of these entries, with the contents that :func:`tests.stored.dressed` gives them."""
        log = cls()
        for entry in entries:
            log.add(entry)
        return log

    @classmethod
    def read(cls, folder: Path) -> Log:
        """What is published in a folder."""
        size = read_checkpoint((folder / "checkpoint").read_bytes()).size
        log = cls()
        for number in bundles(0, size):
            width = width_of(number, size)
            log.leaves += decode_bundle((folder / bundle_path(number, width)).read_bytes(), width)
            for line in (folder / contents_path(number)).read_bytes().splitlines():
                index, part, content = read_content(line)
                log.contents.setdefault(index, {})[part] = content
        return log

    def add(self, entry: Entry) -> int:
        """Append an entry, whatever it says, with contents of the parts that it must have; what it redacts goes."""
        entry, contents = dressed(entry)
        self.leaves.append(encode_entry(entry))
        self.contents[entry.index] = {part.value: encode_content(content) for part, content in contents.items()}
        if isinstance(entry.body, Redaction):
            self.contents.get(entry.body.target, {}).pop(entry.body.part.value, None)
        return len(self.leaves) - 1

    def change(self, place: int, /, **fields: Any) -> None:
        """Give an entry other fields, in canonical form; None takes one away."""
        leaf = json.loads(self.leaves[place]) | fields
        self.leaves[place] = canonical({name: value for name, value in leaf.items() if value is not None})

    @property
    def root(self) -> bytes:
        """The root of the tree over the leaves."""
        return root_of([leaf_hash(leaf) for leaf in self.leaves])

    def tiles(self) -> Iterator[tuple[Tile, bytes]]:
        """Every tile of the tree, with its hashes."""
        edge = Edge()
        found = [pair for leaf in self.leaves for pair in edge.append(leaf_hash(leaf))]
        partials = edge.partials()
        found += [(tile, partials[tile.level]) for tile in tiles_of(len(self.leaves)) if not tile.is_full]
        return iter(found)

    def note(self, *signers: Signer, origin: str = ORIGIN) -> bytes:
        """The checkpoint of this log; the real key signs it unless others do."""
        return Checkpoint(origin, len(self.leaves), self.root).sign(*(signers or (KEY,)))

    def write(self, folder: Path, *signers: Signer, origin: str = ORIGIN) -> Path:
        """Publish the log as it is, signed, as if nothing had been signed before."""
        self.write_tiles(folder)
        self.write_bundles(folder)
        self.write_contents(folder)
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
        size = len(self.leaves)
        for path in ("checkpoint", checkpoint_path(size)):
            put(folder / path, self.note(*signers, origin=origin))
        put(folder / SIZES, f"{size}\n".encode())
        return folder

    def write_tiles(self, folder: Path, only: Iterable[int] = range(64)) -> None:
        """Write the tiles of these levels."""
        for tile, hashes in self.tiles():
            if tile.level in only:
                put(folder / tile.path, hashes)

    def write_bundles(self, folder: Path, size: int | None = None) -> None:
        """Write the entry bundles to where those of a log of ``size`` are; the last takes what is left."""
        size = len(self.leaves) if size is None else size
        for number in bundles(0, size):
            end = None if (number + 1) * FULL >= size else (number + 1) * FULL
            put(folder / bundle_path(number, width_of(number, size)), encode_bundle(self.leaves[number * FULL : end]))

    def write_contents(self, folder: Path) -> None:
        """Write the contents."""
        for number in bundles(0, len(self.leaves)):
            put(folder / contents_path(number), b"".join(self.lines(number)))

    def lines(self, number: int) -> Iterator[bytes]:
        """The lines of one file of contents."""
        for index in range(number * FULL, (number + 1) * FULL):
            for part, content in sorted(self.contents.get(index, {}).items()):
                yield write_content(index, part, content) + b"\n"


def long_log(size: int) -> Log:
    """A ledger of that size: the opening, a story, and claims that nobody has spoken on."""
    book = Book()
    story = book.story()
    while len(book.entries) < size:
        book.claim(story)
    return Log.of(book.entries[:size])


def put(path: Path, data: bytes) -> None:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def flip(path: Path, at: int, bit: int = 0) -> None:
    """Flip one bit of a file; a negative place counts from its end."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(data)


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if not path.is_dir()}


def published_night(folder: Path, claims: int = 240) -> tuple[Store, Key]:
    """Record and publish :func:`tests.stored.night`, which redacts nothing here, with ``keys`` and ``pub``."""
    store = Store.create(folder / "claims.db")
    record(store, night(claims, redacts=False))
    key = new_key(folder / "keys", ORIGIN, SEED)
    publish(store, key, folder / "pub")
    return store, key


@dataclass
class Auditor:
    """`claims audit` of one place by one set of keys."""

    shell: Shell
    where: str = "pub"
    keys: tuple[str, ...] = (VKEY,)

    def __call__(self, *more: str) -> Done:
        """Audit whatever comes of it, in words."""
        keys = [each for key in self.keys for each in ("--key", key)]
        done = self.shell("audit", self.where, *keys, "--no-board", *more)
        assert "Traceback" not in done.out + done.err and "unexpected" not in done.err
        return done

    def passes(self, *more: str) -> Done:
        """Audit what has to be right."""
        done = self(*more)
        assert done.code == 0, done
        assert "verified: " in done.out
        return done

    def finds(self, *more: str) -> list[str]:
        """Audit what has to be wrong; return the findings."""
        done = self(*more)
        assert done.code == 1, done
        found = _findings(done)
        assert f"claims: {self.where}: not verified: {len(found)} finding" in done.err
        assert "\nnext: " in done.err
        assert "verified: " not in done.out
        return found

    def cannot(self, *more: str) -> str:
        """Audit what nobody can find out about; return why."""
        done = self(*more)
        assert done.code == 3, done
        assert done.err.startswith("claims: ") and "\nnext: " in done.err
        return done.err


_NO_FINDINGS = ("signed by ", "cosigned by ", "at size ", "unchecked: ")


def _findings(done: Done) -> list[str]:
    """The findings of an audit, without the line of the checkpoint, who signed, and what was left unchecked."""
    header, *lines = done.out.splitlines()
    assert ", size " in header
    return [line for line in lines if not line.startswith(_NO_FINDINGS)]


@dataclass
class Desk:
    """A newsroom with a ledger, a key, a folder that is published, and what an auditor keeps of it."""

    shell: Shell
    keys: Path

    @classmethod
    def of_today(cls, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
        """Yesterday: 9 entries, published in ``pub``. Today: 11, published again."""
        monkeypatch.setenv("CLAIMS_KEYS", str(folder / "keys"))
        desk = cls(Shell(folder, monkeypatch).night(), folder / "keys")
        desk.shell.ok("key", "new")
        desk.shell.ok("publish", "pub")
        desk.keep("checkpoint-yesterday")
        desk.copy("yesterday.db")
        desk.deny("AFP")
        desk.shell.ok("publish", "pub")
        desk.keep("checkpoint-today")
        desk.auditor().passes("--since", "checkpoint-yesterday")
        return desk

    @property
    def folder(self) -> Path:
        return self.shell.folder

    @property
    def key(self) -> Path:
        """The folder of the key."""
        return folder_of(self.keys, ORIGIN)

    @property
    def signer(self) -> Signer:
        return Signer.parse((self.key / "secret").read_text(encoding="ascii").strip())

    def auditor(self, where: str = "pub") -> Auditor:
        return Auditor(self.shell, where, (str(self.signer.verifier),))

    def deny(self, by: str) -> None:
        self.shell.ok("deny", "5", "--by", by, "--by-kind", "agency", "--said", "2017-04-20 23:00")

    def keep(self, name: str, where: str = "pub") -> str:
        """Keep the checkpoint of a folder, as an auditor does."""
        shutil.copy(self.folder / where / "checkpoint", self.folder / name)
        return name

    def copy(self, name: str) -> None:
        """Copy the ledger file; nobody has it open."""
        shutil.copy(self.folder / "claims.db", self.folder / name)

    def restore(self, name: str) -> None:
        for path in self.folder.glob("claims.db*"):
            path.unlink()
        shutil.copy(self.folder / name, self.folder / "claims.db")

    def nothing_signed(self, code: int, *args: str) -> str:
        """Run a command that must be refused, and must not change key, ledger or folder; return the words."""
        before = files(self.keys), files(self.folder / "pub")
        words = self.shell.refused(code, *args)
        assert (files(self.keys), files(self.folder / "pub")) == before
        assert "\nnext: " in words
        assert "unexpected" not in words
        return words
