"""A whole render process whose encoder or muxer spoils what it makes, in the way that its first argument names."""

from __future__ import annotations

import sys
from dataclasses import replace

import av
import numpy as np

from preview_worker.render.child.main import main
from preview_worker.render.child.mux import write_video

CUT_BYTES = 700
BLACKENED_FRAMES = range(5, 12)
SILENCED_BLOCKS = range(1, 2)


class Spoilt:
    """An encoder that swaps some of the frames it is given; all else is the real one's."""

    def __init__(self, encoder, swapped, places):
        self.__dict__.update(encoder=encoder, swapped=swapped, places=places, given=0)

    def __getattr__(self, name):
        return getattr(self.encoder, name)

    def __setattr__(self, name, value):
        setattr(self.encoder, name, value)

    def encode(self, frame):
        place = self.given
        self.__dict__["given"] += 1
        return self.encoder.encode(self.swapped(frame) if frame is not None and place in self.places else frame)


def spoil_encoders(kind, swapped, places):
    """From now on encoders of a kind of stream swap frames."""
    create = av.CodecContext.create

    class Codecs:
        @staticmethod
        def create(name, mode):
            made = create(name, mode)
            return Spoilt(made, swapped, places) if mode == "w" and made.type == kind else made

    av.CodecContext = Codecs


def black(frame):
    made = av.VideoFrame(frame.width, frame.height, "yuv420p")
    for plane, level in zip(made.planes, (16, 128, 128), strict=True):
        plane.update(bytes([level]) * plane.buffer_size)
    made.pts, made.time_base = frame.pts, frame.time_base
    return made


def silent(frame):
    made = av.AudioFrame.from_ndarray(np.zeros_like(frame.to_ndarray()), frame.format.name, frame.layout.name)
    made.sample_rate, made.pts, made.time_base = frame.sample_rate, frame.pts, frame.time_base
    return made


def write_cut(path, programme, profile):
    write_video(path, programme, profile)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - CUT_BYTES)


def write_short(path, programme, profile):
    write_video(path, replace(programme, segments=programme.segments[:-1]), profile)


def write_short_sound(path, programme, profile):
    write_video(path, replace(programme, sound_samples=programme.sound_samples // 2), profile)


def write_stray(path, programme, profile):
    """The file made anew by FFmpeg, with its sound twice."""
    write_video(path, programme, profile)
    whole = path.with_suffix(".whole")
    path.rename(whole)
    with av.open(str(whole)) as source, av.open(str(path), "w", options={"movflags": "faststart"}) as target:
        picture, sound = source.streams.video[0], source.streams.audio[0]
        copies = {picture.index: [target.add_stream_from_template(picture)]}
        copies[sound.index] = [target.add_stream_from_template(sound) for _ in range(2)]
        for packet in source.demux(picture, sound):
            if packet.dts is None:
                continue
            content, times = bytes(packet), (packet.pts, packet.dts, packet.duration, packet.time_base)
            for stream in copies[packet.stream.index]:
                again = av.Packet(content)
                again.pts, again.dts, again.duration, again.time_base = times
                again.is_keyframe, again.stream = packet.is_keyframe, stream
                target.mux(again)
    whole.unlink()


WRITERS = {"cut": write_cut, "short": write_short, "short-sound": write_short_sound, "stray": write_stray}


if __name__ == "__main__":
    fault, *arguments = sys.argv[1:]
    if fault == "black":
        spoil_encoders("video", black, BLACKENED_FRAMES)
    if fault == "silent":
        spoil_encoders("audio", silent, SILENCED_BLOCKS)
    sys.exit(main(arguments, WRITERS.get(fault, write_video)))
