"""Plans are taken over when the same tutorial comes again, and made anew when anything of it is another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from preview_worker.errors import TooLongError
from preview_worker.render.child.preparation import LastPlans
from preview_worker.render.protocol import Source, Work
from support.media import picture_file, request_of

STEPS = [{"title": "One", "durationMs": 1500, "visuals": ["board"]}, {"title": "Two", "durationMs": 1000}]


def work_of(**options):
    request = request_of(steps=STEPS, assets=[{"id": "board", "uri": "board.png"}], **options)
    return Work(
        job_id="a",
        project_id="p",
        request_id="r",
        digest="d",
        request=request.model_dump(mode="json", by_alias=True),
        sources={"board": Source(file="board.png", sha256="b" * 64)},
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    picture_file(tmp_path / "in" / "board.png")
    return tmp_path


def test_plan_is_taken_over_when_the_tutorial_comes_again_under_another_name(folder):
    plans, told = LastPlans(), []
    (first,) = plans.prepare(work_of(), folder, told.append)
    known = {sha256: facts for probed in told for sha256, facts in probed.facts.items()}
    (again,) = plans.prepare(replace(work_of(), job_id="b", digest="e", facts=known), folder, told.append)
    assert again.timeline is first.timeline
    assert again == first


@pytest.mark.parametrize("change", ["option", "facts", "file"])
def test_plan_is_made_anew_when_anything_is_another(folder, change):
    plans = LastPlans()
    (first,) = plans.prepare(work_of(), folder, print)
    work = work_of(fps=24) if change == "option" else work_of()
    if change == "facts":
        picture_file(folder / "in" / "other.png", size_px=(200, 300))
        work = replace(work, sources={"board": Source(file="other.png", sha256="c" * 64)})
    if change == "file":
        work = replace(work, sources={"board": Source(missing="it went away")})
    (again,) = plans.prepare(work, folder, print)
    assert again.timeline is not first.timeline
    assert again.poster_key != first.poster_key or again.timeline.segments != first.timeline.segments


def test_what_is_carried_along_is_that_of_the_new_request_when_a_plan_is_taken_over(folder):
    plans, work = LastPlans(), work_of()
    plans.prepare(replace(work, request=work.request | {"metadata": {"draft": 1}}), folder, print)
    (again,) = plans.prepare(replace(work, request=work.request | {"metadata": {"draft": True}}), folder, print)
    assert again.request.metadata["draft"] is True


def test_plan_is_not_taken_over_when_it_is_longer_than_now_allowed(folder):
    plans = LastPlans()
    plans.prepare(work_of(), folder, print)
    with pytest.raises(TooLongError):
        plans.prepare(replace(work_of(), max_duration_ms=2000), folder, print)


def test_captions_follow_a_file_of_word_times_when_a_step_names_one(tmp_path):
    (tmp_path / "in").mkdir()
    first, second = "Take all of the cards.", "Then put them on the table."
    cues = f"WEBVTT\n\n00:00.000 --> 00:02.000\n{first}\n\n00:02.000 --> 00:04.000\n{second}\n"
    (tmp_path / "in" / "times").write_text(cues)
    step = {"text": f"{first} {second}", "narrationTimings": "times"}
    request = request_of(steps=[step], assets=[{"id": "times", "uri": "times.vtt"}])
    work = replace(
        work_of(),
        request=request.model_dump(mode="json", by_alias=True),
        sources={"times": Source(file="times", sha256="d" * 64)},
    )
    told = []
    (plan,) = LastPlans().prepare(work, tmp_path, told.append)
    assert [fact["kind"] for probed in told for fact in probed.facts.values()] == ["timings"]
    (clip,) = plan.timeline.clips
    shares = [(cue.frames.start - clip.speech.start) / len(clip.speech) for cue in plan.timeline.cues]
    assert shares == pytest.approx([0, 0.5], abs=0.01)
