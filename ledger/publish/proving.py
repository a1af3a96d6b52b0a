"""A proof to hand on: entries with their public contents and their proofs of inclusion, in one file (docs/formats.md).

For a claim it holds every entry that its state follows from, and the state; whoever has the file and the verifier key
derives it again, offline. It shows that these entries are in the log. That there are no others that bear on the claim,
only an audit can show.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.book.lookup import as_index, find_claim
from ledger.book.prefix import Prefix
from ledger.book.snapshot import Snapshot
from ledger.book.tell import Texts, tell
from ledger.book.views import BoardRow
from ledger.disclosure import Disclosure
from ledger.encoding import Malformed, canonical, decode_content, decode_entry, encode_content, sha256
from ledger.errors import Misused, Problem, Rejected, Unavailable
from ledger.model import Claim, Content, Entry, Opening, references
from ledger.publish.derived import Derived
from ledger.resolver import Acts, Memory, neighbourhood
from ledger.store import Reader
from ledger.times import format_utc, zone_named
from ledger.tlog import Checkpoint, InclusionProof, Invalid, Verifier, open_note, parse_proof, prove_inclusion
from ledger.tlog.policy import Policy
from ledger.tlog.witness import cosignature_times
from ledger.vocabulary import Part

FORMAT = "retraction-ledger-proof 1"
_FIELDS = {"format", "entries", "claim", "state"}
_ENTRY = {"leaf", "contents", "proof"}


@dataclass
class Checked:
    """What a proof showed. ``findings`` are what is wrong with it; without any, all else is shown to be so."""

    checkpoint: Checkpoint | None = None
    signers: tuple[Verifier, ...] = ()
    entries: list[tuple[int, str]] = field(default_factory=list)
    row: BoardRow | None = None
    findings: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def prove(reader: Reader, given: int | str) -> str:
    """Return the proof of one entry, or of a claim's state, under the newest checkpoint; ``given`` is index or words.

    ``reader`` is at the size of that checkpoint. Raises :class:`~ledger.errors.Rejected` if there is no such entry.
    """
    return Prover(reader).prove(given)


class Prover:
    """Proofs under one checkpoint; what they have in common is read once, and remembered like all that a reader read.

    ``reader`` is at the size of that checkpoint.
    """

    def __init__(self, reader: Reader) -> None:
        kept = reader.last_checkpoint()
        assert kept is not None and kept[0] == reader.size, "the reader is at the size of a checkpoint"
        self._reader = reader
        self._note = kept[1]
        self._disclosure, self._nodes = Disclosure(Acts(reader)), reader.nodes()
        self._entries: dict[int, dict[str, Any]] = {}
        self._states: Snapshot | None = None

    def prove(self, given: int | str) -> str:
        """Return the proof of one entry, or of a claim's state. Raises :class:`~ledger.errors.Rejected`."""
        index = _asked(self._reader, given)
        claim = index if isinstance(self._reader.entry(index).body, Claim) else None
        chosen = _bearing_on(self._reader, claim) if claim is not None else _named_by(self._reader, index)
        self._read([each for each in sorted(chosen) if each not in self._entries])
        document: dict[str, Any] = {"format": FORMAT, "entries": [self._entries[each] for each in sorted(chosen)]}
        if claim is not None:
            self._states = self._states or _snapshot(self._reader)
            document |= {"claim": claim, "state": _state(self._states.explained_row(claim))}
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"

    def _read(self, indexes: Sequence[int]) -> None:
        contents = self._reader.contents(indexes)
        for each in indexes:
            entry = self._reader.entry(each)
            withheld = self._disclosure.withheld(entry)
            proof = InclusionProof(each, tuple(prove_inclusion(self._nodes, each, self._reader.size)), self._note)
            public = [part for part in sorted(entry.parts) if (each, part) in contents and part not in withheld]
            self._entries[each] = {
                "leaf": self._reader.leaf(each).decode(),
                "contents": {part.value: encode_content(contents[each, part]).decode() for part in public},
                "proof": proof.format(),
            }


