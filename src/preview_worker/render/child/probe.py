"""Measures assets: the size of pictures, the length of sounds. What can't be decoded is told here, before any work."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import numpy as np

from preview_worker.errors import AssetError
from preview_worker.render.child.drawing.decoding import opened
from preview_worker.render.child.levels import LevelMeter
from preview_worker.render.child.media import (
    SNIFFED_BYTES,
    Kind,
    is_picture,
    sniffed_demuxer,
    undecodable,
)
from preview_worker.render.child.seams import SeamMeter
from preview_worker.render.child.sound_stream import SoundStream
from preview_worker.render.facts import ANNOUNCED_SAMPLES_MAX
from preview_worker.timeline.model import PictureFacts, SoundFacts, TimingFacts
from preview_worker.timeline.time import SAMPLE_RATE_HZ
from preview_worker.timeline.timings import LONGEST_FILE_BYTES, TimingsError, parse_timings
from preview_worker.timeline.voices import file_in_words, is_draft_voice

Measured = PictureFacts | SoundFacts | TimingFacts
"""What a file may turn out to be."""

LONGEST_SOUND_S = 3600
HIGHEST_SAMPLE = 1e4
"""Samples in floating point may pass full scale; nothing that was ever heard passes it by 80 dB."""


def probe(path: Path, *, asset_id: str, sha256: str, expected: Kind | Literal["timings"] = "picture") -> Measured:
    """Measure a file; its first bytes tell whether it is a picture or a sound, its use whether it tells times of words.

    Args:
        path: The file.
        asset_id: Named in errors.
        sha256: Carried into the facts.
        expected: What the tutorial uses it as: how a file that is neither is called in the error.

    Raises:
        AssetError: It is of no kind we take, too large, or damaged (permanent).
    """
    try:
        with path.open("rb") as file:
            head = file.read(SNIFFED_BYTES)
    except OSError as error:
        raise AssetError(f"{file_in_words(asset_id)} can't be read.", code="asset-unreadable") from error
    if sniffed_demuxer(head) is not None:
        return _probe_sound(path, asset_id, sha256)
    if is_picture(head):
        return _probe_picture(path, asset_id, sha256)
    if expected == "timings":
        return _probe_timings(path, asset_id, sha256)
    kind: Kind = "sound" if is_draft_voice(asset_id) else expected
    raise undecodable(asset_id, kind, f"it is not a {kind} we read")


def _probe_timings(path: Path, asset_id: str, sha256: str) -> TimingFacts:
    try:
        with path.open("rb") as file:
            found = parse_timings(file.read(LONGEST_FILE_BYTES + 1))
    except TimingsError as fault:
        raise AssetError(
            f"The word times of asset {asset_id} can't be read: {fault}.",
            code="asset-undecodable",
            hint="Export them again as alignment JSON, VTT or SRT, or leave narrationTimings out: times are estimated.",
        ) from fault
    return TimingFacts(sha256=sha256, texts=found.texts, starts_ms=found.starts_ms, ends_ms=found.ends_ms)


def _probe_picture(path: Path, asset_id: str, sha256: str) -> PictureFacts:
    with opened(path, asset_id) as picture:
        width, height = picture.size_px
        image = picture.stored
        has_alpha = image.has_transparency_data
        # Damage is found now, where it costs one decode, rather than in the middle of a render. All of a JPEG is read
        # at an eighth of its size, too.
        image.draft(None, (width // 8, height // 8))
        image.load()
        return PictureFacts(sha256=sha256, width_px=width, height_px=height, has_alpha=has_alpha)


def _probe_sound(path: Path, asset_id: str, sha256: str) -> SoundFacts:
    samples, peak = 0, 0.0
    with SoundStream(path, asset_id) as sound:
        levels, seams = LevelMeter(), SeamMeter()
        announced = sound.announced_s()
        while (read := sound.read(SAMPLE_RATE_HZ)).shape[1]:
            samples += read.shape[1]
            highest = float(np.abs(read).max())
            if not math.isfinite(highest):
                raise undecodable(asset_id, "sound", "some of its samples are no numbers")
            if highest > HIGHEST_SAMPLE:
                raise undecodable(
                    asset_id, "sound", f"some of its samples are over {HIGHEST_SAMPLE:g} times full scale"
                )
            peak = max(peak, highest)
            levels.add(read)
            seams.add(read)
            if samples > LONGEST_SOUND_S * SAMPLE_RATE_HZ:
                raise undecodable(asset_id, "sound", f"it is longer than {LONGEST_SOUND_S} s", hint="Shorten it.")
    if not samples:
        raise undecodable(asset_id, "sound", "there is no sound in it")
    levels.finish()
    ends = seams.ends()
    return SoundFacts(
        sha256=sha256,
        duration_samples=samples,
        channels=sound.channels,
        peak=round(peak, 4),
        loudness_db10=tuple(levels.loudness_db10),
        peak_db10=tuple(levels.peak_db10),
        seam_db10=tuple(ends.loudness_db10),
        seam_peak_db10=tuple(ends.peak_db10),
        announced_samples=None if announced is None else _announced_samples(announced),
    )


def _announced_samples(announced_s: float) -> int:
    """A damaged header may announce less than nothing, or more than anything lasts."""
    return max(0, min(round(announced_s * SAMPLE_RATE_HZ), ANNOUNCED_SAMPLES_MAX))
