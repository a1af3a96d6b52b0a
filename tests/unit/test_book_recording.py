"""The façade records: one act is one batch, found by words, told with its remarks, or refused as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.book import Ledger, UnknownSource
from ledger.encoding import decode_content
from ledger.errors import Misused, Problem, Rejected, Unavailable, Unclear
from ledger.model import Document
from ledger.times import Moment
from ledger.vocabulary import Mistake, Part, Precision, Reason, SourceKind, State, Status
from tests.newsroom import ONE, SECOND, STORY, Newsroom, at, counted
from tests.stored import dump, raw


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    made = Newsroom.founded(tmp_path)
    yield made
    made.ledger.close()


def first_word(room: Newsroom) -> None:
    """4 story, 5 claim, 6 Reuters, 7 the police source, 8 the statement."""
    receipt = room.say(SECOND, Status.REPORTED, "a police source", "22:30", via=["Reuters"])
    assert receipt.index == 8


# Made and opened


def test_a_ledger_opens_with_its_recorder_the_desk_and_the_policy(room: Newsroom) -> None:
    ledger = room.ledger
    assert [(line.kind, line.recorder) for line in ledger.log()] == [
        ("opening", None),
        ("recorder", "Ana"),
        ("source", "Ana"),
        ("policy", "Ana"),
    ]
    assert (ledger.size, ledger.origin, ledger.zone.key) == (4, "example.org/newsroom", "Europe/Paris")
    assert ledger.policy().quorum == 2
    assert [(row.index, row.name, row.kind) for row in ledger.sources()] == [(2, "desk", SourceKind.DESK)]
    assert ledger.board() == []
    assert ledger.verify().ok


def test_the_same_acts_with_the_same_clock_and_salts_are_the_same_bytes(tmp_path: Path) -> None:
    dumps = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        room = Newsroom.founded(tmp_path / name)
        first_word(room)
        dumps.append(dump(room.path))
        room.ledger.close()
    assert dumps[0] == dumps[1]


def test_every_part_has_a_salt_of_its_own(room: Newsroom) -> None:
    first_word(room)
    room.say(5, Status.DENIED, "AFP", "22:40", quote="no", note="no", url="https://example.org")
    with raw(room.path) as connection:
        rows = connection.execute("SELECT part, content FROM contents").fetchall()
    salts = [decode_content(Part(part), content).salt for part, content in rows]
    assert len(salts) == len(set(salts)) == 10


def test_the_machine_s_own_salts_cannot_be_guessed(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "a.db", origin="a", zone="UTC", recorder="Ana") as ledger:
        ledger.add_source("AFP", SourceKind.AGENCY, note="AFP")
    with raw(tmp_path / "a.db") as connection:
        rows = connection.execute("SELECT part, content FROM contents").fetchall()
    salts = {decode_content(Part(part), content).salt for part, content in rows}
    assert len(salts) == len(rows) == 4
    assert all(len(set(salt)) > 8 for salt in salts)


@pytest.mark.parametrize(
    ("origin", "zone", "recorder", "where"),
    [
        ("a b", "UTC", "Ana", ["origin"]),
        ("\ud800", "UTC", "Ana", ["origin"]),
        ("a", "UTC", "", ["recorder"]),
        ("a", "UTC", "Ana\x00", ["recorder"]),
        ("a", "UTC", "12", ["recorder"]),
        ("", "UTC", "", ["origin", "recorder"]),
    ],
)
def test_a_ledger_that_cannot_be_leaves_no_file(
    tmp_path: Path, origin: str, zone: str, recorder: str, where: list[str]
) -> None:
    with pytest.raises(Rejected) as caught:
        Ledger.create(tmp_path / "a.db", origin=origin, zone=zone, recorder=recorder)
    assert [each.where for each in caught.value.problems] == where
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_zone_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(Misused, match="no such zone"):
        Ledger.create(tmp_path / "a.db", origin="a", zone="Paris", recorder="Ana")
    assert list(tmp_path.iterdir()) == []


def test_a_second_ledger_is_not_made_over_the_first(room: Newsroom) -> None:
    with pytest.raises(Rejected, match="there is a ledger here already"):
        Ledger.create(room.path, origin="other", zone="UTC", recorder="Ben")
    assert room.ledger.size == 4


def test_only_create_makes_a_ledger(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        Ledger.open(tmp_path / "missing.db", recorder="Ana")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("recorder", [None, "", "  "])
def test_nobody_records_without_a_name(room: Newsroom, recorder: str | None) -> None:
    with room.reopened(recorder) as ledger:
        assert ledger.size == 4, "to read, nobody has to say who they are"
        with pytest.raises(Misused, match="nobody is named") as caught:
            ledger.hold(5)
        assert "--recorder" in caught.value.next


def test_a_new_recorder_is_taken_down_with_the_first_act(room: Newsroom) -> None:
    with room.reopened(" Ben ") as ledger:
        assert ledger.add_source("AFP", SourceKind.AGENCY).wrote == (4, 5)
        assert ledger.add_source("BFM", SourceKind.BROADCASTER).wrote == (6,)
    with room.reopened("BEN") as ledger:
        assert ledger.add_source("Reuters", SourceKind.AGENCY).wrote == (7,)
        assert [line.recorder for line in ledger.log(4)] == ["Ben", "Ben", "Ben", "Ben"]


def test_a_ledger_for_reading_alone(room: Newsroom) -> None:
    with Ledger.open(room.path, recorder="Ana", read_only=True) as ledger:
        with pytest.raises(Unavailable, match="read-only"):
            ledger.add_source("AFP", SourceKind.AGENCY)
        assert ledger.size == 4


# One act, one batch


def test_a_word_comes_with_its_story_claim_and_sources(room: Newsroom) -> None:
    receipt = room.say(SECOND, Status.REPORTED, "a police source", "22:30", via=["Reuters"])
    assert (receipt.index, receipt.claim, receipt.state, receipt.wrote) == (8, 5, State.UNVERIFIED, (4, 5, 6, 7, 8))
    assert receipt.because == "unverified: for: a police source (unvetted), carried by Reuters, 22:30"
    assert receipt.remarks == (
        f"new story 4: {STORY}",
        f"new claim 5: {SECOND}",
        "new source 6: Reuters (agency)",
        "new source 7: a police source (unnamed)",
        "said 2017-04-20 22:30 +02:00",
    )
    assert [line.summary for line in room.ledger.log(4)] == [
        f"story {STORY}",
        f"claim in {STORY}: {SECOND}",
        "source Reuters (agency)",
        "source a police source (unnamed, through Reuters)",
        f"a police source, via Reuters: reported: 5 “{SECOND}”",
    ]
    assert len({line.recorded for line in room.ledger.log(4)}) == 1
    assert receipt.as_json()["state"] == "unverified"


def test_what_is_known_is_not_written_again(room: Newsroom) -> None:
    first_word(room)
    again = room.say("a SECOND police officer was killed!", Status.DENIED, "reuters", "22:40")
    assert again.wrote == (9,)
    assert again.remarks == ("said 2017-04-20 22:40 +02:00",)


def test_a_correction_opens_the_claim_that_it_leads_to(room: Newsroom) -> None:
    first_word(room)
    receipt = room.say(5, Status.CORRECTED, "desk", "23:10", to=ONE, why=Reason.MISCOUNTED, story=None)
    assert (receipt.wrote, receipt.state) == ((9, 10), State.CORRECTED)
    assert room.ledger.why(5).row.successor == 9
    assert room.ledger.why(9).row.story == STORY


def refused_all(room: Newsroom, **given: object) -> list[Problem]:
    before = dump(room.path)
    with pytest.raises(Rejected) as caught:
        room.ledger.record(**({"status": Status.REPORTED, "said": None, "story": STORY} | given))  # type: ignore[arg-type]
    assert dump(room.path) == before, "nothing was written"
    assert caught.value.exit_code == 1
    assert caught.value.next
    return list(caught.value.problems)


def test_every_problem_of_a_batch_is_told_at_once_and_nothing_written(room: Newsroom) -> None:
    problems = refused_all(
        room,
        claim="It is so\x00",
        by="A\u202eFP",
        by_kind=SourceKind.AGENCY,
        via=["B\x1bFM"],
        via_kinds=[SourceKind.BROADCASTER],
        story="No Slug",
        to="…",
        status=Status.CORRECTED,
        url="nowhere",
        quote="\ud800",
    )
    assert [each.where for each in problems] == ["story", "text", "source", "source", "text", "quote", "url"]
    assert len(problems) == len(set(problems))


def test_every_rule_that_the_statement_breaks_is_told_at_once(room: Newsroom) -> None:
    first_word(room)
    tomorrow = Moment(room.clock.now + timedelta(days=1))
    problems = refused_all(room, claim=5, by=6, via=["Reuters", 6], said=tomorrow, to=5)
    assert {each.where for each in problems} == {"to", "said", "via"}


def test_a_batch_that_fails_at_its_end_leaves_none_of_it(room: Newsroom) -> None:
    """Story, claim and source are all good; only the statement is not."""
    problems = refused_all(
        room, claim=SECOND, by="AFP", by_kind=SourceKind.AGENCY, said=Moment(room.clock.now + timedelta(hours=1))
    )
    assert [each.where for each in problems] == ["said"]
    assert room.ledger.size == 4
    assert room.ledger.stories() == []


@pytest.mark.parametrize("text", ["", "   ", "…", "x" * 10_001, "12\x00", "a\ud800b", "a \u202eb", "a\nb"])
def test_a_claim_that_cannot_be_is_one_clear_line(room: Newsroom, text: str) -> None:
    """Also where the ledger has claims already that it could be held against."""
    first_word(room)
    (found,) = refused_all(room, claim=text, by="Reuters")
    assert found.where == "text"
    assert len(str(found)) < 200
    assert str(found).isprintable()


def test_a_look_alike_of_a_source_is_refused(room: Newsroom) -> None:
    first_word(room)
    (found,) = refused_all(room, claim=5, by="Rеuters", by_kind=SourceKind.AGENCY)
    assert "looks like source 6" in found.why


@pytest.mark.parametrize("key", ["", "xyz", "A" * 32, "\ud800" * 32])
def test_a_key_that_is_none(room: Newsroom, key: str) -> None:
    first_word(room)
    assert [each.where for each in refused_all(room, claim=5, by="Reuters", key=key)] == ["key"]


def test_what_could_not_be_read_again_is_never_written(room: Newsroom) -> None:
    """A caller without types hands over values that a leaf cannot hold."""
    first_word(room)
    with pytest.raises(Rejected):
        room.ledger.vet("Reuters", 1)  # type: ignore[arg-type]
    for quorum in (True, 2.5, 2**53, 0):
        with pytest.raises(Rejected):
            room.ledger.set_policy(quorum)  # type: ignore[arg-type]
    bad = Document(url="https://example.org", sha256="xyz", size=-1, media_type="\x00")
    places = [each.where for each in refused_all(room, claim=5, by="Reuters", evidence=bad)]
    assert places == ["evidence sha256", "evidence size", "evidence media type"]
    assert room.ledger.size == 9
    assert room.ledger.verify().ok


def test_a_key_makes_a_record_idempotent(room: Newsroom) -> None:
    key = "0f" * 16
    first = room.say(SECOND, Status.REPORTED, "AFP", "22:30", key=key)
    again = room.say(SECOND, Status.REPORTED, "AFP", "22:30", key=key)
    assert (again.index, again.claim, again.state, again.wrote) == (first.index, first.claim, first.state, ())
    assert again.remarks == (f"recorded before, as entry {first.index}",)
    with room.reopened("Ben") as ledger:
        other = ledger.record("anything at all", Status.DENIED, by="nobody", said=None, key=key)
        assert (other.index, other.wrote, ledger.size) == (first.index, (), 8)
    assert room.say(SECOND, Status.REPORTED, "AFP", "22:30").wrote == (8,), "without a key it is another statement"


# Claims by their words


def test_a_near_match_is_never_taken(room: Newsroom) -> None:
    first_word(room)
    for words in ("second police officer", "A second police officer was kiled", "killed officer a second police was"):
        with pytest.raises(Unclear) as caught:
            room.say(words, Status.DENIED, "Reuters", "22:40")
        assert [(each.index, each.text) for each in caught.value.candidates] == [(5, SECOND)]
        assert caught.value.given == words
        assert "--new" in caught.value.next
        assert caught.value.as_json()["candidates"] == [{"index": 5, "text": SECOND}]
    assert room.ledger.size == 9


def test_new_opens_a_claim_in_spite_of_a_near_match(room: Newsroom) -> None:
    first_word(room)
    assert room.say("A second officer", Status.REPORTED, "Reuters", "22:40", new=True).claim == 9
    assert room.say(SECOND, Status.REPORTED, "Reuters", "22:40", new=True).claim == 5, "an exact match is the claim"


@pytest.mark.parametrize("words", ["A third policeman was hurt", "A 2nd police officer was killed"])
def test_other_words_are_a_new_claim(room: Newsroom, words: str) -> None:
    first_word(room)
    assert room.say(words, Status.REPORTED, "Reuters", "22:40").wrote == (9, 10)


def test_eleven_dead_is_not_ten_dead(room: Newsroom) -> None:
    room.say("The attack left 10 people dead", Status.REPORTED, "AFP", "22:30")
    assert room.say("The attack left 11 people dead", Status.REPORTED, "AFP", "22:40").wrote == (8, 9)


def test_a_new_claim_needs_a_story(room: Newsroom) -> None:
    with pytest.raises(Misused, match="a new claim belongs to a story") as caught:
        room.say(SECOND, Status.REPORTED, "AFP", "22:30", story=None)
    assert "--story" in caught.value.next


def test_the_same_words_in_two_stories(room: Newsroom) -> None:
    first_word(room)
    other = room.say(SECOND, Status.REPORTED, "AFP", "22:40", story="elsewhere")
    assert other.claim not in (5, None)
    with pytest.raises(Unclear, match="several claims have these words") as caught:
        room.ledger.why(SECOND)
    assert [each.index for each in caught.value.candidates] == [5, other.claim]
    assert room.say(SECOND, Status.DENIED, "AFP", "22:50").claim == 5, "the story says which"


def test_a_statement_s_index_names_its_claim_and_says_so(room: Newsroom) -> None:
    first_word(room)
    receipt = room.say(8, Status.DENIED, "Reuters", "22:40")
    assert receipt.claim == 5
    assert "8 is a statement; its claim is 5" in receipt.remarks
    assert room.ledger.why("8").asked == "8 is a statement; its claim is 5"
    assert room.ledger.hold("8").claim == 5
    assert room.ledger.why(5).asked is None


@pytest.mark.parametrize("given", [4, "6", 0, 3])
def test_an_index_that_is_no_claim(room: Newsroom, given: int | str) -> None:
    first_word(room)
    with pytest.raises(Rejected, match="not a claim"):
        room.say(given, Status.DENIED, "Reuters", "22:40")


@pytest.mark.parametrize("given", [99, "99", -1, 10**15])
def test_an_index_that_is_not_there(room: Newsroom, given: int | str) -> None:
    first_word(room)
    for act in (
        lambda: room.say(given, Status.DENIED, "Reuters", "22:40"),
        lambda: room.say(5, Status.DENIED, given, "22:40"),
        lambda: room.say(5, Status.DENIED, "Reuters", "22:40", story=given),
        lambda: room.ledger.retract(int(given), Mistake.OTHER),
        lambda: room.ledger.take_back(int(given), said=at("22:40")),
        lambda: room.ledger.move(int(given), to=5),
        lambda: room.ledger.hold(given),
        lambda: room.ledger.why(given),
    ):
        with pytest.raises(Rejected, match="does not exist"):
            act()


def test_a_withdrawal_opens_nothing(room: Newsroom) -> None:
    first_word(room)
    with pytest.raises(Rejected, match="no such claim"):
        room.say("Something else altogether", Status.WITHDRAWN, "Reuters", "22:40")
    with pytest.raises(Rejected, match="no such claim"):
        room.say(SECOND, Status.WITHDRAWN, "Reuters", "22:40", story="elsewhere")
    assert room.ledger.size == 9


# The clocks


def test_an_undated_withdrawal_is_refused(room: Newsroom) -> None:
    first_word(room)
    (found,) = refused_all(room, claim=5, by="Reuters", status=Status.WITHDRAWN)
    assert (found.where, found.why) == ("said", "a withdrawal needs its time, since it speaks only from then on")
    with pytest.raises(Rejected):
        room.ledger.take_back(8, said=None)


def test_a_time_in_the_future_is_refused_from_two_minutes_on(room: Newsroom) -> None:
    room.say(SECOND, Status.REPORTED, "AFP", "23:47")
    (found,) = refused_all(room, claim=5, by="AFP", said=Moment(at("23:47").at + timedelta(microseconds=1)))
    assert (found.where, found.why) == ("said", "lies in the future")
    assert found.expected == "at most two minutes after 2017-04-20T21:45:00.000000Z"


def test_recorded_never_goes_back(room: Newsroom) -> None:
    """The machine's clock is set back an hour; the ledger's is not."""
    first_word(room)
    room.clock.wait(-60)
    room.say(5, Status.DENIED, "AFP", "22:40")
    room.clock.wait(61)
    room.say(5, Status.DENIED, "BFM", "22:40")
    times = [line.recorded for line in room.ledger.log()]
    assert times == sorted(times)
    assert times[8] == times[9] == times[10] == at("23:45").at
    assert times[-1] == at("23:46").at


@pytest.mark.parametrize(
    ("precision", "echo"),
    [
        (Precision.SECOND, "said 2017-04-20 22:00:00 +02:00"),
        (Precision.MINUTE, "said 2017-04-20 22:00 +02:00"),
        (Precision.HOUR, "said 2017-04-20 22h +02:00"),
        (Precision.DAY, "said 2017-04-20"),
    ],
)
def test_times_are_echoed_in_full(room: Newsroom, precision: Precision, echo: str) -> None:
    receipt = room.ledger.record(
        SECOND,
        Status.REPORTED,
        by="AFP",
        by_kind=SourceKind.AGENCY,
        said=at("22:00", precision),
        story=STORY,
    )
    assert receipt.remarks[-1] == echo
    line = room.ledger.why(5).statements[0]
    assert line.said == at("22:00", precision)


def test_an_undated_word_after_a_dated_one_is_taken_with_a_warning(room: Newsroom) -> None:
    first_word(room)
    receipt = room.say(5, Status.DENIED, "a police source", via=["Reuters"])
    assert receipt.remarks == ("undated: it will not speak, since the same source has a dated word on this claim",)
    assert room.buckets(5) == {8: "counted", 9: "overtaken"}


def test_times_are_read_in_the_desk_s_zone(room: Newsroom) -> None:
    assert room.ledger.read_time("22:57") == at("22:57")
    assert room.ledger.show_time(at("22:57").at, Precision.MINUTE) == "2017-04-20 22:57 +02:00"


def test_the_earliest_time_there_is(room: Newsroom) -> None:
    receipt = room.ledger.record(
        SECOND,
        Status.REPORTED,
        by="AFP",
        by_kind=SourceKind.AGENCY,
        said=Moment(datetime(1, 1, 1, tzinfo=UTC)),
        story=STORY,
    )
    assert receipt.state is State.UNVERIFIED
    assert room.ledger.board()[0].since == datetime(1, 1, 1, tzinfo=UTC)


def test_the_recorder_s_salts_are_counted() -> None:
    salt = counted()
    assert [int(salt(), 16) for _ in range(3)] == [0, 1, 2]


def test_a_new_source_needs_its_kind(room: Newsroom) -> None:
    first_word(room)
    with pytest.raises(UnknownSource) as caught:
        room.ledger.record(5, Status.DENIED, by="Reuter", said=at("22:40"))
    assert (caught.value.name, caught.value.role, caught.value.exit_code) == ("Reuter", "by", 2)
    assert [each.text for each in caught.value.candidates] == ["Reuters"]
    assert "--by-kind" in caught.value.next
    with pytest.raises(UnknownSource) as caught:
        room.ledger.record(5, Status.DENIED, by="AFP", by_kind=SourceKind.AGENCY, via=["TASS"], said=None)
    assert (caught.value.name, caught.value.role) == ("TASS", "via")
    assert room.ledger.size == 9
