"""What goes out and what settles it is recorded by a publisher or an editor, and by nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.book import Ledger, Person
from ledger.errors import Forbidden
from ledger.vocabulary import Role, SourceKind, Status
from tests.ledgers import DAY

MAY = {Role.PUBLISHER, Role.EDITOR}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Claim 5 went out unverified with publication 10; the ministry that denies it is given authority."""
    with Ledger.create(tmp_path / "claims.db", origin="example.org/desk", zone="Europe/Paris", recorder="Otto") as made:
        made.record("Two died", Status.REPORTED, by="Reuters", by_kind=SourceKind.AGENCY, said=None, story="paris")
        made.record(5, Status.DENIED, by="Ministry", by_kind=SourceKind.OFFICIAL, said=None)
        assert made.add_publication("the first edition", claims=[5]).index == 10
        made.grant("Ministry", claim=5)
        yield made


@pytest.mark.parametrize("role", Role)
def test_what_went_out_is_recorded_and_settled_by_whoever_may(ledger: Ledger, role: Role, tmp_path: Path) -> None:
    acting, before = ledger.acting_as(Person("Ana", frozenset({role}), False, DAY)), ledger.size
    if role in MAY:
        acting.settle(10, note="on air")
        acting.add_publication("the second edition")
        paths, _ = acting.publish_csv(tmp_path / "out", "the table")
        assert all(path.exists() for path in paths)
        assert ledger.debts() == []
        assert [row.name for row in ledger.publications()] == ["the table", "the second edition", "the first edition"]
        return
    with pytest.raises(Forbidden, match="settle: Ana: may not do that"):
        acting.settle(10, note="on air")
    with pytest.raises(Forbidden, match="add publication: Ana: may not do that"):
        acting.add_publication("the second edition")
    with pytest.raises(Forbidden, match="publish csv: Ana: may not do that"):
        acting.publish_csv(tmp_path / "out", "the table")
    assert ledger.size == before
    assert not (tmp_path / "out").exists(), "no file of what was not allowed is left behind"
    assert len(ledger.debts()) == 1
