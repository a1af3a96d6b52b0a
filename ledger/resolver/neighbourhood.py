"""Which entries have a say on some claims: what must be read, and nothing else, to resolve and replay them."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.model import Authority, Body, Claim, Group, Same, Source, Statement, Unknown, Vet
from ledger.resolver.facts import Facts
from ledger.vocabulary import Kind

_EVERYWHERE = ("retract.target",)
_REFERRED: dict[Kind, tuple[str, ...]] = {
    Kind.CLAIM: (
        "statement.claim",
        "statement.to",
        "statement.from",
        "same.claim",
        "same.same_as",
        "authority.claim",
        "vet.claim",
        "hold.claim",
        "release.claim",
        "wording.claim",
    ),
    Kind.STORY: ("authority.story",),
    Kind.SOURCE: ("source.group", "group.source", "group.body", "source.amends", "vet.source"),
}


def neighbourhood(facts: Facts, claims: Iterable[int]) -> list[int]:
    """Return the indexes of every entry that has a say on ``claims`` and on what they lead to, ascending.

    It goes wave by wave, and tells ``facts`` before each wave what it will ask for.
    """
    found: set[int] = set(facts.of_kind(Kind.POLICY.value))
    wave = set(claims) | found
    found |= wave
    while wave:
        facts.load(wave, ())
        asked = [(role, index) for index in wave for role in _roles(facts.entry(index).body)]
        facts.load((), asked)
        reached = {index for role, subject in asked for index in facts.refs(role, subject)}
        for index in wave:
            reached.update(_leads_to(facts.entry(index).body))
        wave = reached - found
        found |= wave
    return sorted(found)


def _roles(body: Body) -> tuple[str, ...]:
    if isinstance(body, Unknown):
        return _EVERYWHERE
    return _EVERYWHERE + _REFERRED.get(body.kind, ())


def _leads_to(body: Body) -> set[int]:
    """The entries that this one cannot be read without; a claim that points here is not among them."""
    match body:
        case Statement():
            followed: tuple[int | None, ...] = (*body.chain, body.claim, body.to)
        case Claim():
            followed = (body.story,)
        case Source():
            followed = (body.group,)
        case Group():
            followed = (body.body, body.source)
        case Authority() | Vet():
            followed = (body.source,)
        case Same():
            followed = (body.claim, body.same_as)
        case _:
            followed = ()
    return {index for index in followed if index is not None}
