"""The static site: what every page keeps to, and what each kind of page says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ledger.publish import load_key, publish
from ledger.publish.beside import Beside, Correction
from ledger.publish.proving import check
from ledger.publish.site import PER_PAGE, Site
from ledger.store import Store
from ledger.tlog import read_checkpoint
from ledger.vocabulary import State
from tests.publications import files
from tests.shell import SECOND
from tests.sites import ARABIC, HEBREW, HOSTILE, LONG, LOOK, Page, Told, hostile_site, inside, pages, seed_site
from tests.stored import statements


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seed_site(tmp_path_factory.mktemp("seed"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_site(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(params=["seed", "hostile"])
def site(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


# What every page keeps to


def test_every_link_within_the_site_leads_to_a_file(site: Path) -> None:
    for page in pages(site):
        for link in page.links:
            if inside(link):
                assert page.target(link).is_file(), f"{page.path}: {link}"
                assert site in page.target(link).parents


def test_every_page_can_be_reached_from_the_first(site: Path) -> None:
    seen, wave = set[Path](), {(site / "index.html").resolve()}
    while wave:
        seen |= wave
        found = [Page(path) for path in wave if path.suffix == ".html"]
        wave = {page.target(link) for page in found for link in page.links if inside(link)} - seen
    assert {path.resolve() for path in site.rglob("*.html")} <= seen
    assert {(site / "csv" / name).resolve() for name in ("claims.csv", "entries.csv")} <= seen


def test_a_page_runs_nothing_and_asks_nobody(site: Path) -> None:
    for page in pages(site):
        names = {name for name, _ in page.elements}
        assert names.isdisjoint({"script", "style", "iframe", "img", "object", "embed", "form", "base"})
        for name, attributes in page.elements:
            assert not any(each == "style" or each.startswith("on") for each in attributes), (page.path, name)
        assert [each["href"] for each in page.of("link") if not inside(each["href"])] == []
        for each in page.of("a"):
            if not inside(each["href"]):
                assert each["href"].startswith(("http://", "https://"))
                assert each["rel"] == "noopener noreferrer"


def test_a_page_has_landmarks_and_headings_in_order(site: Path) -> None:
    for page in pages(site):
        names = [name for name, _ in page.elements]
        assert [names.count(each) for each in ("header", "main", "footer", "h1", "head")] == [1] * 5
        assert page.of("html") == [{"lang": "en"}]
        assert ("a", {"class": "skip", "href": "#main"}) in page.elements
        levels = [int(name[1]) for name in names if name in ("h1", "h2", "h3", "h4")]
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        assert names.count("table") == names.count("caption")
        assert all("scope" in attributes for attributes in page.of("th"))
        assert all(attributes.get("role") != "img" or attributes["aria-label"] for attributes in page.of("svg"))


def test_every_page_names_what_it_follows_from_and_how_to_check_it(site: Path) -> None:
    checkpoint = read_checkpoint((site / "checkpoint").read_bytes())
    for page in pages(site):
        words = " ".join(page.text.split())
        assert f"size {checkpoint.size}, root hash {checkpoint.root.hex()}" in words
        assert f'claims audit {LOOK.url} --key "' in words


def test_the_html_checker_finds_nothing(site: Path, html_problems: Callable[[Iterable[Path]], list[str]]) -> None:
    assert html_problems([site]) == []


def test_the_same_prefix_gives_the_same_bytes(seed: Path, tmp_path: Path) -> None:
    assert files(seed_site(tmp_path)) == files(seed)


# What pages say


def test_a_hostile_text_is_shown_and_does_nothing(hostile: Path) -> None:
    told = [page for page in pages(hostile / "claim") if HOSTILE in page.text]
    assert len(told) >= 6, "its own page, and those on which it is quoted"
    for page in pages(hostile):
        for tag, attributes in page.elements:
            assert tag != "b"
            assert not {"<", ">"} & set(attributes.get("href", ""))
    linked = {link for page in pages(hostile) for link in page.links if not inside(link)}
    assert linked == {
        "https://reuters.com/a?b=c&d=%5Be%5D#f%23g",
        "https://xn--r8jz45g.jp/%22%3E%3Cscript%3E",
        "https://ok.example/%25zz",
        "https://ok.example/doc",
        "https://archive.example/doc",
    }


def test_texts_of_any_script_keep_their_own_direction(hostile: Path) -> None:
    for text in (ARABIC, HEBREW):
        source = "\n".join(path.read_text(encoding="utf-8") for path in (hostile / "claim").glob("*.html"))
        assert f'<span class="claim" dir="auto">{text}</span>' in source
    assert f'dir="auto" lang="ar">{ARABIC}</span>' in source


def test_a_document_is_shown_with_its_copy_and_its_hash(hostile: Path) -> None:
    (page,) = (page for page in pages(hostile / "claim") if "archived:" in page.text)
    assert f"application/pdf 12,345 bytes SHA-256 {'ab' * 32}" in " ".join(page.text.split())


def test_a_long_claim_is_whole_on_its_page_and_cut_in_lanes(hostile: Path) -> None:
    own = next(page for page in pages(hostile / "claim") if "The claim in full" in page.text)
    assert LONG in own.text
    story = next(page for page in pages(hostile / "story") if "A very long claim" in page.text)
    assert "A very long claim indeed" in story.text
    assert "…" in story.text


def test_a_claim_that_is_the_same_as_another_leads_there(hostile: Path) -> None:
    page = next(page for page in pages(hostile / "claim") if "This is the same as another claim" in page.text)
    assert "The same as the first" in page.text


def test_the_second_officer(seed: Path) -> None:
    """Row by row, the night as the report tells it."""
    page = next(page for page in pages(seed / "claim") if f"corrected: {SECOND}" in page.text)
    words = " ".join(page.text.split())
    for told in (
        "corrected It is not so, and another claim that holds says what is.",
        "What holds instead: One police officer was killed confirmed",
        "Dissent a police source",
        "Without the desk denied",
        "Pierre-Henry Brandet for Interior Ministry through BFM denied",
        "said 2017-04-20 22:57 +02:00 recorded 2017-04-21 00:30 +02:00",
        "unverified to denied Pierre-Henry Brandet, via BFM: denied",
        "denied to corrected desk: corrected",
    ):
        assert told in words, told
    states = {attributes["class"].split()[1] for attributes in page.of("rect")}
    assert states == {"unverified", "denied", "corrected"}


def test_the_proof_of_a_claim_holds_by_the_key_alone(seed: Path) -> None:
    verifiers = load_key(seed.parent / "keys", "gazette.example/desk").verifiers
    proofs = sorted((seed / "claim").glob("*.proof.json"))
    assert len(proofs) == len(list((seed / "claim").glob("*.html")))
    for path in proofs:
        found = check(path.read_text(encoding="utf-8"), verifiers)
        assert found.ok, found.findings
        assert found.row is not None
        assert str(found.row.claim) == path.name.partition(".")[0]


def test_the_corrections_name_what_turned_out_otherwise(seed: Path) -> None:
    page = Page(seed / "corrections.html")
    words = " ".join(page.text.split())
    assert "No corrective was recorded." in words
    assert words.index("denied to corrected") < words.index("unverified to denied")
    assert SECOND in words
    assert "The attacker was shot dead" not in words


def test_the_corrections_name_what_was_told_and_is_owed(tmp_path: Path) -> None:
    """The newest correction first, the longest owed first, and nothing of a claim that is held."""
    book = Told()
    story, agency = book.titled("s"), book.voice("AFP")
    claim, held = book.opened(story, ARABIC), book.opened(story, "A secret")
    for each in (claim, held):
        book.spoken(each, agency, "denied")
    book.hold(held)
    book.published(tmp_path)

    def row(publication: str, **more: Any) -> Correction:
        given = {"claim": claim, "text": ARABIC, "url": "gazette.example/1", "told": State.CONFIRMED, "since": book.now}
        return Correction(**{**given, "now": State.DENIED, "publication": publication, **more})

    later = book.now + timedelta(hours=1)
    rows = [
        row("older", settled=book.now, corrective="It was not so.", corrective_url="https://gazette.example/2"),
        row("newer", settled=later),
        row("owed later", since=later),
        row("owed longest", now=None),
        row("of the held one", claim=held, text="A secret", settled=later),
    ]
    feed = Beside("feed/corrections.atom", "Corrections", "application/atom+xml", text="<feed/>", feed=True)
    with Store.open(tmp_path / "claims.db") as store, store.reading() as reader:
        key = load_key(tmp_path / "keys", "example.org/desk")
        checkpoint = read_checkpoint((tmp_path / "pub" / "checkpoint").read_bytes())
        made = dict(Site(reader, LOOK, checkpoint, key.verifier).pages([feed], rows))
    (tmp_path / "corrections.html").write_bytes(made["corrections.html"])
    page = Page(tmp_path / "corrections.html")
    places = [page.text.index(each) for each in ("newer", "older", "owed longest", "owed later")]
    assert places == sorted(places)
    assert "It was not so." in page.text
    assert "A secret" not in page.text
    assert {"https://gazette.example/1", "https://gazette.example/2"} <= set(page.links)
    assert {"rel": "alternate", "type": feed.media_type, "title": feed.title, "href": feed.path} in page.of("link")


def test_an_empty_ledger_has_a_site_too(tmp_path: Path) -> None:
    pub = Told().published(tmp_path)
    assert "No claim has been published yet." in Page(pub / "index.html").text
    assert "No claim has changed" in Page(pub / "corrections.html").text
    assert {path.name for path in pub.rglob("*.html")} == {"index.html", "corrections.html", "check.html"}


def test_a_long_story_goes_on_over_pages(tmp_path: Path) -> None:
    book = Told()
    story, agency = book.titled("long"), book.voice("AFP")
    claims = [book.opened(story, f"Claim {number:03}.") for number in range(2 * PER_PAGE + 1)]
    for claim in claims:
        book.spoken(claim, agency)
    pub = book.published(tmp_path)
    assert {path.name for path in (pub / "story").iterdir()} == {"4.html", "4-2.html", "4-3.html"}
    shown = [
        [claim for claim in claims if f"../claim/{claim}.html" in set(page.links)]
        for page in (Page(pub / "story" / name) for name in ("4.html", "4-2.html", "4-3.html"))
    ]
    assert shown == [claims[:PER_PAGE], claims[PER_PAGE : 2 * PER_PAGE], claims[2 * PER_PAGE :]]
    assert "claims 51 to 100 of 101" in Page(pub / "story" / "4-2.html").text
    assert len(Page(pub / "story" / "4.html").of("svg")) < 500


def test_what_a_site_asks_of_the_database_grows_with_its_claims_and_no_faster(tmp_path: Path) -> None:
    """Proofs and all: twice the claims are twice the questions."""

    def asked(claims: int) -> int:
        folder = tmp_path / str(claims)
        folder.mkdir()
        book = Told()
        story, agency = book.titled("long"), book.voice("AFP")
        for number in range(claims):
            book.spoken(book.opened(story, f"Claim {number:03}."), agency)
        book.published(folder)
        with Store.open(folder / "claims.db") as store, statements(store) as found:
            key = load_key(folder / "keys", "example.org/desk")
            publish(store, key, folder / "again", site=LOOK)
        return len(found)

    few, more, most = asked(PER_PAGE), asked(2 * PER_PAGE), asked(3 * PER_PAGE)
    assert most - more <= 1.1 * (more - few)
