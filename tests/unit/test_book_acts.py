"""The façade's acts: what a desk does after the first word, each with the state that follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.book import Ledger, Receipt
from ledger.errors import LedgerError, Misused, Rejected, Unclear
from ledger.model import Document
from ledger.vocabulary import Mistake, Part, Reason, SourceKind, State, Status
from tests.newsroom import ONE, SECOND, STORY, Newsroom, at
from tests.stored import dump


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    """4 story, 5 claim, 6 Reuters, 7 the police source, 8 its word through Reuters at 22:30."""
    made = Newsroom.founded(tmp_path)
    assert made.say(SECOND, Status.REPORTED, "a police source", "22:30", via=["Reuters"]).index == 8
    yield made
    made.ledger.close()


def refused(room: Newsroom, act: Callable[[], object], *why: str, kind: type[LedgerError] = Rejected) -> LedgerError:
    before = dump(room.path)
    with pytest.raises(kind) as caught:
        act()
    assert dump(room.path) == before, "a refused act changes nothing"
    told = "\n".join([caught.value.message, *map(str, caught.value.problems)])
    assert all(each in told for each in why), told
    assert caught.value.next
    return caught.value


def sources(ledger: Ledger) -> dict[str, SourceKind]:
    return {row.name: row.kind for row in ledger.sources()}


# Sources


def test_a_police_source_of_each_outlet_and_each_story_is_its_own(room: Newsroom) -> None:
    """Through Reuters and through AFP they are two; in another story a third; told directly a fourth."""
    room.say(5, Status.REPORTED, "a police source", "22:31", via=["AFP"])
    room.say("It was so", Status.REPORTED, "a police source", "22:32", via=["Reuters"], story="elsewhere")
    room.say(5, Status.REPORTED, "a police source", "22:33")
    room.say(5, Status.DENIED, "A Police Source", "22:34", via=["Reuters", "AFP"])
    lines = [line for line in room.ledger.sources() if line.name == "a police source"]
    assert [(line.relayer, line.story) for line in lines] == [
        ("Reuters", STORY),
        ("AFP", STORY),
        ("Reuters", "elsewhere"),
        (None, STORY),
    ]
    assert room.buckets(5)[8] == "overtaken", "through Reuters it spoke twice"


def test_several_sources_of_one_name_have_to_be_named_by_index(room: Newsroom) -> None:
    room.say(5, Status.REPORTED, "a police source", "22:31", via=["AFP"])
    error = refused(room, lambda: room.ledger.vet("a police source", True), "several sources", kind=Unclear)
    assert isinstance(error, Unclear)
    assert [each.text for each in error.candidates] == [
        f"a police source, through Reuters, in {STORY}",
        f"a police source, through AFP, in {STORY}",
    ]
    assert room.ledger.vet(7, True).index


def test_a_known_kind_of_unnamed_source_need_not_be_said_again(room: Newsroom) -> None:
    receipt = room.ledger.record(
        5, Status.REPORTED, by="a police source", via=["AFP"], via_kinds=[SourceKind.AGENCY], said=at("22:40")
    )
    assert "new source 10: a police source (unnamed)" in receipt.remarks


def test_the_same_name_as_another_kind_is_refused(room: Newsroom) -> None:
    refused(
        room,
        lambda: room.say(5, Status.DENIED, "Reuters", "22:40", by_kind=SourceKind.ACCOUNT),
        "by: 'Reuters': is known as source 6, of kind agency, not account",
    )
    refused(room, lambda: room.ledger.add_source("reuters", SourceKind.ACCOUNT), "is here already, as entry 6")


def test_more_kinds_than_new_sources(room: Newsroom) -> None:
    refused(
        room,
        lambda: room.say(5, Status.DENIED, "AFP", "22:40", via=["Reuters"], via_kinds=[SourceKind.AGENCY] * 2),
        "more kinds than new sources",
        kind=Misused,
    )


def test_kinds_go_with_every_relayer_or_with_the_new_ones(room: Newsroom) -> None:
    """Reuters is known, Le Monde and BFM are new."""
    ledger, agency = room.ledger, SourceKind.AGENCY
    paper, broadcaster = SourceKind.NEWSPAPER, SourceKind.BROADCASTER
    room.say(5, Status.REPORTED, "Reuters", "22:40", via=["Le Monde"], via_kinds=[paper])
    room.say(5, Status.REPORTED, "a police source", "22:41", via=["Reuters", "BFM"], via_kinds=[broadcaster])
    room.say(5, Status.REPORTED, "a police source", "22:42", via=["Reuters", "AFP"], via_kinds=[agency, agency])
    assert {name: str(kind) for name, kind in sources(ledger).items()} == {
        "desk": "desk",
        "Reuters": "agency",
        "a police source": "unnamed",
        "Le Monde": "newspaper",
        "BFM": "broadcaster",
        "AFP": "agency",
    }
    refused(
        room,
        lambda: room.say(5, Status.DENIED, "AFP", "22:43", via=["Reuters"], via_kinds=[paper]),
        "via: 'Reuters': is known as source 6, of kind agency, not newspaper",
    )


def test_a_spokesperson_speaks_for_the_body(room: Newsroom) -> None:
    """Brandet denies through BFM at 22:57; the ministry itself confirmed at 22:40: its later word is his."""
    room.say(5, Status.CONFIRMED, "Interior Ministry", "22:40")
    room.say(5, Status.DENIED, "Pierre-Henry Brandet", "22:57", via=["BFM"], by_group="Interior Ministry")
    why = room.ledger.why(5)
    assert why.row.state is State.DISPUTED
    assert why.row.against == ("Interior Ministry",)
    assert [(line.source, line.root, line.via) for line in why.statements][-1] == (
        "Pierre-Henry Brandet",
        "Interior Ministry",
        ("BFM",),
    )
    assert {row.name: row.group for row in room.ledger.sources()}["Pierre-Henry Brandet"] == "Interior Ministry"
    refused(
        room,
        lambda: room.say(5, Status.DENIED, "Pierre-Henry Brandet", "23:00", by_group="Reuters"),
        "is known as source",
        "does not speak for 'Reuters'",
    )


def test_groups_can_be_changed_and_left(room: Newsroom) -> None:
    ledger = room.ledger
    ledger.add_source("Interior Ministry", SourceKind.OFFICIAL)
    ledger.add_source("Brandet", SourceKind.SPOKESPERSON, group="Interior Ministry")
    room.say(5, Status.DENIED, "Brandet", "22:57")
    assert ledger.why(5).row.against == ("Interior Ministry",)
    ledger.group("Brandet", None)
    assert ledger.why(5).row.against == ("Brandet",)
    ledger.group("Brandet", "Reuters")
    assert ledger.why(5).row.against == ("Reuters",)
    refused(room, lambda: ledger.group("Brandet", 7), "of a kind that nobody speaks for")
    refused(room, lambda: ledger.group("Reuters", "Interior Ministry"), "groups have one level")
    refused(room, lambda: ledger.group("Brandet", "Nobody Known"), "no such source", kind=Unclear)


def test_a_source_is_added_on_its_own(room: Newsroom) -> None:
    receipt = room.ledger.add_source("Inès", SourceKind.WITNESS, via="Reuters", story="elsewhere", note="by phone")
    assert receipt.wrote == (9, 10)
    assert (receipt.claim, receipt.state) == (None, None)
    refused(room, lambda: room.ledger.add_source("Inès", SourceKind.WITNESS, via="Reuters", story="elsewhere"), "here")
    refused(room, lambda: room.ledger.add_source("Karim", SourceKind.WITNESS), "belongs to one story")
    refused(room, lambda: room.ledger.add_source("we", SourceKind.DESK), "the desk is made when the ledger is opened")


def test_a_new_record_of_a_source_changes_its_standing(room: Newsroom) -> None:
    room.say(5, Status.DENIED, "François Hollande", "22:40")
    assert room.state(5) == "unverified"
    room.ledger.amend_source("François Hollande", SourceKind.OFFICIAL)
    assert sources(room.ledger)["François Hollande"] is SourceKind.OFFICIAL
    assert room.state(5) == "disputed"
    refused(room, lambda: room.ledger.amend_source("desk", SourceKind.AGENCY), "the desk stays the desk")
    refused(room, lambda: room.ledger.amend_source(7, SourceKind.PERSON), "told apart differently")


# Taking back


def test_a_source_takes_its_word_back_with_the_same_chain(room: Newsroom) -> None:
    """Reuters pulls its story on the police source."""
    receipt = room.ledger.take_back(8, said=at("22:50"), why=Reason.SOURCE_WITHDREW, quote="we no longer stand by it")
    assert (receipt.claim, receipt.state) == (5, State.RETRACTED)
    line = room.ledger.why(5).statements[-1]
    assert (line.source, line.via, line.status) == ("a police source", ("Reuters",), Status.WITHDRAWN)
    assert (line.why, line.quote) == ("source-withdrew", "we no longer stand by it")
    assert room.buckets(5) == {8: "overtaken", 9: "neutral"}
    refused(room, lambda: room.ledger.take_back(5, said=at("22:50")), "entry 5: is no statement")


def test_the_desk_takes_its_own_mistake_back_and_forth(room: Newsroom) -> None:
    denial = room.say(5, Status.DENIED, "AFP", "22:40")
    assert denial.state is State.DISPUTED
    retraction = room.ledger.retract(denial.index, Mistake.MISHEARD, note="she said injured")
    assert (retraction.claim, retraction.state) == (5, State.UNVERIFIED)
    assert room.buckets(5)[denial.index] == "retracted"
    refused(room, lambda: room.ledger.retract(denial.index, Mistake.OTHER), f"retract {retraction.index} to bring it")
    again = room.ledger.retract(retraction.index, Mistake.OTHER)
    assert (again.claim, again.state) == (5, State.DISPUTED)
    live = {line.index: line.live for line in room.ledger.log()}
    assert (live[denial.index], live[retraction.index], live[again.index]) == (True, False, True)


@pytest.mark.parametrize("target", [0, 1, 2, 4, 5, 6])
def test_what_cannot_be_retracted(room: Newsroom, target: int) -> None:
    refused(room, lambda: room.ledger.retract(target, Mistake.OTHER), f"entry {target} is a", "cannot be retracted")


def test_retracting_the_policy_brings_the_one_before_back(room: Newsroom) -> None:
    ledger = room.ledger
    room.say(5, Status.REPORTED, "AFP", "22:40")
    receipt = ledger.set_policy(1, note="a quiet night")
    assert (ledger.policy().quorum, room.state(5)) == (1, "corroborated")
    ledger.retract(receipt.index, Mistake.OTHER)
    assert (ledger.policy().quorum, room.state(5)) == (2, "unverified")
    refused(room, lambda: ledger.set_policy(0), "must be 1 or more")


# Moving


def test_a_move_keeps_all_that_was_said(room: Newsroom) -> None:
    document = Document(url="https://example.org/photo", size=4)
    said = room.say(
        5,
        Status.DENIED,
        "a police source",
        "22:40",
        via=["Reuters", "AFP"],
        quote="only one",
        note="by telephone",
        url="https://example.org/1",
        evidence=document,
        internal=[Part.NOTE],
        key="0f" * 16,
    )
    receipt = room.ledger.move(said.index, to=ONE, note="it was about the first officer", new=True)
    retraction, claim, again = receipt.wrote
    assert (receipt.index, receipt.claim) == (again, claim)
    old, new = room.ledger.why(5).statements[-1], room.ledger.why(ONE).statements[0]
    assert (old.bucket.value, new.index) == ("retracted", again)
    for name in ("status", "source", "via", "said", "quote", "note", "url"):
        assert getattr(new, name) == getattr(old, name) is not None, name
    assert room.ledger.why(ONE).row.evidence == ("https://example.org/1", "https://example.org/photo")
    assert room.ledger.why(5).row.evidence == ()
    assert room.buckets(5) == {8: "counted", said.index: "retracted"}
    assert room.ledger.retract(retraction, Mistake.OTHER).claim == 5
    assert room.ledger.verify().ok


def test_a_moved_note_stays_internal(room: Newsroom) -> None:
    said = room.say(5, Status.DENIED, "AFP", "22:40", note="secret", url="https://example.org", internal=[Part.NOTE])
    again = room.ledger.move(said.index, to=ONE, new=True).index
    with room.ledger._store.reading() as reader:
        seen = {part: str(ref.visibility) for part, ref in reader.entry(again).parts.items()}
    assert seen == {Part.NOTE: "internal", Part.URL: "public"}


def test_a_move_is_done_as_a_whole_or_not_at_all(room: Newsroom) -> None:
    target = room.say(ONE, Status.REPORTED, "AFP", "21:20")
    word = room.say(5, Status.CORRECTED, "AFP", "22:40", to=ONE)
    refused(room, lambda: room.ledger.move(word.index, to=target.claim or 0), "cannot be corrected to itself")
    refused(room, lambda: room.ledger.move(word.index, to="One police officer"), "just these words", kind=Unclear)
    refused(room, lambda: room.ledger.move(word.index, to="x" * 10_001), "10,001 characters")
    refused(room, lambda: room.ledger.move(word.index, to=6), "not a claim")
    refused(room, lambda: room.ledger.move(6, to=5), "is no statement")
    room.ledger.retract(word.index, Mistake.OTHER)
    refused(room, lambda: room.ledger.move(word.index, to=5), "is retracted already")


# Claims


def test_a_hold_is_a_flag_beside_the_state(room: Newsroom) -> None:
    held = room.ledger.hold(SECOND, note="family not told")
    assert (held.claim, held.state) == (5, State.UNVERIFIED)
    assert [(row.state, row.held) for row in room.ledger.board()] == [(State.UNVERIFIED, True)]
    release = room.ledger.release(5)
    assert [row.held for row in room.ledger.board()] == [False]
    room.ledger.retract(release.index, Mistake.OTHER)
    assert [row.held for row in room.ledger.board()] == [True]
    refused(room, lambda: room.ledger.hold("Something else altogether"), "no such claim")
    refused(room, lambda: room.ledger.hold("second police officer"), "just these words", kind=Unclear)


def test_two_claims_are_one(room: Newsroom) -> None:
    other = room.say("Two officers are dead", Status.REPORTED, "AFP", "22:35")
    room.say("Two officers are dead", Status.REPORTED, "BFM", "22:36")
    receipt = room.ledger.same(5, "Two officers are dead")
    assert (receipt.claim, receipt.state) == (other.claim, State.CORROBORATED)
    assert [row.claim for row in room.ledger.board()] == [other.claim]
    why = room.ledger.why(5)
    assert (why.folded_from, why.row.claim) == (5, other.claim)
    assert [line.on for line in why.statements] == [5, other.claim, other.claim]
    onto = room.say(5, Status.DENIED, "Le Monde", "22:50")
    assert onto.state is State.DISPUTED
    assert f"claim 5 counts under claim {other.claim}" in onto.remarks
    refused(room, lambda: room.ledger.same(other.claim or 0, 5), "makes a circle")
    refused(room, lambda: room.ledger.same(5, 5), "the same as itself already")


def test_a_new_text_and_a_translation(room: Newsroom) -> None:
    french = "Un deuxième policier a été tué"
    translated = room.ledger.wording(5, french, lang="fr")
    assert (translated.claim, translated.state) == (5, State.UNVERIFIED)
    assert room.ledger.why(5).row.text == SECOND, "a translation is not the text"
    room.ledger.wording(SECOND, "  A second officer of the police was killed ")
    assert room.ledger.why(5).row.text == "A second officer of the police was killed"
    assert [(line.lang, line.text) for line in room.ledger.why(5).wordings] == [
        ("fr", french),
        (None, "A second officer of the police was killed"),
    ]
    for words in (french, SECOND, "a second officer of the police was killed"):
        assert room.ledger.why(words).row.claim == 5
    room.ledger.retract(room.ledger.size - 1, Mistake.MISTYPED)
    assert room.ledger.why(5).row.text == SECOND
    refused(room, lambda: room.ledger.wording(5, "x", lang="French"), "no language tag")
    refused(room, lambda: room.ledger.wording(5, ""), "is empty")


# Authority and vetting


def test_authority_over_a_story_and_over_a_claim(room: Newsroom) -> None:
    ledger = room.ledger
    room.say(5, Status.DENIED, "Interior Ministry", "22:57")
    over_story = ledger.grant("Interior Ministry", story=STORY)
    assert (over_story.claim, over_story.state) == (None, None)
    assert ledger.why(5).row.because.startswith("denied: Interior Ministry (authority), 22:57")
    over_claim = ledger.grant("Interior Ministry", claim=SECOND, note="for tonight")
    assert (over_claim.claim, over_claim.state) == (5, State.DENIED)
    assert [(row.index, row.source, row.story, row.claim) for row in ledger.authorities()] == [
        (over_story.index, "Interior Ministry", STORY, None),
        (over_claim.index, "Interior Ministry", None, 5),
    ]
    assert [row.index for row in ledger.authorities(story=STORY)] == [over_story.index]
    assert [row.index for row in ledger.authorities(claim=5)] == [over_claim.index]
    ledger.revoke("Interior Ministry", story=STORY)
    assert [row.index for row in ledger.authorities()] == [over_claim.index]
    ledger.revoke("Interior Ministry", claim=5)
    assert ledger.why(5).row.because.startswith("disputed")
    refused(room, lambda: ledger.revoke("Interior Ministry", claim=5), "has no such authority")


def test_every_live_grant_is_revoked_at_once(room: Newsroom) -> None:
    for _ in range(3):
        room.ledger.grant("Reuters", story=STORY)
    assert len(room.ledger.revoke("Reuters", story=STORY).wrote) == 3
    assert room.ledger.authorities() == []


def test_authority_is_over_one_thing(room: Newsroom) -> None:
    ledger = room.ledger
    for scope in ({}, {"story": STORY, "claim": 5}):
        refused(room, lambda scope=scope: ledger.grant("Reuters", **scope), "over what is not clear", kind=Misused)
        refused(room, lambda scope=scope: ledger.revoke("Reuters", **scope), "over what is not clear", kind=Misused)
    refused(room, lambda: ledger.grant("Reuters", story="elsewhere"), "no such story")
    refused(room, lambda: ledger.grant("Nobody Known", story=STORY), "no such source", kind=Unclear)


def test_a_grant_to_a_spokesperson_is_the_body_s_and_says_so(room: Newsroom) -> None:
    ledger = room.ledger
    ledger.add_source("Interior Ministry", SourceKind.OFFICIAL)
    ledger.add_source("Brandet", SourceKind.SPOKESPERSON, group="Interior Ministry")
    receipt = ledger.grant("Brandet", story=STORY)
    assert receipt.remarks == ("source 10 speaks for source 9: the authority is that body's",)
    assert ledger.authorities()[0].root == "Interior Ministry"
    assert room.say(5, Status.CONFIRMED, "Interior Ministry", "22:57").state is State.CONFIRMED


def test_vetting_in_general_and_on_one_claim(room: Newsroom) -> None:
    ledger = room.ledger
    room.say(5, Status.REPORTED, "AFP", "22:40")
    assert room.state(5) == "unverified"
    general = ledger.vet(7, True)
    assert (general.claim, general.state) == (None, None)
    assert room.state(5) == "corroborated"
    assert {row.index: row.vetted for row in ledger.sources()}[7] is True
    on_claim = ledger.vet("AFP", False, claim=5)
    assert (on_claim.claim, on_claim.state) == (5, State.UNVERIFIED)
    assert {row.name: row.vetted for row in ledger.sources()}["AFP"] is True, "in general it is still vetted"
    assert room.buckets(5)[on_claim.index - 2] == "unvetted"
    ledger.vet("AFP", True, claim=5)
    assert room.state(5) == "corroborated"
    ledger.vet(7, False)
    assert room.state(5) == "unverified"
    refused(room, lambda: ledger.vet("desk", False), "the desk is not vetted")


def test_a_receipt_says_the_state_that_followed(room: Newsroom) -> None:
    """Every act on a claim answers what the board then says."""
    ledger = room.ledger
    acts: list[Callable[[], Receipt]] = [
        lambda: room.say(5, Status.DENIED, "AFP", "22:40"),
        lambda: ledger.hold(5),
        lambda: ledger.grant("AFP", claim=5),
        lambda: ledger.vet("AFP", False, claim=5),
        lambda: ledger.revoke("AFP", claim=5),
        lambda: ledger.retract(10, Mistake.OTHER),
        lambda: ledger.take_back(8, said=at("23:00")),
        lambda: ledger.wording(5, "A second one was killed"),
        lambda: ledger.release(5),
    ]
    states = []
    for act in acts:
        receipt = act()
        row = ledger.why(receipt.claim or 0).row
        assert (receipt.state, receipt.because) == (row.state, row.because)
        states.append(str(receipt.state))
    assert states == [*["disputed"] * 2, "denied", "denied", *["unverified"] * 2, *["retracted"] * 3]
