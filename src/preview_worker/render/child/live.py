"""What can be watched while the rest renders: an HLS playlist of fragments, one for each segment, in order.

Segments come in any order from several threads; a fragment is written as soon as its segment, all before it and the
sound they are heard with are there. Times lie one frame later than in the finished file, so that the encoder's priming
and the first frame's reordering have room before them: picture and sound move together.

Playlist after RFC 8216: a growing one of type EVENT, complete when its end is marked.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from preview_worker.render.child.fragments import Sample, fragment, fragments_header
from preview_worker.render.child.mp4_tracks import Codecs, picture_scale
from preview_worker.render.child.segment_file import SegmentFile, read_segment
from preview_worker.render.child.writing import writing
from preview_worker.render.encoding import EncodingProfile
from preview_worker.render.protocol import PLAYLIST_FILE, Event, LiveReady
from preview_worker.timeline.model import Segment
from preview_worker.timeline.sound_spans import SoundSpan
from preview_worker.timeline.time import SAMPLE_RATE_HZ

HEADER_FILE = "init.mp4"
_SHIFT_FRAMES = 1


@dataclass(slots=True, kw_only=True)
class _Heard:
    """How far the sound was taken: the span, the packet in it, and the samples of all packets before."""

    span: int = 0
    packet: int = 0
    loaded: SegmentFile | None = None
    done_samples: int = 0


class LivePlaylist:
    """Writes fragments and the playlist into a folder; safe from several threads.

    Args:
        folder: Where the files go.
        segments: The picture in order.
        spans: The sound in order.
        profile: How both are encoded; H.264 and AAC.
        tell: Told of every file.
    """

    def __init__(
        self,
        folder: Path,
        segments: Sequence[Segment],
        spans: Sequence[SoundSpan],
        profile: EncodingProfile,
        tell: Callable[[Event], None],
    ) -> None:
        self._folder = folder
        self._segments = segments
        self._spans = spans
        self._profile = profile
        self._tell = tell
        self._entries: list[str] = []
        self._heard = _Heard()
        self._lock = threading.Lock()

    def advance(self, paths: Mapping[str, Path]) -> None:
        """Write every fragment that can be written now.

        Args:
            paths: Files of the segments and spans that are there, by key.

        Raises:
            DamagedSegmentError: One of them is damaged (retryable).
            StorageError: The disk is full or failing (retryable).
        """
        with self._lock:
            before = len(self._entries)
            while self._can_follow(paths):
                self._follow(paths)
            if len(self._entries) > before:
                self._write_playlist()

    def _can_follow(self, paths: Mapping[str, Path]) -> bool:
        place = len(self._entries)
        if place == len(self._segments) or self._segments[place].key not in paths:
            return False
        end = self._samples(self._segments[place].frames.end)
        return all(span.key in paths for span in self._spans[self._heard.span :] if span.start_sample < end)

    def _follow(self, paths: Mapping[str, Path]) -> None:
        place = len(self._entries)
        segment = self._segments[place]
        picture = read_segment(paths[segment.key])
        ticks = self._ticks
        samples = [
            Sample(
                payload=piece,
                duration=ticks,
                offset=(record.pts + _SHIFT_FRAMES - index) * ticks,
                is_key=record.is_key,
            )
            for index, (record, piece) in enumerate(picture.pieces())
        ]
        is_last = place + 1 == len(self._segments)
        sound_start = self._position() + self._samples(_SHIFT_FRAMES)
        sound = self._sound_until(math.inf if is_last else self._samples(segment.frames.end), paths)
        content = fragment(place + 1, samples, segment.frames.start * ticks, sound, sound_start)
        name = f"{place:05}.m4s"
        if not place:
            sound_config = read_segment(paths[self._spans[0].key]).extradata if self._spans else b""
            codecs = Codecs(picture=picture.extradata, sound=sound_config)
            self._write(HEADER_FILE, HEADER_FILE, fragments_header(self._profile, codecs))
        self._write(name, name, content)
        self._entries.append(f"#EXTINF:{float(len(segment.frames) / self._profile.rate):.6f},\n{name}")

    def _position(self) -> int:
        """Sample at which the next packet of the sound begins; the first begins before 0."""
        heard = self._heard
        start = self._spans[heard.span].start_sample if heard.span < len(self._spans) else 0
        return start + heard.done_samples

    def _sound_until(self, end: float, paths: Mapping[str, Path]) -> list[Sample]:
        """All packets that begin before a sample and weren't taken yet."""
        heard, taken = self._heard, []
        while heard.span < len(self._spans) and self._position() < end:
            span = heard.loaded or read_segment(paths[self._spans[heard.span].key])
            heard.loaded = span
            pieces = list(span.pieces())[heard.packet :]
            for record, piece in pieces:
                if self._position() >= end:
                    break
                taken.append(Sample(payload=piece, duration=record.duration))
                heard.packet += 1
                heard.done_samples += record.duration
            if heard.packet == len(span.packets):
                heard.span, heard.packet, heard.done_samples, heard.loaded = heard.span + 1, 0, 0, None
        return taken

    def _samples(self, frames: int) -> int:
        return int(frames * SAMPLE_RATE_HZ / self._profile.rate)

    @property
    def _ticks(self) -> int:
        """Ticks of the picture's track in a frame."""
        return int(picture_scale(self._profile.rate) / self._profile.rate)

    def _write_playlist(self) -> None:
        longest = max(len(segment.frames) for segment in self._segments)
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{math.ceil(longest / self._profile.rate)}",
            "#EXT-X-PLAYLIST-TYPE:EVENT",
            "#EXT-X-INDEPENDENT-SEGMENTS",
            f'#EXT-X-MAP:URI="{HEADER_FILE}"',
            *self._entries,
        ]
        if len(self._entries) == len(self._segments):
            lines.append("#EXT-X-ENDLIST")
        file = f"{PLAYLIST_FILE}.{len(self._entries):05}"
        self._write(PLAYLIST_FILE, file, ("\n".join(lines) + "\n").encode())

    def _write(self, name: str, file: str, content: bytes) -> None:
        with writing(name):
            (self._folder / file).write_bytes(content)
        self._tell(LiveReady(name=name, file=file))
