"""A history from its bytes alone: each finding names its entry, and nobody is blamed for what stands before them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from ledger.encoding import canonical, encode_content, encode_entry, reference_to, sha256
from ledger.errors import Problem
from ledger.examination import Examination
from ledger.model import Content, Entry, Retract, Statement, Unknown
from ledger.resolver import replay
from ledger.vocabulary import Mistake, Part, Status
from tests.ledgers import Book
from tests.stored import dressed, night

NIGHT = night()
LAST = len(NIGHT) - 1


@dataclass
class Examined:
    """An examination, and its findings as they are shown."""

    history: Examination
    found: list[str] = field(default_factory=list)


def parts_of(entry: Entry) -> tuple[bytes, dict[str, bytes]]:
    """A leaf with its contents, as bytes."""
    given, contents = dressed(entry)
    return encode_entry(given), {part.value: encode_content(content) for part, content in contents.items()}


def examined(
    entries: Sequence[Entry],
    leaves: Mapping[int, Any] | None = None,
    contents: Mapping[int, Mapping[str, Any]] | None = None,
) -> Examined:
    """Examine a history, with other bytes in the place of some."""
    told: list[Problem] = []
    history = Examination(told.append)
    for index, entry in enumerate(entries):
        leaf, given = parts_of(entry)
        history.take(index, (leaves or {}).get(index, leaf), (contents or {}).get(index, given))
    return Examined(history, [str(problem) for problem in told])


def leaf(entry: Entry, **fields: Any) -> bytes:
    """The leaf of an entry with other fields, whatever they are."""
    return canonical(json.loads(parts_of(entry)[0]) | fields)


def books() -> tuple[Book, int, int, int]:
    """A book with a story, an agency and a claim."""
    book = Book()
    story = book.story()
    return book, story, book.source("agency"), book.claim(story)


def test_a_history_that_keeps_the_rules() -> None:
    done = examined(NIGHT)
    assert (done.found, done.history.whole) == ([], True)
    assert (done.history.absent, done.history.unknown, done.history.unjudged) == ([], [], 0)
    expected = replay(dressed(entry)[0] for entry in NIGHT)
    assert done.history.fold.voices == expected.voices
    assert done.history.fold.tallies == expected.tallies
    assert [done.history.entries.entry(index) for index in range(len(NIGHT))] == [dressed(each)[0] for each in NIGHT]


def test_what_is_taken_is_given_back() -> None:
    """The entry, and those of its contents that are right."""
    history = Examination([].append)
    for entry in NIGHT[:9]:
        leaf, given = parts_of(entry)
        taken, contents = history.take(entry.index, leaf, given | {"note": b"none of its own"})
        assert (taken, contents) == dressed(entry)


def test_no_history_is_whole() -> None:
    assert Examination([].append).whole


@pytest.mark.parametrize(
    ("bytes_", "why"),
    [
        (b"", "leaf: is not JSON"),
        (b"\xff", "leaf: is not UTF-8"),
        (b"{}", "leaf: is of format None"),
        (b'{"format":1}', "leaf: "),
        (b"[" * 9000, "leaf: "),
        ("text", "leaf: "),
        (None, "leaf: "),
        (5, "leaf: "),
    ],
)
def test_a_leaf_that_cannot_be_read(bytes_: Any, why: str) -> None:
    """It is told, and those that name it are counted."""
    book, _, agency, claim = books()
    book.say(claim, "reported", agency)
    book.claim(4)
    done = examined(book.entries, {agency: bytes_})
    [found] = done.found
    assert found.startswith(f"entry {agency}: {why}")
    assert (done.history.unjudged, done.history.whole) == (1, False)
    assert done.history.entries.entry(8) == dressed(book.entries[8])[0], "what does not build on it is taken"


@pytest.mark.parametrize("target", [8, 9, 10, 2**53 - 1])
def test_an_entry_that_names_itself_or_a_later_one(target: int) -> None:
    """A leaf that retracts itself, or what comes after it: no order makes sense of it, and nothing loops."""
    book, _, agency, claim = books()
    mistake = book.say(claim, "reported", agency)
    book.retract(mistake)
    book.retract(mistake)
    book.entries[9] = replace(book.entries[9], body=Retract(target - 1, Mistake.OTHER))
    own = leaf(book.entries[8], target=target)
    done = examined(book.entries[:9], {8: own})
    assert done.found == [f"entry 8: target: entry {target} does not exist yet; the ledger has entries 0 to 7"]
    assert (done.history.whole, done.history.unjudged) == (False, 0)


@pytest.mark.parametrize(
    ("kind", "fields", "where"),
    [
        ("claim", {"story": 9}, "story"),
        ("claim", {"story": 7}, "story"),
        ("statement", {"claim": 8}, "claim"),
        ("statement", {"chain": [8]}, "speaker"),
        ("statement", {"chain": [5, 8]}, "via"),
        ("evidence", {"about": 8}, "about"),
    ],
)
def test_a_reference_forward(kind: str, fields: dict[str, Any], where: str) -> None:
    book, story, agency, claim = books()
    book.say(claim, "reported", agency)
    at = {"claim": lambda: book.claim(story), "statement": lambda: book.say(claim, "denied", agency)}
    index = at.get(kind, lambda: book.evidence(claim))()
    ahead = {
        k: [v[0] if len(v) > 1 else index, *([index] if len(v) > 1 else [])] if isinstance(v, list) else index
        for k, v in fields.items()
    }
    done = examined(book.entries, {index: leaf(book.entries[index], **ahead)})
    why = f"entry {index} does not exist yet; the ledger has entries 0 to {index - 1}"
    assert done.found == [f"entry {index}: {where}: {why}"]


def test_a_bad_entry_is_blamed_and_those_that_build_on_it_are_counted() -> None:
    """A claim in no story; a statement on it, its retraction, and the retraction of that."""
    book, story, agency, claim = books()
    bad = book.claim(story)
    book.retract(book.retract(book.say(bad, "reported", agency)))
    good = book.say(claim, "denied", agency)
    done = examined(book.entries, {bad: leaf(book.entries[bad], story=agency)})
    assert done.found == [f"entry {bad}: story: entry {agency} is no story (got a source)"]
    assert (done.history.unjudged, done.history.whole) == (3, False)
    assert done.history.entries.entry(good).index == good
    with pytest.raises(KeyError):
        done.history.entries.entry(bad)


def test_two_bad_entries_are_both_blamed() -> None:
    book, story, agency, claim = books()
    first, second = book.claim(story), book.say(claim, "denied", agency)
    done = examined(
        book.entries,
        {first: leaf(book.entries[first], story=agency), second: leaf(book.entries[second], claim=story)},
    )
    assert done.found == [
        f"entry {first}: story: entry {agency} is no story (got a source)",
        f"entry {second}: claim: entry {story} is no claim (got a story)",
    ]
    assert done.history.unjudged == 0


def test_a_recorder_that_cannot_be_read_leaves_all_unjudged() -> None:
    done = examined(NIGHT, {1: b"{}"})
    assert len(done.found) == 1
    assert done.history.unjudged == LAST - 1


@pytest.mark.parametrize("lost", [False, True])
def test_what_an_act_that_was_lost_may_have_allowed_is_not_blamed(lost: bool) -> None:
    """Retracted; that retracted, which we cannot read; and retracted again. Had nothing been between, it were wrong."""
    book, _, agency, claim = books()
    mistake = book.say(claim, "reported", agency)
    first = book.retract(mistake)
    between = book.retract(first) if lost else book.hold(claim)
    again = book.retract(mistake)
    done = examined(book.entries, {between: b"{}"} if lost else {})
    if lost:
        assert [each.split(":")[0] for each in done.found] == [f"entry {between}"]
        assert done.history.unjudged == 1
    else:
        why = f"entry {mistake} is retracted already, by entry {first}; retract {first} to bring it back"
        assert done.found == [f"entry {again}: target: {why}"]


@pytest.mark.parametrize("lost", [False, True])
def test_who_speaks_for_whom_is_not_guessed(lost: bool) -> None:
    """The ministry speaks for the agency until an act that we cannot read; then another speaks for it."""
    book, story, agency, _ = books()
    ministry, speaker = book.source("official"), book.source("spokesperson")
    book.group(ministry, agency)
    ungrouped = book.group(ministry, None) if lost else book.claim(story)
    grouped = book.group(speaker, ministry)
    done = examined(book.entries, {ungrouped: b"{}"} if lost else {})
    blamed = f"entry {grouped}" in {each.split(":")[0] for each in done.found}
    assert blamed is not lost
    assert done.history.unjudged == lost


def test_what_no_act_could_have_allowed_is_blamed_all_the_same() -> None:
    """Behind a leaf that cannot be read, a withdrawal has no time."""
    book, _, agency, claim = books()
    book.hold(claim)
    bad = book.say(claim, "withdrawn", agency)
    done = examined(book.entries, {7: b"{}"})
    assert done.found[1:] == [f"entry {bad}: said: a withdrawal needs its time, since it speaks only from then on"]


def test_a_gap_makes_nobody_guilty() -> None:
    """Entry 5 was never given: who names it is counted, and it is the caller's to say that it is missing."""
    told: list[Problem] = []
    history = Examination(told.append)
    for entry in NIGHT:
        if entry.index != 5:
            history.take(entry.index, *parts_of(entry))
    assert (told, history.whole) == ([], False)
    assert history.unjudged > 0


