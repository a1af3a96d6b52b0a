"""Where a ledger is: a file, or a log on a server."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from ledger.errors import LedgerError, Misused, Unavailable

_SQLITE = ("sqlite", "sqlite+pysqlite")
_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")
_SECRETS = re.compile(r"(?<=://)([^/@?:]*):[^/@?]*@|(?<=[?&])(password|passfile|sslpassword)=[^&]*")
# In what is no URL a password may have such letters as they are: everything is hidden that may be a part of it.
_LIKELY_SECRETS = re.compile(r"(?<=://)([^/@?:]*):.*@|(?<=[?&])(password|passfile|sslpassword)=.*", re.DOTALL)
_NO_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
_FORMS = "give a path, or a URL such as sqlite:///claims.db or postgresql://ana@desk.example/claims"


_ESCAPED = f"{_FORMS}; in a password / ? # @ % are written %2F %3F %23 %40 %25"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ledger is, as it is told to people: a password is never part of that.

    ``path`` is that of a file; ``url`` is what a server is asked with, password and all, ``log`` the origin of the log
    there, None where it was not said. ``files`` is the folder of the evidence files, None where none was named.
    """

    path: Path | None = None
    url: str = field(default="", repr=False)
    log: str | None = None
    files: Path | None = None

    def __str__(self) -> str:
        return str(self.path) if self.path is not None else shown_url(self.url)

    def command(self, verb: str) -> str:
        """Return the command line that does ``verb`` to this ledger."""
        where = "" if str(self) == "claims.db" else f" --ledger {shlex.quote(str(self))}"
        log = "" if self.log is None or self.path is not None else f" --log {shlex.quote(self.log)}"
        return f"`claims {verb}{where}{log}`"

    @property
    def evidence(self) -> Path | None:
        """The folder of the evidence files: beside a file, else the one that was named, None without."""
        if self.path is not None:
            real = self.path.resolve()
            return real.with_name(f"{real.name}.evidence")
        return self.files

    def kept_files(self) -> Path:
        """Return the folder of the evidence files. Raises ``Unavailable`` where none was named for a server."""
        if self.evidence is None:
            raise Unavailable(
                "evidence: a ledger on a server keeps no files itself, and no folder is named",
                next="set CLAIMS_FILES to a folder that everybody at this desk sees; or give the address of a copy",
            )
        return self.evidence

    def files_mode(self) -> int:
        """Return the rights of a kept file: those of the ledger's own file, on a server those of a group."""
        return 0o640 if self.path is None else self.path.stat().st_mode & 0o777


def locate(where: str | Path | Place, *, log: str | None = None, files: Path | None = None) -> Place:
    """Return the place that ``where`` names: a path, ``sqlite:///path``, or ``postgresql://…`` and the origin ``log``.

    Raises :class:`Misused` for anything else. A file has one log, and ``log`` only says which is expected there.
    """
    if isinstance(where, Place):
        return replace(where, log=where.log or log, files=where.files or files)
    if isinstance(where, Path):
        return Place(where, log=log)
    scheme, separator, rest = where.partition("://")
    if not separator:
        return Place(Path(where), log=log)
    if scheme in _POSTGRES:
        return Place(url=_server(where, rest), log=log, files=files)
    if scheme not in _SQLITE:
        raise Misused(f"ledger: {scheme}: is neither SQLite nor PostgreSQL", next=_FORMS)
    if not rest.startswith("/") or rest == "/" or "?" in rest:
        raise Misused(
            f"ledger: {where}: names no file",
            next="give a path, or a URL such as sqlite:///claims.db (four slashes: from the root)",
        )
    return Place(Path(rest[1:]), log=log)


def _server(where: str, rest: str) -> str:
    """Return the URL as libpq reads it. The server is not asked."""
    try:
        parts = urlsplit(f"postgresql://{rest}")
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        ports = [urlsplit(f"postgresql://{host}").port for host in parts.netloc.rpartition("@")[2].split(",")]
        if parts.netloc.count("@") > 1 or "@" in parts.path or parts.fragment or 0 in ports or _NO_ESCAPE.search(rest):
            raise ValueError
    except ValueError:
        # What the error says may be a part of the password.
        raise Misused(f"ledger: {_LIKELY_SECRETS.sub(_masked, where)}: is no URL", next=_ESCAPED) from None
    if not unquote(parts.path.strip("/")) and "dbname" not in options and "service" not in options:
        raise Misused(
            f"ledger: {_LIKELY_SECRETS.sub(_masked, where)}: names no database",
            next="put its name last: postgresql://HOST/DATABASE",
        )
    return f"postgresql://{rest}"


def shown_url(url: str) -> str:
    """Return a URL as it may be shown: without a password."""
    return _SECRETS.sub(_masked, url)


def _masked(found: re.Match[str]) -> str:
    return f"{found[1]}@" if found[1] is not None else f"{found[2]}=…"


def unavailable(place: Place | Path, why: str, next: str) -> Unavailable:
    """Build the one line that says why the ledger at ``place`` cannot be used, and the next step."""
    return Unavailable(f"ledger: {place}: {why}", next=next)


def missing(place: Place) -> LedgerError:
    """Say that no ledger is at ``place``, with the line that makes one."""
    return unavailable(place, "there is no ledger here", f"make one with {place.command('init')}")
