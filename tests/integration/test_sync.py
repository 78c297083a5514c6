"""Picture and sound stay together: a click at each step's start, over ten minutes of MP4 and of WebM."""

from __future__ import annotations

import av
import numpy as np
import pytest

from preview_worker.bootstrap.render import render_here
from preview_worker.config.settings import load_settings
from preview_worker.timeline.build import build_timeline
from preview_worker.timeline.duration import LEAD_MS
from preview_worker.timeline.time import SAMPLE_RATE_HZ, samples_of_ms
from support.media import click_track, request_of, wav_file
from support.sounds import facts_of, mixed

pytestmark = pytest.mark.anyio
STEPS, STEP_S, FPS = 40, 15, 6
LEAD_SAMPLES = samples_of_ms(LEAD_MS)


async def untold(_progress):
    """Take progress."""


def tutorial(kind, steps):
    """Steps of 15 s, light and dark in turn, each with a click where its speech begins."""
    return {
        "steps": [
            {
                "id": f"s{index}",
                "layout": "text",
                "durationMs": STEP_S * 1000,
                "narrationAssetId": "click",
                "narration": "Click.",
                "background": "#000000" if index % 2 else "#FFFFFF",
                "transition": {"type": "cut"},
            }
            for index in range(steps)
        ],
        "assets": [{"id": "click", "uri": "click.wav"}],
        "options": {
            "resolution": "160x90",
            "fps": 2 * FPS,
            "quality": "draft",
            "format": kind,
            "furniture": {"badge": "none", "progress": False},
        },
    }


def changes_s(path):
    """When the picture turns from light to dark or back, in seconds."""
    found, before = [], None
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            light = np.frombuffer(frame.planes[0], np.uint8).mean() > 128
            if before is not None and light != before:
                found.append(float(frame.pts * frame.time_base))
            before = light
    return found


def clicks_s(path):
    """When something is heard after silence, in seconds."""
    found, last = [], -1.0
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            # The left channel as it lies there: making arrays of 30,000 packets takes longer than decoding them.
            loud = np.flatnonzero(np.abs(np.frombuffer(frame.planes[0], np.float32, frame.samples)) > 0.2)
            if loud.size:
                at = float(frame.pts * frame.time_base) + int(loud[0]) / SAMPLE_RATE_HZ
                if at > last + 1:
                    found.append(at)
                last = at
    return found


def test_clicks_land_at_their_sample_when_mixed(tmp_path):
    files = {"click": wav_file(tmp_path / "click.wav", click_track(0.5, [0.0]))}
    request = request_of(**{key: value for key, value in tutorial("mp4", 4).items() if key != "options"}, fps=12)
    timeline = build_timeline(request, facts_of(files), encoding="test", max_duration_ms=10**7)
    heard = np.abs(mixed(timeline.sound, files)[0])
    first = np.argmax(click_track(0.5, [0.0]) != 0)
    expected = [index * STEP_S * SAMPLE_RATE_HZ + LEAD_SAMPLES + first for index in range(4)]
    starts = [int(np.argmax(heard[place - 1000 :] > 0)) + place - 1000 for place in expected]
    assert starts == expected


@pytest.mark.parametrize("kind", ["mp4", "webm"])
async def test_picture_and_sound_are_within_a_frame_when_ten_minutes_are_decoded(tmp_path, kind):
    wav_file(tmp_path / "click.wav", click_track(0.5, [0.0]))
    payload = {
        "jobId": "sync",
        "projectId": "sync",
        "requestId": "sync",
        "dryRun": False,
        "previewRequest": {"audio": {}, "title": "Sync", **tutorial(kind, STEPS)},
    }
    settings, _ = load_settings({"DATA_DIR": str(tmp_path / "data")})
    done = await render_here(payload, settings, assets=tmp_path, output=tmp_path / "out", report=untold)
    video = done.folder / f"preview.{kind}"
    pictures, clicks = changes_s(video), clicks_s(video)
    assert len(pictures) == STEPS - 1
    assert len(clicks) == STEPS
    assert pictures == pytest.approx([index * STEP_S for index in range(1, STEPS)], abs=0.001)
    offsets = np.array(clicks[1:]) - np.array(pictures) - LEAD_SAMPLES / SAMPLE_RATE_HZ
    assert np.abs(offsets).max() < 1 / FPS
    assert np.ptp(offsets) < 0.003
