"""Which warnings of an edition are news to an author who has read those of the request's own language."""

from __future__ import annotations

from collections.abc import Iterable

from preview_worker.contract import PreviewWarning


def beyond(warnings: Iterable[PreviewWarning], told: Iterable[PreviewWarning]) -> list[PreviewWarning]:
    """The warnings of an edition that weren't told already; lengths differ, so the time in the video doesn't count."""
    known = [_timeless(warning) for warning in told]
    return [warning for warning in warnings if _timeless(warning) not in known]


def _timeless(warning: PreviewWarning) -> PreviewWarning:
    return warning.model_copy(update={"at_ms": None})
