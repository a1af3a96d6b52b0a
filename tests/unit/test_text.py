"""What a text may hold, and when two texts are the same or look it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.encoding import canonical
from ledger.text import LIMITS, flaws, fold, key, look, signs, skeleton, slug_flaws
from ledger.vocabulary import Part

TEXTS = sorted(LIMITS)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)

NO_ADDRESS = "is no web address (expected https://… or a host and path without spaces)"


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (Part.TEXT, "A second police officer was killed"),
        (Part.TEXT, "12 dead"),
        (Part.TEXT, "Élysée: «deux» policiers, 50 % sûr — non ?"),
        (Part.NAME, "Pierre-Henry Brandet"),
        (Part.NAME, "وزارة الداخلية"),
        (Part.NAME, "می\u200cخواهم"),
        (Part.NAME, "France 2"),
        (Part.QUOTE, "first line\n\tsecond line"),
        (Part.QUOTE, "soft\u00adhyphen, as it was published"),
        (Part.NOTE, " by telephone\n"),
        (Part.URL, "https://example.org/wire/1?a=b#c"),
        (Part.URL, "http://example.org"),
    ],
)
def test_what_people_write_is_taken(part: Part, value: str) -> None:
    assert flaws(part, value) == []


@pytest.mark.parametrize(
    ("part", "value", "flaw"),
    [
        (Part.TEXT, "", "is empty"),
        (Part.TEXT, " \t\n", "is empty"),
        (Part.NOTE, "", "is empty"),
        (Part.TEXT, "x" * 10_001, "has 10,001 characters; at most 10,000 are taken"),
        (Part.TEXT, "two\nlines", "holds a control character (U+000A)"),
        (Part.NAME, "A\x1b[31mFP", "holds a control character (U+001B)"),
        (Part.TEXT, "nothing\x00more", "holds a control character (U+0000)"),
        (Part.QUOTE, "nothing\x00more", "holds a control character (U+0000)"),
        (Part.NOTE, "bell\x07", "holds a control character (U+0007)"),
        (Part.NOTE, "old\rmac", "holds a control character (U+000D)"),
        (Part.TEXT, "next\x85line", "holds a control character (U+0085)"),
        (Part.TEXT, "half \ud83d a face", "holds a lone surrogate (U+D83D)"),
        (Part.QUOTE, "half \udc00 a face", "holds a lone surrogate (U+DC00)"),
        (Part.TEXT, "dead \u202eneves\u202c", "holds a character that reorders text (U+202E)"),
        (Part.QUOTE, "dead \u2067neves", "holds a character that reorders text (U+2067)"),
        (Part.TEXT, "a\u2028b", "holds a line separator (U+2028)"),
        (Part.QUOTE, "a\u2029b", "holds a line separator (U+2029)"),
        (Part.NAME, "Reu\u200bters", "holds an invisible character (U+200B)"),
        (Part.NAME, "\ufeffReuters", "holds an invisible character (U+FEFF)"),
        (Part.NOTE, "a\u00adb", "holds an invisible character (U+00AD)"),
        (Part.NAME, " AFP", "starts or ends with a space"),
        (Part.TEXT, "It is so\u00a0", "starts or ends with a space"),
        (Part.NAME, "E\u0301lyse\u0301e", "is not in Unicode normal form C"),
        (Part.NAME, "!?", "holds no letter and no digit"),
        (Part.TEXT, "…", "holds no letter and no digit"),
        (Part.NAME, "12", "is a bare number, and a bare number always means an index"),
        (Part.TEXT, "12", "is a bare number, and a bare number always means an index"),
        (Part.NAME, "١٢", "is a bare number, and a bare number always means an index"),
        (Part.URL, "ftp://example.org", NO_ADDRESS),
        (Part.URL, "example", NO_ADDRESS),
        (Part.URL, "https://", NO_ADDRESS),
        (Part.URL, "javascript:alert(1)//http://a", NO_ADDRESS),
        (Part.URL, "example.org/a b", NO_ADDRESS),
        (Part.URL, "https://a\n", "holds a control character (U+000A)"),
    ],
)
def test_what_cannot_be_kept_is_said(part: Part, value: str, flaw: str) -> None:
    assert flaw in flaws(part, value)


def test_every_flaw_is_told_at_once_and_each_kind_once() -> None:
    found = flaws(Part.TEXT, "\x00\x01\u202e" + "x" * 10_000)
    assert found == [
        "has 10,003 characters; at most 10,000 are taken",
        "holds a control character (U+0000)",
        "holds a character that reorders text (U+202E)",
    ]


@pytest.mark.parametrize("part", TEXTS)
def test_a_limit_is_the_last_length_that_is_taken(part: Part) -> None:
    start = "https://e.org/" if part is Part.URL else ""
    longest = start + "é" * (LIMITS[part] - len(start))
    assert flaws(part, longest) == []
    assert flaws(part, longest + "é") == [f"has {LIMITS[part] + 1:,} characters; at most {LIMITS[part]:,} are taken"]


@given(st.sampled_from(TEXTS), ANY_TEXT)
def test_a_text_without_flaws_can_be_stored(part: Part, value: str) -> None:
    if not flaws(part, value):
        assert canonical(value)


@pytest.mark.parametrize("slug", ["paris", "champs-elysees-2017-04-20", "7", "a-1", "élysée"])
def test_slugs(slug: str) -> None:
    assert slug_flaws(slug) == []


@pytest.mark.parametrize("slug", ["Paris", "a--b", "-a", "a-", "a b", "a_b", "a/b", "", "a\n", "a.b"])
def test_what_is_no_slug(slug: str) -> None:
    assert slug_flaws(slug) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A second officer was killed", "a SECOND officer, was killed!"),
        ("A  second\u00a0officer", "A second officer"),
        ("Élysée", "E\u0301lyse\u0301e"),
        ("STRASSE", "straße"),
        ("ﬁve dead", "Five dead"),
        ("１２ dead", "12 dead"),
        ("champs-elysees", "Champs Elysees"),
    ],
)
def test_the_same_words(one: str, other: str) -> None:
    assert fold(one) == fold(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10 dead", "11 dead"),
        ("Élysée", "Elysee"),
        ("co-op", "coop"),
        ("One officer was killed", "One officer was not killed"),
        ("Reuters", "Rеuters"),
    ],
)
def test_other_words(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Reuters", "Rеuters"),  # Cyrillic е
        ("Reuters", "REUTERЅ"),  # Cyrillic Ѕ
        ("BFM", "ΒFM"),  # Greek Β
        ("BBC", "ВВС"),  # Cyrillic В, В and С
    ],
)
def test_names_that_look_the_same(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)
    assert fold(one) != fold(other)


@pytest.mark.parametrize(("one", "other"), [("Reuters", "Router"), ("AFP", "AP"), ("Élysée", "Elysee"), ("BBC", "NBC")])
def test_names_that_look_different(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@given(ANY_TEXT)
def test_folding_is_done_once(value: str) -> None:
    folded = fold(value)
    assert folded == " ".join(folded.split()) == fold(folded)
    assert canonical(folded), "the words of any text at all can be asked for"


@given(ANY_TEXT)
def test_how_a_text_looks_can_be_asked_of_any(value: str) -> None:
    assert canonical(skeleton(value))
    if value.isascii():
        assert skeleton(value) == skeleton(value.upper()) == skeleton(f" {value}. ")


@pytest.mark.parametrize(("one", "other"), [("Ian", "Lan"), ("All", "Ali"), ("France 10", "France lO")])
def test_names_in_plain_letters_are_told_apart(one: str, other: str) -> None:
    """A desk knows both Ian and Lan; only another script deceives on purpose."""
    assert skeleton(one) != skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("-5 degrees", "5 degrees"),
        ("rate +3", "rate −3"),
        ("a < b", "a > b"),
        ("it cost $5", "it cost €5"),
        ("5 %", "5"),
    ],
)
def test_signs_tell_apart_what_words_do_not(one, other):
    assert signs(one) != signs(other)


@pytest.mark.parametrize("text", ["2017-04-20", "Champs-Elysees", "a - b", "COVID-19", "3-2", "10,-5"])
def test_a_hyphen_that_joins_is_no_sign(text):
    assert signs(text) == ""


def test_a_long_text_is_filed_by_its_beginning_and_its_hash():
    """A database's index takes no key of any length; two long texts that differ at their end stay two."""
    long = "He said so. " * 800
    assert key("x" * 500) == fold("x" * 500)
    assert key(long) == key(long.upper() + "!!") != key(long + "No.")
    assert len(key(long).encode()) < 700
    assert len(key("\U0001f46e\U00020000" * 2_000).encode()) < 2_300
    assert look(long) != look(long + "No.")
