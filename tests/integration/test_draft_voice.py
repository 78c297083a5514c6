"""eSpeak NG itself: a process for each utterance, the same bytes each time; a step takes the length of what is said."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys

import pytest

from preview_worker.bootstrap.frame import frame_here
from preview_worker.bootstrap.render import render_here
from preview_worker.config.settings import load_settings
from preview_worker.errors import InvalidPayloadError, TransientError
from preview_worker.render.child.probe import probe
from preview_worker.render.frame import FrameWish
from preview_worker.speech.espeak import LIMITS
from preview_worker.speech.recording import length_ms
from preview_worker.speech.synthesis import synthesised
from preview_worker.speech.voices import Utterance, utterance_of
from preview_worker.storage.places import Places
from preview_worker.timeline.voices import draft_voice_id
from support.service import payload
from support.tutorials import plan, tutorial

pytestmark = pytest.mark.anyio
WORDS = "Posez le plateau au centre de la table, puis mélangez 12 cartes."


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


async def test_bytes_are_the_same_when_the_same_is_said_again():
    first, second = [await synthesised(utterance_of(WORDS, "fr")) for _ in range(2)]
    assert first == second
    assert await synthesised(utterance_of(WORDS, "en")) != first


async def test_step_takes_the_length_of_its_draft_voice_when_nothing_is_recorded(tmp_path):
    sound = tmp_path / "said.wav"
    sound.write_bytes(await synthesised(utterance_of(WORDS, "fr")))
    key = draft_voice_id("fr", "a")
    facts = probe(sound, asset_id=key, sha256=hashlib.sha256(sound.read_bytes()).hexdigest(), expected="sound")
    timeline = plan(tutorial([{"id": "a", "text": WORDS}]), {key: facts})
    (voice,) = timeline.sound.voices
    assert (voice.asset_id, voice.duration_samples) == (key, facts.duration_samples)
    assert timeline.frames * 1600 - facts.duration_samples == pytest.approx(0.4 * 48_000, abs=1600)
    assert not timeline.clips[0].estimated


async def test_failure_is_told_when_there_is_no_such_voice():
    with pytest.raises(TransientError, match="no voice robot"):
        await synthesised(Utterance(text="Hello.", voice="robot", words_per_minute=145))


async def test_longest_text_is_spoken_when_the_process_is_bounded():
    digits = " ".join("9" * 4000)
    sound = await synthesised(utterance_of(digits, "en"))
    assert 10 * 60_000 < length_ms(sound, len(sound)) < 30 * 60_000


async def test_wished_step_alone_is_spoken_when_a_single_picture_is_taken(tmp_path):
    settings, _ = load_settings({"DATA_DIR": str(tmp_path), "PREVIEW_VOICE": "auto"})
    job = payload(steps=[{"id": f"s{number}", "text": f"Take {number} cards."} for number in range(4)])
    taken = await frame_here(job, settings, assets=tmp_path, wish=FrameWish(step_id="s2"))
    assert taken.picture.content.startswith(b"\xff\xd8")
    (recording,) = Places(tmp_path).voices.rglob("*.wav")
    assert recording.stem == utterance_of("Take 2 cards.", "en").key


async def test_each_language_is_spoken_by_its_voice_when_two_of_them_have_the_same(tmp_path):
    settings, _ = load_settings({"DATA_DIR": str(tmp_path / "data"), "PREVIEW_VOICE": "auto"})
    words = {"de-AT": "Erdäpfel.", "fr": "Des pommes de terre, en grande quantité."}
    variants = [{"language": tag, "steps": {"a": {"text": said}}} for tag, said in words.items()]
    small = {"resolution": "320x180", "fps": 12}
    job = payload(
        steps=[{"id": "a", "text": "Kartoffeln, sehr viele davon."}], language="de-DE", variants=variants, options=small
    )

    async def silent(_progress):
        return

    done = await render_here(job, settings, assets=tmp_path, output=tmp_path / "out", report=silent)
    assert [report.draft_voice for report in done.reports] == ["de", "de", "fr"]
    recordings = [
        synthesised(utterance_of(said, voice))
        for said, voice in (("Kartoffeln, sehr viele davon.", "de"), (words["de-AT"], "de"), (words["fr"], "fr"))
    ]
    lengths = [length_ms(sound, len(sound)) for sound in await asyncio.gather(*recordings)]
    assert [report.steps[0].narration_ms for report in done.reports] == pytest.approx(lengths, abs=1)


async def test_picture_is_of_the_language_that_is_wished(tmp_path):
    settings, _ = load_settings({"DATA_DIR": str(tmp_path), "PREVIEW_VOICE": "none"})
    variants = [{"language": "fr", "steps": {"a": {"text": "Mélangez."}}}]
    job = payload(steps=[{"id": "a", "text": "Shuffle."}], variants=variants)
    alone = payload(steps=[{"id": "a", "text": "Mélangez."}], language="fr")
    wishes = [FrameWish(step_id="a"), FrameWish(step_id="a", language="FR")]
    own, french = [await frame_here(job, settings, assets=tmp_path, wish=wish) for wish in wishes]
    same = await frame_here(alone, settings, assets=tmp_path, wish=FrameWish(step_id="a"))
    assert french.picture.content == same.picture.content != own.picture.content
    with pytest.raises(InvalidPayloadError, match="en, fr"):
        await frame_here(job, settings, assets=tmp_path, wish=FrameWish(step_id="a", language="de"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
async def test_process_is_bounded_when_it_speaks():
    program = (
        "import resource, sys; from preview_worker.speech.espeak import shut_in; shut_in('auto'); "
        "print([resource.getrlimit(getattr(resource, 'RLIMIT_' + kind))[1] for kind in sys.stdin.read().split()])"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], input=b"AS CPU FSIZE CORE", capture_output=True, check=True
    )
    address_space, cpu_s, *files = json.loads(done.stdout)
    assert (0 < address_space <= LIMITS["RLIMIT_AS"], 0 < cpu_s <= LIMITS["RLIMIT_CPU"]) == (True, True)
    assert files == [0, 0]
