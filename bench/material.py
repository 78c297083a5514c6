"""The bench job's pictures, sounds and payload, generated: 60 s, 8 steps, everything moves.

Photo-like pictures of 1920×1080 (soft shapes, edges and grain, seeded), a voice-like narration for each step and a
music bed; Ken Burns throughout, burned-in captions, a highlight, crossfades of half a second.
"""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import cv2
import numpy as np

PROJECT = "bench"
STEPS = 8
STEP_MS = 7500
RATE_HZ = 48_000
SENTENCES = (
    "Place the board in the middle of the table, so that everybody can reach it.",
    "Each player takes five tokens and a card; the rest goes back into the box.",
    "Shuffle the cards, and put them face down beside the board as a stock.",
    "On your turn, draw a card and move one of your tokens along a path.",
)


def write_material(folder: Path) -> None:
    """Write a picture and a voice for each step, one more of each for edits, and music into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(STEPS + 1):
        generator = np.random.default_rng(1000 + number)
        cv2.imwrite(str(folder / f"photo{number}.jpg"), _photo(generator), [cv2.IMWRITE_JPEG_QUALITY, 90])
        _write_wave(folder / f"voice{number}.wav", _voice(generator, 6.4))
    _write_wave(folder / "music.wav", _music(20.0))


def payload(job_id: str, *, steps: int = STEPS, burned: bool = True, **options: Any) -> dict[str, Any]:
    """The job.

    Args:
        job_id: Its id.
        steps: How many steps; pictures and voices come again after eight.
        burned: Whether captions are drawn into the picture.
        options: More of `previewRequest.options`.
    """
    return {
        "jobId": job_id,
        "projectId": PROJECT,
        "requestId": "bench",
        "dryRun": False,
        "previewRequest": {
            "title": "Bench",
            "steps": [_step(number) for number in range(steps)],
            "assets": [
                *({"id": f"photo{n}", "uri": f"photo{n}.jpg"} for n in range(STEPS + 1)),
                *({"id": f"voice{n}", "uri": f"voice{n}.wav"} for n in range(STEPS)),
                {"id": "music", "uri": "music.wav"},
            ],
            "audio": {"music": {"assetId": "music"}},
            "options": {"includeCaptions": burned} | options,
        },
    }


def _step(number: int) -> dict[str, Any]:
    step: dict[str, Any] = {
        "id": f"s{number}",
        "narration": SENTENCES[number % len(SENTENCES)],
        "narrationAssetId": f"voice{number % STEPS}",
        "durationMs": STEP_MS,
        "layout": "full",
        "visuals": [{"assetId": f"photo{number % STEPS}", "motion": {"type": "ken_burns"}}],
    }
    if number == 3:
        step["callouts"] = [{"kind": "highlight", "target": {"x": 0.35, "y": 0.3, "width": 0.25, "height": 0.3}}]
    return step


def _photo(generator: np.random.Generator) -> np.ndarray:
    """uint8, shape (1080, 1920, 3), BGR."""
    height, width = 1080, 1920
    base = cv2.resize(generator.random((6, 10, 3), dtype=np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    canvas = (base * 180 + 30).astype(np.uint8)
    for _ in range(60):
        x, y = int(generator.integers(width)), int(generator.integers(height))
        size = int(generator.integers(20, 220))
        colour = tuple(int(value) for value in generator.integers(20, 240, 3))
        if generator.random() < 0.5:
            cv2.circle(canvas, (x, y), size // 2, colour, -1, cv2.LINE_AA)
        else:
            cv2.rectangle(canvas, (x, y), (x + size, y + size * 2 // 3), colour, -1)
    grain = generator.normal(0, 4, (height, width, 1))
    return np.clip(canvas + grain, 0, 255).astype(np.uint8)


def _voice(generator: np.random.Generator, seconds: float) -> np.ndarray:
    """Float, shape (samples,): a harmonic tone whose loudness follows syllables."""
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    pitch = 120 + 25 * np.sin(2 * np.pi * 0.4 * time_s + generator.random())
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    tone = sum(np.sin(phase * harmonic) / harmonic for harmonic in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * 3.7 * time_s), 0, 1) ** 0.5
    return 0.12 * tone * syllables


def _music(seconds: float) -> np.ndarray:
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    chord = sum(np.sin(2 * np.pi * hertz * time_s) for hertz in (220.0, 277.18, 329.63))
    return 0.1 * chord * (0.7 + 0.3 * np.sin(2 * np.pi * time_s / seconds * 5))


def _write_wave(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
