"""Encodes a segment of the picture from painted frames, and looks at the result once.

FFmpeg's frames are views of the painted planes, wherever the painter left them: no sample is copied. The same memory is
painted again and again, since libx264 and libvpx copy what they are given before `encode` returns (a test compares with
fresh memory). What is held at a segment's end isn't encoded at all where the codec lets us write "as before" (`held`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple, cast

import av
import numpy as np
import numpy.typing as npt
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.plane import VideoPlane
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from preview_worker.errors import OutputCheckError
from preview_worker.render.child.drawing.planes import Planes
from preview_worker.render.child.h264 import decoder_record, with_lengths
from preview_worker.render.child.held import held_stream, is_reference
from preview_worker.render.child.segment_file import PacketRecord, SegmentFile, Verdict
from preview_worker.render.encoding import EncodingProfile

Paint = Callable[[int, Planes], Planes]
"""Paints the segment's frame of the given index, counted from 0, over a canvas or elsewhere; returns where."""

Luma = npt.NDArray[np.uint8]
"""uint8, shape (height_px, width_px), samples of one plane."""

H264 = "h264"
BLACK_LUMA = 24
"""Nothing on a black frame is brighter than this (black is 16)."""
DARKEST_LIGHT_LUMA = 48
"""A painted frame that is anywhere as light as this doesn't come out black of an encoder that works."""
MOST_APART_LUMA = 24
"""The mean of a row comes out of the coarsest encoder within 7 of what was painted; another picture is further off."""
_SAMPLED_ROWS_PX = 8
_COMPARED_ROWS = 4


def configure_video(context: VideoCodecContext, profile: EncodingProfile) -> None:
    """Set up an encoder that isn't open yet: the same call for segments and for a container's header."""
    context.width, context.height, context.pix_fmt = profile.width_px, profile.height_px, "yuv420p"
    context.time_base, context.framerate = 1 / profile.rate, profile.rate
    context.gop_size = profile.video.key_interval_frames
    context.thread_count = 1
    context.color_range = ColorRange.MPEG
    context.colorspace = Colorspace.ITU709
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    context.flags |= Flags.global_header | Flags.bitexact | Flags.closed_gop
    context.options = dict(profile.video.options)


def encode_segment(profile: EncodingProfile, length_frames: int, paint: Paint, *, moving_frames: int) -> SegmentFile:
    """Paint, encode and check a segment.

    Args:
        profile: How the whole video is encoded.
        length_frames: Number of frames, at least 1.
        paint: Called once for each moving frame, in order.
        moving_frames: How many frames are painted, at least 1; the last of them is held until the end.

    Raises:
        OutputCheckError: The encoded segment doesn't decode to as many frames, or to other pictures (permanent).
    """
    context = cast(VideoCodecContext, av.CodecContext.create(profile.video.codec, "w"))
    configure_video(context, profile)
    context.open()
    is_h264 = profile.video.codec_name == H264
    extradata = decoder_record(context.extradata or b"") if is_h264 else context.extradata or b""
    held = held_stream(extradata) if is_h264 and moving_frames < length_frames else None
    encoded_frames = length_frames if held is None else moving_frames
    canvas = Planes.allocate(profile.width_px, profile.height_px)
    painted = canvas
    packets: list[_Encoded] = []
    seen: list[_Glance] = []
    time_base = 1 / profile.rate
    for index in range(encoded_frames):
        if index < moving_frames:
            painted = paint(index, canvas)
            seen.append(_glance(painted.y))
        packets.extend(_encoded(packet, is_h264) for packet in context.encode(_frame(painted, index, time_base)))
    packets.extend(_encoded(packet, is_h264) for packet in context.encode(None))
    if held is not None:
        references = sum(is_reference(packet.payload) for packet in packets)
        for frame in range(moving_frames, length_frames):
            held_packet = held.packet(references + frame - moving_frames, frame)
            packets.append(_Encoded(payload=held_packet, pts=frame, is_key=False))
    return _checked(profile, length_frames, packets, extradata, seen)


class _Glance(NamedTuple):
    """What a frame looks like, roughly: means of a few rows, and whether it is black or has something light.

    `means` is float64, shape (rows,).
    """

    means: npt.NDArray[np.float64]
    is_black: bool
    is_light: bool


