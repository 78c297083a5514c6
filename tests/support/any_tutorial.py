"""Strategies that draw any tutorial, for the properties of the timeline."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from preview_worker.contract import PreviewRequest
from support.tutorials import ASSET_IDS, FURNITURE_OFF, tutorial

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
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""The same tutorials in every run, few enough to take well under a second."""


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
