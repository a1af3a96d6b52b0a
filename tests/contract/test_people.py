"""Accounts, sessions, tokens and the list of accesses, the same on every database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import text

from ledger.book import Ledger, Person
from ledger.book import passwords as kept_passwords
from ledger.book.attempts import WITHIN, Most
from ledger.book.passwords import LONGEST, SHORTEST
from ledger.book.people import PREFIX, SESSION, People
from ledger.errors import Forbidden, Misused, NotSignedIn, Rejected, TooMany, Unavailable
from ledger.store import Place, check
from ledger.vocabulary import Access, Role
from tests.ledgers import DAY as START

PASSWORD = "correct horse battery"
OTHER = "staple of another kind"


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(autouse=True)
def cheaply(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hash with the least work, since what is tested here is not how much it costs."""
    hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    monkeypatch.setattr(kept_passwords, "_hasher", lambda: hasher)
    kept_passwords._nobodys.cache_clear()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(where: Place, clock: Clock) -> Iterator[Ledger]:
    """A ledger with Ana, who checks facts, and Lena, who edits and looks after the others."""
    zone = "Europe/Paris"
    with Ledger.create(where, origin="example.org/desk", zone=zone, recorder="Otto", clock=clock) as made:
        made.people.add_person("Ana", PASSWORD, [Role.FACT_CHECKER])
        made.people.add_person("Lena", OTHER, [Role.EDITOR, Role.ADMIN])
        yield made


@pytest.fixture
def people(ledger: Ledger) -> People:
    return ledger.people


def kinds(people: People) -> list[Access]:
    return [line.kind for line in reversed(people.accesses())]


def rows(ledger: Ledger, table: str) -> list[tuple[object, ...]]:
    with ledger.store.transaction() as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]


def test_who_has_an_account_is_listed_and_signs_in(people: People, clock: Clock) -> None:
    assert [(each.name, each.roles) for each in people.everybody()] == [
        ("Ana", {Role.FACT_CHECKER}),
        ("Lena", {Role.EDITOR, Role.ADMIN}),
    ]
    done = people.sign_in("  aNA ", PASSWORD, address="192.0.2.7")
    assert done.person.name == "Ana"
    assert done.expires == clock.now + SESSION
    assert people.signed_in(done.secret) == done.person
    line = people.accesses(limit=1)[0]
    assert (line.kind, line.person, line.actor, line.address) == (Access.SIGNED_IN, "Ana", "Ana", "192.0.2.7")


@pytest.mark.parametrize(("name", "password"), [("Ana", OTHER), ("Nobody", PASSWORD), ("", ""), ("Ana", "\ud800\0")])
def test_whoever_is_not_let_in_is_not_told_why(people: People, name: str, password: str) -> None:
    with pytest.raises(NotSignedIn) as caught:
        people.sign_in(name, password)
    assert caught.value.message == "sign in: the name or the password is not right"
    line = people.accesses(limit=1)[0]
    assert (line.kind, line.person, line.actor) == (Access.REFUSED, name, None)


