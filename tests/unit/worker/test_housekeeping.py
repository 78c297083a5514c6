"""A worker tidies up at its start and once a minute."""

from __future__ import annotations

import os

import pytest

from preview_worker.storage.live import KEPT_AFTER_END_S, LiveFolder
from preview_worker.worker.housekeeping import EVERY_S, keep_house

pytestmark = pytest.mark.anyio


class EnoughError(Exception):
    """The test has seen enough."""


async def test_early_files_are_swept_at_the_start_and_then_once_a_minute(tmp_path):
    waits = []

    def ended(job, seconds_ago):
        folder = LiveFolder(tmp_path / "games" / job, 1)
        folder.open()
        folder.close()
        (mark,) = (tmp_path / "games" / job).rglob(".ended")
        at_s = mark.stat().st_mtime - seconds_ago
        os.utime(mark, (at_s, at_s))

    async def sleep(seconds):
        waits.append(seconds)
        assert not (tmp_path / "games").exists()
        if len(waits) == 2:
            raise EnoughError
        ended("later", KEPT_AFTER_END_S + 60)

    ended("early", KEPT_AFTER_END_S + 60)
    with pytest.raises(EnoughError):
        await keep_house(tmp_path, sleep)
    assert waits == [EVERY_S, EVERY_S]