def _asked(reader: Reader, given: int | str) -> int:
    index = as_index(given)
    if index is not None:
        if not 0 <= index < reader.size:
            raise Rejected(
                f"entry {index}: stands under no checkpoint; the newest is of size {reader.size}",
                next="sign one with `claims checkpoint`, if there is such an entry",
            )
        return index
    match = find_claim(reader, given, None)
    if match is None:
        raise Rejected(f"claim: {given}: no such claim under the newest checkpoint", next="`claims board` shows them")
    return match.index


def _bearing_on(reader: Reader, claim: int) -> set[int]:
    """Every entry that the state of a claim, and the sentence about it, follow from."""
    chosen = set(neighbourhood(reader, [claim]))
    chosen |= {each for index in list(chosen) for each in reader.refs("evidence.about", index)}
    return _with_what_they_name(reader, chosen)


def _named_by(reader: Reader, index: int) -> set[int]:
    return _with_what_they_name(reader, {index})


def _with_what_they_name(reader: Reader, chosen: set[int]) -> set[int]:
    """Add the opening, recorders, what entries refer to and what redacts them, so that each can be told in words."""
    found, wave = set[int](), chosen | {0}
    while wave:
        found |= wave
        entries = [reader.entry(index) for index in wave]
        wave = {index for entry in entries for _, index in references(entry.body)}
        wave |= {entry.recorder for entry in entries if entry.recorder is not None}
        wave |= {index for entry in entries for index in reader.refs("redaction.target", entry.index)}
        wave -= found
    return found


def _row(prefix: Prefix, claim: int) -> BoardRow:
    return _snapshot(prefix).explained_row(claim)


def _snapshot(prefix: Prefix) -> Snapshot:
    opening = prefix.entry(0).body
    assert isinstance(opening, Opening), "entry 0 is the opening"
    return Snapshot(prefix, None, zone_named(opening.zone))


def _state(row: BoardRow) -> dict[str, Any]:
    """What is proven of a claim: no texts, which may be redacted one day, and the proof stands."""
    return {
        "claim": row.claim,
        "state": row.state.value,
        "accepted": row.accepted,
        "held": row.held,
        "successor": row.successor,
        "since": None if row.since is None else format_utc(row.since),
        "entries": list(row.entries),
    }


def check(text: str, verifiers: Sequence[Verifier], policy: Policy | None = None) -> Checked:
    """Check a proof with nothing but keys; every finding is told. A policy's quorum has to have cosigned it.

    Raises :class:`~ledger.errors.Unavailable` for what is no proof.
    """
    document = _read(text)
    checking = _Checking(verifiers)
    for position, given in enumerate(document["entries"]):
        checking.entry(f"entries[{position}]", given)
    if policy is not None and not checking.found.findings:
        checking.witnessed(policy)
    if not checking.found.findings:
        checking.derive(document.get("claim"), document.get("state"))
    return checking.found


def _read(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text, object_pairs_hook=_unique)
        canonical(document)  # no fractions, no lone surrogates, no more nesting than a form may have
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or not str(document.get("format", "")).startswith("retraction-ledger-proof "):
        raise Unavailable("check: this is no proof", next="give a file that `claims prove` wrote")
    if document["format"] != FORMAT:
        why = f"check: is of the format {document['format']!r}; this version reads {FORMAT!r}"
        raise Unavailable(why, next="install a newer version: pip install --upgrade retraction-ledger")
    entries = document.get("entries")
    if not set(document) <= _FIELDS or not isinstance(entries, list) or not entries:
        raise Unavailable("check: the proof has other fields than it should, or no entries", next="get the file again")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a duplicate key")
    return dict(pairs)


