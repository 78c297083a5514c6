from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from preview_worker.errors import StorageError
from preview_worker.storage.janitor import LOCK_FILE, Tenancy, sweep
from preview_worker.storage.places import Places
from support.trees import deep_tree
from support.users import as_nobody


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


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """Places that everybody may write into, by a path that everybody may go."""
    tmp_path.chmod(0o777)
    monkeypatch.chdir(tmp_path)
    return Places(Path())


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")
def test_an_owner_counts_as_alive_when_its_lock_can_not_be_opened(shared):
    tenancy, told = Tenancy(shared).__enter__(), []
    tenancy.abandon()
    (tenancy.work / LOCK_FILE).chmod(0o400)  # another user's, who was killed
    with as_nobody():
        assert sweep(shared, lambda path, error: told.append((path, error.strerror))) == ()
    assert names(tenancy.work) == [LOCK_FILE]
    assert told == [(tenancy.work, "Permission denied")]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root makes folders of another")
def test_what_can_not_be_removed_of_a_dead_owner_is_told_of_and_the_others_go(shared):
    with as_nobody():
        for owner in ("a", "b", "c"):
            (shared.stage / owner / "moon.1.x").mkdir(parents=True)
    told = []
    foreign = shared.stage / "b" / "foreign"
    foreign.mkdir(mode=0o700)
    (foreign / "file").touch()
    with as_nobody():
        assert sweep(shared, lambda path, error: told.append((path.name, error.strerror))) == ("a", "c")
    assert names(shared.stage) == ["b"]
    assert told == [("b", "Directory not empty")]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")
def test_a_folder_that_can_not_be_listed_is_told_of_and_the_others_are_swept(shared):
    told = []
    with as_nobody():
        (shared.stage / "dead").mkdir(parents=True)
        (shared.reservations / "dead").mkdir(parents=True)
        shared.reservations.chmod(0o300)
        assert sweep(shared, lambda path, _: told.append(path)) == ("dead",)
        shared.reservations.chmod(0o700)
    assert told == [shared.reservations]
    assert names(shared.stage) == names(shared.reservations) == []
