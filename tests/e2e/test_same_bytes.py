"""The same payload gives the same bytes, however, wherever and beside whatever it is rendered."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import preview_worker
from support.illustrated import illustrated
from support.processes import DEADLINE_S, PREFIX, environment
from support.videos import media_hashes, read_json

MEDIA = {
    *("preview.mp4", "poster.jpg", "contact-sheet.jpg", "captions.vtt", "captions.srt", "chapters.json"),
    *("chapters.vtt", "youtube.txt"),
}

MASKED = {
    "OPENCV_CPU_DISABLE": "AVX512-SKX,AVX2,FP16,AVX,SSE4.2,SSE4.1,SSSE3",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
}
"""A processor of fifteen years ago; libx264 looks for itself, and its results don't depend on it."""


@pytest.fixture(scope="module")
def rendered(service):
    """Media files of the tutorial as the service first rendered it."""
    folder = service.completed(tutorial(service, "first"))
    assert read_json(folder, "preview.json")["cache"]["hits"] == 0
    hashes = media_hashes(folder)
    assert hashes.keys() == MEDIA
    return hashes


def test_media_files_are_the_same_and_cached_when_the_payload_comes_under_another_id(service, rendered):
    second = tutorial(service, "second")
    folder = service.completed(second)
    assert media_hashes(folder) == rendered
    cache = read_json(folder, "preview.json")["cache"]
    assert cache["hits"] == cache["segments"] > 0

    replay = service.http.post(f"{PREFIX}/job", json=second)
    assert (replay.status_code, replay.headers["Idempotency-Replayed"]) == (200, "true")
    assert replay.json()["result"]["cached"] is True


def test_media_files_are_the_same_when_fresh_processes_render_with_other_numbers_of_threads(rendered, tmp_path):
    one, cores = render(tmp_path / "one", cores=1), render(tmp_path / "all", cores=None)
    assert read_json(one, "preview.json")["host"]["threads"] == 1
    assert read_json(cores, "preview.json")["host"]["threads"] == len(os.sched_getaffinity(0))
    assert media_hashes(one) == media_hashes(cores) == rendered


def test_media_files_are_the_same_when_the_processor_has_fewer_features(rendered, tmp_path):
    out = render(tmp_path / "masked", **MASKED)
    assert media_hashes(out) == rendered


def test_media_files_are_the_same_when_another_copy_of_the_package_renders(rendered, tmp_path):
    shutil.copytree(Path(preview_worker.__file__).parent, tmp_path / "copy" / "preview_worker")
    out = render(tmp_path / "other", PYTHONPATH=str(tmp_path / "copy"))
    assert media_hashes(out) == rendered


def test_two_jobs_both_complete_with_the_bytes_of_each_alone_when_they_run_at_once(service, rendered):
    pair = [
        tutorial(service, f"beside-{number}", project=f"beside-{number}", title=title)
        for number, title in enumerate(("Harbour", "Lighthouse"))
    ]
    job_ids = [service.submit(payload) for payload in pair]
    service.until(lambda: service.http.get(f"{PREFIX}/queue/metrics").json()["active"] == 2)
    ended = [service.ended(job_id) for job_id in job_ids]
    assert [status["status"] for status in ended] == ["completed", "completed"]
    harbour, lighthouse = (
        media_hashes(service.places.preview(payload["projectId"], payload["jobId"])) for payload in pair
    )
    alone = media_hashes(service.completed(tutorial(service, "alone", project="alone", title="Lighthouse")))
    assert harbour == rendered
    assert lighthouse == alone != rendered


def tutorial(service, job_id, *, project="same-bytes", title="Harbour"):
    return illustrated(service.places.assets(project), f"bytes-{job_id}", project=project, title=title)


def render(folder, *, cores=None, **variables):
    """Render the tutorial by the command, with caches of its own, on so many cores (all: None)."""
    payload = illustrated(folder, "by-command", project="by-command")
    (folder / "tutorial.json").write_text(json.dumps(payload))
    usable = set(sorted(os.sched_getaffinity(0))[:cores])
    subprocess.run(
        [sys.executable, "-m", "preview_worker", "render", str(folder / "tutorial.json"), "-o", str(folder / "out")],
        env=environment(folder / "data", **variables),
        check=True,
        capture_output=True,
        timeout=DEADLINE_S,
        preexec_fn=lambda: os.sched_setaffinity(0, usable),
    )
    return folder / "out"
