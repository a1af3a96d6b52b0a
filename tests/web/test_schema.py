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
from tests.web.conftest import ADDRESS, NAMES, PASSWORD, filled

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
        ledger.add_publication("the first edition", claims=[5])
        ledger.grant(8, claim=5)
        ledger.settle("the first edition", note="on air")
        ledger.add_publication("the second edition")
        ledger.revoke(8, claim=5)
        assert ledger.debts()
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


@pytest.fixture(scope="module")
def signed_in(desk: Ledger) -> dict[str, str]:
    session = desk.people.sign_in(NAMES[Role.EDITOR], PASSWORD)
    return {"Cookie": f"claims={session.secret}", "Sec-Fetch-Site": "same-origin", "Host": "localhost"}


BY_BROWSER = r"^/api/v1/(people|me/)"
"""What a token may not."""


def test_every_answer_is_as_declared(interface: schemathesis.BaseSchema, headers: dict[str, str]) -> None:
    every = interface.exclude(path="/api/v1/stream").exclude(path_regex=BY_BROWSER)
    assert all_of(every, headers) > 40 * min(EXAMPLES, 5)


def test_what_only_a_browser_may_is_as_declared(interface: schemathesis.BaseSchema, signed_in: dict[str, str]) -> None:
    assert all_of(interface.include(path_regex=BY_BROWSER), signed_in) > 8 * min(EXAMPLES, 5)


def all_of(operations: Any, headers: dict[str, str]) -> int:
    """Try all of these operations; return how many requests that were."""
    found, tried = {}, 0
    for result in operations.get_all_operations():
        operation = result.ok()
        statuses: Counter[int] = Counter()
        try:
            sent(operation, headers, statuses)
        except Exception as error:  # noqa: BLE001 - whatever is found, of every operation
            found[operation.label] = f"{error}"[:2_000]
        tried += sum(statuses.values())
        assert 401 not in statuses, operation.label
    assert found == {}
    return tried


def sent(operation: Any, headers: dict[str, str], statuses: Counter[int]) -> None:
    """Send an operation whatever it declares that it takes."""

    @given(case=operation.as_strategy())
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def run(case: schemathesis.Case) -> None:
        for made_up, name in ((case.headers, "Authorization"), (case.cookies, "claims")):
            if made_up is not None:
                made_up.pop(name, None)  # who asks is whom the headers say
        answer = case.call(headers=headers)
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    run()


def test_the_ledger_is_whole_after_all_that(desk: Ledger) -> None:
    assert desk.verify().ok
    assert Path(str(desk.place)).exists()
