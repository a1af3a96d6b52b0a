"""What can go wrong, as values and as one small family of exceptions.

Wrong data is a :class:`Problem`: many are collected, all are told at once, nothing is written. A refused operation is
a :class:`LedgerError`; its class fixes the exit code that every shell (command line, web) reports. A broken invariant
is an ``assert`` and never one of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what was given: ``where: why (expected …, got …)``."""

    where: str
    why: str
    expected: str | None = None
    got: str | None = None

    def __str__(self) -> str:
        details = [
            f"{label} {value}" for label, value in (("expected", self.expected), ("got", self.got)) if value is not None
        ]
        return f"{self.where}: {self.why}" + (f" ({', '.join(details)})" if details else "")

    def as_json(self) -> dict[str, str]:
        """The same four fields, absent ones left out."""
        fields = {"where": self.where, "why": self.why, "expected": self.expected, "got": self.got}
        return {name: value for name, value in fields.items() if value is not None}


class LedgerError(Exception):
    """A refused operation. ``exit_code`` is what a command ends with; ``next`` says what to do now."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, next: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.next = next
        self.problems = tuple(problems)

    def as_json(self) -> dict[str, Any]:
        """``{error, problems, next}``, the form that ``--json`` prints on stderr."""
        return {
            "error": self.message,
            "problems": [problem.as_json() for problem in self.problems],
            "next": self.next,
        }


class Rejected(LedgerError):
    """The answer is no: what was given breaks a rule of the ledger. Nothing was written."""

    exit_code = 1


class Unclear(Rejected):
    """A name or a wording (``given``) fits no one thing; ``candidates`` are what it may have meant."""

    def __init__(
        self,
        message: str,
        *,
        next: str = "",
        problems: Sequence[Problem] = (),
        candidates: Sequence[Candidate] = (),
        given: str = "",
    ) -> None:
        super().__init__(message, next=next, problems=problems)
        self.given = given
        self.candidates = tuple(candidates)

    def as_json(self) -> dict[str, Any]:
        """As :meth:`LedgerError.as_json`, with ``candidates`` as ``[{index, text}]``."""
        found = [{"index": each.index, "text": each.text} for each in self.candidates]
        return super().as_json() | {"candidates": found}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that a wording may have meant: the index and the text of a claim or a source."""

    index: int
    text: str


class Forbidden(LedgerError):
    """The person who asks has not the role that it takes. Nothing was written."""

    exit_code = 1


class NotSignedIn(LedgerError):
    """Nobody is signed in, or not with the right name and password; the session or token is over, or never was."""

    exit_code = 1


class TooMany(LedgerError):
    """Somebody tried too often; ``seconds`` is how long to wait."""

    exit_code = 1

    def __init__(self, message: str, seconds: int) -> None:
        minutes = -(-seconds // 60)
        super().__init__(message, next=f"wait {minutes} {'minute' if minutes == 1 else 'minutes'}, and try again")
        self.seconds = seconds


class Misused(LedgerError):
    """The call itself is wrong: an option missing, a value that cannot be read."""

    exit_code = 2


class Unavailable(LedgerError):
    """Could not find out: the ledger is missing, locked, full, read-only, unreachable, newer or damaged."""

    exit_code = 3


class Contended(Unavailable):
    """Somebody else was in the way, and nothing was written: the same again may succeed."""


class Lost(Contended):
    """The connection broke. What was being committed then may be there or not; all else is not."""


class Outdated(Unavailable):
    """The ledger has the schema of an older version, and was not opened to be written to."""


class Unresolvable(Unavailable):
    """The ledger holds a kind of entry that this version does not know; it is kept and shown, not resolved."""
