"""Whether the browser tests ran at all."""

import pytest

from tests.browser.conftest import require_browser


def test_there_is_a_browser(request: pytest.FixtureRequest) -> None:
    require_browser(request.config)
