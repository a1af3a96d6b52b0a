"""The interface against its own document: whatever is sent, no failure, and every answer as declared (schemathesis).

A few examples an operation by default; ``LEDGER_EXAMPLES`` says how many.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ledger.book import Ledger
from ledger.store import locate
from ledger.vocabulary import Role
from ledger.web.app import make_app
from ledger.web.settings import Settings
from tests.web.conftest import ADDRESS, NAMES, filled

EXAMPLES = min(int(os.environ.get("LEDGER_EXAMPLES") or 12), 200)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, cheaply: None) -> Iterator[Ledger]:
    with filled(locate(tmp_path_factory.mktemp("schema") / "claims.db")) as ledger:
        ledger.people.set_roles(NAMES[Role.EDITOR], list(Role))
        yield ledger


@pytest.fixture(scope="module")
def interface(desk: Ledger) -> Iterator[schemathesis.BaseSchema]:
    app = make_app(desk, Settings())
    with TestClient(app, base_url=ADDRESS):
        yield schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers={"Host": "localhost"})


@pytest.fixture(scope="module")
def token(desk: Ledger) -> str:
    return desk.people.make_token(NAMES[Role.EDITOR], "schemathesis", list(Role), 1).secret


schema = schemathesis.pytest.from_fixture("interface")


@schema.exclude(path="/api/v1/stream").parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_every_answer_is_as_declared(case: schemathesis.Case, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Host": "localhost"}
    case.call_and_validate(headers=headers, checks=CHECKS)


def test_the_ledger_is_whole_after_all_that(desk: Ledger) -> None:
    assert desk.verify().ok
    assert Path(str(desk.place)).exists()
