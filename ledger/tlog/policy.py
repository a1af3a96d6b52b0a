"""Trust policies (C2SP tlog-policy): which logs and witnesses are known, and how many of them make a checkpoint valid.

A policy is a text of lines: ``log <vkey> [<url>]``, ``witness <name> <vkey> [<url>]``, ``group <name> any|all|<k>
<members…>``, ``quorum <name>``. A name has to be defined on a line before it is used, and belongs to one group at most,
so that every witness counts in one way only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.tlog.note import COSIGNATURE, ED25519, Verifier
from ledger.tlog.tree import Invalid

NONE = "none"
"""The quorum that asks for no witness."""

_SEPARATOR = re.compile("[ \t]+")
_COUNT = re.compile("[1-9][0-9]*")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Group:
    """As many of ``members`` (names of witnesses and groups) as ``rule`` says: ``any``, ``all``, or a number."""

    rule: str
    members: tuple[str, ...]

    @property
    def threshold(self) -> int:
        """How many members it takes."""
        return {"any": 1, "all": len(self.members)}.get(self.rule) or int(self.rule)


@dataclass(frozen=True, slots=True)
class Policy:
    """What makes a checkpoint valid. Witnesses and groups are by their names in the policy."""

    logs: tuple[Verifier, ...] = ()
    witnesses: Mapping[str, Verifier] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = NONE

    def satisfied(self, signed: Collection[Verifier]) -> bool:
        """Whether the cosignatures of these keys are a quorum."""
        return self.quorum == NONE or self._has_witnessed(self.quorum, signed)

    def _has_witnessed(self, name: str, signed: Collection[Verifier]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return self.witnesses[name] in signed
        return sum(self._has_witnessed(member, signed) for member in group.members) >= group.threshold

    def since(self, times: Mapping[Verifier, int]) -> int | None:
        """From which moment on a quorum had cosigned, by the times of the cosignatures; None if none has, or by none.

        It is the earliest one that some quorum agrees on: who is not needed for it can neither delay nor advance it.
        """
        for time in sorted(set(times.values())):
            if self.satisfied({each for each, at in times.items() if at <= time}):
                return time
        return None

    def missing(self, signed: Collection[Verifier]) -> str:
        """Say what a quorum lacks: the empty text if nothing."""
        return "" if self.satisfied(signed) else self._lacks(self.quorum, signed)

    def _lacks(self, name: str, signed: Collection[Verifier]) -> str:
        group = self.groups.get(name)
        if group is None:
            return name
        out = [each for each in group.members if not self._has_witnessed(each, signed)]
        wanted = group.threshold - (len(group.members) - len(out))
        lacking = [self._lacks(each, signed) for each in out]
        if len(out) == 1:
            return lacking[0]
        told = [f"({text})" if each in self.groups else text for each, text in zip(out, lacking, strict=True)]
        return f"{wanted} of {', '.join(told)}"

    def format(self) -> str:
        """Write the policy as a text that :func:`parse_policy` reads."""
        lines = [f"log {each}" for each in self.logs]
        for name, verifier in self.witnesses.items():
            address = self.addresses.get(name)
            lines.append(f"witness {name} {verifier}" + (f" {address}" if address else ""))
        lines += [f"group {name} {each.rule} {' '.join(each.members)}" for name, each in self.groups.items()]
        return "".join(f"{line}\n" for line in [*lines, f"quorum {self.quorum}"])


def parse_policy(text: str) -> Policy:
    """Read a policy. Raises :class:`Invalid` with the number of the line."""
    reading = _Reading()
    for number, line in enumerate(text.split("\n"), 1):
        words = _SEPARATOR.split(line.strip(" \t"))
        try:
            if _CONTROL.search(line):
                raise Invalid("has a control character")
            if words != [""] and not words[0].startswith("#"):
                reading.line(words)
        except Invalid as error:
            raise Invalid(f"line {number} of the policy: {error}") from None
    if reading.quorum is None:
        raise Invalid("the policy has no quorum line")
    return Policy(tuple(reading.logs), reading.witnesses, reading.addresses, reading.groups, reading.quorum)


class _Reading:
    def __init__(self) -> None:
        self.logs: list[Verifier] = []
        self.witnesses: dict[str, Verifier] = {}
        self.addresses: dict[str, str] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._grouped: set[str] = set()

    def line(self, words: Sequence[str]) -> None:
        """Take one line, already cut into words."""
        kind, *rest = words
        match kind, len(rest):
            case "log", 1 | 2:
                self._log(rest[0])
            case "witness", 2 | 3:
                self._witness(rest[0], rest[1], rest[2:])
            case "group", count if count >= 3:
                self._group(rest[0], rest[1], rest[2:])
            case "quorum", 1:
                self._quorum(rest[0])
            case _:
                raise Invalid(f"is none of log, witness, group and quorum with what belongs to it: {kind[:40]}")

    def _log(self, text: str) -> None:
        verifier = _verifier(text, ED25519, "a log")
        _refuse_twice(verifier, self.logs)
        self.logs.append(verifier)

    def _witness(self, name: str, text: str, address: Sequence[str]) -> None:
        verifier = _verifier(text, COSIGNATURE, "a witness")
        _refuse_twice(verifier, self.witnesses.values())
        self._define(name)
        self.witnesses[name] = verifier
        if address:
            self.addresses[name] = address[0]

    def _group(self, name: str, threshold: str, members: Sequence[str]) -> None:
        if threshold not in ("any", "all"):
            count = int(threshold) if _COUNT.fullmatch(threshold) and len(threshold) < 10 else 0
            if not 1 <= count <= len(members):
                raise Invalid(f"asks for {threshold[:20]} of {len(members)}")
        for member in members:
            self._known(member)
            if member in self._grouped:
                raise Invalid(f"{member} is a member already, and counts in one way only")
            self._grouped.add(member)
        self._define(name)
        self.groups[name] = Group(threshold, tuple(members))

    def _quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise Invalid("is a second quorum")
        if name != NONE:
            self._known(name)
        self.quorum = name

    def _define(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise Invalid(f"the name {name} is taken")

    def _known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise Invalid(f"{name} is not defined before this line")


def _verifier(text: str, kind: int, what: str) -> Verifier:
    verifier = Verifier.parse(text)
    if verifier.kind != kind:
        raise Invalid(f"the key of {what} is of type 0x{kind:02x}, not 0x{verifier.kind:02x}")
    return verifier


def _refuse_twice(verifier: Verifier, there: Iterable[Verifier]) -> None:
    if any(each.key == verifier.key for each in there):
        raise Invalid(f"the key of {verifier.name} is there already")


# The policy of a newsroom, which its commands write: its witnesses in one group, or none of them

GROUP = "witnesses"
"""The one group of a policy that commands edit."""


def with_witness(policy: Policy, name: str, verifier: Verifier, address: str) -> Policy:
    """Add a witness to those of which the quorum is made. Raises :class:`Invalid` if name or key are there already."""
    _editable(policy)
    if name == GROUP or not name.isprintable() or not name or set(name) & set(" #"):
        raise Invalid(f"{name!r} cannot name a witness")
    witnesses = {**policy.witnesses, name: verifier}
    if name in policy.witnesses:
        raise Invalid(f"there is a witness {name} already")
    return _checked(policy, witnesses, {**policy.addresses, name: address}, _rule(policy))


def without_witness(policy: Policy, name: str) -> Policy:
    """Take a witness away. Raises :class:`Invalid` if there is none of that name, or too few are left."""
    _editable(policy)
    if name not in policy.witnesses:
        raise Invalid(f"there is no witness {name}")
    witnesses = {each: verifier for each, verifier in policy.witnesses.items() if each != name}
    addresses = {each: address for each, address in policy.addresses.items() if each != name}
    return _checked(policy, witnesses, addresses, _rule(policy) if witnesses else NONE)


def with_quorum(policy: Policy, rule: str) -> Policy:
    """Ask for ``any``, ``all``, ``none`` or a number of the witnesses. Raises :class:`Invalid`."""
    _editable(policy)
    if rule != NONE and not policy.witnesses:
        raise Invalid("there is no witness yet")
    return _checked(policy, policy.witnesses, policy.addresses, rule)


def _editable(policy: Policy) -> None:
    if not set(policy.groups) <= {GROUP} or policy.quorum not in (GROUP, NONE):
        raise Invalid("it was written by hand, with groups of its own: edit the file")


def _rule(policy: Policy) -> str:
    if not policy.witnesses:
        return "all"
    return NONE if policy.quorum == NONE else policy.groups[GROUP].rule


def _checked(policy: Policy, witnesses: Mapping[str, Verifier], addresses: Mapping[str, str], rule: str) -> Policy:
    groups = {} if rule == NONE else {GROUP: Group(rule, tuple(witnesses))}
    made = Policy(policy.logs, witnesses, addresses, groups, NONE if rule == NONE else GROUP)
    try:
        return parse_policy(made.format())
    except Invalid as error:
        raise Invalid(str(error).partition(" of the policy: ")[2] or str(error)) from None