def test_entries_that_are_skipped() -> None:
    told: list[Problem] = []
    history = Examination(told.append)
    for entry in NIGHT[:20]:
        history.take(entry.index, *parts_of(entry))
    history.skip(range(20, 20))
    assert history.whole
    history.skip(range(20, LAST))
    assert not history.whole
    history.take(LAST, *parts_of(NIGHT[LAST]))
    assert (told, history.unjudged) == ([], 0)
    assert history.entries.entry(LAST).index == LAST


def test_a_leaf_in_the_place_of_another() -> None:
    done = examined(NIGHT, {LAST: parts_of(NIGHT[LAST - 2])[0]})
    assert done.found[0].startswith(f"entry {LAST}: content") or "leaf: is that of another entry" in done.found[0]
    assert f"entry {LAST}: leaf: is that of another entry (got the leaf of entry {LAST - 2})" in done.found
    assert not done.history.whole


def test_a_second_opening() -> None:
    opening = json.loads(parts_of(NIGHT[0])[0]) | {"index": LAST, "recorded": "2017-04-20T23:59:00.000000Z"}
    done = examined(NIGHT, {LAST: canonical(opening)}, {LAST: {}})
    assert done.found == [f"entry {LAST}: kind: a ledger has one opening, and it is entry 0 (got entry {LAST})"]


