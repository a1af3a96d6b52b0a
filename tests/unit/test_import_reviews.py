"""ClaimReviews go in whole or not at all, and once; what one newsroom writes, another reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.shell import SECOND, STORY, Shell

NODE = {
    "@type": "ClaimReview",
    "claimReviewed": SECOND,
    "author": {"@type": "Organization", "name": "Example Facts"},
    "datePublished": "2017-04-21",
    "url": "https://facts.example/1",
    "reviewRating": {"@type": "Rating", "alternateName": "False"},
}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch).init()


def saved(*nodes: dict[str, Any], name: str = "reviews.jsonld") -> str:
    Path(name).write_text(json.dumps({"@context": "https://schema.org", "@graph": nodes}), encoding="utf-8")
    return name


def taken(shell: Shell, *args: str) -> tuple[int, int]:
    """Reviews and new entries of an import."""
    told = shell.ok("import", *args, "--json").json
    return told["rows"], told["written"]


def lines(shell: Shell, claim: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shell.ok("why", claim, "--json").json["statements"]
    return found


def kinds(shell: Shell) -> dict[str, str]:
    return {row["name"]: row["kind"] for row in shell.ok("source", "list", "--json").json}


@pytest.mark.parametrize("name", ["reviews.jsonld", "reviews.json", "Reviews.JSON"])
def test_a_review_is_a_statement_of_its_newsroom(shell: Shell, name: str) -> None:
    """An empty ledger; a review that says "false"."""
    assert taken(shell, saved(NODE, name=name), "--story", STORY) == (1, 4)
    (line,) = lines(shell, SECOND)
    assert (line["source"], line["status"], line["url"], line["quote"]) == (
        "Example Facts",
        "denied",
        "https://facts.example/1",
        "False",
    )
    assert line["said"] == {"at": "2017-04-20T22:00:00.000000Z", "precision": "day"}
    assert kinds(shell)["Example Facts"] == "newspaper"
    assert shell.board()[SECOND]["state"] == "denied"


def test_a_second_import_adds_nothing_and_a_later_review_does(shell: Shell) -> None:
    """The same file twice; then the newsroom changes its mind, on the same page and under the same name."""
    file = saved({**NODE, "@id": "#1"})
    assert taken(shell, file, "--story", STORY) == (1, 4)
    assert taken(shell, file, "--story", STORY) == (1, 0)
    saved({**NODE, "@id": "#1", "datePublished": "2017-04-22", "reviewRating": "True"})
    assert taken(shell, file, "--story", STORY) == (1, 1)
    assert [line["status"] for line in lines(shell, SECOND)] == ["denied", "confirmed"]
    assert shell.board()[SECOND]["state"] == "unverified"


def test_a_source_that_is_known_keeps_its_kind(shell: Shell) -> None:
    """AFP is an agency here; AFP reviews a claim, and so do a person and a ministry."""
    shell.ok("source", "add", "AFP", "--kind", "agency")
    authors = [
        {"name": "AFP"},
        {"@type": "Person", "name": "Ana"},
        {"@type": "GovernmentOrganization", "name": "Police"},
    ]
    taken(
        shell,
        saved(*({**NODE, "author": each, "url": f"https://{i}.example"} for i, each in enumerate(authors))),
        "--story",
        STORY,
    )
    assert {name: kind for name, kind in kinds(shell).items() if name != "desk"} == {
        "AFP": "agency",
        "Ana": "person",
        "Police": "official",
    }


CHART = """
[constants]
story = "fact-checks"
source_kind = "agency"

