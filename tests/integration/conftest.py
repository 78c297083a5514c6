"""An API on the real server, with a queue and a data folder of the test's own."""

from __future__ import annotations

import pytest

from support.service import serving


@pytest.fixture
async def api(queue_address, tmp_path):
    """The API's objects and a client that calls it: (service, client)."""
    async with serving(queue_address.url, tmp_path, PREVIEW_QUEUE_NAME=queue_address.queue_name) as pair:
        yield pair


@pytest.fixture
def client(api):
    return api[1]


@pytest.fixture
def service(api):
    return api[0]
