"""Who may do what: every act of the façade is in the table, and the table is what the façade does."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.book import Clock, Ledger, Person, Word
from ledger.book.people import People
from ledger.book.roles import WHO_MAY, WITHIN, Acting
from ledger.errors import Forbidden, LedgerError
from ledger.model import Document
from ledger.vocabulary import Mistake, Role, SourceKind, Status
from tests.ledgers import DAY as START

READS = {
    *(
        "policy",
        "read_time",
        "show_time",
        "as_of",
        "board",
        "board_after_claim",
        "why",
        "history",
        "log",
        "diff",
        "search",
        "todo",
        "since",
    ),
    *("sources", "source_record", "stories", "authorities", "documents", "verify", "close"),
    *("publications", "settlements", "debts", "notices", "correctives", "impact", "recheck"),
    *("export_csv", "export_atom", "export_claimreview", "changes_feed", "corrections_feed"),
    *(
        "lines",
        "rows",
        "touched",
        "meant_claim",
        "meant_source",
        "dossier",
        "overview",
        "todo_of",
        "debts_of",
        "publications_of",
        "notices_of",
        "since_in",
        "parts",
        "erasing",
    ),
}
"""What changes nothing: everybody's."""
BEFORE_ONE_IS_SOMEBODY = {"create", "open", "restore", "migrate", "acting_as", "may", "require", "once"}
SIGNING_IN = {"anybody", "sign_in", "signed_in", "sign_out", "bearer", "acting_as", "may", "require", "once"}
EVERY_ROLE = [*([role] for role in Role), []]


def public(cls: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(cls, callable) if not name.startswith("_")}


def test_every_act_of_the_facade_is_in_the_table() -> None:
    assert public(Ledger) - READS - BEFORE_ONE_IS_SOMEBODY == WHO_MAY.keys() & public(Ledger)
    assert public(People) - SIGNING_IN == WHO_MAY.keys() & public(People)
    assert WHO_MAY.keys() == (WHO_MAY.keys() & (public(Ledger) | public(People))) | WITHIN
    assert all(WHO_MAY.values())


def test_every_act_in_the_table_asks_it_first() -> None:
    for cls in (Ledger, People):
        for name in WHO_MAY.keys() & public(cls):
            assert hasattr(getattr(cls, name), "__wrapped__"), name


def person(*roles: Role) -> Person:
    return Person("Ana", frozenset(roles), False, START)


