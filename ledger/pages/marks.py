"""How a state looks without its colour, and what became of a statement in a reporter's words.

A mark is one path in a square of 16, drawn with a stroke: colour never stands alone, on paper and to every eye.
"""

from __future__ import annotations

from ledger.vocabulary import Bucket, State

MARKS = {
    State.CONFIRMED: "M2.5 8.5l3.5 3.5 7.5-8",
    State.CORROBORATED: "M1 8.5l3 3L10 4.5M7.5 11L8 11.5 15 4.5",
    State.DENIED: "M3.5 3.5l9 9M12.5 3.5l-9 9",
    State.DISPUTED: "M5 2.5v11M2.5 5L5 2.5 7.5 5M11 13.5v-11M8.5 11l2.5 2.5 2.5-2.5",
    State.UNVERIFIED: "M4.5 5.5a3.5 3.5 0 1 1 5 3.2c-1 .5-1.5 1-1.5 2M8 13.2v.6",
    State.RETRACTED: "M13 12V8.5a3 3 0 0 0-3-3H3M6 2.5l-3 3 3 3",
    State.CORRECTED: "M3 13l1-3.5L11 2.5 13.5 5l-7 7zM9.5 4L12 6.5",
    State.SUPERSEDED: "M2.5 8h10M9 4l4 4-4 4",
}
"""The path of each state."""

HELD = "M5.5 3v10M10.5 3v10"
"""The path of a claim that the desk keeps out of publications."""

_BUCKETS = {
    Bucket.COUNTED: ("counts", "It decides, or stands against what decided."),
    Bucket.UNVETTED: ("heard, not counted", Bucket.UNVETTED.definition),
    Bucket.NEUTRAL: ("takes no side", Bucket.NEUTRAL.definition),
    Bucket.OVERTAKEN: ("overtaken by a later word", Bucket.OVERTAKEN.definition),
    Bucket.RETRACTED: ("our own mistake, taken back", Bucket.RETRACTED.definition),
    Bucket.OUTSIDE: ("said later", Bucket.OUTSIDE.definition),
}


def told_bucket(bucket: Bucket) -> tuple[str, str]:
    """Return the few words and the sentence for what became of a statement."""
    return _BUCKETS[bucket]