[values.status]
"Half true" = "unconfirmed"
"Satire" = "-"
"""


def test_a_map_says_what_a_rating_means(shell: Shell) -> None:
    """Ratings in between."""
    half, satire = {**NODE, "reviewRating": "half TRUE"}, {**NODE, "url": None, "reviewRating": "Satire"}
    Path("facts.toml").write_text(CHART, encoding="utf-8")
    told = shell.refused(1, "import", saved(half, satire), "--story", STORY)
    assert "reviews.jsonld: /@graph/0/reviewRating: gives no status of ours" in told
    assert "[values.status] of a map" in told
    assert "'Satire'" in told
    assert taken(shell, saved(half, satire), "--map", "facts.toml") == (1, 4)
    (line,) = lines(shell, SECOND)
    assert (line["status"], kinds(shell)["Example Facts"]) == ("unconfirmed", "agency")


def test_a_map_of_columns_is_refused(shell: Shell) -> None:
    """A map of a sheet."""
    Path("sheet.toml").write_text('[columns]\ntext = "claim"\n', encoding="utf-8")
    assert "map: columns: has no use here" in shell.refused(1, "import", saved(NODE), "--map", "sheet.toml")


def test_one_bad_review_keeps_all_of_them_out(shell: Shell) -> None:
    """Four reviews: of one the date has two readings, one has no rating and no author, one a text that is too long."""
    told = shell.refused(
        1,
        "import",
        saved(
            NODE,
            {**NODE, "datePublished": "04/05/2017"},
            {"@type": "ClaimReview", "claimReviewed": "x"},
            {**NODE, "claimReviewed": "y" * 10_001},
            {**NODE, "claimReviewed": "A \u202ereversed\u202c claim", "url": "javascript:alert(1)"},
        ),
        "--story",
        STORY,
    )
    assert "reviews.jsonld: /@graph/1/datePublished: may be 2017-04-05 or 2017-05-04" in told
    assert "reviews.jsonld: /@graph/2/reviewRating: gives no status of ours" in told
    assert "reviews.jsonld: /@graph/2/author: is missing" in told
    assert "reviews.jsonld: /@graph/3/claimReviewed: has 10,001 characters" in told
    assert "reviews.jsonld: /@graph/4: text: holds a character that reorders text" in told
    assert "reviews.jsonld: /@graph/4: url: is no web address" in told


def test_all_that_is_wrong_with_each_review_is_told_at_once(shell: Shell) -> None:
    """Reviews with a bad date, rating, author, address and type; two on one page, of which one has a bad rating."""
    pants = {"@type": "Rating", "alternateName": "Pants"}
    file = saved(
        {"@type": "ClaimReview", "claimReviewed": "x", "datePublished": "04/05/2017", "reviewRating": pants},
        NODE,
        {**NODE, "reviewRating": pants},
        {**NODE, "claimReviewed": 7, "reviewRating": pants, "url": "javascript:alert(1)"},
        {**NODE, "author": {"name": 7}, "reviewRating": ["True", "False"], "claimReviewed": "y" * 10_001},
        {**NODE, "@type": "claimReview", "claimReviewed": "z", "datePublished": "2999-01-01", "reviewRating": pants},
        {**NODE, "claimReviewed": "w", "url": "https://facts.example/9"},
    )
    done = shell("import", file, "--story", STORY, "--json")
    assert (done.code, done.out) == (1, "")
    told = [each["where"] for each in json.loads(done.err)["problems"]]
    assert [where.removeprefix("reviews.jsonld: /@graph/") for where in told] == [
        "0/datePublished",
        "0/reviewRating",
        "0/author",
        "2/url",
        "2/reviewRating",
        "3/claimReviewed",
        "3/reviewRating",
        "3: url",
        "4/claimReviewed",
        "4/author/name",
        "4/reviewRating",
        "5/@type",
        "5/reviewRating",
        "5: said",
    ]
    assert shell.board() == {}


def test_a_review_in_the_future_is_refused(shell: Shell) -> None:
    """A review of the year 2999."""
    told = shell.refused(1, "import", saved({**NODE, "datePublished": "2999-01-01"}), "--story", STORY)
    assert "reviews.jsonld: /@graph/0: said: " in told


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "reviews.json:1: the file is empty"),
        (b"{}", "reviews.json: holds no ClaimReview"),
        (b"[", "reviews.json:1: is not JSON"),
        ("{}".encode("utf-16"), "reviews.json: is UTF-16 or UTF-32"),
        ('{\n"é": 1}'.encode("latin-1"), "reviews.json:2: is not UTF-8 (byte E9)"),
        (b" " * (5 * 1024 * 1024 + 1), "reviews.json: has more than 5,242,880 characters"),
        (b'[{"a": NaN}]', "reviews.json: /0/a: is no number of JSON"),
        (b"[7]", "reviews.json: /0: is no object"),
        (b"text,source\nx,y\n", "reviews.json:1: is not JSON"),
    ],
)
def test_what_is_no_file_of_reviews_is_refused(shell: Shell, data: bytes, told: str) -> None:
    """Files of another kind under the name of one."""
    Path("reviews.json").write_bytes(data)
    assert told in shell.refused(1, "import", "reviews.json", "--story", STORY)


def test_a_mark_and_html_are_taken(shell: Shell) -> None:
    """A byte-order mark; tags and entities in the text."""
    node = {**NODE, "claimReviewed": "<p>Two &amp; <b>no</b> more</p>", "url": "https://facts.example/?a=1&copy=2"}
    Path("marked.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(node).encode())
    assert taken(shell, "marked.json", "--story", STORY) == (1, 4)
    (line,) = lines(shell, "Two & no more")
    assert line["url"] == "https://facts.example/?a=1&copy=2"


def test_what_was_tried_is_not_written(shell: Shell) -> None:
    """A dry run."""
    told = shell.ok("import", saved(NODE), "--story", STORY, "--dry-run").out
    assert told == "reviews.jsonld: 1 rows would write 4 entries\n"
    assert shell.board() == {}


def night(shell: Shell) -> None:
    """What the other newsroom has: one claim in each state but superseded, and one superseded."""
    say = ("--story", STORY, "--said", "2017-04-20 22:30")
    agency = ("--by", "Reuters", "--by-kind", "agency")
    shell.ok("report", "Denied", *agency, *say)
    shell.ok("deny", "Denied", "--by", "AFP", "--by-kind", "agency", "--said", "2017-04-20 22:40")
    shell.ok("retract", str(statement_of(shell, "Denied", "Reuters")), "--why", "misheard")
    for claim in ("Corroborated", "Disputed", "Unverified", "Two died", "Ten died", "Desk denies", "Desk confirms"):
        shell.ok("report", claim, "--by", "Reuters", *say)
    shell.ok("report", "Corroborated", "--by", "AFP", "--said", "2017-04-20 22:31")
    shell.ok("deny", "Disputed", "--by", "AFP", "--said", "2017-04-20 22:41")
    shell.ok("correct", "Two died", "--to", "One died", "--by", "Reuters", "--said", "2017-04-20 22:42")
    shell.ok("report", "One died", "--by", "AFP", "--said", "2017-04-20 22:43")
    shell.ok("supersede", "Ten died", "--to", "Eleven died", "--by", "Reuters", "--said", "2017-04-20 22:44")
    shell.ok("deny", "Desk denies", "--by", "desk", "--said", "2017-04-20 22:45")
    shell.ok("confirm", "Desk confirms", "--by", "desk", "--said", "2017-04-20 22:45")


def statement_of(shell: Shell, claim: str, source: str) -> int:
    return next(int(line["index"]) for line in lines(shell, claim) if line["source"] == source)


def test_what_one_newsroom_writes_another_takes_as_its_word(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A night with claims in every state, exported; an empty ledger elsewhere takes it."""
    night(shell)
    states = {text: row["state"] for text, row in shell.board().items()}
    file = str(tmp_path / "theirs.jsonld")
    told = shell.ok("export", "claimreview", file, "--url", "https://north.example", "--newsroom", "The North")
    assert told.out == f"{file}: {len(states)} reviews\n"
    (tmp_path / "elsewhere").mkdir()
    other = Shell(tmp_path / "elsewhere", monkeypatch).init()
    assert taken(other, file, "--story", STORY)[0] == len(states)
    assert taken(other, file, "--story", STORY)[1] == 0
    words = {
        "denied": "denied",
        "corroborated": "confirmed",
        "confirmed": "confirmed",
        "disputed": "unconfirmed",
        "unverified": "unconfirmed",
        "superseded": "unconfirmed",
        "corrected": "corrected",
    }
    assert set(states.values()) == set(words)
    for text, state in states.items():
        own = [
            line for line in lines(other, text) if line["quote"] is not None and line["to"] != own_index(other, text)
        ]
        assert [(line["source"], line["status"]) for line in own] == [("The North", words[state])], text
    (corrected,) = lines(other, "Two died")
    assert corrected["to"] == other.board()["One died"]["claim"]
    assert kinds(other)["The North"] == "newspaper"


