"""``datapackage.json``: what machines need to know of the CSV files beside it (Data Package 2.0, datapackage.org).

For each file its bytes and their hash, how its cells are divided, and of each column the type, the meaning and what
may stand there; then the licence, and which ledger it was taken from: origin, size and root hash, so that whoever has
a checkpoint can tell whether it is of the same history. The same package gives the same bytes.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from ledger.errors import Misused
from ledger.formats.claims import MEANINGS
from ledger.formats.columns import COLUMNS
from ledger.text import shown
from ledger.times import format_utc
from ledger.vocabulary import Kind, Mistake, Part, Precision, Reason, SourceKind, State, Status, Word

FILE = "datapackage.json"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"

_LICENCE = re.compile(r"[-a-zA-Z0-9._]{1,100}")
_FOREIGN = re.compile(r"[^-a-z0-9._/]+")

Field = dict[str, Any]


def _one_of(*words: type[Word]) -> Field:
    return {
        "type": "string",
        "constraints": {"enum": list(dict.fromkeys(word.value for kind in words for word in kind))},
    }


_INDEX: Field = {"type": "integer", "constraints": {"minimum": 0}}
_FLAG: Field = {"type": "boolean", "trueValues": ["true"], "falseValues": ["false"]}
_TIME: Field = {"type": "datetime"}
_LIST: Field = {"type": "array"}
_TEXT: Field = {"type": "string"}
_CLAIM_TYPES = {
    **dict.fromkeys(("claim", "successor", "as_known", "size"), _INDEX),
    **dict.fromkeys(("accepted", "held"), _FLAG),
    **dict.fromkeys(("first_said", "since", "as_said"), _TIME),
    **dict.fromkeys(("for", "against", "dissent", "evidence"), _LIST),
    **dict.fromkeys(("state", "computed", "successor_state"), _one_of(State)),
}
_ENTRY_TYPES = {
    **dict.fromkeys(("index", "claim", "to", "target", "quorum", "story_index", "source_index", "group_index"), _INDEX),
    **dict.fromkeys(("recorded", "said"), _TIME),
    **dict.fromkeys(("via", "via_kind", "via_index"), _LIST),
    "kind": _one_of(Kind),
    "status": _one_of(Status),
    "source_kind": _one_of(SourceKind),
    "precision": _one_of(Precision),
    "why": _one_of(Reason, Mistake),
    "part": _one_of(Part),
    "vetted": _FLAG,
    "evidence": {"type": "object"},
    "key": {"type": "string", "constraints": {"pattern": "[0-9a-f]{32}"}},
}
_ALWAYS_OF_CLAIMS = {"claim", "state", "accepted", "held", "computed", "because", "for", "against", "dissent"}
_ALWAYS_OF_CLAIMS |= {"evidence", "size", "policy"}
_ALWAYS_OF_ENTRIES = {"index", "kind", "recorded"}


@dataclass(frozen=True, slots=True)
class Table:
    """A file as it was written: its name, which of the two tables it is, its length and the SHA-256 of its bytes."""

    path: str
    title: str
    fields: tuple[Field, ...]
    key: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Package:
    """The files of one export, and the ledger that they were taken from.

    ``root`` is the root hash of the first ``size`` entries. ``delimiter`` and ``raw`` are how the
    files were written, ``held`` whether held claims are among them. ``story`` is the index of the one that was
    asked for, ``as_said`` the said time; None if none was. ``licence`` is a name such as ``CC-BY-4.0`` or an address,
    ``created`` a time that the caller knows; None leaves them out.
    """

    tables: tuple[Table, ...]
    origin: str
    size: int
    root: bytes
    delimiter: str
    raw: bool
    held: bool
    story: int | None = None
    as_said: datetime | None = None
    licence: str | None = None
    created: datetime | None = None


def claims_table(path: str, length: int, sha256: str) -> Table:
    """Describe a ``claims.csv``."""
    fields = _fields(MEANINGS.items(), _CLAIM_TYPES, _ALWAYS_OF_CLAIMS)
    return Table(path, "Claims: one row a claim, with its state and the reasons", fields, "claim", length, sha256)


def entries_table(path: str, length: int, sha256: str) -> Table:
    """Describe an ``entries.csv``."""
    meanings = ((column.name, column.meaning) for column in COLUMNS)
    fields = _fields(meanings, _ENTRY_TYPES, _ALWAYS_OF_ENTRIES)
    return Table(path, "Entries: one row an entry of the ledger", fields, "index", length, sha256)


def _fields(meanings: Iterable[tuple[str, str]], types: Mapping[str, Field], always: set[str]) -> tuple[Field, ...]:
    return tuple(_field(name, meaning, types.get(name, _TEXT), name in always) for name, meaning in meanings)


def _field(name: str, meaning: str, kind: Field, always: bool) -> Field:
    constraints = ({"required": True} if always else {}) | kind.get("constraints", {})
    described = {"name": name, "description": meaning} | kind
    return described | ({"constraints": constraints} if constraints else {})


def write(package: Package) -> str:
    """Write a package. Raises :class:`~ledger.errors.Misused` for a licence that is neither a name nor an address."""
    document: dict[str, Any] = {
        "$schema": PROFILE,
        "name": _FOREIGN.sub("-", package.origin.casefold()),
        "title": f"What was claimed, as {package.origin} records it",
    }
    if package.created is not None:
        document["created"] = format_utc(package.created)
    if package.licence is not None:
        document["licenses"] = [_licence(package.licence)]
    document["ledger"] = _ledger(package)
    document["resources"] = [_resource(table, package) for table in package.tables]
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def check_licence(text: str) -> None:
    """Raise :class:`~ledger.errors.Misused` for what is neither the name of a licence nor its address."""
    _licence(text)


def _licence(text: str) -> dict[str, str]:
    given = text.strip()
    if _LICENCE.fullmatch(given):
        return {"name": given}
    try:
        parts = urlsplit(given)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        fits = False
    if not fits or not given.isprintable() or " " in given:
        step = "give its name, such as CC-BY-4.0, or an address where it can be read"
        raise Misused(f"licence: {shown(text)}: is neither a name nor an address", next=step)
    return {"path": given}


def _ledger(package: Package) -> dict[str, Any]:
    """What the files were taken from. The root hash is written as in a checkpoint."""
    told: dict[str, Any] = {
        "origin": package.origin,
        "size": package.size,
        "rootHash": base64.b64encode(package.root).decode(),
        "heldClaims": package.held,
    }
    if package.story is not None:
        told["story"] = package.story
    if package.as_said is not None:
        told["asSaid"] = format_utc(package.as_said)
    return told


def _resource(table: Table, package: Package) -> dict[str, Any]:
    return {
        "name": table.path.rpartition(".")[0],
        "type": "table",
        "title": table.title,
        "description": _cells_as_they_stand(package.raw),
        "path": table.path,
        "format": "csv",
        "mediatype": "text/csv",
        # With a byte-order mark or without: it is the same encoding, and readers take the mark off.
        "encoding": "utf-8",
        "bytes": table.bytes,
        "hash": f"sha256:{table.sha256}",
        "dialect": {
            "header": True,
            "delimiter": package.delimiter,
            "lineTerminator": "\r\n",
            "quoteChar": '"',
            "doubleQuote": True,
            "skipInitialSpace": False,
        },
        "schema": {"fields": list(table.fields), "primaryKey": [table.key], "missingValues": [""]},
    }


def _cells_as_they_stand(raw: bool) -> str:
    if raw:
        return "Cells as they are; some may begin as a formula does."
    return "A cell that a spreadsheet would run as a formula has a ' in front, and so has one that begins with a '."
