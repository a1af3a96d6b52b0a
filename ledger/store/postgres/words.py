"""Full text search in PostgreSQL: a ``tsvector`` of the words of each text, cut and folded here.

The server's own parser is not used: it takes addresses and numbers apart in its own way, needs an extension for
accents, and differs with the locale. So the words are the same on every server, and :mod:`ledger.store.sqlite.words`
finds the same texts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from sqlalchemy import Connection, bindparam, text

from ledger.store.rows import Columns
from ledger.store.search import AT_ONCE, ORDER, STEP, Found, place_of, unread
from ledger.vocabulary import Part

TABLES = ("words",)
"""The one table."""

_LONGEST = 200  # characters of a token; the server takes 2,046 bytes
_MOST = 255  # places of one token in a text; the server takes no more
_LAST = 16_383  # the last place that the server tells apart
_BEFORE, _IN_SNIPPET = 6, 24  # words
_WORD = re.compile(r"[^\W_][^\W_\u0300-\u036f]*(?:[\u0300-\u036f]+[^\W_\u0300-\u036f]*)*")
_KEPT = re.compile(r"'((?:[^']|'')*)':([0-9A-D,]+)")

_INSERT = (
    'INSERT INTO words (log_id, "index", part, value, tokens) SELECT l, i, p, v, t::tsvector '
    "FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[]) AS fresh (l, i, p, v, t)"
)
_REMOVE = text('DELETE FROM words WHERE log_id = :log AND "index" = :index AND part = :part')
_FIND = text(
    'SELECT "index", part, value FROM words WHERE tokens @@ CAST(:query AS tsquery) AND log_id = :log '
    'AND "index" < :bound AND part IN :parts ORDER BY ts_rank(tokens, CAST(:query AS tsquery), 1) DESC, "index", part'
).bindparams(bindparam("parts", expanding=True))
_ROWS = text(
    'SELECT "index", part, value, CAST(tokens AS text) FROM words '
    'WHERE log_id = :log AND "index" > :after AND "index" <= :upto ORDER BY "index", part'
)


def tokens_of(value: str) -> list[tuple[str, int, int]]:
    """Return the words of a text, without case and accents, each with where it begins and ends."""
    return [(_folded(found[0]), found.start(), found.end()) for found in _WORD.finditer(value)]


@lru_cache(maxsize=8_192)
def _folded(word: str) -> str:
    plain = unicodedata.normalize("NFD", word.casefold())
    return "".join(c for c in plain if unicodedata.category(c) != "Mn")[:_LONGEST]


def _places(value: str) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, (token, _, _) in enumerate(tokens_of(value), 1):
        at = places.setdefault(token, [])
        if len(at) < _MOST and (place < _LAST or not at or at[-1] < _LAST):
            at.append(min(place, _LAST))
    return places


def _vector(value: str) -> str:
    return " ".join(f"'{token}':{','.join(map(str, at))}" for token, at in _places(value).items())


def served(connection: Connection) -> bool:  # noqa: ARG001 - every server has it
    """See :meth:`ledger.store.search.Index.served`."""
    return True


def behind(connection: Connection) -> int | None:  # noqa: ARG001 - it never is
    """See :meth:`ledger.store.search.Index.behind`."""
    return None


def catch_up(connection: Connection) -> bool:
    """Put in the words of a database that has contents and none: that of an older schema."""
    if connection.exec_driver_sql("SELECT FROM words LIMIT 1").first() is None:
        for rows in unread(connection, 0):
            add(connection, rows)
    return True


def add(connection: Connection, rows: Sequence[Columns]) -> None:
    """See :meth:`ledger.store.search.Index.add`."""
    if rows:
        names = ("log_id", "index", "part", "value")
        columns = [[row[name] for row in rows] for name in names]
        connection.exec_driver_sql(_INSERT, (*columns, [_vector(row["value"]) for row in rows]))


def remove(connection: Connection, log_id: int, index: int, part: Part) -> None:
    """See :meth:`ledger.store.search.Index.remove`."""
    connection.execute(_REMOVE, {"log": log_id, "index": index, "part": part.value})


def query_of(words: str) -> str:
    """Return the ``tsquery`` for the words that a person typed; empty if there is no word among them.

    All of them have to stand in one text, those that were typed together (``l'étoile``) side by side. The last one may
    go on.
    """
    typed = words.encode("utf-8", "replace").decode().split()
    phrases = [[token for token, _, _ in tokens_of(each)] for each in typed]
    quoted = [[f"'{token}'" for token in phrase] for phrase in phrases if phrase]
    if not quoted:
        return ""
    quoted[-1][-1] += ":*"
    return " & ".join(f"({' <-> '.join(phrase)})" for phrase in quoted)


def find(connection: Connection, log_id: int, words: str, parts: Collection[Part], bound: int) -> Iterator[Found]:
    """See :meth:`ledger.store.search.Index.find`."""
    query = query_of(words)
    if not query:
        return
    wanted = [token for each in words.split() for token, _, _ in tokens_of(each)]
    given = {"query": query, "log": log_id, "bound": bound, "parts": [part.value for part in parts or ORDER]}
    for index, part, value in connection.execute(_FIND, given, execution_options={"yield_per": 100}):
        yield Found(index, Part(part), *_snippet(value, wanted))


def _snippet(value: str, wanted: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Cut the place out of a text where the words stand, on one line; say where they are in it."""
    value = " ".join(value.split())
    found = tokens_of(value)
    hits = [at for at, (token, _, _) in enumerate(found) if token in wanted or token.startswith(wanted[-1])]
    first = max(0, (hits[0] if hits else 0) - _BEFORE) if len(found) > _IN_SNIPPET else 0
    first = min(first, max(0, len(found) - _IN_SNIPPET))
    last = min(first + _IN_SNIPPET, len(found)) - 1
    start = 0 if first == 0 else found[first][1]
    stop = len(value) if last == len(found) - 1 else found[last][2]
    before = "…" if start else ""
    shift = len(before) - start
    marks = tuple((found[at][1] + shift, found[at][2] + shift) for at in hits if first <= at <= last)
    return before + value[start:stop] + ("…" if stop < len(value) else ""), marks


def stored(connection: Connection, log_id: int, after: int | None, upto: int | None) -> Iterator[tuple[int, Columns]]:
    """See :meth:`ledger.store.search.Index.stored`; ``tokens`` are told as a mapping."""
    given = {"log": log_id, "after": -1 if after is None else after, "upto": 2**63 - 1 if upto is None else upto}
    if after is None:
        given["after"] = -(2**63)
    rows = connection.execute(_ROWS, given, execution_options={"yield_per": AT_ONCE})
    for index, part, value, tokens in rows:
        row = {"log_id": log_id, "index": index, "part": part, "value": value, "tokens": _read(tokens)}
        known = part in {each.value for each in ORDER}
        yield (place_of(index, Part(part)) if known else index * STEP + STEP - 1), row


def as_stored(row: Columns) -> Columns:
    """See :meth:`ledger.store.search.Index.as_stored`."""
    return row | {"tokens": _places(row["value"])}


def _read(tokens: str) -> dict[str, list[int]]:
    return {
        found[1].replace("''", "'"): [int(place.rstrip("ABCD")) for place in found[2].split(",")]
        for found in _KEPT.finditer(tokens)
    }


def fault(connection: Connection) -> str | None:  # noqa: ARG001 - the server keeps its index itself
    """See :meth:`ledger.store.search.Index.fault`."""
    return None
