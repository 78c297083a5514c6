"""Of a sound file FFmpeg sees no tags; what an index or header announces is bounded before."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest

from preview_worker.errors import AssetError
from preview_worker.render.child.drawing.picture_parts import UnreadablePartsError
from preview_worker.render.child.media import sniffed_demuxer
from preview_worker.render.child.probe import probe
from preview_worker.render.child.sound_parts import SoundParts, sound_parts
from support.hostile.bombs_sounds import sound_bombs
from support.hostile.parts import id3, id3_frame, riff_chunk, wav
from support.media import SOUND_CODECS, sound_file, tone

SHA256 = "a" * 64
BOMBS = sound_bombs()


def parts_of(content):
    return sound_parts(io.BytesIO(content), sniffed_demuxer(content[:16]))


def samples_of(file, demuxer):
    with av.open(file, format=demuxer) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)


@pytest.mark.parametrize("suffix", SOUND_CODECS)
def test_sound_is_the_same_when_its_parts_are_taken(tmp_path, suffix):
    content = sound_file(tmp_path / f"a.{suffix}", tone(0.5)).read_bytes()
    demuxer = sniffed_demuxer(content[:16])
    assert np.array_equal(samples_of(parts_of(content), demuxer), samples_of(io.BytesIO(content), demuxer))


def test_tags_are_gone_when_an_mp3_begins_with_some(tmp_path):
    content = sound_file(tmp_path / "a.mp3", tone(0.2)).read_bytes()
    tagged = id3(id3_frame(b"TIT2", b"\0secret")) * 2 + content
    left = parts_of(tagged).read()
    assert b"secret" not in left
    assert left.endswith(content[-400:])


def test_tags_are_gone_when_they_stand_before_and_behind_the_samples_of_a_wav():
    secret = riff_chunk(b"LIST", b"INFOIART" + (6).to_bytes(4, "little") + b"secret")
    content = wav(b"\1\2" * 500, chunks=[secret]) + secret
    left = parts_of(content)
    read = left.read(44) + left.read()
    assert b"secret" not in read
    assert read.endswith(b"\1\2" * 500)


def test_stretch_is_read_as_a_file_of_its_own_when_places_are_sought():
    parts = SoundParts(io.BytesIO(b"0123456789"), b"ab", 3, 7)
    assert parts.seek(0, io.SEEK_END) == 6
    assert parts.seek(-3, io.SEEK_CUR) == 3
    assert (parts.read(2), parts.tell(), parts.read(), parts.read(5)) == (b"45", 5, b"6", b"")
    assert parts.seek(0) == 0
    assert parts.read(9) + parts.read(9) == b"ab3456"


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("wav-300000-chunks.wav", "1,000 parts"),
        ("flac-million-blocks.flac", "1,000 parts"),
        ("mp3-tag-behind-tag.mp3", "1,000 parts"),
        ("ogg-40000-comments.ogg", "5,000 tags"),
        ("ogg-2000-streams.ogg", "500 streams"),
        ("m4a-12000-tags.m4a", "5,000 tags"),
        ("m4a-million-boxes.m4a", "50,000 boxes"),
        ("m4a-100000-edits.m4a", "1,000 edits"),
        ("m4a-packed-index.m4a", "index is packed"),
        ("m4a-million-tables.m4a", "50,000 boxes"),
        ("m4a-overlapping-tables.m4a", "index is damaged"),
        ("m4a-twenty-million-packets.m4a", "1,000,000 packets"),
        ("m4a-twenty-million-in-a-fragment.m4a", "1,000,000 packets"),
        ("m4a-billion-packets-in-chunks.m4a", "1,000,000 packets"),
    ],
)
def test_file_is_refused_before_ffmpeg_sees_it_when_it_announces_what_cannot_be(name, fault):
    with pytest.raises(UnreadablePartsError, match=fault):
        parts_of(BOMBS[name])


@pytest.mark.parametrize("name", ["wav-65536-tags.wav", "mp3-100000-tags.mp3", "flac-100000-comments.flac"])
def test_tags_are_not_read_when_there_are_many(name):
    left = parts_of(BOMBS[name])
    assert left.seek(0, io.SEEK_END) < 20_000


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("wav-one-hertz.wav", "it has 1 samples a second; 4,000 to 768,000 can be"),
        ("wav-ten-megahertz.wav", "it has 10,000,000 samples a second"),
        ("wav-255-channels.wav", "it has 255 channels; 8 are the most"),
        ("m4a-packed-index.m4a", "its index is packed"),
    ],
)
def test_sound_is_refused_with_its_reason_when_nobody_could_hear_it(tmp_path, name, fault):
    path = tmp_path / name
    path.write_bytes(BOMBS[name])
    with pytest.raises(AssetError, match=f"asset wolf can't be decoded: {fault}"):
        probe(path, asset_id="wolf", sha256=SHA256, expected="sound")


def test_comments_are_counted_when_a_wrong_check_sum_hides_their_page_in_another():
    comments = BOMBS["ogg-40000-comments.ogg"]
    hidden = comments[:14] + b"\7\0\0\0" + comments[18:47] + b"OggS\0\0" + bytes(20) + b"\1\xff" + comments
    with pytest.raises(UnreadablePartsError, match="5,000 tags"):
        parts_of(hidden)
