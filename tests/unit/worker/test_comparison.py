"""Which earlier preview a job is compared with."""

from __future__ import annotations

import pytest

from preview_worker.contract import PreviewJob
from preview_worker.render.report import JobNames, Outcome, build_report
from preview_worker.storage.history import History
from preview_worker.storage.jobs import JobFiles
from preview_worker.storage.places import Places
from preview_worker.timeline.build import build_timeline
from preview_worker.worker.comparison import comparison_of, comparison_with
from support.media import profile_of, request_of
from support.publications import job_file

STEPS = [{"id": "one", "text": "Words", "durationMs": 2000}]


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path / "data")


@pytest.fixture
def history(places):
    return History(places)


def job(compare_to=None, job_id="now"):
    options = {"compareTo": compare_to} if compare_to is not None else {}
    request = {"title": "A game", "steps": STEPS, "assets": [], "audio": {}, "options": options}
    return PreviewJob.model_validate(
        {"jobId": job_id, "projectId": "moon", "requestId": "r", "dryRun": False, "previewRequest": request}
    )


def report_of(job_id):
    request = request_of(steps=STEPS)
    timeline = build_timeline(request, {}, encoding="test", max_duration_ms=60_000)
    names = JobNames(job_id=job_id, project_id="moon", request_id="r", digest="d" * 64)
    return build_report("preview", names, request, {}, timeline, profile_of(), Outcome())


def stands(folder, report, *, sheet=True):
    folder.mkdir(parents=True)
    (folder / "preview.json").write_text(report.model_dump_json(by_alias=True))
    if sheet:
        (folder / "contact-sheet.jpg").write_bytes(b"jpeg")
    return report


def published(places, job_id, **fields):
    return stands(places.preview("moon", job_id), report_of(job_id), **fields)


def chosen(comparison):
    return (comparison.earlier.job_id, comparison.earlier.basis) if comparison.earlier is not None else None


def test_nothing_is_compared_when_nothing_was_published(places, history):
    comparison = comparison_of(job(), places, history)
    assert (comparison.earlier, comparison.sheet, comparison.missing) == (None, None, None)
    assert comparison.warned(report_of("now")) == report_of("now")


def test_the_approved_preview_goes_before_the_last_one(places, history):
    first, second = published(places, "first"), published(places, "second")
    history.remember(second)
    assert chosen(comparison_of(job(), places, history)) == ("second", "last")
    history.approve(first, at_ms=1, by=None, note=None)
    assert chosen(comparison_of(job(), places, history)) == ("first", "approved")


def test_the_preview_asked_for_goes_before_the_approved_one(places, history):
    first = published(places, "first")
    published(places, "second")
    history.approve(first, at_ms=1, by=None, note=None)
    comparison = comparison_of(job("second"), places, history)
    assert chosen(comparison) == ("second", "compareTo")
    assert comparison.missing is None


def test_the_preview_asked_for_is_found_when_its_case_differs(places, history):
    published(places, "First")
    JobFiles(places.jobs).write(job_file("First", project="moon"))
    assert chosen(comparison_of(job("fIRST"), places, history)) == ("First", "compareTo")


def test_the_preview_asked_for_is_found_when_its_record_can_not_be_read(places, history):
    published(places, "first")
    (places.jobs / "first.json").mkdir(parents=True)
    assert chosen(comparison_of(job("first"), places, history)) == ("first", "compareTo")


def test_a_preview_that_is_not_there_is_a_warning_and_the_last_one_is_taken_when_it_is_asked_for(places, history):
    history.remember(published(places, "first"))
    comparison = comparison_of(job("nowhere"), places, history)
    assert chosen(comparison) == ("first", "last")
    warning, *others = comparison.warned(report_of("now")).warnings
    assert tuple(others) == report_of("now").warnings
    assert (warning.code, warning.value, warning.step_id) == ("not-rendered", "nowhere", None)
    assert "compareTo" in warning.hint


def test_a_preview_of_another_build_is_passed_over_when_it_has_no_fingerprints(places, history):
    old = report_of("old")
    bare = tuple(step.model_copy(update={"fingerprints": None}) for step in old.steps)
    stands(places.preview("moon", "old"), old.model_copy(update={"steps": bare}))
    history.approve(old, at_ms=1, by=None, note=None)
    assert comparison_of(job(), places, history).earlier is None
    history.remember(published(places, "first"))
    assert chosen(comparison_of(job(), places, history)) == ("first", "last")


def test_the_sheet_is_handed_over_when_it_is_there(places, history, tmp_path):
    history.remember(published(places, "first"))
    (tmp_path / "in").mkdir()
    earlier = comparison_of(job(), places, history).hand_over(tmp_path)
    assert (tmp_path / "in" / earlier.sheet).read_bytes() == b"jpeg"


def test_there_is_no_sheet_when_the_earlier_preview_has_none(places, history, tmp_path):
    history.remember(published(places, "first", sheet=False))
    assert comparison_of(job(), places, history).hand_over(tmp_path).sheet is None


def test_a_folder_is_compared_with_the_preview_that_stands_there(places, tmp_path):
    output = tmp_path / "out" / "now"
    assert comparison_with(job(), output, places).earlier is None
    stands(output, report_of("before"))
    assert chosen(comparison_with(job(), output, places)) == ("before", "last")
    stands(tmp_path / "out" / "other", report_of("other"))
    assert chosen(comparison_with(job("other"), output, places)) == ("other", "compareTo")


def test_a_folder_is_not_compared_when_another_projects_preview_stands_there(places, tmp_path):
    stands(tmp_path / "out", report_of("before").model_copy(update={"project_id": "sun"}))
    assert comparison_with(job(), tmp_path / "out", places).earlier is None
