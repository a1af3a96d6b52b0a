"""What a text may hold, and when two texts are the same.

Three questions have three answers: :func:`fold` (same words, whatever the case, spaces and punctuation),
:func:`skeleton` (looks the same to a hurried eye, after Unicode Technical Standard 39), and equality of the text
itself. :func:`key` and :func:`look` are the first two as they are filed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

from ledger.vocabulary import Part

LIMITS = {Part.TEXT: 10_000, Part.NAME: 200, Part.QUOTE: 10_000, Part.NOTE: 10_000, Part.URL: 2_000}
"""The most characters (code points) that a part may have."""

_FILED_WHOLE = 500

# Embeddings, overrides and isolates reorder what a reader sees; letters of right-to-left scripts need none of them.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Joiners are spelling in Persian and in the Indic scripts; every other invisible character only hides a difference.
_JOINERS = frozenset("\u200c\u200d")
# As people paste it: the scheme may be missing, but any other scheme than the web's is refused.
_ADDRESS = re.compile(r"https?://[^\s/]\S*|[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE)
_MINUS = re.compile(r"(?<![\w.,])[-\u2010\u2011\u2012\u2013](?=\d)")
_ASCII_WORD = re.compile("[0-9a-z]+")
_SLUG = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def flaws(part: Part, value: str) -> list[str]:
    """Say what keeps ``value`` from being stored as ``part``: one clause each, none if it may be."""
    found = []
    limit = LIMITS[part]
    if not value.strip():
        found.append("is empty")
    if len(value) > limit:
        found.append(f"has {len(value):,} characters; at most {limit:,} are taken")
    found += _character_flaws(part, value)
    if part in (Part.NAME, Part.TEXT) and not found:
        found += _naming_flaws(part, value)
    if part is Part.URL and not found and not _ADDRESS.fullmatch(value):
        found.append("is no web address (expected https://… or a host and path without spaces)")
    return found


def _character_flaws(part: Part, value: str) -> list[str]:
    if value.isascii() and value.isprintable():
        return []
    kept = "\n\t" if part in (Part.QUOTE, Part.NOTE) else ""
    found: dict[str, str] = {}
    for character in value:
        category = unicodedata.category(character)
        if category == "Cs":
            kind = "a lone surrogate"
        elif character in _REORDERING:
            kind = "a character that reorders text"
        elif category == "Cc" and character not in kept:
            kind = "a control character"
        elif category in ("Zl", "Zp"):
            kind = "a line separator"
        elif category == "Cf" and character not in _JOINERS and part is not Part.QUOTE:
            kind = "an invisible character"
        else:
            continue
        found.setdefault(kind, f"holds {kind} (U+{ord(character):04X})")
    return list(found.values())


def _naming_flaws(part: Part, value: str) -> list[str]:
    found = []
    if value != value.strip():
        found.append("starts or ends with a space")
    if part is Part.NAME and not unicodedata.is_normalized("NFC", value):
        found.append("is not in Unicode normal form C")
    if not fold(value):
        found.append("holds no letter and no digit")
    elif value.isdigit():
        found.append("is a bare number, and a bare number always means an index")
    return found


def slug_flaws(value: str) -> list[str]:
    """Say what keeps ``value`` from being the slug of a story, beyond what holds for every name."""
    if _SLUG.fullmatch(value) and value == value.casefold():
        return []
    return ["is no slug (expected lower-case letters and digits with single hyphens, as in paris-2017-04-20)"]


def article(word: str) -> str:
    """Put a or an before a word."""
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def shown(value: str) -> str:
    """Quote a text as a message may show it: what cannot be printed is escaped, what is long is cut."""
    printable = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in value[:61])
    return repr(printable if len(printable) <= 60 else printable[:57] + "…").replace("\\\\", "\\")


@lru_cache(maxsize=8_192)
def fold(value: str) -> str:
    """Return the words of ``value``: compatibility form, no case, no punctuation, single spaces between."""
    if value.isascii():
        return _ascii_words(value)
    return _words(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold()))


def _ascii_words(value: str) -> str:
    """As :func:`fold` and :func:`skeleton`, which are the same where every character is ASCII."""
    return " ".join(_ASCII_WORD.findall(value.lower()))


def _words(value: str) -> str:
    kept = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in value)
    return " ".join(kept.split())


def key(value: str) -> str:
    """Return what ``value`` is filed and found by: :func:`fold`; of a long text its beginning, and the hash of all."""
    return _fileable(value, fold(value))


def look(value: str) -> str:
    """As :func:`key`, of the :func:`skeleton`."""
    return _fileable(value, skeleton(value))


def _fileable(value: str, words: str) -> str:
    # PostgreSQL's index takes keys of some 2,700 bytes, which a text of this length never passes.
    if len(value) <= _FILED_WHOLE:
        return words
    return f"{words[:_FILED_WHOLE]} {hashlib.sha256(words.encode()).hexdigest()}"


def signs(value: str) -> str:
    """Return the signs of ``value`` that change what it says, which :func:`fold` drops.

    Those of mathematics and money, and what makes a number negative: a hyphen before it that joins no words.
    """
    plain = unicodedata.normalize("NFKC", value)
    found = _MINUS.sub("\u2212", plain)
    return "".join(c for c in found if unicodedata.category(c) in ("Sm", "Sc") or c == "%")


@lru_cache(maxsize=8_192)
def skeleton(value: str) -> str:
    """Return a key that look-alikes share (UTS 39, section 4).

    Case is dropped last: a Greek capital beta looks like a B, the small one does not look like a b. Plain ASCII letters
    are told apart (I, l and 1 too): a desk knows both Ian and Lan, and only another script deceives on purpose.
    """
    if value.isascii():
        return _ascii_words(value)
    return "".join(_prototype(character) for character in unicodedata.normalize("NFKD", _words(value)))


@lru_cache(maxsize=4_096)
def _prototype(character: str) -> str:
    # Loading the table of confusables takes longer than all the rest of a command, and plain ASCII needs none of it.
    if character.isascii():
        return character.lower()
    from confusable_homoglyphs import confusables

    found = confusables.is_confusable(character, greedy=True, preferred_aliases=[])
    plain = [h["c"] for match in found or [] for h in match["homoglyphs"] if h["c"].isascii()]
    letters = sorted(c.casefold() for c in plain if c.isalnum())
    if letters:
        return _prototype(letters[0])
    small = character.casefold()
    return small if small == character else "".join(_prototype(each) for each in small)
