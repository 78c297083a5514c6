"""Finished videos judged by decoding them, and published folders by their manifest."""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import dataclass

import av

TIMING_FILES = frozenset({"preview.json", "container.json", "render.log"})
"""Files that tell of one run: its times and its host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Every frame of a video, as a few numbers.

    Attributes:
        codecs: Names of the video's and the sound's codec.
        brightest: Highest luma of each frame, 0–255.
        pts_steps: The distinct distances of neighbouring frames, in frames.
        samples: Sound samples decoded, per channel.
        sample_rate_hz: Of the sound.
        chapters: Title and start in s.
    """

    codecs: tuple[str, str]
    size_px: tuple[int, int]
    brightest: tuple[int, ...]
    pts_steps: frozenset[float]
    samples: int
    sample_rate_hz: int
    chapters: tuple[tuple[str, float], ...]

    @property
    def frames(self):
        return len(self.brightest)


def decoded(path):
    """Decode all of it."""
    brightest, places, samples = [], [], 0
    with av.open(str(path)) as container:
        video, sound = container.streams.video[0], container.streams.audio[0]
        frame_s = 1 / video.average_rate
        for frame in container.decode(video, sound):
            if isinstance(frame, av.AudioFrame):
                samples += frame.samples
                continue
            brightest.append(int(frame.to_ndarray(format="gray").max()))
            places.append(frame.pts * frame.time_base / frame_s)
        # Matroska counts in whole milliseconds, so a frame's place there is known to half of one.
        steps = {round(float(later - earlier), 1) for earlier, later in itertools.pairwise(places)}
        return Decoded(
            codecs=(video.codec_context.name, sound.codec_context.name),
            size_px=(video.width, video.height),
            brightest=tuple(brightest),
            pts_steps=frozenset(steps),
            samples=samples,
            sample_rate_hz=sound.rate,
            chapters=tuple(
                (chapter["metadata"]["title"], float(chapter["start"] * chapter["time_base"]))
                for chapter in container.chapters()
            ),
        )


def boxes(path):
    """Names of the top-level boxes of an MP4 file, in order."""
    names, content, offset = [], path.read_bytes(), 0
    while offset < len(content):
        size = int.from_bytes(content[offset : offset + 4])
        names.append(content[offset + 4 : offset + 8].decode())
        offset += int.from_bytes(content[offset + 8 : offset + 16]) if size == 1 else size or len(content)
    return names


def read_json(folder, name):
    """One of a folder's JSON files."""
    return json.loads((folder / name).read_text())


def sha256_of(path):
    """Of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def media_hashes(folder):
    """SHA-256 by name of every file whose bytes depend on the payload alone."""
    return {path.name: sha256_of(path) for path in sorted(folder.iterdir()) if path.name not in TIMING_FILES}
