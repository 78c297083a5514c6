"""A job's state, asked of several places while it changes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from preview_worker.api.status import recall
from preview_worker.storage.places import Places

pytestmark = pytest.mark.anyio


def state(value, *, terminal):
    return SimpleNamespace(job_id="job", state=SimpleNamespace(value=value, terminal=terminal))


class Asked:
    """Gives one answer after the other."""

    def __init__(self, *answers):
        self.answers = list(answers)

    async def __call__(self, _job_id):
        return self.answers.pop(0)


@pytest.mark.parametrize("queue_state", ["failed", "completed"])
async def test_record_is_read_again_when_the_job_ends_between_record_and_queue(queue_state, tmp_path):
    ended = state("ended", terminal=True)
    records = Asked(state("active", terminal=False), ended)
    known = await recall(
        SimpleNamespace(
            places=Places(tmp_path),
            records=SimpleNamespace(get=records),
            producer=SimpleNamespace(job=Asked(state(queue_state, terminal=True))),
        ),
        "job",
    )
    assert known.record is ended
    assert records.answers == []


async def test_record_is_read_once_while_the_job_goes_on(tmp_path):
    records = Asked(state("active", terminal=False))
    known = await recall(
        SimpleNamespace(
            places=Places(tmp_path),
            records=SimpleNamespace(get=records),
            producer=SimpleNamespace(job=Asked(state("active", terminal=False))),
        ),
        "job",
    )
    assert known.record.state.value == "active"
