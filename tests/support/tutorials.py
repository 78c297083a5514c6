"""Tutorials for tests of the timeline: short ways to write one, and strategies that draw any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from preview_worker.contract import PreviewRequest, Step
from preview_worker.timeline.brief import Brief, brief_of
from preview_worker.timeline.build import build_timeline
from preview_worker.timeline.model import AssetFacts, MissingFacts, PictureFacts, SoundFacts, Timeline

ASSET_IDS = ("board", "card", "token", "lost")
FURNITURE_OFF = {"badge": "none", "progress": False}
RESOLUTIONS = (
    *("1920x1080", "1280x720", "854x480", "640x360", "160x90"),
    *("1080x1920", "720x1280", "360x640", "90x160"),
    *("1080x1080", "720x720", "160x160"),
    *("1440x1080", "1024x768", "640x480", "160x120", "768x1024"),
)
WORDS = (
    *("Place", "the", "board", "Shuffle,", "all.", "été.", "déjà", "100", "antidisestablish" * 4),
    *("«", "»", "!", "%", ":"),
)

ANY_TUTORIAL = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""The same tutorials in every run, few enough to take well under a second."""


def picture(name: str = "0", *, width_px: int = 1600, height_px: int = 1200, has_alpha: bool = False) -> PictureFacts:
    """Facts of a picture whose hash is made of one digit."""
    return PictureFacts(sha256=name * 64, width_px=width_px, height_px=height_px, has_alpha=has_alpha)


def sound(duration_ms: int) -> SoundFacts:
    """Facts of a narration of the given length."""
    return SoundFacts(sha256="f" * 64, duration_samples=duration_ms * 48, channels=1, peak=0.5)


FACTS: Mapping[str, AssetFacts] = {
    "board": picture("1"),
    "card": picture("2", width_px=600, height_px=900),
    "token": picture("3", width_px=400, height_px=400, has_alpha=True),
    "lost": MissingFacts(reason="no such file"),
}


def tutorial(steps: Sequence[Mapping[str, Any]], *, assets: Sequence[str] = ASSET_IDS, **fields: Any) -> PreviewRequest:
    """A request of the given raw steps; `fields` are others of the previewRequest."""
    return PreviewRequest.model_validate(
        {"steps": steps, "assets": [{"id": name, "uri": f"{name}.png"} for name in assets], "audio": {}} | fields
    )


def brief(steps: Sequence[Mapping[str, Any]], *, facts: Mapping[str, AssetFacts] = FACTS, **fields: Any) -> Brief:
    """What the scenes of such a request are drawn from."""
    return brief_of(tutorial(steps, **fields), facts)


def step(**fields: Any) -> Step:
    """One step as it stands in a request, strings of `visuals` being asset ids."""
    return tutorial([{"id": "s", **fields}]).steps[0]


def plan(request: PreviewRequest, facts: Mapping[str, AssetFacts] = FACTS) -> Timeline:
    """The timeline of a request."""
    return build_timeline(request, facts, encoding="test", max_duration_ms=3_600_000)


def texts_on_screen(timeline: Timeline) -> list[str]:
    """Every text of every scene."""
    scenes = [clip.scene for clip in timeline.clips]
    stacked = [text.text for scene in scenes for stack in scene.stacks for text in stack.texts]
    return stacked + [text.text for scene in scenes for text in scene.texts]


def body_keys(timeline: Timeline) -> dict[str, list[str]]:
    """Keys of the segments behind the transition, by step."""
    keys: dict[str, list[str]] = {clip.step_id: [] for clip in timeline.clips}
    for segment in timeline.segments:
        if not segment.mixes:
            keys[timeline.clips[segment.clip_index].step_id].append(segment.key)
    return keys


def transition_keys(timeline: Timeline) -> dict[str, str]:
    """Key of each step's transition, by step."""
    mixed = (segment for segment in timeline.segments if segment.mixes)
    return {timeline.clips[segment.clip_index].step_id: segment.key for segment in mixed}


def texts() -> st.SearchStrategy[str]:
    """Words, French punctuation and one word too long for a line."""
    return st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join)


def rectangles() -> st.SearchStrategy[dict[str, float]]:
    """Rectangles inside 0–1, slivers and corners among them."""
    share = st.floats(min_value=0, max_value=1)
    return st.tuples(share, share, share, share).map(
        lambda four: {
            "x": four[0] * 0.999,
            "y": four[1] * 0.999,
            "width": max(1e-4, four[2] * (1 - four[0] * 0.999)),
            "height": max(1e-4, four[3] * (1 - four[1] * 0.999)),
        }
    )


def motions() -> st.SearchStrategy[dict[str, Any]]:
    """Every kind of move, with and without rectangles."""
    return st.fixed_dictionaries(
        {"type": st.sampled_from(("hold", "zoom_in", "zoom_out", "pan", "ken_burns", "focus"))},
        optional={
            "from": rectangles(),
            "to": rectangles(),
            "easing": st.sampled_from(("linear", "in_out_sine", "in_out_cubic")),
        },
    )


def visuals(*, moved: bool = True) -> st.SearchStrategy[dict[str, Any]]:
    """Visuals in and out of the layout; without `moved` they keep the default motion."""
    optional: dict[str, st.SearchStrategy[Any]] = {
        "fit": st.sampled_from(("contain", "cover", "blur_fill")),
        "placement": rectangles(),
        "enter": st.sampled_from(("none", "fade")),
        "layer": st.integers(-2, 2),
        "startMs": st.sampled_from((0, 400, 1500, 20_000)),
    }
    if moved:
        optional["motion"] = motions()
    return st.fixed_dictionaries({"assetId": st.sampled_from(ASSET_IDS)}, optional=optional)


def steps(**kept: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Raw steps of every kind and layout; `kept` are fields drawn otherwise."""
    optional: dict[str, st.SearchStrategy[Any]] = {
        "title": st.sampled_from(("Setup", "Le plateau", "A rather long heading that takes more than one line")),
        "text": texts(),
        "narration": texts(),
        "durationMs": st.sampled_from((500, 700, 2499, 2500, 4000, 9000)),
        "visuals": st.lists(visuals(), max_size=4),
        "layout": st.sampled_from(("auto", "full", "picture_left", "picture_right", "grid", "text")),
        "reference": st.just("p. 4"),
        "transition": st.fixed_dictionaries(
            {"type": st.sampled_from(("cut", "crossfade", "fade", "slide")), "durationMs": st.integers(0, 2000)}
        ),
    }
    kinds = ("intro", "components_overview", "setup_step", "turn_flow", "scoring_summary", "end_card", "transition")
    return st.fixed_dictionaries({"kind": st.sampled_from(kinds)}, optional=optional | kept)


def options() -> st.SearchStrategy[dict[str, Any]]:
    """Options that decide where and when things stand."""
    return st.fixed_dictionaries(
        {},
        optional={
            "resolution": st.sampled_from(RESOLUTIONS),
            "fps": st.sampled_from((12, 15, 24, 25, 30)),
            "quality": st.sampled_from(("draft", "standard")),
            "includeCaptions": st.booleans(),
            "watermark": st.just("Draft"),
            "furniture": st.sampled_from((FURNITURE_OFF, {"badge": "i/n"}, {"badge": "i"})),
        },
    )


def tutorials(*, fewest: int = 0) -> st.SearchStrategy[PreviewRequest]:
    """Requests of at most four steps."""
    return st.builds(
        lambda raw, language, chosen: tutorial(raw, language=language, options=chosen, title="Harbour"),
        st.lists(steps(), min_size=fewest, max_size=4),
        st.sampled_from(("en", "fr", "de")),
        options(),
    )
