"""What a terminal is asked: which of the near ones was meant, and what kind of source a new one is.

A question is put only where stdin and stderr are both a terminal and no script reads the answer. Everywhere else the
refusal stands, with the candidates or the option to type.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from ledger.cli.frame import Settings
from ledger.cli.options import KINDS
from ledger.cli.screen import block, is_terminal, plain, say
from ledger.errors import Candidate, Unclear
from ledger.vocabulary import SourceKind

T = TypeVar("T")
Place = tuple[str, int | None]
NEW = "new"
Call = dict[str, Any]
"""The arguments of one method of the façade; the answers go into it."""


def can_ask(settings: Settings) -> bool:
    """Whether a person is there to answer."""
    return not settings.json and is_terminal(sys.stdin) and is_terminal(sys.stderr)


def settled(settings: Settings, act: Callable[..., T], call: Call) -> T:
    """Do ``act``; on a terminal, ask for what it could not make out, until it is done or given up."""
    from ledger.book import UnknownSource

    while True:
        try:
            return act(**call)
        except Unclear as unclear:
            if not (can_ask(settings) and unclear.candidates and _settle_which(unclear, call)):
                raise
        except UnknownSource as unknown:
            if not (can_ask(settings) and _settle_source(unknown.name, unknown.role, unknown.candidates, call)):
                raise


def _settle_which(unclear: Unclear, call: Call) -> bool:
    """Ask which one was meant; False if the question cannot be put, or none of them was."""
    place = _place(unclear, call)
    if place is None:
        return False
    say(f"claims: {plain(unclear.message)}")
    opens = "new" in call and place[0] in ("claim", "to")
    answer = _choice(unclear.candidates, "a new claim, in these words" if opens else None)
    if answer is None:
        return False
    if answer == NEW:
        call["new"] = True
    else:
        _put(call, place, answer)
    return True


def _settle_source(name: str, role: str, near: Sequence[Candidate], call: Call) -> bool:
    """Ask who was meant, or what kind a new source is; False if neither can be put into the call."""
    if role not in ("by", "via") or role not in call:
        return False
    say(f"claims: {role}: {plain(name)!r} is no source yet")
    answer = _choice(near, "a new source, of this name") if near else NEW
    if answer is None:
        return False
    if answer == NEW:
        kind = _kind(name)
        if role == "by":
            call["by_kind"] = kind
        else:
            call["via_kinds"] = (*call["via_kinds"], kind)
        return True
    places = [("by", None)] if role == "by" else [("via", n) for n, each in enumerate(call["via"]) if each == name]
    if not places:
        return False
    _put(call, places[0], answer)
    return True


def _place(unclear: Unclear, call: Call) -> Place | None:
    """Which argument the refusal is about: the one whose words it quotes."""
    for name, value in call.items():
        if isinstance(value, str) and repr(value) in unclear.message:
            return name, None
        if isinstance(value, tuple):
            for n, each in enumerate(value):
                if isinstance(each, str) and repr(each) in unclear.message:
                    return name, n
    return None


def _put(call: Call, place: Place, answer: int | str) -> None:
    name, n = place
    if n is None:
        call[name] = answer
    else:
        call[name] = tuple(answer if at == n else each for at, each in enumerate(call[name]))


def _choice(candidates: Sequence[Candidate], new: str | None) -> int | str | None:
    """The index of one candidate, NEW, or None for none of them."""
    for number, each in enumerate(candidates, 1):
        for line in block(f"  {number})  {each.index:>4}  ", each.text):
            say(line)
    if new:
        say(f"  n)  {new}")
    say("  0)  none of these: stop, record nothing")
    while True:
        answer = _line(f"which? (1-{len(candidates)}{', n' if new else ''}, 0) ").lower()
        if answer == "0":
            return None
        if new and answer in ("n", "new"):
            return NEW
        if answer.isascii() and answer.isdigit() and 1 <= int(answer[:4]) <= len(candidates):
            return candidates[int(answer[:4]) - 1].index


def _kind(name: str) -> SourceKind:
    say(f"what kind of source is {plain(name)!r}?")
    for number, kind in enumerate(KINDS, 1):
        for line in block(f" {number:>2})  {kind.value:<13}", kind.definition):
            say(line)
    while True:
        answer = _line(f"kind? (1-{len(KINDS)}, or the word) ").lower()
        if answer.isascii() and answer.isdigit() and 1 <= int(answer[:4]) <= len(KINDS):
            return KINDS[int(answer[:4]) - 1]
        if answer in KINDS:
            return SourceKind(answer)


def _line(question: str) -> str:
    """Put a question on stderr and read one line; the end of the input is a way out."""
    sys.stderr.write(question)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        say()
        raise click.Abort
    return line.strip()
