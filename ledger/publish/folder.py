"""Publishing: the log as files for any static server, and the public contents of its entries.

A folder may hold a site as well (:mod:`ledger.publish.site_folder`), made from the same prefix.

The order is what keeps a crash harmless. What the new checkpoint needs is added first, next to what the old one needs;
then the checkpoint takes its place; only then goes what is no longer to be seen, and partial tiles that full ones have
replaced. So the checkpoint in the folder, old or new, always stands on files that verify. A full tile is never written
twice.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger.book.files import beside
from ledger.book.lookup import refuse_unknown
from ledger.disclosure import Disclosure, reached
from ledger.encoding import sha256
from ledger.errors import Misused, Problem, Rejected, Unavailable
from ledger.formats.backup import write_content
from ledger.publish.history import write_history
from ledger.publish.keys import Key
from ledger.publish.layout import CHECKPOINT, CHECKPOINTS, CONTENTS, TILES, UNFINISHED, bundles, contents_path, width_of
from ledger.publish.signing import Signed, check_leaf, check_prefix, sign
from ledger.publish.site import Look, Site
from ledger.publish.site_folder import NAMES, SETTINGS, SiteFolder, settings_of
from ledger.publish.witnesses import gather
from ledger.resolver import Acts
from ledger.store import Reader, Store, occupied
from ledger.store.failures import VERIFY
from ledger.tlog import FULL, Nodes, bundle_path, encode_bundle, tiles_between, tiles_of

_OURS = {CHECKPOINT, CHECKPOINTS, TILES, CONTENTS, UNFINISHED}
_MOST = 1 << 20
_UNRENAMED = re.compile(r"\.(checkpoint|sizes|\.unfinished|[0-9]{1,3}(\.jsonl)?)\.[a-z0-9_]{8}")


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published: the checkpoint, how many files were written for it, and which witnesses did not cosign it."""

    signed: Signed
    wrote: int
    missing: tuple[Problem, ...] = ()


def publish(
    store: Store, key: Key, folder: Path, *, site: Look | None = None, remove_site: bool = False
) -> Publication:
    """Sign the ledger and bring a published folder up to it.

    With ``site`` the folder has one from now on, and keeps it unless ``remove_site``: pages that nobody renews would
    go on telling of a claim that is held by then.

    Raises :class:`~ledger.publish.signing.Forked`, and signs nothing, if what the folder or the key has is not a
    prefix; :class:`~ledger.errors.Rejected` if the folder holds something else; :class:`~ledger.errors.Unavailable` if
    it cannot be written, or a quorum of witnesses is not there, and then what it held still verifies.
    """
    with _writing_to(folder):
        if site is None and not remove_site:
            site = settings_of(folder)
        if site is not None:
            site.check()
            with store.reading() as reader:
                refuse_unknown(reader)
        before = _size_there(store, key, folder)
        witnessed = gather(store, key, sign(store, key))
        witnessed.demand()
        signed = witnessed.signed
        with store.reading(signed.checkpoint.size) as reader:
            publishing = _Publishing(reader, folder, before)
            publishing.add()
            write_history(reader, folder, key.verifiers, publishing.write)
            with beside(folder / CHECKPOINT) as file:
                file.write(signed.note)
            publishing.remove()
            pages = SiteFolder(folder)
            if site is not None:
                pages.write(Site(reader, site, signed.checkpoint, key.verifier))
            elif remove_site:
                pages.remove()
    return Publication(signed, publishing.wrote + pages.wrote, witnessed.missing)


