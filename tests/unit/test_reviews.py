"""What a newsroom's ClaimReviews say, and what they keep to themselves. Each docstring is the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import Misused, Problem, Rejected, Unavailable
from ledger.formats.claimreview import Item, Rating, Review, Who, read
from ledger.vocabulary import Mistake, Part, Status
from tests.newsroom import KINDS, ONE, PARIS, SECOND, STORY, Newsroom, at

SITE = "https://news.example/facts/"
DESK = Who("Example News", SITE, "NewsMediaOrganization")
AGENCY = Who("Reuters", None, "NewsMediaOrganization")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    room = Newsroom.founded(tmp_path)
    yield room
    room.ledger.close()


def text_of(room: Newsroom, **given: Any) -> str:
    path = room.path.with_name("claims.jsonld")
    given = {"url": SITE, "newsroom": "Example News"} | given
    count = room.ledger.export_claimreview(path, **given)
    text = path.read_text(encoding="utf-8")
    assert len(read(text, zone=PARIS)) == count
    return text


def reviews(room: Newsroom, **given: Any) -> dict[str, Review]:
    """The reviews, by what they review."""
    found = read(text_of(room, **given), zone=PARIS)
    assert not any(isinstance(each, Problem) for each in found), found
    return {each.claim: each for each in found if isinstance(each, Review)}


def rating(room: Newsroom, claim: str, **given: Any) -> Rating | None:
    return reviews(room, **given)[claim].rating


def test_a_review_says_who_claims_what_and_where_it_appeared(room: Newsroom) -> None:
    """AFP reports it, undated; Reuters relays a police source, who said it at 22:30."""
    room.say(SECOND, Status.REPORTED, "AFP", url="https://afp.example/1")
    room.clock.wait(1)
    second = room.say(
        SECOND, Status.REPORTED, "a police source", "22:30", via=["Reuters"], url="https://reuters.example/1"
    )
    (review,) = reviews(room, language="en").values()
    claim = second.claim
    assert review == Review(
        claim=SECOND,
        id=f"{SITE}claim/{claim}.html#review",
        url=f"{SITE}claim/{claim}.html",
        author=DESK,
        rating=Rating("Unverified"),
        published=review.published,
        language="en",
        item=Item(
            id=f"{SITE}claim/{claim}.html#claim",
            author=Who("a police source", None, "Person"),
            appearance=("https://reuters.example/1", "https://afp.example/1"),
            first_appearance="https://reuters.example/1",
            published=at("22:30"),
        ),
    )
    assert review.published is not None
    assert review.published.at == at("23:45").at, "since the first record, in which it was unverified already"


def test_a_number_stands_only_where_the_desk_ruled(room: Newsroom) -> None:
    """Reuters reports two; AFP denies the first; the ministry, an authority, the second; the desk rules on two more."""
    for claim in (ONE, SECOND, "Three", "Four"):
        room.say(claim, Status.REPORTED, "Reuters", "22:30")
    room.say(ONE, Status.DENIED, "AFP", "22:40")
    room.ledger.retract(room.ledger.why(ONE).statements[0].index, why=Mistake.MISHEARD)
    assert rating(room, ONE) == Rating("Denied by AFP")
    room.ledger.add_source("Interior Ministry", kind=KINDS["Interior Ministry"])
    room.ledger.grant("Interior Ministry", story=STORY)
    room.say(SECOND, Status.DENIED, "Interior Ministry", "22:57")
    assert rating(room, SECOND) == Rating("Denied by Interior Ministry")
    room.say("Three", Status.DENIED, "desk", "23:00")
    room.say("Four", Status.CONFIRMED, "desk", "23:00")
    assert rating(room, "Three") == Rating("Denied by Example News", 1, 5, 1)
    assert rating(room, "Four") == Rating("Confirmed by Example News", 5, 5, 1)


def test_two_vetted_originals_corroborate(room: Newsroom) -> None:
    """Reuters and AFP report it, and an onlooker who is not vetted."""
    room.say(ONE, Status.REPORTED, "Inès", "22:20", via=["BFM"])
    room.say(ONE, Status.REPORTED, "Reuters", "22:30")
    assert rating(room, ONE) == Rating("Unverified")
    room.say(ONE, Status.REPORTED, "AFP", "22:31")
    assert rating(room, ONE) == Rating("Corroborated by Reuters and AFP")
    room.say(ONE, Status.DENIED, "Le Monde", "22:32")
    assert rating(room, ONE) == Rating("Disputed")


def test_a_correction_says_what_is_so_instead(room: Newsroom) -> None:
    """Reuters reports two dead, corrects itself to one; the desk rules that one it is."""
    room.say(SECOND, Status.REPORTED, "Reuters", "22:30")
    room.say(SECOND, Status.CORRECTED, "Reuters", "23:00", to=ONE)
    room.say(ONE, Status.REPORTED, "AFP", "23:01", url="https://afp.example/one")
    found = reviews(room)
    assert found[SECOND].rating == Rating("Corrected by Reuters")
    assert found[SECOND].item.correction == ONE
    assert found[SECOND].item.author == AGENCY, "who said it first, whatever it says by now"
    assert found[ONE].item.author == AGENCY, "who corrected says it first"
    room.say(SECOND, Status.CORRECTED, "desk", "23:10", to=ONE)
    assert rating(room, SECOND) == Rating("Corrected by Example News", 1, 5, 1)


def test_what_the_desk_misheard_is_nowhere(room: Newsroom) -> None:
    """Reuters is misheard at 22:20 and retracted; AFP reports it at 22:30."""
    misheard = room.say(ONE, Status.REPORTED, "Reuters", "22:20", url="https://reuters.example/1")
    room.say(ONE, Status.REPORTED, "AFP", "22:30", url="https://afp.example/1")
    room.ledger.retract(misheard.index, why=Mistake.MISHEARD)
    item = reviews(room)[ONE].item
    assert (item.author, item.appearance) == (Who("AFP", None, "NewsMediaOrganization"), ("https://afp.example/1",))
    assert item.published == at("22:30")


def test_what_came_later_is_no_ruling_of_the_desk(room: Newsroom) -> None:
    """The desk says ten dead; the ministry, an authority, says at 23:00 that it is not so: disputed."""
    room.say(ONE, Status.REPORTED, "desk", "21:20")
    room.ledger.add_source("Interior Ministry", kind=KINDS["Interior Ministry"])
    room.ledger.grant("Interior Ministry", story=STORY)
    room.say(ONE, Status.DENIED, "Interior Ministry", "23:00")
    assert rating(room, ONE) == Rating("Disputed")


def test_a_review_is_dated_when_the_record_came_to_that_state(room: Newsroom) -> None:
    """At 23:45 Reuters reports, at 23:46 AFP denies, at 23:47 the desk retracts the denial as misheard."""
    room.say(ONE, Status.REPORTED, "Reuters", "22:30")
    room.clock.wait(1)
    denial = room.say(ONE, Status.DENIED, "AFP", "22:40")
    room.clock.wait(1)
    room.ledger.retract(denial.index, why=Mistake.MISHEARD)
    room.clock.wait(30)
    room.say(SECOND, Status.REPORTED, "Reuters", "22:30")
    published = reviews(room)[ONE].published
    assert published is not None
    assert published.at == at("23:47").at
    earlier = reviews(room, as_of=room.ledger.as_of(known=str(denial.index)))[ONE]
    assert earlier.rating == Rating("Disputed")
    assert earlier.published is not None
    assert earlier.published.at == at("23:46").at


def test_held_claims_stay_out_unless_asked_for(room: Newsroom) -> None:
    """Two claims; the second is held, and the first was corrected to it."""
    room.say(SECOND, Status.REPORTED, "Reuters", "22:30")
    room.say(SECOND, Status.CORRECTED, "Reuters", "23:00", to=ONE, url="https://reuters.example/corrected")
    room.ledger.hold(ONE)
    text = text_of(room)
    assert SECOND in text
    assert ONE not in text
    assert "reuters.example/corrected" not in text
    assert set(reviews(room, held=True)) == {ONE, SECOND}
    assert reviews(room, held=True)[SECOND].item.correction == ONE


def test_what_is_internal_or_redacted_never_appears(room: Newsroom) -> None:
    """An address that the desk keeps to itself; a source, an address and a claim that a court has taken away."""
    kept = room.say(ONE, Status.REPORTED, "AFP", "22:40", url="https://afp.example/secret", internal=[Part.URL])
    room.say(ONE, Status.REPORTED, "Reuters", "22:30", url="https://reuters.example/gone", quote="secret words")
    room.say(SECOND, Status.REPORTED, "Le Monde", "22:31", note="our note")
    third = room.say("Third", Status.DENIED, "Le Monde", "22:31")
    fourth = room.say("Fourth", Status.REPORTED, "AFP", "22:31")
    statement = room.ledger.why(ONE).statements[1].index
    room.ledger.redact(statement, "a court", parts=[Part.URL])
    names = {row.name: row.index for row in room.ledger.sources()}
    room.ledger.redact(names["Le Monde"], "a court")
    assert fourth.claim is not None
    room.ledger.redact(fourth.claim, "a court")
    for held in (False, True):
        text = text_of(room, held=held)
        for gone in ("secret", "gone", "our note", "Le Monde", "Fourth", "redacted", "court", "withheld"):
            assert gone not in text, gone
        found = reviews(room, held=held)
        assert set(found) == {ONE, SECOND, "Third"}
        assert found[SECOND].item.author is None
        assert found["Third"].rating == Rating("Denied by a source that is not named")
        assert found[ONE].item.appearance == ()
    assert kept.claim != third.claim


def test_a_new_wording_is_what_is_reviewed_and_a_translation_is_not(room: Newsroom) -> None:
    """One claim, worded anew, and translated."""
    room.say(ONE, Status.REPORTED, "AFP", "22:31")
    room.ledger.wording(ONE, "A single officer was killed")
    room.ledger.wording(ONE, "Un seul policier a été tué", lang="fr")
    assert set(reviews(room)) == {"A single officer was killed"}


def test_one_story_alone(room: Newsroom) -> None:
    """Two stories."""
    room.say(ONE, Status.REPORTED, "AFP", "22:31")
    room.say(SECOND, Status.REPORTED, "AFP", "22:31", story="other")
    assert set(reviews(room, story="other")) == {SECOND}
    assert set(reviews(room)) == {ONE, SECOND}


def test_claims_that_are_one_are_reviewed_once(room: Newsroom) -> None:
    """The same claim in two wordings, folded."""
    room.say(ONE, Status.REPORTED, "AFP", "22:31")
    room.say("Just one officer died", Status.REPORTED, "Reuters", "22:30", url="https://reuters.example/1")
    room.ledger.same("Just one officer died", ONE)
    (review,) = reviews(room).values()
    assert (review.claim, review.item.author) == (ONE, AGENCY)
    assert review.rating == Rating("Corroborated by Reuters and AFP")


def test_without_an_address_things_are_named_within_the_document(room: Newsroom) -> None:
    """One claim."""
    claim = room.say(ONE, Status.REPORTED, "desk", "22:31").claim
    (review,) = reviews(room, url=None, newsroom=None).values()
    assert (review.id, review.url, review.item.id) == (f"#review-{claim}", None, f"#claim-{claim}")
    assert review.author == review.item.author == Who("example.org/newsroom", None, "NewsMediaOrganization")


def test_an_empty_ledger_has_no_reviews(room: Newsroom) -> None:
    """Nothing yet."""
    assert reviews(room) == {}


def test_the_same_moment_gives_the_same_bytes(room: Newsroom) -> None:
    """Two claims; an hour later a third."""
    room.say(ONE, Status.REPORTED, "AFP", "22:31")
    last = room.say(SECOND, Status.REPORTED, "Reuters", "22:30").index
    before = text_of(room)
    room.clock.wait(60)
    room.say("Three", Status.REPORTED, "AFP", "22:31")
    assert text_of(room, as_of=room.ledger.as_of(known=str(last))) == before
    assert "Three" in text_of(room)


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"newsroom": " x"}, "newsroom"),
        ({"newsroom": "a\u202eb"}, "newsroom"),
        ({"language": "fr_FR"}, "language"),
    ],
)
def test_a_name_or_a_language_that_cannot_be_is_refused(room: Newsroom, given: dict[str, Any], where: str) -> None:
    """One claim."""
    room.say(ONE, Status.REPORTED, "AFP", "22:31")
    with pytest.raises(Rejected) as refused:
        text_of(room, **given)
    assert [problem.where for problem in refused.value.problems] == [where]
    assert not room.path.with_name("claims.jsonld").exists()


@pytest.mark.parametrize("url", ["news.example", "javascript:alert(1)", "https://a b", "https://a.b/?q=1"])
def test_an_address_that_is_none_of_a_website_is_refused(room: Newsroom, url: str) -> None:
    """One claim."""
    room.say(ONE, Status.REPORTED, "AFP", "22:31")
    with pytest.raises(Misused, match="is no address of a website"):
        text_of(room, url=url)
    assert not room.path.with_name("claims.jsonld").exists()


def test_a_file_that_cannot_be_written_is_said_so(room: Newsroom) -> None:
    """One claim."""
    room.say(ONE, Status.REPORTED, "AFP", "22:31")
    with pytest.raises(Unavailable, match="cannot be written"):
        room.ledger.export_claimreview(room.path / "no" / "folder.jsonld")


def test_others_find_schema_orgs_own_words(
    room: Newsroom, claimreview_problems: Callable[[Sequence[str]], list[str]]
) -> None:
    """Reuters reports and corrects, the desk rules, an agency denies; texts that would break out of a page."""
    single = text_of(room)
    room.say(SECOND, Status.REPORTED, "a police source", "22:30", via=["Reuters"], url="https://reuters.example/1")
    one = text_of(room)
    room.say(SECOND, Status.REPORTED, "Reuters", "22:31", url="https://reuters.example/2")
    room.say(SECOND, Status.CORRECTED, "Reuters", "23:00", to=ONE)
    room.say(ONE, Status.CONFIRMED, "desk", "23:01")
    room.say("</script> \u05e9\u05dc\u05d5\u05dd \U0001f525 <b>\"x\" & 'y'", Status.DENIED, "AFP", "22:31")
    for name in ("Interior Ministry", "Pierre-Henry Brandet", "François Hollande", "Le Monde"):
        room.say(f"What {name} says", Status.REPORTED, name, "22:31")
    documents = [single, one, text_of(room, language="fr"), text_of(room, url=None)]
    assert claimreview_problems(documents) == []
