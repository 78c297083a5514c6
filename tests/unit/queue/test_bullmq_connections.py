from __future__ import annotations

import asyncio

import pytest
from redis.exceptions import BusyLoadingError, OutOfMemoryError, ReadOnlyError
from redis.exceptions import ConnectionError as RedisConnectionError

from preview_worker.errors import ConfigurationError, LockLostError, QueueUnavailableError
from preview_worker.queue.bullmq_connections import QueueAddress, connect, translated_errors, translated_moves


def test_an_address_names_keys_and_hides_its_url():
    address = QueueAddress(url="redis://user:canary@host", queue_name="preview-jobs", prefix="{bull}")

    assert address.key("wait") == "{bull}:preview-jobs:wait"
    assert address.record_key("Job-A") == "{bull}:preview-jobs:pvw:job:job-a"
    assert address.paused_key == "{bull}:preview-jobs:pvw:paused"
    assert "canary" not in repr(address)


def test_a_url_that_is_not_understood_is_a_configuration_error_without_its_secret():
    with pytest.raises(ConfigurationError) as raised:
        connect("http://user:canary@host", socket_timeout_s=1)
    assert "canary" not in raised.value.sentence


@pytest.mark.anyio
@pytest.mark.parametrize(
    "error",
    [RedisConnectionError(), BusyLoadingError(), OutOfMemoryError(), ReadOnlyError(), OSError(), TimeoutError()],
)
async def test_an_outage_in_any_shape_is_one_retryable_error(error):
    with pytest.raises(QueueUnavailableError) as raised:
        async with translated_errors():
            raise error
    assert raised.value.__cause__ is error
    assert raised.value.retryable


@pytest.mark.anyio
async def test_a_call_that_takes_too_long_is_an_outage():
    with pytest.raises(QueueUnavailableError):
        async with translated_errors(0.01):
            await asyncio.Event().wait()


@pytest.mark.anyio
async def test_a_refused_move_is_a_lost_lock():
    with pytest.raises(LockLostError):
        async with translated_moves("job"):
            raise TypeError("Lock mismatch for job job. Cmd moveToFinished from active")


@pytest.mark.anyio
async def test_errors_of_our_own_pass_through():
    with pytest.raises(KeyError):
        async with translated_errors(1.0):
            raise KeyError("a bug")
