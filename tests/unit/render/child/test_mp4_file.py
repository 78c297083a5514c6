"""Files appear whole or not at all; picture and sound lie in turns; a piece may stand several times."""

from __future__ import annotations

import resource
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from preview_worker.errors import ResourceLimitError, StorageError
from preview_worker.render.child.encoder import encode_segment
from preview_worker.render.child.mp4_reader import read_movie, top_boxes
from preview_worker.render.child.mux import write_video
from preview_worker.render.child.output_check import check_output
from preview_worker.render.child.programme import Programme
from preview_worker.render.child.segment_file import read_index, write_segment
from support.media import decoded_frames, moving_paint, profile_of, tone, track_of, wav_file
from support.sounds import encoded_spans

LENGTHS = (70, 35, 75)


def programme_of(folder, profile, lengths=LENGTHS):
    segments, start = [], 0
    for index, length in enumerate(lengths):
        path = folder / f"{index}.seg"
        shifted = lambda frame, out, start=start: moving_paint(start + frame, out)  # noqa: E731
        write_segment(path, encode_segment(profile, length, shifted, moving_frames=length))
        segments.append(read_index(path))
        start += length
    duration_s = Fraction(start) / profile.rate
    track = track_of(duration_s, voices=[(0, duration_s)])
    sound = []
    spans = encoded_spans(track, {"v0": wav_file(folder / "voice.wav", tone(float(duration_s)))}, profile)
    for index, span in enumerate(spans):
        write_segment(folder / f"sound-{index}.seg", span)
        sound.append(read_index(folder / f"sound-{index}.seg"))
    return Programme(
        segments=segments,
        sound=sound,
        sound_samples=track.duration_samples,
        chapters=(),
        title="",
        language="en",
    )


def test_picture_and_sound_of_a_moment_lie_within_a_second_of_each_other(tmp_path):
    profile = profile_of()
    path = tmp_path / "preview.mp4"
    write_video(path, programme_of(tmp_path, profile), profile)
    index, _ = (box for box in top_boxes(path) if box.kind in {b"moov", b"mdat"})
    picture, sound = read_movie(path, index).tracks
    shown_s = picture.dts / picture.scale
    for place, heard_s in zip(sound.places_bytes, (sound.dts - 1024) / sound.scale, strict=True):
        before = shown_s[picture.places_bytes < place]
        assert before[-1] >= heard_s - 1 / 30  # the frames that are seen with it came before
        assert before[-1] - heard_s <= 1


def test_segment_is_shown_each_time_it_stands_in_the_programme(tmp_path):
    profile = profile_of()
    made = programme_of(tmp_path, profile, (8, 5))
    first, second = made.segments
    again = replace(made, segments=[second, first, second, first, first], sound_samples=34 * 1600)
    track = track_of(Fraction(34, 30))
    (span,) = encoded_spans(track, {}, profile)
    write_segment(tmp_path / "silence.seg", span)
    path = tmp_path / "preview.mp4"
    write_video(path, replace(again, sound=[read_index(tmp_path / "silence.seg")]), profile)
    assert check_output(path, profile, 34).frames == 34
    rows = [luma[0].astype(int) for _, luma in decoded_frames(path)]
    firsts = [0, 5, 13, 18, 26]
    columns = np.arange(160)
    for at, start in zip(firsts, (8, 0, 8, 0, 0), strict=True):
        expected = 126 + 90 * np.sin((columns + 2 * start) / 9)
        assert abs(rows[at] - expected).mean() < 12


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="the system can't limit a file's size")
def test_nothing_is_left_when_the_file_grows_too_large(tmp_path):
    profile = profile_of()
    made = programme_of(tmp_path, profile, (5,))
    before = sorted(path.name for path in tmp_path.iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1500, hard))
    try:
        with pytest.raises(ResourceLimitError, match="The video is larger than the allowed 1,500 bytes"):
            write_video(tmp_path / "preview.mp4", made, profile)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_storage_error_tells_when_the_folder_has_gone(tmp_path):
    profile = profile_of()
    made = programme_of(tmp_path, profile, (5,))
    with pytest.raises(StorageError, match="can't be written: No such file"):
        write_video(tmp_path / "gone" / "preview.mp4", made, profile)
