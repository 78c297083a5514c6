"""The finished MP4 as others read it: FFmpeg's command line and PyAV find what the plan says, and have no complaint."""

from __future__ import annotations

import json
import shutil
import subprocess
from fractions import Fraction

import av
import numpy as np
import pytest

from preview_worker.render.child.encoder import encode_segment
from preview_worker.render.child.mux import write_video
from preview_worker.render.child.programme import Programme
from preview_worker.render.child.segment_file import read_index, write_segment
from preview_worker.timeline.model import Chapter
from preview_worker.timeline.time import SAMPLE_RATE_HZ, FrameRange
from support.media import click_track, decoded_sound, moving_paint, profile_of, track_of, wav_file
from support.node import unavailable
from support.sounds import encoded_spans

LENGTHS = (40, 1, 75, 2, 75, 23)
FRAMES = sum(LENGTHS)
CHAPTER_ENDS = (41, 118, FRAMES)
TITLES = ("Aufbau – Überblick", "Le tour « complet »", "得点")
KINDS = [("draft", 30), ("standard", 24), ("standard", 30), ("high", 25), ("draft", 12)]
CLICKS_S = (0.5, 3.0, 5.25)


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: f"{kind[0]}-{kind[1]}")
def video(request, tmp_path_factory):
    """A file of each kind and its profile: moving, held, with clicks, three chapters and a title."""
    folder = tmp_path_factory.mktemp("video")
    quality, fps = request.param
    profile = profile_of(quality=quality, fps=fps)
    segments, start = [], 0
    for index, length in enumerate(LENGTHS):
        shifted = lambda frame, out, start=start: moving_paint(start + frame, out)  # noqa: E731
        path = folder / f"{index}.seg"
        write_segment(path, encode_segment(profile, length, shifted, moving_frames=max(1, length - 9)))
        segments.append(read_index(path))
        start += length
    duration_s = Fraction(FRAMES) / profile.rate
    track = track_of(duration_s, voices=[(0, duration_s)])
    voice = wav_file(folder / "voice.wav", click_track(float(duration_s), CLICKS_S))
    sound = []
    for index, span in enumerate(encoded_spans(track, {"v0": voice}, profile)):
        write_segment(folder / f"sound-{index}.seg", span)
        sound.append(read_index(folder / f"sound-{index}.seg"))
    bounds = (0, *CHAPTER_ENDS)
    chapters = tuple(
        Chapter(frames=FrameRange(start=bounds[index], end=bounds[index + 1]), title=title, step_id="a")
        for index, title in enumerate(TITLES)
    )
    programme = Programme(
        segments=segments,
        sound=sound,
        sound_samples=track.duration_samples,
        chapters=chapters,
        title="Die Siedler & Co. – été",
        language="de-CH",
    )
    write_video(folder / "preview.mp4", programme, profile)
    return folder / "preview.mp4", profile


