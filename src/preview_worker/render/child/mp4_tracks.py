"""The tracks of a finished video: picture, sound and the chapters' names, from what is known of the pieces' packets."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from preview_worker.render.child.mp4_boxes import box
from preview_worker.render.child.mp4_entries import (
    PICTURE_HEADER,
    SOUND_HEADER,
    BitRate,
    chapter_entry,
    chapter_header,
    picture_entry,
    sound_entry,
)
from preview_worker.render.child.mp4_header import MOVIE_SCALE, Track, recovery_boxes
from preview_worker.render.child.mp4_samples import NO_SAMPLES, Samples
from preview_worker.render.child.packets import Numbers, PacketTable
from preview_worker.render.encoding import EncodingProfile
from preview_worker.timeline.model import Chapter
from preview_worker.timeline.time import SAMPLE_RATE_HZ, ms_of_frames

PICTURE_TRACK, SOUND_TRACK, CHAPTER_TRACK = 1, 2, 3
_FINEST_STEP_S = Fraction(1, 10_000)
_UTF8_FOLLOWS = box(b"encd", struct.pack(">I", 0x100))
_BITS, _MS_PER_S = 8, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Codecs:
    """What decoders are set up with: records of H.264 and AAC."""

    picture: bytes
    sound: bytes


def picture_scale(rate: Fraction) -> int:
    """Ticks of the picture's track a second: a multiple of the frame rate, at least 10,000."""
    scale = rate.numerator
    while Fraction(1, scale) > _FINEST_STEP_S:
        scale *= 2
    return scale


def picture_track(profile: EncodingProfile, record: bytes, packets: PacketTable, language: str) -> Track:
    """The picture; times of the packets in frames of the video."""
    scale = picture_scale(profile.rate)
    ticks = int(scale / profile.rate)
    samples = Samples(
        sizes_bytes=packets.sizes_bytes,
        durations=packets.durations * ticks,
        offsets=(packets.pts - packets.dts) * ticks,
        keys=packets.keys,
    )
    length = int(packets.durations.sum() * MOVIE_SCALE / profile.rate)
    starts = (np.cumsum(packets.durations) - packets.durations) * MOVIE_SCALE * profile.rate.denominator
    rate = bit_rate(packets.sizes_bytes, starts // profile.rate.numerator, length)
    return Track(
        number=PICTURE_TRACK,
        handler=b"vide",
        name="VideoHandler",
        media_header=PICTURE_HEADER,
        entry=picture_entry(profile, record, rate),
        scale=scale,
        samples=samples,
        start=profile.video.reorder_frames * ticks,
        length=length,
        size_px=(profile.width_px, profile.height_px),
        language=language,
    )


def sound_track(profile: EncodingProfile, config: bytes, packets: PacketTable, language: str) -> Track:
    """The sound; times of the packets in samples of the video, those of the priming below 0."""
    priming = profile.sound.rules.priming_samples
    samples = Samples(
        sizes_bytes=packets.sizes_bytes,
        durations=packets.durations,
        offsets=np.zeros_like(packets.durations),
        keys=packets.keys,
    )
    length = max(0, int(packets.durations.sum()) - priming)
    return Track(
        number=SOUND_TRACK,
        handler=b"soun",
        name="SoundHandler",
        media_header=SOUND_HEADER,
        entry=sound_entry(config, bit_rate(packets.sizes_bytes, packets.pts + priming, length)),
        scale=SAMPLE_RATE_HZ,
        samples=samples,
        start=priming,
        length=length,
        language=language,
        groups=recovery_boxes(packets.sizes_bytes.size),
    )


def chapter_track(chapters: Sequence[Chapter], rate: Fraction, language: str) -> tuple[Track, bytes]:
    """The chapters' names as a text that nobody sees, which players list; and its media."""
    names = [_text(chapter.title) for chapter in chapters]
    bounds = np.array([0, *(ms_of_frames(chapter.frames.end, rate) for chapter in chapters)], np.int64)
    durations = np.diff(bounds) * (MOVIE_SCALE // _MS_PER_S)
    track = Track(
        number=CHAPTER_TRACK,
        handler=b"text",
        name="ChapterHandler",
        media_header=chapter_header(),
        entry=chapter_entry(),
        scale=MOVIE_SCALE,
        samples=Samples(
            sizes_bytes=np.array([len(name) for name in names], np.int64),
            durations=durations,
            offsets=np.zeros_like(durations),
            keys=np.ones(len(names), np.bool_),
        ),
        length=int(durations.sum()),
        language=language,
    )
    return track, b"".join(names)


def empty_tracks(profile: EncodingProfile, codecs: Codecs, language: str) -> list[Track]:
    """Picture and sound as the header of fragments tells of them."""
    nothing = PacketTable.joined([])
    tracks = (
        picture_track(profile, codecs.picture, nothing, language),
        sound_track(profile, codecs.sound, nothing, language),
    )
    return [replace(track, samples=NO_SAMPLES, groups=b"") for track in tracks]


def bit_rate(sizes_bytes: Numbers, starts: Numbers, length: int) -> BitRate:
    """Bits in the fullest second and in the average one.

    Args:
        sizes_bytes: Of each packet.
        starts: Of each packet, in the movie's scale, at least 0.
        length: Of all, in the movie's scale.
    """
    if not sizes_bytes.size or not length:
        return BitRate()
    seconds = np.bincount(starts // MOVIE_SCALE, weights=sizes_bytes)
    average = int(sizes_bytes.sum()) * _BITS * MOVIE_SCALE // length
    return BitRate(peak_bps=max(average, int(seconds.max()) * _BITS), average_bps=average)


def _text(name: str) -> bytes:
    content = name.encode()
    return struct.pack(">H", len(content)) + content + _UTF8_FOLLOWS
