"""The worked cases of the resolver's rules: each docstring tells the story, the assertions its outcome."""

from __future__ import annotations

import pytest

from ledger.resolver import Verdict, explain, replay, resolve
from ledger.vocabulary import Bucket, State
from tests.ledgers import DESK, Book, at


def state(book: Book, claim: int, said: str | None = None, known: str | None = None) -> State:
    return verdict(book, claim, said, known).state


def verdict(book: Book, claim: int, said: str | None = None, known: str | None = None) -> Verdict:
    """The answer on one claim, as of either clock."""
    entries = [e for e in book.entries if known is None or e.recorded <= at(known)]
    return resolve(replay(entries, said=at(said) if said else None), claim)


def bucket(book: Book, claim: int, index: int) -> Bucket:
    placed = explain(replay(book.entries), claim).placed
    return next(each.bucket for each in placed if each.index == index)


def test_an_arrest_that_was_not() -> None:
    """Four outlets on unnamed law-enforcement sources report an arrest: unverified, however many they are.

    CBS, on its own, says no arrest: disputed. NBC too: denied. The city police and the FBI, authorities: denied, and
    the agency that stands by its source is named as dissent.
    """
    book = Book()
    story = book.story()
    arrest = book.claim(story)
    cnn, fox, globe = (book.source(kind) for kind in ("broadcaster", "broadcaster", "newspaper"))
    ap, cbs, nbc = (book.source(kind) for kind in ("agency", "broadcaster", "broadcaster"))
    police, fbi = book.source("official"), book.source("official")
    book.grant(police, story=story)
    book.grant(fbi, story=story)
    officials = {}
    for minute, outlet in enumerate((cnn, ap, fox, globe)):
        officials[outlet] = book.source("unnamed", relayer=outlet, story=story)
        book.say(arrest, "reported", officials[outlet], outlet, said=13 * 60 + minute)
        assert state(book, arrest) is State.UNVERIFIED

    book.say(arrest, "denied", cbs, said="13:40")
    assert (state(book, arrest), verdict(book, arrest).row) == (State.DISPUTED, 4)
    book.say(arrest, "denied", nbc, said="13:50")
    assert (state(book, arrest), verdict(book, arrest).row) == (State.DENIED, 6)
    book.say(arrest, "denied", police, said="14:20")
    book.say(arrest, "denied", fbi, said="14:30")
    stands_by = book.say(arrest, "confirmed", officials[ap], ap, said="14:40")
    assert (state(book, arrest), verdict(book, arrest).row) == (State.DENIED, 3)
    voices = {voice.root: voice for voice in explain(replay(book.entries), arrest).voices}
    assert voices[officials[ap]].sign == 1
    assert voices[officials[ap]].carried
    assert stands_by in voices[officials[ap]].carriers
    assert bucket(book, arrest, stands_by) is Bucket.COUNTED


def test_ten_eleven_twelve() -> None:
    """Ten dead; then the prosecutor: eleven; then twelve: the older ones superseded by twelve, none denied.

    Twelve was a typo for eleven: twelve corrected, eleven stands, ten superseded by eleven.
    """
    book = Book()
    story = book.story()
    prosecutor = book.source("official")
    book.grant(prosecutor, story=story)
    ten, eleven, twelve = (book.claim(story) for _ in range(3))
    book.say(ten, "reported", prosecutor, said="20:00")
    assert verdict(book, ten).accepted
    book.say(ten, "superseded", prosecutor, said="21:00", to=eleven)
    book.say(eleven, "superseded", prosecutor, said="22:00", to=twelve)
    for older, path in ((ten, (eleven, twelve)), (eleven, (twelve,))):
        found = verdict(book, older)
        assert (found.state, found.accepted) == (State.SUPERSEDED, False)
        assert (found.path, found.first_target) == (path, path[0])
        assert (found.successor, found.successor_state) == (twelve, State.CONFIRMED)
        assert found.ruled is State.CONFIRMED
    assert state(book, ten, said="20:30") is State.CONFIRMED
    assert verdict(book, ten, said="21:30").successor == eleven

    book.say(twelve, "corrected", prosecutor, said="22:30", to=eleven)
    assert (state(book, twelve), verdict(book, twelve).successor) == (State.CORRECTED, eleven)
    assert (state(book, eleven), verdict(book, eleven).accepted) == (State.CONFIRMED, True)
    assert (state(book, ten), verdict(book, ten).successor) == (State.SUPERSEDED, eleven)


