"""An API on the real server, with a queue and a data folder of the test's own."""

from __future__ import annotations

import pytest
from bullmq import Queue
from redis.asyncio import Redis

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


@pytest.fixture
async def redis(queue_address):
    """A client of the test's own on the server."""
    async with Redis.from_url(queue_address.url, decode_responses=True) as opened:
        yield opened


@pytest.fixture
def foreign(queue_address, redis):
    """The queue as a producer of somebody else's has it."""
    return Queue(queue_address.queue_name, {"connection": redis, "prefix": queue_address.prefix})
