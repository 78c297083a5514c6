from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from preview_worker.errors import StorageError
from preview_worker.storage.janitor import LOCK_FILE, Tenancy, sweep
from preview_worker.storage.places import Places
from support.trees import deep_tree


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path)


def names(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("parent", ["work", "stage"])
def test_a_sweep_removes_what_no_owner_has_claimed(places, parent):
    folder = getattr(places, parent)
    (folder / "nobody" / "inner").mkdir(parents=True)
    (folder / "stray-file").write_text("?")
    assert sweep(places) == ("nobody", "stray-file")
    assert names(folder) == []


@pytest.mark.skipif(sys.platform == "win32", reason="paths that are too long are POSIX's")
def test_a_sweep_removes_a_tree_that_is_deeper_than_paths_are_long(places):
    deep_tree(places.work / "dead" / "1-1" / "out")
    deep_tree(places.stage / "dead" / "moon.1.x")
    assert sweep(places) == ("dead",)
    assert names(places.work) == names(places.stage) == []


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
