"""Small pictures, sounds and painters for tests of the renderer."""

from __future__ import annotations

import wave
from fractions import Fraction

import av
import cv2
import numpy as np
from PIL import Image

from preview_worker.contract import LoudnessProfile, PreviewRequest
from preview_worker.render.encoding import encoding_profile
from preview_worker.timeline.model import SoundTrack, Voice
from preview_worker.timeline.time import SAMPLE_RATE_HZ

SIZE_PX = (160, 90)
SOUND_CODECS = {"wav": "pcm_s16le", "mp3": "libmp3lame", "m4a": "aac", "ogg": "libopus", "flac": "flac"}


def request_of(*, steps=(), assets=(), audio=None, **options):
    return PreviewRequest.model_validate(
        {
            "title": "A game",
            "steps": list(steps),
            "assets": list(assets),
            "audio": audio or {},
            "options": {"resolution": f"{SIZE_PX[0]}x{SIZE_PX[1]}", **options},
        }
    )


def profile_of(**options):
    return encoding_profile(request_of(**options))


def moving_paint(index, out):
    """Smooth stripes that move by two pixels a frame."""
    columns = np.arange(out.width_px) + 2 * index
    out.y[:] = (126 + 90 * np.sin(columns / 9)).astype(np.uint8)
    out.u[:], out.v[:] = 120, 140
    return out


def black_paint(_index, out):
    out.y[:], out.u[:], out.v[:] = 16, 128, 128
    return out


def picture_file(path, *, size_px=(320, 180), orientation=None, alpha=False):
    """Write a picture with coarse noise; the suffix decides its format."""
    rng = np.random.default_rng(len(path.name))
    width, height = size_px
    noise = rng.integers(0, 256, (9, 16, 4 if alpha else 3), dtype=np.uint8)
    image = Image.fromarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR))
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    image.save(path, exif=exif)
    return path


def click_track(duration_s, clicks_s, *, rate_hz=SAMPLE_RATE_HZ):
    """Silence with short clicks: float32, shape (samples,)."""
    samples = np.zeros(round(duration_s * rate_hz), np.float32)
    for click_s in clicks_s:
        at = round(click_s * rate_hz)
        samples[at : at + 48] = 0.5
    return samples


def tone(duration_s, *, hertz=440.0, level=0.4, rate_hz=SAMPLE_RATE_HZ):
    places = np.arange(round(duration_s * rate_hz))
    return (level * np.sin(2 * np.pi * hertz * places / rate_hz)).astype(np.float32)


def wav_file(path, samples, *, rate_hz=SAMPLE_RATE_HZ):
    """Write mono samples, or (channels, samples)."""
    channels = 1 if samples.ndim == 1 else samples.shape[0]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.round(samples.T * 32767).astype("<i2").tobytes())
    return path


def sound_file(path, samples):
    """Write mono samples at 48 kHz by FFmpeg; the suffix decides the codec."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(SOUND_CODECS[path.suffix[1:]], rate=SAMPLE_RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.round(samples * 32767).astype(np.int16)[None], "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE_HZ, 0, Fraction(1, SAMPLE_RATE_HZ)
        resampler = av.AudioResampler(
            stream.codec_context.format, "mono", SAMPLE_RATE_HZ, frame_size=stream.codec_context.frame_size or 1024
        )
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def track_of(duration_s, *, voices=(), music=None):
    """A sound track; voices are pairs of start and duration in seconds, by the ids v0, v1, …"""
    return SoundTrack(
        duration_samples=round(duration_s * SAMPLE_RATE_HZ),
        voices=tuple(
            Voice(
                asset_id=f"v{index}",
                step_id=f"step-{index + 1}",
                start_sample=round(start_s * SAMPLE_RATE_HZ),
                source_start_sample=0,
                duration_samples=round(length_s * SAMPLE_RATE_HZ),
            )
            for index, (start_s, length_s) in enumerate(voices)
        ),
        music=music,
        profile=LoudnessProfile.MOBIUS_16,
    )


def decoded_frames(path):
    """Every frame of a video: its time in seconds and its luma."""
    with av.open(str(path)) as container:
        return [
            (frame.pts * frame.time_base, frame.to_ndarray()[: frame.height]) for frame in container.decode(video=0)
        ]


def decoded_sound(path):
    """The whole sound of a video: float32, shape (2, samples)."""
    resampler = av.AudioResampler("fltp", "stereo", SAMPLE_RATE_HZ)
    with av.open(str(path)) as container:
        frames = [piece for frame in container.decode(audio=0) for piece in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