def own_index(shell: Shell, text: str) -> int:
    return int(shell.board()[text]["claim"])


def test_the_export_says_what_it_did(shell: Shell) -> None:
    """One claim in each of two stories."""
    shell.ok("report", ONE_IN_ONE, "--by", "desk", "--story", "one", "--said", "now")
    shell.ok("report", SECOND, "--by", "desk", "--story", "two", "--said", "now")
    told = shell.ok("export", "claimreview", "out.jsonld", "--story", "one", "--json").json
    assert told == {"wrote": "out.jsonld", "reviews": 1}
    read = json.loads(Path("out.jsonld").read_text(encoding="utf-8"))
    assert (read["claimReviewed"], read["author"]["name"]) == (ONE_IN_ONE, "example.org/desk")
    assert shell.ok("export", "claimreview", "out.jsonld", "--all").out == "out.jsonld: 2 reviews\n"


@pytest.mark.parametrize(
    "url", ["not an address", "https://a.b/?q=1", "https://a.b/#top", "https://a.b/?", "ftp://a.b", "https://"]
)
def test_an_address_that_no_page_can_be_put_behind_is_wrong_usage(shell: Shell, url: str) -> None:
    """An empty ledger."""
    for what in ("claimreview", "atom"):
        told = shell.refused(2, "export", what, "no.file", "--url", url)
        assert f"url: '{url}': is no address of a website" in told
    assert not Path("no.file").exists()


@pytest.mark.parametrize("tag", ["xx-yy-zz-no!", "French", "fr_FR", ""])
def test_a_language_that_is_no_tag_is_refused(shell: Shell, tag: str) -> None:
    """An empty ledger."""
    told = shell.refused(1, "export", "claimreview", "no.jsonld", "--language", tag, "--newsroom", " ")
    assert f"language: is no language tag (expected fr, en or pt-BR, got '{tag}')" in told
    assert "newsroom: is empty" in told
    assert not Path("no.jsonld").exists()


ONE_IN_ONE = "One officer was killed"
