"""Evidence: files kept by their hash in a folder beside the ledger, and addresses that are written down, never fetched.

A file is kept, and on the disk for good, before the entry that names it is written. If we crash in between, or if the
entry is refused, the file stays where no entry names it: that does no harm, `claims verify` names it, and it is in its
place when the act is done again. It is not taken away, since somebody else may be about to name the same file.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from mimetypes import MimeTypes
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO

from ledger.book.files import settle
from ledger.book.lookup import entry_at
from ledger.book.views import DocumentRow
from ledger.errors import LedgerError, Misused, Problem, Rejected, Unavailable
from ledger.model import Claim, Document, Evidence
from ledger.resolver import Acts
from ledger.store import Place, Reader, Store
from ledger.text import flaws, shown
from ledger.vocabulary import Part, Visibility

MOST = 1 << 30
"""The most bytes that a kept file may have."""

_PIECE = 1 << 20
_UNFINISHED = ".keeping."
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_UNTYPED = "application/octet-stream"
# Not the module's own functions: those read tables of the machine, and one file would have two types on two machines.
_TYPES = MimeTypes()


def is_address(given: str) -> bool:
    """Whether it is the address of a document, and no path of a file."""
    return _ADDRESS.match(given) is not None


def describe(given: str | Path, archived: str | None, ledger: Place) -> Document:
    """Describe a document: what starts with ``http://`` or ``https://`` is an address, all else is a file to keep.

    Raises :class:`~ledger.errors.Rejected` for an address that is none; for a file as :func:`keep` does.
    """
    url = given if isinstance(given, str) and is_address(given) else None
    for where, address in (("evidence url", url), ("evidence archived url", archived)):
        found = [] if address is None else flaws(Part.URL, address)
        if address is not None and found:
            problems = [Problem(where, flaw, got=shown(address)) for flaw in found]
            raise Rejected("nothing was recorded", problems=problems, next="mend the address")
    if url is not None:
        return Document(url=url, archived_url=archived)
    kept = keep(Path(given), ledger)
    return Document(None, archived, kept.sha256, kept.size, kept.media_type)


def keep(path: Path, ledger: Place) -> Document:
    """Copy a file into the folder beside the ledger, under its SHA-256; the same file twice is one file.

    If we crash at any point, the folder has the whole file, or a rest that no entry can name. Raises
    :class:`~ledger.errors.Misused` for what is no file, :class:`~ledger.errors.Rejected` if it is empty or larger than
    a gibibyte, :class:`~ledger.errors.Unavailable` if it cannot be read or kept.
    """
    with _opened(path) as source:
        _check_size(path, os.fstat(source.fileno()).st_size)
        folder = ledger.kept_files()
        try:
            mode = ledger.files_mode()
            _make(folder, mode)
            digest, size = _take(source, path, folder, mode & 0o444)
        except OSError as error:
            why = f"evidence: {folder}: cannot be written: {_why(error)}"
            raise Unavailable(why, next="make room, or make the folder writable") from None
    return Document(sha256=digest, size=size, media_type=_media_type(path))


def _make(folder: Path, mode: int) -> None:
    """Make the folder; who may read or write the ledger may do so there."""
    try:
        folder.mkdir()
    except FileExistsError:
        return
    folder.chmod(mode | (mode & 0o444) >> 2)
    settle(folder.parent)


def _take(source: BinaryIO, path: Path, folder: Path, mode: int) -> tuple[str, int]:
    handle, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=folder)
    made = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            digest, size = _copy(source, path, target)
            target.flush()
            os.fchmod(target.fileno(), mode)
            os.fsync(target.fileno())
        made.replace(folder / digest)
        settle(folder)
    finally:
        made.unlink(missing_ok=True)
    return digest, size


def _copy(source: BinaryIO, path: Path, target: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while True:
        try:
            piece = source.read(_PIECE)
        except OSError as error:
            raise _unreadable(path, error) from None
        if not piece:
            break
        size += len(piece)
        _check_size(path, size)  # it may still be growing
        digest.update(piece)
        target.write(piece)
    return digest.hexdigest(), size


class _Gone(Unavailable):
    """There is no file."""


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    """Open an ordinary file for reading, and never wait for the other end of what is none."""
    try:
        _check_kind(path, path.stat().st_mode)
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        why = f"evidence: {path}: no such file, and no web address"
        raise _Gone(why, next="give the path of a file, or an address that starts with https://") from None
    except OSError as error:
        raise _unreadable(path, error) from None
    with os.fdopen(handle, "rb") as file:
        _check_kind(path, os.fstat(handle).st_mode)
        yield file


def _check_kind(path: Path, mode: int) -> None:
    if S_ISDIR(mode):
        raise Misused(f"evidence: {path}: is a folder", next="give one file; each has an entry of its own")
    if not S_ISREG(mode):
        raise Misused(f"evidence: {path}: is no ordinary file", next="save what it gives to a file, and give that")


def _check_size(path: Path, size: int) -> None:
    if not size:
        raise Rejected(f"evidence: {path}: is empty, and shows nothing", next="get the file again")
    if size > MOST:
        why = f"evidence: {path}: is larger than 1 GiB"
        raise Rejected(why, next="give the part that matters, or keep it elsewhere and give its address")


def _unreadable(path: Path, error: OSError) -> Unavailable:
    return Unavailable(
        f"evidence: {path}: cannot be read: {_why(error)}", next="check the path, and that you may read it"
    )


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _media_type(path: Path) -> str:
    """The type that the end of the name stands for; of a packed file that of the packing."""
    inside, packing = _TYPES.guess_type(f"file{path.suffix}")
    if packing is not None:
        return "application/gzip" if packing == "gzip" else _UNTYPED
    return inside or _UNTYPED


def forget(ledger: Place, files: Collection[str]) -> None:
    """Delete kept files for good, by their SHA-256; one that is not there is no fault.

    Raises :class:`~ledger.errors.Unavailable` if one stays.
    """
    if not files:
        return
    folder = ledger.kept_files()
    for name in files:
        try:
            (folder / name).unlink(missing_ok=True)
            settle(folder)
        except OSError as error:
            if not folder.is_dir():
                return  # it was never there, or was lost with all that was in it
            why = f"evidence: {folder / name}: cannot be deleted: {_why(error)}, so nothing was redacted"
            raise Unavailable(why, next="make the folder writable, and redact again") from None


def summary(document: Document) -> str:
    """Say in one line what was recorded of a document."""
    if document.sha256 is None:
        return f"evidence {document.url} (an address, not fetched)"
    size = "" if document.size is None else f", {document.size:,} bytes"
    return f"evidence sha256:{document.sha256} ({document.media_type or _UNTYPED}{size})"


# What became of the files


def documents(reader: Reader, ledger: Place, about: int | None) -> list[DocumentRow]:
    """Every document, or those of one entry; a claim's statements have the claim's. Raises :class:`Rejected`."""
    found: Iterable[tuple[int, Document]] = reader.documents() if about is None else _documents_for(reader, about)
    acts, folder = Acts(reader), ledger.evidence
    return [_row(reader, acts, folder, index, document) for index, document in found]


def _documents_for(reader: Reader, about: int) -> Iterator[tuple[int, Document]]:
    subjects = [about]
    if isinstance(entry_at(reader, about).body, Claim):
        subjects += reader.refs("statement.claim", about)
    reader.load((), [("evidence.about", index) for index in subjects])
    added = [each for index in subjects for each in reader.refs("evidence.about", index)]
    reader.load(added, [("retract.target", index) for index in (*subjects, *added)])
    for (index, _), content in sorted(reader.contents({*subjects, *added}).items()):
        if isinstance(content.value, Document):
            yield index, content.value


def _row(reader: Reader, acts: Acts, folder: Path | None, index: int, document: Document) -> DocumentRow:
    entry = reader.entry(index)
    ref = entry.parts.get(Part.EVIDENCE)
    return DocumentRow(
        index=index,
        about=entry.body.about if isinstance(entry.body, Evidence) else index,
        url=document.url,
        archived_url=document.archived_url,
        sha256=document.sha256,
        size=document.size,
        media_type=document.media_type,
        kept=None if document.sha256 is None or folder is None else (folder / document.sha256).is_file(),
        internal=ref is not None and ref.visibility is Visibility.INTERNAL,
        live=acts.live(index),
    )


def check_kept(store: Store) -> tuple[list[Problem], list[Problem]]:
    """Hold every kept file against the entries that name it: what is wrong, and what only deserves a look.

    A file with other bytes is wrong. A file that is lost is not: the hash stands, and who has the file can still show
    that it is the one. Nor is one that no entry names. All bytes of all files are read.
    """
    folder = store.place.evidence
    if folder is None:
        return _check_none(store)
    # In this order: what is kept from here on can be taken neither for lost nor for strays.
    there = _names_in(folder)
    try:
        with store.reading() as reader:
            named = [(index, found) for index, found in reader.documents() if found.sha256 is not None]
    except LedgerError as error:
        return [Problem("evidence", f"cannot be checked: {error.message}")], []
    checking = _Checking(folder)
    for index, document in named:
        checking.check(index, document)
    strays = sorted(there - {document.sha256 for _, document in named})
    return checking.findings, [*checking.warnings, *_stray(folder, strays)]


def _check_none(store: Store) -> tuple[list[Problem], list[Problem]]:
    """Warn where files are named, and nobody said where they are kept."""
    with store.reading() as reader:
        count = len({found.sha256 for _, found in reader.documents() if found.sha256 is not None})
    why = f"{count} kept files are named, and none was looked at: set CLAIMS_FILES to their folder"
    return [], [Problem("evidence", why)] if count else []


def _names_in(folder: Path) -> set[str]:
    try:
        return {path.name for path in folder.iterdir()}
    except OSError:
        return set()  # what is named and cannot be read is told of its entries


def _stray(folder: Path, names: Iterable[str]) -> Iterator[Problem]:
    for name in names:
        unfinished = name.startswith(_UNFINISHED)
        why = "is a copy that was not finished" if unfinished else "no entry names it, as when the entry was refused"
        yield Problem(f"{folder.name}/{name}", f"{why}; it may be deleted")


class _Checking:
    """The files that entries name, each read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.findings: list[Problem] = []
        self.warnings: list[Problem] = []
        self._measured: dict[str, tuple[str, int] | LedgerError] = {}

    def check(self, index: int, document: Document) -> None:
        """Hold a file against what one entry says of it."""
        name, where = str(document.sha256), f"entry {index}"
        if name not in self._measured:
            self._measured[name] = _measure(self.folder / name)
        found = self._measured[name]
        if isinstance(found, _Gone):
            self.warnings.append(Problem(where, f"evidence: the file {name} is not in {self.folder.name}: lost"))
        elif isinstance(found, LedgerError):
            self.findings.append(Problem(where, found.message))
        elif found[0] != name:
            self.findings.append(
                Problem(where, "evidence: the file has other bytes than it was kept with", name, found[0])
            )
        elif document.size not in (None, found[1]):
            why = f"evidence: the file {name} has another size than the entry says"
            self.warnings.append(Problem(where, why, str(document.size), str(found[1])))


def _measure(path: Path) -> tuple[str, int] | LedgerError:
    """The SHA-256 and the size of a file, or why they cannot be had."""
    try:
        with _opened(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
    except LedgerError as error:
        return error
    except OSError as error:
        return _unreadable(path, error)
