"""Small honest files of every kind we take, made by encoders: what mutations begin with."""

from __future__ import annotations

import io
import json

import av
import numpy as np
from PIL import Image

from support.hostile.parts import id3, id3_frame, riff_chunk, wav
from support.media import sound_file, tone
from support.stage import texture

_ALAC, _VORBIS = ("m4a", "alac"), ("ogg", "vorbis")


def originals(folder):
    """Name, content and use of each.

    Args:
        folder: Where sounds may be written.
    """
    found = [(name, content, "picture") for name, content in _pictures().items()]
    found += [(name, content, "sound") for name, content in _sounds(folder).items()]
    return found + [(name, content, "timings") for name, content in _timings().items()]


def _pictures():
    image = Image.fromarray(texture(96, 64))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "turned"
    alpha = image.convert("RGBA")
    alpha.putalpha(Image.linear_gradient("L").resize(image.size))
    frames = [image, image.rotate(180)]
    forms = {
        "plain.png": (image, {"exif": exif}),
        "alpha.png": (alpha, {}),
        "palette.png": (image.quantize(16), {"transparency": 3}),
        "deep.png": (Image.fromarray(np.arange(96 * 64, dtype=np.uint16).reshape(64, 96)), {}),
        "moving.png": (image, {"save_all": True, "append_images": frames[1:]}),
        "baseline.jpg": (image, {"exif": exif, "comment": b"note"}),
        "progressive.jpg": (image, {"progressive": True, "icc_profile": bytes(300)}),
        "restarts.jpg": (image, {"restart_marker_blocks": 3, "subsampling": 0}),
        "ink.jpg": (image.convert("CMYK"), {}),
        "lossy.webp": (alpha, {"exif": exif}),
        "lossless.webp": (alpha, {"lossless": True}),
        "moving.webp": (image, {"save_all": True, "append_images": frames[1:]}),
    }
    return {name: _saved(image, name, options) for name, (image, options) in forms.items()}


def _saved(image, name, options):
    file = io.BytesIO()
    kind = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}[name.rpartition(".")[2]]
    image.save(file, kind, **options)
    return file.getvalue()


def _sounds(folder):
    samples = tone(0.3)
    note = riff_chunk(b"LIST", b"INFO" + riff_chunk(b"IART", b"somebody"))
    integers = np.round(samples * 32767).astype("<i2").tobytes()
    found = {"tagged.wav": wav(integers, chunks=[note]), "stereo.wav": wav(integers, channels=2, rate_hz=44_100)}
    for suffix in ("mp3", "m4a", "ogg", "flac"):
        found[f"plain.{suffix}"] = sound_file(folder / f"plain.{suffix}", samples).read_bytes()
    found["tagged.mp3"] = id3(id3_frame(b"TIT2", b"\0title")) + found["plain.mp3"]
    for suffix, codec in (_ALAC, _VORBIS):
        found[f"{codec}.{suffix}"] = _encoded(folder / f"{codec}.{suffix}", codec, samples)
    return found


def _encoded(path, codec, samples):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48_000, layout="stereo", options={"strict": "experimental"})
        integers = np.round(np.stack((samples, samples)) * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(integers, "s16p", "stereo")
        frame.sample_rate = 48_000
        size = stream.codec_context.frame_size or 1024
        resampler = av.AudioResampler(stream.codec_context.format, "stereo", 48_000, frame_size=size)
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path.read_bytes()


def _timings():
    words = [{"word": word, "start": n / 10, "end": n / 10 + 0.08} for n, word in enumerate(("Take", "one", "card"))]
    letters = {"characters": list("Take"), "character_start_times_seconds": [0.0, 0.1, 0.2, 0.3]}
    letters["character_end_times_seconds"] = [0.1, 0.2, 0.3, 0.4]
    return {
        "words.json": json.dumps({"results": {"items": words}}).encode(),
        "letters.json": json.dumps({"alignment": letters}).encode(),
        "marks.json": b"".join(
            json.dumps({"time": 100 * n, "type": "word", "value": "one"}).encode() + b"\n" for n in range(4)
        ),
        "cues.vtt": b"WEBVTT\n\n00:00.000 --> 00:00.200\n<v A>Take <00:00.100>one\n\n00:00.200 --> 00:00.400\ncard\n",
        "cues.srt": b"1\r\n00:00:00,000 --> 00:00:00,300\r\nTake\r\n\r\n2\r\n00:00:00,300 --> 00:00:00,400\r\none\r\n",
    }