def test_a_history_without_an_opening() -> None:
    """Nothing in it can be built on what is not there, and it is the first that is blamed."""
    book = Book()
    story = replace(book.entries[1], index=0, recorder=0)
    told: list[Problem] = []
    history = Examination(told.append)
    history.take(0, *parts_of(story))
    assert [str(each) for each in told] == ["entry 0: kind: a ledger has one opening, and it is entry 0 (got entry 0)"]


def test_a_clock_that_goes_back() -> None:
    early = replace(NIGHT[LAST], recorded=NIGHT[LAST].recorded - timedelta(days=1))
    assert examined([*NIGHT[:LAST], early]).found == [
        f"entry {LAST}: recorded: is before that of the entry before it "
        "(expected 2017-04-20T23:20:00.000000Z or later, got 2017-04-19T23:20:00.000000Z)"
    ]


def test_a_key_that_is_taken() -> None:
    book, _, agency, claim = books()
    first, second = book.say(claim, "reported", agency), book.say(claim, "denied", agency)
    done = examined(book.entries, {second: leaf(book.entries[second], key=f"{first:032x}")})
    assert done.found == [f"entry {second}: key: is taken by entry {first} (got '{first:032x}')"]


# Names


def named(book: Book, names: Mapping[int, str], withheld: Sequence[int] = ()) -> Examined:
    """Examine a book whose entries have these names or texts."""
    told: list[Problem] = []
    history = Examination(told.append)
    for entry in book.entries:
        given, contents = dressed(entry)
        if entry.index in names:
            part = Part.TEXT if entry.word in ("claim", "wording") else Part.NAME
            contents = {**contents, part: Content(f"{entry.index:064x}", names[entry.index])}
            given = replace(given, parts={each: reference_to(content) for each, content in contents.items()})
        stored = {part.value: encode_content(content) for part, content in contents.items()}
        history.take(entry.index, encode_entry(given), {} if entry.index in withheld else stored)
    return Examined(history, [str(problem) for problem in told])


