"""The columns of ``entries.csv`` and of the import format, and which kinds of row use and need them."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.vocabulary import Kind


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, what stands in it, and the kinds of row that use it."""

    name: str
    meaning: str
    kinds: frozenset[Kind]


_ALL = frozenset(Kind)
_ABOUT_A_CLAIM = "statement hold release authority vet same wording"
_NOTED = _ALL - {Kind.OPENING, Kind.RECORDER, Kind.STORY}


def _column(name: str, kinds: str | frozenset[Kind], meaning: str) -> Column:
    used = frozenset(Kind(word) for word in kinds.split()) if isinstance(kinds, str) else kinds
    return Column(name, meaning, used)


COLUMNS = (
    _column("index", _ALL, "the number of the entry; rows ascend"),
    _column("kind", _ALL, "the kind of entry; `statement` if empty"),
    _column("recorded", _ALL, "when the ledger took it down"),
    _column("recorder", _ALL, "who took it down; in a row of kind `recorder` its own name"),
    _column("story", f"story claim source publication {_ABOUT_A_CLAIM}", "the slug of the story"),
    _column("claim", _ABOUT_A_CLAIM, "the index of the claim"),
    _column("text", f"claim {_ABOUT_A_CLAIM}", "the text of the claim, as it was opened"),
    _column("status", "statement", "what the source did to the claim"),
    _column("to", "statement same", "the index of the other claim"),
    _column(
        "to_text", "statement same", "the text of the other claim: what takes its place, or what it is the same as"
    ),
    _column("source", "source statement authority vet group", "the name of the source that speaks or is spoken of"),
    _column("source_kind", "source statement", "what kind of source it is; in a statement only for a new one"),
    _column("group", "source statement group", "the name of the body that the source speaks for; empty: for itself"),
    _column("via", "statement source", "through whom, nearest the speaker first: JSON array of names, or one name"),
    _column("via_kind", "statement", "their kinds, place by place; `null` for one known already"),
    _column("said", "statement", "when the speaker said it; empty or `unknown`: nobody knows"),
    _column("precision", "statement publication settlement", "how exactly that is known, if not as it is written"),
    _column("why", "statement retract", "the reason from the list; in a `retract` the mistake"),
    _column(
        "target",
        "retract evidence source redaction settlement",
        "the index of the entry taken back, documented, redacted, settled, or given a new kind",
    ),
    _column("vetted", "vet", "`true` or `false`"),
    _column("quorum", "policy", "how many independent vetted originals establish a claim"),
    _column("policy", "policy", "the name and version of the rules"),
    _column("wording", "wording", "the new text of the claim"),
    _column("lang", "wording", "the language tag of a translation"),
    _column("quote", "statement", "the words of the source"),
    _column("note", _NOTED, "a remark of the desk"),
    _column("url", "statement publication settlement", "where it was published"),
    _column("evidence", "statement evidence", "a document as a JSON object, or its web address"),
    _column("key", _ALL, "a reference of the file's own for the row, so that a second import adds nothing"),
    _column("story_index", f"claim source publication {_ABOUT_A_CLAIM}", "the index of the story"),
    _column("source_index", "statement authority vet group", "the index of the source"),
    _column("group_index", "source group", "the index of the body"),
    _column("via_index", "statement source", "the indexes of those in `via`, place by place"),
    _column("origin", "opening", "the name of the log"),
    _column("zone", "opening", "the time zone of the desk"),
    _column("part", "redaction", "the part that was removed; the `note` is the order"),
    _column("publication", "publication", "the name of what went out; its address is the `url`"),
    _column("title", "publication", "the title that it bore"),
    _column("published", "publication settlement", "when it went out; empty: when it was recorded"),
    _column("size", "publication settlement", "how many entries it rests on"),
    _column("as_said", "publication", "the said time that was asked for, if one was"),
    _column("claims", "publication settlement", "the indexes of the claims that it told of: JSON array; empty: all"),
    _column("held", "publication", "`true` if held claims went out too, else `false`"),
    _column("sha256", "publication", "the SHA-256 of its file, if it is one"),
    _column("policy_index", "publication", "the index of the policy in force then"),
)
"""The columns of ``entries.csv``, in order."""

NAMES = tuple(column.name for column in COLUMNS)
"""Their names."""

USES = {kind: frozenset(column.name for column in COLUMNS if kind in column.kinds) for kind in Kind}
"""For each kind the columns that a row of it may fill."""

_CLAIM = ("text", "claim")
_SOURCE = ("source", "source_index")
NEEDS: dict[Kind, tuple[tuple[str, ...], ...]] = {
    Kind.OPENING: (),
    Kind.RECORDER: (("recorder",),),
    Kind.STORY: (("story",),),
    Kind.SOURCE: (("source", "target"), ("source_kind",)),
    Kind.CLAIM: (("text",), ("story", "story_index")),
    Kind.STATEMENT: (_CLAIM, ("status",), _SOURCE),
    Kind.RETRACT: (("target",), ("why",)),
    Kind.HOLD: (_CLAIM,),
    Kind.RELEASE: (_CLAIM,),
    Kind.AUTHORITY: (_SOURCE, ("story", "story_index", *_CLAIM)),
    Kind.VET: (_SOURCE, ("vetted",)),
    Kind.GROUP: (_SOURCE,),
    Kind.POLICY: (("quorum",),),
    Kind.SAME: (_CLAIM, ("to_text", "to")),
    Kind.WORDING: (_CLAIM, ("wording",)),
    Kind.EVIDENCE: (("target",), ("evidence",)),
    Kind.REDACTION: (("target",), ("part",)),
    Kind.PUBLICATION: (("publication", "url"), ("size",), ("policy_index",), ("held",)),
    Kind.SETTLEMENT: (("target",), ("size",)),
}
"""For each kind what must be told: one column of each group."""

OWN_WORDS = {
    Kind.RECORDER: "recorder",
    Kind.STORY: "story",
    Kind.SOURCE: "source",
    Kind.CLAIM: "text",
    Kind.WORDING: "wording",
    Kind.EVIDENCE: "evidence",
    Kind.PUBLICATION: "publication",
}
"""For each kind the column of its own words. An export leaves them out where they are internal or redacted; the row's
``index`` then stands for them, and a row with an index needs none.
"""
