"""A seal holds for a file that was moved, and for no file that was written to."""

from __future__ import annotations

import hashlib
import os

import pytest

from preview_worker.contract import Build, Report, VideoFacts
from preview_worker.errors import StorageError
from preview_worker.storage.publications import Identity
from preview_worker.worker.seals import Seal, sealed
from preview_worker.worker.staging import Sizes, complete_stage

CONTENT = b"the video" * 1000


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "preview.mp4"
    path.write_bytes(CONTENT)
    return path


def test_seal_holds_when_the_file_was_only_moved(video, tmp_path):
    seal = sealed(video)
    assert seal.sha256 == hashlib.sha256(CONTENT).hexdigest()
    moved = video.rename(tmp_path / "moved.mp4")
    assert seal.holds(moved)


@pytest.mark.parametrize("change", ["written", "replaced", "longer"])
def test_seal_does_not_hold_when_the_file_is_another(video, tmp_path, change):
    seal = sealed(video)
    age_ns = video.stat().st_mtime_ns
    if change == "replaced":
        other = tmp_path / "other"
        other.write_bytes(CONTENT)
        os.utime(other, ns=(age_ns, age_ns))
        other.rename(video)
    else:
        video.write_bytes(CONTENT[::-1] if change == "written" else CONTENT + b"!")
        os.utime(video, ns=(age_ns, age_ns + (change == "written")))
    assert not seal.holds(video)


def test_sealing_is_a_storage_error_when_the_file_has_gone(tmp_path):
    with pytest.raises(StorageError, match=r"seal preview\.mp4"):
        sealed(tmp_path / "preview.mp4")


def test_manifest_takes_the_hash_of_a_seal_that_holds_and_of_no_other(video, report):
    seal = sealed(video)
    told = Seal(stamp=seal.stamp, sha256="5" * 64)
    assert hash_in_manifest(video, report, told) == "5" * 64
    video.write_bytes(CONTENT[::-1] + b"!")
    assert hash_in_manifest(video, report, told) == hashlib.sha256(CONTENT[::-1] + b"!").hexdigest()


def hash_in_manifest(video, report, seal):
    sizes = Sizes(pictures={}, seals={video.name: seal})
    job = Identity(job_id="j", project_id="p", digest="d" * 64, payload_digest="e" * 64, dry_run=False)
    manifest = complete_stage(video.parent, [report], sizes, job)
    return next(file.sha256 for file in manifest.files if file.path == video.name)


@pytest.fixture
def report():
    """A report of which the manifest wants the build, and the video's length."""
    video = VideoFacts.model_construct(duration_ms=1000)
    return Report.model_construct(build=Build(version="test"), video=video)
