"""The resolver: from entries to the accepted state of a claim, explained. Policy ``live-roots``, version 1.

Pure and deterministic. The rules R0 to R8 stand in ``docs/resolver.md``; each docstring names the rule it carries out.

========================  ==========================================================
module                    decides
========================  ==========================================================
``facts``                 what the resolver reads: a prefix behind three questions
``acts``                  what the desk's acts say: liveness, roots, standing (R1 to R3)
``voice``                 the registers and how they join (R2, R3)
``fold``                  ``step``: one more entry, registers kept (R0 to R3, R7)
``verdict``               rows, edges and paths (R4 to R6)
``explain``               buckets, voices, the sentence
``timeline``              each change of state, on either clock (R7)
``neighbourhood``         which entries have a say on some claims
``moved``                 which claims some entries may have a say on
========================  ==========================================================
"""

from ledger.resolver.acts import DESK, Acts
from ledger.resolver.explain import Explanation, Placed, VoiceView, explain, sentence
from ledger.resolver.facts import Facts, First, Memory
from ledger.resolver.fold import Fold, replay, unresolvable
from ledger.resolver.moved import moved, subject
from ledger.resolver.neighbourhood import neighbourhood
from ledger.resolver.timeline import Change, Clock, known_verdicts, listed, said_timelines, state_of, timeline
from ledger.resolver.verdict import Edge, Ruling, Verdict, resolve, rule, ruling
from ledger.resolver.voice import Tally, Voice

__all__ = [
    "DESK",
    "Acts",
    "Change",
    "Clock",
    "Edge",
    "Explanation",
    "Facts",
    "First",
    "Fold",
    "Memory",
    "Placed",
    "Ruling",
    "Tally",
    "Verdict",
    "Voice",
    "VoiceView",
    "board",
    "explain",
    "known_verdicts",
    "listed",
    "moved",
    "neighbourhood",
    "replay",
    "resolve",
    "rule",
    "ruling",
    "said_timelines",
    "sentence",
    "state_of",
    "subject",
    "timeline",
    "unresolvable",
]


def board(fold: Fold, story: int | None = None) -> list[int]:
    """The claims that a board lists, in the order in which they were opened (R7)."""
    claims = fold.facts.refs("claim.story", story) if story is not None else fold.facts.of_kind("claim")
    return [claim for claim in claims if listed(fold, claim)]
