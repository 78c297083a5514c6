from __future__ import annotations

import errno
import resource
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from preview_worker.contract import Build
from preview_worker.errors import StorageError
from preview_worker.storage.atomic import storage_errors, write_json
from preview_worker.storage.publish import (
    MANIFEST,
    AlreadyPublishedError,
    discard,
    manifest_of,
    new_stage,
    publish,
    published,
    write_manifest,
)
from support.publications import DIGEST


def finished_stage(parent, word="one"):
    stage = new_stage(parent, "moon", 1)
    (stage / "preview.json").write_text(word)
    build = Build(version="test")
    write_manifest(
        stage, manifest_of(kind="preview", job_id=word, project_id="p", digest=DIGEST, build=build, files=())
    )
    return stage


@contextmanager
def small_files():
    """Writing more than 64 bytes into one file fails, as on a full disk; around one call, since pytest writes too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_stage_appears_whole_when_nothing_stood_there(tmp_path):
    stage, final = finished_stage(tmp_path / "stage"), tmp_path / "previews" / "p" / "moon"
    assert published(final) is None
    publish(stage, final)
    assert not stage.exists()
    assert published(final).job_id == "one"
    assert sorted(path.name for path in final.iterdir()) == [MANIFEST, "preview.json"]


def test_the_first_rename_wins_when_attempts_race(tmp_path):
    final = tmp_path / "previews" / "moon"
    stages = {str(number): finished_stage(tmp_path / "stage", str(number)) for number in range(6)}
    start = threading.Barrier(len(stages))

    def attempt(word):
        start.wait(5)
        try:
            publish(stages[word], final)
        except AlreadyPublishedError:
            return None
        return word

    with ThreadPoolExecutor(len(stages)) as pool:
        winners = [word for word in pool.map(attempt, stages) if word is not None]
    assert len(winners) == 1
    assert (published(final).job_id, (final / "preview.json").read_text()) == (winners[0], winners[0])
    assert not list(final.glob("moon.*"))  # no stage was moved into the folder


def test_a_late_attempt_is_told_and_changes_nothing_when_something_stands(tmp_path):
    final = tmp_path / "previews" / "moon"
    publish(finished_stage(tmp_path / "stage"), final)
    late = finished_stage(tmp_path / "stage", "two")
    with pytest.raises(AlreadyPublishedError) as raised:
        publish(late, final)
    assert not raised.value.retryable
    assert published(final).job_id == "one"
    discard(late)
    discard(late)
    assert not list((tmp_path / "stage").iterdir())


def test_a_stage_without_its_manifest_is_never_published(tmp_path):
    stage = new_stage(tmp_path / "stage", "moon", 1)
    with pytest.raises(ValueError, match="not finished"):
        publish(stage, tmp_path / "previews" / "moon")
    assert not (tmp_path / "previews").exists()


def test_publishing_is_a_storage_error_when_the_place_can_not_be_made(tmp_path):
    (tmp_path / "previews").touch()
    with pytest.raises(StorageError) as raised:
        publish(finished_stage(tmp_path / "stage"), tmp_path / "previews" / "p" / "moon")
    assert raised.value.retryable


def test_a_damaged_manifest_is_a_storage_error_and_not_an_absent_one(tmp_path):
    (tmp_path / MANIFEST).write_text("{")
    with pytest.raises(StorageError, match="damaged"):
        published(tmp_path)


def test_nothing_is_left_when_the_disk_fills_while_a_file_is_written(tmp_path):
    with pytest.raises(StorageError) as raised, small_files():
        write_json(tmp_path / "report.json", {"text": "x" * 1000})
    assert raised.value.retryable
    assert not list(tmp_path.iterdir())


def test_the_old_file_stays_when_the_disk_fills_while_it_is_replaced(tmp_path):
    write_json(tmp_path / "report.json", {"a": 1})
    with pytest.raises(StorageError), small_files():
        write_json(tmp_path / "report.json", {"text": "x" * 1000})
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report.json", '{"a":1}')]


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "no-space"), (errno.EDQUOT, "no-space"), (errno.EIO, "storage")]
)
def test_a_full_disk_has_its_own_code(number, code):
    with pytest.raises(StorageError, match="Can't keep it") as raised, storage_errors("keep it"):
        raise OSError(number, "no")
    assert raised.value.code == code