def test_a_stale_relay() -> None:
    """A spokesman denies through BFM; a newspaper repeats Reuters' unnamed source an hour later, undated: denied."""
    book = Book()
    story = book.story()
    claim = book.claim(story)
    ministry = book.source("official")
    spokesman = book.source("spokesperson", group=ministry)
    book.grant(spokesman, story=story)
    reuters, bfm, paper = (book.source(kind) for kind in ("agency", "broadcaster", "newspaper"))
    source = book.source("unnamed", relayer=reuters, story=story)
    book.say(claim, "reported", source, reuters, said="22:30")
    book.say(claim, "denied", spokesman, bfm, said="22:57")
    before = verdict(book, claim)
    assert before.state is State.DENIED
    book.wait("23:57")
    relay = book.say(claim, "reported", source, (reuters, paper), said=None)
    assert verdict(book, claim) == before
    assert bucket(book, claim, relay) is Bucket.OVERTAKEN


def test_a_ministry_that_is_relayed_late() -> None:
    """The ministry reports it and takes it back; an undated relay of its first word does not overrule that."""
    book = Book()
    story = book.story()
    claim = book.claim(story)
    ministry, agency = book.source("official"), book.source("agency")
    book.grant(ministry, story=story)
    book.say(claim, "reported", ministry, said="20:00")
    book.say(claim, "denied", ministry, said="21:00")
    book.wait("22:00")
    book.say(claim, "reported", ministry, agency, said=None)
    assert state(book, claim) is State.DENIED


def test_a_hoax() -> None:
    """A hoax by five accounts, BFM carries one; AFP denies: disputed; Reuters denies too: denied."""
    book = Book()
    claim = book.claim(book.story())
    bfm, afp, reuters = (book.source(kind) for kind in ("broadcaster", "agency", "agency"))
    for minute in range(5):
        account = book.source("account")
        book.say(claim, "reported", account, bfm if minute == 0 else (), said=20 * 60 + minute)
    assert state(book, claim) is State.UNVERIFIED
    book.say(claim, "denied", afp, said="20:30")
    assert state(book, claim) is State.DISPUTED
    book.say(claim, "denied", reuters, said="20:40")
    assert state(book, claim) is State.DENIED


def test_a_hoax_that_nobody_carries() -> None:
    """Five accounts that no outlet carries: one denial by AFP is enough."""
    book = Book()
    claim = book.claim(book.story())
    afp = book.source("agency")
    for minute in range(5):
        book.say(claim, "reported", book.source("account"), said=20 * 60 + minute)
    book.say(claim, "denied", afp, said="20:30")
    assert state(book, claim) is State.DENIED


def test_a_wire_pulls_its_story() -> None:
    """A wire pulls its story on an unnamed source, recorded with that chain as withdrawn.

    Its voice and its carriage are gone; the BBC's denial stands.
    """
    book = Book()
    story = book.story()
    claim = book.claim(story)
    wire, bbc = book.source("agency"), book.source("broadcaster")
    source = book.source("unnamed", relayer=wire, story=story)
    report = book.say(claim, "reported", source, wire, said="20:00")
    book.say(claim, "denied", bbc, said="20:30")
    assert state(book, claim) is State.DISPUTED
    pulled = book.say(claim, "withdrawn", source, wire, said="21:00")
    assert state(book, claim) is State.DENIED
    assert bucket(book, claim, report) is Bucket.OVERTAKEN
    assert bucket(book, claim, pulled) is Bucket.NEUTRAL
    voices = {voice.root: voice for voice in explain(replay(book.entries), claim).voices}
    assert not voices[source].carried


