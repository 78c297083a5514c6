"""The last gate finds what is wrong with an MP4 file by its own reading, whatever is wrong, and never falls over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from preview_worker.errors import OutputCheckError
from preview_worker.render.child.encoder import encode_segment
from preview_worker.render.child.mp4_reader import read_movie, top_boxes
from preview_worker.render.child.mux import write_video
from preview_worker.render.child.output_check import check_output
from preview_worker.render.child.programme import Programme
from preview_worker.render.child.segment_file import read_index, write_segment
from preview_worker.timeline.model import Chapter
from preview_worker.timeline.time import FrameRange
from support.media import moving_paint, profile_of, tone, track_of, wav_file
from support.sounds import encoded_spans

FRAMES = 40
PROFILE = profile_of()


@pytest.fixture(scope="module")
def programme(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pieces")
    write_segment(folder / "picture.seg", encode_segment(PROFILE, FRAMES, moving_paint, moving_frames=30))
    track = track_of(FRAMES / 30, voices=[(0, FRAMES / 30)])
    (span,) = encoded_spans(track, {"v0": wav_file(folder / "voice.wav", tone(FRAMES / 30))}, PROFILE)
    write_segment(folder / "sound.seg", span)
    return Programme(
        segments=[read_index(folder / "picture.seg")],
        sound=[read_index(folder / "sound.seg")],
        sound_samples=track.duration_samples,
        chapters=(Chapter(frames=FrameRange(start=0, end=FRAMES), title="All", step_id="a"),),
        title="A game",
        language="en",
    )


@pytest.fixture
def video(tmp_path, programme):
    """A finished file's place, and its bytes to change."""
    path = tmp_path / "preview.mp4"
    write_video(path, programme, PROFILE)
    assert check_output(path, PROFILE, FRAMES).size_bytes == path.stat().st_size
    return path, bytearray(path.read_bytes())


def refused(path, content, match=None):
    path.write_bytes(content)
    with pytest.raises(OutputCheckError, match=match):
        check_output(path, PROFILE, FRAMES)


def with_number(content, kind, at, change):
    """The file with a 32-bit number changed that stands so far behind the first box of a kind."""
    place = content.index(kind, content.index(b"moov")) + 4 + at
    number = int.from_bytes(content[place : place + 4], "big") + change
    return content[:place] + number.to_bytes(4, "big") + content[place + 4 :]


@pytest.mark.parametrize(
    ("kind", "at", "change", "match"),
    [
        (b"stco", 8, 1, "one behind the other"),
        (b"stsz", 12, 1, "one behind the other"),
        (b"stts", 12, 1, "another length than it is"),
        (b"ctts", 12, 1, "is shown at"),
        (b"stts", 8, 1, "differ in the number of packets"),
        (b"elst", 12, 512, "is shown at"),
        (b"elst", 8, 16, "than its longest track"),
        (b"elst", 4, 1, "2 edits"),
        (b"mdhd", 12, 15360, "is shown at"),
        (b"mdhd", 12, -15360, "time scale is zero"),
        (b"stsc", 12, 1, "don't hold all"),
        (b"stsd", 12, 1, "video codec"),
        (b"avc1", 24, 1, "height"),
        (b"stss", 8, 4, "told as keys"),
        (b"stss", 8, -1, "isn't there"),
        (b"mvhd", 16, -1, "than its longest track"),
        (b"tkhd", 20, -1, "than it is"),
        (b"mdhd", 16, -1, "than it is"),
    ],
)
def test_index_that_says_something_else_is_refused(video, kind, at, change, match):
    path, content = video
    refused(path, with_number(content, kind, at, change), match)


def test_packets_of_other_bytes_are_refused_when_their_units_do_not_end_where_they_do(video):
    path, content = video
    (index,) = (box for box in top_boxes(path) if box.kind == b"moov")
    first = int(read_movie(path, index).tracks[0].places_bytes[0])
    refused(path, content[:first] + b"\0\0\0\1" + content[first + 4 :], "whole units|within a length")


def test_file_is_refused_when_media_are_left_over_or_missing(video):
    path, content = video
    place = content.index(b"mdat") - 4
    size = int.from_bytes(content[place : place + 4], "big")
    longer = content[:place] + (size + 6).to_bytes(4, "big") + content[place + 4 :] + b"\0" * 6
    refused(path, longer, "don't fill the media")
    for cut in (1, 100, size):
        refused(path, content[:-cut])
    refused(path, b"")


def test_track_that_nobody_planned_is_refused(video):
    path, content = video
    refused(path, content.replace(b"text", b"sbtl"), "tracks that nobody planned: sbtl")


def test_video_without_sound_is_refused(tmp_path, programme):
    write_video(tmp_path / "silent.mp4", replace(programme, sound=[], sound_samples=0), PROFILE)
    with pytest.raises(OutputCheckError):
        check_output(tmp_path / "silent.mp4", PROFILE, FRAMES)


def test_every_changed_file_is_refused_or_found_good_when_bytes_of_its_index_change_at_random(video):
    path, content = video
    generator = np.random.default_rng(7)
    end = content.index(b"mdat")
    verdicts = set()
    for _ in range(150):
        changed = bytearray(content)
        for _ in range(int(generator.integers(1, 4))):
            changed[int(generator.integers(0, end))] = int(generator.integers(0, 256))
        path.write_bytes(changed)
        try:
            check_output(path, PROFILE, FRAMES)
            verdicts.add("good")
        except OutputCheckError:
            verdicts.add("refused")
    assert verdicts == {"good", "refused"}