def test_a_claim_of_the_same_words() -> None:
    """In the same story it is the same claim; in another story it is another."""
    book, story, _, claim = books()
    other, second = book.claim(story), book.story()
    book.claim(second)
    words = {claim: "One was killed", other: "ONE was killed!", 9: "One was killed"}
    done = named(book, words)
    assert done.found == [f"entry {other}: claim: is here already, as entry {claim} (got 'ONE was killed!')"]
    assert not done.history.whole


def test_names_that_are_taken() -> None:
    """One that only looks like another is none of them: it was the recorder's to be asked about that."""
    book, story, agency, _ = books()
    double, twin, mimic = book.source("agency"), book.story(), book.source("agency")
    done = named(book, {agency: "Reuters", double: "reuters", story: "paris", twin: "paris", mimic: "R\u0435uters"})
    assert done.found == [
        f"entry {double}: source: is here already, as entry {agency} (got 'reuters')",
        f"entry {twin}: story: is here already, as entry {story} (got 'paris')",
    ]
    assert done.history.entries.entry(mimic).index == mimic


def test_a_name_that_is_withheld_takes_no_other() -> None:
    """Nobody can say whether two texts are the same if one of them is not told."""
    book, story, _, claim = books()
    other = book.claim(story)
    words = {claim: "One was killed", other: "One was killed"}
    for withheld in (claim, other):
        done = named(book, words, withheld=[withheld])
        assert (done.found, done.history.absent) == ([], [(withheld, Part.TEXT)])
        assert done.history.whole, "a text that is withheld changes no state"


def test_a_name_of_an_entry_that_is_no_good_is_not_held_against_another() -> None:
    book, story, agency, _ = books()
    bad, other = book.claim(story), book.claim(story)
    book.entries[bad] = replace(book.entries[bad], body=replace(book.entries[bad].body, story=agency))
    done = named(book, {bad: "One was killed", other: "One was killed"})
    assert [each.split(":")[0] for each in done.found] == [f"entry {bad}"]
    assert done.history.unjudged == 1


def test_a_third_of_one_name_is_blamed_too() -> None:
    book, story, _, claim = books()
    second, third = book.claim(story), book.claim(story)
    done = named(book, dict.fromkeys((claim, second, third), "One was killed"))
    assert done.found == [
        f"entry {each}: claim: is here already, as entry {claim} (got 'One was killed')" for each in (second, third)
    ]


# Redactions


@pytest.mark.parametrize("lost", [False, True])
def test_a_redaction_that_cannot_be_judged_excuses_what_is_missing(lost: bool) -> None:
    """The agency that spoke cannot be read, so nobody knows whether there were such words to redact."""
    book, _, agency, claim = books()
    said = book.say(claim, "reported", agency)
    gone = book.redact(said, "note")
    done = examined(
        book.entries, {agency: b"{}"} if lost else {}, {said: {"quote": parts_of(book.entries[said])[1]["quote"]}}
    )
    assert [each.split(":")[0] for each in done.found] == [f"entry {agency}"] * lost
    assert done.history.absent == [(said, Part.NOTE)]
    assert done.history.redacted == ({} if lost else {(said, Part.NOTE): gone})
    assert done.history.maybe_redacted == ({(said, Part.NOTE)} if lost else set())


def test_a_redaction_that_breaks_the_rules_redacts_nothing() -> None:
    """Of what the entry never had; of what is gone already; and of an order that nobody would read."""
    book, _, agency, claim = books()
    said = book.say(claim, "reported", agency)
    absent, first, again = book.redact(said, "url"), book.redact(said, "note"), book.redact(said, "note")
    done = examined(book.entries)
    assert done.found == [
        f"entry {absent}: part: entry {said} has no url",
        f"entry {again}: part: the note of entry {said} is redacted already, by entry {first}",
    ]
    assert (done.history.redacted, done.history.maybe_redacted) == ({(said, Part.NOTE): first}, set())


