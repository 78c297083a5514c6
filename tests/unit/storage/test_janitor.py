from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from preview_worker.errors import StorageError
from preview_worker.storage.janitor import LOCK_FILE, Tenancy, sweep
from preview_worker.storage.places import Places

OWNER_THAT_WAITS = """
import sys
from pathlib import Path
from preview_worker.storage.janitor import Tenancy
from preview_worker.storage.places import Places
with Tenancy(Places(Path(sys.argv[1]))) as tenancy:
    for folder in (tenancy.work / "1", tenancy.stage / "moon.1.x"):
        folder.mkdir(parents=True)
        (folder / "file").write_text("unfinished")
    print(tenancy.work.name, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path)


@pytest.fixture
def owner(places):
    """A process with unfinished work; its owner name and itself."""
    command = [sys.executable, "-c", OWNER_THAT_WAITS, str(places.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout.readline().strip(), process
        process.kill()


def names(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_sweep_removes_everything_of_an_owner_when_it_was_killed(places, owner):
    name, process = owner
    process.kill()
    process.wait()
    assert sweep(places) == (name,)
    assert names(places.work) == names(places.stage) == []


def test_a_sweep_touches_nothing_of_an_owner_when_it_lives(places, owner):
    name, _ = owner
    assert sweep(places) == ()
    assert (places.work / name / "1" / "file").read_text() == "unfinished"
    assert (places.stage / name / "moon.1.x" / "file").read_text() == "unfinished"


def test_nothing_is_left_of_an_owner_when_it_ends_in_order(places, owner):
    _, process = owner
    process.communicate()
    assert process.returncode == 0
    assert names(places.work) == names(places.stage) == []


@pytest.mark.parametrize("parent", ["work", "stage"])
def test_a_sweep_removes_what_no_owner_has_claimed(places, parent):
    folder = getattr(places, parent)
    (folder / "nobody" / "inner").mkdir(parents=True)
    (folder / "stray-file").write_text("?")
    assert sweep(places) == ("nobody", "stray-file")
    assert names(folder) == []


def test_a_sweep_removes_nothing_when_there_is_nothing(places):
    assert sweep(places) == ()
    assert names(places.root) == []


def test_a_claim_holds_when_sweeps_run_at_the_same_time(places):
    over = threading.Event()

    def keep_sweeping():
        while not over.is_set():
            sweep(places)

    with ThreadPoolExecutor(2) as pool:
        sweeping = [pool.submit(keep_sweeping) for _ in range(2)]
        try:
            for _ in range(40):
                with Tenancy(places) as tenancy:
                    tenancy.stage.mkdir(parents=True)
                    assert tenancy.work.name not in sweep(places)
                    assert names(tenancy.work) == [LOCK_FILE]
                    assert tenancy.stage.exists()
        finally:
            over.set()
        for future in sweeping:
            future.result(10)


def test_a_claim_says_why_it_fails_when_a_file_stands_in_its_way(places):
    places.work.write_text("a file")
    with pytest.raises(StorageError, match="claim"), Tenancy(places):
        pass
