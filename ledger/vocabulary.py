"""The words of the ledger, each with one sentence for a reporter and its name in the standards.

Every member carries ``definition`` and, where a standard has the notion, ``standards``: a mapping from the standard
(``schema`` for schema.org, ``IPTC``, ``Wikidata``, ``Crossref``) to the term that it uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType


def _terms(**standards: str) -> Mapping[str, str]:
    return MappingProxyType(standards)


_NONE = _terms()
_OUTLET = _terms(schema="NewsMediaOrganization")
_CORRECTION = _terms(Crossref="correction", IPTC="sig:correction", Wikidata="deprecated rank")


class Word(StrEnum):
    """A member is its own text; ``definition`` and ``standards`` travel with it."""

    definition: str
    standards: Mapping[str, str]

    def __new__(cls, value: str, definition: str = "", standards: Mapping[str, str] = _NONE) -> Word:
        """Make a member; the enum calls this."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.definition = definition
        member.standards = standards
        return member


class SourceKind(Word):
    """What kind of speaker a source is. ``vetted`` is the default standing (R3)."""

    vetted: bool

    def __new__(
        cls, value: str, definition: str = "", vetted: bool = False, standards: Mapping[str, str] = _NONE
    ) -> SourceKind:
        """Make a member; the enum calls this."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.definition = definition
        member.standards = standards
        member.vetted = vetted
        return member

    AGENCY = "agency", "A news agency or wire service that reports on its own account.", True, _OUTLET
    BROADCASTER = "broadcaster", "A television or radio station with a newsroom of its own.", True, _OUTLET
    NEWSPAPER = "newspaper", "A newspaper or news site with a newsroom of its own.", True, _OUTLET
    OFFICIAL = (
        "official",
        "A public body: a ministry, a police force, a court, a hospital.",
        True,
        _terms(schema="GovernmentOrganization"),
    )
    SPOKESPERSON = "spokesperson", "A named person who speaks for a body.", True, _terms(schema="Person")
    PERSON = "person", "A named person who speaks for themselves.", False, _terms(schema="Person")
    WITNESS = "witness", "Someone who was there, told apart by name, first relayer and story.", False
    UNNAMED = "unnamed", "A source that is not named, told apart by first relayer and story.", False
    ACCOUNT = "account", "An account on a social network.", False
    PARTY = "party", "A side in the events: a group, a company, a campaign.", False, _terms(schema="Organization")
    DESK = "desk", "This newsroom; made only when the ledger is opened.", False

    @property
    def told_apart_by_relayer(self) -> bool:
        """Whether first relayer and story belong to the identity of such a source."""
        return self in (SourceKind.WITNESS, SourceKind.UNNAMED)


class Status(Word):
    """What a source did to a claim (R0). ``sign`` is its sign there, ``sign_on_to`` on the claim it points to."""

    sign: int
    sign_on_to: int | None

    def __new__(
        cls,
        value: str,
        definition: str = "",
        sign: int = 0,
        sign_on_to: int | None = None,
        standards: Mapping[str, str] = _NONE,
    ) -> Status:
        """Make a member; the enum calls this."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.definition = definition
        member.sign = sign
        member.sign_on_to = sign_on_to
        member.standards = standards
        return member

    REPORTED = "reported", "The source says that it is so.", 1
    CONFIRMED = "confirmed", "The source, asked, says that it is so; weighs the same as reported.", 1
    DENIED = "denied", "The source says that it is not so.", -1
    CORRECTED = (
        "corrected",
        "The source says that it is not so, and which other claim is right instead.",
        -1,
        1,
        _CORRECTION,
    )
    SUPERSEDED = (
        "superseded",
        "The source says that it was so, and which newer claim has taken its place.",
        1,
        1,
        _terms(Crossref="new_version", IPTC="sig:update"),
    )
    UNCONFIRMED = "unconfirmed", "The source declines to confirm it.", 0
    WITHDRAWN = (
        "withdrawn",
        "The source no longer stands by what it said.",
        0,
        None,
        _terms(Crossref="withdrawal", IPTC="stat:canceled"),
    )

    @property
    def points(self) -> bool:
        """Whether it names the claim that takes the place of this one."""
        return self.sign_on_to is not None


