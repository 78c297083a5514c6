"""Joined files: frames in step, sound at its sample, the same bytes; and a gate that finds what is wrong."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from preview_worker.errors import OutputCheckError
from preview_worker.render.child.encoder import encode_segment
from preview_worker.render.child.mux import write_video
from preview_worker.render.child.output_check import check_output
from preview_worker.render.child.programme import Programme
from preview_worker.render.child.segment_file import DamagedSegmentError, read_index, write_segment
from preview_worker.timeline.model import Chapter
from preview_worker.timeline.time import SAMPLE_RATE_HZ, FrameRange
from support.media import (
    click_track,
    decoded_frames,
    decoded_sound,
    moving_paint,
    profile_of,
    tone,
    track_of,
    wav_file,
)
from support.sounds import encoded_spans

LENGTHS = (7, 1, 22, 2, 13)
FRAMES = sum(LENGTHS)
KINDS = [("mp4", "standard", 30), ("mp4", "draft", 25), ("webm", "standard", 24), ("webm", "draft", 15)]


def written_spans(path, spans):
    paths = [path.with_name(f"{path.name}-{index}.seg") for index in range(len(spans))]
    for place, span in zip(paths, spans, strict=True):
        write_segment(place, span)
    return [read_index(place) for place in paths]


@pytest.fixture
def programme(tmp_path):
    def make(profile, samples=None):
        paths, start = [], 0
        for index, length in enumerate(LENGTHS):
            shifted = lambda frame, out, start=start: moving_paint(start + frame, out)  # noqa: E731
            paths.append(tmp_path / f"{profile.format}-{index}.seg")
            write_segment(paths[-1], encode_segment(profile, length, shifted, moving_frames=length))
            start += length
        duration_s = Fraction(FRAMES) / profile.rate
        track = track_of(duration_s, voices=[(0, duration_s)])
        voice = tone(float(duration_s)) if samples is None else samples
        files = {"v0": wav_file(tmp_path / "voice.wav", voice)}
        sound = written_spans(tmp_path / f"{profile.format}-sound", encoded_spans(track, files, profile))
        chapters = (
            Chapter(frames=FrameRange(start=0, end=20), title="Setup – été", step_id="a"),
            Chapter(frames=FrameRange(start=20, end=FRAMES), title="Turn", step_id="b"),
        )
        return Programme(
            segments=[read_index(path) for path in paths],
            sound=sound,
            sound_samples=track.duration_samples,
            chapters=chapters,
            title="A game",
            language="fr-CA",
        )

    return make


@pytest.mark.parametrize(("kind", "quality", "fps"), KINDS)
def test_every_frame_is_shown_in_step_when_segments_are_joined(tmp_path, programme, kind, quality, fps):
    profile = profile_of(format=kind, quality=quality, fps=fps)
    path = tmp_path / "out.video"
    write_video(path, programme(profile), profile)
    facts = check_output(path, profile, FRAMES)
    assert facts.frames == FRAMES
    frames = decoded_frames(path)
    tolerance = Fraction(1, 1000) if kind == "webm" else 0
    for index, (time_s, luma) in enumerate(frames):
        assert abs(time_s - index / profile.rate) <= tolerance
        expected = (126 + 90 * np.sin((np.arange(160) + 2 * index) / 9)).astype(int)
        assert abs(luma.astype(int) - expected).mean() < 12
    assert len(frames) == FRAMES


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_clicks_stay_at_their_sample_when_coded_and_joined(tmp_path, programme, kind):
    profile = profile_of(format=kind)
    clicks_s = (0.1, 0.75, 1.3)
    path = tmp_path / "out.video"
    write_video(path, programme(profile, click_track(1.5, clicks_s)), profile)
    heard = np.abs(decoded_sound(path)[0])
    for click_s in clicks_s:
        at = round(click_s * SAMPLE_RATE_HZ)
        around = heard[at - 2000 : at + 2000]
        assert abs(int(around.argmax()) - 2000 - 24) <= 48
    assert heard.size == pytest.approx(FRAMES * 1600, abs=2048)


def test_sound_and_picture_are_exactly_as_long_when_no_millisecond_is(tmp_path, programme):
    profile = profile_of()
    path = tmp_path / "out.video"
    made = programme(profile)
    assert LENGTHS[2] == 22
    write_video(path, replace(made, segments=made.segments[2:3], sound_samples=22 * 1600), profile)
    with av.open(str(path)) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        assert sound.duration * sound.time_base == picture.duration * picture.time_base == Fraction(22, 30)


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_file_has_the_same_bytes_when_written_again(tmp_path, programme, kind):
    profile = profile_of(format=kind)
    write_video(tmp_path / "one", programme(profile), profile)
    write_video(tmp_path / "two", programme(profile), profile)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_chapters_language_and_colours_are_told_when_the_file_is_opened(tmp_path, programme, kind):
    profile = profile_of(format=kind)
    path = tmp_path / "out.video"
    write_video(path, programme(profile), profile)
    with av.open(str(path)) as container:
        titles = [chapter["metadata"]["title"] for chapter in container.chapters()]
        bounds = [chapter["start"] * chapter["time_base"] for chapter in container.chapters()]
        assert titles == ["Setup – été", "Turn"]
        assert [round(float(bound), 3) for bound in bounds] == [0, 0.667]
        heard_and_seen = (container.streams.video[0], container.streams.audio[0])
        assert {stream.metadata["language"] for stream in heard_and_seen} == {"fra"}
        assert "creation_time" not in container.metadata
        codec = container.streams.video[0].codec_context
        assert (codec.color_range, codec.colorspace, codec.color_primaries, codec.color_trc) == (1, 1, 1, 1)


def test_joining_is_refused_when_a_segment_has_other_codec_data(tmp_path, programme):
    profile = profile_of()
    made = programme(profile)
    other = encode_segment(profile_of(quality="high"), 3, moving_paint, moving_frames=3)
    write_segment(tmp_path / "other.seg", other)
    segments = [*made.segments, read_index(tmp_path / "other.seg")]
    with pytest.raises(OutputCheckError, match="other settings"):
        write_video(tmp_path / "o", replace(made, segments=segments), profile)


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_joining_is_refused_when_a_segment_is_damaged(tmp_path, programme, kind):
    profile = profile_of(format=kind)
    made = programme(profile)
    path = made.segments[2].path
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DamagedSegmentError):
        write_video(tmp_path / "o", made, profile)
    path.unlink()
    with pytest.raises(DamagedSegmentError):
        write_video(tmp_path / "o", made, profile)


def test_check_refuses_a_file_when_a_frame_is_missing(tmp_path, programme):
    profile = profile_of()
    made = programme(profile)
    write_video(tmp_path / "o", replace(made, segments=made.segments[:-1]), profile)
    with pytest.raises(OutputCheckError, match="number of frames"):
        check_output(tmp_path / "o", profile, FRAMES)


def test_check_refuses_a_file_when_the_index_comes_last(tmp_path, programme):
    profile = profile_of()
    write_video(tmp_path / "o", programme(profile), profile)
    with av.open(str(tmp_path / "o")) as source, av.open(str(tmp_path / "late.mp4"), "w") as late:
        streams = {
            stream.index: late.add_stream_from_template(stream)
            for stream in (*source.streams.video, *source.streams.audio)
        }
        for packet in source.demux(video=0, audio=0):
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                late.mux(packet)
    with pytest.raises(OutputCheckError, match="index"):
        check_output(tmp_path / "late.mp4", profile, FRAMES)


@pytest.mark.parametrize(
    ("options", "what"), [({"resolution": "320x180"}, "width"), ({"format": "webm"}, "read back"), ({}, "sound")]
)
def test_check_refuses_a_file_when_it_is_not_what_was_planned(tmp_path, programme, options, what):
    profile = profile_of()
    made = programme(profile)
    if not options:
        made = replace(made, sound=written_spans(tmp_path / "short", encoded_spans(track_of(1), {}, profile)))
    write_video(tmp_path / "o", made, profile)
    with pytest.raises(OutputCheckError, match=what):
        check_output(tmp_path / "o", profile_of(**options), FRAMES)


def test_check_refuses_a_file_when_it_is_cut_short(tmp_path, programme):
    profile = profile_of()
    write_video(tmp_path / "o", programme(profile), profile)
    content = (tmp_path / "o").read_bytes()
    (tmp_path / "o").write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(OutputCheckError):
        check_output(tmp_path / "o", profile, FRAMES)