def test_a_mistyped_denial() -> None:
    """The desk mistypes a denial and retracts its entry.

    Asked for 22:00 said, it never was; asked for what we knew at 22:00, it was there.
    """
    book = Book()
    claim = book.claim(book.story())
    afp = book.source("agency")
    denial = book.say(claim, "denied", afp, said="21:30")
    book.wait("22:15")
    book.retract(denial)
    assert state(book, claim, said="22:00") is State.UNVERIFIED
    assert state(book, claim, known="22:00") is State.DENIED
    assert state(book, claim, said="22:00", known="22:00") is State.DENIED
    assert state(book, claim) is State.UNVERIFIED
    assert bucket(book, claim, denial) is Bucket.RETRACTED


def test_the_desk_and_the_ministry() -> None:
    """The desk's 21:20 line says one thing, the ministry at 23:00 the opposite.

    Disputed until the desk speaks again; what the rows give without the desk stays visible.
    """
    book = Book()
    story = book.story()
    claim = book.claim(story)
    ministry = book.source("official")
    book.grant(ministry, story=story)
    book.say(claim, "reported", DESK, said="21:20")
    assert state(book, claim) is State.CONFIRMED
    book.say(claim, "denied", ministry, said="23:00")
    found = verdict(book, claim)
    assert (found.state, found.accepted, found.row) == (State.DISPUTED, False, 0)
    assert (found.computed, found.computed_row) == (State.DENIED, 3)
    book.say(claim, "confirmed", DESK, said="23:20")
    assert (state(book, claim), verdict(book, claim).accepted) == (State.CONFIRMED, True)
    assert verdict(book, claim).computed is State.DENIED
    assert state(book, claim, said="23:10") is State.DISPUTED


@pytest.mark.parametrize("clock", ["said", "known"])
def test_a_late_grant(clock: str) -> None:
    """A ministry denies at 21:00; the desk grants it authority at 22:00.

    That rewrites every T and no past K.
    """
    book = Book()
    story = book.story()
    claim = book.claim(story)
    ministry, afp, reuters = (book.source(kind) for kind in ("official", "agency", "agency"))
    book.say(claim, "reported", afp, said="20:50")
    book.say(claim, "denied", ministry, said="21:00")
    book.wait("22:00")
    book.grant(ministry, story=story)
    if clock == "said":
        assert state(book, claim, said="21:30") is State.DENIED
    else:
        assert state(book, claim, known="21:30") is State.DISPUTED
    book.say(claim, "reported", reuters, said="22:10")
    assert state(book, claim) is State.DISPUTED


def test_a_party_on_one_claim() -> None:
    """The ministry has authority over the story, but on the claim about itself it is a party: standing 0."""
    book = Book()
    story = book.story()
    about_itself, other = book.claim(story), book.claim(story)
    ministry = book.source("official")
    book.grant(ministry, story=story)
    book.say(about_itself, "denied", ministry, said="20:00")
    book.say(other, "denied", ministry, said="20:00")
    book.unvet(ministry, claim=about_itself)
    assert state(book, about_itself) is State.UNVERIFIED
    assert state(book, other) is State.DENIED


def test_a_police_source_twice() -> None:
    """A police source through Reuters and one through AFP are two roots, and two unvetted ones establish nothing."""
    book = Book()
    story = book.story()
    claim = book.claim(story)
    for outlet in (book.source("agency"), book.source("agency")):
        source = book.source("unnamed", relayer=outlet, story=story)
        book.say(claim, "reported", source, outlet, said="20:00")
    assert len(explain(replay(book.entries), claim).voices) == 2
    assert (state(book, claim), verdict(book, claim).row) == (State.UNVERIFIED, 7)


