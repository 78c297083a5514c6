"""What the page of `dev` is told of a finished video and of an edited step's picture."""

from __future__ import annotations

from preview_worker.contract import Report
from preview_worker.contract.dev import DevFrame, DevStep, DevVideo, frame_path, video_path
from preview_worker.contract.request import PreviewRequest
from preview_worker.contract.step import spoken
from preview_worker.render.frame import FramePicture, step_ids
from preview_worker.worker.dev_draft import Draft
from preview_worker.worker.staging import MEDIA_TYPES

LONGEST_TITLE = 60
POSTER, CAPTIONS = "poster.jpg", "captions.vtt"


def described_video(report: Report, draft: Draft, name: str) -> DevVideo:
    """What the page shows of a video.

    Args:
        report: Its report.
        draft: The payload as it is saved now: lines move without the video becoming another.
        name: Names the folder of its files.
    """
    video, cache = report.video, report.cache
    return DevVideo(
        url=video_path(name, f"preview.{video.format}"),
        media_type=MEDIA_TYPES[f".{video.format}"],
        poster_url=video_path(name, POSTER),
        captions_url=video_path(name, CAPTIONS),
        title=report.title,
        language=report.language,
        width_px=video.width_px,
        height_px=video.height_px,
        duration_ms=video.duration_ms,
        segments=cache.segments if cache is not None else 0,
        segments_made=cache.segments - cache.hits if cache is not None else 0,
        steps=tuple(
            DevStep(
                id=step.id,
                title=title_of(draft.request, step.index),
                kind=step.kind,
                start_ms=step.start_ms,
                duration_ms=step.duration_ms,
                line=draft.line(f"/previewRequest/steps/{step.index}"),
                warning_count=step.warning_count,
            )
            for step in report.steps
        ),
        warnings=report.warnings,
    )


def described_frame(picture: FramePicture, request: PreviewRequest, step_id: str, name: str) -> DevFrame:
    """What the page shows of an edited step."""
    index = step_ids(request).index(step_id)
    return DevFrame(
        step_id=step_id,
        title=title_of(request, index),
        url=frame_path(name),
        width_px=picture.width_px,
        height_px=picture.height_px,
    )


def title_of(request: PreviewRequest, index: int) -> str:
    """How a step is called for people: its title, else its first words, else its id."""
    if not request.steps:
        return request.title or step_ids(request)[0]
    step = request.steps[index]
    words = " ".join((step.title or step.text or spoken(step) or step.id).split())
    return words if len(words) <= LONGEST_TITLE else words[: LONGEST_TITLE - 1].rstrip() + "…"
