from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from bullmq.scripts import Scripts
from redis.exceptions import BusyLoadingError, OutOfMemoryError, ReadOnlyError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from preview_worker.errors import ConfigurationError, LockLostError, QueueUnavailableError
from preview_worker.queue.bullmq_connections import (
    QueueAddress,
    connect,
    refuses_everything,
    translated_errors,
    translated_moves,
)


def test_an_address_names_keys_and_hides_its_url():
    address = QueueAddress(url="redis://user:canary@host", queue_name="preview-jobs", prefix="{bull}")

    assert address.key("wait") == "{bull}:preview-jobs:wait"
    assert address.record_key("Job-A") == "{bull}:preview-jobs:pvw:job:job-a"
    assert address.paused_key == "{bull}:preview-jobs:pvw:paused"
    assert "canary" not in repr(address)


@pytest.mark.parametrize(
    ("refusal", "everything"),
    [
        (OutOfMemoryError("command not allowed when used memory > 'maxmemory'."), True),
        (ReadOnlyError("You can't write against a read only replica."), True),
        (ResponseError("MISCONF Errors writing to the AOF file: No space left on device"), True),
        (ResponseError("NOREPLICAS Not enough good replicas to write."), True),
        (ResponseError("Error running script (call to f_1): @user_script:9: -OOM command not allowed"), True),
        (ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"), False),
        (ResponseError("value is not an integer or out of range"), False),
    ],
    ids=str,
)
def test_a_refusal_is_the_servers_or_one_jobs(refusal, everything):
    assert refuses_everything(refusal) is everything


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
@pytest.mark.parametrize("code", [-1, -2, -3, -6])
async def test_a_move_that_bullmq_refuses_is_a_lost_lock(code):
    refusal = Scripts.finishedErrors(
        None, {"code": code, "jobId": "job", "command": "moveToFinished", "state": "active"}
    )
    with pytest.raises(LockLostError):
        async with translated_moves("job"):
            raise refusal


@pytest.mark.anyio
async def test_a_type_error_of_our_own_is_no_lost_lock():
    with pytest.raises(TypeError):
        async with translated_moves("job"):
            raise TypeError("unsupported operand")


@pytest.mark.anyio
async def test_errors_of_our_own_pass_through():
    with pytest.raises(KeyError):
        async with translated_errors(1.0):
            raise KeyError("a bug")


@pytest.mark.anyio
async def test_a_cancellation_that_the_client_swallowed_still_ends_the_task():
    went_on = False

    async def work():
        nonlocal went_on
        async with translated_errors():
            with suppress(asyncio.CancelledError):  # as wait_for does when its work is done in the same moment
                await asyncio.Event().wait()
        went_on = True

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})

    assert task.cancelled()
    assert not went_on


@pytest.mark.anyio
async def test_cleaning_up_after_a_cancellation_may_still_call_redis():
    cleaned_up = False

    async def work():
        nonlocal cleaned_up
        try:
            await asyncio.Event().wait()
        finally:
            async with translated_errors():
                await asyncio.sleep(0)
            cleaned_up = True

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})

    assert cleaned_up
