"""Facts of assets, and every damaged one refused with a permanent error that names it."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pytest
from PIL import Image

from preview_worker.errors import AssetError
from preview_worker.render.child.drawing.decoding import MAX_PIXELS
from preview_worker.render.child.probe import _announced_samples, probe
from preview_worker.render.facts import ANNOUNCED_SAMPLES_MAX, facts_from_json, facts_to_json
from preview_worker.timeline.model import PictureFacts, SoundFacts, TimingFacts
from support.media import SOUND_CODECS, click_track, picture_file, sound_file, tone, wav_file

SHA256 = "a" * 64


def probed(path, expected="picture"):
    """What is measured of a file; the worker believes it."""
    facts = probe(path, asset_id="board", sha256=SHA256, expected=expected)
    assert facts_from_json(SHA256, json.loads(json.dumps(facts_to_json(facts)))) == facts
    return facts


@pytest.mark.parametrize(("sample", "why"), [(np.nan, "no numbers"), (np.inf, "no numbers"), (1e25, "full scale")])
def test_sound_is_refused_when_samples_are_no_numbers_or_beyond_hearing(tmp_path, sample, why):
    samples = tone(0.1).astype("<f4")
    samples[100] = sample
    header = b"RIFF" + (36 + samples.nbytes).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    form = (3, 1, 48_000, 192_000, 4, 32)
    fields = b"".join(value.to_bytes(size, "little") for value, size in zip(form, (2, 2, 4, 4, 2, 2), strict=True))
    path = tmp_path / "nan.wav"
    path.write_bytes(header + fields + b"data" + samples.nbytes.to_bytes(4, "little") + samples.tobytes())
    with pytest.raises(AssetError, match=why):
        probed(path, "sound")


def test_error_speaks_of_the_step_when_what_a_draft_voice_said_is_damaged(tmp_path):
    path = tmp_path / "said.wav"
    path.write_bytes(b"")
    with pytest.raises(
        AssetError, match="What the draft voice said in step roll can't be decoded: it is not a sound"
    ) as raised:
        probe(path, asset_id="voice:en:roll", sha256=SHA256)
    assert "spoken anew" in raised.value.hint


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_picture_is_measured_when_of_a_kind_we_take(tmp_path, suffix):
    facts = probed(picture_file(tmp_path / f"a.{suffix}", size_px=(120, 80)))
    assert facts == PictureFacts(sha256=SHA256, width_px=120, height_px=80, has_alpha=False)


def test_picture_is_measured_upright_when_it_says_it_was_turned(tmp_path):
    facts = probed(picture_file(tmp_path / "a.jpg", size_px=(120, 80), orientation=6))
    assert (facts.width_px, facts.height_px) == (80, 120)


def test_picture_has_alpha_when_parts_are_transparent(tmp_path):
    assert probed(picture_file(tmp_path / "a.png", alpha=True)).has_alpha


@pytest.mark.parametrize("suffix", SOUND_CODECS)
def test_sound_is_measured_when_of_a_kind_we_take(tmp_path, suffix):
    facts = probed(sound_file(tmp_path / f"a.{suffix}", tone(0.5)))
    assert isinstance(facts, SoundFacts)
    assert facts.channels in (1, 2)
    assert facts.duration_samples == pytest.approx(24_000, abs=1200)
    assert facts.peak == pytest.approx(0.4, abs=0.05)


@pytest.mark.parametrize("suffix", ["wav", "mp3", "m4a", "flac"])
def test_sound_is_as_long_as_its_file_says_when_whole(tmp_path, suffix):
    facts = probed(sound_file(tmp_path / f"a.{suffix}", tone(2)))
    assert facts.announced_samples == pytest.approx(facts.duration_samples, abs=2500)


@pytest.mark.parametrize("suffix", ["wav", "mp3"])
def test_sound_is_shorter_than_its_file_says_when_cut_in_half(tmp_path, suffix):
    path = sound_file(tmp_path / f"a.{suffix}", tone(3))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    facts = probed(path, "sound")
    assert facts.announced_samples == pytest.approx(144_000, abs=2500)
    assert facts.duration_samples == pytest.approx(72_000, abs=3000)


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_sound_is_as_long_as_it_is_when_its_writer_did_not_know_the_size(tmp_path, size):
    path = wav_file(tmp_path / "a.wav", tone(1))
    content = bytearray(path.read_bytes())
    content[40:44] = size.to_bytes(4, "little")
    path.write_bytes(content)
    facts = probed(path)
    assert facts.announced_samples == pytest.approx(facts.duration_samples, abs=10)


@pytest.mark.parametrize(("announced_s", "told"), [(-1e30, 0), (-0.5, 0), (1.0, 48_000), (1e30, ANNOUNCED_SAMPLES_MAX)])
def test_sound_announces_no_more_than_can_be_told_when_its_header_is_damaged(announced_s, told):
    assert _announced_samples(announced_s) == told


@pytest.mark.parametrize("samples", [1, 2, 4799, 4800, 4801, 7199, 7201, 9600, 9601, 11_999, 12_000, 12_001, 14_401])
def test_sound_is_measured_as_facts_that_are_believed_however_short_it_is(tmp_path, samples):
    assert probed(wav_file(tmp_path / "a.wav", tone(1)[:samples])).duration_samples == samples


def test_mp3_says_nothing_of_its_length_when_it_has_no_count_of_frames(tmp_path):
    path = sound_file(tmp_path / "a.mp3", tone(3))
    content = path.read_bytes()
    mark = max(content.find(b"Xing"), content.find(b"Info"))
    path.write_bytes(content[:mark] + b"\0\0\0\0" + content[mark + 4 :])
    assert probed(path).announced_samples is None


def test_sound_length_is_exact_when_uncompressed(tmp_path):
    assert probed(wav_file(tmp_path / "a.wav", click_track(0.7, [0.1]))).duration_samples == 33_600


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_picture_is_refused_when_cut_short(tmp_path, suffix):
    path = picture_file(tmp_path / f"a.{suffix}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(AssetError, match="asset board can't be decoded") as caught:
        probed(path)
    assert (caught.value.code, caught.value.retryable) == ("asset-undecodable", False)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"RIFF\x00\x00\x00\x00WAVEjunk",
        b"ID3" + b"\x00" * 400,
        b"OggS" + b"\xff" * 400,
        b"fLaC" + b"\x00" * 400,
        b"\x00\x00\x00\x20ftypM4A " + b"\x00" * 400,
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        b"#EXTM3U\nhttp://localhost/a.ts\n",
        b"GIF89a" + b"\x00" * 64,
    ],
)
def test_file_is_refused_when_it_is_nothing_we_take(tmp_path, content):
    path = tmp_path / "a.bin"
    path.write_bytes(content)
    with pytest.raises(AssetError) as caught:
        probed(path)
    assert caught.value.code == "asset-undecodable"


HEIC, TEXT = b"\x00\x00\x00\x18ftypheic" + b"\x00" * 64, b"not what its name says"


@pytest.mark.parametrize(
    ("content", "expected", "reason", "formats"),
    [
        (TEXT, "picture", "it is not a picture we read.", "PNG, JPEG or WEBP"),
        (HEIC, "picture", "it is not a picture we read.", "PNG, JPEG or WEBP"),
        (b"\x89PNG\r\n\x1a\n" + TEXT, "picture", "it is damaged.", "PNG, JPEG or WEBP"),
        (b"\x89PNG\r\n\x1a\n" + TEXT, "sound", "it is damaged.", "PNG, JPEG or WEBP"),
        (TEXT, "sound", "it is not a sound we read.", "WAV, MP3, M4A, OGG or FLAC"),
        (b"fLaC" + TEXT, "sound", "it is damaged.", "WAV, MP3, M4A, OGG or FLAC"),
        (b"fLaC" + TEXT, "picture", "it is damaged.", "WAV, MP3, M4A, OGG or FLAC"),
    ],
)
def test_refusal_speaks_of_the_kind_of_file_when_it_cannot_be_read(tmp_path, content, expected, reason, formats):
    path = tmp_path / "a.bin"
    path.write_bytes(content)
    with pytest.raises(AssetError) as caught:
        probed(path, expected)
    assert str(caught.value) == f"The file of asset board can't be decoded: {reason}"
    assert caught.value.hint == f"Export it again as {formats}."


def test_picture_is_refused_before_decoding_when_it_has_too_many_pixels(tmp_path):
    side = int(MAX_PIXELS**0.5) + 2
    path = tmp_path / "huge.png"
    Image.new("1", (side, side)).save(path)
    with pytest.raises(AssetError, match=r"it has too many pixels \(limit 25 million\)\.$"):
        probed(path)


def test_picture_has_too_many_pixels_when_only_its_header_says_so(tmp_path):
    path = tmp_path / "bomb.png"
    content = bytearray(picture_file(path, size_px=(32, 18)).read_bytes())
    content[16:24] = (60_000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    path.write_bytes(content)
    with pytest.raises(AssetError, match="too many pixels") as caught:
        probed(path)
    assert "smaller" in caught.value.hint


def test_every_mutation_is_measured_or_refused_when_bytes_are_damaged(tmp_path):
    rng = np.random.default_rng(7)
    originals = [picture_file(tmp_path / "a.png", size_px=(32, 18)), wav_file(tmp_path / "a.wav", tone(0.02))]
    originals += [sound_file(tmp_path / f"b.{suffix}", tone(0.05)) for suffix in ("mp3", "m4a", "ogg", "flac")]
    outcomes = set()
    for path in originals:
        content = path.read_bytes()
        for _ in range(12):
            damaged = bytearray(content)
            for at in rng.integers(0, len(content), 6):
                damaged[at] = rng.integers(0, 256)
            path.write_bytes(damaged)
            try:
                outcomes.add(type(probed(path)).__name__)
            except AssetError:
                outcomes.add("refused")
    assert outcomes <= {"PictureFacts", "SoundFacts", "refused"}
    assert "refused" in outcomes


def test_word_times_are_measured_when_a_step_uses_the_file_as_such(tmp_path):
    path = tmp_path / "times.json"
    path.write_text('[{"word": "Take", "start": 0.1, "end": 0.4}]', "utf-8")
    facts = TimingFacts(sha256=SHA256, texts=("Take",), starts_ms=(100,), ends_ms=(400,))
    assert probed(path, "timings") == facts
    with pytest.raises(AssetError, match="not a picture"):
        probed(path)


def test_word_times_are_refused_with_place_and_remedy_when_the_file_is_broken(tmp_path):
    path = tmp_path / "times.json"
    path.write_text('[{"word": "Take",\n "start": "soon"}]', "utf-8")
    with pytest.raises(AssetError, match="asset board can't be read: /0/start is no time: 'soon'") as refused:
        probed(path, "timings")
    assert refused.value.code == "asset-undecodable"
    assert "leave narrationTimings out" in (refused.value.hint or "")


def test_picture_stays_a_picture_when_it_is_used_as_word_times(tmp_path):
    assert isinstance(probed(picture_file(tmp_path / "a.png"), "timings"), PictureFacts)


def test_word_times_are_measured_when_their_file_is_of_wide_letters(tmp_path):
    path = tmp_path / "times.srt"
    path.write_bytes("1\n00:00:00,100 --> 00:00:00,400\nTake\n".encode("utf-16"))
    facts = TimingFacts(sha256=SHA256, texts=("Take",), starts_ms=(100,), ends_ms=(400,))
    assert probed(path, "timings") == facts
