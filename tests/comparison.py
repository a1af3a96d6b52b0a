"""Where a resolver and the plain reading of the rules differ, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from types import ModuleType

from ledger.model import Entry
from ledger.resolver import Verdict
from tests.ledgers import moments
from tests.oracle import Answer, answers


def expected(answer: Answer) -> dict[str, object]:
    """What a verdict and its explanation have to say, by name."""
    return {
        "claim": answer.claim,
        "ruled": answer.ruled.state,
        "row": answer.ruled.row,
        "computed": answer.computed.state,
        "computed_row": answer.computed.row,
        "state": answer.state,
        "accepted": answer.accepted,
        "held": answer.held,
        "edge": answer.edge,
        "targets": answer.targets,
        "path": answer.path,
        "successor": answer.successor,
        "successor_state": answer.successor_state,
        "first_target": answer.first_target,
        "buckets": answer.buckets,
        "voices": {
            voice.root: (
                voice.standing,
                voice.sign,
                voice.mixed,
                bool(voice.carriers),
                voice.said,
                voice.speaking,
                voice.carriers,
            )
            for voice in answer.voices.values()
        },
    }


def given(resolver: ModuleType, fold: object, claim: int) -> dict[str, object]:
    """What a resolver says, under the same names."""
    verdict = resolver.resolve(fold, claim)
    explained = resolver.explain(fold, claim)
    edge = verdict.edge
    assert explained.verdict == verdict
    return {
        "claim": verdict.claim,
        "ruled": verdict.ruled,
        "row": verdict.row,
        "computed": verdict.computed,
        "computed_row": verdict.computed_row,
        "state": verdict.state,
        "accepted": verdict.accepted,
        "held": verdict.held,
        "edge": edge and (edge.status, edge.to, edge.holds),
        "targets": tuple(sorted(verdict.targets)),
        "path": verdict.path,
        "successor": verdict.successor,
        "successor_state": verdict.successor_state,
        "first_target": verdict.first_target if edge is None or edge.holds else None,
        "buckets": {placed.index: placed.bucket for placed in explained.placed},
        "voices": {
            voice.root: (
                int(voice.standing),
                voice.sign,
                voice.mixed,
                voice.carried,
                voice.said,
                voice.speaking,
                voice.carriers,
            )
            for voice in explained.voices
        },
    }


def shown(verdict: Verdict | None) -> tuple | None:
    """What a timeline follows: it has a change where one of these changes."""
    return verdict and (
        verdict.state,
        verdict.accepted,
        verdict.held,
        verdict.successor,
        verdict.successor_state,
    )


def differences(resolver: ModuleType, fold: object, entries: list[Entry], said: datetime | None) -> Iterator[str]:
    """Each difference between what a fold over these entries says and what the rules say."""
    for claim, answer in answers(entries, said).items():
        want, got = expected(answer), given(resolver, fold, claim)
        for name, value in want.items():
            if got[name] != value:
                yield f"claim {claim} as of {said}: {name}: {got[name]}; the rules say {value}"


def whole_differences(resolver: ModuleType, entries: list[Entry]) -> Iterator[str]:
    """The differences on a whole ledger: now, and as of a few moments."""
    for said in (None, *moments(entries)):
        yield from differences(resolver, resolver.replay(entries, said=said), entries, said)
