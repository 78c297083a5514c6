from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from redis.exceptions import OutOfMemoryError

from preview_worker.errors import ConfigurationError, QueueUnavailableError
from preview_worker.state.connection import open_state, translated_errors


def test_a_url_that_is_not_understood_is_a_configuration_error_without_its_secret():
    with pytest.raises(ConfigurationError) as raised:
        open_state("http://user:canary@host")
    assert "canary" not in raised.value.sentence


@pytest.mark.anyio
@pytest.mark.parametrize("error", [OutOfMemoryError(), ConnectionRefusedError(), TimeoutError()])
async def test_an_outage_in_any_shape_is_one_retryable_error(error):
    with pytest.raises(QueueUnavailableError) as raised:
        async with translated_errors():
            raise error
    assert raised.value.__cause__ is error


@pytest.mark.anyio
async def test_a_cancellation_that_the_client_swallowed_still_ends_the_task():
    async def work():
        async with translated_errors():
            with suppress(asyncio.CancelledError):  # as wait_for does when its work is done in the same moment
                await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})

    assert task.cancelled()
