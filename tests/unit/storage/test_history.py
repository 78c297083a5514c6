"""What is remembered of published and approved previews."""

from __future__ import annotations

import shutil

import pytest

from preview_worker.contract import Build, Format, Quality, Report, Timings, VideoFacts
from preview_worker.storage.history import Edition, History
from preview_worker.storage.places import Places

VIDEO = VideoFacts(
    format=Format.MP4, quality=Quality.STANDARD, width_px=320, height_px=180, fps=30, frames=30, duration_ms=1000
)


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path)


@pytest.fixture
def history(places):
    return History(places)


def published(places, job_id, *, at_ms=0, **fields):
    """A report, and its folder."""
    report = Report(
        job_id=job_id,
        project_id="moon",
        request_id="r",
        digest="d" * 64,
        build=Build(version="test"),
        video=VIDEO,
        timings=Timings(started_at_ms=0, finished_at_ms=at_ms, total_ms=0),
    ).model_copy(update=fields)
    folder = places.preview("moon", job_id)
    folder.mkdir(parents=True)
    (folder / "preview.json").write_text(report.model_dump_json(by_alias=True))
    return report


def edition(**fields):
    return Edition(**{"project_id": "moon", "chapter_id": None, "language": "en"} | fields)


def test_nothing_is_known_when_nothing_was_published(history):
    assert history.last(edition()) is history.approved(edition()) is history.approval(edition()) is None


def test_last_preview_is_the_latest_when_an_older_job_is_remembered_again(history, places):
    first, second = published(places, "first", at_ms=1000), published(places, "second", at_ms=2000)
    for report in (first, second, first):
        history.remember(report)
    assert history.last(edition()).job_id == "second"


def test_editions_are_apart_when_chapter_or_language_differ(history, places):
    history.remember(published(places, "french", language="fr", chapter_id="../one"))
    assert history.last(edition(language="FR", chapter_id="../one")).job_id == "french"
    assert history.last(edition(language="fr")) is history.last(edition(chapter_id="../one")) is None


@pytest.mark.parametrize("fields", [{"part": True}, {"kind": "plan"}])
def test_a_part_or_a_plan_is_no_last_preview_when_remembered(history, places, fields):
    history.remember(published(places, "piece", **fields))
    assert history.last(edition()) is None


def test_a_preview_counts_as_none_when_its_files_are_gone(history, places):
    report = published(places, "first")
    history.remember(report)
    history.approve(report, at_ms=5, by=None, note=None)
    shutil.rmtree(places.preview("moon", "first"))
    assert history.last(edition()) is history.approved(edition()) is None


def test_a_damaged_file_counts_as_none_when_read(history, places):
    history.remember(published(places, "first"))
    (file,) = places.history("moon").iterdir()
    file.write_text("[1")
    assert history.last(edition()) is None


def test_approval_stays_as_it_was_when_the_same_is_said_again(history, places):
    report = published(places, "first")
    first = history.approve(report, at_ms=5, by="Ada", note="Good")
    assert history.approve(report, at_ms=9, by="Ada", note=None) == first
    assert history.approval(edition()) == first
    assert history.approve(report, at_ms=9, by=None, note="Better").note == "Better"


def test_approval_goes_to_the_later_preview_when_another_is_approved(history, places):
    history.approve(published(places, "first"), at_ms=5, by="Ada", note="Good")
    second = history.approve(published(places, "second"), at_ms=9, by=None, note=None)
    assert (second.by, second.note) == (None, None)
    assert history.approved(edition()).job_id == "second"
