"""The plans of a request in each of its languages, before anything of it is rendered."""

from __future__ import annotations

from preview_worker.contract import PreviewRequest
from preview_worker.contract.editions import editions, length_errors_of
from preview_worker.timeline.build import build_timeline
from preview_worker.timeline.model import MediaFacts, Timeline


def build_timelines(
    request: PreviewRequest, facts: MediaFacts, *, encoding: str, max_duration_ms: int
) -> tuple[Timeline, ...]:
    """Plan the video of each edition of a request, its own first; arguments are those of `build_timeline`.

    Raises:
        AssetError: A picture is to be heard, or a sound to be seen (permanent).
        TooLongError: The tutorial is longer than allowed in one of its languages (permanent).
    """
    timelines: list[Timeline] = []
    for number, edition in enumerate(editions(request)):
        with length_errors_of(number, edition.language):
            timelines.append(build_timeline(edition, facts, encoding=encoding, max_duration_ms=max_duration_ms))
    return tuple(timelines)
