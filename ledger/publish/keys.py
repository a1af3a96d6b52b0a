"""The key of a log, and beside it the last checkpoint that it signed: what a newsroom must neither lose nor show.

Each log has a folder of its own among the keys: ``secret`` (mode 0600), ``verifier`` (the public key, which goes to
auditors), ``checkpoint`` (the last one signed), ``retired`` (earlier verifier keys), ``policy`` (its witnesses, which
``witnesses`` keeps), and for the time of a rotation ``secret.next``. The checkpoint is written before any signature
leaves this machine. If we crash at any point, what was signed last is known, so nothing is ever signed that does not
extend it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_IRWXG, S_IRWXO

from ledger.book.files import beside, settle
from ledger.errors import Misused, Rejected, Unavailable
from ledger.store import occupied
from ledger.tlog import Invalid, Signer, Verifier

SECRET, NEXT, VERIFIER, CHECKPOINT, RETIRED = "secret", "secret.next", "verifier", "checkpoint", "retired"
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


def default_folder() -> Path:
    """Return where keys are kept: in the data folder of the person whose keys they are."""
    from platformdirs import user_data_path

    return user_data_path("claims", appauthor=False) / "keys"


def folder_of(keys: Path, origin: str) -> Path:
    """Return the folder of one log among the keys; no two origins have the same."""
    readable = _UNSAFE.sub("_", origin).strip("._")[:60]
    return keys / f"{readable}-{hashlib.sha256(origin.encode()).hexdigest()[:16]}"


class Key:
    """The secret key of a log, to sign with, and what it signed last."""

    def __init__(self, folder: Path, signer: Signer) -> None:
        self.folder = folder
        self.signer = signer

    @property
    def verifier(self) -> Verifier:
        """The public key."""
        return self.signer.verifier

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """The public key and those that were rotated out, the newest first."""
        return known_verifiers(self.folder)

    def last(self) -> bytes | None:
        """Return the last checkpoint that was signed, None if none was yet."""
        return last_signed(self.folder)

    def remember(self, note: bytes) -> None:
        """Write down what is about to be given out as signed."""
        with beside(self.folder / CHECKPOINT) as file:
            file.write(note)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other programs from signing meanwhile. Raises :class:`~ledger.errors.Unavailable`."""
        with occupied(self.folder, "another program is signing with this key"):
            if load_secret(self.folder / SECRET).verifier != self.verifier:
                raise Unavailable(f"key: {self.folder}: was replaced by another program meanwhile", next="do it again")
            yield

    def next(self, seed: bytes) -> Signer:
        """Return the key that takes over: the one that an interrupted rotation has made, else a new one of ``seed``."""
        path = self.folder / NEXT
        if not path.exists():
            write_secret(path, Signer(self.verifier.name, seed))
        step = "remove it, and rotate again; until then the key is what it was"
        successor = load_secret(path, step)
        if successor.verifier.name != self.verifier.name:
            raise Unavailable(f"key: {path}: is that of {successor.verifier.name}", next=step)
        return successor

    def rotate(self) -> Verifier:
        """Let the next key take over; the old secret is destroyed, its verifier key stays known."""
        retired = [str(each) for each in self.verifiers]
        successor = load_secret(self.folder / NEXT)
        if str(successor.verifier) not in retired:
            with beside(self.folder / RETIRED) as file:
                file.write("".join(f"{each}\n" for each in retired).encode())
        _write(self.folder / VERIFIER, f"{successor.verifier}\n")
        (self.folder / NEXT).replace(self.folder / SECRET)
        settle(self.folder)
        self.signer = successor
        return successor.verifier


def last_signed(folder: Path) -> bytes | None:
    """Return the last checkpoint that the key in the folder of a log signed, None if there is none."""
    return _read(folder / CHECKPOINT)


