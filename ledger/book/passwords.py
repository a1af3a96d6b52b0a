"""Passwords: what one must be, and its hash (Argon2id, by pwdlib of the extra ``[web]``).

A name that nobody has costs the same time as a wrong password, so that nobody learns names by a clock.
"""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from ledger.errors import Problem, Unavailable
from ledger.text import fold

if TYPE_CHECKING:
    from pwdlib import PasswordHash

SHORTEST, LONGEST = 12, 1_000


def password_problems(password: str, name: str) -> list[Problem]:
    """Say what keeps a password from being taken for the person of that name. It is never shown."""
    if len(password) < SHORTEST:
        return [Problem("password", "is too short", f"at least {SHORTEST} characters", str(len(password)))]
    if len(password) > LONGEST:
        return [Problem("password", "is too long", f"at most {LONGEST:,} characters", f"{len(password):,}")]
    if fold(password) == fold(name) or len(set(password)) < 4:
        return [Problem("password", "is too easy to guess", "neither the name nor a few characters over and over")]
    return []


def new_password() -> str:
    """Make a password up, for who will choose another."""
    return secrets.token_urlsafe(12)


def hash_password(password: str) -> str:
    """Return the hash to keep. Raises :class:`~ledger.errors.Unavailable` without the extra."""
    return _hasher().hash(_normal(password))


def check_password(password: str, kept: str | None) -> bool:
    """Whether it is the password of that hash; None, where there is nobody, takes as long and is never right."""
    nobodys = _nobodys()  # whoever comes first waits until it is made, whether the name is somebody's or not
    right = _hasher().verify(_normal(password)[:LONGEST], nobodys if kept is None else kept)
    return right and kept is not None


@cache
def _nobodys() -> str:
    return hash_password(secrets.token_hex(16))


@cache
def _hasher() -> PasswordHash:
    try:
        from pwdlib import PasswordHash
        from pwdlib.hashers.argon2 import Argon2Hasher
    except ImportError:
        raise Unavailable(
            "people: passwords need libraries that are not installed", next="pip install 'retraction-ledger[web]'"
        ) from None
    return PasswordHash((Argon2Hasher(),))


def _normal(password: str) -> str:
    """The same characters, however a keyboard composes them; what is no character is made one."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()