@pytest.fixture
def probed(video):
    """What ffprobe says of it, without a complaint."""
    if shutil.which("ffprobe") is None:
        unavailable("ffmpeg is needed")
    shown = ("-show_format", "-show_streams", "-show_chapters", "-show_packets")
    command = ["ffprobe", "-v", "error", "-of", "json", *shown, str(video[0])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return json.loads(done.stdout)


def samples_of(frames, rate):
    return int(Fraction(frames) / rate * SAMPLE_RATE_HZ)


def test_every_frame_and_packet_is_at_its_time_when_ffprobe_reads_it(video, probed):
    _, profile = video
    picture, sound, _ = probed["streams"]
    packets = [
        [packet for packet in probed["packets"] if packet["stream_index"] == stream["index"]]
        for stream in (picture, sound)
    ]
    step = Fraction(picture["time_base"])
    shown = sorted(packet["pts"] * step for packet in packets[0])
    assert shown == [index / profile.rate for index in range(FRAMES)]
    assert all(packet["dts"] <= packet["pts"] for packet in packets[0])
    assert {packet["duration"] * step for packet in packets[0]} == {1 / profile.rate}
    keys = [packet["pts"] * step * profile.rate for packet in packets[0] if "K" in packet["flags"]]
    assert keys == [sum(LENGTHS[:index]) for index in range(len(LENGTHS))]
    heard = samples_of(FRAMES, profile.rate)
    assert sound["time_base"] == f"1/{SAMPLE_RATE_HZ}"
    assert [packet["pts"] for packet in packets[1]] == list(range(-1024, heard, 1024))
    assert packets[1][-1]["pts"] + packets[1][-1]["duration"] == heard
    # The first kilo of samples is the encoder's priming: decoded, not heard.
    assert packets[1][0]["side_data_list"][0]["skip_samples"] == 1024


def test_streams_and_tags_are_the_plans_when_ffprobe_reads_it(video, probed):
    _, profile = video
    picture, sound, chapters = probed["streams"]
    seconds = float(Fraction(FRAMES) / profile.rate)
    assert [picture["codec_name"], sound["codec_name"], chapters["codec_tag_string"]] == ["h264", "aac", "text"]
    assert (picture["width"], picture["height"], picture["pix_fmt"]) == (160, 90, "yuv420p")
    assert Fraction(picture["r_frame_rate"]) == Fraction(picture["avg_frame_rate"]) == profile.rate
    assert (picture["color_range"], picture["color_space"]) == ("tv", "bt709")
    assert (sound["sample_rate"], sound["channels"]) == ("48000", 2)
    assert int(sound["duration_ts"]) == samples_of(FRAMES, profile.rate)
    for stream in (picture, sound):
        assert float(stream["duration"]) == pytest.approx(seconds, abs=1e-6)
        assert float(stream["start_time"]) == 0
        assert stream["tags"]["language"] == "deu"
        assert int(stream["bit_rate"]) > 0
    tags = probed["format"]["tags"]
    assert tags["title"] == "Die Siedler & Co. – été"
    assert tags["major_brand"] == "mp42"
    assert "creation_time" not in json.dumps(probed)
    assert float(probed["format"]["duration"]) == pytest.approx(seconds, abs=1e-6)


def test_chapters_tile_the_video_when_ffprobe_and_pyav_read_it(video, probed):
    path, profile = video
    bounds_s = [float(Fraction(frames) / profile.rate) for frames in (0, *CHAPTER_ENDS)]
    assert [chapter["tags"]["title"] for chapter in probed["chapters"]] == list(TITLES)
    starts = [float(chapter["start_time"]) for chapter in probed["chapters"]]
    ends = [float(chapter["end_time"]) for chapter in probed["chapters"]]
    assert starts == pytest.approx(bounds_s[:-1], abs=0.0005)
    assert ends == pytest.approx(bounds_s[1:], abs=0.0005)
    with av.open(str(path)) as container:
        read = [(chapter["metadata"]["title"], chapter["start"] * chapter["time_base"])
                for chapter in container.chapters()]  # fmt: skip
    assert [title for title, _ in read] == list(TITLES)
    assert [float(start) for _, start in read] == pytest.approx(bounds_s[:-1], abs=0.0005)


def test_frames_and_clicks_are_at_their_places_when_pyav_decodes_it(video):
    path, profile = video
    with av.open(str(path)) as container:
        times = [frame.pts * frame.time_base for frame in container.decode(video=0)]
    assert times == [index / profile.rate for index in range(FRAMES)]
    heard = np.abs(decoded_sound(path)[0])
    for click_s in CLICKS_S:
        at = round(click_s * SAMPLE_RATE_HZ)
        around = heard[at - 2000 : at + 2000]
        assert abs(int(around.argmax()) - 2000 - 24) <= 48


def test_ffmpeg_decodes_it_without_a_word(video):
    if shutil.which("ffmpeg") is None:
        unavailable("ffmpeg is needed")
    command = ["ffmpeg", "-v", "warning", "-xerror", "-i", str(video[0]), "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_player_can_begin_in_the_middle_when_it_seeks(video):
    path, profile = video
    wanted = LENGTHS[0] + LENGTHS[1] + 20
    with av.open(str(path)) as container:
        picture = container.streams.video[0]
        container.seek(int(wanted / profile.rate / picture.time_base), stream=picture)
        frame = next(container.decode(picture))
    assert frame.pts * frame.time_base * profile.rate == LENGTHS[0] + LENGTHS[1]
