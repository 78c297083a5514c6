"""The last gate finds a WebM file that was cut anywhere, and what is no WebM at all."""

from __future__ import annotations

import pytest

from preview_worker.errors import OutputCheckError
from preview_worker.render.child.encoder import encode_segment
from preview_worker.render.child.mux import write_video
from preview_worker.render.child.output_check import check_output
from preview_worker.render.child.programme import Programme
from preview_worker.render.child.segment_file import read_index, write_segment
from support.media import moving_paint, profile_of, track_of
from support.sounds import encoded_spans

FRAMES = 20
PROFILE = profile_of(format="webm")


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    folder = tmp_path_factory.mktemp("video")
    write_segment(folder / "picture.seg", encode_segment(PROFILE, FRAMES, moving_paint, moving_frames=FRAMES))
    track = track_of(FRAMES / 30)
    (span,) = encoded_spans(track, {}, PROFILE)
    write_segment(folder / "sound.seg", span)
    programme = Programme(
        segments=[read_index(folder / "picture.seg")],
        sound=[read_index(folder / "sound.seg")],
        sound_samples=track.duration_samples,
        chapters=(),
        title="A game",
        language="en",
    )
    write_video(folder / "preview.webm", programme, PROFILE)
    assert check_output(folder / "preview.webm", PROFILE, FRAMES).frames == FRAMES
    return (folder / "preview.webm").read_bytes()


def refused(path, content):
    path.write_bytes(content)
    with pytest.raises(OutputCheckError, match="can't be read back"):
        check_output(path, PROFILE, FRAMES)


@pytest.mark.parametrize("kept_share", [0, 0.001, 0.01, 0.3, 0.9, 0.999])
def test_file_is_refused_when_it_is_cut(video, tmp_path, kept_share):
    refused(tmp_path / "cut.webm", video[: int(len(video) * kept_share)])


def test_file_is_refused_when_a_byte_is_missing_or_too_many(video, tmp_path):
    refused(tmp_path / "cut.webm", video[:-1])
    refused(tmp_path / "long.webm", video + b"\0")


def test_file_is_refused_when_it_is_no_webm(tmp_path):
    refused(tmp_path / "text.webm", b"words" * 1000)
    refused(tmp_path / "empty.webm", b"\x1a\x45\xdf\xa3\x00")