def _glance(luma: Luma) -> _Glance:
    """The middle one of the sampled rows nearly always tells that a frame isn't black; else all are looked at."""
    rows = luma[luma.shape[0] // (2 * _COMPARED_ROWS) :: luma.shape[0] // _COMPARED_ROWS]
    highest = int(luma[luma.shape[0] // 2].max())
    if highest < DARKEST_LIGHT_LUMA:
        highest = max(highest, int(luma[::_SAMPLED_ROWS_PX].max()))
    means = rows.sum(axis=1, dtype=np.uint32) / luma.shape[1]
    return _Glance(means=means, is_black=highest <= BLACK_LUMA, is_light=highest >= DARKEST_LIGHT_LUMA)


class _Encoded(NamedTuple):
    """A packet of the picture, in decoding order; `pts` counts frames."""

    payload: bytes
    pts: int
    is_key: bool


def _encoded(packet: av.Packet[av.VideoStream], is_h264: bool) -> _Encoded:  # noqa: FBT001 - called in one place
    return _Encoded(
        payload=with_lengths(bytes(packet)) if is_h264 else bytes(packet),
        pts=-1 if packet.pts is None else packet.pts,
        is_key=bool(packet.is_keyframe),
    )


def _frame(planes: Planes, pts: int, time_base: Fraction) -> av.VideoFrame:
    """A frame that refers to the planes' memory."""
    frame = av.VideoFrame.from_dlpack((planes.y, planes.u, planes.v), format="yuv420p")
    frame.pts, frame.time_base = pts, time_base
    return frame


def _samples(plane: VideoPlane) -> Luma:
    """A plane's memory as ``uint8, shape (height_px, width_px)``: a view, no copy."""
    rows = np.frombuffer(cast("memoryview[int]", plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _checked(
    profile: EncodingProfile,
    length_frames: int,
    packets: Sequence[_Encoded],
    extradata: bytes,
    seen: Sequence[_Glance],
) -> SegmentFile:
    # libx264 gives a segment shorter than its delay smaller decoding times; joined segments need one rule for all.
    ahead = profile.video.reorder_frames
    records = tuple(
        PacketRecord(
            pts=packet.pts,
            dts=index - ahead,
            duration=1,
            is_key=packet.is_key,
            size_bytes=len(packet.payload),
        )
        for index, packet in enumerate(packets)
    )
    payload = b"".join(packet.payload for packet in packets)
    verdict = _look_at(profile, records, payload, extradata, seen)
    shown = sorted(record.pts for record in records)
    if verdict.decoded_frames != length_frames or shown != list(range(length_frames)):
        raise OutputCheckError(
            f"A segment of {length_frames} frames was encoded and {verdict.decoded_frames} came out; "
            "please report it with the payload."
        )
    return SegmentFile(
        codec_name=profile.video.codec_name,
        extradata=extradata,
        time_base=1 / profile.rate,
        frames=length_frames,
        packets=records,
        payload=payload,
        verdict=verdict,
    )


class _Look:
    """Counts what decoded frames show, on every eighth row of the luma: whole rows are read fastest.

    The middle one of these rows is looked at first: nearly always it tells that a frame moves, or isn't black.

    Args:
        painted: What each frame was painted like; the last one is held.
    """

    def __init__(self, painted: Sequence[_Glance]) -> None:
        self.frames = self.black = self.longest = 0
        self._painted = painted
        self._run = 0
        self._before: Luma | None = None

    def add(self, frame: av.VideoFrame) -> None:
        # A view: its frame stays alive until the next one was compared with it.
        sample = _samples(frame.planes[0])[::_SAMPLED_ROWS_PX]
        middle = len(sample) // 2
        before = self._before
        same = before is not None and np.array_equal(sample[middle], before[middle]) and np.array_equal(sample, before)
        self._run = self._run + 1 if same else 1
        self._before = sample
        self.longest = max(self.longest, self._run)
        glance = _glance(_samples(frame.planes[0]))
        self._compare(glance)
        self.frames += 1
        self.black += glance.is_black

    def _compare(self, found: _Glance) -> None:
        """A frame that shows something else than was painted is no result."""
        painted = self._painted[min(self.frames, len(self._painted) - 1)]
        if found.is_black and painted.is_light:
            raise OutputCheckError(f"Frame {self.frames} of a segment came out black, and wasn't painted so.")
        apart = float(np.abs(found.means - painted.means).max())
        if apart > MOST_APART_LUMA:
            raise OutputCheckError(
                f"Frame {self.frames} of a segment came out other than it was painted: by {apart:.0f} of 219 levels."
            )


def _look_at(
    profile: EncodingProfile,
    records: Sequence[PacketRecord],
    payload: bytes,
    extradata: bytes,
    painted: Sequence[_Glance],
) -> Verdict:
    context = cast(VideoCodecContext, av.CodecContext.create(profile.video.codec_name, "r"))
    context.thread_count = 1
    if extradata:
        context.extradata = extradata
    look, start, time_base = _Look(painted), 0, 1 / profile.rate
    for record in records:
        packet = av.Packet(payload[start : start + record.size_bytes])
        packet.pts, packet.dts, packet.time_base = record.pts, record.dts, time_base
        start += record.size_bytes
        for frame in context.decode(cast("av.Packet[av.VideoStream]", packet)):
            look.add(frame)
    for frame in context.decode(None):
        look.add(frame)
    return Verdict(decoded_frames=look.frames, black_frames=look.black, longest_still_frames=look.longest)