# Unknown kinds


def test_behind_a_kind_of_a_newer_version_nothing_is_judged() -> None:
    """It may have changed anything; but bytes are bytes, and the hashes behind it are held to."""
    book, _, agency, claim = books()
    unknown = len(book.entries)
    book.add(Unknown("wager", {"claim": claim}))
    bad = book.say(claim, "withdrawn", agency)
    book.hold(claim)
    told: list[Problem] = []
    history = Examination(told.append)
    for entry in book.entries:
        given = {} if entry.index == unknown else parts_of(entry)[1]
        data = encode_entry(entry) if entry.index == unknown else parts_of(entry)[0]
        history.take(entry.index, data, given if entry.index != bad else given | {"quote": b"x"})
    [(problem)] = told
    assert str(problem).startswith(f"entry {bad}: content quote: differs from its hash")
    assert [entry.index for entry in history.unknown] == [unknown]
    assert (history.unjudged, history.whole) == (2, False)


# Contents


STATEMENT = next(entry.index for entry in NIGHT if isinstance(entry.body, Statement))
QUOTE = parts_of(NIGHT[STATEMENT])[1]["quote"]


def with_quote(data: Any) -> list[str]:
    given = parts_of(NIGHT[STATEMENT])[1]
    return examined(NIGHT, contents={STATEMENT: {**given, "quote": data}}).found


def test_a_content_that_is_not_the_one_of_the_leaf() -> None:
    where = f"entry {STATEMENT}: content quote:"
    assert with_quote(b"x") == [f"{where} differs from its hash (expected {sha256(QUOTE)}, got {sha256(b'x')})"]
    assert with_quote(QUOTE.decode()) == [f"{where} is not bytes"]


def test_contents_that_are_not_given_are_listed() -> None:
    done = examined(NIGHT, contents={STATEMENT: {"quote": None}})
    assert done.found == []
    assert done.history.absent == [(STATEMENT, Part.NOTE), (STATEMENT, Part.QUOTE)]
    assert done.history.whole


@pytest.mark.parametrize("value", [b"x", None, 5])
def test_contents_that_no_leaf_names(value: Any) -> None:
    """Whatever they are: of a part that there is, of one that there is not, and of what is no word at all."""
    given = {**parts_of(NIGHT[0])[1], "note": value, "nonsense": value, b"blob": value, 7: value}
    assert examined(NIGHT, contents={0: given}).found == [
        f"entry 0: content {word}: is not in its leaf" for word in (7, b"blob", "nonsense", "note")
    ]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("two\u202ewords", "quote: holds a character that reorders text (U+202E)"),
        (" ", "quote: is empty"),
        ("x" * 10_001, "quote: has 10,001 characters; at most 10,000 are taken"),
    ],
)
@pytest.mark.parametrize("judged", [True, False])
def test_a_text_that_no_recorder_could_have_written(value: str, why: str, judged: bool) -> None:
    """Its hash fits; it is told of an entry that cannot be judged as well."""
    content = Content("0" * 64, value)
    given, contents = dressed(NIGHT[STATEMENT])
    forged = replace(given, parts={**given.parts, Part.QUOTE: reference_to(content)})
    stored = {part.value: encode_content(each) for part, each in {**contents, Part.QUOTE: content}.items()}
    speaker = NIGHT[STATEMENT].body.chain[0]
    leaves: dict[int, bytes] = {STATEMENT: encode_entry(forged)}
    found = examined(NIGHT, leaves if judged else leaves | {speaker: b"{}"}, {STATEMENT: stored}).found
    assert [each for each in found if each.startswith(f"entry {STATEMENT}: {why}")] != []


def test_a_status_that_leads_nowhere() -> None:
    """The rules of one entry, by bytes that no program of ours writes."""
    book, _, agency, claim = books()
    bad = book.say(claim, "corrected", agency)
    assert book.entries[bad].body.status is Status.CORRECTED
    assert examined(book.entries).found == [f"entry {bad}: to: corrected needs the claim that takes its place"]