STORY = "champs-elysees-2017-04-20"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Claim 5 with statement 7 by source 6; claim 10."""
    where = tmp_path / "claims.db"
    with Ledger.create(where, origin="example.org/desk", zone="Europe/Paris", recorder="Otto") as made:
        made.record(
            "A second police officer was killed",
            Status.REPORTED,
            by="Reuters",
            by_kind=SourceKind.AGENCY,
            said=None,
            story=STORY,
        )
        made.record(5, Status.DENIED, by="Interior Ministry", by_kind=SourceKind.OFFICIAL, said=None)
        made.record("Two officers were killed", Status.REPORTED, by="Reuters", said=None, story=STORY)
        yield made


ACTS: dict[str, Callable[[Ledger], Any]] = {
    "record": lambda ledger: ledger.record(5, Status.DENIED, by="Reuters", said=None),
    "say": lambda ledger: ledger.say(Word(5, Status.DENIED, "Reuters")),
    "foresee": lambda ledger: ledger.foresee(Word(5, Status.DENIED, "Reuters")),
    "take_back": lambda ledger: ledger.take_back(7, said=ledger.read_time("2017-04-20 23:00")),
    "keep_evidence": lambda ledger: ledger.keep_evidence("https://example.org/a"),
    "add_evidence": lambda ledger: ledger.add_evidence(7, Document(url="https://example.org/a")),
    "add_source": lambda ledger: ledger.add_source("AFP", SourceKind.AGENCY),
    "wording": lambda ledger: ledger.wording(5, "Un deuxième policier a été tué", lang="fr"),
    "retract": lambda ledger: ledger.retract(7, Mistake.MISTYPED),
    "move": lambda ledger: ledger.move(7, to="The attacker was shot dead"),
    "hold": lambda ledger: ledger.hold(5),
    "release": lambda ledger: ledger.release(5),
    "same": lambda ledger: ledger.same(10, 5),
    "grant": lambda ledger: ledger.grant("Interior Ministry", claim=5),
    "revoke": lambda ledger: ledger.revoke("Interior Ministry", claim=5),
    "vet": lambda ledger: ledger.vet("Reuters", False),
    "group": lambda ledger: ledger.group("Reuters", "Interior Ministry"),
    "amend_source": lambda ledger: ledger.amend_source("Reuters", SourceKind.NEWSPAPER),
    "set_policy": lambda ledger: ledger.set_policy(3),
    "redact": lambda ledger: ledger.redact(5, "Tribunal de Paris"),
    "erase": lambda ledger: ledger.erase(),
    "load": lambda ledger: ledger.load([]),
    "import_file": lambda ledger: ledger.import_file(sheet(ledger)),
    "add_publication": lambda ledger: ledger.add_publication("the live page", claims=[5]),
    "publish_csv": lambda ledger: ledger.publish_csv(Path(str(ledger.place)).with_name("csv"), "the table"),
    "settle": lambda ledger: ledger.settle("nothing that went out", note="on air"),
    "backup": lambda ledger: ledger.backup(Path(str(ledger.place)).with_name("backup")),
    "make_roles": lambda ledger: ledger.make_roles(),
}


def sheet(ledger: Ledger) -> Path:
    path = Path(str(ledger.place)).with_name("night.csv")
    path.write_text("text,story,status,source,source_kind,said\nOne died,paris,reported,AFP,agency,2017-04-20 22:30\n")
    return path


def test_every_act_is_tried() -> None:
    assert ACTS.keys() == WHO_MAY.keys() & public(Ledger)


@pytest.mark.parametrize("roles", EVERY_ROLE, ids=lambda roles: roles[0] if roles else "none")
@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_done_by_whoever_may_and_by_nobody_else(ledger: Ledger, act: str, roles: list[Role]) -> None:
    before, acting = ledger.size, ledger.acting_as(person(*roles))
    try:
        ACTS[act](acting)
        refused = None
    except LedgerError as error:
        refused = error
    if set(roles) & WHO_MAY[act]:
        assert not isinstance(refused, Forbidden), refused
    else:
        assert isinstance(refused, Forbidden), f"{act} was done"
        assert refused.exit_code == 1
        assert "Ana: may not do that, as " in refused.message
        assert refused.next
        assert ledger.size == before


def test_the_recorder_is_the_person(ledger: Ledger) -> None:
    acting = ledger.acting_as(person(Role.FACT_CHECKER))
    acting.record(5, Status.CONFIRMED, by="Reuters", said=None)
    assert [line.recorder for line in ledger.log()][-1] == "Ana"
    ledger.record(5, Status.REPORTED, by="Reuters", said=None)
    assert [line.recorder for line in ledger.log()][-1] == "Otto"
    assert acting.person == person(Role.FACT_CHECKER)
    assert ledger.person is None


def test_reading_is_everybodys(ledger: Ledger) -> None:
    acting = ledger.acting_as(person())
    assert acting.board()
    assert acting.why(5).row.claim == 5
    assert list(acting.history(clock=Clock.KNOWN))
    assert len(list(acting.log())) == ledger.size
    assert acting.verify().ok


def refused(act: Callable[[], object], ledger: Ledger) -> str:
    before = ledger.size
    with pytest.raises(Forbidden) as caught:
        act()
    assert ledger.size == before
    return caught.value.message


def test_the_desks_own_word_is_an_editors(ledger: Ledger) -> None:
    checker, editor = ledger.acting_as(person(Role.FACT_CHECKER)), ledger.acting_as(person(Role.EDITOR))
    needed = "speak for desk: Ana: may not do that, as fact-checker; it takes the role editor"
    assert refused(lambda: checker.record(5, Status.DENIED, by="desk", said=None), ledger) == needed
    ours = editor.record(5, Status.DENIED, by="desk", said=None).index
    assert refused(lambda: checker.retract(ours, Mistake.MISTYPED), ledger) == needed
    assert refused(lambda: checker.move(ours, to=5), ledger) == needed
    moment = ledger.read_time("2017-04-20 23:00")
    assert refused(lambda: checker.take_back(ours, said=moment), ledger) == needed
    spokeswoman = editor.add_source("Our spokeswoman", SourceKind.SPOKESPERSON, group="desk").index
    assert refused(lambda: checker.record(5, Status.DENIED, by=spokeswoman, said=None), ledger) == needed


def test_what_an_editor_decided_is_taken_back_by_one(ledger: Ledger) -> None:
    checker, editor = ledger.acting_as(person(Role.FACT_CHECKER)), ledger.acting_as(person(Role.EDITOR))
    for decided in (editor.hold(5), editor.grant("Interior Ministry", claim=5), editor.vet("Reuters", False)):
        message = refused(lambda at=decided.index: checker.retract(at, Mistake.OTHER), ledger)
        assert message.startswith("retract decision: Ana: may not do that")
        undone = editor.retract(decided.index, Mistake.OTHER)
        refused(lambda at=undone.index: checker.retract(at, Mistake.OTHER), ledger)
    mine = checker.retract(7, Mistake.MISTYPED)
    checker.retract(mine.index, Mistake.OTHER)


def test_what_is_in_no_table_may_be_done_by_nobody(ledger: Ledger) -> None:
    acting = ledger.acting_as(person(*Role))
    with pytest.raises(Forbidden, match="the role that nobody has"):
        acting._written(lambda act: act.finish())
    ledger._written(lambda act: act.finish())


def test_an_act_that_failed_leaves_no_right_behind(ledger: Ledger) -> None:
    acting = ledger.acting_as(person(Role.FACT_CHECKER))
    with pytest.raises(LedgerError):
        acting.retract(999, Mistake.OTHER)
    with pytest.raises(Forbidden):
        acting._written(lambda act: act.finish())
    assert issubclass(Ledger, Acting)


def test_as_somebody_else_one_has_their_rights(ledger: Ledger) -> None:
    auditor = ledger.acting_as(person(Role.AUDITOR))
    refused(lambda: auditor.hold(5), ledger)
    auditor.acting_as(person(Role.EDITOR)).hold(5)
    assert [auditor.may(act) for act in ("hold", "backup", "no such act")] == [False, True, False]
    assert ledger.may("hold")
