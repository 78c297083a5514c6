"""Files from strangers: what they are is told by their first bytes, and nothing else is let in.

FFmpeg can read playlists, network addresses and hundreds of formats; several of them have had holes. The demuxer is
forced by the file's first bytes, it may open no other file, and decoders that we don't expect are refused.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from preview_worker.errors import AssetError, PreviewError
from preview_worker.render.child.drawing.decoding import FORMATS as PICTURE_FORMATS
from preview_worker.render.child.drawing.picture_parts import UnreadablePartsError
from preview_worker.render.child.sound_parts import SoundParts, sound_parts
from preview_worker.timeline.voices import file_in_words, is_draft_voice

Kind = Literal["picture", "sound"]

SNIFFED_BYTES = 16
DECODERS = frozenset({"mp3", "mp3float", "flac", "vorbis", "libvorbis", "opus", "libopus", "aac", "alac"})
"""Decoders a sound may use, besides those of PCM."""
_TRIED = ",".join(sorted(DECODERS | {name for name in av.codecs_available if name.startswith("pcm_")}))
"""FFmpeg tries decoders while it opens a file, before anybody has asked which they are."""
WAV_PACKET_BYTES = 1 << 16
"""Samples without a codec come in packets of this size: FFmpeg's own, a sixteenth of it, take three times as long."""
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 4000, 768_000
MOST_CHANNELS = 8
WAV_PROBE_BYTES = 32 * 1024
"""FFmpeg searches PCM for hidden DTS frames, in 5 MB if it is let: 25 ms per opened file against 3 ms so."""
SOUND_FORMATS = "WAV, MP3, M4A, OGG or FLAC"
SPOKEN_ANEW_HINT = "Remove the folder cache/voices below DATA_DIR: all in it is spoken anew."
_PICTURE_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"})
"""ISO files whose brand says that they are pictures: what telephones save, and what we don't read."""
_MP3_SYNC, _MP3_LAYERS, _MP3_LAYER = b"\xff\xe0", 0x06, 0x02


def sniffed_demuxer(head: bytes) -> str | None:
    """FFmpeg's name of the demuxer for a file that begins so, None when it isn't one of ours."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[4:8] == b"ftyp":
        return None if head[8:12] in _PICTURE_BRANDS else "mov"
    if head[:3] == b"ID3" or _is_mp3_frame(head):
        return "mp3"
    return {b"fLaC": "flac", b"OggS": "ogg"}.get(head[:4])


def is_picture(head: bytes) -> bool:
    """Whether a file that begins so is a picture of a kind we read."""
    is_webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    return is_webp or head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"))


def undecodable(asset_id: str, kind: Kind, reason: str, *, hint: str | None = None) -> AssetError:
    """The error for a file that is there but can't be read as what it should be; the hint names the kind's formats."""
    formats = PICTURE_FORMATS if kind == "picture" else SOUND_FORMATS
    usual_hint = SPOKEN_ANEW_HINT if is_draft_voice(asset_id) else f"Export it again as {formats}."
    return AssetError(
        f"{file_in_words(asset_id)} can't be decoded: {reason}.",
        hint=hint or usual_hint,
        code="asset-undecodable",
    )


@contextlib.contextmanager
def decoding(asset_id: str, kind: Kind) -> Iterator[None]:
    """Turn whatever a decoder raises into a permanent error of that asset.

    Damaged files make decoders raise anything from IndexError to MemoryError, so that no list would be complete; what
    they call it says nothing to an author.

    Raises:
        AssetError: The file can't be decoded (permanent, `asset-undecodable`).
    """
    try:
        yield
    except PreviewError:
        raise
    except Exception as error:
        raise undecodable(asset_id, kind, "it is damaged") from error


@contextlib.contextmanager
def opened_sound(path: Path, asset_id: str) -> Iterator[tuple[InputContainer, AudioStream]]:
    """Open a sound file; the container is closed when the block ends.

    Raises:
        AssetError: It is no sound of a kind we take, or damaged (permanent).
    """
    with decoding(asset_id, "sound"), path.open("rb") as file:
        demuxer = sniffed_demuxer(file.read(SNIFFED_BYTES))
        if demuxer is None:
            raise undecodable(asset_id, "sound", "it is not a sound we read")
        parts = _parts(file, demuxer, asset_id)
        options = {"protocol_whitelist": "", "format_whitelist": demuxer, "codec_whitelist": _TRIED}
        if demuxer == "wav":
            options |= {"probesize": str(WAV_PROBE_BYTES), "max_size": str(WAV_PACKET_BYTES)}
        with av.open(parts, "r", format=demuxer, options=options, metadata_errors="replace") as container:
            if not container.streams.audio:
                raise undecodable(asset_id, "sound", "there is no sound in it")
            stream = container.streams.audio[0]
            name = stream.codec_context.name
            if name not in DECODERS and not name.startswith("pcm_"):
                raise undecodable(asset_id, "sound", f"sound coded as {name} is not taken")
            _check_form(stream, asset_id)
            stream.codec_context.thread_count = 1
            yield container, stream


def _parts(file: BinaryIO, demuxer: str, asset_id: str) -> SoundParts:
    try:
        return sound_parts(file, demuxer)
    except UnreadablePartsError as error:
        raise undecodable(asset_id, "sound", str(error)) from error


def _check_form(stream: AudioStream, asset_id: str) -> None:
    """Refuse rates at which a packet would last for hours, and channels that nobody has."""
    rate_hz, channels = stream.codec_context.sample_rate, stream.codec_context.channels
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        allowed = f"{LOWEST_RATE_HZ:,} to {HIGHEST_RATE_HZ:,} can be"
        raise undecodable(asset_id, "sound", f"it has {rate_hz:,} samples a second; {allowed}")
    if channels > MOST_CHANNELS:
        raise undecodable(asset_id, "sound", f"it has {channels} channels; {MOST_CHANNELS} are the most")


def _is_mp3_frame(head: bytes) -> bool:
    """Eleven set bits, then layer III: text of wide letters begins as layer I would."""
    bits = int.from_bytes(head[:2], "big")
    sync = int.from_bytes(_MP3_SYNC, "big")
    return bits & sync == sync and bits & _MP3_LAYERS == _MP3_LAYER