class _Checking:
    def __init__(self, verifiers: Sequence[Verifier]) -> None:
        self.found = Checked()
        self._verifiers = verifiers
        self._note: bytes | None = None
        self._facts = Memory()
        self._last = -1
        self._contents: dict[int, dict[Part, Content]] = {}

    def _say(self, where: str, why: str, expected: str | None = None, got: str | None = None) -> None:
        self.found.findings.append(Problem(where, why, expected, got))

    def entry(self, where: str, given: Any) -> None:
        """Check one entry: its proof, its bytes, its contents."""
        fits = isinstance(given, dict) and set(given) == _ENTRY and isinstance(given["contents"], dict)
        if not fits or not all(isinstance(each, str) for each in (given["leaf"], given["proof"])):
            self._say(where, "is not an object of leaf, contents and proof")
            return
        try:
            leaf = given["leaf"].encode()
            proof = parse_proof(given["proof"])
            self.found.checkpoint = proof.check(leaf, self._verifiers)
            entry = decode_entry(leaf)
        except (Invalid, Malformed, UnicodeEncodeError) as error:
            self._say(where, str(error))
            return
        if self._note not in (None, proof.checkpoint):
            self._say(where, "is proven under another checkpoint than the one before it")
        self._note = proof.checkpoint
        if entry.index != proof.index:
            self._say(where, "index: the leaf is of another entry than the proof", str(proof.index), str(entry.index))
        elif entry.index <= self._last:
            self._say(where, f"entry {entry.index}: stands twice, or after one that it comes before")
        elif any(index >= entry.index for _, index in references(entry.body)):
            self._say(where, f"entry {entry.index}: refers to what is not before it, which no ledger takes")
        else:
            self._last = entry.index
            self._facts.add(entry)
            self._contents[entry.index] = self._contents_of(f"entry {entry.index}", entry, given["contents"])

    def _contents_of(self, where: str, entry: Entry, given: dict[str, Any]) -> dict[Part, Content]:
        found: dict[Part, Content] = {}
        digests = {part.value: ref.sha256 for part, ref in entry.parts.items()}
        for word, text in given.items():
            data = text.encode(errors="replace") if isinstance(text, str) else b""
            if word not in digests:
                self._say(where, f"content {word}: is not in its leaf")
            elif sha256(data) != digests[word]:
                self._say(where, f"content {word}: differs from its hash", digests[word], sha256(data))
            else:
                try:
                    found[Part(word)] = decode_content(Part(word), data)
                except Malformed as error:
                    self._say(where, f"content {word}: {error}")
        return found

    def witnessed(self, policy: Policy) -> None:
        """Demand a quorum on the checkpoint, which is the same for all entries."""
        assert self._note is not None, "there is an entry at least"
        try:
            lacks = policy.missing(cosignature_times(self._note, list(policy.witnesses.values())))
        except Invalid as error:
            self._say("checkpoint", str(error))
        else:
            if lacks:
                self._say("checkpoint", f"lacks a quorum of witnesses: {lacks}")

    def derive(self, claim: Any, state: Any) -> None:
        """Tell the entries in words, and derive the state again.

        Raises :class:`~ledger.errors.Unresolvable` if there are entries of kinds that this version does not know.
        """
        assert self.found.checkpoint is not None and self._note is not None, "there is an entry at least"
        self.found.signers = tuple(each for each in self._verifiers if _signed(self._note, each))
        derived = Derived(self._facts, self._contents, self.found.checkpoint.size)
        try:
            self._check_opening()
            self._tell(derived)
            if claim is not None or state is not None:
                self._derive_state(derived, claim, state)
        except Misused as error:  # the opening names a time zone that is none
            self._say("entry 0", error.message)
        except (LookupError, AssertionError):
            self._say("entries", "some that these build on are not in the proof, or are of the wrong kind")

    def _check_opening(self) -> None:
        opening = next((entry.body for entry in self._facts.all() if isinstance(entry.body, Opening)), None)
        assert self.found.checkpoint is not None
        origin = self.found.checkpoint.origin
        if opening is not None and opening.origin != origin:
            self._say("entry 0", "has another origin than the checkpoint", origin, opening.origin)

    def _tell(self, derived: Derived) -> None:
        texts = Texts(derived, Acts(derived))
        self.found.entries = [(entry.index, tell(entry, derived, texts)) for entry in self._facts.all()]

    def _derive_state(self, derived: Derived, claim: Any, state: Any) -> None:
        if type(claim) is not int or not isinstance(state, dict):
            self._say("state", "is not told as an object, with the index of its claim")
            return
        row = _row(derived, claim)
        expected = _state(row)
        if canonical(state) != canonical(expected):  # to Python 1 and true are one
            self._say("state", "is not the one that these entries give", canonical(expected).decode(), str(state)[:300])
            return
        self.found.row = row


def _signed(note: bytes, verifier: Verifier) -> bool:
    try:
        open_note(note, [verifier])
    except Invalid:
        return False
    return True


__all__ = ["FORMAT", "Checked", "Prover", "check", "prove"]
