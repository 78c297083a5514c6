"""What every test may use."""

from __future__ import annotations

import pytest

pytest_plugins = ("support.node", "support.valkey")


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio alone, so the tests do too."""
    return "asyncio"