def test_a_name_that_nobody_has_is_checked_as_long(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, since a clock is no judge on a machine that others use."""
    asked: list[str] = []
    hasher = kept_passwords._hasher()

    class Counting:
        def verify(self, password: str, kept: str) -> bool:
            asked.append(kept.rsplit("$", 2)[0])
            return hasher.verify(password, kept)

        def hash(self, password: str) -> str:
            return hasher.hash(password)

    monkeypatch.setattr(kept_passwords, "_hasher", Counting)
    people.disable("Lena")
    for name in ("Ana", "Nobody", "Lena"):
        with pytest.raises(NotSignedIn):
            people.sign_in(name, "not the password")
    kept_passwords._nobodys.cache_clear()
    assert len(asked) == 3
    assert len(set(asked)) == 1, "of one cost"


HERE, THERE = "192.0.2.7", "198.51.100.9"


def tried(people: People, name: str = "Ana", password: str = "guess", address: str = HERE) -> str:
    """How an attempt ends, where three of a name at an address are let through, five at an address, seven of a name."""
    try:
        return people.sign_in(name, password, address=address, most=Most(3, 5, 7)).person.name
    except NotSignedIn:
        return "refused"
    except TooMany as error:
        return str(error.seconds)


def test_who_was_refused_too_often_waits_whichever_process_refused_them(where: Place, ledger: Ledger) -> None:
    clock = ledger.people._clock
    assert isinstance(clock, Clock)
    with Ledger.open(where, recorder="Otto", clock=clock) as other:
        first, second = ledger.people, other.people
        assert [tried(each) for each in (first, second, first)] == ["refused"] * 3
        clock.now += timedelta(minutes=5)
        assert [tried(each, password=PASSWORD) for each in (first, second)] == ["600", "600"]
        assert kinds(first).count(Access.REFUSED) == 3, "what is not tried is not written down"
        assert tried(second, password=PASSWORD, address=THERE) == "Ana"
        clock.now += timedelta(minutes=10)
        assert tried(second, "\N{FULLWIDTH LATIN CAPITAL LETTER A}na", PASSWORD) == "Ana"


def test_who_gets_in_begins_anew(people: People) -> None:
    passwords = ["guess", "guess", PASSWORD, "guess", "guess", PASSWORD, "guess"]
    assert [tried(people, password=each) for each in passwords] == [
        *("refused", "refused", "Ana", "refused", "refused"),
        *("Ana", "refused"),
    ]


def test_an_address_and_a_name_are_counted_by_themselves_too(people: People, clock: Clock) -> None:
    assert [tried(people, f"name {number}") for number in range(6)] == ["refused"] * 5 + ["900"]
    clock.now += WITHIN
    assert [tried(people, "x" * 150 + "\n", address=f"192.0.2.{number}") for number in range(8)] == [
        *["refused"] * 7,
        "900",
    ]


def test_of_the_list_no_more_is_read_than_the_last_quarter_of_an_hour(
    ledger: Ledger, people: People, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledger.store.people import Register

    for number in range(120):
        with pytest.raises(NotSignedIn):
            people.sign_in(f"name {number}", "guess", address=HERE)
    clock.now += WITHIN
    read: list[int] = []
    accesses = Register.accesses

    def counting(self: Register, before: int | None, limit: int) -> object:
        found = accesses(self, before, limit)
        read.append(len(found))
        return found

    monkeypatch.setattr(Register, "accesses", counting)
    assert tried(people, password=PASSWORD) == "Ana"
    assert read == [100]


def test_what_is_secret_is_kept_as_a_hash(ledger: Ledger, people: People) -> None:
    session = people.sign_in("Ana", PASSWORD).secret
    token = people.make_token("Ana", "wire", [], 30).secret
    kept = repr([rows(ledger, table) for table in ("people", "sessions", "tokens", "accesses")])
    for secret in (PASSWORD, session, token, token.removeprefix(PREFIX)):
        assert secret not in kept
    assert sha256(session.encode()).hexdigest() in kept
    assert "$argon2id$" in kept
    assert len({row[3] for row in rows(ledger, "people")}) == 2
    assert len(session) >= 43
    assert token.startswith("claims_")


def test_a_session_ends_at_its_time(ledger: Ledger, people: People, clock: Clock) -> None:
    secret = people.sign_in("Ana", PASSWORD).secret
    clock.now += SESSION - timedelta(microseconds=1)
    assert people.signed_in(secret).name == "Ana"
    clock.now += timedelta(microseconds=1)
    with pytest.raises(NotSignedIn, match="session: is over"):
        people.signed_in(secret)
    people.sign_in("Lena", OTHER)
    assert len(rows(ledger, "sessions")) == 1, "what is over is swept away"


def test_who_signs_out_is_out_and_the_other_browser_is_not(people: People) -> None:
    first, second = (people.sign_in("Ana", PASSWORD).secret for _ in range(2))
    people.sign_out(first)
    with pytest.raises(NotSignedIn):
        people.signed_in(first)
    assert people.signed_in(second).name == "Ana"
    people.end_sessions("ana")
    with pytest.raises(NotSignedIn):
        people.signed_in(second)
    people.sign_out(second)
    assert kinds(people)[-4:] == [Access.SIGNED_IN, Access.SIGNED_IN, Access.SIGNED_OUT, Access.SIGNED_OUT]


def test_a_closed_account_has_nothing_open_left(ledger: Ledger, people: People) -> None:
    session, token = people.sign_in("Ana", PASSWORD).secret, people.make_token("Ana", "wire", [], 30).secret
    assert people.disable("ana").disabled
    for act in (
        lambda: people.signed_in(session),
        lambda: people.bearer(token),
        lambda: people.sign_in("Ana", PASSWORD),
    ):
        with pytest.raises(NotSignedIn):
            act()
    with pytest.raises(Rejected, match="no token was made") as caught:
        people.make_token("Ana", "wire", [], 30)
    assert [str(each) for each in caught.value.problems] == ["name: the account is closed (got Ana)"]
    people.enable("Ana")
    assert people.sign_in("Ana", PASSWORD).person.name == "Ana"
    assert rows(ledger, "tokens") == []
    with pytest.raises(NotSignedIn):
        people.signed_in(session)


def test_another_password_ends_every_session(people: People) -> None:
    secret = people.sign_in("Ana", PASSWORD).secret
    people.set_password("Ana", "quite another password")
    with pytest.raises(NotSignedIn):
        people.signed_in(secret)
    with pytest.raises(NotSignedIn):
        people.sign_in("Ana", PASSWORD)
    assert people.sign_in("Ana", "quite another password").person.name == "Ana"


def test_who_knows_the_old_password_chooses_another(ledger: Ledger, people: People) -> None:
    mine, other, hers = (people.sign_in(*each).secret for each in (("Ana", PASSWORD),) * 2 + (("Lena", OTHER),))
    acting = ledger.acting_as(people.signed_in(mine)).people
    for old, new, problem in (
        (OTHER, "quite another password", "old password: is not right"),
        ("", "quite another password", "old password: is not right"),
        (PASSWORD, "short", "password: is too short (expected at least 12 characters, got 5)"),
    ):
        with pytest.raises(Rejected, match="the password stays as it was") as caught:
            acting.change_password("ana", old, new, address="192.0.2.7", keep=mine)
        assert [str(each) for each in caught.value.problems] == [problem]
    refused = [line for line in people.accesses() if line.kind is Access.REFUSED]
    assert [(line.person, line.actor, line.address) for line in refused] == [("Ana", "Ana", "192.0.2.7")] * 2
    assert people.signed_in(other).name == "Ana"
    acting.change_password("ana", PASSWORD, "quite another password", address="192.0.2.7", keep=mine)
    assert [people.signed_in(each).name for each in (mine, hers)] == ["Ana", "Lena"]
    with pytest.raises(NotSignedIn):
        people.signed_in(other)
    with pytest.raises(NotSignedIn):
        people.sign_in("Ana", PASSWORD)
    assert people.sign_in("Ana", "quite another password").person.name == "Ana"
    people.disable("Ana")
    with pytest.raises(Rejected, match="it was changed meanwhile"):
        acting.change_password("Ana", "quite another password", PASSWORD)


def test_the_other_sessions_end_and_this_one_stays(people: People) -> None:
    mine, other = (people.sign_in("Ana", PASSWORD).secret for _ in range(2))
    people.end_sessions("Ana", keep=mine)
    assert people.signed_in(mine).name == "Ana"
    with pytest.raises(NotSignedIn):
        people.signed_in(other)
    people.end_sessions("Ana", keep="no session")
    with pytest.raises(NotSignedIn):
        people.signed_in(mine)


def test_other_roles_hold_at_once(people: People) -> None:
    secret = people.sign_in("Ana", PASSWORD).secret
    people.set_roles("Ana", [Role.AUDITOR])
    assert people.signed_in(secret).roles == {Role.AUDITOR}
    with pytest.raises(Misused, match="role: is missing"):
        people.set_roles("Ana", [])


def test_a_token_has_no_more_than_its_person_has(people: People, clock: Clock) -> None:
    made = people.make_token("Lena", "wire import", [Role.EDITOR], 30)
    assert people.bearer(made.secret).roles == {Role.EDITOR}
    assert people.bearer(people.make_token("Lena", "board", [], 30).secret).roles == set()
    assert [row.label for row in people.tokens("lena")] == ["board", "wire import"]
    people.set_roles("Lena", [Role.ADMIN])
    assert people.bearer(made.secret).roles == set()
    clock.now += timedelta(days=30)
    for secret in (made.secret, "claims_", "", "\ud800"):
        with pytest.raises(NotSignedIn, match="token: is over"):
            people.bearer(secret)


def test_a_token_that_is_taken_back_opens_nothing(people: People) -> None:
    made, other = people.make_token("Ana", "one", [], 30), people.make_token("Ana", "two", [], 30)
    with pytest.raises(Rejected, match="Lena has none of that id"):
        people.revoke_token("Lena", made.token.id)
    people.revoke_token("Ana", made.token.id)
    with pytest.raises(NotSignedIn):
        people.bearer(made.secret)
    assert people.bearer(other.secret).name == "Ana"


@pytest.mark.parametrize(
    ("name", "password", "roles", "problems"),
    [
        ("", PASSWORD, [Role.EDITOR], ["name: is empty"]),
        ("Bo\u202e", PASSWORD, [Role.EDITOR], ["name: holds a character that reorders text"]),
        ("17", PASSWORD, [Role.EDITOR], ["name: is a bare number"]),
        ("x" * 201, PASSWORD, [Role.EDITOR], ["name: has 201 characters"]),
        ("Bo", "x" * (SHORTEST - 1), [Role.EDITOR], ["password: is too short"]),
        ("Bo", "abcd" * LONGEST, [Role.EDITOR], ["password: is too long"]),
        ("Bo", "aaaaaaaabbbbbbbb", [Role.EDITOR], ["password: is too easy"]),
        ("Boris Borisov", "boris-BORISOV", [Role.EDITOR], ["password: is too easy"]),
        ("", "", [], ["name: is empty", "role: is missing", "password: is too short"]),
    ],
)
def test_all_that_is_wrong_with_an_account_is_told(
    people: People, name: str, password: str, roles: list[Role], problems: list[str]
) -> None:
    before = people.everybody()
    with pytest.raises(Rejected, match="nobody was added") as caught:
        people.add_person(name, password, roles)
    told = [str(each) for each in caught.value.problems]
    assert len(told) == len(problems)
    assert all(each.startswith(begins) for each, begins in zip(told, problems, strict=True)), told
    assert not any(password and password in each for each in told)
    assert people.everybody() == before


def test_one_name_is_one_person(people: People) -> None:
    for name in ("Ana", "ANA", " ana"):
        with pytest.raises(Rejected, match="Ana has an account already"):
            people.add_person(name, PASSWORD, [Role.EDITOR])
    for act in (people.disable, people.enable, people.end_sessions, people.tokens):
        with pytest.raises(Rejected, match="nobody has an account of that name"):
            act("Bo")


def test_a_token_that_cannot_be_is_refused_with_all_that_is_wrong(people: People) -> None:
    with pytest.raises(Rejected, match="no token was made") as caught:
        people.make_token("Ana", "", [Role.EDITOR, Role.PUBLISHER], 0)
    assert [str(each) for each in caught.value.problems] == [
        "label: is empty",
        "days: cannot be (expected 1 to 366, got 0)",
        "scope: Ana has not the role (expected fact-checker, got editor, publisher)",
    ]
    with pytest.raises(Rejected):
        people.make_token("Ana", "x", [], 367)


def test_the_list_of_accesses_is_read_from_its_end(people: People) -> None:
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            people.sign_in("Mallory\n\u202e" + "x" * 500, "guess")
    lines = people.accesses(limit=3)
    assert [line.number for line in lines] == [6, 5, 4]
    assert [line.number for line in people.accesses(before=2)] == [1, 0]
    assert lines[0].person == "Mallory??" + "x" * 91


def test_nothing_of_it_is_part_of_the_ledger(ledger: Ledger, people: People) -> None:
    with ledger.store.reading() as reader:
        before = reader.size, reader.root()
    people.sign_in("Ana", PASSWORD)
    people.make_token("Ana", "wire", [], 30)
    people.disable("Ana")
    with ledger.store.reading() as reader:
        assert (reader.size, reader.root()) == before
    assert check(ledger.store) == []


def test_an_account_is_the_business_of_an_admin(ledger: Ledger) -> None:
    ana, lena = ledger.people.everybody()
    as_ana, as_lena = ledger.acting_as(ana).people, ledger.acting_as(lena).people
    for act in (
        as_ana.everybody,
        as_ana.accesses,
        lambda: as_ana.add_person("Bo", PASSWORD, [Role.ADMIN]),
        lambda: as_ana.set_roles("Ana", list(Role)),
        lambda: as_ana.disable("Lena"),
        lambda: as_ana.enable("Ana"),
        lambda: as_ana.set_password("Lena", PASSWORD),
        lambda: as_ana.change_password("Lena", OTHER, PASSWORD),
        lambda: as_ana.make_token("Lena", "mine", [Role.ADMIN], 1),
        lambda: as_ana.tokens("Lena"),
        lambda: as_ana.end_sessions("Lena"),
    ):
        with pytest.raises(Forbidden):
            act()
    as_ana.set_password("ana", "a password of my own")
    as_ana.revoke_token("Ana", as_ana.make_token("Ana", "mine", [Role.FACT_CHECKER], 1).token.id)
    as_lena.add_person("Bo", PASSWORD, [Role.AUDITOR])
    assert as_lena.accesses(limit=1)[0].actor == "Lena"


def test_whoever_is_alone_makes_an_admin_first(ledger: Ledger) -> None:
    """Without one, nobody could add the others there, and the desk is open to nobody else any more."""
    for person in ledger.people.everybody():
        ledger.people.disable(person.name)
    alone = ledger.acting_as(Person("Otto", frozenset(Role), disabled=False, made=START)).people
    with pytest.raises(Rejected, match="the first account has to be an admin's"):
        alone.add_person("Bo", PASSWORD, [Role.EDITOR])
    assert [each.name for each in ledger.people.everybody()] == ["Ana", "Lena"]
    assert alone.add_person("Bo", PASSWORD, [Role.EDITOR, Role.ADMIN]).name == "Bo"
    assert alone.add_person("Mo", PASSWORD, [Role.EDITOR]).name == "Mo"


def test_the_last_admin_stays_where_nobody_else_could_mend_it(ledger: Ledger) -> None:
    lena = ledger.people.everybody()[1]
    acting = ledger.acting_as(lena).people
    for act in (lambda: acting.disable("Lena"), lambda: acting.set_roles("Lena", [Role.EDITOR])):
        with pytest.raises(Rejected, match="admin: the last one has to stay"):
            act()
    assert ledger.people.everybody()[1] == lena
    ledger.people.disable("Lena")
    assert ledger.people.anybody()
    ledger.people.disable("Ana")
    assert not ledger.people.anybody()


def test_a_ledger_that_is_only_read_lets_nobody_in(ledger: Ledger, where: Place) -> None:
    with Ledger.open(where, read_only=True) as looking, pytest.raises(Unavailable, match="nothing was written"):
        looking.people.sign_in("Ana", PASSWORD)