def test_one_body_speaks_with_one_voice() -> None:
    """Two spokespersons and their ministry are one root: not two originals, and the latest of them speaks."""
    book = Book()
    claim = book.claim(book.story())
    ministry = book.source("official")
    first, second = (book.source("spokesperson", group=ministry) for _ in range(2))
    book.say(claim, "reported", first, said="20:00")
    book.say(claim, "reported", second, said="20:10")
    assert state(book, claim) is State.UNVERIFIED
    book.say(claim, "denied", ministry, said="20:20")
    assert state(book, claim) is State.DENIED
    book.say(claim, "reported", first, said="20:20")
    assert (state(book, claim), verdict(book, claim).row) == (State.UNVERIFIED, 8)
    book.group(first, None)
    assert (state(book, claim), verdict(book, claim).row) == (State.DISPUTED, 4)


def test_unvetting_one_member() -> None:
    """A vetting is of the source that it names, where a grant to a spokesperson is one to the body.

    The desk unvets a broadcaster of an agency's group: the agency stays vetted, and so does what is said for it, but
    the broadcaster carries nobody any more, nor counts once it speaks for itself.
    """
    book = Book()
    claim, carried, other = (book.claim(book.story()) for _ in range(3))
    agency, paper = book.source("agency"), book.source("newspaper")
    member = book.source("broadcaster", group=agency)
    book.say(claim, "denied", agency, said="20:00")
    book.say(other, "denied", member, said="20:00")
    book.say(carried, "denied", paper, said="20:00")
    book.say(carried, "reported", book.source("account"), member, said="20:10")
    assert state(book, carried) is State.DISPUTED
    book.unvet(member)
    assert (state(book, claim), state(book, other)) == (State.DENIED, State.DENIED)
    assert state(book, carried) is State.DENIED
    book.group(member, None)
    assert (state(book, claim), state(book, other)) == (State.DENIED, State.UNVERIFIED)


def test_unvetting_on_one_claim() -> None:
    """An outlet that the desk unvets on one claim carries nobody there, and everywhere else still.

    Unvetting a spokesperson there leaves the ministry what it is.
    """
    book = Book()
    here, there = (book.claim(book.story()) for _ in range(2))
    outlet, paper, ministry = (book.source(kind) for kind in ("broadcaster", "newspaper", "official"))
    spokesman = book.source("spokesperson", group=ministry)
    for claim in (here, there):
        book.say(claim, "denied", paper, said="20:00")
        book.say(claim, "reported", book.source("account"), outlet, said="20:10")
    book.unvet(outlet, claim=here)
    assert (state(book, here), state(book, there)) == (State.DENIED, State.DISPUTED)
    book.say(here, "reported", spokesman, said="20:20")
    book.unvet(spokesman, claim=here)
    assert state(book, here) is State.DISPUTED
    book.unvet(ministry, claim=here)
    assert state(book, here) is State.DENIED


def test_a_desk_with_a_grant() -> None:
    """The desk is left out of the counts, even with a grant: its word decides in row 0 and nowhere else."""
    book = Book()
    story = book.story()
    claim = book.claim(story)
    agency = book.source("agency")
    book.grant(DESK, story=story)
    book.say(claim, "denied", DESK, said="20:00")
    book.say(claim, "reported", agency, said="20:10")
    found = verdict(book, claim)
    assert (found.state, found.row) == (State.DENIED, 0)
    assert (found.computed, found.computed_row) == (State.UNVERIFIED, 7)


def test_a_policy_taken_back() -> None:
    """The desk asks for three originals, takes that back as a mistake, and two are enough again."""
    book = Book()
    claim = book.claim(book.story())
    for _ in range(2):
        book.say(claim, "reported", book.source("agency"), said="20:00")
    assert state(book, claim) is State.CORROBORATED
    three = book.policy(3)
    assert state(book, claim) is State.UNVERIFIED
    book.retract(three)
    assert state(book, claim) is State.CORROBORATED
