"""The leaves of the frequent kinds as patterns, and what is read of each.

A leaf of a known kind is a regular text, since it is canonical: keys in order, no blanks, words of a vocabulary. So
whatever a pattern takes, :func:`ledger.encoding.decode_entry` takes too, but for days that their month has not got;
and what none takes (indexes of 16 digits, a chain of more than 64) is left to it. Times are without their ``Z``.
"""

from __future__ import annotations

import re

from ledger.model import Claim, Entry, Retract, Statement
from ledger.times import format_utc
from ledger.vocabulary import Kind, Mistake, Part, Precision, Reason, Status, Visibility, Word

Texts = tuple[bytes, ...]
"""What is read of a leaf, as it stands there; the empty text for what is left out."""


def _words(kind: type[Word]) -> str:
    return "|".join(re.escape(member.value) for member in kind)


_INDEX = "(?:0|[1-9][0-9]{0,14}+)"
_TIME = (
    "(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}"
)
_RECORDED = rf'"recorded":"({_TIME})Z","recorder":{_INDEX}'
_REFERENCE = rf'\{{"sha256":"[0-9a-f]{{64}}","visibility":"(?:{_words(Visibility)})"\}}'
_PARTS = "".join(rf'(?:"{part}":{_REFERENCE}(?:,(?!\}})|(?=\}})))?' for part in sorted(Part))


def _pattern(before: str, kind: Kind, after: str) -> re.Pattern[bytes]:
    """A leaf of that kind: the fields whose keys stand before ``format``, and those after ``parts``."""
    head = rf'"format":1,"index":({_INDEX})(?:,"key":"[0-9a-f]{{32}}")?,"kind":"{kind}"'
    parts = rf'(?:,"parts":\{{(?!\}}){_PARTS}\}})?'
    return re.compile(rf"\{{{before}{head}{parts},{after}\}}".encode("ascii"))


CLAIM = _pattern("", Kind.CLAIM, rf'{_RECORDED},"story":({_INDEX})')
"""Index, recorded, story."""

RETRACT = _pattern("", Kind.RETRACT, rf'{_RECORDED},"target":({_INDEX}),"why":"(?:{_words(Mistake)})"')
"""Index, recorded, target."""

STATEMENT = _pattern(
    rf'"chain":\[({_INDEX})((?:,{_INDEX}){{0,63}})\],"claim":({_INDEX}),',
    Kind.STATEMENT,
    rf'("precision":"(?:{_words(Precision)})",)?{_RECORDED}(?(5),"said":"({_TIME})Z")'
    rf',"status":"({_words(Status)})"(?:,"to":({_INDEX}))?(?:,"why":"(?:{_words(Reason)})")?',
)
"""Speaker, relayers (each after a comma), claim, index, precision, recorded, said, status, to."""


def texts_of(entry: Entry) -> Texts:
    """What its pattern would read of a claim, a retraction or a statement that it does not take."""
    index, recorded = b"%d" % entry.index, format_utc(entry.recorded)[:-1].encode()
    match entry.body:
        case Claim(story=named) | Retract(target=named):
            return index, recorded, b"%d" % named
        case Statement() as body:
            said = b"" if body.said is None else format_utc(body.said.at)[:-1].encode()
            to = b"" if body.to is None else b"%d" % body.to
            relayers = b"".join(b",%d" % each for each in body.via)
            speaker, claim = b"%d" % body.speaker, b"%d" % body.claim
            return speaker, relayers, claim, index, b"", recorded, said, body.status.encode(), to
        case _:
            raise AssertionError(f"no pattern takes a {entry.word}")
