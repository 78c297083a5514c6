"""The growing playlist: in order, never ahead of its files, the very frames and sound of the finished file."""

from __future__ import annotations

import io
import re
from fractions import Fraction

import av
import numpy as np
import pytest

from preview_worker.errors import StorageError
from preview_worker.render.child.encoder import encode_segment
from preview_worker.render.child.live import LivePlaylist
from preview_worker.render.child.segment_file import segment_file_name, write_segment
from preview_worker.timeline.model import Segment
from preview_worker.timeline.time import SAMPLE_RATE_HZ, FrameRange
from support.media import click_track, moving_paint, profile_of, track_of, wav_file
from support.sounds import encoded_spans, spans_of

LENGTHS = (40, 6, 75, 75, 24)
FRAMES = sum(LENGTHS)
CLICKS_S = (0.5, 4.0, 6.5)


class Watched:
    """A playlist with its pieces, and what was told."""

    def __init__(self, folder, fps=30):
        self.profile = profile_of(fps=fps)
        self.folder = folder / "live"
        self.folder.mkdir()
        duration_s = Fraction(FRAMES, fps)
        track = track_of(duration_s, voices=[(0, duration_s)])
        files = {"v0": wav_file(folder / "voice.wav", click_track(float(duration_s), CLICKS_S))}
        self.segments, start = [], 0
        self.pieces = {}
        for index, length in enumerate(LENGTHS):
            frames = FrameRange(start=start, end=start + length)
            segment = Segment(key=f"picture-{index}", clip_index=0, frames=frames, local=frames, mixes=False)
            shifted = lambda frame, out, start=start: moving_paint(start + frame, out)  # noqa: E731
            self.segments.append(segment)
            encoded = encode_segment(self.profile, length, shifted, moving_frames=max(1, length - 10))
            self.pieces[segment.key] = self.written(folder, segment.key, encoded)
            start += length
        self.spans = spans_of(track, files, self.profile)
        for span, encoded in zip(self.spans, encoded_spans(track, files, self.profile), strict=True):
            self.pieces[span.key] = self.written(folder, span.key, encoded)
        self.told = []
        self.playlist = LivePlaylist(self.folder, self.segments, self.spans, self.profile, self.tell)

    @staticmethod
    def written(folder, key, encoded):
        path = folder / segment_file_name(key)
        write_segment(path, encoded)
        return path

    def tell(self, event):
        self.told.append((event.name, (self.folder / event.file).read_bytes()))

    def advance(self, keys):
        self.playlist.advance({key: self.pieces[key] for key in keys})

    @property
    def text(self):
        """The playlist as it was told last."""
        return next((content.decode() for name, content in reversed(self.told) if name == "index.m3u8"), "")

    @property
    def listed(self):
        return re.findall(r"^\d+\.m4s$", self.text, re.MULTILINE)

    def stream(self):
        """Header and all listed fragments, as a player puts them together."""
        files = dict(self.told)
        return io.BytesIO(files["init.mp4"] + b"".join(files[name] for name in self.listed))


@pytest.fixture
def watched(tmp_path):
    return Watched(tmp_path)


def sounds(watched):
    return [span.key for span in watched.spans]


def pictures(watched):
    return [segment.key for segment in watched.segments]


def test_fragments_follow_in_order_when_segments_come_in_any(watched):
    first, second, third, fourth, fifth = pictures(watched)
    watched.advance({second, third})
    assert watched.told == []
    watched.advance({first, second, third})
    assert watched.told == []  # no sound yet
    watched.advance({first, second, third, *sounds(watched)})
    assert watched.listed == ["00000.m4s", "00001.m4s", "00002.m4s"]
    assert "#EXT-X-ENDLIST" not in watched.text
    watched.advance({first, second, third, fifth, *sounds(watched)})
    assert len(watched.listed) == 3
    watched.advance({first, second, third, fourth, fifth, *sounds(watched)})
    assert len(watched.listed) == 5
    assert watched.text.endswith("#EXT-X-ENDLIST\n")


def test_fragment_waits_for_the_sound_it_is_heard_with(watched):
    spans = sounds(watched)
    assert len(spans) > 1
    watched.advance({*pictures(watched), spans[0]})
    heard_until = watched.spans[0].end_sample
    whole = [s for s in watched.segments if s.frames.end * SAMPLE_RATE_HZ // 30 <= heard_until]
    assert 0 < len(watched.listed) == len(whole) < len(watched.segments)


def test_playlist_never_speaks_of_what_was_not_told(watched):
    known = set(sounds(watched))
    for key in pictures(watched):
        known.add(key)
        watched.advance(known)
    told = set()
    for name, content in watched.told:
        if name == "index.m3u8":
            assert set(re.findall(r"[\w-]+\.(?:m4s|mp4)", content.decode())) <= told
        told.add(name)
    assert len(watched.listed) == len(LENGTHS)


def test_lengths_are_told_exactly_and_the_target_is_the_longest(watched):
    watched.advance(watched.pieces)
    lengths = [float(length) for length in re.findall(r"#EXTINF:([\d.]+),", watched.text)]
    assert lengths == pytest.approx([length / 30 for length in LENGTHS], abs=1e-6)
    assert "#EXT-X-TARGETDURATION:3\n" in watched.text


@pytest.mark.parametrize("fps", [12, 24, 30])
def test_all_frames_and_all_sound_are_there_when_the_fragments_are_put_together(tmp_path, fps):
    watched = Watched(tmp_path, fps)
    watched.advance(watched.pieces)
    with av.open(watched.stream(), format="mp4") as container:
        frames = list(container.decode(video=0))
        times = [frame.pts * frame.time_base for frame in frames]
    shift = Fraction(1, fps)
    assert times == [index * shift + shift for index in range(FRAMES)]
    resampler = av.AudioResampler("fltp", "stereo", SAMPLE_RATE_HZ)
    with av.open(watched.stream(), format="mp4") as container:
        decoded = list(container.decode(audio=0))
        start = decoded[0].pts * decoded[0].time_base
        heard = np.concatenate([p.to_ndarray() for f in decoded for p in resampler.resample(f)], axis=1)[0]
    first_sample = round((start - shift) * SAMPLE_RATE_HZ)
    for click_s in CLICKS_S:
        at = round(click_s * SAMPLE_RATE_HZ) - first_sample
        around = np.abs(heard[at - 2000 : at + 2000])
        assert abs(int(around.argmax()) - 2000 - 24) <= 48


def test_full_disk_is_told_as_such(watched):
    watched.folder.rmdir()
    with pytest.raises(StorageError, match=r"init\.mp4"):
        watched.advance(watched.pieces)