def new_key(keys: Path, origin: str, seed: bytes) -> Key:
    """Make the key of a log. Raises :class:`~ledger.errors.Rejected` if it has one."""
    folder = folder_of(keys, origin)
    signer = Signer(origin, seed)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with occupied(folder, "another program is making this key"):
            if (folder / SECRET).exists():
                raise Rejected(
                    f"key: {origin} has one already: {load_secret(folder / SECRET).verifier}",
                    next="`claims key show` shows it, `claims key rotate` replaces it",
                )
            lost = known_verifiers(folder)
            if lost:
                # Their secret is gone; what they signed has to be continued all the same.
                _write(folder / RETIRED, "".join(f"{each}\n" for each in lost))
            _write(folder / VERIFIER, f"{signer.verifier}\n")
            write_secret(folder / SECRET, signer)
            settle(folder.parent)
    except OSError as error:
        raise _unwritable(folder, error) from None
    return Key(folder, signer)


def load_key(keys: Path, origin: str) -> Key:
    """Load the key of a log.

    Raises :class:`~ledger.errors.Unavailable` if there is none, if others can read it, or if it is damaged.
    """
    folder = folder_of(keys, origin)
    if not (folder / SECRET).exists():
        raise Unavailable(f"key: there is none for {origin} in {keys}", next="make one with `claims key new`")
    signer = load_secret(folder / SECRET)
    if signer.verifier.name != origin:
        raise Unavailable(f"key: {folder / SECRET}: is that of {signer.verifier.name}", next="put the right key there")
    if signer.verifier not in known_verifiers(folder)[:1]:
        # A rotation was interrupted between its last two steps, or the file was lost: the secret is what counts.
        _write(folder / VERIFIER, f"{signer.verifier}\n")
    return Key(folder, signer)


def known_verifiers(folder: Path) -> tuple[Verifier, ...]:
    """Return the verifier keys in the folder of a log, the newest first; none if there is no key."""
    lines: list[str] = []
    for name in (VERIFIER, RETIRED):
        lines += (_read(folder / name) or b"").decode(errors="replace").split()
    try:
        return tuple(dict.fromkeys(Verifier.parse(line) for line in lines))
    except Invalid as error:
        why = f"key: {folder}: a verifier key is damaged: {error}"
        raise Unavailable(why, next="put back the line that `claims key show` printed") from None


def read_verifier(given: str) -> Verifier:
    """Read a verifier key as a person gives it: its text, or a file that holds it. Raises ``Misused``."""
    text = given.strip()
    if "+" not in text or Path(text).is_file():
        found = _read(Path(text))
        if found is None:
            step = "give the text that `claims key show` prints, or a file with it"
            raise Misused(f"key: {given[:80]}: is neither a verifier key nor a file", next=step)
        text = found.decode(errors="replace").strip()
    try:
        return Verifier.parse(text)
    except Invalid as error:
        raise Misused(f"key: {error}", next="give the text that `claims key show` prints, in quotes") from None


def load_secret(path: Path, mend: str = "put back a copy of the key") -> Signer:
    """Read a secret key that nobody else can read. Raises :class:`~ledger.errors.Unavailable`."""
    try:
        if path.stat().st_mode & (S_IRWXG | S_IRWXO):
            raise Unavailable(
                f"key: {path}: others can read it, so it may be known to them",
                next=f"if nobody can have seen it: chmod 600 {path}; else `claims key rotate` after that",
            )
        return Signer.parse(path.read_text(encoding="ascii").strip())
    except (Invalid, UnicodeDecodeError) as error:
        why = str(error) if isinstance(error, Invalid) else "is no text"
        raise Unavailable(f"key: {path}: {why}", next=mend) from None
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Unavailable(f"key: {path}: cannot be read: {why}", next="check who may read it") from None


def write_secret(path: Path, signer: Signer) -> None:
    """Write a secret that nobody else could read at any moment."""
    handle = os.open(made := path.with_name(f".{path.name}.new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        os.fchmod(handle, 0o600)
        file.write(f"{signer.secret()}\n")
        file.flush()
        os.fsync(handle)
    made.replace(path)
    settle(path.parent)


def _write(path: Path, text: str) -> None:
    with beside(path) as file:
        file.write(text.encode())


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Unavailable(f"{path}: cannot be read: {why}", next="check the path, and who may read it") from None


def _unwritable(path: Path, error: OSError) -> Unavailable:
    why = (error.strerror or str(error)).lower()
    return Unavailable(f"key: {path}: cannot be written: {why}", next="make room, or choose another folder with --keys")
