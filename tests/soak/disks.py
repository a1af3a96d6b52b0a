"""Disks that are full: small ones of their own where we may mount them, so that nobody else's fills up."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.servers import open_to_all

_MOUNTED = """
mount -t tmpfs -o "$2" tmpfs "$1" && echo mounted && read -r _
umount --lazy "$1"
rmdir "$1"
"""
"""Keeps a disk mounted until the pipe that it reads is closed, as it is when we end."""


@dataclass
class Disk:
    """A small disk, which fills up when it is told to."""

    path: Path

    @property
    def _ballast(self) -> Path:
        return self.path / "ballast"

    def fill(self, leave: int) -> None:
        """Leave so many bytes free, while others go on writing."""
        with self._ballast.open("ab") as file:
            while (much := self._free() - leave) > 0:
                with suppress(OSError):  # somebody else took some of it meanwhile
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, much)

    def _free(self) -> int:
        state = os.statvfs(self.path)
        return state.f_bavail * state.f_frsize

    def make_room(self) -> None:
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(megabytes: int) -> Iterator[Disk | None]:
    """Mount a disk in memory, of that size; None where we may not. It goes with us, even if we are killed."""
    if sys.platform != "linux" or os.geteuid() != 0:
        yield None
        return
    path = Path(tempfile.mkdtemp(prefix="claims-disk-", dir=open_to_all()))
    nowhere, size = subprocess.DEVNULL, f"size={megabytes}m,mode=755"
    with subprocess.Popen(
        ["sh", "-c", _MOUNTED, "sh", path, size],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=nowhere,
        start_new_session=True,
    ) as keeper:
        assert keeper.stdout is not None
        yield Disk(path) if keeper.stdout.readline() == b"mounted\n" else None


def limit_files(pids: list[int], most: int | None = None) -> bool:
    """Let no file of these processes grow beyond so many bytes; False if we may not, as root in a container may not."""
    try:
        for pid in pids:
            with suppress(ProcessLookupError):
                soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft if most is None else most, hard))
    except PermissionError:
        return False
    return True
