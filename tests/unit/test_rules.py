"""What may be appended: each refusal with its place and its reason, and each warning."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest

from ledger.errors import Problem
from ledger.model import (
    Authority,
    Body,
    Claim,
    Entry,
    Evidence,
    Group,
    Hold,
    Opening,
    PartRef,
    Policy,
    Recorder,
    Release,
    Retract,
    Same,
    Source,
    Statement,
    Story,
    Unknown,
    Vet,
    Wording,
    parts_of,
)
from ledger.resolver import Fold, replay
from ledger.rules import check, warn
from ledger.times import Moment
from ledger.vocabulary import Kind, Mistake, Part, Reason, SourceKind, Status
from tests.ledgers import DESK, Book, at

REF = PartRef("ab" * 32)
NOON = Moment(at("12:00"))


@pytest.fixture
def book() -> Book:
    """4 story, 5 agency, 6 ministry, 7 its spokesman, 8 police source via the agency, 9 and 10 claims, 11 a report."""
    made = Book()
    story = made.story()
    agency, ministry = made.source("agency"), made.source("official")
    made.source("spokesperson", group=ministry)
    made.source("unnamed", relayer=agency, story=story)
    first, _ = made.claim(story), made.claim(story)
    assert made.say(first, "reported", 8, via=agency, said="11:00") == 11
    return made


def draft(book: Book, body: Body, parts: Iterable[Part] | None = None, **header: object) -> Entry:
    if parts is None:
        parts = set(parts_of(Kind.OPENING if isinstance(body, Unknown) else body.kind)[0])
        if isinstance(body, Source) and body.amends is None:
            parts = {Part.NAME}
    index = len(book.entries)
    recorder = None if isinstance(body, Opening) else index if isinstance(body, Recorder) else 1
    entry = Entry(index, book.now, recorder, body, dict.fromkeys(parts, REF))
    return Entry(**({each: getattr(entry, each) for each in entry.__slots__} | header))


def problems(book: Book, body: Body, parts: Iterable[Part] | None = None, **header: object) -> list[Problem]:
    return check(draft(book, body, parts, **header), replay(book.entries))


def says(claim: int = 9, status: Status = Status.REPORTED, by: int = 5, *via: int, **more: object) -> Statement:
    return Statement(claim, status, (by, *via), **({"said": NOON} | more))  # type: ignore[arg-type]


GOOD = [
    says(),
    says(9, Status.REPORTED, 8, 5),
    says(9, Status.DENIED, 7, 5),
    says(9, Status.DENIED, DESK),
    says(9, Status.CORRECTED, to=10, why=Reason.MISCOUNTED),
    says(9, Status.SUPERSEDED, to=10),
    says(9, Status.WITHDRAWN, why=Reason.HOAX),
    says(said=None),
    says(said=Moment(at("12:02"))),
    Recorder(),
    Story(),
    Claim(4),
    Source(SourceKind.ACCOUNT),
    Source(SourceKind.SPOKESPERSON, group=6),
    Source(SourceKind.WITNESS, story=4),
    Source(SourceKind.UNNAMED, relayer=5, story=4),
    Source(SourceKind.NEWSPAPER, amends=5),
    Source(SourceKind.WITNESS, amends=8),
    Retract(11, Mistake.MISTYPED),
    Retract(3, Mistake.OTHER),
    Hold(9),
    Release(9),
    Authority(6, story=4),
    Authority(7, claim=9),
    Vet(8, True),
    Vet(8, False, 9),
    Group(5, 6),
    Group(7),
    Policy(quorum=1),
    Same(9, 10),
    Wording(9),
    Wording(9, "pt-BR"),
    Evidence(11),
    Evidence(9),
]


@pytest.mark.parametrize("body", GOOD, ids=str)
def test_what_may_follow(book: Book, body: Body) -> None:
    assert problems(book, body) == []


@pytest.mark.parametrize(
    ("body", "where", "why"),
    [
        # R0, what is referred to
        (says(99), "claim", "entry 99 does not exist yet; the ledger has entries 0 to 11"),
        (says(12), "claim", "entry 12 does not exist yet; the ledger has entries 0 to 11"),
        (says(-1), "claim", "entry -1 does not exist yet; the ledger has entries 0 to 11"),
        (says(5), "claim", "entry 5 is no claim"),
        (says(11), "claim", "entry 11 is no claim"),
        (says(9, Status.CORRECTED, to=4), "to", "entry 4 is no claim"),
        (says(9, Status.CORRECTED, to=44), "to", "entry 44 does not exist yet; the ledger has entries 0 to 11"),
        (says(9, Status.REPORTED, 9), "speaker", "entry 9 is no source"),
        (says(9, Status.REPORTED, 55), "speaker", "entry 55 does not exist yet; the ledger has entries 0 to 11"),
        (says(9, Status.REPORTED, 5, 1), "via", "entry 1 is no source"),
        (Claim(9), "story", "entry 9 is no story"),
        (Hold(4), "claim", "entry 4 is no claim"),
        (Release(4), "claim", "entry 4 is no claim"),
        (Authority(9, story=4), "source", "entry 9 is no source"),
        (Authority(6, story=9), "story", "entry 9 is no story"),
        (Authority(6, claim=4), "claim", "entry 4 is no claim"),
        (Vet(4, True), "source", "entry 4 is no source"),
        (Vet(5, True, 4), "claim", "entry 4 is no claim"),
        (Group(5, 9), "body", "entry 9 is no source"),
        (Group(9), "source", "entry 9 is no source"),
        (Same(9, 4), "same_as", "entry 4 is no claim"),
        (Same(4, 9), "claim", "entry 4 is no claim"),
        (Wording(11), "claim", "entry 11 is no claim"),
        (Source(SourceKind.SPOKESPERSON, group=9), "group", "entry 9 is no source"),
        (Source(SourceKind.UNNAMED, relayer=9, story=4), "relayer", "entry 9 is no source"),
        (Source(SourceKind.UNNAMED, relayer=5, story=9), "story", "entry 9 is no story"),
        (Source(SourceKind.AGENCY, amends=9), "amends", "entry 9 is no source"),
        (Retract(12, Mistake.OTHER), "target", "entry 12 does not exist yet; the ledger has entries 0 to 11"),
        (Evidence(12), "about", "entry 12 does not exist yet; the ledger has entries 0 to 11"),
        # R0, what is said
        (says(9, Status.CORRECTED), "to", "corrected needs the claim that takes its place"),
        (says(9, Status.SUPERSEDED), "to", "superseded needs the claim that takes its place"),
        (says(9, Status.DENIED, to=10), "to", "denied leads to no other claim"),
        (says(9, Status.CORRECTED, to=9), "to", "claim 9 cannot be corrected to itself"),
        (says(9, Status.SUPERSEDED, to=9), "to", "claim 9 cannot be superseded to itself"),
        (says(why=Reason.HOAX), "why", "reported takes no reason from the list; use a note"),
        (
            says(9, Status.WITHDRAWN, said=None),
            "said",
            "a withdrawal needs its time, since it speaks only from then on",
        ),
        (says(said=Moment(at("12:02") + timedelta(microseconds=1))), "said", "lies in the future"),
        (says(9, Status.REPORTED, 5, 5), "via", "source 5 stands twice in the chain"),
        (says(9, Status.REPORTED, 7, 5, 6, 5), "via", "source 5 stands twice in the chain"),
        (
            says(9, Status.REPORTED, DESK, 5),
            "via",
            "the desk speaks for itself; what another says is that source's statement",
        ),
        (
            says(9, Status.REPORTED, 8),
            "via",
            "source 8 is told apart by who relays it first; through another it is another source",
        ),
        (
            says(9, Status.REPORTED, 8, 6, 5),
            "via",
            "source 8 is told apart by who relays it first; through another it is another source",
        ),
        # R1, what is taken back
        (Retract(0, Mistake.OTHER), "target", "entry 0 is an opening, which cannot be retracted; it stays as it is"),
        (Retract(1, Mistake.OTHER), "target", "entry 1 is a recorder, which cannot be retracted; it stays as it is"),
        (Retract(4, Mistake.OTHER), "target", "entry 4 is a story, which cannot be retracted; it stays as it is"),
        (
            Retract(5, Mistake.OTHER),
            "target",
            "entry 5 is a source, which cannot be retracted; retract its statements, unvet it, or amend its record",
        ),
        (
            Retract(9, Mistake.OTHER),
            "target",
            "entry 9 is a claim, which cannot be retracted; retract the statements on it, or fold it under another "
            "with `same`",
        ),
        # Sources
        (Source(SourceKind.DESK), "kind", "the desk is made when the ledger is opened, and only then"),
        (Source(SourceKind.DESK, amends=5), "kind", "the desk is made when the ledger is opened, and only then"),
        (Source(SourceKind.AGENCY, amends=DESK), "source", "the desk stays the desk"),
        (
            Source(SourceKind.AGENCY, group=6, amends=5),
            "source",
            "a new record of a source says its kind alone; see `group` for the body",
        ),
        (
            Source(SourceKind.PERSON, amends=8),
            "kind",
            "a source of kind unnamed cannot become one of kind person: they are told apart differently; "
            "record a new source",
        ),
        (
            Source(SourceKind.UNNAMED, amends=5),
            "kind",
            "a source of kind agency cannot become one of kind unnamed: they are told apart differently; "
            "record a new source",
        ),
        (
            Source(SourceKind.UNNAMED, group=6, story=4),
            "group",
            "a source of kind unnamed speaks for nobody but itself",
        ),
        (Source(SourceKind.WITNESS), "story", "a source of kind witness belongs to one story"),
        (
            Source(SourceKind.PERSON, story=4),
            "kind",
            "a source of kind person has neither relayer nor story of its own",
        ),
        (
            Source(SourceKind.PERSON, relayer=5),
            "kind",
            "a source of kind person has neither relayer nor story of its own",
        ),
        (Source(SourceKind.PERSON, group=8), "group", "source 8 is of a kind that nobody speaks for"),
        (
            Source(SourceKind.PERSON, group=7),
            "group",
            "source 7 itself speaks for source 6; groups have one level",
        ),
        # Desk acts
        (Authority(6), "scope", "authority is over one story or over one claim"),
        (Authority(6, claim=9, story=4), "scope", "authority is over one story or over one claim"),
        (Vet(DESK, False), "source", "the desk is not vetted: its own word decides"),
        (Group(8, 6), "source", "a source of kind unnamed speaks for nobody but itself"),
        (Group(8), "source", "a source of kind unnamed speaks for nobody but itself"),
        (Group(DESK, 6), "source", "a source of kind desk speaks for nobody but itself"),
        (Group(5, 5), "body", "a source cannot speak for itself as a body; leave the body out to ungroup it"),
        (Group(5, 8), "group", "source 8 is of a kind that nobody speaks for"),
        (Group(5, 7), "group", "source 7 itself speaks for source 6; groups have one level"),
        (Group(6, 5), "source", "source 7 speaks for source 6; groups have one level"),
        (Policy("majority"), "policy", "is not known to this version"),
        (Policy(version=2), "policy", "is not known to this version"),
        (Policy(quorum=0), "quorum", "must be 1 or more"),
        (Policy(quorum=-1), "quorum", "must be 1 or more"),
        (Same(9, 9), "same", "a claim is the same as itself already"),
        (Wording(9, "French"), "lang", "is no language tag"),
        (Wording(9, "fr_FR"), "lang", "is no language tag"),
        (Wording(9, ""), "lang", "is no language tag"),
        (Evidence(0), "about", "entry 0 takes no evidence"),
        # Header
        (Opening("a", "UTC"), "kind", "a ledger has one opening, and it is entry 0"),
        (Unknown("wager", {}), "kind", "is not known to this version"),
    ],
    ids=str,
)
def test_what_may_not_follow(book: Book, body: Body, where: str, why: str) -> None:
    found = problems(book, body)
    assert [(each.where, each.why) for each in found] == [(where, why)]


def test_all_that_is_wrong_is_told_at_once(book: Book) -> None:
    wrong = says(9, Status.CORRECTED, 5, 5, to=9, why=None, said=Moment(at("13:00")))
    assert {each.where for each in problems(book, wrong)} == {"to", "said", "via"}
    missing = problems(book, says(70, Status.CORRECTED, 71, 72, to=73), [Part.NAME], recorder=5)
    assert {each.where for each in missing} == {"recorder", "name", "claim", "speaker", "via", "to"}


def test_an_amended_record_is_no_source_to_speak_by(book: Book) -> None:
    record = book.amend(5, "broadcaster")
    assert [each.why for each in problems(book, says(9, Status.REPORTED, record))] == [f"entry {record} is no source"]


def test_a_record_that_amends_can_be_retracted(book: Book) -> None:
    record = book.amend(5, "broadcaster")
    assert problems(book, Retract(record, Mistake.MISTYPED)) == []


def test_what_is_retracted_already_names_the_entry_to_retract_instead(book: Book) -> None:
    first = book.retract(11)
    (found,) = problems(book, Retract(11, Mistake.OTHER))
    assert found.why == f"entry 11 is retracted already, by entry {first}; retract {first} to bring it back"
    second = book.retract(first)
    assert problems(book, Retract(11, Mistake.OTHER)) == []
    third = book.retract(second)
    (found,) = problems(book, Retract(11, Mistake.OTHER))
    assert f"retract {first} to bring it back" in found.why
    (found,) = problems(book, Retract(second, Mistake.OTHER))
    assert f"by entry {third}" in found.why


def test_a_correction_onto_itself_by_another_name(book: Book) -> None:
    """9 counts under 10, so 9 corrected to 10 is a correction onto itself, either way round."""
    book.same(9, 10)
    for claim, to in ((9, 10), (10, 9)):
        (found,) = problems(book, says(claim, Status.CORRECTED, to=to))
        assert found == Problem("to", f"claim {claim} cannot be corrected to itself", expected="another claim")


def test_a_circle_of_sames_is_refused(book: Book) -> None:
    book.same(9, 10)
    (found,) = problems(book, Same(10, 9))
    assert found.why == "claim 9 counts under claim 10 already; the other way makes a circle"


def test_a_circle_of_sames_halfway_along_is_refused_too(book: Book) -> None:
    """9 counts under 10, and 10 under 12: with 10 under 9 instead, 9 and 10 would lead to each other."""
    third = book.claim(4)
    book.same(9, 10)
    back = book.same(10, third)
    assert len(problems(book, Same(10, 9))) == 1
    assert len(problems(book, Same(third, 9))) == 1
    book.retract(back)
    assert problems(book, Same(third, 9)) == []


def test_a_circle_that_a_restored_retraction_closed_can_be_lived_with(book: Book) -> None:
    """same(9, 10) retracted, same(10, 9), the retraction retracted: now each counts under the other."""
    third = book.claim(4)
    retraction = book.retract(book.same(9, 10))
    book.same(10, 9)
    book.retract(retraction)
    assert problems(book, Same(9, third)) == []
    assert problems(book, Same(third, 9)) == []


def test_groups_stay_one_level_deep(book: Book) -> None:
    book.group(7, None)
    assert problems(book, Group(6, 5)) == [], "nobody speaks for it any more"


def test_the_kind_of_a_source_is_that_of_its_newest_record(book: Book) -> None:
    witness = book.source("witness", story=4)
    book.amend(witness, "unnamed")
    assert problems(book, Group(witness, 6))[0].why == "a source of kind unnamed speaks for nobody but itself"


def test_a_source_without_relayer_speaks_to_us_itself(book: Book) -> None:
    witness = book.source("witness", story=4)
    assert problems(book, says(9, Status.REPORTED, witness)) == []
    assert problems(book, says(9, Status.REPORTED, witness, 5))[0].expected == "nobody between"
    assert problems(book, says(9, Status.REPORTED, 8, 6))[0].expected == "source 5 first"


def test_evidence_is_not_for_evidence(book: Book) -> None:
    assert problems(book, Evidence(book.evidence(11)))[0].where == "about"


# Header and parts


def test_the_recorder_is_one_of_this_ledger(book: Book) -> None:
    for recorder in (None, 5, 99, -1):
        (found,) = problems(book, says(), recorder=recorder)
        assert (found.where, found.why) == ("recorder", "is no recorder of this ledger")


def test_only_a_recorder_takes_itself_down(book: Book) -> None:
    here = len(book.entries)
    assert [each.where for each in problems(book, Claim(4), recorder=here)] == ["recorder"]
    assert [each.where for each in problems(book, Recorder(), recorder=1)] == ["recorder"]


@pytest.mark.parametrize("key", ["", "xyz", "0" * 31, "A" * 32, "0" * 33])
def test_a_key_is_32_hex_digits(book: Book, key: str) -> None:
    assert [each.where for each in problems(book, says(), key=key)] == ["key"]
    assert problems(book, says(), key="0f" * 16) == []


def test_entry_0_is_the_opening() -> None:
    opening = Entry(0, at("12:00"), None, Opening("example.org/desk", "Europe/Paris"))
    assert check(opening, Fold()) == []
    assert [each.where for each in check(Entry(0, at("12:00"), 0, Story(), {Part.NAME: REF}), Fold())] == [
        "kind",
        "recorder",
    ]


@pytest.mark.parametrize(
    ("origin", "zone", "where"),
    [
        ("", "UTC", ["origin"]),
        ("a b", "UTC", ["origin"]),
        ("a+b", "UTC", ["origin"]),
        ("a\x00b", "UTC", ["origin"]),
        ("a\x7fb", "UTC", ["origin"]),
        ("a\nb", "UTC", ["origin"]),
        ("a\ud800", "UTC", ["origin"]),
        ("a" * 201, "UTC", ["origin"]),
        ("a" * 200, "UTC", []),
        ("a", "Paris", ["zone"]),
        ("", "", ["origin", "zone"]),
    ],
)
def test_the_opening_names_the_log_and_the_zone(origin: str, zone: str, where: list[str]) -> None:
    found = check(Entry(0, at("12:00"), None, Opening(origin, zone)), Fold())
    assert [each.where for each in found] == where


@pytest.mark.parametrize(
    ("body", "parts", "where", "why"),
    [
        (Claim(4), [], "text", "is missing; every claim has one"),
        (Wording(9), [], "text", "is missing; every wording has one"),
        (Story(), [], "name", "is missing; every story has one"),
        (Recorder(), [], "name", "is missing; every recorder has one"),
        (Source(SourceKind.PERSON), [], "name", "is missing; every source has one"),
        (Evidence(11), [], "evidence", "is missing; every evidence has one"),
        (Claim(4), [Part.TEXT, Part.QUOTE], "quote", "does not belong to a claim"),
        (Story(), [Part.NAME, Part.NOTE], "note", "does not belong to a story"),
        (says(), [Part.NAME], "name", "does not belong to a statement"),
        (Hold(9), [Part.URL], "url", "does not belong to a hold"),
    ],
)
def test_parts_belong_to_kinds(book: Book, body: Body, parts: list[Part], where: str, why: str) -> None:
    assert [(each.where, each.why) for each in problems(book, body, parts)] == [(where, why)]


# Warnings


def warnings(book: Book, body: Body) -> list[str]:
    return warn(draft(book, body), replay(book.entries))


def test_an_undated_statement_after_a_dated_one_will_not_speak(book: Book) -> None:
    undated = "undated: it will not speak, since the same source has a dated word on this claim"
    assert warnings(book, says(9, Status.DENIED, 8, 5, said=None)) == [undated]
    assert warnings(book, says(9, Status.DENIED, 8, 5)) == []
    assert warnings(book, says(10, Status.DENIED, 8, 5, said=None)) == []
    assert warnings(book, says(9, Status.DENIED, 5, said=None)) == []
    book.say(9, "denied", 7, said="12:00")
    assert warnings(book, says(9, Status.REPORTED, 6, said=None)) == [undated], "the ministry is the spokesman's root"
    book.retract(11)
    assert warnings(book, says(9, Status.DENIED, 8, 5, said=None)) == []


def test_a_circle_of_corrections_is_taken_with_a_warning(book: Book) -> None:
    third = book.claim(4)
    first = book.say(9, "corrected", 5, said="12:00", to=10)
    book.say(10, "superseded", 6, said="12:00", to=third)
    circle = [f"claims {third} and 9 now lead to each other; while they do, neither holds"]
    closing = says(third, Status.CORRECTED, 6, to=9)
    assert problems(book, closing) == []
    assert warnings(book, closing) == circle
    assert warnings(book, says(third, Status.CORRECTED, 6, to=book.claim(4))) == []
    book.retract(first)
    assert warnings(book, closing) == []


def test_a_grant_to_a_spokesperson_is_the_body_s(book: Book) -> None:
    assert warnings(book, Authority(7, story=4)) == ["source 7 speaks for source 6: the authority is that body's"]
    assert warnings(book, Authority(6, story=4)) == []
