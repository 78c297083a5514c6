"""The limit: x264 alone on the frames of the very video, in memory, as many single-threaded encoders as cores."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
from material import payload

from preview_worker.contract import PreviewRequest
from preview_worker.render.encoding import encoding_profile

SAMPLE_FRAMES = 240
CORES = len(os.sched_getaffinity(0))
_FIRST_FRAME = 240


def limit_fps(video: Path) -> float:
    """Frames a second of the whole machine; the frames are those of the second step, its transition among them."""
    frames = []
    with av.open(str(video)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index >= _FIRST_FRAME:
                frames.append(frame)
            if len(frames) == SAMPLE_FRAMES:
                break
    profile = encoding_profile(PreviewRequest.model_validate(payload("limit")["previewRequest"]))
    started_s = time.monotonic()
    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(lambda _number: _encode(frames, dict(profile.video.options)), range(CORES)))
    return CORES * len(frames) / (time.monotonic() - started_s)


def _encode(frames: list[av.VideoFrame], options: dict[str, str]) -> None:
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, 30), Fraction(30)
    codec.thread_count, codec.gop_size, codec.options = 1, 10_000, options
    for index, frame in enumerate(frames):
        frame.pts = index
        codec.encode(frame)
    codec.encode(None)
