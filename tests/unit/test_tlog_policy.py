"""Trust policies (C2SP tlog-policy): what is one, and which cosignatures are a quorum."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ledger.tlog import Invalid, Signer, Verifier
from ledger.tlog.note import COSIGNATURE
from ledger.tlog.policy import Policy, parse_policy, with_quorum, with_witness, without_witness

LOG = Signer("example.org/log", bytes(32)).verifier
KEYS = {
    name: Signer(f"witness.example/{name}", bytes([n] * 32), COSIGNATURE).verifier for n, name in enumerate("ABCDEF", 1)
}
LINES = f"log {LOG}\n" + "".join(f"witness {name} {each}\n" for name, each in KEYS.items())


def policy(*lines: str) -> Policy:
    return parse_policy(LINES + "".join(f"{line}\n" for line in lines))


def keys(names: str) -> set[Verifier]:
    return {KEYS[name] for name in names}


@pytest.mark.parametrize(
    ("lines", "enough", "lacking"),
    [
        (["quorum none"], ["", "A"], []),
        (["quorum A"], ["A", "AB"], ["", "B", "BCDEF"]),
        (["group g any A B", "quorum g"], ["A", "B", "AB"], ["", "C"]),
        (["group g 1 A B", "quorum g"], ["A", "B"], ["", "CD"]),
        (["group g all A B", "quorum g"], ["AB", "ABC"], ["", "A", "B", "BC"]),
        (["group g 2 A B C", "quorum g"], ["AB", "AC", "BC", "ABC"], ["A", "B", "C", "AD"]),
        (["group g any A", "group h all g", "quorum h"], ["A"], ["B"]),
        (
            ["group x 2 A B C", "group y any D E F", "group both all x y", "quorum both"],
            ["ABD", "ACF", "ABCDEF"],
            ["", "ABC", "DEF", "AD", "ADEF"],
        ),
        (["group x all A B", "group y any x C", "quorum y"], ["AB", "C"], ["A", "B", "DEF"]),
    ],
)
def test_a_quorum(lines: list[str], enough: list[str], lacking: list[str]) -> None:
    found = policy(*lines)
    for names in enough:
        assert found.satisfied(keys(names))
        assert found.missing(keys(names)) == ""
    for names in lacking:
        assert not found.satisfied(keys(names))
        assert found.missing(keys(names))
    assert parse_policy(found.format()) == found


def test_what_is_missing_is_named() -> None:
    nested = policy("group x 2 A B C", "group y any D E", "group both all x y", "quorum both")
    assert nested.missing(set()) == "2 of (2 of A, B, C), (1 of D, E)"
    assert nested.missing(keys("D")) == "2 of A, B, C"
    assert nested.missing(keys("ABD")) == ""
    assert policy("group g all A B", "quorum g").missing(keys("B")) == "A"
    assert policy("group g 2 A B C", "quorum g").missing(keys("B")) == "1 of A, C"
    assert policy("quorum A").missing(keys("B")) == "A"


def test_from_when_on_a_quorum_had_cosigned() -> None:
    """It is when the last of the first quorum did; who comes later, or lies about a far past, moves nothing."""
    two = policy("group g 2 A B C", "quorum g")
    a, b, c = (KEYS[name] for name in "ABC")
    assert two.since({a: 10, b: 20, c: 30}) == 20
    assert two.since({a: 10, b: 20}) == 20
    assert two.since({a: 10}) is None
    assert two.since({a: 10, KEYS["D"]: 5}) is None
    assert policy("quorum none").since({a: 10, b: 20}) == 10
    assert policy("quorum none").since({}) is None
    assert policy("quorum A").since({a: 10, b: 5}) == 10


def test_comments_blanks_tabs_addresses_and_other_letters() -> None:
    text = (
        f"# who\n\n \t \n  log\t{LOG}   https://log.example/ \n\t# inner\nwitness Übe\t{KEYS['A']} https://w.example\n"
        f"witness B {KEYS['B']}\ngroup \udcff any Übe B\nquorum \udcff"
    )
    found = parse_policy(text)
    assert found.logs == (LOG,)
    assert found.addresses == {"Übe": "https://w.example"}
    assert found.satisfied(keys("A"))
    assert parse_policy(found.format()) == found


def test_the_quorum_may_stand_before_witnesses_that_it_does_not_name() -> None:
    assert policy("quorum A").quorum == "A"
    text = f"witness A {KEYS['A']}\nquorum A\nwitness B {KEYS['B']}\nlog {LOG}\n"
    assert set(parse_policy(text).witnesses) == {"A", "B"}


def test_many_of_everything() -> None:
    many = [Signer(f"w{n}", n.to_bytes(32), COSIGNATURE).verifier for n in range(64)]
    lines = [f"witness {each.name} {each}" for each in many]
    lines += [f"group g{n} all w{2 * n} w{2 * n + 1}" for n in range(32)]
    lines += ["group top 16 " + " ".join(f"g{n}" for n in range(32)), "quorum top"]
    found = parse_policy("\n".join(lines))
    assert found.satisfied(many[:32])
    assert not found.satisfied(many[:31])


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "the policy has no quorum line"),
        (["quorum A", "quorum A"], "line 9 of the policy: is a second quorum"),
        (["quorum none", "quorum none"], "is a second quorum"),
        (["quorum Z"], "Z is not defined before this line"),
        (["quorum g", "group g any A"], "g is not defined before this line"),
        (["group g any g"], "g is not defined before this line"),
        (["group g any none"], "none is not defined"),
        (["group g any A A"], "A is a member already"),
        (["group g any A", "group h any A"], "A is a member already"),
        (["group g any A", "group g any B"], "the name g is taken"),
        (["group A any B"], "the name A is taken"),
        (["group none any B"], "the name none is taken"),
        (["group g 0 A"], "asks for 0 of 1"),
        (["group g 2 A"], "asks for 2 of 1"),
        (["group g -1 A"], "asks for -1 of 1"),
        (["group g 01 A"], "asks for 01 of 1"),
        (["group g ١ A"], "asks for ١ of 1"),
        (["group g ALL A"], "asks for ALL of 1"),
        (["group g 9999999999999 A"], "asks for 9999999999999 of 1"),
        (["group g all"], "is none of log, witness, group and quorum"),
        (["quorum"], "is none of log"),
        (["quorum A B"], "is none of log"),
        (["Quorum A"], "is none of log"),
        (["log"], "is none of log"),
        ([f"log {LOG}"], "the key of example.org/log is there already"),
        ([f"log {Verifier('other', LOG.key)}"], "the key of other is there already"),
        ([f"log {KEYS['A']}"], "the key of a log is of type 0x01, not 0x04"),
        ([f"witness L {LOG}"], "the key of a witness is of type 0x04, not 0x01"),
        ([f"witness X {KEYS['A']}"], "the key of witness.example/A is there already"),
        ([f"witness none {Verifier('x', bytes([88]) + bytes([102] * 31), 4)}"], "the name none is taken"),
        (["witness X nonsense"], "the verifier key"),
        ([f"witness X {KEYS['A']} a b"], "is none of log"),
        (["quorum A\r"], "has a control character"),
        (["quorum\x0bA"], "has a control character"),
        (["# \x7f", "quorum A"], "has a control character"),
        (["quorum\u00a0A"], "is none of log"),
    ],
)
def test_what_is_no_policy(lines: list[str], why: str) -> None:
    with pytest.raises(Invalid) as refusal:
        policy(*lines)
    assert why in str(refusal.value)


# What the commands make of it


def test_witnesses_are_added_to_a_quorum_of_all_unless_it_says_otherwise() -> None:
    found = Policy((LOG,))
    for name in "AB":
        found = with_witness(found, name, KEYS[name], f"https://{name}.example")
    assert found.format().splitlines()[1:] == [
        f"witness A {KEYS['A']} https://A.example",
        f"witness B {KEYS['B']} https://B.example",
        "group witnesses all A B",
        "quorum witnesses",
    ]
    two = with_witness(with_quorum(found, "2"), "C", KEYS["C"], "https://c.example")
    assert two.groups["witnesses"].threshold == 2
    assert with_witness(found, "C", KEYS["C"], "https://c.example").groups["witnesses"].threshold == 3
    assert with_witness(with_quorum(found, "any"), "C", KEYS["C"], "x").groups["witnesses"].threshold == 1
    none = with_witness(with_quorum(found, "none"), "C", KEYS["C"], "https://c.example")
    assert none.quorum == "none"
    assert with_quorum(none, "3").groups["witnesses"].threshold == 3
    empty = without_witness(without_witness(found, "A"), "B")
    assert empty == Policy((LOG,))
    assert with_witness(empty, "A", KEYS["A"], "https://a.example").quorum == "witnesses"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda p: with_witness(p, "A", KEYS["C"], "x"), "there is a witness A already"),
        (lambda p: with_witness(p, "C", KEYS["A"], "x"), "the key of witness.example/A is there already"),
        (lambda p: with_witness(p, "none", KEYS["C"], "x"), "the name none is taken"),
        (lambda p: with_witness(p, "witnesses", KEYS["C"], "x"), "'witnesses' cannot name a witness"),
        (lambda p: with_witness(p, "a b", KEYS["C"], "x"), "'a b' cannot name a witness"),
        (lambda p: with_witness(p, "#a", KEYS["C"], "x"), "'#a' cannot name a witness"),
        (lambda p: with_witness(p, "a\n", KEYS["C"], "x"), "cannot name a witness"),
        (lambda p: with_witness(p, "", KEYS["C"], "x"), "'' cannot name a witness"),
        (lambda p: without_witness(p, "C"), "there is no witness C"),
        (lambda p: with_quorum(p, "3"), "asks for 3 of 2"),
        (lambda p: with_quorum(p, "0"), "asks for 0 of 2"),
        (lambda p: with_quorum(p, "most"), "asks for most of 2"),
        (lambda p: without_witness(with_quorum(p, "2"), "A"), "asks for 2 of 1"),
        (lambda p: with_quorum(Policy(), "all"), "there is no witness yet"),
        (lambda p: with_quorum(policy("group g any A", "quorum g"), "all"), "it was written by hand"),
        (lambda p: with_quorum(policy("quorum A"), "all"), "it was written by hand"),
    ],
)
def test_changes_that_make_no_policy(change: Callable[[Policy], Policy], why: str) -> None:
    start = Policy((LOG,))
    for name in "AB":
        start = with_witness(start, name, KEYS[name], "https://example.org")
    with pytest.raises(Invalid) as refusal:
        change(start)
    assert why in str(refusal.value)
