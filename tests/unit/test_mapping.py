"""Maps: how the columns of a foreign sheet become ours, and what is wrong with a map."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from ledger.errors import Problem, Rejected
from ledger.formats.csv import Record
from ledger.formats.mapping import parse_map, translate

PARIS = ZoneInfo("Europe/Paris")


def mapped(text: str, *cells: dict[str, str], zone: ZoneInfo = PARIS) -> list[dict[str, str] | str]:
    """What a map makes of records with these cells; a problem as its message."""
    records = [Record(number, each) for number, each in enumerate(cells, start=2)]
    found = translate(records, parse_map(text), zone)
    return [str(each) if isinstance(each, Problem) else each.cells for each in found]


def test_columns_are_named_and_joined() -> None:
    chart = '[columns]\ntext = "Claim"\nsource = "@{Screen Name}"\nnote = "{head line} ({page})"'
    assert parse_map(chart).theirs == ("claim", "screen_name", "head_line", "page")
    assert mapped(chart, {"claim": "x", "screen_name": "ab", "head_line": "h", "page": "3"}) == [
        {"text": "x", "source": "@ab", "note": "h (3)"}
    ]


def test_a_template_with_nothing_in_it_tells_nothing() -> None:
    chart = '[columns]\nsource = "@{name}"\nnote = "{a}/{b}"\n[constants]\nsource = "somebody"'
    assert mapped(chart, {"b": "2"}, {"name": "x"}) == [{"source": "somebody", "note": "/2"}, {"source": "@x"}]


def test_braces_in_a_cell_are_no_template() -> None:
    assert mapped('[columns]\ntext = "a"\nnote = "{b}"', {"a": "{b}", "b": "x"}) == [{"text": "{b}", "note": "x"}]


def test_constants_stand_in_every_row_that_tells_nothing_else() -> None:
    chart = '[columns]\nsaid = "when"\n[constants]\nsaid = "unknown"\nsource_kind = "newspaper"'
    assert mapped(chart, {}, {"when": "22:57"}) == [
        {"said": "unknown", "source_kind": "newspaper"},
        {"said": "22:57", "source_kind": "newspaper"},
    ]


VALUES = '[columns]\nstatus = "stance"\ntext = "t"\n[values.status]\nfor = "reported"\nobserving = "-"\n'


def test_values_are_looked_up_and_a_hyphen_passes_over() -> None:
    assert mapped(VALUES, {"stance": "for"}, {"stance": "observing"}, {"text": "no stance"}) == [
        {"status": "reported"},
        {},
    ]


def test_a_value_that_the_map_does_not_know_is_told() -> None:
    assert mapped(VALUES, {"stance": "For"}) == [
        "line 2: status: is not in the map (expected one of 'for', 'observing', got 'For')"
    ]


def test_a_hyphen_in_the_file_itself_passes_nothing_over() -> None:
    assert mapped('[columns]\nnote = "n"', {"n": "-"}) == [{"note": "-"}]


TIMES = '[columns]\nsaid = "when"\n[constants]\nsaid = "unknown"\n[times]\nform = "%d/%m/%Y %H:%M"\n'


def test_a_time_is_read_in_the_form_of_the_map_and_the_zone_of_the_desk() -> None:
    told = {"said": "2017-04-20T20:57:00.000000Z", "precision": "minute"}
    assert mapped(TIMES, {"when": " 20/04/2017 22:57 "}) == [told]
    assert mapped(TIMES, {}) == [{"said": "unknown"}]


def test_a_zone_in_the_map_goes_before_that_of_the_desk_and_an_offset_before_both() -> None:
    chart = TIMES + 'zone = "Europe/London"'
    assert mapped(chart, {"when": "20/04/2017 22:57"})[0] == {
        "said": "2017-04-20T21:57:00.000000Z",
        "precision": "minute",
    }
    offset = chart.replace("%H:%M", "%H:%M %z")
    assert mapped(offset, {"when": "20/04/2017 22:57 -0500"})[0] == {
        "said": "2017-04-21T03:57:00.000000Z",
        "precision": "minute",
    }


@pytest.mark.parametrize(
    ("form", "when", "precision"),
    [
        ("%d/%m/%Y", "20/04/2017", "day"),
        ("%d/%m/%Y %Hh", "20/04/2017 00h", "hour"),
        ("%d/%m/%Y %I%p", "20/04/2017 12AM", "hour"),
        ("%d %B %Y, %H.%M", "20 April 2017, 00.00", "minute"),
        ("%a %b %d %H:%M:%S %Y", "Thu Apr 20 00:00:00 2017", "second"),
        ("%d/%m/%y 100%%S", "20/04/17 100%S", "day"),
    ],
)
def test_a_time_is_known_as_exactly_as_its_form_says(form: str, when: str, precision: str) -> None:
    chart = f'[columns]\nsaid = "when"\n[times]\nform = "{form}"'
    assert mapped(chart, {"when": when}) == [{"said": "2017-04-19T22:00:00.000000Z", "precision": precision}]


@pytest.mark.parametrize("when", ["04/20/2017 22:57", "20/04/2017", "22:57", "2017-04-20 22:57", "20/04/2017 24:00"])
def test_a_time_in_another_form_is_never_guessed(when: str) -> None:
    assert mapped(TIMES, {"when": when}) == [
        f"line 2: said: is not written as the map says (expected %d/%m/%Y %H:%M, got '{when}')"
    ]


def test_an_hour_that_the_clocks_left_out_or_ran_twice_is_refused_with_its_readings() -> None:
    assert mapped(TIMES, {"when": "26/03/2017 02:30"}, {"when": "29/10/2017 02:30"}) == [
        "line 2: said: never happened in Europe/Paris, where the clocks changed "
        "(expected 2017-03-26T03:30+02:00 or 2017-03-26T01:30+01:00, got '26/03/2017 02:30')",
        "line 3: said: happened twice in Europe/Paris, where the clocks changed "
        "(expected 2017-10-29T02:30+02:00 or 2017-10-29T02:30+01:00, got '29/10/2017 02:30')",
    ]


COLUMNS = "[columns]\ntext = 'claim'\n"
WRONG = {
    "a table too many": (COLUMNS + "[colums]\n", "map: colums: is no part of a map (expected one of columns, "),
    "a word for a table": ("columns = 'claim'", "map: columns: is no table (expected [columns])"),
    "no columns": ("[constants]\nstory = 'x'", "map: columns: is missing (expected a table [columns] that names"),
    "no columns in it": ("[columns]\n", "map: columns: is missing"),
    "a foreign column": (
        "[columns]\nclaimed = 'claim'",
        "map: columns: claimed: is no column of ours (expected one of",
    ),
    "a foreign constant": (COLUMNS + "[constants]\nkinds = 'x'", "map: constants: kinds: is no column of ours"),
    "foreign values": (COLUMNS + "[values.stance]\nfor = 'x'", "map: values: stance: is no column of ours"),
    "a number for a name": ("[columns]\ntext = 3", "map: columns: text: is no text (expected a text in quotes)"),
    "a number for a constant": (COLUMNS + "[constants]\nquorum = 2", "map: constants: quorum: is no text"),
    "an empty name": ("[columns]\ntext = ''", "map: columns: text: names no column (expected the name of a column"),
    "an empty hole": ("[columns]\ntext = 'a {} b'", "map: columns: text: names no column"),
    "a hole left open": ("[columns]\ntext = 'a {b'", "map: columns: text: names no column"),
    "a brace too many": ("[columns]\ntext = '{a}}'", "map: columns: text: names no column"),
    "values that are no table": (COLUMNS + "[values]\nstatus = 'x'", "map: values: status: is no table of texts"),
    "a value that is no text": (COLUMNS + "[values.status]\nfor = 1", "map: values: status: is no table of texts"),
    "a foreign word of time": (COLUMNS + "[times]\nstyle = '%Y'", "map: times: style: is not known (expected form and"),
    "a form that is no text": (COLUMNS + "[times]\nform = 1", "map: times: form: is not known"),
    "no zone": (COLUMNS + "[times]\nzone = 'Paris'", "map: times: zone: is no time zone (expected an IANA name"),
    "a form without a day": (COLUMNS + "[times]\nform = '%H:%M'", "map: times: form: does not tell a whole date"),
    "a form without a year": (COLUMNS + "[times]\nform = '%d %b'", "map: times: form: does not tell a whole date"),
    "a form of nothing": (COLUMNS + "[times]\nform = ''", "map: times: form: does not tell a whole date"),
    "a form of no meaning": (COLUMNS + "[times]\nform = '%Q'", "map: times: form: does not tell a whole date"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_map_is_told(name: str) -> None:
    text, told = WRONG[name]
    with pytest.raises(Rejected, match=r"^map: cannot be used$") as caught:
        parse_map(text)
    found = [str(each) for each in caught.value.problems]
    assert any(each.startswith(told) for each in found), found
    assert caught.value.exit_code == 1


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(Rejected) as caught:
        parse_map("[columns]\nclaimed = 3\n[times]\nzone = 'x'\n[more]\n")
    assert [each.where for each in caught.value.problems] == [
        "map: more",
        "map: columns: claimed",
        "map: columns: claimed",
        "map: times: zone",
    ]


@pytest.mark.parametrize("text", ["[columns", "text = claim", "[columns]\ntext='a'\ntext='b'", "\ufeffx", "{}"])
def test_what_is_no_toml_is_told(text: str) -> None:
    with pytest.raises(Rejected, match=r"^map: is not TOML: "):
        parse_map(text)


def test_a_row_that_is_passed_over_can_be_kept_with_other_cells() -> None:
    chart = parse_map(
        '[columns]\nstatus = "stance"\ntext = "t"\nsource_kind = "what"\nstory = "s"\n'
        '[values.status]\nfor = "reported"\nobserving = "-"\n[values.source_kind]\npaper = "newspaper"\n'
        '[values.story]\na = "paris"\n'
    )
    cells = {"stance": "observing", "t": "x", "what": "blog", "s": "a"}
    records = [Record(2, cells), Record(3, cells | {"stance": "for", "what": "paper"})]
    kept = list(translate(records, chart, PARIS, {"status": "unconfirmed"}))
    assert [each.cells for each in kept if isinstance(each, Record)] == [
        {"text": "x", "story": "paris", "status": "unconfirmed"},
        {"text": "x", "story": "paris", "status": "reported", "source_kind": "newspaper"},
    ]
    assert [each.line for each in translate(records, chart, PARIS) if isinstance(each, Record)] == [3]


def test_a_map_says_what_the_words_of_a_gold_column_mean() -> None:
    text = '[columns]\ntext = "a"\n[gold]\nDebunked = "false"\nverified = "true"\nopen = "-"\n'
    assert parse_map(text).gold == {"Debunked": "false", "verified": "true", "open": "-"}
    assert parse_map('[columns]\ntext = "a"').gold == {}
    with pytest.raises(Rejected) as refused:
        parse_map(text + 'odd = "maybe"\nworse = 1\n')
    assert [str(each) for each in refused.value.problems] == [
        'map: gold: odd: is not known (expected "true", "false" or "-", got \'maybe\')',
        'map: gold: worse: is not known (expected "true", "false" or "-", got 1)',
    ]
