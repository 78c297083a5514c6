"""Writes a finished WebM file with FFmpeg's muxer, by copying packets: nothing is encoded again.

The container's streams come from encoders opened with the segments' own settings, so that codec data, colour flags
and the sound's priming are exactly those of the packets.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from preview_worker.errors import OutputCheckError
from preview_worker.render.child.encoder import configure_video
from preview_worker.render.child.programme import Programme
from preview_worker.render.child.segment_file import SegmentFile, SegmentIndex, read_segment
from preview_worker.render.child.sound import configure_sound
from preview_worker.render.child.writing import writing
from preview_worker.render.encoding import EncodingProfile
from preview_worker.render.languages import three_letter_language
from preview_worker.timeline.model import Chapter
from preview_worker.timeline.time import SAMPLE_RATE_HZ, ms_of_frames

_OPTIONS = {"fflags": "+bitexact", "cues_to_front": "1"}
_MS = Fraction(1, 1000)


def write_webm(path: Path, programme: Programme, profile: EncodingProfile) -> None:
    """Write a file; the same programme always gives the same bytes.

    Raises:
        DamagedSegmentError: A segment file is damaged (retryable).
        OutputCheckError: A segment was encoded by other settings than the rest (permanent).
        StorageError: The disk is full or failing (retryable).
    """
    with (
        writing("The video"),
        av.open(str(path), "w", format=profile.format.value, options=_OPTIONS) as container,
    ):
        picture_stream, sound_stream = _added_streams(container, profile)
        language = three_letter_language(programme.language)
        for stream in (picture_stream, sound_stream):
            stream.metadata["language"] = language
        if programme.title:
            container.metadata["title"] = programme.title
        _set_chapters(container, programme.chapters, profile.rate)
        container.start_encoding()
        picture = _joined(programme.segments, picture_stream, 0)
        heard = _joined(programme.sound, sound_stream, -profile.sound.rules.priming_samples)
        sound = _cut(heard, programme.sound_samples)
        for packet in heapq.merge(picture, sound, key=_decoding_order(picture_stream.index, profile.rate)):
            container.mux(packet)


def _added_streams(container: OutputContainer, profile: EncodingProfile) -> tuple[VideoStream, AudioStream]:
    """Picture and sound of a container, opened with the settings of the packets that are to be copied into it."""
    picture = cast("VideoStream", container.add_stream(profile.video.codec, rate=profile.rate))
    configure_video(picture.codec_context, profile)
    picture.time_base = 1 / profile.rate
    picture.codec_context.open(strict=False)
    sound = cast("AudioStream", container.add_stream(profile.sound.codec, rate=SAMPLE_RATE_HZ))
    configure_sound(sound.codec_context, profile.sound)
    sound.time_base = Fraction(1, SAMPLE_RATE_HZ)
    sound.codec_context.open(strict=False)
    return picture, sound


def _set_chapters(container: OutputContainer, chapters: Sequence[Chapter], rate: Fraction) -> None:
    container.set_chapters(
        [
            {
                "id": index,
                "start": ms_of_frames(chapter.frames.start, rate),
                "end": ms_of_frames(chapter.frames.end, rate),
                "time_base": _MS,
                "metadata": {"title": chapter.title},
            }
            for index, chapter in enumerate(chapters)
        ]
    )


def _joined(
    pieces: Sequence[SegmentIndex], stream: VideoStream | AudioStream, start: int
) -> Iterator[av.Packet[Stream]]:
    """Packets of all segments or spans from a time on; one file is in memory at a time."""
    extradata = stream.codec_context.extradata or b""
    for piece in pieces:
        segment = read_segment(piece.path)
        if segment.extradata != extradata:
            raise OutputCheckError(f"The segment {piece.path.name} was encoded by other settings than the video's.")
        yield from _packets(segment, stream, start)
        start += segment.frames


def _packets(segment: SegmentFile, stream: Stream, start: int) -> Iterator[av.Packet[Stream]]:
    for record, piece in segment.pieces():
        packet: av.Packet[Stream] = av.Packet(piece)
        packet.stream = stream
        packet.time_base = segment.time_base
        packet.pts, packet.dts = record.pts + start, record.dts + start
        packet.duration = record.duration
        packet.is_keyframe = record.is_key
        yield packet


def _cut(packets: Iterator[av.Packet[Stream]], end: int) -> Iterator[av.Packet[Stream]]:
    """The last packet holds as much as its frame does; it lasts as long as the sound."""
    for packet in packets:
        start = packet.pts or 0
        if start < end:
            packet.duration = min(packet.duration or 0, end - start)
            yield packet


def _decoding_order(picture_index: int, rate: Fraction) -> Callable[[av.Packet[Stream]], int]:
    """Decoding times of frames and samples in one unit, as whole numbers: comparing fractions would take far longer."""
    per_frame, per_sample = SAMPLE_RATE_HZ * rate.denominator, rate.numerator
    return lambda packet: (packet.dts or 0) * (per_frame if packet.stream_index == picture_index else per_sample)
