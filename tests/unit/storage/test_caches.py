from __future__ import annotations

import json
import os

import pytest

from preview_worker.errors import StorageError
from preview_worker.storage.facts import FactsCache
from preview_worker.storage.jobs import JobFiles
from preview_worker.storage.segments import ABANDONED_AFTER_S, SegmentCache
from support.publications import job_file

KEYS = tuple(letter * 64 for letter in "abc")


def segment(folder, content=b"0123456789"):
    path = folder / "made"
    path.write_bytes(content)
    return path


def filled(folder, limit_bytes):
    cache = SegmentCache(folder / "cache", limit_bytes=limit_bytes)
    for age, key in enumerate(KEYS):
        cache.add(key, segment(folder))
        os.utime(next((folder / "cache").glob(f"*/{key}*")), (1000 + age, 1000 + age))
        (folder / "made").unlink()
    return cache


def test_segments_are_lent_by_their_keys_when_they_were_added(tmp_path):
    cache = filled(tmp_path, 1000)
    assert cache.lend([KEYS[1], "f" * 64, KEYS[1]], tmp_path / "in") == (KEYS[1],)
    assert cache.lend([KEYS[1]], tmp_path / "in") == (KEYS[1],)  # again, over what is there
    assert [(path.name, path.read_bytes()) for path in (tmp_path / "in").iterdir()] == [
        (f"{KEYS[1]}.seg", b"0123456789")
    ]
    assert cache.known([*KEYS, "f" * 64]) == frozenset(KEYS)


def test_the_segments_used_longest_ago_go_first_when_the_cache_is_trimmed(tmp_path):
    cache = filled(tmp_path, 20)
    cache.lend([KEYS[0]], tmp_path / "in")  # the oldest is used again
    assert cache.trim() == 10
    assert cache.known(KEYS) == {KEYS[0], KEYS[2]}
    assert cache.trim() == 0


def test_a_segment_is_replaced_or_dropped_when_its_reader_found_it_damaged(tmp_path):
    cache = filled(tmp_path, 1000)
    cache.drop(KEYS[0])
    cache.drop(KEYS[0])
    assert cache.lend([KEYS[0]], tmp_path / "in") == ()
    cache.add(KEYS[1], segment(tmp_path, b"new"))
    cache.lend([KEYS[1]], tmp_path / "in")
    assert (tmp_path / "in" / f"{KEYS[1]}.seg").read_bytes() == b"new"


def test_only_abandoned_partial_files_are_removed_when_the_cache_is_trimmed(tmp_path):
    cache = filled(tmp_path, 1000)
    folder = tmp_path / "cache" / "aa"
    old, young = folder / ".old.part", folder / ".young.part"
    old.touch()
    young.touch()
    os.utime(old, (young.stat().st_mtime - ABANDONED_AFTER_S - 60,) * 2)
    assert cache.trim() == 0
    assert (old.exists(), young.exists()) == (False, True)


def test_adding_is_a_storage_error_and_leaves_nothing_when_the_cache_can_not_be_written(tmp_path):
    (tmp_path / "cache").touch()
    with pytest.raises(StorageError):
        SegmentCache(tmp_path / "cache", limit_bytes=1).add(KEYS[0], segment(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "made"]


def test_no_partial_file_is_left_when_the_segment_to_add_is_gone(tmp_path):
    with pytest.raises(StorageError):
        SegmentCache(tmp_path / "cache", limit_bytes=1).add(KEYS[0], tmp_path / "gone")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_facts_are_known_when_they_were_kept(tmp_path):
    cache = FactsCache(tmp_path / "facts", 1)
    cache.keep({KEYS[0]: {"width": 3}})
    assert cache.known(KEYS) == {KEYS[0]: {"width": 3}}


def test_facts_are_unknown_when_they_are_of_another_revision(tmp_path):
    FactsCache(tmp_path, 1).keep({KEYS[0]: {"width": 3}})
    assert FactsCache(tmp_path, 2).known(KEYS) == {}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"null"])
def test_facts_are_unknown_when_their_file_is_damaged(tmp_path, content):
    cache = FactsCache(tmp_path, 1)
    cache.keep({KEYS[0]: {"width": 3}})
    (tmp_path / "1" / "aa" / f"{KEYS[0]}.json").write_bytes(content)
    assert cache.known(KEYS) == {}
    cache.keep({KEYS[0]: {"width": 4}})
    assert cache.known(KEYS) == {KEYS[0]: {"width": 4}}


def test_a_job_is_remembered_without_regard_to_case(tmp_path):
    files = JobFiles(tmp_path / "jobs")
    assert files.read("Moon") is None
    files.write(job_file("Moon"))
    assert files.read("mOON") == files.read("Moon") == job_file("Moon", **times(files.read("moon")))


def times(record):
    return {"finished_at_ms": record.finished_at_ms, "expires_at_ms": record.expires_at_ms}


def test_a_job_is_read_when_a_newer_build_wrote_more_and_unknown_when_damaged(tmp_path):
    files = JobFiles(tmp_path)
    files.write(job_file("moon"))
    path = tmp_path / "moon.json"
    path.write_text(path.read_text()[:-1] + ',"later": 1}')
    assert files.read("moon").state == "completed"
    nowhere = json.dumps(json.loads(path.read_bytes()) | {"project_id": None})
    for damaged in ("{", "[]", '{"job_id": "moon"}', nowhere):
        path.write_text(damaged)
        assert files.read("moon") is None


def test_a_job_is_not_taken_for_unknown_when_its_record_can_not_be_read(tmp_path):
    (tmp_path / "moon.json").mkdir()
    with pytest.raises(StorageError, match=r"read the record of Moon: Is a directory"):
        JobFiles(tmp_path).read("Moon")
