from __future__ import annotations

import os
import threading
from functools import partial

import pytest

from preview_worker.errors import StorageError
from preview_worker.posix import take_lock
from preview_worker.storage.janitor import Tenancy, sweep
from preview_worker.storage.places import Places
from preview_worker.storage.reservations import LOCK_FILE, Reservations, promised_bytes
from support.disks import MIB, PretendDisk, guard_of


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path)


@pytest.fixture
def guard(places):
    return guard_of(PretendDisk(), promised=partial(promised_bytes, places))


def test_room_is_promised_until_the_job_ends(places, guard):
    mine = Reservations(places, "me")
    assert mine.reserve("moon", 60 * MIB, guard) is None
    assert mine.reserve("mars", 31 * MIB, guard).needed_bytes == 41 * MIB
    mine.release("moon")
    mine.release("moon")
    assert mine.reserve("mars", 31 * MIB, guard) is None
    assert promised_bytes(places) == 31 * MIB


def test_jobs_of_several_workers_never_get_more_than_there_is_however_many_race(places, guard):
    promised = []

    def ask(number):
        if Reservations(places, f"worker-{number}").reserve("job", 20 * MIB, guard) is None:
            promised.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(promised) == 4  # 90 MiB above the mark
    assert promised_bytes(places) == 80 * MIB


def test_what_a_dead_worker_promised_is_swept_away_with_the_rest_it_left(places, guard):
    with Tenancy(places) as living:
        assert Reservations(places, "dead").reserve("moon", 60 * MIB, guard) is None
        assert Reservations(places, living.owner).reserve("mars", MIB, guard) is None
        assert sweep(places) == ("dead",)
        assert promised_bytes(places) == MIB
    assert promised_bytes(places) == 0


def test_reserving_fails_when_another_process_never_frees_the_lock(places, guard):
    held = os.open(places.root / LOCK_FILE, os.O_RDWR | os.O_CREAT)
    try:
        assert take_lock(held)
        with pytest.raises(StorageError, match="another process"):
            Reservations(places, "me", lock_wait_s=0.02).reserve("moon", 1, guard)
    finally:
        os.close(held)
