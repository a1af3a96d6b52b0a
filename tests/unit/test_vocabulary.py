"""Every word of the ledger: there, defined in one sentence, and told apart from the others."""

from __future__ import annotations

import re
from enum import Enum

import pytest

from ledger import vocabulary
from ledger.model import BODIES
from ledger.vocabulary import (
    Access,
    Bucket,
    Kind,
    Mistake,
    Part,
    Reason,
    Role,
    SourceKind,
    Standing,
    State,
    Status,
    Word,
)

ENUMS = [
    each
    for each in vars(vocabulary).values()
    if isinstance(each, type) and issubclass(each, Enum) and each.__module__ == vocabulary.__name__ and each is not Word
]
MEMBERS = [member for enum in ENUMS for member in enum]


@pytest.mark.parametrize("member", MEMBERS, ids=str)
def test_every_word_has_one_sentence_for_a_reporter(member: Enum) -> None:
    sentence = member.definition  # type: ignore[attr-defined]
    assert re.fullmatch(r"[A-Z][^.\n]{10,}\.", sentence), sentence
    assert "  " not in sentence


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_no_two_words_of_an_enum_are_one(enum: type[Enum]) -> None:
    """An alias is no member, so it has to be looked for by name."""
    assert len(enum.__members__) == len(list(enum)) == len({member.value for member in enum})
    assert len({member.definition for member in enum}) == len(list(enum))  # type: ignore[attr-defined]


@pytest.mark.parametrize("member", [each for each in MEMBERS if isinstance(each, Word)], ids=str)
def test_a_word_is_its_own_text(member: Word) -> None:
    assert str(member) == member.value == f"{member}"
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", member.value)
    assert type(member)(member.value) is member
    assert member.value.replace("-", "_").upper() == member.name


@pytest.mark.parametrize("member", [each for each in MEMBERS if isinstance(each, Word)], ids=str)
def test_names_in_the_standards_cannot_be_changed(member: Word) -> None:
    assert set(member.standards) <= {"schema", "IPTC", "Wikidata", "Crossref"}
    with pytest.raises(TypeError):
        member.standards["schema"] = "Thing"  # type: ignore[index]


def values(enum: type[Enum]) -> set[str]:
    return {str(member.value) for member in enum}


@pytest.mark.parametrize(
    ("enum", "words"),
    [
        (SourceKind, "agency broadcaster newspaper official spokesperson person witness unnamed account party desk"),
        (Status, "reported confirmed denied corrected superseded unconfirmed withdrawn"),
        (State, "confirmed corroborated denied disputed unverified retracted corrected superseded"),
        (Bucket, "outside retracted overtaken neutral unvetted counted"),
        (Mistake, "misheard mistyped wrong-source wrong-claim duplicate other"),
        (
            Reason,
            "new-information misidentified misquoted miscounted wrong-place wrong-time source-withdrew hoax other",
        ),
        (Part, "text name quote note url evidence"),
        (
            Kind,
            "opening recorder story source claim statement retract hold release authority vet group policy same "
            "wording evidence redaction publication settlement",
        ),
        (Standing, "0 1 2 3"),
        (Role, "fact-checker editor auditor publisher admin"),
        (
            Access,
            "signed-in refused signed-out added roles-set password-set disabled enabled token-made token-revoked",
        ),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_the_words_are_these(enum: type[Enum], words: str) -> None:
    assert values(enum) == set(words.split())


def test_every_kind_of_entry_has_a_body() -> None:
    assert set(BODIES) == set(Kind)
    assert all(body.kind is kind for kind, body in BODIES.items())


@pytest.mark.parametrize(
    ("status", "sign", "sign_on_to"),
    [
        (Status.REPORTED, 1, None),
        (Status.CONFIRMED, 1, None),
        (Status.DENIED, -1, None),
        (Status.UNCONFIRMED, 0, None),
        (Status.WITHDRAWN, 0, None),
        (Status.CORRECTED, -1, 1),
        (Status.SUPERSEDED, 1, 1),
    ],
)
def test_the_signs_of_a_statement(status: Status, sign: int, sign_on_to: int | None) -> None:
    assert (status.sign, status.sign_on_to, status.points) == (sign, sign_on_to, sign_on_to is not None)


def test_who_is_vetted_from_the_start() -> None:
    vetted = {kind for kind in SourceKind if kind.vetted}
    assert vetted == {
        SourceKind.AGENCY,
        SourceKind.BROADCASTER,
        SourceKind.NEWSPAPER,
        SourceKind.OFFICIAL,
        SourceKind.SPOKESPERSON,
    }


def test_who_is_told_apart_by_relayer_and_story() -> None:
    assert {kind for kind in SourceKind if kind.told_apart_by_relayer} == {SourceKind.UNNAMED, SourceKind.WITNESS}


def test_standings_rise() -> None:
    assert [standing.word for standing in sorted(Standing)] == ["unvetted", "vetted", "authority", "desk"]
