from __future__ import annotations

from preview_worker.timeline.estimate import cost_of, cost_of_all
from support.tutorials import plan, tutorial


def test_cost_grows_with_length_and_size_when_the_tutorial_does():
    short = cost_of(plan(tutorial([{"title": "A", "durationMs": 3000}])))
    long = cost_of(plan(tutorial([{"title": name, "durationMs": 3000} for name in "ABC"])))
    large = cost_of(plan(tutorial([{"title": "A", "durationMs": 3000}], options={"resolution": "1920x1080"})))
    for costlier in (long, large):
        assert costlier.p50_render_ms > short.p50_render_ms
        assert costlier.p50_bytes > short.p50_bytes
    assert short.p90_render_ms > short.p50_render_ms
    assert short.p90_bytes > short.p50_bytes


def test_render_costs_less_when_segments_are_there_already():
    timeline = plan(tutorial([{"title": name, "durationMs": 9000} for name in "AB"]))
    cached = frozenset(segment.key for segment in timeline.segments)
    fresh, again = cost_of(timeline), cost_of(timeline, cached=cached)
    assert again.p50_render_ms < fresh.p50_render_ms
    assert again.p50_bytes == fresh.p50_bytes


def test_equal_segments_are_rendered_once_when_there_are_several():
    held, moved = (
        cost_of(plan(tutorial([{"durationMs": 60_000, "visuals": [{"assetId": "board", "motion": {"type": kind}}]}])))
        for kind in ("hold", "pan")
    )
    assert held.p50_render_ms < moved.p50_render_ms / 2


def test_editions_cost_what_is_made_for_each_when_they_share_segments():
    timeline = plan(tutorial([{"title": name, "durationMs": 9000} for name in "AB"]))
    again = cost_of(timeline, cached=frozenset(segment.key for segment in timeline.segments))
    assert cost_of_all([timeline]) == cost_of(timeline)
    assert cost_of_all([timeline, timeline]) == cost_of(timeline) + again
