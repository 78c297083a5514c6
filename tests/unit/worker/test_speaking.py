"""The draft voice speaks what has words and no recording, says the same once, and keeps it within bounds."""

from __future__ import annotations

import asyncio
import io
import os
import time
import wave
from dataclasses import replace

import pytest

from preview_worker.assets.fetch import Fetcher
from preview_worker.assets.identity import Identified
from preview_worker.assets.library import AbsentAsset, AssetLibrary, FoundAsset
from preview_worker.errors import TooLongError, TransientError
from preview_worker.worker import said, speaking
from preview_worker.worker.speaking import Speaker
from support.media import request_of

pytestmark = pytest.mark.anyio
STEPS = [
    {"id": "a", "text": "Roll the dice."},
    {"id": "b", "text": "Take a card.", "narrationAssetId": "take"},
    {"id": "c", "narration": "Move.", "narrationAssetId": "gone"},
    {"id": "d", "title": "Silence", "narration": ""},
    {"id": "e", "text": "Roll the dice."},
]
ASSETS = [{"id": "take", "uri": "take.wav"}, {"id": "gone", "uri": "gone.wav"}]


def recording_of(text):
    """A WAV file of 10 ms a character, whose samples are the text: 100 characters a second, a byte each."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(100)
        sound.writeframes(text.encode())
    return file.getvalue()


def await_a_tick_of_the_disk(path):
    """Touch a file beside another until its time of change is a later one."""
    beside, give_up_at_s = path.with_suffix(".tick"), time.monotonic() + 5
    beside.touch()
    while beside.stat().st_ctime_ns <= path.stat().st_ctime_ns:
        assert time.monotonic() < give_up_at_s
        os.utime(beside)


class Recorded:
    """Speaks by writing down what it was to say."""

    def __init__(self):
        self.said = []

    async def __call__(self, utterance):
        self.said.append(utterance.text)
        return recording_of(utterance.text)


@pytest.fixture
def identified(tmp_path):
    take = tmp_path / "take.wav"
    take.write_bytes(b"RIFF")
    found = FoundAsset(path=take, sha256="1" * 64, size_bytes=4)
    return Identified(digest="d", assets={"take": found, "gone": AbsentAsset(reason="no file")})


@pytest.fixture
def voice():
    return Recorded()


@pytest.fixture
def speaker(tmp_path, voice):
    library = AssetLibrary(inline_dir=tmp_path / "inline", fetcher=Fetcher(frozenset()))
    voices = {"en": "en", "fr": "fr"}
    return Speaker(
        folder=tmp_path / "voices",
        library=library,
        voices=voices,
        synthesise=voice,
        processes=2,
        max_duration_ms=1000,
        deadline_s=30.0,
    )


def request(**audio):
    return request_of(steps=STEPS, assets=ASSETS, audio=audio)


async def test_steps_without_a_recording_are_spoken_when_nothing_else_is_asked(speaker, voice, identified):
    spoken = (await speaker.with_voices(request(), identified)).assets
    assert sorted(voice.said) == ["Move.", "Roll the dice."]
    assert [key for key in spoken if key.startswith("voice:")] == ["voice:en:a", "voice:en:c", "voice:en:e"]
    assert spoken["voice:en:a"].path == spoken["voice:en:e"].path
    assert spoken["voice:en:c"].path.read_bytes() == recording_of("Move.")
    assert spoken["take"] is identified.assets["take"]


@pytest.mark.parametrize(
    ("mode", "said"), [("tts", ["Move.", "Roll the dice.", "Take a card."]), ("assets", []), ("silent", [])]
)
async def test_what_is_spoken_is_what_was_asked_for(speaker, voice, identified, mode, said):
    await speaker.with_voices(request(narration=mode), identified)
    assert sorted(voice.said) == said


async def test_nothing_is_said_twice_when_the_same_words_come_again(speaker, voice, identified):
    first = await speaker.with_voices(request(), identified)
    again = await speaker.with_voices(request(), identified)
    assert (len(voice.said), again.assets) == (2, first.assets)


@pytest.mark.parametrize("damaged", [b"", recording_of("Move.")[:20], recording_of("Move.")[:-1], bytes(49)])
async def test_words_are_spoken_anew_when_their_recording_is_damaged(speaker, voice, identified, damaged):
    first = await speaker.with_voices(request(), identified)
    first.assets["voice:en:c"].path.write_bytes(damaged)
    voice.said.clear()
    again = await speaker.with_voices(request(), identified)
    assert voice.said == ["Move."]
    assert again.assets["voice:en:c"].sha256 == first.assets["voice:en:c"].sha256


async def test_recording_stays_as_it_was_found_when_another_job_says_the_same_words_later(speaker, voice, identified):
    first_is_done, second_began = asyncio.Event(), asyncio.Event()

    async def late(utterance):
        second_began.set()
        await first_is_done.wait()
        return await voice(utterance)

    second = asyncio.create_task(replace(speaker, synthesise=late).with_voices(request(), identified))
    await second_began.wait()
    first = await speaker.with_voices(request(), identified)
    first_is_done.set()
    again = await second
    assert len(voice.said) == 4
    assert again.assets == first.assets
    found = first.assets["voice:en:a"]
    status = found.path.stat()
    assert (status.st_ino, status.st_mtime_ns) == (found.inode, found.modified_ns)


async def test_one_step_alone_is_spoken_when_no_other_is_wanted(speaker, voice, identified):
    alone = (await speaker.with_voices(request(), identified, only_step="c")).assets
    assert (voice.said, [key for key in alone if key.startswith("voice:")]) == (["Move."], ["voice:en:c"])
    silent = (await speaker.with_voices(request(), identified, only_step="d")).assets
    assert (voice.said, [key for key in silent if key.startswith("voice:")]) == (["Move."], ["voice:en:c"])


async def test_kept_recordings_are_taken_when_no_step_but_one_is_wanted(speaker, voice, identified):
    whole = await speaker.with_voices(request(), identified)
    voice.said.clear()
    assert (await speaker.with_voices(request(), identified, only_step="a")).assets == whole.assets
    assert voice.said == []


@pytest.mark.parametrize(("unused_s", "is_marked"), [(3500, False), (3700, True)])
async def test_recording_is_marked_as_used_when_that_was_an_hour_ago(speaker, identified, unused_s, is_marked):
    path = (await speaker.with_voices(request(), identified)).assets["voice:en:a"].path
    before_ns = time.time_ns() - unused_s * 10**9
    os.utime(path, ns=(before_ns, before_ns))
    marked_at_ns = path.stat().st_ctime_ns
    await_a_tick_of_the_disk(path)
    await speaker.with_voices(request(), identified, only_step="d")
    status = path.stat()
    assert status.st_mtime_ns == before_ns
    assert (status.st_ctime_ns > marked_at_ns) is is_marked


async def test_assets_stay_as_they_are_when_no_voice_speaks_the_language(speaker, voice, identified):
    silent = request().model_copy(update={"language": "xx"})
    assert await speaker.with_voices(silent, identified) is identified
    assert voice.said == []


async def test_nothing_half_said_stays_when_the_voice_fails(speaker, identified, tmp_path):
    async def failing(_utterance):
        raise TransientError("The draft voice failed.", code="voice-failed")

    broken = replace(speaker, synthesise=failing, processes=1)
    with pytest.raises(TransientError):
        await broken.with_voices(request(), identified)
    assert not [path for path in (tmp_path / "voices").rglob("*") if path.is_file()]


@pytest.mark.parametrize("kept_already", [False, True])
async def test_tutorial_is_too_long_when_its_words_take_longer_in_all_steps(speaker, voice, identified, kept_already):
    if kept_already:
        await speaker.with_voices(request(), identified)
    exact_ms = 2 * len("Roll the dice.") * 10 + len("Move.") * 10
    await replace(speaker, max_duration_ms=exact_ms).with_voices(request(), identified)
    with pytest.raises(TooLongError, match=r"more than the 0\.329 s"):
        await replace(speaker, max_duration_ms=exact_ms - 1).with_voices(request(), identified)
    assert len(voice.said) == 2


async def test_nothing_more_is_said_when_what_was_said_is_too_long(speaker, voice, identified):
    steps = [{"id": f"s{number}", "text": f"Step {number:04}"} for number in range(40)]
    with pytest.raises(TooLongError):
        await replace(speaker, max_duration_ms=500).with_voices(request_of(steps=steps), identified)
    assert len(voice.said) < 10


async def test_voice_fails_when_it_speaks_past_its_deadline(speaker, identified):
    async def endless(_utterance):
        await asyncio.Event().wait()

    with pytest.raises(TransientError, match="everything") as raised:
        await replace(speaker, synthesise=endless, deadline_s=0.01).with_voices(request(), identified)
    assert raised.value.code == "voice-failed"


async def test_voice_fails_when_it_gives_half_a_recording(speaker, identified):
    async def halved(utterance):
        return recording_of(utterance.text)[:-1]

    with pytest.raises(TransientError, match="no whole recording"):
        await replace(speaker, synthesise=halved).with_voices(request(), identified)


async def test_voice_fails_when_what_it_said_is_removed_before_it_is_used(speaker, identified, monkeypatch):
    monkeypatch.setattr(speaking, "KEPT_BYTES", 0)
    with pytest.raises(TransientError, match="removed before"):
        await speaker.with_voices(request(), identified)


async def test_older_recordings_go_while_it_speaks_when_much_is_said(speaker, identified, monkeypatch, tmp_path):
    counts = []

    async def counting(utterance):
        counts.append(len(list((tmp_path / "voices").rglob("*.wav"))))
        return recording_of(utterance.text)

    def tutorial(first):
        numbers = range(first, first + 4)
        return request_of(steps=[{"id": f"s{number}", "text": f"Step {number:04}"} for number in numbers])

    one_by_one = replace(speaker, synthesise=counting, processes=1)
    await one_by_one.with_voices(tutorial(0), identified)
    for path in (tmp_path / "voices").rglob("*.wav"):
        os.utime(path, ns=(0, 0))
    monkeypatch.setattr(speaking, "KEPT_BYTES", 5 * len(recording_of("Step 0000")))
    monkeypatch.setattr(said, "TRIMMED_EACH_BYTES", len(recording_of("Step 0000")))
    await one_by_one.with_voices(tutorial(4), identified)
    assert counts == [0, 1, 2, 3, 4, 5, 5, 5]


async def test_the_oldest_recordings_go_when_they_are_too_many(speaker, identified, monkeypatch, tmp_path):
    await speaker.with_voices(request(), identified)
    for number, path in enumerate(sorted((tmp_path / "voices").rglob("*.wav"), key=lambda path: path.stat().st_size)):
        os.utime(path, ns=(number, number))
    monkeypatch.setattr(speaking, "KEPT_BYTES", 2 * 44 + 30)
    other = request_of(steps=[STEPS[1]], assets=ASSETS, audio={"narration": "tts"})
    await speaker.with_voices(other, identified)
    kept = sorted(path.read_bytes() for path in (tmp_path / "voices").rglob("*.wav"))
    assert kept == sorted([recording_of("Roll the dice."), recording_of("Take a card.")])


async def test_half_written_recordings_go_when_nobody_writes_to_them_any_more(speaker, identified, tmp_path):
    folder = tmp_path / "voices" / "ab"
    folder.mkdir(parents=True)
    left, written = folder / ".said.wav.0.part", folder / ".said.wav.1.part"
    left.touch()
    written.touch()
    os.utime(left, (0, time.time() - speaking.PARTIAL_AGE_S - 60))
    await speaker.with_voices(request(), identified)
    assert list(folder.iterdir()) == [written]
