"""What the sound of the bench's minute costs: measured, mixed, limited, encoded and decoded once, in this process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from material import payload
from scenarios import Row

from preview_worker.assets.library import sha256_of
from preview_worker.contract import PreviewRequest
from preview_worker.render.child.probe import probe
from preview_worker.render.child.samples import Samples, on_both_sides
from preview_worker.render.child.sound import configure_sound, encode_span
from preview_worker.render.child.sound_mix import Mixer
from preview_worker.render.encoding import encoding_profile
from preview_worker.render.sound_encoding import SoundEncoding
from preview_worker.timeline.build import build_timeline
from preview_worker.timeline.sound_spans import sound_spans
from preview_worker.timeline.time import SAMPLE_RATE_HZ

ROUNDS = 12


def sound_rows(material: Path) -> Iterator[Row]:
    """The least of twelve rounds, in processor time, and of a stereo encoder alone between them."""
    request = PreviewRequest.model_validate(payload("sound")["previewRequest"])
    files = {asset.id: material / asset.uri for asset in request.assets if asset.uri is not None}
    facts = {name: probe(path, asset_id=name, sha256=sha256_of(path)) for name, path in files.items()}
    sounds = [name for name, path in files.items() if path.suffix not in {".jpg", ".png"}]
    spent_s, alone_s = [], []
    for _ in range(ROUNDS):
        started_s = time.process_time()
        for name in sounds:
            facts[name] = probe(files[name], asset_id=name, sha256=facts[name].sha256, expected="sound")
        measured_s = time.process_time()
        profile = encoding_profile(request)
        timeline = build_timeline(request, facts, encoding=profile.identity, max_duration_ms=10**7)
        planned_s = time.process_time()
        with Mixer(files) as mixer:
            spans = sound_spans(timeline.sound, facts, profile.sound.rules, profile.sound_identity)
            for span in spans:
                encode_span(span, mixer, profile.sound)
        ended_s = time.process_time()
        with Mixer(files) as mixer:
            mixed = [block for span in spans for block in mixer.blocks(span.heard)]
        alone_s.append(_encoded_s(mixed, profile.sound))
        spent_s.append((ended_s - planned_s + measured_s - started_s, measured_s - started_s))
    whole_s, measuring_s = min(spent_s)
    remark = f"processor time; {measuring_s * 1000:.0f} ms of it to measure {len(sounds)} files"
    yield Row(label="the sound of a minute", wall_ms=whole_s * 1000, remark=remark)
    remark = f"processor time; the whole takes {whole_s / min(alone_s):.2f} of it"
    yield Row(label="beside it: a stereo encoder of the same minute", wall_ms=min(alone_s) * 1000, remark=remark)


def _encoded_s(mixed: Sequence[Samples], encoding: SoundEncoding) -> float:
    """Processor time of a stereo encoder that is given a minute in memory."""
    context = cast("AudioCodecContext", av.CodecContext.create(encoding.codec, "w"))
    configure_sound(context, encoding)
    context.open()
    frames = []
    for block in mixed:
        samples = np.ascontiguousarray(on_both_sides(block))
        frame = av.AudioFrame.from_ndarray(samples, format=encoding.sample_format, layout="stereo")
        frame.sample_rate = SAMPLE_RATE_HZ
        frames.append(frame)
    started_s = time.process_time()
    for frame in (*frames, None):
        context.encode(frame)
    minutes = sum(block.shape[1] for block in mixed) / SAMPLE_RATE_HZ / 60
    return (time.process_time() - started_s) / minutes
