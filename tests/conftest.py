"""What every test may use."""

from __future__ import annotations

import gc

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ("support.node", "support.valkey")

# How long an example takes says something of the machine and what else it does, not of what is tested.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Collect without looking for garbage: what is made then stays, and is left out of every later look too.

    It took a tenth of the processor time of collection and of the unit tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio alone, so the tests do too."""
    return "asyncio"