class State(Word):
    """What the resolver derives for a claim (R4 to R6). It never says "true"."""

    CONFIRMED = (
        "confirmed",
        "A body with authority over the matter, or the desk, says that it is so.",
        _terms(Wikidata="preferred rank"),
    )
    CORROBORATED = "corroborated", "Independent vetted originals say so, and no vetted one denies it."
    DENIED = (
        "denied",
        "The authority, the desk, or a vetted original denies it, and none stands by it.",
        _terms(Wikidata="deprecated rank"),
    )
    DISPUTED = "disputed", "Voices that count stand on both sides."
    UNVERIFIED = "unverified", "It was said, and nothing establishes or refutes it."
    RETRACTED = (
        "retracted",
        "Everyone who said it has taken it back.",
        _terms(Crossref="retraction", IPTC="stat:canceled"),
    )
    CORRECTED = "corrected", "It is not so, and another claim that holds says what is.", _CORRECTION
    SUPERSEDED = (
        "superseded",
        "It was so when it was said, and a newer claim has taken its place.",
        _terms(Crossref="new_version"),
    )


class Standing(IntEnum):
    """How a root counts on a claim (R3)."""

    UNVETTED = 0
    VETTED = 1
    AUTHORITY = 2
    DESK = 3

    @property
    def word(self) -> str:
        """The name in lower case, as it is shown."""
        return self.name.lower()

    @property
    def definition(self) -> str:
        """One sentence for a reporter."""
        return _STANDINGS[self]


_STANDINGS = {
    Standing.UNVETTED: "A voice that can unsettle but never establish.",
    Standing.VETTED: "A source that the desk trusts to report on its own account.",
    Standing.AUTHORITY: "A body that the desk has granted authority over the story or the claim.",
    Standing.DESK: "This newsroom in its own voice.",
}


class Concern(Word):
    """Why a shift has to look at a claim. The order is that of urgency."""

    CONTRADICTED = "contradicted", "An authority's later word contradicts the desk's own."
    UNSETTLED = "unsettled", "An authority spoke, and yet it is disputed or its correction leads nowhere."
    DISPUTED = "disputed", "Voices that count stand on both sides, and no authority among them."
    ASTRAY = "astray", "Its correction leads nowhere."
    UNVERIFIED = "unverified", "It was said long ago, and nothing establishes or refutes it."
    HELD = "held", "The desk keeps it out of publications."


class Debt(Word):
    """What is owed to the readers of a publication on one claim. The order is that of urgency."""

    WRONG = "wrong", "What we told as so is denied or no longer accepted, or what we told as denied is.", _CORRECTION
    HELD = "held", "The desk holds the claim, and it is out there.", _terms(IPTC="stat:withheld")
    REDACTED = (
        "redacted",
        "Words of it were removed under an order, and are out there.",
        _terms(Crossref="removal"),
    )
    CHANGED = "changed", "Its state is another than the one that we told.", _terms(IPTC="sig:update")
    REWORDED = "reworded", "Its wording is another than the one that we told.", _terms(Crossref="clarification")


class Likeness(Word):
    """How a published file compares with what the ledger gives for its moment. The order is from like to unlike."""

    EXACT = "exact", "Every byte is the same."
    REWRITTEN = "rewritten", "Every cell is the same; another program has written the file anew."
    REDACTED = "redacted", "The same but for texts that were redacted since."
    DIFFERENT = "different", "A row differs."


class Bucket(Word):
    """What became of one statement in the answer on one claim: the first that applies."""

    OUTSIDE = "outside", "Said later than the moment that was asked for."
    RETRACTED = "retracted", "Taken out by the desk as its own mistake."
    OVERTAKEN = "overtaken", "An older word of the same source; its later word speaks."
    NEUTRAL = "neutral", "Speaks, but neither for nor against, or both at once."
    UNVETTED = "unvetted", "Speaks, but its source is not vetted and no vetted outlet carries it."
    COUNTED = "counted", "Speaks, and counts."


class Mistake(Word):
    """Why the desk retracts an entry of its own."""

    MISHEARD = "misheard", "We misheard or misread what was said."
    MISTYPED = "mistyped", "We typed it wrong."
    WRONG_SOURCE = "wrong-source", "We recorded it under the wrong source."
    WRONG_CLAIM = "wrong-claim", "We recorded it on the wrong claim."
    DUPLICATE = "duplicate", "It was recorded already."
    OTHER = "other", "Another mistake of ours; the note says which."


