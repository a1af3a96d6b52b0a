"""A whole new ledger, made out of sight and put in its place at the end.

The workplace is a folder beside the place, ``.claims.db.restoring``. If we crash at any point, the
place is as it was; the next one who comes finds that nobody holds the workplace, and empties it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from ledger.errors import LedgerError, Rejected, Unavailable
from ledger.store.copying import copy_log
from ledger.store.failures import told
from ledger.store.place import Place, locate, unavailable
from ledger.store.sqlite.engine import look
from ledger.store.store import Store, origins_on

_NEW = "new.db"


@contextmanager
def occupied(folder: Path, why: str) -> Iterator[bool]:
    """Keep other programs out of a folder that every program holds in this way; False where nothing can be held.

    Some network file systems hold no folders. Raises :class:`Unavailable` with the reason ``why`` if
    another program is in it.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield _hold(handle, folder, why)
    finally:
        os.close(handle)


def _hold(handle: int, folder: Path, why: str) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        taken = folder.stat().st_ino != os.fstat(handle).st_ino
    except (BlockingIOError, FileNotFoundError):
        taken = True  # or the one before us took the folder away as it left
    except OSError:
        return False
    if taken:
        raise Unavailable(f"{folder}: {why}", next="wait until it is done, then do it again")
    return True


@contextmanager
def made_beside(where: str | Path | Place) -> Iterator[tuple[Store, Path]]:
    """Give an empty store out of sight, and a folder for what goes with it.

    After the block the store is the ledger at ``where``, a path or a URL, and the files in the folder
    are those that it keeps; after an exception there is nothing of it. Raises :class:`Rejected` if a
    ledger with entries is at ``where``, :class:`Unavailable` if none can be made there.
    """
    place = locate(where)
    if place.path is None:
        yield from _made_for_server(place)
        return
    refuse_what_is_there(place)
    path = place.path.resolve()
    workplace = path.with_name(f".{path.name}.restoring")
    try:
        workplace.mkdir(exist_ok=True)
        with occupied(workplace, "another program is restoring a ledger here"):
            _empty(workplace)
            try:
                yield from _made(path, workplace)
            finally:
                shutil.rmtree(workplace, ignore_errors=True)
    except OSError as error:
        raise unavailable(place, (error.strerror or str(error)).lower(), "make room, or choose another path") from error


def _made(path: Path, workplace: Path) -> Iterator[tuple[Store, Path]]:
    place = Place(path)
    kept = workplace / "kept"
    kept.mkdir()
    with Store.create(workplace / _NEW) as store:
        store.place = place  # what goes wrong from here on is told of the ledger that is wanted
        yield store, kept
    refuse_what_is_there(place)
    _put_kept(kept, place.kept_files())
    _put(workplace / _NEW, path)


def _made_for_server(place: Place) -> Iterator[tuple[Store, Path]]:
    """Make it in a file of one's own first; it goes over in one transaction when all of it is right."""
    with tempfile.TemporaryDirectory(prefix="claims-restore-") as folder:
        kept = Path(folder) / "kept"
        kept.mkdir()
        with Store.create(Path(folder) / _NEW) as store:
            store.place = place
            yield store, kept
            store.place = store.database.place
            with store.transaction() as source:
                [origin] = origins_on(source)
                _put_on_server(place, origin, source, kept)


def _put_on_server(place: Place, origin: str, source: Connection, kept: Path) -> None:
    if place.log not in (None, origin):
        why = f"the backup is of the log {origin}, not of {place.log}"
        raise Rejected(f"ledger: {place}: {why}", next="leave --log out, or give another backup")
    if any(kept.iterdir()):
        place.kept_files()  # to refuse before anything is written
    with Store.create(replace(place, log=origin)) as server, told(place):
        with server.transaction(writing=True) as target:
            copy_log(source, target, server.log_on(target))
        if any(kept.iterdir()):
            _put_kept(kept, place.kept_files())


def _put_kept(kept: Path, folder: Path) -> None:
    """Give the files their place: they go by their hash, so one that is there already is the same."""
    for file in kept.iterdir():
        folder.mkdir(exist_ok=True)
        shutil.move(file, folder / file.name)


def refuse_what_is_there(place: Place) -> None:
    """Refuse a file that is anything but a ledger without entries, or what is left of another ledger."""
    path = place.path
    assert path is not None, "a file has a path"
    there = look(path)
    if there is not None and there.st_size:
        with Store.open(path, read_only=True) as store, store.reading() as reader:
            size = reader.size
        if size:
            raise Rejected(
                f"ledger: {path}: there is a ledger here already, with {size} entries",
                next=f"{place.command('board')} shows it; to restore, choose another path with --ledger",
            )
    for end in ("-wal", "-shm", "-journal"):
        # SQLite would play what is left of another file into the new one.
        if path.with_name(path.name + end).exists():
            raise _left(path, end)


def _left(path: Path, end: str) -> LedgerError:
    why = f"{path.name}{end} is here, which belongs to a ledger that is open or was lost"
    return unavailable(path, why, "close the program that has it open, or move the file away")


def _put(made: Path, path: Path) -> None:
    """Give the new file its name; nothing with entries is ever overwritten."""
    with made.open("rb") as file:
        os.fsync(file.fileno())
    if path.exists():
        made.replace(path)  # it holds no entry, as we have just seen
        return
    try:
        os.link(made, path)
    except FileExistsError:
        raise Rejected(f"ledger: {path}: somebody made a ledger here meanwhile", next="choose another path") from None
    except OSError:  # a file system without hard links
        made.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    with suppress(OSError):
        os.fsync(folder)
    os.close(folder)


def _empty(workplace: Path) -> None:
    for each in list(workplace.iterdir()):
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()
