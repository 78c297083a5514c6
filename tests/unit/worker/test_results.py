"""What is published of a job in several languages: the manifest's files, the result, and the reports read back."""

from __future__ import annotations

import pytest

from preview_worker.contract import Build, EditionFacts, Format, Quality, Report, VideoFacts
from preview_worker.storage.places import Places
from preview_worker.storage.publications import Identity
from preview_worker.worker.results import read_reports, result_of
from preview_worker.worker.staging import Sizes, complete_stage

DIGEST = "d" * 64
FRENCH = EditionFacts(language="fr-CA", folder="fr-CA", duration_ms=1500, warning_count=2)


def report_of(language, duration_ms, **members):
    video = VideoFacts(
        format=Format.MP4,
        quality=Quality.STANDARD,
        width_px=320,
        height_px=180,
        fps=12,
        frames=12,
        duration_ms=duration_ms,
    )
    names = {"job_id": "tale", "project_id": "moon", "request_id": "r", "digest": DIGEST}
    return Report(**names, language=language, build=Build(version="test"), video=video, **members)


REPORTS = (report_of("en", 1000, variants=(FRENCH,)), report_of("fr-CA", 1500, folder="fr-CA"))


@pytest.fixture
def stage(tmp_path):
    places = Places(tmp_path)
    folder = places.preview("moon", "tale")
    for name in ("preview.mp4", "fr-CA/preview.mp4", "fr-CA/captions.vtt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    sizes = Sizes(pictures={"fr-CA/preview.mp4": (320, 180)})
    tale = Identity(job_id="tale", project_id="moon", digest=DIGEST, payload_digest=DIGEST, dry_run=False)
    return places, folder, complete_stage(folder, REPORTS, sizes, tale)


def test_every_languages_files_are_listed_with_their_own_facts(stage):
    _, _, manifest = stage
    listed = {file.path: (file.media_type, file.duration_ms, file.width_px) for file in manifest.files}
    assert listed == {
        "fr-CA/captions.vtt": ("text/vtt", None, None),
        "fr-CA/preview.json": ("application/json", None, None),
        "fr-CA/preview.mp4": ("video/mp4", 1500, 320),
        "preview.json": ("application/json", None, None),
        "preview.mp4": ("video/mp4", 1000, None),
    }


def test_the_result_names_the_jobs_own_video_and_those_of_the_others(stage):
    places, _, manifest = stage
    result = result_of(manifest, REPORTS[0], places, dry_run=False, cached=False)
    assert (result.artifact_path, result.duration_ms) == ("previews/moon/tale/preview.mp4", 1000)
    (variant,) = result.variants
    assert (variant.language, variant.artifact_path) == ("fr-CA", "previews/moon/tale/fr-CA/preview.mp4")
    assert (variant.duration_ms, variant.warning_count) == (1500, 2)


def test_reports_are_read_back_in_their_order(stage):
    _, folder, _ = stage
    assert read_reports(folder) == REPORTS