class Reason(Word):
    """Why a source corrects, supersedes or withdraws."""

    NEW_INFORMATION = "new-information", "More became known."
    MISIDENTIFIED = "misidentified", "The wrong person, body or thing was named."
    MISQUOTED = "misquoted", "The words were not those that were spoken."
    MISCOUNTED = "miscounted", "A number was wrong."
    WRONG_PLACE = "wrong-place", "The place was wrong."
    WRONG_TIME = "wrong-time", "The time was wrong."
    SOURCE_WITHDREW = "source-withdrew", "The source that it rested on took it back."
    HOAX = "hoax", "It was made up."
    OTHER = "other", "Another reason; the note says which."


class Precision(Word):
    """How exactly the time of a statement is known. Shown, never weighed."""

    SECOND = "second", "Known to the second."
    MINUTE = "minute", "Known to the minute."
    HOUR = "hour", "Known to the hour."
    DAY = "day", "Only the day is known."


class Part(Word):
    """A piece of free text (or evidence) that an entry carries; the leaf holds only its hash."""

    TEXT = "text", "The wording of a claim, or the title of a publication."
    NAME = "name", "The name of a source, a story, a recorder or a publication."
    QUOTE = "quote", "The words of the source, verbatim."
    NOTE = "note", "A remark of the desk."
    URL = "url", "Where it was published."
    EVIDENCE = "evidence", "A document that shows it: address, archived copy, hash, size and type."


class Visibility(Word):
    """Who may see a part."""

    PUBLIC = "public", "Goes into exports and publications."
    INTERNAL = "internal", "Stays with the desk; only its hash is published."


class Kind(Word):
    """The kinds of entry."""

    OPENING = "opening", "Opens the ledger: origin, time zone and time."
    RECORDER = "recorder", "Someone who takes entries down."
    STORY = "story", "A slug that groups claims."
    SOURCE = "source", "Someone who speaks, or a new record of what kind of speaker that is."
    CLAIM = "claim", "One checkable proposition.", _terms(schema="Claim")
    STATEMENT = "statement", "What a source did to a claim.", _terms(schema="ClaimReview")
    RETRACT = "retract", "The desk takes back an entry as its own mistake."
    HOLD = "hold", "Keeps a claim out of publications.", _terms(IPTC="stat:withheld")
    RELEASE = "release", "Lets a held claim into publications again.", _terms(IPTC="stat:usable")
    AUTHORITY = "authority", "Grants a source authority over a claim or a story."
    VET = "vet", "Vets or unvets a source, in general or on one claim."
    GROUP = "group", "Says which body a source speaks for."
    POLICY = "policy", "The rules in force: how many independent vetted originals establish a claim."
    SAME = "same", "Two claims are one; statements on both count under the second."
    WORDING = "wording", "A new text or a translation of a claim."
    EVIDENCE = "evidence", "Adds a document to an entry."
    REDACTION = "redaction", "Removes a part of an entry under an order.", _terms(Crossref="removal")
    PUBLICATION = "publication", "What went out to the public: which claims, as of which moment."
    SETTLEMENT = "settlement", "A corrective to a publication went out.", _terms(schema="CorrectionComment")


class Role(Word):
    """What a person at the desk is there for; several may be one person's."""

    FACT_CHECKER = "fact-checker", "Records what sources say, and takes back statements of the desk's own mistake."
    EDITOR = "editor", "Decides at the desk: authority, vetting, holds, redactions, the desk's own word."
    AUDITOR = "auditor", "Reads and verifies everything, and records nothing."
    PUBLISHER = "publisher", "Signs the ledger and publishes it."
    ADMIN = "admin", "Adds people, gives them their roles and takes them away."


class Access(Word):
    """What is kept of people and their accounts, one line a time."""

    SIGNED_IN = "signed-in", "The password was right, and a session began."
    REFUSED = "refused", "Somebody gave this name, and was not let in."
    SIGNED_OUT = "signed-out", "The person ended the session."
    ADDED = "added", "The person was given an account."
    ROLES_SET = "roles-set", "The person was given other roles."
    PASSWORD_SET = "password-set", "The person has another password, which ended the sessions that were open."
    DISABLED = "disabled", "The account was closed, with every session and token of it."
    ENABLED = "enabled", "The account was opened again."
    TOKEN_MADE = "token-made", "The person was given a token for the interface."
    TOKEN_REVOKED = "token-revoked", "A token was taken back."
