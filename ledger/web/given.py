"""The bodies of requests. Digits are always an index; a text is a wording, a name or a slug, as on the command line."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ledger.book import AsOf, Ledger
from ledger.errors import Rejected
from ledger.model import Document
from ledger.vocabulary import Mistake, Part, Reason, Role, SourceKind, Status

MOST = 2**53 - 1
Index = Annotated[int, Field(ge=0, le=MOST, description="The index of an entry.")]
Text = Annotated[str, Field(min_length=1, max_length=10_000)]
Named = Index | Annotated[str, Field(min_length=1, max_length=2_000)]
"""A claim, a source or a story: its index, or its words."""


class Given(BaseModel):
    """A body; what it does not know is refused, since a slip of a name would be a field that is not recorded."""

    model_config = ConfigDict(extra="forbid")


class Evidence(Given):
    """A document: an address, or the hash of a file that was uploaded."""

    url: Text | None = None
    archived_url: Text | None = None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    media_type: Annotated[str, Field(max_length=200)] | None = None

    def document(self, desk: Ledger) -> Document:
        """The same as the ledger has it. Raises :class:`~ledger.errors.Rejected` for a file that is not kept."""
        if self.sha256 is None:
            return Document(self.url, self.archived_url, media_type=self.media_type)
        kept = desk.place.kept_files() / self.sha256
        if not kept.is_file():
            raise Rejected(f"evidence: {self.sha256}: is no file that is kept", next="upload it first")
        return Document(self.url, self.archived_url, self.sha256, kept.stat().st_size, self.media_type)


class Words(Given):
    """What goes with a statement."""

    quote: Text | None = None
    note: Text | None = None
    url: Text | None = None
    evidence: Evidence | None = None
    internal: list[Part] = []

    def parts(self, desk: Ledger) -> dict[str, Any]:
        """The same, as the façade takes it."""
        document = None if self.evidence is None else self.evidence.document(desk)
        given = {"quote": self.quote, "note": self.note, "url": self.url, "evidence": document}
        return given | {"internal": tuple(self.internal)}


class StatementGiven(Words):
    """What a source did to a claim. A new claim needs its ``story``, a new source its kind."""

    claim: Named
    status: Status
    by: Named
    via: Annotated[list[Named], Field(max_length=20)] = []
    said: Annotated[str, Field(description="When the speaker said it, as a person writes it.")] | None = None
    to: Named | None = None
    why: Reason | None = None
    story: Named | None = None
    by_kind: SourceKind | None = None
    by_group: Named | None = None
    via_kinds: Annotated[list[SourceKind], Field(max_length=20)] = []
    new: bool = False

    def asked(self, desk: Ledger) -> dict[str, Any]:
        """The arguments of ``record``."""
        plain = {"claim", "status", "by", "to", "why", "story", "by_kind", "by_group", "new"}
        given = {name: getattr(self, name) for name in plain}
        said = None if self.said is None else desk.read_time(self.said)
        return given | self.parts(desk) | {"said": said, "via": tuple(self.via), "via_kinds": tuple(self.via_kinds)}


class WithdrawalGiven(Words):
    """That a source no longer stands by a statement."""

    said: Text
    why: Reason | None = None


class Noted(Given):
    """Nothing but a note."""

    note: Text | None = None


class RetractionGiven(Noted):
    """Why the desk takes an entry back."""

    why: Mistake


class MoveGiven(Noted):
    """Where a statement belongs."""

    to: Named
    new: bool = False


class RedactionGiven(Given):
    """Who demands that parts of an entry go; none named: all that it has. The order is public."""

    order: Text
    parts: list[Part] = []


class EvidenceGiven(Noted):
    """A document for an entry."""

    evidence: Evidence
    internal: bool = False


class SameGiven(Noted):
    """The claim that this one is the same as."""

    same_as: Named


class WordingGiven(Noted):
    """A new text of a claim, or with ``lang`` a translation."""

    text: Text
    lang: Annotated[str, Field(min_length=1, max_length=35)] | None = None


class SourceGiven(Noted):
    """A source. Witnesses and unnamed sources belong to a story, and to the outlet that relays them."""

    name: Text
    kind: SourceKind
    group: Named | None = None
    via: Named | None = None
    story: Named | None = None


class KindGiven(Noted):
    """What kind of source it is."""

    kind: SourceKind


class VettingGiven(Noted):
    """Whether a source is vetted, in general or on one claim."""

    vetted: bool
    claim: Named | None = None


class GroupGiven(Noted):
    """The body that a source speaks for; null: for itself again."""

    body: Named | None


class AuthorityGiven(Noted):
    """A source, and what it has authority over: one story or one claim."""

    source: Named
    story: Named | None = None
    claim: Named | None = None


class PolicyGiven(Noted):
    """How many independent vetted originals establish a claim."""

    quorum: Annotated[int, Field(ge=1, le=1_000)]


class Published(Noted):
    """When something went out, and what it rests on: the entries known then, unless ``known`` says which."""

    claims: Annotated[list[Named], Field(max_length=1_000)] = []
    known: Index | Annotated[str, Field(min_length=1, max_length=100)] | None = None
    published: Annotated[str, Field(max_length=100, description="As a person writes a time.")] | None = None

    def asked(self, desk: Ledger) -> dict[str, Any]:
        """The arguments of the façade that are the same for both."""
        published = None if self.published is None else desk.read_time(self.published)
        return {"claims": self.claims, "published": published, "note": self.note, "as_of": self._moment(desk)}

    def _moment(self, desk: Ledger) -> AsOf:
        return desk.as_of(known=None if self.known is None else str(self.known))


class PublicationGiven(Published):
    """What went out: ``called`` is its address or its name, ``sha256`` that of its file."""

    called: Annotated[str, Field(min_length=1, max_length=2_000)]
    story: Named | None = None
    said: Annotated[str, Field(max_length=100, description="As said: a time, as a person writes it.")] | None = None
    title: Text | None = None
    held: bool = False
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None

    def asked(self, desk: Ledger) -> dict[str, Any]:
        """The arguments of ``add_publication``."""
        plain = {name: getattr(self, name) for name in ("story", "title", "held", "sha256")}
        return super().asked(desk) | plain

    def _moment(self, desk: Ledger) -> AsOf:
        return desk.as_of(known=None if self.known is None else str(self.known), said=self.said)


class SettlementGiven(Published):
    """The corrective to a publication: ``url`` or ``note`` says where it went out; no claims: for all that is owed."""

    url: Text | None = None

    def asked(self, desk: Ledger) -> dict[str, Any]:
        """The arguments of ``settle``."""
        return super().asked(desk) | {"url": self.url}


class PasswordGiven(Given):
    """A password. No answer and no log repeats it."""

    password: Annotated[SecretStr, Field(min_length=1, max_length=1_000)]


class RolesGiven(Given):
    """What somebody is there for."""

    roles: Annotated[list[Role], Field(min_length=1, max_length=len(Role))]


class PersonGiven(PasswordGiven, RolesGiven):
    """Somebody who is to have an account."""

    name: Annotated[str, Field(min_length=1, max_length=2_000)]


class TokenGiven(Given):
    """A token of one's own."""

    label: Annotated[str, Field(min_length=1, max_length=200)]
    scopes: list[Role] = []
    days: Annotated[int, Field(ge=1, le=366)] = 90