@contextmanager
def _writing_to(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ours = _OURS | NAMES if (folder / SETTINGS).exists() else _OURS
        strange = sorted(path.name for path in folder.iterdir() if path.name not in ours and not _left_over(path))
        if strange:
            why = f"{folder}: holds what is no published ledger: {strange[0]}"
            raise Rejected(why, next="choose an empty folder, or one that `claims publish` made")
        with occupied(folder, "another publication is being written here"):
            yield
    except FileExistsError:
        raise Misused(f"{folder}: is a file", next="give the path of a folder") from None
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        step = "make room, or make the folder writable, and publish again: what it holds still verifies"
        raise Unavailable(f"{folder}: cannot be written: {why}", next=step) from None


def _left_over(path: Path) -> bool:
    """Whether it is what a killed publication left of a file that it was writing, or hidden by somebody's system."""
    return path.name.startswith(".")


def _size_there(store: Store, key: Key, folder: Path) -> int:
    """How many entries of the folder are known to be all there, once its checkpoint is found to be of a prefix."""
    there = folder / CHECKPOINT
    if not there.exists():
        return 0
    with there.open("rb") as file:
        note = file.read(_MOST)
    with store.reading() as reader:
        checkpoint = check_prefix(reader, note, key.verifiers, f"the checkpoint in {folder}")
    assert checkpoint is not None
    size = checkpoint.size
    unfinished = folder / UNFINISHED
    if unfinished.exists():
        text = unfinished.read_text(encoding="ascii", errors="replace").strip()
        size = min(size, int(text)) if text.isdecimal() and len(text) < 20 else 0
    return size


class _Publishing:
    """One publication, from the entries that the folder has for certain to those of the reader."""

    def __init__(self, reader: Reader, folder: Path, before: int) -> None:
        self.reader = reader
        self.folder = folder
        self.before = before
        self.wrote = 0
        acts = Acts(reader)
        self._disclosure = Disclosure(acts)
        self._later: dict[int, bytes] = {}  # contents that are to shrink once the checkpoint is there

    def add(self) -> None:
        """Write all that the new checkpoint needs, and take away nothing that the old one needs."""
        with beside(self.folder / UNFINISHED) as file:
            file.write(f"{self.before}\n".encode())
        nodes = self.reader.nodes()
        for tile in tiles_of(self.reader.size):
            # A tile that somebody took away is put back; what it should say is in the ledger.
            if not (self.folder / tile.path).exists():
                self.write(tile.path, nodes.tile(tile))
        for number in bundles(0, self.reader.size):
            path = bundle_path(number, width_of(number, self.reader.size))
            if not (self.folder / path).exists():
                self.write(path, encode_bundle(self._leaves(number, nodes)))
        for number in sorted(self._bundles_to_disclose()):
            self._disclose(number)

    def remove(self) -> None:
        """Take away what is no longer to be seen, then what full tiles have replaced; then all is done."""
        for number, contents in self._later.items():
            self.write(contents_path(number), contents)
        self._remove_partials()
        for left in list(self.folder.rglob(".*")):
            if _UNRENAMED.fullmatch(left.name):
                left.unlink(missing_ok=True)
        (self.folder / UNFINISHED).unlink(missing_ok=True)

    def write(self, path: str, data: bytes) -> None:
        """Write a file of the publication, whole or not at all."""
        with beside(self.folder / path) as file:
            file.write(data)
        self.wrote += 1

    def _leaves(self, number: int, nodes: Nodes) -> Iterator[bytes]:
        """The leaves of a bundle; one that is not in the tree is never published, since a full bundle stays."""
        for index, leaf, _ in self._stored(number):
            check_leaf(nodes, index, leaf)
            yield leaf

    def _stored(self, number: int) -> Iterator[tuple[int, bytes, dict[str, bytes]]]:
        return self.reader.stored(number * FULL, (number + 1) * FULL)

    def _bundles_to_disclose(self) -> set[int]:
        """The new ones, those that new entries have changed, and those that are not there."""
        size = self.reader.size
        chosen = set(bundles(self.before, size)) if self.before < size else set()
        chosen |= {index // FULL for index in reached(self.reader, self.reader.entries(self.before))}
        missing = {each for each in bundles(0, size) if not (self.folder / contents_path(each)).exists()}
        return chosen | missing

    def _disclose(self, number: int) -> None:
        """Write the public contents of a bundle: for now with those that the old checkpoint let be seen."""
        path = self.folder / contents_path(number)
        there = path.read_bytes().splitlines() if path.exists() else []
        lines = self._public(number)
        public = set(lines)
        joined = lines + [line for line in there if line not in public]
        if joined != there:
            self.write(contents_path(number), _lines(joined))
        if joined != lines:
            self._later[number] = _lines(lines)

    def _public(self, number: int) -> list[bytes]:
        lines: list[bytes] = []
        for index, _, contents in self._stored(number):
            entry = self.reader.entry(index)
            for part, ref in entry.parts.items():
                if part in contents and sha256(contents[part]) != ref.sha256:
                    raise Unavailable(f"entry {index}: content {part}: differs from its hash", next=VERIFY)
            withheld = self._disclosure.withheld(entry)
            lines += [write_content(index, part, contents[part]) for part in sorted(contents) if part not in withheld]
        return lines

    def _remove_partials(self) -> None:
        size = self.reader.size
        full = [tile.path for tile in tiles_between(self.before, size) if tile.is_full]
        full += [bundle_path(number) for number in bundles(self.before, size) if width_of(number, size) == FULL]
        for path in full:
            partials = self.folder / f"{path}.p"
            if partials.is_dir():
                shutil.rmtree(partials)


def _lines(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)
