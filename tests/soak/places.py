"""Where the ledgers of a soak are made: in files, or in a PostgreSQL server of our own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import count
from pathlib import Path

from ledger.book import Ledger
from tests.servers import OwnServer
from tests.soak.writing import Address


class Place(ABC):
    """Makes ledgers with nothing in them but their opening, and forgets them again."""

    name: str

    def __init__(self) -> None:
        self._numbers = count(1)

    @abstractmethod
    def new_ledger(self) -> Address:
        """Make one more ledger."""

    @abstractmethod
    def forget(self, address: Address) -> None:
        """Take away a ledger that is not looked at any more, if it takes up room."""

    @abstractmethod
    def mend(self) -> None:
        """See to it that ledgers can be made and opened again after a round that went wrong."""

    def _create(self, where: str, origin: str) -> None:
        Ledger.create(where, origin=origin, zone="UTC", recorder="Ana").close()


class Files(Place):
    """SQLite files in a folder."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def new_ledger(self) -> Address:
        path = self.folder / f"claims-{next(self._numbers)}.db"
        self._create(str(path), "example.org/desk")
        return Address(str(path))

    def forget(self, address: Address) -> None:
        for each in self.folder.glob(f"{file_of(address).name}*"):
            each.unlink()

    def mend(self) -> None:
        pass


class Logs(Place):
    """Logs in databases of one server: all in one database, unless each is to be ``apart``."""

    name = "postgresql"

    def __init__(self, server: OwnServer, *, apart: bool = False) -> None:
        super().__init__()
        self.server = server
        self.apart = apart
        self._url = "" if apart else server.fresh_database()

    def new_ledger(self) -> Address:
        number = next(self._numbers)
        where, log = self.server.fresh_database() if self.apart else self._url, f"example.org/desk-{number}"
        self._create(where, log)
        return Address(where, log)

    def mend(self) -> None:
        self.server.kill()
        self.server.restart()

    def forget(self, address: Address) -> None:
        if self.apart:
            self.server.drop(address.where)


def server_of(place: Place) -> OwnServer:
    """The server that a place is in, which a round kills or fills."""
    assert isinstance(place, Logs)
    return place.server


def file_of(address: Address) -> Path:
    """The file of a ledger in SQLite."""
    assert address.log is None
    return Path(address.where)


def through(address: Address, place: Place, port: int) -> Address:
    """The same ledger through a proxy."""
    database = address.where.rpartition("/")[2]
    return Address(server_of(place).url(database, port=port), address.log)
