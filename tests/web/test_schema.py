"""The interface against its own document: whatever is sent, no failure, and every answer as declared (schemathesis).

A few examples an operation by default; ``LEDGER_EXAMPLES`` says how many.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
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
def headers(desk: Ledger) -> dict[str, str]:
    made = desk.people.make_token(NAMES[Role.EDITOR], "schemathesis", list(Role), 1)
    return {"Authorization": f"Bearer {made.secret}", "Host": "localhost"}


def test_every_answer_is_as_declared(interface: schemathesis.BaseSchema, headers: dict[str, str]) -> None:
    found, tried = {}, 0
    for result in interface.exclude(path="/api/v1/stream").get_all_operations():
        operation = result.ok()
        statuses: Counter[int] = Counter()
        try:
            sent(operation, headers, statuses)
        except Exception as error:  # noqa: BLE001 - whatever is found, of every operation
            found[operation.label] = f"{error}"[:2_000]
        tried += sum(statuses.values())
        assert 401 not in statuses, operation.label
    assert found == {}
    assert tried > 30 * min(EXAMPLES, 5)


def sent(operation: Any, headers: dict[str, str], statuses: Counter[int]) -> None:
    """Send an operation whatever it declares that it takes."""

    @given(case=operation.as_strategy())
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def run(case: schemathesis.Case) -> None:
        answer = case.call(headers=headers)
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    run()


def test_the_ledger_is_whole_after_all_that(desk: Ledger) -> None:
    assert desk.verify().ok
    assert Path(str(desk.place)).exists()
