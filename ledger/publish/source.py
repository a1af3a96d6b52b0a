"""Reading what somebody published: a folder, or an address that serves one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ledger.errors import Misused, Unavailable

if TYPE_CHECKING:
    import urllib3

_SECONDS = 10.0
_TRIES = 3
_AGAIN = (429, 500, 502, 503, 504)


class TooLong(ValueError):
    """A file has more bytes than any of its kind may have."""


class Source(Protocol):
    """Files by their paths below the place that was published."""

    def get(self, path: str, most: int) -> bytes | None:
        """Return a file, None if there is none.

        Raises :class:`TooLong` if it has more than ``most`` bytes, and :class:`~ledger.errors.Unavailable` if it
        cannot be found out.
        """


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, path: str, most: int) -> bytes | None:
        try:
            with (self._folder / path).open("rb") as file:
                data = file.read(most + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            step = "check that you may read all of the folder"
            raise Unavailable(f"{self._folder / path}: cannot be read: {why}", next=step) from None
        return _bounded(data, most)


class _Web:
    def __init__(self, pool: urllib3.PoolManager, address: str) -> None:
        self._pool = pool
        self._address = address.rstrip("/")

    def get(self, path: str, most: int) -> bytes | None:
        import urllib3

        address = f"{self._address}/{path}"
        try:
            answer = self._pool.request("GET", address, preload_content=False)
            data = answer.read(most + 1, decode_content=True)
            # Only a connection that was read to its end can be used again.
            answer.drain_conn() if len(data) <= most else answer.close()
            answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            why = " ".join(str(error.__cause__ or error).split())[:200]
            raise Unavailable(f"{address}: cannot be fetched: {why}", next="check the address, and try again") from None
        if answer.status in (404, 410):
            return None
        if answer.status != 200:
            why = f"{address}: the server answers {answer.status}"
            raise Unavailable(why, next="try again; if it stays so, ask who runs the server")
        return _bounded(data, most)


def _bounded(data: bytes, most: int) -> bytes:
    if len(data) > most:
        raise TooLong(f"has more than {most:,} bytes")
    return data


@contextmanager
def opened(where: str) -> Iterator[Source]:
    """Open a folder, or an address that begins with ``http://`` or ``https://``, to read what is published there.

    Raises :class:`~ledger.errors.Misused` for another address, :class:`~ledger.errors.Unavailable` if there is no such
    folder.
    """
    scheme, separator, _ = where.partition("://")
    if separator and scheme.lower() in ("http", "https"):
        import urllib3

        tries = urllib3.Retry(_TRIES, backoff_factor=0.2, status_forcelist=_AGAIN, raise_on_status=False, redirect=3)
        with urllib3.PoolManager(retries=tries, timeout=_SECONDS) as pool:
            yield _Web(pool, where)
        return
    if separator:
        raise Misused(
            f"{where}: only folders, http and https are read", next="give the path of a folder, or an address"
        )
    folder = Path(where)
    if not folder.is_dir():
        raise Unavailable(f"{folder}: there is no such folder", next="give a folder that `claims publish` made")
    yield _Folder(folder)
